"""The WebSocket bridge's vocabulary: JSON objects told apart by their `type`.

Here is what the venue says; `websocket_requests` has what a client may ask (at hand here too),
`websocket_words` the limits and enumerations of both.

Prices and quantities are decimal strings ("187.01", "100") both ways, so that no JSON library turns
them into binary fractions; ids, counts, numbers and times are JSON integers, times are UTC epoch
nanoseconds (a JavaScript number holds them to 256 ns). A field that says nothing is left out.
The rules of engagement with examples: specs/websocket/README.md.
"""

from typing import Literal

import msgspec
from msgspec import Struct

from protocol.websocket_requests import Cancel as Cancel
from protocol.websocket_requests import FeedError as FeedError
from protocol.websocket_requests import Login as Login
from protocol.websocket_requests import New as New
from protocol.websocket_requests import Ping as Ping
from protocol.websocket_requests import Replace as Replace
from protocol.websocket_requests import Request as Request
from protocol.websocket_requests import Status as Status
from protocol.websocket_requests import Subscribe as Subscribe
from protocol.websocket_requests import Unsubscribe as Unsubscribe
from protocol.websocket_requests import decode_request as decode_request
from protocol.websocket_words import (
    BustReason,
    CancelReason,
    Channel,
    ErrorCode,
    Liquidity,
    OrderState,
    OrderType,
    Phase,
    RejectReason,
    Side,
    TimeInForce,
)
from protocol.websocket_words import format_decimal as format_decimal
from protocol.websocket_words import parse_decimal as parse_decimal


class _Message(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag_field="type"):
    """What the venue's messages share. Clients must ignore fields that they do not know."""


