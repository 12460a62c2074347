"""The asyncio shell: sockets and timers outside, one deterministic venue inside.

The first callback of a tick that changes anything reads the clock and asks the loop to call
`commit` after all reads that were ready with it. Only `commit` writes to sockets."""

import asyncio
import sys
import traceback
from collections import deque
from collections.abc import Callable
from typing import cast

from gateway.clock import Clock
from gateway.journal.log import JournalError
from gateway.sequencer import ApplyError, Tick
from gateway.sessions import Connection
from gateway.venue import Venue
from matching.commands import Command
from matching.events import Event

READ_BUDGET = 64 * 1024
"""Bytes one connection may contribute to a tick; a flooding socket otherwise delivers 8 MB in one
iteration of the loop, 0.4 s of everybody's time."""
BATCH_BYTES_MAX = 4 * 1024 * 1024
"""Bytes all connections together may contribute to a tick."""
QUEUED_MAX = 4 * 1024 * 1024
"""Unsent bytes above which a private session is disconnected: it resumes by number."""
CONNECTIONS_MAX = 4_096
"""Open connections over all ports; one more is closed at once."""

FLUSH_SECONDS = 10.0
"""How long a closed connection's peer may take for its last bytes: else one that never reads keeps
its place for ever."""

EXIT_INTERNAL = 70
EXIT_JOURNAL = 74

Watcher = Callable[[Tick, int], None]
"""`watcher(tick, elapsed_ns)`: after each commit, with the time from the tick's first byte on."""


class VenueFailed(Exception):
    """The venue is about to exit; what was asked of it is not in the log."""


class Shell:
    """One venue on one event loop."""

    def __init__(self, venue: Venue, clock: Clock, loop: asyncio.AbstractEventLoop) -> None:
        self.venue = venue
        self.clock = clock
        self.loop = loop
        self.ports: dict[int, Port] = {}
        """Open transports by connection_id."""
        self.watchers: list[Watcher] = []
        self.failed: asyncio.Future[int] = loop.create_future()
        """Resolves with an exit code when the venue must not go on."""
        self.tick_number = 0
        self.tick_bytes = 0
        self.reads = 0
        """Reads that delivered bytes, over all ports."""
        self._armed = False
        self._dead = False
        self._turns: deque[Port] = deque()
        self._pumping: dict[int, Port] = {}
        self._committed: list[asyncio.Future[None]] = []

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
        return True

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
        for port in list(self.ports.values()):
            port.abandon("the venue cannot go on")
        if not self.failed.done():
            self.failed.set_result(code)
        # Whoever waits for this tick would wait for ever.
        for future in self._committed:
            if not future.done():
                future.set_result(None)
        self._committed.clear()

    async def control(self, command: Command) -> tuple[Event, ...]:
        """Apply an operator's command and wait until it is in the log. Raises VenueFailed."""
        if not self.begin():
            raise VenueFailed("the venue has failed and takes no commands")
        events: tuple[Event, ...] = ()

        def apply() -> None:
            nonlocal events
            events = self.venue.controlled(command)

        self.guard(apply)
        await self.committed()
        if self._dead:
            raise VenueFailed(f"the venue failed before the command was in its log: {command!r}")
        return events

    async def committed(self) -> None:
        """Wait for the end of the running tick, or of the venue."""
        if not self._armed or self._dead:
            return
        future: asyncio.Future[None] = self.loop.create_future()
        self._committed.append(future)
        await future

    # -- turns of connections that had more than a tick's share ---------------------------------

    def queue_turn(self, port: "Port") -> None:
        """`port` has input left over; it continues in a later tick, each in turn."""
        self._turns.append(port)

    def pump(self, port: "Port") -> None:
        """`port` has a resend running; its next slice leaves with the next tick."""
        self._pumping[port.connection.connection_id] = port

    def _continue_paused(self) -> None:
        if self._turns or self._pumping:
            self.loop.call_soon(self._next_turns)

    def _next_turns(self) -> None:
        if not self.begin():
            return
        for _ in range(len(self._turns)):
            if self.tick_bytes + READ_BUDGET > BATCH_BYTES_MAX:
                break
            self._turns.popleft().take_turn()
        for port in self._pumping.values():
            self.venue.wake(port.connection)
        self._pumping.clear()

    # -- timers -------------------------------------------------------------------------------

    def fire_timers(self) -> None:
        """After a manual clock moved: fire every deadline that has passed."""
        if self._armed and not self._dead:
            # The open tick keeps its time, at which nothing is due yet.
            self.loop.call_soon(self.fire_timers)
            return
        for port in list(self.ports.values()):
            port.on_timer()


