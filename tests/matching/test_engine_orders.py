"""Entry, trading, replacement, reduction and cancellation, read like tape."""

import gc

import msgspec
import pytest

from matching.commands import (
    AddInstrument,
    BustTrade,
    CancelOrder,
    MassCancel,
    ReduceOrder,
    RefuseRequest,
    ReplaceOrder,
    SetPhase,
)
from matching.events import OrderReduced, OrderRejected, OrderReplaced, TradeBusted
from matching.instrument import Instrument
from matching.snapshot import Limits
from matching.types import BustReason, CancelReason, Phase, RejectReason, RequestKind
from tests.matching.engine_tape import (
    BUY,
    DAY,
    FOK,
    GTC,
    IOC,
    MARKET,
    SELL,
    Tape,
    accepted,
    canceled,
    entry,
    executed,
    rested,
)

IMMEDIATE = CancelReason.IMMEDIATE_OR_CANCEL


def replace(order_id: int, quantity: int, price: int, **other: bool) -> ReplaceOrder:
    return ReplaceOrder(
        session_id=1,
        account_id=1,
        order_id=order_id,
        client_id=b"R",
        quantity=quantity,
        price=price,
        keep_priority=other.get("keep_priority", True),
        cancel_if_invalid=other.get("cancel_if_invalid", False),
    )


def replaced(
    order_id: int,
    side: object,
    references: tuple[int, int],
    prices: tuple[int, int],
    leaves: tuple[int, int],
    quantity: int,
    kept: bool,
) -> OrderReplaced:
    return OrderReplaced(
        order_id=order_id,
        session_id=1,
        client_id=b"R",
        instrument_id=1,
        side=side,  # type: ignore[arg-type]
        old_order_reference=references[0],
        order_reference=references[1],
        old_price=prices[0],
        price=prices[1],
        old_leaves=leaves[0],
        leaves=leaves[1],
        quantity=quantity,
        kept_priority=kept,
    )


def rejected(kind: RequestKind, reason: RejectReason, order_id: int, client_id: bytes) -> object:
    return OrderRejected(1, 1, client_id, kind, reason, order_id)


def test_limit_order_rests_under_its_own_id() -> None:
    order = entry(BUY, 100, 10_000)
    assert Tape().apply(order) == (accepted(1, order), rested(1, BUY, 10_000, 100))


@pytest.mark.parametrize(("side", "other"), [(BUY, SELL), (SELL, BUY)])
def test_crossing_orders_trade_at_the_resting_price(side: object, other: object) -> None:
    tape = Tape()
    limit = 10_100 if side is BUY else 9_900
    tape.enter(other, 60, 10_000)
    order = entry(side, 100, limit)  # type: ignore[arg-type]
    assert tape.apply(order) == (
        accepted(2, order),
        executed(1, 60, 10_000, (1, 0), (2, 40), side),  # type: ignore[arg-type]
        rested(2, side, limit, 40),  # type: ignore[arg-type]
    )


def test_better_price_trades_before_older_order() -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_200)
    tape.enter(SELL, 10, 10_000)
    tape.enter(SELL, 10, 10_100)
    order = entry(BUY, 25, 10_200)
    assert tape.apply(order) == (
        accepted(4, order),
        executed(1, 10, 10_000, (2, 0), (4, 15), BUY),
        executed(2, 10, 10_100, (3, 0), (4, 5), BUY),
        executed(3, 5, 10_200, (1, 5), (4, 0), BUY),
    )


def test_older_order_trades_first_at_the_same_price() -> None:
    tape = Tape()
    tape.enter(BUY, 10, 10_000)
    tape.enter(BUY, 10, 10_000)
    order = entry(SELL, 15, 10_000)
    assert tape.apply(order) == (
        accepted(3, order),
        executed(1, 10, 10_000, (1, 0), (3, 5), SELL),
        executed(2, 5, 10_000, (2, 5), (3, 0), SELL),
    )


def test_orders_of_one_session_trade_with_each_other() -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000, session=1)
    order = entry(BUY, 10, 10_000, session=1)
    assert tape.apply(order) == (
        accepted(2, order),
        executed(1, 10, 10_000, (1, 0), (2, 0), BUY),
    )


def test_orders_of_other_instruments_do_not_meet() -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000, instrument=1)
    order = entry(BUY, 10, 10_000, instrument=2)
    assert tape.apply(order) == (
        accepted(2, order),
        rested(2, BUY, 10_000, 10, instrument=2),
    )


