"""OUCH 5.0 messages as a client's author would define them: from the public layouts alone.

Written apart from the venue's own codec, so that the two check one another. `struct` formats in
field order, big-endian; prices in units of 0.0001; text left-justified and padded with spaces.
Lengths are those of 2023 without an appendage; `decode` takes the appendage wherever one follows.
"""

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

PRICE_UNIT = 10_000
MAX_PRICE = 1_999_999_900
DAY, IMMEDIATE_OR_CANCEL, EXTENDED, UNTIL_TIME, AFTER_HOURS = "0", "3", "5", "6", "E"

SIZES = {
    **{"secondary_reference": (1, 8), "firm": (2, 4), "minimum": (3, 4), "customer_type": (4, 1)},
    **{"max_floor": (5, 4), "price_type": (6, 1), "peg_offset": (7, 4)},
    **{"discretion_price": (9, 8), "discretion_type": (10, 1), "discretion_offset": (11, 4)},
    **{"post_only": (12, 1), "random_reserves": (13, 4), "route": (14, 4), "expire_time": (15, 4)},
    **{
        "trade_now": (16, 1),
        "handling": (17, 1),
        "bbo_weight": (18, 1),
        "display_quantity": (22, 4),
    },
    **{"display_price": (23, 8), "group_id": (24, 2), "shares_located": (25, 1)},
}
"""Tag and size of the value, by name."""
_NAMES = {tag: name for name, (tag, _) in SIZES.items()}

INVALID_DISPLAY, INVALID_MAX_FLOOR, HALTED, INVALID_SIDE = 0x03, 0x04, 0x07, 0x09
INVALID_MINIMUM, OTHER, INVALID_QUANTITY, INVALID_CROSS = 0x0D, 0x0F, 0x13, 0x14
INVALID_SYMBOL, INVALID_PRICE, SHARES_EXCEED_THRESHOLD = 0x17, 0x1D, 0x1E

Appendage = tuple[tuple[str, int | str], ...]
"""(name of the tag, value) in the order of the tags; unknown tags by number."""


class SystemEvent(NamedTuple):
    event: str


class Accepted(NamedTuple):
    number: int
    side: str
    quantity: int
    symbol: str
    price: int
    time_in_force: str
    display: str
    order_reference: int
    capacity: str
    iso: str
    cross: str
    state: str
    order_id: str
    appendage: Appendage = ()


class Replaced(NamedTuple):
    previous: int
    number: int
    side: str
    quantity: int
    symbol: str
    price: int
    time_in_force: str
    display: str
    order_reference: int
    capacity: str
    iso: str
    cross: str
    state: str
    order_id: str
    appendage: Appendage = ()


class Canceled(NamedTuple):
    number: int
    decrement: int
    reason: str
    appendage: Appendage = ()


class AiqCanceled(NamedTuple):
    number: int
    decrement: int
    reason: str
    prevented: int
    price: int
    liquidity: str
    strategy: str
    appendage: Appendage = ()


class Executed(NamedTuple):
    number: int
    quantity: int
    price: int
    liquidity: str
    match_number: int
    appendage: Appendage = ()


class Broken(NamedTuple):
    number: int
    match_number: int
    reason: str
    order_id: str
    appendage: Appendage = ()


class Rejected(NamedTuple):
    number: int
    reason: int
    order_id: str
    appendage: Appendage = ()


class CancelPending(NamedTuple):
    number: int
    appendage: Appendage = ()


class CancelRejected(NamedTuple):
    number: int
    appendage: Appendage = ()


class PriorityUpdated(NamedTuple):
    number: int
    price: int
    display: str
    order_reference: int
    appendage: Appendage = ()


class Modified(NamedTuple):
    number: int
    side: str
    quantity: int
    appendage: Appendage = ()


class Restated(NamedTuple):
    number: int
    reason: str
    appendage: Appendage = ()


