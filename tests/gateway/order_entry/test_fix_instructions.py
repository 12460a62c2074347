"""gateway.order_entry.fix_instructions: expiry, display and post-only in FIX words, both ways."""

from datetime import UTC
from zoneinfo import ZoneInfo

import msgspec
import pytest

from gateway.config import Config, Venue
from gateway.order_entry.fix import FixDesk
from gateway.order_entry.fix_instructions import check_rest, read_instructions
from matching.commands import Command, EnterOrder, RerankOrder
from matching.instrument import Instrument
from matching.types import OrderType, Side, TimeInForce
from protocol.fix.version import FIX40, FIX41, FIX42, FIX43, FIX44, FIX50SP2, Version
from tests.gateway.order_entry.fix_client import Fields, FixClient
from tests.gateway.venue_harness import MIDNIGHT_NS, OPENING_NS, VenueHarness

SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS
ORDER = EnterOrder(1, 1, 1, b"a", Side.BUY, OrderType.LIMIT, TimeInForce.DAY, 100, 1_000_000, b"1")
GTC = {"time_in_force": TimeInForce.GTC}


def logged_on(version: Version = FIX44, config: Config | None = None) -> FixClient:
    config = config or Config()
    harness = VenueHarness(lambda venue: {b"fix": FixDesk(venue, config)}, config)
    client = FixClient(harness, version=version)
    client.log_on()
    return client


def asked(client: FixClient) -> Command:
    """The one command of the last request."""
    (command,) = client.harness.batches()[-1].commands
    return command


def enter(client: FixClient, extra: str = "") -> None:
    """The default order, in every version: TransactTime(60) is in requests since FIX 4.2."""
    time = "60=20240102-09:30:00|" if client.version.code >= "42" else ""
    client.send(b"D", f"11=a|21=1|38=100|40=2|44=100|54=1|55=AAPL|{time}{extra}")


def shown(report: Fields, *tags: int) -> dict[int, str]:
    return {tag: report[tag] for tag in tags if tag in report}


@pytest.mark.parametrize(
    ("extra", "changes"),
    [
        ("59=6|126=20240102-10:00:00|", GTC | {"expire_ns": OPENING_NS + 1800 * SECOND_NS}),
        ("59=6|126=20240102-10:00:00.250|", GTC | {"expire_ns": OPENING_NS + 1800_250_000_000}),
        ("59=6|432=20240103|", GTC | {"expire_ns": MIDNIGHT_NS + 2 * DAY_NS}),
        (
            "59=6|126=20240102-10:00:00|432=20240103|",
            GTC | {"expire_ns": OPENING_NS + 1800 * SECOND_NS},
        ),
        ("111=0|", {"display_quantity": 0}),
        ("111=40|", {"display_quantity": 40}),
        ("18=6|", {"post_only": True}),
        ("18=6|111=0|59=1|", GTC | {"post_only": True, "display_quantity": 0}),
    ],
)
def test_instructions_become_engine_words(extra: str, changes: dict[str, object]) -> None:
    client = logged_on()
    client.new("a", "1", "100", extra=extra)
    assert asked(client) == msgspec.structs.replace(ORDER, **changes)


def test_what_fix_5_shows_is_display_qty() -> None:
    client = logged_on(FIX50SP2)
    client.new("a", "1", "100", extra="1138=40|")
    command = asked(client)
    assert isinstance(command, EnterOrder)
    assert command.display_quantity == 40
    (report,) = client.take_words()
    assert shown(report, 111, 1138) == {1138: "40"}


@pytest.mark.parametrize(
    ("extra", "reason", "text"),
    [
        ("126=20240102-10:00:00|", "11", "ExpireTime(126) needs TimeInForce(59)=6"),
        ("59=1|432=20240103|", "11", "ExpireTime(126) needs TimeInForce(59)=6"),
        ("59=6|126=20240102-09:30:00|", "11", "invalid expiry"),
        ("59=6|432=20230103|", "11", "invalid expiry"),
        ("59=6|126=24000102-09:30:00|", "99", "ExpireTime(126): expected a time from 1970 to 2262"),
        ("59=6|432=99991231|", "99", "ExpireDate(432): expected a date, YYYYMMDD"),
        ("18=G|", "11", "ExecInst(18) not supported: G"),
        ("18=6 G|", "11", "ExecInst(18) not supported: G"),
        ("18=6|59=3|", "99", "invalid field"),
        ("111=0.5|", "99", "MaxFloor(111): expected at most 0 decimals"),
        ("111=40|59=3|", "11", "invalid display quantity"),
    ],
)
def test_instructions_that_mean_nothing_here_are_refused_by_name(
    extra: str, reason: str, text: str
) -> None:
    client = logged_on()
    client.new("a", "1", "100", extra=extra)
    (report,) = client.take_words()
    assert (report[150], report[103], report[58]) == ("8", reason, text)


def test_good_till_a_date_without_one_is_answered_with_the_field_that_is_missing() -> None:
    client = logged_on()
    client.new("a", "1", "100", extra="59=6|")
    (answer,) = client.take_words()
    text = "Conditionally required field missing: ExpireTime(126)"
    assert (answer[35], answer[380], answer[58]) == ("j", "5", text)


