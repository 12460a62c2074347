"""The bodies of the session's own messages, fields ascending by tag, each with its delimiter."""

from protocol.fix.errors import MessageRejected
from protocol.fix.fields import BusinessRejectReason
from protocol.fix.message import Message
from protocol.fix.style import Style
from protocol.fix.tags import REVERSED_ROUTING, REVERSED_ROUTING_40
from protocol.fix.version import Version

NO_SYMBOL = b"[N/A]"
"""Symbol(55) where a message has to have one and is about none (FIX 4.4 Vol. 1, Instrument)."""
NO_SIDE = b"7"
"""Side(54) where a message has to have one and none is known: undisclosed."""


def field(tag: int, value: bytes) -> bytes:
    """One field, or nothing for an empty value."""
    return b"%d=%b\x01" % (tag, value) if value else b""


def logon(
    heart_bt_int: int,
    *,
    reset_seq_num_flag: bool = False,
    username: bytes = b"",
    password: bytes = b"",
    next_expected_msg_seq_num: int = 0,
    default_appl_ver_id: bytes = b"",
) -> bytes:
    """Logon(A), EncryptMethod(98) none; NextExpectedMsgSeqNum(789) where it is not 0."""
    return b"98=0\x01108=%d\x01%b%b%b%b%b" % (
        heart_bt_int,
        b"141=Y\x01" if reset_seq_num_flag else b"",
        field(553, username),
        field(554, password),
        b"789=%d\x01" % next_expected_msg_seq_num if next_expected_msg_seq_num else b"",
        field(1137, default_appl_ver_id),
    )


def resend_request(version: Version, begin_seq_no: int, end_seq_no: int = 0) -> bytes:
    """ResendRequest(2) from `begin_seq_no` to `end_seq_no`, which 0 makes infinity."""
    end = b"%d" % end_seq_no if end_seq_no else version.infinity
    return b"7=%d\x0116=%b\x01" % (begin_seq_no, end)


def reject(message: Message, version: Version, rejection: MessageRejected, style: Style) -> bytes:
    """Reject(3) of `message`. A reason younger than the version is left out (FIX 4.2: 0 to 11).

    Before FIX 4.2 there is Text(58) only, which then names the tag.
    """
    text = style.text(rejection, has_reject_codes=version.has_reject_codes)
    if not version.has_reject_codes:
        return b"45=%b\x01%b" % (message.get(34), field(58, text))
    reason = rejection.reason.value
    tag = style.ref_tag_id(rejection)
    return b"45=%b\x01%b%b%b%b" % (
        message.get(34),
        field(58, text),
        b"" if tag is None else b"371=%d\x01" % tag,
        field(372, message.msg_type),
        field(373, reason) if int(reason) <= version.session_reject_reason_max else b"",
    )


def reject_garbled(version: Version, ref_seq_num: int, ref_msg_type: bytes) -> bytes:
    """Reject(3) of a message that could not be read; 0 and nothing where it does not say."""
    text = field(58, b"Message failed basic validity check")
    ref = field(372, ref_msg_type) if version.has_reject_codes else b""
    return b"45=%d\x01%b%b" % (ref_seq_num, text, ref)


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


def unsupported_message_type(
    version: Version, message: Message, style: Style
) -> tuple[bytes, bytes]:
    """The answer to a message the venue does not speak (test case 2.r)."""
    text = b"Unsupported Message Type" if version.has_reject_codes else b"Unsupported message type"
    ref = (message.get(34), message.msg_type)
    reason = BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE
    msg_type, body = business_reject(version, ref, reason, text)
    if style.business_reject_appl_ver_id:
        body += field(1137, version.appl_ver_id)
    return msg_type, body


def application_not_available(version: Version, message: Message) -> tuple[bytes, bytes]:
    """The answer to a message that the venue speaks, only not on this session (case 14.l)."""
    ref = (message.get(34), message.msg_type)
    reason = BusinessRejectReason.APPLICATION_NOT_AVAILABLE
    return business_reject(version, ref, reason, b"Application not available")


def reversed_routing(version: Version, message: Message) -> bytes:
    """Header fields that lead the answer back: who sent on behalf is who it is delivered to."""
    routing = REVERSED_ROUTING if version.code > "40" else REVERSED_ROUTING_40
    return b"".join(field(answer_tag, message.get(tag)) for answer_tag, tag in routing)
