"""What a crash leaves is taken off; anything else not as it was written refuses to start."""

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway.journal.file_log import FileLog
from gateway.journal.log import JournalError
from gateway.journal.opening import Opening
from gateway.journal.reader import open_reader
from gateway.journal.segment import FRAME_HEADER_SIZE, SEGMENT_HEADER_SIZE, frame_size

PAYLOADS = [b"alpha", b"bravo-bravo", b"", b"delta" * 9, b"echo"]
SEGMENT_BYTES = 130


class Written(NamedTuple):
    directory: Path
    files: list[Path]
    ends: list[int]
    """Offset in the last file behind each batch in it."""
    before_last: int
    """Batches in earlier files."""


def _write(directory: Path, *, segment_bytes: int = 1 << 20, clean: bool = False) -> Written:
    log = FileLog(directory, segment_bytes=segment_bytes)
    for payload in PAYLOADS:
        log.append(payload)
    if clean:
        log.close()
    else:
        log.abandon()
    files = sorted(directory.glob("*.journal"))
    before_last = int(files[-1].stem) - 1
    ends, end = [], SEGMENT_HEADER_SIZE
    for payload in PAYLOADS[before_last:]:
        end += frame_size(len(payload))
        ends.append(end)
    return Written(directory, files, ends, before_last)


def _recovered(directory: Path) -> list[bytes]:
    """The batches after opening, checked to go on correctly and to be readable without opening."""
    readable = [payload for _, payload in open_reader(directory).read(1)]
    log = FileLog(directory, segment_bytes=SEGMENT_BYTES)
    batches = list(log.read(1))
    assert batches == list(enumerate(readable, 1))
    assert log.append(b"goes on") == len(batches) + 1
    log.close()
    again = FileLog(directory, segment_bytes=SEGMENT_BYTES)
    assert again.opening == Opening(len(batches) + 1, True)
    assert list(again.read(1)) == [*batches, (len(batches) + 1, b"goes on")]
    again.close()
    return readable


@pytest.mark.parametrize("segment_bytes", [1 << 20, SEGMENT_BYTES])
@pytest.mark.parametrize("clean", [False, True])
def test_every_cut_of_the_last_file_recovers_the_batches_before_it(
    tmp_path: Path, segment_bytes: int, clean: bool
) -> None:
    written = _write(tmp_path / "whole", segment_bytes=segment_bytes, clean=clean)
    last = written.files[-1]
    for cut in range(last.stat().st_size + 1):
        copy = tmp_path / "cut"
        shutil.copytree(written.directory, copy)
        with (copy / last.name).open("r+b") as file:
            file.truncate(cut)
        whole = sum(end <= cut for end in written.ends)
        expected = PAYLOADS[: written.before_last + whole]
        if cut >= SEGMENT_HEADER_SIZE or len(written.files) > 1:
            assert _recovered(copy) == expected
        else:
            log = FileLog(copy)
            assert list(log.read(1)) == expected == []
            log.close()
        shutil.rmtree(copy)


def test_what_a_cut_left_is_set_aside_and_reported(tmp_path: Path) -> None:
    written = _write(tmp_path)
    (file,) = written.files
    whole = file.read_bytes()
    file.write_bytes(whole[:-5])
    log = FileLog(tmp_path)
    torn = log.opening.torn
    assert torn is not None
    begin = written.ends[-2]
    assert (torn.path, torn.offset, torn.length) == (str(file), begin, len(whole) - 5 - begin)
    assert (tmp_path / torn.kept_as).read_bytes() == whole[begin:-5]
    assert log.opening.batches == 4
    assert log.opening.describe().startswith(
        f"journal of 4 batches, did not end cleanly; {torn.length} bytes of an interrupted write"
    )
    log.abandon()
    # A second tear at the same place does not overwrite what the first one left.
    file.write_bytes(whole[:-6])
    second = FileLog(tmp_path).opening.torn
    assert second is not None and second.kept_as != torn.kept_as


@pytest.mark.parametrize("zeros", [1, 8, 27, 28, 29, 4096])
def test_zeros_behind_the_last_batch_are_the_end(tmp_path: Path, zeros: int) -> None:
    written = _write(tmp_path)
    with written.files[0].open("ab") as file:
        file.write(bytes(zeros))
    log = FileLog(tmp_path)
    torn = log.opening.torn
    assert torn is not None and (torn.length, torn.kept_as) == (zeros, "")
    log.close()
    assert _recovered(tmp_path) == PAYLOADS


def test_garbage_behind_the_last_batch_is_set_aside(tmp_path: Path) -> None:
    written = _write(tmp_path)
    with written.files[0].open("ab") as file:
        file.write(bytes(64) + b"late page of an unfinished write")
    log = FileLog(tmp_path)
    torn = log.opening.torn
    assert torn is not None and torn.length == 96
    assert (tmp_path / torn.kept_as).stat().st_size == 96
    log.close()
    assert _recovered(tmp_path) == PAYLOADS


def _flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 0x41
    path.write_bytes(data)


