"""matching.order_flow on its own: counters, what is live, and which trades can still be broken."""

from matching.commands import (
    AddAccount,
    AddInstrument,
    BustTrade,
    CancelOrder,
    EnterOrder,
    RegisterSession,
)
from matching.events import (
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderRejected,
    OrderRested,
    TradeBusted,
)
from matching.instrument import Instrument
from matching.live_orders import LiveOrders
from matching.order_flow import OrderFlow
from matching.reference import ReferenceData
from matching.snapshot import Limits
from matching.types import (
    BustReason,
    CancelReason,
    OrderType,
    Phase,
    RejectReason,
    RequestKind,
    Side,
    TimeInForce,
)

BUY, SELL = Side.BUY, Side.SELL
DAY, GTC, IOC = TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC


def order_flow(limits: Limits | None = None) -> tuple[OrderFlow, LiveOrders]:
    """One open instrument, one session of one account."""
    reference = ReferenceData()
    reference.add_account(AddAccount(b"A"))
    reference.register_session(RegisterSession(1, b"fix", (b"A1",)))
    reference.add_instrument(AddInstrument(Instrument(b"X", tick_size=1)))
    reference.listings[1].phase = Phase.OPEN
    live = LiveOrders(limits or Limits(), reference)
    return OrderFlow(live, reference), live


def enter(
    flow: OrderFlow, side: Side, quantity: int, price: int, tif: TimeInForce = DAY
) -> tuple[Event, ...]:
    return flow.enter_order(EnterOrder(1, 1, 1, b"c", side, OrderType.LIMIT, tif, quantity, price))


def test_a_sweep_trades_level_by_level_and_rests_what_is_left() -> None:
    flow, live = order_flow()
    for quantity, price in ((10, 102), (10, 101), (5, 101)):
        enter(flow, SELL, quantity, price)
    assert enter(flow, BUY, 30, 102) == (
        OrderAccepted(4, 1, 1, 1, b"c", BUY, OrderType.LIMIT, DAY, 30, 102),
        OrderExecuted(1, 1, 101, 10, 2, 2, 0, 4, 20, BUY),
        OrderExecuted(1, 2, 101, 5, 3, 3, 0, 4, 15, BUY),
        OrderExecuted(1, 3, 102, 10, 1, 1, 0, 4, 5, BUY),
        OrderRested(4, 4, 1, BUY, 102, 5),
    )
    assert list(live.orders) == [4]
    assert (live.last_order_number, live.last_match_number) == (4, 3)


def test_refused_orders_take_no_number() -> None:
    flow, live = order_flow()
    assert enter(flow, BUY, 0, 100) == (
        OrderRejected(1, 1, b"c", RequestKind.ENTER, RejectReason.INVALID_QUANTITY),
    )
    assert (live.last_order_number, live.orders) == (0, {})


def test_a_number_that_is_not_live_is_too_late_or_unknown() -> None:
    flow, _ = order_flow()
    enter(flow, BUY, 10, 100, IOC)
    for order_id, reason, told in (
        (1, RejectReason.TOO_LATE, 1),
        (2, RejectReason.UNKNOWN_ORDER, 0),
        (0, RejectReason.UNKNOWN_ORDER, 0),
        (-1, RejectReason.UNKNOWN_ORDER, 0),
    ):
        assert flow.cancel_order(CancelOrder(1, 1, order_id, b"x")) == (
            OrderRejected(1, 1, b"x", RequestKind.CANCEL, reason, told),
        )


def test_only_the_latest_trades_are_kept_and_each_is_broken_once() -> None:
    flow, live = order_flow(Limits(busts_max=2))
    enter(flow, SELL, 3, 100)
    for _ in range(3):
        enter(flow, BUY, 1, 100, IOC)
    assert live.last_match_number == 3
    reason = BustReason.ERRONEOUS
    assert [flow.bust_trade(BustTrade(number, reason)) for number in (0, 1, 4)] == [()] * 3
    assert flow.bust_trade(BustTrade(2, reason)) == (TradeBusted(2, 1, 100, 1, 1, 3, reason),)
    assert flow.bust_trade(BustTrade(2, reason)) == ()
    assert flow.bust_trade(BustTrade(3, reason)) == (TradeBusted(3, 1, 100, 1, 1, 4, reason),)


def test_the_end_of_the_day_leaves_gtc_orders_and_no_trades() -> None:
    flow, live = order_flow()
    enter(flow, SELL, 5, 101, GTC)
    enter(flow, BUY, 1, 101, IOC)
    enter(flow, BUY, 7, 100)
    assert flow.expire_day_orders() == [
        OrderCanceled(3, 3, 1, BUY, 100, 7, CancelReason.EXPIRED, True)
    ]
    assert list(live.orders) == [1]
    assert flow.bust_trade(BustTrade(1, BustReason.CONSENT)) == ()
