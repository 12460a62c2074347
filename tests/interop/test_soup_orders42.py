"""Orders over OUCH 4.2 with `nasdaq-protocols` as carrier: every answer as the reference has it."""

from collections.abc import AsyncIterator

import pytest

from tests.interop import ouch42_definitions as ouch
from tests.interop.floor42 import (
    CENT,
    NOT_AN_ORDER,
    PRICE,
    Floor,
    answers,
    entered,
    filled,
    floor_of,
)
from tests.interop.venue_process import VenueProcess

pytestmark = pytest.mark.interop


@pytest.fixture
async def floor(venue: VenueProcess) -> AsyncIterator[Floor]:
    async with floor_of(venue) as opened:
        yield opened


async def test_the_first_message_of_a_day_is_the_start_of_it(floor: Floor) -> None:
    for client in (floor.trader, floor.other):
        assert await client.next_of_all() == ouch.SystemEvent("S")


async def test_a_token_is_used_once_whether_its_order_was_accepted_or_rejected(
    floor: Floor,
) -> None:
    await entered(floor.trader, "T1", "B", 100)
    refused = ouch.enter_order("T2", "B", 100, NOT_AN_ORDER, PRICE)
    assert await answers(floor.trader, refused) == [ouch.Rejected("T2", "S")]
    again = [ouch.enter_order(token, "B", 5, "MSFT", PRICE) for token in ("T1", "T2")]
    assert await answers(floor.trader, *again, refused, count=0) == []
    # Upper and lower case are different letters, and users have names of their own.
    await entered(floor.trader, "t1", "B", 100)
    await entered(floor.other, "T1", "B", 100)


async def test_a_cancel_sets_the_size_that_is_meant_executed_shares_included(floor: Floor) -> None:
    trader = floor.trader
    await entered(trader, "T1", "B", 100)
    await filled(floor, "T1", 30)
    assert await answers(trader, ouch.cancel_order("T1", 100), count=0) == []
    assert await answers(trader, ouch.cancel_order("T1", 500), count=0) == []
    assert await answers(trader, ouch.cancel_order("T1", 80)) == [ouch.Canceled("T1", 20, "U")]
    await filled(floor, "T1", 10)
    assert await answers(trader, ouch.cancel_order("T1", 60)) == [ouch.Canceled("T1", 20, "U")]
    # Less than what has executed is the end of the order.
    assert await answers(trader, ouch.cancel_order("T1", 10)) == [ouch.Canceled("T1", 20, "U")]
    late = [ouch.cancel_order("T1"), ouch.cancel_order("NEVER", 5)]
    assert await answers(trader, *late, count=0) == []


async def test_a_reduced_order_keeps_its_place(floor: Floor) -> None:
    await entered(floor.trader, "T1", "B", 100)
    await entered(floor.trader, "T2", "B", 100)
    reduced = [ouch.cancel_order("T1", 40)]
    assert await answers(floor.trader, *reduced) == [ouch.Canceled("T1", 60, "U")]
    await filled(floor, "T1", 40)
    await filled(floor, "T2", 100)


async def test_a_chain_of_replaces_counts_what_all_of_it_has_executed(floor: Floor) -> None:
    trader = floor.trader
    references = [await entered(trader, "C1", "B", 500)]

    async def replaced(old: str, new: str, shares: int, exposed: int) -> None:
        trader.send(ouch.replace_order(old, new, shares, PRICE))
        told = await trader.next()
        references.append(told.order_reference)
        assert told == ouch.Replaced(new, exposed, PRICE, references[-1], "L", old)

    await filled(floor, "C1", 100)
    await replaced("C1", "C2", 500, 400)
    await filled(floor, "C2", 150)
    await replaced("C2", "C3", 600, 350)
    await replaced("C3", "C4", 251, 1)
    await replaced("C4", "C5", 1_250, 1_000)
    await filled(floor, "C5", 50)
    assert len(set(references)) == len(references)
    # A cancel names the chain's size as a replace does: 1,250 may execute, 300 have.
    assert await answers(trader, ouch.cancel_order("C5", 301)) == [ouch.Canceled("C5", 949, "U")]


async def test_a_replace_to_no_more_than_has_executed_cancels_the_old_order(floor: Floor) -> None:
    await entered(floor.trader, "C1", "B", 500)
    await filled(floor, "C1", 100)
    replace = ouch.replace_order("C1", "C2", 100, PRICE)
    assert await answers(floor.trader, replace) == [ouch.Canceled("C1", 400, "U")]
    await entered(floor.trader, "C2", "B", 10)


