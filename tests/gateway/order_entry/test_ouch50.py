"""OUCH 5.0 orders (`gateway.order_entry.ouch50`) and their answers
(`gateway.order_entry.ouch50_reports`), through the whole venue."""

from typing import Any

import msgspec
import pytest

from gateway.config import Config
from matching.commands import BustTrade, CancelOrder, EndOfDay, SetPhase
from matching.instrument import Instrument
from matching.types import BustReason, Phase
from protocol.ouch.appendage import NO_OPTIONS, Appendage
from protocol.ouch.inbound50 import ModifyOrder
from protocol.ouch.messages50 import encode
from protocol.ouch.outbound50 import (
    Accepted,
    BrokenTrade,
    Canceled,
    Executed,
    OrderModified,
    Rejected,
    Replaced,
    SystemEvent,
)
from tests.gateway.order_entry.ouch50_client import (
    PRICE,
    Ouch50Client,
    cancel,
    cl_ord_id,
    enter,
    ouch50_venue,
    replace,
)
from tests.gateway.venue_harness import MIDNIGHT_NS, OPENING_NS, VenueHarness

NOW = OPENING_NS - MIDNIGHT_NS
START_OF_DAY = SystemEvent(NOW, b"S")


def accepted(number: int, reference: int, **changes: Any) -> Accepted:
    return msgspec.structs.replace(
        Accepted(
            timestamp_ns=NOW,
            user_ref_num=number,
            side=b"B",
            quantity=100,
            symbol=b"AAPL    ",
            price=PRICE,
            time_in_force=b"0",
            display=b"Y",
            order_reference_number=reference,
            capacity=b"P",
            intermarket_sweep_eligibility=b"N",
            cross_type=b"N",
            order_state=b"L",
            cl_ord_id=cl_ord_id(number),
        ),
        **changes,
    )


def replaced(new: int, old: int, reference: int, quantity: int, **changes: Any) -> Replaced:
    return msgspec.structs.replace(
        Replaced(
            timestamp_ns=NOW,
            orig_user_ref_num=old,
            user_ref_num=new,
            side=b"B",
            quantity=quantity,
            symbol=b"AAPL    ",
            price=PRICE,
            time_in_force=b"0",
            display=b"Y",
            order_reference_number=reference,
            capacity=b"P",
            intermarket_sweep_eligibility=b"N",
            cross_type=b"N",
            order_state=b"L",
            cl_ord_id=cl_ord_id(new),
        ),
        **changes,
    )


def executed(number: int, quantity: int, flag: bytes, match: int, price: int = PRICE) -> Executed:
    return Executed(NOW, number, quantity, price, flag, match)


def canceled(number: int, quantity: int, reason: bytes) -> Canceled:
    return Canceled(NOW, number, quantity, reason)


def rejected(number: int, reason: int) -> Rejected:
    return Rejected(NOW, number, reason, cl_ord_id(number))


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
    """A second account; logged in after `trader`."""
    client = Ouch50Client(venue, b"SIM001")
    assert client.news() == [START_OF_DAY]
    return client


# -- Enter Order ---------------------------------------------------------------------------------


def test_an_order_that_rests_is_accepted_live_in_64_bytes(trader: Ouch50Client) -> None:
    assert trader.ask(enter(1)) == [accepted(1, 1)]
    assert len(trader.payloads[-1]) == 64


def test_accepted_echoes_what_the_engine_has_no_word_for(trader: Ouch50Client) -> None:
    details: dict[str, Any] = {
        "side": b"E",
        "quantity": 7,
        "symbol": b"MSFT    ",
        "display": b"A",
        "capacity": b"R",
        "intermarket_sweep_eligibility": b"Y",
        "cl_ord_id": bytes(range(14)),
        "appendage": Appendage(firm=b"AB  ", customer_type=b"R"),
    }
    assert trader.ask(msgspec.structs.replace(enter(9), **details)) == [accepted(9, 1, **details)]


def test_an_order_for_extended_hours_lives_for_the_day(
    venue: VenueHarness, trader: Ouch50Client
) -> None:
    order = enter(1, time_in_force=b"5")
    assert trader.ask(order) == [accepted(1, 1, time_in_force=b"5")]
    venue.control(EndOfDay())
    assert trader.news()[0] == canceled(1, 100, b"T")


