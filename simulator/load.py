"""Windowed load over one protocol: pre-encoded orders out, acknowledgements counted, times taken.

The driver does as little as possible per order, so that what is measured is the venue: orders are
encoded before the clock starts, acknowledgements are counted in C, and each read is answered with
as many orders as it acknowledged."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import cast

import msgspec

CountAcks = Callable[[bytes], int]
"""How many complete acknowledgements the bytes of one read hold."""


class Lane(msgspec.Struct, frozen=True):
    """One connection's part of a run."""

    opening: bytes
    """What is sent first (a logon); its answer is not counted."""
    orders: Sequence[bytes]


class Driver(asyncio.Protocol):
    """Keeps `window` orders outstanding on one connection until its orders are all acknowledged."""

    transport: asyncio.Transport

    def __init__(self, lane: Lane, window: int, make_counter: Callable[[], CountAcks]) -> None:
        loop = asyncio.get_running_loop()
        self._lane = lane
        self._window = window
        self._count = make_counter()
        self._sent = 0
        self.acked = 0
        self.ready: asyncio.Future[None] = loop.create_future()
        self.done: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self._lane.opening:
            self.transport.write(self._lane.opening)
        else:
            self.ready.set_result(None)

    def start(self) -> None:
        """Send the first window."""
        self._send(self._window)

    def data_received(self, data: bytes) -> None:
        if not self.ready.done():
            self.ready.set_result(None)
            return
        acks = self._count(data)
        if acks:
            self.acked += acks
            self._send(acks)
            if self.acked >= len(self._lane.orders) and not self.done.done():
                self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        error = ConnectionError(f"connection lost after {self.acked} acknowledgements: {exc}")
        for future in (self.ready, self.done):
            if not future.done():
                future.set_exception(error)

    def _send(self, count: int) -> None:
        orders = self._lane.orders[self._sent : self._sent + count]
        if orders:
            self._sent += len(orders)
            self.transport.write(b"".join(orders))


class Flood(msgspec.Struct, frozen=True):
    """What one windowed run measured."""

    orders: int
    seconds: float

    @property
    def rate(self) -> float:
        """Acknowledged orders a second."""
        return self.orders / self.seconds


async def flood(
    address: tuple[str, int],
    lanes: Sequence[Lane],
    window: int,
    make_counter: Callable[[], CountAcks],
) -> Flood:
    """Drive all lanes at once; raises ConnectionError when the venue hangs up."""
    loop = asyncio.get_running_loop()
    drivers: list[Driver] = []
    for lane in lanes:
        _, driver = await loop.create_connection(
            lambda lane=lane: Driver(lane, window, make_counter),  # type: ignore[misc]
            *address,
        )
        drivers.append(driver)
    await asyncio.gather(*(driver.ready for driver in drivers))
    begin = time.perf_counter()
    for driver in drivers:
        driver.start()
    await asyncio.gather(*(driver.done for driver in drivers))
    seconds = time.perf_counter() - begin
    for driver in drivers:
        driver.transport.abort()
    return Flood(sum(driver.acked for driver in drivers), seconds)


class PingPong(Driver):
    """One order in flight; the time from each send to its acknowledgement."""

    def __init__(self, lane: Lane, make_counter: Callable[[], CountAcks]) -> None:
        super().__init__(lane, 1, make_counter)
        self.times_ns: list[int] = []
        self._sent_ns = 0

    def _send(self, count: int) -> None:
        now_ns = time.perf_counter_ns()
        if self._sent_ns:
            self.times_ns.append(now_ns - self._sent_ns)
        self._sent_ns = time.perf_counter_ns()
        super()._send(count)


async def ping_pong(
    address: tuple[str, int], lane: Lane, make_counter: Callable[[], CountAcks]
) -> list[int]:
    """Round trips in nanoseconds, sorted. Raises ConnectionError when the venue hangs up."""
    loop = asyncio.get_running_loop()
    _, driver = await loop.create_connection(lambda: PingPong(lane, make_counter), *address)
    await driver.ready
    driver.start()
    await driver.done
    driver.transport.abort()
    return sorted(driver.times_ns)


def percentile(ordered: Sequence[int], fraction: float) -> int:
    """The value below which `fraction` of the sorted values lie; 0 of none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * fraction))] if ordered else 0
