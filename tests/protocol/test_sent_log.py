"""The numbered history of a session."""

from collections.abc import Iterator
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import sent_log
from protocol.sent_log import Entry, SentLog


def old_history(begin: int, end: int) -> Iterator[Entry]:
    return iter([(number, b"old %d" % number) for number in range(begin, end)])


def test_a_successor_numbers_from_1_and_takes_over_what_is_still_to_be_journaled() -> None:
    log = SentLog(7, old_history)
    assert log.append(b"seven") == 7
    following = log.successor()
    assert following.append(b"one") == 1
    assert log.take_fresh() == []
    assert following.take_fresh() == [(7, [b"seven"], []), (1, [b"one"], [])]


def test_the_log_before_a_successor_stays_readable() -> None:
    log = SentLog(7, old_history)
    log.append(b"seven")
    log.successor().append(b"one")
    assert list(log.read(5, 9)) == [(5, b"old 5"), (6, b"old 6"), (7, b"seven")]


def test_a_successor_holds_only_its_own_messages() -> None:
    following = SentLog(7, old_history).successor()
    following.append(b"one")
    assert list(following.read(1, 9)) == [(1, b"one")]


def test_a_derived_frame_takes_a_number_and_leaves_its_length_and_checksum() -> None:
    log = SentLog()
    log.append(b"one")
    assert log.append_derived(b"two") == 2
    log.append(b"three")
    assert list(log.read(1, 4)) == [(1, b"one"), (2, None), (3, b"three")]
    assert log.take_fresh() == [(1, [b"one", b"", b"three"], [(3, crc32(b"two"))])]


def test_the_last_bytes_begin_in_a_message_whether_it_is_kept_or_not() -> None:
    log = SentLog()
    log.append(b"x" * 10)
    log.append(b"x" * 20, resendable=False)
    log.append_derived(b"x" * 30)
    log.append(b"x" * 40)
    begins = [log.begin_of_last(5, count) for count in (0, 1, 40, 41, 70, 71, 90, 91, 101)]
    assert begins == [5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert log.begin_of_last(3, 20) == 2


def test_beyond_the_tail_the_last_bytes_are_counted_through_the_reader() -> None:
    log = SentLog(7, old_history)
    log.append(b"seven")
    # `old 6` and `old 5` are five bytes each.
    assert [log.begin_of_last(8, count) for count in (5, 6, 10, 11, 1_000)] == [7, 6, 6, 5, 1]


STEPS = st.lists(
    st.one_of(
        st.sampled_from(["kept", "withheld", "derived", "take", "restart"]),
        st.tuples(st.integers(1, 30), st.integers(1, 30)),
    ),
    max_size=60,
)


@given(STEPS)
def test_what_was_numbered_is_read_back_before_and_after_it_is_taken(
    steps: list[str | tuple[int, int]],
) -> None:
    stored: dict[int, bytes | None] = {}

    def read_stored(begin: int, end: int) -> Iterator[Entry]:
        return iter([(number, stored[number]) for number in range(begin, end)])

    log = SentLog(1, read_stored)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sent_log, "TAIL_MAX", 3)
        for step in steps:
            number = log.next_number
            frame = b"%d" % number * number
            if step == "kept":
                log.append(frame)
                stored[number] = frame
            elif step == "withheld":
                log.append(frame, resendable=False)
                stored[number] = None
            elif step == "derived":
                log.append_derived(frame)
                stored[number] = None
            elif step == "take":
                assert all(run[1] for run in log.take_fresh())
            elif step == "restart":
                log.restart_at(1)
                stored.clear()
            else:
                assert isinstance(step, tuple)
                begin, end = step
                expected = [(one, stored[one]) for one in range(begin, end) if one in stored]
                assert list(log.read(begin, end)) == expected
            assert len(log._tail) < 2 * sent_log.TAIL_MAX
