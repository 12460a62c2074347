"""QuickFIX as client of the venue, in every version that the venue speaks."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.interop import ouch42_definitions as ouch
from tests.interop.venue_process import VenueProcess
from tests.needs import require

if TYPE_CHECKING:
    from tests.interop.quickfix_client import Fields, QuickFixClient
    from tests.interop.soup_client import SoupClient

pytestmark = pytest.mark.interop
VERSIONS = ("FIX.4.2", "FIX.4.4", "FIX.5.0SP2")
BUY, SELL = 1, 2
NUMBERS = (6, 14, 31, 32, 44, 151)


def quickfix(venue: VenueProcess, version: str, folder: Path) -> "QuickFixClient":
    require("quickfix")
    from tests.interop.quickfix_client import QuickFixClient

    return QuickFixClient(venue.ports["fix"], "ACME", version, folder)


async def counterparty(venue: VenueProcess, *, sequence: int = 1) -> "SoupClient":
    require("nasdaq_protocols")
    from tests.interop.soup_client import SoupClient

    return await SoupClient.login(venue.ports["ouch42"], "SIM001", sequence=sequence)


def shown(fields: "Fields", *tags: int) -> tuple[object, ...]:
    """The values of these tags: numbers as numbers, the rest as text, None where absent."""
    return tuple(
        Decimal(fields[tag]) if tag in NUMBERS and tag in fields else fields.get(tag)
        for tag in tags
    )


def state(fields: "Fields") -> tuple[object, ...]:
    """MsgType, ClOrdID, ExecType, OrdStatus, LeavesQty, CumQty, AvgPx of a report."""
    return shown(fields, 35, 11, 150, 39, 151, 14, 6)


def trade(version: str, *, leaves: int) -> str:
    """ExecType(150) of a fill: FIX 4.2 tells partial and full ones apart, later versions do not."""
    return ("1" if leaves else "2") if version == "FIX.4.2" else "F"


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_order_lives_from_new_to_canceled(
    venue: VenueProcess, tmp_path: Path, version: str
) -> None:
    other = await counterparty(venue)
    with quickfix(venue, version, tmp_path) as client:
        client.order("o1", BUY, 100, "AAPL", "187.00")
        new = client.next()
        assert state(new) == ("8", "o1", "0", "0", 100, 0, 0)

        other.send(ouch.enter_order("T1", "S", 40, "AAPL", 187 * ouch.PRICE_UNIT))
        fill = client.next()
        assert state(fill) == ("8", "o1", trade(version, leaves=60), "1", 60, 40, 187)
        assert shown(fill, 31, 32, 37, 54, 55) == (187, 40, new[37], "1", "AAPL")

        client.replace("o1", "o2", BUY, 90, "AAPL", "186.50")
        replaced = client.next()
        assert state(replaced) == ("8", "o2", "5", "1", 50, 40, 187)
        assert shown(replaced, 37, 41, 44) == (new[37], "o1", Decimal("186.5"))

        client.status("o2", BUY, "AAPL")
        status = client.next()
        assert shown(status, 35, 11, 39, 151, 14, 6) == ("8", "o2", "1", 50, 40, 187)
        if version == "FIX.4.2":
            assert status[20] == "3"
        else:
            assert status[150] == "I"

        client.cancel("o2", "o3", BUY, 90, "AAPL")
        canceled = client.next()
        assert state(canceled) == ("8", "o3", "4", "4", 0, 40, 187)
        assert shown(canceled, 37, 41) == (new[37], "o2")

        client.cancel("o2", "o4", BUY, 90, "AAPL")
        refused = client.next()
        assert shown(refused, 35, 11, 41, 39, 434, 102) == ("9", "o4", "o2", "4", "1", "0")

        exec_ids = [report[17] for report in (new, fill, replaced, canceled)]
        assert len(set(exec_ids)) == len(exec_ids)
        assert client.refusals() == []
        assert client.nothing_left


@pytest.mark.parametrize("version", VERSIONS)
def test_a_duplicate_and_an_unknown_symbol_are_rejected(
    venue: VenueProcess, tmp_path: Path, version: str
) -> None:
    with quickfix(venue, version, tmp_path) as client:
        client.order("o1", SELL, 10, "TSLA", "900.00")
        assert state(client.next())[:4] == ("8", "o1", "0", "0")
        client.order("o1", SELL, 10, "TSLA", "900.00")
        duplicate = client.next()
        assert state(duplicate)[:4] == ("8", "o1", "8", "8")
        assert duplicate[103] == "6"
        client.order("o2", SELL, 10, "NOSUCH", "900.00")
        unknown = client.next()
        assert state(unknown)[:4] == ("8", "o2", "8", "8")
        assert unknown[103] == "1"
        assert client.refusals() == []


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_fill_missed_over_a_kill_is_resent_without_any_reset(
    venue: VenueProcess, tmp_path: Path, version: str
) -> None:
    client = quickfix(venue, version, tmp_path)
    other = await counterparty(venue)
    with client:
        client.order("o1", BUY, 100, "MSFT", "410.00")
        reports = [client.next()]
        other.send(ouch.enter_order("T1", "S", 10, "MSFT", 410 * ouch.PRICE_UNIT))
        reports.append(client.next())
        before = client.next_numbers
        venue.kill()
        client.wait_for_disconnect()

    # The venue is back and trades while QuickFIX is away.
    venue.start()
    seen = len(other.payloads)
    other = await counterparty(venue)
    while len(other.payloads) < seen:
        await other.next()
    other.send(ouch.enter_order("T2", "S", 20, "MSFT", 410 * ouch.PRICE_UNIT))
    assert isinstance(await other.next(), ouch.Accepted)
    assert isinstance(await other.next(), ouch.Executed)

    with client:
        reports.append(client.next())
        assert state(reports[-1]) == ("8", "o1", trade(version, leaves=70), "1", 70, 30, 410)
        client.cancel("o1", "o2", BUY, 100, "MSFT")
        reports.append(client.next())
        assert state(reports[-1]) == ("8", "o2", "4", "4", 0, 30, 410)
        assert len({report[17] for report in reports}) == 4
        assert client.next_numbers > before
        assert client.refusals() == []
        assert client.nothing_left
        sent = [fields for fields in client.application.admin_sent if fields[35] == "A"]
        assert all(141 not in logon for logon in sent)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_connected_client_carries_on_over_three_kills(
    venue: VenueProcess, tmp_path: Path, version: str
) -> None:
    with quickfix(venue, version, tmp_path) as client:
        client.order("o0", BUY, 100, "AAPL", "150.00")
        assert state(client.next()) == ("8", "o0", "0", "0", 100, 0, 0)
        for life in range(1, 4):
            before = client.next_numbers
            venue.restart()
            client.wait_for_disconnect()
            client.wait_for_logon()
            client.replace(f"o{life - 1}", f"o{life}", BUY, 100 - life, "AAPL", "150.00")
            replaced = client.next()
            assert shown(replaced, 35, 11, 150, 151) == ("8", f"o{life}", "5", 100 - life)
            assert client.next_numbers > before
        assert client.refusals() == []
        assert client.nothing_left
