"""Sending again what was sent, and for the first time what was produced meanwhile.

A resend is a cursor over the sent log, moved a bounded slice a tick. While it runs nothing else may
overtake it: messages produced meanwhile wait in the log; administrative ones, which the log does
not keep, wait here.
Source: FIX Session Layer, "Message recovery"; test cases 8 and 20.
"""

from collections import deque

from protocol.fix.sent_frame import as_poss_dup, reframe
from protocol.fix.stream import FixStream, Range, without
from protocol.fix.values import format_utc_timestamp

SLICE_MESSAGES = 256
SLICE_BYTES = 64 * 1024
RANGES_MAX = 16
"""Ranges waiting at once; a peer that asks for more gets no answer to the later ones."""
HELD_MAX = 1024
"""Administrative frames waiting at once; later ones are covered by a gap fill."""


class ResendCursor:
    """What one connection still has to send from its log.

    First the requested ranges, as possible duplicates; then, from `fresh_from` on, what was
    produced while the cursor ran, as it is. Knows nothing of the session's state.
    """

    __slots__ = ("_held", "_log", "_ranges", "_stream", "fresh_from")

    def __init__(self, stream: FixStream) -> None:
        self._stream = stream
        self._log = stream.sent_log
        self._ranges: deque[tuple[int, int]] = deque()
        self._held: dict[int, bytes] = {}
        self.fresh_from = stream.sent_log.next_number

    def request(self, begin: int, end: int) -> bool:
        """Add begin <= number < end to what goes out again; False: too many ranges wait.

        A number that waits already is not added: however often a peer asks meanwhile, each number
        waits at most once. What has not left for the first time yet follows anyway.
        """
        end = min(end, self.fresh_from)
        missing: list[Range] = [(begin, end)] if begin < end else []
        for first, last in self._ranges:
            missing = without(missing, first, last)
        if len(self._ranges) + len(missing) > RANGES_MAX:
            return False
        self._ranges.extend(missing)
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
        # Numbers from `filled_to` on are not answered yet: admin messages, and whatever the reader
        # no longer has, end in one gap fill as soon as something else is due.
        filled_to = begin
        reached = stop
        for number, frame in self._log.read(begin, stop):
            if frame is None:
                continue
            if filled_to < number:
                out.append(_gap_fill(self._stream, filled_to, number, now_ns))
            again = as_poss_dup(frame, now_ns)
            out.append(again)
            filled_to = number + 1
            room -= len(again)
            if room <= 0:
                reached = filled_to
                break
        if filled_to < reached:
            out.append(_gap_fill(self._stream, filled_to, reached, now_ns))
        self._stream.handed_over(begin, reached)
        if reached < end:
            self._ranges.appendleft((reached, end))
        return reached - begin

    def _slice_fresh(self, out: list[bytes], budget: int, now_ns: int) -> int:
        begin = self.fresh_from
        room = SLICE_BYTES - sum(map(len, out))
        for number, kept in self._log.read(begin, begin + budget):
            frame = self._held.pop(number, None) if kept is None else kept
            if frame is None:
                frame = _gap_fill(self._stream, number, number + 1, now_ns, poss_dup=False)
            out.append(frame)
            self.fresh_from = number + 1
            room -= len(frame)
            if room <= 0:
                break
        return self.fresh_from - begin


def _gap_fill(
    stream: FixStream, number: int, new_seq_no: int, now_ns: int, *, poss_dup: bool = True
) -> bytes:
    """SequenceReset(4) with GapFillFlag(123)=Y for `number` up to before `new_seq_no`."""
    time = format_utc_timestamp(now_ns, stream.time_digits)
    content = b"35=4\x0134=%d\x01%b49=%b\x0152=%b\x0156=%b\x01%b%b36=%d\x01123=Y\x01" % (
        number,
        b"43=Y\x01" if poss_dup else b"",
        stream.sender_comp_id,
        time,
        stream.target_comp_id,
        b"122=%b\x01" % time if poss_dup else b"",
        stream.processed_field,
        new_seq_no,
    )
    return reframe(b"8=%b\x019=" % stream.begin_string, content)
