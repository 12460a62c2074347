"""OUCH requests and their answers (`gateway.order_entry.ouch_reports`), through the whole venue.

Which token a broken trade names is `gateway.order_entry.chains`.
"""

from typing import Any

import msgspec
import pytest

from gateway.config import Config
from gateway.order_entry.ouch import ouch_desk
from gateway.order_entry.ouch_words import has_words
from matching.commands import (
    BustTrade,
    CancelOrder,
    EndOfDay,
    MassCancel,
    ReplaceOrder,
    SetPhase,
    StartOfDay,
)
from matching.instrument import Instrument
from matching.types import BustReason, CancelReason, Phase
from protocol.ouch.messages42 import (
    Accepted,
    BrokenTrade,
    Canceled,
    Executed,
    Outbound,
    Rejected,
    Replaced,
    SystemEvent,
    encode,
)
from tests.gateway.order_entry.ouch_client import (
    DAY,
    PRICE,
    OuchClient,
    cancel,
    enter,
    ouch_venue,
    replace,
    token,
)
from tests.gateway.venue_harness import (
    MIDNIGHT_NS,
    OPENING_NS,
    TRADING_DATE,
    VenueHarness,
)

NOW = OPENING_NS - MIDNIGHT_NS
START_OF_DAY = SystemEvent(NOW, b"S")


def accepted(text: str, reference: int, **changes: Any) -> Accepted:
    return msgspec.structs.replace(
        Accepted(
            timestamp_ns=NOW,
            order_token=token(text),
            side=b"B",
            shares=100,
            stock=b"AAPL    ",
            price=PRICE,
            time_in_force=DAY,
            firm=b"FIRM",
            display=b"Y",
            order_reference_number=reference,
            capacity=b"P",
            intermarket_sweep_eligibility=b"N",
            minimum_quantity=0,
            cross_type=b"N",
            order_state=b"L",
            bbo_weight=b" ",
        ),
        **changes,
    )


def replaced(new: str, old: str, reference: int, shares: int, **changes: Any) -> Replaced:
    return msgspec.structs.replace(
        Replaced(
            timestamp_ns=NOW,
            replacement_order_token=token(new),
            side=b"B",
            shares=shares,
            stock=b"AAPL    ",
            price=PRICE,
            time_in_force=DAY,
            firm=b"FIRM",
            display=b"Y",
            order_reference_number=reference,
            capacity=b"P",
            intermarket_sweep_eligibility=b"N",
            minimum_quantity=0,
            cross_type=b"N",
            order_state=b"L",
            previous_order_token=token(old),
            bbo_weight=b" ",
        ),
        **changes,
    )


def executed(text: str, shares: int, flag: bytes, match: int, price: int = PRICE) -> Executed:
    return Executed(NOW, token(text), shares, price, flag, match)


def canceled(text: str, shares: int, reason: bytes) -> Canceled:
    return Canceled(NOW, token(text), shares, reason)


def rejected(text: str, reason: bytes) -> Rejected:
    return Rejected(NOW, token(text), reason)


@pytest.fixture
def venue() -> VenueHarness:
    return ouch_venue()


@pytest.fixture
def trader(venue: VenueHarness) -> OuchClient:
    client = OuchClient(venue)
    assert client.news() == [START_OF_DAY]
    return client


@pytest.fixture
def other(venue: VenueHarness, trader: OuchClient) -> OuchClient:
    """A second account; logged in after `trader`."""
    client = OuchClient(venue, b"SIM001")
    assert client.news() == [START_OF_DAY]
    return client


# -- Enter Order ---------------------------------------------------------------------------------


def test_an_order_that_rests_is_accepted_live(trader: OuchClient) -> None:
    assert trader.ask(enter("T1")) == [accepted("T1", 1)]


def test_accepted_echoes_what_the_engine_has_no_word_for(trader: OuchClient) -> None:
    details: dict[str, Any] = {
        "side": b"E",
        "shares": 7,
        "stock": b"MSFT    ",
        "firm": b"AB  ",
        "display": b"A",
        "capacity": b"R",
        "intermarket_sweep_eligibility": b"y",
        "time_in_force": 99_999,
    }
    assert trader.ask(enter("T1", **details)) == [accepted("T1", 1, **details)]


