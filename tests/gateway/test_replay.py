"""A recorded journal driven through a fresh venue: the same bytes, or the first difference."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from gateway.cli.replay import app
from gateway.journal.file_log import FileLog
from gateway.journal.reader import open_reader
from gateway.journal.records import Batch, Received, Started, decode_batch, encode_batch
from matching import order_flow
from matching.checks import entry_fault
from matching.types import RejectReason
from tests.gateway.golden_day import GOLDEN

Change = Callable[[int, Batch], Batch]


def replay(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def changed(directory: Path, change: Change) -> Path:
    """The golden days with some batches changed, as a journal of its own."""
    log = FileLog(directory)
    for number, payload in open_reader(GOLDEN).read(1):
        log.append(encode_batch(change(number, decode_batch(payload))))
    log.close()
    return directory


def batch_with(predicate: Callable[[Batch], bool]) -> int:
    """The number of the first golden batch like this."""
    for number, payload in open_reader(GOLDEN).read(1):
        if predicate(decode_batch(payload)):
            return number
    raise AssertionError("no such batch")


def test_the_golden_days_come_out_again_byte_for_byte() -> None:
    batches = [decode_batch(payload) for _, payload in open_reader(GOLDEN).read(1)]
    commands = sum(len(batch.commands) for batch in batches)
    frames = sum(len(run.frames) for batch in batches for run in batch.frames)
    result = replay(GOLDEN)
    assert (result.exit_code, result.output) == (
        0,
        f"ok: {len(batches)} batches, {commands} commands, {frames} frames compared\n",
    )


def test_a_single_file_is_replayed_like_its_directory() -> None:
    (file,) = GOLDEN.glob("*.journal")
    assert replay(file).output == replay(GOLDEN).output


def test_replay_reads_a_journal_without_writing_to_it() -> None:
    before = {each.name: each.read_bytes() for each in GOLDEN.iterdir()}
    replay(GOLDEN)
    assert {each.name: each.read_bytes() for each in GOLDEN.iterdir()} == before


@pytest.mark.parametrize(
    ("begins", "shown"),
    [(b"8=FIX.4.2", "|MsgType(35)=8 ExecutionReport|"), (b"E", "OUCH Executed"), (b"{", '"type":')],
)
def test_a_changed_byte_of_a_frame_is_shown_on_both_sides_decoded(
    begins: bytes, shown: str, tmp_path: Path
) -> None:
    def fits(frame: bytes) -> bool:
        return frame.startswith(begins) and (b"\x0135=8\x01" in frame or begins != b"8=FIX.4.2")

    at = batch_with(lambda batch: any(fits(f) for run in batch.frames for f in run.frames))

    def change(number: int, batch: Batch) -> Batch:
        if number == at:
            for run in batch.frames:
                for index, frame in enumerate(run.frames):
                    if fits(frame):
                        run.frames[index] = frame[:-5] + bytes([frame[-5] ^ 1]) + frame[-4:]
                        return batch
        return batch

    result = replay(changed(tmp_path / "changed", change))
    lines = result.output.splitlines()
    assert result.exit_code == 1
    assert lines[0] == f"diverged in batch {at}, first in its frame"
    assert (lines[1], lines[3], len(lines)) == ("recorded:", "replayed:", 5)
    assert shown in lines[2] and shown in lines[4] and lines[2] != lines[4]


def test_a_changed_byte_of_what_a_client_sent_is_a_divergence(tmp_path: Path) -> None:
    def order(batch: Batch) -> bool:
        return any(isinstance(f, Received) and b"\x0111=b00\x01" in f.data for f in batch.facts)

    at = batch_with(order)

    def change(number: int, batch: Batch) -> Batch:
        if number != at:
            return batch
        facts = [
            msgspec.structs.replace(
                fact, data=fact.data.replace(b"\x0138=10\x01", b"\x0138=90\x01")
            )
            if isinstance(fact, Received)
            else fact
            for fact in batch.facts
        ]
        return msgspec.structs.replace(batch, facts=facts)

    result = replay(changed(tmp_path / "changed", change))
    assert result.exit_code == 1
    assert result.output.startswith(f"diverged in batch {at}, first in its frame\nrecorded:\n")


def test_a_changed_rule_is_shown_where_it_first_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_ticks(*arguments: object) -> RejectReason | None:
        fault = entry_fault(*arguments)  # type: ignore[arg-type]
        return None if fault is RejectReason.INVALID_TICK else fault

    monkeypatch.setattr(order_flow, "entry_fault", no_ticks)
    result = replay(GOLDEN)
    assert result.exit_code == 1
    recorded, replayed = result.output.split("recorded:")[1].split("replayed:")
    assert "|ExecType(150)=8 REJECTED|" in recorded and "|ClOrdID(11)=y1|" in recorded
    assert "|ExecType(150)=0 NEW|" in replayed and "|ClOrdID(11)=y1|" in replayed


def test_a_missing_frame_and_a_changed_checksum_are_divergences(tmp_path: Path) -> None:
    last = sum(1 for _ in open_reader(GOLDEN).read(1))

    def change(number: int, batch: Batch) -> Batch:
        return msgspec.structs.replace(batch, events_crc=1) if number == last else batch

    result = replay(changed(tmp_path / "crc", change))
    assert result.exit_code == 1
    assert result.output.startswith(f"diverged in batch {last}, first in its events checksum\n")

    at = batch_with(lambda batch: bool(batch.frames))

    def drop(number: int, batch: Batch) -> Batch:
        return msgspec.structs.replace(batch, frames=[]) if number == at else batch

    result = replay(changed(tmp_path / "dropped", drop))
    assert result.exit_code == 1
    assert "recorded:\n  nothing\nreplayed:\n  frame " in result.output


def test_a_journal_that_does_not_begin_with_a_start_is_a_divergence(tmp_path: Path) -> None:
    log = FileLog(tmp_path / "headless")
    log.append(encode_batch(Batch(1, 1, [Received(1, b"x")], [], [], [], 0)))
    log.close()
    result = replay(tmp_path / "headless")
    assert (result.exit_code, result.output.splitlines()) == (
        1,
        [
            "diverged in batch 1, first in its first fact",
            "recorded:",
            "  Started",
            "replayed:",
            "  fact     Received connection_id=1 x",
        ],
    )


def test_what_is_no_journal_of_this_version_ends_with_74(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    assert replay(tmp_path / "notes.txt").exit_code == 74
    assert replay(tmp_path / "absent").exit_code == 74
    log = FileLog(tmp_path / "foreign")
    log.append(encode_batch(Batch(1, 1, [Started("9", b"?")], [], [], [], 0)))
    log.close()
    result = replay(tmp_path / "foreign")
    assert result.exit_code == 74
    assert "the recorded configuration cannot be decoded" in result.output


def test_a_report_is_not_built_yet_and_says_so(tmp_path: Path) -> None:
    result = replay(GOLDEN, "--report", tmp_path / "report.html")
    assert (result.exit_code, result.output) == (2, "venue replay: --report is not built yet\n")
