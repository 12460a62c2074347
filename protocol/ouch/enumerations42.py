"""The coded fields of OUCH 4.2: one Enum a field, value = wire bytes (or the u32's value).

Messages carry the raw byte, since a value out of range is answered by the application and never by
the codec. Source: Nasdaq O*U*C*H 4.2, message formats and appendices.
"""

from enum import Enum, IntEnum


class Side(Enum):
    """Buy/Sell Indicator."""

    BUY = b"B"
    SELL = b"S"
    SELL_SHORT = b"T"
    SELL_SHORT_EXEMPT = b"E"


class TimeInForce(IntEnum):
    """Time In Force in seconds: 1 to 86399 live that long, the others have a meaning each.

    Anything above SYSTEM_HOURS means SYSTEM_HOURS.
    """

    IMMEDIATE_OR_CANCEL = 0
    EXTENDED_TRADING_CLOSE = 99_996
    MARKET_HOURS = 99_998
    SYSTEM_HOURS = 99_999


class Display(Enum):
    """Display."""

    ATTRIBUTABLE = b"A"
    """Attributable, price to display."""
    ANONYMOUS = b"Y"
    """Anonymous, price to comply."""
    NON_DISPLAY = b"N"
    POST_ONLY = b"P"
    POST_ONLY_ATTRIBUTABLE = b"L"
    IMBALANCE_ONLY = b"I"
    MIDPOINT_PEG = b"M"
    MIDPOINT_PEG_POST_ONLY = b"W"
    MIDPOINT_PEG_TRADE_NOW = b"m"
    NON_DISPLAY_TRADE_NOW = b"n"
    RETAIL_TYPE_1 = b"O"
    RETAIL_TYPE_2 = b"T"
    RETAIL_PRICE_IMPROVEMENT = b"Q"
    CONFORMANT = b"Z"
    """Only in answers: entered as displayed, changed by the venue."""


class Capacity(Enum):
    """Capacity; every other letter counts as OTHER."""

    AGENCY = b"A"
    PRINCIPAL = b"P"
    RISKLESS = b"R"
    OTHER = b"O"


class IntermarketSweepEligibility(Enum):
    """Intermarket Sweep Eligibility."""

    ELIGIBLE = b"Y"
    NOT_ELIGIBLE = b"N"
    TRADE_AT = b"y"


class CrossType(Enum):
    """Cross Type."""

    CONTINUOUS = b"N"
    """No cross: continuous trading."""
    OPENING = b"O"
    CLOSING = b"C"
    HALT = b"H"
    SUPPLEMENTAL = b"S"
    RETAIL = b"R"
    EXTENDED_LIFE = b"E"
    EXTENDED_TRADING_CLOSE = b"A"


class CustomerType(Enum):
    """Customer Type; a space leaves it to the port's default."""

    RETAIL_DESIGNATED = b"R"
    NOT_RETAIL_DESIGNATED = b"N"
    PORT_DEFAULT = b" "


class OrderState(Enum):
    """Order State of Accepted and Replaced."""

    LIVE = b"L"
    DEAD = b"D"
    """Accepted and done at once: nothing more follows for the order."""


class BboWeight(Enum):
    """BBO Weight Indicator: how the order stood to the best prices when it was entered."""

    UP_TO_0_2_PERCENT = b"0"
    UP_TO_1_PERCENT = b"1"
    UP_TO_2_PERCENT = b"2"
    OVER_2_PERCENT = b"3"
    UNSPECIFIED = b" "
    SETS_VENUE_BEST = b"S"
    IMPROVES_NATIONAL_BEST = b"N"


class EventCode(Enum):
    """Event Code of System Event."""

    START_OF_DAY = b"S"
    END_OF_DAY = b"E"


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


class RejectedReason(Enum):
    """Reason of Rejected; upper and lower case differ."""

    CLOSED = b"C"
    INVALID_DISPLAY = b"D"
    HALTED = b"H"
    FIRM_NOT_AUTHORIZED = b"L"
    OUTSIDE_PERMITTED_TIMES = b"M"
    INVALID_MINIMUM_QUANTITY = b"N"
    OTHER = b"O"
    NOT_ALLOWED_IN_CROSS = b"R"
    INVALID_STOCK = b"S"
    TEST_MODE = b"T"
    RETAIL_NOT_ALLOWED = b"V"
    INVALID_MIDPOINT_POST_ONLY_PRICE = b"W"
    INVALID_PRICE = b"X"
    SHARES_EXCEED_SAFETY_THRESHOLD = b"Z"
    RESTRICTED_STOCK = b"a"
    SHORT_SELL_RESTRICTED = b"b"
    ORDER_TYPE_RESTRICTED = b"c"
    AVERAGE_DAILY_VOLUME_LIMIT = b"d"
    FAT_FINGER = b"e"
    SHARES_LIMIT = b"m"
    NOTIONAL_LIMIT = b"n"
    NO_CLOSING_REFERENCE_PRICE = b"o"
    MIDPOINT_PEG_CROSSED_MARKET = b"q"
    MARKET_IMPACT = b"r"
    CLOSING_CROSS_TOO_AGGRESSIVE = b"u"
    AGGREGATE_EXPOSURE = b"v"
    SYMBOL_MESSAGE_RATE = b"w"
    PORT_MESSAGE_RATE = b"x"
    DUPLICATE_MESSAGE_RATE = b"y"


class LiquidityFlag(Enum):
    """Liquidity Flag. Clients are told to accept any letter; RPI: retail price improvement."""

    ADDED = b"A"
    REMOVED = b"R"
    ADDED_NON_DISPLAYED = b"J"
    ADDED_MIDPOINT = b"k"
    REMOVED_MIDPOINT = b"m"
    ADDED_IMPROVED_NATIONAL_BEST = b"7"
    ADDED_SET_VENUE_BEST = b"8"
    ADDED_POST_ONLY = b"W"
    ADDED_RESERVE = b"u"
    """From the part of a reserve order that is not shown."""
    OPENING_CROSS = b"O"
    OPENING_CROSS_IMBALANCE_ONLY = b"M"
    CLOSING_CROSS = b"C"
    CLOSING_CROSS_IMBALANCE_ONLY = b"L"
    HALT_CROSS = b"H"
    HALT_CROSS_IMBALANCE_ONLY = b"K"
    AFTER_HOURS_CLOSE = b"i"
    SUPPLEMENTAL = b"0"
    DESIGNATED_ADDED = b"4"
    """A security of the designated fee group."""
    DESIGNATED_ADDED_NON_DISPLAYED = b"5"
    DESIGNATED_REMOVED = b"6"
    DESIGNATED_ADDED_MIDPOINT = b"g"
    RETAIL_REMOVED = b"d"
    RETAIL_ADDED = b"e"
    RETAIL_ADDED_NON_DISPLAYED = b"f"
    ADDED_RPI = b"j"
    RETAIL_REMOVED_RPI = b"r"
    RETAIL_REMOVED_PRICE_IMPROVING = b"t"
    REMOVED_PRICE_IMPROVING = b"p"
    RETAIL_REMOVED_MIDPOINT = b"q"
    PASSIVE_MIDPOINT = b"N"
    MIDPOINT_EXTENDED_LIFE = b"n"


class BrokenTradeReason(Enum):
    """Reason of Broken Trade and of the corrections."""

    ERRONEOUS = b"E"
    CONSENT = b"C"
    SUPERVISORY = b"S"
    EXTERNAL = b"X"


class ReferencePriceType(Enum):
    """Reference Price Type of Executed with Reference Price."""

    INTRADAY_INDICATIVE_VALUE = b"I"
