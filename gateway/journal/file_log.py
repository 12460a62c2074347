"""The sequenced log on disk: one write per batch, files of 64 MiB, one writer per directory.

Survives what its durability promises; reports, refuses or takes off what a crash left (`opening`).
The bytes are described in specs/journal/README.md.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Final, NoReturn

from gateway.journal.log import JournalError
from gateway.journal.opening import open_directory, sync_directory
from gateway.journal.reader import FileReader, Segment
from gateway.journal.segment import (
    BATCH,
    CLEAN,
    PAYLOAD_BYTES_MAX,
    SEAL,
    SegmentHeader,
    encode_frame,
    encode_segment_header,
    frame_size,
    segment_path,
)

SEGMENT_BYTES: Final = 64 * 1024 * 1024
COLLECTED_BYTES_MAX: Final = 1024 * 1024
"""What durability `none` keeps in memory before it writes."""
RULES_VERSION: Final = 3
"""Raised whenever an old command would yield other events or another state, be it another field of
them: journals of other versions are refused (specs/journal/README.md)."""

_CLOSED: Final = -1


class Durability(Enum):
    """What has happened to a batch when `append` returns."""

    NONE = "none"
    """Perhaps nothing: it is written with the next megabyte, a read or the close."""
    PROCESS = "process"
    """The operating system has it: it survives the end of the process, `kill -9` included."""
    DISK = "disk"
    """The disk has it: it survives a power failure."""


class FileLog:
    """A SequencedLog in a directory. `opening` says what was found there."""

    __slots__ = (
        "_chain",
        "_collected",
        "_directory",
        "_durability",
        "_failure",
        "_file",
        "_lock",
        "_next",
        "_reader",
        "_rules_version",
        "_salt",
        "_segment",
        "_segment_bytes",
        "_written",
        "opening",
        "trading_date",
    )

    def __init__(
        self,
        directory: Path,
        durability: Durability = Durability.PROCESS,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        rules_version: int = RULES_VERSION,
        trading_date: int = 0,
    ) -> None:
        """Create or open. Raises JournalError: in use, damaged, other rules, not accessible."""
        self._directory = directory
        self._durability = durability
        self._segment_bytes = segment_bytes
        self._rules_version = rules_version
        self._collected = bytearray()
        self._failure: str | None = None
        self._reader = FileReader([])
        self._file = _CLOSED
        self.trading_date = trading_date
        """YYYYMMDD for the headers of files begun from now on; 0: no day has begun."""
        self._lock = _lock_directory(directory)
        try:
            segments, end, self.opening = open_directory(directory, rules_version)
            self._next = end.next_batch
            self._chain = end.chain
            self._salt = end.salt
            self._written = end.offset
            self._reader.segments = segments
            if end.segment is None:
                self._begin_segment()
            else:
                self._segment = end.segment
                self._file = os.open(end.segment.path, os.O_WRONLY | os.O_APPEND)
                if durability is Durability.DISK:
                    os.fdatasync(self._file)
        except OSError as error:
            self._release()
            raise JournalError(f"{directory}: {_words(error)}") from error
        except JournalError:
            self._release()
            raise

    @property
    def next_batch(self) -> int:
        return self._next

    @property
    def index_bytes(self) -> int:
        """Memory that finding batches by number takes: 16 bytes for every 16 KiB of journal."""
        return sum(segment.index_bytes for segment in self._reader.segments)

    def append(self, payload: bytes) -> int:
        """Write one batch as durably as promised; returns its number.

        Raises JournalError when the system refuses to write or sync: the file is cut back to the
        last batch that was written before, and this log takes no more.
        """
        if self._failure is not None:
            raise JournalError(self._failure)
        size = frame_size(len(payload))
        assert size <= PAYLOAD_BYTES_MAX, f"batch of {size} bytes"
        number = self._next
        offset = self._written + len(self._collected)
        if offset + size > self._segment_bytes and number > self._segment.first_batch:
            self._rotate()
            offset = self._written
        frame, chain = encode_frame(BATCH, number, payload, self._chain, self._salt)
        if self._durability is Durability.NONE:
            self._collected += frame
            if len(self._collected) >= COLLECTED_BYTES_MAX:
                self._write_collected()
        else:
            self._write(frame)
        self._segment.note(number, offset)
        self._chain = chain
        self._next = number + 1
        return number

    def read(self, from_batch: int) -> Iterator[tuple[int, bytes]]:
        """(number, payload) from `from_batch` on, oldest first, up to the last one appended so far.

        Every file, header and payload is verified on the way. Raises JournalError.
        """
        self._write_collected()
        end = self._next
        wanted = max(from_batch, 1)
        if wanted >= end:
            return
        for number, payload in self._reader.read(wanted):
            yield number, payload
            wanted = number + 1
            if wanted == end:
                return
        raise self._lost(wanted)

    def payload(self, batch: int) -> bytes | None:
        """One batch, verified; None for a number that was never appended. Raises JournalError."""
        if not 1 <= batch < self._next:
            return None
        self._write_collected()
        payload = self._reader.payload(batch)
        if payload is None:
            raise self._lost(batch)
        return payload

    def close(self) -> None:
        """A clean end: everything written, and a record that says which batch is the last.

        A log that failed is only released. Raises JournalError.
        """
        try:
            if self._file != _CLOSED and self._failure is None:
                self._write_collected()
                last = self._next - 1
                frame, self._chain = encode_frame(CLEAN, last, b"", self._chain, self._salt)
                self._write(frame)
                if self._durability is Durability.PROCESS:
                    self._sync()
        finally:
            self._release()

    def abandon(self) -> None:
        """Let go as a killed process would: no record, and what is only collected is lost."""
        self._collected.clear()
        self._release()

    def _write_collected(self) -> None:
        if self._collected:
            self._write(bytes(self._collected))
            self._collected.clear()

    def _write(self, data: bytes) -> None:
        """All of `data`, by one system call if the system lets us; synced if that is promised."""
        if self._failure is not None:
            raise JournalError(self._failure)
        try:
            done = os.write(self._file, data)
            while done < len(data):
                done += os.write(self._file, data[done:])
            if self._durability is Durability.DISK:
                os.fdatasync(self._file)
        except OSError as error:
            self._fail(error)
        self._written += len(data)

    def _sync(self) -> None:
        try:
            os.fdatasync(self._file)
        except OSError as error:
            self._fail(error)

    def _rotate(self) -> None:
        """Seal the file and begin the next one."""
        self._write_collected()
        frame, self._chain = encode_frame(SEAL, self._next - 1, b"", self._chain, self._salt)
        self._write(frame)
        try:
            self._begin_segment()
        except OSError as error:
            self._fail(error)

    def _begin_segment(self) -> None:
        """A file for the next batch. The one before is sealed or there is none."""
        path = segment_path(self._directory, self._next)
        salt = int.from_bytes(os.urandom(4), "little")
        header = encode_segment_header(
            SegmentHeader(self._next, self._chain, salt, self._rules_version, self.trading_date)
        )
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        try:
            if os.write(file, header) < len(header):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            if self._durability is Durability.DISK:
                os.fdatasync(file)
            sync_directory(self._directory)
        except OSError:
            os.close(file)
            raise
        if self._file != _CLOSED:
            os.close(self._file)
        self._file = file
        self._salt = salt
        self._written = len(header)
        self._segment = Segment(path, self._next)
        self._reader.segments.append(self._segment)

    def _fail(self, error: OSError) -> NoReturn:
        """Never try again: what a failed write or sync left is unknown, so it is cut off."""
        self._collected.clear()
        text = (
            f"{self._segment.path} at offset {self._written}: batch {self._next} cannot be "
            f"written: {_words(error)}; nothing of it was sent; make room or repair the disk, "
            "then start again"
        )
        try:
            os.ftruncate(self._file, self._written)
        except OSError as second:
            text += f" (and not cut back: {_words(second)}; the next start does it)"
        self._failure = text
        raise JournalError(text) from error

    def _lost(self, batch: int) -> JournalError:
        why = self._reader.unfinished or "its file ends before it"
        return JournalError(f"{self._directory}: batch {batch} cannot be read back: {why}")

    def _release(self) -> None:
        if self._file != _CLOSED:
            os.close(self._file)
            self._file = _CLOSED
        if self._lock != _CLOSED:
            os.close(self._lock)
            self._lock = _CLOSED
        self._reader.close()


def _lock_directory(directory: Path) -> int:
    """Create and lock the directory; the lock ends with the descriptor. Raises JournalError."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(directory, os.O_RDONLY)
    except OSError as error:
        raise JournalError(
            f"{directory}: expected a directory to write to, found {_words(error)}"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise JournalError(
            f"{directory} is in use by another venue: expected no lock on it, found one; "
            "stop that venue or choose another --data-dir"
        ) from None
    return descriptor


def _words(error: OSError) -> str:
    return error.strerror or str(error)
