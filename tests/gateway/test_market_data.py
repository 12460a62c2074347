"""Public channels: whoever applies the deltas to the snapshot holds what the venue holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.market_data import BookChannel, Channel, SessionsChannel, StatsChannel, TradesChannel
from gateway.order_entry.websocket_subscriptions import Subscription
from gateway.sessions import Connection
from matching.commands import (
    AddAccount,
    AddInstrument,
    BustTrade,
    CancelOrder,
    Command,
    EnterOrder,
    ModifyOrder,
    RegisterSession,
    ReplaceOrder,
    RerankOrder,
    SetPhase,
    StartOfDay,
)
from matching.engine import Engine
from matching.events import Event, OrderExecuted, TradeBusted
from matching.instrument import Instrument
from matching.types import FULL, BustReason, OrderType, Phase, Side, TimeInForce
from protocol import feed
from protocol.websocket_bridge import BridgeSession

AAPL = Instrument(b"AAPL")
LIMIT, DAY = OrderType.LIMIT, TimeInForce.DAY


def subscriber(channel: str = "book", depth: int = 0) -> Subscription:
    connection = Connection(1, b"websocket", BridgeSession(b"", 0), "test")  # type: ignore[arg-type]
    return Subscription(connection, channel, symbol="AAPL", depth=depth)  # type: ignore[arg-type]


class Exchange:
    """An engine with one instrument; counts its commands as the sequencer does."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.version = 0
        self.tell(AddInstrument(AAPL), AddAccount(b"A"), RegisterSession(1, b"w", (b"A",)))
        self.tell(StartOfDay(20260102, 0))

    def tell(self, *commands: Command) -> list[Event]:
        """One tick."""
        events: list[Event] = []
        for command in commands:
            self.version += 1
            events += self.engine.apply(command, 0)
        return events

    def enter(self, side: Side, quantity: int, price: int) -> list[Event]:
        return self.tell(EnterOrder(1, 1, 1, b"", side, LIMIT, DAY, quantity, price))

    def book(self) -> BookChannel:
        listing = self.engine.instruments[1]
        resting = self.engine.resting(1)
        return BookChannel(1, listing.instrument, listing.phase, resting, self.version)


class Ladder:
    """A client's book, by the rules of engagement."""

    def __init__(self) -> None:
        self.version = -1
        self.phase = ""
        self.sides: dict[str, dict[str, tuple[str, int]]] = {}

    def apply(self, text: bytes) -> None:
        message = feed.decode_message(text)
        if isinstance(message, feed.Book):
            self.sides = {
                "buy": {price: (quantity, orders) for price, quantity, orders in message.bids},
                "sell": {price: (quantity, orders) for price, quantity, orders in message.asks},
            }
        else:
            assert isinstance(message, feed.BookDelta)
            assert message.prev_version == self.version
            for side, price, quantity, orders in message.changes:
                if quantity == "0":
                    del self.sides[side][price]
                else:
                    self.sides[side][price] = (quantity, orders)
        self.version, self.phase = message.version, message.phase


def held(engine: Engine, depth: int) -> dict[str, dict[str, tuple[str, int]]]:
    """The engine's own book, best `depth` prices a side, in the client's words."""
    sides: dict[str, dict[str, tuple[str, int]]] = {"buy": {}, "sell": {}}
    for event in engine.resting(1):
        levels = sides["buy" if event.side is Side.BUY else "sell"]
        shown = event.quantity if event.displayed == FULL else event.displayed
        price = feed.format_decimal(event.price, 4)
        quantity, orders = levels.get(price, ("0", 0))
        if shown and (price in levels or len(levels) < depth):
            levels[price] = (str(int(quantity) + shown), orders + 1)
    return sides


PRICES = st.integers(9, 14).map(lambda cents: cents * 100)
QUANTITIES = st.integers(1, 9)
IDS = st.integers(1, 40)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(
        lambda side, quantity, price: EnterOrder(1, 1, 1, b"", side, LIMIT, DAY, quantity, price),
        st.sampled_from(Side),
        QUANTITIES,
        PRICES,
    ),
    st.builds(
        lambda side, quantity, price, display: EnterOrder(
            1, 1, 1, b"", side, LIMIT, DAY, quantity, price, display_quantity=display
        ),
        st.sampled_from(Side),
        QUANTITIES,
        PRICES,
        st.integers(0, 3),
    ),
    st.builds(lambda one: CancelOrder(1, 1, one, b""), IDS),
    st.builds(RerankOrder, IDS),
    st.builds(lambda one, total: ModifyOrder(1, 1, one, total, b""), IDS, QUANTITIES),
    st.builds(
        lambda one, quantity, price: ReplaceOrder(1, 1, one, b"", quantity, price, True),
        IDS,
        QUANTITIES,
        PRICES,
    ),
    st.builds(lambda phase: SetPhase(1, phase), st.sampled_from([Phase.OPEN, Phase.HALTED])),
)
TICKS = st.lists(st.tuples(st.lists(COMMANDS, max_size=4), st.booleans(), st.booleans()))


