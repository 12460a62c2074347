"""Nasdaq's `nasdaq-protocols` as SoupBinTCP client, OUCH 4.2 inside."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.interop import ouch42_definitions as ouch
from tests.interop.venue_process import VenueProcess
from tests.needs import require

if TYPE_CHECKING:
    from tests.interop.soup_client import SoupClient

pytestmark = pytest.mark.interop
PRICE = 187 * ouch.PRICE_UNIT


async def login(
    venue: VenueProcess, name: str, *, sequence: int = 1, password: str = "", heartbeat_s: int = 10
) -> "SoupClient":
    require("nasdaq_protocols")
    from tests.interop.soup_client import SoupClient

    return await SoupClient.login(
        venue.ports["ouch42"],
        name,
        sequence=sequence,
        password=password,
        heartbeat_s=heartbeat_s,
    )


def test_definitions_have_the_lengths_of_the_specification() -> None:
    assert [ours for ours, _ in ouch.LENGTHS.values()] == [
        told for _, told in ouch.LENGTHS.values()
    ]


async def test_a_wrong_password_is_refused(venue: VenueProcess) -> None:
    with pytest.raises(ConnectionRefusedError, match="NOT_AUTHORIZED"):
        await login(venue, "TRADER", password="WRONG")


async def test_heartbeats_keep_an_idle_session_alive(venue: VenueProcess) -> None:
    client = await login(venue, "TRADER", heartbeat_s=2)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.closed.wait(), 7)
    client.send(ouch.enter_order("T1", "B", 100, "AAPL", PRICE))
    assert isinstance(await client.next(), ouch.Accepted)
    await client.logout()


async def test_an_order_is_accepted_executed_replaced_and_canceled(venue: VenueProcess) -> None:
    trader, other = await login(venue, "TRADER"), await login(venue, "SIM001")
    trader.send(ouch.enter_order("T1", "B", 100, "AAPL", PRICE))
    accepted = await trader.next()
    assert isinstance(accepted, ouch.Accepted)
    assert accepted == ouch.Accepted(
        *("T1", "B", 100, "AAPL", PRICE, ouch.MARKET_HOURS, accepted.order_reference, "L")
    )
    other.send(ouch.enter_order("S1", "S", 30, "AAPL", PRICE, ouch.IMMEDIATE_OR_CANCEL))
    assert isinstance(await other.next(), ouch.Accepted)
    executed, contra = await trader.next(), await other.next()
    assert isinstance(executed, ouch.Executed)
    assert executed == ouch.Executed("T1", 30, PRICE, "A", executed.match_number)
    assert contra == ouch.Executed("S1", 30, PRICE, "R", executed.match_number)

    # The whole chain may trade 90, and 30 of it already has.
    trader.send(ouch.replace_order("T1", "T2", 90, PRICE - 5_000))
    replaced = await trader.next()
    assert isinstance(replaced, ouch.Replaced)
    assert replaced == ouch.Replaced(
        "T2", 60, PRICE - 5_000, replaced.order_reference, "L", previous_token="T1"
    )
    assert replaced.order_reference != accepted.order_reference
    trader.send(ouch.cancel_order("T2", 50))
    assert await trader.next() == ouch.Canceled("T2", 40, "U")
    trader.send(ouch.cancel_order("T2"))
    assert await trader.next() == ouch.Canceled("T2", 20, "U")

    # A dead order, a used token: silence. The answer that comes belongs to the last request.
    trader.send(ouch.cancel_order("T2"))
    trader.send(ouch.enter_order("T1", "B", 100, "AAPL", PRICE))
    trader.send(ouch.enter_order("T3", "B", 100, "NOSUCH", PRICE))
    assert await trader.next() == ouch.Rejected("T3", "S")
    for client in (trader, other):
        await client.logout()


async def test_an_unfilled_ioc_is_accepted_and_then_canceled(venue: VenueProcess) -> None:
    client = await login(venue, "TRADER")
    client.send(ouch.enter_order("T1", "B", 100, "TSLA", 1_0000, ouch.IMMEDIATE_OR_CANCEL))
    accepted = await client.next()
    assert isinstance(accepted, ouch.Accepted)
    assert (accepted.token, accepted.time_in_force, accepted.state) == ("T1", 0, "L")
    assert await client.next() == ouch.Canceled("T1", 100, "I")


async def test_a_new_login_replays_identical_bytes_from_the_number_it_names(
    venue: VenueProcess,
) -> None:
    client = await login(venue, "TRADER")
    for number in range(10):
        client.send(ouch.enter_order(f"T{number}", "B", 100, "AAPL", PRICE))
        assert isinstance(await client.next(), ouch.Accepted)
    told, session_id = list(client.payloads), client.session_id
    await client.logout()

    for first in (1, 4, len(told)):
        again = await login(venue, "TRADER", sequence=first)
        while len(again.payloads) < len(told) - first + 1:
            await again.next()
        assert again.payloads == told[first - 1 :]
        assert again.session_id == session_id
        await again.logout()


async def test_a_fill_of_an_absent_client_is_replayed_even_after_a_kill(
    venue: VenueProcess,
) -> None:
    trader = await login(venue, "TRADER")
    trader.send(ouch.enter_order("T1", "B", 100, "AAPL", PRICE))
    assert isinstance(await trader.next(), ouch.Accepted)
    told, session_id = list(trader.payloads), trader.session_id
    await trader.logout()
    other = await login(venue, "SIM001")
    other.send(ouch.enter_order("S1", "S", 100, "AAPL", PRICE))
    assert isinstance(await other.next(), ouch.Accepted)
    executed = await other.next()
    assert isinstance(executed, ouch.Executed)
    venue.restart()

    again = await login(venue, "TRADER", sequence=len(told) + 1)
    assert await again.next() == ouch.Executed("T1", 100, PRICE, "A", executed.match_number)
    assert again.session_id == session_id
    from_the_start = await login(venue, "SIM001")
    while len(from_the_start.payloads) < len(other.payloads):
        await from_the_start.next()
    assert from_the_start.payloads == other.payloads
