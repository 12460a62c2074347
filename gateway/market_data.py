"""Public channels as folds: what a subscriber has not been told yet, as one message.

A channel has a version that rises with the numbers of the commands it has seen. A subscriber that
reads slowly is simply asked later: it gets all that happened since as one delta. Nothing here is
journaled; it can be built anew from the engine at any moment.
"""

from collections import deque
from collections.abc import Iterable

import msgspec

from gateway.order_entry.websocket_subscriptions import Subscription
from gateway.order_entry.websocket_words import PHASE_OF, SIDE_OF
from matching.depth import Depth, DepthLevel
from matching.events import Event, OrderExecuted, OrderRested, PhaseChanged, TradeBusted
from matching.instrument import Instrument
from matching.types import Phase, Side
from protocol import feed
from protocol.feed import format_decimal
from protocol.websocket_words import TRADES_PER_SNAPSHOT


class View(msgspec.Struct, frozen=True):
    """The book to one depth, best first."""

    bids: tuple[DepthLevel, ...]
    asks: tuple[DepthLevel, ...]
    phase: Phase


class BookChannel:
    """One instrument's book for its subscribers."""

    def __init__(
        self,
        instrument_id: int,
        instrument: Instrument,
        phase: Phase,
        resting: Iterable[OrderRested],
        version: int,
    ) -> None:
        self._instrument = instrument
        self._symbol = instrument.symbol.decode("ascii")
        self._phase = phase
        self._depth = Depth(instrument_id)
        for event in resting:
            self._depth.fold(event)
        self.version = version
        self._views: dict[int, View] = {}
        self._texts: dict[tuple[int, int], bytes | None] = {}

    def fold(self, event: Event, version: int) -> None:
        """Take in an event of this instrument; `version` is that of the tick."""
        if isinstance(event, PhaseChanged):
            self._phase = event.phase
        elif self._depth.fold(event) is None:
            return
        if version != self.version:
            self.version = version
            self._views.clear()
            self._texts.clear()

    def next_message(self, subscription: Subscription) -> bytes | None:
        """What brings this subscriber up to date; None if nothing within its depth changed."""
        depth = subscription.depth
        view = self._views.get(depth)
        if view is None:
            view = self._views[depth] = View(*self._depth.levels(depth), self._phase)
        # Subscribers who were told the same version to the same depth share the message.
        key = (depth, subscription.version)
        if key not in self._texts:
            self._texts[key] = self._text(subscription, view)
        text = self._texts[key]
        subscription.checked = self.version
        if text is not None:
            subscription.version = self.version
            subscription.view = view
        return text

    def _text(self, subscription: Subscription, view: View) -> bytes | None:
        told = subscription.view
        if not isinstance(told, View):
            return feed.encode(
                feed.Book(
                    symbol=self._symbol,
                    version=self.version,
                    phase=PHASE_OF[view.phase],
                    bids=[self._level(level) for level in view.bids],
                    asks=[self._level(level) for level in view.asks],
                )
            )
        if told == view:
            return None
        changes = self._changes(Side.BUY, told.bids, view.bids)
        changes += self._changes(Side.SELL, told.asks, view.asks)
        return feed.encode(
            feed.BookDelta(
                symbol=self._symbol,
                version=self.version,
                prev_version=subscription.version,
                phase=PHASE_OF[view.phase],
                changes=changes,
            )
        )

    def _changes(
        self, side: Side, told: tuple[DepthLevel, ...], now: tuple[DepthLevel, ...]
    ) -> list[feed.LevelChange]:
        """Levels that went, then levels that came or changed."""
        before = {level.price: level for level in told}
        prices = {level.price for level in now}
        gone = [DepthLevel(price, 0, 0) for price in before if price not in prices]
        moved = [level for level in now if before.get(level.price) != level]
        return [(SIDE_OF[side], *self._level(level)) for level in gone + moved]

    def _level(self, level: DepthLevel) -> feed.Level:
        instrument = self._instrument
        return (
            format_decimal(level.price, instrument.price_decimals),
            format_decimal(level.quantity, instrument.quantity_decimals),
            level.orders,
        )


