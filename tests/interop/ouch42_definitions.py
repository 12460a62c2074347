"""OUCH 4.2 messages as a client's author would define them: from the public layouts alone.

Written apart from the venue's own codec, so that the two check one another. `struct` formats in
field order, big-endian; prices in units of 0.0001; text left-justified and padded with spaces.
"""

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

PRICE_UNIT = 10_000
MAX_PRICE = 0x7735939C
MAX_SHARES = 999_999
IMMEDIATE_OR_CANCEL = 0
MARKET_HOURS = 99_998
SYSTEM_HOURS = 99_999


class Accepted(NamedTuple):
    token: str
    side: str
    shares: int
    stock: str
    price: int
    time_in_force: int
    order_reference: int
    state: str
    display: str = "Y"
    capacity: str = "P"
    iso: str = "N"
    minimum: int = 0
    cross: str = "N"


class Replaced(NamedTuple):
    token: str
    shares: int
    price: int
    order_reference: int
    state: str
    previous_token: str
    side: str = "B"
    stock: str = "AAPL"
    time_in_force: int = MARKET_HOURS
    display: str = "Y"
    minimum: int = 0


class Canceled(NamedTuple):
    token: str
    decrement: int
    reason: str


class AiqCanceled(NamedTuple):
    token: str
    decrement: int
    reason: str
    prevented: int
    price: int
    liquidity: str


class Executed(NamedTuple):
    token: str
    shares: int
    price: int
    liquidity: str
    match_number: int


class ExecutedWithReference(NamedTuple):
    token: str
    shares: int
    price: int
    liquidity: str
    match_number: int
    reference_price: int
    reference_type: str


class Corrected(NamedTuple):
    token: str
    shares: int
    price: int
    liquidity: str
    match_number: int
    reason: str


class Broken(NamedTuple):
    token: str
    match_number: int
    reason: str


class PriceCorrected(NamedTuple):
    token: str
    match_number: int
    price: int
    reason: str


class Rejected(NamedTuple):
    token: str
    reason: str


class CancelPending(NamedTuple):
    token: str


class CancelRejected(NamedTuple):
    token: str


class PriorityUpdated(NamedTuple):
    token: str
    price: int
    display: str
    order_reference: int


class Modified(NamedTuple):
    token: str
    side: str
    shares: int


class SystemEvent(NamedTuple):
    event: str


Outbound = (
    Accepted
    | Replaced
    | Canceled
    | AiqCanceled
    | Executed
    | ExecutedWithReference
    | Corrected
    | Broken
    | PriceCorrected
    | Rejected
    | CancelPending
    | CancelRejected
    | PriorityUpdated
    | Modified
    | SystemEvent
)

_ENTER = struct.Struct("> c 14s c I 8s I I 4s c c c I c c")
_REPLACE = struct.Struct("> c 14s 14s I I I c c I")
_CANCEL = struct.Struct("> c 14s I")
_MODIFY = struct.Struct("> c 14s c I")
_TRADE_NOW = struct.Struct("> c 14s")
_ACCEPTED = struct.Struct("> c Q 14s c I 8s I I 4s c Q c c I c c c")
_REPLACED = struct.Struct("> c Q 14s c I 8s I I 4s c Q c c I c c 14s c")


class _Layout(NamedTuple):
    """Where the fields of `make`, in its order, stand in what `fields` unpacks."""

    fields: struct.Struct
    make: Callable[..., Outbound]
    picked: tuple[int, ...]


_OUTBOUND: dict[bytes, _Layout] = {
    b"S": _Layout(struct.Struct("> c Q c"), SystemEvent, (2,)),
    b"A": _Layout(_ACCEPTED, Accepted, (2, 3, 4, 5, 6, 7, 10, 15, 9, 11, 12, 13, 14)),
    b"U": _Layout(_REPLACED, Replaced, (2, 4, 6, 10, 15, 16, 3, 5, 7, 9, 13)),
    b"C": _Layout(struct.Struct("> c Q 14s I c"), Canceled, (2, 3, 4)),
    b"D": _Layout(struct.Struct("> c Q 14s I c I I c c"), AiqCanceled, (2, 3, 4, 5, 6, 7)),
    b"E": _Layout(struct.Struct("> c Q 14s I I c Q"), Executed, (2, 3, 4, 5, 6)),
    b"G": _Layout(
        struct.Struct("> c Q 14s I I c Q I c"), ExecutedWithReference, (2, 3, 4, 5, 6, 7, 8)
    ),
    b"F": _Layout(struct.Struct("> c Q 14s I I c Q c"), Corrected, (2, 3, 4, 5, 6, 7)),
    b"B": _Layout(struct.Struct("> c Q 14s Q c"), Broken, (2, 3, 4)),
    b"K": _Layout(struct.Struct("> c Q 14s Q I c"), PriceCorrected, (2, 3, 4, 5)),
    b"J": _Layout(struct.Struct("> c Q 14s c"), Rejected, (2, 3)),
    b"P": _Layout(struct.Struct("> c Q 14s"), CancelPending, (2,)),
    b"I": _Layout(struct.Struct("> c Q 14s"), CancelRejected, (2,)),
    b"T": _Layout(struct.Struct("> c Q 14s I c Q"), PriorityUpdated, (2, 3, 4, 5)),
    b"M": _Layout(struct.Struct("> c Q 14s c I"), Modified, (2, 3, 4)),
}

