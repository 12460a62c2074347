"""Reads journal files without locking or changing them, also while a venue writes them."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from gateway.journal.log import JournalError
from gateway.journal.segment import (
    BATCH,
    SEGMENT_HEADER_SIZE,
    SEGMENT_NAME,
    BadFrame,
    Cursor,
    continues_after,
    damaged,
    segment_path,
)

MARK_STRIDE: Final = 16 * 1024
"""Bytes of file between two remembered offsets: 16 bytes of memory for each of these."""
READ_BUFFER: Final = 256 * 1024


class Segment:
    """One file and the offsets known in it: sparse, ascending, found in passing."""

    __slots__ = ("_numbers", "_offsets", "first_batch", "path")

    def __init__(self, path: Path, first_batch: int) -> None:
        self.path = path
        self.first_batch = first_batch
        self._numbers = array("Q", [first_batch])
        self._offsets = array("Q", [SEGMENT_HEADER_SIZE])

    def note(self, batch: int, offset: int) -> None:
        """`batch` begins at `offset`. Kept when it lies a stride behind the last one kept."""
        if offset >= self._offsets[-1] + MARK_STRIDE:
            self._numbers.append(batch)
            self._offsets.append(offset)

    def mark(self, batch: int) -> tuple[int, int]:
        """(number, offset) of the nearest known batch that is not behind `batch`."""
        at = max(0, bisect_right(self._numbers, batch) - 1)
        return self._numbers[at], self._offsets[at]

    @property
    def index_bytes(self) -> int:
        """Memory that the offsets take."""
        return len(self._numbers) * 16


def list_segments(path: Path) -> list[Segment]:
    """The journal files of a directory in order of their names, or the one file that `path` is."""
    paths = sorted(path.iterdir()) if path.is_dir() else [path]
    named = [(each, SEGMENT_NAME.fullmatch(each.name)) for each in paths]
    return [Segment(each, int(match[1])) for each, match in named if match]


class FileReader:
    """Batches by number from the segments of a directory, or from one file of it."""

    def __init__(self, segments: list[Segment], directory: Path | None = None) -> None:
        """`segments` is shared with who writes; without a writer here, new files are looked for in
        `directory`."""
        self.segments = segments
        self._directory = directory
        self.unfinished = ""
        """Why the last `read` stopped before the end of the last file; empty if it did not."""
        self._held: tuple[Segment, BinaryIO, Cursor] | None = None

    @property
    def first_batch(self) -> int:
        return self.segments[0].first_batch

    def read(self, from_batch: int) -> Iterator[tuple[int, bytes]]:
        """(number, payload) from `from_batch` on; each verified. Ends where writing goes on.

        A torn end is not an error here: it may be a batch that is being written. Raises
        JournalError for anything else that is not as it was written.
        """
        self.unfinished = ""
        at = self._place_of(from_batch)
        previous: Cursor | None = None
        while at < len(self.segments):
            segment = self.segments[at]
            with segment.path.open("rb", READ_BUFFER) as file:
                cursor = open_cursor(segment, file)
                if previous is not None:
                    check_continuation(cursor, previous.next_batch, previous.chain)
                else:
                    cursor.seek(*segment.mark(from_batch))
                for number, payload in self._batches(segment, file, cursor):
                    if number >= from_batch:
                        yield number, payload
            at += 1
            if not cursor.sealed:
                if at < len(self.segments):
                    raise damaged(
                        segment.path,
                        cursor.offset,
                        f"expected a seal after batch {cursor.next_batch - 1}, found its end",
                    )
                return
            if at == len(self.segments):
                self._look_for(cursor.next_batch)
            previous = cursor

    def payload(self, batch: int) -> bytes | None:
        """One batch, verified; None where there is none. Cheapest in ascending order."""
        if batch < self.first_batch:
            return None
        segment = self.segments[self._place_of(batch)]
        file, cursor = self._hold(segment)
        mark = segment.mark(batch)
        if cursor.next_batch > batch or mark[0] > cursor.next_batch:
            cursor.seek(*mark)
        for number, payload in self._batches(segment, file, cursor):
            if number == batch:
                return payload
        return None

    def close(self) -> None:
        """Release the file kept open for `payload`."""
        if self._held is not None:
            self._held[1].close()
            self._held = None

    def _place_of(self, batch: int) -> int:
        at = bisect_right(self.segments, batch, key=lambda segment: segment.first_batch)
        return max(0, at - 1)

    def _hold(self, segment: Segment) -> tuple[BinaryIO, Cursor]:
        if self._held is None or self._held[0] is not segment:
            self.close()
            file = segment.path.open("rb", MARK_STRIDE)
            self._held = (segment, file, open_cursor(segment, file))
        return self._held[1:]

    def _look_for(self, first_batch: int) -> None:
        """Take up the segment that was begun since the directory was listed."""
        if self._directory is not None:
            path = segment_path(self._directory, first_batch)
            with suppress(FileNotFoundError):
                if path.stat().st_size >= SEGMENT_HEADER_SIZE:
                    self.segments.append(Segment(path, first_batch))

    def _batches(
        self, segment: Segment, file: BinaryIO, cursor: Cursor
    ) -> Iterator[tuple[int, bytes]]:
        """Up to the end of this segment or, in the last one, to what is no batch yet."""
        rest: bytes | None = None
        bad: BadFrame | None = None
        while True:
            try:
                frame, bad = cursor.next_frame(), None
            except BadFrame as error:
                frame, bad = None, error
            if frame is not None:
                rest = None
                if frame.kind == BATCH:
                    segment.note(frame.number, frame.offset)
                    yield frame.number, frame.payload
            elif rest is None:
                # Looked at a second time after this: a writer may have gone on in between, and a
                # frame is judged by what follows it, so what follows must be the older sight.
                rest = file.read()
                file.seek(cursor.offset)
            else:
                break
        later = continues_after(rest, cursor.header.salt, cursor.next_batch)
        if later is not None:
            raise damaged(
                segment.path,
                cursor.offset,
                f"{bad or 'expected a frame, found zeros'}; later frames follow at offset "
                f"{cursor.offset + later}, so this is no interrupted write",
            )
        if bad is not None and (not bad.torn or segment is not self.segments[-1]):
            raise damaged(segment.path, cursor.offset, bad)
        if rest:
            self.unfinished = f"{segment.path} at offset {cursor.offset}: {bad or 'zeros'}"


def open_reader(path: Path) -> FileReader:
    """Read a directory or one file. Raises JournalError if there is nothing to read."""
    if not path.exists():
        raise JournalError(f"{path} does not exist: expected a journal directory or file")
    segments = list_segments(path)
    # A file that is just being begun, or was when the venue was killed, holds nothing yet.
    if segments and segments[-1].path.stat().st_size < SEGMENT_HEADER_SIZE:
        segments.pop()
    if not segments:
        raise JournalError(
            f"{path} holds no journal: expected files named like {segment_path(path, 1).name}"
        )
    return FileReader(segments, path if path.is_dir() else None)


def open_cursor(segment: Segment, file: BinaryIO) -> Cursor:
    """At the first frame of a file whose header is good. Raises JournalError."""
    try:
        cursor = Cursor(segment.path, file)
    except BadFrame as bad:
        raise damaged(segment.path, 0, bad) from None
    if cursor.header.first_batch != segment.first_batch:
        raise damaged(
            segment.path,
            0,
            f"expected first batch {segment.first_batch} as the name says, "
            f"found {cursor.header.first_batch}",
        )
    return cursor


def check_continuation(cursor: Cursor, next_batch: int, chain: int) -> None:
    """A file must begin where the one before it ended. Raises JournalError."""
    header = cursor.header
    if (header.first_batch, header.chain) != (next_batch, chain):
        raise damaged(
            cursor.path,
            0,
            f"expected to begin with batch {next_batch} and chain {chain:08x}, "
            f"found {header.first_batch} and {header.chain:08x}: a file before it is missing or "
            "belongs to another journal",
        )