def test_an_unknown_capacity_becomes_other(trader: Ouch50Client) -> None:
    assert trader.ask(enter(1, capacity=b"?")) == [accepted(1, 1, capacity=b"O")]


def test_both_sides_of_a_trade_are_told_under_one_match_number(
    trader: Ouch50Client, other: Ouch50Client
) -> None:
    trader.send(enter(1))
    assert other.ask(enter(7, b"T", 30, price=PRICE - 10_000)) == [
        accepted(7, 2, side=b"T", quantity=30, price=PRICE - 10_000),
        executed(7, 30, b"R", 1),
    ]
    assert trader.news() == [accepted(1, 1), executed(1, 30, b"A", 1)]


def test_an_unfilled_ioc_is_accepted_and_then_canceled(trader: Ouch50Client) -> None:
    assert trader.ask(enter(1, time_in_force=b"3")) == [
        accepted(1, 1, time_in_force=b"3"),
        canceled(1, 100, b"I"),
    ]


def test_ioc_with_min_qty_equal_to_the_quantity_is_all_or_nothing(
    trader: Ouch50Client, other: Ouch50Client
) -> None:
    trader.send(enter(1, quantity=40))
    assert other.ask(enter(1, b"S", 50, time_in_force=b"3", min_qty=50)) == [
        accepted(
            1,
            2,
            side=b"S",
            quantity=50,
            time_in_force=b"3",
            appendage=Appendage(min_qty=50),
        ),
        canceled(1, 50, b"I"),
    ]


# -- UserRefNum ----------------------------------------------------------------------------------


def test_numbers_may_leave_gaps_but_never_go_back(trader: Ouch50Client) -> None:
    assert trader.ask(enter(5), enter(5), enter(4), enter(1_000), enter(999)) == [
        accepted(5, 1),
        accepted(1_000, 2),
    ]


def test_a_rejected_order_uses_its_number_up(trader: Ouch50Client) -> None:
    bad = enter(3, symbol=b"NOSUCH  ")
    assert trader.ask(bad, bad, enter(3), enter(2), enter(4)) == [
        rejected(3, 0x17),
        accepted(4, 1),
    ]


def test_zero_is_no_number(trader: Ouch50Client) -> None:
    assert trader.ask(enter(0), replace(0, 0, 100), cancel(0)) == []


def test_numbers_belong_to_the_login(trader: Ouch50Client, other: Ouch50Client) -> None:
    assert trader.ask(enter(1)) == [accepted(1, 1)]
    assert other.ask(enter(1)) == [accepted(1, 2)]


def test_equal_cl_ord_ids_are_nobodys_concern(trader: Ouch50Client) -> None:
    same = cl_ord_id(1)
    assert trader.ask(enter(1), enter(2, cl_ord_id=same)) == [
        accepted(1, 1),
        accepted(2, 2, cl_ord_id=same),
    ]


# -- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"side": b"X"}, 0x09),
        ({"symbol": b"NOSUCH  "}, 0x17),
        ({"symbol": b"aapl    "}, 0x17),
        ({"quantity": 0}, 0x13),
        ({"quantity": 1_000_000}, 0x1E),
        ({"quantity": 0xFFFFFFFF}, 0x1E),
        ({"price": 0}, 0x1D),
        ({"price": PRICE + 1}, 0x1D),
        ({"price": 2_000_000_000}, 0x1D),
        ({"price": 0x7FFFFFFF}, 0x1D),
        ({"price": 0xFFFFFFFFFFFFFFFF}, 0x1D),
        ({"time_in_force": b"E"}, 0x0F),
        ({"time_in_force": b"?"}, 0x0F),
        ({"display": b"Z"}, 0x03),
        ({"display": b"?"}, 0x03),
        ({"intermarket_sweep_eligibility": b"?"}, 0x08),
        ({"cross_type": b"O"}, 0x14),
    ],
    ids=str,
)
def test_a_word_without_engine_word_is_rejected_with_its_code(
    trader: Ouch50Client, changes: dict[str, Any], reason: int
) -> None:
    order = enter(1, **changes)
    assert trader.ask(order, order, enter(2)) == [rejected(1, reason), accepted(2, 1)]


