"""The live orders of all books: what every command on orders reads and changes, and trading itself.

Structs are built by position on this path: keywords cost up to 0.2 us an event.
"""

from collections import deque

from sortedcontainers import SortedList

from matching.book import BookSide
from matching.events import Event, OrderCanceled, OrderExecuted, OrderRefreshed, OrderRested
from matching.order import RestingOrder, Terms
from matching.reference import ReferenceData
from matching.snapshot import Limits
from matching.types import FULL, CancelReason, Side

# Reading a member through its enumeration costs 20-30 ns each time.
_BUY = Side.BUY
_SELL = Side.SELL


class LiveOrders:
    """Every live order, when they expire, and today's trades."""

    __slots__ = (
        "_listings",
        "expiries",
        "last_match_number",
        "last_order_number",
        "limits",
        "orders",
        "timestamp_ns",
        "trades",
    )

    def __init__(self, limits: Limits, reference: ReferenceData) -> None:
        self.limits = limits
        self._listings = reference.listings
        self.orders: dict[int, RestingOrder] = {}
        """Every live order. Insertion order is order_id order: an order enters once."""
        self.expiries = SortedList()
        """(expire_ns, order_id) of the live orders that have an expiry of their own."""
        self.trades: deque[OrderExecuted | None] = deque(maxlen=limits.busts_max)
        """Today's latest, match numbers consecutive; None where busted."""
        self.last_order_number = 0
        """Of the one counter behind order_id and order_reference."""
        self.last_match_number = 0
        self.timestamp_ns = 0
        """Time of the last command."""

    @property
    def next_expiry_ns(self) -> int:
        """When the first order expires; 0 if none does. O(1)."""
        expiries = self.expiries
        return expiries[0][0] if expiries else 0

    def trade(
        self,
        contra: BookSide,
        limit_key: int,
        incoming_order_id: int,
        leaves: int,
        events: list[Event],
    ) -> int:
        """Trade against the other side, best price first, what shows first, oldest first; returns
        what is left."""
        orders = self.orders
        keys = contra.keys
        levels = contra.levels
        incoming_side = _SELL if contra.sign > 0 else _BUY
        while leaves and keys and keys[-1] >= limit_key:
            resting = levels[keys[-1]].head
            if resting.terms is not None:
                leaves = self._trade_on_terms(contra, resting, incoming_order_id, leaves, events)
                continue
            open_quantity = resting.leaves
            if leaves < open_quantity:
                quantity = leaves
                contra.reduce(resting, quantity)
            else:
                quantity = open_quantity
                contra.remove_best()
                del orders[resting.order_id]
            leaves -= quantity
            self.last_match_number = match_number = self.last_match_number + 1
            executed = OrderExecuted(
                resting.instrument_id,
                match_number,
                resting.price,
                quantity,
                resting.order_id,
                resting.order_reference,
                open_quantity - quantity,
                incoming_order_id,
                leaves,
                incoming_side,
            )
            self.trades.append(executed)
            events.append(executed)
        return leaves

    def _trade_on_terms(
        self,
        contra: BookSide,
        resting: RestingOrder,
        incoming_order_id: int,
        leaves: int,
        events: list[Event],
    ) -> int:
        """One step of `trade` with an order that hides something, or that has an expiry."""
        terms = resting.terms
        assert terms is not None
        reserve = terms.display_quantity > 0
        quantity = min(leaves, terms.shown if reserve else resting.leaves)
        leaves -= quantity
        self.last_match_number += 1
        executed = OrderExecuted(
            resting.instrument_id,
            self.last_match_number,
            resting.price,
            quantity,
            resting.order_id,
            resting.order_reference,
            resting.leaves - quantity,
            incoming_order_id,
            leaves,
            _SELL if resting.side is _BUY else _BUY,
            FULL if terms.shown else 0,
        )
        self.trades.append(executed)
        events.append(executed)
        if quantity == resting.leaves:
            contra.remove(resting)
            self.finish(resting)
        else:
            contra.reduce(resting, quantity)
            if reserve:
                self._shrink(contra, resting, terms, quantity, events)
        return leaves

    def _shrink(
        self,
        book_side: BookSide,
        order: RestingOrder,
        terms: Terms,
        quantity: int,
        events: list[Event],
    ) -> None:
        """A reserve order shows `quantity` less; where that was all of it, it shows anew."""
        shown = terms.shown - quantity
        if shown:
            order.terms = showing(terms, shown)
            return
        shown = min(terms.display_quantity, order.leaves)
        order.terms = showing(terms, shown)
        old_reference = order.order_reference
        self.to_the_end(book_side, order)
        events.append(
            OrderRefreshed(
                order.order_id,
                old_reference,
                order.order_reference,
                order.instrument_id,
                order.side,
                order.price,
                shown,
                order.leaves,
            )
        )

    def to_the_end(self, book_side: BookSide, order: RestingOrder) -> None:
        """The end of its price's queue, and the reference that goes with it."""
        book_side.remove(order)
        self.last_order_number = order.order_reference = self.last_order_number + 1
        book_side.join(order)

    def rest(self, book_side: BookSide, order: RestingOrder, terms: Terms) -> OrderRested:
        """Join the book with what is left, on these terms."""
        leaves = order.leaves
        displayed = min(terms.display_quantity, leaves)  # FULL and 0 are below all leaves
        self.set_terms(order, showing(terms, displayed))
        book_side.join(order)
        return OrderRested(
            order.order_id,
            order.order_reference,
            order.instrument_id,
            order.side,
            order.price,
            leaves,
            displayed,
        )

    def reduce(self, order: RestingOrder, quantity: int) -> int:
        """Lower an order's leaves by less than all of them, first what does not show; returns the
        displayed quantity that went: FULL if all of it, as of an ordinary order."""
        self.side_of(order).reduce(order, quantity)
        terms = order.terms
        if terms is None or terms.display_quantity == FULL:
            return FULL
        shown = min(terms.shown, order.leaves)
        if shown == terms.shown:
            return 0
        order.terms = showing(terms, shown)
        return terms.shown - shown

    def take_off(
        self, order: RestingOrder, reason: CancelReason, requested_by: int, client_id: bytes
    ) -> OrderCanceled:
        """Leave the book for good."""
        del self.orders[order.order_id]
        book = self._listings[order.instrument_id].book
        (book.bids if order.side is _BUY else book.asks).remove(order)
        terms = order.terms
        displayed = FULL
        if terms is not None:
            displayed = terms.shown
            self.set_terms(order, None)
        return OrderCanceled(
            order.order_id,
            order.order_reference,
            order.instrument_id,
            order.side,
            order.price,
            order.leaves,
            reason,
            True,
            requested_by,
            client_id,
            displayed,
        )

    def finish(self, order: RestingOrder) -> None:
        """An order that is not in the book any more is done."""
        del self.orders[order.order_id]
        if order.terms is not None:
            self.set_terms(order, None)

    def set_terms(self, order: RestingOrder, terms: Terms | None) -> None:
        """Give an order these terms and the expiry that they say; None for one that leaves."""
        old = order.terms
        before = 0 if old is None else old.expire_ns
        after = 0 if terms is None else terms.expire_ns
        if before != after:
            if before:
                self.expiries.remove((before, order.order_id))
            if after:
                self.expiries.add((after, order.order_id))
        order.terms = terms

    def side_of(self, order: RestingOrder) -> BookSide:
        book = self._listings[order.instrument_id].book
        return book.bids if order.side is _BUY else book.asks

    def _check(self) -> None:
        """Assert every invariant of what is beside the books. O(n)."""
        ids = list(self.orders)
        assert ids == sorted(ids), ids
        assert len(ids) <= self.limits.live_orders_max
        assert len(self.trades) <= self.last_match_number
        assert list(self.expiries) == sorted(
            (order.terms.expire_ns, order.order_id)
            for order in self.orders.values()
            if order.terms is not None and order.terms.expire_ns
        ), self.expiries


def showing(terms: Terms, shown: int) -> Terms:
    """The same terms with another quantity shown."""
    return Terms(terms.display_quantity, shown, terms.expire_ns, terms.post_only)
