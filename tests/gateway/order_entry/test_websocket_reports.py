"""How an order looks to a WebSocket client."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.order_entry.outcomes import Order
from gateway.order_entry.websocket_views import avg_px, order_state, text_of
from matching.types import CancelReason, OrderType, Side, TimeInForce


@given(
    st.lists(st.tuples(st.integers(1, 2_000_000_000), st.integers(1, 999_999)), min_size=1),
    st.integers(0, 6),
)
def test_avg_px_is_the_exact_mean_rounded_half_up(
    fills: list[tuple[int, int]], decimals: int
) -> None:
    notional = sum(price * quantity for price, quantity in fills)
    cum_qty = sum(quantity for _, quantity in fills)
    scale = 10 ** (decimals + 4)
    told = Fraction(avg_px(notional, cum_qty, decimals)) * scale
    exact = Fraction(notional, cum_qty) / 10**decimals * scale
    assert told.denominator == 1
    assert exact - Fraction(1, 2) < told <= exact + Fraction(1, 2)


def test_nothing_executed_has_no_average() -> None:
    assert avg_px(0, 0, 4) == ""
    assert avg_px(3 * 1000100 + 4 * 1000000, 7, 4) == "100.00428571"


@pytest.mark.parametrize(
    ("leaves_qty", "cum_qty", "closed_by", "busted", "state"),
    [
        (10, 0, None, False, "new"),
        (6, 4, None, False, "partially_filled"),
        (10, 0, None, True, "new"),
        (0, 10, None, False, "filled"),
        (0, 6, None, True, "canceled"),
        (0, 4, CancelReason.USER, False, "canceled"),
        (0, 0, CancelReason.IMMEDIATE_OR_CANCEL, False, "canceled"),
        (0, 4, CancelReason.EXPIRED, False, "expired"),
    ],
)
def test_an_order_is_in_one_state(
    leaves_qty: int, cum_qty: int, closed_by: CancelReason | None, busted: bool, state: str
) -> None:
    order = Order(
        *(1, 1, 1, 1, 1, b"a", Side.BUY, OrderType.LIMIT, TimeInForce.DAY),
        *(10, 100, leaves_qty, b"", 0, 1),
        cum_qty=cum_qty,
        closed_by=closed_by,
        busted=busted,
    )
    assert order_state(order) == state


def test_ids_of_other_wires_are_told_whatever_bytes_they_hold() -> None:
    assert text_of(b"a\xff") == "a\u00ff"
