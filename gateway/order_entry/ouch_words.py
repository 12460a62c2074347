"""OUCH 4.2 values and engine words, both ways: the tables.

Every member of an engine enumeration has an entry, or one in a `NO_...` table that says why this
wire has no word for it; an OUCH value without an engine word is refused with the letter named here.
"""

from struct import Struct
from typing import Final

from matching.instrument import Instrument
from matching.types import (
    FULL,
    BustReason,
    CancelReason,
    OrderType,
    RejectReason,
    Side,
    TimeInForce,
)
from protocol.ouch.enumerations42 import (
    BrokenTradeReason,
    CanceledReason,
    Capacity,
    CrossType,
    CustomerType,
    Display,
    IntermarketSweepEligibility,
    RejectedReason,
)
from protocol.ouch.enumerations42 import Side as OuchSide
from protocol.ouch.enumerations42 import TimeInForce as OuchTimeInForce
from protocol.ouch.messages42 import PRICE_MAX, SHARES_MAX

STOCK_SIZE: Final = 8
PRICE_DECIMALS: Final = 4
"""Prices are in 1/10000."""


def has_words(instrument: Instrument) -> bool:
    """Whether OUCH, 4.2 or 5.0, can say every price and quantity that the instrument's rules
    allow."""
    return (
        instrument.price_decimals == PRICE_DECIMALS
        and instrument.quantity_decimals == 0
        and instrument.price_max <= PRICE_MAX
        and instrument.quantity_max <= SHARES_MAX
        and len(instrument.symbol) <= STOCK_SIZE
    )


SIDES: Final[dict[bytes, Side]] = {
    OuchSide.BUY.value: Side.BUY,
    OuchSide.SELL.value: Side.SELL,
    OuchSide.SELL_SHORT.value: Side.SELL,
    OuchSide.SELL_SHORT_EXEMPT.value: Side.SELL,
}
"""Buy/Sell Indicator. Both short sales rest as sells; reports echo what was sent."""

IMMEDIATE_OR_CANCEL: Final = OuchTimeInForce.IMMEDIATE_OR_CANCEL.value
MARKET_HOURS: Final = OuchTimeInForce.MARKET_HOURS.value
SYSTEM_HOURS: Final = OuchTimeInForce.SYSTEM_HOURS.value
"""Any higher number means this one, and this one is what Accepted shows."""
TIMES_IN_FORCE: Final[dict[int, TimeInForce]] = {
    IMMEDIATE_OR_CANCEL: TimeInForce.IOC,
    MARKET_HOURS: TimeInForce.DAY,
    SYSTEM_HOURS: TimeInForce.DAY,
}
"""Time In Force. Seconds to live are for the day, too, with an expiry; the extended trading close
has no engine word."""
SECONDS_MAX: Final = 86_399
"""The longest life in seconds; from here to MARKET_HOURS no number means anything to this venue."""
_NS_PER_S: Final = 1_000_000_000


def expire_ns(time_in_force: int, now_ns: int) -> int | None:
    """When an order that may rest, entered or replaced now, expires before its day ends; 0: it does
    not. None: Time In Force is immediate or cancel, or means nothing here."""
    if time_in_force >= MARKET_HOURS:
        return 0
    return now_ns + time_in_force * _NS_PER_S if 1 <= time_in_force <= SECONDS_MAX else None


COMPOSED_TIMES_IN_FORCE: Final[dict[TimeInForce, str]] = {
    TimeInForce.FOK: "immediate or cancel with Minimum Quantity = Shares",
}
NO_TIME_IN_FORCE: Final[dict[TimeInForce, str]] = {
    TimeInForce.GTC: "no OUCH order outlives its day",
}

NO_ORDER_TYPE: Final[dict[OrderType, str]] = {
    OrderType.MARKET: "prices from 200,000.0000 up are market orders of a cross only",
}
"""LIMIT is what every Enter Order is."""

