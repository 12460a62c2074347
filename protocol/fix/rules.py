"""What every message must have, whatever its version, and the rejections of those that have not.

Deployed engines judge the header's own fields first, then (in the session) CompIDs, time and
number, then the type and, with the version's dictionary, the body (`validation`). Source: FIX
Session Layer test cases 2.q, 2.r, 14.a-14.j; reasons are SessionRejectReason(373).
"""

import re

from protocol.fix.errors import FieldFormatError, MessageRejected
from protocol.fix.fields import SessionRejectReason
from protocol.fix.message import Message
from protocol.fix.tags import HEADER_TAGS
from protocol.fix.version import Version

_HEADER_REQUIRED = (49, 52, 56)

DECIMAL = rb"-?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})"
TIMESTAMP = (
    rb"[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])-(?:[01][0-9]|2[0-3]):[0-5][0-9]:"
    rb"(?:[0-5][0-9]|60)(?:\.[0-9]{1,12})?"
)
_TIMESTAMP = re.compile(TIMESTAMP + rb"\Z")


def is_timestamp(text: bytes) -> bool:
    """The text has the shape of a UTCTimestamp."""
    return _TIMESTAMP.match(text) is not None


def check_header(message: Message, *, with_values: bool = True) -> None:
    """CompIDs and SendingTime are there and, `with_values`, no header field is empty.

    Raises MessageRejected."""
    for tag, value in message.fields:
        if with_values and not value and tag in HEADER_TAGS:
            raise without_value(tag)
    for tag in _HEADER_REQUIRED:
        if tag not in message:
            raise missing(tag)


def check_msg_type(message: Message, version: Version) -> None:
    """The version defines the type, or it is a user-defined one. Raises MessageRejected."""
    if message.msg_type not in version.msg_types and message.msg_type[:1] != b"U":
        raise invalid_msg_type()


def invalid_msg_type() -> MessageRejected:
    """The rejection of a MsgType(35) that the version does not define."""
    return MessageRejected(
        SessionRejectReason.INVALID_MSG_TYPE, "Invalid MsgType", 35, implied=True
    )


def count_field(message: Message, tag: int) -> int:
    """A required field that counts something. Raises MessageRejected."""
    if tag not in message:
        raise missing(tag)
    if not message.get(tag):
        raise without_value(tag)
    try:
        return message.count(tag)
    except FieldFormatError:
        raise bad_format(tag) from None


def out_of_range(tag: int, *, implied: bool = False) -> MessageRejected:
    """The rejection of a value that its field does not allow."""
    return MessageRejected(
        SessionRejectReason.VALUE_IS_INCORRECT,
        "Value is incorrect (out of range) for this tag",
        tag,
        implied=implied,
    )


def bad_format(tag: int) -> MessageRejected:
    """The rejection of a value that is not of its field's type."""
    return MessageRejected(
        SessionRejectReason.INCORRECT_DATA_FORMAT_FOR_VALUE, "Incorrect data format for value", tag
    )


def missing(tag: int) -> MessageRejected:
    """The rejection of a message without a required field."""
    return MessageRejected(SessionRejectReason.REQUIRED_TAG_MISSING, "Required tag missing", tag)


def without_value(tag: int) -> MessageRejected:
    """The rejection of a field that is there and empty."""
    return MessageRejected(
        SessionRejectReason.TAG_SPECIFIED_WITHOUT_A_VALUE, "Tag specified without a value", tag
    )


def invalid_tag(tag: int) -> MessageRejected:
    """The rejection of a tag that the version does not define."""
    return MessageRejected(SessionRejectReason.INVALID_TAG_NUMBER, "Invalid tag number", tag)


def not_defined(tag: int) -> MessageRejected:
    """The rejection of a tag that the version defines, but not for this message."""
    return MessageRejected(
        SessionRejectReason.TAG_NOT_DEFINED_FOR_THIS_MESSAGE_TYPE,
        "Tag not defined for this message type",
        tag,
    )


def repeated(tag: int) -> MessageRejected:
    """The rejection of a tag that stands twice where no group is."""
    return MessageRejected(
        SessionRejectReason.TAG_APPEARS_MORE_THAN_ONCE, "Tag appears more than once", tag
    )


def out_of_order(tag: int) -> MessageRejected:
    """The rejection of a field of the header or body behind a later part of the message."""
    return MessageRejected(
        SessionRejectReason.TAG_SPECIFIED_OUT_OF_REQUIRED_ORDER,
        "Tag specified out of required order",
        tag,
    )


def group_order(tag: int) -> MessageRejected:
    """The rejection of a group's field that stands before one it has to follow."""
    return _group_order(tag, "Out of order repeating group members")


def no_delimiter(tag: int, group: int, delimiter: int, *, nests: bool) -> MessageRejected:
    """The rejection of the first field of a group that is not the group's delimiter; `nests`: it
    begins a group of its own, for which one family has other words."""
    if not nests:
        return group_order(tag)
    return _group_order(tag, f"The group {group} must set the delimiter field {delimiter}")


def _group_order(tag: int, other_words: str) -> MessageRejected:
    return MessageRejected(
        SessionRejectReason.REPEATING_GROUP_FIELDS_OUT_OF_ORDER,
        "Repeating group fields out of order",
        tag,
        other_words=other_words,
    )


def wrong_count(tag: int) -> MessageRejected:
    """The rejection of a NumInGroup field that does not count its entries."""
    return MessageRejected(
        SessionRejectReason.INCORRECT_NUM_IN_GROUP_COUNT,
        "Incorrect NumInGroup count for repeating group",
        tag,
    )