class Order(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The whole state of one order after what the enclosing message tells."""

    order_id: int
    cl_ord_id: str
    """The id under which the order lives now: of `new`, or of the last replace."""
    symbol: str
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    quantity: str
    """Total of the chain."""
    price: str = ""
    leaves_qty: str
    cum_qty: str
    avg_px: str = ""
    """Left out until something has executed. To price_decimals + 4 digits, rounded half up."""
    display_quantity: str = ""
    """The most that the book shows at once, "0" for a hidden order; left out: all of it."""
    expire_time_ns: int = 0
    """When it ends by itself; left out: when its time in force says."""
    post_only: bool = False
    status: OrderState


class _Report(_Message, frozen=True, gc=False, kw_only=True):
    """A private message. Its number is put in by the session as it is sent."""

    seq: int = 0
    time_ns: int


class Accepted(_Report, frozen=True, gc=False, kw_only=True, tag="accepted"):
    exec_id: str
    order: Order
    repeat: bool = False
    """This cl_ord_id was used before: the earlier outcome again, with the order as it is now."""


class Rejected(_Report, frozen=True, gc=False, kw_only=True, tag="rejected"):
    """A `new` was refused; the cl_ord_id is used up."""

    exec_id: str
    cl_ord_id: str
    reason: RejectReason
    text: str = ""
    repeat: bool = False


class Executed(_Report, frozen=True, gc=False, kw_only=True, tag="executed"):
    exec_id: str
    match_number: int
    """Shared by both sides of the trade on every wire."""
    last_qty: str
    last_px: str
    liquidity: Liquidity
    order: Order


class Replaced(_Report, frozen=True, gc=False, kw_only=True, tag="replaced"):
    exec_id: str
    cl_ord_id: str
    orig_cl_ord_id: str
    order: Order
    repeat: bool = False


class Reduced(_Report, frozen=True, gc=False, kw_only=True, tag="reduced"):
    """The open quantity was lowered by `quantity`; the order keeps its place."""

    exec_id: str
    quantity: str
    order: Order


class Restated(_Report, frozen=True, gc=False, kw_only=True, tag="restated"):
    """The venue sent the order to the end of its price's queue; nobody asked for it."""

    exec_id: str
    order: Order


class Canceled(_Report, frozen=True, gc=False, kw_only=True, tag="canceled"):
    """The order is done; `quantity` was open. Without `cl_ord_id` nobody here asked for it."""

    exec_id: str
    cl_ord_id: str = ""
    orig_cl_ord_id: str = ""
    quantity: str
    reason: CancelReason
    order: Order
    repeat: bool = False


class CancelRejected(_Report, frozen=True, gc=False, kw_only=True, tag="cancel_rejected"):
    """A `cancel` or `replace` was refused and changed nothing. `order` where it may be seen."""

    cl_ord_id: str
    orig_cl_ord_id: str = ""
    order_id: int = 0
    request: Literal["cancel", "replace"]
    reason: RejectReason
    text: str = ""
    order: Order | None = None
    repeat: bool = False


class Busted(_Report, frozen=True, gc=False, kw_only=True, tag="busted"):
    """A trade was broken: cum_qty goes back, leaves_qty does not."""

    exec_id: str
    match_number: int
    last_qty: str
    last_px: str
    reason: BustReason
    order: Order


class OrderStatus(_Report, frozen=True, gc=False, kw_only=True, tag="order_status"):
    """The answer to `status`."""

    id: str = ""
    order: Order


class InstrumentInfo(Struct, frozen=True, gc=False, kw_only=True):
    symbol: str
    tick_size: str
    lot_size: str
    price_decimals: int
    quantity_decimals: int


class Welcome(_Message, frozen=True, gc=False, kw_only=True, tag="welcome"):
    """First on every connection."""

    venue: str
    version: int
    """PROTOCOL_VERSION."""
    heartbeat_ns: int
    instruments: list[InstrumentInfo]


class LoggedIn(_Message, frozen=True, gc=False, kw_only=True, tag="logged_in"):
    """`open_orders` is the state just before `next_seq`; replayed messages are older than that."""

    session: str
    account: str
    epoch: str
    next_seq: int
    resume_from: int
    """First number that follows: replayed if below `next_seq`."""
    open_orders: list[Order]
    more: bool = False
    """More orders follow in `open_orders` messages."""
    id: str = ""


class OpenOrders(_Message, frozen=True, gc=False, kw_only=True, tag="open_orders"):
    orders: list[Order]
    more: bool = False


class Gap(_Message, frozen=True, gc=False, kw_only=True, tag="gap"):
    """These numbers, both ends included, can no longer be told."""

    from_seq: int
    to_seq: int


class Error(_Message, frozen=True, gc=False, kw_only=True, tag="error"):
    """A request was not understood or not possible; nothing happened no cl_ord_id is used up."""

    code: ErrorCode
    text: str
    field: str = ""
    expected: str = ""
    received: str = ""
    ref: str = ""
    """cl_ord_id or id of the request, where one could be read."""


class Heartbeat(_Message, frozen=True, gc=False, kw_only=True, tag="heartbeat"):
    time_ns: int


class Pong(_Message, frozen=True, gc=False, kw_only=True, tag="pong"):
    id: str = ""
    time_ns: int


class Subscribed(_Message, frozen=True, gc=False, kw_only=True, tag="subscribed"):
    channel: Channel
    symbol: str = ""
    depth: int = 0
    id: str = ""


class Unsubscribed(_Message, frozen=True, gc=False, kw_only=True, tag="unsubscribed"):
    channel: Channel
    symbol: str = ""
    id: str = ""


Level = tuple[str, str, int]
"""price, quantity, number of orders."""
LevelChange = tuple[Side, str, str, int]
"""side, price, new quantity ("0": the level is gone), new number of orders."""


class Book(_Message, frozen=True, gc=False, kw_only=True, tag="book"):
    """The book to the subscribed depth, best first; replaces everything held."""

    symbol: str
    version: int
    phase: Phase
    bids: list[Level]
    asks: list[Level]


class BookDelta(_Message, frozen=True, gc=False, kw_only=True, tag="book_delta"):
    """Applies to `prev_version` only; anything else held: subscribe again."""

    symbol: str
    version: int
    prev_version: int
    phase: Phase
    changes: list[LevelChange]


class TradeInfo(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    match_number: int
    price: str
    quantity: str
    aggressor: Side
    time_ns: int
    busted: bool = False


class Trades(_Message, frozen=True, gc=False, kw_only=True, tag="trades"):
    """The last trades, oldest first; replaces everything held."""

    symbol: str
    version: int
    trades: list[TradeInfo]


class TradesDelta(_Message, frozen=True, gc=False, kw_only=True, tag="trades_delta"):
    """New trades, oldest first; one with a known match_number replaces it (busted)."""

    symbol: str
    version: int
    prev_version: int
    trades: list[TradeInfo]


class SessionInfo(Struct, frozen=True, gc=False, kw_only=True):
    session_id: int
    wire: str
    identity: str
    account: str
    state: str
    next_in: int
    """0: this wire does not number what comes in."""
    next_out: int
    last_heartbeat_ns: int
    queued_bytes: int


class Sessions(_Message, frozen=True, gc=False, kw_only=True, tag="sessions"):
    """Every session the venue knows; replaces everything held."""

    version: int
    sessions: list[SessionInfo]


class SessionsDelta(_Message, frozen=True, gc=False, kw_only=True, tag="sessions_delta"):
    version: int
    prev_version: int
    changed: list[SessionInfo]
    """New and changed rows, whole."""
    removed: list[int]


class LatencySummary(Struct, frozen=True, gc=False, kw_only=True):
    """Percentiles in whole microseconds over the last window; all 0 when `count` is 0."""

    count: int
    p50: int
    p90: int
    p99: int
    p999: int
    max: int


class Stats(_Message, frozen=True, gc=False, kw_only=True, tag="stats"):
    """The venue as a whole; each replaces the one before."""

    time_ns: int
    uptime_ns: int
    orders_total: int
    trades_total: int
    orders_per_second: int
    trades_per_second: int
    live_orders: int
    connections: int
    order_to_ack_us: LatencySummary


Report = (
    Accepted
    | Rejected
    | Executed
    | Replaced
    | Reduced
    | Restated
    | Canceled
    | CancelRejected
    | Busted
    | OrderStatus
)
"""The numbered messages."""
Notice = (
    Welcome | LoggedIn | OpenOrders | Gap | Error | Heartbeat | Pong | Subscribed | Unsubscribed
)
"""Unnumbered, to one connection."""
Public = Book | BookDelta | Trades | TradesDelta | Sessions | SessionsDelta | Stats
Message = Report | Notice | Public


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def encode(message: Struct) -> bytes:
    """The JSON text of a request or message, as UTF-8."""
    return _encoder.encode(message)


def decode_message(text: bytes | str) -> Message:
    """A message from a venue, for clients; unknown fields are ignored.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError: not JSON, an unknown type or a wrong field.
    """
    return _decoder.decode(text)
