"""WebSocket words and engine words, both ways: the tables.

Every member of an engine enumeration has an entry; the vocabulary itself is `protocol.feed`.
"""

from typing import Literal

from matching.types import (
    BustReason,
    CancelReason,
    OrderType,
    Phase,
    RejectReason,
    RequestKind,
    Side,
    TimeInForce,
)
from protocol import websocket_words as words

SIDES: dict[words.Side, Side] = {"buy": Side.BUY, "sell": Side.SELL}
SIDE_OF: dict[Side, words.Side] = {side: word for word, side in SIDES.items()}

ORDER_TYPES: dict[words.OrderType, OrderType] = {
    "market": OrderType.MARKET,
    "limit": OrderType.LIMIT,
}
ORDER_TYPE_OF: dict[OrderType, words.OrderType] = {one: word for word, one in ORDER_TYPES.items()}

TIMES_IN_FORCE: dict[words.TimeInForce, TimeInForce] = {
    "day": TimeInForce.DAY,
    "gtc": TimeInForce.GTC,
    "ioc": TimeInForce.IOC,
    "fok": TimeInForce.FOK,
}
TIME_IN_FORCE_OF: dict[TimeInForce, words.TimeInForce] = {
    one: word for word, one in TIMES_IN_FORCE.items()
}

PHASE_OF: dict[Phase, words.Phase] = {
    Phase.OPEN: "open",
    Phase.HALTED: "halted",
    Phase.CLOSED: "closed",
}

CHANGE_OF: dict[RequestKind, Literal["replace", "cancel"]] = {
    RequestKind.REPLACE: "replace",
    RequestKind.CANCEL: "cancel",
}
"""`request` of cancel_rejected; an ENTER is refused by `rejected`."""

REJECT_REASON_OF: dict[RejectReason, words.RejectReason] = {
    RejectReason.UNKNOWN_INSTRUMENT: "unknown_symbol",
    RejectReason.HALTED: "halted",
    RejectReason.CLOSED: "closed",
    RejectReason.INVALID_QUANTITY: "invalid_quantity",
    RejectReason.QUANTITY_TOO_LARGE: "quantity_too_large",
    RejectReason.INVALID_LOT: "invalid_lot",
    RejectReason.INVALID_PRICE: "invalid_price",
    RejectReason.INVALID_TICK: "invalid_tick",
    RejectReason.PRICE_TOO_LARGE: "price_too_large",
    RejectReason.UNKNOWN_ORDER: "unknown_order",
    RejectReason.TOO_LATE: "too_late",
    RejectReason.BOOK_FULL: "book_full",
    RejectReason.INVALID_DISPLAY: "invalid_display",
    RejectReason.INVALID_EXPIRY: "invalid_expiry",
    RejectReason.DUPLICATE_CLIENT_ID: "duplicate_cl_ord_id",
    RejectReason.UNSUPPORTED: "unsupported",
    RejectReason.INVALID_FIELD: "invalid_field",
    RejectReason.NOT_ALLOWED: "not_allowed",
}

CANCEL_REASON_OF: dict[CancelReason, words.CancelReason] = {
    CancelReason.USER: "user",
    CancelReason.IMMEDIATE_OR_CANCEL: "immediate_or_cancel",
    CancelReason.EXPIRED: "expired",
    CancelReason.SUPERVISORY: "supervisory",
    CancelReason.DISCONNECT: "disconnect",
    CancelReason.REPLACE_INVALID: "replace_invalid",
    CancelReason.POST_ONLY: "post_only",
}

BUST_REASON_OF: dict[BustReason, words.BustReason] = {
    BustReason.ERRONEOUS: "erroneous",
    BustReason.CONSENT: "consent",
    BustReason.SUPERVISORY: "supervisory",
    BustReason.EXTERNAL: "external",
}

REJECT_TEXT: dict[RejectReason, str] = {
    RejectReason.UNKNOWN_INSTRUMENT: "unknown symbol",
    RejectReason.HALTED: "the instrument is halted",
    RejectReason.CLOSED: "the instrument is closed",
    RejectReason.INVALID_QUANTITY: "invalid quantity",
    RejectReason.QUANTITY_TOO_LARGE: "quantity too large",
    RejectReason.INVALID_LOT: "quantity is not a multiple of the lot size",
    RejectReason.INVALID_PRICE: "invalid price",
    RejectReason.INVALID_TICK: "price is not a multiple of the tick size",
    RejectReason.PRICE_TOO_LARGE: "price too large",
    RejectReason.UNKNOWN_ORDER: "unknown order",
    RejectReason.TOO_LATE: "the order is closed",
    RejectReason.BOOK_FULL: "the venue holds as many live orders as it is willing to",
    RejectReason.INVALID_DISPLAY: "invalid display quantity",
    RejectReason.INVALID_EXPIRY: "invalid expiry",
    RejectReason.DUPLICATE_CLIENT_ID: "duplicate cl_ord_id",
    RejectReason.UNSUPPORTED: "not supported",
    RejectReason.INVALID_FIELD: "invalid field",
    RejectReason.NOT_ALLOWED: "not allowed",
}
"""Text where the refusal brings none of its own and the request shows no numbers to compare."""
