"""Bytes that arrived and are not yet interpreted: append, peek, take; linear however they are cut.

A session parses `data` from `start` on and moves `start` with `consume`; nothing is copied per
message."""


class ReceiveBuffer:
    """One connection's unread bytes.

    `data[start:]` is unread. `limit` bounds it: the caller checks `over_limit` after each append.
    """

    __slots__ = ("_taken", "data", "limit", "start")

    def __init__(self, limit: int) -> None:
        self.data = b""
        self.start = 0
        self._taken = 0
        self.limit = limit

    def append(self, more: bytes) -> None:
        """Add what one read delivered. Call after `take_consumed`, so that nothing is lost to
        it."""
        if self.start == len(self.data) and self._taken == self.start:
            self.data = more
            self.start = self._taken = 0
        else:
            # The already recorded prefix goes; what remains is at most one partial frame.
            self.data = self.data[self._taken :] + more
            self.start -= self._taken
            self._taken = 0

    def __len__(self) -> int:
        return len(self.data) - self.start

    @property
    def over_limit(self) -> bool:
        return len(self.data) - self.start > self.limit

    def consume(self, count: int) -> None:
        """Mark the next `count` unread bytes as interpreted."""
        self.start += count

    def take_consumed(self) -> bytes:
        """The bytes interpreted since the last call, for the journal; no copy for a whole read."""
        begin, end = self._taken, self.start
        self._taken = end
        if begin == 0 and end == len(self.data):
            return self.data
        return self.data[begin:end]
