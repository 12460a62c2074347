"""One accepted socket: bytes to the venue within a tick's share, frames out after the commit."""

import asyncio
from typing import cast

from gateway.edge import Guest, Place
from gateway.sessions import Connection
from gateway.shell import READ_BUDGET, Shell

FLUSH_SECONDS = 10.0
"""How long a closed connection's peer may take for its last bytes: else one that never reads keeps
its place for ever."""

PORTION = 4 * 1024
"""Bytes after which it is asked again whether the tick has room: as much as a full window of orders
in one read, so that this costs nothing in the usual case."""


class Port(asyncio.Protocol):
    """One accepted socket that got past the edge."""

    __slots__ = (
        "_backlog",
        "_deadline_ns",
        "_gone_cause",
        "_guest",
        "_paused_writing",
        "_stranger",
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

    def __init__(self, shell: Shell, wire: bytes, guest: Guest) -> None:
        self.shell = shell
        self.wire = wire
        self._guest = guest
        self._stranger: Place | None = guest.place
        """Its place, until it has logged on."""
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
        if not shell.begin():
            self.transport.abort()
            return
        venue = shell.venue
        self.connection = venue.connected(venue.next_connection_id, self.wire, self._guest.peer)
        shell.ports[self.connection.connection_id] = self
        if self._guest.remark:
            venue.remark(self.connection, self._guest.remark)

    def data_received(self, data: bytes) -> None:
        shell = self.shell
        if not hasattr(self, "connection") or not shell.begin():
            return
        shell.reads += 1
        if self._tick_number != shell.tick_number:
            self._tick_number = shell.tick_number
            self._tick_bytes = 0
        size = len(data)
        if self._waiting or self._tick_bytes + size > READ_BUDGET or not shell.has_room(size):
            self._set_aside(data)
            return
        rest = self._take(data)
        if rest:
            self._set_aside(rest)

    def eof_received(self) -> bool:
        self._gone("closed by the peer")
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._guest.place.leave()
        if not hasattr(self, "connection"):
            return
        if self._timer is not None:
            self._timer.cancel()
        self.shell.ports.pop(self.connection.connection_id, None)
        self._gone("closed by the peer" if exc is None else str(exc))

    def cut(self, cause: str) -> None:
        """End the connection at once; reports from now on wait for the next one, and so does what
        it had not sent yet."""
        unsent_bytes = self.queued_bytes
        self.transport.abort()
        self._backlog = b""
        self._gone(cause, unsent_bytes)

    def _gone(self, cause: str, unsent_bytes: int = 0) -> None:
        if self._backlog:
            # What arrived before the end counts, however many turns it takes.
            self._gone_cause = cause
        elif hasattr(self, "connection") and self.shell.begin():
            self.shell.guard(self.shell.venue.disconnected, self.connection, cause, unsent_bytes)

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

    def _take(self, data: bytes) -> bytes:
        """Hand the venue as much as the tick has room for, one portion at least; returns the
        rest."""
        shell = self.shell
        taken = 0
        while taken < len(data) and (not taken or shell.has_room(0)):
            portion = data[taken : taken + PORTION]
            taken += len(portion)
            shell.tick_bytes += len(portion)
            shell.guard(shell.venue.received, self.connection, portion)
        self._tick_bytes += taken
        return data[taken:]

    def take_turn(self) -> None:
        """Feed the next share of what was set aside."""
        if self.connection.close_reason is not None:
            self._backlog = b""
            return
        shell = self.shell
        share, self._backlog = self._backlog[:READ_BUDGET], self._backlog[READ_BUDGET:]
        self._tick_number = shell.tick_number
        self._tick_bytes = 0
        self._backlog = self._take(share) + self._backlog
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
            queued = transport.get_write_buffer_size()
            if queued > connection.queued_bytes_max:
                limit = connection.queued_bytes_max
                cause = f"slow consumer: {queued} bytes queued, expected at most {limit}"
                self.shell.venue.remark(connection, cause)
                self.cut(cause)
                return
        if self._stranger is not None and connection.record is not None:
            self._stranger.settle()
            self._stranger = None
        if connection.close_reason is not None:
            self._close()
            return
        deadline_ns = connection.deadline_ns
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
        deadline_ns = connection.deadline_ns
        if deadline_ns is None or connection.close_reason is not None:
            return
        if deadline_ns > shell.clock.now_ns():
            self._arm(deadline_ns)
        elif shell.begin():
            shell.guard(shell.venue.timer_fired, connection)
