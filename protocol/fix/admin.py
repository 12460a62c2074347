"""What a peer's administrative messages say, checked. What breaks a rule raises."""

from protocol.errors import RemoteProtocolError
from protocol.fix import rules
from protocol.fix.errors import FieldFormatError, MessageRejected
from protocol.fix.events import RejectReceived
from protocol.fix.fields import SessionRejectReason
from protocol.fix.message import Message
from protocol.fix.settings import FixSettings
from protocol.fix.values import NS_PER_S, parse_utc_timestamp

_UNLIMITED_NS = 86_400 * NS_PER_S
"""How long a text that is checked for its form only is kept."""


class SendingTimeCheck:
    """SendingTime(52) is within `limit_ns` of our clock, either way; None: whenever. Case 2.o.

    The last good text is kept until it grows too old: one comparison for a burst of messages.
    """

    __slots__ = ("good_text", "good_until_ns", "limit_ns")

    def __init__(self, limit_ns: int | None) -> None:
        self.limit_ns = limit_ns
        self.good_text = b""
        self.good_until_ns = 0

    def check(self, text: bytes, now_ns: int) -> None:
        """Raises MessageRejected: no timestamp, or not accurate."""
        sent_ns = timestamp_field(52, text)
        if self.limit_ns is None:
            self.good_until_ns = now_ns + _UNLIMITED_NS
        elif abs(now_ns - sent_ns) > self.limit_ns:
            raise inaccurate_time(52)
        else:
            self.good_until_ns = sent_ns + self.limit_ns
        self.good_text = text


def timestamp_field(tag: int, text: bytes) -> int:
    """A UTCTimestamp as epoch nanoseconds."""
    try:
        return parse_utc_timestamp(text)
    except FieldFormatError:
        raise rules.bad_format(tag) from None


def inaccurate_time(tag: int) -> MessageRejected:
    """The rejection of a SendingTime(52) or OrigSendingTime(122) that cannot be."""
    return MessageRejected(
        SessionRejectReason.SENDING_TIME_ACCURACY_PROBLEM,
        "SendingTime accuracy problem",
        tag,
        implied=True,
    )


def check_comp_ids(message: Message, sender_comp_id: bytes, target_comp_id: bytes) -> None:
    """49 and 56 are the given ones. Test case 2.k."""
    if message.get(49) != sender_comp_id or message.get(56) != target_comp_id:
        raise MessageRejected(SessionRejectReason.COMP_ID_PROBLEM, "CompID problem")


def check_poss_dup(message: Message, settings: FixSettings) -> None:
    """A possible duplicate says when it was sent first, and that was not later. Cases 2.f, 2.g."""
    if 122 not in message:
        if settings.requires_orig_sending_time:
            raise rules.missing(122)
    elif timestamp_field(122, message.get(122)) > timestamp_field(52, message.get(52)):
        raise inaccurate_time(122)


def check_profile(message: Message, settings: FixSettings) -> None:
    """Nothing in it is encrypted or signed, and it is for us, where nobody else is allowed.

    There is no EncryptMethod(98) but none, so what SecureData(91) hides cannot be read and a
    Signature(89) not be verified. Test cases 14.n, 17 and 18.b.
    """
    for tag, reason, text in _NOT_IN_PROFILE:
        if tag in message:
            raise MessageRejected(reason, text, tag)
    if not settings.allow_third_party:
        for tag in (115, 128):
            if tag in message:
                text = "third-party addressing is not in the profile of this session"
                raise MessageRejected(SessionRejectReason.COMP_ID_PROBLEM, text, tag)


_NOT_IN_PROFILE = (
    (90, SessionRejectReason.DECRYPTION_PROBLEM, "Decryption problem"),
    (91, SessionRejectReason.DECRYPTION_PROBLEM, "Decryption problem"),
    (89, SessionRejectReason.SIGNATURE_PROBLEM, "Signature problem"),
    (93, SessionRejectReason.SIGNATURE_PROBLEM, "Signature problem"),
)
"""Fields of an encryption or a signature, which a session without either cannot take."""


class SeenMore(RemoteProtocolError):
    """A ResendRequest(2) from a number that was never reached: the peer saw another history."""

    def __init__(self, next_number: int, begin_seq_no: int) -> None:
        super().__init__(
            f"BeginSeqNo(7) too high: expected at most {next_number}, received {begin_seq_no}"
        )
        self.begin_seq_no = begin_seq_no


def resend_range(message: Message, next_number: int) -> tuple[int, int]:
    """ResendRequest(2): begin <= number < end of what to send again; EndSeqNo(16)=0 is infinity.

    Raises MessageRejected; SeenMore when begin is beyond the next number.
    """
    begin, end = rules.count_field(message, 7), rules.count_field(message, 16)
    if begin > next_number:
        raise SeenMore(next_number, begin)
    if not 1 <= begin < next_number:
        raise rules.out_of_range(7)
    if end and end < begin:
        raise rules.out_of_range(16)
    return begin, min(end + 1, next_number) if end else next_number


def gap_filled_to(message: Message, number: int) -> int:
    """SequenceReset-GapFill: the next number to expect. Test cases 10.b and 10.e."""
    new_seq_no = rules.count_field(message, 36)
    if new_seq_no <= number:
        raise MessageRejected(
            SessionRejectReason.VALUE_IS_INCORRECT,
            f"attempt to lower sequence number, invalid value NewSeqNo(36)={new_seq_no}",
            36,
        )
    return new_seq_no


def reset_to(message: Message, expected: int) -> int:
    """SequenceReset-Reset: the next number to expect. Test cases 11.a-11.c."""
    new_seq_no = rules.count_field(message, 36)
    if new_seq_no < expected:
        raise rules.out_of_range(36, implied=True)
    return new_seq_no


def reject_received(message: Message) -> RejectReceived:
    """Reject(3) as an event. Test case 7."""
    return RejectReceived(
        rules.count_field(message, 45),
        message.get(371),
        message.get(372),
        message.get(373),
        message.get(58),
    )
