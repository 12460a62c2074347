"""A day on the OUCH 4.2 port with `nasdaq-protocols`: logins, silence, a crash, the end.

Orders in detail: test_soup_orders42.py and test_soup_words42.py.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.interop import ouch42_definitions as ouch
from tests.interop.floor42 import PRICE, Floor, answers, entered, filled, floor_of
from tests.interop.soup_packets import RawSoup, packet
from tests.interop.venue_control import control
from tests.interop.venue_process import VenueProcess
from tests.needs import require

if TYPE_CHECKING:
    from tests.interop.soup_client import SoupClient

pytestmark = pytest.mark.interop
IDLE_LIMIT_S = 6


@pytest.fixture
def impatient_venue(tmp_path: Path) -> Iterator[VenueProcess]:
    """A venue that gives a silent client up after a few seconds."""
    configuration = tmp_path / "venue.toml"
    configuration.write_text(
        f"[soupbintcp]\nidle_timeout_ms = {IDLE_LIMIT_S * 1000}\nlogin_timeout_ms = 2000\n"
    )
    venue = VenueProcess(tmp_path, "--config", str(configuration))
    try:
        venue.start()
        yield venue
    finally:
        venue.kill()
        print(venue.log)


async def login(venue: VenueProcess, name: str, **settings: Any) -> "SoupClient":
    require("nasdaq_protocols")
    from tests.interop.soup_client import SoupClient

    return await SoupClient.login(venue.ports["ouch42"], name, **settings)


async def test_heartbeats_keep_an_idle_session_beyond_the_venues_patience(
    impatient_venue: VenueProcess,
) -> None:
    client = await login(impatient_venue, "TRADER", heartbeat_s=2)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.closed.wait(), 2 * IDLE_LIMIT_S)
    # About one a second from the venue; a busy machine may be late, never silent.
    assert client.packet_types[:2] == "AS"
    assert set(client.packet_types[2:]) == {"H"}
    assert len(client.packet_types[2:]) >= IDLE_LIMIT_S
    client.send(ouch.enter_order("T1", "B", 100, "NOSUCH", PRICE))
    assert await client.next() == ouch.Rejected("T1", "S")
    await client.logout()


async def test_a_client_without_heartbeats_is_given_up_without_end_of_session(
    impatient_venue: VenueProcess,
) -> None:
    client = await login(impatient_venue, "TRADER", heartbeat_s=3600)
    await client.end()
    assert set(client.packet_types[2:]) == {"H"}


@pytest.mark.parametrize(
    "wrong",
    [{"password": "WRONG"}, {"password": "TRADER1"}, {"password": "SIM001"}],
    ids=["another word", "longer", "of another user"],
)
async def test_a_wrong_password_is_not_authorized(
    venue: VenueProcess, wrong: dict[str, str]
) -> None:
    with pytest.raises(ConnectionRefusedError, match="NOT_AUTHORIZED"):
        await login(venue, "TRADER", **wrong)
    await (await login(venue, "TRADER")).logout()


async def test_an_unknown_user_is_not_authorized(venue: VenueProcess) -> None:
    with pytest.raises(ConnectionRefusedError, match="NOT_AUTHORIZED"):
        await login(venue, "NOBODY")


async def test_names_and_passwords_are_the_same_in_small_letters(venue: VenueProcess) -> None:
    client = await login(venue, "Trader", password="tRADER")
    await entered(client, "T1", "B", 100)
    await client.logout()
    again = await login(venue, "TRADER")
    assert await again.catch_up(2) == client.payloads


async def test_the_session_may_be_named_and_no_other(venue: VenueProcess) -> None:
    first = await login(venue, "TRADER")
    await first.logout()
    with pytest.raises(ConnectionRefusedError, match="SESSION_NOT_AVAILABLE"):
        await login(venue, "TRADER", session_id="NOTTODAY")
    again = await login(venue, "TRADER", session_id=first.session_id)
    assert again.session_id == first.session_id
    await again.logout()


async def test_the_newest_login_of_a_user_wins(venue: VenueProcess) -> None:
    old = await login(venue, "TRADER")
    await entered(old, "T1", "B", 100)
    new = await login(venue, "TRADER", sequence=3)
    await old.end()
    assert set(old.packet_types[3:]) <= {"H"}
    assert await answers(new, ouch.cancel_order("T1")) == [ouch.Canceled("T1", 100, "U")]
    await new.logout()


@pytest.mark.parametrize("sequence", [0, 4, 1_000, 10**19])
async def test_a_login_at_the_end_or_beyond_hears_what_is_new(
    venue: VenueProcess, sequence: int
) -> None:
    client = await login(venue, "TRADER")
    await entered(client, "T1", "B", 100)
    await entered(client, "T2", "B", 100)
    await client.logout()
    again = await login(venue, "TRADER", sequence=sequence)
    assert again.first_number == 4
    await entered(again, "T3", "B", 100)
    assert len(again.payloads) == 1
    await again.logout()


async def test_a_login_may_be_padded_on_either_side_with_spaces_and_nuls(
    venue: VenueProcess,
) -> None:
    with RawSoup.login(venue.ports["ouch42"], "TRADER") as first:
        first.order(ouch.enter_order("T1", "B", 100, "NOSUCH", PRICE))
        told = [first.message(), first.message()]
    sides: list[Callable[[str, int, str], str]] = [str.ljust, str.rjust]
    for (sequence, number), justify, padding, timeout in itertools.product(
        [("1", 1), ("2", 2), ("3", 3), ("0", 3), ("", 3)], sides, " \0", ["", "15000"]
    ):
        fields = [("trader", 6), ("trader", 10), ("", 10), (sequence, 20)]
        text = "".join(justify(field, size, padding) for field, size in fields) + timeout
        with RawSoup(venue.ports["ouch42"]) as client:
            client.send(packet("L", text.encode()))
            kind, payload = client.receive()
            assert (kind, len(payload), int(payload[10:])) == ("A", 30, number)
            assert payload == payload[:10].strip().rjust(10) + str(number).encode().rjust(20)
            assert [client.message() for _ in told[number - 1 :]] == told[number - 1 :]


async def morning(floor: Floor) -> None:
    """Fills, chains and refusals, with orders left in the book."""
    trader = floor.trader
    await entered(trader, "A1", "B", 500)
    await filled(floor, "A1", 100)
    trader.send(ouch.replace_order("A1", "A2", 500, PRICE))
    told = await trader.next()
    assert told == ouch.Replaced("A2", 400, PRICE, told.order_reference, "L", "A1")
    await filled(floor, "A2", 50)
    await entered(trader, "A3", "B", 70)
    assert await answers(trader, ouch.cancel_order("A3", 60)) == [ouch.Canceled("A3", 10, "U")]
    assert await answers(trader, ouch.enter_order("A1", "B", 1, "AAPL", PRICE), count=0) == []


async def test_a_day_goes_on_where_it_was_after_the_venue_was_killed(venue: VenueProcess) -> None:
    async with floor_of(venue) as floor:
        await morning(floor)
        told = {client: list(client.payloads) for client in (floor.trader, floor.other)}
        venue.restart()
        for client in told:
            await client.end()

    for name, (client, before) in zip(("TRADER", "SIM001"), told.items(), strict=True):
        for sequence in (1, len(before) // 2, len(before), len(before) + 1):
            again = await login(venue, name, sequence=sequence)
            assert again.first_number == sequence
            assert await again.catch_up(len(before) - sequence + 1) == before[sequence - 1 :]
            assert again.session_id == client.session_id
            await again.logout()

    # The chain, the queue and the used tokens are what they were.
    trader = await login(venue, "TRADER", sequence=0)
    other = await login(venue, "SIM001", sequence=0)
    async with asyncio.timeout(60):
        after = Floor(venue, trader, other)
        used = [ouch.enter_order(token, "B", 1, "AAPL", PRICE) for token in ("A1", "A2", "A3")]
        assert await answers(trader, *used, count=0) == []
        await filled(after, "A2", 300)
        trader.send(ouch.replace_order("A2", "A4", 500, PRICE))
        told_then = await trader.next()
        assert told_then == ouch.Replaced("A4", 50, PRICE, told_then.order_reference, "L", "A2")
        await filled(after, "A3", 60)
        await filled(after, "A4", 50)
    for client in (trader, other):
        await client.logout()


async def test_the_end_of_the_day_cancels_what_is_left_and_ends_the_session(
    venue: VenueProcess,
) -> None:
    async with floor_of(venue) as floor:
        await entered(floor.trader, "T1", "B", 100)
        await entered(floor.trader, "T2", "B", 100, time_in_force=ouch.SYSTEM_HOURS)
        await entered(floor.other, "S1", "S", 30, time_in_force=ouch.IMMEDIATE_OR_CANCEL)
        match = (await floor.trader.next()).match_number
        assert (await floor.other.next()).match_number == match
        await asyncio.to_thread(control, venue, "day", "end")
        for client in (floor.trader, floor.other):
            await client.end()
            assert client.packet_types.endswith("Z")
        ended = floor.trader.session_id
        last = [ouch.decode(payload) for payload in floor.trader.payloads[-3:]]
        canceled = [message for message in last if isinstance(message, ouch.Canceled)]
        assert [message[:2] for message in canceled] == [("T1", 70), ("T2", 100)]
        assert {message.reason for message in canceled} <= {"T", "E"}
        assert [message for message in last if message not in canceled] == [ouch.SystemEvent("E")]
        assert ouch.decode(floor.other.payloads[-1]) == ouch.SystemEvent("E")
    with pytest.raises(ConnectionRefusedError, match="SESSION_NOT_AVAILABLE"):
        await login(venue, "TRADER", session_id=ended)

    await asyncio.to_thread(control, venue, "day", "start")
    with pytest.raises(ConnectionRefusedError, match="SESSION_NOT_AVAILABLE"):
        await login(venue, "TRADER", session_id=ended)
    trader = await login(venue, "TRADER")
    assert (trader.session_id != ended, trader.first_number) == (True, 1)
    assert await trader.next_of_all() == ouch.SystemEvent("S")
    # A new day, a new name space.
    await entered(trader, "T1", "B", 100)
    await trader.logout()


async def test_time_goes_forward_in_what_a_client_is_told(venue: VenueProcess) -> None:
    async with floor_of(venue) as floor:
        await morning(floor)
        for client in (floor.trader, floor.other):
            times = [ouch.timestamp(payload) for payload in client.payloads]
            assert times == sorted(times)
            assert times[0] >= 0 and times[-1] < 86_400 * 10**9
