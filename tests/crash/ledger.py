"""What a client was told, kept apart from the venue, and everything that may not happen to it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Literal, NamedTuple

Kind = Literal["accepted", "filled", "replaced", "canceled", "rejected", "status", "other"]


class Told(NamedTuple):
    """One report in words that all wires share; prices in cents."""

    kind: Kind
    client_id: str = ""
    previous_id: str = ""
    exec_id: str = ""
    match_number: int = 0
    quantity: int = 0
    """Of a fill, of what is open after a replace, of what a cancel took off (-1: all)."""
    cents: int = 0
    cum: int | None = None
    leaves: int | None = None


class Fill(NamedTuple):
    exec_id: str
    match_number: int
    buys: bool
    quantity: int
    cents: int


@dataclass
class Record:
    """Every number with its content, once. Findings are lines of text; none: all is well."""

    name: str
    findings: list[str] = field(default_factory=list)
    contents: list[object] = field(default_factory=lambda: [None])
    """By number; index 0 stays empty. None: a number that is never sent again."""
    again: int = 0
    """When history is asked for again: the number that must come next."""

    @property
    def next_number(self) -> int:
        return len(self.contents)

    def find(self, text: str) -> None:
        self.findings.append(f"{self.name}: {text}")

    def take(self, number: int, content: object) -> bool:
        """True for something new. What is known must come with the same content."""
        if number == self.next_number:
            self.contents.append(content)
            return True
        if number > self.next_number:
            self.find(f"lost: expected number {self.next_number}, received {number}")
            return False
        if self.contents[number] != content:
            self.find(f"changed: {number} was {self.contents[number]!r}, is {content!r}")
        if number == self.again:
            self.again += 1
        return False

    def skip(self, begin: int, end: int) -> None:
        """The venue says that begin <= number < end are never sent again."""
        for number in range(begin, end):
            if number == self.next_number:
                self.contents.append(None)
            elif self.contents[number] is not None:
                self.find(f"lost: {number} was {self.contents[number]!r}, is a gap")
            elif number == self.again:
                self.again += 1


@dataclass
class Order:
    """An order as its reports tell it."""

    client_id: str
    buys: bool
    quantity: int
    cents: int
    symbol: str
    cum: int = 0
    leaves: int = 0
    accepted: bool = False


class Ledger:
    """One client's orders and fills, folded from its reports; contradictions become findings."""

    def __init__(self, record: Record, *, silent: bool) -> None:
        """`silent`: the wire says nothing to requests for an order that is done, or lives under
        another id by now (OUCH)."""
        self.record = record
        self._silent = silent
        self.orders: dict[str, Order] = {}
        """By every id of a chain."""
        self.live: dict[str, Order] = {}
        """By the id that heads the chain."""
        self.fills: list[Fill] = []
        self.unanswered: dict[str, tuple[object, ...]] = {}
        """Requests by id, in the order in which they were sent."""
        self._exec_ids: set[str] = set()

    def apply(self, told: Told) -> None:
        if told.exec_id:
            if told.exec_id in self._exec_ids:
                self.record.find(f"duplicated: execution {told.exec_id} again in {told}")
            self._exec_ids.add(told.exec_id)
        getattr(self, f"_{told.kind}")(told)

    def _answered(self, client_id: str) -> None:
        self.unanswered.pop(client_id, None)

    def _order(self, told: Told) -> Order | None:
        order = self.orders.get(told.client_id)
        if order is None:
            self.record.find(f"unknown order in {told}")
        return order

    def _accepted(self, told: Told) -> None:
        order = self._order(told)
        self._answered(told.client_id)
        if order is None:
            return
        if order.accepted:
            self.record.find(f"duplicated: second acceptance {told}")
            return
        order.accepted = True
        order.leaves = order.quantity
        self.live[told.client_id] = order

    def _filled(self, told: Told) -> None:
        order = self._order(told)
        if order is None:
            return
        order.cum += told.quantity
        order.leaves -= told.quantity
        self.fills.append(
            Fill(told.exec_id, told.match_number, order.buys, told.quantity, told.cents)
        )
        self._check(order, told)
        self._close(order)

    def _replaced(self, told: Told) -> None:
        order = self.orders.get(told.previous_id)
        self._answered(told.client_id)
        if order is None:
            self.record.find(f"unknown order in {told}")
            return
        self.live.pop(order.client_id, None)
        self._retire(order.client_id)
        order.client_id = told.client_id
        self.orders[told.client_id] = order
        order.leaves = told.quantity
        order.cents = told.cents
        order.quantity = order.cum + order.leaves
        self.live[order.client_id] = order
        self._check(order, told)
        self._close(order)

    def _canceled(self, told: Told) -> None:
        order = self.orders.get(told.previous_id or told.client_id)
        self._answered(told.client_id)
        if order is None:
            self.record.find(f"unknown order in {told}")
            return
        taken = order.leaves if told.quantity < 0 else told.quantity
        if taken != order.leaves or not taken:
            self.record.find(f"canceled {taken} of {order.leaves} open: {told}")
        order.leaves = 0
        self._check(order, told)
        self._close(order)

    def _rejected(self, told: Told) -> None:
        self._answered(told.client_id)

    def _status(self, told: Told) -> None:
        order = self._order(told)
        if order is not None:
            self._check(order, told)
        self.unanswered.pop(f"status {told.client_id}", None)

    def _other(self, told: Told) -> None:
        """A message of the day, not of an order."""

    def _check(self, order: Order, told: Told) -> None:
        if told.cum is not None and (told.cum, told.leaves) != (order.cum, order.leaves):
            self.record.find(f"told cum {order.cum}, leaves {order.leaves} until now, then {told}")
        if order.leaves < 0:
            self.record.find(f"more executed than was open: {told}")

    def _close(self, order: Order) -> None:
        if not order.leaves:
            self.live.pop(order.client_id, None)
            self._retire(order.client_id)

    def _retire(self, client_id: str) -> None:
        """Requests that name this id get no answer of their own any more."""
        if self._silent:
            for request_id, request in list(self.unanswered.items()):
                if request[0] != "enter" and request[1] == client_id:
                    del self.unanswered[request_id]

    def nothing_open(self) -> None:
        """After a barrier everything is answered."""
        for client_id, request in self.unanswered.items():
            self.record.find(f"lost: {client_id} {request} was never answered")
        self.unanswered.clear()


