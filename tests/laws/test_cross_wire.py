"""The cross-wire law: whoever trades with whom over whatever wires, each side knows of every order
and fill what the engine knows, nobody else hears of it, and the public sees what shows."""

import pytest

from matching.commands import BustTrade, MassCancel, RerankOrder, SetPhase
from matching.types import BustReason, Phase
from tests.laws.cross_wire_floor import Floor
from tests.laws.cross_wire_ledger import Entry
from tests.laws.cross_wire_traders import Ask, FixTrader, OuchTrader, WebSocketTrader, fit
from tests.laws.cross_wire_truth import WIRES

PRICE = 1_000_000
UP = PRICE + 10_000
FAR = PRICE + 50_000
REST, TAKE, REST_TOO, TAKE_TOO = range(4)
each_pair = pytest.mark.parametrize(
    ("resting", "aggressing"), [(one, other) for one in WIRES for other in WIRES]
)


class Day:
    """Two sessions that trade, and beside each one of the same account and wire that does not."""

    def __init__(self, resting: str, aggressing: str) -> None:
        self.floor = Floor(
            (resting, "OURS"), (aggressing, "THEIRS"), (resting, "OURS"), (aggressing, "THEIRS")
        )
        self.floor.check()

    def enter(self, place: int, side: str, quantity: int, price: int = PRICE, **how: object) -> str:
        """The order's name, as far as its wire has words for what is asked."""
        trader = self.floor.traders[place]
        ask = Ask(side, quantity, price, **how)  # type: ignore[arg-type]
        trader.enter(fit(ask, trader.wire))
        self.floor.check()
        return next(reversed(trader.view.ledger.orders))

    def entry(self, place: int, name: str) -> Entry:
        return self.floor.traders[place].view.ledger.orders[name]

    def live(self, place: int) -> list[Entry]:
        return self.floor.traders[place].view.ledger.live()

    def clear(self) -> None:
        self.floor.control(MassCancel())
        self.floor.check()
        assert not self.floor.harness.venue.engine.live_orders


@each_pair
def test_fills_and_replaces_are_the_same_to_both_sides(resting: str, aggressing: str) -> None:
    day = Day(resting, aggressing)
    floor = day.floor
    rest = floor.traders[REST]
    name = day.enter(REST, "buy", 300)
    day.enter(TAKE, "sell", 100)
    day.enter(TAKE, "sell", 250, lasts="ioc", price=UP)
    day.enter(TAKE, "sell", 200, lasts="fok", price=PRICE)
    assert day.entry(REST, name).state == "filled"
    name = day.enter(REST, "buy", 300)
    day.enter(TAKE, "sell", 100)
    rest.replace(day.entry(REST, name), 150, PRICE)
    floor.check()
    (entry,) = day.live(REST)
    assert (entry.leaves, entry.cum, len(entry.fills)) == (150, 100, 1)
    day.enter(TAKE, "sell", 50)
    # A replace that trades at once.
    day.enter(TAKE, "sell", 40, price=UP)
    rest.replace(entry, 200, UP)
    floor.check()
    assert (entry.leaves, entry.cum) == (160, 190)
    day.enter(TAKE, "sell", 200, lasts="ioc")
    assert (entry.state, entry.cum) == ("filled", 350)
    rest.replace(entry, 100, PRICE)
    rest.cancel(entry)
    floor.check()
    for trade in (2, 3, 5, 6):
        floor.control(BustTrade(trade, BustReason.ERRONEOUS))
        floor.check()
    floor.restart()
    floor.control(BustTrade(1, BustReason.CONSENT))
    floor.check()
    assert entry.cum + sum(f.quantity for f in entry.fills.values() if f.broken) == 350


