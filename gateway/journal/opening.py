"""What is done with a journal directory before anything is appended to it.

The log ends at the first all-zero header or at the end of the last file. A bad frame is a torn tail
only in the last file and if no later frame follows it; it is then set aside, never just dropped.
Anything else refuses to start.
"""

import os
from itertools import count, pairwise
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from gateway.journal.log import JournalError
from gateway.journal.reader import (
    READ_BUFFER,
    Segment,
    check_continuation,
    list_segments,
    open_cursor,
)
from gateway.journal.segment import (
    CLEAN,
    SEGMENT_HEADER_SIZE,
    BadFrame,
    Cursor,
    continues_after,
    damaged,
    frame_size,
)

TORN_BYTES_KEPT_MAX: Final = 64 * 1024 * 1024
"""A torn tail is one write: a batch, or what durability `none` collects. More is cut off."""


class TornTail(msgspec.Struct, frozen=True):
    """What an interrupted write left behind the last good batch, and where it was put."""

    path: str
    offset: int
    length: int
    problem: str
    kept_as: str
    """Empty when there was nothing but zeros."""


class Opening(msgspec.Struct, frozen=True):
    """What a journal looked like when it was opened: for the log line of whoever opened it."""

    batches: int
    ended_cleanly: bool
    """The last frame says so: no batch is missing at the end."""
    torn: TornTail | None = None

    def describe(self) -> str:
        """One line for an operator."""
        end = "ended cleanly" if self.ended_cleanly else "did not end cleanly"
        text = f"journal of {self.batches} batches, {end}"
        if self.torn is not None:
            torn = self.torn
            text += (
                f"; {torn.length} bytes of an interrupted write at offset {torn.offset} of "
                f"{torn.path} taken off ({torn.problem}), kept as {torn.kept_as or 'nothing'}"
            )
        return text


class End(msgspec.Struct, frozen=True):
    """Where appending goes on. `segment` is None when a new one must be begun."""

    segment: Segment | None
    offset: int
    next_batch: int
    chain: int
    salt: int


def open_directory(directory: Path, rules_version: int) -> tuple[list[Segment], End, Opening]:
    """Check every file's header and seal and all of the last file; take off a torn tail.

    The caller holds the directory's lock. Raises JournalError, OSError.
    """
    segments = list_segments(directory)
    torn = _take_off_unborn(directory, segments)
    previous = End(None, 0, 1, 0, 0)
    if not segments:
        return [], previous, Opening(0, torn is None, torn)
    for segment, following in pairwise(segments):
        previous = _check_sealed(segment, following, previous, rules_version)
    last = segments[-1]
    with last.path.open("rb", READ_BUFFER) as file:
        cursor = _open_cursor(last, file, previous, rules_version)
        last_kind, bad = _scan(last, cursor)
        file.seek(cursor.offset)
        rest = file.read()
    if rest:
        torn = _take_off(directory, cursor, bad, rest)
    end = End(
        None if cursor.sealed else last,
        cursor.offset,
        cursor.next_batch,
        cursor.chain,
        cursor.header.salt,
    )
    batches = cursor.next_batch - 1
    return segments, end, Opening(batches, last_kind == CLEAN or batches == 0, torn)


def _open_cursor(segment: Segment, file: BinaryIO, previous: End, rules_version: int) -> Cursor:
    cursor = open_cursor(segment, file)
    check_continuation(cursor, previous.next_batch, previous.chain)
    if cursor.header.rules_version != rules_version:
        raise JournalError(
            f"{segment.path} was written under rules version {cursor.header.rules_version}, "
            f"expected {rules_version}: use the venue that wrote it, or another directory"
        )
    return cursor


def _check_sealed(segment: Segment, following: Segment, previous: End, rules_version: int) -> End:
    """The header and the seal of a file that is not the last.

    The seal proves that the file ends where it should; what is between is checked by reading it.
    """
    with segment.path.open("rb") as file:
        cursor = _open_cursor(segment, file, previous, rules_version)
        offset = segment.path.stat().st_size - frame_size(0)
        if offset > SEGMENT_HEADER_SIZE:
            cursor.seek(following.first_batch, offset)
        problem = ""
        try:
            cursor.next_frame()
        except BadFrame as bad:
            problem = str(bad)
        if not cursor.sealed:
            wanted = f"expected a seal after batch {following.first_batch - 1} at the end"
            raise damaged(segment.path, offset, f"{wanted}; {problem or 'found none'}")
    return End(None, 0, cursor.next_batch, cursor.chain, 0)


def _scan(segment: Segment, cursor: Cursor) -> tuple[bytes, BadFrame | None]:
    """Run through all frames: the kind of the last one, and what stopped it before the end."""
    kind = b""
    try:
        while (frame := cursor.next_frame()) is not None:
            kind = frame.kind
            segment.note(frame.number, frame.offset)
    except BadFrame as bad:
        return kind, bad
    return kind, None


def _take_off(directory: Path, cursor: Cursor, bad: BadFrame | None, rest: bytes) -> TornTail:
    """Cut the last file back to its last good frame, if only an interrupted write can follow it."""
    problem = str(bad or "expected a frame, found zeros")
    later = continues_after(rest, cursor.header.salt, cursor.next_batch)
    if later is not None:
        where = f"later frames follow at offset {cursor.offset + later}"
        raise damaged(cursor.path, cursor.offset, f"{problem}; {where}: no interrupted write")
    if bad is not None and not bad.torn:
        raise damaged(cursor.path, cursor.offset, problem)
    kept_as = _set_aside(directory, cursor.next_batch, rest)
    with cursor.path.open("r+b") as file:
        file.truncate(cursor.offset)
        os.fsync(file.fileno())
    return TornTail(str(cursor.path), cursor.offset, len(rest), problem, kept_as)


def _take_off_unborn(directory: Path, segments: list[Segment]) -> TornTail | None:
    """Remove a last file whose header was never completely written: it holds no batch.

    The seal before it, checked afterwards, says that no batch is missing.
    """
    if not segments:
        return None
    path = segments[-1].path
    with path.open("rb") as file:
        head = file.read(SEGMENT_HEADER_SIZE)
        if len(head) == SEGMENT_HEADER_SIZE and (any(head) or any(file.read())):
            return None
    length = path.stat().st_size
    kept_as = _set_aside(directory, segments[-1].first_batch, head)
    path.unlink()
    sync_directory(directory)
    segments.pop()
    return TornTail(str(path), 0, length, "expected a segment header, found its beginning", kept_as)


def _set_aside(directory: Path, next_batch: int, rest: bytes) -> str:
    """Keep what is about to be cut off; returns the file's name."""
    if not any(rest):
        return ""
    for attempt in count(1):
        path = directory / f"torn-{next_batch:016d}-{attempt}"
        try:
            with path.open("xb") as file:
                file.write(rest[:TORN_BYTES_KEPT_MAX])
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            continue
        sync_directory(directory)
        return path.name
    raise AssertionError("unreachable")


def sync_directory(directory: Path) -> None:
    """Make created, renamed and removed names durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
