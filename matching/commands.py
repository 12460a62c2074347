"""Everything that can change the exchange. A journal is a list of these with their times.

Each is a tagged array in MessagePack; the tag is the command's number for ever, new fields go to
the end with a default. `client_id` is the client's own id (ClOrdID, order token, cl_ord_id) as
opaque bytes. `echo` is what the entering wire wants back with every report (FIX Account(1), OUCH
firm, display, capacity, ...): opaque here, so that ownership and reports fold from commands alone.
"""

import msgspec

from matching.instrument import Instrument
from matching.types import (
    FULL,
    BustReason,
    CancelReason,
    OrderType,
    Phase,
    RejectReason,
    RequestKind,
    Side,
    TimeInForce,
)


class EnterOrder(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=1):
    """A new order. `price` is 0 for MARKET.

    What only an order that can rest has: `expire_ns` (UTC epoch, after the command's own time) ends
    it before its time in force does, 0 leaves it to that. `display_quantity` is the most that the
    book shows of it at once: FULL, 0 for a hidden order, else a reserve order that shows so much, a
    multiple of the lot. As much as the quantity or more is FULL; 0 means nothing for an order that
    cannot rest. A `post_only` order that would trade on arrival is canceled instead (POST_ONLY).

    Of one price what shows trades before what is hidden. A reserve order trades no more than it
    shows; when that is gone it shows anew from the end of the queue (OrderRefreshed).
    """

    session_id: int
    account_id: int
    instrument_id: int
    client_id: bytes
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    quantity: int
    price: int
    echo: bytes = b""
    expire_ns: int = 0
    display_quantity: int = FULL
    post_only: bool = False


class ReplaceOrder(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=2):
    """New total quantity and price for a live order.

    `quantity` is the total of the whole chain including what executed. Time priority is kept only
    when `keep_priority` asks for it (FIX and WebSocket ask, OUCH never does), the price stays and
    the quantity does not grow. `cancel_if_invalid` is OUCH's rule: details that fail the checks
    cancel the order instead of being refused; a phase that is not OPEN refuses all the same.

    A total below what executed is refused with INVALID_QUANTITY; equal to it, the order is done
    (OrderReplaced with leaves 0). Under `cancel_if_invalid` both cancel the order.

    `expire_ns`, `display_quantity` and `post_only` as in EnterOrder; None keeps the order's own.
    Another display quantity costs the priority, another expiry or `post_only` does not. A post-only
    order that lost its place and would trade is canceled (OrderReplaced, OrderCanceled). What a
    replace, reduce or modify takes away is taken first from what does not show.
    """

    session_id: int
    account_id: int
    order_id: int
    client_id: bytes
    quantity: int
    price: int
    keep_priority: bool
    cancel_if_invalid: bool = False
    echo: bytes = b""
    expire_ns: int | None = None
    display_quantity: int | None = None
    post_only: bool | None = None


class ReduceOrder(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=3):
    """Lower the intended size of a live order to `to_total` (executions included); keeps priority.

    0, or no more than executed, cancels the balance. Nothing to reduce, a total off the lot or an
    order that is not live: no event at all (OUCH 4.2, Cancel Order).
    """

    session_id: int
    account_id: int
    order_id: int
    to_total: int


class CancelOrder(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=4):
    """Take a live order off the book. `session_id` is the requester, not always the owner."""

    session_id: int
    account_id: int
    order_id: int
    client_id: bytes
    reason: CancelReason = CancelReason.USER


class MassCancel(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=5):
    """Cancel every live order that fits all given filters; 0 means any. In order_id order.

    `requested_by` is the session that asked under its own `client_id`; 0: the operator. What only
    its wire knows of an order is no filter here: then `order_ids` names, in ascending order, those
    that it means.
    """

    session_id: int = 0
    account_id: int = 0
    instrument_id: int = 0
    reason: CancelReason = CancelReason.SUPERVISORY
    requested_by: int = 0
    client_id: bytes = b""
    order_ids: tuple[int, ...] | None = None


class RefuseRequest(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=6):
    """A request that the entry desk refused: its client id, number and answer are history too.

    `order_id` is 0 where the request named no order that the session may see.
    """

    session_id: int
    account_id: int
    client_id: bytes
    kind: RequestKind
    reason: RejectReason
    order_id: int = 0
    text: bytes = b""
    echo: bytes = b""


class BustTrade(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=7):
    """Break a trade of the current day. Unknown or already broken: no event."""

    match_number: int
    reason: BustReason


class SetPhase(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=8):
    """Change the trading phase of an instrument; 0 means all.

    No change, or no day running: no event.
    """

    instrument_id: int
    phase: Phase


class StartOfDay(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=9):
    """A trading day begins. Closed instruments open. A day already running: no event.

    `trading_date` is YYYYMMDD as an int, `midnight_ns` its midnight in the venue's time zone.
    """

    trading_date: int
    midnight_ns: int


class EndOfDay(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=10):
    """The trading day ends: DAY orders expire, all instruments close. No day running: no event."""


class AddInstrument(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=11):
    """List an instrument; its id is the next one. A symbol already listed: no event."""

    instrument: Instrument


class AddAccount(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=12):
    """Open an account; its id is the next one. A name already taken: no event."""

    name: bytes
    cancel_by_other_sessions: bool = True


class RegisterSession(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=13):
    """Give a client's identity an int; its id is the next one. A key already known: no event.

    `wire` names the order-entry wire, `key` the identity on it: FIX (BeginString, the client's
    CompID, the venue's CompID), OUCH (port, username), WebSocket (token's account, session name).
    """

    account_id: int
    wire: bytes
    key: tuple[bytes, ...]


class ModifyOrder(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=14):
    """Other words of the wire's own (`echo`) and at most the same intended size for a live order,
    in place (OUCH, Modify Order: another kind of sale).

    `to_total` as in ReduceOrder; equal to the size that is there, only the words change. A larger
    one, one off the lot or an order that is not live: no event. 0, or no more than executed,
    cancels the balance.
    """

    session_id: int
    account_id: int
    order_id: int
    to_total: int
    echo: bytes


class ExpireOrders(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=15):
    """Cancel every live order whose `expire_ns` is not after `until_ns`, the earliest first, in
    order_id order where they are equal. The venue sends it when `Engine.next_expiry_ns` comes."""

    until_ns: int


class RerankOrder(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=16):
    """The operator sends a live order to the end of its price's queue, of the hidden ones if it is
    hidden: it gets a new order_reference (OUCH, Order Priority Update) and shows what it showed.
    Not live: no event."""

    order_id: int


class SetOrderEntry(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=17):
    """A session takes new orders of one of its firms no more, or again (OUCH 5.0, Disable and
    Enable Order Entry). The engine only passes it on: who is a firm is the wire's own affair."""

    session_id: int
    account_id: int
    client_id: bytes
    firm: bytes
    enabled: bool


Command = (
    EnterOrder
    | ReplaceOrder
    | ReduceOrder
    | CancelOrder
    | MassCancel
    | RefuseRequest
    | BustTrade
    | SetPhase
    | StartOfDay
    | EndOfDay
    | AddInstrument
    | AddAccount
    | RegisterSession
    | ModifyOrder
    | ExpireOrders
    | RerankOrder
    | SetOrderEntry
)
