"""What happens to orders: entry, cancellation, expiry, busts. What changes them while they rest is
in `matching/changes`.

Structs are built by position on this path: keywords cost up to 0.2 us an event.
"""

from matching.book import ANY_PRICE
from matching.checks import entry_fault, terms_fault
from matching.commands import (
    BustTrade,
    CancelOrder,
    EnterOrder,
    ExpireOrders,
    MassCancel,
    RefuseRequest,
    ReplaceOrder,
    SetOrderEntry,
)
from matching.events import (
    Event,
    MassCanceled,
    OrderAccepted,
    OrderCanceled,
    OrderEntryChanged,
    OrderRejected,
    OrderRested,
    TradeBusted,
)
from matching.live_orders import LiveOrders
from matching.order import RestingOrder, Terms
from matching.reference import ReferenceData
from matching.types import (
    FULL,
    CancelReason,
    OrderType,
    RejectReason,
    RequestKind,
    Side,
    TimeInForce,
)

# Reading a member through its enumeration costs 20-30 ns each time.
_BUY = Side.BUY
_LIMIT = OrderType.LIMIT
_DAY = TimeInForce.DAY
_GTC = TimeInForce.GTC
_FOK = TimeInForce.FOK

Outcome = tuple[Event, ...]


class OrderFlow:
    """Orders come and go. One method a command; each returns what follows."""

    __slots__ = ("_listings", "_live", "_live_orders_max", "_sessions")

    def __init__(self, live: LiveOrders, reference: ReferenceData) -> None:
        self._live = live
        self._live_orders_max = live.limits.live_orders_max
        self._listings = reference.listings
        self._sessions = reference.sessions

    # benchmark: resting, 1.2 us
    def enter_order(self, command: EnterOrder) -> Outcome:
        listing = self._listings.get(command.instrument_id)
        if listing is None:
            return (rejected(command, RequestKind.ENTER, RejectReason.UNKNOWN_INSTRUMENT, 0),)
        live = self._live
        time_in_force = command.time_in_force
        order_type = command.order_type
        may_rest = order_type is _LIMIT and (time_in_force is _DAY or time_in_force is _GTC)
        terms: Terms | None = None
        orders = live.orders
        reason = entry_fault(command, listing, self._sessions)
        if reason is None:
            if command.expire_ns or command.post_only or command.display_quantity != FULL:
                reason = terms_fault(command, may_rest, listing.instrument, live.timestamp_ns)
                terms = _entry_terms(command) if may_rest else None
            if may_rest and reason is None and len(orders) >= self._live_orders_max:
                reason = RejectReason.BOOK_FULL
        if reason is not None:
            return (rejected(command, RequestKind.ENTER, reason, 0),)
        live.last_order_number = order_id = live.last_order_number + 1
        instrument_id = command.instrument_id
        side = command.side
        quantity = command.quantity
        price = command.price
        accepted = OrderAccepted(
            order_id,
            command.session_id,
            command.account_id,
            instrument_id,
            command.client_id,
            side,
            order_type,
            time_in_force,
            quantity,
            price,
        )
        book = listing.book
        if side is _BUY:
            own, contra, limit_key = book.bids, book.asks, -price
        else:
            own, contra, limit_key = book.asks, book.bids, price
        if order_type is not _LIMIT:
            limit_key = ANY_PRICE
        keys = contra.keys
        leaves = quantity
        events: list[Event] | None = None
        if keys and keys[-1] >= limit_key:
            if terms is not None and terms.post_only:
                return (accepted, _not_rested(command, order_id, leaves, CancelReason.POST_ONLY))
            events = [accepted]
            if time_in_force is not _FOK or contra.can_fill(limit_key, quantity):
                leaves = live.trade(contra, limit_key, order_id, quantity, events)
        if leaves:
            last: Event
            if may_rest:
                order = RestingOrder(order_id, command, leaves)
                orders[order_id] = order
                if terms is None:
                    own.add(order)
                    last = OrderRested(order_id, order_id, instrument_id, side, price, leaves)
                else:
                    last = live.rest(own, order, terms)
            else:
                last = _not_rested(command, order_id, leaves, CancelReason.IMMEDIATE_OR_CANCEL)
            if events is None:
                return (accepted, last)
            events.append(last)
        assert events is not None
        return tuple(events)

    def cancel_order(self, command: CancelOrder) -> Outcome:
        order = self._live.orders.get(command.order_id)
        if order is None:
            return (not_live(self._live, command, RequestKind.CANCEL),)
        return (self._live.take_off(order, command.reason, command.session_id, command.client_id),)

    def mass_cancel(self, command: MassCancel) -> Outcome:
        session_id, account_id = command.session_id, command.account_id
        instrument_id = command.instrument_id
        live = self._live
        orders = live.orders
        named = orders if command.order_ids is None else command.order_ids
        chosen = [
            order
            for order_id in named
            if (order := orders.get(order_id)) is not None
            and session_id in (0, order.session_id)
            and account_id in (0, order.account_id)
            and instrument_id in (0, order.instrument_id)
        ]
        events: list[Event] = [live.take_off(order, command.reason, 0, b"") for order in chosen]
        if command.requested_by:
            events.append(
                MassCanceled(command.requested_by, command.client_id, instrument_id, len(events))
            )
        return tuple(events)

    def refuse_request(self, command: RefuseRequest) -> Outcome:
        return (
            OrderRejected(
                session_id=command.session_id,
                account_id=command.account_id,
                client_id=command.client_id,
                kind=command.kind,
                reason=command.reason,
                order_id=command.order_id,
                text=command.text,
            ),
        )

    def bust_trade(self, command: BustTrade) -> Outcome:
        trades = self._live.trades
        index = command.match_number - (self._live.last_match_number - len(trades) + 1)
        trade = trades[index] if 0 <= index < len(trades) else None
        if trade is None:
            return ()
        trades[index] = None
        return (
            TradeBusted(
                match_number=trade.match_number,
                instrument_id=trade.instrument_id,
                price=trade.price,
                quantity=trade.quantity,
                resting_order_id=trade.resting_order_id,
                incoming_order_id=trade.incoming_order_id,
                reason=command.reason,
            ),
        )

    def set_order_entry(self, command: SetOrderEntry) -> Outcome:
        return (
            OrderEntryChanged(
                session_id=command.session_id,
                client_id=command.client_id,
                firm=command.firm,
                enabled=command.enabled,
            ),
        )

    def expire_orders(self, command: ExpireOrders) -> Outcome:
        live = self._live
        events: list[Event] = []
        while 0 < live.next_expiry_ns <= command.until_ns:
            order = live.orders[live.expiries[0][1]]
            events.append(live.take_off(order, CancelReason.EXPIRED, 0, b""))
        return tuple(events)

    def expire_day_orders(self) -> list[Event]:
        """DAY orders end with the day, in order_id order; no trade can be busted any more."""
        live = self._live
        expiring = [order for order in live.orders.values() if order.time_in_force is _DAY]
        live.trades.clear()
        return [live.take_off(order, CancelReason.EXPIRED, 0, b"") for order in expiring]


