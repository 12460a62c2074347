"""A market maker: a ladder of bids and asks around a price of its own, in one instrument."""

from random import Random

import msgspec

from matching.instrument import Instrument
from matching.types import Side
from simulator.clients.words import Executed, HistoryLost, Report, Request, TradePrinted
from simulator.participants.participant import Hand, poisson_wait_ns
from simulator.participants.portfolio import OpenOrder, Portfolio


class MarketMakerSettings(msgspec.Struct, frozen=True):
    """Prices in ticks, quantities in lots."""

    levels: int = 10
    half_spread_ticks: int = 1
    """From the middle to the best price of either side."""
    lots_min: int = 20
    lots_max: int = 200
    position_max_lots: int = 5_000
    skew_ticks: int = 8
    """How far the middle moves against a full inventory."""
    wander_percent: int = 2
    """How far the own price may drift from the reference price."""
    steps_per_second: float = 2.0


class MarketMaker:
    """Quotes one instrument. A step moves the own price by a tick, then the ladder after it:
    gaps are filled, orders outside the ladder move to where one is missing.
    """

    __slots__ = ("_fair", "_hand", "_instrument", "_rng", "_settings", "portfolio")

    def __init__(
        self, instrument: Instrument, rng: Random, run: str, settings: MarketMakerSettings
    ) -> None:
        self._instrument = instrument
        self._rng = rng
        self._settings = settings
        self._fair = instrument.reference_price
        self._hand = Hand(run, settings.position_max_lots * instrument.lot_size)
        self.portfolio: Portfolio = self._hand.portfolio

    def told(self, report: Report) -> None:
        """Fills and public trades pull the own price towards where trading happens."""
        match report:
            case Executed(_, _, price):
                self._pull(price, 4)
            case TradePrinted(symbol, price) if symbol == self._instrument.symbol:
                self._pull(price, 16)
            case HistoryLost():
                self._fair = self._instrument.reference_price
            case _:
                pass
        self.portfolio.fold(report)

    def wait_ns(self) -> int:
        return poisson_wait_ns(self._rng, self._settings.steps_per_second)

    def leave(self) -> list[Request]:
        return self._hand.cancel_all()

    def step(self) -> list[Request]:
        requests = self._hand.cancel_foreign()
        self._wander()
        for side in (Side.BUY, Side.SELL):
            requests += self._quote(side)
        return requests

    def ladder(self, side: Side) -> list[int]:
        """The prices to be quoted on one side, best first, on the tick and above zero."""
        instrument, settings = self._instrument, self._settings
        tick = instrument.tick_size
        position_max = settings.position_max_lots * instrument.lot_size
        position = self.portfolio.position(instrument.symbol)
        skew = settings.skew_ticks * tick * position // position_max
        middle = (self._fair - skew) // tick * tick
        towards = -tick if side is Side.BUY else tick
        best = middle + towards * settings.half_spread_ticks
        prices = (best + towards * level for level in range(settings.levels))
        return [price for price in prices if tick <= price <= instrument.price_max]

    def _quote(self, side: Side) -> list[Request]:
        ladder = self.ladder(side)
        mine = [order for order in self.portfolio.orders.values() if order.side is side]
        taken = {order.price for order in mine}
        # A pending replace will be at its new price.
        taken.update(
            price for order in mine if (price := getattr(order.pending, "price", None)) is not None
        )
        missing = [price for price in ladder if price not in taken and not self._meets(side, price)]
        wanted = set(ladder)
        stale = [order for order in mine if order.pending is None and order.price not in wanted]
        requests: list[Request] = []
        for price in missing:
            request = self._fill(side, price, stale, len(mine) + len(requests))
            if request is None:
                break
            requests.append(request)
        return requests

    def _fill(self, side: Side, price: int, stale: list[OpenOrder], count: int) -> Request | None:
        """An order at `price`: one that is out of place, or a new one while there is room."""
        lots = self._rng.randint(self._settings.lots_min, self._settings.lots_max)
        lot_size = self._instrument.lot_size
        room = self._hand.room(self._instrument.symbol, side) // lot_size * lot_size
        if stale:
            order = stale.pop()
            return self._hand.replace(order, min(lots * lot_size, order.leaves + room), price)
        quantity = min(lots * lot_size, room)
        if not quantity or count >= self._settings.levels:
            return None
        return self._hand.new(self._instrument, side, quantity, price)

    def _meets(self, side: Side, price: int) -> bool:
        """Whether an order at this price would trade with one of our own."""
        for order in self.portfolio.orders.values():
            if order.side is side:
                continue
            prices = [order.price]
            if (pending := getattr(order.pending, "price", None)) is not None:
                prices.append(pending)
            if side is Side.BUY and price >= min(prices):
                return True
            if side is Side.SELL and price <= max(prices):
                return True
        return False

    def _wander(self) -> None:
        tick, reference = self._instrument.tick_size, self._instrument.reference_price
        # Home is a little more likely than away, the more so the farther away.
        away = self._fair - reference
        bound = reference * self._settings.wander_percent // 100
        up = self._rng.randrange(2 * bound + 1) > bound + away if bound else False
        self._move(self._fair + (tick if up else -tick))

    def _pull(self, price: int, part: int) -> None:
        self._move(self._fair + (price - self._fair) // part)

    def _move(self, price: int) -> None:
        reference = self._instrument.reference_price
        bound = reference * self._settings.wander_percent // 100
        self._fair = max(reference - bound, min(reference + bound, price))
