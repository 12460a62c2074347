"""A venue behind real sockets in the test's own process, on either event loop."""

import asyncio
import socket
from collections.abc import Callable, Coroutine

import uvloop

from gateway.clock import Clock, RealClock
from gateway.config import Config
from gateway.connection import Port
from gateway.credentials import ConfiguredCredentials
from gateway.edge import CONNECTIONS_MAX, Door, Edge, Gate
from gateway.journal.log import JournalError, MemoryLog
from gateway.journal.records import Batch, decode_batch
from gateway.order_entry.fix import FixDesk
from gateway.shell import Shell
from gateway.venue import Venue
from matching.commands import AddInstrument, StartOfDay
from protocol.fix.stream import FixStream
from protocol.fix.version import FIX44
from tests.gateway.order_entry.fix_client import Fields, fields

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
WITHIN_S = 20.0
"""A scenario that takes longer hangs."""


def drive(loop_kind: str, scenario: Callable[[], Coroutine[object, object, None]]) -> None:
    """Run one scenario on a loop of this kind."""
    with asyncio.Runner(loop_factory=LOOPS[loop_kind]) as runner:
        runner.run(asyncio.wait_for(scenario(), WITHIN_S))


class WatchedLog(MemoryLog):
    """A log in memory that tells when it is written and fails when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.happened: list[str] = []
        """`append`, and what watched transports add."""
        self.full = False

    def append(self, payload: bytes) -> int:
        if self.full:
            raise JournalError("no space left")
        self.happened.append("append")
        return super().append(payload)


class WatchedTransport:
    """A transport whose writes are noted beside the log's appends."""

    def __init__(self, transport: asyncio.Transport, happened: list[str]) -> None:
        self._transport = transport
        self._happened = happened

    def write(self, data: bytes) -> None:
        self._happened.append("write")
        self._transport.write(data)

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)


class SocketStage:
    """A venue with a FIX port on 127.0.0.1; `open` first, `close` last."""

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        config: Config | None = None,
        connections_max: int = CONNECTIONS_MAX,
    ) -> None:
        self._connections_max = connections_max
        self.gate: Gate
        self.log = WatchedLog()
        self.remarks: list[str] = []
        self.clock = clock or RealClock()
        self.reads: list[tuple[int, int, int]] = []
        """(tick, connection_id, bytes) of every share the venue was given."""
        config = config or Config()
        self.venue = Venue(
            self.log,
            ConfiguredCredentials(config),
            lambda venue: {b"fix": FixDesk(venue, config)},
            self.remarks.append,
        )
        self.venue.begin(self.clock.now_ns())
        for instrument in config.instruments:
            self.venue.controlled(AddInstrument(instrument))
        self.venue.controlled(StartOfDay(20240102, 0))
        self.venue.commit()
        self.venue.take_released()
        self.shell: Shell
        self.port_number = 0
        self._server: asyncio.Server
        self._clients: list[SocketClient] = []

    async def open(self) -> "SocketStage":
        loop = asyncio.get_running_loop()
        self.shell = Shell(self.venue, self.clock, loop)
        self.gate = Gate(loop, self.remarks.append, self._connections_max)
        self._server = await loop.create_server(
            lambda: Edge(self.gate, Door("fix"), lambda guest: Port(self.shell, b"fix", guest)),
            "127.0.0.1",
            0,
        )
        self.port_number = self._server.sockets[0].getsockname()[1]
        received = self.venue.received

        def watched(connection: object, data: bytes) -> None:
            number = connection.connection_id  # type: ignore[attr-defined]
            self.reads.append((self.shell.tick_number, number, len(data)))
            received(connection, data)  # type: ignore[arg-type]

        self.venue.received = watched  # type: ignore[method-assign]
        return self

    def client(self, comp_id: bytes, *, receive_buffer: int = 0) -> "SocketClient":
        """A client that is connected and has said nothing; it survives its connections."""
        client = SocketClient(self, comp_id)
        client.connect(receive_buffer)
        self._clients.append(client)
        return client

    async def logged_on(self, comp_id: bytes, *, heart_bt_int: int = 30) -> "SocketClient":
        client = self.client(comp_id)
        await client.log_on(heart_bt_int)
        return client

    async def close(self) -> None:
        self._server.close()
        for client in self._clients:
            client.sock.close()
        for port in list(self.shell.ports.values()):
            port.transport.abort()
        while self.shell.ports:
            await asyncio.sleep(0)

    def batches(self) -> list[Batch]:
        return [decode_batch(payload) for _, payload in self.log.read(1)]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let the loop turn until `condition` holds."""
        while not condition():
            await asyncio.sleep(0.001)


class SocketClient:
    """One CompID over a plain socket: writes with its own stream, reads fields."""

    def __init__(self, stage: SocketStage, comp_id: bytes) -> None:
        self.stage = stage
        self.stream = FixStream(FIX44, sender_comp_id=comp_id, target_comp_id=b"XVEN")
        self.sock = socket.socket()
        self._unread = b""

    def connect(self, receive_buffer: int = 0) -> None:
        self.sock.close()
        self.sock = socket.socket()
        self._unread = b""
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.connect(("127.0.0.1", self.stage.port_number))
        self.sock.setblocking(False)

    def frame(self, msg_type: bytes, body: str) -> bytes:
        """The next message; `body` with | for SOH."""
        data = body.replace("|", "\x01").encode()
        return self.stream.write(msg_type, data, self.stage.clock.now_ns())

    def send(self, msg_type: bytes, body: str) -> None:
        """One small message, in the kernel when this returns."""
        frame = self.frame(msg_type, body)
        assert self.sock.send(frame) == len(frame)

    def order(self, cl_ord_id: str, side: int = 1, price: str = "100.00") -> bytes:
        """The next message: a limit order for 100."""
        return self.frame(
            b"D",
            f"11={cl_ord_id}|21=1|38=100|40=2|44={price}|54={side}|55=AAPL|60=20240102-09:30:00|",
        )

    async def log_on(self, heart_bt_int: int = 30) -> list[Fields]:
        self.send(b"A", f"98=0|108={heart_bt_int}|")
        return await self.read(1)

    async def read(self, count: int) -> list[Fields]:
        """The next `count` messages; fewer where the connection ends before."""
        loop = asyncio.get_running_loop()
        frames: list[bytes] = []
        while len(frames) < count:
            end = self._unread.find(b"\x0110=")
            if end >= 0 and len(self._unread) >= end + 8:
                frames.append(self._unread[: end + 8])
                self._unread = self._unread[end + 8 :]
                continue
            try:
                data = await loop.sock_recv(self.sock, 1 << 20)
            except ConnectionError:
                break
            if not data:
                break
            self._unread += data
        return [fields(frame) for frame in frames]

    async def read_to_end(self) -> list[Fields]:
        """All messages up to the end of the connection."""
        return await self.read(1 << 30)
