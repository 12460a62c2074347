"""What stands before every port: who may connect, how many, and what comes before their bytes.

In this order: the address, a place, the PROXY header, the address that it names, TLS. Only then
does a protocol get the connection, and the venue hear of it; what is refused before that costs a
log line at most.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from typing import cast

import msgspec

from gateway.addresses import Network, includes
from gateway.tls import TlsTransport
from protocol import proxy_protocol
from protocol.proxy_protocol import ProxyProtocolError

CONNECTIONS_MAX = 4_096
"""Open connections over all ports; one more is closed at once."""
STRANGERS_MAX = 1_024
"""Connections of one address on one port that have not logged on: a quarter of all places, and room
for a load test that opens a thousand before the first of them logs on."""
PROXY_HEADER_SECONDS = 5.0
"""How long a PROXY header may take: a proxy sends it at once."""
REFUSALS_MAX = 20
"""Log lines about refused connections in a time of REFUSAL_SECONDS; the rest is counted."""
REFUSAL_SECONDS = 10.0


class Refused(Exception):
    """A connection gets no place; the text goes to the log."""


class Gate:
    """The places of one venue, and its log of those who got none."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        log_line: Callable[[str], None],
        connections_max: int = CONNECTIONS_MAX,
    ) -> None:
        self.loop = loop
        self.connections = 0
        """Places taken."""
        self._connections_max = connections_max
        self._strangers: Counter[tuple[str, str]] = Counter()
        self._log_line = log_line
        self._refusals = 0

    def take(self, port: str, address: str) -> "Place":
        """A place for a connection that has not logged on yet. Raises Refused."""
        if self.connections >= self._connections_max:
            raise Refused("connection limit reached")
        key = (port, address)
        if self._strangers[key] >= STRANGERS_MAX:
            raise Refused(f"{STRANGERS_MAX} connections of this address have not logged on")
        self._strangers[key] += 1
        self.connections += 1
        return Place(self, key)

    def log(self, text: str) -> None:
        """A line about a refused connection, unless there were many just now."""
        if self._refusals == 0:
            self.loop.call_later(REFUSAL_SECONDS, self._sum_up)
        self._refusals += 1
        if self._refusals <= REFUSALS_MAX:
            self._log_line(text)

    def _sum_up(self) -> None:
        unsaid, self._refusals = self._refusals - REFUSALS_MAX, 0
        if unsaid > 0:
            self._log_line(f"{unsaid} more connections refused within {REFUSAL_SECONDS:g} s")

    def settled(self, key: tuple[str, str]) -> None:
        self._strangers[key] -= 1
        if not self._strangers[key]:
            del self._strangers[key]


class Place:
    """What one open connection takes up: as a stranger first, then by itself."""

    __slots__ = ("_gate", "_key")

    def __init__(self, gate: Gate, key: tuple[str, str]) -> None:
        self._gate: Gate | None = gate
        self._key: tuple[str, str] | None = key

    def settle(self) -> None:
        """It has logged on."""
        key, self._key = self._key, None
        if key is not None and self._gate is not None:
            self._gate.settled(key)

    def leave(self) -> None:
        """It is over. Once is enough, more does nothing."""
        self.settle()
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.connections -= 1


class Guest(msgspec.Struct, frozen=True):
    """Who got through: `peer` is `address:port`, `remark` what TLS knows of it, empty without."""

    place: Place
    peer: str
    remark: str = ""


class Door(msgspec.Struct, frozen=True):
    """What one port asks of those who come."""

    port: str
    allow: Sequence[Network] = ()
    """Addresses that may connect; empty: all."""
    proxies: Sequence[Network] | None = None
    """Who has to begin with a PROXY header; None: nobody does."""
    tls: ssl.SSLContext | None = None


class Edge(asyncio.Protocol):
    """One accepted socket until `make(guest)` has taken it over."""

    __slots__ = (
        "_address",
        "_door",
        "_gate",
        "_header",
        "_make",
        "_peer",
        "_place",
        "_timer",
        "_transport",
    )

    _transport: asyncio.Transport

    def __init__(self, gate: Gate, door: Door, make: Callable[[Guest], asyncio.Protocol]) -> None:
        self._gate = gate
        self._door = door
        self._make = make
        self._place: Place | None = None
        self._address = self._peer = "?"
        self._header = b""
        self._timer: asyncio.TimerHandle | None = None

    # -- asyncio's calls --------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        name = transport.get_extra_info("peername")
        if isinstance(name, tuple):
            self._name(name[0], name[1])
        door = self._door
        if door.proxies is None:
            self._admit(b"")
        elif not includes(door.proxies, self._address):
            self._refuse("not a trusted proxy")
        elif self._takes_place():
            self._timer = self._gate.loop.call_later(
                PROXY_HEADER_SECONDS,
                self._refuse,
                f"no PROXY header within {PROXY_HEADER_SECONDS:g} s",
            )

    def data_received(self, data: bytes) -> None:
        """Only a PROXY header is read here."""
        if self._transport.is_closing():
            return
        self._header += data
        try:
            header = proxy_protocol.decode(self._header)
        except ProxyProtocolError as error:
            self._refuse(f"PROXY header: {error}")
            return
        if header is None:
            return
        self._stop_waiting()
        if header.source:
            self._name(header.source, header.source_port)
        self._admit(self._header[header.size :])

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        if self._place is not None:
            self._place.leave()

    # -- inside -----------------------------------------------------------------------------------

    def _name(self, address: str, port: int) -> None:
        self._address = address
        self._peer = f"{address}:{port}"

    def _takes_place(self) -> bool:
        """A place in the name of the address as it is known now, instead of one taken before."""
        if self._place is not None:
            self._place.leave()
        try:
            self._place = self._gate.take(self._door.port, self._address)
        except Refused as error:
            self._refuse(str(error))
            return False
        return True

    def _admit(self, rest: bytes) -> None:
        """The client is known; `rest` came behind its header."""
        door, transport = self._door, self._transport
        if door.allow and not includes(door.allow, self._address):
            self._refuse("address is not in listen.allow")
            return
        if not self._takes_place():
            return
        protocol: asyncio.Protocol
        if door.tls is None:
            protocol = self._make(self._guest(""))
            transport.set_protocol(protocol)
            protocol.connection_made(transport)
        else:
            protocol = TlsTransport(
                door.tls, transport, self._gate.loop, self._secured, self._unsecured
            )
            transport.set_protocol(protocol)
        if rest:
            protocol.data_received(rest)

    def _secured(self, tls: TlsTransport) -> asyncio.Protocol:
        remark = tls.version
        if tls.subject:
            remark += f", client certificate {tls.subject}"
        protocol = self._make(self._guest(remark))
        protocol.connection_made(tls)
        return protocol

    def _unsecured(self, reason: str) -> None:
        self._log(f"TLS handshake failed: {reason}")
        if self._place is not None:
            self._place.leave()

    def _guest(self, remark: str) -> Guest:
        assert self._place is not None, "nobody gets in without a place"
        return Guest(self._place, self._peer, remark)

    def _refuse(self, why: str) -> None:
        self._stop_waiting()
        self._log(f"refused, {why}")
        self._transport.abort()

    def _log(self, text: str) -> None:
        self._gate.log(f"{self._door.port} {self._peer}: {text}")

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
