"""Orders over OUCH 5.0 with `nasdaq-protocols` as carrier: every answer as the reference has it."""

from collections.abc import AsyncIterator

import pytest

from tests.interop import ouch50_definitions as ouch
from tests.interop.floor50 import CENT, PRICE, Floor, floor_of
from tests.interop.venue_process import VenueProcess

pytestmark = pytest.mark.interop


@pytest.fixture
async def floor(venue: VenueProcess) -> AsyncIterator[Floor]:
    async with floor_of(venue) as opened:
        yield opened


async def test_the_first_message_of_a_day_is_the_start_of_it(floor: Floor) -> None:
    for user in (floor.trader, floor.other):
        assert await user.client.next_of_all() == ouch.SystemEvent("S")


async def test_an_order_comes_back_with_its_own_id_which_nobody_checks(floor: Floor) -> None:
    for _ in range(2):
        await floor.trader.entered("B", 100, order_id="twice the same")


async def test_numbers_go_up_and_everything_not_above_the_highest_is_a_retransmission(
    floor: Floor,
) -> None:
    trader = floor.trader
    assert await trader.answers(ouch.account_query()) == [ouch.NextNumber(1)]
    for _ in range(3):
        await trader.entered("B", 10)
    assert await trader.answers(ouch.account_query()) == [ouch.NextNumber(4)]

    def order(number: int, symbol: str = "MSFT") -> bytes:
        return ouch.enter_order(number, "B", 100, symbol, PRICE)

    late = [order(0), order(1), order(3), ouch.replace_order(1, 2, 50, PRICE)]
    assert await trader.answers(*late, count=0) == []
    # A gap is allowed, and what it left out cannot be used any more.
    told = await trader.answers(order(1_000))
    assert told[0].number == 1_000
    assert await trader.answers(order(999), count=0) == []
    assert await trader.answers(ouch.account_query()) == [ouch.NextNumber(1_001)]
    # A rejected order was processed too.
    assert await trader.answers(order(1_001, "NOSUCH")) == [
        ouch.Rejected(1_001, ouch.INVALID_SYMBOL, "")
    ]
    assert await trader.answers(order(1_001), count=0) == []
    assert await trader.answers(ouch.account_query()) == [ouch.NextNumber(1_002)]
    # The other user's numbers are its own.
    assert await floor.other.entered("B", 10) == 1


async def test_a_cancel_sets_the_size_that_is_meant_executed_shares_included(floor: Floor) -> None:
    trader = floor.trader
    number = await trader.entered("B", 100)
    await floor.filled(number, 30)
    superfluous = [ouch.cancel_order(number, 100), ouch.cancel_order(number, 500)]
    assert await trader.answers(*superfluous, count=0) == []
    # The short form of 2023 and the long one of 2025, with an appendage of nothing or of something.
    assert await trader.answers(ouch.cancel_order(number, 80)) == [ouch.Canceled(number, 20, "U")]
    assert await trader.answers(ouch.cancel_order(number, 70, appendage=b"")) == [
        ouch.Canceled(number, 10, "U")
    ]
    unknown = ouch.element(200, b"whatever") + ouch.element(28, b"\x01")
    assert await trader.answers(ouch.cancel_order(number, 60, appendage=unknown)) == [
        ouch.Canceled(number, 10, "U")
    ]
    await floor.filled(number, 10)
    assert await trader.answers(ouch.cancel_order(number)) == [ouch.Canceled(number, 20, "U")]
    late = [ouch.cancel_order(number), ouch.cancel_order(77)]
    assert await trader.answers(*late, count=0) == []


async def test_a_chain_of_replaces_counts_what_all_of_it_has_executed(floor: Floor) -> None:
    trader = floor.trader
    first = await trader.entered("B", 500)
    await floor.filled(first, 100)
    second = await trader.replaced(first, 500, 400)
    await floor.filled(second, 150)
    third = await trader.replaced(second, 600, 350)
    fourth = await trader.replaced(third, 251, 1)
    fifth = await trader.replaced(fourth, 1_250, 1_000, order_id="")
    await floor.filled(fifth, 50)
    assert await trader.answers(ouch.cancel_order(fourth), count=0) == []
    assert await trader.answers(ouch.cancel_order(fifth, 301)) == [ouch.Canceled(fifth, 949, "U")]


async def test_a_replace_without_a_live_order_says_nothing(floor: Floor) -> None:
    number = await floor.trader.entered("B", 100)
    assert await floor.trader.answers(ouch.cancel_order(number)) == [
        ouch.Canceled(number, 100, "U")
    ]
    lost = [ouch.replace_order(number, 50, 10, PRICE), ouch.replace_order(40, 51, 10, PRICE)]
    assert await floor.trader.answers(*lost, count=0) == []


