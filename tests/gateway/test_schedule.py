"""gateway.schedule: periods of days and weeks in a time zone, over changes of the clocks."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config_fix import FixSession
from gateway.schedule import (
    WEEKDAYS,
    Period,
    Schedule,
    configured_schedule,
    parse_day,
    parse_time,
)

SECOND = 1_000_000_000
ZURICH = ZoneInfo("Europe/Zurich")
NEW_YORK = ZoneInfo("America/New_York")


def ns(text: str) -> int:
    """Nanoseconds of an ISO time with its offset, UTC without one."""
    at = datetime.fromisoformat(text)
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) * SECOND


def shown(period: Period | None) -> tuple[str, str] | None:
    """Both ends in UTC."""
    if period is None:
        return None
    ends = (period.start_ns, period.end_ns)
    begin, end = (f"{datetime.fromtimestamp(at // SECOND, UTC):%m-%dT%H:%M}" for at in ends)
    return begin, end


def schedule(**keys: object) -> Schedule:
    session = FixSession("FIX.4.4", "ACME", **{"time_zone": "UTC", **keys})  # type: ignore[arg-type]
    made = configured_schedule(session)
    assert made is not None
    return made


def test_without_a_start_time_there_is_no_schedule() -> None:
    assert configured_schedule(FixSession("FIX.4.4", "ACME")) is None


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-01-05T07:59:59", None),
        ("2026-01-05T08:00:00", ("01-05T08:00", "01-05T17:00")),
        ("2026-01-05T16:59:59", ("01-05T08:00", "01-05T17:00")),
        ("2026-01-05T17:00:00", None),
    ],
)
def test_a_daily_period_is_open_from_its_start_until_its_end(
    at: str, expected: tuple[str, str] | None
) -> None:
    daily = schedule(start_time="08:00:00", end_time="17:00:00")
    assert shown(daily.period(ns(at))) == expected


def test_a_daily_period_whose_end_is_earlier_ends_on_the_next_day() -> None:
    night = schedule(start_time="22:00:00", end_time="06:00:00")
    assert shown(night.period(ns("2026-01-05T23:00:00"))) == ("01-05T22:00", "01-06T06:00")
    assert shown(night.period(ns("2026-01-06T05:59:59"))) == ("01-05T22:00", "01-06T06:00")
    assert night.period(ns("2026-01-06T12:00:00")) is None


def test_equal_times_are_open_always_and_begin_anew_each_day() -> None:
    always = schedule(start_time="00:00:00", end_time="00:00:00")
    assert shown(always.period(ns("2026-01-05T23:59:59"))) == ("01-05T00:00", "01-06T00:00")
    assert shown(always.period(ns("2026-01-06T00:00:00"))) == ("01-06T00:00", "01-07T00:00")


def test_weekdays_are_the_days_on_which_periods_start() -> None:
    nights = schedule(start_time="22:00:00", end_time="06:00:00", weekdays=("friday", "sunday"))
    assert shown(nights.period(ns("2026-01-10T05:00:00"))) == ("01-09T22:00", "01-10T06:00")
    assert nights.period(ns("2026-01-10T23:00:00")) is None
    assert shown(nights.period(ns("2026-01-12T05:00:00"))) == ("01-11T22:00", "01-12T06:00")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-01-09T16:59:59-05:00", ("01-04T22:00", "01-09T22:00")),
        ("2026-01-09T17:00:00-05:00", None),
        ("2026-01-11T16:59:00-05:00", None),
        ("2026-01-11T17:00:00-05:00", ("01-11T22:00", "01-16T22:00")),
    ],
)
def test_a_weekly_period_spans_days_and_leaves_the_weekend(
    at: str, expected: tuple[str, str] | None
) -> None:
    week = schedule(
        start_time="17:00:00",
        end_time="17:00:00",
        start_day="sunday",
        end_day="friday",
        time_zone="America/New_York",
    )
    assert shown(week.period(ns(at))) == expected


def test_a_week_that_wraps_over_sunday_is_found_from_either_side() -> None:
    week = schedule(start_time="08:00:00", end_time="12:00:00", start_day="saturday", end_day="mon")
    for at in ("2026-01-10T08:00:00", "2026-01-11T23:00:00", "2026-01-12T11:59:59"):
        assert shown(week.period(ns(at))) == ("01-10T08:00", "01-12T12:00")
    assert week.period(ns("2026-01-12T12:00:00")) is None


def test_a_week_from_a_day_to_the_same_time_of_that_day_leaves_no_gap() -> None:
    week = schedule(start_time="08:00:00", end_time="08:00:00", start_day="monday", end_day="mon")
    assert shown(week.period(ns("2026-01-12T07:59:59"))) == ("01-05T08:00", "01-12T08:00")
    assert shown(week.period(ns("2026-01-12T08:00:00"))) == ("01-12T08:00", "01-19T08:00")


def test_a_week_of_hours_on_one_day_is_open_for_these_only() -> None:
    week = schedule(start_time="08:00:00", end_time="10:00:00", start_day="monday", end_day="mon")
    assert shown(week.period(ns("2026-01-12T09:00:00"))) == ("01-12T08:00", "01-12T10:00")
    assert week.period(ns("2026-01-12T10:00:00")) is None


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-28T12:00:00", ("03-28T07:00", "03-28T16:00")),
        ("2026-03-29T12:00:00", ("03-29T06:00", "03-29T15:00")),
        ("2026-10-24T12:00:00", ("10-24T06:00", "10-24T15:00")),
        ("2026-10-25T12:00:00", ("10-25T07:00", "10-25T16:00")),
    ],
)
def test_local_hours_stay_over_a_change_of_the_clocks(at: str, expected: tuple[str, str]) -> None:
    daily = schedule(start_time="08:00:00", end_time="17:00:00", time_zone="Europe/Zurich")
    assert shown(daily.period(ns(at))) == expected


def test_a_start_that_the_clocks_skip_counts_as_before_the_change() -> None:
    """In Zurich 02:30 does not exist on 2026-03-29: 01:30 UTC, when it is 03:30."""
    early = schedule(start_time="02:30:00", end_time="12:00:00", time_zone="Europe/Zurich")
    assert early.period(ns("2026-03-29T01:29:59")) is None
    assert shown(early.period(ns("2026-03-29T01:30:00"))) == ("03-29T01:30", "03-29T10:00")


def test_of_a_start_that_comes_twice_the_first_counts() -> None:
    """In Zurich 02:30 comes at 00:30 and at 01:30 UTC on 2026-10-25."""
    early = schedule(start_time="02:30:00", end_time="12:00:00", time_zone="Europe/Zurich")
    assert shown(early.period(ns("2026-10-25T00:30:00"))) == ("10-25T00:30", "10-25T11:00")


def test_a_zone_that_skips_a_whole_day_has_no_period_on_it() -> None:
    """Samoa went from 2011-12-29 24:00 to 2011-12-31."""
    daily = schedule(start_time="08:00:00", end_time="08:00:00", time_zone="Pacific/Apia")
    before, after = (daily.period(ns(f"2011-12-{day}T12:00:00")) for day in ("30", "31"))
    assert before is not None and after is not None
    assert before.end_ns <= after.start_ns or before == after


TIMES = st.builds(lambda minutes: time(minutes // 60, minutes % 60), st.integers(0, 1439))
MOMENTS = st.integers(ns("2025-06-01T00:00:00"), ns("2027-06-01T00:00:00"))
ZONES = st.sampled_from([UTC, ZURICH, NEW_YORK, ZoneInfo("Australia/Lord_Howe")])


@given(start=TIMES, zone=ZONES, now_ns=MOMENTS, weekly=st.none() | st.integers(0, 6))
def test_equal_times_tile_time_without_gap_or_overlap(
    start: time, zone: ZoneInfo, now_ns: int, weekly: int | None
) -> None:
    days = frozenset(range(7)) if weekly is None else frozenset({weekly})
    tiles = Schedule(start, start, zone, days, weekly)
    period = tiles.period(now_ns)
    assert period is not None and period.start_ns <= now_ns < period.end_ns
    following = tiles.period(period.end_ns)
    assert following is not None and following.start_ns == period.end_ns
    before = tiles.period(period.start_ns - 1)
    assert before is not None and before.end_ns == period.start_ns


@given(
    start=TIMES,
    end=TIMES,
    zone=ZONES,
    now_ns=MOMENTS,
    days=st.frozensets(st.integers(0, 6), min_size=1),
    end_day=st.none() | st.integers(0, 6),
)
def test_every_moment_of_a_period_finds_that_period(
    start: time,
    end: time,
    zone: ZoneInfo,
    now_ns: int,
    days: frozenset[int],
    end_day: int | None,
) -> None:
    if end_day is not None:
        days = frozenset(sorted(days)[:1])
    made = Schedule(start, end, zone, days, end_day)
    period = made.period(now_ns)
    if period is None:
        return
    middle = (period.start_ns + period.end_ns) // 2
    assert [made.period(at) for at in (period.start_ns, middle, period.end_ns - 1)] == [period] * 3
    length = timedelta(seconds=(period.end_ns - period.start_ns) // SECOND)
    assert length <= timedelta(days=7 if end_day is not None else 1, hours=1)


@pytest.mark.parametrize("text", ["8:00:00", "08", "24:00:00", "08:60:00", "-8:00:00", "٠٨:00:00"])
def test_other_text_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_time(text)


def test_weekdays_are_known_by_their_first_two_letters_in_any_case() -> None:
    assert [parse_day(name[:2].upper()) for name in WEEKDAYS] == list(range(7))
    for text in ("m", "mox", "", "t"):
        with pytest.raises(ValueError, match="expected a weekday"):
            parse_day(text)
