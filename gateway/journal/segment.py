"""Bytes of one journal file: a header, then frames, each checked and chained to the one before.

A frame is a batch, a seal (the footer of a full segment) or a clean-shutdown record. All numbers
are little-endian. Every byte is described in specs/journal/README.md; the two must agree.
"""

import re
import zlib
from pathlib import Path
from struct import Struct
from typing import BinaryIO, Final, NamedTuple

import msgspec

from gateway.journal.log import JournalError

FORMAT_VERSION: Final = 1
SEGMENT_MAGIC: Final = b"\x89VENUE\r\n"
BATCH: Final = b"\x89VB\n"
SEAL: Final = b"\x89VS\n"
CLEAN: Final = b"\x89VC\n"

SEGMENT_NAME: Final = re.compile(r"(\d{16})\.journal")
PAYLOAD_BYTES_MAX: Final = 1 << 30
"""What a length may say. Ticks keep their batches near 4 MiB; one mass cancel may need more."""

_SEGMENT = Struct("<8sIIIIQI")
_FRAME = Struct("<4sIQII")
_CRC = Struct("<I")
_WHOLE = Struct("<4sIQIII")
SEGMENT_HEADER_SIZE: Final = _SEGMENT.size + _CRC.size
FRAME_HEADER_SIZE: Final = _FRAME.size + _CRC.size
ALIGNMENT: Final = 8
_PADDING: Final = tuple(bytes(-size % ALIGNMENT) for size in range(ALIGNMENT))
_KINDS: Final = frozenset((BATCH, SEAL, CLEAN))
_ANY_MAGIC: Final = re.compile(rb"\x89V[BSC]\n")
_NO_HEADER: Final = bytes(FRAME_HEADER_SIZE)


class SegmentHeader(msgspec.Struct, frozen=True, gc=False):
    """What stands at the beginning of a file.

    `chain` is the chain value before `first_batch`. `salt` seeds the checksums of the frame
    headers: a client cannot make its own text look like a frame of this file.
    """

    first_batch: int
    chain: int
    salt: int
    rules_version: int
    trading_date: int


class Frame(NamedTuple):
    """One intact frame."""

    kind: bytes
    number: int
    offset: int
    payload: bytes


class BadFrame(Exception):
    """Bytes that are no frame of this place. `torn`: an interrupted write can look like this."""

    def __init__(self, expected: str, found: str, *, torn: bool) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.torn = torn


def damaged(path: Path, offset: int, problem: object) -> JournalError:
    """The error for a file that cannot be trusted, with what its reader can do about it."""
    return JournalError(
        f"{path} at offset {offset}: {problem}; see what is intact with "
        f"`venue journal show {path}`, then restore the directory from a copy or start on another"
    )


def segment_path(directory: Path, first_batch: int) -> Path:
    return directory / f"{first_batch:016d}.journal"


