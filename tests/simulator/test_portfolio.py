"""What a participant knows of its orders: a fold of requests and reports."""

from matching.types import Side
from simulator.clients.words import (
    Accepted,
    Cancel,
    Canceled,
    Executed,
    New,
    Rejected,
    Replace,
    Replaced,
)
from simulator.participants.portfolio import Portfolio

NEW = New(b"1", b"AAPL", Side.BUY, 100, 1_870_000)


def live() -> Portfolio:
    portfolio = Portfolio()
    portfolio.request(NEW)
    portfolio.fold(Accepted(b"1", b"AAPL", Side.BUY, 100, 1_870_000))
    return portfolio


def test_an_order_is_unanswered_until_it_is_accepted() -> None:
    portfolio = Portfolio()
    portfolio.request(NEW)
    assert portfolio.unanswered() == [NEW]
    assert portfolio.idle() == []
    portfolio.fold(Accepted(b"1", b"AAPL", Side.BUY, 100, 1_870_000))
    assert portfolio.unanswered() == []
    assert [order.client_id for order in portfolio.idle()] == [b"1"]


def test_a_refused_order_never_was() -> None:
    portfolio = Portfolio()
    portfolio.request(NEW)
    portfolio.fold(Rejected(b"1", "halted"))
    assert portfolio.orders == {}


def test_executions_move_the_position_and_end_the_order() -> None:
    portfolio = live()
    portfolio.fold(Executed(b"1", 40, 1_870_000))
    assert (portfolio.position(b"AAPL"), portfolio.orders[b"1"].leaves) == (40, 60)
    portfolio.fold(Executed(b"1", 60, 1_870_000))
    assert (portfolio.position(b"AAPL"), portfolio.orders) == (100, {})


def test_reach_counts_the_larger_end_of_a_pending_replace() -> None:
    portfolio = live()
    portfolio.fold(Executed(b"1", 40, 1_870_000))
    assert portfolio.reach(b"AAPL", Side.BUY) == 100
    assert portfolio.reach(b"AAPL", Side.SELL) == -40
    portfolio.request(Replace(b"2", b"1", b"AAPL", Side.BUY, 150, 1_870_100))
    assert portfolio.reach(b"AAPL", Side.BUY) == 150
    portfolio.fold(Replaced(b"2", b"1", 110, 1_870_100))
    assert portfolio.reach(b"AAPL", Side.BUY) == 150
    assert list(portfolio.orders) == [b"2"]


def test_a_refused_cancel_leaves_the_order_unless_it_is_gone() -> None:
    portfolio = live()
    portfolio.request(Cancel(b"2", b"1", b"AAPL", Side.BUY))
    portfolio.fold(Rejected(b"2", "not now"))
    assert [order.client_id for order in portfolio.idle()] == [b"1"]
    portfolio.request(Cancel(b"3", b"1", b"AAPL", Side.BUY))
    portfolio.fold(Rejected(b"3", "too late", order_gone=True))
    assert portfolio.orders == {}


def test_a_cancel_takes_off_what_it_says() -> None:
    portfolio = live()
    portfolio.fold(Canceled(b"1", 30))
    assert portfolio.orders[b"1"].leaves == 70
    portfolio.fold(Canceled(b"1"))
    assert portfolio.orders == {}
