"""One instrument as FIX market data shows it: book, trades and statistics of the running day.

Folded from the tick's events while somebody is interested, built from the engine when the first
one is; the numbers are the engine's own, so that a recovered venue shows the same.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from matching.depth import Depth, DepthLevel
from matching.engine import Engine
from matching.events import Event, OrderExecuted, TradeBusted
from matching.instrument import Instrument
from protocol.fix.market_data import Entry
from protocol.fix.values import avg_px, format_decimal

if TYPE_CHECKING:
    from gateway.order_entry.fix_md_subscriptions import Interest

TAPE_MAX = 1_000
"""Prints and busts kept for those who lag; who lags further gets a new snapshot."""

BID, OFFER, TRADE = b"0", b"1", b"2"
OPENING, HIGH, LOW, VWAP, VOLUME = b"4", b"7", b"8", b"9", b"B"
STATISTICS = (OPENING, HIGH, LOW, VWAP, VOLUME)
"""MDEntryType(269): what follows from the day's trades."""

Statistic = tuple[bytes, bytes]
"""MDEntryPx(270) and MDEntrySize(271)."""


class View(msgspec.Struct, frozen=True):
    """What a subscriber has been told, or is to be: best first; statistics by MDEntryType."""

    bids: tuple[DepthLevel, ...] = ()
    asks: tuple[DepthLevel, ...] = ()
    statistics: dict[bytes, Statistic] = {}


class Print(msgspec.Struct, frozen=True):
    """A trade or the bust of one, at its place on the tape."""

    place: int
    event: OrderExecuted | TradeBusted
    time_ns: int


