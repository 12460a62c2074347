"""Everything the engine says. Each command yields a tuple of these, in the order they happened.

The (command number, index in the tuple) of an event names it for ever: ExecID(17) derives from
it. An order's life: Accepted, then any of Executed, Replaced, Reduced, Canceled; Rested says that
it now waits in the queue under `order_reference`, which changes whenever priority is lost. Folding
Rested, Executed, Refreshed, Reranked, Reduced, Modified, Replaced and Canceled is enough to hold
the book (`matching/depth`).

`displayed` is how much of an event's quantity the public sees: FULL for all of it, 0 for a hidden
order. A reserve order's Rested, Reduced, Modified and Canceled have the part that its book entry
gains or loses, 0 where only what did not show went; what it trades always showed. Canceled without
`rested` is of no book entry: FULL.
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


class OrderAccepted(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=1):
    """A new order is live. Its first order_reference equals its order_id."""

    order_id: int
    session_id: int
    account_id: int
    instrument_id: int
    client_id: bytes
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    quantity: int
    price: int


class OrderRejected(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=2):
    """A request was refused; nothing changed. `order_id` is 0 for ENTER and unknown orders."""

    session_id: int
    account_id: int
    client_id: bytes
    kind: RequestKind
    reason: RejectReason
    order_id: int = 0
    text: bytes = b""


class OrderRested(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=3):
    """An order joined the end of its price's queue with `quantity`."""

    order_id: int
    order_reference: int
    instrument_id: int
    side: Side
    price: int
    quantity: int
    displayed: int = FULL


class OrderExecuted(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=4):
    """A resting order met an incoming one, at the resting order's price."""

    instrument_id: int
    match_number: int
    price: int
    quantity: int
    resting_order_id: int
    resting_order_reference: int
    resting_leaves: int
    """0 removes the resting order."""
    incoming_order_id: int
    incoming_leaves: int
    incoming_side: Side
    displayed: int = FULL
    """FULL or, where the resting order was hidden, 0."""


class OrderReplaced(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=5):
    """A live order has new details. Unless priority was kept it left the queue: Executed and Rested
    may follow under the new order_reference. `leaves` 0 means that nothing was left: the order is
    done under its old order_reference, and no Canceled follows."""

    order_id: int
    session_id: int
    client_id: bytes
    instrument_id: int
    side: Side
    old_order_reference: int
    order_reference: int
    old_price: int
    price: int
    old_leaves: int
    leaves: int
    quantity: int
    """New chain total, executions included."""
    kept_priority: bool
    old_displayed: int = FULL
    """Of `old_leaves`: 0 only for an order that was hidden."""
    displayed: int = FULL
    """Of `leaves`; says something only where priority was kept."""


class OrderReduced(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=6):
    """A resting order's open quantity was lowered by `quantity`; it keeps its place."""

    order_id: int
    order_reference: int
    instrument_id: int
    side: Side
    price: int
    quantity: int
    leaves: int
    displayed: int = FULL


class OrderCanceled(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=7):
    """An order is done without (further) trading; `quantity` was open.

    `rested`: it was on the book.
    """

    order_id: int
    order_reference: int
    instrument_id: int
    side: Side
    price: int
    quantity: int
    reason: CancelReason
    rested: bool
    requested_by: int = 0
    """Session whose request this answers; 0: nobody asked."""
    client_id: bytes = b""
    """The request's own id."""
    displayed: int = FULL


class TradeBusted(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=8):
    """A trade of today was broken; positions and CumQty go back, LeavesQty does not."""

    match_number: int
    instrument_id: int
    price: int
    quantity: int
    resting_order_id: int
    incoming_order_id: int
    reason: BustReason


class MassCanceled(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=15):
    """A session's own mass cancel is done: the `count` Canceled before this are its."""

    requested_by: int
    client_id: bytes
    instrument_id: int
    """0: all instruments."""
    count: int


class PhaseChanged(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=9):
    instrument_id: int
    phase: Phase


class DayStarted(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=10):
    trading_date: int
    midnight_ns: int


class DayEnded(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=11):
    trading_date: int


class InstrumentAdded(msgspec.Struct, frozen=True, array_like=True, tag=12):
    instrument_id: int
    instrument: Instrument


class AccountAdded(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=13):
    account_id: int
    name: bytes
    cancel_by_other_sessions: bool


class SessionRegistered(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=14):
    session_id: int
    account_id: int
    wire: bytes
    key: tuple[bytes, ...]


class OrderModified(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=16):
    """A resting order has other words of its wire, and `quantity` less to execute, perhaps 0; it
    keeps its place."""

    order_id: int
    order_reference: int
    instrument_id: int
    side: Side
    price: int
    quantity: int
    leaves: int
    displayed: int = FULL


class OrderReranked(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=17):
    """A resting order went to the end of its price's queue under a new reference, otherwise as it
    was: nobody's request."""

    order_id: int
    old_order_reference: int
    order_reference: int
    instrument_id: int
    side: Side
    price: int
    leaves: int
    displayed: int = FULL


class OrderRefreshed(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=18):
    """What a reserve order showed has traded: it shows `quantity` anew, at the end of its price's
    queue under a new reference."""

    order_id: int
    old_order_reference: int
    order_reference: int
    instrument_id: int
    side: Side
    price: int
    quantity: int
    leaves: int
    """All that is open, shown or not."""


class OrderCarried(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=19):
    """An order of an earlier day waits in the day that begins; after the PhaseChanged of
    StartOfDay, in the order of the book. The book itself does not change."""

    order_id: int
    order_reference: int
    instrument_id: int
    side: Side
    price: int
    quantity: int
    displayed: int = FULL


class OrderEntryChanged(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=20):
    """A session takes no new orders of `firm` from now on, or takes them again."""

    session_id: int
    client_id: bytes
    firm: bytes
    enabled: bool


Event = (
    OrderAccepted
    | OrderRejected
    | OrderRested
    | OrderExecuted
    | OrderReplaced
    | OrderReduced
    | OrderCanceled
    | TradeBusted
    | MassCanceled
    | PhaseChanged
    | DayStarted
    | DayEnded
    | InstrumentAdded
    | AccountAdded
    | SessionRegistered
    | OrderModified
    | OrderReranked
    | OrderRefreshed
    | OrderCarried
    | OrderEntryChanged
)
