"""gateway.itch.fold: each event as the messages that the public gets, and no other."""

import msgspec
import pytest

from gateway.itch.fold import SIDE, TRADING_STATE, ItchFold, has_words
from matching import events as e
from matching.events import Event
from matching.instrument import Instrument
from matching.types import BustReason, CancelReason, OrderType, Phase, Side, TimeInForce
from protocol.itch import messages as itch

DATE = 20240102
MIDNIGHT_NS = 1_704_153_600_000_000_000
AT_NS = 34_200_000_000_000
"""09:30 of that day."""
AT = AT_NS.to_bytes(6, "big")
AAPL = b"AAPL    "

STARTED = e.DayStarted(DATE, MIDNIGHT_NS)
ENDED = e.DayEnded(DATE)
LISTED = e.InstrumentAdded(1, Instrument(b"AAPL"))
OPENED = e.PhaseChanged(1, Phase.OPEN)


def open_fold() -> ItchFold:
    fold = ItchFold()
    fold.fold([LISTED, STARTED, OPENED], MIDNIGHT_NS)
    return fold


def told(*events: Event) -> list[itch.Message]:
    """What a day that runs tells of these events, which happen in one tick."""
    return [itch.decode(m) for m in open_fold().fold(events, MIDNIGHT_NS + AT_NS)]


def system_event(code: bytes, at: bytes = AT) -> itch.SystemEvent:
    return itch.SystemEvent(0, 0, at, code)


def directory(locate: int, stock: bytes, at: bytes = AT, round_lot: int = 100) -> itch.Message:
    return itch.StockDirectory(
        *(locate, 0, at, stock, b" ", b"N", round_lot, b"N", b"C", b"Z ", b"P"),
        *(b" ", b" ", b" ", b" ", 0, b"N"),
    )


def action(locate: int, stock: bytes, state: bytes, at: bytes = AT) -> itch.Message:
    return itch.StockTradingAction(locate, 0, at, stock, state, b" ", b"    ")


def add(reference: int, shares: int, price: int = 1_000_000, side: bytes = b"B") -> itch.AddOrder:
    return itch.AddOrder(1, 0, AT, reference, side, shares, AAPL, price)


def rested(reference: int = 7, displayed: int = -1, price: int = 1_000_000) -> e.OrderRested:
    return e.OrderRested(7, reference, 1, Side.BUY, price, 300, displayed)


def executed(displayed: int = -1) -> e.OrderExecuted:
    return e.OrderExecuted(1, 5, 1_000_000, 100, 7, 7, 200, 8, 0, Side.SELL, displayed)


def canceled(*, was_resting: bool = True, displayed: int = -1) -> e.OrderCanceled:
    return e.OrderCanceled(
        *(7, 7, 1, Side.BUY, 1_000_000, 300, CancelReason.USER, was_resting),
        displayed=displayed,
    )


def replaced(
    *, leaves: int = 200, kept: bool = False, old_displayed: int = -1, displayed: int = -1
) -> e.OrderReplaced:
    """300 of reference 7 become `leaves`, under 9 unless the place is kept."""
    reference = 7 if kept or not leaves else 9
    return e.OrderReplaced(
        *(7, 1, b"R", 1, Side.BUY, 7, reference, 1_000_000, 1_000_000, 300, leaves, 200, kept),
        *(old_displayed, displayed),
    )


# -- the day --------------------------------------------------------------------------------------


def test_a_day_begins_with_events_directory_and_states_before_its_market_opens() -> None:
    fold = ItchFold()
    assert fold.fold([LISTED], 5) == []
    assert fold.fold([e.InstrumentAdded(2, Instrument(b"B", round_lot=10))], 5) == []
    carried = e.OrderCarried(7, 8, 1, Side.SELL, 1_000_000, 300, 100)
    events = [STARTED, OPENED, e.PhaseChanged(2, Phase.OPEN), carried]
    messages = fold.fold(events, MIDNIGHT_NS + AT_NS)
    assert [itch.decode(message) for message in messages] == [
        system_event(b"O"),
        system_event(b"S"),
        directory(1, AAPL),
        directory(2, b"B       ", round_lot=10),
        action(1, AAPL, b"T"),
        action(2, b"B       ", b"T"),
        system_event(b"Q"),
        add(8, 100, side=b"S"),
    ]


