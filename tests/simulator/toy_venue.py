"""A venue of a few lines for participants' tests: it takes every order, and trades when told to."""

from random import Random

from matching.types import TimeInForce
from simulator.clients.words import (
    Accepted,
    Cancel,
    Canceled,
    Executed,
    New,
    Rejected,
    Replace,
    Replaced,
    Report,
    Request,
)
from simulator.participants.participant import Participant


class ToyVenue:
    """Orders of one participant; `answer` and `trade` return what it would be told."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.live: dict[bytes, New] = {}
        self._executed: dict[bytes, int] = {}

    def leaves(self, client_id: bytes) -> int:
        return self.live[client_id].quantity - self._executed[client_id]

    def answer(self, request: Request) -> list[Report]:
        match request:
            case New(client_id, symbol, side, quantity, price, time_in_force):
                reports: list[Report] = [Accepted(client_id, symbol, side, quantity, price)]
                if time_in_force is TimeInForce.IOC:
                    part = self._rng.randint(0, quantity)
                    if part:
                        reports.append(Executed(client_id, part, price or 1_000_000))
                    if part < quantity:
                        reports.append(Canceled(client_id, quantity - part))
                    return reports
                self.live[client_id] = request
                self._executed[client_id] = 0
                return reports
            case Cancel():
                if self.live.pop(request.orig_client_id, None) is None:
                    return [Rejected(request.client_id, "too late", order_gone=True)]
                return [Canceled(request.orig_client_id)]
            case Replace():
                old = self.live.pop(request.orig_client_id, None)
                if old is None:
                    return [Rejected(request.client_id, "too late", order_gone=True)]
                executed = self._executed.pop(request.orig_client_id)
                if request.quantity <= executed:
                    return [Canceled(request.orig_client_id)]
                self.live[request.client_id] = New(
                    request.client_id, old.symbol, old.side, request.quantity, request.price
                )
                self._executed[request.client_id] = executed
                leaves = request.quantity - executed
                return [Replaced(request.client_id, request.orig_client_id, leaves, request.price)]

    def trade(self, client_id: bytes, quantity: int) -> Executed:
        """A resting order trades, in part or in full."""
        order = self.live[client_id]
        self._executed[client_id] += quantity
        if self._executed[client_id] == order.quantity:
            del self.live[client_id]
        return Executed(client_id, quantity, order.price)

    def trade_something(self) -> list[Report]:
        """Some resting order trades some of its quantity, chosen by the venue's generator."""
        if not self.live:
            return []
        client_id = self._rng.choice(sorted(self.live))
        return [self.trade(client_id, self._rng.randint(1, self.leaves(client_id)))]


def live_through(participant: Participant, venue: ToyVenue, steps: int) -> list[Request]:
    """So many steps with every answer told at once; returns everything that was asked for."""
    asked: list[Request] = []
    for _ in range(steps):
        participant.wait_ns()
        requests = participant.step()
        asked += requests
        for request in requests:
            for report in venue.answer(request):
                participant.told(report)
        for report in venue.trade_something():
            participant.told(report)
    return asked
