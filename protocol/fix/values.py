"""Wire text to exact ints and back: timestamps, decimals, counts. Nothing here rounds but `avg_px`.

Times are UTC epoch nanoseconds; prices and quantities ints in 10^-decimals.
"""

import re
from functools import lru_cache

from protocol.fix.errors import DecimalPrecisionError, FieldFormatError

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
_DIGITS_MAX = 18
"""A count of more digits is not a number anybody means; also bounds the cost of int()."""

_TIMESTAMP = re.compile(
    rb"([0-9]{4})(0[1-9]|1[0-2])([0-2][0-9]|3[01])-([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)"
    rb"(?:\.([0-9]{1,12}))?\Z"
)
UNITS_MAX = (1 << 63) - 1
"""What a price or quantity may be in its units: the journal writes 64-bit ints."""
_DECIMAL = re.compile(rb"(-?)([0-9]{0,18})(?:\.([0-9]{0,18}))?\Z")
_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _days_from_civil(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the proleptic Gregorian calendar.

    >>> _days_from_civil(2024, 3, 1)
    19783
    """
    year -= month <= 2
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146_097 + day_of_era - 719_468


def _civil_from_days(days: int) -> tuple[int, int, int]:
    """Year, month, day of a count of days since 1970-01-01.

    >>> _civil_from_days(19783)
    (2024, 3, 1)
    """
    days += 719_468
    era = days // 146_097
    day_of_era = days - era * 146_097
    year_of_era = (
        day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    month = shifted_month + (3 if shifted_month < 10 else -9)
    day = day_of_year - (153 * shifted_month + 2) // 5 + 1
    return year_of_era + era * 400 + (month <= 2), month, day


def parse_utc_timestamp(text: bytes) -> int:
    """UTCTimestamp, with a fraction of up to 12 digits, as epoch nanoseconds.

    Digits beyond nanoseconds are cut off. Second 60 is the leap second, the same moment as the next
    second 0 (FIX 4.4 Vol. 1, "UTCTimestamp").

    >>> parse_utc_timestamp(b"20240301-12:30:00")
    1709296200000000000
    >>> parse_utc_timestamp(b"20240301-12:30:00.123456789")
    1709296200123456789

    Raises FieldFormatError.
    """
    match = _TIMESTAMP.match(text)
    if match is None:
        raise FieldFormatError("expected YYYYMMDD-HH:MM:SS[.fraction]")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= day <= _MONTH_DAYS[month - 1] or (month == 2 and day == 29 and not leap):
        raise FieldFormatError("expected a day of the calendar")
    seconds = _days_from_civil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
    fraction = match[7]
    nanoseconds = int(fraction.ljust(9, b"0")[:9]) if fraction else 0
    return seconds * NS_PER_S + nanoseconds


def format_utc_timestamp(time_ns: int, fraction_digits: int = 3) -> bytes:
    """Epoch nanoseconds as UTCTimestamp with 0 to 9 fraction digits; later digits are cut off.

    >>> format_utc_timestamp(1709296200123456789)
    b'20240301-12:30:00.123'
    >>> format_utc_timestamp(1709296200123456789, 0)
    b'20240301-12:30:00'
    >>> format_utc_timestamp(1709296200123456789, 9)
    b'20240301-12:30:00.123456789'
    """
    seconds, nanoseconds = divmod(time_ns, NS_PER_S)
    text = _second_text(seconds)
    if fraction_digits == 3:
        return b"%b.%03d" % (text, nanoseconds // NS_PER_MS)
    if fraction_digits == 0:
        return text
    return b"%b.%b" % (text, (b"%09d" % nanoseconds)[:fraction_digits])


def timestamp_width(fraction_digits: int) -> int:
    """Bytes of a UTCTimestamp with so many fraction digits.

    >>> timestamp_width(0), timestamp_width(3)
    (17, 21)
    """
    return 18 + fraction_digits if fraction_digits else 17


@lru_cache(maxsize=8)
def _second_text(seconds: int) -> bytes:
    """The whole seconds of a timestamp; many messages share one (0.65 us against 3.0)."""
    days, second_of_day = divmod(seconds, 86_400)
    minutes, second = divmod(second_of_day, 60)
    hour, minute = divmod(minutes, 60)
    return b"%04d%02d%02d-%02d:%02d:%02d" % (*_civil_from_days(days), hour, minute, second)


def parse_count(text: bytes) -> int:
    """SeqNum, Length, NumInGroup, HeartBtInt: digits only.

    >>> parse_count(b"0017")
    17

    Raises FieldFormatError.
    """
    if not text.isdigit() or len(text) > _DIGITS_MAX:
        raise FieldFormatError("expected digits")
    return int(text)


def parse_decimal(text: bytes, decimals: int) -> int:
    """Price or quantity text as an int in 10^-decimals, digit by digit.

    Leading and trailing zeros are free; no plus sign, no exponent (FIX 4.4 Vol. 1, "float").

    >>> parse_decimal(b"187.05", 4)
    1870500
    >>> parse_decimal(b"002000.00", 0)
    2000
    >>> parse_decimal(b"-0.5", 1)
    -5

    Raises FieldFormatError for other text, its subclass DecimalPrecisionError when digits that are
    not zero would be lost.
    """
    match = _DECIMAL.match(text)
    if match is None:
        raise FieldFormatError("expected a decimal")
    sign, whole, fraction = match.groups(b"")
    if not whole and not fraction:
        raise FieldFormatError("expected a decimal")
    if fraction[decimals:].strip(b"0"):
        raise DecimalPrecisionError(f"expected at most {decimals} decimals")
    units = int(whole + fraction[:decimals].ljust(decimals, b"0") or b"0")
    if units > UNITS_MAX:
        raise FieldFormatError(f"expected at most {UNITS_MAX} units of {decimals} decimals")
    return -units if sign else units


def format_decimal(units: int, decimals: int) -> bytes:
    """An int in 10^-decimals as text with exactly that many decimals.

    >>> format_decimal(1870500, 4)
    b'187.0500'
    >>> format_decimal(-5, 1)
    b'-0.5'
    >>> format_decimal(200, 0)
    b'200'
    """
    if decimals == 0:
        return b"%d" % units
    whole, fraction = divmod(abs(units), 10**decimals)
    return b"%b%d.%0*d" % (b"-" if units < 0 else b"", whole, decimals, fraction)


def avg_px(notional: int, quantity: int, price_decimals: int) -> bytes:
    """AvgPx(6): notional / quantity, half up, price_decimals + 4 decimals; 0 if nothing traded.

    `notional` is the sum of price units x quantity units.

    >>> avg_px(3 * 1000100 + 4 * 1000000, 7, 4)
    b'100.00428571'
    >>> avg_px(0, 0, 4)
    b'0'
    """
    if quantity == 0:
        return b"0"
    units = (2 * notional * 10_000 + quantity) // (2 * quantity)
    return format_decimal(units, price_decimals + 4)


def printable(value: bytes) -> str:
    """Wire bytes for a log line or an error text.

    >>> printable(b"a\\xff")
    'a\\\\xff'
    """
    return value.decode("ascii", "backslashreplace")