LENGTHS = {
    b"O": (_ENTER.size, 49),
    b"U in": (_REPLACE.size, 47),
    b"X": (_CANCEL.size, 19),
    b"M in": (_MODIFY.size, 20),
    b"N": (_TRADE_NOW.size, 15),
    b"A": (_OUTBOUND[b"A"].fields.size, 66),
    b"U out": (_OUTBOUND[b"U"].fields.size, 80),
    b"C": (_OUTBOUND[b"C"].fields.size, 28),
    b"D": (_OUTBOUND[b"D"].fields.size, 38),
    b"E": (_OUTBOUND[b"E"].fields.size, 40),
    b"G": (_OUTBOUND[b"G"].fields.size, 45),
    b"F": (_OUTBOUND[b"F"].fields.size, 41),
    b"B": (_OUTBOUND[b"B"].fields.size, 32),
    b"K": (_OUTBOUND[b"K"].fields.size, 36),
    b"J": (_OUTBOUND[b"J"].fields.size, 24),
    b"P": (_OUTBOUND[b"P"].fields.size, 23),
    b"I": (_OUTBOUND[b"I"].fields.size, 23),
    b"T": (_OUTBOUND[b"T"].fields.size, 36),
    b"M out": (_OUTBOUND[b"M"].fields.size, 28),
    b"S": (_OUTBOUND[b"S"].fields.size, 10),
}
"""Size of each definition here, and the length that the specification prints."""


def _padded(text: str, size: int) -> bytes:
    return text.encode("ascii").ljust(size)


def _plain(field: Any) -> Any:
    return field.decode("ascii").rstrip(" ") if isinstance(field, bytes) else field


def enter_order(
    token: str,
    side: str,
    shares: int,
    stock: str,
    price: int,
    time_in_force: int = MARKET_HOURS,
    *,
    display: str = "Y",
    capacity: str = "P",
    iso: str = "N",
    minimum: int = 0,
    cross: str = "N",
) -> bytes:
    """A limit order for the continuous book, firm and customer type left to the port."""
    return _ENTER.pack(
        *(b"O", _padded(token, 14), side.encode(), shares, _padded(stock, 8), price),
        *(time_in_force, b"    ", display.encode(), capacity.encode(), iso.encode()),
        *(minimum, cross.encode(), b" "),
    )


def replace_order(
    existing: str,
    replacement: str,
    shares: int,
    price: int,
    time_in_force: int = MARKET_HOURS,
    *,
    display: str = "Y",
    minimum: int = 0,
) -> bytes:
    """`shares` is the whole chain's liability, what has executed included."""
    tokens = (_padded(existing, 14), _padded(replacement, 14))
    return _REPLACE.pack(
        b"U", *tokens, shares, price, time_in_force, display.encode(), b"N", minimum
    )


def cancel_order(token: str, shares: int = 0) -> bytes:
    """`shares` is the size that the order is meant to have from now on."""
    return _CANCEL.pack(b"X", _padded(token, 14), shares)


def modify_order(token: str, side: str, shares: int) -> bytes:
    """`shares` is the size that the order is meant to have from now on, never more than it had."""
    return _MODIFY.pack(b"M", _padded(token, 14), side.encode(), shares)


def trade_now(token: str) -> bytes:
    """Of older revisions of 4.2 alone."""
    return _TRADE_NOW.pack(b"N", _padded(token, 14))


def timestamp(message: bytes) -> int:
    """Nanoseconds since midnight, which every outbound message has at the same place."""
    return int.from_bytes(message[1:9], "big")


def decode(message: bytes) -> Outbound:
    """Any outbound message; struct.error where its length is not exactly the specified one."""
    layout = _OUTBOUND.get(message[:1])
    if layout is None:
        raise ValueError(f"unexpected OUCH message type {message[:1]!r}")
    fields = layout.fields.unpack(message)
    return layout.make(*(_plain(fields[place]) for place in layout.picked))
