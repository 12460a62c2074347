"""The durable half of a FIX session: identity, both sequence numbers, what was sent.

A stream lives as long as the relation between two CompIDs, a `FixSession` as long as one
connection. Reports for an absent client are numbered here when they are produced and wait in the
sent log.
"""

from collections.abc import Iterable

from protocol.fix.framing import checksum
from protocol.fix.sent_frame import split_sent
from protocol.fix.values import format_utc_timestamp
from protocol.fix.version import Version
from protocol.sent_log import SentLog

ADMIN_TYPES = frozenset((b"0", b"1", b"2", b"3", b"4", b"5", b"A"))
"""Never sent again: a resend covers them with a gap fill (FIX Session Layer, test case 8)."""

UNSENT_RANGES_MAX = 64
"""Absences with reports in them that are told apart."""

Range = tuple[int, int]

_CHECKSUM_FIELDS = tuple(b"10=%03d\x01" % value for value in range(256))


class FixStream:
    """One session identity (BeginString, our CompID, their CompID) and its numbers."""

    __slots__ = (
        "_begin",
        "_millisecond",
        "_routing",
        "attached",
        "default_appl_ver_id",
        "expected_msg_seq_num",
        "sender_comp_id",
        "sent_log",
        "target_comp_id",
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
        self._begin = b"8=%b\x019=" % version.begin_string
        self._millisecond = -1
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
        # SendingTime(52) changes once a millisecond: its text and the CompIDs around it are kept.
        millisecond = now_ns // 1_000_000
        if millisecond != self._millisecond:
            self._millisecond = millisecond
            self._routing = b"49=%b\x0152=%b\x0156=%b\x01" % (
                self.sender_comp_id,
                format_utc_timestamp(now_ns, self.version.time_digits),
                self.target_comp_id,
            )
        content = b"35=%b\x0134=%d\x01%b%b%b" % (msg_type, number, self._routing, routing, body)
        data = b"%b%d\x01%b" % (self._begin, len(content), content)
        frame = data + _CHECKSUM_FIELDS[checksum(data)]
        if msg_type in ADMIN_TYPES:
            log.append(frame, resendable=False)
        else:
            log.append(frame)
            if not self.attached:
                self.mark_unsent(number, number + 1)
        return frame

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

    def handed_over(self, begin: int, end: int) -> None:
        """A connection was given begin <= number < end."""
        self.unsent = [
            part
            for first, last in self.unsent
            for part in ((first, min(last, begin)), (max(first, end), last))
            if part[0] < part[1]
        ]