@pytest.mark.parametrize(("phase", "reason"), [(Phase.HALTED, 0x07), (Phase.CLOSED, 0x02)])
def test_nothing_enters_while_the_symbol_does_not_trade(
    venue: VenueHarness, trader: Ouch50Client, phase: Phase, reason: int
) -> None:
    venue.control(SetPhase(0, phase))
    assert trader.ask(enter(1)) == [rejected(1, reason)]


def test_a_symbol_that_ouch_cannot_say_is_an_invalid_symbol() -> None:
    venue = ouch50_venue(
        Config(instruments=(Instrument(symbol=b"GILT", price_decimals=6), Instrument(b"AAPL")))
    )
    trader = Ouch50Client(venue)
    assert trader.ask(enter(1, symbol=b"GILT    "), enter(2)) == [
        START_OF_DAY,
        rejected(1, 0x17),
        accepted(2, 1),
    ]


# -- Cancel Order --------------------------------------------------------------------------------


def test_cancel_names_the_intended_size_and_tells_the_decrement(
    trader: Ouch50Client, other: Ouch50Client
) -> None:
    trader.send(enter(1))
    other.send(enter(1, b"S", 30))
    # 100 were meant and 30 traded: to 60 is a decrement of 40 and leaves 30.
    assert trader.ask(cancel(1, 60), cancel(1, 60), cancel(1, 10)) == [
        accepted(1, 1),
        executed(1, 30, b"A", 1),
        canceled(1, 40, b"U"),
        canceled(1, 30, b"U"),
    ]


@pytest.mark.parametrize(
    "tail", [b"", b"\x00\x00", b"\x00\x04\x03\xffXY"], ids=["9 bytes", "11 bytes", "unknown tag"]
)
def test_cancels_of_every_size_are_taken(trader: Ouch50Client, tail: bytes) -> None:
    short = encode(cancel(1, 40))
    assert len(short) == 9
    assert trader.ask(enter(1), short + tail) == [accepted(1, 1), canceled(1, 60, b"U")]


def test_a_superfluous_cancel_is_met_with_silence(
    trader: Ouch50Client, other: Ouch50Client
) -> None:
    other.send(enter(1, b"S"))
    assert trader.ask(cancel(9), enter(1), cancel(1), enter(2), cancel(2, 100)) == [
        accepted(1, 2),
        executed(1, 100, b"R", 1),
        accepted(2, 3),
    ]
    assert trader.ask(cancel(2, 0xFFFFFFFF)) == []


# -- Replace Order -------------------------------------------------------------------------------


def test_replace_names_the_chain_total_and_tells_what_is_exposed(
    trader: Ouch50Client, other: Ouch50Client
) -> None:
    trader.send(enter(1, quantity=500))
    other.send(enter(1, b"S", 100))
    assert trader.ask(replace(1, 2, 600, PRICE - 200, display=b"A")) == [
        accepted(1, 1, quantity=500),
        executed(1, 100, b"A", 1),
        replaced(2, 1, 3, 500, price=PRICE - 200, display=b"A"),
    ]
    assert trader.ask(replace(2, 3, 500, PRICE - 200)) == [
        replaced(3, 2, 4, 400, price=PRICE - 200)
    ]
    assert len(trader.payloads[-1]) == 68


def test_a_replacement_that_crosses_trades_under_its_own_number(
    trader: Ouch50Client, other: Ouch50Client
) -> None:
    other.send(enter(1, b"S", 30, price=PRICE + 100))
    assert trader.ask(enter(1), replace(1, 2, 100, PRICE + 100)) == [
        accepted(1, 2),
        replaced(2, 1, 3, 100, price=PRICE + 100),
        executed(2, 30, b"R", 1, PRICE + 100),
    ]


def test_the_old_number_of_a_chain_is_dead(trader: Ouch50Client) -> None:
    assert trader.ask(enter(1), replace(1, 2, 100), cancel(1), replace(1, 3, 90), cancel(2)) == [
        accepted(1, 1),
        replaced(2, 1, 2, 100),
        canceled(2, 100, b"U"),
    ]


def test_a_repeated_replace_is_a_retransmission(trader: Ouch50Client) -> None:
    again = replace(1, 2, 100)
    assert trader.ask(enter(1), again, again, enter(2)) == [accepted(1, 1), replaced(2, 1, 2, 100)]