def frame_size(payload_size: int) -> int:
    """Bytes in the file, padding included."""
    return -(-(FRAME_HEADER_SIZE + payload_size) // ALIGNMENT) * ALIGNMENT


def encode_segment_header(header: SegmentHeader) -> bytes:
    head = _SEGMENT.pack(
        SEGMENT_MAGIC,
        FORMAT_VERSION,
        header.rules_version,
        header.trading_date,
        header.chain,
        header.first_batch,
        header.salt,
    )
    return head + _CRC.pack(zlib.crc32(head))


def decode_segment_header(data: bytes) -> SegmentHeader:
    """Raises BadFrame."""
    if len(data) < SEGMENT_HEADER_SIZE:
        raise BadFrame(
            f"a segment header of {SEGMENT_HEADER_SIZE} bytes", f"{len(data)} bytes", torn=True
        )
    fields = _SEGMENT.unpack_from(data)
    magic, version, rules_version, trading_date, chain, first_batch, salt = fields
    if magic != SEGMENT_MAGIC:
        raise BadFrame(f"a journal segment {SEGMENT_MAGIC!r}", repr(magic), torn=False)
    if version != FORMAT_VERSION:
        raise BadFrame(f"format version {FORMAT_VERSION}", f"version {version}", torn=False)
    (crc,) = _CRC.unpack_from(data, _SEGMENT.size)
    computed = zlib.crc32(data[: _SEGMENT.size])
    if crc != computed:
        raise BadFrame(f"segment header crc {computed:08x}", f"{crc:08x}", torn=False)
    return SegmentHeader(first_batch, chain, salt, rules_version, trading_date)


def encode_frame(
    kind: bytes, number: int, payload: bytes, chain: int, salt: int
) -> tuple[bytes, int]:
    """The bytes to write and the new chain value. `chain` is the chain value before."""
    head = _FRAME.pack(kind, len(payload), number, chain, zlib.crc32(payload))
    crc = zlib.crc32(head, salt)
    padding = _PADDING[(FRAME_HEADER_SIZE + len(payload)) % ALIGNMENT]
    return b"".join((head, _CRC.pack(crc), payload, padding)), crc


class Cursor:
    """A place in one segment, between two frames, and what the next frame must look like.

    Starts behind the header, or with `seek` at the beginning of any known frame.
    """

    __slots__ = ("_file", "_trusting", "chain", "header", "next_batch", "offset", "path", "sealed")

    def __init__(self, path: Path, file: BinaryIO) -> None:
        """Raises BadFrame for a header that is none."""
        file.seek(0)
        header = decode_segment_header(file.read(SEGMENT_HEADER_SIZE))
        self._file = file
        self.path = path
        self.header = header
        self.offset = SEGMENT_HEADER_SIZE
        self.next_batch = header.first_batch
        self.chain = header.chain
        self.sealed = False
        self._trusting = False

    def seek(self, batch: int, offset: int) -> None:
        """Go to where the frame of `batch` is known to begin."""
        self._file.seek(offset)
        if offset != self.offset:
            self.offset = offset
            self.next_batch = batch
            self.sealed = False
            # What the chain was there is not known: the frame's own word is taken for it.
            self._trusting = True

    def next_frame(self) -> Frame | None:
        """The next frame, verified; None at the end of what is written: try again later.

        Raises BadFrame, and stays where it is.
        """
        try:
            frame = self._next_frame()
        except BadFrame:
            self._file.seek(self.offset)
            raise
        if frame is None:
            self._file.seek(self.offset)
        return frame

    def _next_frame(self) -> Frame | None:
        data = self._file.read(FRAME_HEADER_SIZE)
        if len(data) < FRAME_HEADER_SIZE or data == _NO_HEADER:
            if not data.strip(b"\0"):
                return None
            raise BadFrame(f"a header of {FRAME_HEADER_SIZE} bytes", f"{len(data)}", torn=True)
        kind, length, number, chain, payload_crc, crc = _WHOLE.unpack(data)
        if crc != zlib.crc32(data[: _FRAME.size], self.header.salt) or kind not in _KINDS:
            raise BadFrame("a frame header with a good crc", repr(data), torn=True)
        if number != self.next_batch or chain != self.chain or kind != BATCH or self.sealed:
            self._check_place(kind, number, chain)
        stored = length + -(FRAME_HEADER_SIZE + length) % ALIGNMENT
        body = self._file.read(stored)
        if len(body) < stored:
            raise BadFrame(
                f"{stored} bytes of batch {number} after its header", f"{len(body)}", torn=True
            )
        payload = body[:length]
        computed = zlib.crc32(payload)
        if computed != payload_crc:
            raise BadFrame(
                f"payload crc {payload_crc:08x} of batch {number}", f"{computed:08x}", torn=True
            )
        offset = self.offset
        self.offset = offset + FRAME_HEADER_SIZE + stored
        self.chain = crc
        self._trusting = False
        if kind == BATCH:
            self.next_batch = number + 1
        elif kind == SEAL:
            self.sealed = True
        return Frame(kind, number, offset, payload)

    def _check_place(self, kind: bytes, number: int, chain: int) -> None:
        """A good header is what somebody wrote: no interrupted write explains a wrong one."""
        expected = self.next_batch if kind == BATCH else self.next_batch - 1
        if number != expected:
            raise BadFrame(f"batch number {expected}", f"{number}", torn=False)
        if chain != self.chain and not self._trusting:
            raise BadFrame(
                f"batch {number} to continue chain {self.chain:08x}", f"{chain:08x}", torn=False
            )
        if self.sealed:
            raise BadFrame("nothing behind the seal", f"batch {number}", torn=False)


def continues_after(data: bytes, salt: int, next_batch: int) -> int | None:
    """Where in `data`, which begins with a bad frame or zeros, later frames stand; None: nowhere.

    None means that `data` can be what an interrupted write of batch `next_batch` left. A frame
    behind the first place that speaks of `next_batch` or a later one proves that there was more.
    """
    for match in _ANY_MAGIC.finditer(data):
        at = match.start()
        if at % ALIGNMENT or at + FRAME_HEADER_SIZE > len(data):
            continue
        _, _, number, _, _, crc = _WHOLE.unpack_from(data, at)
        if crc == zlib.crc32(data[at : at + _FRAME.size], salt) and (
            number > next_batch or (at > 0 and number == next_batch)
        ):
            return at
    return None