class Port(asyncio.Protocol):
    """One accepted socket."""

    __slots__ = (
        "_backlog",
        "_deadline_ns",
        "_gone_cause",
        "_paused_writing",
        "_tick_bytes",
        "_tick_number",
        "_timer",
        "_waiting",
        "connection",
        "shell",
        "transport",
        "wire",
    )

    connection: Connection
    transport: asyncio.Transport

    def __init__(self, shell: Shell, wire: bytes) -> None:
        self.shell = shell
        self.wire = wire
        self._backlog = b""
        self._gone_cause = ""
        self._waiting = False
        self._tick_number = 0
        self._tick_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._deadline_ns = 0
        self._paused_writing = False

    # -- asyncio's calls ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        shell = self.shell
        peer = transport.get_extra_info("peername")
        name = f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else "?"
        if len(shell.ports) >= CONNECTIONS_MAX:
            shell.venue.log_line(f"{self.wire.decode()} {name}: refused, connection limit reached")
            self.transport.abort()
            return
        if not shell.begin():
            self.transport.abort()
            return
        venue = shell.venue
        self.connection = venue.connected(venue.next_connection_id, self.wire, name)
        shell.ports[self.connection.connection_id] = self

    def data_received(self, data: bytes) -> None:
        shell = self.shell
        if not hasattr(self, "connection") or not shell.begin():
            return
        shell.reads += 1
        if self._tick_number != shell.tick_number:
            self._tick_number = shell.tick_number
            self._tick_bytes = 0
        size = len(data)
        if (
            self._waiting
            or self._tick_bytes + size > READ_BUDGET
            or shell.tick_bytes + size > BATCH_BYTES_MAX
        ):
            self._set_aside(data)
            return
        self._tick_bytes += size
        shell.tick_bytes += size
        shell.guard(shell.venue.received, self.connection, data)

    def eof_received(self) -> bool:
        self._gone("closed by the peer")
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        if not hasattr(self, "connection"):
            return
        if self._timer is not None:
            self._timer.cancel()
        self.shell.ports.pop(self.connection.connection_id, None)
        self._gone("closed by the peer" if exc is None else str(exc))

    def cut(self, cause: str) -> None:
        """End the connection at once; reports from now on wait for the next one."""
        self.transport.abort()
        self._backlog = b""
        self._gone(cause)

    def _gone(self, cause: str) -> None:
        if self._backlog:
            # What arrived before the end counts, however many turns it takes.
            self._gone_cause = cause
        elif hasattr(self, "connection") and self.shell.begin():
            self.shell.guard(self.shell.venue.disconnected, self.connection, cause)

    def pause_writing(self) -> None:
        self._paused_writing = True

    def resume_writing(self) -> None:
        self._paused_writing = False
        if self.shell.begin():
            self.shell.venue.wake(self.connection)

    # -- input beyond a tick's share ------------------------------------------------------------

    def _set_aside(self, data: bytes) -> None:
        self._backlog += data
        if not self._waiting:
            self._waiting = True
            self.transport.pause_reading()
            self.shell.queue_turn(self)

    def take_turn(self) -> None:
        """Feed the next share of what was set aside."""
        if self.connection.close_reason is not None:
            self._backlog = b""
            return
        shell = self.shell
        share, self._backlog = self._backlog[:READ_BUDGET], self._backlog[READ_BUDGET:]
        self._tick_number = shell.tick_number
        self._tick_bytes = len(share)
        shell.tick_bytes += len(share)
        if share:
            shell.guard(shell.venue.received, self.connection, share)
        if self._backlog:
            shell.queue_turn(self)
        else:
            self._waiting = False
            if self._gone_cause:
                self._gone(self._gone_cause)
            elif not self.transport.is_closing():
                self.transport.resume_reading()

    # -- output -------------------------------------------------------------------------------

    @property
    def queued_bytes(self) -> int:
        """Bytes handed to the transport and not yet taken by the kernel."""
        return self.transport.get_write_buffer_size()

    def release(self) -> None:
        """After the commit: send what the session has to say, close if it is over."""
        connection = self.connection
        session = connection.session
        transport = self.transport
        if not self._paused_writing and self.shell.venue.resend(connection):
            self.shell.pump(self)
        frames = session.data_to_send()
        if frames:
            transport.write(b"".join(frames) if len(frames) > 1 else frames[0])
            if transport.get_write_buffer_size() > QUEUED_MAX:
                cause = f"slow consumer: more than {QUEUED_MAX} bytes"
                self.shell.venue.remark(connection, cause)
                self.cut(cause)
                return
        if connection.close_reason is not None:
            self._close()
            return
        deadline_ns = session.deadline_ns
        if deadline_ns is not None and (self._timer is None or deadline_ns < self._deadline_ns):
            self._arm(deadline_ns)

    def abandon(self, text: str) -> None:
        """Say what can be said without a number, then close."""
        frames = self.connection.session.abandon(text, self.shell.venue.now_ns)
        if frames:
            self.transport.write(b"".join(frames))
        self.transport.close()

    def _close(self) -> None:
        self.transport.close()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.shell.loop.call_later(FLUSH_SECONDS, self.transport.abort)

    def _arm(self, deadline_ns: int) -> None:
        """Wake at the deadline. A deadline that moved later is noticed when the timer fires."""
        if self._timer is not None:
            self._timer.cancel()
        self._deadline_ns = deadline_ns
        delay = self.shell.clock.delay_seconds(deadline_ns)
        self._timer = None if delay is None else self.shell.loop.call_later(delay, self.on_timer)

    def on_timer(self) -> None:
        self._timer = None
        shell = self.shell
        connection = self.connection
        deadline_ns = connection.session.deadline_ns
        if deadline_ns is None or connection.close_reason is not None:
            return
        if deadline_ns > shell.clock.now_ns():
            self._arm(deadline_ns)
        elif shell.begin():
            shell.guard(shell.venue.timer_fired, connection)
