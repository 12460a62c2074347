"""The appendage of OUCH 5.0 orders: what is in force, what is refused with which code
(`gateway.order_entry.ouch50_options`)."""

from typing import Any

import pytest

from matching.commands import RerankOrder
from protocol.ouch.appendage import Appendage
from protocol.ouch.messages50 import decode_outbound, encode
from protocol.ouch.outbound50 import Accepted, OrderPriorityUpdate, OrderRestated
from tests.gateway.order_entry.ouch50_client import (
    PRICE,
    Ouch50Client,
    enter,
    ouch50_venue,
    replace,
)
from tests.gateway.order_entry.test_ouch50 import (
    NOW,
    START_OF_DAY,
    accepted,
    canceled,
    executed,
    rejected,
    replaced,
)
from tests.gateway.venue_harness import MIDNIGHT_NS, OPENING_NS, VenueHarness

SECOND_NS = 1_000_000_000
NOON = 43_200


@pytest.fixture
def venue() -> VenueHarness:
    return ouch50_venue()


@pytest.fixture
def trader(venue: VenueHarness) -> Ouch50Client:
    client = Ouch50Client(venue)
    assert client.news() == [START_OF_DAY]
    return client


@pytest.fixture
def other(venue: VenueHarness, trader: Ouch50Client) -> Ouch50Client:
    client = Ouch50Client(venue, b"SIM001")
    assert client.news() == [START_OF_DAY]
    return client


# -- what is in force ----------------------------------------------------------------------------


def test_the_appendage_of_accepted_has_the_options_in_force(trader: Ouch50Client) -> None:
    kept: dict[str, Any] = {
        "firm": b"ABCD",
        "customer_type": b"N",
        "max_floor": 100,
        "post_only": b"P",
        "expire_time": NOON,
    }
    without_effect: dict[str, Any] = {
        "price_type": b"L",
        "trade_now": b"N",
        "shares_located": b"Y",
        "group_id": 7,
    }
    order = enter(1, quantity=500, time_in_force=b"6", **kept, **without_effect)
    assert trader.ask(order) == [
        accepted(1, 1, quantity=500, time_in_force=b"6", appendage=Appendage(**kept))
    ]


def test_a_value_of_zero_or_spaces_is_an_option_that_is_not_there(trader: Ouch50Client) -> None:
    empty: dict[str, Any] = {
        "firm": b"    ",
        "min_qty": 0,
        "customer_type": b" ",
        "max_floor": 0,
        "price_type": b" ",
        "peg_offset": 0,
        "discretion_price": 0,
        "discretion_price_type": b" ",
        "discretion_peg_offset": 0,
        "post_only": b" ",
        "random_reserves": 0,
        "route": b"    ",
        "expire_time": 0,
        "trade_now": b" ",
        "handle_inst": b" ",
        "shares_located": b" ",
    }
    assert trader.ask(enter(1, **empty)) == [accepted(1, 1)]


def test_tags_that_orders_do_not_have_are_passed_over(trader: Ouch50Client) -> None:
    foreign: dict[str, Any] = {
        "secondary_ord_ref_num": 5,
        "bbo_weight": b"S",
        "display_qty": 3,
        "display_price": 3,
        "aiq_strategy": b"X",
    }
    assert trader.ask(
        enter(1, **foreign),
        enter(2, **foreign, firm=b"ABCD"),
        encode(enter(3))[:-2] + b"\x00\x05\x04\xc8xyz",
    ) == [accepted(1, 1), accepted(2, 2, appendage=Appendage(firm=b"ABCD")), accepted(3, 3)]


def test_a_replace_has_the_options_that_it_states(trader: Ouch50Client) -> None:
    options: dict[str, Any] = {"max_floor": 100, "post_only": b"P", "expire_time": NOON}
    trader.send(enter(1, quantity=500, time_in_force=b"6", **options))
    trader.news()
    assert trader.ask(
        replace(1, 2, 400, max_floor=200),
        replace(2, 3, 400, time_in_force=b"6", expire_time=NOON + 1, post_only=b"P"),
        replace(3, 4, 400),
    ) == [
        replaced(2, 1, 2, 400, appendage=Appendage(max_floor=200)),
        replaced(
            3,
            2,
            3,
            400,
            time_in_force=b"6",
            appendage=Appendage(expire_time=NOON + 1, post_only=b"P"),
        ),
        replaced(4, 3, 4, 400),
    ]


