"""Messages that arrived beyond a gap, kept until the gap is closed.

Source: FIX Session Layer, "Ordered message processing"; test cases 2.b and 20.
"""

from protocol.fix.message import Message

QUEUE_MESSAGES_MAX = 4096
QUEUE_BYTES_MAX = 4 * 1024 * 1024


class GapQueue:
    """The open gap of one connection: what was asked for, and what waits behind it."""

    __slots__ = ("_bytes", "_waiting", "chunk_begin", "chunk_end", "requested_to")

    def __init__(self, requested_to: int) -> None:
        self.requested_to = requested_to
        """The number whose arrival showed the gap: the request is answered once it is reached."""
        self.chunk_end = 0
        """EndSeqNo(16) of the last request where it asked for a part only, else 0."""
        self.chunk_begin = 0
        """The least BeginSeqNo(7) of the next request, where a gap fill has moved it."""
        self._waiting: dict[int, Message | None] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, number: int, message: Message | None) -> bool:
        """Keep a message; None marks a number that was already acted on. False: no room for it.

        What there is no room for is simply missing later, and asked for again.
        """
        if number in self._waiting:
            return True
        size = 0 if message is None else message.size
        if len(self._waiting) >= QUEUE_MESSAGES_MAX or self._bytes + size > QUEUE_BYTES_MAX:
            return False
        self._waiting[number] = message
        self._bytes += size
        return True

    def __contains__(self, number: int) -> bool:
        return number in self._waiting

    @property
    def lowest(self) -> int:
        """The first number that waits."""
        return min(self._waiting)

    def take(self, number: int) -> Message | None:
        """Remove and return what waits under `number`."""
        message = self._waiting.pop(number)
        if message is not None:
            self._bytes -= message.size
        return message

    def drop_below(self, number: int) -> None:
        """Forget what a sequence reset has jumped over."""
        for skipped in [waiting for waiting in self._waiting if waiting < number]:
            self.take(skipped)
        if number == self.chunk_end:
            # A gap fill ends with the number after it; engines take the chunk as answered here.
            self.chunk_end = number - 1