def test_a_blank_firm_is_echoed_blank(trader: OuchClient) -> None:
    assert trader.ask(enter("T1", firm=b"    ")) == [accepted("T1", 1, firm=b"    ")]


def test_an_unknown_capacity_becomes_other(trader: OuchClient) -> None:
    assert trader.ask(enter("T1", capacity=b"?")) == [accepted("T1", 1, capacity=b"O")]


def test_a_time_in_force_beyond_system_hours_is_system_hours(trader: OuchClient) -> None:
    answers = trader.ask(enter("T1", time_in_force=4_000_000_000))
    assert answers == [accepted("T1", 1, time_in_force=99_999)]


def test_an_order_of_48_bytes_has_no_customer_type(trader: OuchClient) -> None:
    assert trader.ask(encode(enter("T1"))[:-1]) == [accepted("T1", 1)]


def test_both_sides_of_a_trade_are_told_under_one_match_number(
    trader: OuchClient, other: OuchClient
) -> None:
    trader.send(enter("T1"))
    sell = enter("S1", b"T", 30, price=PRICE - 10_000)
    assert other.ask(sell) == [
        accepted("S1", 2, side=b"T", shares=30, price=PRICE - 10_000),
        executed("S1", 30, b"R", 1),
    ]
    assert trader.news() == [accepted("T1", 1), executed("T1", 30, b"A", 1)]


def test_an_unfilled_ioc_is_accepted_and_then_canceled(trader: OuchClient) -> None:
    assert trader.ask(enter("T1", time_in_force=0)) == [
        accepted("T1", 1, time_in_force=0),
        canceled("T1", 100, b"I"),
    ]


def test_an_ioc_trades_what_it_can(trader: OuchClient, other: OuchClient) -> None:
    trader.send(enter("T1", shares=40))
    assert other.ask(enter("S1", b"S", time_in_force=0)) == [
        accepted("S1", 2, side=b"S", time_in_force=0),
        executed("S1", 40, b"R", 1),
        canceled("S1", 60, b"I"),
    ]


def test_ioc_with_minimum_quantity_equal_to_shares_is_all_or_nothing(
    trader: OuchClient, other: OuchClient
) -> None:
    trader.send(enter("T1", shares=40))
    all_of_it: dict[str, Any] = {"time_in_force": 0, "minimum_quantity": 50}
    assert other.ask(enter("S1", b"S", 50, **all_of_it)) == [
        accepted("S1", 2, side=b"S", shares=50, **all_of_it),
        canceled("S1", 50, b"I"),
    ]


def test_a_used_token_is_ignored_whether_it_was_accepted_or_rejected(trader: OuchClient) -> None:
    good, bad = enter("T1"), enter("T2", stock=b"NOSUCH  ")
    assert trader.ask(good, bad, good, bad, enter("T1", shares=5), enter("T2")) == [
        accepted("T1", 1),
        rejected("T2", b"S"),
    ]


def test_tokens_tell_upper_from_lower_case_and_spaces_inside_count(trader: OuchClient) -> None:
    assert trader.ask(enter("T1"), enter("t1"), enter("T 1"), enter(" T1")) == [
        accepted("T1", 1),
        accepted("t1", 2),
        accepted("T 1", 3),
        accepted(" T1", 4),
    ]


