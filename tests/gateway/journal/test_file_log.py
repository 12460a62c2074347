"""What goes into a journal directory comes out of it, whatever the durability and the file size."""

import errno
import io
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.journal import file_log as file_log_module
from gateway.journal.file_log import COLLECTED_BYTES_MAX, Durability, FileLog
from gateway.journal.log import JournalError
from gateway.journal.opening import Opening
from gateway.journal.reader import MARK_STRIDE, open_cursor, open_reader
from gateway.journal.segment import SEGMENT_HEADER_SIZE

PAYLOADS = [b"", b"a", b"four", b"seven-b", b"eight-by", b"x" * 1000]
ROOT = Path(__file__).resolve().parents[3]


def _fill(log: FileLog, payloads: list[bytes]) -> None:
    for payload in payloads:
        log.append(payload)


def _numbered(payloads: list[bytes], first: int = 1) -> list[tuple[int, bytes]]:
    return list(enumerate(payloads, first))


def test_batches_are_numbered_from_one_and_read_back(tmp_path: Path) -> None:
    log = FileLog(tmp_path)
    assert [log.append(payload) for payload in PAYLOADS] == [1, 2, 3, 4, 5, 6]
    assert list(log.read(1)) == _numbered(PAYLOADS)
    assert list(log.read(5)) == _numbered(PAYLOADS)[4:]
    assert list(log.read(7)) == []
    assert [log.payload(number) for number in range(8)] == [None, *PAYLOADS, None]


def test_a_new_directory_opens_empty_and_clean(tmp_path: Path) -> None:
    log = FileLog(tmp_path / "deep" / "journal")
    assert log.opening == Opening(0, True)
    assert log.next_batch == 1
    assert list(log.read(1)) == []


@pytest.mark.parametrize("durability", Durability)
def test_a_closed_log_goes_on_where_it_ended(tmp_path: Path, durability: Durability) -> None:
    for start in range(0, 6, 2):
        log = FileLog(tmp_path, durability)
        assert log.opening == Opening(start, True)
        _fill(log, PAYLOADS[start : start + 2])
        log.close()
        log.close()
    log = FileLog(tmp_path, durability)
    assert list(log.read(1)) == _numbered(PAYLOADS)
    assert log.append(b"more") == 7


@pytest.mark.parametrize("durability", [Durability.PROCESS, Durability.DISK])
def test_an_abandoned_log_has_every_batch_but_did_not_end_cleanly(
    tmp_path: Path, durability: Durability
) -> None:
    log = FileLog(tmp_path, durability)
    _fill(log, PAYLOADS)
    log.abandon()
    log = FileLog(tmp_path, durability)
    assert log.opening == Opening(6, False)
    assert list(log.read(1)) == _numbered(PAYLOADS)


