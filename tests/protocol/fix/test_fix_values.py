"""Timestamps, decimals and counts: exact both ways, wrong text refused."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.fix import values
from protocol.fix.errors import DecimalPrecisionError, FieldFormatError
from protocol.fix.values import (
    avg_px,
    format_decimal,
    format_utc_timestamp,
    parse_count,
    parse_decimal,
    parse_utc_timestamp,
)


def test_the_examples_in_the_module_are_true() -> None:
    results = doctest.testmod(values)
    assert results.attempted > 15 and results.failed == 0


@given(st.integers(-2_208_988_800, 253_402_300_799), st.integers(0, 999_999_999))
def test_timestamps_survive_the_round_trip(seconds: int, fraction: int) -> None:
    time_ns = seconds * 10**9 + fraction
    assert parse_utc_timestamp(format_utc_timestamp(time_ns, 9)) == time_ns
    millisecond = time_ns // 10**6 * 10**6
    assert parse_utc_timestamp(format_utc_timestamp(time_ns)) == millisecond


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"19700101-00:00:00", 0),
        (b"20000229-00:00:00.5", 951_782_400_500_000_000),
        (b"20161231-23:59:60", 1_483_228_800_000_000_000),
        (b"20240301-12:30:00.123456789123", 1_709_296_200_123_456_789),
    ],
)
def test_timestamps_of_any_precision(text: bytes, expected: int) -> None:
    assert parse_utc_timestamp(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"20240301",
        b"20240301-12:30",
        b"20240301-24:00:00",
        b"20240301-12:60:00",
        b"20240301-12:30:61",
        b"20230229-00:00:00",
        b"20240431-00:00:00",
        b"20241301-00:00:00",
        b"20240100-00:00:00",
        b"20240301-12:30:00.",
        b"20240301-12:30:00.1234567891234",
        b"20240301-12:30:00\n",
        b" 20240301-12:30:00",
    ],
)
def test_what_is_no_timestamp_is_refused(text: bytes) -> None:
    with pytest.raises(FieldFormatError):
        parse_utc_timestamp(text)


@given(st.integers(-(10**17), 10**17), st.integers(0, 8))
def test_decimals_survive_the_round_trip(units: int, decimals: int) -> None:
    assert parse_decimal(format_decimal(units, decimals), decimals) == units


@pytest.mark.parametrize(
    ("text", "units"),
    [(b"187", 1870000), (b"187.", 1870000), (b".5", 5000), (b"0.29", 2900), (b"-1.5", -15000)],
)
def test_decimals_in_every_allowed_shape(text: bytes, units: int) -> None:
    assert parse_decimal(text, 4) == units


@pytest.mark.parametrize(
    "text", [b"", b".", b"-", b"+1", b"1e5", b"1,5", b"1.2.3", b"--1", b" 1", b"1\n", b"9" * 19]
)
def test_what_is_no_decimal_is_refused(text: bytes) -> None:
    with pytest.raises(FieldFormatError):
        parse_decimal(text, 4)


def test_digits_that_would_be_lost_are_refused() -> None:
    assert parse_decimal(b"1.2340", 3) == 1234
    with pytest.raises(DecimalPrecisionError):
        parse_decimal(b"1.2341", 3)


@pytest.mark.parametrize("text", [b"", b"-1", b"1.0", b"x", b"1" * 19, "²".encode()])
def test_what_is_no_count_is_refused(text: bytes) -> None:
    with pytest.raises(FieldFormatError):
        parse_count(text)


@pytest.mark.parametrize(
    ("notional", "quantity", "expected"),
    [
        (2, 3, b"0.00006667"),
        (1, 3, b"0.00003333"),
        (1, 20_000, b"0.00000001"),
        (500, 1, b"0.05000000"),
    ],
)
def test_avg_px_rounds_half_up(notional: int, quantity: int, expected: bytes) -> None:
    assert avg_px(notional, quantity, 4) == expected