@given(before=st.lists(COMMANDS, max_size=10), ticks=TICKS)
def test_deltas_on_the_snapshot_are_the_engines_book_for_fast_and_slow_readers(
    before: list[Command], ticks: list[tuple[list[Command], bool, bool]]
) -> None:
    exchange = Exchange()
    exchange.tell(*before)
    channel = exchange.book()
    readers = [(subscriber(depth=depth), Ladder()) for depth in (1, 3)]
    for commands, *reads in [([], True, True), *ticks, ([], True, True)]:
        for event in exchange.tell(*commands):
            channel.fold(event, exchange.version)
        for (reader, ladder), wants in zip(readers, reads, strict=True):
            if wants and reader.checked != channel.version:
                text = channel.next_message(reader)
                if text is not None:
                    ladder.apply(text)
    for reader, ladder in readers:
        assert ladder.sides == held(exchange.engine, reader.depth)
        assert ladder.phase == exchange.engine.instruments[1].phase.name.lower()


def test_a_change_below_the_subscribed_depth_is_not_told() -> None:
    exchange = Exchange()
    exchange.enter(Side.BUY, 10, 1000)
    channel = exchange.book()
    reader = subscriber(depth=1)
    assert channel.next_message(reader) is not None
    for event in exchange.enter(Side.BUY, 10, 900):
        channel.fold(event, exchange.version)
    assert channel.next_message(reader) is None
    assert reader.checked == channel.version > reader.version


def test_readers_at_the_same_version_and_depth_share_the_message() -> None:
    exchange = Exchange()
    channel = exchange.book()
    one, other = subscriber(depth=5), subscriber(depth=5)
    assert channel.next_message(one) is channel.next_message(other)


def tape(exchange: Exchange, channel: TradesChannel, quantity: int) -> None:
    """One trade of `quantity`."""
    for side in Side:
        for event in exchange.enter(side, quantity, 1000):
            if isinstance(event, OrderExecuted):
                channel.executed(event, 7, exchange.version)


def told(channel: Channel, reader: Subscription) -> feed.Message | None:
    text = channel.next_message(reader)
    return None if text is None else feed.decode_message(text)


def trade(match_number: int, quantity: str, busted: bool = False) -> feed.TradeInfo:
    return feed.TradeInfo(
        match_number=match_number,
        price="0.1",
        quantity=quantity,
        aggressor="sell",
        time_ns=7,
        busted=busted,
    )


def test_the_tape_begins_with_a_snapshot_and_goes_on_with_new_and_busted_trades() -> None:
    exchange, channel, reader = Exchange(), TradesChannel(AAPL), subscriber("trades")
    tape(exchange, channel, 5)
    assert told(channel, reader) == feed.Trades(symbol="AAPL", version=6, trades=[trade(1, "5")])
    assert told(channel, reader) is None
    tape(exchange, channel, 6)
    assert told(channel, reader) == feed.TradesDelta(
        symbol="AAPL", version=8, prev_version=6, trades=[trade(2, "6")]
    )
    for event in exchange.tell(BustTrade(1, BustReason.ERRONEOUS)):
        assert isinstance(event, TradeBusted)
        channel.busted(event, exchange.version)
    assert told(channel, reader) == feed.TradesDelta(
        symbol="AAPL", version=9, prev_version=8, trades=[trade(1, "5", busted=True)]
    )


def test_a_reader_who_missed_more_than_the_tape_holds_gets_the_tape() -> None:
    exchange, channel, reader = Exchange(), TradesChannel(AAPL), subscriber("trades")
    told(channel, reader)
    for _ in range(101):
        tape(exchange, channel, 1)
    answer = told(channel, reader)
    assert isinstance(answer, feed.Trades)
    assert [one.match_number for one in answer.trades] == list(range(2, 102))


def row(session_id: int, next_out: int) -> feed.SessionInfo:
    return feed.SessionInfo(
        session_id=session_id,
        wire="fix",
        identity="A",
        account="A",
        state="logged on",
        next_in=1,
        next_out=next_out,
        last_heartbeat_ns=0,
        queued_bytes=0,
    )


def test_only_rows_that_changed_are_told_again() -> None:
    channel, reader = SessionsChannel(), subscriber("sessions")
    channel.sample([row(1, 1), row(2, 1)])
    assert told(channel, reader) == feed.Sessions(version=1, sessions=[row(1, 1), row(2, 1)])
    channel.sample([row(1, 1), row(2, 1)])
    assert channel.version == reader.checked
    channel.sample([row(1, 1), row(2, 5), row(3, 1)])
    assert told(channel, reader) == feed.SessionsDelta(
        version=2, prev_version=1, changed=[row(2, 5), row(3, 1)], removed=[]
    )


@pytest.mark.parametrize("samples", [1, 3])
def test_stats_replace_one_another(samples: int) -> None:
    channel, reader = StatsChannel(), subscriber("stats")
    nothing = feed.LatencySummary(count=0, p50=0, p90=0, p99=0, p999=0, max=0)
    for count in range(samples):
        stats = feed.Stats(
            time_ns=1,
            uptime_ns=1,
            orders_total=count,
            trades_total=0,
            orders_per_second=0,
            trades_per_second=0,
            live_orders=0,
            connections=0,
            order_to_ack_us=nothing,
        )
        channel.sample(stats)
    assert told(channel, reader) == stats
    assert reader.checked == channel.version == samples
