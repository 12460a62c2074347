"""Which event each execution of the day was: what the report of a bust refers to."""

from array import array

INDEX_BITS = 24
"""Events of one command fit, and 5e11 commands before it."""


class Executions:
    """Match numbers, which the engine counts without holes, to command and event: 8 bytes each."""

    __slots__ = ("_events", "_first")

    def __init__(self) -> None:
        self._events = array("q")
        self._first = 0

    def note(self, match_number: int, command_seq: int, index: int) -> None:
        """Execution `match_number` was the event at `index` of command `command_seq`."""
        if not self._events:
            self._first = match_number
        self._events.append(command_seq << INDEX_BITS | index)

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