def test_durability_none_collects_a_megabyte_before_it_writes(tmp_path: Path) -> None:
    log = FileLog(tmp_path, Durability.NONE)
    path = tmp_path / "0000000000000001.journal"
    empty = path.stat().st_size
    half = bytes(COLLECTED_BYTES_MAX // 2 - 100)
    log.append(half)
    log.append(half)
    assert path.stat().st_size == empty
    log.append(half)
    assert path.stat().st_size > empty + 3 * len(half)
    log.append(b"lost by a kill")
    log.abandon()
    log = FileLog(tmp_path, Durability.NONE)
    assert log.opening == Opening(3, False)


def test_durability_none_reads_back_what_it_only_collected(tmp_path: Path) -> None:
    log = FileLog(tmp_path, Durability.NONE)
    _fill(log, PAYLOADS)
    assert log.payload(6) == PAYLOADS[5]
    log.append(b"later")
    assert list(log.read(1)) == _numbered([*PAYLOADS, b"later"])


def test_process_writes_once_and_disk_syncs_once_before_append_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    write, sync = os.write, os.fdatasync

    def traced_write(file: int, data: bytes) -> int:
        calls.append(f"write {len(data)}")
        return write(file, data)

    def traced_sync(file: int) -> None:
        calls.append("fdatasync")
        sync(file)

    process = FileLog(tmp_path / "process")
    disk = FileLog(tmp_path / "disk", Durability.DISK)
    monkeypatch.setattr(file_log_module.os, "write", traced_write)
    monkeypatch.setattr(file_log_module.os, "fdatasync", traced_sync)
    process.append(b"x" * 100)
    assert calls == ["write 128"]
    disk.append(b"x" * 100)
    assert calls == ["write 128", "write 128", "fdatasync"]


def test_short_writes_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = FileLog(tmp_path)
    write = os.write
    monkeypatch.setattr(
        file_log_module.os, "write", lambda file, data: write(file, bytes(data[:7]))
    )
    _fill(log, PAYLOADS)
    monkeypatch.undo()
    assert list(log.read(1)) == _numbered(PAYLOADS)


@pytest.mark.parametrize("durability", Durability)
def test_full_files_are_sealed_and_followed_by_the_next(
    tmp_path: Path, durability: Durability
) -> None:
    payloads = [bytes([number]) * (number % 50) for number in range(1, 101)]
    log = FileLog(tmp_path, durability, segment_bytes=400)
    _fill(log, payloads[:70])
    log.close()
    log = FileLog(tmp_path, durability, segment_bytes=400)
    assert log.opening == Opening(70, True)
    _fill(log, payloads[70:])
    assert list(log.read(1)) == _numbered(payloads)
    assert list(log.read(33)) == _numbered(payloads)[32:]
    assert [log.payload(number) for number in (1, 100, 50, 51, 2)] == [
        payloads[number - 1] for number in (1, 100, 50, 51, 2)
    ]
    log.close()
    sizes = [path.stat().st_size for path in sorted(tmp_path.glob("*.journal"))]
    assert len(sizes) > 10
    # The seal and a clean-shutdown record come on top of what is counted.
    assert max(sizes) <= 400 + 2 * 32


def test_a_batch_larger_than_a_file_gets_a_file_of_its_own(tmp_path: Path) -> None:
    log = FileLog(tmp_path, segment_bytes=400)
    _fill(log, [b"small", bytes(5000), b"small too"])
    assert list(log.read(1)) == [(1, b"small"), (2, bytes(5000)), (3, b"small too")]
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        f"{number:016d}.journal" for number in (1, 2, 3)
    ]


def test_reading_goes_on_over_a_rotation(tmp_path: Path) -> None:
    log = FileLog(tmp_path, segment_bytes=400)
    _fill(log, PAYLOADS[:4])
    batches = log.read(1)
    first = next(batches)
    payloads = [b"y" * 100] * 12
    _fill(log, payloads)
    assert [first, *batches] == _numbered(PAYLOADS[:4])
    assert list(log.read(5)) == _numbered(payloads, 5)


def test_a_second_log_on_the_same_directory_is_refused(tmp_path: Path) -> None:
    log = FileLog(tmp_path)
    log.append(b"mine")
    with pytest.raises(JournalError, match="in use by another venue"):
        FileLog(tmp_path)
    assert log.append(b"still mine") == 2
    log.close()
    assert FileLog(tmp_path).next_batch == 3


def test_a_path_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="expected a directory to write to"):
        FileLog(tmp_path / "file")


def test_a_journal_of_other_rules_is_refused(tmp_path: Path) -> None:
    FileLog(tmp_path, rules_version=1).close()
    with pytest.raises(JournalError, match="rules version 1, expected 2"):
        FileLog(tmp_path, rules_version=2)
    assert FileLog(tmp_path, rules_version=1).opening == Opening(0, True)


def _failing_write(code: int, partial: int) -> Callable[[int, bytes], int]:
    write = os.write
    left = [partial]

    def fail(file: int, data: bytes) -> int:
        if left[0]:
            left[0], size = 0, left[0]
            return write(file, bytes(data[:size]))
        raise OSError(code, os.strerror(code))

    return fail


@pytest.mark.parametrize("partial", [0, 1, 40])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EFBIG])
def test_a_failed_write_is_cut_off_and_never_retried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, partial: int
) -> None:
    log = FileLog(tmp_path)
    _fill(log, PAYLOADS)
    path = tmp_path / "0000000000000001.journal"
    good = path.read_bytes()
    monkeypatch.setattr(file_log_module.os, "write", _failing_write(code, partial))
    with pytest.raises(JournalError, match=os.strerror(code)):
        log.append(b"z" * 100)
    monkeypatch.undo()
    assert path.read_bytes() == good
    with pytest.raises(JournalError, match="batch 7 cannot be written"):
        log.append(b"again")
    assert list(log.read(1)) == _numbered(PAYLOADS)
    log.close()
    assert path.read_bytes() == good
    log = FileLog(tmp_path)
    assert log.opening == Opening(6, False)
    assert log.append(b"again") == 7


