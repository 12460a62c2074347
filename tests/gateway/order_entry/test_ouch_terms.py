"""OUCH 4.2: seconds to live, display kinds, Modify Order, Order Priority Update, Trade Now."""

from typing import Any

import msgspec
import pytest

from matching.commands import EndOfDay, RerankOrder, SetPhase
from matching.types import Phase
from protocol.ouch.messages42 import (
    OrderModified,
    OrderPriorityUpdate,
    Outbound,
    TradeNow,
)
from tests.gateway.order_entry.ouch_client import (
    PRICE,
    OuchClient,
    cancel,
    enter,
    modify,
    ouch_venue,
    replace,
    token,
)
from tests.gateway.order_entry.test_ouch import (
    NOW,
    START_OF_DAY,
    accepted,
    canceled,
    executed,
    rejected,
    replaced,
)
from tests.gateway.venue_harness import VenueHarness

SECOND_NS = 1_000_000_000


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


def later(message: Outbound, seconds: int) -> Outbound:
    """The same message, so many seconds after the opening."""
    return msgspec.structs.replace(message, timestamp_ns=NOW + seconds * SECOND_NS)


def modified(text: str, side: bytes, shares: int) -> OrderModified:
    return OrderModified(NOW, token(text), side, shares)


# -- Time In Force in seconds --------------------------------------------------------------------


def test_an_order_lives_for_the_seconds_that_it_names(
    venue: VenueHarness, trader: OuchClient
) -> None:
    assert trader.ask(enter("T1", time_in_force=5)) == [accepted("T1", 1, time_in_force=5)]
    venue.advance(5 * SECOND_NS - 1)
    assert trader.news() == []
    venue.advance(1)
    assert trader.news() == [later(canceled("T1", 100, b"T"), 5)]


def test_an_order_that_expired_has_traded_what_it_could(
    venue: VenueHarness, trader: OuchClient, other: OuchClient
) -> None:
    trader.send(enter("T1", time_in_force=5))
    other.send(enter("S1", b"S", 30))
    venue.advance(5 * SECOND_NS)
    assert trader.news() == [
        accepted("T1", 1, time_in_force=5),
        executed("T1", 30, b"A", 1),
        later(canceled("T1", 70, b"T"), 5),
    ]
    assert trader.ask(cancel("T1"), replace("T1", "T2", 100)) == []


@pytest.mark.parametrize("seconds", [1, 86_399])
def test_the_shortest_and_the_longest_life_in_seconds(trader: OuchClient, seconds: int) -> None:
    order = enter("T1", time_in_force=seconds)
    assert trader.ask(order) == [accepted("T1", 1, time_in_force=seconds)]


def test_the_end_of_the_day_comes_before_the_seconds_are_over(
    venue: VenueHarness, trader: OuchClient
) -> None:
    trader.send(enter("T1", time_in_force=86_399))
    venue.control(EndOfDay())
    assert trader.news()[:2] == [
        accepted("T1", 1, time_in_force=86_399),
        canceled("T1", 100, b"T"),
    ]


def test_the_seconds_of_a_replacement_count_from_the_replace(
    venue: VenueHarness, trader: OuchClient
) -> None:
    trader.send(enter("T1", time_in_force=5))
    venue.advance(3 * SECOND_NS)
    trader.send(replace("T1", "T2", 100, time_in_force=5))
    venue.advance(5 * SECOND_NS - 1)
    assert trader.news() == [
        accepted("T1", 1, time_in_force=5),
        later(replaced("T2", "T1", 2, 100, time_in_force=5), 3),
    ]
    venue.advance(1)
    assert trader.news() == [later(canceled("T2", 100, b"T"), 8)]


def test_a_replacement_for_the_day_outlives_the_seconds_of_its_order(
    venue: VenueHarness, trader: OuchClient
) -> None:
    trader.send(enter("T1", time_in_force=5), replace("T1", "T2", 100))
    venue.advance(10 * SECOND_NS)
    assert trader.news() == [accepted("T1", 1, time_in_force=5), replaced("T2", "T1", 2, 100)]


def test_an_order_that_expires_while_the_client_is_away_is_told_when_it_is_back(
    venue: VenueHarness, trader: OuchClient
) -> None:
    trader.send(enter("T1", time_in_force=5))
    trader.pipe.hang_up()
    again = venue.restart()
    again.advance(5 * SECOND_NS)
    assert OuchClient(again, sequence=3).news() == [later(canceled("T1", 100, b"T"), 5)]


# -- Display -------------------------------------------------------------------------------------