@each_pair
def test_what_ends_or_moves_an_order_is_told_to_its_side(resting: str, aggressing: str) -> None:
    day = Day(resting, aggressing)
    floor = day.floor
    rest, take = floor.traders[REST], floor.traders[TAKE]
    name = day.enter(REST, "sell", 300)
    day.enter(TAKE, "buy", 100)
    if isinstance(rest, OuchTrader):
        rest.reduce(day.entry(REST, name), 150)
        floor.check()
        rest.modify(day.entry(REST, name), 120)
        floor.check()
        assert day.entry(REST, name).leaves == 120
    floor.control(RerankOrder(floor.order_id(REST, day.entry(REST, name))))
    floor.check()
    day.enter(TAKE, "buy", 60)
    rest.cancel(day.entry(REST, name))
    floor.check()
    assert day.entry(REST, name).state == "canceled"
    # Half a day's life: one expires, one fills before it would.
    for seconds in (1, 3):
        name = day.enter(REST, "sell", 100, FAR, seconds=seconds)
        floor.pass_time(2)
        floor.check()
    day.enter(TAKE, "buy", 100, FAR)
    for place in (REST, TAKE):
        day.enter(place, "buy", 100)
        day.enter(place, "buy", 200)
        floor.traders[place].enter(Ask("buy", 100, PRICE))
    for trader in (rest, take):
        if not isinstance(trader, WebSocketTrader):
            trader.mass_cancel()
            floor.check()
    day.clear()
    name = day.enter(REST, "buy", 100)
    floor.control(SetPhase(1, Phase.HALTED))
    rest.replace(day.entry(REST, name), 50, UP)
    take.enter(Ask("sell", 100, PRICE))
    floor.check()
    floor.control(SetPhase(1, Phase.OPEN))
    other = floor.traders[REST_TOO]
    if not isinstance(other, OuchTrader):
        entry = day.entry(REST, name)
        other.cancel_other(floor.order_id(REST, entry), entry.side)
        floor.check()
        assert entry.state == "canceled"


@each_pair
def test_what_shows_in_part_or_not_at_all_trades_the_same_to_both_sides(
    resting: str, aggressing: str
) -> None:
    day = Day(resting, aggressing)
    floor = day.floor
    day.enter(REST, "buy", 500, display=100)
    day.enter(REST, "buy", 100, display=0)
    day.enter(REST_TOO, "buy", 50)
    for quantity in (70, 110, 100, 250, 120):
        day.enter(TAKE, "sell", quantity)
    day.clear()
    day.enter(REST, "buy", 100, display=0)
    day.enter(TAKE, "sell", 50, post_only=True)
    day.clear()
    name = day.enter(REST, "buy", 300, display=100)
    day.enter(TAKE, "sell", 130)
    rest = floor.traders[REST]
    rest.replace(day.entry(REST, name), 250, UP)
    floor.check()
    day.enter(TAKE, "sell", 130)
    if isinstance(rest, FixTrader | WebSocketTrader):
        (entry,) = day.live(REST)
        reference = floor.truth.orders[floor.order_id(REST, entry)].reference
        floor.check((REST, rest.status(entry, reference)))


@each_pair
def test_absence_restart_and_another_day_lose_nothing(resting: str, aggressing: str) -> None:
    day = Day(resting, aggressing)
    floor = day.floor
    day.enter(REST, "buy", 300, lasts="gtc")
    floor.leave(REST)
    day.enter(TAKE, "sell", 100)
    floor.restart()
    floor.check()
    day.enter(TAKE, "sell", 50)
    floor.come_back(REST)
    floor.check()
    floor.leave(TAKE)
    floor.control(BustTrade(1, BustReason.SUPERVISORY))
    floor.check()
    floor.restart()
    floor.come_back(TAKE)
    floor.check()
    floor.next_day()
    floor.check()
    left = day.live(REST)
    assert len(left) == (0 if resting.startswith("ouch") else 1)
    day.enter(TAKE, "sell", 200)
    day.enter(REST, "buy", 100)
    floor.restart()
    floor.check()
