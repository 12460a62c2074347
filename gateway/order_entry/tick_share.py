"""A session's share of a tick in requests that cost more than their bytes: everybody waits for a
tick's end, and a read holds thousands of requests."""

from gateway.desk import Floor


class TickShare:
    """Work that each session may cause in one tick, in whatever unit `share` counts."""

    __slots__ = ("_floor", "_share", "_taken", "_tick")

    def __init__(self, floor: Floor, share: int) -> None:
        self._floor = floor
        self._share = share
        self._tick = 0
        self._taken: dict[int, int] = {}
        """By session_id."""

    def take(self, session_id: int, work: int) -> bool:
        """Take `work` of it; False where the share was used up before, so that the first request
        of a tick is always served."""
        tick = self._floor.log.next_batch
        if tick != self._tick:
            self._tick = tick
            self._taken = {}
        taken = self._taken.get(session_id, 0)
        if taken >= self._share:
            return False
        self._taken[session_id] = taken + work
        return True
