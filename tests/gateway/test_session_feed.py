"""Whose turn it is to be told market data on a FIX session: rates and slow readers."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from gateway.journal.records import MarketDataTold
from gateway.market_data_feed import BOOK_SECONDS, SessionFeed
from gateway.sessions import Connection
from gateway.shell import Shell
from tests.gateway.order_entry.fix_md_client import MarketDataClient, harness
from tests.gateway.socket_stage import LOOPS, SocketStage, drive


class Transport:
    """An open port; `queued_bytes` were written and not taken."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.queued_bytes = 0


class Stage:
    """What the feed needs of a shell, over a venue without sockets; time is moved by hand."""

    def __init__(self) -> None:
        self.harness = harness()
        self.venue = self.harness.venue
        self.watchers: list[Callable[..., None]] = []
        self.ports: dict[int, Transport] = {}
        self.loop = self
        self.now = 100.0
        self.armed: list[tuple[float, Callable[[], None]]] = []
        commit = self.venue.commit

        def watched() -> Any:
            tick = commit()
            if tick is not None:
                for watcher in self.watchers:
                    watcher(tick, 0)
            return tick

        self.venue.commit = watched  # type: ignore[method-assign]
        self.feed = SessionFeed(cast(Shell, self))

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

    def begin(self) -> bool:
        return True

    def guard(self, step: Callable[..., object], *arguments: object) -> None:
        step(*arguments)

    def client(self, name: bytes) -> MarketDataClient:
        client = MarketDataClient(self.harness, name)
        client.log_on()
        assert client.pipe is not None
        connection = client.pipe.connection
        self.ports[connection.connection_id] = Transport(connection)
        return client

    def port(self, client: MarketDataClient) -> Transport:
        assert client.pipe is not None
        return self.ports[client.pipe.connection.connection_id]

    def advance(self, seconds: float) -> None:
        """Let time pass; timers fire in order, each in a tick of its own."""
        end = self.now + seconds
        while self.armed and min(self.armed)[0] <= end:
            entry = min(self.armed, key=lambda one: one[0])
            self.armed.remove(entry)
            self.now = max(self.now, entry[0])
            with self.harness.tick():
                entry[1]()
        self.now = end

    def turns(self) -> int:
        facts = [fact for batch in self.harness.batches() for fact in batch.facts]
        return sum(isinstance(fact, MarketDataTold) for fact in facts)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_without_subscribers_no_timer_runs(stage: Stage) -> None:
    trader = stage.client(b"OTHER")
    trader.new("a", "1", "10")
    assert stage.armed == []


def test_an_update_leaves_at_once_and_the_next_after_the_interval(stage: Stage) -> None:
    watcher, trader = stage.client(b"ACME"), stage.client(b"OTHER")
    watcher.subscribe()
    watcher.messages()
    trader.new("a", "1", "10")
    stage.advance(0)
    assert len(watcher.messages()) == 1
    for number in range(5):
        trader.new(f"b{number}", "1", "10")
        stage.advance(BOOK_SECONDS / 10)
    assert watcher.messages() == []
    stage.advance(BOOK_SECONDS)
    assert len(watcher.messages()) == 1
    assert watcher.shown["q", "AAPL"].sides["0"] == {"100.0000": ("60", 6)}
    assert (stage.armed, stage.turns()) == ([], 2)


def test_a_slow_reader_is_passed_over_and_then_told_the_latest(stage: Stage) -> None:
    slow, trader = stage.client(b"ACME"), stage.client(b"OTHER")
    slow.subscribe()
    slow.messages()
    stage.port(slow).queued_bytes = 1
    for number in range(5):
        trader.new(f"a{number}", "1", "10")
        stage.advance(2 * BOOK_SECONDS)
    slow.new("own", "1", "10", "90")
    # Its reports are not held back.
    assert [message.msg_type for message in slow.messages()] == [b"8"]
    stage.port(slow).queued_bytes = 0
    stage.advance(BOOK_SECONDS)
    assert [message.msg_type for message in slow.messages()] == [b"X"]
    assert slow.shown["q", "AAPL"].sides["0"] == {"100.0000": ("50", 5), "90.0000": ("10", 1)}
    assert stage.turns() == 1


def test_a_connection_that_is_gone_gets_no_turn(stage: Stage) -> None:
    watcher, trader = stage.client(b"ACME"), stage.client(b"OTHER")
    watcher.subscribe()
    trader.new("a", "1", "10")
    watcher.hang_up()
    stage.advance(BOOK_SECONDS)
    assert (stage.armed, stage.turns()) == ([], 0)


def test_a_closed_feed_gives_no_turn(stage: Stage) -> None:
    watcher, trader = stage.client(b"ACME"), stage.client(b"OTHER")
    watcher.subscribe()
    trader.new("a", "1", "10")
    stage.feed.close()
    stage.advance(BOOK_SECONDS)
    assert stage.turns() == 0


@pytest.mark.parametrize("loop_kind", list(LOOPS))
def test_over_a_socket_updates_follow_orders_and_the_journal_has_them_derived(
    loop_kind: str,
) -> None:
    async def scenario() -> None:
        stage = await SocketStage().open()
        feed = SessionFeed(stage.shell)
        watcher = await stage.logged_on(b"WATCHER")
        trader = await stage.logged_on(b"TRADER")
        watcher.send(b"V", "262=q|263=1|264=1|265=1|267=2|269=0|269=1|146=1|55=AAPL|")
        (snapshot,) = await watcher.read(1)
        assert (snapshot[35], snapshot[268]) == ("W", "0")
        for number in range(3):
            trader.send(b"D", order(f"a{number}", f"10{number}.00"))
            (update,) = await watcher.read(1)
            assert (update[35], update[270]) == ("X", f"10{number}.0000")
        feed.close()
        await stage.close()
        assert sum(len(run.derived) for batch in stage.batches() for run in batch.frames) == 4

    drive(loop_kind, scenario)


def order(cl_ord_id: str, price: str) -> str:
    return f"11={cl_ord_id}|21=1|38=100|40=2|44={price}|54=1|55=AAPL|60=20240102-09:30:00|"
