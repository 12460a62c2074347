"""The numbered history of a session."""

from collections.abc import Iterator

from protocol.sent_log import Entry, SentLog


def old_history(begin: int, end: int) -> Iterator[Entry]:
    return iter([(number, b"old %d" % number) for number in range(begin, end)])


def test_a_successor_numbers_from_1_and_takes_over_what_is_still_to_be_journaled() -> None:
    log = SentLog(7, old_history)
    assert log.append(b"seven") == 7
    following = log.successor()
    assert following.append(b"one") == 1
    assert log.take_fresh() == []
    assert following.take_fresh() == [(7, [b"seven"]), (1, [b"one"])]


def test_the_log_before_a_successor_stays_readable() -> None:
    log = SentLog(7, old_history)
    log.append(b"seven")
    log.successor().append(b"one")
    assert list(log.read(5, 9)) == [(5, b"old 5"), (6, b"old 6"), (7, b"seven")]


def test_a_successor_holds_only_its_own_messages() -> None:
    following = SentLog(7, old_history).successor()
    following.append(b"one")
    assert list(following.read(1, 9)) == [(1, b"one")]