def test_replace_of_no_live_order_is_silent_and_leaves_the_new_number_free(
    trader: Ouch50Client,
) -> None:
    trader.send(enter(1, time_in_force=b"3"))
    assert trader.ask(replace(1, 2, 100), replace(9, 3, 100), enter(2)) == [
        accepted(1, 1, time_in_force=b"3"),
        canceled(1, 100, b"I"),
        accepted(2, 2),
    ]


def test_replace_with_a_number_that_is_not_higher_is_silent_and_leaves_the_order(
    trader: Ouch50Client,
) -> None:
    assert trader.ask(enter(5), enter(8), replace(5, 7, 50), replace(5, 8, 50), cancel(5)) == [
        accepted(5, 1),
        accepted(8, 2),
        canceled(5, 100, b"U"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 1_000_000},
        {"quantity": 0},
        {"price": 0},
        {"price": PRICE + 1},
        {"price": 0xFFFFFFFFFFFFFFFF},
        {"time_in_force": b"3"},
        {"time_in_force": b"E"},
        {"display": b"Z"},
        {"intermarket_sweep_eligibility": b"?"},
        {"appendage": Appendage(min_qty=100)},
        {"appendage": Appendage(price_type=b"P")},
    ],
    ids=str,
)
def test_invalid_new_details_cancel_the_order_and_leave_the_new_number_free(
    trader: Ouch50Client, changes: dict[str, Any]
) -> None:
    request = msgspec.structs.replace(replace(1, 2, 100), **changes)
    assert trader.ask(enter(1), request, enter(2)) == [
        accepted(1, 1),
        canceled(1, 100, b"U"),
        accepted(2, 2),
    ]


def test_a_total_that_has_already_traded_cancels_the_order(
    trader: Ouch50Client, other: Ouch50Client
) -> None:
    trader.send(enter(1))
    other.send(enter(1, b"S", 30))
    assert trader.ask(replace(1, 2, 30)) == [
        accepted(1, 1),
        executed(1, 30, b"A", 1),
        canceled(1, 70, b"U"),
    ]


@pytest.mark.parametrize("display", [b"Y", b"Z"], ids=["valid", "invalid"])
def test_replace_in_a_halt_is_rejected_uses_the_new_number_up_and_leaves_the_order(
    venue: VenueHarness, trader: Ouch50Client, display: bytes
) -> None:
    trader.send(enter(1))
    venue.control(SetPhase(0, Phase.HALTED))
    request = replace(1, 2, 50, display=display)
    assert trader.ask(request, request) == [accepted(1, 1), rejected(2, 0x07)]
    venue.control(SetPhase(0, Phase.OPEN))
    assert trader.ask(enter(2), cancel(1)) == [canceled(1, 100, b"U")]


# -- Modify Order --------------------------------------------------------------------------------


@pytest.mark.parametrize("tail", [b"", b"\x00\x00"], ids=["10 bytes", "12 bytes"])
def test_modify_changes_the_kind_of_sale_and_lowers_the_size_in_place(
    trader: Ouch50Client, other: Ouch50Client, tail: bytes
) -> None:
    trader.send(enter(1, b"S"), enter(2, b"S"))
    other.send(enter(1, quantity=30))
    assert trader.ask(encode(ModifyOrder(1, b"E", 80)) + tail) == [
        accepted(1, 1, side=b"S"),
        accepted(2, 2, side=b"S"),
        executed(1, 30, b"A", 1),
        OrderModified(NOW, 1, b"E", 50),
    ]
    other.send(enter(2, quantity=60))
    assert trader.news() == [executed(1, 50, b"A", 2), executed(2, 10, b"A", 3)]


def test_a_modified_side_is_that_of_the_replacement(trader: Ouch50Client) -> None:
    assert trader.ask(enter(1, b"S"), ModifyOrder(1, b"T", 100), replace(1, 2, 100)) == [
        accepted(1, 1, side=b"S"),
        OrderModified(NOW, 1, b"T", 100),
        replaced(2, 1, 2, 100, side=b"T"),
    ]


