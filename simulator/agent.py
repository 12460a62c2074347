"""One participant at work: its decisions, its client, and the timer between two steps."""

import asyncio
import logging

from simulator.clients.connection import Client
from simulator.clients.words import Executed, Rejected, Report, Request
from simulator.participants.participant import SECOND_NS, Participant
from simulator.tally import Tally

logger = logging.getLogger("venue.simulator")


class Agent:
    """Asks the participant for requests at its own times, while its client is logged on."""

    def __init__(self, identity: str, participant: Participant, tally: Tally) -> None:
        self.identity = identity
        self.participant = participant
        self.client: Client
        """Set once, after construction: the client tells the agent, the agent uses the client."""
        self.joined = False
        """Was logged on at least once."""
        self._tally = tally
        self._timer: asyncio.TimerHandle | None = None
        self._live = False
        self._said_lost = ""
        self._leaving = False

    def ready(self) -> None:
        self.joined = self._live = True
        self._said_lost = ""
        if self.client.repeats_requests:
            for request in self.participant.portfolio.unanswered():
                self.client.send(request)
        self._schedule()

    def lost(self, reason: str) -> None:
        self._live = False
        self._cancel_timer()
        if reason != self._said_lost and not self._leaving:
            # Once for a row of equal failures: attempts go on twice a second.
            logger.info("%s on %s: %s; connecting again", self.identity, self.client.wire, reason)
            self._said_lost = reason

    def told(self, report: Report) -> None:
        if isinstance(report, Executed | Rejected):
            order = self.participant.portfolio.orders.get(report.client_id)
            if order is not None or isinstance(report, Rejected):
                symbol = b"" if order is None else order.symbol
                self._tally.told(self.client.wire, symbol, report)
        self.participant.told(report)

    async def leave(self, settle_seconds: float) -> None:
        """Cancel everything live, give the answers `settle_seconds`, log out."""
        self._leaving = True
        self._cancel_timer()
        if self._live:
            loop = asyncio.get_running_loop()
            deadline = loop.time() + settle_seconds
            while self._live and self.participant.portfolio.orders and loop.time() < deadline:
                # Again each time: what was being replaced can be canceled once that is answered.
                self._send(self.participant.leave())
                await asyncio.sleep(0.02)
            if orders := self.participant.portfolio.orders:
                logger.info("%s leaves %d orders behind", self.identity, len(orders))
        self._live = False
        await self.client.leave()

    def _schedule(self) -> None:
        self._cancel_timer()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self.participant.wait_ns() / SECOND_NS, self._step)

    def _step(self) -> None:
        self._send(self.participant.step())
        self._schedule()

    def _send(self, requests: list[Request]) -> None:
        for request in requests:
            self._tally.sent(self.client.wire, request)
            self.client.send(request)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
