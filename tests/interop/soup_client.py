"""Nasdaq's own `nasdaq-protocols` as SoupBinTCP client, with our OUCH definitions on top."""

import asyncio
from collections.abc import Callable
from typing import Any, Self

from nasdaq_protocols import soup

from tests.interop import ouch42_definitions as ouch
from tests.interop.soup_packets import packets_in

WITHIN_S = 30


class _Recording(soup.SoupClientSession):
    """The package's session; it also keeps what came, which the package drops in part."""

    received: bytearray
    lost: asyncio.Event

    def data_received(self, data: bytes) -> None:
        self.received += data
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        # The package's own word for this does not come after End of Session.
        self.lost.set()
        super().connection_lost(exc)


class SoupClient:
    """One login. `payloads` keeps every sequenced message as bytes, in order."""

    def __init__(self, decode: Callable[[bytes], Any] = ouch.decode) -> None:
        self.payloads: list[bytes] = []
        self.closed = asyncio.Event()
        self._closed_by_package = asyncio.Event()
        self._arrived: asyncio.Queue[bytes] = asyncio.Queue()
        self._received = bytearray()
        self._decode = decode
        self._session: Any = None

    @classmethod
    async def login(
        cls,
        port: int,
        name: str,
        *,
        sequence: int = 1,
        password: str = "",
        heartbeat_s: int = 10,
        session_id: str = "",
        decode: Callable[[bytes], Any] = ouch.decode,
    ) -> Self:
        """Raises ConnectionRefusedError where the venue rejects the login or closes."""
        client = cls(decode)

        def session() -> _Recording:
            made = _Recording(
                on_msg_coro=client._on_message,
                on_close_coro=client._on_close,
                client_heartbeat_interval=heartbeat_s,
                server_heartbeat_interval=heartbeat_s,
            )
            made.received, made.lost = client._received, client.closed
            return made

        client._session = await soup.connect_async(
            ("127.0.0.1", port),
            name,
            password or name,
            session_id=session_id,
            sequence=sequence,
            session_factory=session,
        )
        return client

    async def _on_message(self, message: object) -> None:
        if isinstance(message, soup.SequencedData):
            self.payloads.append(message.data)
            self._arrived.put_nowait(message.data)

    async def _on_close(self) -> None:
        self._closed_by_package.set()

    @property
    def session_id(self) -> str:
        """The session that the venue named in Login Accepted."""
        return str(self._session.session_id.session)

    @property
    def packet_types(self) -> str:
        """The type of every packet that came, in order, heartbeats and the end included."""
        return "".join(kind for kind, _ in packets_in(self._received)[0])

    @property
    def first_number(self) -> int:
        """The number that Login Accepted gave to the first sequenced message."""
        kind, payload = packets_in(self._received)[0][0]
        assert kind == "A", (kind, payload)
        return int(payload[10:30])

    def send(self, *messages: bytes) -> None:
        for message in messages:
            self._session.send_unseq_data(message)

    def send_debug(self, text: str) -> None:
        self._session.send_debug(text)

    async def next(self) -> Any:
        """The next order message; system events of the day are left out."""
        while True:
            message = await self.next_of_all()
            if type(message).__name__ != "SystemEvent":
                return message

    async def next_of_all(self) -> Any:
        """The next message, whatever it is."""
        return self._decode(await asyncio.wait_for(self._arrived.get(), WITHIN_S))

    async def catch_up(self, count: int) -> list[bytes]:
        """All payloads, once there are at least so many."""
        while len(self.payloads) < count:
            await self.next_of_all()
        return list(self.payloads)

    async def logout(self) -> None:
        self._session.logout()
        await self.end()

    async def end(self) -> None:
        """Wait until the connection has ended and the package has done what it does then."""
        await asyncio.wait_for(self.closed.wait(), WITHIN_S)
        if "Z" not in self.packet_types:
            await asyncio.wait_for(self._closed_by_package.wait(), WITHIN_S)