class NextNumber(NamedTuple):
    """The answer to an account query."""

    number: int
    appendage: Appendage = ()


class MassCanceled(NamedTuple):
    number: int
    firm: str
    symbol: str
    appendage: Appendage = ()


class Disabled(NamedTuple):
    number: int
    firm: str
    appendage: Appendage = ()


class Enabled(NamedTuple):
    number: int
    firm: str
    appendage: Appendage = ()


class _Layout(NamedTuple):
    """The fields behind the timestamp; the appendage's length is told apart."""

    fields: struct.Struct
    make: Callable[..., Any]


def _layout(fields: str, make: Callable[..., Any]) -> _Layout:
    return _Layout(struct.Struct("> c Q " + fields), make)


_ACCEPTED = "I c I 8s Q c c Q c c c c 14s"
_OUTBOUND = {
    b"S": _layout("c", SystemEvent),
    b"A": _layout(_ACCEPTED, Accepted),
    b"U": _layout("I " + _ACCEPTED, Replaced),
    b"C": _layout("I I c", Canceled),
    b"D": _layout("I I c I Q c c", AiqCanceled),
    b"E": _layout("I I Q c Q", Executed),
    b"B": _layout("I Q c 14s", Broken),
    b"J": _layout("I H 14s", Rejected),
    b"P": _layout("I", CancelPending),
    b"I": _layout("I", CancelRejected),
    b"T": _layout("I Q c Q", PriorityUpdated),
    b"M": _layout("I c I", Modified),
    b"R": _layout("I c", Restated),
    b"Q": _layout("I", NextNumber),
    b"X": _layout("I 4s 8s", MassCanceled),
    b"G": _layout("I 4s", Disabled),
    b"K": _layout("I 4s", Enabled),
}
WITH_LENGTH = b"AUERXGK"
"""Outbound types that always tell the length of an appendage; the others need not."""

_ENTER = struct.Struct("> c I c I 8s Q c c c c c 14s")
_REPLACE = struct.Struct("> c I I I Q c c c 14s")
_CANCEL = struct.Struct("> c I I")
_MODIFY = struct.Struct("> c I c I")
_MASS_CANCEL = struct.Struct("> c I 4s 8s")
_ORDER_ENTRY = struct.Struct("> c I 4s")

INBOUND_LENGTHS = {
    b"O": (_ENTER.size + 2, 47),
    b"U": (_REPLACE.size + 2, 40),
    b"X": (_CANCEL.size, 9),
    b"M": (_MODIFY.size, 10),
    b"Q": (1, 1),
    b"C": (_MASS_CANCEL.size + 2, 19),
    b"D": (_ORDER_ENTRY.size + 2, 11),
}
_TOLD = b"S10 A64 U68 C18 D32 E36 B36 J29 P13 I13 T30 M18 R16 Q13 X27 G19 K19".split()
OUTBOUND_LENGTHS = {
    told[:1]: (
        _OUTBOUND[told[:1]].fields.size + (2 if told[:1] in WITH_LENGTH else 0),
        int(told[1:]),
    )
    for told in _TOLD
}
"""Size of each definition here, and the length that the specification prints."""


def _text(text: str, size: int) -> bytes:
    return text.encode("ascii").ljust(size)


def element(tag: int, value: bytes) -> bytes:
    """One option: its length counts tag and value."""
    return struct.pack("BB", 1 + len(value), tag) + value


def options(**values: int | str) -> bytes:
    """Elements by the names of SIZES, back to back."""
    found = b""
    for name, value in values.items():
        tag, size = SIZES[name]
        packed = value.to_bytes(size, "big") if isinstance(value, int) else _text(value, size)
        found += element(tag, packed)
    return found


def _with_length(appendage: bytes) -> bytes:
    return struct.pack(">H", len(appendage)) + appendage


