"""A subscriber of the ITCH feed: packets and messages cut by hand, a book and trades of its own."""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from tests.crash.ledger import Ledger

WITHIN_S = 50
IDLE_MS = "99999"
"""Heartbeat Timeout of a 4.10 login: a subscriber that waits for nothing says nothing."""


def packets(data: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Whole packets as (type, payload), and what begins the next one."""
    found, at = [], 0
    while len(data) - at >= 3:
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data):
            break
        found.append((data[at + 2 : at + 3], data[at + 3 : end]))
        at = end
    return found, data[at:]


class Shown(NamedTuple):
    """A displayed order."""

    symbol: str
    buys: bool
    cents: int
    shares: int


class ItchBook:
    """Orders by reference and trades by match number. Raises KeyError or ValueError for messages
    that do not fit those before them."""

    def __init__(self) -> None:
        self.orders: dict[bytes, Shown] = {}
        self.trades: dict[int, tuple[int, int]] = {}
        """Shares and cents."""

    def apply(self, message: bytes) -> None:
        match message[:1]:
            case b"A":
                shares, price = self._int(message, 20), self._int(message, 32)
                symbol = message[24:32].decode().rstrip()
                self._add(
                    message[11:19], Shown(symbol, message[19:20] == b"B", price // 100, shares)
                )
            case b"E":
                cents = self.orders[message[11:19]].cents
                self._trade(message[23:31], self._int(message, 19), cents)
                self._take_off(message[11:19], self._int(message, 19))
            case b"P":
                shares, price = self._int(message, 20), self._int(message, 32)
                self._trade(message[36:44], shares, price // 100)
            case b"X":
                self._take_off(message[11:19], self._int(message, 19))
            case b"D":
                del self.orders[message[11:19]]
            case b"U":
                old = self.orders.pop(message[11:19])
                shares, price = self._int(message, 27), self._int(message, 31)
                self._add(message[19:27], old._replace(cents=price // 100, shares=shares))

    @staticmethod
    def _int(message: bytes, at: int) -> int:
        return int.from_bytes(message[at : at + 4], "big")

    def _add(self, reference: bytes, order: Shown) -> None:
        if reference in self.orders or not order.shares:
            raise ValueError(f"cannot be shown under {reference.hex()}: {order}")
        self.orders[reference] = order

    def _take_off(self, reference: bytes, shares: int) -> None:
        order = self.orders.pop(reference)
        if shares > order.shares:
            raise ValueError(f"{shares} taken off {order}")
        if shares < order.shares:
            self.orders[reference] = order._replace(shares=order.shares - shares)

    def _trade(self, match_number: bytes, shares: int, cents: int) -> None:
        number = int.from_bytes(match_number, "big")
        if number in self.trades:
            raise ValueError(f"match {number} came twice")
        self.trades[number] = (shares, cents)


class ItchReader(asyncio.Protocol):
    """Reads the day from its first message at every login; it must be the same day each time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.findings: list[str] = []
        self.messages: list[bytes] = []
        """All lives together."""
        self.book = ItchBook()
        self.connected = False
        self.read = 0
        """Messages of this connection."""
        self._session = b""
        self._logged_in = False
        self._data = b""
        self._transport: asyncio.Transport | None = None
        self._changed = asyncio.Event()

    def find(self, text: str) -> None:
        self.findings.append(f"{self.name}: {text}")

    # -- asyncio's calls ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.connected, self._logged_in, self.read, self._data = True, False, 0, b""
        transport.write(login(self.name))

    def data_received(self, data: bytes) -> None:
        found, self._data = packets(self._data + data)
        for kind, payload in found:
            self._take(kind, payload)
        self._changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.connected = False
        self._changed.set()

    # -- coming and going ---------------------------------------------------------------------

    async def connect(self, ports: dict[str, int], receive_buffer: int = 0) -> None:
        """A new connection, logged in at 1; `receive_buffer`: the kernel's, 0: as it likes."""
        loop = asyncio.get_running_loop()
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.setblocking(False)
        await loop.sock_connect(sock, ("127.0.0.1", ports["itch"]))
        await loop.create_connection(lambda: self, sock=sock)
        await self.until(lambda: self._logged_in, "logged in")

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not condition():
                assert not self.findings, f"{self.name}: gave up waiting: {what}"
                assert self.connected, f"{self.name}: closed before {what}"
                self._changed.clear()
                await self._changed.wait()

    async def gone(self) -> None:
        """What was on its way is read; then the connection is over."""
        async with asyncio.timeout(WITHIN_S):
            while self.connected:
                self._changed.clear()
                await self._changed.wait()

    def has_read(self, count: int) -> bool:
        """Whether so many messages came over this connection."""
        return self.read >= count

    def deafen(self) -> None:
        """Read nothing from now on."""
        assert self._transport is not None
        self._transport.pause_reading()

    def listen(self) -> None:
        """Read on."""
        assert self._transport is not None
        self._transport.resume_reading()

    # -- what came ----------------------------------------------------------------------------

    def _take(self, kind: bytes, payload: bytes) -> None:
        if kind == b"A":
            session, number = payload[:10], int(payload[10:])
            if self._session and session != self._session:
                self.find(f"session was {self._session!r}, is {session!r}")
            if number != 1:
                self.find(f"lost: asked for number 1, the venue has {number}")
            self._session = session
            self._logged_in = True
        elif kind == b"S":
            self.read += 1
            if self.read <= len(self.messages):
                known = self.messages[self.read - 1]
                if payload != known:
                    self.find(f"changed: {self.read} was {known.hex()}, is {payload.hex()}")
                return
            self.messages.append(payload)
            try:
                self.book.apply(payload)
            except (KeyError, ValueError) as error:
                self.find(f"{self.read} does not fit, {error!r}: {payload.hex()}")
        elif kind != b"H":
            self.find(f"unexpected packet {kind!r} {payload!r}")

    async def check(self, ports: dict[str, int], ledgers: Iterable[Ledger]) -> None:
        """While nobody trades: all that was ever told is told again, and with what is new it
        agrees with a snapshot and with what all the owners were told."""
        shown, number = await snapshot(ports, self.name)
        await self.until(partial(self.has_read, number - 1), f"number {number - 1}")
        if not self.read == len(self.messages) == number - 1:
            self.find(f"lost: told {len(self.messages)} messages, the venue has {number - 1}")
        if shown != self.book.orders:
            self.find(f"a snapshot differs: {list(differences(shown, self.book.orders))}")
        ledgers = list(ledgers)
        held = Counter(
            Shown(order.symbol, order.buys, order.cents, order.leaves)
            for ledger in ledgers
            for order in ledger.live.values()
        )
        public = Counter(self.book.orders.values())
        if held != public:
            self.find(f"owners hold {held - public} more, the public sees {public - held} more")
        fills = [fill for ledger in ledgers for fill in ledger.fills]
        if len(fills) != 2 * len(self.book.trades):
            self.find(f"{len(fills)} fills told to owners, {len(self.book.trades)} trades to all")
        for fill in fills:
            trade = self.book.trades.get(fill.match_number)
            if fill.match_number and trade != (fill.quantity, fill.cents):
                self.find(f"{fill}: the public was told {trade}")


def differences(
    one: dict[bytes, Shown], other: dict[bytes, Shown]
) -> Iterator[tuple[str, Shown | None, Shown | None]]:
    for reference in one.keys() | other.keys():
        if one.get(reference) != other.get(reference):
            yield reference.hex(), one.get(reference), other.get(reference)


def login(name: str, session: str = "", number: int = 1) -> bytes:
    """A Login Request of 54 bytes whose password is the name."""
    text = f"{name:6}{name:10}{session:10}{number:20}{IDLE_MS:5}".encode()
    return (1 + len(text)).to_bytes(2, "big") + b"L" + text


async def snapshot(ports: dict[str, int], name: str) -> tuple[dict[bytes, Shown], int]:
    """What is displayed, and the number of the stream's next message."""
    async with asyncio.timeout(WITHIN_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", ports["itch"])
        writer.write(login(name, "GLIMPSE"))
        found, rest = packets(await reader.read())
        writer.close()
    assert (found[0][0], found[-1], rest) == (b"A", (b"Z", b""), b""), found[:1] + found[-2:]
    messages = [payload for kind, payload in found if kind == b"S"]
    assert messages[-1][:1] == b"G", messages[-1]
    book = ItchBook()
    for message in messages[:-1]:
        book.apply(message)
    return book.orders, int(messages[-1][1:])
