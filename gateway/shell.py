"""The asyncio shell: the loop and its ticks outside, one deterministic venue inside.

The first callback of a tick that changes anything reads the clock and asks the loop to call
`commit` after all reads that were ready with it. Only `commit` lets bytes leave; `connection` has
the sockets."""

import asyncio
import sys
import traceback
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from gateway.clock import Clock, ManualClock
from gateway.journal.log import JournalError
from gateway.sequencer import ApplyError, Tick
from gateway.venue import Venue
from matching.commands import Command
from matching.events import Event

if TYPE_CHECKING:
    from gateway.connection import Port

READ_BUDGET = 64 * 1024
"""Bytes one connection may contribute to a tick: a flooding socket must not take everybody's
time."""
BATCH_BYTES_MAX = 4 * 1024 * 1024
"""Bytes all connections together may contribute to a tick."""
TICK_EVENTS_MAX = 20_000
"""Events after which a tick takes no more input, about 0.1 s: of orders in reserve a few bytes
trade a thousand times."""
ADVANCE_STEPS_MAX = 10_000
"""Deadlines that one move of a manual clock stops at."""
EXPIRY_DELAY_MAX_SECONDS = 3600
"""A timer is set for no longer, as the machine's clock may be moved; then it is set anew."""

EXIT_INTERNAL = 70
EXIT_JOURNAL = 74

Watcher = Callable[[Tick, int], None]
"""`watcher(tick, elapsed_ns)`: after each commit, with the time from the tick's first byte on."""

Result = TypeVar("Result")


class VenueFailed(Exception):
    """The venue is about to exit; what was asked of it is not in the log."""


class Timed(Protocol):
    """What lives by the venue's clock beside its ports."""

    @property
    def deadline_ns(self) -> int | None:
        """When `on_timer` has something to do next."""

    def on_timer(self) -> None:
        """A manual clock moved: act on what has passed."""