async def test_a_replace_that_cannot_be_leaves_its_token_unused(floor: Floor) -> None:
    trader = floor.trader
    await entered(trader, "C1", "B", 500)
    await entered(trader, "C2", "B", 500)
    # Not live, and a token that was used: silence, and the live order stays.
    lost = [ouch.replace_order("NEVER", "N1", 5, PRICE), ouch.replace_order("C1", "C2", 5, PRICE)]
    assert await answers(trader, *lost, count=0) == []
    await entered(trader, "N1", "B", 10)
    # Live, but the details are invalid: the old order is canceled.
    invalid = ouch.replace_order("C1", "N2", 1_000_000, PRICE)
    assert await answers(trader, invalid) == [ouch.Canceled("C1", 500, "U")]
    await entered(trader, "N2", "B", 10)
    over = ouch.replace_order("C2", "N3", 500, ouch.MAX_PRICE + 1)
    assert await answers(trader, over) == [ouch.Canceled("C2", 500, "U")]
    await entered(trader, "N3", "B", 10)
    # A consumed replacement token cannot be entered, a replaced one not be canceled.
    trader.send(ouch.replace_order("N3", "N4", 20, PRICE))
    assert isinstance(await trader.next(), ouch.Replaced)
    gone = [ouch.enter_order("N4", "B", 1, "AAPL", PRICE), ouch.cancel_order("N3")]
    assert await answers(trader, *gone, count=0) == []


async def test_a_replaced_order_goes_to_the_end_of_the_queue(floor: Floor) -> None:
    await entered(floor.trader, "T1", "B", 100)
    await entered(floor.trader, "T2", "B", 100)
    floor.trader.send(ouch.replace_order("T1", "T3", 100, PRICE))
    assert isinstance(await floor.trader.next(), ouch.Replaced)
    await filled(floor, "T2", 100)
    await filled(floor, "T3", 100)


async def test_a_replace_may_trade_at_once(floor: Floor) -> None:
    await entered(floor.other, "S1", "S", 60, price=PRICE + CENT)
    await entered(floor.trader, "T1", "B", 100)
    floor.trader.send(ouch.replace_order("T1", "T2", 100, PRICE + 2 * CENT))
    told = await floor.trader.next()
    assert told == ouch.Replaced(
        "T2", 100, PRICE + 2 * CENT, told.order_reference, "L", previous_token="T1"
    )
    ours, theirs = await floor.trader.next(), await floor.other.next()
    assert ours == ouch.Executed("T2", 60, PRICE + CENT, "R", ours.match_number)
    assert theirs == ouch.Executed("S1", 60, PRICE + CENT, "A", ours.match_number)


async def test_one_order_that_meets_two_has_two_matches(floor: Floor) -> None:
    await entered(floor.other, "S1", "S", 30, price=PRICE)
    await entered(floor.other, "S2", "S", 30, price=PRICE + CENT)
    await entered(floor.trader, "T1", "B", 50, price=PRICE + CENT)
    ours = [await floor.trader.next() for _ in range(2)]
    theirs = [await floor.other.next() for _ in range(2)]
    first, second = (message.match_number for message in ours)
    assert first != second
    assert ours == [
        ouch.Executed("T1", 30, PRICE, "R", first),
        ouch.Executed("T1", 20, PRICE + CENT, "R", second),
    ]
    assert theirs == [
        ouch.Executed("S1", 30, PRICE, "A", first),
        ouch.Executed("S2", 20, PRICE + CENT, "A", second),
    ]


async def test_an_order_that_must_fill_at_once_is_canceled_whole(floor: Floor) -> None:
    await entered(floor.other, "S1", "S", 99)
    now = ouch.IMMEDIATE_OR_CANCEL
    await entered(floor.trader, "T1", "B", 100, time_in_force=now, minimum=100)
    assert await floor.trader.next() == ouch.Canceled("T1", 100, "I")
    await entered(floor.trader, "T2", "B", 100, time_in_force=now)
    executed = await floor.trader.next()
    assert executed == ouch.Executed("T2", 99, PRICE, "R", executed.match_number)
    assert await floor.trader.next() == ouch.Canceled("T2", 1, "I")
