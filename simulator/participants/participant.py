"""What every participant has: a pure core that is told things and asked to act.

Decisions follow from (seed, what was told) alone. Time is the caller's: `wait_ns` says how long to
wait before the next `step`, drawn from the same generator.
"""

from collections.abc import Iterator
from random import Random
from typing import Protocol

from matching.instrument import Instrument
from matching.types import Side, TimeInForce
from simulator.clients.words import Cancel, New, Replace, Report, Request
from simulator.participants.portfolio import OpenOrder, Portfolio

SECOND_NS = 1_000_000_000
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Participant(Protocol):
    """One trader's core."""

    portfolio: Portfolio

    def told(self, report: Report) -> None:
        """Take one report in."""

    def step(self) -> list[Request]:
        """Act: the requests to send now, already noted in the portfolio."""

    def wait_ns(self) -> int:
        """Draw the time until the next step."""

    def leave(self) -> list[Request]:
        """Cancels for everything live."""


def base36(number: int) -> str:
    """A number in as few letters and digits as OUCH tokens allow for.

    >>> base36(35), base36(36)
    ('Z', '10')
    """
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
        if not number:
            return text


def poisson_wait_ns(rng: Random, per_second: float) -> int:
    """An exponentially distributed gap: arrivals without memory, as a crowd makes them."""
    return int(rng.expovariate(per_second) * SECOND_NS)


class Hand:
    """How a participant writes its requests: ids of its own, everything noted, bounds kept."""

    __slots__ = ("_ids", "_own", "_position_max", "portfolio")

    def __init__(self, run: str, position_max: int) -> None:
        """`run` begins every id, so that no two runs share one: at most 8 letters and digits."""
        assert len(run) <= 8, run
        self.portfolio = Portfolio()
        self._ids = _ids(run)
        self._own = run.encode()
        self._position_max = position_max

    def room(self, symbol: bytes, side: Side) -> int:
        """How much more may be bought or sold, were everything open to execute."""
        return max(0, self._position_max - self.portfolio.reach(symbol, side))

    def new(
        self,
        instrument: Instrument,
        side: Side,
        quantity: int,
        price: int,
        time_in_force: TimeInForce = TimeInForce.DAY,
    ) -> New:
        request = New(next(self._ids), instrument.symbol, side, quantity, price, time_in_force)
        self.portfolio.request(request)
        return request

    def replace(self, order: OpenOrder, leaves: int, price: int) -> Replace:
        """Move an order to another price with `leaves` open."""
        request = Replace(
            next(self._ids),
            order.client_id,
            order.symbol,
            order.side,
            order.executed + leaves,
            price,
        )
        self.portfolio.request(request)
        return request

    def cancel(self, order: OpenOrder) -> Cancel:
        request = Cancel(next(self._ids), order.client_id, order.symbol, order.side)
        self.portfolio.request(request)
        return request

    def cancel_foreign(self) -> list[Request]:
        """Cancels for orders that another run left behind."""
        return [
            self.cancel(order)
            for order in self.portfolio.idle()
            if not order.client_id.startswith(self._own)
        ]

    def cancel_all(self) -> list[Request]:
        return [self.cancel(order) for order in self.portfolio.idle()]


def _ids(run: str) -> Iterator[bytes]:
    number = 0
    while True:
        number += 1
        yield f"{run}{base36(number)}".encode()
