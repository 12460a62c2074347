"""The sockets of a participant: connect, say, hear, and connect again when the line breaks.

Everything a wire means is in its dialogue; here are TCP, WebSocket, the clock and the timers.
"""

import asyncio
from typing import Protocol

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException

from gateway.clock import Clock
from protocol.errors import RemoteProtocolError
from protocol.session import Session, Terminated
from simulator.clients.websocket import WebSocketDialogue
from simulator.clients.words import Report, Request

RECONNECT_SECONDS = 0.5
LEAVE_SECONDS = 1.0
"""How long a goodbye may take before the connection is cut."""


class Listener(Protocol):
    """Who is told what a client hears."""

    def ready(self) -> None:
        """Logged on: requests may be sent."""

    def lost(self, reason: str) -> None:
        """Not logged on any more, or still not; another attempt follows."""

    def told(self, report: Report) -> None:
        """One report, in the order of the wire."""


class Client(Protocol):
    """One participant's connection to a venue, whatever the wire."""

    @property
    def wire(self) -> str:
        """fix, ouch or ws."""

    @property
    def repeats_requests(self) -> bool:
        """A request without an answer may be sent again after a reconnect, unchanged."""

    def send(self, request: Request) -> None:
        """Send one request; only between `ready` and `lost`."""

    async def run(self) -> None:
        """Connect, and connect again, until `leave`."""

    async def leave(self) -> None:
        """Log out, close, end `run`."""


class Dialogue(Protocol):
    """A wire over TCP, without the socket."""

    wire: str
    repeats_requests: bool
    ready: bool

    def open(self, now_ns: int) -> Session:
        """A session for a new connection, its login said."""

    def hear(self, event: object) -> list[Report]:
        """What one event of the session means."""

    def say(self, request: Request, now_ns: int) -> None:
        """Send one request."""

    def leave(self, now_ns: int) -> None:
        """Log out."""


class _Line(asyncio.Protocol):
    """One TCP connection: moves bytes between a socket and a session."""

    def __init__(self, dialogue: Dialogue, clock: Clock, listener: Listener) -> None:
        self._dialogue = dialogue
        self._clock = clock
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport
        self._session: Session
        self._was_ready = False
        self._reason = "connection lost"
        self.ended: asyncio.Future[str] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._session = self._dialogue.open(self._clock.now_ns())
        self.pump()

    def data_received(self, data: bytes) -> None:
        self._session.receive_data(data, self._clock.now_ns())
        self.pump()

    def eof_received(self) -> None:
        self._session.receive_eof(self._clock.now_ns())
        self.pump()

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._session.receive_eof(self._clock.now_ns())
        self._hear()
        if not self.ended.done():
            self.ended.set_result(str(error) if error else self._reason)

    def pump(self) -> None:
        """Act on what has arrived or is due, send what there is to say, set the timer."""
        self._hear()
        if self._session.resend_slice(self._clock.now_ns()):
            self._loop.call_soon(self.pump)
        if self._transport.is_closing():
            return
        frames = self._session.data_to_send()
        if frames:
            self._transport.write(b"".join(frames))
        deadline_ns = self._session.deadline_ns
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if deadline_ns is not None:
            delay = self._clock.delay_seconds(deadline_ns)
            if delay is not None:
                self._timer = self._loop.call_later(delay, self._timeout)

    def cut(self) -> None:
        self._transport.abort()

    def _timeout(self) -> None:
        self._timer = None
        self._session.handle_timeout(self._clock.now_ns())
        self.pump()

    def _hear(self) -> None:
        over = False
        while (event := self._session.next_event()) is not None:
            if isinstance(event, Terminated):
                self._reason = event.reason
                over = True
                # At once: nothing may be said on a session that is over.
                self._listener.lost(event.reason)
            for report in self._dialogue.hear(event):
                self._listener.told(report)
            if self._dialogue.ready and not self._was_ready:
                self._was_ready = True
                self._listener.ready()
        if over and not self._transport.is_closing():
            frames = self._session.data_to_send()
            if frames:
                self._transport.write(b"".join(frames))
            self._transport.close()


