"""The appendage of OUCH 5.0: tagged options at the end of a message, declared once.

On the wire: the total length (two bytes), then elements of length (one byte: tag and value), tag
(one byte), value. Unknown tags are skipped by their length and not kept; a known tag has its
declared size and stands at most once. Elements are written in the order of their tags, and read in
any. Source: Nasdaq O*U*C*H 5.0, optional appendage; tags from 26 on from its 2025 revision.
"""

import struct
from enum import Enum
from typing import Annotated, Any, Final, NamedTuple, get_args, get_type_hints

import msgspec

from protocol.layout import FORMATS, Kind, LayoutError
from protocol.ouch.enumerations42 import BboWeight, Side
from protocol.ouch.enumerations50 import (
    CustomerType,
    HandleInst,
    PostOnly,
    PriceType,
    SharesLocated,
    TradeNow,
)


class Option(NamedTuple):
    """How one option is written: its tag, and the length and meaning of its value."""

    tag: int
    length: int
    kind: Kind
    requests: str
    """Types of the requests that the specification allows it in."""
    note: str
    enumeration: type[Enum] | None


_BOTH: Final = "O U"


def _code(tag: int, enumeration: type[Enum], requests: str = _BOTH, note: str = "") -> Option:
    return Option(tag, 1, Kind.CODE, requests, note, enumeration)


def _alpha(tag: int, length: int, requests: str = _BOTH, note: str = "") -> Option:
    return Option(tag, length, Kind.ALPHA, requests, note, None)


def _u32(tag: int, requests: str = _BOTH, note: str = "") -> Option:
    return Option(tag, 4, Kind.U32, requests, note, None)


def _u64(tag: int, requests: str = _BOTH, note: str = "") -> Option:
    return Option(tag, 8, Kind.U64, requests, note, None)


def _offset(tag: int) -> Option:
    return Option(tag, 4, Kind.I32, _BOTH, "1/10000", None)


class Appendage(msgspec.Struct, frozen=True, gc=False, repr_omit_defaults=True):
    """The options of one message; None: absent."""

    secondary_ord_ref_num: Annotated[
        int | None, _u64(1, "", "order reference number of the part now shown; in Order Restated")
    ] = None
    firm: Annotated[bytes | None, _alpha(2, 4, "O")] = None
    min_qty: Annotated[int | None, _u32(3, note="round lots")] = None
    customer_type: Annotated[bytes | None, _code(4, CustomerType)] = None
    max_floor: Annotated[int | None, _u32(5, note="shares shown of a reserve")] = None
    price_type: Annotated[bytes | None, _code(6, PriceType)] = None
    peg_offset: Annotated[int | None, _offset(7)] = None
    discretion_price: Annotated[int | None, _u64(9, note="1/10000")] = None
    discretion_price_type: Annotated[bytes | None, _code(10, PriceType)] = None
    discretion_peg_offset: Annotated[int | None, _offset(11)] = None
    post_only: Annotated[bytes | None, _code(12, PostOnly)] = None
    random_reserves: Annotated[int | None, _u32(13, note="shares")] = None
    route: Annotated[bytes | None, _alpha(14, 4, "O")] = None
    expire_time: Annotated[int | None, _u32(15, note="seconds, below 86,400")] = None
    trade_now: Annotated[bytes | None, _code(16, TradeNow)] = None
    handle_inst: Annotated[bytes | None, _code(17, HandleInst)] = None
    bbo_weight: Annotated[bytes | None, _code(18, BboWeight, "", "in Accepted, Replaced")] = None
    display_qty: Annotated[int | None, _u32(22, "", "in Order Restated")] = None
    display_price: Annotated[int | None, _u64(23, "", "1/10000; in Order Restated")] = None
    group_id: Annotated[int | None, Option(24, 2, Kind.U16, _BOTH, "", None)] = None
    shares_located: Annotated[bytes | None, _code(25, SharesLocated)] = None
    locate_broker: Annotated[bytes | None, _alpha(26, 4, "", "2025")] = None
    side: Annotated[bytes | None, _code(27, Side, "", "2025")] = None
    user_ref_idx: Annotated[
        int | None, Option(28, 1, Kind.U8, "", "2025; channel within the port", None)
    ] = None
    aiq_strategy: Annotated[bytes | None, _alpha(29, 1, "", "2025; self match prevention")] = None
    aiq_group_id: Annotated[bytes | None, _alpha(30, 2, "", "2025; self match prevention")] = None


REVISION_2025: Final = 26
"""First tag of that revision. Its sizes are not certain: another one makes the tag an unknown one.
"""
NO_OPTIONS: Final = Appendage()
NO_ELEMENTS: Final = b"\x00\x00"
"""NO_OPTIONS on the wire, where the length is always there."""


def _options() -> tuple[tuple[str, Option], ...]:
    hints: dict[str, Any] = get_type_hints(Appendage, include_extras=True)
    return tuple((name, get_args(hints[name])[1]) for name in Appendage.__struct_fields__)


OPTIONS: Final = _options()
"""Name and declaration of every option, in the order of the tags."""


class _Element:
    """One known tag: what both directions need of it."""

    __slots__ = ("head", "length", "name", "pack", "title", "unpack")

    def __init__(self, name: str, option: Option) -> None:
        packer = struct.Struct(">" + FORMATS[option.kind].format(option.length))
        self.name = name
        self.title = f"{name.title().replace('_', '')}({option.tag})"
        self.length = option.length
        self.head = bytes((option.length + 1, option.tag))
        self.pack = packer.pack
        self.unpack = packer.unpack


_BY_TAG: Final = {option.tag: _Element(name, option) for name, option in OPTIONS}
_IN_ORDER: Final = tuple(_BY_TAG.values())


def pack_appendage(appendage: Appendage) -> bytes:
    """Total length and elements: what follows the fixed fields. Sizes are the caller's promise."""
    parts = []
    for element in _IN_ORDER:
        value = getattr(appendage, element.name)
        if value is not None:
            parts.append(element.head + element.pack(value))
    elements = b"".join(parts)
    return len(elements).to_bytes(2, "big") + elements


def unpack_appendage(data: bytes, message: str) -> Appendage:
    """The options in what follows the fixed fields of this message.

    Raises LayoutError unless the total length names exactly the bytes that are there and the
    elements fill it, for a known tag below REVISION_2025 that has another size, and for a known tag
    that stands twice.
    """
    received = len(data) - 2
    if received < 0:
        raise LayoutError(f"{message} appendage length: expected 2 bytes, received {len(data)}")
    total = data[0] << 8 | data[1]
    if total != received:
        raise LayoutError(
            f"{message} appendage length: expected {total} bytes, received {received}"
        )
    options: dict[str, Any] = {}
    offset = 2
    while offset < len(data):
        end = offset + 1 + data[offset]
        if end == offset + 1:
            raise LayoutError(
                f"{message} appendage byte {offset}: expected a tag, received length 0"
            )
        if end > len(data):
            raise LayoutError(
                f"{message} appendage byte {offset}: "
                f"expected {data[offset]} bytes, received {len(data) - offset - 1}"
            )
        element = _BY_TAG.get(data[offset + 1])
        if element is not None and element.length != data[offset] - 1:
            if data[offset + 1] < REVISION_2025:
                raise LayoutError(
                    f"{message} {element.title} length: "
                    f"expected {element.length} bytes, received {data[offset] - 1}"
                )
            element = None
        if element is not None:
            if element.name in options:
                raise LayoutError(f"{message} {element.title}: expected once, received twice")
            (options[element.name],) = element.unpack(data[offset + 2 : end])
        offset = end
    return Appendage(**options)