@pytest.mark.parametrize(
    ("side", "modification"),
    [
        (b"B", ModifyOrder(1, b"S", 100)),
        (b"S", ModifyOrder(1, b"B", 100)),
        (b"T", ModifyOrder(1, b"S", 100)),
        (b"T", ModifyOrder(1, b"E", 100)),
        (b"E", ModifyOrder(1, b"S", 100)),
        (b"S", ModifyOrder(1, b"?", 100)),
        (b"S", ModifyOrder(1, b"S", 100)),
        (b"B", ModifyOrder(1, b"B", 101)),
        (b"S", ModifyOrder(1, b"E", 101)),
        (b"S", ModifyOrder(9, b"E", 100)),
    ],
    ids=str,
)
def test_another_modification_is_met_with_silence(
    trader: Ouch50Client, side: bytes, modification: ModifyOrder
) -> None:
    assert trader.ask(enter(1, side), modification) == [accepted(1, 1, side=side)]


# -- the rest ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "message type: expected a byte, received an empty message"),
        (b"?", "message type: expected one of O U X M Q C D E, received b'?'"),
        (encode(enter(1))[:46], None),
        (encode(cancel(1)) + b"\x00", None),
        (encode(enter(1))[:-2] + b"\x00\x01", None),
        (encode(enter(1))[:-2] + b"\x00\x02\x05\x02", None),
    ],
    ids=["empty", "type", "short", "half a length", "appendage missing", "element cut"],
)
def test_bytes_that_are_no_message_end_the_connection_and_the_log_says_why(
    venue: VenueHarness, trader: Ouch50Client, payload: bytes, reason: str | None
) -> None:
    assert trader.ask(enter(1), payload, enter(2)) == [accepted(1, 1)]
    closed = trader.pipe.closed
    assert closed is not None
    assert reason in (None, closed)
    assert venue.remarks[-1] == f"ouch50 #1 test (ouch50/TRADER): closed: {closed}"


def test_both_sides_of_a_broken_trade_are_told(
    venue: VenueHarness, trader: Ouch50Client, other: Ouch50Client
) -> None:
    trader.send(enter(1))
    other.send(enter(3, b"S"))
    trader.news()
    other.news()
    venue.control(BustTrade(1, BustReason.CONSENT))
    assert trader.news() == [BrokenTrade(NOW, 1, 1, b"C", cl_ord_id(1))]
    assert other.news() == [BrokenTrade(NOW, 3, 1, b"C", cl_ord_id(3))]


def test_a_broken_trade_names_the_number_of_its_execution(
    venue: VenueHarness, trader: Ouch50Client, other: Ouch50Client
) -> None:
    trader.send(enter(1))
    other.send(enter(1, b"S", 30))
    trader.send(replace(1, 2, 90))
    trader.news()
    venue.control(BustTrade(1, BustReason.EXTERNAL))
    assert trader.news() == [BrokenTrade(NOW, 1, 1, b"X", cl_ord_id(2))]


def test_a_cancel_by_another_session_reaches_the_owner_only(
    venue: VenueHarness, trader: Ouch50Client, other: Ouch50Client
) -> None:
    trader.send(enter(1))
    requester = other.pipe.connection.record
    assert requester is not None
    venue.control(CancelOrder(requester.session_id, requester.account_id, 1, b"9"))
    assert trader.news() == [accepted(1, 1), canceled(1, 100, b"U")]
    assert other.news() == []


def test_a_cancel_of_no_order_is_met_with_silence_whoever_asks_for_the_session(
    venue: VenueHarness, trader: Ouch50Client
) -> None:
    record = trader.pipe.connection.record
    assert record is not None
    venue.control(CancelOrder(record.session_id, record.account_id, 99, b"9"))
    assert trader.news() == []


def test_the_end_of_the_day_cancels_what_is_open_and_ends_the_session(
    venue: VenueHarness, trader: Ouch50Client
) -> None:
    trader.send(enter(1))
    venue.control(EndOfDay())
    assert trader.news() == [accepted(1, 1), canceled(1, 100, b"T"), SystemEvent(NOW, b"E")]
    assert trader.ended


def test_no_options_are_written_as_an_empty_appendage(trader: Ouch50Client) -> None:
    (answer,) = trader.ask(enter(1))
    assert isinstance(answer, Accepted)
    assert (answer.appendage, trader.payloads[-1][-2:]) == (NO_OPTIONS, b"\x00\x00")
