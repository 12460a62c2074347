"""A noise trader: orders at random times, for no reason, in every instrument."""

from collections.abc import Sequence
from random import Random

import msgspec

from matching.instrument import Instrument
from matching.types import Side, TimeInForce
from simulator.clients.words import Executed, Report, Request, TradePrinted
from simulator.participants.participant import Hand, poisson_wait_ns
from simulator.participants.portfolio import Portfolio


class NoiseTraderSettings(msgspec.Struct, frozen=True):
    """Prices in ticks, quantities in lots. The percentages are of all steps."""

    market_percent: int = 15
    """0 on a wire that has no word for market orders."""
    immediate_percent: int = 35
    cancel_percent: int = 20
    """The rest are limit orders that wait."""
    reach_ticks: int = 6
    """How far from the last price a trader looks."""
    lots_max: int = 100
    position_max_lots: int = 2_000
    open_orders_max: int = 8
    steps_per_second: float = 3.0


class NoiseTrader:
    """Trades around the last price it has heard of; the more it holds, the more it sells."""

    __slots__ = ("_hand", "_instruments", "_last_price", "_rng", "_settings", "portfolio")

    def __init__(
        self,
        instruments: Sequence[Instrument],
        rng: Random,
        run: str,
        settings: NoiseTraderSettings,
    ) -> None:
        self._instruments = instruments
        self._rng = rng
        self._settings = settings
        self._last_price = {one.symbol: one.reference_price for one in instruments}
        lot_size_max = max(one.lot_size for one in instruments)
        self._hand = Hand(run, settings.position_max_lots * lot_size_max)
        self.portfolio: Portfolio = self._hand.portfolio

    def told(self, report: Report) -> None:
        match report:
            case Executed(client_id, _, price):
                order = self.portfolio.orders.get(client_id)
                if order is not None and order.symbol in self._last_price:
                    self._last_price[order.symbol] = price
            case TradePrinted(symbol, price):
                if symbol in self._last_price:
                    self._last_price[symbol] = price
            case _:
                pass
        self.portfolio.fold(report)

    def wait_ns(self) -> int:
        return poisson_wait_ns(self._rng, self._settings.steps_per_second)

    def leave(self) -> list[Request]:
        return self._hand.cancel_all()

    def step(self) -> list[Request]:
        foreign = self._hand.cancel_foreign()
        if foreign:
            return foreign
        settings = self._settings
        choice = self._rng.randrange(100)
        full = len(self.portfolio.orders) >= settings.open_orders_max
        if full or choice < settings.cancel_percent:
            idle = self.portfolio.idle()
            if idle:
                return [self._hand.cancel(self._rng.choice(idle))]
        if full:
            return []
        return self._order(choice - settings.cancel_percent)

    def _order(self, choice: int) -> list[Request]:
        instrument = self._rng.choice(self._instruments)
        side = self._side(instrument)
        lots = min(
            self._rng.randint(1, self._settings.lots_max),
            self._hand.room(instrument.symbol, side) // instrument.lot_size,
        )
        ticks = self._rng.randint(1, self._settings.reach_ticks)
        if not lots:
            return []
        quantity = lots * instrument.lot_size
        if 0 <= choice < self._settings.market_percent:
            request = self._hand.new(instrument, side, quantity, 0, TimeInForce.IOC)
        elif 0 <= choice < self._settings.market_percent + self._settings.immediate_percent:
            price = self._price(instrument, side, ticks)
            request = self._hand.new(instrument, side, quantity, price, TimeInForce.IOC)
        else:
            price = self._price(instrument, side, -ticks)
            request = self._hand.new(instrument, side, quantity, price)
        return [request]

    def _side(self, instrument: Instrument) -> Side:
        position_max = self._settings.position_max_lots * instrument.lot_size
        position = self.portfolio.position(instrument.symbol)
        buys = self._rng.randrange(2 * position_max) >= position_max + position
        return Side.BUY if buys else Side.SELL

    def _price(self, instrument: Instrument, side: Side, ticks: int) -> int:
        """So many ticks beyond the last price, seen from `side`; negative: short of it."""
        tick = instrument.tick_size
        last = self._last_price[instrument.symbol] // tick * tick
        price = last + (ticks if side is Side.BUY else -ticks) * tick
        highest = instrument.price_max // tick * tick
        return max(tick, min(highest, price))