@pytest.mark.parametrize("tif", [DAY, GTC, IOC])
def test_remainder_of_market_order_is_canceled(tif: object) -> None:
    tape = Tape()
    tape.enter(SELL, 10, 1_000_000)
    order = entry(BUY, 15, 0, tif, order_type=MARKET)  # type: ignore[arg-type]
    assert tape.apply(order) == (
        accepted(2, order),
        executed(1, 10, 1_000_000, (1, 0), (2, 5), BUY),
        canceled(2, BUY, 0, 5, IMMEDIATE, rested=False),
    )


def test_market_sell_trades_at_any_price() -> None:
    tape = Tape()
    tape.enter(BUY, 10, 100)
    order = entry(SELL, 10, 0, order_type=MARKET)
    assert tape.apply(order) == (accepted(2, order), executed(1, 10, 100, (1, 0), (2, 0), SELL))


def test_remainder_of_ioc_is_canceled() -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000)
    order = entry(BUY, 15, 10_000, IOC)
    assert tape.apply(order) == (
        accepted(2, order),
        executed(1, 10, 10_000, (1, 0), (2, 5), BUY),
        canceled(2, BUY, 10_000, 5, IMMEDIATE, rested=False),
    )


def test_fok_trades_in_full_over_several_levels() -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000)
    tape.enter(SELL, 10, 10_100)
    order = entry(BUY, 20, 10_100, FOK)
    assert tape.apply(order) == (
        accepted(3, order),
        executed(1, 10, 10_000, (1, 0), (3, 10), BUY),
        executed(2, 10, 10_100, (2, 0), (3, 0), BUY),
    )


@pytest.mark.parametrize("price", [10_000, 0])
def test_fok_that_cannot_fill_in_full_trades_nothing(price: int) -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000)
    tape.enter(SELL, 9 if price == 0 else 10, 10_100)
    kind = {"order_type": MARKET} if price == 0 else {}
    order = entry(BUY, 20, price, FOK, **kind)  # type: ignore[arg-type]
    assert tape.apply(order) == (
        accepted(3, order),
        canceled(3, BUY, price, 20, IMMEDIATE, rested=False),
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"instrument_id": 9}, RejectReason.UNKNOWN_INSTRUMENT),
        ({"quantity": 0}, RejectReason.INVALID_QUANTITY),
        ({"quantity": -1}, RejectReason.INVALID_QUANTITY),
        ({"quantity": 1_000_000}, RejectReason.QUANTITY_TOO_LARGE),
        ({"instrument_id": 2, "quantity": 15}, RejectReason.INVALID_LOT),
        ({"price": 0}, RejectReason.INVALID_PRICE),
        ({"price": -100}, RejectReason.INVALID_PRICE),
        ({"price": 2_000_000_000}, RejectReason.PRICE_TOO_LARGE),
        ({"price": 10_050}, RejectReason.INVALID_TICK),
        ({"order_type": MARKET}, RejectReason.INVALID_PRICE),
        ({"order_type": MARKET, "price": 0, "quantity": 0}, RejectReason.INVALID_QUANTITY),
        ({"session_id": 9}, RejectReason.NOT_ALLOWED),
        ({"account_id": 2}, RejectReason.NOT_ALLOWED),
    ],
)
def test_entry_that_breaks_a_rule_is_rejected(
    changes: dict[str, int], reason: RejectReason
) -> None:
    order = msgspec.structs.replace(entry(BUY, 100, 10_000), **changes)
    tape = Tape()
    assert tape.apply(order) == (
        OrderRejected(order.session_id, order.account_id, b"C", RequestKind.ENTER, reason),
    )
    assert tape.engine.live_orders == 0


def test_greatest_allowed_quantity_and_price_are_accepted() -> None:
    order = entry(BUY, 999_999, 1_999_999_900)
    assert Tape().apply(order) == (accepted(1, order), rested(1, BUY, 1_999_999_900, 999_999))


def test_full_book_refuses_only_orders_that_could_rest() -> None:
    tape = Tape(limits=Limits(live_orders_max=1))
    tape.enter(BUY, 10, 10_000)
    refused = OrderRejected(1, 1, b"C", RequestKind.ENTER, RejectReason.BOOK_FULL)
    assert tape.enter(SELL, 1, 10_000) == (refused,)
    order = entry(SELL, 1, 10_000, IOC)
    assert tape.apply(order) == (
        accepted(2, order),
        executed(1, 1, 10_000, (1, 9), (2, 0), SELL),
    )
    market = entry(SELL, 9, 0, order_type=MARKET)
    assert tape.apply(market) == (
        accepted(3, market),
        executed(2, 9, 10_000, (1, 0), (3, 0), SELL),
    )


