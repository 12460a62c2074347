"""The ports: which wire listens where."""

import asyncio
import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from gateway.addresses import parse_network
from gateway.config import PORT_NAMES, Config
from gateway.connection import Port
from gateway.edge import CONNECTIONS_MAX, Door, Edge, Gate, Guest
from gateway.shell import Shell
from gateway.tls import server_context

BACKLOG = 4_096
"""Connections that may wait for accept: a load test opens hundreds at once."""

ORDER_WIRES = (
    ("fix", b"fix"),
    ("ouch42", b"ouch"),
    ("ouch50", b"ouch50"),
    ("ws", b"websocket"),
)
"""Port name and the wire that speaks on it, in the order of the READY line."""

FILES_RESERVED = 320
"""File descriptors that no wire's connection gets: HTTP's, the journal's and the process's own."""


def open_gate(loop: asyncio.AbstractEventLoop, log_line: Callable[[str], None]) -> Gate:
    """The places that the process has file descriptors for: the limit is raised as far as it
    goes, and where it does not go far enough there are fewer places."""
    places = CONNECTIONS_MAX
    if sys.platform != "win32":
        import resource

        wanted = CONNECTIONS_MAX + FILES_RESERVED
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        unlimited = resource.RLIM_INFINITY
        if soft != unlimited and soft < wanted:
            most = wanted if hard == unlimited else min(wanted, hard)
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
                soft = most
        if soft != unlimited and soft < wanted:
            places = max(1, soft - FILES_RESERVED)
            log_line(f"{soft} file descriptors: at most {places} connections")
    return Gate(loop, log_line, places)


def bound_accept_errors(loop: asyncio.AbstractEventLoop, gate: Gate) -> None:
    """Without uvloop the loop tells with a traceback of every accept that found no file descriptor,
    thousands at once: a bounded line is enough, and it tries again by itself."""

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if isinstance(context.get("exception"), OSError) and "accept" in context["message"]:
            gate.log(f"accept: {context['exception']}")
        else:
            loop.default_exception_handler(context)

    loop.set_exception_handler(handle)


def door_of(config: Config, port: str) -> Door:
    """What the configuration asks of those who come to `port`. Raises TlsError."""
    listen = config.listen
    proxies = tuple(map(parse_network, listen.trusted_proxies))
    return Door(
        port=port,
        allow=tuple(map(parse_network, listen.allow)),
        proxies=proxies if port in listen.proxy_protocol else None,
        tls=server_context(listen.tls) if port in listen.tls.ports else None,
    )


class Listeners:
    """The order-entry ports of one venue, bound before recovery ends and accepting after it, and
    `others`: port name to what serves a guest there."""

    def __init__(
        self,
        shell: Shell,
        config: Config,
        gate: Gate,
        others: Mapping[str, Callable[[Guest], asyncio.Protocol]] | None = None,
    ) -> None:
        self._shell = shell
        self._makers: dict[str, Callable[[Guest], asyncio.Protocol]] = {
            name: partial(Port, shell, wire) for name, wire in ORDER_WIRES
        }
        self._makers |= others or {}
        self._gate = gate
        self._config = config
        self._servers: list[asyncio.Server] = []
        self.ports: dict[str, int] = {}
        """Port name to the bound number."""

    async def open(self) -> None:
        """Listen on every port. Raises OSError naming the port that is taken, and TlsError."""
        host = self._config.listen.host
        for name in PORT_NAMES:
            make = self._makers.get(name)
            if make is None:
                continue
            wanted = getattr(self._config.listen, name)
            door = door_of(self._config, name)
            try:
                server = await self._shell.loop.create_server(
                    partial(Edge, self._gate, door, make),
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


def ready_line(host: str, ports: dict[str, int], tls_ports: Sequence[str] = ()) -> str:
    """The one line on stdout that says the venue can be connected to."""
    schemes = {"ws": "ws://", "http": "http://"}
    for name in schemes.keys() & set(tls_ports):
        schemes[name] = schemes[name].replace("://", "s://")
    return "READY " + " ".join(
        f"{name}={schemes.get(name, '')}{host}:{port}" for name, port in ports.items()
    )


def write_ports_file(path: Path, host: str, ports: dict[str, int]) -> None:
    """`{"host": ..., "fix": ..., ...}` for scripts, complete when it appears."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(msgspec.json.encode({"host": host, **ports}))
    partial.replace(path)
