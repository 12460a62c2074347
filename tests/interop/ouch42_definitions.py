"""OUCH 4.2 messages as a client's author would define them: from the public layouts alone.

Written apart from the venue's own codec, so that the two check one another. `struct` formats in
field order, big-endian; prices in units of 0.0001; text left-justified and padded with spaces.
"""

import struct
from typing import NamedTuple

PRICE_UNIT = 10_000
IMMEDIATE_OR_CANCEL = 0
MARKET_HOURS = 99_998


class Accepted(NamedTuple):
    token: str
    side: str
    shares: int
    stock: str
    price: int
    time_in_force: int
    order_reference: int
    state: str


class Replaced(NamedTuple):
    token: str
    shares: int
    price: int
    order_reference: int
    state: str
    previous_token: str


class Canceled(NamedTuple):
    token: str
    decrement: int
    reason: str


class Executed(NamedTuple):
    token: str
    shares: int
    price: int
    liquidity: str
    match_number: int


class Rejected(NamedTuple):
    token: str
    reason: str


class SystemEvent(NamedTuple):
    event: str


Outbound = Accepted | Replaced | Canceled | Executed | Rejected | SystemEvent

_ENTER = struct.Struct("> c 14s c I 8s I I 4s c c c I c c")
_REPLACE = struct.Struct("> c 14s 14s I I I c c I")
_CANCEL = struct.Struct("> c 14s I")
_ACCEPTED = struct.Struct("> c Q 14s c I 8s I I 4s c Q c c I c c c")
_REPLACED = struct.Struct("> c Q 14s c I 8s I I 4s c Q c c I c c 14s c")
_CANCELED = struct.Struct("> c Q 14s I c")
_EXECUTED = struct.Struct("> c Q 14s I I c Q")
_REJECTED = struct.Struct("> c Q 14s c")
_SYSTEM_EVENT = struct.Struct("> c Q c")

LENGTHS = {
    b"O": (_ENTER.size, 49),
    b"U in": (_REPLACE.size, 47),
    b"X": (_CANCEL.size, 19),
    b"A": (_ACCEPTED.size, 66),
    b"U out": (_REPLACED.size, 80),
    b"C": (_CANCELED.size, 28),
    b"E": (_EXECUTED.size, 40),
    b"J": (_REJECTED.size, 24),
    b"S": (_SYSTEM_EVENT.size, 10),
}
"""Size of each definition here, and the length that the specification prints."""


def _padded(text: str, size: int) -> bytes:
    return text.encode("ascii").ljust(size)


def _text(field: bytes) -> str:
    return field.decode("ascii").rstrip(" ")


def enter_order(
    token: str, side: str, shares: int, stock: str, price: int, time_in_force: int = MARKET_HOURS
) -> bytes:
    """A displayed limit order for the continuous book, firm and customer type left to the port."""
    return _ENTER.pack(
        *(b"O", _padded(token, 14), side.encode(), shares, _padded(stock, 8), price),
        *(time_in_force, b"    ", b"Y", b"P", b"N", 0, b"N", b" "),
    )


def replace_order(existing: str, replacement: str, shares: int, price: int) -> bytes:
    """`shares` is the whole chain's liability, what has executed included."""
    tokens = (_padded(existing, 14), _padded(replacement, 14))
    return _REPLACE.pack(b"U", *tokens, shares, price, MARKET_HOURS, b"Y", b"N", 0)


def cancel_order(token: str, shares: int = 0) -> bytes:
    """`shares` is the size that the order is meant to have from now on."""
    return _CANCEL.pack(b"X", _padded(token, 14), shares)


def decode(message: bytes) -> Outbound:
    """Any outbound message; struct.error where its length is not exactly the specified one."""
    match message[:1]:
        case b"A":
            f = _ACCEPTED.unpack(message)
            side, state = f[3].decode(), f[15].decode()
            return Accepted(_text(f[2]), side, f[4], _text(f[5]), f[6], f[7], f[10], state)
        case b"U":
            f = _REPLACED.unpack(message)
            return Replaced(_text(f[2]), f[4], f[6], f[10], f[15].decode(), _text(f[16]))
        case b"C":
            f = _CANCELED.unpack(message)
            return Canceled(_text(f[2]), f[3], f[4].decode())
        case b"E":
            f = _EXECUTED.unpack(message)
            return Executed(_text(f[2]), f[3], f[4], f[5].decode(), f[6])
        case b"J":
            f = _REJECTED.unpack(message)
            return Rejected(_text(f[2]), f[3].decode())
        case b"S":
            return SystemEvent(_SYSTEM_EVENT.unpack(message)[2].decode())
        case other:
            raise ValueError(f"unexpected OUCH message type {other!r}")
