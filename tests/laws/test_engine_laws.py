"""What holds for every sequence of commands."""

from collections import Counter
from typing import TypeVar

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from matching.commands import (
    AddAccount,
    AddInstrument,
    BustTrade,
    CancelOrder,
    Command,
    EndOfDay,
    EnterOrder,
    ExpireOrders,
    MassCancel,
    ModifyOrder,
    ReduceOrder,
    RegisterSession,
    ReplaceOrder,
    RerankOrder,
    SetOrderEntry,
    SetPhase,
    StartOfDay,
)
from matching.depth import DepthLevel, MarketDepth
from matching.engine import Engine
from matching.events import (
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderModified,
    OrderReduced,
    OrderRefreshed,
    OrderReplaced,
    OrderReranked,
    OrderRested,
)
from matching.instrument import Instrument
from matching.snapshot import EngineState
from matching.types import FULL, BustReason, CancelReason, OrderType, Phase, Side, TimeInForce
from tests.laws.naive_engine import NaiveEngine

T = TypeVar("T")
INSTRUMENTS = 2
SESSIONS = 3
SETUP: tuple[Command, ...] = (
    *(AddAccount(b"%d" % number) for number in range(1, SESSIONS + 1)),
    *(RegisterSession(number, b"FIX", (b"%d" % number,)) for number in range(1, SESSIONS + 1)),
    *(AddInstrument(Instrument(b"%d" % n, tick_size=1)) for n in range(1, INSTRUMENTS + 1)),
)

# Few prices and small quantities, so that orders meet, queue up and are named again.
PRICES = st.integers(1, 6)
QUANTITIES = st.integers(1, 9)
ORDER_IDS = st.integers(0, 20)
TIMES_IN_FORCE = st.sampled_from([*TimeInForce, TimeInForce.DAY, TimeInForce.GTC])


# Half of the orders are ordinary in each of these.
DISPLAYS = st.sampled_from([FULL] * 5 + [0, 0, 1, 1, 2, 3, -2])
EXPIRIES = st.one_of(st.just(0), st.just(0), st.integers(0, 90))
"""Commands come one a nanosecond, beginning at 0."""


