"""The FIX desk over a whole venue without sockets: requests in, reports in each version's words."""

import pytest

from gateway.config import Account, Config, Fix, FixSession
from gateway.order_entry.fix import FixDesk
from gateway.order_entry.fix_words import (
    CXL_REJ_RESPONSE_TO,
    ORD_REJ_REASON,
    ORD_TYPE_OF,
    ORDER_TYPES,
    REJECT_TEXT,
    SIDES,
    TIME_IN_FORCE_OF,
    TIMES_IN_FORCE,
)
from matching.commands import BustTrade, EndOfDay, MassCancel, SetPhase
from matching.types import (
    BustReason,
    OrderType,
    Phase,
    RejectReason,
    RequestKind,
    Side,
    TimeInForce,
)
from protocol.fix.version import FIX42, FIX44, FIX50SP2, Version
from tests.gateway.order_entry.fix_client import Fields, FixClient
from tests.gateway.venue_harness import VenueHarness


def fix_venue(config: Config | None = None) -> VenueHarness:
    used = config or Config()
    return VenueHarness(lambda venue: {b"fix": FixDesk(venue, used)}, used)


def logged_on(
    harness: VenueHarness, comp_id: bytes = b"ACME", version: Version = FIX44
) -> FixClient:
    client = FixClient(harness, comp_id, version)
    client.log_on()
    return client


def report(**changes: str) -> Fields:
    """The ExecutionReport of a fresh buy order of 100 at 100.00 under ClOrdID a."""
    shown = {
        35: "8", 6: "0", 11: "a", 14: "0", 37: "1", 38: "100", 39: "0", 40: "2", 44: "100.0000",
        54: "1", 55: "AAPL", 59: "0", 150: "0", 151: "100", 198: "1",
    }  # fmt: skip
    shown |= {int(tag[1:]): value for tag, value in changes.items()}
    return {tag: value for tag, value in shown.items() if value}


def without_exec_id(messages: list[Fields]) -> list[Fields]:
    return [{tag: value for tag, value in m.items() if tag != 17} for m in messages]


# -- logon ----------------------------------------------------------------------------------------


def test_a_logon_is_answered_with_its_own_terms() -> None:
    client = FixClient(fix_venue())
    (answer,) = client.log_on()
    assert {tag: answer[tag] for tag in (35, 34, 49, 56, 98, 108)} == {
        35: "A", 34: "1", 49: "XVEN", 56: "ACME", 98: "0", 108: "30",
    }  # fmt: skip


def test_an_unknown_venue_comp_id_is_closed_without_a_word() -> None:
    harness = fix_venue()
    client = FixClient(harness)
    client.stream.target_comp_id = b"OTHER"
    assert client.log_on() == []
    assert client.pipe is not None and client.pipe.closed is not None
    assert "unknown session" in harness.remarks[0]


def test_a_comp_id_beyond_the_limit_is_closed_without_a_word() -> None:
    harness = fix_venue()
    client = FixClient(harness, b"X" * 65)
    assert client.log_on() == []
    assert "CompID: expected at most 64 bytes" in harness.remarks[0]


def test_a_second_logon_of_a_live_session_is_closed_and_the_first_trades_on() -> None:
    harness = fix_venue()
    first = logged_on(harness)
    second = FixClient(harness)
    assert second.log_on() == []
    assert second.pipe is not None and second.pipe.closed is not None
    assert any("live from" in line for line in harness.remarks)
    first.new("a", "1", "100")
    assert without_exec_id(first.take_words()) == [report()]


def test_a_wrong_password_is_told_and_takes_no_number() -> None:
    config = Config(
        fix=Fix(
            sessions=(
                FixSession(
                    begin_string="FIX.4.4",
                    sender_comp_id="XVEN",
                    target_comp_id="ACME",
                    account="ACME",
                    username="u",
                    password="p",
                ),
            )
        )
    )
    harness = fix_venue(config)
    client = FixClient(harness)
    (logout,) = client.log_on("553=u|554=wrong|")
    assert (logout[35], logout[58]) == ("5", "wrong username or password")
    client.stream.sent_log.restart_at(1)
    (answer,) = client.log_on("553=u|554=p|")
    assert (answer[35], answer[34]) == ("A", "1")


# -- orders ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "extra"),
    [(FIX42, {20: "0"}), (FIX44, {}), (FIX50SP2, {})],
    ids=["4.2", "4.4", "5.0SP2"],
)
def test_a_new_order_is_reported_new_in_each_version(version: Version, extra: Fields) -> None:
    client = logged_on(fix_venue(), version=version)
    client.new("a", "1", "100", extra="59=0|1=ACC|")
    assert without_exec_id(client.take_words()) == [report(_1="ACC") | extra]


