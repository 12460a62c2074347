"""Participants decide by seed and reports alone, within their bounds, on the tick."""

import subprocess
import sys
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import DEFAULT_INSTRUMENTS
from matching.instrument import Instrument
from matching.types import Side, TimeInForce
from simulator.clients.words import Cancel, HistoryLost, New, Replace, Request
from simulator.participants.market_maker import MarketMaker, MarketMakerSettings
from simulator.participants.noise_trader import NoiseTrader, NoiseTraderSettings
from simulator.participants.participant import Participant, base36
from tests.simulator.toy_venue import ToyVenue, live_through

AAPL = DEFAULT_INSTRUMENTS[0]
ODD = Instrument(symbol=b"ODD", tick_size=2500, lot_size=10, reference_price=500_000)
SMALL = MarketMakerSettings(levels=4, lots_max=60, position_max_lots=100)


def market_maker(seed: int, settings: MarketMakerSettings | None = None) -> MarketMaker:
    return MarketMaker(AAPL, Random(seed), "RUN", settings or MarketMakerSettings())


def noise_trader(seed: int) -> NoiseTrader:
    return NoiseTrader((AAPL, ODD), Random(seed), "RUN", NoiseTraderSettings())


MAKE: dict[str, Callable[[int], Participant]] = {
    "market maker": market_maker,
    "noise trader": noise_trader,
}
each_kind = pytest.mark.parametrize("make", MAKE.values(), ids=MAKE.keys())


@each_kind
def test_same_seed_and_same_reports_give_the_same_requests(
    make: Callable[[int], Participant],
) -> None:
    first = live_through(make(7), ToyVenue(Random(1)), 300)
    second = live_through(make(7), ToyVenue(Random(1)), 300)
    assert first == second
    assert len(first) > 100
    assert live_through(make(8), ToyVenue(Random(1)), 300) != first


