"""What the market sees: price levels and the last trade, folded from events alone.

Exact: after every command a `Depth` equals what its book shows: of a reserve order what shows now,
of a hidden one nothing. Within a command, between a reserve order's OrderExecuted and
OrderRefreshed, a level may be there with quantity 0. A queue position is not kept; the events
themselves carry order references for those who want every order (L3).
"""

from bisect import bisect_left, insort
from collections.abc import Callable
from typing import Any

import msgspec

from matching.events import (
    Event,
    InstrumentAdded,
    OrderCanceled,
    OrderExecuted,
    OrderModified,
    OrderReduced,
    OrderRefreshed,
    OrderReplaced,
    OrderRested,
)
from matching.types import FULL, Side


class DepthLevel(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One price: what rests there. `quantity` and `orders` are 0 where nothing does."""

    price: int
    quantity: int
    orders: int


class LastTrade(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The latest print, busted or not."""

    match_number: int
    price: int
    quantity: int
    aggressor: Side


class _Ladder:
    """One side; keys as in `matching/book`: the best is the largest."""

    __slots__ = ("_keys", "_levels", "_sign")

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._keys: list[int] = []
        self._levels: dict[int, list[int]] = {}

    def change(self, price: int, quantity: int, orders: int) -> None:
        """Add (negative: take away) quantity and orders. O(1) while the price stays."""
        key = price * self._sign
        level = self._levels.get(key)
        if level is None:
            insort(self._keys, key)
            self._levels[key] = [quantity, orders]
            return
        level[0] += quantity
        level[1] += orders
        if level[1] == 0:
            assert level[0] == 0, (price, level)
            del self._keys[bisect_left(self._keys, key)]
            del self._levels[key]

    def level(self, price: int) -> DepthLevel:
        quantity, orders = self._levels.get(price * self._sign, (0, 0))
        return DepthLevel(price, quantity, orders)

    def best(self) -> DepthLevel | None:
        return self.level(self._keys[-1] * self._sign) if self._keys else None

    def levels(self, count: int | None) -> tuple[DepthLevel, ...]:
        keys = self._keys if count is None else self._keys[max(0, len(self._keys) - count) :]
        return tuple([self.level(key * self._sign) for key in reversed(keys)])


class Depth:
    """L1 and L2 of one instrument. Feed it that instrument's events, in order."""

    __slots__ = ("_asks", "_bids", "instrument_id", "last_trade")

    def __init__(self, instrument_id: int) -> None:
        self.instrument_id = instrument_id
        self._bids = _Ladder(1)
        self._asks = _Ladder(-1)
        self.last_trade: LastTrade | None = None

    def fold(self, event: Event) -> tuple[Side, int] | None:
        """Take in an event; returns the side and price that changed, None if the book did not: it
        does not when a hidden order trades, but `last_trade` does."""
        handler = _HANDLERS.get(type(event))
        return None if handler is None else handler(self, event)

    @property
    def best_bid(self) -> DepthLevel | None:
        return self._bids.best()

    @property
    def best_ask(self) -> DepthLevel | None:
        return self._asks.best()

    def level(self, side: Side, price: int) -> DepthLevel:
        """What rests at one price now; quantity 0 if nothing does."""
        return self._ladder(side).level(price)

    def levels(
        self, count: int | None = None
    ) -> tuple[tuple[DepthLevel, ...], tuple[DepthLevel, ...]]:
        """(bids, asks), best first, at most `count` of each; None means all."""
        return self._bids.levels(count), self._asks.levels(count)

    def _ladder(self, side: Side) -> _Ladder:
        return self._bids if side is Side.BUY else self._asks

    def _rested(self, event: OrderRested) -> tuple[Side, int] | None:
        shown = event.displayed
        if shown == FULL:
            shown = event.quantity
        elif shown == 0:
            return None
        self._ladder(event.side).change(event.price, shown, 1)
        return event.side, event.price

    def _executed(self, event: OrderExecuted) -> tuple[Side, int] | None:
        self.last_trade = LastTrade(
            event.match_number, event.price, event.quantity, event.incoming_side
        )
        if event.displayed == 0:
            return None
        side = Side.SELL if event.incoming_side is Side.BUY else Side.BUY
        gone = 0 if event.resting_leaves else -1
        self._ladder(side).change(event.price, -event.quantity, gone)
        return side, event.price

    def _refreshed(self, event: OrderRefreshed) -> tuple[Side, int]:
        self._ladder(event.side).change(event.price, event.quantity, 0)
        return event.side, event.price

    def _lowered(self, event: OrderReduced | OrderModified) -> tuple[Side, int] | None:
        shown = event.quantity if event.displayed == FULL else event.displayed
        if shown == 0:
            return None
        self._ladder(event.side).change(event.price, -shown, 0)
        return event.side, event.price

    def _replaced(self, event: OrderReplaced) -> tuple[Side, int] | None:
        old_shown, shown = event.old_displayed, event.displayed
        if old_shown == 0:
            return None
        ladder = self._ladder(event.side)
        if old_shown == FULL:
            old_shown, shown = event.old_leaves, event.leaves
        if event.kept_priority and event.leaves:
            ladder.change(event.old_price, shown - old_shown, 0)
        else:
            ladder.change(event.old_price, -old_shown, -1)
        return event.side, event.old_price

    def _canceled(self, event: OrderCanceled) -> tuple[Side, int] | None:
        shown = event.displayed
        if not event.rested or shown == 0:
            return None
        if shown == FULL:
            shown = event.quantity
        self._ladder(event.side).change(event.price, -shown, -1)
        return event.side, event.price


_HANDLERS: dict[type, Callable[[Depth, Any], tuple[Side, int] | None]] = {
    OrderRested: Depth._rested,
    OrderExecuted: Depth._executed,
    OrderRefreshed: Depth._refreshed,
    OrderReduced: Depth._lowered,
    OrderModified: Depth._lowered,
    OrderReplaced: Depth._replaced,
    OrderCanceled: Depth._canceled,
}


class MarketDepth:
    """The depth of every instrument, by instrument_id, from the whole stream of events."""

    __slots__ = ("instruments",)

    def __init__(self) -> None:
        self.instruments: dict[int, Depth] = {}

    def fold(self, event: Event) -> tuple[int, Side, int] | None:
        """Take in an event; returns (instrument_id, side, price) of the level that changed, if any.

        `last_trade` changes with OrderExecuted only, and with that even where the level does not:
        a hidden order's trade.
        """
        if isinstance(event, InstrumentAdded):
            self.instruments[event.instrument_id] = Depth(event.instrument_id)
            return None
        handler = _HANDLERS.get(type(event))
        if handler is None:
            return None
        instrument_id: int = event.instrument_id  # type: ignore[union-attr]
        changed = handler(self.instruments[instrument_id], event)
        return None if changed is None else (instrument_id, *changed)