@pytest.mark.parametrize(
    ("phase", "reason"),
    [(Phase.HALTED, RejectReason.HALTED), (Phase.CLOSED, RejectReason.CLOSED)],
)
def test_nothing_enters_while_not_open_but_orders_can_leave(
    phase: Phase, reason: RejectReason
) -> None:
    tape = Tape()
    tape.enter(BUY, 10, 10_000)
    tape.enter(BUY, 10, 9_900)
    tape.apply(SetPhase(1, phase))
    assert tape.enter(SELL, 1, 10_000) == (rejected(RequestKind.ENTER, reason, 0, b"C"),)
    for cancel_if_invalid in (False, True):
        command = replace(1, 5, 10_000, cancel_if_invalid=cancel_if_invalid)
        assert tape.apply(command) == (rejected(RequestKind.REPLACE, reason, 1, b"R"),)
    assert tape.apply(ReduceOrder(1, 1, 1, 4)) == (OrderReduced(1, 1, 1, BUY, 10_000, 6, 4),)
    assert tape.apply(CancelOrder(1, 1, 2, b"X")) == (
        canceled(2, BUY, 9_900, 10, CancelReason.USER, by=1, client_id=b"X"),
    )


# Replace.


def test_decrease_at_the_same_price_keeps_priority() -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000)
    tape.enter(SELL, 10, 10_000)
    assert tape.apply(replace(1, 6, 10_000)) == (
        replaced(1, SELL, (1, 1), (10_000, 10_000), (10, 6), 6, True),
    )
    order = entry(BUY, 7, 10_000)
    assert tape.apply(order) == (
        accepted(3, order),
        executed(1, 6, 10_000, (1, 0), (3, 1), BUY),
        executed(2, 1, 10_000, (2, 9), (3, 0), BUY),
    )


def test_unchanged_replace_keeps_priority() -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000)
    assert tape.apply(replace(1, 10, 10_000)) == (
        replaced(1, SELL, (1, 1), (10_000, 10_000), (10, 10), 10, True),
    )


@pytest.mark.parametrize(
    ("command", "price", "leaves"),
    [
        (replace(1, 11, 10_000), 10_000, 11),
        (replace(1, 5, 10_100), 10_100, 5),
        (replace(1, 5, 10_000, keep_priority=False), 10_000, 5),
    ],
    ids=["increase", "other_price", "not_asked"],
)
def test_replace_loses_priority_and_gets_a_new_reference(
    command: ReplaceOrder, price: int, leaves: int
) -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000)
    tape.enter(SELL, 10, price)
    assert tape.apply(command) == (
        replaced(1, SELL, (1, 3), (10_000, price), (10, leaves), leaves, False),
        rested(1, SELL, price, leaves, reference=3),
    )
    order = entry(BUY, 11, price)
    assert tape.apply(order) == (
        accepted(4, order),
        executed(1, 10, price, (2, 0), (4, 1), BUY),
        executed(2, 1, price, (1, leaves - 1), (4, 0), BUY, reference=3),
    )


def test_replace_quantity_counts_what_executed() -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000)
    tape.enter(BUY, 4, 10_000)
    assert tape.apply(replace(1, 12, 10_000)) == (
        replaced(1, SELL, (1, 3), (10_000, 10_000), (6, 8), 12, False),
        rested(1, SELL, 10_000, 8, reference=3),
    )


def test_replace_can_trade() -> None:
    tape = Tape()
    tape.enter(BUY, 10, 10_000)
    tape.enter(SELL, 4, 10_100)
    tape.enter(SELL, 4, 10_200)
    assert tape.apply(replace(1, 10, 10_100)) == (
        replaced(1, BUY, (1, 4), (10_000, 10_100), (10, 10), 10, False),
        executed(1, 4, 10_100, (2, 0), (1, 6), BUY),
        rested(1, BUY, 10_100, 6, reference=4),
    )
    assert tape.apply(replace(1, 8, 10_200)) == (
        replaced(1, BUY, (4, 5), (10_100, 10_200), (6, 4), 8, False),
        executed(2, 4, 10_200, (3, 0), (1, 0), BUY),
    )
    assert tape.engine.live_orders == 0


def test_replace_to_what_executed_ends_the_order() -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000)
    tape.enter(BUY, 4, 10_000)
    assert tape.apply(replace(1, 4, 10_000)) == (
        replaced(1, SELL, (1, 1), (10_000, 10_000), (6, 0), 4, True),
    )
    assert tape.engine.live_orders == 0


def test_replace_below_what_executed_is_refused() -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000)
    tape.enter(BUY, 4, 10_000)
    assert tape.apply(replace(1, 3, 10_000)) == (
        rejected(RequestKind.REPLACE, RejectReason.INVALID_QUANTITY, 1, b"R"),
    )
    assert tape.engine.live_orders == 1


