"""Cost of the binary wire's codecs in ns a message: python tests/benchmarks/bench_soup_ouch.py

Best of several rounds of process CPU time: what the code costs, not what the machine was busy with.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from protocol.ouch.messages42 import OUTBOUND, Accepted, EnterOrder, decode_inbound, encode
from protocol.sent_log import SentLog
from protocol.soupbintcp.client_session import SoupClientSession
from protocol.soupbintcp.packets import LoginRequest, encode_login_request
from protocol.soupbintcp.session import SoupServerSession

ORDERS = 512
ROUNDS = 200
ENTER = EnterOrder(
    order_token=b"TOKEN000000001",
    side=b"B",
    shares=100,
    stock=b"AAPL    ",
    price=1_870_000,
    time_in_force=99_998,
    firm=b"    ",
    display=b"Y",
    capacity=b"P",
    intermarket_sweep_eligibility=b"N",
    minimum_quantity=0,
    cross_type=b"N",
    customer_type=b" ",
)


def joined() -> tuple[SoupClientSession, SoupServerSession]:
    client, server = SoupClientSession(0), SoupServerSession(0)
    client.login(LoginRequest(b"TRADER", b"TRADER"), 0)
    server.receive_data(b"".join(client.data_to_send()), 0)
    server.next_event()
    server.take_consumed()
    server.accept(SentLog(), b"2024010201", 0)
    client.receive_data(b"".join(server.data_to_send()), 0)
    client.next_event()
    client.take_consumed()
    return client, server


def best(name: str, run: Callable[[], None]) -> None:
    costs = []
    for _ in range(ROUNDS):
        begin = time.process_time_ns()
        run()
        costs.append((time.process_time_ns() - begin) // ORDERS)
    print(f"{name:<48}{min(costs):>7} ns")


def main() -> None:
    client, server = joined()
    pack_accepted = OUTBOUND.packer(Accepted)
    payload = encode(ENTER)
    for _ in range(ORDERS):
        client.send_unsequenced(payload, 0)
    read = b"".join(client.data_to_send())

    def framed() -> None:
        server.receive_data(read, 0)
        while server.next_event() is not None:
            pass
        server.take_consumed()

    def framed_and_decoded() -> None:
        server.receive_data(read, 0)
        while (event := server.next_event()) is not None:
            decode_inbound(event.payload)  # type: ignore[union-attr]
        server.take_consumed()

    def decoded() -> None:
        for _ in range(ORDERS):
            decode_inbound(payload)

    def accepted() -> bytes:
        return pack_accepted(
            1,
            b"TOKEN000000001",
            b"B",
            100,
            b"AAPL    ",
            1_870_000,
            99_998,
            b"    ",
            b"Y",
            7,
            b"P",
            b"N",
            0,
            b"N",
            b"L",
            b" ",
        )

    def encoded() -> None:
        for _ in range(ORDERS):
            accepted()

    def encoded_and_framed() -> None:
        for _ in range(ORDERS):
            server.send(accepted(), 0)
        server.data_to_send()

    best("Enter Order, decoded", decoded)
    best("Enter Order, framed", framed)
    best("Enter Order, framed and decoded", framed_and_decoded)
    best("Accepted, packed", encoded)
    best("Accepted, packed, numbered and framed", encoded_and_framed)


if __name__ == "__main__":
    assert encode_login_request(LoginRequest(b"TRADER", b"TRADER"))
    main()
