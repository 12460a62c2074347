"""Requests without a class of their own, read: one value of a field, and what was not expected."""

from collections.abc import Iterator

from gateway.sessions import Connection, SessionRecord
from matching.types import RejectReason
from protocol.fix.answers import business_reject
from protocol.fix.fields import BusinessRejectReason
from protocol.fix.messages import ApplicationMessage
from protocol.fix.version import Version

Steps = Iterator[None]
"""A long answer: each step writes one message at most, or looks at a few things."""

TEXT_MAX = 32
"""Bytes of a client's own word that a Text(58) repeats."""
TOO_MANY = b"too many requests are being answered on this connection"


class Refusal(Exception):
    """A request cannot be put into engine words: reason and Text(58). Never leaves the desk."""

    def __init__(self, reason: RejectReason, text: bytes) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text


class Missing(Exception):
    """A request lacks a field which its other fields make necessary (FIX Session Layer, test case
    14.m). Never leaves the desk."""

    def __init__(self, name: bytes) -> None:
        super().__init__(name)
        self.name = name


def value(message: ApplicationMessage, tag: int) -> bytes:
    """The first value of a field; empty where it is absent."""
    for field, text in message.fields:
        if field == tag:
            return text
    return b""


def every(message: ApplicationMessage, tag: int) -> list[bytes]:
    """All values of a field that stands in a group, each once, in order."""
    return list(dict.fromkeys(text for field, text in message.fields if field == tag))


def not_taken(message: ApplicationMessage, taken: frozenset[int]) -> bytes:
    """A text that names the first field that is not `taken`; empty where there is none. What would
    narrow a request is never ignored, else the answer would tell of more than was asked for."""
    for tag, _ in message.fields:
        if tag not in taken:
            expected = b" ".join(b"%d" % one for one in sorted(taken))
            return b"field %d not supported: expected only %b" % (tag, expected)
    return b""


def missing(
    version: Version, ref: tuple[int, bytes], name: bytes, ref_id: bytes
) -> tuple[bytes, bytes]:
    """MsgType and body of the answer to a message, `ref` its MsgSeqNum(34) and MsgType(35), that
    lacks a field which its other fields make necessary (FIX Session Layer, test case 14.m)."""
    reason = BusinessRejectReason.CONDITIONALLY_REQUIRED_FIELD_MISSING
    text = b"Conditionally required field missing: " + name
    return business_reject(version, (b"%d" % ref[0], ref[1]), reason, text, ref_id=ref_id)


def asker(connection: Connection) -> SessionRecord:
    """The durable session of a request."""
    record = connection.record
    assert record is not None, "a request before logon"
    return record
