"""What a peer's administrative messages say, checked. Everything here raises MessageRejected."""

from protocol.fix import rules
from protocol.fix.errors import FieldFormatError, MessageRejected
from protocol.fix.events import RejectReceived
from protocol.fix.fields import SessionRejectReason
from protocol.fix.message import Message
from protocol.fix.values import parse_utc_timestamp


class SendingTimeCheck:
    """SendingTime(52) is within `limit_ns` of our clock, either way. Test case 2.o.

    The last good text is kept until it grows too old: one comparison for a burst of messages.
    """

    __slots__ = ("good_text", "good_until_ns", "limit_ns")

    def __init__(self, limit_ns: int) -> None:
        self.limit_ns = limit_ns
        self.good_text = b""
        self.good_until_ns = 0

    def check(self, text: bytes, now_ns: int) -> None:
        """Raises MessageRejected: no timestamp, or not accurate."""
        sent_ns = timestamp_field(52, text)
        if abs(now_ns - sent_ns) > self.limit_ns:
            raise inaccurate_time()
        self.good_text = text
        self.good_until_ns = sent_ns + self.limit_ns


def timestamp_field(tag: int, text: bytes) -> int:
    """A UTCTimestamp as epoch nanoseconds."""
    try:
        return parse_utc_timestamp(text)
    except FieldFormatError:
        raise rules.bad_format(tag) from None


def inaccurate_time() -> MessageRejected:
    """The rejection of a SendingTime(52) or OrigSendingTime(122) that cannot be."""
    return MessageRejected(
        SessionRejectReason.SENDING_TIME_ACCURACY_PROBLEM, "SendingTime accuracy problem"
    )


def check_comp_ids(message: Message, sender_comp_id: bytes, target_comp_id: bytes) -> None:
    """49 and 56 are the given ones. Test case 2.k."""
    if message.get(49) != sender_comp_id or message.get(56) != target_comp_id:
        raise MessageRejected(SessionRejectReason.COMP_ID_PROBLEM, "CompID problem")


def check_poss_dup(message: Message) -> None:
    """A possible duplicate says when it was sent first, and that was not later. Cases 2.f, 2.g."""
    if 122 not in message:
        raise rules.missing(122)
    if timestamp_field(122, message.get(122)) > timestamp_field(52, message.get(52)):
        raise inaccurate_time()


def resend_range(message: Message, next_number: int) -> tuple[int, int]:
    """ResendRequest(2): begin <= number < end of what to send again; EndSeqNo(16)=0 is infinity."""
    begin, end = rules.count_field(message, 7), rules.count_field(message, 16)
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
        raise rules.out_of_range()
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
