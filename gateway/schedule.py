"""When a session may be open: periods that come again every day or every week, in a time zone.

Pure arithmetic on UTC epoch nanoseconds. The rules and the words are QuickFIX's: StartTime and
EndTime alone make a period a day, with StartDay and EndDay one a week; Weekdays picks days.
"""

import re
from datetime import date, datetime, time, timedelta, tzinfo

import msgspec

from gateway.clock import NANOSECONDS, time_zone
from gateway.config_fix import FixSession

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""In the order of `date.weekday`."""
_EPOCH = datetime(1970, 1, 1)
_DAY = timedelta(days=1)
_TIME = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?")
_DAYS_BACK_MAX = 8
"""A period that still runs began at most a week ago, give or take a change of the clocks."""


class Period(msgspec.Struct, frozen=True, order=True):
    """start_ns <= now_ns < end_ns."""

    start_ns: int
    end_ns: int


class Schedule(msgspec.Struct, frozen=True):
    """Periods from `start` to `end`, local time in `zone`. An end that is not after the start is
    the next day's, or in a weekly schedule the next week's: equal times leave no gap.

    A local time that a change of the clocks skips counts as if the clocks had not changed yet; of
    one that comes twice the first counts.
    """

    start: time
    end: time
    zone: tzinfo
    days: frozenset[int] = frozenset(range(7))
    """Weekdays on which periods start, 0 is Monday."""
    end_day: int | None = None
    """Weekly: the weekday of the end; `days` is one day then."""

    def period(self, now_ns: int) -> Period | None:
        """The period that `now_ns` falls into; None outside of all."""
        today = datetime.fromtimestamp(now_ns // NANOSECONDS, tz=self.zone).date()
        for days_back in range(-1, _DAYS_BACK_MAX + 1):
            day = today - days_back * _DAY
            if day.weekday() in self.days:
                start_ns = self._instant(day, self.start)
                if start_ns <= now_ns:
                    period = Period(start_ns, self._instant(self._last_day(day), self.end))
                    if now_ns < period.end_ns:
                        return period
        return None

    def _last_day(self, first: date) -> date:
        if self.end_day is None:
            return first + _DAY if self.end <= self.start else first
        days = (self.end_day - first.weekday()) % 7
        if days == 0 and self.end <= self.start:
            days = 7
        return first + days * _DAY

    def _instant(self, day: date, at: time) -> int:
        """The local time of that day in UTC epoch nanoseconds."""
        local = datetime.combine(day, at)
        offset = local.replace(tzinfo=self.zone).utcoffset()
        assert offset is not None, f"zone without an offset: {self.zone}"
        return (local - offset - _EPOCH) // timedelta(seconds=1) * NANOSECONDS


def configured_schedule(session: FixSession) -> Schedule | None:
    """The schedule of a configured session; None where it is open round the clock. Without a time
    zone, which a configuration that was read always has, its times are UTC.

    Raises ValueError or KeyError for what `gateway/config_fix_rules.py` refuses.
    """
    if not session.start_time:
        return None
    if session.start_day:
        days, end_day = frozenset({parse_day(session.start_day)}), parse_day(session.end_day)
    else:
        days, end_day = frozenset(parse_day(name) for name in session.weekdays or WEEKDAYS), None
    return Schedule(
        parse_time(session.start_time),
        parse_time(session.end_time),
        time_zone(session.time_zone or "UTC"),
        days,
        end_day,
    )


def parse_time(text: str) -> time:
    """HH:MM:SS, and HH:MM as well. Raises ValueError."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f'expected HH:MM:SS, received "{text}"')
    try:
        hour, minute, second = (int(part or 0) for part in match.groups())
        return time(hour, minute, second)
    except ValueError:
        raise ValueError(f'expected 00:00:00 to 23:59:59, received "{text}"') from None


def parse_day(text: str) -> int:
    """The name of a weekday or its beginning from two letters on, any case. Raises ValueError."""
    word = text.lower()
    days = [day for day, name in enumerate(WEEKDAYS) if len(word) > 1 and name.startswith(word)]
    if len(days) != 1:
        raise ValueError(f'expected a weekday such as "monday", received "{text}"')
    return days[0]
