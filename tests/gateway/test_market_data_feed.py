"""When public data is told: rates, slow readers, gone readers; all without sockets and waiting."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from gateway.config import Config
from gateway.market_data_feed import BOOK_SECONDS, TABLE_SECONDS, PublicFeed
from gateway.metrics import Counters, VenueCollector, session_rows
from gateway.order_entry.websocket import WebSocketDesk
from gateway.order_entry.websocket_recorded import RecordedWebSocketSession
from gateway.order_entry.websocket_subscriptions import Subscriptions
from gateway.shell import Shell
from protocol import feed
from tests.gateway.order_entry.websocket_scenes import WIRE, Client, buy, sell
from tests.gateway.venue_harness import OPENING_NS, VenueHarness


class Timers:
    """A loop's clock and timers, moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.armed: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, call: Callable[[], None]) -> asyncio.TimerHandle:
        entry = (self.now + delay, call)
        self.armed.append(entry)
        armed = self.armed

        class Handle:
            def cancel(self) -> None:
                armed.remove(entry)

        return cast(asyncio.TimerHandle, Handle())


class Transport:
    queued_bytes = 0


class Stage:
    """What the public feed needs of a shell, over a venue without sockets."""

    def __init__(self) -> None:
        self.subscriptions = Subscriptions()
        self.harness = VenueHarness(
            lambda venue: {
                WIRE: WebSocketDesk(
                    venue,
                    Config(),
                    subscriptions=self.subscriptions,
                    new_session=RecordedWebSocketSession,
                )
            }
        )
        self.venue = self.harness.venue
        self.loop = Timers()
        self.clock = self
        self.reads = 0
        self.watchers: list[Callable[..., None]] = []
        self.ports: dict[int, Transport] = {}
        self.failed: asyncio.Future[int] | None = None
        commit = self.venue.commit

        def watched() -> Any:
            tick = commit()
            if tick is not None:
                for watcher in self.watchers:
                    watcher(tick, 42_000)
            return tick

        self.venue.commit = watched  # type: ignore[method-assign]
        shell = cast(Shell, self)
        self.counters = Counters(shell)
        self.feed = PublicFeed(shell, self.subscriptions, self.counters)

    def now_ns(self) -> int:
        return self.harness.now_ns

    def begin(self) -> bool:
        return True

    def connect(self, token: str = "TRADER") -> Client:
        client = Client(self.harness, token)
        client.login()
        self.ports[client.pipe.connection.connection_id] = Transport()
        return client

    def port(self, client: Client) -> Transport:
        return self.ports[client.pipe.connection.connection_id]

    def advance(self, seconds: float) -> None:
        """Let time pass; timers fire in order and what they say arrives."""
        end = self.loop.now + seconds
        self.harness.now_ns += round(seconds * 1_000_000_000)
        while due := sorted((at, number) for number, (at, _) in enumerate(self.loop.armed)):
            at, number = due[0]
            if at > end:
                break
            self.loop.now = max(self.loop.now, at)
            _, call = self.loop.armed.pop(number)
            call()
        self.loop.now = end
        with self.harness.tick():
            pass


@pytest.fixture
def stage() -> Stage:
    return Stage()


def public(client: Client) -> list[feed.Message]:
    return [one for one in client.receive() if not getattr(one, "seq", 0)]


def book_of(client: Client) -> list[feed.Message]:
    return [one for one in public(client) if isinstance(one, feed.Book | feed.BookDelta)]


def test_without_subscribers_no_timer_runs(stage: Stage) -> None:
    trader = stage.connect()
    trader.ask(buy("a", "100", "187"), sell("b", "40", "187"))
    assert stage.loop.armed == []
    assert (stage.counters.orders, stage.counters.trades) == (2, 1)


def test_many_changes_within_the_interval_are_one_delta(stage: Stage) -> None:
    watcher, trader = stage.connect("SIM001"), stage.connect()
    watcher.ask(feed.Subscribe(channel="book", symbol="AAPL"))
    stage.advance(0)
    (snapshot,) = book_of(watcher)
    assert isinstance(snapshot, feed.Book) and snapshot.bids == []
    for number in range(10):
        trader.ask(buy(f"a{number}", "10", "187"))
    stage.advance(BOOK_SECONDS / 2)
    assert book_of(watcher) == []
    stage.advance(BOOK_SECONDS)
    (delta,) = book_of(watcher)
    assert isinstance(delta, feed.BookDelta)
    assert (delta.prev_version, delta.changes) == (snapshot.version, [("buy", "187", "100", 10)])
    assert stage.loop.armed == []