def test_tokens_belong_to_the_login(trader: OuchClient, other: OuchClient) -> None:
    assert trader.ask(enter("T1")) == [accepted("T1", 1)]
    assert other.ask(enter("T1")) == [accepted("T1", 2)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"order_token": b"TOKEN-0000001 "}, b"O"),
        ({"order_token": b" " * 14}, b"O"),
        ({"order_token": b"TOKEN\x00        "}, b"O"),
        ({"order_token": b"TOKEN        \n"}, b"O"),
        ({"order_token": b"TOKEN\xe9        "}, b"O"),
        ({"side": b"X"}, b"O"),
        ({"stock": b"NOSUCH  "}, b"S"),
        ({"stock": b"aapl    "}, b"S"),
        ({"shares": 0}, b"O"),
        ({"shares": 1_000_000}, b"Z"),
        ({"shares": 4_294_967_295}, b"Z"),
        ({"price": 0}, b"X"),
        ({"price": PRICE + 1}, b"X"),
        ({"price": 1_999_999_900 + 100}, b"X"),
        ({"price": 2_000_000_000}, b"X"),
        ({"price": 0x7FFFFFFF}, b"X"),
        ({"time_in_force": 86_400}, b"O"),
        ({"time_in_force": 99_996}, b"O"),
        ({"time_in_force": 99_997}, b"O"),
        *(({"display": bytes([kind])}, b"D") for kind in b"IMWmnOTQZ"),
        ({"display": b"?"}, b"D"),
        ({"intermarket_sweep_eligibility": b"?"}, b"O"),
        ({"minimum_quantity": 100}, b"N"),
        ({"minimum_quantity": 50, "time_in_force": 0}, b"N"),
        ({"minimum_quantity": 101, "time_in_force": 0}, b"N"),
        ({"cross_type": b"O"}, b"R"),
        ({"customer_type": b"?"}, b"O"),
    ],
    ids=str,
)
def test_a_word_without_engine_word_is_rejected_with_its_letter(
    trader: OuchClient, changes: dict[str, Any], reason: bytes
) -> None:
    order = enter("T1", **changes)
    assert trader.ask(order, order, enter("T2")) == [
        Rejected(NOW, order.order_token, reason),
        accepted("T2", 1),
    ]


@pytest.mark.parametrize(("phase", "reason"), [(Phase.HALTED, b"H"), (Phase.CLOSED, b"C")])
def test_nothing_enters_while_the_stock_does_not_trade(
    venue: VenueHarness, trader: OuchClient, phase: Phase, reason: bytes
) -> None:
    venue.control(SetPhase(0, phase))
    assert trader.ask(enter("T1")) == [rejected("T1", reason)]


def test_a_stock_that_ouch_cannot_say_is_an_invalid_stock() -> None:
    fine = Instrument(symbol=b"GILT", price_decimals=6)
    venue = VenueHarness(
        lambda venue: {b"ouch": ouch_desk(venue)}, Config(instruments=(fine, Instrument(b"AAPL")))
    )
    trader = OuchClient(venue)
    assert trader.ask(enter("T1", stock=b"GILT    "), enter("T2")) == [
        START_OF_DAY,
        rejected("T1", b"S"),
        accepted("T2", 1),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, True),
        ({"price_decimals": 2}, False),
        ({"quantity_decimals": 3}, False),
        ({"price_max": 2_000_000_000}, False),
        ({"quantity_max": 1_000_000}, False),
        ({"symbol": b"TOOLONG.L"}, False),
    ],
    ids=str,
)
def test_ouch_says_prices_of_four_decimals_and_whole_shares(
    change: dict[str, Any], said: bool
) -> None:
    assert has_words(msgspec.structs.replace(Instrument(b"AAPL"), **change)) is said


# -- Cancel Order --------------------------------------------------------------------------------


def test_cancel_to_zero_takes_the_rest_off(trader: OuchClient) -> None:
    assert trader.ask(enter("T1"), cancel("T1")) == [
        accepted("T1", 1),
        canceled("T1", 100, b"U"),
    ]


def test_cancel_names_the_intended_size_and_tells_the_decrement(
    trader: OuchClient, other: OuchClient
) -> None:
    trader.send(enter("T1"))
    other.send(enter("S1", b"S", 30))
    # 100 were meant and 30 traded: to 60 is a decrement of 40 and leaves 30.
    assert trader.ask(cancel("T1", 60), cancel("T1", 60), cancel("T1", 10)) == [
        accepted("T1", 1),
        executed("T1", 30, b"A", 1),
        canceled("T1", 40, b"U"),
        canceled("T1", 30, b"U"),
    ]


def test_a_reduced_order_keeps_its_place(trader: OuchClient, other: OuchClient) -> None:
    trader.send(enter("T1"), enter("T2"), cancel("T1", 50))
    other.send(enter("S1", b"S", 60))
    assert trader.news() == [
        accepted("T1", 1),
        accepted("T2", 2),
        canceled("T1", 50, b"U"),
        executed("T1", 50, b"A", 1),
        executed("T2", 10, b"A", 2),
    ]


