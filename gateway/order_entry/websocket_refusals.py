"""Why a WebSocket request was refused, in words."""

from gateway.desk import Floor
from gateway.order_entry.websocket_words import REJECT_TEXT
from matching.commands import Command, EnterOrder, ReplaceOrder
from matching.types import RejectReason
from protocol.feed import format_decimal

_RULES: dict[RejectReason, tuple[str, str]] = {
    RejectReason.QUANTITY_TOO_LARGE: ("quantity_max", "at most"),
    RejectReason.INVALID_LOT: ("lot_size", "a multiple of"),
    RejectReason.PRICE_TOO_LARGE: ("price_max", "at most"),
    RejectReason.INVALID_TICK: ("tick_size", "a multiple of"),
}
"""The instrument's rule behind a refusal, and how it binds."""
_ABOUT_PRICE = (RejectReason.PRICE_TOO_LARGE, RejectReason.INVALID_TICK)


def explain(floor: Floor, command: Command, reason: RejectReason) -> str:
    """The refusal with the numbers that led to it, where the request has them."""
    text = REJECT_TEXT[reason]
    rule = _RULES.get(reason)
    if rule is None or not isinstance(command, EnterOrder | ReplaceOrder):
        return text
    if isinstance(command, EnterOrder):
        instrument_id = command.instrument_id
    else:
        order = floor.orders.by_id.get(command.order_id)
        if order is None:
            return text
        instrument_id = order.instrument_id
    instrument = floor.engine.instruments[instrument_id].instrument
    field, expected = rule
    about_price = reason in _ABOUT_PRICE
    decimals = instrument.price_decimals if about_price else instrument.quantity_decimals
    received = command.price if about_price else command.quantity
    limit = format_decimal(getattr(instrument, field), decimals)
    return f"{text}: expected {expected} {limit}, received {format_decimal(received, decimals)}"
