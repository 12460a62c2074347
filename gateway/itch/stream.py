"""One day's numbered ITCH messages, kept as the packets that every subscriber gets.

The end is in memory, the rest in an anonymous file which goes with the process: the journal makes
the stream anew. Replay reads it in bounded slices and packs nothing again.
"""

import contextlib
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from typing import IO, Final

from protocol.sent_log import Entry, SentLog
from protocol.soupbintcp.packets import HEADER_SIZE, PacketType, packet_header

TAIL_BYTES_MAX: Final = 256 * 1024
"""Packets in memory before they go to the file together."""
MEMORY_FILE_BYTES_MAX: Final = 64 * 1024 * 1024
"""Without a data directory the file is in memory up to this size, then in the system's own
directory for such files."""
SPAN: Final = 256
"""Messages from one entry of the index to the next."""
SLICE_SPANS: Final = 8
"""A slice has at most so many spans: 2,048 messages, under 100 KiB."""

_MESSAGE_SIZE_MAX: Final = 64
_HEADERS: Final = [
    packet_header(PacketType.SEQUENCED_DATA.value[0], size) for size in range(_MESSAGE_SIZE_MAX)
]


class ItchStream:
    """Messages from number 1 on. `log` is what SoupBinTCP sessions count by; it holds nothing."""

    __slots__ = ("_directory", "_file", "_file_size", "_index", "_tail", "log", "session_id")

    def __init__(self, session_id: bytes, directory: str) -> None:
        self.session_id = session_id
        self.log = SentLog(1, self.read)
        self._directory = directory
        self._file: IO[bytes] | None = None
        self._file_size = 0
        self._tail = bytearray()
        self._index = array("Q", [0])
        """Where message 1, 1 + SPAN, 1 + 2 * SPAN, ... begins."""

    @property
    def next_number(self) -> int:
        return self.log.next_number

    def append(self, messages: Sequence[bytes]) -> bytes:
        """Number these messages; returns their packets. Raises OSError: the stream is lost."""
        packets = b"".join([_HEADERS[len(message)] + message for message in messages])
        first = self.log.next_number
        following = first + len(messages)
        if (following - 1) // SPAN != (first - 1) // SPAN:
            self._note(messages, first)
        self._tail += packets
        # Whatever is numbered is with the reader, so that the log itself stays empty.
        self.log.restart_at(following)
        if len(self._tail) >= TAIL_BYTES_MAX:
            self._spill()
        return packets

    def packets(self, begin: int) -> tuple[bytes, int]:
        """One slice of packets from number `begin` on, and how many. Raises OSError."""
        stop = ((begin - 1) // SPAN + SLICE_SPANS) * SPAN + 1
        end = min(stop, self.log.next_number)
        return self._bytes(self._offset(begin), self._offset(end)), end - begin

    def read(self, begin: int, end: int) -> Iterator[Entry]:
        """(number, message) for begin <= number < end, oldest first. Raises OSError."""
        end = min(end, self.log.next_number)
        while begin < end:
            packets, count = self.packets(begin)
            at = 0
            for number in range(begin, min(begin + count, end)):
                following = at + 2 + (packets[at] << 8 | packets[at + 1])
                yield number, packets[at + HEADER_SIZE : following]
                at = following
            begin += count

    def close(self) -> None:
        """Give the file back; nothing can be read any more."""
        file, self._file = self._file, None
        if file is not None:
            # What it could not write it tries once more.
            with contextlib.suppress(OSError):
                file.close()

    def _note(self, messages: Sequence[bytes], first: int) -> None:
        offset = self._file_size + len(self._tail)
        for number, message in enumerate(messages, first + 1):
            offset += HEADER_SIZE + len(message)
            if (number - 1) % SPAN == 0:
                self._index.append(offset)

    def _offset(self, number: int) -> int:
        """Where the packet of this message begins, or of the next one would."""
        if number == self.log.next_number:
            return self._file_size + len(self._tail)
        span, rest = divmod(number - 1, SPAN)
        offset = self._index[span]
        if rest:
            packets = self._bytes(offset, offset + rest * (HEADER_SIZE + _MESSAGE_SIZE_MAX))
            at = 0
            for _ in range(rest):
                at += 2 + (packets[at] << 8 | packets[at + 1])
            offset += at
        return offset

    def _bytes(self, begin: int, end: int) -> bytes:
        size = self._file_size
        stored = b""
        if begin < size:
            assert self._file is not None, "the stream is closed"
            self._file.seek(begin)
            stored = self._file.read(min(end, size) - begin)
            if len(stored) != min(end, size) - begin:
                raise OSError("the feed's file is shorter than what was written")
        return stored + bytes(self._tail[max(0, begin - size) : max(0, end - size)])

    def _spill(self) -> None:
        if self._file is None:
            self._file = _open_file(self._directory)
        self._file.seek(self._file_size)
        self._file.write(self._tail)
        self._file.flush()
        self._file_size += len(self._tail)
        self._tail.clear()


def _open_file(directory: str) -> IO[bytes]:
    """A file without a name: it lives as long as the stream."""
    if directory:
        return tempfile.TemporaryFile(dir=directory)
    return tempfile.SpooledTemporaryFile(MEMORY_FILE_BYTES_MAX)
