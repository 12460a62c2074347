"""Sending again what was sent, and for the first time what was produced meanwhile.

A resend is a cursor over the sent log, moved a bounded slice a tick. While it runs nothing else may
overtake it: messages produced meanwhile wait in the log; administrative ones, which the log does
not keep, wait here.
Source: FIX Session Layer, "Message recovery"; test cases 8 and 20.
"""

import re
from collections import deque

from protocol.fix.framing import checksum
from protocol.fix.values import format_utc_timestamp
from protocol.sent_log import SentLog

SLICE_MESSAGES = 256
SLICE_BYTES = 64 * 1024
RANGES_MAX = 16
"""ResendRequests waiting at once; a peer that asks for more gets no answer to the later ones."""
HELD_MAX = 1024
"""Administrative frames waiting at once; later ones are covered by a gap fill."""

_SENT = re.compile(
    rb"(8=[^\x01]+\x019=)[0-9]+\x01(35=([^\x01]+)\x0134=([0-9]+)\x01)(49=[^\x01]+\x01)"
    rb"52=([^\x01]+)\x01(56=[^\x01]+\x01)((?:97=[^\x01]+\x01|11[56]=[^\x01]+\x01)*)"
    rb"((?:1(?:28|29|44|45)=[^\x01]+\x01)*)"
)


def split_sent(frame: bytes) -> tuple[bytes, bytes, bytes]:
    """MsgType, body and routing fields of a frame that `FixStream.write` made."""
    head = _SENT.match(frame)
    assert head is not None, "not a frame of ours"
    return head[3], frame[head.end() : -7], head[8] + head[9]


def as_poss_dup(frame: bytes, now_ns: int) -> bytes:
    """The same message again: PossDupFlag(43)=Y, OrigSendingTime(122), a new SendingTime(52)."""
    head = _SENT.match(frame)
    assert head is not None, "not a frame of ours"
    begin, number, sender, sent_at, target = head.group(1, 2, 5, 6, 7)
    content = b"%b43=Y\x01%b52=%b\x01%b%b122=%b\x01%b%b" % (
        number,
        sender,
        format_utc_timestamp(now_ns),
        target,
        head[8],
        sent_at,
        head[9],
        frame[head.end() : -7],
    )
    return _frame(begin, content)


class ResendCursor:
    """What one connection still has to send from its log.

    First the requested ranges, as possible duplicates; then, from `fresh_from` on, what was
    produced while the cursor ran, as it is. Knows nothing of the session's state.
    """

    __slots__ = ("_begin_string", "_comp_ids", "_held", "_log", "_ranges", "fresh_from")

    def __init__(
        self, log: SentLog, begin_string: bytes, comp_ids: tuple[bytes, bytes], fresh_from: int
    ) -> None:
        self._log = log
        self._begin_string = begin_string
        self._comp_ids = comp_ids
        self._ranges: deque[tuple[int, int]] = deque()
        self._held: dict[int, bytes] = {}
        self.fresh_from = fresh_from

    def request(self, begin: int, end: int) -> bool:
        """Add begin <= number < end to what goes out again; False: too many requests wait."""
        if len(self._ranges) >= RANGES_MAX:
            return False
        self._ranges.append((begin, end))
        return True

    def hold(self, number: int, frame: bytes) -> None:
        """Keep an administrative frame that the log does not, until its turn."""
        if len(self._held) < HELD_MAX:
            self._held[number] = frame

    @property
    def done(self) -> bool:
        return not self._ranges and self.fresh_from >= self._log.next_number

    def slice(self, now_ns: int) -> list[bytes]:
        """The next frames, in wire order; bounded."""
        out: list[bytes] = []
        budget = SLICE_MESSAGES
        while budget > 0 and sum(map(len, out)) < SLICE_BYTES and not self.done:
            if self._ranges:
                budget -= self._slice_again(out, budget, now_ns)
            else:
                budget -= self._slice_fresh(out, budget, now_ns)
        return out

    def _slice_again(self, out: list[bytes], budget: int, now_ns: int) -> int:
        begin, end = self._ranges.popleft()
        stop = min(end, begin + budget)
        room = SLICE_BYTES - sum(map(len, out))
        gap_from: int | None = None
        number = begin - 1
        for number, frame in self._log.read(begin, stop):
            if frame is None:
                gap_from = number if gap_from is None else gap_from
                continue
            if gap_from is not None:
                out.append(self._gap_fill(gap_from, number, now_ns))
                gap_from = None
            again = as_poss_dup(frame, now_ns)
            out.append(again)
            room -= len(again)
            if room <= 0:
                reached = number + 1
                break
        else:
            reached = stop
            # A reader that no longer has the last numbers: they are filled, never waited for.
            if gap_from is None and number + 1 < stop:
                gap_from = number + 1
        if gap_from is not None:
            out.append(self._gap_fill(gap_from, reached, now_ns))
        if reached < end:
            self._ranges.appendleft((reached, end))
        return reached - begin

    def _slice_fresh(self, out: list[bytes], budget: int, now_ns: int) -> int:
        begin = self.fresh_from
        room = SLICE_BYTES - sum(map(len, out))
        for number, kept in self._log.read(begin, begin + budget):
            frame = self._held.pop(number, None) if kept is None else kept
            if frame is None:
                frame = self._gap_fill(number, number + 1, now_ns, poss_dup=False)
            out.append(frame)
            self.fresh_from = number + 1
            room -= len(frame)
            if room <= 0:
                break
        return self.fresh_from - begin

    def _gap_fill(
        self, number: int, new_seq_no: int, now_ns: int, *, poss_dup: bool = True
    ) -> bytes:
        """SequenceReset(4) with GapFillFlag(123)=Y for `number` up to before `new_seq_no`."""
        time = format_utc_timestamp(now_ns)
        sender, target = self._comp_ids
        content = b"35=4\x0134=%d\x01%b49=%b\x0152=%b\x0156=%b\x01%b36=%d\x01123=Y\x01" % (
            number,
            b"43=Y\x01" if poss_dup else b"",
            sender,
            time,
            target,
            b"122=%b\x01" % time if poss_dup else b"",
            new_seq_no,
        )
        return _frame(b"8=%b\x019=" % self._begin_string, content)


def _frame(begin: bytes, content: bytes) -> bytes:
    data = b"%b%d\x01%b" % (begin, len(content), content)
    return b"%b10=%03d\x01" % (data, checksum(data))
