"""An order as a WebSocket client sees it."""

import msgspec

from gateway.order_entry.outcomes import Order
from gateway.order_entry.websocket_words import ORDER_TYPE_OF, SIDE_OF, TIME_IN_FORCE_OF
from matching.instrument import Instrument
from matching.types import FULL, CancelReason, OrderType
from protocol import feed
from protocol.feed import format_decimal
from protocol.websocket_words import OrderState

_AVG_PX_DIGITS = 4
"""Digits of `avg_px` beyond those of a price."""


def order_view(order: Order, instrument: Instrument) -> feed.Order:
    """The whole state of the order."""
    decimals = instrument.price_decimals
    lots = instrument.quantity_decimals
    limit = order.order_type is OrderType.LIMIT
    view = feed.Order(
        order_id=order.order_id,
        cl_ord_id=text_of(order.client_id),
        symbol=instrument.symbol.decode("ascii"),
        side=SIDE_OF[order.side],
        order_type=ORDER_TYPE_OF[order.order_type],
        time_in_force=TIME_IN_FORCE_OF[order.time_in_force],
        quantity=format_decimal(order.quantity, lots),
        price=format_decimal(order.price, decimals) if limit else "",
        leaves_qty=format_decimal(order.leaves_qty, lots),
        cum_qty=format_decimal(order.cum_qty, lots),
        avg_px=avg_px(order.notional, order.cum_qty, decimals),
        status=order_state(order),
    )
    return _with_instructions(view, order, lots) if order.special else view


def _with_instructions(view: feed.Order, order: Order, quantity_decimals: int) -> feed.Order:
    shown = order.display_quantity
    return msgspec.structs.replace(
        view,
        display_quantity="" if shown == FULL else format_decimal(shown, quantity_decimals),
        expire_time_ns=order.expire_ns,
        post_only=order.post_only,
    )


def text_of(client_id: bytes) -> str:
    """A client's own id as JSON text; other wires' ids may hold any byte."""
    return client_id.decode("latin-1")


def order_state(order: Order) -> OrderState:
    """The one word for where an order stands."""
    if order.leaves_qty:
        return "partially_filled" if order.cum_qty else "new"
    if order.closed_by is None and not order.busted:
        return "filled"
    return "expired" if order.closed_by is CancelReason.EXPIRED else "canceled"


def avg_px(notional: int, cum_qty: int, price_decimals: int) -> str:
    """notional / cum_qty to price_decimals + 4 digits, half up; empty if nothing executed."""
    if cum_qty == 0:
        return ""
    scale = 10**_AVG_PX_DIGITS
    units = (2 * notional * scale + cum_qty) // (2 * cum_qty)
    return format_decimal(units, price_decimals + _AVG_PX_DIGITS)