def enter_order(
    number: int,
    side: str,
    quantity: int,
    symbol: str,
    price: int,
    time_in_force: str = DAY,
    *,
    display: str = "Y",
    cross: str = "N",
    order_id: str = "",
    appendage: bytes = b"",
) -> bytes:
    """A limit order, principal, without an intermarket sweep."""
    fixed = _ENTER.pack(
        *(b"O", number, side.encode(), quantity, _text(symbol, 8), price, time_in_force.encode()),
        *(display.encode(), b"P", b"N", cross.encode(), _text(order_id, 14)),
    )
    return fixed + _with_length(appendage)


def replace_order(
    previous: int,
    number: int,
    quantity: int,
    price: int,
    time_in_force: str = DAY,
    *,
    display: str = "Y",
    order_id: str = "",
    appendage: bytes = b"",
) -> bytes:
    """`quantity` is the whole chain's liability, what has executed included."""
    fixed = _REPLACE.pack(
        *(b"U", previous, number, quantity, price, time_in_force.encode(), display.encode()),
        *(b"N", _text(order_id, 14)),
    )
    return fixed + _with_length(appendage)


def cancel_order(number: int, quantity: int = 0, appendage: bytes | None = None) -> bytes:
    """9 bytes, or 11 and an appendage where there is one, be it empty."""
    fixed = _CANCEL.pack(b"X", number, quantity)
    return fixed if appendage is None else fixed + _with_length(appendage)


def modify_order(number: int, side: str, quantity: int, appendage: bytes | None = None) -> bytes:
    fixed = _MODIFY.pack(b"M", number, side.encode(), quantity)
    return fixed if appendage is None else fixed + _with_length(appendage)


def account_query(appendage: bytes | None = None) -> bytes:
    return b"Q" if appendage is None else b"Q" + _with_length(appendage)


def mass_cancel(number: int, symbol: str = "", firm: str = "", appendage: bytes = b"") -> bytes:
    fixed = _MASS_CANCEL.pack(b"C", number, _text(firm, 4), _text(symbol, 8))
    return fixed + _with_length(appendage)


def disable_order_entry(number: int, firm: str = "", appendage: bytes = b"") -> bytes:
    return _ORDER_ENTRY.pack(b"D", number, _text(firm, 4)) + _with_length(appendage)


def enable_order_entry(number: int, firm: str = "", appendage: bytes = b"") -> bytes:
    return _ORDER_ENTRY.pack(b"E", number, _text(firm, 4)) + _with_length(appendage)


def timestamp(message: bytes) -> int:
    """Nanoseconds since midnight, which every outbound message has at the same place."""
    return int.from_bytes(message[1:9], "big")


def _plain(field: Any) -> Any:
    return field.decode("ascii").rstrip(" ") if isinstance(field, bytes) else field


def _elements(data: bytes) -> Appendage:
    found = []
    while data:
        size, tag = data[0], data[1]
        value = data[2 : 1 + size]
        if len(value) != size - 1:
            raise ValueError(f"element of tag {tag} ends early: {data!r}")
        name = _NAMES.get(tag, str(tag))
        number = SIZES.get(name, (tag, 0))[1] > 1 and name not in ("firm", "route")
        found.append((name, int.from_bytes(value, "big") if number else value.decode().strip()))
        data = data[1 + size :]
    return tuple(found)


def decode(message: bytes) -> Any:
    """Any outbound message; struct.error or ValueError where its length is not what it says."""
    layout = _OUTBOUND.get(message[:1])
    if layout is None:
        raise ValueError(f"unexpected OUCH 5.0 message type {message[:1]!r}")
    fields = [_plain(field) for field in layout.fields.unpack_from(message)[2:]]
    rest = message[layout.fields.size :]
    if not rest and message[:1] not in WITH_LENGTH:
        return layout.make(*fields)
    (size,) = struct.unpack_from(">H", rest)
    if len(rest) != 2 + size:
        raise ValueError(f"appendage of {size} bytes in {message!r}")
    return layout.make(*fields, _elements(rest[2:]))
