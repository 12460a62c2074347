"""The HTTP port: one page for people, health and metrics for machines, `/admin` for the operator.

Starlette on uvicorn on the venue's own loop. The venue alone owns the process's signals.
"""

import asyncio
import contextlib
import importlib.resources
import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import uvicorn
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from gateway.config import Config
from gateway.edge import Door, Edge, Gate, Place
from gateway.http_admin import admin_routes
from gateway.listeners import door_of
from gateway.shell import Shell

BACKLOG = 128
CONCURRENT_MAX = 256
"""Requests and connections at once; beyond it uvicorn answers 503."""
HEAD_BYTES_MAX = 16 * 1024
KEEP_ALIVE_SECONDS = 5
FIRST_BYTE_SECONDS = 10
"""How long a connection may say nothing at first: uvicorn itself would wait for ever."""
SHUTDOWN_SECONDS = 1
STARTED_POLL_SECONDS = 0.005
WS_PORT_MARK = "__WS_PORT__"
"""Where the page wants the number of the WebSocket port."""
PAGE_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "connect-src ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page is one file: nothing is loaded from anywhere, and it talks to WebSockets only."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM are the venue's: its goodbyes come before the end of this server."""
        yield


class _HttpConnection(H11Protocol):
    """uvicorn's, with a place at the gate and an end for those who say nothing."""

    def __init__(self, place: Place, **uvicorns: Any) -> None:
        super().__init__(**uvicorns)
        self._place = place

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(
            FIRST_BYTE_SECONDS, self.timeout_keep_alive_handler
        )

    def abandon_request(self) -> None:
        """End the connection if its request is not complete: its handler learns that nothing more
        of it comes, and ends by itself."""
        if self.cycle is not None and self.cycle.more_body:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._place.leave()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)


class HttpPort:
    """Open before recovery, so that `/health/ready` can say how far it is."""

    def __init__(self, config: Config, gate: Gate) -> None:
        self._config = config
        self._gate = gate
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None
        self._shell: Shell | None = None
        self._registry = CollectorRegistry()
        self._page = ""
        self.recovered_batches = 0
        """Progress of the recovery."""
        self.port = 0

    async def open(self) -> None:
        """Listen and answer. Raises OSError naming the port if it is taken, and TlsError."""
        host, wanted = self._config.listen.host, self._config.listen.http
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            listener = socket.create_server((host, wanted), family=family, backlog=BACKLOG)
        except OSError as error:
            raise OSError(f"port http: cannot listen on {host}:{wanted}: {error}") from error
        self.port = listener.getsockname()[1]
        logging.getLogger("uvicorn").setLevel(logging.WARNING)
        self._server = _Server(
            uvicorn.Config(
                self._application(),
                http=cast(Any, self._entrance(door_of(self._config, "http"))),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=CONCURRENT_MAX,
                h11_max_incomplete_event_size=HEAD_BYTES_MAX,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
        )
        self._task = asyncio.get_running_loop().create_task(self._server.serve(sockets=[listener]))
        while not self._server.started and not self._task.done():
            await asyncio.sleep(STARTED_POLL_SECONDS)

    def _entrance(self, door: Door) -> Callable[..., Edge]:
        """What uvicorn makes for each connection it accepts, in place of its own protocol."""

        def enter(**uvicorns: Any) -> Edge:
            return Edge(self._gate, door, lambda guest: _HttpConnection(guest.place, **uvicorns))

        return enter

    def ready(self, shell: Shell, collectors: Sequence[Collector], ws_port: int) -> None:
        """Recovery is over and the wires listen; `collectors` are what `/metrics` reads."""
        page = importlib.resources.files("gateway") / "page" / "index.html"
        self._page = page.read_text("utf-8").replace(WS_PORT_MARK, str(ws_port))
        for collector in collectors:
            self._registry.register(collector)
        self._shell = shell

    async def close(self) -> None:
        """Let running requests end, for a second at most; those that have not arrived are not
        waited for."""
        if self._server is not None and self._task is not None:
            for connection in list(self._server.server_state.connections):
                cast(_HttpConnection, connection).abandon_request()
            self._server.should_exit = True
            await self._task

    def _application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self._index),
                Route("/health/live", self._live),
                Route("/health/ready", self._readiness),
                Route("/metrics", self._metrics),
                *admin_routes(self._config, lambda: self._shell),
            ]
        )

    async def _index(self, request: Request) -> Response:
        if self._shell is None:
            return _unavailable(self.recovered_batches)
        headers = {"Content-Security-Policy": PAGE_POLICY, "X-Content-Type-Options": "nosniff"}
        return HTMLResponse(self._page, headers=headers)

    async def _live(self, request: Request) -> Response:
        return JSONResponse({"live": True})

    async def _readiness(self, request: Request) -> Response:
        if self._shell is None or self._shell.failed.done():
            return _unavailable(self.recovered_batches)
        return JSONResponse({"ready": True})

    async def _metrics(self, request: Request) -> Response:
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)


def _unavailable(recovered_batches: int) -> Response:
    return JSONResponse({"ready": False, "recovered_batches": recovered_batches}, status_code=503)
