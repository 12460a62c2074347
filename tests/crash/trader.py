"""A client under load: it keeps a window of requests open and writes down what it is told."""

import asyncio
from collections.abc import Callable
from random import Random

from tests.crash.fix_wire import FixWire
from tests.crash.ledger import Ledger, Order, Record
from tests.crash.soup_wire import SoupWire
from tests.crash.websocket_wire import WebSocketWire

Wire = FixWire | SoupWire | WebSocketWire

WITHIN_S = 50
WINDOW = 12
LIVE_MAX = 30
SYMBOLS = ("AAPL", "MSFT")
MIDDLE_CENTS = 18_700


class Trader(asyncio.Protocol):
    """One client over all its connections and all lives of the venue."""

    def __init__(self, name: str, seed: int, make: Callable[[Record], Wire]) -> None:
        self.name = name
        self.record = Record(name)
        self.wire = make(self.record)
        self.ledger = Ledger(self.record, silent=isinstance(self.wire, SoupWire))
        self.trading = False
        self.connected = False
        self._rng = Random(f"{name} {seed}")
        self._ids = 0
        self._transport: asyncio.Transport | None = None
        self._changed = asyncio.Event()

    # -- asyncio's calls ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.connected = True
        self.wire.open()
        self.flush()

    def data_received(self, data: bytes) -> None:
        for told in self.wire.receive(data):
            self.ledger.apply(told)
        if self.trading:
            self.trade()
        self.flush()
        self._changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.connected = False
        self._changed.set()

    # -- coming and going ---------------------------------------------------------------------

    async def connect(self, ports: dict[str, int]) -> None:
        """A new connection, logged in. Nothing new is asked before what has no answer yet: numbers
        of OUCH 5.0 must rise."""
        self.trading = False
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, "127.0.0.1", ports[self.wire.port])
        await self.until(lambda: self.wire.ready, "logged in")

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not condition():
                if self.record.findings:
                    raise AssertionError(f"{self.name}: gave up waiting: {what}")
                if not self.connected:
                    raise AssertionError(f"{self.name}: closed before {what}: {self.wire.ended}")
                self._changed.clear()
                try:
                    await asyncio.wait_for(self._changed.wait(), 1)
                except TimeoutError:
                    self.wire.heartbeat()
                    self.flush()

    async def gone(self) -> None:
        """Whatever was still on its way is read; then the connection is over."""
        async with asyncio.timeout(WITHIN_S):
            while self.connected:
                self._changed.clear()
                await self._changed.wait()

    def deafen(self) -> None:
        """Read nothing from now on."""
        assert self._transport is not None
        self._transport.pause_reading()

    async def drained(self) -> None:
        """Wait until the kernel has taken what was written, or the connection is over."""
        assert self._transport is not None
        async with asyncio.timeout(WITHIN_S):
            await asyncio.sleep(0)
            while self.connected and self._transport.get_write_buffer_size():
                await asyncio.sleep(0.001)

    async def hang_up(self) -> None:
        assert self._transport is not None
        self._transport.abort()
        await self.gone()

    # -- requests -----------------------------------------------------------------------------

    def _next_id(self) -> str:
        self._ids += 1
        return f"{self.name}{self._ids}"

    def trade(self) -> None:
        """Fill the window."""
        while self.wire.ready and len(self.ledger.unanswered) < WINDOW:
            self._request()
        self.flush()

    def _request(self) -> None:
        rng, live = self._rng, self.ledger.live
        chance = rng.random()
        if live and (chance < 0.2 or len(live) > LIVE_MAX):
            self.cancel(live[rng.choice(list(live))])
        elif live and chance < 0.35:
            order = live[rng.choice(list(live))]
            quantity = order.cum + rng.randint(1, 60)
            self._ask("replace", order.client_id, quantity, self._cents())
        else:
            symbol = rng.choice(SYMBOLS)
            buys, ioc = rng.random() < 0.5, rng.random() < 0.1
            self.enter(buys, rng.randint(1, 100), self._cents(), symbol, ioc)

    def _cents(self) -> int:
        return MIDDLE_CENTS + self._rng.randint(-4, 4)

    def enter(
        self, buys: bool, quantity: int, cents: int, symbol: str = "AAPL", ioc: bool = False
    ) -> str:
        client_id = self._next_id()
        self.ledger.orders[client_id] = Order(client_id, buys, quantity, cents, symbol)
        self._send(client_id, ("enter", buys, quantity, cents, symbol, ioc))
        return client_id

    def cancel(self, order: Order) -> None:
        self._ask("cancel", order.client_id)

    def _ask(self, kind: str, *details: object) -> None:
        self._send(self._next_id(), (kind, *details))

    def _send(self, client_id: str, request: tuple[object, ...]) -> None:
        self.ledger.unanswered[client_id] = request
        self._say(client_id, request)

    def _say(self, client_id: str, request: tuple[object, ...]) -> None:
        wire = self.wire
        kind, *details = request
        if kind == "enter":
            wire.enter(client_id, *details)  # type: ignore[arg-type]
            return
        named, *terms = details
        order = self.ledger.orders[str(named)]
        if kind == "cancel":
            wire.cancel(client_id, str(named), order.buys, order.symbol)
        else:
            wire.replace(client_id, str(named), order.buys, order.symbol, *terms)  # type: ignore[arg-type]

    def flush(self) -> None:
        """Send what the wire has to say."""
        if self.wire.out and self._transport is not None and self.connected:
            self._transport.write(bytes(self.wire.out))
            self.wire.out.clear()

    # -- what is asked after a kill -----------------------------------------------------------

    async def catch_up(self) -> None:
        """Say again what was not answered; afterwards everything is answered."""
        self.trading = False
        if self.wire.repeats:
            # OUCH has no answer to what is said once more, be the first answer on its way or not.
            for _ in range(2 if isinstance(self.wire, SoupWire) else 1):
                for client_id, request in list(self.ledger.unanswered.items()):
                    self._say(client_id, request)
        await self.settle()

    async def settle(self) -> None:
        """A refused order behind everything else: its answer comes last."""
        barrier = self.enter(True, 1, MIDDLE_CENTS, "NOSUCH")
        self.flush()
        unanswered = self.ledger.unanswered
        await self.until(lambda: barrier not in unanswered, "everything answered")
        self.ledger.nothing_open()

    async def begin_again(self, ports: dict[str, int]) -> None:
        """Have all history told again from number 1; the record compares it in passing."""
        if not self.wire.ask_again():
            assert not isinstance(self.wire, FixWire)
            await self.hang_up()
            self.wire.from_first = True
            await self.connect(ports)
            self.wire.from_first = False
        self.flush()

    async def hear_all_again(self, ports: dict[str, int]) -> None:
        """All history, to its end."""
        record = self.record
        end, record.again = record.next_number, 1
        await self.begin_again(ports)
        try:
            await self.until(lambda: record.again >= end, f"number {end - 1} again")
        except (TimeoutError, AssertionError) as error:
            record.find(f"lost: of {end - 1} numbers {record.again - 1} came again: {error!r}")
        record.again = 0

    async def check_orders(self) -> None:
        """Live orders and some closed ones are what their reports said."""
        ledger = self.ledger
        chosen = {order.client_id: order for order in list(ledger.orders.values())[-20:]}
        chosen |= {order.client_id: order for order in ledger.live.values()}
        for client_id, order in chosen.items():
            if order.accepted and self.wire.status(client_id, order.buys, order.symbol):
                ledger.unanswered[f"status {client_id}"] = ("status", client_id)
        await self.settle()

    async def cancel_all(self) -> None:
        """What a cancel takes off must be what the reports left open."""
        for order in list(self.ledger.live.values()):
            self.cancel(order)
        await self.settle()
        for order in self.ledger.live.values():
            self.record.find(f"lost: {order} was not canceled")