@pytest.mark.parametrize(
    ("version", "partial", "filled"),
    [(FIX42, "1", "2"), (FIX44, "F", "F"), (FIX50SP2, "F", "F")],
    ids=["4.2", "4.4", "5.0SP2"],
)
def test_fills_are_reported_to_both_sides_with_one_match(
    version: Version, partial: str, filled: str
) -> None:
    harness = fix_venue()
    buyer = logged_on(harness, b"BUYER", version)
    seller = logged_on(harness, b"SELLER")
    buyer.new("a", "1", "100")
    buyer.take()
    seller.new("s", "2", "30", "99.00")
    (bought,) = buyer.take_words()
    _, sold = seller.take_words()
    trans_type = {20: "0"} if version is FIX42 else {}
    assert bought == report(
        _6="100.00000000", _14="30", _31="100.0000", _32="30", _39="1", _151="70", _150=partial,
        _17=bought[17],
    ) | trans_type  # fmt: skip
    assert (sold[31], sold[32], sold[39], sold[151]) == ("100.0000", "30", "2", "0")
    assert bought[17][:-1] == sold[17][:-1]
    assert (bought[17][-1], sold[17][-1]) == ("B", "S")
    seller.new("t", "2", "70", "100.00")
    (rest,) = buyer.take_words()
    assert (rest[150], rest[39], rest[14], rest[151]) == (filled, "2", "100", "0")


def test_an_ioc_remainder_is_canceled_at_once() -> None:
    client = logged_on(fix_venue())
    client.new("a", "1", "100", extra="59=3|")
    assert without_exec_id(client.take_words()) == [
        report(_59="3"),
        report(_59="3", _39="4", _150="4", _151="0", _58="nothing left to trade against"),
    ]


def test_a_cancel_is_reported_under_its_own_id() -> None:
    client = logged_on(fix_venue())
    client.new("a", "1", "100")
    client.take()
    client.cancel("c", "a")
    assert without_exec_id(client.take_words()) == [
        report(_11="c", _41="a", _39="4", _150="4", _151="0")
    ]


@pytest.mark.parametrize(("version", "status"), [(FIX42, "5"), (FIX44, "0")], ids=["4.2", "4.4"])
def test_a_replace_shows_old_and_new_ids_and_loses_priority_with_its_price(
    version: Version, status: str
) -> None:
    client = logged_on(fix_venue(), version=version)
    client.new("a", "1", "100")
    client.take()
    client.replace("b", "a", "150", "101.00")
    trans_type = {20: "0"} if version is FIX42 else {}
    assert without_exec_id(client.take_words()) == [
        report(
            _11="b", _41="a", _38="150", _44="101.0000", _150="5", _39=status, _151="150",
            _198="2",
        )
        | trans_type
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "reason", "text"),
    [
        (("a", "1", "100", "100.00", ""), "6", "duplicate ClOrdID(11)"),
        (("x", "1", "0", "100.00", ""), "13", "invalid quantity"),
        (("x", "1", "100", "100.005", ""), "99", "price is not a multiple of the tick size"),
        (("x", "1", "100", "100.00001", ""), "99", "Price(44): expected at most 4 decimals"),
        (("x", "1", "1000000", "100.00", ""), "3", "quantity too large"),
        (("x", "1", "100", "100.00", "59=2|"), "11", "TimeInForce(59) not supported: 2"),
        (("x", "8", "100", "100.00", ""), "11", "Side(54) not supported: 8"),
        (("x", "1", "100", "100.00", "210=10|"), "11", "MaxShow(210) not supported"),
    ],
    ids=["duplicate", "zero", "off-tick", "decimals", "huge", "tif", "side", "iceberg"],
)
def test_an_order_that_cannot_be_taken_is_rejected_with_reason_and_text(
    body: tuple[str, str, str, str, str], reason: str, text: str
) -> None:
    client = logged_on(fix_venue())
    client.new("a", "1", "100")
    client.take()
    client.new(*body)
    (rejected,) = client.take_words()
    assert {tag: rejected[tag] for tag in (35, 37, 39, 150, 103, 58, 151, 14)} == {
        35: "8", 37: "NONE", 39: "8", 150: "8", 103: reason, 58: text, 151: "0", 14: "0",
    }  # fmt: skip


