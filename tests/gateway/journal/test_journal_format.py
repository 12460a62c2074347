"""A journal is what specs/journal/README.md says: read with only that page and `struct`."""

import re
import struct
import zlib
from pathlib import Path
from typing import Any

import msgspec

from gateway.journal import records, segment
from gateway.journal.file_log import RULES_VERSION, FileLog
from gateway.journal.records import (
    AuthResult,
    Batch,
    Connected,
    Controlled,
    Disconnected,
    FramesOut,
    Received,
    SessionControlled,
    SessionNumbers,
    Started,
    TimerFired,
    encode_batch,
)
from matching.commands import EndOfDay

README = Path(__file__).resolve().parents[3] / "specs" / "journal" / "README.md"
BATCH_MAGIC, SEAL_MAGIC, CLEAN_MAGIC = b"\x89VB\n", b"\x89VS\n", b"\x89VC\n"

FULL = Batch(
    1_767_614_400_000_000_000,
    9,
    [
        Started("0.1.0", b"conf"),
        Connected(1, "FIX", "127.0.0.1:5000"),
        Received(1, b"8=FIX"),
        AuthResult(1, b"ACME", "", "welcome"),
        TimerFired(1),
        Disconnected(1, "closed"),
        Controlled(EndOfDay()),
        SessionControlled(2, "shut", "good night"),
    ],
    [EndOfDay()],
    [FramesOut(1, 7, [b"seven", b"", b"nine"], [(5, 0xE1647)])],
    [SessionNumbers(1, 4, 9, ((7, 9),), b"S1")],
    0xCAFE,
    0xBEEF,
)


def test_a_journal_from_before_derived_messages_is_readable() -> None:
    plain: list[Any] = msgspec.msgpack.decode(encode_batch(FULL))
    plain[4] = [[1, 7, [b"seven", b"eight"]]]
    (run,) = records.decode_batch(msgspec.msgpack.encode(plain)).frames
    assert (run.frames, run.derived) == ([b"seven", b"eight"], [])


def _parse(directory: Path) -> list[tuple[int, bytes, int, bytes]]:
    """(segment, magic, number, payload) of every frame, everything checked as the page says."""
    frames = []
    chain, next_batch = 0, 1
    for path in sorted(directory.glob("*.journal")):
        data = path.read_bytes()
        magic, version, rules, date, begin, first, salt, crc = struct.unpack(
            "<8sIIIIQII", data[:40]
        )
        assert (magic, version, rules, date) == (b"\x89VENUE\r\n", 1, 3, 20260105)
        assert crc == zlib.crc32(data[:36])
        assert (begin, first, path.name) == (chain, next_batch, f"{next_batch:016d}.journal")
        at = 40
        while at < len(data):
            magic, length, number, previous, payload_crc, crc = struct.unpack(
                "<4sIQIII", data[at : at + 28]
            )
            payload = data[at + 28 : at + 28 + length]
            end = at + 28 + length
            end += -end % 8
            assert data[at + 28 + length : end] == bytes(end - at - 28 - length)
            assert payload_crc == zlib.crc32(payload)
            assert crc == zlib.crc32(data[at : at + 24], salt)
            assert previous == chain
            if magic == BATCH_MAGIC:
                assert number == next_batch
                next_batch += 1
            else:
                assert (number, length) == (next_batch - 1, 0)
            frames.append((first, magic, number, payload))
            chain, at = crc, end
    return frames


def _dated(directory: Path) -> FileLog:
    return FileLog(directory, segment_bytes=200, trading_date=20260105)


def test_a_directory_parses_as_the_page_says(tmp_path: Path) -> None:
    payloads = [b"x" * size for size in (0, 1, 4, 5, 60, 300, 3)]
    log = _dated(tmp_path)
    for payload in payloads[:3]:
        log.append(payload)
    log.close()
    log = _dated(tmp_path)
    for payload in payloads[3:]:
        log.append(payload)
    log.close()
    assert _parse(tmp_path) == [
        (1, BATCH_MAGIC, 1, payloads[0]),
        (1, BATCH_MAGIC, 2, payloads[1]),
        (1, BATCH_MAGIC, 3, payloads[2]),
        (1, CLEAN_MAGIC, 3, b""),
        (1, SEAL_MAGIC, 3, b""),
        (4, BATCH_MAGIC, 4, payloads[3]),
        (4, BATCH_MAGIC, 5, payloads[4]),
        (4, SEAL_MAGIC, 5, b""),
        (6, BATCH_MAGIC, 6, payloads[5]),
        (6, SEAL_MAGIC, 6, b""),
        (7, BATCH_MAGIC, 7, payloads[6]),
        (7, CLEAN_MAGIC, 7, b""),
    ]


def test_salts_differ_from_file_to_file(tmp_path: Path) -> None:
    log = _dated(tmp_path)
    for _ in range(10):
        log.append(b"x" * 150)
    salts = {path.read_bytes()[32:36] for path in tmp_path.glob("*.journal")}
    assert len(salts) == 10


def test_a_batch_is_the_array_that_the_page_describes() -> None:
    plain: list[Any] = msgspec.msgpack.decode(encode_batch(FULL))
    assert plain == [
        1_767_614_400_000_000_000,
        9,
        [
            [1, "0.1.0", b"conf"],
            [2, 1, "FIX", "127.0.0.1:5000"],
            [3, 1, b"8=FIX"],
            [4, 1, b"ACME", "", "welcome"],
            [5, 1],
            [6, 1, "closed", 0],
            [7, [10]],
            [8, 2, "shut", "good night"],
        ],
        [[10]],
        [[1, 7, [b"seven", b"", b"nine"], [[5, 0xE1647]]]],
        [[1, 4, 9, [[7, 9]], b"S1", b"", 0]],
        0xCAFE,
        0xBEEF,
    ]
    assert records.decode_batch(encode_batch(FULL)) == FULL


def test_the_page_lists_every_field_and_every_fact() -> None:
    page = README.read_text()
    (fields,) = re.findall(r"`\[(now_ns, [^\]]*)\]`", page)
    assert tuple(fields.split(", ")) == Batch.__struct_fields__
    listed = dict(re.findall(r"^\| (\d+) \| (\w+) \|", page, re.MULTILINE))
    facts = {str(fact.__struct_config__.tag): fact.__name__ for fact in records.Fact.__args__}
    assert {tag: name for tag, name in listed.items() if name[0].isupper()} == facts


def test_the_page_names_the_magics_and_sizes_in_force() -> None:
    page = README.read_text()
    for magic in (segment.SEGMENT_MAGIC, segment.BATCH, segment.SEAL, segment.CLEAN):
        assert f"`{magic.hex(' ').upper()}`" in page
    assert (segment.SEGMENT_HEADER_SIZE, segment.FRAME_HEADER_SIZE) == (40, 28)
    assert "Segment header: 40 bytes" in page and "Frame: 28 bytes" in page


def test_the_page_says_what_came_with_every_rules_version_and_which_is_written() -> None:
    page = README.read_text()
    table = page[page.index("| rules version | since then |") :]
    table = table[: table.index("\n\n")]
    versions = [int(number) for number in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)]
    assert versions == list(range(1, RULES_VERSION + 1))
    assert f"A venue writes and takes version {RULES_VERSION}." in page
