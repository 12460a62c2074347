"""What drives a bench: acknowledgements counted however cut, windows kept, times sorted."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.ouch import inbound50, messages42, messages50
from protocol.soupbintcp.packets import HEADER_SIZE
from simulator.bench_orders import count_pattern, fix_lane, ouch42_lane, ouch50_lane
from simulator.load import CountAcks, Flood, Lane, flood, percentile, ping_pong

lines = count_pattern(b"-ack\n")


@given(st.lists(st.sampled_from([b"x-ack\n", b"noise", b"-ac"])), st.lists(st.integers(1, 7)))
def test_acknowledgements_are_counted_however_the_reads_cut_them(
    pieces: list[bytes], cuts: list[int]
) -> None:
    data = b"".join(pieces)
    count = lines()
    counted = 0
    for size in cuts:
        counted += count(data[:size])
        data = data[size:]
    counted += count(data)
    assert counted == b"".join(pieces).count(b"-ack\n")


@pytest.mark.parametrize(
    ("values", "fraction", "expected"),
    [([], 0.5, 0), ([7], 0.99, 7), ([1, 2, 3, 4], 0.5, 3), (list(range(1000)), 0.999, 999)],
    ids=["none", "one", "few", "many"],
)
def test_a_percentile_is_the_value_at_its_place(
    values: list[int], fraction: float, expected: int
) -> None:
    assert percentile(values, fraction) == expected


class Answering(asyncio.Protocol):
    """Answers every order line with an acknowledgement and remembers the most it owed at once."""

    most_outstanding = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        orders = data.count(b"order\n")
        Answering.most_outstanding = max(Answering.most_outstanding, orders)
        assert isinstance(self.transport, asyncio.WriteTransport)
        self.transport.write(b"hello\n" if b"logon" in data else b"x-ack\n" * orders)


async def driven(run: str) -> Flood | list[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answering, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    make_counter = count_pattern(b"-ack\n")
    lane = Lane(b"logon\n", [b"order\n"] * 50)
    try:
        if run == "flood":
            return await flood(address, [lane, lane], 8, make_counter)
        return await ping_pong(address, lane, make_counter)
    finally:
        server.close()


async def test_a_flood_sends_every_order_and_never_more_than_its_window() -> None:
    Answering.most_outstanding = 0
    measured = await driven("flood")
    assert isinstance(measured, Flood)
    assert measured.orders == 100
    assert Answering.most_outstanding == 8
    assert measured.rate == 100 / measured.seconds


async def test_a_ping_pong_times_every_order_but_the_first_send() -> None:
    times = await driven("ping-pong")
    assert isinstance(times, list)
    assert len(times) == 50
    assert times == sorted(times)


async def test_a_venue_that_hangs_up_is_an_error_and_not_a_result() -> None:
    class HangingUp(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            transport.close()

    server = await asyncio.get_running_loop().create_server(HangingUp, "127.0.0.1", 0)
    counter: CountAcks = lines()
    with pytest.raises(ConnectionError):
        await flood(server.sockets[0].getsockname(), [Lane(b"", [b"order\n"])], 1, lambda: counter)
    server.close()


def test_each_lane_is_somebody_new_and_its_orders_do_not_repeat() -> None:
    first, second = fix_lane(3), fix_lane(3)
    assert first.opening.split(b"\x01")[4] != second.opening.split(b"\x01")[4]
    assert len({order.split(b"\x0111=")[1].split(b"\x01")[0] for order in first.orders}) == 3
    tokens = [messages42.decode_inbound(order[HEADER_SIZE:]) for order in ouch42_lane(3).orders]
    assert len({one.order_token for one in tokens if isinstance(one, messages42.EnterOrder)}) == 3
    numbered = [messages50.decode_inbound(order[HEADER_SIZE:]) for order in ouch50_lane(3).orders]
    orders = [one for one in numbered if isinstance(one, inbound50.EnterOrder)]
    assert [one.user_ref_num for one in orders] == [1, 2, 3]
    assert ouch42_lane(1).opening != ouch50_lane(1).opening
