"""The default world: who trades what over which wire, and the run of it.

Two market makers quote each instrument, noise traders trade all of them, spread over the wires so
that every instrument trades on every one. Identities are SIM000 and up, one for each participant.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from random import Random
from typing import Literal

import msgspec

from gateway.clock import Clock
from matching.instrument import Instrument
from protocol.fix.version import FIX42, FIX44
from simulator.agent import Agent
from simulator.clients.connection import Client, TcpClient, WebSocketClient
from simulator.clients.fix import FixDialogue
from simulator.clients.ouch import OuchDialogue
from simulator.clients.websocket import WebSocketDialogue
from simulator.clients.words import TradePrinted
from simulator.participants.market_maker import MarketMaker, MarketMakerSettings
from simulator.participants.noise_trader import NoiseTrader, NoiseTraderSettings
from simulator.participants.participant import SECOND_NS, Participant, base36
from simulator.public_feed import PublicFeed
from simulator.tally import Tally

logger = logging.getLogger("venue.simulator")

Wire = Literal["fix", "ouch", "ws"]
WIRES: tuple[Wire, ...] = ("fix", "ouch", "ws")
PORTS: dict[Wire, str] = {"fix": "fix", "ouch": "ouch42", "ws": "ws"}
"""The name of a wire's port in a ports file."""
VENUE_COMP_ID = b"XVEN"
MAKERS_PER_INSTRUMENT = 2
NOISE_TRADERS = 6
INSTRUMENTS_MAX = 400
"""Two makers each: below the thousand identities there are."""
RATE_DEFAULT = 40.0
"""Orders a second, of everybody together."""
MAKER_REQUESTS_PER_STEP = 2.5
"""Measured: a step moves one bid and one ask, and fills what was traded away."""
SETTLE_SECONDS = 2.0


class Seat(msgspec.Struct, frozen=True):
    """One participant of a world: identity, wire, and the instruments it trades."""

    identity: str
    wire: Wire
    quotes: bool
    """A market maker; otherwise a noise trader."""
    instruments: tuple[Instrument, ...]


def seats(instruments: Sequence[Instrument], wires: Sequence[Wire]) -> list[Seat]:
    """Everybody's place, the same for the same instruments and wires."""
    places: list[tuple[Wire, bool, tuple[Instrument, ...]]] = []
    for row, instrument in enumerate(instruments):
        for maker in range(MAKERS_PER_INSTRUMENT):
            places.append((wires[(row + maker) % len(wires)], True, (instrument,)))
    for trader in range(NOISE_TRADERS):
        places.append((wires[trader % len(wires)], False, tuple(instruments)))
    return [Seat(f"SIM{number:03}", *place) for number, place in enumerate(places)]


def participant(seat: Seat, seed: int, run: str, rate: float, count: int) -> Participant:
    """The mind of one seat. `rate` is what all `count` seats of its kind send a second together."""
    rng = Random(f"{seed}/{seat.identity}")
    if seat.quotes:
        steps = rate / count / MAKER_REQUESTS_PER_STEP
        maker = MarketMakerSettings(steps_per_second=steps)
        return MarketMaker(seat.instruments[0], rng, run, maker)
    noise = NoiseTraderSettings(
        steps_per_second=rate / count,
        market_percent=0 if seat.wire == "ouch" else NoiseTraderSettings().market_percent,
    )
    return NoiseTrader(seat.instruments, rng, run, noise)


class World:
    """The default world on one venue."""

    def __init__(
        self,
        host: str,
        ports: Mapping[str, int],
        instruments: Sequence[Instrument],
        clock: Clock,
    ) -> None:
        self._host = host
        self._ports = ports
        self._instruments = instruments[:INSTRUMENTS_MAX]
        self._clock = clock
        self.agents: list[Agent] = []
        self.tally = Tally()

    def populate(self, wires: Sequence[Wire], seed: int, rate: float) -> None:
        """Take every seat, half of the rate each for makers and noise."""
        run = base36(self._clock.now_ns() // (SECOND_NS // 1000))
        places = seats(self._instruments, wires)
        makers = sum(seat.quotes for seat in places)
        for seat in places:
            count = makers if seat.quotes else len(places) - makers
            mind = participant(seat, seed, run, rate / 2, count)
            agent = Agent(seat.identity, mind, self.tally)
            agent.client = self._client(seat, agent)
            self.agents.append(agent)

    async def run(self, stop: asyncio.Event) -> None:
        """Trade until `stop`, then cancel what is open and leave. Raises what is our bug."""
        tasks = [asyncio.ensure_future(agent.client.run()) for agent in self.agents]
        public: PublicFeed | None = None
        if "ws" in self._ports:
            public = PublicFeed(self._url, self._instruments, self._trade_printed)
            tasks.append(asyncio.ensure_future(public.run()))
        stopped = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
            await asyncio.gather(*(agent.leave(SETTLE_SECONDS) for agent in self.agents))
        finally:
            stopped.cancel()
            for task in tasks:
                if not task.done():
                    task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        self.tally.feed_heard = public is not None and public.heard
        for result in results:
            if isinstance(result, Exception):
                raise result

    def summary(self) -> list[str]:
        """What the run amounted to, in lines for a person."""
        absent = [agent for agent in self.agents if not agent.joined]
        lines = self.tally.lines([one.symbol.decode() for one in self._instruments])
        for agent in absent:
            lines.append(f"{agent.identity} on {agent.client.wire} was never logged on")
        return lines

    @property
    def _url(self) -> str:
        return f"ws://{self._host}:{self._ports['ws']}"

    def _client(self, seat: Seat, agent: Agent) -> Client:
        name = seat.identity.encode()
        known = {one.symbol: one for one in self._instruments}
        if seat.wire == "ws":
            return WebSocketClient(WebSocketDialogue(seat.identity, known), self._url, agent)
        address = (self._host, self._ports[PORTS[seat.wire]])
        if seat.wire == "ouch":
            return TcpClient(OuchDialogue(name, name, known), address, self._clock, agent)
        version = FIX42 if int(seat.identity[3:]) % 2 else FIX44
        return TcpClient(
            FixDialogue(version, name, VENUE_COMP_ID, known), address, self._clock, agent
        )

    def _trade_printed(self, trade: TradePrinted) -> None:
        self.tally.trades[trade.symbol.decode()] += 1
        for agent in self.agents:
            agent.participant.told(trade)