class Market:
    """One instrument. `interests` are those of all connections, oldest first."""

    __slots__ = (
        "_depth",
        "_engine",
        "_high",
        "_last",
        "_levels",
        "_low",
        "_notional",
        "_opening",
        "_stale",
        "_tape",
        "_volume",
        "_whole",
        "instrument",
        "instrument_id",
        "interests",
        "tape_end",
    )

    def __init__(self, engine: Engine, instrument_id: int) -> None:
        self._engine = engine
        self.instrument_id = instrument_id
        self.instrument: Instrument = engine.instruments[instrument_id].instrument
        self.interests: dict[Interest, None] = {}
        self._depth = Depth(instrument_id)
        for event in engine.resting(instrument_id):
            self._depth.fold(event)
        self._levels: dict[int, tuple[tuple[DepthLevel, ...], tuple[DepthLevel, ...]]] = {}
        self._tape: deque[Print] = deque(maxlen=TAPE_MAX)
        self.tape_end = 0
        """Place of the next print."""
        self._count_trades()

    # -- folding ------------------------------------------------------------------------------

    def fold(self, event: Event, now_ns: int) -> bool:
        """Take in an event of this instrument; False if nothing of it shows."""
        if isinstance(event, OrderExecuted):
            self._print(event, now_ns)
            self._count(event)
        elif isinstance(event, TradeBusted):
            self._print(event, now_ns)
            self._stale = True
            return True
        if self._depth.fold(event) is None:
            # A hidden order's trade is on the tape and nowhere else.
            return isinstance(event, OrderExecuted)
        self._levels.clear()
        return True

    def day_ended(self) -> None:
        """The day's trades are history."""
        self._stale = True

    def _print(self, event: OrderExecuted | TradeBusted, now_ns: int) -> None:
        self._tape.append(Print(self.tape_end, event, now_ns))
        self.tape_end += 1

    def _count_trades(self) -> None:
        """The statistics from the engine's own trades of the day. O(the day's trades)."""
        self._stale = False
        self._opening = self._high = self._low = self._volume = self._notional = 0
        self._last: OrderExecuted | None = None
        trades = self._engine.trades
        # Of a longer day the engine has forgotten the beginning, and with it the statistics.
        self._whole = len(trades) != trades.maxlen
        for trade in trades:
            if trade is not None and trade.instrument_id == self.instrument_id:
                self._count(trade)

    def _count(self, trade: OrderExecuted) -> None:
        price = trade.price
        if not self._volume:
            self._opening = self._high = self._low = price
        self._high = max(self._high, price)
        self._low = min(self._low, price)
        self._volume += trade.quantity
        self._notional += price * trade.quantity
        self._last = trade

    # -- reading ------------------------------------------------------------------------------

    def view(self, types: frozenset[bytes], depth: int) -> View:
        """What there is now of these MDEntryTypes, `depth` levels a side; 0: all."""
        if self._stale:
            self._count_trades()
        bids: tuple[DepthLevel, ...] = ()
        asks: tuple[DepthLevel, ...] = ()
        if BID in types or OFFER in types:
            if depth not in self._levels:
                self._levels[depth] = self._depth.levels(depth or None)
            bids, asks = self._levels[depth]
        return View(
            bids if BID in types else (),
            asks if OFFER in types else (),
            self._statistics(types) if not types.isdisjoint(STATISTICS) else {},
        )

    def _statistics(self, types: frozenset[bytes]) -> dict[bytes, Statistic]:
        if not self._volume or not self._whole:
            return {}
        decimals = self.instrument.price_decimals
        everything: dict[bytes, Statistic] = {
            OPENING: (format_decimal(self._opening, decimals), b""),
            HIGH: (format_decimal(self._high, decimals), b""),
            LOW: (format_decimal(self._low, decimals), b""),
            VWAP: (avg_px(self._notional, self._volume, decimals), b""),
            VOLUME: (b"", format_decimal(self._volume, self.instrument.quantity_decimals)),
        }
        return {one: value for one, value in everything.items() if one in types}

    @property
    def last_trade(self) -> OrderExecuted | None:
        """The day's latest trade that was not broken."""
        if self._stale:
            self._count_trades()
        return self._last

    def prints(self, place: int) -> Sequence[Print] | None:
        """The tape from `place` on; None: it no longer reaches back so far."""
        if place >= self.tape_end:
            return ()
        first = self._tape[0].place
        if place < first:
            return None
        return [self._tape[at - first] for at in range(place, self.tape_end)]

    # -- entries ------------------------------------------------------------------------------

    def whole(self, view: View, trade: OrderExecuted | None) -> list[Entry]:
        """The entries of a snapshot."""
        entries: list[Entry] = []
        for side, levels in ((BID, view.bids), (OFFER, view.asks)):
            for position, level in enumerate(levels, 1):
                entries.append(self._level(b"", side, level, position))
        if trade is not None:
            entries.append(self._trade(b"0", trade, 0))
        for md_entry_type, (price, size) in view.statistics.items():
            entries.append(self._statistic(b"", md_entry_type, price, size))
        return entries

    def changes(self, told: View, now: View) -> list[Entry]:
        """What leads from one view to the other: levels that went, then those that came or
        changed."""
        entries: list[Entry] = []
        for side, before, after in ((BID, told.bids, now.bids), (OFFER, told.asks, now.asks)):
            if before is not after:
                entries += self._level_changes(side, before, after)
        for md_entry_type, (price, size) in told.statistics.items():
            if md_entry_type not in now.statistics:
                entries.append(self._statistic(b"2", md_entry_type, price, size))
        entries.sort(key=_deletes_first)
        for md_entry_type, (price, size) in now.statistics.items():
            known = told.statistics.get(md_entry_type)
            if known != (price, size):
                action = b"0" if known is None else b"1"
                entries.append(self._statistic(action, md_entry_type, price, size))
        return entries

    def _level_changes(
        self, side: bytes, before: tuple[DepthLevel, ...], after: tuple[DepthLevel, ...]
    ) -> Iterator[Entry]:
        known = {level.price: level for level in before}
        prices = {level.price for level in after}
        for level in before:
            if level.price not in prices:
                yield self._level(b"2", side, level, 0)
        for position, level in enumerate(after, 1):
            old = known.get(level.price)
            if old != level:
                yield self._level(b"0" if old is None else b"1", side, level, position)

    def printed(self, one: Print, known_from: int) -> Entry | None:
        """A print as an entry; None: the bust of a trade from before `known_from`."""
        event = one.event
        if isinstance(event, OrderExecuted):
            return self._trade(b"0", event, one.time_ns)
        if event.match_number < known_from:
            return None
        return Entry(
            TRADE,
            self._trade_id(event.match_number),
            format_decimal(event.price, self.instrument.price_decimals),
            md_update_action=b"2",
        )

    def _level(self, action: bytes, side: bytes, level: DepthLevel, position: int) -> Entry:
        price = format_decimal(level.price, self.instrument.price_decimals)
        name = b"%d-%b-%d" % (self.instrument_id, side, level.price)
        if not position:
            return Entry(side, name, price, md_update_action=action)
        return Entry(
            side,
            name,
            price,
            format_decimal(level.quantity, self.instrument.quantity_decimals),
            b"%d" % level.orders,
            b"%d" % position,
            md_update_action=action,
        )

    def _trade(self, action: bytes, trade: OrderExecuted, time_ns: int) -> Entry:
        return Entry(
            TRADE,
            self._trade_id(trade.match_number),
            format_decimal(trade.price, self.instrument.price_decimals),
            format_decimal(trade.quantity, self.instrument.quantity_decimals),
            time_ns=time_ns,
            md_update_action=action,
        )

    def _trade_id(self, match_number: int) -> bytes:
        return b"%d-2-%d" % (self.instrument_id, match_number)

    def _statistic(self, action: bytes, md_entry_type: bytes, price: bytes, size: bytes) -> Entry:
        name = b"%d-%b" % (self.instrument_id, md_entry_type)
        return Entry(md_entry_type, name, price, size, md_update_action=action)


def _deletes_first(entry: Entry) -> bool:
    return entry.md_update_action != b"2"