@pytest.mark.parametrize("display", [b"Y", b"A", b"N", b"P", b"L"])
def test_accepted_and_replaced_echo_the_display(trader: OuchClient, display: bytes) -> None:
    assert trader.ask(
        enter("T1", display=display),
        replace("T1", "T2", 50, display=display),
    ) == [
        accepted("T1", 1, display=display),
        replaced("T2", "T1", 2, 50, display=display),
    ]


def test_a_hidden_order_trades_after_those_that_show(trader: OuchClient, other: OuchClient) -> None:
    trader.send(enter("T1", display=b"N"), enter("T2"))
    other.send(enter("S1", b"S", 150))
    assert trader.news() == [
        accepted("T1", 1, display=b"N"),
        accepted("T2", 2),
        executed("T2", 100, b"A", 1),
        executed("T1", 50, b"J", 2),
    ]
    assert other.news() == [
        accepted("S1", 3, side=b"S", shares=150),
        executed("S1", 100, b"R", 1),
        executed("S1", 50, b"R", 2),
    ]


def test_an_immediate_order_may_be_hidden_and_only_echoes_it(
    trader: OuchClient, other: OuchClient
) -> None:
    other.send(enter("S1", b"S", 30))
    at_once: dict[str, Any] = {"time_in_force": 0, "display": b"N"}
    assert trader.ask(enter("T1", **at_once)) == [
        accepted("T1", 2, **at_once),
        executed("T1", 30, b"R", 1),
        canceled("T1", 70, b"I"),
    ]
    assert other.news()[-1] == executed("S1", 30, b"A", 1)


@pytest.mark.parametrize("display", [b"P", b"L"])
def test_a_post_only_order_rests_or_is_canceled(
    trader: OuchClient, other: OuchClient, display: bytes
) -> None:
    other.send(enter("S1", b"S", price=PRICE + 100))
    assert trader.ask(enter("T1", display=display, price=PRICE + 100)) == [
        accepted("T1", 2, display=display, price=PRICE + 100),
        canceled("T1", 100, b"G"),
    ]
    assert trader.ask(enter("T2", display=display)) == [accepted("T2", 3, display=display)]
    other.send(enter("S2", b"S", 40))
    assert trader.news() == [executed("T2", 40, b"A", 1)]


@pytest.mark.parametrize("minimum", [0, 100], ids=["immediate", "all or nothing"])
@pytest.mark.parametrize("display", [b"P", b"L"])
def test_a_post_only_order_cannot_be_immediate(
    trader: OuchClient, display: bytes, minimum: int
) -> None:
    order = enter("T1", display=display, time_in_force=0, minimum_quantity=minimum)
    assert trader.ask(order) == [rejected("T1", b"D")]


def test_a_replacement_that_may_only_post_is_canceled_where_it_would_trade(
    trader: OuchClient, other: OuchClient
) -> None:
    other.send(enter("S1", b"S", price=PRICE + 100))
    request = replace("T1", "T2", 80, PRICE + 100, display=b"P")
    assert trader.ask(enter("T1"), request) == [
        accepted("T1", 2),
        replaced("T2", "T1", 3, 80, price=PRICE + 100, display=b"P"),
        canceled("T2", 80, b"G"),
    ]


def test_a_replacement_shows_what_its_order_hid_and_posts_no_more(
    trader: OuchClient, other: OuchClient
) -> None:
    trader.send(enter("T1", display=b"N"), replace("T1", "T2", 100))
    other.send(enter("S1", b"S", 30))
    assert trader.news() == [
        accepted("T1", 1, display=b"N"),
        replaced("T2", "T1", 2, 100),
        executed("T2", 30, b"A", 1),
    ]
    trader.send(enter("T3", b"S", 10, price=PRICE + 100, display=b"P"))
    assert trader.ask(replace("T3", "T4", 10, PRICE, display=b"Y"))[-1] == executed(
        "T4", 10, b"R", 2
    )


# -- Modify Order --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"), [(b"S", b"E"), (b"S", b"T"), (b"E", b"T")], ids=lambda side: side.decode()
)
def test_modify_changes_the_kind_of_sale_and_reports_echo_it(
    trader: OuchClient, old: bytes, new: bytes
) -> None:
    assert trader.ask(enter("T1", old), modify("T1", new), replace("T1", "T2", 50)) == [
        accepted("T1", 1, side=old),
        modified("T1", new, 100),
        replaced("T2", "T1", 2, 50, side=new),
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        *((b"B", new) for new in (b"S", b"T", b"E")),
        *((b"T", new) for new in (b"B", b"S", b"E")),
        *((b"E", new) for new in (b"B", b"S")),
        *((b"S", new) for new in (b"B", b"?")),
    ],
    ids=lambda side: side.decode(),
)
def test_modify_to_any_other_side_is_met_with_silence(
    trader: OuchClient, old: bytes, new: bytes
) -> None:
    assert trader.ask(enter("T1", old), modify("T1", new, 50), cancel("T1")) == [
        accepted("T1", 1, side=old),
        canceled("T1", 100, b"U"),
    ]


