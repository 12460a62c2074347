"""Levels and last trade as the market sees them."""

from matching.commands import CancelOrder, ReduceOrder, ReplaceOrder
from matching.depth import Depth, DepthLevel, LastTrade, MarketDepth
from matching.events import DayEnded, InstrumentAdded
from matching.types import Side
from tests.matching.engine_tape import AAPL, BUY, IOC, SELL, Tape, rested


def fold(depth: Depth, *batches: tuple[object, ...]) -> list[tuple[Side, int] | None]:
    return [depth.fold(event) for batch in batches for event in batch]  # type: ignore[arg-type]


def test_depth_follows_every_kind_of_change() -> None:
    tape, depth = Tape(), Depth(1)
    assert fold(depth, tape.enter(BUY, 10, 10_000), tape.enter(BUY, 5, 10_000)) == [
        None,
        (BUY, 10_000),
        None,
        (BUY, 10_000),
    ]
    fold(depth, tape.enter(SELL, 7, 10_200), tape.enter(BUY, 2, 9_900))
    assert depth.levels() == (
        (DepthLevel(10_000, 15, 2), DepthLevel(9_900, 2, 1)),
        (DepthLevel(10_200, 7, 1),),
    )
    assert fold(depth, tape.enter(SELL, 11, 10_000, IOC)) == [None, (BUY, 10_000), (BUY, 10_000)]
    assert depth.last_trade == LastTrade(2, 10_000, 1, SELL)
    assert depth.best_bid == DepthLevel(10_000, 4, 1)
    fold(depth, tape.apply(ReduceOrder(1, 1, 2, 3)))
    assert depth.level(BUY, 10_000) == DepthLevel(10_000, 2, 1)
    fold(depth, tape.apply(ReplaceOrder(1, 1, 2, b"R", 2, 10_000, True)))
    assert depth.level(BUY, 10_000) == DepthLevel(10_000, 1, 1)
    fold(depth, tape.apply(ReplaceOrder(1, 1, 2, b"R", 5, 10_100, True)))
    fold(depth, tape.apply(CancelOrder(1, 1, 3, b"X")))
    assert depth.levels(1) == ((DepthLevel(10_100, 4, 1),), ())
    assert depth.best_ask is None
    assert depth.level(SELL, 10_200) == DepthLevel(10_200, 0, 0)


def test_replace_to_what_executed_leaves_the_depth() -> None:
    tape, depth = Tape(), Depth(1)
    fold(depth, tape.enter(BUY, 10, 10_000), tape.enter(SELL, 4, 10_000))
    fold(depth, tape.apply(ReplaceOrder(1, 1, 1, b"R", 4, 10_000, True)))
    assert depth.levels() == ((), ())


def test_remainder_of_an_ioc_was_never_in_the_depth() -> None:
    tape, depth = Tape(), Depth(1)
    assert fold(depth, tape.enter(BUY, 10, 10_000, IOC)) == [None, None]
    assert depth.levels() == ((), ())


def test_levels_are_cut_from_the_best() -> None:
    tape, depth = Tape(), Depth(1)
    for price in (10_000, 10_300, 10_100):
        fold(depth, tape.enter(BUY, 1, price), tape.enter(SELL, 1, 20_000 + price))
    bids, asks = depth.levels(2)
    assert [level.price for level in bids] == [10_300, 10_100]
    assert [level.price for level in asks] == [30_000, 30_100]
    assert depth.levels(0) == ((), ())


def test_market_depth_keeps_instruments_apart() -> None:
    market = MarketDepth()
    assert market.fold(InstrumentAdded(1, AAPL)) is None
    assert market.fold(InstrumentAdded(2, AAPL)) is None
    assert market.fold(rested(1, BUY, 10_000, 5, instrument=2)) == (2, BUY, 10_000)
    assert market.fold(DayEnded(20250102)) is None
    assert market.instruments[1].levels() == ((), ())
    assert market.instruments[2].best_bid == DepthLevel(10_000, 5, 1)