class Shell:
    """One venue on one event loop."""

    def __init__(self, venue: Venue, clock: Clock, loop: asyncio.AbstractEventLoop) -> None:
        self.venue = venue
        self.clock = clock
        self.loop = loop
        self.ports: dict[int, Port] = {}
        """Open transports by connection_id."""
        self.timed: dict[Timed, None] = {}
        """Who else has deadlines; nothing of it is a fact of the venue."""
        self.watchers: list[Watcher] = []
        self.failed: asyncio.Future[int] = loop.create_future()
        """Resolves with an exit code when the venue must not go on."""
        self.tick_number = 0
        self.tick_bytes = 0
        self.reads = 0
        """Reads that delivered bytes, over all ports."""
        self._armed = False
        self._dead = False
        self._expiry_ns = 0
        """Of the orders, the earliest that a timer is set for; 0: none."""
        self._expiry_timer: asyncio.TimerHandle | None = None
        self._turns: deque[Port] = deque()
        self._pumping: dict[int, Port] = {}
        self._committed: list[asyncio.Future[None]] = []
        self._await_expiry(venue.engine.next_expiry_ns)

    # -- the tick -----------------------------------------------------------------------------

    def begin(self) -> bool:
        """Open the tick unless it is open. False: the venue has failed and takes nothing more."""
        if self._dead:
            return False
        if not self._armed:
            self._armed = True
            self.tick_number += 1
            self.tick_bytes = 0
            self.venue.begin(self.clock.now_ns())
            self.loop.call_soon(self._commit)
            self.guard(self.venue.expire)
        return not self._dead

    def guard(self, step: Callable[..., object], *args: object) -> None:
        """Run one fact of the tick; an error of the engine abandons the tick unwritten."""
        if self._dead:
            return
        try:
            step(*args)
        except ApplyError as error:
            self._fail(EXIT_INTERNAL, error)

    def _commit(self) -> None:
        self._armed = False
        if self._dead:
            return
        try:
            tick = self.venue.commit()
        except JournalError as error:
            self._fail(EXIT_JOURNAL, error)
            return
        except Exception as error:
            # Unwritten and yet in memory: were the next tick to go on, its bytes would tell of it.
            self._fail(EXIT_INTERNAL, error)
            return
        for connection in self.venue.take_released():
            port = self.ports.get(connection.connection_id)
            if port is not None:
                self._release(port)
        if self._dead:
            return
        if self.venue.engine.next_expiry_ns != self._expiry_ns:
            self._await_expiry(self.venue.engine.next_expiry_ns)
        self._continue_paused()
        for future in self._committed:
            if not future.done():
                future.set_result(None)
        self._committed.clear()
        if tick is not None:
            elapsed_ns = self.clock.now_ns() - tick.now_ns
            for watcher in self.watchers:
                watcher(tick, elapsed_ns)

    def _release(self, port: "Port") -> None:
        """Let one connection's bytes go; what fails there costs nobody else theirs."""
        try:
            port.release()
        except JournalError as error:
            self._fail(EXIT_JOURNAL, error)
        except Exception as error:
            self.venue.remark(port.connection, f"closed, internal error: {error!r}")
            port.cut("internal error")

    def _fail(self, code: int, error: Exception) -> None:
        """Nothing of this tick leaves, and nothing after it: memory may be ahead of the journal."""
        self._dead = True
        traceback.print_exception(error, file=sys.stderr)
        if not self.failed.done():
            self.failed.set_result(code)
        for port in list(self.ports.values()):
            try:
                port.abandon("the venue cannot go on")
            except Exception:
                # A last word that fails must not keep the others from theirs.
                port.transport.abort()
        # Whoever waits for this tick would wait for ever.
        for future in self._committed:
            if not future.done():
                future.set_result(None)
        self._committed.clear()

    async def control(self, command: Command) -> tuple[Event, ...]:
        """Apply an operator's command and wait until it is in the log. Raises VenueFailed."""
        return await self.perform(lambda: self.venue.controlled(command))

    async def perform(self, action: Callable[[], Result]) -> Result:
        """Let something happen in a tick and wait until it is in the log. Raises VenueFailed."""
        if not self.begin():
            raise VenueFailed("the venue has failed and takes nothing more")
        results: list[Result] = []
        self.guard(lambda: results.append(action()))
        await self.committed()
        if self._dead or not results:
            raise VenueFailed("the venue failed before what it was asked was in its log")
        return results[0]

    async def committed(self) -> None:
        """Wait for the end of the running tick, or of the venue."""
        if not self._armed or self._dead:
            return
        future: asyncio.Future[None] = self.loop.create_future()
        self._committed.append(future)
        await future

    def has_room(self, size: int) -> bool:
        """Whether the tick can take so many bytes more."""
        return (
            self.tick_bytes + size <= BATCH_BYTES_MAX and len(self.venue.happened) < TICK_EVENTS_MAX
        )

    # -- turns of connections that had more than a tick's share ---------------------------------

    def queue_turn(self, port: "Port") -> None:
        """`port` has input left over; it continues in a later tick, each in turn."""
        self._turns.append(port)

    def pump(self, port: "Port") -> None:
        """`port` has a resend or a long answer running; its next slice leaves with the next
        tick."""
        self._pumping[port.connection.connection_id] = port

    def _continue_paused(self) -> None:
        if self._turns or self._pumping:
            self.loop.call_soon(self._next_turns)

    def _next_turns(self) -> None:
        if not self.begin():
            return
        for _ in range(len(self._turns)):
            if not self.has_room(READ_BUDGET):
                break
            self._turns.popleft().take_turn()
        for port in self._pumping.values():
            self.guard(self.venue.proceed, port.connection)
        self._pumping.clear()

    # -- timers -------------------------------------------------------------------------------

    def _await_expiry(self, next_expiry_ns: int) -> None:
        """One timer for the earliest expiry of all orders, whatever it was set for before."""
        self._expiry_ns = next_expiry_ns
        if self._expiry_timer is not None:
            self._expiry_timer.cancel()
            self._expiry_timer = None
        delay = self.clock.delay_seconds(next_expiry_ns) if next_expiry_ns else None
        if delay is not None:
            seconds = min(delay, EXPIRY_DELAY_MAX_SECONDS)
            self._expiry_timer = self.loop.call_later(seconds, self._on_expiry)

    def _on_expiry(self) -> None:
        # Too early by the venue's own clock, the tick is empty and its commit sets the timer anew.
        self._expiry_ns = 0
        self.begin()

    async def advance(self, clock: ManualClock, duration_ns: int) -> int:
        """Move a manual clock from deadline to deadline, as time itself would, and on to the end.

        Returns the new time once it is in the log.
        """
        await self.committed()
        until_ns = clock.now_ns() + duration_ns
        for _ in range(ADVANCE_STEPS_MAX):
            deadlines = [port.connection.deadline_ns for port in self.ports.values()]
            deadlines += [one.deadline_ns for one in self.timed]
            due = [at_ns for at_ns in deadlines if at_ns is not None and at_ns <= until_ns]
            next_expiry_ns = self.venue.engine.next_expiry_ns
            if 0 < next_expiry_ns <= until_ns:
                due.append(next_expiry_ns)
            if not due:
                break
            clock.advance(max(0, min(due) - clock.now_ns()))
            self.fire_timers()
            self.begin()
            await self.committed()
        clock.advance(until_ns - clock.now_ns())
        # Where no timer was due the new time is in no batch yet, and a crash would take it back.
        if self.begin():
            self.venue.sequencer.checkpoint()
        await self.committed()
        return until_ns

    def fire_timers(self) -> None:
        """After a manual clock moved: fire every deadline that has passed."""
        if self._armed and not self._dead:
            # The open tick keeps its time, at which nothing is due yet.
            self.loop.call_soon(self.fire_timers)
            return
        for port in list(self.ports.values()):
            port.on_timer()
        for one in list(self.timed):
            one.on_timer()