def test_an_unknown_symbol_is_rejected_showing_the_order() -> None:
    client = logged_on(fix_venue())
    client.new("a", "2", "5", symbol="NOPE")
    assert without_exec_id(client.take_words()) == [
        {
            35: "8", 6: "0", 11: "a", 14: "0", 37: "NONE", 38: "5", 39: "8", 40: "2",
            44: "100.00", 54: "2", 55: "NOPE", 58: "unknown Symbol(55): NOPE", 103: "1",
            150: "8", 151: "0",
        }
    ]  # fmt: skip


def test_fix_42_has_no_reason_above_eight() -> None:
    client = logged_on(fix_venue(), version=FIX42)
    client.new("a", "1", "0")
    (rejected,) = client.take_words()
    assert (rejected[103], rejected[58]) == ("0", "invalid quantity")


def test_a_possible_resend_of_a_known_order_is_answered_with_its_status() -> None:
    client = logged_on(fix_venue())
    client.new("a", "1", "100")
    client.take()
    assert client.pipe is not None
    body = (
        b"11=a\x0121=1\x0138=100\x0140=2\x0144=100.00\x0154=1\x0155=AAPL\x01"
        b"60=20240102-09:30:00\x01"
    )
    client.pipe.send(client.stream.write(b"D", body, client.harness.now_ns, b"97=Y\x01"))
    assert client.take_words() == [report(_17="0", _150="I")]


# -- cancels and replaces that are refused --------------------------------------------------------


def test_a_cancel_of_an_order_that_does_not_exist_is_refused() -> None:
    client = logged_on(fix_venue())
    client.cancel("c", "nope")
    assert client.take_words() == [
        {35: "9", 11: "c", 37: "NONE", 39: "8", 41: "nope", 58: "unknown order", 102: "1",
         434: "1"}
    ]  # fmt: skip


def test_a_cancel_of_a_filled_order_comes_too_late() -> None:
    client = logged_on(fix_venue())
    client.new("a", "1", "100")
    client.new("b", "2", "100")
    client.take()
    client.cancel("c", "a")
    assert client.take_words() == [
        {35: "9", 11: "c", 37: "1", 39: "2", 41: "a", 58: "order is closed", 102: "0", 434: "1"}
    ]


def test_a_replace_to_an_invalid_price_leaves_the_order_alone() -> None:
    client = logged_on(fix_venue())
    client.new("a", "1", "100")
    client.take()
    client.replace("b", "a", "100", "100.005")
    (refused,) = client.take_words()
    assert (refused[35], refused[39], refused[434], refused[102]) == ("9", "0", "2", "2")
    client.cancel("c", "a")
    assert client.take_words()[0][150] == "4"


def test_client_ids_beyond_the_limit_are_refused_and_not_remembered() -> None:
    client = logged_on(fix_venue())
    long_id = "x" * 65
    for _ in range(2):
        client.new(long_id, "1", "100")
        assert client.take_words()[0][58] == "ClOrdID(11): expected at most 64 bytes"
    client.cancel(long_id, "a")
    assert client.take_words()[0][58] == "client order id: at most 64 bytes"


def test_the_order_of_another_account_does_not_exist() -> None:
    harness = fix_venue()
    logged_on(harness, b"OWNER").new("a", "1", "100")
    stranger = logged_on(harness, b"STRANGER")
    stranger.cancel("c", "a", extra="37=1|")
    (refused,) = stranger.take_words()
    assert (refused[37], refused[39], refused[102]) == ("NONE", "8", "1")


def test_another_session_of_the_account_cancels_by_order_id_and_both_are_told() -> None:
    sessions = tuple(
        FixSession(
            begin_string="FIX.4.4", sender_comp_id="XVEN", target_comp_id=name, account="ACME"
        )
        for name in ("DESK1", "DESK2")
    )
    harness = fix_venue(Config(accounts=(Account(name="ACME"),), fix=Fix(sessions=sessions)))
    owner, other = logged_on(harness, b"DESK1"), logged_on(harness, b"DESK2")
    owner.new("a", "1", "100")
    owner.take()
    other.cancel("c", "a", extra="37=1|")
    assert without_exec_id(other.take_words()) == [
        report(_11="c", _41="a", _39="4", _150="4", _151="0", _1="")
    ]
    assert without_exec_id(owner.take_words()) == [report(_39="4", _150="4", _151="0")]


# -- status, operator, day ------------------------------------------------------------------------


def test_status_of_a_known_and_of_an_unknown_order() -> None:
    client = logged_on(fix_venue())
    client.new("a", "1", "100")
    client.take()
    client.send(b"H", "11=a|54=1|55=AAPL|")
    client.send(b"H", "11=zz|54=1|55=AAPL|")
    known, unknown = client.take_words()
    assert known == report(_17="0", _150="I")
    assert (unknown[37], unknown[39], unknown[103]) == ("NONE", "8", "5")


