"""FIX values and engine words, both ways: the tables.

Every member of an engine enumeration has an entry; a FIX value without one is refused by name.
"""

from gateway.desk import exec_id
from gateway.order_entry.outcomes import Order
from matching.types import CancelReason, OrderType, RejectReason, RequestKind, Side, TimeInForce
from protocol.fix.messages import Rest
from protocol.fix.version import Version

SIDES: dict[bytes, Side] = {
    b"1": Side.BUY,
    b"2": Side.SELL,
    b"5": Side.SELL,
    b"6": Side.SELL,
}
"""Side(54). Sell short (5) and short exempt (6) rest as sells; reports echo what was sent."""

ORDER_TYPES: dict[bytes, OrderType] = {b"1": OrderType.MARKET, b"2": OrderType.LIMIT}
"""OrdType(40)."""
ORD_TYPE_OF: dict[OrderType, bytes] = {OrderType.MARKET: b"1", OrderType.LIMIT: b"2"}

TIMES_IN_FORCE: dict[bytes, TimeInForce] = {
    b"": TimeInForce.DAY,
    b"0": TimeInForce.DAY,
    b"1": TimeInForce.GTC,
    b"3": TimeInForce.IOC,
    b"4": TimeInForce.FOK,
}
"""TimeInForce(59); absent means Day."""
GOOD_TILL_DATE = b"6"
"""TimeInForce(59) of an order with an expiry: good till canceled, and no longer than that."""
TIME_IN_FORCE_OF: dict[TimeInForce, bytes] = {
    TimeInForce.DAY: b"0",
    TimeInForce.GTC: b"1",
    TimeInForce.IOC: b"3",
    TimeInForce.FOK: b"4",
}

ORD_REJ_REASON: dict[RejectReason, bytes] = {
    RejectReason.UNKNOWN_INSTRUMENT: b"1",
    RejectReason.HALTED: b"2",
    RejectReason.CLOSED: b"2",
    RejectReason.INVALID_QUANTITY: b"13",
    RejectReason.QUANTITY_TOO_LARGE: b"3",
    RejectReason.INVALID_LOT: b"13",
    RejectReason.INVALID_PRICE: b"99",
    RejectReason.INVALID_TICK: b"18",
    RejectReason.PRICE_TOO_LARGE: b"99",
    RejectReason.UNKNOWN_ORDER: b"5",
    RejectReason.TOO_LATE: b"4",
    RejectReason.BOOK_FULL: b"3",
    RejectReason.INVALID_DISPLAY: b"11",
    RejectReason.INVALID_EXPIRY: b"11",
    RejectReason.DUPLICATE_CLIENT_ID: b"6",
    RejectReason.UNSUPPORTED: b"11",
    RejectReason.INVALID_FIELD: b"99",
    RejectReason.NOT_ALLOWED: b"0",
}
"""OrdRejReason(103) of FIX 5.0; `protocol.fix.reports` says what an older version has instead."""

CXL_REJ_REASON: dict[RejectReason, bytes] = {
    RejectReason.TOO_LATE: b"0",
    RejectReason.UNKNOWN_ORDER: b"1",
    RejectReason.DUPLICATE_CLIENT_ID: b"6",
    RejectReason.INVALID_TICK: b"18",
}
"""CxlRejReason(102) where it has a word of its own; else 2, Broker option, and Text."""
CXL_REJ_REASON_OTHER = b"2"

CXL_REJ_RESPONSE_TO: dict[RequestKind, bytes] = {
    RequestKind.CANCEL: b"1",
    RequestKind.REPLACE: b"2",
}
"""CxlRejResponseTo(434); an ENTER is refused by ExecutionReport, not by OrderCancelReject."""

_NONE: frozenset[bytes] = frozenset()
_ZERO = frozenset((b"0", b"0.0", b"0.00"))

UNSUPPORTED_TAGS: dict[int, tuple[bytes, frozenset[bytes]]] = {
    63: (b"SettlType(63)", _ZERO),
    65: (b"SymbolSfx(65)", _NONE),
    99: (b"StopPx(99)", _ZERO),
    110: (b"MinQty(110)", _ZERO),
    152: (b"CashOrderQty(152)", _ZERO),
    168: (b"EffectiveTime(168)", _NONE),
    192: (b"OrderQty2(192)", _ZERO),
    210: (b"MaxShow(210)", _ZERO),
    211: (b"PegOffsetValue(211)", _ZERO),
    388: (b"DiscretionInst(388)", _NONE),
    389: (b"DiscretionOffsetValue(389)", _ZERO),
    423: (b"PriceType(423)", frozenset((b"2",))),
    516: (b"OrderPercent(516)", _ZERO),
    640: (b"Price2(640)", _ZERO),
    847: (b"TargetStrategy(847)", _NONE),
    854: (b"QtyType(854)", _ZERO),
    1084: (b"DisplayMethod(1084)", _NONE),
    1092: (b"PriceProtectionScope(1092)", _ZERO),
    1094: (b"PegPriceType(1094)", _NONE),
    1100: (b"TriggerType(1100)", _NONE),
}
"""Fields that would change how an order trades and for which the engine has no word, each with the
values that change nothing (regular settlement, a price per unit, no quantity): refused by name,
never ignored."""