@pytest.mark.parametrize("side", [b"B", b"S", b"T", b"E"], ids=lambda side: side.decode())
def test_modify_with_the_orders_own_side_only_lowers_the_size(
    trader: OuchClient, side: bytes
) -> None:
    lower = modify("T1", side, 60)
    assert trader.ask(enter("T1", side), modify("T1", side, 100), lower, lower) == [
        accepted("T1", 1, side=side),
        modified("T1", side, 60),
    ]


def test_modify_lowers_the_intended_size_and_keeps_the_place(
    trader: OuchClient, other: OuchClient
) -> None:
    trader.send(enter("T1", b"S"), enter("T2", b"S"))
    other.send(enter("B1", b"B", 30))
    # 100 were meant and 30 traded: 60 in total are 30 more.
    trader.send(modify("T1", b"E", 60), modify("T1", b"T", 60))
    other.send(enter("B2", b"B", 40))
    assert trader.news() == [
        accepted("T1", 1, side=b"S"),
        accepted("T2", 2, side=b"S"),
        executed("T1", 30, b"A", 1),
        modified("T1", b"E", 30),
        modified("T1", b"T", 30),
        executed("T1", 30, b"A", 2),
        executed("T2", 10, b"A", 3),
    ]


@pytest.mark.parametrize("shares", [101, 1_000_000, 4_294_967_295])
def test_modify_to_more_is_met_with_silence(trader: OuchClient, shares: int) -> None:
    assert trader.ask(enter("T1", b"S"), modify("T1", b"E", shares), replace("T1", "T2", 50)) == [
        accepted("T1", 1, side=b"S"),
        replaced("T2", "T1", 2, 50, side=b"S"),
    ]


@pytest.mark.parametrize("shares", [0, 10, 30])
def test_modify_to_no_more_than_has_traded_cancels_the_rest(
    trader: OuchClient, other: OuchClient, shares: int
) -> None:
    trader.send(enter("T1", b"S"))
    other.send(enter("B1", b"B", 30))
    assert trader.ask(modify("T1", b"T", shares)) == [
        accepted("T1", 1, side=b"S"),
        executed("T1", 30, b"A", 1),
        canceled("T1", 70, b"U"),
    ]


def test_modify_of_no_live_order_is_met_with_silence(trader: OuchClient) -> None:
    assert trader.ask(
        enter("T1", b"S"),
        replace("T1", "T2", 100),
        modify("T1", b"T"),
        cancel("T2"),
        modify("T2", b"T"),
        modify("NEVER", b"T"),
    ) == [
        accepted("T1", 1, side=b"S"),
        replaced("T2", "T1", 2, 100, side=b"S"),
        canceled("T2", 100, b"U"),
    ]


def test_an_order_may_be_modified_while_its_stock_is_halted(
    venue: VenueHarness, trader: OuchClient
) -> None:
    trader.send(enter("T1", b"S"))
    venue.control(SetPhase(0, Phase.HALTED))
    assert trader.ask(modify("T1", b"T", 40)) == [
        accepted("T1", 1, side=b"S"),
        modified("T1", b"T", 40),
    ]


def test_a_modified_side_survives_a_restart(venue: VenueHarness, trader: OuchClient) -> None:
    trader.send(enter("T1", b"S"), modify("T1", b"T"))
    back = OuchClient(venue.restart(), sequence=4)
    assert back.ask(replace("T1", "T2", 50)) == [replaced("T2", "T1", 2, 50, side=b"T")]


# -- Order Priority Update and Trade Now ---------------------------------------------------------


def test_a_reranked_order_is_told_its_new_reference_and_trades_last(
    venue: VenueHarness, trader: OuchClient, other: OuchClient
) -> None:
    trader.send(enter("T1", display=b"A"), enter("T2"))
    venue.control(RerankOrder(1))
    other.send(enter("S1", b"S", 110))
    assert trader.news() == [
        accepted("T1", 1, display=b"A"),
        accepted("T2", 2),
        OrderPriorityUpdate(NOW, token("T1"), PRICE, b"A", 3),
        executed("T2", 100, b"A", 1),
        executed("T1", 10, b"A", 2),
    ]


def test_trade_now_is_met_with_silence(trader: OuchClient) -> None:
    hidden = enter("T1", display=b"N")
    assert trader.ask(hidden, TradeNow(token("T1")), TradeNow(token("NEVER")), cancel("T1")) == [
        accepted("T1", 1, display=b"N"),
        canceled("T1", 100, b"U"),
    ]
