"""A client that folds W and X shows the engine's own book, trades and statistics, always."""

from collections.abc import Iterable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.credentials import ConfiguredCredentials
from gateway.journal.log import MemoryLog
from gateway.journal.records import decode_batch, encode_batch
from gateway.order_entry.fix import FixDesk
from gateway.replay import Divergence, Outcome, Replay
from gateway.venue import Venue
from matching.commands import (
    BustTrade,
    CancelOrder,
    Command,
    EndOfDay,
    EnterOrder,
    MassCancel,
    ReduceOrder,
    ReplaceOrder,
    SetPhase,
    StartOfDay,
)
from matching.types import BustReason, OrderType, Phase, Side, TimeInForce
from protocol.fix.values import format_decimal
from protocol.fix.version import FIX42, FIX44, FIX50SP2, Version
from tests.gateway.order_entry.fix_md_client import Book, MarketDataClient, Shown, config, harness
from tests.gateway.venue_harness import MIDNIGHT_NS, TRADING_DATE, VenueHarness

TICK = 100
QUANTITIES = st.integers(1, 9)
PRICES = st.integers(1, 5).map(lambda ticks: ticks * TICK)
SYMBOLS = ("AAPL", "MSFT")


@st.composite
def commands(draw: st.DrawFn) -> Command:
    kind = draw(st.integers(0, 14))
    order_id = draw(st.integers(1, 25))
    if kind == 0:
        return CancelOrder(1, 1, order_id, b"c")
    if kind == 1:
        return ReduceOrder(1, 1, order_id, draw(QUANTITIES))
    if kind == 2:
        keep = draw(st.booleans())
        return ReplaceOrder(1, 1, order_id, b"p", draw(QUANTITIES), draw(PRICES), keep)
    if kind == 3:
        operator: list[Command] = [
            BustTrade(draw(st.integers(1, 9)), BustReason.ERRONEOUS),
            MassCancel(instrument_id=1),
            SetPhase(2, Phase.HALTED),
            SetPhase(0, Phase.OPEN),
            EndOfDay(),
            StartOfDay(TRADING_DATE + 1, MIDNIGHT_NS),
        ]
        return draw(st.sampled_from(operator))
    return EnterOrder(
        1,
        1,
        draw(st.integers(1, 2)),
        b"o",
        draw(st.sampled_from(Side)),
        OrderType.LIMIT,
        draw(st.sampled_from([TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC])),
        draw(QUANTITIES),
        draw(PRICES),
        b"1",
    )


TICKS = st.lists(
    st.tuples(st.lists(commands(), min_size=1, max_size=4), st.booleans()), max_size=25
)
"""What happens in each tick, and whether it is the watcher's turn afterwards."""


def book_of(venue: VenueHarness, symbol: str, depth: int) -> dict[str, Book]:
    """What the engine holds, to `depth` levels a side."""
    engine = venue.venue.engine
    instrument_id = engine.instrument_id(symbol.encode())
    assert instrument_id is not None
    sides: dict[str, Book] = {"0": {}, "1": {}}
    sums: dict[tuple[str, int], tuple[int, int]] = {}
    for order in engine.resting(instrument_id):
        key = ("0" if order.side is Side.BUY else "1", order.price)
        quantity, orders = sums.get(key, (0, 0))
        sums[key] = (quantity + order.quantity, orders + 1)
    for side, book in sides.items():
        prices = sorted((price for known, price in sums if known == side), reverse=side == "0")
        for price in prices[: depth or None]:
            quantity, orders = sums[side, price]
            book[format_decimal(price, 4).decode()] = (f"{quantity}", orders)
    return sides