class TcpClient:
    """FIX or OUCH over TCP."""

    def __init__(
        self, dialogue: Dialogue, address: tuple[str, int], clock: Clock, listener: Listener
    ) -> None:
        self._dialogue = dialogue
        self._address = address
        self._clock = clock
        self._listener = listener
        self._line: _Line | None = None
        self._leaving = asyncio.Event()

    @property
    def wire(self) -> str:
        return self._dialogue.wire

    @property
    def repeats_requests(self) -> bool:
        return self._dialogue.repeats_requests

    def send(self, request: Request) -> None:
        assert self._line is not None
        self._dialogue.say(request, self._clock.now_ns())
        self._line.pump()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._leaving.is_set():
            line = _Line(self._dialogue, self._clock, self._listener)
            try:
                await loop.create_connection(lambda line=line: line, *self._address)  # type: ignore[misc]
            except OSError as error:
                reason = str(error)
            else:
                self._line = line
                reason = await line.ended
                self._line = None
            await _pause(self._leaving, self._listener, reason)

    async def leave(self) -> None:
        self._leaving.set()
        line = self._line
        if line is None:
            return
        self._dialogue.leave(self._clock.now_ns())
        line.pump()
        await asyncio.wait([line.ended], timeout=LEAVE_SECONDS)
        if not line.ended.done():
            line.cut()


class WebSocketClient:
    """Order entry over WebSocket, with the websockets library."""

    def __init__(self, dialogue: WebSocketDialogue, url: str, listener: Listener) -> None:
        self._dialogue = dialogue
        self._url = url
        self._listener = listener
        self._outbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._socket: ClientConnection | None = None
        self._leaving = asyncio.Event()

    @property
    def wire(self) -> str:
        return self._dialogue.wire

    @property
    def repeats_requests(self) -> bool:
        return self._dialogue.repeats_requests

    def send(self, request: Request) -> None:
        self._outbox.put_nowait(self._dialogue.say(request))

    async def run(self) -> None:
        while not self._leaving.is_set():
            try:
                async with connect(self._url, compression=None, proxy=None) as socket:
                    self._socket = socket
                    reason = await self._talk(socket)
            except (OSError, InvalidHandshake, TimeoutError) as error:
                reason = str(error)
            self._socket = None
            await _pause(self._leaving, self._listener, reason)

    async def leave(self) -> None:
        self._leaving.set()
        if self._socket is not None:
            await asyncio.wait([asyncio.ensure_future(self._socket.close())], timeout=LEAVE_SECONDS)

    async def _talk(self, socket: ClientConnection) -> str:
        """Until the connection ends; returns why."""
        self._outbox = asyncio.Queue()
        self._outbox.put_nowait(self._dialogue.login())
        sender = asyncio.ensure_future(self._send_all(socket))
        was_ready = False
        try:
            async for text in socket:
                for report in self._dialogue.hear(text):
                    self._listener.told(report)
                if self._dialogue.ready and not was_ready:
                    was_ready = True
                    self._listener.ready()
        except (WebSocketException, RemoteProtocolError, msgspec.DecodeError) as error:
            return str(error)
        finally:
            self._dialogue.ready = False
            sender.cancel()
        return socket.close_reason or "connection closed"

    async def _send_all(self, socket: ClientConnection) -> None:
        try:
            while True:
                await socket.send((await self._outbox.get()).decode())
        except WebSocketException:
            # The receiving half sees the same end and says why.
            pass


async def _pause(leaving: asyncio.Event, listener: Listener, reason: str) -> None:
    """Between two attempts, cut short by leaving."""
    if leaving.is_set():
        return
    listener.lost(reason)
    wait = asyncio.ensure_future(leaving.wait())
    await asyncio.wait([wait], timeout=RECONNECT_SECONDS)
    wait.cancel()
