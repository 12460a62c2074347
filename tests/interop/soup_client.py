"""Nasdaq's own `nasdaq-protocols` as SoupBinTCP client, with our OUCH definitions on top."""

import asyncio
from typing import Any, Self

from nasdaq_protocols import soup

from tests.interop import ouch42_definitions as ouch

WITHIN_S = 30


class SoupClient:
    """One login. `payloads` keeps every sequenced message as bytes, in order."""

    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.closed = asyncio.Event()
        self._arrived: asyncio.Queue[bytes] = asyncio.Queue()
        self._session: Any = None

    @classmethod
    async def login(
        cls, port: int, name: str, *, sequence: int = 1, password: str = "", heartbeat_s: int = 10
    ) -> Self:
        """Raises ConnectionRefusedError where the venue rejects the login or closes."""
        client = cls()
        client._session = await soup.connect_async(
            ("127.0.0.1", port),
            name,
            password or name,
            sequence=sequence,
            on_msg_coro=client._on_message,
            on_close_coro=client._on_close,
            client_heartbeat_interval=heartbeat_s,
            server_heartbeat_interval=heartbeat_s,
        )
        return client

    async def _on_message(self, message: object) -> None:
        if isinstance(message, soup.SequencedData):
            self.payloads.append(message.data)
            self._arrived.put_nowait(message.data)

    async def _on_close(self) -> None:
        self.closed.set()

    @property
    def session_id(self) -> str:
        """The session that the venue named in Login Accepted."""
        return str(self._session.session_id.session)

    def send(self, message: bytes) -> None:
        self._session.send_unseq_data(message)

    async def next(self) -> ouch.Outbound:
        """The next order message; system events of the day are left out."""
        while True:
            payload = await asyncio.wait_for(self._arrived.get(), WITHIN_S)
            message = ouch.decode(payload)
            if not isinstance(message, ouch.SystemEvent):
                return message

    async def logout(self) -> None:
        self._session.logout()
        await asyncio.wait_for(self.closed.wait(), WITHIN_S)
