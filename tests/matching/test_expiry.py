"""Orders with an expiry of their own."""

import pytest

from matching.commands import (
    CancelOrder,
    EndOfDay,
    ExpireOrders,
    ReplaceOrder,
    SetPhase,
    StartOfDay,
)
from matching.engine import Engine
from matching.events import OrderRejected, OrderReplaced
from matching.types import CancelReason, Phase, RejectReason, RequestKind
from tests.matching.engine_tape import (
    BUY,
    FOK,
    GTC,
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
EXPIRED = CancelReason.EXPIRED


def test_orders_expire_in_order_of_time_and_then_of_id() -> None:
    tape = Tape()
    for expire_ns in (300, 200, 0, 200, 400):
        tape.enter(BUY, 5, PRICE, expire_ns=expire_ns)
    assert tape.engine.next_expiry_ns == 200
    assert tape.apply(ExpireOrders(199)) == ()
    assert tape.apply(ExpireOrders(300)) == (
        canceled(2, BUY, PRICE, 5, EXPIRED),
        canceled(4, BUY, PRICE, 5, EXPIRED),
        canceled(1, BUY, PRICE, 5, EXPIRED),
    )
    assert tape.engine.next_expiry_ns == 400
    assert [order.order_id for order in tape.engine.resting(1)] == [3, 5]


def test_without_an_expiry_nothing_is_due() -> None:
    tape = Tape()
    tape.enter(BUY, 5, PRICE)
    assert (tape.engine.next_expiry_ns, tape.apply(ExpireOrders(1 << 62))) == (0, ())


def test_orders_expire_in_any_phase() -> None:
    tape = Tape()
    tape.enter(BUY, 5, PRICE, display=0, expire_ns=100)
    tape.apply(SetPhase(0, Phase.HALTED))
    assert tape.apply(ExpireOrders(100)) == (canceled(1, BUY, PRICE, 5, EXPIRED, displayed=0),)


@pytest.mark.parametrize("how", ["fill", "cancel", "replace to executed", "day", "filled anew"])
def test_an_order_that_left_otherwise_does_not_expire(how: str) -> None:
    tape = Tape()
    tape.enter(BUY, 5, PRICE, expire_ns=1_000)
    tape.enter(SELL, 2, PRICE)
    match how:
        case "fill":
            tape.enter(SELL, 3, PRICE)
        case "cancel":
            tape.apply(CancelOrder(1, 1, 1, b"X"))
        case "replace to executed":
            tape.apply(ReplaceOrder(1, 1, 1, b"R", 2, PRICE, True))
        case "day":
            tape.apply(EndOfDay())
        case "filled anew":
            tape.enter(SELL, 9, PRICE + 100)
            tape.apply(ReplaceOrder(1, 1, 1, b"R", 5, PRICE + 100, True))
    assert tape.engine.next_expiry_ns == 0
    assert tape.apply(ExpireOrders(2_000)) == ()


def test_a_good_till_cancel_order_expires_on_a_later_day() -> None:
    tape = Tape()
    tape.enter(BUY, 5, PRICE, GTC, expire_ns=1_000)
    tape.apply(EndOfDay())
    tape.apply(StartOfDay(20250103, 9))
    assert tape.apply(ExpireOrders(1_000)) == (canceled(1, BUY, PRICE, 5, EXPIRED),)


def test_an_expiry_is_later_than_the_command() -> None:
    tape = Tape()
    now_ns = tape.engine.timestamp_ns + 1
    refused = OrderRejected(1, 1, b"C", RequestKind.ENTER, RejectReason.INVALID_EXPIRY)
    assert tape.enter(BUY, 5, PRICE, expire_ns=now_ns) == (refused,)
    assert tape.enter(BUY, 5, PRICE, expire_ns=-1) == (refused,)
    order = entry(BUY, 5, PRICE, expire_ns=tape.engine.timestamp_ns + 2)
    assert tape.apply(order) == (accepted(1, order), rested(1, BUY, PRICE, 5))


@pytest.mark.parametrize(
    "order",
    [
        entry(BUY, 5, PRICE, IOC, expire_ns=1_000),
        entry(BUY, 5, PRICE, FOK, expire_ns=1_000),
        entry(BUY, 5, 0, order_type=MARKET, expire_ns=1_000),
    ],
    ids=["IOC", "FOK", "market"],
)
def test_an_order_that_cannot_rest_has_no_expiry(order: object) -> None:
    refused = OrderRejected(1, 1, b"C", RequestKind.ENTER, RejectReason.INVALID_EXPIRY)
    assert Tape().apply(order) == (refused,)  # type: ignore[arg-type]


def test_another_expiry_alone_keeps_the_place() -> None:
    tape = Tape()
    tape.enter(BUY, 5, PRICE)
    for expire_ns, due_ns in ((500, 500), (None, 500), (900, 900), (0, 0)):
        command = ReplaceOrder(1, 1, 1, b"R", 5, PRICE, True, expire_ns=expire_ns)
        assert tape.apply(command) == (
            OrderReplaced(1, 1, b"R", 1, BUY, 1, 1, PRICE, PRICE, 5, 5, 5, True),
        )
        assert tape.engine.next_expiry_ns == due_ns


def test_an_expiry_goes_with_the_order_to_another_price() -> None:
    tape = Tape()
    tape.enter(BUY, 5, PRICE, expire_ns=500)
    tape.apply(ReplaceOrder(1, 1, 1, b"R", 5, PRICE + 100, True))
    assert tape.engine.next_expiry_ns == 500
    tape.apply(ReplaceOrder(1, 1, 1, b"R", 5, PRICE, True, expire_ns=0))
    assert tape.engine.next_expiry_ns == 0


def test_a_replace_names_no_expiry_that_has_passed() -> None:
    tape = Tape()
    tape.enter(BUY, 5, PRICE, expire_ns=500)
    command = ReplaceOrder(1, 1, 1, b"R", 5, PRICE, True, expire_ns=1)
    assert tape.apply(command) == (
        OrderRejected(1, 1, b"R", RequestKind.REPLACE, RejectReason.INVALID_EXPIRY, 1),
    )
    assert tape.engine.next_expiry_ns == 500


def test_a_snapshot_keeps_the_expiries() -> None:
    tape = Tape()
    tape.enter(BUY, 5, PRICE, expire_ns=500)
    tape.enter(SELL, 25, PRICE + 100, display=10, expire_ns=400)
    restored = Engine.restore(tape.engine.snapshot())
    restored._check()
    assert restored.next_expiry_ns == 400
    assert restored.apply(ExpireOrders(500), 600) == (
        canceled(2, SELL, PRICE + 100, 25, EXPIRED, displayed=10),
        canceled(1, BUY, PRICE, 5, EXPIRED),
    )
