"""What anybody may know of a venue, over its WebSocket: instruments and trades."""

import asyncio
import logging
from collections.abc import Callable, Sequence

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from gateway.config import DEFAULT_INSTRUMENTS
from matching.instrument import Instrument
from protocol import feed
from protocol.feed import parse_decimal
from protocol.websocket_words import SUBSCRIPTIONS_MAX
from simulator.clients.connection import RECONNECT_SECONDS
from simulator.clients.words import TradePrinted

logger = logging.getLogger("venue.simulator")

REFERENCE_UNITS = 100
"""Where trading starts in an instrument of which nothing is known."""
WELCOME_SECONDS = 10


class FeedUnavailable(Exception):
    """The venue could not be asked; the text says why."""


async def discover(url: str) -> list[Instrument]:
    """The venue's instruments, each with a price to start from. Raises FeedUnavailable."""
    try:
        async with asyncio.timeout(WELCOME_SECONDS):
            async with connect(url, compression=None, proxy=None) as socket:
                message = feed.decode_message(await socket.recv())
    except (OSError, WebSocketException, msgspec.DecodeError) as error:
        raise FeedUnavailable(f"{url}: {error or 'no answer'}") from error
    if not isinstance(message, feed.Welcome):
        raise FeedUnavailable(f"{url}: expected welcome, received {message}")
    known = {one.symbol: one for one in DEFAULT_INSTRUMENTS}
    return [_instrument(info, known.get(info.symbol.encode())) for info in message.instruments]


def _instrument(info: feed.InstrumentInfo, known: Instrument | None) -> Instrument:
    tick = parse_decimal(info.tick_size, info.price_decimals)
    lot = parse_decimal(info.lot_size, info.quantity_decimals)
    assert tick and lot, f"steps of {info.symbol}: {info.tick_size}, {info.lot_size}"
    reference = REFERENCE_UNITS * 10**info.price_decimals
    if known is not None and known.price_decimals == info.price_decimals:
        reference = known.reference_price
    return Instrument(
        symbol=info.symbol.encode(),
        price_decimals=info.price_decimals,
        quantity_decimals=info.quantity_decimals,
        tick_size=tick,
        lot_size=lot,
        reference_price=max(reference // tick, 1) * tick,
    )


class PublicFeed:
    """Follows the trades of a venue, over any number of connections."""

    def __init__(
        self, url: str, instruments: Sequence[Instrument], told: Callable[[TradePrinted], None]
    ) -> None:
        self._url = url
        self._instruments = {one.symbol.decode(): one for one in instruments[:SUBSCRIPTIONS_MAX]}
        self._told = told
        self.heard = False
        """The venue told about trades, if only that there were none yet."""
        self._last_match: dict[str, int] = {}

    async def run(self) -> None:
        """Until canceled."""
        while True:
            try:
                async with connect(self._url, compression=None, proxy=None) as socket:
                    try:
                        await self._follow(socket)
                    except asyncio.CancelledError:
                        # Leaving is no failure: close as one who has seen enough.
                        await socket.close()
                        raise
            except (OSError, WebSocketException, msgspec.DecodeError) as error:
                logger.debug("public feed: %s", error)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _follow(self, socket: ClientConnection) -> None:
        for symbol in self._instruments:
            request = feed.Subscribe(channel="trades", symbol=symbol)
            await socket.send(feed.encode(request).decode())
        async for text in socket:
            message = feed.decode_message(text)
            if isinstance(message, feed.Trades):
                self.heard = True
                # What happened before the first snapshot is history, after it news.
                if message.symbol in self._last_match:
                    self._news(message.symbol, message.trades)
                elif message.trades:
                    self._last_match[message.symbol] = message.trades[-1].match_number
                else:
                    self._last_match[message.symbol] = 0
            elif isinstance(message, feed.TradesDelta):
                self._news(message.symbol, message.trades)
            elif isinstance(message, feed.Error):
                logger.info("public feed: %s", message.text)

    def _news(self, symbol: str, trades: Sequence[feed.TradeInfo]) -> None:
        decimals = self._instruments[symbol].price_decimals
        for trade in trades:
            if trade.match_number <= self._last_match.get(symbol, 0):
                continue
            self._last_match[symbol] = trade.match_number
            price = parse_decimal(trade.price, decimals)
            assert price is not None, f"trade at {trade.price}, expected {decimals} decimals"
            self._told(TradePrinted(symbol.encode(), price))