class _Trade:
    """One print of the tape. `version` is that of its last change."""

    __slots__ = ("busted", "event", "time_ns", "version")

    def __init__(self, event: OrderExecuted, time_ns: int, version: int) -> None:
        self.event = event
        self.time_ns = time_ns
        self.version = version
        self.busted = False


class TradesChannel:
    """One instrument's last trades since the process started."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._symbol = instrument.symbol.decode("ascii")
        self._tape: deque[_Trade] = deque()
        self._forgotten = 0
        """Version of the latest trade that fell off the tape."""
        self.version = 0

    def executed(self, event: OrderExecuted, time_ns: int, version: int) -> None:
        """A new trade."""
        tape = self._tape
        tape.append(_Trade(event, time_ns, version))
        if len(tape) > TRADES_PER_SNAPSHOT:
            self._forgotten = max(self._forgotten, tape.popleft().version)
        self.version = version

    def busted(self, event: TradeBusted, version: int) -> None:
        """A trade was broken; one that is no longer on the tape is nobody's concern here."""
        for trade in self._tape:
            if trade.event.match_number == event.match_number:
                trade.busted = True
                trade.version = self.version = version

    def next_message(self, subscription: Subscription) -> bytes | None:
        """What this subscriber has not seen. More than the tape holds: the tape, as a snapshot."""
        told = subscription.version
        subscription.checked = subscription.version = self.version
        if told < 0 or told < self._forgotten:
            return feed.encode(
                feed.Trades(
                    symbol=self._symbol,
                    version=self.version,
                    trades=[self._info(trade) for trade in self._tape],
                )
            )
        fresh = [self._info(trade) for trade in self._tape if trade.version > told]
        if not fresh:
            return None
        return feed.encode(
            feed.TradesDelta(
                symbol=self._symbol, version=self.version, prev_version=told, trades=fresh
            )
        )

    def _info(self, trade: _Trade) -> feed.TradeInfo:
        event = trade.event
        instrument = self._instrument
        return feed.TradeInfo(
            match_number=event.match_number,
            price=format_decimal(event.price, instrument.price_decimals),
            quantity=format_decimal(event.quantity, instrument.quantity_decimals),
            aggressor=SIDE_OF[event.incoming_side],
            time_ns=trade.time_ns,
            busted=trade.busted,
        )


class SessionsChannel:
    """Every durable session as a row; subscribers get the rows that changed."""

    def __init__(self) -> None:
        self._rows: dict[int, feed.SessionInfo] = {}
        self._changed_at: dict[int, int] = {}
        self.version = 0

    def sample(self, rows: Iterable[feed.SessionInfo]) -> None:
        """The table as it is now. Sessions are never taken off it."""
        version = self.version + 1
        for row in rows:
            if self._rows.get(row.session_id) != row:
                self._rows[row.session_id] = row
                self._changed_at[row.session_id] = self.version = version

    def next_message(self, subscription: Subscription) -> bytes | None:
        told = subscription.version
        subscription.checked = subscription.version = self.version
        if told < 0:
            return feed.encode(
                feed.Sessions(version=self.version, sessions=list(self._rows.values()))
            )
        changed = [self._rows[one] for one, at in self._changed_at.items() if at > told]
        if not changed:
            return None
        return feed.encode(
            feed.SessionsDelta(version=self.version, prev_version=told, changed=changed, removed=[])
        )


class StatsChannel:
    """The latest numbers; each message replaces the one before."""

    def __init__(self) -> None:
        self._text = b""
        self.version = 0

    def sample(self, stats: feed.Stats) -> None:
        self._text = feed.encode(stats)
        self.version += 1

    def next_message(self, subscription: Subscription) -> bytes | None:
        subscription.checked = subscription.version = self.version
        return self._text or None


Channel = BookChannel | TradesChannel | SessionsChannel | StatsChannel
