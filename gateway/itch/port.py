"""One subscriber of the ITCH feed: a SoupBinTCP connection that only listens.

Its sans-IO session is the one of the OUCH ports; the packets come from the shared stream, and a
subscriber that reads slowly falls behind in it instead of being kept in memory.
"""

import asyncio
from typing import Final, cast

from gateway.accounts import Verdict
from gateway.addresses import host_of
from gateway.connection import FLUSH_SECONDS
from gateway.edge import Guest
from gateway.itch.feed import ItchFeed
from gateway.itch.stream import ItchStream
from gateway.shell import Shell
from protocol.sent_log import SentLog
from protocol.session import Terminated
from protocol.soupbintcp.events import LoginRequested
from protocol.soupbintcp.line import SoupSettings
from protocol.soupbintcp.packets import LoginRejectReason, PacketType, encode_packet
from protocol.soupbintcp.session import SoupServerSession
from protocol.soupbintcp.state import State

SNAPSHOT_SESSION: Final = b"GLIMPSE"
"""Who requests this session gets the displayed book and the number to go on from."""
SNAPSHOT_SLICE: Final = 512
"""Messages of a snapshot written at once."""
READ_BYTES_MAX: Final = 4_096
"""In one read: a subscriber has a login and heartbeats to say."""


class ItchPort(asyncio.Protocol):
    """One accepted socket on the ITCH port that got past the edge."""

    __slots__ = (
        "_deadline_ns",
        "_feed",
        "_guest",
        "_paused",
        "_queued",
        "_shell",
        "_snapshot",
        "_snapshot_log",
        "_soup",
        "_stream",
        "_timer",
        "_transport",
        "_username",
        "_waiting",
    )

    _transport: asyncio.Transport

    def __init__(self, feed: ItchFeed, shell: Shell, settings: SoupSettings, guest: Guest) -> None:
        self._feed = feed
        self._shell = shell
        self._guest = guest
        self._soup = SoupServerSession(shell.clock.now_ns(), settings)
        self._stream: ItchStream | None = None
        self._snapshot: list[bytes] | None = None
        self._snapshot_log = SentLog()
        self._username = "not logged on"
        self._waiting: tuple[int, LoginRequested, Verdict] | None = None
        """A login that is judged, and when it is answered."""
        self._paused = False
        self._queued = False
        """The feed knows that it is behind."""
        self._timer: asyncio.TimerHandle | None = None
        self._deadline_ns = 0

    # -- asyncio's calls ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._shell.timed[self] = None
        if self._guest.remark:
            self._remark(self._guest.remark)
        self._arm()

    def data_received(self, data: bytes) -> None:
        if len(data) > READ_BYTES_MAX:
            self._close(f"{len(data)} bytes at once, expected at most {READ_BYTES_MAX}")
            return
        self._soup.receive_data(data, self._shell.clock.now_ns())
        self._drain()

    def eof_received(self) -> bool:
        if self._waiting is not None:
            # The session takes no end of input before its login is answered, which is for nobody.
            self._close("disconnected while its login waited")
            return True
        self._soup.receive_eof(self._shell.clock.now_ns())
        self._drain()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._guest.place.leave()
        self._shell.timed.pop(self, None)
        self._feed.leave(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._soup.state is not State.CLOSED:
            self._remark("disconnected" if exc is None else f"disconnected: {exc}")
            self._soup.close("disconnected")

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self.fall_behind()

    # -- the feed's calls ---------------------------------------------------------------------

    def relay(self, packets: bytes, first_number: int, count: int) -> None:
        """As in `Subscriber`."""
        soup = self._soup
        if self._paused or soup.next_to_send != first_number:
            self.fall_behind()
            return
        soup.relay(packets, count, self._shell.clock.now_ns())
        self._send()

    def fall_behind(self) -> None:
        """As in `Subscriber`."""
        if self._is_behind and not self._queued and not self._paused:
            self._queued = True
            self._feed.queue(self)

    def advance(self) -> bool:
        """As in `Subscriber`."""
        self._queued = False
        if self._paused or self._soup.state is State.CLOSED:
            return False
        if self._snapshot is not None:
            self._advance_snapshot(self._snapshot)
        elif self._stream is not None:
            packets, count = self._stream.packets(self._soup.next_to_send)
            if count:
                self._soup.relay(packets, count, self._shell.clock.now_ns())
        self._send()
        self._queued = self._is_behind and not self._paused
        return self._queued

    def end(self) -> None:
        """As in `Subscriber`."""
        self._soup.end_session(self._shell.clock.now_ns())
        self._send()

    def drop(self, reason: str) -> None:
        """As in `Subscriber`."""
        self._soup.close(reason)
        self._drain()

    def take_snapshot(self, messages: list[bytes]) -> None:
        """As in `Subscriber`."""
        self._snapshot = messages
        self.fall_behind()

    @property
    def deadline_ns(self) -> int | None:
        """When `on_timer` has something to do."""
        deadline_ns = self._soup.deadline_ns
        if self._waiting is None or deadline_ns is None:
            return deadline_ns
        return min(deadline_ns, self._waiting[0])

    # -- inside -------------------------------------------------------------------------------

    def _drain(self) -> None:
        soup = self._soup
        while (event := soup.next_event()) is not None:
            if isinstance(event, LoginRequested):
                self._login(event)
            elif isinstance(event, Terminated):
                self._flush()
                self._close(event.reason)
                return
            # What a subscriber says besides is of no interest.
        self._flush()
        self._arm()

    def _login(self, login: LoginRequested) -> None:
        """Judge at once; answer at once, or when the address has its turn."""
        now_ns = self._shell.clock.now_ns()
        delays, source = self._feed.login_delays, host_of(self._guest.peer)
        turn_ns = delays.turn(source, login.username, now_ns)
        if turn_ns is None:
            why = "too many logins of this address wait for their answer"
            self._refuse(LoginRejectReason.NOT_AUTHORIZED, why)
            return
        verdict = self._shell.venue.credentials.itch(login.username, login.password)
        if verdict.refusal:
            delays.wrong(source, login.username, now_ns)
        else:
            delays.right(source, login.username)
        if turn_ns > now_ns:
            self._remark("login waits: wrong passwords from this address before")
            self._waiting = (turn_ns, login, verdict)
        else:
            self._answer(login, verdict)

    def _answer(self, login: LoginRequested, verdict: Verdict) -> None:
        feed, soup = self._feed, self._soup
        if soup.state is not State.DECIDING:
            return
        if verdict.refusal:
            self._refuse(LoginRejectReason.NOT_AUTHORIZED, verdict.refusal)
            return
        self._username = login.username.decode("latin-1")
        stream = feed.stream
        wanted = login.requested_session
        if feed.failed or wanted not in (b"", stream.session_id, SNAPSHOT_SESSION):
            current = "none, the feed has failed" if feed.failed else f"{stream.session_id!r}"
            why = f"session expected {current}, received {wanted!r}"
            self._refuse(LoginRejectReason.SESSION_NOT_AVAILABLE, why)
            return
        self._guest.place.settle()
        now_ns = self._shell.clock.now_ns()
        if wanted == SNAPSHOT_SESSION:
            soup.accept(self._snapshot_log, SNAPSHOT_SESSION, now_ns)
            feed.ask_snapshot(self)
        else:
            soup.accept(stream.log, stream.session_id, now_ns)
            self._stream = stream
            self._queued = True
            feed.join(self)
        self._remark(
            f"logged in, session {(wanted or stream.session_id).decode()} "
            f"from number {soup.next_to_send}"
        )

    def _refuse(self, reason: LoginRejectReason, why: str) -> None:
        self._remark(f"login refused: {why}")
        self._soup.reject(reason, self._shell.clock.now_ns())

    def _advance_snapshot(self, messages: list[bytes]) -> None:
        soup, log = self._soup, self._snapshot_log
        begin = soup.next_to_send - 1
        share = messages[begin : begin + SNAPSHOT_SLICE]
        packets = b"".join([encode_packet(PacketType.SEQUENCED_DATA, one) for one in share])
        log.restart_at(log.next_number + len(share))
        soup.relay(packets, len(share), self._shell.clock.now_ns())
        if begin + len(share) == len(messages):
            soup.end_session(self._shell.clock.now_ns())

    @property
    def _is_behind(self) -> bool:
        if self._soup.state is State.CLOSED:
            return False
        if self._snapshot is not None:
            return True
        return self._stream is not None and self._soup.next_to_send < self._stream.next_number

    def _send(self) -> None:
        """Write what the session has, and close if that was its End of Session."""
        self._flush()
        if self._soup.state is State.CLOSED:
            self._drain()

    def _flush(self) -> None:
        frames = self._soup.data_to_send()
        if frames:
            self._transport.write(b"".join(frames) if len(frames) > 1 else frames[0])

    def _close(self, reason: str) -> None:
        self._feed.leave(self)
        self._remark(f"closed: {reason}")
        if self._soup.state is not State.CLOSED:
            self._soup.close(reason)
        self._shell.timed.pop(self, None)
        self._transport.close()
        if self._timer is not None:
            self._timer.cancel()
        # One that never reads its last bytes must not keep its place.
        self._timer = self._shell.loop.call_later(FLUSH_SECONDS, self._transport.abort)

    def _remark(self, text: str) -> None:
        self._feed.log_line(f"itch {self._guest.peer} ({self._username}): {text}")

    # -- time ---------------------------------------------------------------------------------

    def _arm(self) -> None:
        """Wake at the deadline. One that moved later is noticed when the timer fires."""
        deadline_ns = self.deadline_ns
        if deadline_ns is None or (self._timer is not None and deadline_ns >= self._deadline_ns):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._deadline_ns = deadline_ns
        delay = self._shell.clock.delay_seconds(deadline_ns)
        self._timer = None if delay is None else self._shell.loop.call_later(delay, self.on_timer)

    def on_timer(self) -> None:
        """A deadline may have passed: heartbeat, login, its answer or silence."""
        self._timer = None
        soup = self._soup
        deadline_ns = self.deadline_ns
        if deadline_ns is None:
            return
        now_ns = self._shell.clock.now_ns()
        if deadline_ns <= now_ns:
            soup.handle_timeout(now_ns)
            waiting = self._waiting
            if waiting is not None and waiting[0] <= now_ns:
                self._waiting = None
                self._answer(*waiting[1:])
            if self._paused:
                # What is queued already tells the peer that we live.
                soup.data_to_send()
            self._drain()
        self._arm()
