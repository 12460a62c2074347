"""The coded fields of OUCH 5.0 whose values differ from 4.2: one Enum a field, value = wire bytes.

Fields with the same values as in 4.2 take their Enum from `enumerations42`. Source: Nasdaq O*U*C*H
5.0, message formats and appendices; the names of its 2025 revision where that adds some.
"""

from enum import Enum, IntEnum


class TimeInForce(Enum):
    """Time In Force: one character."""

    DAY = b"0"
    IMMEDIATE_OR_CANCEL = b"3"
    EXTENDED_HOURS = b"5"
    """GTX."""
    GOOD_TILL_TIME = b"6"
    """GTT: needs ExpireTime(15)."""
    AFTER_HOURS = b"E"


class Display(Enum):
    """Display; post-only, pegs and retail kinds are options of the appendage."""

    VISIBLE = b"Y"
    HIDDEN = b"N"
    ATTRIBUTABLE = b"A"
    CONFORMANT = b"Z"
    """Only in answers: entered as displayed, changed by the venue."""


class IntermarketSweepEligibility(Enum):
    """Intermarket Sweep Eligibility."""

    ELIGIBLE = b"Y"
    NOT_ELIGIBLE = b"N"


class CustomerType(Enum):
    """CustomerType(4); absent: the port's default."""

    RETAIL_DESIGNATED = b"R"
    NOT_RETAIL_DESIGNATED = b"N"


class PriceType(Enum):
    """PriceType(6) and DiscretionPriceType(10): upper and lower case differ."""

    LIMIT = b"L"
    MARKET_PEG = b"P"
    MIDPOINT_PEG = b"M"
    PRIMARY_PEG = b"R"
    MARKET_MAKER_PEG = b"Q"
    MIDPOINT = b"m"


class PostOnly(Enum):
    """PostOnly(12)."""

    POST_ONLY = b"P"
    NO = b"N"


class TradeNow(Enum):
    """TradeNow(16)."""

    YES = b"Y"
    NO = b"N"


class HandleInst(Enum):
    """HandleInst(17)."""

    IMBALANCE_ONLY = b"I"
    RETAIL_TYPE_1 = b"O"
    RETAIL_TYPE_2 = b"T"
    RETAIL_PRICE_IMPROVEMENT = b"Q"
    EXTENDED_LIFE_AND_CONTINUOUS = b"B"
    DIRECT_LISTING_CAPITAL_RAISE = b"D"
    HIDDEN_RETAIL_PRICE_IMPROVEMENT = b"R"


class SharesLocated(Enum):
    """SharesLocated(25)."""

    YES = b"Y"
    NO = b"N"


class CanceledReason(Enum):
    """Reason of Canceled. Clients are told to accept any letter."""

    USER = b"U"
    IMMEDIATE_OR_CANCEL = b"I"
    TIMEOUT = b"T"
    SUPERVISORY = b"S"
    REGULATORY = b"D"
    SELF_MATCH_PREVENTION = b"Q"
    SYSTEM = b"Z"
    CROSS_NOT_EXECUTED = b"C"
    MARKET_COLLARS = b"K"
    HALTED = b"H"
    OPEN_PROTECTION = b"X"
    CLOSED = b"E"
    POST_ONLY_NMS = b"F"
    POST_ONLY_CONTRA = b"G"
    CAPITAL_RAISE_OVERSIZE = b"e"


class RestatedReason(Enum):
    """Reason of Order Restated."""

    DISPLAY_REFRESHED = b"R"
    """A reserve order shows its next part: DisplayQty(22), SecondaryOrdRefNum(1)."""
    DISPLAYED_PRICE = b"P"
    """The venue shows another price: DisplayPrice(23)."""


class RejectedReason(IntEnum):
    """Reason of Rejected: two bytes."""

    QUOTE_UNAVAILABLE = 0x01
    DESTINATION_CLOSED = 0x02
    INVALID_DISPLAY = 0x03
    INVALID_MAX_FLOOR = 0x04
    INVALID_PEG_TYPE = 0x05
    FAT_FINGER = 0x06
    HALTED = 0x07
    ISO_NOT_ALLOWED = 0x08
    INVALID_SIDE = 0x09
    PROCESSING_ERROR = 0x0A
    CANCEL_PENDING = 0x0B
    FIRM_NOT_AUTHORIZED = 0x0C
    INVALID_MINIMUM_QUANTITY = 0x0D
    NO_CLOSING_REFERENCE_PRICE = 0x0E
    OTHER = 0x0F
    CANCEL_NOT_ALLOWED = 0x10
    PEGGING_NOT_ALLOWED = 0x11
    CROSSED_MARKET = 0x12
    INVALID_QUANTITY = 0x13
    INVALID_CROSS_ORDER = 0x14
    REPLACE_NOT_ALLOWED = 0x15
    ROUTING_NOT_ALLOWED = 0x16
    INVALID_SYMBOL = 0x17
    TEST = 0x18
    LATE_LIMIT_ON_CLOSE_TOO_AGGRESSIVE = 0x19
    RETAIL_NOT_ALLOWED = 0x1A
    INVALID_MIDPOINT_POST_ONLY_PRICE = 0x1B
    INVALID_DESTINATION = 0x1C
    INVALID_PRICE = 0x1D
    SHARES_EXCEED_THRESHOLD = 0x1E
    NOTIONAL_LIMIT = 0x1F
    AGGREGATE_EXPOSURE = 0x20
    MARKET_IMPACT = 0x21
    RESTRICTED_STOCK = 0x22
    SHORT_SELL_RESTRICTED = 0x23
    ORDER_TYPE_RESTRICTED = 0x24
    """In the revision of 2025: intermarket sweeps."""
    AVERAGE_DAILY_VOLUME_LIMIT = 0x25
    RISK_FAT_FINGER = 0x26
    LOCATE_REQUIRED = 0x27
    SYMBOL_MESSAGE_RATE = 0x28
    PORT_MESSAGE_RATE = 0x29
    DUPLICATE_MESSAGE_RATE = 0x2A
    SHORT_SELL_NOT_ALLOWED = 0x2B
    MARKET_ORDER_NOT_ALLOWED = 0x2C
    PRE_MARKET_NOT_ALLOWED = 0x2D
    POST_MARKET_NOT_ALLOWED = 0x2E
    SHORT_SELL_EXEMPT_NOT_ALLOWED = 0x2F
    SINGLE_ORDER_NOTIONAL_LIMIT = 0x30
    SINGLE_ORDER_QUANTITY_LIMIT = 0x31
    SHORT_SALE_STATE_NOT_ALLOWED = 0x32
    """The stock's Regulation SHO state."""
    IPO_MARKET_BUY_NOT_ALLOWED = 0x33
    INVALID_SELF_MATCH_PREVENTION = 0x40
    """AIQ."""