def test_a_superfluous_cancel_is_met_with_silence(trader: OuchClient, other: OuchClient) -> None:
    other.send(enter("S1", b"S"))
    assert trader.ask(
        cancel("NEVER"),
        enter("T1"),
        cancel("T1"),
        enter("T2", price=PRICE - 100),
        cancel("T2", 100),
    ) == [
        accepted("T1", 2),
        executed("T1", 100, b"R", 1),
        accepted("T2", 3, price=PRICE - 100),
    ]
    assert trader.ask(cancel("S1"), cancel("T2", 4_000_000_000)) == []


def test_an_order_may_be_canceled_while_its_stock_is_halted(
    venue: VenueHarness, trader: OuchClient
) -> None:
    trader.send(enter("T1"))
    venue.control(SetPhase(0, Phase.HALTED))
    assert trader.ask(cancel("T1", 40), cancel("T1")) == [
        accepted("T1", 1),
        canceled("T1", 60, b"U"),
        canceled("T1", 40, b"U"),
    ]


# -- Replace Order -------------------------------------------------------------------------------


def test_replace_names_the_chain_total_and_tells_what_is_exposed(
    trader: OuchClient, other: OuchClient
) -> None:
    trader.send(enter("T1", shares=500))
    other.send(enter("S1", b"S", 100))
    assert trader.ask(
        replace("T1", "T2", 600, PRICE - 200, display=b"A", time_in_force=99_999)
    ) == [
        accepted("T1", 1, shares=500),
        executed("T1", 100, b"A", 1),
        replaced("T2", "T1", 3, 500, price=PRICE - 200, display=b"A", time_in_force=99_999),
    ]
    assert trader.ask(replace("T2", "T3", 500, PRICE - 200)) == [
        replaced("T3", "T2", 4, 400, price=PRICE - 200)
    ]


def test_replace_loses_priority_even_for_less_at_the_same_price(
    trader: OuchClient, other: OuchClient
) -> None:
    trader.send(enter("T1"), enter("T2"), replace("T1", "T3", 50))
    other.send(enter("S1", b"S", 120))
    assert trader.news() == [
        accepted("T1", 1),
        accepted("T2", 2),
        replaced("T3", "T1", 3, 50),
        executed("T2", 100, b"A", 1),
        executed("T3", 20, b"A", 2),
    ]


def test_a_replacement_that_crosses_trades_under_its_own_token(
    trader: OuchClient, other: OuchClient
) -> None:
    other.send(enter("S1", b"S", 30, price=PRICE + 100))
    assert trader.ask(enter("T1"), replace("T1", "T2", 100, PRICE + 100)) == [
        accepted("T1", 2),
        replaced("T2", "T1", 3, 100, price=PRICE + 100),
        executed("T2", 30, b"R", 1, PRICE + 100),
    ]


def test_the_old_token_of_a_chain_is_dead(trader: OuchClient) -> None:
    assert trader.ask(
        enter("T1"), replace("T1", "T2", 100), cancel("T1"), replace("T1", "T3", 90), cancel("T2")
    ) == [accepted("T1", 1), replaced("T2", "T1", 2, 100), canceled("T2", 100, b"U")]


def test_replace_of_no_live_order_is_silent_and_leaves_the_new_token_free(
    trader: OuchClient,
) -> None:
    trader.send(enter("T1", time_in_force=0))
    assert trader.ask(replace("T1", "T2", 100), replace("NEVER", "T3", 100)) == [
        accepted("T1", 1, time_in_force=0),
        canceled("T1", 100, b"I"),
    ]
    assert trader.ask(enter("T2"), enter("T3")) == [accepted("T2", 2), accepted("T3", 3)]


def test_replace_with_a_used_or_impossible_token_is_silent_and_leaves_the_order(
    trader: OuchClient,
) -> None:
    trader.send(enter("T1"), enter("T2", stock=b"NOSUCH  "))
    assert trader.ask(
        replace("T1", "T1", 50), replace("T1", "T2", 50), replace("T1", "T-3", 50), cancel("T1")
    ) == [accepted("T1", 1), rejected("T2", b"S"), canceled("T1", 100, b"U")]