def test_a_replace_keeps_firm_and_customer_type(trader: Ouch50Client) -> None:
    trader.send(enter(1, firm=b"ABCD", customer_type=b"R"))
    trader.news()
    assert trader.ask(
        replace(1, 2, 90), replace(2, 3, 80, firm=b"EVIL", route=b"XXXX", customer_type=b"N")
    ) == [
        replaced(2, 1, 2, 90, appendage=Appendage(firm=b"ABCD", customer_type=b"R")),
        replaced(3, 2, 3, 80, appendage=Appendage(firm=b"ABCD", customer_type=b"N")),
    ]


def test_a_blank_customer_type_in_a_replace_names_none(trader: Ouch50Client) -> None:
    trader.send(enter(1, customer_type=b"R"))
    trader.news()
    assert trader.ask(replace(1, 2, 90, customer_type=b" ")) == [
        replaced(2, 1, 2, 90, appendage=Appendage(customer_type=b"R")),
    ]


# -- hidden, reserve, post-only ------------------------------------------------------------------


def test_a_hidden_order_trades_after_those_shown_and_is_told_so(
    trader: Ouch50Client, other: Ouch50Client
) -> None:
    trader.send(enter(1, display=b"N"), enter(2))
    other.send(enter(1, b"S", 150))
    assert trader.news() == [
        accepted(1, 1, display=b"N"),
        accepted(2, 2),
        executed(2, 100, b"A", 1),
        executed(1, 50, b"J", 2),
    ]


def test_a_reserve_order_is_restated_each_time_that_it_shows_anew(
    trader: Ouch50Client, other: Ouch50Client
) -> None:
    trader.send(enter(1, quantity=250, max_floor=100))
    other.send(enter(1, b"S", 100))
    assert trader.news() == [
        accepted(1, 1, quantity=250, appendage=Appendage(max_floor=100)),
        executed(1, 100, b"A", 1),
        OrderRestated(NOW, 1, b"R", Appendage(secondary_ord_ref_num=3, display_qty=100)),
    ]
    other.send(enter(2, b"S", 100))
    assert trader.news() == [
        executed(1, 100, b"A", 2),
        OrderRestated(NOW, 1, b"R", Appendage(secondary_ord_ref_num=5, display_qty=50)),
    ]


def test_a_post_only_order_that_would_trade_is_canceled(
    trader: Ouch50Client, other: Ouch50Client
) -> None:
    other.send(enter(1, b"S"))
    kept = Appendage(post_only=b"P")
    assert trader.ask(enter(1, post_only=b"P"), enter(2, price=PRICE - 100, post_only=b"P")) == [
        accepted(1, 2, appendage=kept),
        canceled(1, 100, b"G"),
        accepted(2, 3, price=PRICE - 100, appendage=kept),
    ]


def test_an_immediate_order_may_be_hidden_since_it_never_rests(trader: Ouch50Client) -> None:
    assert trader.ask(enter(1, time_in_force=b"3", display=b"N")) == [
        accepted(1, 1, time_in_force=b"3", display=b"N"),
        canceled(1, 100, b"I"),
    ]


def test_a_priority_update_shows_the_new_reference(
    venue: VenueHarness, trader: Ouch50Client
) -> None:
    trader.send(enter(1, display=b"A"), enter(2))
    trader.news()
    venue.control(RerankOrder(1))
    assert trader.news() == [OrderPriorityUpdate(NOW, 1, PRICE, b"A", 3)]


def test_a_replacement_is_hidden_reserved_and_post_only_as_it_says(
    trader: Ouch50Client, other: Ouch50Client
) -> None:
    trader.send(enter(1, quantity=200))
    trader.send(replace(1, 2, 200, display=b"N"), replace(2, 3, 200, max_floor=100))
    other.send(enter(1, b"S", 100), enter(2, b"S", price=PRICE + 100))
    trader.news()
    assert trader.ask(replace(3, 4, 200, PRICE + 100, post_only=b"P")) == [
        replaced(4, 3, 7, 100, price=PRICE + 100, appendage=Appendage(post_only=b"P")),
        canceled(4, 100, b"G"),
    ]
    told = [type(message).__name__ for message in map(decode_outbound, trader.payloads)]
    assert told == [
        "SystemEvent",
        "Accepted",
        "Replaced",
        "Replaced",
        "Executed",
        "OrderRestated",
        "Replaced",
        "Canceled",
    ]


def test_a_replacement_may_hide_and_have_options(trader: Ouch50Client, other: Ouch50Client) -> None:
    trader.send(
        enter(1, firm=b"ABCD"),
        replace(1, 2, 100, display=b"N"),
        enter(3, display=b"N", firm=b"ABCD"),
    )
    trader.news()
    other.send(enter(1, b"S", 200))
    assert trader.news() == [executed(2, 100, b"J", 1), executed(3, 100, b"J", 2)]


