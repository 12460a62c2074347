"""Four clients that others wrote, three wires, one book."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.interop import ouch42_definitions as ouch
from tests.interop.simplefix_client import SimplefixClient
from tests.interop.venue_process import VenueProcess
from tests.interop.websocket_client import WebSocketClient
from tests.needs import require

if TYPE_CHECKING:
    from tests.interop.quickfix_client import QuickFixClient
    from tests.interop.soup_client import SoupClient

pytestmark = pytest.mark.interop
SYMBOL = "AAPL"
FILLED = ("F", "1", "2")
"""ExecType(150) of a fill, in FIX 4.4 and in FIX 4.2."""


class Fill(NamedTuple):
    client_id: str
    quantity: int
    cents: int


class Trader(NamedTuple):
    """One client through two verbs: enter (id, buys, quantity, cents), and wait for a fill."""

    enter: Callable[[str, bool, int, int], Awaitable[None]]
    fill: Callable[[], Awaitable[Fill]]


def text(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def in_cents(price: str) -> int:
    return int(Decimal(price) * 100)


def fix_trader(
    client: "QuickFixClient | SimplefixClient", receive: Callable[[], dict[int, str]]
) -> Trader:
    async def enter(client_id: str, buys: bool, quantity: int, cents: int) -> None:
        client.order(client_id, 1 if buys else 2, quantity, SYMBOL, text(cents))
        report = receive()
        assert (report[11], report[150]) == (client_id, "0"), report

    async def fill() -> Fill:
        report = receive()
        assert report[150] in FILLED, report
        return Fill(report[11], int(Decimal(report[32])), in_cents(report[31]))

    return Trader(enter, fill)


def ouch_trader(client: "SoupClient") -> Trader:
    async def enter(client_id: str, buys: bool, quantity: int, cents: int) -> None:
        side = "B" if buys else "S"
        client.send(ouch.enter_order(client_id, side, quantity, SYMBOL, cents * 100))
        message = await client.next()
        assert isinstance(message, ouch.Accepted) and message.token == client_id, message

    async def fill() -> Fill:
        message = await client.next()
        assert isinstance(message, ouch.Executed), message
        return Fill(message.token, message.shares, message.price // 100)

    return Trader(enter, fill)


def script_trader(client: WebSocketClient) -> Trader:
    async def enter(client_id: str, buys: bool, quantity: int, cents: int) -> None:
        await client.order(client_id, "buy" if buys else "sell", quantity, SYMBOL, text(cents))
        await client.receive("accepted")

    async def fill() -> Fill:
        message = await client.receive("executed")
        cents = in_cents(message["last_px"])
        return Fill(message["order"]["cl_ord_id"], int(Decimal(message["last_qty"])), cents)

    return Trader(enter, fill)


async def sell_through(traders: list[Trader], seller: Trader, turn: int) -> None:
    """The others bid at three prices; the seller takes two bids and half of the third.

    Then the first bidder sells into what is left of the third: the book ends empty.
    """
    buyers = [trader for trader in traders if trader is not seller]
    levels = [(10, 18700), (10, 18600), (12, 18500)]
    for buyer, (quantity, cents) in zip(buyers, levels, strict=True):
        await buyer.enter(f"B{turn}", True, quantity, cents)
    await seller.enter(f"S{turn}", False, 26, 18500)
    for buyer, quantity, cents in zip(buyers, (10, 10, 6), (18700, 18600, 18500), strict=True):
        assert await buyer.fill() == Fill(f"B{turn}", quantity, cents)
        assert await seller.fill() == Fill(f"S{turn}", quantity, cents)
    await buyers[0].enter(f"R{turn}", False, 6, 18500)
    assert await buyers[2].fill() == Fill(f"B{turn}", 6, 18500)
    assert await buyers[0].fill() == Fill(f"R{turn}", 6, 18500)


async def test_every_client_trades_with_every_other_and_sees_its_fills(
    venue: VenueProcess, tmp_path: Path
) -> None:
    require("quickfix")
    require("nasdaq_protocols")
    from tests.interop.quickfix_client import QuickFixClient
    from tests.interop.soup_client import SoupClient

    ports = venue.ports
    soup = await SoupClient.login(ports["ouch42"], "SIM001")
    with (
        QuickFixClient(ports["fix"], "QUICK", "FIX.4.4", tmp_path) as quick,
        SimplefixClient(ports["fix"], "SIMPLE", "FIX.4.2") as simple,
    ):
        simple.logon()
        async with WebSocketClient(ports["ws"], "SIM002") as script:
            await script.login()
            traders = [
                fix_trader(quick, quick.next),
                fix_trader(simple, simple.receive),
                ouch_trader(soup),
                script_trader(script),
            ]
            for turn, seller in enumerate(traders):
                await sell_through(traders, seller, turn)
            assert quick.refusals() == []
            assert quick.nothing_left
    await soup.logout()
