"""Kill the venue under load, start it again, and judge it by what its clients wrote down."""

import asyncio
import os
import signal
from random import Random

from gateway.journal.reader import open_reader
from gateway.journal.recovery import verify
from tests.crash.fix_wire import FixWire
from tests.crash.itch_reader import ItchReader
from tests.crash.ledger import check_matches
from tests.crash.ouch50_words import Ouch50Words
from tests.crash.soup_wire import SoupWire
from tests.crash.trader import Trader
from tests.crash.websocket_wire import WebSocketWire
from tests.interop.venue_process import VenueProcess

LOAD_MIN_S, LOAD_MAX_S = 0.05, 0.35
"""How long the load runs before the kill, beyond the fills that make it one."""
FILLS_A_LIFE = 10
"""What everybody has traded before a kill, however slow the machine is."""


def make_traders(seed: int) -> list[Trader]:
    """Three FIX versions, two logins on each OUCH port, two WebSocket sessions."""
    return [
        Trader("F42", seed, lambda record: FixWire(record, "CRASH42", "FIX.4.2")),
        Trader("F44", seed, lambda record: FixWire(record, "CRASH44", "FIX.4.4")),
        Trader("F50", seed, lambda record: FixWire(record, "CRASH50", "FIXT.1.1")),
        Trader("OA", seed, lambda record: SoupWire(record, "SIM011")),
        Trader("OB", seed, lambda record: SoupWire(record, "SIM012")),
        Trader("OC", seed, lambda record: SoupWire(record, "SIM013", Ouch50Words())),
        Trader("OD", seed, lambda record: SoupWire(record, "SIM014", Ouch50Words())),
        Trader("WA", seed, lambda record: WebSocketWire(record, "SIM021")),
        Trader("WB", seed, lambda record: WebSocketWire(record, "SIM022")),
    ]


class CrashRun:
    """One data directory, its venue, its clients and a subscriber over a number of kills."""

    def __init__(self, venue: VenueProcess, traders: list[Trader], seed: int) -> None:
        self.venue = venue
        self.traders = traders
        self.market = ItchReader("SIM015")
        self._rng = Random(seed)
        self._fills: dict[str, int] = {}
        self.findings: list[str] = []

    async def run(self, kills: int) -> list[str]:
        """Everything that may not be, at most from the first bad life on; no finding: all well."""
        for life in range(1, kills + 2):
            await asyncio.to_thread(self.venue.start)
            try:
                await self.come_back()
                if life <= kills:
                    await self._load_and_kill()
                else:
                    await asyncio.gather(*(trader.cancel_all() for trader in self.traders))
                    await self._check_market()
            except (AssertionError, TimeoutError, OSError) as error:
                self.findings.append(f"life {life}: {error!r}")
            self._collect(life)
            if self.findings:
                break
        return self.findings

    async def come_back(self) -> None:
        """All log on again, catch up, hear everything again, and ask for their orders."""
        ports = self.venue.ports
        await self.market.connect(ports)
        for step in (
            lambda trader: trader.connect(ports),
            lambda trader: trader.catch_up(),
            lambda trader: trader.hear_all_again(ports),
            lambda trader: trader.check_orders(),
        ):
            results = await asyncio.gather(*map(step, self.traders), return_exceptions=True)
            for result in results:
                if isinstance(result, Exception):
                    raise result
        # Only now has everybody been told both sides of every match.
        self.findings += check_matches([trader.ledger for trader in self.traders])
        await self._check_market()

    async def _check_market(self) -> None:
        ledgers = [trader.ledger for trader in self.traders]
        await self.market.check(self.venue.ports, ledgers)

    async def judge(self) -> list[str]:
        """One more life: everybody comes back and compares. Findings of all lives."""
        await asyncio.to_thread(self.venue.start)
        await self.come_back()
        self._collect(0)
        return self.findings

    def load(self, traders: list[Trader] | None = None) -> None:
        """These, None: all of them, trade from now on."""
        self._fills = {trader.name: len(trader.ledger.fills) for trader in self.traders}
        for trader in self.traders if traders is None else traders:
            trader.trading = True
            trader.trade()

    async def under_load(self) -> None:
        """Everybody has traded since the last call of `load`, and goes on."""
        await asyncio.gather(*map(self._traded, self.traders))

    async def _traded(self, trader: Trader) -> None:
        if trader.ledger.orders:
            wanted = self._fills[trader.name] + FILLS_A_LIFE
            await trader.until(lambda: len(trader.ledger.fills) >= wanted, f"{FILLS_A_LIFE} fills")

    async def all_gone(self) -> None:
        """The venue has ended: what was on its way has been read."""
        await asyncio.gather(self.market.gone(), *(trader.gone() for trader in self.traders))

    async def _load_and_kill(self) -> None:
        """Orders from everybody; in every third life while all history is told again, too."""
        if self._rng.random() < 1 / 3:
            ports = self.venue.ports
            await asyncio.gather(*(trader.begin_again(ports) for trader in self.traders))
        self.load()
        await self.under_load()
        await asyncio.sleep(self._rng.uniform(LOAD_MIN_S, LOAD_MAX_S))
        os.kill(self.venue.pid, signal.SIGKILL)
        await self.all_gone()
        self.venue.kill()
        report = verify(open_reader(self.venue.data_dir).read(1))
        if report.divergence is not None:
            self.findings.append(f"journal: {report.divergence.describe()}")

    def _collect(self, life: int) -> None:
        for trader in self.traders:
            self.findings += [f"life {life}: {text}" for text in trader.record.findings]
        self.findings += [f"life {life}: {text}" for text in self.market.findings]