REJECT_TEXT: dict[RejectReason, bytes] = {
    RejectReason.UNKNOWN_INSTRUMENT: b"unknown symbol",
    RejectReason.HALTED: b"instrument is halted",
    RejectReason.CLOSED: b"instrument is closed",
    RejectReason.INVALID_QUANTITY: b"invalid quantity",
    RejectReason.QUANTITY_TOO_LARGE: b"quantity too large",
    RejectReason.INVALID_LOT: b"quantity is not a multiple of the lot size",
    RejectReason.INVALID_PRICE: b"invalid price",
    RejectReason.INVALID_TICK: b"price is not a multiple of the tick size",
    RejectReason.PRICE_TOO_LARGE: b"price too large",
    RejectReason.UNKNOWN_ORDER: b"unknown order",
    RejectReason.TOO_LATE: b"order is closed",
    RejectReason.BOOK_FULL: b"the venue holds as many live orders as it is willing to",
    RejectReason.INVALID_DISPLAY: b"invalid display quantity",
    RejectReason.INVALID_EXPIRY: b"invalid expiry",
    RejectReason.DUPLICATE_CLIENT_ID: b"duplicate ClOrdID(11)",
    RejectReason.UNSUPPORTED: b"not supported",
    RejectReason.INVALID_FIELD: b"invalid field",
    RejectReason.NOT_ALLOWED: b"not allowed",
}
"""Text(58) where the refusal brings none of its own."""

ECHOED = {
    b"1": "account",
    b"38": "order_qty",
    b"40": "ord_type",
    b"44": "price",
    b"54": "side",
    b"55": "symbol",
    b"59": "time_in_force",
}
"""Fields of a refused order that its report shows, as the desk keeps them in `echo`."""

CANCEL_TEXT: dict[CancelReason, bytes] = {
    CancelReason.IMMEDIATE_OR_CANCEL: b"nothing left to trade against",
    CancelReason.EXPIRED: b"end of day",
    CancelReason.SUPERVISORY: b"canceled by the venue",
    CancelReason.DISCONNECT: b"canceled on disconnect",
    CancelReason.POST_ONLY: b"post-only order would have traded",
}
"""Text(58) of cancels that the client did not ask for."""


def cancel_text(order: Order, reason: CancelReason) -> bytes:
    """Text(58) of a cancel: what expires by itself does not wait for the end of the day."""
    if reason is CancelReason.EXPIRED and order.expire_ns:
        return b"expired"
    return CANCEL_TEXT.get(reason, b"")


def time_in_force_of(order: Order) -> bytes:
    """TimeInForce(59) of an order."""
    return GOOD_TILL_DATE if order.expire_ns else TIME_IN_FORCE_OF[order.time_in_force]


def restated(version: Version, *, reranked: bool) -> Rest:
    """ExecRestatementReason(378) of a report with ExecType(150)=D, in a version that has it: market
    option where the venue moved the order, other where the order's own wire changed it."""
    if not version.has_reject_codes:
        return ()
    since, reason = ("43", b"8") if reranked else ("44", b"99")
    return ((378, reason if version.code >= since else b"4"),)


def fill_exec_id(command_seq: int, index: int, side: Side) -> bytes:
    """ExecID(17) of one side's report of an execution or of its bust."""
    return exec_id(command_seq, index) + (b"B" if side is Side.BUY else b"S")


def ord_status(version: Version, order: Order) -> bytes:
    """OrdStatus(39) of an order as it stands. FIX 4.2 and before show Replaced(5), below Partially
    filled in its order of precedence (FIX 4.2, Appendix D)."""
    if order.leaves_qty:
        if order.cum_qty:
            return b"1"
        return b"5" if order.replaced and version.has_exec_trans_type else b"0"
    if order.closed_by is None and not order.busted:
        return b"2"
    return b"C" if order.closed_by is CancelReason.EXPIRED else b"4"