def test_hash_seeds_change_no_decision() -> None:
    script = (
        "from random import Random;"
        "from tests.simulator.test_participants import noise_trader;"
        "from tests.simulator.toy_venue import ToyVenue, live_through;"
        "print(live_through(noise_trader(3), ToyVenue(Random(1)), 100))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@each_kind
def test_every_price_is_on_the_tick_and_every_quantity_in_lots(
    make: Callable[[int], Participant],
) -> None:
    instruments = {one.symbol: one for one in (AAPL, ODD)}
    for request in live_through(make(5), ToyVenue(Random(2)), 500):
        if isinstance(request, Cancel):
            continue
        instrument = instruments[request.symbol]
        assert request.price % instrument.tick_size == 0
        assert 0 <= request.price <= instrument.price_max
        assert request.quantity > 0
        if isinstance(request, New):
            assert request.quantity % instrument.lot_size == 0


@each_kind
def test_ids_are_fresh_and_fit_every_wire(make: Callable[[int], Participant]) -> None:
    requests = live_through(make(5), ToyVenue(Random(2)), 500)
    ids = [request.client_id for request in requests]
    assert len(set(ids)) == len(ids)
    assert all(one.isalnum() and len(one) <= 14 for one in ids)


@given(seed=st.integers(0, 1000), choices=st.lists(st.integers(0, 3), max_size=80))
def test_no_fill_ever_takes_a_market_maker_beyond_its_bound(seed: int, choices: list[int]) -> None:
    maker, venue = market_maker(seed, SMALL), ToyVenue(Random(seed))
    waiting: list[Request] = []
    for choice in choices:
        if choice == 0:
            waiting += maker.step()
        elif choice == 1 and waiting:
            for report in venue.answer(waiting.pop(0)):
                maker.told(report)
        elif choice == 2:
            for client_id in [one for one, order in venue.live.items() if order.side is Side.BUY]:
                maker.told(venue.trade(client_id, venue.leaves(client_id)))
        else:
            for report in venue.trade_something():
                maker.told(report)
        assert abs(maker.portfolio.position(AAPL.symbol)) <= SMALL.position_max_lots


@given(seed=st.integers(0, 1000))
def test_noise_traders_keep_their_bounds(seed: int) -> None:
    settings = NoiseTraderSettings(position_max_lots=50, open_orders_max=4)
    trader = NoiseTrader((AAPL,), Random(seed), "RUN", settings)
    venue = ToyVenue(Random(seed))
    for _ in range(60):
        live_through(trader, venue, 1)
        assert abs(trader.portfolio.position(AAPL.symbol)) <= 50
        assert len(venue.live) <= 4


def test_a_market_maker_shows_ten_levels_a_side_around_its_price() -> None:
    maker, venue = market_maker(1), ToyVenue(Random(1))
    for request in maker.step():
        for report in venue.answer(request):
            maker.told(report)
    sides = {
        side: sorted(order.price for order in venue.live.values() if order.side is side)
        for side in Side
    }
    bids, asks = sides[Side.BUY], sides[Side.SELL]
    assert bids == [bids[0] + 100 * level for level in range(10)]
    assert asks == [asks[0] + 100 * level for level in range(10)]
    assert asks[0] - bids[-1] == 200
    assert abs(bids[-1] - AAPL.reference_price) <= 300


def test_a_market_maker_never_trades_with_itself() -> None:
    maker, venue = market_maker(4, SMALL), ToyVenue(Random(4))
    for _ in range(300):
        live_through(maker, venue, 1)
        bids = [order.price for order in venue.live.values() if order.side is Side.BUY]
        asks = [order.price for order in venue.live.values() if order.side is Side.SELL]
        assert max(bids, default=0) < min(asks, default=AAPL.price_max)
        assert max(len(bids), len(asks)) <= SMALL.levels


def test_inventory_moves_the_ladder_against_itself() -> None:
    maker, venue = market_maker(1), ToyVenue(Random(1))
    before = maker.ladder(Side.SELL)[0]
    for request in maker.step():
        for report in venue.answer(request):
            maker.told(report)
    bid = max(
        (one for one in venue.live.values() if one.side is Side.BUY), key=lambda one: one.price
    )
    bids = [one for one in venue.live.values() if one.side is Side.BUY]
    for one in bids:
        maker.told(venue.trade(one.client_id, one.quantity))
    assert maker.portfolio.position(AAPL.symbol) > 0
    assert maker.ladder(Side.SELL)[0] < before
    assert maker.ladder(Side.BUY)[0] <= bid.price


def test_orders_of_another_run_are_canceled_first() -> None:
    trader, venue = noise_trader(1), ToyVenue(Random(1))
    old = New(b"OLD1", AAPL.symbol, Side.BUY, 10, 1_860_000)
    for report in venue.answer(old):
        trader.told(report)
    requests = trader.step()
    assert requests == [Cancel(b"RUN1", b"OLD1", AAPL.symbol, Side.BUY)]


def test_leaving_cancels_everything_live() -> None:
    maker, venue = market_maker(1), ToyVenue(Random(1))
    live_through(maker, venue, 20)
    for request in maker.leave():
        for report in venue.answer(request):
            maker.told(report)
    assert venue.live == {}
    assert maker.portfolio.orders == {}


def test_a_lost_history_leaves_no_orders_but_the_position() -> None:
    maker, venue = market_maker(1), ToyVenue(Random(1))
    live_through(maker, venue, 20)
    position = maker.portfolio.position(AAPL.symbol)
    maker.told(HistoryLost())
    assert maker.portfolio.orders == {}
    assert maker.portfolio.position(AAPL.symbol) == position


def test_a_wire_without_market_orders_gets_none() -> None:
    settings = NoiseTraderSettings(market_percent=0)
    trader = NoiseTrader((AAPL,), Random(1), "RUN", settings)
    requests = live_through(trader, ToyVenue(Random(1)), 300)
    assert all(request.price for request in requests if isinstance(request, New))
    assert any(
        request.time_in_force is TimeInForce.IOC for request in requests if isinstance(request, New)
    )


def test_an_order_moves_with_the_total_of_its_chain() -> None:
    maker, venue = market_maker(1), ToyVenue(Random(1))
    for request in maker.step():
        for report in venue.answer(request):
            maker.told(report)
    order = next(iter(maker.portfolio.orders.values()))
    leaves = order.leaves
    maker.told(venue.trade(order.client_id, 1))
    assert (order.executed, order.leaves) == (1, leaves - 1)
    replaces = []
    while not replaces:
        requests = maker.step()
        replaces = [
            request
            for request in requests
            if isinstance(request, Replace) and request.orig_client_id == order.client_id
        ]
        for request in requests:
            for report in venue.answer(request):
                maker.told(report)
    assert replaces[0].quantity == order.leaves + 1


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (35, "Z"), (36, "10"), (36**8 - 1, "Z" * 8)]
)
def test_base36_counts_in_digits_and_letters(number: int, text: str) -> None:
    assert base36(number) == text
