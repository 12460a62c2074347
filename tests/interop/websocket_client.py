"""A script's WebSocket client: the `websockets` library and JSON, nothing else."""

import asyncio
import json
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect

WITHIN_S = 30
Message = dict[str, Any]


class WebSocketClient:
    """One connection. `private` keeps the text of every numbered message, in order."""

    def __init__(self, port: int, token: str) -> None:
        self.token = token
        self.private: list[str] = []
        self.welcome: Message = {}
        self._connect = connect(f"ws://127.0.0.1:{port}", compression=None, proxy=None)
        self._connection: ClientConnection

    async def __aenter__(self) -> Self:
        self._connection = await self._connect.__aenter__()
        self.welcome = await self.receive("welcome")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._connect.__aexit__(kind, error, trace)

    async def send(self, kind: str, **fields: object) -> None:
        await self._connection.send(json.dumps({"type": kind, **fields}))

    async def login(self, **fields: object) -> Message:
        await self.send("login", token=self.token, **fields)
        return await self.receive("logged_in")

    async def order(
        self, cl_ord_id: str, side: str, quantity: int, symbol: str, price: str
    ) -> None:
        """A DAY limit order; side is buy or sell."""
        await self.send(
            "new",
            cl_ord_id=cl_ord_id,
            side=side,
            quantity=str(quantity),
            symbol=symbol,
            price=price,
        )

    async def receive(self, kind: str) -> Message:
        """The next message but heartbeats, which must be of this type."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                text = await self._connection.recv(decode=True)
                message: Message = json.loads(text)
                if message["type"] != "heartbeat":
                    break
        if "seq" in message:
            self.private.append(text)
        assert message["type"] == kind, message
        return message
