"""The ports: which wire listens where."""

import asyncio
from pathlib import Path

import msgspec

from gateway.config import Config
from gateway.connection import Port
from gateway.shell import Shell

BACKLOG = 4_096
"""Connections that may wait for accept: a load test opens hundreds at once."""

ORDER_WIRES = (("fix", b"fix"), ("ouch42", b"ouch"), ("ws", b"websocket"))
"""Port name and the wire that speaks on it, in the order of the READY line."""


class Listeners:
    """The order-entry ports of one venue, bound before recovery ends and accepting after it."""

    def __init__(self, shell: Shell, config: Config) -> None:
        self._shell = shell
        self._config = config
        self._servers: list[asyncio.Server] = []
        self.ports: dict[str, int] = {}
        """Port name to the bound number."""

    async def open(self) -> None:
        """Listen on every order-entry port. Raises OSError naming the port that is taken."""
        host = self._config.listen.host
        for name, wire in ORDER_WIRES:
            wanted = getattr(self._config.listen, name)
            try:
                server = await self._shell.loop.create_server(
                    lambda wire=wire: Port(self._shell, wire),  # type: ignore[misc]
                    host,
                    wanted,
                    backlog=BACKLOG,
                )
            except OSError as error:
                raise OSError(f"port {name}: cannot listen on {host}:{wanted}: {error}") from error
            self._servers.append(server)
            self.ports[name] = server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Accept nobody any more; open connections go on."""
        for server in self._servers:
            server.close()


def ready_line(host: str, ports: dict[str, int]) -> str:
    """The one line on stdout that says the venue can be connected to."""
    schemes = {"ws": "ws://", "http": "http://"}
    return "READY " + " ".join(
        f"{name}={schemes.get(name, '')}{host}:{port}" for name, port in ports.items()
    )


def write_ports_file(path: Path, host: str, ports: dict[str, int]) -> None:
    """`{"host": ..., "fix": ..., ...}` for scripts, complete when it appears."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(msgspec.json.encode({"host": host, **ports}))
    partial.replace(path)
