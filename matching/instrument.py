"""What can be traded, and in which steps."""

import msgspec


class Instrument(msgspec.Struct, frozen=True, array_like=True):
    """One tradable symbol. Rules are in the instrument's own units, never in ticks.

    `tick_size` divides every price, `lot_size` every quantity; 1 <= quantity <= `quantity_max` and
    1 <= price <= `price_max`.
    """

    symbol: bytes
    price_decimals: int = 4
    quantity_decimals: int = 0
    tick_size: int = 100
    lot_size: int = 1
    round_lot: int = 100
    quantity_max: int = 999_999
    """OUCH 4.2, Shares: 1 to 999,999. FIX and WebSocket keep to it, so that every order has a word
    on every wire."""
    price_max: int = 1_999_999_900
    """OUCH 4.2, Price: at most 199,999.9900."""
    reference_price: int = 0
