"""The durable half of a FIX session: identity, both sequence numbers, what was sent.

A stream lives as long as the relation between two CompIDs, a `FixSession` as long as one
connection. Reports for an absent client are numbered here when they are produced and wait in the
sent log.
"""

from collections.abc import Iterable

from protocol.fix.framing import checksum
from protocol.fix.sent_frame import split_sent
from protocol.fix.values import format_utc_timestamp, timestamp_width
from protocol.fix.version import Version
from protocol.sent_log import SentLog

ADMIN_TYPES = frozenset((b"0", b"1", b"2", b"3", b"4", b"5", b"A"))
"""Never sent again: a resend covers them with a gap fill (FIX Session Layer, test case 8)."""

DERIVED_TYPES = frozenset((b"W", b"X"))
"""Market data: numbered, but old news when it could be sent again, so that a gap fill covers it."""
_NEVER_AGAIN = ADMIN_TYPES | DERIVED_TYPES

UNSENT_RANGES_MAX = 64
"""Absences with reports in them that are told apart."""

Range = tuple[int, int]

_CHECKSUM_FIELDS = tuple(b"10=%03d\x01" % value for value in range(256))


class FixStream:
    """One session identity (BeginString, our CompID, their CompID) and its numbers."""

    __slots__ = (
        "_begin",
        "_now_ns",
        "_routing",
        "attached",
        "default_appl_ver_id",
        "expected_msg_seq_num",
        "last_msg_seq_num_processed",
        "sender_comp_id",
        "sent_log",
        "target_comp_id",
        "time_digits",
        "time_width",
        "unsent",
        "version",
    )

    def __init__(
        self,
        version: Version,
        *,
        sender_comp_id: bytes,
        target_comp_id: bytes,
        sent_log: SentLog | None = None,
        expected_msg_seq_num: int = 1,
        unsent: Iterable[Range] = (),
    ) -> None:
        self.version = version
        self.sender_comp_id = sender_comp_id
        """Ours."""
        self.target_comp_id = target_comp_id
        """Theirs."""
        self.sent_log = SentLog() if sent_log is None else sent_log
        self.expected_msg_seq_num = expected_msg_seq_num
        """MsgSeqNum(34) of the next message we expect in."""
        self.unsent: list[Range] = list(unsent)
        """Ranges begin <= number < end that were produced while no connection could take them,
        ascending: a reset of numbers issues them again."""
        self.attached = False
        """A logged-on connection takes what is written."""
        self.default_appl_ver_id = version.appl_ver_id
        """DefaultApplVerID(1137) of the last Logon; empty before FIXT.1.1."""
        self.time_digits = version.time_digits
        """Digits behind the second in the timestamps of this session."""
        self.time_width = timestamp_width(version.time_digits)
        """Bytes of such a timestamp."""
        self.last_msg_seq_num_processed = False
        """Every header has LastMsgSeqNumProcessed(369)."""
        self._begin = b"8=%b\x019=" % version.begin_string
        self._now_ns = -1
        self._routing = b""

    @property
    def begin_string(self) -> bytes:
        return self.version.begin_string

    def write(self, msg_type: bytes, body: bytes, now_ns: int, routing: bytes = b"") -> bytes:
        """Number, frame and log one message; returns the frame.

        `body` is the fields of the body, each with its delimiter; `routing` the header fields after
        TargetCompID(56), ascending: PossResend(97), OnBehalfOfCompID(115), ...
        """
        log = self.sent_log
        number = log.next_number
        # CompIDs and SendingTime(52) are the same for all that is written at one moment.
        if now_ns != self._now_ns:
            routing = self._head_at(now_ns, routing)
        content = b"35=%b\x0134=%d\x01%b%b%b" % (msg_type, number, self._routing, routing, body)
        data = b"%b%d\x01%b" % (self._begin, len(content), content)
        frame = data + _CHECKSUM_FIELDS[checksum(data)]
        if msg_type in _NEVER_AGAIN:
            if msg_type in DERIVED_TYPES:
                log.append_derived(frame)
            else:
                log.append(frame, resendable=False)
        else:
            log.append(frame)
            if not self.attached:
                self.mark_unsent(number, number + 1)
        return frame

    def _head_at(self, now_ns: int, routing: bytes) -> bytes:
        """Make the fields from 49 to 56 anew; returns what follows them."""
        self._routing = b"49=%b\x0152=%b\x0156=%b\x01" % (
            self.sender_comp_id,
            format_utc_timestamp(now_ns, self.time_digits),
            self.target_comp_id,
        )
        if not self.last_msg_seq_num_processed:
            self._now_ns = now_ns
        # Otherwise the next message comes here again: its 369 may be another.
        return routing + self.processed_field

    @property
    def processed_field(self) -> bytes:
        """LastMsgSeqNumProcessed(369), where the session has it."""
        if not self.last_msg_seq_num_processed:
            return b""
        return b"369=%d\x01" % (self.expected_msg_seq_num - 1)

    def count(self, number: int) -> None:
        """A message with this MsgSeqNum(34) came in: only the expected number moves it on."""
        if number == self.expected_msg_seq_num:
            self.expected_msg_seq_num = number + 1

    def configure(self, time_digits: int, *, last_msg_seq_num_processed: bool) -> None:
        """What the headers of a connection look like from now on."""
        self.time_digits = time_digits
        self.time_width = timestamp_width(time_digits)
        self.last_msg_seq_num_processed = last_msg_seq_num_processed
        self._now_ns = -1

    @property
    def is_unseen(self) -> bool:
        """Something is numbered, and no connection had any of it."""
        return self.expected_msg_seq_num == 1 and self.unsent == [(1, self.sent_log.next_number)]

    def start_over(self, now_ns: int) -> None:
        """Reset between two connections: what no connection ever had is numbered anew, from 1."""
        for msg_type, body, routing in self.reset():
            self.write(msg_type, body, now_ns, routing)

    def renumber(self, next_in: int, next_out: int, now_ns: int) -> None:
        """Between two connections: go on with these numbers. What no connection ever had keeps its
        number below `next_out`, else it is numbered anew. Numbers left out are never sent: a resend
        covers them with a gap fill."""
        self.expected_msg_seq_num = next_in
        log = self.sent_log
        if next_out == log.next_number:
            return
        lost = without(self.unsent, 1, next_out)
        moved = [
            split_sent(frame)
            for begin, end in lost
            for _, frame in log.read(begin, end)
            if frame is not None
        ]
        self.unsent = without(self.unsent, next_out, log.next_number)
        log.restart_at(next_out)
        for msg_type, body, routing in moved:
            self.write(msg_type, body, now_ns, routing)

    def reset(self) -> list[tuple[bytes, bytes, bytes]]:
        """Both numbers back to 1, the history forgotten.

        Returns (MsgType, body, routing) of the application messages that no connection ever had,
        oldest first: the session issues them again after its Logon, as new messages.
        """
        unsent: list[tuple[bytes, bytes, bytes]] = []
        log = self.sent_log
        for begin, end in self.unsent:
            for _, frame in log.read(begin, end):
                if frame is not None:
                    unsent.append(split_sent(frame))
        log.restart_at(1)
        self.expected_msg_seq_num = 1
        self.unsent = []
        return unsent

    def attach(self) -> None:
        """A connection takes over: from now on what is written is handed to it."""
        assert not self.attached, "one connection at a time"
        self.attached = True

    def detach(self) -> None:
        """The connection takes nothing any more."""
        self.attached = False

    def mark_unsent(self, begin: int, end: int) -> None:
        """No connection had begin <= number < end, which is later than all that is marked so
        far."""
        unsent = self.unsent
        if unsent and unsent[-1][1] == begin:
            unsent[-1] = (unsent[-1][0], end)
        else:
            unsent.append((begin, end))
            if len(unsent) > UNSENT_RANGES_MAX:
                # The two oldest become one: what lay between them may be issued twice by a reset.
                unsent[:2] = [(unsent[0][0], unsent[1][1])]

    def take_back(self, byte_count: int) -> None:
        """The last `byte_count` bytes that a connection was given never left: their messages count
        as unsent, with one too many rather than one too few."""
        log = self.sent_log
        absent = self.unsent[-1] if self.unsent else (0, 0)
        end = absent[0] if absent[1] == log.next_number else log.next_number
        begin = log.begin_of_last(end, byte_count)
        if begin < end:
            self.handed_over(begin, log.next_number)
            self.mark_unsent(begin, log.next_number)

    def handed_over(self, begin: int, end: int) -> None:
        """A connection was given begin <= number < end."""
        self.unsent = without(self.unsent, begin, end)


def without(ranges: Iterable[Range], begin: int, end: int) -> list[Range]:
    """What remains of the ranges outside begin <= number < end."""
    return [
        part
        for first, last in ranges
        for part in ((first, min(last, begin)), (max(first, end), last))
        if part[0] < part[1]
    ]