async def test_an_invalid_replace_cancels_the_old_order(floor: Floor) -> None:
    trader = floor.trader
    for quantity, price in ((1_000_000, PRICE), (100, ouch.MAX_PRICE + 1)):
        number = await trader.entered("B", 100)
        # The new number stays unused.
        replace = ouch.replace_order(number, number + 1, quantity, price)
        assert await trader.answers(replace) == [ouch.Canceled(number, 100, "U")]
        assert await trader.entered("B", 1) == number + 1


async def test_one_order_that_meets_two_has_two_matches(floor: Floor) -> None:
    sells = [await floor.other.entered("S", 30, price=PRICE + up * CENT) for up in (0, 1)]
    number = await floor.trader.entered("B", 50, price=PRICE + CENT)
    ours = [await floor.trader.next() for _ in range(2)]
    theirs = [await floor.other.next() for _ in range(2)]
    first, second = (message.match_number for message in ours)
    assert first != second
    assert [message[:5] for message in ours] == [
        (number, 30, PRICE, "R", first),
        (number, 20, PRICE + CENT, "R", second),
    ]
    assert [message[:5] for message in theirs] == [
        (sells[0], 30, PRICE, "A", first),
        (sells[1], 20, PRICE + CENT, "A", second),
    ]


async def test_an_order_that_must_fill_at_once_is_canceled_whole(floor: Floor) -> None:
    trader, now = floor.trader, ouch.IMMEDIATE_OR_CANCEL
    await floor.other.entered("S", 99)
    number = await trader.entered("B", 100, time_in_force=now, options={"minimum": 100})
    assert await trader.next() == ouch.Canceled(number, 100, "I")
    number = await trader.entered("B", 100, time_in_force=now)
    assert (await trader.next())[:4] == (number, 99, PRICE, "R")
    assert await trader.next() == ouch.Canceled(number, 1, "I")


@pytest.mark.parametrize("appendage", [None, b"", ouch.element(200, b"")])
async def test_a_modify_lowers_the_size_and_changes_ways_of_selling(
    floor: Floor, appendage: bytes | None
) -> None:
    trader = floor.trader
    number = await trader.entered("S", 100)
    behind = await trader.entered("S", 100)
    modify = ouch.modify_order(number, "T", 70, appendage)
    assert await trader.answers(modify) == [ouch.Modified(number, "T", 70)]
    impossible = [ouch.modify_order(number, "B", 50), ouch.modify_order(number, "T", 71)]
    assert await trader.answers(*impossible, ouch.modify_order(66, "T", 1), count=0) == []
    await floor.other.entered("B", 80)
    told = [await trader.next() for _ in range(2)]
    assert [message[:2] for message in told] == [(number, 70), (behind, 10)]


async def test_a_modify_may_lower_the_size_alone(floor: Floor) -> None:
    number = await floor.trader.entered("B", 100)
    await floor.filled(number, 20)
    modify = ouch.modify_order(number, "B", 60)
    assert await floor.trader.answers(modify) == [ouch.Modified(number, "B", 40)]
    await floor.filled(number, 40)


async def test_orders_that_cannot_be_are_rejected_with_their_reason(floor: Floor) -> None:
    def order(number: int, quantity: int = 100, price: int = PRICE, **other: str) -> bytes:
        return ouch.enter_order(number, "B", quantity, "AAPL", price, order_id="x", **other)

    more_than_all = ouch.options(minimum=101)
    refused = [
        (ouch.enter_order(1, "B", 100, "NOSUCH", PRICE, order_id="x"), ouch.INVALID_SYMBOL),
        (order(2, price=ouch.MAX_PRICE + 1), ouch.INVALID_PRICE),
        (order(3, price=PRICE + 1), ouch.INVALID_PRICE),
        (order(4, quantity=0), ouch.INVALID_QUANTITY),
        (order(5, quantity=1_000_000), ouch.SHARES_EXCEED_THRESHOLD),
        (order(6, display="?"), ouch.INVALID_DISPLAY),
        (ouch.enter_order(7, "?", 100, "AAPL", PRICE, order_id="x"), ouch.INVALID_SIDE),
        (
            ouch.enter_order(8, "B", 100, "AAPL", PRICE, order_id="x", appendage=more_than_all),
            ouch.INVALID_MINIMUM,
        ),
    ]
    told = await floor.trader.answers(*(message for message, _ in refused), count=len(refused))
    assert told == [
        ouch.Rejected(number, reason, "x") for number, (_, reason) in enumerate(refused, 1)
    ]
