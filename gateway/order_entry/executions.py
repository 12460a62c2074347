"""Which event each execution of the day was: what the report of a bust refers to."""

from array import array

from matching.snapshot import Limits

EXECUTIONS_MAX = Limits().busts_max

INDEX_BITS = 24
"""Events of one command fit, and 5e11 commands before it."""


class Executions:
    """Match numbers, which the engine counts without holes, to command and event: 8 bytes each.

    The latest `executions_max` at least; the engine breaks no older trade.
    """

    __slots__ = ("_events", "_executions_max", "_first")

    def __init__(self, executions_max: int = EXECUTIONS_MAX) -> None:
        self._executions_max = executions_max
        self._events = array("q")
        self._first = 0

    def note(self, match_number: int, command_seq: int, index: int) -> None:
        """Execution `match_number` was the event at `index` of command `command_seq`."""
        if not self._events:
            self._first = match_number
        self._events.append(command_seq << INDEX_BITS | index)
        if len(self._events) >= 2 * self._executions_max:
            del self._events[: self._executions_max]
            self._first += self._executions_max

    def find(self, match_number: int) -> tuple[int, int]:
        """Command and index of an execution of the day. Raises IndexError for any other."""
        position = match_number - self._first
        if position < 0:
            raise IndexError(f"match number too low: expected {self._first}, got {match_number}")
        event = self._events[position]
        return event >> INDEX_BITS, event & ((1 << INDEX_BITS) - 1)

    def clear(self) -> None:
        """A new day: none of the last one can be busted any more."""
        del self._events[:]