def statistics_of(venue: VenueHarness, symbol: str) -> dict[str, str]:
    engine = venue.venue.engine
    instrument_id = engine.instrument_id(symbol.encode())
    trades = [one for one in engine.trades if one and one.instrument_id == instrument_id]
    if not trades:
        return {}
    prices = [one.price for one in trades]
    shown = {"4": prices[0], "7": max(prices), "8": min(prices)}
    texts = {kind: format_decimal(price, 4).decode() for kind, price in shown.items()}
    return texts | {"B": f"{sum(one.quantity for one in trades)}"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    ticks=TICKS,
    depth=st.sampled_from([0, 1, 2]),
    late=st.integers(0, 10),
    incremental=st.booleans(),
    version=st.sampled_from([FIX42, FIX44, FIX50SP2]),
)
def test_a_folding_client_shows_the_engines_book_after_each_of_its_turns(
    ticks: list[tuple[list[Command], bool]],
    depth: int,
    late: int,
    incremental: bool,
    version: Version,
) -> None:
    venue = harness()
    watcher = MarketDataClient(venue, version=version)
    watcher.log_on()
    types = "01478" if version is FIX42 else "01478B"
    for number, (happening, its_turn) in enumerate(ticks):
        with venue.tick():
            half = len(happening) // 2
            for command in happening[:half]:
                venue.venue.controlled(command)
            if number == late:
                update = "265=1|" if incremental else "265=0|"
                watcher.subscribe(types=types, depth=depth, symbols=SYMBOLS, update=update)
            for command in happening[half:]:
                venue.venue.controlled(command)
        if its_turn:
            watcher.turn()
            watcher.messages()
            check(watcher, venue, depth, subscribed=number >= late)
    watcher.turn()
    watcher.messages()
    check(watcher, venue, depth, subscribed=len(ticks) > late)


def check(client: MarketDataClient, venue: VenueHarness, depth: int, *, subscribed: bool) -> None:
    for symbol in SYMBOLS if subscribed else ():
        shown = client.shown["q", symbol]
        assert shown.sides == book_of(venue, symbol, depth)
        expected = statistics_of(venue, symbol)
        if client.version is FIX42:
            expected.pop("B", None)
        assert shown.statistics == expected


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ticks=TICKS)
def test_every_trade_of_the_day_is_told_once_and_every_bust_takes_one_back(
    ticks: list[tuple[list[Command], bool]],
) -> None:
    venue = harness()
    watcher = MarketDataClient(venue, version=FIX50SP2)
    watcher.log_on()
    watcher.subscribe(types="2", symbols=SYMBOLS)
    prints: dict[str, Shown] = {}
    for happening, its_turn in ticks:
        venue.control(*(one for one in happening if not isinstance(one, EndOfDay)))
        if its_turn:
            watcher.turn()
    watcher.turn()
    watcher.messages()
    for symbol in SYMBOLS:
        prints[symbol] = watcher.shown["q", symbol]
    told = {name for shown in prints.values() for name in shown.trades}
    trades = [one for one in venue.venue.engine.trades if one is not None]
    assert told == {f"{one.instrument_id}-2-{one.match_number}" for one in trades}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ticks=TICKS)
def test_a_replay_makes_the_same_market_data_again(
    ticks: list[tuple[list[Command], bool]],
) -> None:
    venue = harness()
    watcher = MarketDataClient(venue)
    watcher.log_on()
    watcher.subscribe(types="01247", symbols=SYMBOLS)
    for happening, its_turn in ticks:
        venue.control(*happening)
        if its_turn:
            watcher.turn()
    assert replayed(venue.log.read(1)).divergence is None
    assert any(run.derived for batch in venue.batches() for run in batch.frames)


def test_a_replay_finds_market_data_that_was_not_what_was_sent() -> None:
    venue = harness()
    watcher = MarketDataClient(venue)
    watcher.log_on()
    watcher.subscribe()
    *before, (number, payload) = venue.log.read(1)
    batch = decode_batch(payload)
    (length, crc) = batch.frames[0].derived[0]
    batch.frames[0].derived[0] = (length, crc ^ 1)
    assert replayed([*before, (number, encode_batch(batch))]).divergence == Divergence(
        number, "frame", (1, 2, (length, crc ^ 1)), (1, 2, (length, crc))
    )


def replayed(batches: Iterable[tuple[int, bytes]]) -> Outcome:
    """A replay by venues of the same configuration."""
    configured = config()

    def make_venue(log: MemoryLog, configuration: bytes) -> Venue:
        venue = Venue(
            log,
            ConfiguredCredentials(configured),
            lambda venue: {b"fix": FixDesk(venue, configured)},
            lambda line: None,
        )
        venue.recover()
        return venue

    return Replay(make_venue).run(batches)