def test_a_bust_takes_the_fill_back_on_both_sides() -> None:
    harness = fix_venue()
    buyer, seller = logged_on(harness, b"BUYER"), logged_on(harness, b"SELLER", FIX42)
    buyer.new("a", "1", "100")
    seller.new("s", "2", "30")
    buyer.take()
    seller.take()
    harness.control(BustTrade(1, BustReason.ERRONEOUS))
    (bought,) = buyer.take_words()
    (sold,) = seller.take_words()
    assert (bought[150], bought[14], bought[151], bought[58]) == ("H", "0", "70", "trade 1 broken")
    assert (sold[20], sold[14], sold[151]) == ("1", "0", "0")


@pytest.mark.parametrize("restarted", [False, True])
def test_a_bust_names_the_execution_it_takes_back(restarted: bool) -> None:
    """ExecRefID(19) is required of a Trade Cancel: without it no client knows which fill went."""
    harness = fix_venue()
    buyer, seller = logged_on(harness, b"BUYER"), logged_on(harness, b"SELLER", FIX42)
    for number in range(3):
        buyer.new(f"a{number}", "1", "10")
    seller.new("s", "2", "30")
    bought = {report[11]: report[17] for report in buyer.take_words() if report[150] == "F"}
    sold = [report[17] for report in seller.take_words() if report[150] in "12"]
    if restarted:
        harness = harness.restart()
        buyer.harness = seller.harness = harness
        buyer.log_on()
        seller.log_on()
    harness.control(BustTrade(2, BustReason.ERRONEOUS))
    assert [report[19] for report in buyer.take_words()] == [bought["a1"]]
    assert [report[19] for report in seller.take_words()] == [sold[1]]


def test_a_halt_refuses_orders_and_a_mass_cancel_reports_each() -> None:
    harness = fix_venue()
    client = logged_on(harness)
    client.new("a", "1", "100")
    client.take()
    harness.control(SetPhase(1, Phase.HALTED))
    client.new("b", "1", "100")
    assert client.take_words()[0][58] == "instrument is halted"
    harness.control(MassCancel())
    assert without_exec_id(client.take_words()) == [
        report(_39="4", _150="4", _151="0", _58="canceled by the venue")
    ]


def test_day_orders_expire_with_the_day() -> None:
    harness = fix_venue()
    client = logged_on(harness)
    client.new("a", "1", "100")
    client.take()
    harness.control(EndOfDay())
    assert without_exec_id(client.take_words()) == [
        report(_39="C", _150="C", _151="0", _58="end of day")
    ]


# -- absence and recovery -------------------------------------------------------------------------


def test_a_fill_while_absent_is_resent_on_request_after_the_next_logon() -> None:
    harness = fix_venue()
    absent = logged_on(harness, b"ABSENT")
    absent.new("a", "1", "100")
    assert [m[34] for m in absent.take()] == ["2"]
    absent.hang_up()
    logged_on(harness, b"OTHER").new("s", "2", "100")
    harness = harness.restart()
    absent.harness = harness
    (answer,) = absent.log_on()
    assert (answer[35], answer[34]) == ("A", "4")
    absent.send(b"2", "7=3|16=0|")
    harness.settle()
    (fill, gap_fill) = absent.take()
    assert (fill[34], fill[43], fill[150], fill[32]) == ("3", "Y", "F", "100")
    assert 122 in fill
    assert (gap_fill[35], gap_fill[34], gap_fill[36], gap_fill[123]) == ("4", "4", "5", "Y")


def test_a_restarted_venue_refuses_the_ids_it_had_accepted() -> None:
    harness = fix_venue()
    client = logged_on(harness)
    client.new("a", "1", "100")
    client.take()
    client.harness = harness.restart()
    client.log_on()
    client.new("a", "1", "100")
    (rejected,) = client.take_words()
    assert (rejected[103], rejected[58]) == ("6", "duplicate ClOrdID(11)")


# -- tables ---------------------------------------------------------------------------------------


def test_every_engine_word_has_a_fix_word() -> None:
    assert set(SIDES.values()) == set(Side)
    assert set(ORDER_TYPES.values()) == set(ORD_TYPE_OF) == set(OrderType)
    assert set(TIMES_IN_FORCE.values()) == set(TIME_IN_FORCE_OF) == set(TimeInForce)
    assert set(ORD_REJ_REASON) == set(REJECT_TEXT) == set(RejectReason)
    assert set(CXL_REJ_RESPONSE_TO) == set(RequestKind) - {RequestKind.ENTER}
