"""The order book of one symbol: price, then display, then time.

Prices are kept as keys of which the largest is the best (bid: the price; ask: minus the price), so
that one code serves both sides and the best is the end of a sorted list, where appending and
removing move nothing. For a price that comes and one that goes, a list with bisect costs 0.6 us at
300 levels and 1.5 at 3,000, sortedcontainers.SortedList 1.6 and 2.0; it wins from some 5,000 on
(tests/benchmarks/bench_engine.py, `levels`).
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from itertools import pairwise

from matching.order import Level, RestingOrder
from matching.types import FULL, Side

ANY_PRICE = -(1 << 63)
"""A limit key below every price's key: what a market order accepts."""


class BookSide:
    """One side of the book. The matching loop reads `keys` and `levels`; only this changes them."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        """Key = sign * price: 1 for bids, -1 for asks."""
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}

    def add(self, order: RestingOrder) -> None:
        """Join the end of those that show. O(1); for a new price O(log n) and a memmove."""
        key = self.sign * order.price
        level = self.levels.get(key)
        order.next = None
        if level is None:
            order.previous = None
            self.levels[key] = Level(order)
            insort(self.keys, key)
        elif level.hidden is None:
            tail = level.tail
            order.previous = tail
            tail.next = order
            level.tail = order
            level.quantity += order.leaves
        else:
            _add_before(level.hidden, order, level)

    def join(self, order: RestingOrder) -> None:
        """`add` for an order of any terms: a hidden one joins the end of the hidden ones."""
        terms = order.terms
        if terms is None or terms.display_quantity:
            self.add(order)
            return
        key = self.sign * order.price
        level = self.levels.get(key)
        hidden = None if level is None else level.hidden
        if level is not None:
            level.hidden = None  # behind all of them is the end of the queue
        self.add(order)
        self.levels[key].hidden = order if hidden is None else hidden

    def remove(self, order: RestingOrder) -> None:
        """Leave the queue. O(1); for the last order of a price O(log n) and a memmove."""
        key = self.sign * order.price
        previous = order.previous
        following = order.next
        if previous is following:  # both None: it was alone
            keys = self.keys
            if keys[-1] == key:
                keys.pop()
            else:
                del keys[bisect_left(keys, key)]
            del self.levels[key]
            return
        level = self.levels[key]
        level.quantity -= order.leaves
        if level.hidden is order:
            level.hidden = following
        if previous is None:
            assert following is not None
            level.head = following
        else:
            previous.next = following
        if following is None:
            assert previous is not None
            level.tail = previous
        else:
            following.previous = previous

    def remove_best(self) -> None:
        """The first of all, which shows, leaves. O(1)."""
        keys = self.keys
        key = keys[-1]
        level = self.levels[key]
        order = level.head
        following = order.next
        if following is None:
            keys.pop()
            del self.levels[key]
        else:
            following.previous = None
            level.head = following
            level.quantity -= order.leaves

    def reduce(self, order: RestingOrder, quantity: int) -> None:
        """Lower an order's leaves by less than all of them; it keeps its place. O(1).

        What it shows is for the caller to lower.
        """
        order.leaves -= quantity
        self.levels[self.sign * order.price].quantity -= quantity

    def can_fill(self, limit_key: int, quantity: int) -> bool:
        """Whether the levels at `limit_key` or better hold `quantity`, shown or not. Looks at no
        level more."""
        for key in reversed(self.keys):
            if key < limit_key:
                return False
            quantity -= self.levels[key].quantity
            if quantity <= 0:
                return True
        return False

    def __iter__(self) -> Iterator[RestingOrder]:
        """Every order, best price first, shown before hidden, oldest first."""
        for key in reversed(self.keys):
            order: RestingOrder | None = self.levels[key].head
            while order is not None:
                yield order
                order = order.next

    def prices(self) -> Iterator[tuple[int, int]]:
        """(price, total quantity, shown or not) of every level, best first."""
        for key in reversed(self.keys):
            yield key * self.sign, self.levels[key].quantity


def _add_before(hidden: RestingOrder, order: RestingOrder, level: Level) -> None:
    """Join the end of those that show, where others at that price are hidden."""
    previous = hidden.previous
    order.previous = previous
    order.next = hidden
    hidden.previous = order
    if previous is None:
        level.head = order
    else:
        previous.next = order
    level.quantity += order.leaves


class OrderBook:
    """Both sides of one symbol."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids = BookSide(1)
        self.asks = BookSide(-1)

    def side(self, side: Side) -> BookSide:
        return self.bids if side is Side.BUY else self.asks

    def _check(self) -> None:
        """Assert every invariant. O(n): for tests and `-X dev`."""
        for side, book_side in ((Side.BUY, self.bids), (Side.SELL, self.asks)):
            _check_side(side, book_side)
        if self.bids.keys and self.asks.keys:
            # Prices of resting orders never meet: they would have traded.
            assert self.bids.keys[-1] < -self.asks.keys[-1], (self.bids.keys, self.asks.keys)


def _check_side(side: Side, book_side: BookSide) -> None:
    keys = book_side.keys
    assert all(a < b for a, b in pairwise(keys)), keys
    assert set(keys) == set(book_side.levels), (keys, book_side.levels)
    for key, level in book_side.levels.items():
        quantity = 0
        reference = 0
        first_hidden: RestingOrder | None = None
        previous: RestingOrder | None = None
        order: RestingOrder | None = level.head
        while order is not None:
            assert order.side is side, order.order_id
            assert order.price * book_side.sign == key, order.order_id
            assert 0 < order.leaves <= order.quantity, order.order_id
            assert order.previous is previous, order.order_id
            hidden = _check_terms(order)
            assert hidden or first_hidden is None, order.order_id
            if hidden and first_hidden is None:
                first_hidden = order
                reference = 0
            # References come from one counter, so both queues are in their order: oldest first.
            assert order.order_reference > reference, order.order_id
            assert order.order_reference >= order.order_id, order.order_id
            reference = order.order_reference
            quantity += order.leaves
            previous, order = order, order.next
        assert level.hidden is first_hidden, key
        assert level.tail is previous, key
        assert level.quantity == quantity > 0, key


def _check_terms(order: RestingOrder) -> bool:
    """What an order shows is right; returns whether it is hidden."""
    terms = order.terms
    if terms is None:
        return False
    display_quantity, shown = terms.display_quantity, terms.shown
    if display_quantity > 0:
        assert 0 < shown <= min(display_quantity, order.leaves), order.order_id
    else:
        assert shown == display_quantity, order.order_id
    # Terms that ask for nothing are None, or the order path would be longer for nothing.
    assert terms.post_only or terms.expire_ns or display_quantity != FULL, order.order_id
    return display_quantity == 0
