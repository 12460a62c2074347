"""The book alone: levels, queues and its self-check."""

from collections.abc import Callable

import pytest

from matching.book import ANY_PRICE, OrderBook
from matching.order import RestingOrder, Terms
from matching.types import FULL, Side
from tests.matching.engine_tape import BUY, SELL, entry


def book_of(*orders: tuple[Side, int, int]) -> tuple[OrderBook, list[RestingOrder]]:
    """A book of (side, price, quantity), ids from 1."""
    book = OrderBook()
    resting = []
    for order_id, (side, price, quantity) in enumerate(orders, 1):
        order = RestingOrder(order_id, entry(side, quantity, price), quantity)
        book.side(side).add(order)
        resting.append(order)
    book._check()
    return book, resting


def ids(book: OrderBook, side: Side) -> list[int]:
    return [order.order_id for order in book.side(side)]


def test_best_price_first_then_oldest() -> None:
    book, _ = book_of((BUY, 100, 1), (BUY, 300, 1), (BUY, 100, 1), (SELL, 500, 1), (SELL, 400, 1))
    assert ids(book, BUY) == [2, 1, 3]
    assert ids(book, SELL) == [5, 4]
    assert list(book.bids.prices()) == [(300, 1), (100, 2)]
    assert list(book.asks.prices()) == [(400, 1), (500, 1)]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_removal_keeps_the_rest_of_the_queue(place: int) -> None:
    book, orders = book_of((SELL, 100, 5), (SELL, 100, 6), (SELL, 100, 7))
    gone = orders.pop(place)
    book.asks.remove(gone)
    book._check()
    assert ids(book, SELL) == [order.order_id for order in orders]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_level_goes_with_its_last_order(place: int) -> None:
    book, orders = book_of((BUY, 100, 5), (BUY, 200, 6), (BUY, 300, 7))
    book.bids.remove(orders.pop(place))
    book._check()
    assert list(book.bids.prices()) == [(o.price, o.leaves) for o in reversed(orders)]


def test_reduce_keeps_the_place() -> None:
    book, orders = book_of((BUY, 100, 5), (BUY, 100, 6))
    book.bids.reduce(orders[0], 2)
    book._check()
    assert ids(book, BUY) == [1, 2]
    assert list(book.bids.prices()) == [(100, 9)]


def with_hidden(*displays: int) -> tuple[OrderBook, list[RestingOrder]]:
    """Bids at one price; 0 is a hidden order."""
    book = OrderBook()
    resting = []
    for order_id, display in enumerate(displays, 1):
        order = RestingOrder(order_id, entry(BUY, 5, 100), 5)
        order.terms = Terms(display, display, 0, True)
        book.bids.join(order)
        book._check()
        resting.append(order)
    return book, resting


@pytest.mark.parametrize(
    ("displays", "queue"),
    [
        ((0, FULL), [2, 1]),
        ((0, 0, FULL, FULL), [3, 4, 1, 2]),
        ((FULL, 0, FULL, 0), [1, 3, 2, 4]),
        ((0, 0), [1, 2]),
    ],
)
def test_hidden_orders_queue_behind_those_that_show(
    displays: tuple[int, ...], queue: list[int]
) -> None:
    book, _ = with_hidden(*displays)
    assert ids(book, BUY) == queue
    assert list(book.bids.prices()) == [(100, 5 * len(displays))]


@pytest.mark.parametrize("gone", [0, 1, 2, 3])
def test_either_queue_goes_on_without_one(gone: int) -> None:
    book, orders = with_hidden(FULL, 0, FULL, 0)
    book.bids.remove(orders[gone])
    book._check()
    book.bids.add(RestingOrder(9, entry(BUY, 1, 100), 1))
    book._check()
    assert ids(book, BUY) == [n for n in (1, 3, 9, 2, 4) if n != gone + 1]


def test_the_best_order_leaves_and_with_the_last_its_level() -> None:
    book, _ = book_of((SELL, 100, 5), (SELL, 100, 6), (SELL, 200, 7))
    for left in ([2, 3], [3], []):
        book.asks.remove_best()
        book._check()
        assert ids(book, SELL) == left


@pytest.mark.parametrize(
    ("limit", "quantity", "answer"),
    [(100, 5, True), (100, 6, False), (200, 11, True), (200, 12, False), (99, 1, False)],
)
def test_can_fill_counts_levels_up_to_the_limit(limit: int, quantity: int, answer: bool) -> None:
    book, _ = book_of((SELL, 100, 5), (SELL, 200, 6))
    assert book.asks.can_fill(-limit, quantity) is answer


def test_can_fill_at_any_price() -> None:
    book, _ = book_of((SELL, 100, 5), (SELL, 200, 6))
    assert book.asks.can_fill(ANY_PRICE, 11)
    assert not book.asks.can_fill(ANY_PRICE, 12)
    assert not book.bids.can_fill(ANY_PRICE, 1)


def test_can_fill_looks_at_no_level_more_than_it_needs() -> None:
    book, _ = book_of((SELL, 100, 5), (SELL, 200, 6))
    del book.asks.levels[-200]
    assert book.asks.can_fill(ANY_PRICE, 5)


def wrong_sum(book: OrderBook) -> None:
    book.bids.levels[100].quantity += 1


def wrong_keys(book: OrderBook) -> None:
    book.bids.keys.reverse()


def wrong_tail(book: OrderBook) -> None:
    book.bids.levels[100].tail = book.bids.levels[100].head


def crossed(book: OrderBook) -> None:
    book.asks.add(RestingOrder(9, entry(SELL, 1, 200), 1))


def empty_order(book: OrderBook) -> None:
    book.bids.levels[200].head.leaves = 0


def younger_first(book: OrderBook) -> None:
    book.bids.levels[100].head.order_reference = 99


def wrong_hidden(book: OrderBook) -> None:
    book.bids.levels[100].hidden = book.bids.levels[100].tail


def shown_behind_hidden(book: OrderBook) -> None:
    book.bids.levels[100].head.terms = Terms(0, 0, 0, False)
    book.bids.levels[100].hidden = book.bids.levels[100].head


def shows_more_than_it_has(book: OrderBook) -> None:
    book.bids.levels[200].head.terms = Terms(9, 8, 0, False)


def shows_nothing(book: OrderBook) -> None:
    book.bids.levels[200].head.terms = Terms(9, 0, 0, False)


def shows_what_it_hides(book: OrderBook) -> None:
    book.bids.levels[200].head.terms = Terms(FULL, 7, 5, False)


def empty_terms(book: OrderBook) -> None:
    book.bids.levels[200].head.terms = Terms(FULL, FULL, 0, False)


@pytest.mark.parametrize(
    "damage",
    [
        *(wrong_sum, wrong_keys, wrong_tail, crossed, empty_order, younger_first),
        *(wrong_hidden, shown_behind_hidden, shows_more_than_it_has, shows_nothing),
        *(shows_what_it_hides, empty_terms),
    ],
)
def test_check_finds(damage: Callable[[OrderBook], None]) -> None:
    book, _ = book_of((BUY, 100, 5), (BUY, 100, 6), (BUY, 200, 7))
    damage(book)
    with pytest.raises(AssertionError):
        book._check()
