"""The executions of the day: what busts refer to, what trade capture reports tell again."""

from array import array

from matching.events import OrderExecuted
from matching.snapshot import Limits

EXECUTIONS_MAX = Limits().busts_max

INDEX_BITS = 24
"""Events of one command fit, and 5e11 commands before it."""


class Executions:
    """Match numbers, which the engine counts without holes, to execution, name, time and whether
    it was broken: 24 bytes each beside the event, which the engine holds as well.

    The latest `executions_max` at least; the engine breaks no older trade.
    """

    __slots__ = (
        "_executed",
        "_executions_max",
        "_forget_at",
        "_names",
        "_times_ns",
        "broken",
        "first",
    )

    def __init__(self, executions_max: int = EXECUTIONS_MAX) -> None:
        self._executions_max = executions_max
        self._forget_at = executions_max * 5 // 4
        """A quarter too many at most: the engine lets go of its own one by one."""
        self._executed: list[OrderExecuted] = []
        self._names = array("q")
        self._times_ns = array("q")
        self.broken: set[int] = set()
        """Match numbers of broken trades."""
        self.first = 1
        """The match number of the oldest that is kept; `end` is one beyond the latest."""

    @property
    def end(self) -> int:
        return self.first + len(self._names)

    def note(self, event: OrderExecuted, name: tuple[int, int], now_ns: int) -> None:
        """`event` was emitted at `now_ns` as number name[1] of command name[0]'s events."""
        if not self._names:
            self.first = event.match_number
        self._executed.append(event)
        self._names.append(name[0] << INDEX_BITS | name[1])
        self._times_ns.append(now_ns)
        if len(self._names) >= self._forget_at:
            self._forget(len(self._names) - self._executions_max)

    def find(self, match_number: int) -> tuple[int, int]:
        """Command and index of an execution of the day. Raises IndexError for any other."""
        event = self._names[self._position(match_number)]
        return event >> INDEX_BITS, event & ((1 << INDEX_BITS) - 1)

    def executed(self, match_number: int) -> tuple[OrderExecuted, int]:
        """The execution and its time. Raises IndexError for any that is not of the day."""
        position = self._position(match_number)
        return self._executed[position], self._times_ns[position]

    def clear(self) -> None:
        """A new day: none of the last one can be busted any more."""
        self.broken.clear()
        self._forget(len(self._names))

    def _position(self, match_number: int) -> int:
        position = match_number - self.first
        if position < 0:
            raise IndexError(f"match number too low: expected {self.first}, got {match_number}")
        return position

    def _forget(self, count: int) -> None:
        del self._executed[:count]
        del self._names[:count]
        del self._times_ns[:count]
        self.first += count
        if self.broken:
            self.broken = {number for number in self.broken if number >= self.first}
