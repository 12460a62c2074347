"""Any FIX message as a list of fields: the general decoder, and the oracle of the learned one."""

import re

from protocol.fix.errors import GarbledMessage
from protocol.fix.tags import DATA_TAG_OF_LENGTH, HEADER_TAGS, TRAILER_TAGS
from protocol.fix.values import parse_count, printable

SOH = b"\x01"
_TAG = re.compile(rb"-?[0-9]{1,9}\Z")
_TAGS = {b"%d" % tag: tag for tag in range(1, 2000)}
"""A dict lookup instead of a pattern and int() for every field."""

Field = tuple[int, bytes]


class Message:
    """One decoded message. `fields`: from MsgType(35) to before CheckSum(10), in wire order."""

    __slots__ = ("_values", "begin_string", "fields", "msg_type", "size")

    def __init__(self, begin_string: bytes, fields: list[Field], size: int) -> None:
        self.begin_string = begin_string
        self.fields = fields
        self.msg_type = fields[0][1]
        self.size = size
        """Bytes on the wire."""
        # The first of a repeated tag counts.
        self._values = dict(reversed(fields))

    def __contains__(self, tag: int) -> bool:
        return tag in self._values

    def get(self, tag: int) -> bytes:
        """The field's value, empty when absent."""
        return self._values.get(tag, b"")

    def count(self, tag: int) -> int:
        """The field's value as a number of digits only. Raises FieldFormatError."""
        return parse_count(self._values.get(tag, b""))

    @property
    def is_poss_dup(self) -> bool:
        """PossDupFlag(43)=Y: the sender may have sent this number before."""
        return self._values.get(43) == b"Y"

    @property
    def is_poss_resend(self) -> bool:
        """PossResend(97)=Y: the content may have been sent under another number."""
        return self._values.get(97) == b"Y"

    @property
    def body(self) -> tuple[Field, ...]:
        """The fields of the body, in wire order."""
        return tuple(
            field
            for field in self.fields
            if field[0] not in HEADER_TAGS and field[0] not in TRAILER_TAGS
        )


def decode(frame: bytes) -> Message:
    """Decode a frame whose length and sum are right.

    Raises GarbledMessage: 8, 9, 35 are not first, a tag is not a number, a field has no `=`.
    """
    parts = frame.split(SOH)
    if len(parts) < 5 or parts[-1] or not parts[2].startswith(b"35="):
        raise GarbledMessage("BeginString(8), BodyLength(9), MsgType(35) are not first")
    fields: list[Field] = []
    for part in parts[2:-2]:
        text, equals, value = part.partition(b"=")
        tag = _TAGS.get(text)
        if tag is None:
            tag = _unusual_tag(text)
        if not equals:
            raise GarbledMessage(f"tag {tag} without a value sign")
        if tag in DATA_TAG_OF_LENGTH:
            fields = _decode_with_data(frame, len(parts[0]) + len(parts[1]) + 2)
            break
        fields.append((tag, value))
    if not fields[0][1]:
        raise GarbledMessage("MsgType(35) is empty")
    return Message(parts[0][2:], fields, len(frame))


def _decode_with_data(frame: bytes, begin: int) -> list[Field]:
    """Fields one after the other, so that a data field may hold delimiters."""
    end = len(frame) - 7
    fields: list[Field] = []
    while begin < end:
        equals = frame.find(b"=", begin, end)
        if equals < 0:
            raise GarbledMessage("field without a value sign")
        text = frame[begin:equals]
        tag = _TAGS.get(text)
        if tag is None:
            tag = _unusual_tag(text)
        stop = frame.find(SOH, equals, end)
        if fields and DATA_TAG_OF_LENGTH.get(fields[-1][0]) == tag:
            length = fields[-1][1]
            if not length.isdigit() or len(length) > 9:
                raise GarbledMessage(f"length field {fields[-1][0]} is not a number")
            stop = equals + 1 + int(length)
        if not 0 <= stop < end or frame[stop] != 1:
            raise GarbledMessage(f"field {tag} is not delimited")
        fields.append((tag, frame[equals + 1 : stop]))
        begin = stop + 1
    return fields


def _unusual_tag(text: bytes) -> int:
    """A tag outside the table: other numbers are for the rules, other text is garbled."""
    if _TAG.match(text) is None:
        raise GarbledMessage(f"tag is not a number: {printable(text[:20])}")
    return int(text)
