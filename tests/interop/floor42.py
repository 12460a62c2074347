"""Two users on one book over OUCH 4.2, and what each of them is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.interop import ouch42_definitions as ouch
from tests.interop.venue_process import VenueProcess
from tests.needs import require

if TYPE_CHECKING:
    from tests.interop.soup_client import SoupClient

PRICE = 187 * ouch.PRICE_UNIT
CENT = ouch.PRICE_UNIT // 100
NOT_AN_ORDER = "NOSUCH"
"""A symbol that no venue has: an order in it is refused, which ends a listening for more."""


class Floor(NamedTuple):
    venue: VenueProcess
    trader: "SoupClient"
    other: "SoupClient"


@asynccontextmanager
async def floor_of(venue: VenueProcess) -> AsyncIterator[Floor]:
    require("nasdaq_protocols")
    from tests.interop.soup_client import SoupClient

    port = venue.ports["ouch42"]
    both = [await SoupClient.login(port, name) for name in ("TRADER", "SIM001")]
    yield Floor(venue, *both)
    for client in both:
        if not client.closed.is_set():
            await client.logout()


async def answers(client: "SoupClient", *messages: bytes, count: int = 1) -> list[Any]:
    """What the venue says to `messages`, and nothing more: a refused order ends the listening."""
    client.send(*messages)
    told = [await client.next() for _ in range(count)]
    await nothing_more(client)
    return told


async def nothing_more(client: "SoupClient") -> None:
    number = len(client.payloads)
    client.send(ouch.enter_order(f"END{number}", "B", 1, NOT_AN_ORDER, PRICE))
    assert await client.next() == ouch.Rejected(f"END{number}", "S")


async def entered(client: "SoupClient", token: str, side: str, shares: int, **other: Any) -> int:
    """The reference number of an order that went into the book as it was."""
    price, lives = other.pop("price", PRICE), other.pop("time_in_force", ouch.MARKET_HOURS)
    client.send(ouch.enter_order(token, side, shares, "AAPL", price, lives, **other))
    told = await client.next()
    reference = told.order_reference
    assert told == ouch.Accepted(token, side, shares, "AAPL", price, lives, reference, "L", **other)
    return int(reference)


async def filled(floor: Floor, token: str, shares: int, liquidity: str = "A") -> None:
    """The other user takes `shares` of the trader's buy order; both hear the same match."""
    contra = f"K{len(floor.other.payloads)}"
    sell = ouch.enter_order(contra, "S", shares, "AAPL", PRICE, ouch.IMMEDIATE_OR_CANCEL)
    floor.other.send(sell)
    assert isinstance(await floor.other.next(), ouch.Accepted)
    theirs, ours = await floor.other.next(), await floor.trader.next()
    match = theirs.match_number
    assert theirs == ouch.Executed(contra, shares, PRICE, "R", match)
    assert ours == ouch.Executed(token, shares, PRICE, liquidity, match)