def test_a_failed_sync_is_cut_off_and_never_retried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = FileLog(tmp_path, Durability.DISK)
    log.append(b"good")

    def fail(_file: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(file_log_module.os, "fdatasync", fail)
    with pytest.raises(JournalError, match="Input/output error"):
        log.append(b"not durable")
    monkeypatch.undo()
    with pytest.raises(JournalError):
        log.append(b"again")
    log.close()
    assert list(FileLog(tmp_path).read(1)) == [(1, b"good")]


def test_a_next_file_that_cannot_be_begun_loses_no_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = FileLog(tmp_path, segment_bytes=400)
    _fill(log, [b"y" * 100] * 2)
    write = os.write
    header = 40
    monkeypatch.setattr(
        file_log_module.os,
        "write",
        lambda file, data: write(file, data[:11] if len(data) == header else data),
    )
    with pytest.raises(JournalError, match="No space left on device"):
        log.append(b"y" * 200)
    monkeypatch.undo()
    log.close()
    log = FileLog(tmp_path, segment_bytes=400)
    torn = log.opening.torn
    assert torn is not None and (torn.length, torn.offset) == (11, 0)
    assert log.append(b"y" * 200) == 3
    assert list(log.read(1)) == [(1, b"y" * 100), (2, b"y" * 100), (3, b"y" * 200)]


FILL_UNTIL_LIMIT = """
import resource, sys
from pathlib import Path
from gateway.journal.file_log import FileLog
from gateway.journal.log import JournalError
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
log = FileLog(Path(sys.argv[1]))
try:
    while True:
        log.append(b"n" * 999)
except JournalError as error:
    print(log.next_batch, error)
log.close()
"""


def test_a_real_limit_of_the_system_leaves_a_good_journal(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILL_UNTIL_LIMIT, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("10 ") and "File too large" in done.stdout
    log = FileLog(tmp_path)
    assert log.opening == Opening(9, False)
    assert [number for number, _ in log.read(1)] == list(range(1, 10))
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 10_000


def test_a_reader_follows_a_writer_over_rotations(tmp_path: Path) -> None:
    log = FileLog(tmp_path, segment_bytes=500)
    log.append(b"first")
    reader = open_reader(tmp_path)
    assert list(reader.read(1)) == [(1, b"first")]
    payloads = [b"%d" % number * 40 for number in range(2, 40)]
    for number, payload in enumerate(payloads, 2):
        log.append(payload)
        assert list(reader.read(number)) == [(number, payload)]
    assert list(open_reader(tmp_path).read(1)) == [(1, b"first"), *_numbered(payloads, 2)]
    assert reader.payload(20) == payloads[18]
    assert reader.payload(41) is None
    assert reader.unfinished == ""


def test_a_reader_stops_before_a_batch_that_is_being_written(tmp_path: Path) -> None:
    log = FileLog(tmp_path)
    _fill(log, [b"one", b"two", b"three" * 100])
    path = tmp_path / "0000000000000001.journal"
    whole = path.read_bytes()
    (tmp_path / "copy").mkdir()
    copy = tmp_path / "copy" / path.name
    for cut in range(len(whole) - 500, len(whole), 31):
        copy.write_bytes(whole[:cut])
        reader = open_reader(tmp_path / "copy")
        assert list(reader.read(1)) == [(1, b"one"), (2, b"two")]
        assert reader.unfinished.startswith(f"{copy} at offset ")
    copy.write_bytes(whole)
    assert [number for number, _ in reader.read(1)] == [1, 2, 3]
    assert reader.unfinished == ""


class GrowingFile(io.BytesIO):
    """A file that a writer completes right after its end was met for the first time."""

    def __init__(self, data: bytes, visible: int) -> None:
        super().__init__(data)
        self._visible = visible

    def read(self, size: int | None = -1) -> bytes:
        at = self.tell()
        wanted = len(self.getvalue()) if size is None or size < 0 else size
        data = super().read(max(0, min(wanted, self._visible - at)))
        if len(data) < wanted:
            self._visible = len(self.getvalue())
        return data


def test_a_writer_that_goes_on_while_its_end_is_read_is_no_damage(tmp_path: Path) -> None:
    log = FileLog(tmp_path)
    _fill(log, PAYLOADS)
    (path,) = tmp_path.iterdir()
    data = path.read_bytes()
    for visible in range(SEGMENT_HEADER_SIZE, len(data)):
        reader = open_reader(tmp_path)
        file = GrowingFile(data, visible)
        (segment,) = reader.segments
        batches = list(reader._batches(segment, file, open_cursor(segment, file)))
        assert batches == _numbered(PAYLOADS)
        assert reader.unfinished == ""


def test_one_file_of_many_can_be_read_alone(tmp_path: Path) -> None:
    log = FileLog(tmp_path, segment_bytes=400)
    _fill(log, [b"y" * 100] * 9)
    middle = sorted(tmp_path.glob("*.journal"))[1]
    assert [number for number, _ in open_reader(middle).read(1)] == [3, 4]


@pytest.mark.parametrize("name", ["nothing", "empty"])
def test_reading_what_is_no_journal_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(JournalError, match=name):
        open_reader(tmp_path / name)


def test_the_memory_for_finding_batches_is_bounded_by_the_bytes_written(tmp_path: Path) -> None:
    log = FileLog(tmp_path, Durability.NONE, segment_bytes=1 << 20)
    for number in range(1, 40_001):
        log.append(b"%d" % number * 8)
    log.close()
    log = FileLog(tmp_path, segment_bytes=1 << 20)
    written = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert list(log.read(39_999)) == [(39_999, b"39999" * 8), (40_000, b"40000" * 8)]
    for number in (1, 12_345, 12_346, 39_000, 17, 40_000):
        assert log.payload(number) == b"%d" % number * 8
    assert sum(1 for _ in log.read(1)) == 40_000
    files = len(list(tmp_path.iterdir()))
    assert log.index_bytes <= (written // MARK_STRIDE + files) * 16


@given(
    st.lists(st.binary(max_size=300), max_size=40),
    st.integers(min_value=100, max_value=2000),
    st.integers(min_value=0, max_value=40),
)
def test_any_payloads_come_back_whatever_the_file_size(
    tmp_path_factory: pytest.TempPathFactory,
    payloads: list[bytes],
    segment_bytes: int,
    reopen_at: int,
) -> None:
    directory = tmp_path_factory.mktemp("journal")
    log = FileLog(directory, segment_bytes=segment_bytes)
    _fill(log, payloads[:reopen_at])
    log.abandon()
    log = FileLog(directory, segment_bytes=segment_bytes)
    _fill(log, payloads[reopen_at:])
    log.close()
    assert list(log.read(1)) == _numbered(payloads)
    assert list(open_reader(directory).read(1)) == _numbered(payloads)


APPEND_AND_TELL = """
import sys
from pathlib import Path
from gateway.journal.file_log import Durability, FileLog
log = FileLog(Path(sys.argv[1]), Durability(sys.argv[2]), segment_bytes=20_000)
while True:
    print(log.append(b"%d" % log.next_batch * 50), flush=True)
"""


@pytest.mark.parametrize("durability", [Durability.PROCESS, Durability.DISK])
def test_a_killed_process_loses_no_batch_that_it_told_of(
    tmp_path: Path, durability: Durability
) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", APPEND_AND_TELL, tmp_path, durability.value],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert writer.stdout is not None
    for line in writer.stdout:
        if int(line) == 300:
            # A live journal is read without its lock, and is refused to a second writer.
            assert sum(1 for _ in open_reader(tmp_path).read(1)) >= 300
            with pytest.raises(JournalError, match="in use"):
                FileLog(tmp_path)
            writer.kill()
            break
    told = [300, *(int(line) for line in writer.stdout if line.endswith(b"\n"))]
    writer.wait()
    log = FileLog(tmp_path)
    assert not log.opening.ended_cleanly
    assert log.opening.batches >= told[-1]
    assert list(log.read(1)) == [
        (number, b"%d" % number * 50) for number in range(1, log.next_batch)
    ]