def test_a_day_without_instruments_opens_all_the_same() -> None:
    messages = ItchFold().fold([STARTED], MIDNIGHT_NS + AT_NS)
    assert [itch.decode(message) for message in messages] == [
        system_event(b"O"),
        system_event(b"S"),
        system_event(b"Q"),
    ]


def test_a_day_ends_after_its_orders_and_then_nothing_is_told_until_the_next() -> None:
    fold = open_fold()
    closed = e.PhaseChanged(1, Phase.CLOSED)
    messages = fold.fold([canceled(), closed, ENDED], MIDNIGHT_NS + AT_NS)
    assert [itch.decode(message) for message in messages] == [
        itch.OrderDelete(1, 0, AT, 7),
        system_event(b"M"),
        system_event(b"E"),
        system_event(b"C"),
    ]
    between = [canceled(), rested(), executed(), e.InstrumentAdded(2, Instrument(b"B"))]
    assert fold.fold(between, MIDNIGHT_NS + AT_NS) == []
    assert fold.fold([STARTED], MIDNIGHT_NS + AT_NS)[3][11:19] == b"B       "
    assert fold.boundaries == 3


def test_an_instrument_listed_in_the_day_is_named_before_it_trades() -> None:
    added = e.InstrumentAdded(2, Instrument(b"B"))
    assert told(added, e.PhaseChanged(2, Phase.OPEN)) == [
        directory(2, b"B       "),
        action(2, b"B       ", b"T"),
    ]


def test_halts_and_resumptions_are_told_and_a_close_is_not() -> None:
    phases = [e.PhaseChanged(1, phase) for phase in (Phase.HALTED, Phase.OPEN, Phase.CLOSED)]
    assert told(*phases) == [action(1, AAPL, b"H"), action(1, AAPL, b"T")]


def test_every_phase_and_side_has_its_word() -> None:
    assert set(TRADING_STATE) == set(Phase)
    assert set(SIDE) == set(Side)


def test_time_counts_from_midnight_and_stands_still_where_six_bytes_end() -> None:
    fold = open_fold()
    for elapsed_ns, expected in ((5, 5), (-5, 0), (1 << 48, (1 << 48) - 1)):
        (message,) = fold.fold([canceled()], MIDNIGHT_NS + elapsed_ns)
        assert itch.timestamp_ns(message[5:11]) == expected


# -- orders ---------------------------------------------------------------------------------------


def test_an_order_that_rests_is_added_with_what_it_shows() -> None:
    assert told(rested()) == [add(7, 300)]
    assert told(rested(displayed=100)) == [add(7, 100)]
    assert told(rested(displayed=0)) == []


def test_an_execution_names_the_resting_order_or_is_a_trade_of_a_hidden_one() -> None:
    assert told(executed()) == [itch.OrderExecuted(1, 0, AT, 7, 100, 5)]
    assert told(executed(displayed=0)) == [
        itch.Trade(1, 0, AT, 0, b"B", 100, AAPL, 1_000_000, 5),
    ]


def test_a_cancel_deletes_what_was_displayed() -> None:
    assert told(canceled()) == [itch.OrderDelete(1, 0, AT, 7)]
    assert told(canceled(displayed=100)) == [itch.OrderDelete(1, 0, AT, 7)]
    assert told(canceled(displayed=0)) == []
    assert told(canceled(was_resting=False)) == []


@pytest.mark.parametrize("event", [e.OrderReduced, e.OrderModified])
def test_a_reduction_cancels_the_displayed_part_of_it(
    event: type[e.OrderReduced | e.OrderModified],
) -> None:
    details = (7, 7, 1, Side.BUY, 1_000_000)
    assert told(event(*details, 200, 100)) == [itch.OrderCancel(1, 0, AT, 7, 200)]
    assert told(event(*details, 200, 100, 30)) == [itch.OrderCancel(1, 0, AT, 7, 30)]
    assert told(event(*details, 200, 100, 0)) == []
    assert told(event(*details, 0, 300)) == []


def test_a_replace_in_place_cancels_the_difference() -> None:
    assert told(replaced(kept=True)) == [itch.OrderCancel(1, 0, AT, 7, 100)]
    assert told(replaced(kept=True, leaves=300)) == []
    reserve = replaced(kept=True, old_displayed=100, displayed=60)
    assert told(reserve) == [itch.OrderCancel(1, 0, AT, 7, 40)]
    assert told(replaced(kept=True, old_displayed=0, displayed=0)) == []


