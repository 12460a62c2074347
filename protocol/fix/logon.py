"""What a Logon(A) asks for and whether it may have it; the session acts on the answer.

Source: FIX Session Layer, "Establishing a FIX session"; test cases 1S.d and 17.
"""

import msgspec

from protocol.fix import admin, answers, rules
from protocol.fix.errors import FieldFormatError, MessageRejected
from protocol.fix.events import LogonRequested
from protocol.fix.message import Message
from protocol.fix.sent_frame import reframe
from protocol.fix.settings import FixSettings
from protocol.fix.stream import FixStream
from protocol.fix.style import STYLES
from protocol.fix.values import format_utc_timestamp, parse_count, printable
from protocol.fix.version import FIX50SP2, version_of


class Refusal(msgspec.Struct, frozen=True):
    """Why a Logon(A) is not accepted; `text` goes out in a Logout(5), None closes silently."""

    reason: str
    text: bytes | None = None


def request(message: Message) -> LogonRequested:
    """The question to the gateway. Raises MessageRejected: nobody could be asked about it."""
    # A session may take fields without a value: its dictionary says so later.
    rules.check_header(message, with_values=False)
    return LogonRequested(
        begin_string=message.begin_string,
        sender_comp_id=message.get(49),
        target_comp_id=message.get(56),
        msg_seq_num=rules.count_field(message, 34),
        reset_seq_num_flag=message.get(141) == b"Y",
        sender_sub_id=message.get(50),
        target_sub_id=message.get(57),
        username=message.get(553),
        password=message.get(554),
        default_appl_ver_id=message.get(1137),
    )


def invalid(rejection: MessageRejected) -> str:
    """The log's words for a Logon(A) that breaks a rule."""
    tag = f", tag {rejection.ref_tag_id}" if rejection.ref_tag_id is not None else ""
    return f"invalid Logon(A): {rejection.text}{tag}"


def refusal(
    message: Message, stream: FixStream, settings: FixSettings, now_ns: int
) -> Refusal | None:
    """Acceptor: why a Logon(A) of a known client is not accepted; None: it is.

    Numbers too low are not judged here.
    """
    style = STYLES[settings.reject_style]
    if style.answers_invalid_logon and _is_negative(message.get(108)):
        return Refusal("HeartBtInt(108) is negative", b"HeartBtInt must not be negative")
    try:
        method = rules.count_field(message, 98)
        heart_bt_int = rules.count_field(message, 108)
        admin.SendingTimeCheck(settings.latency_limit_ns).check(message.get(52), now_ns)
        wanted = 0 if resets(message, settings) else next_expected(message)
        if settings.validator is not None:
            settings.validator.check_logon(message)
    except MessageRejected as rejection:
        return Refusal(invalid(rejection), style.invalid_logon(rejection))
    if method:
        return _refused(f"EncryptMethod(98) not supported: expected 0, received {method}")
    low, high = settings.heart_bt_int_min, settings.heart_bt_int_max
    if heart_bt_int < low or (high is not None and heart_bt_int > high):
        limits = f"at least {low}" if high is None else f"{low} to {high}"
        text = f"HeartBtInt(108) out of limits: expected {limits}, received {heart_bt_int}"
        return _refused(text)
    return seen_more(wanted, stream.sent_log.next_number, settings)


def seen_more(wanted: int, own: int, settings: FixSettings) -> Refusal | None:
    """NextExpectedMsgSeqNum(789) beyond our next number: the peer saw another history."""
    if wanted <= own:
        return None
    reason = f"NextExpectedMsgSeqNum(789) too high: expected {own}, received {wanted}"
    return Refusal(reason, STYLES[settings.reject_style].seen_more(own, wanted))


def refusal_frame(message: Message, text: bytes, msg_seq_num: int, now_ns: int) -> bytes:
    """The Logout(5) to a client that is none: it takes no number and stands in no log."""
    version = version_of(message.begin_string, message.get(1137)) or FIX50SP2
    content = b"35=5\x0134=%d\x0149=%b\x0152=%b\x0156=%b\x01%b" % (
        msg_seq_num,
        message.get(56),
        format_utc_timestamp(now_ns, version.time_digits),
        message.get(49),
        answers.field(58, text),
    )
    return reframe(b"8=%b\x019=" % message.begin_string, content)


def resets(message: Message, settings: FixSettings) -> bool:
    """Both numbers start at 1 with this Logon(A)."""
    return settings.reset_on_logon or message.get(141) == b"Y"


def next_expected(message: Message) -> int:
    """NextExpectedMsgSeqNum(789), 0 where there is none. Raises MessageRejected."""
    if 789 not in message:
        return 0
    number = rules.count_field(message, 789)
    if number == 0:
        raise rules.out_of_range(789)
    return number


def _refused(text: str) -> Refusal:
    return Refusal(text, text.encode())


def _is_negative(text: bytes) -> bool:
    try:
        return text[:1] == b"-" and parse_count(text[1:]) > 0
    except FieldFormatError:
        return False


def unsupported_version(message: Message) -> str:
    """The log's words for a version that is not spoken."""
    shown = f"{printable(message.begin_string)} {printable(message.get(1137))}".rstrip()
    return f"unsupported BeginString(8) or DefaultApplVerID(1137): {shown}"
