"""The numbered messages one side has sent on a durable session: a bounded tail, the rest by reader.

It outlives connections. Numbers start at 1 (FIX MsgSeqNum, SoupBinTCP sequence, WebSocket `seq`).
`None` stands for a number that is never sent again (a FIX admin message: answered by a gap fill).
"""

from collections.abc import Callable, Iterator
from zlib import crc32

TAIL_MAX = 4096
"""Frames kept in memory per session; older ones come from the reader (the gateway's journal)."""

READ_BACK = 512
"""Messages read at once on the way back through the log."""
FRAME_SIZE_MIN = 64
"""No FIX message is shorter: 8, 9, 35, 34, 49, 52, 56 and 10."""

Entry = tuple[int, bytes | None]
Reader = Callable[[int, int], Iterator[Entry]]
"""`reader(begin, end)` yields (number, frame) for begin <= number < end, oldest first."""
Check = tuple[int, int]
"""Length and CRC-32 of a derived frame, which is kept nowhere."""
Run = tuple[int, list[bytes], list[Check]]
"""The number of the first frame, frames with consecutive numbers, and for each derived one, which
is empty among them, its check."""


def _no_history(begin: int, end: int) -> Iterator[Entry]:
    return iter((number, None) for number in range(begin, end))


class SentLog:
    """What has been numbered; `next_number` is the number the next message gets."""

    __slots__ = (
        "_checks",
        "_reader",
        "_runs",
        "_tail",
        "_tail_first",
        "_withheld",
        "fresh",
        "next_number",
    )

    def __init__(self, next_number: int = 1, reader: Reader = _no_history) -> None:
        self.next_number = next_number
        self._reader = reader
        self._tail: list[bytes | int] = []
        """Of a frame that is never sent again only the length."""
        self._tail_first = next_number
        self.fresh: list[bytes] = []
        """The latest frames: those numbered since the last run was closed. `_settle` puts them into
        the tail, too, once a tick instead of once a frame."""
        self._withheld: list[tuple[int, int]] = []
        """(number, length) of those among them that are never sent again."""
        self._checks: list[Check] = []
        self._runs: list[Run] = []

    def append(self, frame: bytes, *, resendable: bool = True) -> int:
        """Number one frame; returns its number. O(1)."""
        number = self.next_number
        self.next_number = number + 1
        self.fresh.append(frame)
        if not resendable:
            self._withheld.append((number, len(frame)))
        return number

    def append_derived(self, frame: bytes) -> int:
        """Number a frame that follows from what is logged elsewhere: it is never sent again, and
        the log gets its length and CRC-32 in its place."""
        self._checks.append((len(frame), crc32(frame)))
        number = self.append(b"")
        self._withheld.append((number, len(frame)))
        return number

    def take_fresh(self) -> list[Run]:
        """The frames numbered since the last call, as runs of consecutive numbers: for the
        journal."""
        self._close_run()
        runs = self._runs
        self._runs = []
        return runs

    def _settle(self) -> None:
        """Bring the tail up to `next_number`."""
        tail = self._tail
        missing = self.next_number - self._tail_first - len(tail)
        if not missing:
            return
        tail += self.fresh[-missing:]
        for number, length in self._withheld:
            tail[number - self._tail_first] = length
        self._withheld.clear()
        surplus = len(tail) - TAIL_MAX
        if surplus >= TAIL_MAX:
            del tail[:surplus]
            self._tail_first += surplus

    def _close_run(self) -> None:
        self._settle()
        if self.fresh:
            first = self.next_number - len(self.fresh)
            self._runs.append((first, self.fresh, self._checks))
            self.fresh = []
            self._checks = []

    def read(self, begin: int, end: int) -> Iterator[Entry]:
        """(number, frame or None) for begin <= number < end, oldest first.

        Lazy: older numbers are fetched from the reader as the caller advances.
        """
        self._settle()
        end = min(end, self.next_number)
        if begin < self._tail_first:
            yield from self._reader(begin, min(end, self._tail_first))
            begin = self._tail_first
        for number in range(begin, end):
            # The tail may have been trimmed since: then the frame has moved to the reader.
            if number < self._tail_first:
                yield from self._reader(number, number + 1)
            else:
                kept = self._tail[number - self._tail_first]
                yield number, kept if isinstance(kept, bytes) else None

    def begin_of_last(self, end: int, byte_count: int) -> int:
        """The number of the message that the last `byte_count` bytes before `end` begin in, or an
        earlier one: beyond the tail, what is never sent again counts as the shortest message."""
        self._settle()
        begin = end
        while begin > self._tail_first and byte_count > 0:
            begin -= 1
            kept = self._tail[begin - self._tail_first]
            byte_count -= kept if isinstance(kept, int) else len(kept)
        while begin > 1 and byte_count > 0:
            stop = begin
            begin = max(1, stop - READ_BACK)
            for number, frame in reversed(list(self.read(begin, stop))):
                byte_count -= FRAME_SIZE_MIN if frame is None else len(frame)
                if byte_count <= 0:
                    return number
        return begin

    def restart_at(self, next_number: int) -> None:
        """Forget the history and go on from `next_number`: a reset, or a hole left on purpose.

        Sources: FIX ResetSeqNumFlag(141) and SequenceReset(4).
        """
        self._close_run()
        self._tail.clear()
        self.next_number = self._tail_first = next_number

    def successor(self) -> "SentLog":
        """The log of a new history, from number 1 on, over the same reader.

        Frames that `take_fresh` has not given out yet move to it. This log stays readable for a
        connection that still replays from it, and numbers nothing more.
        """
        following = SentLog(1, self._reader)
        following._runs = self.take_fresh()
        return following
