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
    units = parse_decimal(text, instrument.quantity_decimals)
    if units is None:
        raise Refusal(
            RejectReason.INVALID_QUANTITY,
            f"quantity: expected at most {instrument.quantity_decimals} digits after the point, "
            f"received {text}",
        )
    return units


def price_of(text: str, instrument: Instrument) -> int:
    units = parse_decimal(text, instrument.price_decimals)
    if units is None:
        raise Refusal(
            RejectReason.INVALID_TICK,
            f"price: expected at most {instrument.price_decimals} digits after the point, "
            f"received {text}",
        )
    return units


def display_of(text: str, instrument: Instrument) -> int:
    units = parse_decimal(text, instrument.quantity_decimals)
    if units is None:
        raise Refusal(
            RejectReason.INVALID_DISPLAY,
            f"display_quantity: expected at most {instrument.quantity_decimals} digits after the "
            f"point, received {text}",
        )
    return units
