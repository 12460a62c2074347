"""A port behind the edge whose protocol sends everything back, and clients that do not wait."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import trustme

from gateway.config import Tls
from gateway.edge import CONNECTIONS_MAX, Door, Edge, Gate, Guest

Scenario = Callable[["EdgeStage"], object]


class Echo(asyncio.Protocol):
    """Sends back what it gets; remembers what it was told."""

    def __init__(self, stage: "EdgeStage", guest: Guest) -> None:
        self.stage = stage
        self.guest = guest
        self.received = b""
        self.ended = False
        self.lost = False
        stage.echoes.append(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self.received += data
        if data == b"login":
            self.guest.place.settle()
        self.transport.write(data)

    def eof_received(self) -> bool:
        self.ended = True
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.guest.place.leave()


class EdgeStage:
    """One port on 127.0.0.1; `open` first, `close` last."""

    def __init__(self, door: Door, connections_max: int = CONNECTIONS_MAX) -> None:
        self.door = door
        self.lines: list[str] = []
        self.echoes: list[Echo] = []
        self.gate: Gate
        self._connections_max = connections_max
        self._server: asyncio.Server
        self._writers: list[asyncio.StreamWriter] = []

    async def open(self) -> "EdgeStage":
        loop = asyncio.get_running_loop()
        self.gate = Gate(loop, self.lines.append, self._connections_max)
        self._server = await loop.create_server(
            lambda: Edge(self.gate, self.door, lambda guest: Echo(self, guest)), "127.0.0.1", 0
        )
        return self

    async def connect(
        self, context: ssl.SSLContext | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host = "localhost" if context is not None else None
        reader, writer = await asyncio.open_connection(
            *self.address, ssl=context, server_hostname=host
        )
        self._writers.append(writer)
        return reader, writer

    async def close(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await self.until(lambda: not self.gate.connections)

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await asyncio.sleep(0.001)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._server.sockets[0].getsockname()
        return host, port

    def connect_plainly(self) -> socket.socket:
        """A socket that does nothing by itself."""
        return socket.create_connection(self.address)


class Certificates:
    """An authority, the venue's certificate and a client's, as files."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        self.files = {
            name: str(folder / f"{name}.pem") for name in ("certificate", "key", "client_ca")
        }
        server = self.authority.issue_cert("localhost", "127.0.0.1")
        server.private_key_pem.write_to_path(self.files["key"])
        chain = b"".join(blob.bytes() for blob in server.cert_chain_pems)
        Path(self.files["certificate"]).write_bytes(chain)
        self.authority.cert_pem.write_to_path(self.files["client_ca"])

    def tls(self, *ports: str, client_ca: bool = False) -> Tls:
        return Tls(
            ports=ports,  # type: ignore[arg-type]
            certificate=self.files["certificate"],
            key=self.files["key"],
            client_ca=self.files["client_ca"] if client_ca else "",
        )

    def client(self, name: str = "") -> ssl.SSLContext:
        """A client that trusts the authority, with a certificate of its own where named."""
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        if name:
            leaf = self.authority.issue_cert(f"{name}@example.org", common_name=name)
            leaf.configure_cert(context)
        return context
