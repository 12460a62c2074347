"""The coded fields of ITCH 5.0: one Enum a field, value = wire byte.

Messages carry the raw byte: a feed that knows a newer letter still decodes.
Source: Nasdaq TotalView-ITCH 5.0, message formats.
"""

from enum import Enum


class YesNo(Enum):
    """A fact about an instrument or an execution."""

    YES = b"Y"
    NO = b"N"


class YesNoUnknown(Enum):
    """A fact about an instrument that the venue may not know."""

    YES = b"Y"
    NO = b"N"
    NOT_AVAILABLE = b" "


class EventCode(Enum):
    """Event Code of System Event, in the order of a day."""

    START_OF_MESSAGES = b"O"
    START_OF_SYSTEM_HOURS = b"S"
    START_OF_MARKET_HOURS = b"Q"
    END_OF_MARKET_HOURS = b"M"
    END_OF_SYSTEM_HOURS = b"E"
    END_OF_MESSAGES = b"C"
    """Nothing follows it."""


class MarketCategory(Enum):
    """Market Category: where the instrument is listed."""

    GLOBAL_SELECT_MARKET = b"Q"
    GLOBAL_MARKET = b"G"
    CAPITAL_MARKET = b"S"
    NYSE = b"N"
    NYSE_AMERICAN = b"A"
    NYSE_ARCA = b"P"
    CBOE_BZX = b"Z"
    IEX = b"V"
    NOT_AVAILABLE = b" "


class FinancialStatus(Enum):
    """Financial Status Indicator of the issuer."""

    NORMAL = b"N"
    DEFICIENT = b"D"
    DELINQUENT = b"E"
    BANKRUPT = b"Q"
    SUSPENDED = b"S"
    DEFICIENT_AND_BANKRUPT = b"G"
    DEFICIENT_AND_DELINQUENT = b"H"
    DELINQUENT_AND_BANKRUPT = b"J"
    DEFICIENT_DELINQUENT_AND_BANKRUPT = b"K"
    CREATIONS_SUSPENDED = b"C"
    """Creations or redemptions of an exchange traded product are suspended."""
    NOT_AVAILABLE = b" "


class IssueClassification(Enum):
    """Issue Classification: the class of security."""

    AMERICAN_DEPOSITARY_SHARE = b"A"
    BOND = b"B"
    COMMON_STOCK = b"C"
    DEPOSITORY_RECEIPT = b"F"
    RULE_144A = b"I"
    LIMITED_PARTNERSHIP = b"L"
    NOTES = b"N"
    ORDINARY_SHARE = b"O"
    PREFERRED_STOCK = b"P"
    OTHER_SECURITIES = b"Q"
    RIGHT = b"R"
    SHARES_OF_BENEFICIAL_INTEREST = b"S"
    CONVERTIBLE_DEBENTURE = b"T"
    UNIT = b"U"
    UNITS_OF_BENEFICIAL_INTEREST = b"V"
    WARRANT = b"W"


class Authenticity(Enum):
    """Authenticity: whether the instrument is a real one."""

    PRODUCTION = b"P"
    TEST = b"T"


class LuldTier(Enum):
    """LULD Reference Price Tier: which limit-up limit-down band applies."""

    TIER_1 = b"1"
    TIER_2 = b"2"
    NOT_AVAILABLE = b" "


class TradingState(Enum):
    """Trading State of Stock Trading Action."""

    HALTED = b"H"
    PAUSED = b"P"
    QUOTATION_ONLY = b"Q"
    TRADING = b"T"


class RegShoAction(Enum):
    """Reg SHO Action: the short sale price test."""

    NO_RESTRICTION = b"0"
    RESTRICTED_INTRADAY = b"1"
    """In force since a price drop of today."""
    RESTRICTION_REMAINS = b"2"


class MarketMakerMode(Enum):
    """Market Maker Mode."""

    NORMAL = b"N"
    PASSIVE = b"P"
    SYNDICATE = b"S"
    PRE_SYNDICATE = b"R"
    PENALTY = b"L"


class ParticipantState(Enum):
    """Market Participant State."""

    ACTIVE = b"A"
    EXCUSED = b"E"
    WITHDRAWN = b"W"
    SUSPENDED = b"S"
    DELETED = b"D"


class BreachedLevel(Enum):
    """Breached Level of the market-wide circuit breaker."""

    LEVEL_1 = b"1"
    LEVEL_2 = b"2"
    LEVEL_3 = b"3"


class ReleaseQualifier(Enum):
    """IPO Quotation Release Qualifier."""

    ANTICIPATED = b"A"
    CANCELED = b"C"
    """Canceled or postponed."""


class MarketCode(Enum):
    """Market Code of Operational Halt."""

    NASDAQ = b"Q"
    BX = b"B"
    PSX = b"X"


class OperationalHaltAction(Enum):
    """Operational Halt Action."""

    HALTED = b"H"
    RESUMED = b"T"


class Side(Enum):
    """Buy/Sell Indicator."""

    BUY = b"B"
    SELL = b"S"


class CrossType(Enum):
    """Cross Type."""

    OPENING = b"O"
    CLOSING = b"C"
    HALT = b"H"
    """Of an offering, or of a halted or paused instrument."""
    INTRADAY = b"I"
    EXTENDED_TRADING_CLOSE = b"A"


class ImbalanceDirection(Enum):
    """Imbalance Direction."""

    BUY = b"B"
    SELL = b"S"
    NO_IMBALANCE = b"N"
    INSUFFICIENT_ORDERS = b"O"
    PAUSED = b"P"


class PriceVariation(Enum):
    """Price Variation Indicator: how far the near price is from the reference price, in percent."""

    BELOW_1 = b"L"
    FROM_1 = b"1"
    FROM_2 = b"2"
    FROM_3 = b"3"
    FROM_4 = b"4"
    FROM_5 = b"5"
    FROM_6 = b"6"
    FROM_7 = b"7"
    FROM_8 = b"8"
    FROM_9 = b"9"
    FROM_10 = b"A"
    FROM_20 = b"B"
    FROM_30 = b"C"
    NOT_AVAILABLE = b" "


class InterestFlag(Enum):
    """Interest Flag: where retail price improvement is to be had."""

    BUY = b"B"
    SELL = b"S"
    BOTH = b"A"
    NONE = b"N"
