"""Two users on one book over OUCH 5.0, and what each of them is told."""

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.interop import ouch50_definitions as ouch
from tests.interop.venue_process import VenueProcess
from tests.needs import require

if TYPE_CHECKING:
    from tests.interop.soup_client import SoupClient

PRICE = 187 * ouch.PRICE_UNIT
CENT = ouch.PRICE_UNIT // 100


class User:
    """A client with the numbers that it gives to its orders, each higher than the one before."""

    def __init__(self, client: "SoupClient", first: int = 1) -> None:
        self.client = client
        self.numbers: Iterator[int] = itertools.count(first)

    def send(self, *messages: bytes) -> None:
        self.client.send(*messages)

    async def next(self) -> Any:
        return await self.client.next()

    async def entered(self, side: str, quantity: int, **other: Any) -> int:
        """The number of an order that went into the book as it was; its options come back."""
        number = next(self.numbers)
        price, lives = other.pop("price", PRICE), other.pop("time_in_force", ouch.DAY)
        display, options = other.pop("display", "Y"), other.pop("options", {})
        order_id = other.pop("order_id", "")
        assert not other, other
        self.send(
            ouch.enter_order(
                *(number, side, quantity, "AAPL", price, lives),
                display=display,
                order_id=order_id,
                appendage=ouch.options(**options),
            )
        )
        told = await self.next()
        fixed = (lives, display, told.order_reference, "P", "N", "N", "L", order_id)
        expected = ouch.Accepted(number, side, quantity, "AAPL", price, *fixed)
        assert told._replace(appendage=()) == expected, told
        assert dict(told.appendage).items() >= options.items(), told
        return number

    async def replaced(self, old: int, quantity: int, exposed: int, **other: Any) -> int:
        """The number that a buy order has from now on; `quantity` is the whole chain's."""
        number, price = next(self.numbers), other.pop("price", PRICE)
        self.send(ouch.replace_order(old, number, quantity, price, **other))
        told = await self.next()
        fixed = (ouch.DAY, "Y", told.order_reference, "P", "N", "N", "L", "")
        expected = ouch.Replaced(old, number, "B", exposed, "AAPL", price, *fixed)
        assert told._replace(appendage=()) == expected, told
        return number

    async def answers(self, *messages: bytes, count: int = 1) -> list[Any]:
        """What the venue says to `messages`, and nothing more: an account query ends the
        listening, since its answer, which is in no sequence of orders, comes behind theirs."""
        self.send(*messages)
        told = [await self.next() for _ in range(count)]
        await self.nothing_more()
        return told

    async def nothing_more(self) -> None:
        self.send(ouch.account_query())
        told = await self.next()
        assert isinstance(told, ouch.NextNumber), told


class Floor(NamedTuple):
    venue: VenueProcess
    trader: User
    other: User

    async def filled(self, number: int, quantity: int, liquidity: str = "A") -> int:
        """The other user takes `quantity` of the trader's buy order; both hear the same match."""
        now = ouch.IMMEDIATE_OR_CANCEL
        contra = await self.other.entered("S", quantity, time_in_force=now)
        theirs, ours = await self.other.next(), await self.trader.next()
        match = int(theirs.match_number)
        assert theirs[:5] == (contra, quantity, PRICE, "R", match)
        assert ours[:5] == (number, quantity, PRICE, liquidity, match)
        return match


@asynccontextmanager
async def floor_of(venue: VenueProcess) -> AsyncIterator[Floor]:
    require("nasdaq_protocols")
    from tests.interop.soup_client import SoupClient

    port = venue.ports["ouch50"]
    both = [await SoupClient.login(port, name, decode=ouch.decode) for name in ("TRADER", "SIM001")]
    yield Floor(venue, *(User(client) for client in both))
    for client in both:
        if not client.closed.is_set():
            await client.logout()