@pytest.mark.parametrize(
    ("quantity", "price", "reason"),
    [
        (0, 10_000, RejectReason.INVALID_QUANTITY),
        (1_000_000, 10_000, RejectReason.QUANTITY_TOO_LARGE),
        (10, 0, RejectReason.INVALID_PRICE),
        (10, 2_000_000_000, RejectReason.PRICE_TOO_LARGE),
        (10, 10_001, RejectReason.INVALID_TICK),
    ],
)
def test_invalid_replace_is_refused_or_cancels(
    quantity: int, price: int, reason: RejectReason
) -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000)
    assert tape.apply(replace(1, quantity, price)) == (
        rejected(RequestKind.REPLACE, reason, 1, b"R"),
    )
    assert tape.apply(replace(1, quantity, price, cancel_if_invalid=True)) == (
        canceled(1, SELL, 10_000, 10, CancelReason.REPLACE_INVALID, by=1, client_id=b"R"),
    )


@pytest.mark.parametrize("quantity", [3, 4])
def test_ouch_replace_to_nothing_left_cancels(quantity: int) -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000)
    tape.enter(BUY, 4, 10_000)
    command = replace(1, quantity, 10_000, keep_priority=False, cancel_if_invalid=True)
    assert tape.apply(command) == (
        canceled(1, SELL, 10_000, 6, CancelReason.REPLACE_INVALID, by=1, client_id=b"R"),
    )


@pytest.mark.parametrize("kind", [RequestKind.REPLACE, RequestKind.CANCEL])
@pytest.mark.parametrize(
    ("order_id", "reason", "named"),
    [
        (1, RejectReason.TOO_LATE, 1),
        (3, RejectReason.UNKNOWN_ORDER, 0),
        (0, RejectReason.UNKNOWN_ORDER, 0),
        (-1, RejectReason.UNKNOWN_ORDER, 0),
    ],
)
def test_request_for_order_that_is_not_live_is_rejected(
    kind: RequestKind, order_id: int, reason: RejectReason, named: int
) -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000)
    tape.enter(BUY, 10, 10_000)
    if kind is RequestKind.CANCEL:
        events = tape.apply(CancelOrder(1, 1, order_id, b"R"))
    else:
        events = tape.apply(replace(order_id, 5, 10_000))
    assert events == (rejected(kind, reason, named, b"R"),)


# Reduce and cancel.


def test_reduce_names_the_total_and_keeps_priority() -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000)
    tape.enter(SELL, 10, 10_000)
    tape.enter(BUY, 2, 10_000)
    assert tape.apply(ReduceOrder(1, 1, 1, 5)) == (OrderReduced(1, 1, 1, SELL, 10_000, 5, 3),)
    order = entry(BUY, 4, 10_000)
    assert tape.apply(order) == (
        accepted(4, order),
        executed(2, 3, 10_000, (1, 0), (4, 1), BUY),
        executed(3, 1, 10_000, (2, 9), (4, 0), BUY),
    )


@pytest.mark.parametrize("to_total", [0, 1, 2])
def test_reduce_to_no_more_than_executed_cancels_the_balance(to_total: int) -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000)
    tape.enter(BUY, 2, 10_000)
    assert tape.apply(ReduceOrder(1, 1, 1, to_total)) == (
        canceled(1, SELL, 10_000, 8, CancelReason.USER, by=1),
    )


@pytest.mark.parametrize(("order_id", "to_total"), [(1, 10), (1, 11), (2, 5), (3, 5)])
def test_nothing_to_reduce_is_silence(order_id: int, to_total: int) -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000)
    tape.enter(BUY, 2, 10_000)
    assert tape.apply(ReduceOrder(1, 1, order_id, to_total)) == ()


def test_reduce_off_the_lot_is_silence() -> None:
    tape = Tape()
    tape.enter(SELL, 50, 10_000, instrument=2)
    assert tape.apply(ReduceOrder(1, 1, 1, 25)) == ()
    assert tape.apply(ReduceOrder(1, 1, 1, 20)) == (OrderReduced(1, 1, 2, SELL, 10_000, 30, 20),)


def test_cancel_names_who_asked_and_why() -> None:
    tape = Tape()
    tape.enter(BUY, 10, 10_000)
    tape.enter(SELL, 3, 10_000)
    assert tape.apply(CancelOrder(2, 2, 1, b"X", CancelReason.SUPERVISORY)) == (
        canceled(1, BUY, 10_000, 7, CancelReason.SUPERVISORY, by=2, client_id=b"X"),
    )


