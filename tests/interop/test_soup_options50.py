"""What OUCH 5.0 has beyond 4.2: options, mass cancel, order entry off and on."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.interop import ouch50_definitions as ouch
from tests.interop.floor50 import CENT, PRICE, Floor, floor_of
from tests.interop.venue_control import control
from tests.interop.venue_process import VenueProcess

pytestmark = pytest.mark.interop


@pytest.fixture
async def floor(venue: VenueProcess) -> AsyncIterator[Floor]:
    async with floor_of(venue) as opened:
        yield opened


async def refreshed(floor: Floor, number: int, shown: int) -> int:
    """The reference of a reserve order after its shown part had traded."""
    told = await floor.trader.next()
    assert told[:2] == (number, "R")
    options = dict(told.appendage)
    assert options.pop("display_quantity") == shown
    # The price may be told, it has not changed.
    assert options.pop("display_price", PRICE) == PRICE
    reference = options.pop("secondary_reference")
    assert options == {}
    return int(reference)


async def test_a_reserve_order_may_show_any_number_of_lots(floor: Floor) -> None:
    reserve = await floor.trader.entered("B", 40, options={"max_floor": 30})
    await floor.filled(reserve, 30)
    await refreshed(floor, reserve, 10)
    await floor.filled(reserve, 10)


async def test_a_reserve_order_shows_its_next_part_at_the_end_of_the_queue(floor: Floor) -> None:
    trader = floor.trader
    reserve = await trader.entered("B", 310, options={"max_floor": 100})
    plain = await trader.entered("B", 50)
    await floor.filled(reserve, 20)
    await floor.filled(reserve, 80)
    references = [await refreshed(floor, reserve, 100)]
    await floor.filled(plain, 50)
    await floor.filled(reserve, 100)
    references.append(await refreshed(floor, reserve, 100))
    await floor.filled(reserve, 100)
    references.append(await refreshed(floor, reserve, 10))
    await floor.filled(reserve, 10)
    assert len(set(references)) == 3
    await trader.nothing_more()


async def test_a_reserve_order_trades_all_of_itself_with_who_wants_it(floor: Floor) -> None:
    reserve = await floor.trader.entered("B", 310, options={"max_floor": 100})
    sold = await floor.other.entered("S", 310)
    ours, theirs = [], []
    while sum(message.quantity for message in ours) < 310:
        message = await floor.trader.next()
        if not isinstance(message, ouch.Restated):
            ours.append(message)
    while sum(message.quantity for message in theirs) < 310:
        theirs.append(await floor.other.next())
    fills = [(message.quantity, message.match_number) for message in theirs]
    assert [message[:5] for message in ours] == [
        (reserve, quantity, PRICE, "A", match) for quantity, match in fills
    ]
    assert [message[:5] for message in theirs] == [
        (sold, quantity, PRICE, "R", match) for quantity, match in fills
    ]
    await floor.trader.nothing_more()


async def test_a_post_only_order_rests_and_never_takes(floor: Floor) -> None:
    sold = await floor.other.entered("S", 100, price=PRICE + CENT)
    number = await floor.trader.entered("B", 100, options={"post_only": "P"})
    await floor.filled(number, 100)
    crossing = await floor.trader.entered("B", 100, price=PRICE + CENT, options={"post_only": "P"})
    assert await floor.trader.next() == ouch.Canceled(crossing, 100, "G")
    # "N" is what an order without the option is.
    taking = ouch.enter_order(
        90, "B", 100, "AAPL", PRICE + CENT, appendage=ouch.options(post_only="N")
    )
    accepted, executed = await floor.trader.answers(taking, count=2)
    assert (accepted.number, accepted.state) == (90, "L")
    assert executed[:4] == (90, 100, PRICE + CENT, "R")
    assert (await floor.other.next())[:4] == (sold, 100, PRICE + CENT, "A")


async def test_a_hidden_order_adds_without_being_shown(floor: Floor) -> None:
    number = await floor.trader.entered("B", 100, display="N")
    await floor.filled(number, 40, liquidity="J")


async def test_an_order_lives_as_many_seconds_as_it_says(floor: Floor) -> None:
    first = await floor.trader.entered(
        "B", 100, time_in_force=ouch.UNTIL_TIME, options={"expire_time": 60}
    )
    second = await floor.trader.entered(
        "B", 100, time_in_force=ouch.UNTIL_TIME, options={"expire_time": 1}
    )
    assert await floor.trader.next() == ouch.Canceled(second, 100, "T")
    entered, canceled = floor.trader.client.payloads[2:4]
    assert ouch.timestamp(canceled) - ouch.timestamp(entered) >= 1_000_000_000
    await floor.filled(first, 100)


async def test_unknown_options_are_skipped_and_those_between_them_count(floor: Floor) -> None:
    unknown = ouch.element(200, b"longer than any other value") + ouch.element(19, b"")
    known = ouch.options(max_floor=100)
    order = ouch.enter_order(1, "B", 250, "AAPL", PRICE, appendage=unknown + known + unknown)
    (accepted,) = await floor.trader.answers(order)
    assert (accepted.number, accepted.state) == (1, "L")
    assert [name for name, _ in accepted.appendage if name.isdigit()] == []
    await floor.filled(1, 100)
    await refreshed(floor, 1, 100)
    replace = ouch.replace_order(1, 2, 250, PRICE, appendage=unknown)
    (replaced,) = await floor.trader.answers(replace)
    assert replaced[:5] == (1, 2, "B", 150, "AAPL")


async def test_an_option_that_this_venue_does_not_trade_is_refused(floor: Floor) -> None:
    def order(number: int, appendage: bytes) -> bytes:
        return ouch.enter_order(number, "B", 100, "AAPL", PRICE, appendage=appendage)

    refused = [
        order(1, ouch.options(discretion_price=PRICE + CENT)),
        order(2, ouch.options(price_type="M")),
    ]
    told = await floor.trader.answers(*refused, count=2)
    assert [type(message) for message in told] == [ouch.Rejected, ouch.Rejected]
    assert [message.number for message in told] == [1, 2]


@pytest.mark.parametrize("symbol", ["AAPL", ""])
async def test_a_mass_cancel_takes_away_all_or_those_in_a_stock(floor: Floor, symbol: str) -> None:
    trader = floor.trader
    first, second = await trader.entered("B", 100), await trader.entered("B", 50)
    trader.send(ouch.enter_order(3, "B", 70, "MSFT", PRICE))
    assert (await trader.next()).number == 3
    await floor.filled(first, 30)
    await floor.other.entered("B", 10)
    expected = [ouch.Canceled(first, 70, "U"), ouch.Canceled(second, 50, "U")]
    if not symbol:
        expected.append(ouch.Canceled(3, 70, "U"))
    told = await trader.answers(ouch.mass_cancel(4, symbol), count=1 + len(expected))
    assert told.count(ouch.MassCanceled(4, "", symbol)) == 1
    assert sorted(message for message in told if isinstance(message, ouch.Canceled)) == expected
    # The number is used like an order's.
    assert await trader.answers(ouch.mass_cancel(4), count=0) == []
    assert await trader.answers(ouch.account_query()) == [ouch.NextNumber(5)]
    # The other user's order is where it was.
    assert await floor.other.answers(ouch.cancel_order(2)) == [ouch.Canceled(2, 10, "U")]


async def test_order_entry_can_be_turned_off_and_on(floor: Floor) -> None:
    trader = floor.trader
    first = await trader.entered("B", 100)
    assert await trader.answers(ouch.disable_order_entry(2)) == [ouch.Disabled(2, "")]
    refused = await trader.answers(ouch.enter_order(3, "B", 100, "AAPL", PRICE, order_id="off"))
    assert refused == [ouch.Rejected(3, refused[0].reason, "off")]
    # What is in the book can still trade and be taken out of it.
    await floor.filled(first, 30)
    assert await trader.answers(ouch.cancel_order(first)) == [ouch.Canceled(first, 70, "U")]
    await floor.other.entered("B", 10)
    assert await trader.answers(ouch.enable_order_entry(4)) == [ouch.Enabled(4, "")]
    told = await trader.answers(ouch.enter_order(5, "B", 100, "AAPL", PRICE))
    assert told[0][:4] == (5, "B", 100, "AAPL")


async def test_orders_in_a_halted_stock_are_refused(floor: Floor) -> None:
    await asyncio.to_thread(control, floor.venue, "halt", "AAPL")
    order = ouch.enter_order(1, "B", 100, "AAPL", PRICE, order_id="halted")
    assert await floor.trader.answers(order) == [ouch.Rejected(1, ouch.HALTED, "halted")]


async def test_an_order_that_is_ranked_anew_has_a_new_reference(floor: Floor) -> None:
    number = await floor.trader.entered("B", 100)
    behind = await floor.trader.entered("B", 100)
    reference = ouch.decode(floor.trader.client.payloads[1]).order_reference
    await asyncio.to_thread(control, floor.venue, "rerank", str(reference))
    told = await floor.trader.next()
    assert told == ouch.PriorityUpdated(number, PRICE, "Y", told.order_reference)
    assert told.order_reference != reference
    await floor.filled(behind, 100)
    await floor.filled(number, 100)


@pytest.mark.parametrize(
    ("reason", "letter"),
    [("erroneous", "E"), ("consent", "C"), ("supervisory", "S"), ("external", "X")],
)
async def test_a_broken_trade_is_told_to_both_sides(floor: Floor, reason: str, letter: str) -> None:
    number = await floor.trader.entered("B", 100, order_id="buyer")
    match = await floor.filled(number, 30)
    await asyncio.to_thread(control, floor.venue, "bust", str(match), "--reason", reason)
    assert await floor.trader.next() == ouch.Broken(number, match, letter, "buyer")
    assert await floor.other.next() == ouch.Broken(1, match, letter, "")
