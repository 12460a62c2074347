"""A venue's public feed without a venue: plausible, seeded, moving data in the real vocabulary.

A thread of its own, so that a test and a person (`python -m tests.dashboards.fake_feed PORT`) can
start it, cut it off, and start it again on the same port.
"""

import asyncio
import contextlib
import itertools
import queue
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from msgspec import Struct
from websockets.asyncio.server import Server, ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

from protocol.feed import (
    Book,
    BookDelta,
    Error,
    InstrumentInfo,
    LatencySummary,
    Level,
    LevelChange,
    SessionInfo,
    Sessions,
    SessionsDelta,
    Stats,
    Subscribe,
    Subscribed,
    TradeInfo,
    Trades,
    TradesDelta,
    Unsubscribe,
    Unsubscribed,
    Welcome,
    decode_request,
    encode,
)

HEARTBEAT_NS = 10_000_000_000
STEP_S = 0.1
TICKS = {"AAPL": 18_700, "MSFT": 42_150, "TSLA": 24_880}
"""Symbol to the price it starts at, in ticks of 0.01."""
Key = tuple[str, str]
"""channel, symbol."""


def _price(ticks: int) -> str:
    return f"{ticks // 100}.{ticks % 100:02d}"


@dataclass
class Market:
    """One instrument: its levels in ticks as [quantity, orders], its last trades."""

    symbol: str
    mid: int
    bids: dict[int, tuple[int, int]] = field(default_factory=dict)
    asks: dict[int, tuple[int, int]] = field(default_factory=dict)
    trades: list[TradeInfo] = field(default_factory=list)

    def levels(self) -> dict[tuple[str, int], tuple[int, int]]:
        sides = (("buy", self.bids), ("sell", self.asks))
        return {(side, price): level for side, held in sides for price, level in held.items()}

    def step(self, chance: random.Random) -> None:
        """Drift, refresh some levels; both sides keep twenty levels that do not cross."""
        self.mid += chance.choice((-1, 0, 0, 0, 0, 1))
        for away in range(1, 21):
            for held, price in ((self.bids, self.mid - away), (self.asks, self.mid + away)):
                if price not in held or chance.random() < 0.12:
                    orders = chance.randint(1, 3 + away // 2)
                    held[price] = (100 * orders * chance.randint(1, 4), orders)
        self.bids = {p: v for p, v in self.bids.items() if self.mid - 20 <= p < self.mid}
        self.asks = {p: v for p, v in self.asks.items() if self.mid < p <= self.mid + 20}

    def book(self, version: int) -> Book:
        def side(held: dict[int, tuple[int, int]], best_first: int) -> list[Level]:
            return [
                (_price(price), str(held[price][0]), held[price][1])
                for price in sorted(held, key=lambda price: best_first * price)
            ]

        return Book(
            symbol=self.symbol,
            version=version,
            phase="open",
            bids=side(self.bids, -1),
            asks=side(self.asks, 1),
        )


def _sessions(chance: random.Random, now_ns: int, traffic: int) -> list[SessionInfo]:
    wires = itertools.cycle((("fix", "active"), ("ouch42", "serving"), ("ws", "live")))
    rows = []
    for number, (wire, state) in zip(range(1, 13), wires, strict=False):
        gone = number == 9
        name = f"SIM{number:03d}"
        rows.append(
            SessionInfo(
                session_id=number,
                wire=wire,
                identity=f"FIX.4.4:XVEN->{name}" if wire == "fix" else name,
                account=name,
                state="disconnected" if gone else state,
                next_in=0 if wire == "ouch42" else 1 + 3 * traffic * number,
                next_out=1 + 5 * traffic * number,
                last_heartbeat_ns=now_ns - (95 if gone else number % 4) * 1_000_000_000,
                queued_bytes=chance.choice((0, 4096, 18_432)) if number == 5 else 0,
            )
        )
    return rows


def _sessions_delta(version: int, rows: list[SessionInfo]) -> SessionsDelta:
    return SessionsDelta(version=version, prev_version=version - 1, changed=rows, removed=[])


class FakeFeed:
    """The server; `silent` has instruments and no market, `refused` are unavailable channels."""

    def __init__(
        self, port: int = 0, *, silent: bool = False, refused: frozenset[str] = frozenset()
    ) -> None:
        self.port = port
        self.requests: queue.Queue[Subscribe | Unsubscribe] = queue.Queue()
        """Everything asked for, by all connections in their order."""
        self.lose_delta_of = ""
        """Set to leave out the next delta of this book, as if it had been lost."""
        self._silent = silent
        self._refused = refused
        self._chance = random.Random(7)
        self._markets = {symbol: Market(symbol, ticks) for symbol, ticks in TICKS.items()}
        self._held: dict[ServerConnection, dict[Key, int]] = {}
        self._steps = 0
        self._trades_total = 0
        self._started_ns = time.time_ns()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._run()])

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10), "the feed did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    async def _run(self) -> None:
        self._end = asyncio.Event()
        async with serve(self._serve, "127.0.0.1", self.port, compression=None) as server:
            self.port = self._port_of(server)
            self._ready.set()
            while not self._end.is_set():
                if not self._silent:
                    self._step()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._end.wait(), STEP_S)

    @staticmethod
    def _port_of(server: Server) -> int:
        return int(next(iter(server.sockets)).getsockname()[1])

    async def _serve(self, connection: ServerConnection) -> None:
        self._held[connection] = {}
        instruments = [
            InstrumentInfo(
                symbol=symbol, tick_size="0.01", lot_size="1", price_decimals=4, quantity_decimals=0
            )
            for symbol in self._markets
        ]
        welcome = Welcome(
            venue="XVEN", version=1, heartbeat_ns=HEARTBEAT_NS, instruments=instruments
        )
        await connection.send(encode(welcome), text=True)
        try:
            async for text in connection:
                await self._answer(connection, text)
        except ConnectionClosed:
            pass
        finally:
            del self._held[connection]

    async def _answer(self, connection: ServerConnection, text: str | bytes) -> None:
        request = decode_request(text.encode() if isinstance(text, str) else text)
        assert isinstance(request, Subscribe | Unsubscribe), request
        self.requests.put(request)
        key = (request.channel, request.symbol)
        held = self._held[connection]
        answer: Struct
        if isinstance(request, Unsubscribe):
            del held[key]
            answer = Unsubscribed(channel=request.channel, symbol=request.symbol, id=request.id)
            await connection.send(encode(answer), text=True)
            return
        if request.channel in self._refused:
            answer = Error(code="unavailable", text=f"{request.channel} is off", ref=request.id)
            await connection.send(encode(answer), text=True)
            return
        assert key not in held, f"{key} is subscribed"
        held[key] = 1
        answer = Subscribed(channel=request.channel, symbol=request.symbol, id=request.id)
        await connection.send(encode(answer), text=True)
        snapshot = self._snapshot(*key)
        await connection.send(encode(snapshot), text=True)

    def _snapshot(self, channel: str, symbol: str) -> Struct:
        if channel == "book":
            return self._markets[symbol].book(1)
        if channel == "trades":
            return Trades(symbol=symbol, version=1, trades=self._markets[symbol].trades[-100:])
        if channel == "sessions":
            rows = [] if self._silent else _sessions(self._chance, time.time_ns(), self._steps)
            return Sessions(version=1, sessions=rows)
        return self._stats()

    def _stats(self) -> Stats:
        now_ns = time.time_ns()
        busy = 0 if self._silent else 1
        chance = self._chance
        return Stats(
            time_ns=now_ns,
            uptime_ns=now_ns - self._started_ns,
            orders_total=busy * 137 * self._steps,
            trades_total=self._trades_total,
            orders_per_second=busy * chance.randint(1150, 1480),
            trades_per_second=busy * chance.randint(2, 9),
            live_orders=busy * chance.randint(610, 690),
            connections=max(busy * 12, len(self._held)),
            order_to_ack_us=LatencySummary(
                count=busy * 1300,
                p50=busy * chance.randint(70, 82),
                p90=busy * chance.randint(150, 180),
                p99=busy * chance.randint(420, 600),
                p999=busy * chance.randint(1400, 2100),
                max=busy * chance.randint(3200, 11_000),
            ),
        )

    def _step(self) -> None:
        self._steps += 1
        for symbol, market in self._markets.items():
            before = market.levels()
            market.step(self._chance)
            self._publish_book(symbol, before, market.levels())
            if self._chance.random() < 0.45:
                self._trade(market)
        now_ns = time.time_ns()
        if self._steps % 10 == 0:
            rows = _sessions(self._chance, now_ns, self._steps)
            self._publish(("sessions", ""), lambda version: _sessions_delta(version, rows))
            stats = self._stats()
            self._publish(("stats", ""), lambda _: stats)

    def _publish_book(
        self,
        symbol: str,
        before: dict[tuple[str, int], tuple[int, int]],
        after: dict[tuple[str, int], tuple[int, int]],
    ) -> None:
        changes: list[LevelChange] = [
            ("buy" if side == "buy" else "sell", _price(price), str(quantity), orders)
            for side, price in sorted(before.keys() | after.keys())
            for quantity, orders in [after.get((side, price), (0, 0))]
            if before.get((side, price)) != (quantity, orders)
        ]
        if not changes:
            return
        if self.lose_delta_of == symbol:
            self.lose_delta_of = ""
            for held in self._held.values():
                if ("book", symbol) in held:
                    held[("book", symbol)] += 1
            return
        self._publish(
            ("book", symbol),
            lambda version: BookDelta(
                symbol=symbol,
                version=version,
                prev_version=version - 1,
                phase="open",
                changes=changes,
            ),
        )

    def _trade(self, market: Market) -> None:
        self._trades_total += 1
        buys = self._chance.random() < 0.5
        trade = TradeInfo(
            match_number=self._trades_total,
            price=_price(min(market.asks) if buys else max(market.bids)),
            quantity=str(100 * self._chance.randint(1, 6)),
            aggressor="buy" if buys else "sell",
            time_ns=time.time_ns(),
        )
        market.trades.append(trade)
        self._publish(
            ("trades", market.symbol),
            lambda version: TradesDelta(
                symbol=market.symbol, version=version, prev_version=version - 1, trades=[trade]
            ),
        )

    def _publish(self, key: Key, message: Callable[[int], Struct]) -> None:
        for connection, held in self._held.items():
            if key in held:
                held[key] += 1
                broadcast([connection], encode(message(held[key])).decode())


def main() -> None:
    with FakeFeed(int(sys.argv[1]), silent="silent" in sys.argv) as feed:
        print(feed.url, file=sys.stderr)
        threading.Event().wait()


if __name__ == "__main__":
    main()
