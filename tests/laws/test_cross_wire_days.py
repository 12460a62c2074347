"""The cross-wire law over any day: random requests of random sessions, checked after each step."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.commands import BustTrade, MassCancel, RerankOrder, SetPhase
from matching.types import FULL, BustReason, Phase
from tests.laws.cross_wire_floor import ACCOUNTS, Floor
from tests.laws.cross_wire_ledger import Entry
from tests.laws.cross_wire_traders import Ask, FixTrader, OuchTrader, Trader, WebSocketTrader, fit
from tests.laws.cross_wire_truth import WIRES
from tests.laws.cross_wire_views import Told

PRICES = (990_000, 1_000_000, 1_010_000)
QUANTITIES = (100, 200, 300, 50)


class Step(NamedTuple):
    """`what` by the trader at `place`; the numbers choose among what there is."""

    what: str
    place: int = 0
    which: int = 0
    quantity: int = 100
    price: int = PRICES[1]
    ask: Ask = Ask("buy", 100, PRICES[1])


REQUESTS = (
    *("replace", "replace", "cancel", "cancel", "reduce", "modify", "cancel_other", "mass_cancel"),
    *("status", "again", "set_entry"),
)
WORLD = ("leave", "come_back", "come_back", "restart", "pass_time", "next_day")
OPERATOR = ("bust", "bust", "rerank", "rerank", "mass_cancel_all", "halt", "open", "open")
ASKS = st.builds(
    Ask,
    st.sampled_from(("buy", "sell")),
    st.sampled_from(QUANTITIES),
    st.sampled_from(PRICES),
    st.sampled_from(("day", "day", "day", "gtc", "ioc", "fok")),
    st.sampled_from((FULL, FULL, FULL, 0, 100)),
    st.sampled_from((False, False, False, True)),
    st.sampled_from((0, 0, 0, 1, 3)),
)
PLACES = st.integers(0, 2)
ENTERS = st.builds(Step, st.just("enter"), PLACES, ask=ASKS)
MORE = st.builds(
    Step,
    st.sampled_from(REQUESTS),
    PLACES,
    st.integers(0, 5),
    st.sampled_from((50, 100, 200, 0)),
    st.sampled_from(PRICES),
)
EVENTS = st.builds(Step, st.sampled_from(OPERATOR + WORLD), PLACES, st.integers(0, 5))
STEPS = st.one_of(ENTERS, MORE, ENTERS, EVENTS, ENTERS, MORE)
SEATS = st.lists(
    st.tuples(st.sampled_from(WIRES), st.sampled_from(ACCOUNTS)), min_size=3, max_size=3
)


def days(shortest: int, longest: int) -> st.SearchStrategy[list[Step]]:
    """Days of all lengths alike."""
    return st.integers(shortest, longest).flatmap(
        lambda count: st.lists(STEPS, min_size=count, max_size=count)
    )


class Players:
    """Acts on a floor: one step, then the law."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self._acts: dict[str, Callable[[Trader, Entry, Step], None]] = {
            "replace": lambda trader, entry, step: trader.replace(
                entry, step.quantity or 100, step.price
            ),
            "cancel": lambda trader, entry, step: trader.cancel(entry),
            "reduce": self._reduce,
            "modify": self._modify,
            # What OUCH has no words for gives way to what it alone has.
            "cancel_other": self._reduce,
            "status": self._modify,
        }

    def step(self, step: Step) -> None:
        floor = self.floor
        answers: list[tuple[int, Told]] = []
        if step.what in WORLD:
            self._world(step)
        elif step.what in OPERATOR:
            self._operator(step)
        elif step.place not in floor.away:
            answers = self._request(floor.traders[step.place], step)
        floor.check(*answers)

    def _request(self, trader: Trader, step: Step) -> list[tuple[int, Told]]:
        floor = self.floor
        if step.what == "enter":
            trader.enter(fit(step.ask, trader.wire))
        elif step.what == "mass_cancel" and isinstance(trader, FixTrader | OuchTrader):
            trader.mass_cancel()
        elif step.what == "again" and isinstance(trader, FixTrader | OuchTrader):
            trader.again()
        elif step.what == "set_entry" and isinstance(trader, OuchTrader):
            trader.set_entry(enabled=step.which > 2)
        elif step.what == "cancel_other" and isinstance(trader, FixTrader | WebSocketTrader):
            latest = list(floor.truth.orders)[-6:]
            if latest:
                order_id = latest[step.which % len(latest)]
                trader.cancel_other(order_id, floor.truth.orders[order_id].side)
        elif step.what == "status" and isinstance(trader, FixTrader | WebSocketTrader):
            entry = chosen(trader.view.ledger.live(), step)
            if entry is not None:
                reference = floor.truth.orders[floor.order_id(step.place, entry)].reference
                return [(step.place, trader.status(entry, reference))]
        elif step.what in self._acts:
            ledger = trader.view.ledger
            late = step.which == 5
            entry = chosen(list(ledger.orders.values())[-5:] if late else ledger.live(), step)
            if entry is not None:
                self._acts[step.what](trader, entry, step)
        return []

    @staticmethod
    def _reduce(trader: Trader, entry: Entry, step: Step) -> None:
        if isinstance(trader, OuchTrader):
            trader.reduce(entry, step.quantity)

    @staticmethod
    def _modify(trader: Trader, entry: Entry, step: Step) -> None:
        if isinstance(trader, OuchTrader):
            trader.modify(entry, step.quantity)

    def _world(self, step: Step) -> None:
        floor = self.floor
        if step.what == "leave":
            if step.place not in floor.away:
                floor.leave(step.place)
        elif step.what == "come_back":
            if step.place in floor.away:
                floor.come_back(step.place)
        elif step.what == "restart":
            floor.restart()
        elif step.what == "pass_time":
            floor.pass_time(1 + step.which % 3)
        else:
            floor.next_day()

    def _operator(self, step: Step) -> None:
        floor = self.floor
        if step.what == "bust":
            numbers = list(floor.truth.trades)
            if numbers:
                number = numbers[step.which % len(numbers)]
                floor.control(BustTrade(number, list(BustReason)[step.which % 4]))
        elif step.what == "rerank":
            live = [order_id for order_id, entry in floor.truth.orders.items() if entry.leaves]
            if live:
                floor.control(RerankOrder(live[step.which % len(live)]))
        elif step.what == "mass_cancel_all":
            floor.control(MassCancel())
        else:
            floor.control(SetPhase(0, Phase.HALTED if step.what == "halt" else Phase.OPEN))


def chosen(entries: list[Entry], step: Step) -> Entry | None:
    return entries[step.which % len(entries)] if entries else None


def play(seats: list[tuple[str, str]], steps: list[Step]) -> None:
    players = Players(Floor(*seats))
    for step in steps:
        players.step(step)
    floor = players.floor
    for place in sorted(floor.away):
        floor.come_back(place)
    floor.restart()
    floor.check()


# A failure is worth the time that its shortening takes.
@pytest.mark.timeout(900)
@settings(max_examples=200)
@given(SEATS, days(1, 30))
def test_any_day_is_the_same_day_to_everybody(
    seats: list[tuple[str, str]], steps: list[Step]
) -> None:
    play(seats, steps)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@settings(max_examples=5_000)
@given(SEATS, days(10, 60))
def test_any_long_day_is_the_same_day_to_everybody(
    seats: list[tuple[str, str]], steps: list[Step]
) -> None:
    play(seats, steps)
