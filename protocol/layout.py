"""Fixed-width messages declared once: from a Struct's annotations to packed bytes and back.

Every field of a message Struct is annotated with where it stands on the wire. `Layout` checks that
the fields leave no hole and derives the two `struct` formats from them; the documents in specs/ouch
and specs/itch are rendered from the same declarations. Integers are big-endian.
"""

import struct
from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Annotated, Any, Final, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from protocol.errors import RemoteProtocolError


class LayoutError(RemoteProtocolError):
    """Bytes that are no message: the text names message, field, expected, received."""


class Direction(Enum):
    """Who sends a message."""

    INBOUND = "client to venue"
    OUTBOUND = "venue to client"


class Kind(Enum):
    """How a field is written; the value is its letter in the generated document."""

    ALPHA = "alpha"
    """ASCII, left-justified, padded with spaces. Kept with its padding: compared and echoed so."""
    CODE = "code"
    """One character of an enumeration. Kept as the byte received: the application judges it."""
    U8 = "u8"
    U16 = "u16"
    U32 = "u32"
    I32 = "i32"
    U48 = "u48"
    U64 = "u64"
    APPENDAGE = "appendage"
    """Whatever follows the fixed fields, to the end of the message: `pack` and `unpack_from` leave
    it to the protocol."""


class Place(NamedTuple):
    """Where a field stands: offset from the type byte, length, and what the bytes mean."""

    offset: int
    length: int
    kind: Kind
    enumeration: type[Enum] | None
    note: str


def alpha(offset: int, length: int, note: str = "") -> Place:
    return Place(offset, length, Kind.ALPHA, None, note)


def code(offset: int, enumeration: type[Enum], note: str = "") -> Place:
    return Place(offset, 1, Kind.CODE, enumeration, note)


def u32(offset: int, note: str = "", enumeration: type[Enum] | None = None) -> Place:
    return Place(offset, 4, Kind.U32, enumeration, note)


def u8(offset: int, note: str = "") -> Place:
    return Place(offset, 1, Kind.U8, None, note)


def u16(offset: int, note: str = "", enumeration: type[Enum] | None = None) -> Place:
    return Place(offset, 2, Kind.U16, enumeration, note)


def i32(offset: int, note: str = "") -> Place:
    return Place(offset, 4, Kind.I32, None, note)


def u48(offset: int, note: str = "") -> Place:
    """Six bytes, which `struct` has no letter for: kept as the bytes they are."""
    return Place(offset, 6, Kind.U48, None, note)


def u64(offset: int, note: str = "") -> Place:
    return Place(offset, 8, Kind.U64, None, note)


def tagged(offset: int, note: str = "", *, always: bool) -> Place:
    """The last field: tagged options after their total length.

    Without `always` the message may also end before the length: then the options are none.
    """
    return Place(offset, 2 if always else 0, Kind.APPENDAGE, None, note)


class Layout:
    """One message's wire form. `pack` takes the field values in order, `unpack` a whole message.

    `size` is the only size, or the least one of a message that ends in an appendage.
    """

    __slots__ = (
        "direction",
        "fields",
        "fixed_size",
        "message",
        "pack",
        "size",
        "source",
        "type_code",
        "unpack",
        "unpack_from",
    )

    def __init__(
        self,
        message: type[msgspec.Struct],
        type_code: bytes,
        size: int,
        direction: Direction,
        source: str,
    ) -> None:
        self.message = message
        self.type_code = type_code
        self.size = size
        self.direction = direction
        self.source = source
        self.fields = _places(message)
        _check_contiguous(self)
        formats = "".join(FORMATS[place.kind].format(place.length) for _, place in self.fields)
        packer = struct.Struct(f">c{formats}")
        self.pack = packer.pack
        """`pack(type_code, *values)`: the whole message."""
        unpacker = struct.Struct(f">x{formats}")
        self.unpack = unpacker.unpack
        """The values; raises struct.error for another size."""
        self.unpack_from = unpacker.unpack_from
        """The values of the fixed fields; raises struct.error where they are cut short."""
        self.fixed_size = unpacker.size
        """Where the appendage begins, of a message that has one."""

    @property
    def has_appendage(self) -> bool:
        return bool(self.fields) and self.fields[-1][1].kind is Kind.APPENDAGE


FORMATS: Final = {
    Kind.ALPHA: "{}s",
    Kind.CODE: "c",
    Kind.U8: "B",
    Kind.U16: "H",
    Kind.U32: "I",
    Kind.I32: "i",
    Kind.U48: "6s",
    Kind.U64: "Q",
    Kind.APPENDAGE: "",
}
"""The `struct` format of each kind, to be formatted with the length."""


def _places(message: type[msgspec.Struct]) -> tuple[tuple[str, Place], ...]:
    hints: dict[str, Any] = get_type_hints(message, include_extras=True)
    places = []
    for name in message.__struct_fields__:
        hint = hints[name]
        assert get_origin(hint) is Annotated, f"{message.__name__}.{name} has no place"
        places.append((name, get_args(hint)[1]))
    return tuple(places)


def _check_contiguous(layout: Layout) -> None:
    offset = 1
    for name, place in layout.fields:
        where = f"{layout.message.__name__}.{name}"
        assert place.offset == offset, f"{where}: offset {place.offset}, expected {offset}"
        offset += place.length
    name = layout.message.__name__
    assert offset == layout.size, f"{name}: fields end at {offset}, expected {layout.size}"


class Codec:
    """The messages of one protocol version and direction, found by their type byte."""

    __slots__ = ("by_type", "layouts")

    def __init__(self, layouts: tuple[Layout, ...]) -> None:
        self.layouts = layouts
        self.by_type = {layout.type_code: (layout.message, layout.unpack) for layout in layouts}
        """For callers who decode on the order path; a miss or a struct.error is for `explain`."""
        assert len(self.by_type) == len(layouts), "two messages share a type byte"

    def packer(self, message: type[msgspec.Struct]) -> Callable[..., bytes]:
        """Packs the values of this message, in the order of its fields (a last one, the appendage,
        is left out): also for callers who write on the order path, where making the Struct only to
        take it apart costs as much again."""
        (layout,) = (layout for layout in self.layouts if layout.message is message)
        return partial(layout.pack, layout.type_code)

    def explain(self, payload: bytes) -> LayoutError:
        """Why these bytes are no message of this codec."""
        if not payload:
            return LayoutError("message type: expected a byte, received an empty message")
        for layout in self.layouts:
            if layout.type_code == payload[:1]:
                expected = f"{layout.size} bytes{' or more' if layout.has_appendage else ''}"
                return LayoutError(
                    f"{layout.message.__name__} length: "
                    f"expected {expected}, received {len(payload)}"
                )
        known = " ".join(layout.type_code.decode("ascii") for layout in self.layouts)
        return LayoutError(f"message type: expected one of {known}, received {payload[:1]!r}")
