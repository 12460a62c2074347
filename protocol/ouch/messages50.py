"""OUCH 5.0 messages, both directions: the codec over `inbound50` and `outbound50`.

An appendage that says nothing is written in the shortest form its message has: without a length
where the specification lets it be absent. Both forms are read. On the order path a desk may write
with the codec's `packer`, which packs the fixed fields, and append NO_ELEMENTS or what
`pack_appendage` gave it once.
"""

import struct
from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from protocol.layout import Codec, Layout
from protocol.ouch.appendage import NO_ELEMENTS, NO_OPTIONS, pack_appendage, unpack_appendage
from protocol.ouch.inbound50 import INBOUND, Inbound
from protocol.ouch.outbound50 import OUTBOUND, Outbound, SystemEvent

_Message = tuple[type[msgspec.Struct], Callable[[bytes], tuple[Any, ...]], int, tuple[bytes, ...]]


def _nothing(layout: Layout) -> tuple[bytes, ...]:
    """What may follow the fixed fields of a message without options; the first is written."""
    if not layout.has_appendage:
        return (b"",)
    return (NO_ELEMENTS,) if layout.size > layout.fixed_size else (b"", NO_ELEMENTS)


def _by_type(codec: Codec) -> dict[bytes, _Message]:
    return {
        layout.type_code: (layout.message, layout.unpack_from, layout.fixed_size, _nothing(layout))
        for layout in codec.layouts
    }


_INBOUND: Final = _by_type(INBOUND)
_OUTBOUND: Final = _by_type(OUTBOUND)
_PACK: Final = {
    layout.message: (codec.packer(layout.message), _nothing(layout)[0])
    for codec in (INBOUND, OUTBOUND)
    for layout in codec.layouts
}


def decode_inbound(payload: bytes) -> Inbound:
    """A client's message. Raises LayoutError for bytes that are none, never for a value."""
    try:
        message, unpack_from, end, nothing = _INBOUND[payload[:1]]
        values = unpack_from(payload)
    except (KeyError, struct.error):
        raise INBOUND.explain(payload) from None
    tail = payload[end:]
    if tail in nothing:
        return message(*values)  # type: ignore[return-value]
    return message(*values, unpack_appendage(tail, message.__name__))  # type: ignore[return-value]


def decode_outbound(payload: bytes) -> Outbound:
    """A venue's message. Raises LayoutError for bytes that are none, never for a value."""
    try:
        message, unpack_from, end, nothing = _OUTBOUND[payload[:1]]
        values = unpack_from(payload)
    except (KeyError, struct.error):
        raise OUTBOUND.explain(payload) from None
    tail = payload[end:]
    if tail in nothing:
        return message(*values)  # type: ignore[return-value]
    if message is SystemEvent:
        raise OUTBOUND.explain(payload)
    return message(*values, unpack_appendage(tail, message.__name__))  # type: ignore[return-value]


def encode(message: Inbound | Outbound) -> bytes:
    """One message of either direction. Field sizes are the caller's promise."""
    pack, nothing = _PACK[type(message)]
    if isinstance(message, SystemEvent):
        return pack(*astuple(message))
    *values, appendage = astuple(message)
    fixed = pack(*values)
    if appendage is NO_OPTIONS or appendage == NO_OPTIONS:
        return fixed + nothing
    return fixed + pack_appendage(appendage)
