"""When public data is told, and to whom: the channels' timers and subscribers on the shell.

Read-only: it watches commits, and what it says leaves with a tick like everything else. Without
subscribers it remembers trades and does nothing more.
"""

import asyncio
from collections.abc import Callable, Iterable

from gateway.market_data import (
    BookChannel,
    Channel,
    SessionsChannel,
    StatsChannel,
    TradesChannel,
)
from gateway.metrics import Counters, session_rows
from gateway.order_entry.websocket_subscriptions import Subscription, Subscriptions
from gateway.sequencer import Tick
from gateway.shell import Shell
from matching.events import InstrumentAdded, OrderExecuted, TradeBusted

BOOK_SECONDS = 0.05
"""Book and trades are told at most this often."""
TABLE_SECONDS = 0.25
"""Sessions and stats are told this often, a long session table less often."""
ROW_SECONDS = 0.000_05
"""A row of the session table takes 3 us: even ten thousand take less than a tenth of the time."""


class SessionFeed:
    """The turns of connections that are told market data on their own numbered session (FIX).

    Each turn is a tick of its own: whatever happened since the last one becomes one message a
    symbol. A connection whose transport still holds bytes is passed over until it does not.
    """

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._timer: asyncio.TimerHandle | None = None
        self._told_at = 0.0
        """Loop time of the last turns."""
        shell.watchers.append(self._watch)

    def close(self) -> None:
        """Give no turn more."""
        if self._timer is not None:
            self._timer.cancel()

    def _watch(self, tick: Tick, elapsed_ns: int) -> None:
        if self._timer is None and self._shell.venue.waiting:
            loop = self._shell.loop
            delay = max(0.0, self._told_at + BOOK_SECONDS - loop.time())
            self._timer = loop.call_later(delay, self._tell)

    def _tell(self) -> None:
        shell = self._shell
        self._timer = None
        if not shell.begin():
            return
        self._told_at = shell.loop.time()
        venue = shell.venue
        for connection_id in list(venue.waiting):
            port = shell.ports.get(connection_id)
            if port is None or port.queued_bytes or port.connection.session.resending:
                continue
            shell.guard(venue.tell, port.connection)
        if venue.waiting:
            self._timer = shell.loop.call_later(BOOK_SECONDS, self._tell)


