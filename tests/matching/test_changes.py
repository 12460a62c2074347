"""matching.changes: what a request does to an order that rests."""

import pytest

from matching.commands import ModifyOrder, ReplaceOrder
from matching.events import OrderModified, OrderRejected, OrderReplaced
from matching.types import CancelReason, RejectReason, RequestKind
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
    rested,
)

PRICE = 10_000


def test_both_order_numbers_come_from_one_counter() -> None:
    tape = Tape()
    tape.enter(BUY, 10, PRICE)
    assert tape.apply(ReplaceOrder(1, 1, 1, b"R", 10, PRICE + 100, keep_priority=True)) == (
        OrderReplaced(1, 1, b"R", 1, BUY, 1, 2, PRICE, PRICE + 100, 10, 10, 10, False),
        rested(1, BUY, PRICE + 100, 10, reference=2),
    )
    order = entry(BUY, 10, PRICE)
    assert tape.apply(order) == (accepted(3, order), rested(3, BUY, PRICE, 10))


@pytest.mark.parametrize("display", [-1, 0, 5])
def test_a_post_only_order_that_would_trade_is_canceled(display: int) -> None:
    tape = Tape()
    tape.enter(SELL, 10, PRICE, display=display)
    order = entry(BUY, 10, PRICE, post_only=True)
    assert tape.apply(order) == (
        accepted(2, order),
        canceled(2, BUY, PRICE, 10, CancelReason.POST_ONLY, rested=False),
    )
    order = entry(BUY, 10, PRICE - 100, post_only=True)
    assert tape.apply(order) == (accepted(3, order), rested(3, BUY, PRICE - 100, 10))


def test_a_replaced_post_only_order_that_would_trade_is_canceled() -> None:
    tape = Tape()
    tape.enter(SELL, 10, PRICE)
    tape.enter(BUY, 10, PRICE - 100, post_only=True, display=0, expire_ns=1_000)
    assert tape.apply(ReplaceOrder(1, 1, 2, b"R", 9, PRICE, True)) == (
        OrderReplaced(
            *(2, 1, b"R", 1, BUY, 2, 3, PRICE - 100, PRICE, 10, 9, 9, False),
            old_displayed=0,
        ),
        canceled(2, BUY, PRICE, 9, CancelReason.POST_ONLY, reference=3, rested=False),
    )
    assert (tape.engine.live_orders, tape.engine.next_expiry_ns) == (1, 0)


def test_post_only_may_be_taken_back_and_given_later() -> None:
    tape = Tape()
    tape.enter(SELL, 10, PRICE)
    tape.enter(BUY, 4, PRICE - 100, post_only=True)
    tape.enter(BUY, 4, PRICE - 100)
    kept = tape.apply(ReplaceOrder(1, 1, 3, b"R", 4, PRICE - 100, True, post_only=True))
    assert [event.kept_priority for event in kept if isinstance(event, OrderReplaced)] == [True]
    trades = tape.apply(ReplaceOrder(1, 1, 2, b"R", 4, PRICE, True, post_only=False))
    assert trades[1].incoming_leaves == 0  # type: ignore[union-attr]
    assert tape.apply(ReplaceOrder(1, 1, 3, b"R", 4, PRICE, True))[1] == canceled(
        3, BUY, PRICE, 4, CancelReason.POST_ONLY, reference=5, rested=False
    )


@pytest.mark.parametrize(
    "order",
    [
        entry(BUY, 5, PRICE, IOC, post_only=True),
        entry(BUY, 5, PRICE, FOK, post_only=True),
        entry(BUY, 5, 0, order_type=MARKET, post_only=True),
    ],
    ids=["IOC", "FOK", "market"],
)
def test_a_post_only_order_that_cannot_rest_is_refused(order: object) -> None:
    refused = OrderRejected(1, 1, b"C", RequestKind.ENTER, RejectReason.INVALID_FIELD)
    assert Tape().apply(order) == (refused,)  # type: ignore[arg-type]


def test_modify_keeps_the_place_and_lowers_the_size_or_not() -> None:
    tape = Tape()
    tape.enter(BUY, 10, PRICE)
    tape.enter(BUY, 10, PRICE)
    tape.enter(SELL, 3, PRICE)
    assert tape.apply(ModifyOrder(1, 1, 1, 10, b"E")) == (OrderModified(1, 1, 1, BUY, PRICE, 0, 7),)
    assert tape.apply(ModifyOrder(1, 1, 1, 8, b"E")) == (OrderModified(1, 1, 1, BUY, PRICE, 2, 5),)
    assert [(order.order_id, order.quantity) for order in tape.engine.resting(1)] == [
        (1, 5),
        (2, 10),
    ]
    assert tape.apply(ModifyOrder(1, 1, 1, 8, b"E")) == (OrderModified(1, 1, 1, BUY, PRICE, 0, 5),)


def test_modify_that_cannot_be_is_nothing() -> None:
    tape = Tape()
    tape.enter(BUY, 100, PRICE, instrument=2)
    for order_id, to_total in ((1, 101), (1, 95), (2, 5), (0, 5)):
        assert tape.apply(ModifyOrder(1, 1, order_id, to_total, b"E")) == ()


@pytest.mark.parametrize("to_total", [0, 2, 3])
def test_modify_to_no_more_than_executed_cancels(to_total: int) -> None:
    tape = Tape()
    tape.enter(BUY, 10, PRICE)
    tape.enter(SELL, 3, PRICE)
    assert tape.apply(ModifyOrder(1, 1, 1, to_total, b"E")) == (
        canceled(1, BUY, PRICE, 7, CancelReason.USER, by=1),
    )
