"""The shape of a sequenced log, and the one that lives in memory.

A log takes encoded batches one after the other and gives them back. Batch numbers start at 1 and
have no holes. Nothing may leave the process before `append` returned.
"""

from collections import deque
from collections.abc import Iterator
from typing import Protocol

MEMORY_LOG_BYTES_MAX = 256 * 1024 * 1024
"""What a memory-only venue remembers for resends; older batches are dropped."""


class JournalError(Exception):
    """The log cannot be trusted or written any more. Ends the process with exit code 74.

    The text names file, offset, what was expected and found, and what to run.
    """


class SequencedLog(Protocol):
    """Where batches go. One writer, any number of readers in the same process."""

    @property
    def next_batch(self) -> int:
        """The number that the next appended batch gets."""

    def append(self, payload: bytes) -> int:
        """Write one batch as durably as promised; returns its number.

        Raises JournalError: then the log is dead, and every later call raises it too.
        """

    def read(self, from_batch: int) -> Iterator[tuple[int, bytes]]:
        """(number, payload) from `from_batch` on, oldest first, up to the last appended."""

    def payload(self, batch: int) -> bytes | None:
        """One batch; None if it is no longer held."""

    def close(self) -> None:
        """A clean end: flush, seal, release."""


class MemoryLog:
    """Batches in memory only: `data_dir = ""`, replay, tests."""

    def __init__(self, bytes_max: int = MEMORY_LOG_BYTES_MAX) -> None:
        self._payloads: deque[bytes] = deque()
        self._first = 1
        self._bytes = 0
        self._bytes_max = bytes_max

    @property
    def next_batch(self) -> int:
        return self._first + len(self._payloads)

    def append(self, payload: bytes) -> int:
        number = self.next_batch
        self._payloads.append(payload)
        self._bytes += len(payload)
        while self._bytes > self._bytes_max:
            self._bytes -= len(self._payloads.popleft())
            self._first += 1
        return number

    def read(self, from_batch: int) -> Iterator[tuple[int, bytes]]:
        for number in range(max(from_batch, self._first), self.next_batch):
            payload = self.payload(number)
            if payload is not None:
                yield number, payload

    def payload(self, batch: int) -> bytes | None:
        index = batch - self._first
        return self._payloads[index] if 0 <= index < len(self._payloads) else None

    def close(self) -> None:
        return None