# -- good till time ------------------------------------------------------------------------------


def test_expire_time_is_how_many_seconds_the_order_lives(
    venue: VenueHarness, trader: Ouch50Client
) -> None:
    trader.send(enter(1, time_in_force=b"6", expire_time=90), enter(2))
    (first, _) = trader.news()
    assert isinstance(first, Accepted)
    venue.now_ns = OPENING_NS + 90 * SECOND_NS - 1
    venue.control()
    assert trader.news() == []
    venue.now_ns += 1
    venue.control()
    (expired,) = trader.news()
    assert expired == canceled_at(venue.now_ns - MIDNIGHT_NS, 1, 100, b"T")


def test_a_replacement_ends_when_it_says_and_not_before(
    venue: VenueHarness, trader: Ouch50Client
) -> None:
    trader.send(
        enter(1, time_in_force=b"6", expire_time=60),
        replace(1, 2, 100),
        enter(3),
    )
    venue.now_ns += SECOND_NS
    trader.send(replace(3, 4, 100, time_in_force=b"6", expire_time=60))
    trader.news()
    venue.now_ns = OPENING_NS + 60 * SECOND_NS
    venue.control()
    assert trader.news() == []
    venue.now_ns += SECOND_NS
    venue.control()
    assert trader.news() == [canceled_at(venue.now_ns - MIDNIGHT_NS, 4, 100, b"T")]


def canceled_at(timestamp_ns: int, number: int, quantity: int, reason: bytes) -> object:
    answer = canceled(number, quantity, reason)
    return type(answer)(timestamp_ns, number, quantity, reason)


# -- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"min_qty": 50}, 0x0D),
        ({"min_qty": 50, "time_in_force": b"3"}, 0x0D),
        ({"min_qty": 101, "time_in_force": b"3"}, 0x0D),
        ({"customer_type": b"?"}, 0x0F),
        ({"max_floor": 100, "display": b"N"}, 0x04),
        ({"max_floor": 100, "time_in_force": b"3"}, 0x04),
        ({"price_type": b"P"}, 0x11),
        ({"price_type": b"M"}, 0x11),
        ({"price_type": b"R"}, 0x11),
        ({"price_type": b"Q"}, 0x11),
        ({"price_type": b"m"}, 0x11),
        ({"price_type": b"l"}, 0x05),
        ({"peg_offset": -100}, 0x11),
        ({"discretion_price": PRICE}, 0x0F),
        ({"discretion_price_type": b"L"}, 0x0F),
        ({"discretion_peg_offset": 100}, 0x0F),
        ({"post_only": b"?"}, 0x0F),
        ({"post_only": b"P", "time_in_force": b"3"}, 0x0F),
        ({"random_reserves": 100}, 0x0F),
        ({"route": b"SCAN"}, 0x16),
        ({"time_in_force": b"6"}, 0x0F),
        ({"time_in_force": b"6", "expire_time": 86_400}, 0x0F),
        ({"expire_time": NOON}, 0x0F),
        ({"trade_now": b"Y"}, 0x0F),
        ({"trade_now": b"?"}, 0x0F),
        ({"handle_inst": b"I"}, 0x14),
        ({"handle_inst": b"O"}, 0x1A),
        ({"handle_inst": b"T"}, 0x1A),
        ({"handle_inst": b"Q"}, 0x1A),
        ({"handle_inst": b"R"}, 0x1A),
        ({"handle_inst": b"B"}, 0x0F),
        ({"handle_inst": b"D"}, 0x0F),
        ({"handle_inst": b"?"}, 0x0F),
        ({"shares_located": b"?"}, 0x0F),
    ],
    ids=str,
)
def test_an_option_without_engine_word_is_rejected_with_its_code(
    trader: Ouch50Client, changes: dict[str, Any], reason: int
) -> None:
    order = enter(1, **changes)
    assert trader.ask(order, order, enter(2)) == [rejected(1, reason), accepted(2, 1)]


def test_a_reserve_order_that_would_show_too_many_parts_has_an_invalid_max_floor(
    trader: Ouch50Client,
) -> None:
    most = 999_900
    assert trader.ask(
        enter(1, quantity=most, max_floor=most), enter(2, quantity=most, max_floor=100)
    ) == [
        accepted(1, 1, quantity=most, appendage=Appendage(max_floor=most)),
        rejected(2, 0x04),
    ]