@pytest.mark.parametrize(
    "changes",
    [
        {"shares": 1_000_000},
        {"shares": 0},
        {"price": 0},
        {"price": PRICE + 1},
        {"price": 0x7FFFFFFF},
        {"time_in_force": 0},
        {"time_in_force": 86_400},
        {"time_in_force": 99_997},
        {"display": b"M"},
        {"intermarket_sweep_eligibility": b"?"},
        {"minimum_quantity": 100},
    ],
    ids=str,
)
def test_invalid_new_details_cancel_the_order_and_leave_the_new_token_free(
    trader: OuchClient, changes: dict[str, Any]
) -> None:
    request = msgspec.structs.replace(replace("T1", "T2", 100), **changes)
    assert trader.ask(enter("T1"), request, enter("T2")) == [
        accepted("T1", 1),
        canceled("T1", 100, b"U"),
        accepted("T2", 2),
    ]


def test_a_total_that_has_already_traded_cancels_the_order(
    trader: OuchClient, other: OuchClient
) -> None:
    trader.send(enter("T1"))
    other.send(enter("S1", b"S", 30))
    assert trader.ask(replace("T1", "T2", 30)) == [
        accepted("T1", 1),
        executed("T1", 30, b"A", 1),
        canceled("T1", 70, b"U"),
    ]


def test_a_chain_is_liable_for_at_most_999_999_shares_executions_included(
    trader: OuchClient, other: OuchClient
) -> None:
    trader.send(enter("T1"))
    other.send(enter("S1", b"S", 30))
    trader.news()
    assert trader.ask(replace("T1", "T2", 999_999), replace("T2", "T3", 1_000_000)) == [
        replaced("T2", "T1", 3, 999_969),
        canceled("T2", 999_969, b"U"),
    ]


def test_an_execution_before_the_replace_arrives_names_the_old_token(
    trader: OuchClient, other: OuchClient
) -> None:
    trader.send(enter("T1"))
    other.send(enter("S1", b"S", 30))
    trader.send(replace("T1", "T2", 100))
    other.send(enter("S2", b"S", 30))
    assert trader.news() == [
        accepted("T1", 1),
        executed("T1", 30, b"A", 1),
        replaced("T2", "T1", 3, 70),
        executed("T2", 30, b"A", 2),
    ]


@pytest.mark.parametrize("display", [b"Y", b"M"], ids=["valid", "invalid"])
def test_replace_in_a_halt_is_rejected_spends_the_new_token_and_leaves_the_order(
    venue: VenueHarness, trader: OuchClient, display: bytes
) -> None:
    trader.send(enter("T1"))
    venue.control(SetPhase(0, Phase.HALTED))
    request = replace("T1", "T2", 50, display=display)
    assert trader.ask(request, request) == [accepted("T1", 1), rejected("T2", b"H")]
    venue.control(SetPhase(0, Phase.OPEN))
    assert trader.ask(enter("T2"), cancel("T1")) == [canceled("T1", 100, b"U")]


# -- the rest ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "message type: expected a byte, received an empty message"),
        (b"?", "message type: expected one of O U X M N, received b'?'"),
        (b"X" + b" " * 17, "CancelOrder length: expected 19 bytes, received 18"),
    ],
)
def test_bytes_that_are_no_message_end_the_connection_and_the_log_says_why(
    venue: VenueHarness, trader: OuchClient, payload: bytes, reason: str
) -> None:
    assert trader.ask(enter("T1"), payload, enter("T2")) == [accepted("T1", 1)]
    assert trader.pipe.closed == reason
    assert venue.remarks[-1] == f"ouch #1 test (ouch42/TRADER): closed: {reason}"


@pytest.mark.parametrize(
    ("reason", "letter"), [(CancelReason.SUPERVISORY, b"S"), (CancelReason.DISCONNECT, b"Z")]
)
def test_a_mass_cancel_is_told_with_its_reason(
    venue: VenueHarness, trader: OuchClient, reason: CancelReason, letter: bytes
) -> None:
    trader.send(enter("T1"), enter("T2", shares=5))
    venue.control(MassCancel(reason=reason))
    assert trader.news() == [
        accepted("T1", 1),
        accepted("T2", 2, shares=5),
        canceled("T1", 100, letter),
        canceled("T2", 5, letter),
    ]


