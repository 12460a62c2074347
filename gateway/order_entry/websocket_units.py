"""Decimal texts of WebSocket requests in an instrument's units, or why they are none."""

from matching.instrument import Instrument
from matching.types import RejectReason
from protocol.feed import parse_decimal


class Refusal(Exception):
    """A request cannot be put into engine words. Never leaves the desk."""

    def __init__(self, reason: RejectReason, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text.encode("latin-1", "replace")


def quantity_of(text: str, instrument: Instrument) -> int:
    """Raises Refusal, as the others do."""
    decimals = instrument.quantity_decimals
    return _units(text, decimals, "quantity", RejectReason.INVALID_QUANTITY)


def price_of(text: str, instrument: Instrument) -> int:
    return _units(text, instrument.price_decimals, "price", RejectReason.INVALID_TICK)


def display_of(text: str, instrument: Instrument) -> int:
    decimals = instrument.quantity_decimals
    return _units(text, decimals, "display_quantity", RejectReason.INVALID_DISPLAY)


def _units(text: str, decimals: int, field: str, reason: RejectReason) -> int:
    units = parse_decimal(text, decimals)
    if units is None:
        raise Refusal(
            reason,
            f"{field}: expected at most {decimals} digits after the point, received {text}",
        )
    return units
