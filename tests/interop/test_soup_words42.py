"""What OUCH 4.2 says beside enter, cancel and replace: kinds of display, times, the operator."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.interop import ouch42_definitions as ouch
from tests.interop.floor42 import CENT, PRICE, Floor, answers, entered, filled, floor_of
from tests.interop.venue_control import control
from tests.interop.venue_process import VenueProcess

pytestmark = pytest.mark.interop


@pytest.fixture
async def floor(venue: VenueProcess) -> AsyncIterator[Floor]:
    async with floor_of(venue) as opened:
        yield opened


async def test_a_modify_to_another_side_may_lower_the_size_too(floor: Floor) -> None:
    await entered(floor.trader, "T1", "S", 100)
    await entered(floor.trader, "T2", "S", 100)
    await entered(floor.other, "B1", "B", 30)
    first = await floor.trader.next()
    assert first == ouch.Executed("T1", 30, PRICE, "A", first.match_number)
    assert await floor.other.next() == ouch.Executed("B1", 30, PRICE, "R", first.match_number)
    # The size that is meant counts what has executed; what is told is what is left.
    modify = ouch.modify_order("T1", "T", 60)
    assert await answers(floor.trader, modify) == [ouch.Modified("T1", "T", 30)]
    await entered(floor.other, "B2", "B", 40)
    told = [await floor.trader.next() for _ in range(2)]
    assert [message[:2] for message in told] == [("T1", 30), ("T2", 10)]


@pytest.mark.parametrize(("old", "new"), [("S", "E"), ("S", "T"), ("E", "T")])
async def test_a_modify_changes_one_way_of_selling_into_another(
    floor: Floor, old: str, new: str
) -> None:
    await entered(floor.trader, "T1", old, 100)
    modify = ouch.modify_order("T1", new, 100)
    assert await answers(floor.trader, modify) == [ouch.Modified("T1", new, 100)]


async def test_a_modify_that_cannot_be_is_met_with_silence(floor: Floor) -> None:
    await entered(floor.trader, "T1", "B", 100)
    await entered(floor.trader, "T2", "S", 100, price=PRICE + CENT)
    impossible = [
        ouch.modify_order("T1", "B", 101),
        ouch.modify_order("T1", "B", 1_000_000),
        ouch.modify_order("T1", "S", 50),
        ouch.modify_order("T2", "B", 50),
        ouch.modify_order("T2", "S", 101),
        ouch.modify_order("NEVER", "S", 50),
    ]
    assert await answers(floor.trader, *impossible, count=0) == []
    await filled(floor, "T1", 100)


async def test_a_hidden_order_adds_without_being_shown(floor: Floor) -> None:
    await entered(floor.trader, "T1", "B", 100, display="N")
    await filled(floor, "T1", 40, liquidity="J")
    floor.trader.send(ouch.replace_order("T1", "T2", 100, PRICE, display="Y"))
    told = await floor.trader.next()
    assert told == ouch.Replaced("T2", 60, PRICE, told.order_reference, "L", "T1", display="Y")
    await filled(floor, "T2", 60, liquidity="A")


async def test_a_post_only_order_rests_and_never_takes(floor: Floor) -> None:
    await entered(floor.other, "S1", "S", 100, price=PRICE + CENT)
    await entered(floor.trader, "T1", "B", 100, display="P")
    await filled(floor, "T1", 100)
    crossing = ouch.enter_order("T2", "B", 100, "AAPL", PRICE + CENT, display="P")
    accepted, canceled = await answers(floor.trader, crossing, count=2)
    assert (accepted.token, accepted.display, accepted.state) == ("T2", "P", "L")
    assert canceled == ouch.Canceled("T2", 100, "G")
    # The displayed order it met is whole.
    await entered(floor.trader, "T3", "B", 100, price=PRICE + CENT)
    taken = await floor.trader.next()
    assert taken == ouch.Executed("T3", 100, PRICE + CENT, "R", taken.match_number)


async def test_an_order_lives_as_many_seconds_as_it_says(floor: Floor) -> None:
    await entered(floor.trader, "T1", "B", 100, time_in_force=60)
    await entered(floor.trader, "T2", "B", 100, time_in_force=1)
    await entered(floor.trader, "T3", "B", 100)
    assert await floor.trader.next() == ouch.Canceled("T2", 100, "T")
    lived = ouch.timestamp(floor.trader.payloads[4]) - ouch.timestamp(floor.trader.payloads[2])
    assert lived >= 1_000_000_000
    await filled(floor, "T1", 100)
    await filled(floor, "T3", 100)


async def test_what_has_executed_does_not_expire(floor: Floor) -> None:
    await entered(floor.trader, "T1", "B", 100, time_in_force=2)
    await filled(floor, "T1", 30)
    floor.trader.send(ouch.replace_order("T1", "T2", 90, PRICE, 1))
    told = await floor.trader.next()
    assert told == ouch.Replaced("T2", 60, PRICE, told.order_reference, "L", "T1", time_in_force=1)
    assert await floor.trader.next() == ouch.Canceled("T2", 60, "T")


@pytest.mark.parametrize(
    ("reason", "letter"),
    [("erroneous", "E"), ("consent", "C"), ("supervisory", "S"), ("external", "X")],
)
async def test_a_broken_trade_is_told_to_both_sides(floor: Floor, reason: str, letter: str) -> None:
    await entered(floor.trader, "T1", "B", 100)
    await entered(floor.other, "S1", "S", 30)
    match = (await floor.trader.next()).match_number
    assert (await floor.other.next()).match_number == match
    await asyncio.to_thread(control, floor.venue, "bust", str(match), "--reason", reason)
    assert await floor.trader.next() == ouch.Broken("T1", match, letter)
    assert await floor.other.next() == ouch.Broken("S1", match, letter)
    # What was left is left: 70 of T1.
    assert await answers(floor.trader, ouch.cancel_order("T1")) == [ouch.Canceled("T1", 70, "U")]


async def test_orders_in_a_halted_stock_are_refused_and_old_ones_can_be_canceled(
    floor: Floor,
) -> None:
    await entered(floor.trader, "T1", "B", 100)
    await asyncio.to_thread(control, floor.venue, "halt", "AAPL")
    order = ouch.enter_order("T2", "B", 100, "AAPL", PRICE)
    assert await answers(floor.trader, order) == [ouch.Rejected("T2", "H")]
    assert await answers(floor.trader, ouch.cancel_order("T1")) == [ouch.Canceled("T1", 100, "U")]
    await asyncio.to_thread(control, floor.venue, "resume", "AAPL")
    await entered(floor.trader, "T3", "B", 100)


async def test_an_order_that_the_operator_takes_away_was_supervised(floor: Floor) -> None:
    await entered(floor.trader, "T1", "B", 100)
    await asyncio.to_thread(control, floor.venue, "cancel-all", "--account", "TRADER")
    assert await floor.trader.next() == ouch.Canceled("T1", 100, "S")


async def test_what_this_venue_does_not_trade_is_rejected_with_its_reason(floor: Floor) -> None:
    def order(token: str, shares: int = 100, price: int = PRICE, display: str = "Y") -> bytes:
        return ouch.enter_order(token, "B", shares, "AAPL", price, display=display)

    refused = {
        "stock": (ouch.enter_order("stock", "B", 100, "NOSUCH", PRICE), "S"),
        "price": (order("price", price=ouch.MAX_PRICE + 1), "X"),
        "tick": (order("tick", price=PRICE + 1), "X"),
        "display": (order("display", display="?"), "D"),
        "cross": (ouch.enter_order("cross", "B", 100, "AAPL", PRICE, cross="H"), "R"),
        "minimum": (ouch.enter_order("minimum", "B", 100, "AAPL", PRICE, minimum=101), "N"),
    }
    told = await answers(
        floor.trader, *(message for message, _ in refused.values()), count=len(refused)
    )
    assert told == [ouch.Rejected(token, reason) for token, (_, reason) in refused.items()]