def test_a_replace_that_leaves_nothing_deletes_what_was_displayed() -> None:
    assert told(replaced(leaves=0)) == [itch.OrderDelete(1, 0, AT, 7)]
    assert told(replaced(leaves=0, kept=True)) == [itch.OrderDelete(1, 0, AT, 7)]
    assert told(replaced(leaves=0, old_displayed=0)) == []


def test_a_replaced_order_that_rests_at_once_is_replaced() -> None:
    again = rested(9, displayed=100, price=990_000)
    assert told(replaced(old_displayed=50), again) == [
        itch.OrderReplace(1, 0, AT, 7, 9, 100, 990_000)
    ]


def test_a_replaced_order_that_trades_first_is_deleted_and_added() -> None:
    assert told(replaced(), executed(), rested(9)) == [
        itch.OrderDelete(1, 0, AT, 7),
        itch.OrderExecuted(1, 0, AT, 7, 100, 5),
        add(9, 300),
    ]
    assert told(replaced(), executed(displayed=0)) == [
        itch.OrderDelete(1, 0, AT, 7),
        itch.Trade(1, 0, AT, 0, b"B", 100, AAPL, 1_000_000, 5),
    ]


def test_a_replace_into_the_dark_deletes_and_one_out_of_it_adds() -> None:
    assert told(replaced(displayed=0), rested(9, displayed=0)) == [itch.OrderDelete(1, 0, AT, 7)]
    assert told(replaced(old_displayed=0), rested(9)) == [add(9, 300)]


def test_an_order_under_a_new_reference_replaces_its_old_one() -> None:
    details = (1, Side.BUY, 1_000_000, 300)
    assert told(e.OrderReranked(7, 7, 9, *details)) == [
        itch.OrderReplace(1, 0, AT, 7, 9, 300, 1_000_000)
    ]
    assert told(e.OrderReranked(7, 7, 9, *details, 40)) == [
        itch.OrderReplace(1, 0, AT, 7, 9, 40, 1_000_000)
    ]
    assert told(e.OrderReranked(7, 7, 9, *details, 0)) == []


def test_a_refreshed_reserve_is_a_new_order() -> None:
    refreshed = e.OrderRefreshed(7, 7, 9, 1, Side.SELL, 1_000_000, 100, 250)
    assert told(refreshed) == [add(9, 100, side=b"S")]


def test_a_broken_trade_is_named_by_its_match() -> None:
    busted = e.TradeBusted(5, 1, 1_000_000, 100, 7, 8, BustReason.CONSENT)
    assert told(busted) == [itch.BrokenTrade(1, 0, AT, 5)]


def test_what_is_no_part_of_the_displayed_market_is_not_told() -> None:
    accepted = e.OrderAccepted(
        *(7, 1, 1, 1, b"C", Side.BUY, OrderType.LIMIT, TimeInForce.DAY, 300, 1_000_000)
    )
    registered = e.SessionRegistered(1, 1, b"fix", (b"A",))
    entry = e.OrderEntryChanged(1, b"", b"FIRM", enabled=False)
    assert told(accepted, registered, e.MassCanceled(1, b"M", 0, 0), entry) == []


def test_an_instrument_without_words_is_left_out_whole() -> None:
    plain = Instrument(b"AAPL")
    assert has_words(0xFFFF, plain)
    others = [
        {"price_decimals": 2},
        {"quantity_decimals": 1},
        {"price_max": itch.PRICE_MAX + 1},
        {"quantity_max": 1 << 32},
        {"symbol": b"NINECHARS"},
    ]
    for other in others:
        assert not has_words(1, msgspec.structs.replace(plain, **other)), other
    assert not has_words(0x10000, plain)
    fold = ItchFold()
    long_name = e.InstrumentAdded(2, Instrument(b"NINECHARS"))
    fold.fold([LISTED, long_name, STARTED, OPENED], MIDNIGHT_NS)
    resting = e.OrderRested(8, 8, 2, Side.BUY, 1, 1)
    assert fold.fold([e.PhaseChanged(2, Phase.OPEN), resting], MIDNIGHT_NS) == []
    assert len(fold.fold([rested()], MIDNIGHT_NS)) == 1


def test_the_last_word_of_a_file_is_of_the_latest_time() -> None:
    fold = open_fold()
    fold.fold([rested()], MIDNIGHT_NS + AT_NS)
    assert itch.decode(fold.end_of_messages()) == system_event(b"C")