def test_a_cancel_by_another_session_reaches_the_owner_only(
    venue: VenueHarness, trader: OuchClient, other: OuchClient
) -> None:
    trader.send(enter("T1"))
    requester = other.pipe.connection.record
    assert requester is not None
    venue.control(CancelOrder(requester.session_id, requester.account_id, 1, b"C1"))
    assert trader.news() == [accepted("T1", 1), canceled("T1", 100, b"U")]
    assert other.news() == []


@pytest.mark.parametrize(
    ("reason", "letter"),
    [
        (BustReason.ERRONEOUS, b"E"),
        (BustReason.CONSENT, b"C"),
        (BustReason.SUPERVISORY, b"S"),
        (BustReason.EXTERNAL, b"X"),
    ],
)
def test_both_sides_of_a_broken_trade_are_told(
    venue: VenueHarness, trader: OuchClient, other: OuchClient, reason: BustReason, letter: bytes
) -> None:
    trader.send(enter("T1"))
    other.send(enter("S1", b"S"))
    trader.news()
    other.news()
    venue.control(BustTrade(1, reason))
    assert trader.news() == [BrokenTrade(NOW, token("T1"), 1, letter)]
    assert other.news() == [BrokenTrade(NOW, token("S1"), 1, letter)]


@pytest.mark.parametrize("restarted", [False, True])
def test_a_broken_trade_names_the_token_that_its_execution_named(
    venue: VenueHarness, trader: OuchClient, other: OuchClient, restarted: bool
) -> None:
    other.send(enter("S1", b"S", 10, price=PRICE + 100))
    trader.send(enter("T1"))
    other.send(enter("S2", b"S", 10))
    trader.send(replace("T1", "T2", 50), replace("T2", "T3", 60, PRICE + 100))
    other.send(enter("S3", b"S", 10, price=PRICE + 100))
    trader.send(replace("T3", "T4", 70))
    told = {event.match_number: event for event in trader.news() if isinstance(event, Executed)}
    assert [told[match].order_token for match in (1, 2, 3)] == [
        token("T1"),
        token("T3"),
        token("T3"),
    ]
    if restarted:
        trader.pipe.hang_up()
        venue = venue.restart()
        trader = OuchClient(venue, sequence=0)
    venue.control(*(BustTrade(match, BustReason.ERRONEOUS) for match in (1, 2, 3)))
    assert trader.news() == [
        BrokenTrade(NOW, told[match].order_token, match, b"E") for match in (1, 2, 3)
    ]


def test_a_replacement_with_nothing_left_is_dead(venue: VenueHarness, trader: OuchClient) -> None:
    trader.send(enter("T1"))
    OuchClient(venue, b"SIM001").send(enter("S1", b"S", 30))
    record = trader.pipe.connection.record
    assert record is not None
    trader.news()
    # No OUCH client can ask for this; a venue operator's tool might.
    echo = venue.venue.orders.by_id[1].echo
    command = ReplaceOrder(
        record.session_id, record.account_id, 1, token("T2"), 30, PRICE, True, echo=echo
    )
    venue.control(command)
    assert trader.news() == [replaced("T2", "T1", 1, 0, order_state=b"D")]


def test_times_count_from_the_midnight_of_the_trading_date(
    venue: VenueHarness, trader: OuchClient
) -> None:
    day_ns = 86_400_000_000_000
    venue.now_ns += day_ns
    expected: list[Outbound] = [
        msgspec.structs.replace(accepted("T1", 1), timestamp_ns=NOW + day_ns)
    ]
    assert trader.ask(enter("T1")) == expected


def test_a_day_opened_before_its_midnight_tells_time_zero(venue: VenueHarness) -> None:
    venue.control(EndOfDay(), StartOfDay(TRADING_DATE + 1, MIDNIGHT_NS + 86_400_000_000_000))
    trader = OuchClient(venue)
    assert trader.news() == [SystemEvent(0, b"S")]
