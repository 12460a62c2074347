"""What a bench sends, encoded before its clock starts, and how it recognises an acknowledgement.

Orders are bids below the market, spread over PRICE_LEVELS prices: every one is accepted, rests,
and is answered by exactly one message."""

import itertools
import struct
import time
from collections.abc import Callable

from protocol.fix.stream import FixStream
from protocol.fix.values import format_utc_timestamp
from protocol.fix.version import FIX44
from protocol.ouch import inbound50, messages42, messages50
from protocol.soupbintcp.packets import (
    LoginRequest,
    PacketType,
    encode_login_request,
    encode_packet,
)
from simulator.load import CountAcks, Lane

PRICE_LEVELS = 1_000
SYMBOLS = (b"AAPL", b"MSFT", b"TSLA")

_identities = itertools.count()
"""Each lane logs on as somebody new: numbers start at 1, client ids cannot repeat."""


def count_pattern(pattern: bytes) -> Callable[[], CountAcks]:
    """Counters of a byte pattern that may be cut by the end of a read."""
    keep = len(pattern) - 1

    def make() -> CountAcks:
        tail = b""

        def count(data: bytes) -> int:
            nonlocal tail
            data = tail + data
            tail = data[-keep:]
            return data.count(pattern)

        return count

    return make


fix_acks = count_pattern(b"\x01150=0\x01")
"""ExecutionReport with ExecType(150)=0 New."""
ouch42_acks = count_pattern(struct.pack(">H", 1 + 66) + b"SA")
"""Sequenced Data of 66 bytes that is an Accepted."""
ouch50_acks = count_pattern(struct.pack(">H", 1 + 64) + b"SA")
"""Sequenced Data of 64 bytes that is an Accepted without options."""
echo_acks = count_pattern(b"\x0110=")


def fix_lane(orders: int) -> Lane:
    """A FIX 4.4 client's logon and its NewOrderSingles."""
    stream = FixStream(FIX44, sender_comp_id=b"BENCH%d" % next(_identities), target_comp_id=b"XVEN")
    now_ns = time.time_ns()
    now = format_utc_timestamp(now_ns)
    opening = stream.write(b"A", b"98=0\x01108=30\x01", now_ns)
    frames = [
        stream.write(
            b"D",
            b"11=%d\x0121=1\x0138=100\x0140=2\x0144=%b\x0154=1\x0155=%b\x0159=0\x0160=%b\x01"
            % (number, b"%d.%02d" % divmod(10_000 + number % PRICE_LEVELS, 100), symbol, now),
            now_ns,
        )
        for number, symbol in zip(range(orders), itertools.cycle(SYMBOLS), strict=False)
    ]
    return Lane(opening, frames)


def echo_lane(orders: int) -> Lane:
    """The same NewOrderSingles without a logon."""
    return Lane(b"", fix_lane(orders).orders)


def soup_login() -> bytes:
    """A Login Request of somebody new, from the next message on."""
    name = b"SIM%03d" % (next(_identities) % 1000)
    return encode_login_request(
        LoginRequest(username=name, password=name, requested_session=b"", requested_sequence=0)
    )


def ouch42_lane(orders: int) -> Lane:
    """An OUCH 4.2 client's login and its Enter Orders."""
    packets = [
        encode_packet(
            PacketType.UNSEQUENCED_DATA,
            messages42.encode(
                messages42.EnterOrder(
                    order_token=(b"%d" % number).ljust(14),
                    side=b"B",
                    shares=100,
                    stock=symbol.ljust(8),
                    price=1_000_000 + number % PRICE_LEVELS * 100,
                    time_in_force=99_998,
                    firm=b"    ",
                    display=b"Y",
                    capacity=b"P",
                    intermarket_sweep_eligibility=b"N",
                    minimum_quantity=0,
                    cross_type=b"N",
                    customer_type=b" ",
                )
            ),
        )
        for number, symbol in zip(range(orders), itertools.cycle(SYMBOLS), strict=False)
    ]
    return Lane(soup_login(), packets)


def ouch50_lane(orders: int) -> Lane:
    """An OUCH 5.0 client's login and its Enter Orders, without options."""
    packets = [
        encode_packet(
            PacketType.UNSEQUENCED_DATA,
            messages50.encode(
                inbound50.EnterOrder(
                    user_ref_num=1 + number,
                    side=b"B",
                    quantity=100,
                    symbol=symbol.ljust(8),
                    price=1_000_000 + number % PRICE_LEVELS * 100,
                    time_in_force=b"0",
                    display=b"Y",
                    capacity=b"P",
                    intermarket_sweep_eligibility=b"N",
                    cross_type=b"N",
                    cl_ord_id=(b"%d" % number).ljust(14),
                )
            ),
        )
        for number, symbol in zip(range(orders), itertools.cycle(SYMBOLS), strict=False)
    ]
    return Lane(soup_login(), packets)
