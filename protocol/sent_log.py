"""The numbered messages one side has sent on a durable session: a bounded tail, the rest by reader.

It outlives connections. Numbers start at 1 (FIX MsgSeqNum, SoupBinTCP sequence, WebSocket `seq`).
`None` stands for a number that is never sent again (a FIX admin message: answered by a gap fill).
"""

from collections.abc import Callable, Iterator

TAIL_MAX = 4096
"""Frames kept in memory per session; older ones come from the reader (the gateway's journal)."""

Entry = tuple[int, bytes | None]
Reader = Callable[[int, int], Iterator[Entry]]
"""`reader(begin, end)` yields (number, frame) for begin <= number < end, oldest first."""
Run = tuple[int, list[bytes]]
"""Frames with consecutive numbers and the number of the first."""


def _no_history(begin: int, end: int) -> Iterator[Entry]:
    return iter((number, None) for number in range(begin, end))


class SentLog:
    """What has been numbered; `next_number` is the number the next message gets."""

    __slots__ = ("_fresh", "_reader", "_runs", "_tail", "_tail_first", "next_number")

    def __init__(self, next_number: int = 1, reader: Reader = _no_history) -> None:
        self.next_number = next_number
        self._reader = reader
        self._tail: list[bytes | None] = []
        self._tail_first = next_number
        self._fresh: list[bytes] = []
        self._runs: list[Run] = []

    def append(self, frame: bytes, *, resendable: bool = True) -> int:
        """Number one frame; returns its number. O(1) amortised."""
        number = self.next_number
        self.next_number = number + 1
        self._fresh.append(frame)
        tail = self._tail
        tail.append(frame if resendable else None)
        if len(tail) >= 2 * TAIL_MAX:
            del tail[:TAIL_MAX]
            self._tail_first += TAIL_MAX
        return number

    def take_fresh(self) -> list[Run]:
        """The frames numbered since the last call, as runs of consecutive numbers: for the
        journal."""
        self._close_run()
        runs = self._runs
        self._runs = []
        return runs

    def _close_run(self) -> None:
        if self._fresh:
            self._runs.append((self.next_number - len(self._fresh), self._fresh))
            self._fresh = []

    def read(self, begin: int, end: int) -> Iterator[Entry]:
        """(number, frame or None) for begin <= number < end, oldest first.

        Lazy: older numbers are fetched from the reader as the caller advances.
        """
        end = min(end, self.next_number)
        if begin < self._tail_first:
            yield from self._reader(begin, min(end, self._tail_first))
            begin = self._tail_first
        for number in range(begin, end):
            # The tail may have been trimmed since: then the frame has moved to the reader.
            if number < self._tail_first:
                yield from self._reader(number, number + 1)
            else:
                yield number, self._tail[number - self._tail_first]

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
