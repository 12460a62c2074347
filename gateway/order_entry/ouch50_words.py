"""OUCH 5.0 values and engine words, both ways: the tables. Those that are 4.2's are `ouch_words`'s.

Every member of an engine enumeration has an entry, or one in a `NO_...` table that says why this
wire has no word for it; an OUCH value without an engine word is refused with the code named here.
Options of the appendage: `ouch50_options`.
"""

from struct import Struct
from typing import Final

from gateway.order_entry.ouch_words import BROKEN_TRADE_REASON as BROKEN_TRADE_REASON
from gateway.order_entry.ouch_words import CAPACITIES as CAPACITIES
from gateway.order_entry.ouch_words import CAPACITY_OTHER as CAPACITY_OTHER
from gateway.order_entry.ouch_words import NO_ORDER_TYPE as NO_ORDER_TYPE
from gateway.order_entry.ouch_words import NO_TIME_IN_FORCE as NO_TIME_IN_FORCE
from gateway.order_entry.ouch_words import SIDES as SIDES
from matching.types import CancelReason, RejectReason, TimeInForce
from protocol.ouch.enumerations42 import CrossType
from protocol.ouch.enumerations50 import (
    CanceledReason,
    Display,
    IntermarketSweepEligibility,
    RejectedReason,
)
from protocol.ouch.enumerations50 import TimeInForce as OuchTimeInForce

GOOD_TILL_TIME: Final = OuchTimeInForce.GOOD_TILL_TIME.value
TIMES_IN_FORCE: Final[dict[bytes, TimeInForce]] = {
    OuchTimeInForce.DAY.value: TimeInForce.DAY,
    OuchTimeInForce.IMMEDIATE_OR_CANCEL.value: TimeInForce.IOC,
    GOOD_TILL_TIME: TimeInForce.DAY,
    OuchTimeInForce.EXTENDED_HOURS.value: TimeInForce.DAY,
}
"""Time In Force. GOOD_TILL_TIME is a day order that ExpireTime(15) ends before the day does. All
hours are the day, as System Hours of 4.2 are; for after hours alone the engine has no word."""
COMPOSED_TIMES_IN_FORCE: Final[dict[TimeInForce, str]] = {
    TimeInForce.FOK: "immediate or cancel with MinQty(3) = Quantity",
}

HIDDEN: Final = Display.HIDDEN.value
DISPLAYS: Final = frozenset({Display.VISIBLE.value, HIDDEN, Display.ATTRIBUTABLE.value})
"""Display: the book is without names, so attributable is visible."""
SWEEPS: Final = frozenset(one.value for one in IntermarketSweepEligibility)
"""Intermarket Sweep Eligibility: there is one venue, so each is accepted and echoed."""
CONTINUOUS: Final = CrossType.CONTINUOUS.value

REJECTED_REASON: Final[dict[RejectReason, int]] = {
    RejectReason.UNKNOWN_INSTRUMENT: RejectedReason.INVALID_SYMBOL.value,
    RejectReason.HALTED: RejectedReason.HALTED.value,
    RejectReason.CLOSED: RejectedReason.DESTINATION_CLOSED.value,
    RejectReason.INVALID_QUANTITY: RejectedReason.INVALID_QUANTITY.value,
    RejectReason.QUANTITY_TOO_LARGE: RejectedReason.SHARES_EXCEED_THRESHOLD.value,
    RejectReason.INVALID_LOT: RejectedReason.INVALID_QUANTITY.value,
    RejectReason.INVALID_PRICE: RejectedReason.INVALID_PRICE.value,
    RejectReason.INVALID_TICK: RejectedReason.INVALID_PRICE.value,
    RejectReason.PRICE_TOO_LARGE: RejectedReason.INVALID_PRICE.value,
    RejectReason.BOOK_FULL: RejectedReason.PROCESSING_ERROR.value,
    RejectReason.INVALID_DISPLAY: RejectedReason.INVALID_MAX_FLOOR.value,
    RejectReason.INVALID_EXPIRY: RejectedReason.OTHER.value,
    RejectReason.UNSUPPORTED: RejectedReason.OTHER.value,
    RejectReason.INVALID_FIELD: RejectedReason.OTHER.value,
    RejectReason.NOT_ALLOWED: RejectedReason.OTHER.value,
}
"""Reason of Rejected. A refusal of the desk itself brings its own code in the command's echo: among
others that of the letter of Display, so that the engine's INVALID_DISPLAY is of a MaxFloor(5)."""
NO_REJECTED_REASON: Final[dict[RejectReason, str]] = {
    RejectReason.UNKNOWN_ORDER: "silence: cancel and replace of an unknown UserRefNum",
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

NO_FIRM: Final = b" " * 4
"""Firm(2) of an order that names none, and in requests about firms: all of them."""
NO_CL_ORD_ID: Final = b" " * 14
"""Of requests that have none."""

_ECHO = Struct(">cccccc14s4s")
pack_echo = _ECHO.pack
"""`echo` of an order begins with: side, time in force, display, capacity, intermarket sweep
eligibility, cross type, ClOrdID, firm. What Accepted and Replaced repeat and the engine has no word
for; the packed appendage of its options in force is the rest."""
unpack_echo = _ECHO.unpack_from
ECHO_SIZE: Final = _ECHO.size
SIDE_SIZE: Final = 1
"""The side is the first of an echo."""


def refusal_echo(code: int, cl_ord_id: bytes) -> bytes:
    """What Rejected needs of a request that the desk refused. Text without separators, since other
    wires read what follows it."""
    return b"%04X" % code + cl_ord_id.hex().encode()


def refused_with(echo: bytes) -> tuple[int, bytes]:
    """Code and ClOrdID of `refusal_echo`, whatever follows."""
    return int(echo[:4], 16), bytes.fromhex(echo[4:32].decode())
