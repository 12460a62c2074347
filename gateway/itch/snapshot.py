"""The displayed book folded from the stream itself: what a GLIMPSE session tells.

The first messages of a stream never change, so the book at a number can be folded a slice at a
time while the market goes on, and nothing on the order path pays for it. The next snapshot goes on
where this one was.
"""

from collections.abc import Callable, Iterable
from typing import Final, Protocol

from gateway.itch.stream import ItchStream
from protocol.itch.messages import encode, end_of_snapshot

SLICE_MESSAGES: Final = 1_024
"""Messages folded in one turn of the loop."""

_SHARES: Final = slice(20, 24)
"""Of an Add Order. Messages are cut and joined here: with Structs the fold takes five times as
long."""


class DisplayedBook:
    """Every displayed order as the Add Order that would show it now, oldest reference first, after
    the directory and trading state of every stock."""

    __slots__ = ("_actions", "_adds", "_directory", "_handlers")

    def __init__(self) -> None:
        self._directory: dict[bytes, bytes] = {}
        self._actions: dict[bytes, bytes] = {}
        """By stock locate."""
        self._adds: dict[bytes, bytes] = {}
        """By order reference number."""
        self._handlers: dict[int, Callable[[bytes], None]] = {
            ord("R"): self._listed,
            ord("H"): self._acted,
            ord("A"): self._added,
            ord("E"): self._lowered,
            ord("X"): self._lowered,
            ord("D"): self._deleted,
            ord("U"): self._replaced,
        }

    def fold(self, messages: Iterable[bytes]) -> None:
        """Take in the next messages of the stream."""
        find = self._handlers.get
        for message in messages:
            handler = find(message[0])
            if handler is not None:
                handler(message)

    def messages(self) -> list[bytes]:
        """A copy of what is displayed: messages that do not change any more. 10 ms a million."""
        return [*self._directory.values(), *self._actions.values(), *self._adds.values()]

    def _listed(self, message: bytes) -> None:
        self._directory[message[1:3]] = message

    def _acted(self, message: bytes) -> None:
        self._actions[message[1:3]] = message

    def _added(self, message: bytes) -> None:
        self._adds[message[11:19]] = message

    def _lowered(self, message: bytes) -> None:
        """Order Executed and Order Cancel have their shares at the same place."""
        reference = message[11:19]
        add = self._adds[reference]
        shares = int.from_bytes(add[_SHARES], "big") - int.from_bytes(message[19:23], "big")
        if shares:
            self._adds[reference] = add[:20] + shares.to_bytes(4, "big") + add[24:]
        else:
            del self._adds[reference]

    def _deleted(self, message: bytes) -> None:
        del self._adds[message[11:19]]

    def _replaced(self, message: bytes) -> None:
        """The same side and stock under the new reference, at the end of the queue."""
        old = self._adds.pop(message[11:19])
        reference = message[19:27]
        self._adds[reference] = (
            old[:5] + message[5:11] + reference + old[19:20] + message[27:31] + old[24:32]
        ) + message[31:35]


class SnapshotReader(Protocol):
    """Who wants a snapshot."""

    def take_snapshot(self, messages: list[bytes]) -> None:
        """Here it is; others have the same list."""

    def drop(self, reason: str) -> None:
        """There will be none."""


class SnapshotMaker:
    """Snapshots of one stream for those who wait for one."""

    __slots__ = ("_book", "_next_number", "_stream", "_waiting", "_wanted")

    def __init__(self, stream: ItchStream) -> None:
        self._stream = stream
        self._book = DisplayedBook()
        self._next_number = 1
        """Of the first message that is not in the book."""
        self._wanted = 1
        """The number that the snapshot must reach."""
        self._waiting: dict[SnapshotReader, None] = {}

    def ask(self, reader: SnapshotReader) -> None:
        """Let `reader` have a snapshot that is at least as new as this moment."""
        self._wanted = self._stream.next_number
        self._waiting[reader] = None

    def leave(self, reader: SnapshotReader) -> None:
        """It wants none any more."""
        self._waiting.pop(reader, None)

    def close(self, reason: str) -> None:
        """Nobody gets a snapshot any more."""
        for reader in list(self._waiting):
            reader.drop(reason)

    def advance(self) -> bool:
        """Fold one slice and hand out what is ready; True while somebody waits. Raises OSError."""
        if not self._waiting:
            return False
        begin = self._next_number
        end = min(begin + SLICE_MESSAGES, self._wanted)
        if begin < end:
            self._book.fold(message for _, message in self._stream.read(begin, end) if message)
            self._next_number = end
        if self._next_number < self._wanted:
            return True
        waiting, self._waiting = self._waiting, {}
        snapshot = self._book.messages()
        snapshot.append(encode(end_of_snapshot(self._next_number)))
        for reader in waiting:
            reader.take_snapshot(snapshot)
        return False