def _entry_terms(command: EnterOrder) -> Terms | None:
    """What an order that may rest asks for; None if that is what every order gets."""
    display_quantity = command.display_quantity
    return terms_of(
        FULL if display_quantity >= command.quantity else display_quantity,
        command.expire_ns,
        command.post_only,
    )


def terms_of(display_quantity: int, expire_ns: int, post_only: bool) -> Terms | None:
    """None where nothing is asked for. What shows is decided when the order rests."""
    if display_quantity == FULL and not expire_ns and not post_only:
        return None
    return Terms(display_quantity, display_quantity, expire_ns, post_only)


def _not_rested(
    command: EnterOrder, order_id: int, leaves: int, reason: CancelReason
) -> OrderCanceled:
    return OrderCanceled(
        order_id,
        order_id,
        command.instrument_id,
        command.side,
        command.price,
        leaves,
        reason,
        False,
    )


def not_live(
    live: LiveOrders, command: ReplaceOrder | CancelOrder, kind: RequestKind
) -> OrderRejected:
    # Closed orders are not remembered: a number that was given out and is not live is closed.
    known = 0 < command.order_id <= live.last_order_number
    if known:
        return rejected(command, kind, RejectReason.TOO_LATE, command.order_id)
    return rejected(command, kind, RejectReason.UNKNOWN_ORDER, 0)


def rejected(
    command: EnterOrder | ReplaceOrder | CancelOrder,
    kind: RequestKind,
    reason: RejectReason,
    order_id: int,
) -> OrderRejected:
    return OrderRejected(
        command.session_id, command.account_id, command.client_id, kind, reason, order_id
    )
