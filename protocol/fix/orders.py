"""Bodies of the client's own requests, fields ascending by tag: the initiator's side."""

from protocol.fix.answers import field
from protocol.fix.messages import ORDER_ENTRY, OrderEntryMessage

_MSG_TYPES: dict[object, tuple[bytes, tuple[int, ...]]] = {
    cls: (msg_type, tags) for msg_type, (cls, tags) in ORDER_ENTRY.items()
}


def order_entry_body(message: OrderEntryMessage) -> tuple[bytes, bytes]:
    """MsgType and body of a D, F, G or H; `msg_seq_num` is not rendered, the stream numbers it."""
    msg_type, tags = _MSG_TYPES[type(message)]
    fields = [
        (tag, getattr(message, name)) for tag, name in zip(tags, _names(message), strict=True)
    ]
    fields += message.rest
    fields.sort(key=lambda item: item[0])
    return msg_type, b"".join(field(tag, value) for tag, value in fields)


def _names(message: OrderEntryMessage) -> tuple[str, ...]:
    """The attributes that `ORDER_ENTRY` has tags for."""
    return message.__struct_fields__[1:-2]
