"""One enumeration per wire field, value = wire bytes: names, not parsers. FIX 4.2, 4.4, 5.0SP2.

Values the venue never sends and never takes are left out on purpose.
"""

from enum import Enum


class MsgType(Enum):
    """MsgType(35): the messages the venue speaks."""

    HEARTBEAT = b"0"
    TEST_REQUEST = b"1"
    RESEND_REQUEST = b"2"
    REJECT = b"3"
    SEQUENCE_RESET = b"4"
    LOGOUT = b"5"
    EXECUTION_REPORT = b"8"
    ORDER_CANCEL_REJECT = b"9"
    LOGON = b"A"
    NEW_ORDER_SINGLE = b"D"
    ORDER_CANCEL_REQUEST = b"F"
    ORDER_CANCEL_REPLACE_REQUEST = b"G"
    ORDER_STATUS_REQUEST = b"H"
    BUSINESS_MESSAGE_REJECT = b"j"


class Side(Enum):
    """Side(54)."""

    BUY = b"1"
    SELL = b"2"
    BUY_MINUS = b"3"
    SELL_PLUS = b"4"
    SELL_SHORT = b"5"
    SELL_SHORT_EXEMPT = b"6"


class OrdType(Enum):
    """OrdType(40)."""

    MARKET = b"1"
    LIMIT = b"2"
    STOP = b"3"
    STOP_LIMIT = b"4"
    PEGGED = b"P"


class TimeInForce(Enum):
    """TimeInForce(59). Absent means DAY."""

    DAY = b"0"
    GOOD_TILL_CANCEL = b"1"
    AT_THE_OPENING = b"2"
    IMMEDIATE_OR_CANCEL = b"3"
    FILL_OR_KILL = b"4"
    GOOD_TILL_CROSSING = b"5"
    GOOD_TILL_DATE = b"6"
    AT_THE_CLOSE = b"7"


class HandlInst(Enum):
    """HandlInst(21)."""

    AUTOMATED_PRIVATE = b"1"
    AUTOMATED_PUBLIC = b"2"
    MANUAL = b"3"


class ExecType(Enum):
    """ExecType(150). FIX 4.2 has PARTIAL_FILL and FILL, later versions TRADE in their place."""

    NEW = b"0"
    PARTIAL_FILL = b"1"
    FILL = b"2"
    DONE_FOR_DAY = b"3"
    CANCELED = b"4"
    REPLACED = b"5"
    REJECTED = b"8"
    EXPIRED = b"C"
    TRADE = b"F"
    TRADE_CORRECT = b"G"
    TRADE_CANCEL = b"H"
    ORDER_STATUS = b"I"


class ExecTransType(Enum):
    """ExecTransType(20): FIX 4.2 only."""

    NEW = b"0"
    CANCEL = b"1"
    CORRECT = b"2"
    STATUS = b"3"


class OrdStatus(Enum):
    """OrdStatus(39)."""

    NEW = b"0"
    PARTIALLY_FILLED = b"1"
    FILLED = b"2"
    DONE_FOR_DAY = b"3"
    CANCELED = b"4"
    REPLACED = b"5"
    """FIX 4.2 and earlier; later versions report the order's own status."""
    REJECTED = b"8"
    EXPIRED = b"C"


class OrdRejReason(Enum):
    """OrdRejReason(103)."""

    BROKER_OPTION = b"0"
    UNKNOWN_SYMBOL = b"1"
    EXCHANGE_CLOSED = b"2"
    ORDER_EXCEEDS_LIMIT = b"3"
    TOO_LATE_TO_ENTER = b"4"
    UNKNOWN_ORDER = b"5"
    DUPLICATE_ORDER = b"6"
    UNSUPPORTED_ORDER_CHARACTERISTIC = b"11"
    """FIX 4.3 and later."""
    INCORRECT_QUANTITY = b"13"
    """FIX 4.4 and later."""
    OTHER = b"99"
    """FIX 4.4 and later; earlier versions say BROKER_OPTION."""


class CxlRejResponseTo(Enum):
    """CxlRejResponseTo(434)."""

    ORDER_CANCEL_REQUEST = b"1"
    ORDER_CANCEL_REPLACE_REQUEST = b"2"


class CxlRejReason(Enum):
    """CxlRejReason(102)."""

    TOO_LATE_TO_CANCEL = b"0"
    UNKNOWN_ORDER = b"1"
    BROKER_OPTION = b"2"
    DUPLICATE_CL_ORD_ID = b"6"
    """FIX 4.3 and later."""
    OTHER = b"99"
    """FIX 4.4 and later; earlier versions say BROKER_OPTION."""


class SessionRejectReason(Enum):
    """SessionRejectReason(373)."""

    INVALID_TAG_NUMBER = b"0"
    REQUIRED_TAG_MISSING = b"1"
    TAG_NOT_DEFINED_FOR_THIS_MESSAGE_TYPE = b"2"
    TAG_SPECIFIED_WITHOUT_A_VALUE = b"4"
    VALUE_IS_INCORRECT = b"5"
    INCORRECT_DATA_FORMAT_FOR_VALUE = b"6"
    DECRYPTION_PROBLEM = b"7"
    SIGNATURE_PROBLEM = b"8"
    COMP_ID_PROBLEM = b"9"
    SENDING_TIME_ACCURACY_PROBLEM = b"10"
    INVALID_MSG_TYPE = b"11"
    TAG_APPEARS_MORE_THAN_ONCE = b"13"
    TAG_SPECIFIED_OUT_OF_REQUIRED_ORDER = b"14"
    REPEATING_GROUP_FIELDS_OUT_OF_ORDER = b"15"
    INCORRECT_NUM_IN_GROUP_COUNT = b"16"


class BusinessRejectReason(Enum):
    """BusinessRejectReason(380)."""

    OTHER = b"0"
    UNKNOWN_ID = b"1"
    UNKNOWN_SECURITY = b"2"
    UNSUPPORTED_MESSAGE_TYPE = b"3"
    APPLICATION_NOT_AVAILABLE = b"4"
    CONDITIONALLY_REQUIRED_FIELD_MISSING = b"5"
    NOT_AUTHORIZED = b"6"
