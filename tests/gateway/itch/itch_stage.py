"""A venue with an ITCH port on 127.0.0.1, orders for its book, and subscribers that do not wait."""

import asyncio
import socket

from gateway.clock import Clock
from gateway.config import Config
from gateway.edge import Door, Edge, Gate, Guest
from gateway.itch.feed import ItchFeed
from gateway.itch.port import ItchPort
from gateway.journal.records import decode_batch
from matching.commands import AddAccount, EnterOrder, RegisterSession
from matching.engine import Engine
from matching.types import OrderType, Side, TimeInForce
from protocol.sent_log import Entry
from protocol.soupbintcp.line import SoupSettings
from protocol.soupbintcp.packets import LoginRequest, encode_login_request
from tests.gateway.socket_stage import SocketStage

Packet = tuple[bytes, bytes]
"""Type and payload."""
ACCEPTED, SEQUENCED, HEARTBEAT, END, REJECTED = b"A", b"S", b"H", b"Z", b"J"


class ItchStage(SocketStage):
    """`open` first, `close` last."""

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        config: Config | None = None,
        settings: SoupSettings | None = None,
    ) -> None:
        super().__init__(clock, config=config)
        self._settings = settings or SoupSettings()
        self.lines: list[str] = []
        self.guests: list[Guest] = []
        self.itch_ports: list[ItchPort] = []
        self.feed: ItchFeed
        self.itch_port = 0
        self._itch_server: asyncio.Server
        self._subscribers: list[TestSubscriber] = []
        self._orders = 0

    async def open(self) -> "ItchStage":
        await super().open()
        venue = self.venue
        venue.begin(self.clock.now_ns())
        venue.controlled(AddAccount(b"A"))
        venue.controlled(RegisterSession(1, b"fix", (b"FIX.4.4", b"A", b"XVEN")))
        venue.commit()
        venue.take_released()
        loop = asyncio.get_running_loop()
        self.feed = self.refolded()
        self.shell.watchers.append(self.feed.watch)
        gate = Gate(loop, self.lines.append)
        self._itch_server = await loop.create_server(
            lambda: Edge(gate, Door("itch"), self._serve), "127.0.0.1", 0
        )
        self.itch_port = self._itch_server.sockets[0].getsockname()[1]
        return self

    def refolded(self) -> ItchFeed:
        """The feed as a new process would make it from the journal."""
        loop = asyncio.get_running_loop()
        feed = ItchFeed("", loop.call_soon, self.lines.append)
        engine = Engine()
        for _, payload in self.log.read(1):
            batch = decode_batch(payload)
            for command in batch.commands:
                feed.observe(engine.apply(command, batch.now_ns), batch.now_ns)
        return feed

    def _serve(self, guest: Guest) -> ItchPort:
        self.guests.append(guest)
        port = ItchPort(self.feed, self.shell, self._settings, guest)
        self.itch_ports.append(port)
        return port

    def told(self) -> list[bytes]:
        """The whole stream of the running day."""
        return payloads(self.feed.stream.read(1, self.feed.stream.next_number))

    def enter(self, side: Side, quantity: int, price: int) -> EnterOrder:
        """An order that nobody entered before."""
        self._orders += 1
        client_id = b"%d" % self._orders
        limit, day = OrderType.LIMIT, TimeInForce.DAY
        return EnterOrder(1, 1, 1, client_id, side, limit, day, quantity, price)

    async def rest(self, count: int) -> None:
        """So many orders that rest, in one tick."""

        def enter_all() -> None:
            for _ in range(count):
                self.venue.controlled(self.enter(Side.BUY, 100, 1_000_000))

        await self.shell.perform(enter_all)

    def subscriber(self, *, receive_buffer: int = 0) -> "TestSubscriber":
        """Connected, and has said nothing."""
        subscriber = TestSubscriber(self.itch_port, receive_buffer)
        self._subscribers.append(subscriber)
        return subscriber

    async def logged_in(
        self, number: int = 1, *, session: bytes = b"", receive_buffer: int = 0
    ) -> "TestSubscriber":
        """As TRADER; the answer to the login is read."""
        subscriber = self.subscriber(receive_buffer=receive_buffer)
        subscriber.log_in(number, session=session)
        await subscriber.packets(1)
        return subscriber

    async def close(self) -> None:
        self._itch_server.close()
        for subscriber in self._subscribers:
            subscriber.sock.close()
        self.feed.close("the test is over")
        await super().close()


class TestSubscriber:
    """A SoupBinTCP client that keeps what it reads."""

    __test__ = False

    def __init__(self, port: int, receive_buffer: int) -> None:
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.connect(("127.0.0.1", port))
        self.sock.setblocking(False)
        self.answer: Packet = (b"", b"")
        self.ended = False
        """The venue closed the connection."""
        self._unread = b""

    def log_in(
        self, number: int, *, session: bytes = b"", name: bytes = b"TRADER", password: bytes = b""
    ) -> None:
        request = LoginRequest(name, password or name, session, number)
        self.sock.send(encode_login_request(request))

    async def packets(self, count: int) -> list[Packet]:
        """The next packets; fewer where the connection ends before."""
        loop = asyncio.get_running_loop()
        found: list[Packet] = []
        while len(found) < count:
            unread = self._unread
            size = 2 + int.from_bytes(unread[:2], "big")
            if len(unread) >= 3 and len(unread) >= size:
                self._unread = unread[size:]
                found.append((unread[2:3], unread[3:size]))
                if found[-1][0] in (ACCEPTED, REJECTED):
                    self.answer = found[-1]
                continue
            try:
                data = await loop.sock_recv(self.sock, 1 << 16)
            except ConnectionError:
                data = b""
            if not data:
                self.ended = True
                break
            self._unread += data
        return found

    async def messages(self, count: int) -> list[bytes]:
        """The next sequenced messages; heartbeats between them do not count."""
        found: list[bytes] = []
        while len(found) < count and not self.ended:
            for kind, payload in await self.packets(1):
                if kind == SEQUENCED:
                    found.append(payload)
                else:
                    assert kind == HEARTBEAT, kind
        return found

    async def to_end(self) -> list[Packet]:
        """All that comes before the venue closes."""
        found = [packet for packet in await self.packets(1 << 30) if packet[0] != HEARTBEAT]
        assert self.ended
        return found


def payloads(entries: object) -> list[bytes]:
    """The messages of `ItchStream.read`."""
    found: list[Entry] = list(entries)  # type: ignore[call-overload]
    return [message for _, message in found if message is not None]