@pytest.mark.parametrize("place", [1, 2, 3])
def test_cancel_anywhere_in_the_queue_leaves_the_others_in_order(place: int) -> None:
    tape = Tape()
    for _ in range(3):
        tape.enter(SELL, 10, 10_000)
    tape.apply(CancelOrder(1, 1, place, b"X"))
    first, second = (order_id for order_id in (1, 2, 3) if order_id != place)
    order = entry(BUY, 20, 10_000)
    assert tape.apply(order) == (
        accepted(4, order),
        executed(1, 10, 10_000, (first, 0), (4, 10), BUY),
        executed(2, 10, 10_000, (second, 0), (4, 0), BUY),
    )


@pytest.mark.parametrize(
    ("command", "gone"),
    [
        (MassCancel(), [1, 2, 3, 4]),
        (MassCancel(session_id=2), [3, 4]),
        (MassCancel(account_id=1), [1, 2]),
        (MassCancel(instrument_id=2), [2, 4]),
        (MassCancel(account_id=2, instrument_id=2), [4]),
        (MassCancel(session_id=1, account_id=2), []),
        (MassCancel(order_ids=(2, 4, 5)), [2, 4]),
        (MassCancel(session_id=2, order_ids=(2, 4)), [4]),
        (MassCancel(order_ids=()), []),
    ],
)
def test_mass_cancel_takes_what_fits_all_filters(command: MassCancel, gone: list[int]) -> None:
    tape = Tape()
    for session, instrument in ((1, 1), (1, 2), (2, 1), (2, 2)):
        # The newest price is the best: order_id order is not book order.
        tape.enter(BUY, 10, 10_000 + 100 * session, session=session, instrument=instrument)
    assert tape.apply(command) == tuple(
        canceled(
            order_id,
            BUY,
            10_100 if order_id < 3 else 10_200,
            10,
            CancelReason.SUPERVISORY,
            instrument=2 - order_id % 2,
        )
        for order_id in gone
    )


def test_refused_request_is_echoed() -> None:
    command = RefuseRequest(
        1, 1, b"C9", RequestKind.CANCEL, RejectReason.DUPLICATE_CLIENT_ID, 7, b"ClOrdID(11) used"
    )
    assert Tape().apply(command) == (
        OrderRejected(
            session_id=1,
            account_id=1,
            client_id=b"C9",
            kind=RequestKind.CANCEL,
            reason=RejectReason.DUPLICATE_CLIENT_ID,
            order_id=7,
            text=b"ClOrdID(11) used",
        ),
    )


# Busts.


def test_trade_is_busted_once() -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000)
    tape.enter(BUY, 4, 10_000)
    tape.enter(BUY, 3, 10_000)
    busted = TradeBusted(1, 1, 10_000, 4, 1, 2, BustReason.CONSENT)
    assert tape.apply(BustTrade(1, BustReason.CONSENT)) == (busted,)
    assert tape.apply(BustTrade(1, BustReason.CONSENT)) == ()
    assert tape.apply(BustTrade(0, BustReason.CONSENT)) == ()
    assert tape.apply(BustTrade(3, BustReason.CONSENT)) == ()
    # LeavesQty does not go back: the order still has 3 left to sell.
    assert next(tape.engine.resting(1)).quantity == 3


def test_only_the_latest_trades_can_be_busted() -> None:
    tape = Tape(limits=Limits(busts_max=2))
    tape.enter(SELL, 10, 10_000)
    for _ in range(3):
        tape.enter(BUY, 1, 10_000)
    assert tape.apply(BustTrade(1, BustReason.ERRONEOUS)) == ()
    assert tape.apply(BustTrade(2, BustReason.ERRONEOUS)) == (
        TradeBusted(2, 1, 10_000, 1, 1, 3, BustReason.ERRONEOUS),
    )


def test_orders_that_left_the_book_leave_no_reference_cycles() -> None:
    tape = Tape()
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            for price in (10_000, 10_000, 10_000, 10_100):
                tape.enter(SELL, 10, price)
            tape.enter(BUY, 25, 10_100)
            tape.apply(
                replace(
                    tape.engine.instruments[1].book.asks.levels[-10_100].head.order_id, 5, 10_200
                )
            )
            tape.apply(MassCancel())
        assert tape.engine.live_orders == 0
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_symbol_listed_twice_changes_nothing() -> None:
    tape = Tape()
    assert tape.apply(AddInstrument(Instrument(b"AAPL", tick_size=1))) == ()
    assert tape.engine.instruments[1].instrument.tick_size == 100