def test_a_slow_reader_is_passed_over_and_then_told_all_at_once(stage: Stage) -> None:
    slow, fast, trader = stage.connect("SIM001"), stage.connect("SIM002"), stage.connect()
    for client in (slow, fast):
        client.ask(feed.Subscribe(channel="book", symbol="AAPL"))
    stage.advance(0)
    book_of(slow), book_of(fast)
    stage.port(slow).queued_bytes = 1
    for number in range(5):
        trader.ask(buy(f"a{number}", "10", "187"))
        stage.advance(2 * BOOK_SECONDS)
    assert (len(book_of(slow)), len(book_of(fast))) == (0, 5)
    stage.port(slow).queued_bytes = 0
    stage.advance(BOOK_SECONDS)
    (delta,) = book_of(slow)
    assert isinstance(delta, feed.BookDelta) and delta.changes == [("buy", "187", "50", 5)]


def test_a_book_opened_late_begins_with_what_rests(stage: Stage) -> None:
    trader = stage.connect()
    trader.ask(buy("a", "10", "187"), sell("b", "20", "188"))
    watcher = stage.connect("SIM001")
    watcher.ask(feed.Subscribe(channel="book", symbol="AAPL"))
    stage.advance(0)
    (snapshot,) = book_of(watcher)
    assert isinstance(snapshot, feed.Book)
    assert (snapshot.bids, snapshot.asks) == ([("187", "10", 1)], [("188", "20", 1)])


def test_a_renewed_subscription_is_a_snapshot_again(stage: Stage) -> None:
    watcher = stage.connect()
    for depth in (20, 5):
        watcher.ask(feed.Subscribe(channel="book", symbol="AAPL", depth=depth))
        stage.advance(BOOK_SECONDS)
        (snapshot,) = book_of(watcher)
        assert isinstance(snapshot, feed.Book)


def test_who_is_gone_is_forgotten_and_its_channels_close(stage: Stage) -> None:
    watcher, trader = stage.connect("SIM001"), stage.connect()
    for channel in ("sessions", "stats"):
        watcher.ask(feed.Subscribe(channel=channel))
    watcher.ask(feed.Subscribe(channel="book", symbol="AAPL"))
    stage.advance(TABLE_SECONDS)
    del stage.ports[watcher.pipe.connection.connection_id]
    watcher.pipe.hang_up()
    trader.ask(buy("a", "10", "187"))
    stage.advance(2 * TABLE_SECONDS)
    assert stage.subscriptions.all() == []
    assert stage.loop.armed == []


def test_tables_are_told_four_times_a_second_with_rates(stage: Stage) -> None:
    trader = stage.connect()
    trader.ask(feed.Subscribe(channel="sessions"), feed.Subscribe(channel="stats"))
    stage.advance(0)
    rows, first = public(trader)[-2:]
    assert isinstance(rows, feed.Sessions) and isinstance(first, feed.Stats)
    assert rows.sessions == list(session_rows(cast(Shell, stage)))
    assert (first.orders_total, first.orders_per_second) == (0, 0)
    trader.ask(buy("a", "100", "187"), sell("b", "40", "187"))
    stage.advance(TABLE_SECONDS)
    stats = [one for one in public(trader) if isinstance(one, feed.Stats)][-1]
    assert (stats.orders_total, stats.trades_total, stats.live_orders) == (2, 1, 1)
    assert stats.order_to_ack_us == feed.LatencySummary(
        count=2, p50=42, p90=42, p99=42, p999=42, max=42
    )


def test_close_stops_every_timer(stage: Stage) -> None:
    stage.connect().ask(feed.Subscribe(channel="stats"))
    stage.advance(0)
    assert stage.loop.armed
    stage.feed.close()
    assert stage.loop.armed == []


def test_metrics_have_their_prometheus_names(stage: Stage) -> None:
    stage.connect().ask(buy("a", "100", "187"))
    collector = VenueCollector(cast(Shell, stage), stage.counters)
    metrics = {one.name: one for one in collector.collect()}
    assert metrics["venue_orders"].samples[0].value == 1
    summary = metrics["venue_order_to_ack_seconds"].samples
    assert [(one.labels.get("quantile"), one.value) for one in summary][-1] == ("0.999", 42e-6)
    assert stage.counters.started_ns == OPENING_NS
