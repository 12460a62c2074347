"""gateway.login_delays: when a logon gets its answer after wrong passwords."""

import pytest

from gateway import login_delays
from gateway.login_delays import (
    COUNTS_MAX,
    FORGET_NS,
    FREE_PER_IDENTITY,
    FREE_PER_SOURCE,
    NS_PER_S,
    WAIT_MAX_NS,
    LoginDelays,
)


def after_wrong(count: int, source: str = "10.0.0.1", identity: bytes = b"ACME") -> LoginDelays:
    delays = LoginDelays()
    for _ in range(count):
        delays.wrong(source, identity, 0)
    return delays


@pytest.mark.parametrize(
    ("wrong", "seconds"), [(0, 0), (2, 0), (3, 1), (4, 2), (5, 4), (6, 8), (9, 8)]
)
def test_the_wait_doubles_from_the_fourth_logon_on_up_to_its_limit(
    wrong: int, seconds: int
) -> None:
    delays = after_wrong(wrong)
    assert delays.turn("10.0.0.1", b"ACME", 100) == 100 + seconds * NS_PER_S


def test_logons_that_arrive_together_wait_for_one_another() -> None:
    delays = after_wrong(FREE_PER_IDENTITY)
    turns = [delays.turn("10.0.0.1", b"ACME", 0) for _ in range(3)]
    assert turns == [NS_PER_S, 2 * NS_PER_S, 3 * NS_PER_S]


def test_a_queue_that_is_too_long_takes_no_more_and_the_refused_do_not_lengthen_it() -> None:
    delays = after_wrong(FREE_PER_IDENTITY)
    turns = [delays.turn("10.0.0.1", b"ACME", 0) for _ in range(40)]
    assert turns[29] == WAIT_MAX_NS and turns[30:] == [None] * 10
    assert delays.turn("10.0.0.1", b"ACME", NS_PER_S) == WAIT_MAX_NS + NS_PER_S


def test_another_address_and_another_identity_are_answered_at_once() -> None:
    delays = after_wrong(10)
    assert delays.turn("10.0.0.2", b"ACME", 5) == 5
    assert delays.turn("10.0.0.1", b"OTHER", 5) == 5


def test_an_address_that_tries_many_identities_waits_whoever_it_says_it_is() -> None:
    delays = LoginDelays()
    for number in range(FREE_PER_SOURCE):
        assert delays.turn("10.0.0.1", b"%d" % number, 0) == 0
        delays.wrong("10.0.0.1", b"%d" % number, 0)
    assert delays.turn("10.0.0.1", b"NEW", 0) == NS_PER_S
    assert delays.turn("10.0.0.2", b"NEW", 0) == 0


def test_a_right_password_begins_afresh() -> None:
    delays = after_wrong(FREE_PER_IDENTITY)
    delays.right("10.0.0.1", b"ACME")
    assert delays.turn("10.0.0.1", b"ACME", 0) == 0


def test_a_silence_is_forgiven() -> None:
    delays = after_wrong(FREE_PER_IDENTITY)
    assert delays.turn("10.0.0.1", b"ACME", FORGET_NS) == FORGET_NS + NS_PER_S
    later = 2 * FORGET_NS + NS_PER_S + 1
    assert delays.turn("10.0.0.1", b"ACME", later) == later


def test_the_table_is_bounded_and_forgets_the_longest_quiet_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert COUNTS_MAX == 4_096
    monkeypatch.setattr(login_delays, "COUNTS_MAX", 4)
    delays = after_wrong(FREE_PER_IDENTITY, "10.0.0.1")
    for host in range(2, 5):
        delays.wrong(f"10.0.0.{host}", b"ACME", 0)
    assert delays.turn("10.0.0.1", b"ACME", 0) == 0


@pytest.mark.parametrize("source", ["127.0.0.1", "::1"])
def test_on_this_machine_one_who_guesses_names_makes_nobody_else_wait(source: str) -> None:
    delays = LoginDelays()
    for number in range(10 * FREE_PER_SOURCE):
        delays.wrong(source, b"%d" % number, 0)
    assert delays.turn(source, b"ACME", 5) == 5
    assert after_wrong(3, source).turn(source, b"ACME", 5) == 5 + NS_PER_S
