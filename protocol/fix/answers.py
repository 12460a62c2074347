"""The bodies of the session's own messages, fields ascending by tag, each with its delimiter."""

from protocol.fix.errors import MessageRejected
from protocol.fix.fields import BusinessRejectReason
from protocol.fix.message import Message
from protocol.fix.tags import REVERSED_ROUTING, REVERSED_ROUTING_40
from protocol.fix.version import Version


def field(tag: int, value: bytes) -> bytes:
    """One field, or nothing for an empty value."""
    return b"%d=%b\x01" % (tag, value) if value else b""


def logon(
    heart_bt_int: int,
    *,
    reset_seq_num_flag: bool = False,
    username: bytes = b"",
    password: bytes = b"",
    default_appl_ver_id: bytes = b"",
) -> bytes:
    """Logon(A), EncryptMethod(98) none."""
    return b"98=0\x01108=%d\x01%b%b%b%b" % (
        heart_bt_int,
        b"141=Y\x01" if reset_seq_num_flag else b"",
        field(553, username),
        field(554, password),
        field(1137, default_appl_ver_id),
    )


def resend_request(version: Version, begin_seq_no: int) -> bytes:
    """ResendRequest(2) from `begin_seq_no` to infinity."""
    return b"7=%d\x0116=%b\x01" % (begin_seq_no, version.infinity)


def reject(message: Message, version: Version, rejection: MessageRejected) -> bytes:
    """Reject(3) of `message`. A reason younger than the version is left out (FIX 4.2: 0 to 11).

    Before FIX 4.2 there is Text(58) only, with the tag in parentheses.
    """
    if not version.has_reject_codes:
        tag = "" if rejection.ref_tag_id is None else f" ({rejection.ref_tag_id})"
        return b"45=%b\x01%b" % (message.get(34), field(58, (rejection.text + tag).encode()))
    reason = rejection.reason.value
    return b"45=%b\x01%b%b%b%b" % (
        message.get(34),
        field(58, rejection.text.encode()),
        b"371=%d\x01" % rejection.ref_tag_id if rejection.ref_tag_id is not None else b"",
        field(372, message.msg_type),
        field(373, reason) if int(reason) <= version.session_reject_reason_max else b"",
    )


def business_reject(
    version: Version,
    ref: tuple[bytes, bytes],
    reason: BusinessRejectReason,
    text: bytes,
    *,
    ref_id: bytes = b"",
) -> tuple[bytes, bytes]:
    """MsgType and body of the refusal of an application message, `ref` its MsgSeqNum(34) and
    MsgType(35): BusinessMessageReject(j), before FIX 4.2 Reject(3) with Text(58) only."""
    ref_seq_num, ref_msg_type = ref
    if not version.has_reject_codes:
        return b"3", b"45=%b\x01%b" % (ref_seq_num, field(58, text))
    return b"j", b"45=%b\x01%b372=%b\x01%b380=%b\x01" % (
        ref_seq_num,
        field(58, text),
        ref_msg_type,
        field(379, ref_id),
        reason.value,
    )


def unsupported_message_type(version: Version, message: Message) -> tuple[bytes, bytes]:
    """The answer to a message the venue does not speak (test case 2.r)."""
    text = b"Unsupported Message Type" if version.has_reject_codes else b"Unsupported message type"
    ref = (message.get(34), message.msg_type)
    return business_reject(version, ref, BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE, text)


def application_not_available(version: Version, message: Message) -> tuple[bytes, bytes]:
    """The answer to a message that the venue speaks, only not on this session (case 14.l)."""
    ref = (message.get(34), message.msg_type)
    reason = BusinessRejectReason.APPLICATION_NOT_AVAILABLE
    return business_reject(version, ref, reason, b"Application not available")


def reversed_routing(version: Version, message: Message) -> bytes:
    """Header fields that lead the answer back: who sent on behalf is who it is delivered to."""
    routing = REVERSED_ROUTING if version.code > "40" else REVERSED_ROUTING_40
    return b"".join(field(answer_tag, message.get(tag)) for answer_tag, tag in routing)
