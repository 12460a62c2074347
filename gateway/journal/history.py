"""What each session was sent, found again in the log: the far end of `protocol.sent_log.SentLog`.

Only an index is in memory; the frames are read back from the batches that hold them.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from gateway.journal.log import SequencedLog
from gateway.journal.records import FramesOut
from protocol.sent_log import Entry, Reader

Resendable = Callable[[bytes], bool]

SPAN: Final = 16
"""Batches that one index entry covers when a session is sent something in most of them."""
DECODED_BATCHES_MAX: Final = 2 * SPAN


class _FramesOnly(msgspec.Struct, frozen=True, array_like=True):
    """`records.Batch` with everything before its frames left undecoded."""

    now_ns: int
    first_seq: int
    facts: msgspec.Raw
    commands: msgspec.Raw
    frames: list[FramesOut]


_decode_frames = msgspec.msgpack.Decoder(_FramesOnly).decode


class _Index:
    """One session: numbers first[i] .. first[i] + count[i] - 1 are in batches from batch[i] on.

    Entries ascend in number and in batch and do not overlap.
    """

    __slots__ = ("batch", "count", "first")

    def __init__(self) -> None:
        self.first = array("Q")
        self.count = array("I")
        self.batch = array("Q")

    def add(self, first: int, count: int, batch: int) -> None:
        if self.first:
            end = self.first[-1] + self.count[-1]
            if first == end and batch < self.batch[-1] + SPAN:
                self.count[-1] += count
                return
            if first < end:
                self._forget_from(first)
        self.first.append(first)
        self.count.append(count)
        self.batch.append(batch)

    def _forget_from(self, number: int) -> None:
        keep = bisect_left(self.first, number)
        del self.first[keep:], self.count[keep:], self.batch[keep:]
        if keep:
            self.count[-1] = min(self.count[-1], number - self.first[-1])


class SentHistory:
    """Every numbered frame of every session, by number, for as long as the log holds it."""

    def __init__(self, log: SequencedLog) -> None:
        self._log = log
        self._indexes: dict[int, _Index] = {}
        self._decoded: OrderedDict[int, list[FramesOut]] = OrderedDict()

    def note(self, batch: int, frames: Sequence[FramesOut]) -> None:
        """Batch `batch` holds these runs, in this order. Called in batch order, folding or live."""
        for run in frames:
            index = self._indexes.get(run.session_id)
            if index is None:
                index = self._indexes[run.session_id] = _Index()
            index.add(run.first_number, len(run.frames), batch)

    def reader(self, session_id: int, resendable: Resendable | None = None) -> Reader:
        """What `SentLog` reads from when its tail is too short.

        A number that is missing, or whose frame `resendable` refuses, is yielded as None. The
        reader raises JournalError if the log does.
        """

        def read(begin: int, end: int) -> Iterator[Entry]:
            following = begin
            while following < end:
                for number, frame in self._stretch(session_id, following, end):
                    following = number + 1
                    if frame is not None and resendable is not None and not resendable(frame):
                        yield number, None
                    else:
                        yield number, frame

        return read

    def _stretch(self, session_id: int, begin: int, end: int) -> Iterator[Entry]:
        """From `begin` through one index entry, or through the hole before the next one."""
        index = self._indexes.get(session_id)
        at = bisect_right(index.first, begin) - 1 if index is not None else -1
        if index is None or at < 0 or begin >= index.first[at] + index.count[at]:
            following = index.first[at + 1] if index and at + 1 < len(index.first) else end
            for number in range(begin, min(end, following)):
                yield number, None
            return
        end = min(end, index.first[at] + index.count[at])
        number = begin
        oldest = index.batch[at]
        for batch in range(oldest, oldest + SPAN):
            frames = self._frames_of(session_id, batch)
            while number < end and number in frames:
                yield number, frames[number]
                number += 1
            if number == end:
                return
        # The log no longer holds these.
        yield number, None

    def _frames_of(self, session_id: int, batch: int) -> dict[int, bytes | None]:
        """What one batch leaves of a session's history, resets within the batch applied.

        None: a derived frame, of which the log has the number only."""
        frames: dict[int, bytes | None] = {}
        for run in self._runs_of(batch):
            if run.session_id == session_id:
                for number in [known for known in frames if known >= run.first_number]:
                    del frames[number]
                kept = (frame or None for frame in run.frames)
                frames.update(enumerate(kept, run.first_number))
        return frames

    def _runs_of(self, batch: int) -> list[FramesOut]:
        decoded = self._decoded
        runs = decoded.get(batch)
        if runs is None:
            payload = self._log.payload(batch)
            if payload is None:
                return []
            runs = decoded[batch] = _decode_frames(payload).frames
            if len(decoded) > DECODED_BATCHES_MAX:
                decoded.popitem(last=False)
        else:
            decoded.move_to_end(batch)
        return runs