def check_matches(ledgers: Iterable[Ledger]) -> list[str]:
    """Both sides of every match tell the same. FIX knows executions, OUCH matches, JSON both."""
    findings: list[str] = []
    fills = [fill for ledger in ledgers for fill in ledger.fills]
    match_of = {_execution(f): f.match_number for f in fills if f.match_number and f.exec_id}
    matches: dict[int, list[Fill]] = {}
    executions: dict[tuple[int, ...], list[Fill]] = {}
    for fill in fills:
        match_number = fill.match_number or match_of.get(_execution(fill), 0)
        if match_number:
            matches.setdefault(match_number, []).append(fill)
        else:
            executions.setdefault(_execution(fill), []).append(fill)
    # What is left alone is FIX against OUCH: both number upwards in time.
    fix = [sides[0] for _, sides in sorted(executions.items()) if len(sides) == 1]
    ouch = [sides[0] for _, sides in sorted(matches.items()) if len(sides) == 1]
    groups = [sides for sides in (*executions.values(), *matches.values()) if len(sides) > 1]
    for sides in chain(groups, map(list, zip_longest(fix, ouch))):
        terms = {(fill.quantity, fill.cents) if fill else None for fill in sides}
        if len(terms) != 1 or sorted(fill.buys for fill in sides if fill) != [False, True]:
            findings.append(f"the two sides of a match disagree: {sides}")
            break
    return findings


def _execution(fill: Fill) -> tuple[int, ...]:
    """Number of the command and of its event: the same on both sides."""
    return tuple(map(int, fill.exec_id.rstrip("BS").split("-"))) if fill.exec_id else ()
