"""Time, read at one place. Everything else gets `now_ns` handed down: UTC epoch nanoseconds."""

import time
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo

NANOSECONDS = 1_000_000_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


class Clock(Protocol):
    """Where a wake-up gets its time from."""

    def now_ns(self) -> int:
        """UTC epoch nanoseconds, never less than at an earlier call."""

    def delay_seconds(self, deadline_ns: int) -> float | None:
        """How long a timer must sleep until the deadline; None where sleep moves no time."""


class RealClock:
    """The machine's clock; when the machine sets it back, ours runs on slower until both agree.

    Slower, not still: heartbeats keep going out, at nine tenths of their rate, inside what peers
    tolerate. `floor_ns` is the time of the journal's last batch: no step back over a restart.
    """

    __slots__ = ("_ahead_since_ns", "_last_ns")

    def __init__(self, floor_ns: int = 0) -> None:
        self._last_ns = floor_ns
        self._ahead_since_ns = 0
        """Monotonic time up to which the slow run is accounted for; 0 while the clocks agree."""

    def now_ns(self) -> int:
        now_ns = time.time_ns()
        if now_ns > self._last_ns:
            self._last_ns = now_ns
            self._ahead_since_ns = 0
            return now_ns
        monotonic_ns = time.monotonic_ns()
        if self._ahead_since_ns:
            self._last_ns += (monotonic_ns - self._ahead_since_ns) * 9 // 10
        self._ahead_since_ns = monotonic_ns
        return self._last_ns

    def delay_seconds(self, deadline_ns: int) -> float | None:
        return max(0, deadline_ns - self.now_ns()) / NANOSECONDS


class ManualClock:
    """A clock that moves only when told to."""

    __slots__ = ("_now_ns",)

    def __init__(self, start_ns: int) -> None:
        self._now_ns = start_ns

    def now_ns(self) -> int:
        return self._now_ns

    def delay_seconds(self, deadline_ns: int) -> float | None:
        return None

    def advance(self, duration_ns: int) -> int:
        """Move forward and return the new time. Raises ValueError for a step backwards."""
        if duration_ns < 0:
            raise ValueError(f"clock runs forward only: expected 0 ns or more, got {duration_ns}")
        self._now_ns += duration_ns
        return self._now_ns


def time_zone(name: str) -> tzinfo:
    """The zone of an IANA name. Raises ZoneInfoNotFoundError (a KeyError) or ValueError.

    UTC is answered without the zone database, which minimal systems do not have.
    """
    return UTC if name == "UTC" else ZoneInfo(name)


def trading_day(now_ns: int, zone: tzinfo) -> tuple[int, int]:
    """The local date as the int YYYYMMDD, and its midnight in UTC epoch nanoseconds.

    Where daylight saving skips midnight, the day begins at the instant of the change.
    """
    local = datetime.fromtimestamp(now_ns // NANOSECONDS, tz=zone)
    return local.year * 10_000 + local.month * 100 + local.day, _midnight_ns(local, zone)


def end_of_date(yyyymmdd: int, zone: tzinfo) -> int:
    """The midnight that ends a local date, in UTC epoch nanoseconds.

    Raises ValueError or OverflowError for what is no date, or the last one of all.
    """
    day = date(yyyymmdd // 10_000, yyyymmdd // 100 % 100, yyyymmdd % 100)
    return _midnight_ns(day + timedelta(days=1), zone)


def _midnight_ns(day: date, zone: tzinfo) -> int:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    offset = midnight.utcoffset()
    assert offset is not None, f"zone without an offset: {zone}"
    days = midnight.toordinal() - _EPOCH_ORDINAL
    seconds = (days - offset.days) * 86_400 - offset.seconds
    return seconds * NANOSECONDS
