"""gateway.order_entry.positions: what accounts bought and sold."""

from gateway.order_entry.positions import Positions
from matching.types import Side


def test_fills_add_up_by_account_and_instrument_and_a_broken_one_is_taken_back() -> None:
    positions = Positions()
    positions.note(1, 2, Side.BUY, 10)
    positions.note(1, 1, Side.SELL, 4)
    positions.note(1, 2, Side.BUY, 5)
    positions.note(1, 2, Side.SELL, 7)
    positions.note(2, 1, Side.BUY, 4)
    assert positions.of(1) == [(1, 0, 4), (2, 15, 7)]
    positions.note(1, 2, Side.BUY, -5)
    positions.note(2, 1, Side.BUY, -4)
    assert (positions.of(1), positions.of(2)) == ([(1, 0, 4), (2, 10, 7)], [])
    positions.clear()
    assert (positions.of(1), positions.of(3)) == ([], [])