def _is_padding(written: Written, offset: int) -> bool:
    begin = SEGMENT_HEADER_SIZE
    for payload, end in zip(PAYLOADS[written.before_last :], written.ends, strict=True):
        if begin <= offset < end:
            return offset >= begin + FRAME_HEADER_SIZE + len(payload)
        begin = end
    return offset >= begin + FRAME_HEADER_SIZE


def _outcome(directory: Path) -> list[bytes] | None:
    """The batches that are read back, None if they are refused when opening or reading."""
    try:
        log = FileLog(directory)
    except JournalError as error:
        assert "expected" in str(error), error
        return None
    try:
        return [payload for _, payload in log.read(1)]
    except JournalError as error:
        assert " at offset " in str(error) and "venue journal show" in str(error), error
        return None
    finally:
        log.abandon()


@pytest.mark.parametrize("clean", [False, True])
def test_every_flipped_byte_of_the_last_file_refuses_or_cannot_be_told_from_a_torn_tail(
    tmp_path: Path, clean: bool
) -> None:
    written = _write(tmp_path / "whole", clean=clean)
    (last,) = written.files
    for offset in range(last.stat().st_size):
        copy = tmp_path / "flipped"
        shutil.copytree(written.directory, copy)
        _flip(copy / last.name, offset)
        outcome = _outcome(copy)
        shutil.rmtree(copy)
        # A record of a clean end proves that the batch before it was whole.
        if _is_padding(written, offset) or offset >= written.ends[-1]:
            assert outcome == PAYLOADS, offset
        elif offset < written.ends[-2] or clean:
            assert outcome is None, offset
        else:
            assert outcome == PAYLOADS[:-1], offset


def test_every_flipped_byte_of_an_earlier_file_refuses(tmp_path: Path) -> None:
    written = _write(tmp_path / "whole", segment_bytes=SEGMENT_BYTES)
    assert len(written.files) == 4
    for file in written.files[:-1]:
        for offset in range(file.stat().st_size):
            copy = tmp_path / "flipped"
            shutil.copytree(written.directory, copy)
            _flip(copy / file.name, offset)
            outcome = _outcome(copy)
            shutil.rmtree(copy)
            assert outcome in (None, PAYLOADS), (file.name, offset)
            if outcome is not None:
                harmless = file.read_bytes()[offset]
                assert harmless == 0, (file.name, offset)


def test_a_missing_or_cut_earlier_file_refuses(tmp_path: Path) -> None:
    written = _write(tmp_path / "whole", segment_bytes=SEGMENT_BYTES)
    for file in written.files[:-1]:
        for cut in (None, *range(file.stat().st_size)):
            copy = tmp_path / "cut"
            shutil.copytree(written.directory, copy)
            if cut is None:
                (copy / file.name).unlink()
            else:
                with (copy / file.name).open("r+b") as opened:
                    opened.truncate(cut)
            with pytest.raises(JournalError, match="expected"):
                FileLog(copy)
            shutil.rmtree(copy)


def test_a_zeroed_batch_in_the_middle_refuses_and_names_the_place(tmp_path: Path) -> None:
    written = _write(tmp_path)
    (file,) = written.files
    data = bytearray(file.read_bytes())
    begin, end = written.ends[0], written.ends[1]
    data[begin:end] = bytes(end - begin)
    file.write_bytes(data)
    with pytest.raises(JournalError) as raised:
        FileLog(tmp_path)
    assert str(raised.value) == (
        f"{file} at offset {begin}: expected a frame, found zeros; later frames follow at offset "
        f"{end}: no interrupted write; see what is intact with `venue journal show {file}`, "
        "then restore the directory from a copy or start on another"
    )
    with pytest.raises(JournalError, match="later frames follow"):
        list(open_reader(tmp_path).read(1))
    # Refusing changes nothing.
    assert file.read_bytes() == data


def test_a_file_of_another_journal_is_refused(tmp_path: Path) -> None:
    mine = _write(tmp_path / "mine", segment_bytes=SEGMENT_BYTES)
    log = FileLog(tmp_path / "other", segment_bytes=SEGMENT_BYTES)
    for payload in PAYLOADS:
        log.append(payload.upper())
    log.close()
    shutil.copy(tmp_path / "other" / mine.files[-1].name, mine.directory)
    with pytest.raises(JournalError, match="belongs to another journal"):
        FileLog(mine.directory)


def test_frames_in_a_client_text_are_not_taken_for_later_batches(tmp_path: Path) -> None:
    # Frames of another file, at every alignment, inside the last payload of this one.
    other = FileLog(tmp_path / "other")
    for _ in range(9):
        other.append(b"forged")
    other.close()
    forged = (tmp_path / "other" / "0000000000000001.journal").read_bytes()
    text = b"".join(bytes(8 - shift) + bytes(shift) + forged for shift in range(8))
    log = FileLog(tmp_path / "mine")
    log.append(b"good")
    log.append(b"".join(bytes(shift) + text for shift in range(8)))
    log.abandon()
    file = tmp_path / "mine" / "0000000000000001.journal"
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size - 1)
    assert _recovered(tmp_path / "mine") == [b"good"]