DISPLAYS: Final[dict[bytes, tuple[int, bool]]] = {
    Display.ANONYMOUS.value: (FULL, False),
    Display.ATTRIBUTABLE.value: (FULL, False),
    Display.NON_DISPLAY.value: (0, False),
    Display.POST_ONLY.value: (FULL, True),
    Display.POST_ONLY_ATTRIBUTABLE.value: (FULL, True),
}
"""Display: how much the book shows, and whether the order may trade on arrival. Nobody's name is
shown. Pegs, imbalance-only and retail orders have no engine word."""
_MODIFIED_SIDES: Final = frozenset(
    {
        OuchSide.SELL.value + OuchSide.SELL_SHORT_EXEMPT.value,
        OuchSide.SELL.value + OuchSide.SELL_SHORT.value,
        OuchSide.SELL_SHORT_EXEMPT.value + OuchSide.SELL_SHORT.value,
    }
)
"""What Modify Order may do to a Buy/Sell Indicator: the old one followed by the new one."""
SWEEPS: Final = frozenset(one.value for one in IntermarketSweepEligibility)
"""Intermarket Sweep Eligibility: there is one venue, so each is accepted and echoed."""
CROSS_TYPES: Final = frozenset({CrossType.CONTINUOUS.value})
CUSTOMER_TYPES: Final = frozenset(one.value for one in CustomerType)
CAPACITIES: Final = frozenset(one.value for one in Capacity)
CAPACITY_OTHER: Final = Capacity.OTHER.value
"""What any letter outside CAPACITIES becomes."""

REJECTED_REASON: Final[dict[RejectReason, bytes]] = {
    RejectReason.UNKNOWN_INSTRUMENT: RejectedReason.INVALID_STOCK.value,
    RejectReason.HALTED: RejectedReason.HALTED.value,
    RejectReason.CLOSED: RejectedReason.CLOSED.value,
    RejectReason.INVALID_QUANTITY: RejectedReason.OTHER.value,
    RejectReason.QUANTITY_TOO_LARGE: RejectedReason.SHARES_EXCEED_SAFETY_THRESHOLD.value,
    RejectReason.INVALID_LOT: RejectedReason.OTHER.value,
    RejectReason.INVALID_PRICE: RejectedReason.INVALID_PRICE.value,
    RejectReason.INVALID_TICK: RejectedReason.INVALID_PRICE.value,
    RejectReason.PRICE_TOO_LARGE: RejectedReason.INVALID_PRICE.value,
    RejectReason.BOOK_FULL: RejectedReason.OTHER.value,
    RejectReason.INVALID_DISPLAY: RejectedReason.INVALID_DISPLAY.value,
    RejectReason.INVALID_EXPIRY: RejectedReason.OTHER.value,
    RejectReason.UNSUPPORTED: RejectedReason.OTHER.value,
    RejectReason.INVALID_FIELD: RejectedReason.OTHER.value,
    RejectReason.NOT_ALLOWED: RejectedReason.OTHER.value,
}
"""Reason of Rejected. A refusal of the desk itself brings its own letter as the command's echo."""
NO_REJECTED_REASON: Final[dict[RejectReason, str]] = {
    RejectReason.UNKNOWN_ORDER: "silence: cancel and replace of an unknown token",
    RejectReason.TOO_LATE: "silence: cancel and replace of an order that is done",
    RejectReason.DUPLICATE_CLIENT_ID: "silence: a repeat is a retransmission",
}

CANCELED_REASON: Final[dict[CancelReason, bytes]] = {
    CancelReason.USER: CanceledReason.USER.value,
    CancelReason.IMMEDIATE_OR_CANCEL: CanceledReason.IMMEDIATE_OR_CANCEL.value,
    CancelReason.EXPIRED: CanceledReason.TIMEOUT.value,
    CancelReason.SUPERVISORY: CanceledReason.SUPERVISORY.value,
    CancelReason.DISCONNECT: CanceledReason.SYSTEM.value,
    CancelReason.REPLACE_INVALID: CanceledReason.USER.value,
    CancelReason.POST_ONLY: CanceledReason.POST_ONLY_CONTRA.value,
}
"""Reason of Canceled; an order that was only reduced gives USER."""

BROKEN_TRADE_REASON: Final[dict[BustReason, bytes]] = {
    BustReason.ERRONEOUS: BrokenTradeReason.ERRONEOUS.value,
    BustReason.CONSENT: BrokenTradeReason.CONSENT.value,
    BustReason.SUPERVISORY: BrokenTradeReason.SUPERVISORY.value,
    BustReason.EXTERNAL: BrokenTradeReason.EXTERNAL.value,
}


def is_modification(old_side: bytes, side: bytes, size: int, shares: int) -> bool:
    """Whether Modify Order has something to change that it may: the kind of sale, or only the size.
    A larger size is for the engine to ignore."""
    return old_side + side in _MODIFIED_SIDES or (side == old_side and shares < size)


_ECHO = Struct(">cI4scccIc")
pack_echo = _ECHO.pack
"""`echo` of an order: side, time in force, firm, display, capacity, intermarket sweep eligibility,
minimum quantity, cross type. What Accepted and Replaced repeat and the engine has no word for."""
unpack_echo = _ECHO.unpack
