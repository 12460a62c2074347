"""matching.changes: what a request does to an order that rests."""

from matching.commands import ReplaceOrder
from matching.events import OrderReplaced
from tests.matching.engine_tape import BUY, Tape, accepted, entry, rested


def test_both_order_numbers_come_from_one_counter() -> None:
    tape = Tape()
    tape.enter(BUY, 10, 10_000)
    assert tape.apply(ReplaceOrder(1, 1, 1, b"R", 10, 10_100, keep_priority=True)) == (
        OrderReplaced(1, 1, b"R", 1, BUY, 1, 2, 10_000, 10_100, 10, 10, 10, False),
        rested(1, BUY, 10_100, 10, reference=2),
    )
    order = entry(BUY, 10, 10_000)
    assert tape.apply(order) == (accepted(3, order), rested(3, BUY, 10_000, 10))