def or_none(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.one_of(st.none(), st.none(), strategy)


@st.composite
def entries(draw: st.DrawFn) -> EnterOrder:
    session = draw(st.integers(1, SESSIONS))
    market = draw(st.integers(0, 9)) == 0
    return EnterOrder(
        session,
        session,
        draw(st.sampled_from([1, 1, 1, 2])),
        b"C",
        draw(st.sampled_from(Side)),
        OrderType.MARKET if market else OrderType.LIMIT,
        draw(TIMES_IN_FORCE),
        draw(QUANTITIES),
        0 if market else draw(PRICES),
        expire_ns=draw(EXPIRIES),
        display_quantity=draw(DISPLAYS),
        post_only=draw(st.integers(0, 5)) == 0,
    )


REPLACES = st.builds(
    ReplaceOrder,
    session_id=st.just(1),
    account_id=st.just(1),
    order_id=ORDER_IDS,
    client_id=st.just(b"R"),
    quantity=st.integers(0, 9),
    price=st.integers(0, 6),
    keep_priority=st.booleans(),
    cancel_if_invalid=st.booleans(),
    expire_ns=or_none(EXPIRIES),
    display_quantity=or_none(DISPLAYS),
    post_only=or_none(st.booleans()),
)
REDUCES = st.builds(ReduceOrder, st.just(1), st.just(1), ORDER_IDS, st.integers(0, 9))
MODIFIES = st.builds(
    ModifyOrder, st.just(1), st.just(1), ORDER_IDS, st.integers(0, 9), st.just(b"")
)
RERANKS = st.builds(RerankOrder, ORDER_IDS)
CANCELS = st.builds(CancelOrder, st.just(2), st.just(2), ORDER_IDS, st.just(b"X"))
MASS_CANCELS = st.builds(
    MassCancel,
    st.integers(0, SESSIONS),
    st.integers(0, SESSIONS),
    st.integers(0, INSTRUMENTS),
    st.sampled_from([CancelReason.SUPERVISORY, CancelReason.DISCONNECT]),
    st.integers(0, SESSIONS),
    st.just(b"M"),
)
BUSTS = st.builds(BustTrade, st.integers(0, 9), st.sampled_from(BustReason))
PHASES = st.builds(SetPhase, st.integers(0, INSTRUMENTS), st.sampled_from(Phase))
SWEEPS = st.builds(ExpireOrders, st.integers(0, 90))
ENTRY_CHANGES = st.builds(
    SetOrderEntry, st.just(1), st.just(1), st.just(b"E"), st.just(b"F"), st.booleans()
)
DAYS = st.sampled_from([StartOfDay(20250102, 7), EndOfDay()])
RARE = st.one_of(MASS_CANCELS, BUSTS, PHASES, DAYS, SWEEPS, SWEEPS, ENTRY_CHANGES)
REOPENINGS = st.sampled_from([StartOfDay(20250103, 9), SetPhase(0, Phase.OPEN)])
REQUESTS = st.one_of(REPLACES, REPLACES, REDUCES, MODIFIES, RERANKS, CANCELS, BUSTS)


def of_kind(number: int) -> st.SearchStrategy[Command]:
    """Mostly orders in an open market: what is rare would otherwise keep the book empty."""
    if number < 1:
        return RARE
    if number < 3:
        return REOPENINGS
    if number < 10:
        return REQUESTS
    return entries()


COMMANDS: st.SearchStrategy[Command] = st.integers(0, 29).flatmap(of_kind)


NAMING = (ReplaceOrder, ReduceOrder, ModifyOrder, RerankOrder, CancelOrder)


def aimed(commands: list[Command]) -> list[Command]:
    """Three of four requests name an order that is live then; the rest keep their random number."""
    naive = NaiveEngine(INSTRUMENTS)
    naive.apply(StartOfDay(20250101, 5), len(SETUP))
    result: list[Command] = []
    for now_ns, command in enumerate(commands, len(SETUP) + 1):
        if isinstance(command, NAMING) and naive.orders:
            number = command.order_id
            if number % 4:
                live = naive.orders[number % len(naive.orders)].order_id
                command = msgspec.structs.replace(command, order_id=live)
        naive.apply(command, now_ns)
        result.append(command)
    return result


# A list of a drawn length: left to itself, hypothesis draws about five commands.
SEQUENCES = (
    st.integers(0, 60)
    .flatmap(lambda count: st.lists(COMMANDS, min_size=count, max_size=count))
    .map(lambda commands: [*SETUP, StartOfDay(20250101, 5), *aimed(commands)])
)


def run(engine: Engine, commands: list[Command], begin_ns: int = 0) -> list[tuple[Event, ...]]:
    return [engine.apply(command, now_ns) for now_ns, command in enumerate(commands, begin_ns)]


@given(SEQUENCES)
def test_no_two_resting_orders_could_trade(commands: list[Command]) -> None:
    engine = Engine()
    for now_ns, command in enumerate(commands):
        engine.apply(command, now_ns)
        engine._check()
        for instrument_id in engine.instruments:
            resting = list(engine.resting(instrument_id))
            bids = [order.price for order in resting if order.side is Side.BUY]
            asks = [order.price for order in resting if order.side is Side.SELL]
            assert not bids or not asks or max(bids) < min(asks)


@given(SEQUENCES)
def test_quantity_is_conserved(commands: list[Command]) -> None:
    """Entered, plus or minus what replaces changed, = executed + reduced + canceled + resting."""
    engine = Engine()
    balance: Counter[int] = Counter()
    for events in run(engine, commands):
        for event in events:
            match event:
                case OrderAccepted():
                    balance[event.order_id] += event.quantity
                case OrderReplaced():
                    balance[event.order_id] += event.leaves - event.old_leaves
                case OrderExecuted():
                    balance[event.resting_order_id] -= event.quantity
                    balance[event.incoming_order_id] -= event.quantity
                    assert balance[event.resting_order_id] == event.resting_leaves
                    assert balance[event.incoming_order_id] == event.incoming_leaves
                case OrderReduced() | OrderModified() | OrderCanceled():
                    balance[event.order_id] -= event.quantity
                case _:
                    pass
    resting = {
        order.order_id: order.quantity
        for instrument_id in engine.instruments
        for order in engine.resting(instrument_id)
    }
    assert {order_id: open_ for order_id, open_ in balance.items() if open_} == resting


@given(SEQUENCES)
def test_a_naive_engine_says_the_same(commands: list[Command]) -> None:
    engine, naive = Engine(), NaiveEngine(INSTRUMENTS)
    for now_ns, command in enumerate(commands):
        events = engine.apply(command, now_ns)
        if command not in SETUP:
            assert events == naive.apply(command, now_ns)
            assert engine.next_expiry_ns == naive.next_expiry_ns()
            resting = [
                (order.order_id, order.order_reference, order.quantity, order.displayed)
                for instrument_id in engine.instruments
                for order in engine.resting(instrument_id)
            ]
            assert resting == [
                (order.order_id, order.reference, order.open, order.displayed)
                for order in naive.book()
            ]


@given(SEQUENCES)
def test_an_order_rests_under_the_reference_that_was_told_before(commands: list[Command]) -> None:
    engine = Engine()
    told: dict[int, int] = {}
    for now_ns, command in enumerate(commands):
        for event in engine.apply(command, now_ns):
            if isinstance(event, OrderAccepted):
                told[event.order_id] = event.order_id
            elif isinstance(event, OrderReplaced | OrderRefreshed | OrderReranked):
                told[event.order_id] = event.order_reference
            elif isinstance(event, OrderRested):
                assert event.order_reference == told[event.order_id]


@given(SEQUENCES)
def test_depth_folded_from_events_equals_what_the_book_shows(commands: list[Command]) -> None:
    engine, market = Engine(), MarketDepth()
    for now_ns, command in enumerate(commands):
        before = {number: depth.levels() for number, depth in market.instruments.items()}
        changed = {market.fold(event) for event in engine.apply(command, now_ns)}
        for instrument_id in engine.instruments:
            depth = market.instruments[instrument_id]
            sides: dict[Side, dict[int, DepthLevel]] = {Side.BUY: {}, Side.SELL: {}}
            for order in engine.resting(instrument_id):
                if order.displayed == 0:
                    continue
                shown = order.quantity if order.displayed == FULL else order.displayed
                seen = sides[order.side].get(order.price, DepthLevel(order.price, 0, 0))
                sides[order.side][order.price] = DepthLevel(
                    order.price, seen.quantity + shown, seen.orders + 1
                )
            levels = depth.levels()
            assert levels == (
                tuple(sides[Side.BUY].values()),
                tuple(sides[Side.SELL].values()),
            )
            # Who applies only the levels named as changed has the whole book.
            for side, now, was in zip(
                Side, levels, before.get(instrument_id, ((), ())), strict=True
            ):
                differing = {level.price for level in set(now) ^ set(was)}
                assert {(instrument_id, side, price) for price in differing} <= changed


@given(SEQUENCES)
def test_same_commands_give_the_same_events_and_state(commands: list[Command]) -> None:
    decoder = msgspec.msgpack.Decoder(list[Command])
    recorded = decoder.decode(msgspec.msgpack.encode(commands))
    first, second = Engine(), Engine()
    assert run(first, commands) == run(second, recorded)
    assert first.state_hash() == second.state_hash()


@given(SEQUENCES, st.data())
def test_a_snapshot_anywhere_continues_alike(commands: list[Command], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(commands)))
    engine = Engine()
    run(engine, commands[:cut])
    encoded = msgspec.msgpack.encode(engine.snapshot())
    restored = Engine.restore(msgspec.msgpack.decode(encoded, type=EngineState))
    restored._check()
    assert restored.state_hash() == engine.state_hash()
    assert run(restored, commands[cut:], cut) == run(engine, commands[cut:], cut)
    restored._check()
    assert restored.state_hash() == engine.state_hash()
