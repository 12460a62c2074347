"""gateway.clock: time never goes back, and the trading day is the zone's."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from gateway.clock import ManualClock, RealClock, time_zone, trading_day

SECOND = 1_000_000_000


def utc_ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


def machine(monkeypatch: pytest.MonkeyPatch, wall: list[int], monotonic: list[int]) -> None:
    walls: Iterator[int] = iter(wall)
    monotonics: Iterator[int] = iter(monotonic)
    monkeypatch.setattr(time, "time_ns", lambda: next(walls))
    monkeypatch.setattr(time, "monotonic_ns", lambda: next(monotonics))


def test_the_real_clock_tells_the_machines_time(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, wall=[100, 250, 900], monotonic=[])
    clock = RealClock()
    assert [clock.now_ns() for _ in range(3)] == [100, 250, 900]


def test_the_real_clock_runs_slower_while_the_machine_is_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine(monkeypatch, wall=[1_000, 500, 600, 700, 2_000], monotonic=[70, 170, 270])
    clock = RealClock()
    assert [clock.now_ns() for _ in range(5)] == [1_000, 1_000, 1_090, 1_180, 2_000]


def test_the_real_clock_does_not_count_agreement_as_running_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine(monkeypatch, wall=[1_000, 1_000, 2_000, 1_500, 1_600], monotonic=[70, 5_000, 5_010])
    clock = RealClock()
    assert [clock.now_ns() for _ in range(5)] == [1_000, 1_000, 2_000, 2_000, 2_009]


def test_the_real_clock_starts_at_the_journals_last_time(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, wall=[100, 9_000], monotonic=[1])
    clock = RealClock(floor_ns=5_000)
    assert [clock.now_ns(), clock.now_ns()] == [5_000, 9_000]


def test_a_timer_on_the_real_clock_waits_for_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, wall=[10 * SECOND, 11 * SECOND], monotonic=[])
    clock = RealClock()
    assert clock.delay_seconds(12 * SECOND) == 2.0
    assert clock.delay_seconds(5 * SECOND) == 0.0


def test_the_manual_clock_moves_only_when_advanced() -> None:
    clock = ManualClock(start_ns=1_000)
    assert (clock.now_ns(), clock.now_ns()) == (1_000, 1_000)
    assert clock.advance(500) == 1_500
    assert clock.now_ns() == 1_500
    assert clock.delay_seconds(9_999) is None


def test_the_manual_clock_refuses_to_go_back() -> None:
    clock = ManualClock(start_ns=1_000)
    with pytest.raises(ValueError, match="expected 0 ns or more, got -1"):
        clock.advance(-1)
    assert clock.now_ns() == 1_000


@pytest.mark.parametrize(
    ("zone", "now", "trading_date", "midnight"),
    [
        ("UTC", "2024-02-29T23:59:59", 20240229, "2024-02-29T00:00:00"),
        ("UTC", "1970-01-01T00:00:00", 19700101, "1970-01-01T00:00:00"),
        ("America/New_York", "2024-07-01T03:59:59", 20240630, "2024-06-30T04:00:00"),
        ("America/New_York", "2024-07-01T04:00:00", 20240701, "2024-07-01T04:00:00"),
        # The clocks changed at 02:00: midnight still has winter's offset, noon summer's.
        ("America/New_York", "2024-03-10T16:00:00", 20240310, "2024-03-10T05:00:00"),
        ("Asia/Tokyo", "2024-06-30T15:00:00", 20240701, "2024-06-30T15:00:00"),
        ("Asia/Kolkata", "2024-01-01T00:00:00", 20240101, "2023-12-31T18:30:00"),
        # Midnight was skipped: the clocks went from 24:00 straight to 01:00.
        ("America/Sao_Paulo", "2018-11-04T12:00:00", 20181104, "2018-11-04T03:00:00"),
    ],
)
def test_the_trading_day_is_the_zones(
    zone: str, now: str, trading_date: int, midnight: str
) -> None:
    assert trading_day(utc_ns(now), time_zone(zone)) == (trading_date, utc_ns(midnight))


def test_utc_needs_no_zone_database() -> None:
    assert time_zone("UTC") is UTC


def test_an_unknown_zone_is_an_error() -> None:
    with pytest.raises(KeyError):
        time_zone("Mars/Olympus")
