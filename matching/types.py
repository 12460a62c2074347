"""The engine's own words. Each wire translates them at one place, `gateway/order_entry/`.

Prices are ints in 10^-price_decimals of the instrument, quantities ints in 10^-quantity_decimals,
times UTC epoch nanoseconds, ids ints from counters that start at 1. Zero is never an id.
Enumeration values are what the journal stores: they are only ever added.
"""

from enum import IntEnum
from typing import Final

FULL: Final = -1
"""A displayed quantity that is simply all there is: most orders show all of themselves."""


class Side(IntEnum):
    """Which side of the book an order is on. Short sale marks are the wire's, not the engine's."""

    BUY = 1
    SELL = 2


class OrderType(IntEnum):
    """How the price of an order is meant."""

    MARKET = 1
    LIMIT = 2


class TimeInForce(IntEnum):
    """How long an order lives."""

    DAY = 1
    GTC = 2
    IOC = 3
    FOK = 4


class Phase(IntEnum):
    """Trading phase of one instrument."""

    OPEN = 1
    HALTED = 2
    """Orders rest, cancel and reduce; nothing new enters and nothing trades."""
    CLOSED = 3
    """Outside the trading day: like halted, and replaced by OPEN at StartOfDay."""


class RequestKind(IntEnum):
    """What a refused request wanted."""

    ENTER = 1
    REPLACE = 2
    CANCEL = 3


class RejectReason(IntEnum):
    """Why a request was refused. The first block is the engine's, the second the entry desk's."""

    UNKNOWN_INSTRUMENT = 1
    HALTED = 2
    CLOSED = 3
    INVALID_QUANTITY = 4
    QUANTITY_TOO_LARGE = 5
    INVALID_LOT = 6
    INVALID_PRICE = 7
    INVALID_TICK = 8
    PRICE_TOO_LARGE = 9
    UNKNOWN_ORDER = 10
    TOO_LATE = 11
    """The order is closed: filled, canceled or expired."""
    BOOK_FULL = 12
    """The venue holds as many live orders as it is willing to (`Limits.live_orders_max`)."""
    INVALID_DISPLAY = 13
    """A display quantity that is negative (but FULL), off the lot, of an order that cannot rest, or
    of which the order has more than `checks.SLICES_MAX`."""
    INVALID_EXPIRY = 14
    """An expiry that has passed, or of an order that cannot rest."""

    DUPLICATE_CLIENT_ID = 20
    UNSUPPORTED = 21
    """A word of the wire for which the engine has none; the text names the field."""
    INVALID_FIELD = 22
    """The engine's too: a post-only order that cannot rest."""
    NOT_ALLOWED = 23


class CancelReason(IntEnum):
    """Why an order left the book, in whole or in part, without trading."""

    USER = 1
    IMMEDIATE_OR_CANCEL = 2
    """What an IOC, FOK or market order could not trade."""
    EXPIRED = 3
    """A DAY order at EndOfDay, or an order whose `expire_ns` has come."""
    SUPERVISORY = 4
    """The venue's operator: mass cancel, bust of an account."""
    DISCONNECT = 5
    REPLACE_INVALID = 6
    """OUCH: a replace whose new details are invalid cancels the order (OUCH 4.2, Replace (ii))."""
    POST_ONLY = 7
    """A post-only order would have traded on arrival, be it with a hidden order."""


class BustReason(IntEnum):
    """Why a trade was broken."""

    ERRONEOUS = 1
    CONSENT = 2
    SUPERVISORY = 3
    EXTERNAL = 4