def test_an_expire_date_ends_with_the_venues_own_day() -> None:
    zone = ZoneInfo("America/New_York")
    rest = ((432, b"20240310"),)
    assert check_rest(rest)
    instrument = Instrument(b"AAPL")
    # 2024-03-11T00:00 in New York, the day after the clocks went forward: 04:00 UTC.
    assert read_instructions(rest, instrument, zone).expire_ns == 1_710_129_600 * SECOND_NS
    assert read_instructions(rest, instrument, UTC).expire_ns == 1_710_115_200 * SECOND_NS
    config = Config(venue=Venue(time_zone="America/New_York"))
    client = logged_on(config=config)
    client.new("a", "1", "100", extra="59=6|432=20240310|")
    command = asked(client)
    assert isinstance(command, EnterOrder)
    assert command.expire_ns == 1_710_129_600 * SECOND_NS


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (FIX40, {18: "6", 59: "6", 126: "20240102-10:00:00"}),
        (FIX41, {18: "6", 59: "6", 126: "20240102-10:00:00"}),
        (FIX42, {18: "6", 59: "6", 126: "20240102-10:00:00.000", 111: "40"}),
        (FIX44, {18: "6", 59: "6", 126: "20240102-10:00:00.000", 111: "40"}),
        (FIX50SP2, {18: "6", 59: "6", 126: "20240102-10:00:00.000", 1138: "40"}),
    ],
)
def test_every_report_of_the_order_says_its_instructions(
    version: Version, expected: dict[int, str]
) -> None:
    client = logged_on(version)
    enter(client, "18=6|59=6|126=20240102-10:00:00|111=40|")
    client.harness.control(RerankOrder(1))
    told = [shown(report, 18, 59, 126, 111, 1138) for report in client.take_words()]
    assert told == [expected, expected]


def test_the_fields_of_a_report_with_instructions_ascend_by_tag() -> None:
    client = logged_on()
    client.new("a", "1", "100", extra="18=6|111=40|")
    assert client.pipe is not None
    (frame,) = client.pipe.take_frames()
    tags = [int(field.partition(b"=")[0]) for field in frame.split(b"\x01")[:-2]]
    body = tags[tags.index(56) + 1 :]
    assert body == sorted(body)


def test_a_post_only_order_that_would_trade_is_canceled_unasked_with_a_text() -> None:
    client = logged_on()
    client.new("a", "1", "100")
    client.take()
    client.new("b", "2", "100", extra="18=6|")
    told = [(m[11], m[150], m.get(58)) for m in client.take_words()]
    assert told == [("b", "0", None), ("b", "4", "post-only order would have traded")]


def test_a_replace_changes_what_it_says_and_keeps_the_rest() -> None:
    client = logged_on()
    client.new("a", "1", "100", extra="59=6|126=20240102-10:00:00|111=40|")
    client.take()
    client.send(
        b"G",
        "11=b|21=1|38=100|40=2|41=a|44=100.00|54=1|55=AAPL|59=6|60=20240102-09:30:00|"
        "126=20240102-11:00:00|",
    )
    (report,) = client.take_words()
    expected = {59: "6", 111: "40", 126: "20240102-11:00:00.000", 150: "5"}
    assert shown(report, 59, 111, 126, 150) == expected


@pytest.mark.parametrize(
    ("order", "change", "text"),
    [
        ("", "126=20240102-11:00:00|", "ExpireTime(126) cannot be added"),
        ("59=1|", "59=6|126=20240102-11:00:00|", "TimeInForce(59) cannot be changed"),
        ("59=6|126=20240102-10:00:00|", "59=1|", "TimeInForce(59) cannot be changed"),
    ],
)
def test_a_replace_cannot_make_another_time_in_force(order: str, change: str, text: str) -> None:
    client = logged_on()
    client.new("a", "1", "100", extra=order)
    client.take()
    client.send(
        b"G",
        f"11=b|21=1|38=100|40=2|41=a|44=100.00|54=1|55=AAPL|60=20240102-09:30:00|{change}",
    )
    (report,) = client.take_words()
    assert (report[35], report[58]) == ("9", text)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (FIX40, {20: "3", 39: "0"}),
        (FIX41, {20: "3", 39: "0", 150: "0", 151: "100", 198: "2"}),
        (FIX42, {20: "0", 39: "0", 150: "D", 151: "100", 198: "2", 378: "4"}),
        (FIX43, {39: "0", 150: "D", 151: "100", 198: "2", 378: "8"}),
        (FIX44, {39: "0", 150: "D", 151: "100", 198: "2", 378: "8"}),
        (FIX50SP2, {39: "0", 150: "D", 151: "100", 198: "2", 378: "8"}),
    ],
)
def test_a_re_ranked_order_is_told_as_restated_in_the_words_of_the_version(
    version: Version, expected: dict[int, str]
) -> None:
    client = logged_on(version)
    enter(client)
    client.take()
    client.harness.control(RerankOrder(1))
    (report,) = client.take_words()
    assert shown(report, 20, 39, 150, 151, 198, 378) == expected


def test_a_refreshed_reserve_order_has_another_reference_in_its_next_report() -> None:
    client = logged_on()
    client.new("a", "1", "100", extra="111=40|")
    client.new("b", "2", "40")
    client.new("c", "2", "10")
    filled = [m for m in client.take_words() if m[11] == "a" and m[150] == "F"]
    assert [(m[32], m[151]) for m in filled] == [("40", "60"), ("10", "50")]
    assert filled[0][198] != filled[1][198]


def test_a_status_of_the_order_says_its_instructions() -> None:
    client = logged_on()
    client.new("a", "1", "100", extra="18=6|111=0|")
    client.take()
    client.send(b"H", "11=a|54=1|55=AAPL|")
    (report,) = client.take_words()
    assert shown(report, 18, 111, 150) == {18: "6", 111: "0", 150: "I"}
