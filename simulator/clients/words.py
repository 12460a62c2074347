"""What a participant asks for and what it is told, the same on every wire.

Symbols and ids are the bytes of the wire, prices and quantities ints in the instrument's decimal
units, sides and times in force the engine's enumerations.
"""

import msgspec

from matching.types import Side, TimeInForce


class New(msgspec.Struct, frozen=True, gc=False):
    """Enter an order. `price` 0 is a market order."""

    client_id: bytes
    symbol: bytes
    side: Side
    quantity: int
    price: int
    time_in_force: TimeInForce = TimeInForce.DAY


class Replace(msgspec.Struct, frozen=True, gc=False):
    """New details for a live limit order, which then lives under `client_id`."""

    client_id: bytes
    orig_client_id: bytes
    symbol: bytes
    side: Side
    quantity: int
    """Total of the chain, what has executed included."""
    price: int


class Cancel(msgspec.Struct, frozen=True, gc=False):
    """Cancel what is open of a live order."""

    client_id: bytes
    orig_client_id: bytes
    symbol: bytes
    side: Side


Request = New | Replace | Cancel


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """An order is live; also one of an earlier run that the venue still holds."""

    client_id: bytes
    symbol: bytes
    side: Side
    leaves: int
    price: int


class Replaced(msgspec.Struct, frozen=True, gc=False):
    """The order `orig_client_id` is now `client_id`, with these details."""

    client_id: bytes
    orig_client_id: bytes
    leaves: int
    price: int


class Executed(msgspec.Struct, frozen=True, gc=False):
    """An order traded, in whole or in part."""

    client_id: bytes
    quantity: int
    price: int


class Canceled(msgspec.Struct, frozen=True, gc=False):
    """`quantity` was taken off an order; None: all that was open."""

    client_id: bytes
    quantity: int | None = None


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """The request with this id was refused.

    `of_change`: it was a cancel or replace, which a fill under way may have overtaken.
    `order_gone`: the order it named is not live.
    """

    client_id: bytes
    reason: str
    of_change: bool = False
    order_gone: bool = False


class HistoryLost(msgspec.Struct, frozen=True, gc=False):
    """The venue does not know our past: whatever was thought to be live is not."""


class TradePrinted(msgspec.Struct, frozen=True, gc=False):
    """Somebody traded, told by the public feed."""

    symbol: bytes
    price: int


Report = Accepted | Replaced | Executed | Canceled | Rejected | HistoryLost | TradePrinted
