"""Which fields a message must have and what their values must look like.

Three steps, in the order in which deployed engines apply them: the header's own fields, then (in
the session) CompIDs, time and number, then the type and the body. Source: FIX Session Layer test
cases 2.q, 2.r, 14.b-14.h; reasons are SessionRejectReason(373).
"""

import re

from protocol.fix.errors import FieldFormatError, MessageRejected
from protocol.fix.fields import SessionRejectReason
from protocol.fix.message import Message
from protocol.fix.tags import GROUP_COUNT_TAGS, HEADER_TAGS, TRAILER_TAGS
from protocol.fix.version import Version

_HEADER_REQUIRED = (49, 52, 56)

DECIMAL = rb"-?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})"
TIMESTAMP = (
    rb"[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])-(?:[01][0-9]|2[0-3]):[0-5][0-9]:"
    rb"(?:[0-5][0-9]|60)(?:\.[0-9]{1,12})?"
)
_FORMATS = {
    **dict.fromkeys((6, 14, 31, 32, 38, 44, 99, 110, 111, 151, 152, 210, 211), DECIMAL),
    **dict.fromkeys((60, 126, 168), TIMESTAMP),
}
_VALUES = {
    21: rb"[1-3]",
    40: rb"[1-9A-MP]",
    54: rb"[1-9A-G]",
    59: rb"[0-9]",
}
VALUE_PATTERNS = _FORMATS | _VALUES
"""Pattern of a field's value, for fields that have one; the learned decoder uses the same."""
_COMPILED = {tag: re.compile(pattern + rb"\Z") for tag, pattern in VALUE_PATTERNS.items()}


def is_timestamp(text: bytes) -> bool:
    """The text has the shape of a UTCTimestamp."""
    return _COMPILED[60].match(text) is not None


def check_header(message: Message) -> None:
    """CompIDs and SendingTime are there and no header field is empty. Raises MessageRejected."""
    for tag, value in message.fields:
        if not value and tag in HEADER_TAGS:
            raise _without_value(tag)
    for tag in _HEADER_REQUIRED:
        if tag not in message:
            raise missing(tag)


def check_msg_type(message: Message, version: Version) -> None:
    """The version defines the type, or it is a user-defined one. Raises MessageRejected."""
    if message.msg_type not in version.msg_types and message.msg_type[:1] != b"U":
        raise MessageRejected(SessionRejectReason.INVALID_MSG_TYPE, "Invalid MsgType")


def check_body(message: Message, version: Version) -> None:
    """Order, required fields, values, repetition. Raises MessageRejected."""
    in_body = False
    seen: set[int] = set()
    repeated = 0
    has_group = False
    for tag, _ in message.fields:
        if tag in HEADER_TAGS:
            if in_body and not has_group:
                raise MessageRejected(
                    SessionRejectReason.TAG_SPECIFIED_OUT_OF_REQUIRED_ORDER,
                    "Tag specified out of required order",
                    tag,
                )
        elif tag not in TRAILER_TAGS:
            in_body = True
        has_group = has_group or tag in GROUP_COUNT_TAGS
        if tag in seen and not repeated:
            repeated = tag
        seen.add(tag)
    for tag in version.required.get(message.msg_type, ()):
        if tag not in message:
            raise missing(tag)
    for tag, value in message.fields:
        _check_value(tag, value)
    if repeated and not has_group:
        raise MessageRejected(
            SessionRejectReason.TAG_APPEARS_MORE_THAN_ONCE, "Tag appears more than once", repeated
        )


def _check_value(tag: int, value: bytes) -> None:
    if tag <= 0:
        raise MessageRejected(SessionRejectReason.INVALID_TAG_NUMBER, "Invalid tag number", tag)
    if not value:
        raise _without_value(tag)
    pattern = _COMPILED.get(tag)
    if pattern is not None and pattern.match(value) is None:
        if tag in _VALUES:
            raise out_of_range(tag)
        raise bad_format(tag)


def count_field(message: Message, tag: int) -> int:
    """A required field that counts something. Raises MessageRejected."""
    if tag not in message:
        raise missing(tag)
    if not message.get(tag):
        raise _without_value(tag)
    try:
        return message.count(tag)
    except FieldFormatError:
        raise bad_format(tag) from None


def out_of_range(tag: int | None = None) -> MessageRejected:
    """The rejection of a value that its field does not allow."""
    return MessageRejected(
        SessionRejectReason.VALUE_IS_INCORRECT,
        "Value is incorrect (out of range) for this tag",
        tag,
    )


def bad_format(tag: int) -> MessageRejected:
    """The rejection of a value that is not of its field's type."""
    return MessageRejected(
        SessionRejectReason.INCORRECT_DATA_FORMAT_FOR_VALUE, "Incorrect data format for value", tag
    )


def missing(tag: int) -> MessageRejected:
    """The rejection of a message without a required field."""
    return MessageRejected(SessionRejectReason.REQUIRED_TAG_MISSING, "Required tag missing", tag)


def _without_value(tag: int) -> MessageRejected:
    return MessageRejected(
        SessionRejectReason.TAG_SPECIFIED_WITHOUT_A_VALUE, "Tag specified without a value", tag
    )