class PublicFeed:
    """All public channels of one venue."""

    def __init__(self, shell: Shell, subscriptions: Subscriptions, counters: Counters) -> None:
        self._shell = shell
        self._subscriptions = subscriptions
        self._counters = counters
        self._books: dict[int, BookChannel] = {}
        self._trades: dict[int, TradesChannel] = {
            instrument_id: TradesChannel(listing.instrument)
            for instrument_id, listing in shell.venue.engine.instruments.items()
        }
        self._sessions = SessionsChannel()
        self._stats = StatsChannel()
        self._market: list[tuple[Subscription, Channel]] = []
        self._tables: list[tuple[Subscription, Channel]] = []
        self._market_timer: asyncio.TimerHandle | None = None
        self._table_timer: asyncio.TimerHandle | None = None
        self._told_at = 0.0
        """Loop time of the last book and trades messages."""
        self._folds: dict[type, Callable[..., None]] = {
            OrderExecuted: self._executed,
            TradeBusted: self._busted,
            InstrumentAdded: self._instrument_added,
        }
        shell.watchers.append(self._watch)

    def close(self) -> None:
        """Say nothing more."""
        for timer in (self._market_timer, self._table_timer):
            if timer is not None:
                timer.cancel()

    def _watch(self, tick: Tick, elapsed_ns: int) -> None:
        """Fold a committed tick; arm the timers where somebody waits for what it changed."""
        version = tick.first_seq + len(tick.commands) - 1
        books = self._books
        folds = self._folds
        for event in tick.events:
            fold = folds.get(type(event))
            if fold is not None:
                fold(event, tick.now_ns, version)
            if books:
                book = books.get(getattr(event, "instrument_id", 0))
                if book is not None:
                    book.fold(event, version)
        if self._subscriptions.changed:
            self._take_subscriptions(version)
        if self._market and self._market_timer is None and self._waiting(self._market):
            self._arm_market()

    def _executed(self, event: OrderExecuted, now_ns: int, version: int) -> None:
        self._trades[event.instrument_id].executed(event, now_ns, version)

    def _busted(self, event: TradeBusted, now_ns: int, version: int) -> None:
        self._trades[event.instrument_id].busted(event, version)

    def _instrument_added(self, event: InstrumentAdded, now_ns: int, version: int) -> None:
        self._trades[event.instrument_id] = TradesChannel(event.instrument)

    def _take_subscriptions(self, version: int) -> None:
        """Open channels that are wanted now, close those that nobody wants any more."""
        self._subscriptions.changed = False
        engine = self._shell.venue.engine
        books: dict[int, BookChannel] = {}
        self._market = []
        self._tables = []
        for subscription in self._subscriptions.all():
            instrument_id = subscription.instrument_id
            match subscription.channel:
                case "book":
                    book = books.get(instrument_id) or self._books.get(instrument_id)
                    if book is None:
                        listing = engine.instruments[instrument_id]
                        book = BookChannel(
                            instrument_id,
                            listing.instrument,
                            listing.phase,
                            engine.resting(instrument_id),
                            version,
                        )
                    books[instrument_id] = book
                    self._market.append((subscription, book))
                case "trades":
                    self._market.append((subscription, self._trades[instrument_id]))
                case "sessions":
                    self._tables.append((subscription, self._sessions))
                case "stats":
                    self._tables.append((subscription, self._stats))
        self._books = books
        if self._tables and self._table_timer is None:
            self._table_timer = self._shell.loop.call_later(0, self._tell_tables)

    @staticmethod
    def _waiting(subscribers: Iterable[tuple[Subscription, Channel]]) -> bool:
        return any(one.checked != channel.version for one, channel in subscribers)

    def _arm_market(self) -> None:
        loop = self._shell.loop
        delay = max(0.0, self._told_at + BOOK_SECONDS - loop.time())
        self._market_timer = loop.call_later(delay, self._tell_market)

    def _tell_market(self) -> None:
        self._market_timer = None
        self._told_at = self._shell.loop.time()
        self._tell(self._market)
        if self._waiting(self._market):
            self._arm_market()

    def _tell_tables(self) -> None:
        self._table_timer = None
        if not self._tables:
            return
        wanted = {one.channel for one, _ in self._tables}
        if "sessions" in wanted:
            self._sessions.sample(session_rows(self._shell))
        if "stats" in wanted:
            self._stats.sample(self._counters.stats())
        self._tell(self._tables)
        rows = len(self._shell.venue.directory.sessions)
        self._table_timer = self._shell.loop.call_later(
            max(TABLE_SECONDS, rows * ROW_SECONDS), self._tell_tables
        )

    def _tell(self, subscribers: list[tuple[Subscription, Channel]]) -> None:
        """One message at most to everyone who is behind and whose transport is empty."""
        shell = self._shell
        if not shell.begin():
            return
        now_ns = shell.venue.now_ns
        gone: list[Subscription] = []
        for subscription, channel in subscribers:
            if subscription.checked == channel.version:
                continue
            connection = subscription.connection
            port = shell.ports.get(connection.connection_id)
            if port is None or connection.close_reason is not None:
                gone.append(subscription)
            elif not port.queued_bytes:
                text = channel.next_message(subscription)
                if text is not None:
                    subscription.bridge.send_public(text, now_ns)
                    shell.venue.wake(connection)
        if gone:
            for subscription in gone:
                self._subscriptions.forget(subscription.connection)
            self._market = [one for one in self._market if one[0] not in gone]
            self._tables = [one for one in self._tables if one[0] not in gone]
