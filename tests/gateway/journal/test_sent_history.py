"""What a session was sent is found again by number, resets included."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.journal.history import SPAN, SentHistory
from gateway.journal.log import MemoryLog
from gateway.journal.records import Batch, FramesOut, encode_batch
from protocol.sent_log import TAIL_MAX, SentLog

ME, OTHER = 1, 2


class Recorder:
    """A log and the history of it, fed one batch at a time."""

    def __init__(self, bytes_max: int = 1 << 20) -> None:
        self.log = MemoryLog(bytes_max)
        self.history = SentHistory(self.log)

    def batch(self, *runs: FramesOut) -> None:
        number = self.log.append(encode_batch(Batch(0, 1, [], [], list(runs), [], 0)))
        self.history.note(number, runs)

    def sent(self, begin: int, end: int, session_id: int = ME) -> list[tuple[int, bytes | None]]:
        return list(self.history.reader(session_id)(begin, end))


def _run(first: int, *frames: bytes, session_id: int = ME) -> FramesOut:
    return FramesOut(session_id, first, list(frames))


def test_frames_come_back_by_number_and_session() -> None:
    recorder = Recorder()
    recorder.batch(_run(1, b"a", b"b"), _run(1, b"x", session_id=OTHER))
    recorder.batch()
    recorder.batch(_run(3, b"c"))
    assert recorder.sent(1, 4) == [(1, b"a"), (2, b"b"), (3, b"c")]
    assert recorder.sent(2, 3) == [(2, b"b")]
    assert recorder.sent(3, 3) == []
    assert recorder.sent(1, 3, OTHER) == [(1, b"x"), (2, None)]
    assert recorder.sent(1, 3, 77) == [(1, None), (2, None)]


def test_a_hole_in_the_numbers_is_none() -> None:
    recorder = Recorder()
    recorder.batch(_run(2, b"b"))
    recorder.batch(_run(5, b"e", b"f"))
    assert recorder.sent(1, 8) == [
        *((1, None), (2, b"b"), (3, None), (4, None)),
        *((5, b"e"), (6, b"f"), (7, None)),
    ]


def test_a_run_from_one_discards_everything_before() -> None:
    recorder = Recorder()
    recorder.batch(_run(1, b"a", b"b", b"c"))
    recorder.batch(_run(1, b"A"))
    assert recorder.sent(1, 4) == [(1, b"A"), (2, None), (3, None)]


def test_a_run_from_an_earlier_number_replaces_from_there_on() -> None:
    recorder = Recorder()
    recorder.batch(_run(1, b"a", b"b", b"c", b"d"))
    recorder.batch(_run(3, b"C"))
    recorder.batch(_run(6, b"F"))
    assert recorder.sent(1, 7) == [
        *((1, b"a"), (2, b"b"), (3, b"C"), (4, None), (5, None), (6, b"F")),
    ]


def test_a_reset_within_one_batch_keeps_only_what_came_after_it() -> None:
    recorder = Recorder()
    recorder.batch(_run(1, b"a", b"b", b"c", b"d"), _run(2, b"B"))
    recorder.batch(_run(3, b"C"))
    assert recorder.sent(1, 5) == [(1, b"a"), (2, b"B"), (3, b"C"), (4, None)]


def test_a_filter_turns_frames_into_gaps() -> None:
    recorder = Recorder()
    recorder.batch(_run(1, b"admin", b"report", b"admin"))
    read = recorder.history.reader(ME, lambda frame: frame != b"admin")
    assert list(read(1, 4)) == [(1, None), (2, b"report"), (3, None)]


def test_what_the_log_dropped_is_none() -> None:
    recorder = Recorder(bytes_max=300)
    for number in range(1, 21):
        recorder.batch(_run(number, b"%03d" % number * 30))
    sent = recorder.sent(1, 21)
    assert [number for number, _ in sent] == list(range(1, 21))
    assert sent[17:] == [(18, None), (19, b"019" * 30), (20, b"020" * 30)]
    assert {frame for _, frame in sent[:17]} == {None}


def test_a_busy_session_takes_one_entry_for_many_batches() -> None:
    recorder = Recorder()
    for number in range(1, 10 * SPAN + 1):
        recorder.batch(_run(number, b"%d" % number))
    index = recorder.history._indexes[ME]
    assert len(index.first) == 10
    assert recorder.sent(SPAN, SPAN + 3) == [
        (number, b"%d" % number) for number in range(SPAN, SPAN + 3)
    ]


def test_a_sent_log_reads_on_from_its_own_tail() -> None:
    recorder = Recorder(bytes_max=1 << 30)
    sent_log = SentLog(1, recorder.history.reader(ME))
    count = 3 * TAIL_MAX
    for number in range(1, count + 1):
        sent_log.append(b"%d" % number)
        if number % 100 == 0 or number == count:
            recorder.batch(*(FramesOut(ME, *run) for run in sent_log.take_fresh()))
    assert list(sent_log.read(1, count + 1)) == [
        (number, b"%d" % number) for number in range(1, count + 1)
    ]


RUNS = st.tuples(st.sampled_from([ME, OTHER]), st.integers(1, 12), st.integers(1, 5))


def _replay(batches: list[list[tuple[int, int, int]]]) -> Iterator[tuple[list[FramesOut], int]]:
    serial = 0
    for batch in batches:
        runs = []
        for session_id, first, count in batch:
            frames = [b"%d" % (serial + step) for step in range(count)]
            serial += count
            runs.append(FramesOut(session_id, first, frames))
        yield runs, serial


@given(st.lists(st.lists(RUNS, max_size=3), max_size=40), st.integers(1, 16), st.integers(1, 16))
def test_any_sequence_of_runs_reads_like_a_dict(
    batches: list[list[tuple[int, int, int]]], begin: int, end: int
) -> None:
    recorder = Recorder()
    naive: dict[int, dict[int, bytes]] = {ME: {}, OTHER: {}}
    for runs, _ in _replay(batches):
        recorder.batch(*runs)
        for run in runs:
            kept = {
                number: frame
                for number, frame in naive[run.session_id].items()
                if number < run.first_number
            }
            kept.update(enumerate(run.frames, run.first_number))
            naive[run.session_id] = kept
    for session_id, known in naive.items():
        expected = [(number, known.get(number)) for number in range(begin, end)]
        assert recorder.sent(begin, end, session_id) == expected


@pytest.mark.parametrize("batches", [1, 5])
def test_reading_goes_on_while_new_frames_are_noted(batches: int) -> None:
    recorder = Recorder()
    for number in range(1, 40):
        recorder.batch(_run(number, b"%d" % number))
    reading = recorder.history.reader(ME)(30, 45)
    first = next(reading)
    for number in range(40, 40 + batches):
        recorder.batch(_run(number, b"%d" % number))
    rest = [(number, b"%d" % number) for number in range(31, 40 + batches)]
    assert [first, *reading] == [
        *((30, b"30"), *rest),
        *((number, None) for number in range(40 + batches, 45)),
    ]
