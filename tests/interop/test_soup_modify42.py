"""OUCH 4.2 orders whose size or place changes without a replacement."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.interop import ouch42_definitions as ouch
from tests.interop.floor42 import PRICE, Floor, answers, entered, filled, floor_of
from tests.interop.venue_control import control
from tests.interop.venue_process import VenueProcess

pytestmark = pytest.mark.interop


@pytest.fixture
async def floor(venue: VenueProcess) -> AsyncIterator[Floor]:
    async with floor_of(venue) as opened:
        yield opened


async def test_a_modify_lowers_the_size_and_keeps_the_place(floor: Floor) -> None:
    trader = floor.trader
    await entered(trader, "T1", "B", 100)
    await entered(trader, "T2", "B", 100)
    assert await answers(trader, ouch.modify_order("T1", "B", 70)) == [ouch.Modified("T1", "B", 70)]
    await filled(floor, "T1", 20)
    # The size that is meant counts what has executed; what is told is what is left.
    assert await answers(trader, ouch.modify_order("T1", "B", 60)) == [ouch.Modified("T1", "B", 40)]
    await filled(floor, "T1", 40)
    await filled(floor, "T2", 10)


async def test_an_order_that_is_ranked_anew_has_a_new_reference(floor: Floor) -> None:
    reference = await entered(floor.trader, "T1", "B", 100)
    await entered(floor.trader, "T2", "B", 100)
    await asyncio.to_thread(control, floor.venue, "rerank", str(reference))
    told = await floor.trader.next()
    assert told == ouch.PriorityUpdated("T1", PRICE, "Y", told.order_reference)
    assert told.order_reference != reference
    await filled(floor, "T2", 100)
    await filled(floor, "T1", 100)
