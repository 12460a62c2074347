"""Hidden and reserve orders: what shows, what trades first, what is left."""

import pytest

from matching.commands import CancelOrder, ModifyOrder, ReduceOrder, ReplaceOrder, RerankOrder
from matching.depth import Depth, DepthLevel, LastTrade
from matching.engine import Engine
from matching.events import (
    Event,
    OrderAccepted,
    OrderExecuted,
    OrderModified,
    OrderReduced,
    OrderRefreshed,
    OrderRejected,
    OrderReplaced,
    OrderReranked,
)
from matching.types import FULL, CancelReason, RejectReason, RequestKind
from tests.matching.engine_tape import (
    BUY,
    FOK,
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

PRICE = 10_000


def resting(tape: Tape) -> list[tuple[int, int, int, int]]:
    """(order_id, order_reference, quantity, displayed) in the order of the book."""
    return [
        (order.order_id, order.order_reference, order.quantity, order.displayed)
        for order in tape.engine.resting(1)
    ]


def test_a_hidden_order_waits_behind_all_that_shows_at_its_price() -> None:
    tape = Tape()
    hidden = entry(SELL, 10, PRICE, display=0)
    assert tape.apply(hidden) == (accepted(1, hidden), rested(1, SELL, PRICE, 10, displayed=0))
    tape.enter(SELL, 5, PRICE)
    tape.enter(SELL, 10, PRICE, display=0)
    tape.enter(SELL, 6, PRICE)
    order = entry(BUY, 25, PRICE)
    assert tape.apply(order) == (
        accepted(5, order),
        executed(1, 5, PRICE, (2, 0), (5, 20), BUY),
        executed(2, 6, PRICE, (4, 0), (5, 14), BUY),
        executed(3, 10, PRICE, (1, 0), (5, 4), BUY, displayed=0),
        executed(4, 4, PRICE, (3, 6), (5, 0), BUY, displayed=0),
    )
    assert resting(tape) == [(3, 3, 6, 0)]


def test_a_better_price_goes_before_display() -> None:
    tape = Tape()
    tape.enter(SELL, 5, PRICE)
    tape.enter(SELL, 5, PRICE - 100, display=0)
    order = entry(BUY, 5, PRICE)
    assert tape.apply(order)[1:] == (executed(1, 5, PRICE - 100, (2, 0), (3, 0), BUY, displayed=0),)


def test_a_reserve_order_refreshes_at_the_end_of_the_queue() -> None:
    tape = Tape()
    reserve = entry(SELL, 25, PRICE, display=10)
    assert tape.apply(reserve) == (accepted(1, reserve), rested(1, SELL, PRICE, 25, displayed=10))
    tape.enter(SELL, 7, PRICE)
    tape.enter(SELL, 7, PRICE, display=0)
    order = entry(BUY, 40, PRICE, IOC)
    assert tape.apply(order) == (
        accepted(4, order),
        executed(1, 10, PRICE, (1, 15), (4, 30), BUY),
        OrderRefreshed(1, 1, 5, 1, SELL, PRICE, 10, 15),
        executed(2, 7, PRICE, (2, 0), (4, 23), BUY),
        executed(3, 10, PRICE, (1, 5), (4, 13), BUY, reference=5),
        OrderRefreshed(1, 5, 6, 1, SELL, PRICE, 5, 5),
        executed(4, 5, PRICE, (1, 0), (4, 8), BUY, reference=6),
        executed(5, 7, PRICE, (3, 0), (4, 1), BUY, displayed=0),
        canceled(4, BUY, PRICE, 1, CancelReason.IMMEDIATE_OR_CANCEL, rested=False),
    )
    assert tape.engine.live_orders == 0


def test_part_of_what_shows_trades_without_a_refresh() -> None:
    tape = Tape()
    tape.enter(SELL, 25, PRICE, display=10)
    assert len(tape.enter(BUY, 4, PRICE)) == 2
    assert resting(tape) == [(1, 1, 21, 6)]


def test_what_is_left_of_a_reserve_order_after_its_arrival_shows_no_more_than_is_left() -> None:
    tape = Tape()
    tape.enter(SELL, 20, PRICE)
    order = entry(BUY, 25, PRICE, display=10)
    assert tape.apply(order)[-1] == rested(2, BUY, PRICE, 5, displayed=5)


def test_fill_or_kill_sees_all_there_is() -> None:
    tape = Tape()
    tape.enter(SELL, 25, PRICE, display=10)
    tape.enter(SELL, 5, PRICE, display=0)
    order = entry(BUY, 31, PRICE, FOK)
    assert tape.apply(order) == (
        accepted(3, order),
        canceled(3, BUY, PRICE, 31, CancelReason.IMMEDIATE_OR_CANCEL, rested=False),
    )
    events = tape.enter(BUY, 30, PRICE, FOK)
    assert sum(event.quantity for event in events if isinstance(event, OrderExecuted)) == 30


@pytest.mark.parametrize("display", [10, 11, 1_000, FULL])
def test_as_much_as_the_quantity_is_an_ordinary_order(display: int) -> None:
    tape = Tape()
    assert tape.enter(BUY, 10, PRICE, display=display)[1] == rested(1, BUY, PRICE, 10)


@pytest.mark.parametrize(
    ("instrument", "quantity", "display", "terms"),
    [
        (1, 10, -2, {}),
        (2, 30, 15, {}),
        (1, 10, 5, {"tif": IOC}),
        (1, 10, 10, {"tif": FOK}),
        (1, 10, 5, {"order_type": MARKET, "price": 0}),
        (1, 1_001, 1, {}),
    ],
    ids=["negative", "off the lot", "IOC", "FOK", "market", "more than a thousand slices"],
)
def test_a_display_quantity_that_makes_no_sense_is_refused(
    instrument: int, quantity: int, display: int, terms: dict[str, object]
) -> None:
    command = entry(
        BUY,
        quantity,
        **{"price": PRICE, **terms},  # type: ignore[arg-type]
        instrument=instrument,
        display=display,
    )
    refused = OrderRejected(1, 1, b"C", RequestKind.ENTER, RejectReason.INVALID_DISPLAY)
    assert Tape().apply(command) == (refused,)


def test_a_thousand_slices_are_not_too_many() -> None:
    assert Tape().enter(BUY, 1_000, PRICE, display=1)[1] == rested(
        1, BUY, PRICE, 1_000, displayed=1
    )


def test_hidden_means_nothing_for_an_order_that_cannot_rest() -> None:
    tape = Tape()
    order = entry(BUY, 10, PRICE, IOC, display=0)
    assert tape.apply(order) == (
        accepted(1, order),
        canceled(1, BUY, PRICE, 10, CancelReason.IMMEDIATE_OR_CANCEL, rested=False),
    )


def test_reduce_takes_first_what_does_not_show() -> None:
    tape = Tape()
    tape.enter(BUY, 25, PRICE, display=10)
    assert tape.apply(ReduceOrder(1, 1, 1, 12)) == (
        OrderReduced(1, 1, 1, BUY, PRICE, 13, 12, displayed=0),
    )
    assert tape.apply(ReduceOrder(1, 1, 1, 7)) == (
        OrderReduced(1, 1, 1, BUY, PRICE, 5, 7, displayed=3),
    )
    assert resting(tape) == [(1, 1, 7, 7)]


def test_a_reduced_hidden_order_stays_hidden() -> None:
    tape = Tape()
    tape.enter(BUY, 25, PRICE, display=0)
    assert tape.apply(ReduceOrder(1, 1, 1, 12)) == (
        OrderReduced(1, 1, 1, BUY, PRICE, 13, 12, displayed=0),
    )
    assert tape.apply(ModifyOrder(1, 1, 1, 10, b"E")) == (
        OrderModified(1, 1, 1, BUY, PRICE, 2, 10, displayed=0),
    )
    assert tape.apply(CancelOrder(1, 1, 1, b"X")) == (
        canceled(1, BUY, PRICE, 10, CancelReason.USER, by=1, client_id=b"X", displayed=0),
    )


def test_cancel_of_a_reserve_order_says_what_showed() -> None:
    tape = Tape()
    tape.enter(BUY, 25, PRICE, display=10)
    tape.enter(SELL, 4, PRICE)
    assert tape.apply(CancelOrder(1, 1, 1, b"X")) == (
        canceled(1, BUY, PRICE, 21, CancelReason.USER, by=1, client_id=b"X", displayed=6),
    )


def replaced(tape: Tape, quantity: int, **other: int) -> tuple[Event, ...]:
    return tape.apply(ReplaceOrder(1, 1, 1, b"R", quantity, PRICE, keep_priority=True, **other))  # type: ignore[arg-type]


def test_a_smaller_reserve_order_keeps_its_place_and_shows_what_it_showed() -> None:
    tape = Tape()
    tape.enter(BUY, 25, PRICE, display=10)
    tape.enter(BUY, 1, PRICE)
    assert replaced(tape, 15) == (
        OrderReplaced(1, 1, b"R", 1, BUY, 1, 1, PRICE, PRICE, 25, 15, 15, True, 10, 10),
    )
    assert replaced(tape, 8, display_quantity=10) == (
        OrderReplaced(1, 1, b"R", 1, BUY, 1, 1, PRICE, PRICE, 15, 8, 8, True, 10, 8),
    )
    assert resting(tape) == [(1, 1, 8, 8), (2, 2, 1, FULL)]


@pytest.mark.parametrize(
    ("before", "after", "displayed", "order"),
    [
        (FULL, 10, 10, [2, 1]),
        (FULL, 0, 0, [2, 1]),
        (10, FULL, FULL, [2, 1]),
        (10, 20, FULL, [2, 1]),
        (10, 5, 5, [2, 1]),
        (0, 10, 10, [2, 1]),
    ],
)
def test_another_display_quantity_costs_the_place(
    before: int, after: int, displayed: int, order: list[int]
) -> None:
    tape = Tape()
    old = tape.enter(BUY, 20, PRICE, display=before)[1]
    tape.enter(BUY, 1, PRICE)
    assert replaced(tape, 20, display_quantity=after) == (
        OrderReplaced(
            *(1, 1, b"R", 1, BUY, 1, 3, PRICE, PRICE, 20, 20, 20, False),
            old_displayed=old.displayed,  # type: ignore[union-attr]
        ),
        rested(1, BUY, PRICE, 20, reference=3, displayed=displayed),
    )
    assert [found[0] for found in resting(tape)] == order


def test_a_replace_names_no_display_quantity_that_makes_no_sense() -> None:
    tape = Tape()
    tape.enter(BUY, 20, PRICE, display=10)
    for quantity, display in ((20, -2), (20_000, 10), (20_000, None)):
        assert tape.apply(
            ReplaceOrder(1, 1, 1, b"R", quantity, PRICE, True, display_quantity=display)
        ) == (OrderRejected(1, 1, b"R", RequestKind.REPLACE, RejectReason.INVALID_DISPLAY, 1),)
    taken_off = ReplaceOrder(1, 1, 1, b"R", 20, PRICE, True, True, display_quantity=-2)
    assert tape.apply(taken_off) == (
        canceled(
            *(1, BUY, PRICE, 20, CancelReason.REPLACE_INVALID),
            by=1,
            client_id=b"R",
            displayed=10,
        ),
    )


def test_a_reserve_order_that_is_replaced_to_what_executed_is_done() -> None:
    tape = Tape()
    tape.enter(BUY, 25, PRICE, display=10)
    tape.enter(SELL, 4, PRICE)
    assert replaced(tape, 4) == (
        OrderReplaced(1, 1, b"R", 1, BUY, 1, 1, PRICE, PRICE, 21, 0, 4, True, 6, 0),
    )
    assert tape.engine.live_orders == 0


def test_another_rank_is_the_end_of_the_orders_own_queue() -> None:
    tape = Tape()
    tape.enter(BUY, 25, PRICE, display=10)
    tape.enter(BUY, 5, PRICE)
    tape.enter(BUY, 6, PRICE, display=0)
    tape.enter(BUY, 7, PRICE, display=0)
    tape.enter(SELL, 4, PRICE)
    assert tape.apply(RerankOrder(1)) == (OrderReranked(1, 1, 6, 1, BUY, PRICE, 21, 6),)
    assert tape.apply(RerankOrder(3)) == (OrderReranked(3, 3, 7, 1, BUY, PRICE, 6, 0),)
    assert tape.apply(RerankOrder(2)) == (OrderReranked(2, 2, 8, 1, BUY, PRICE, 5),)
    assert resting(tape) == [(1, 6, 21, 6), (2, 8, 5, FULL), (4, 4, 7, 0), (3, 7, 6, 0)]


def test_another_rank_for_an_order_that_is_not_live_is_nothing() -> None:
    tape = Tape()
    tape.enter(BUY, 1, PRICE, IOC)
    assert tape.apply(RerankOrder(1)) == tape.apply(RerankOrder(9)) == ()
    assert isinstance(tape.enter(BUY, 1, PRICE)[0], OrderAccepted)
    assert resting(tape) == [(2, 2, 1, FULL)]


def test_a_restored_book_has_both_queues() -> None:
    tape = Tape()
    tape.enter(SELL, 9, PRICE, display=0)
    tape.enter(SELL, 25, PRICE, display=10)
    tape.enter(BUY, 4, PRICE)
    restored = Engine.restore(tape.engine.snapshot())
    restored._check()
    assert restored.state_hash() == tape.engine.state_hash()
    for engine in (tape.engine, restored):
        engine.apply(entry(SELL, 5, PRICE), 100)
        engine._check()
        assert [(order.order_id, order.displayed) for order in engine.resting(1)] == [
            (2, 6),
            (4, FULL),
            (1, 0),
        ]


def test_depth_has_what_shows() -> None:
    tape, depth = Tape(), Depth(1)

    def fold(events: tuple[Event, ...]) -> None:
        for event in events:
            depth.fold(event)

    fold(tape.enter(SELL, 9, PRICE, display=0))
    assert depth.levels() == ((), ())
    fold(tape.enter(SELL, 25, PRICE, display=10))
    assert depth.levels() == ((), (DepthLevel(PRICE, 10, 1),))
    fold(tape.enter(BUY, 12, PRICE))
    assert depth.best_ask == DepthLevel(PRICE, 8, 1)
    fold(tape.apply(ReduceOrder(1, 1, 2, 20)))
    assert depth.best_ask == DepthLevel(PRICE, 8, 1)
    fold(tape.apply(ModifyOrder(1, 1, 2, 16, b"")))
    assert depth.best_ask == DepthLevel(PRICE, 4, 1)
    fold(tape.apply(RerankOrder(2)))
    fold(tape.enter(BUY, 5, PRICE))
    assert depth.levels() == ((), ())
    assert depth.last_trade == LastTrade(4, PRICE, 1, BUY)
    fold(tape.apply(ReplaceOrder(1, 1, 1, b"R", 7, PRICE, True)))
    fold(tape.apply(ReplaceOrder(1, 1, 1, b"R", 7, PRICE, True, display_quantity=3)))
    assert depth.best_ask == DepthLevel(PRICE, 3, 1)
    fold(tape.apply(CancelOrder(1, 1, 1, b"X")))
    assert depth.levels() == ((), ())


def test_depth_says_that_a_hidden_trade_changed_no_level() -> None:
    tape, depth = Tape(), Depth(1)
    tape.enter(SELL, 9, PRICE, display=0)
    assert [depth.fold(event) for event in tape.enter(BUY, 4, PRICE)] == [None, None]
    assert depth.last_trade == LastTrade(1, PRICE, 4, BUY)
