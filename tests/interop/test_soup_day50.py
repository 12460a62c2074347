"""A day on the OUCH 5.0 port with `nasdaq-protocols`: sessions, a crash in the middle, the end.

Orders in detail: test_soup_orders50.py and test_soup_options50.py.
"""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.interop import ouch50_definitions as ouch
from tests.interop.floor50 import PRICE, Floor, User, floor_of
from tests.interop.soup_packets import RawSoup
from tests.interop.venue_control import control
from tests.interop.venue_process import VenueProcess
from tests.needs import require

if TYPE_CHECKING:
    from tests.interop.soup_client import SoupClient

pytestmark = pytest.mark.interop


async def login(venue: VenueProcess, name: str, **settings: Any) -> "SoupClient":
    require("nasdaq_protocols")
    from tests.interop.soup_client import SoupClient

    return await SoupClient.login(venue.ports["ouch50"], name, decode=ouch.decode, **settings)


def test_definitions_have_the_lengths_of_the_specification() -> None:
    for lengths in (ouch.INBOUND_LENGTHS, ouch.OUTBOUND_LENGTHS):
        assert [ours for ours, _ in lengths.values()] == [told for _, told in lengths.values()]


async def test_logins_are_refused_as_on_every_soup_port(venue: VenueProcess) -> None:
    with pytest.raises(ConnectionRefusedError, match="NOT_AUTHORIZED"):
        await login(venue, "TRADER", password="WRONG")
    with pytest.raises(ConnectionRefusedError, match="SESSION_NOT_AVAILABLE"):
        await login(venue, "TRADER", session_id="NOTTODAY")


async def test_heartbeats_come_while_nothing_happens(venue: VenueProcess) -> None:
    with RawSoup.login(venue.ports["ouch50"], "TRADER", idle_ms="15000") as client:
        assert ouch.decode(client.message()) == ouch.SystemEvent("S")
        for _ in range(3):
            client.heartbeat()


async def test_a_client_is_given_up_after_the_silence_it_asked_for(venue: VenueProcess) -> None:
    with RawSoup.login(venue.ports["ouch50"], "TRADER", idle_ms="1500") as client:
        assert client.rest() == [("S", client.payloads[0])]


async def test_the_newest_login_of_a_user_wins(venue: VenueProcess) -> None:
    old = await login(venue, "TRADER")
    number = await User(old).entered("B", 100)
    new = await login(venue, "TRADER", sequence=3)
    await old.end()
    assert "Z" not in old.packet_types
    told = await User(new, 2).answers(ouch.cancel_order(number))
    assert told == [ouch.Canceled(number, 100, "U")]
    await new.logout()


async def test_one_user_has_a_stream_of_its_own_on_each_port(venue: VenueProcess) -> None:
    from tests.interop.soup_client import SoupClient

    on_50 = await login(venue, "TRADER")
    on_42 = await SoupClient.login(venue.ports["ouch42"], "TRADER")
    number = await User(on_50).entered("B", 100)
    await on_50.logout()
    assert not on_42.closed.is_set()
    await on_42.logout()
    assert len(on_42.payloads) == 1
    again = await login(venue, "TRADER", sequence=2)
    assert (await again.next()).number == number
    await again.logout()


async def morning(floor: Floor) -> tuple[int, int]:
    """Fills, a chain, a cancel; 350 of the first and 60 of the second order are left."""
    trader = floor.trader
    first = await trader.entered("B", 500)
    await floor.filled(first, 100)
    chained = await trader.replaced(first, 500, 400)
    await floor.filled(chained, 50)
    second = await trader.entered("B", 70, order_id="second")
    assert await trader.answers(ouch.cancel_order(second, 60)) == [ouch.Canceled(second, 10, "U")]
    return chained, second


async def test_a_day_goes_on_where_it_was_after_the_venue_was_killed(venue: VenueProcess) -> None:
    async with floor_of(venue) as floor:
        chained, second = await morning(floor)
        clients = (floor.trader.client, floor.other.client)
        told = [list(client.payloads) for client in clients]
        venue.restart()
        for client in clients:
            await client.end()

    for name, client, before in zip(("TRADER", "SIM001"), clients, told, strict=True):
        for sequence in (1, len(before) // 2, len(before), len(before) + 1):
            again = await login(venue, name, sequence=sequence)
            assert again.first_number == sequence
            assert await again.catch_up(len(before) - sequence + 1) == before[sequence - 1 :]
            assert again.session_id == client.session_id
            await again.logout()

    trader, other = [await login(venue, name, sequence=0) for name in ("TRADER", "SIM001")]
    after = Floor(venue, User(trader, second + 1), User(other, 100))
    # Retransmissions of what the venue had processed before it was killed.
    late = [ouch.enter_order(number, "B", 1, "AAPL", PRICE) for number in range(1, second + 1)]
    assert await after.trader.answers(*late, count=0) == []
    await after.filled(chained, 300)
    last = await after.trader.replaced(chained, 500, 50)
    await after.filled(second, 60)
    await after.filled(last, 50)
    for client in (trader, other):
        await client.logout()


async def test_the_end_of_the_day_cancels_what_is_left_and_ends_the_session(
    venue: VenueProcess,
) -> None:
    async with floor_of(venue) as floor:
        trader, client = floor.trader, floor.trader.client
        first = await trader.entered("B", 100, order_id="mine")
        second = await trader.entered("B", 100)
        match = await floor.filled(first, 30)
        await asyncio.to_thread(control, venue, "bust", str(match), "--reason", "consent")
        assert await trader.next() == ouch.Broken(first, match, "C", "mine")
        broken = await floor.other.next()
        assert broken == ouch.Broken(broken.number, match, "C", "")
        await asyncio.to_thread(control, venue, "day", "end")
        for user in (trader, floor.other):
            await user.client.end()
            assert user.client.packet_types.endswith("Z")
        last = [ouch.decode(payload) for payload in client.payloads[-3:]]
        canceled = [message for message in last if isinstance(message, ouch.Canceled)]
        assert [message[:2] for message in canceled] == [(first, 70), (second, 100)]
        assert {message.reason for message in canceled} <= {"T", "E"}
        assert [message for message in last if message not in canceled] == [ouch.SystemEvent("E")]
        ended = client.session_id
    with pytest.raises(ConnectionRefusedError, match="SESSION_NOT_AVAILABLE"):
        await login(venue, "TRADER", session_id=ended)

    await asyncio.to_thread(control, venue, "day", "start")
    again = await login(venue, "TRADER")
    assert (again.session_id != ended, again.first_number) == (True, 1)
    assert await again.next_of_all() == ouch.SystemEvent("S")
    # A new day, and numbers from the beginning.
    assert await User(again).entered("B", 100) == 1
    await again.logout()
