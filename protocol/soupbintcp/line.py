"""What both roles of a SoupBinTCP connection are made of.

Bytes to packets under the transition table, packets to bytes, the timers, and why it is over.
"""

from typing import Final

import msgspec

from protocol.errors import LocalProtocolError
from protocol.keepalive import Due, KeepAlive, KeepAlivePolicy
from protocol.receive_buffer import ReceiveBuffer
from protocol.session import Terminated
from protocol.soupbintcp.packets import (
    HEADER_SIZE,
    LENGTH_MAX,
    LENGTH_SIZE,
    LOGIN_ACCEPTED_LENGTH,
    LOGIN_REJECTED_LENGTH,
    LOGIN_REQUEST_4_10_LENGTH,
    LOGIN_REQUEST_LENGTH,
    PacketType,
)
from protocol.soupbintcp.state import TRANSITIONS, State, Trigger

SECOND_NS: Final = 1_000_000_000

BUFFER_MAX: Final = 1 << 20
"""Unread bytes held for one connection: a few reads of a socket, so that a caller who stops pulling
events in mid-read loses nothing, and a peer who floods during its login is dropped."""


class SoupSettings(msgspec.Struct, frozen=True, gc=False):
    """Timers in nanoseconds. SoupBinTCP 4.10, Heartbeats; 15 and 30 seconds are the custom."""

    heartbeat_ns: int = SECOND_NS
    """We send something at least this often."""
    idle_timeout_ns: int = 15 * SECOND_NS
    """Silence after which the peer is given up; a 4.10 login brings its own."""
    login_timeout_ns: int = 30 * SECOND_NS
    """How long after the connection the login may be outstanding."""


Packet = tuple[Trigger, bytes]
"""The trigger of a packet and its payload."""

_TRIGGERS: Final = {
    packet_type.value[0]: Trigger[f"{packet_type.name}_RECEIVED"] for packet_type in PacketType
}
_LENGTHS: Final = {
    Trigger.LOGIN_REQUEST_RECEIVED: (LOGIN_REQUEST_LENGTH, LOGIN_REQUEST_4_10_LENGTH),
    Trigger.LOGIN_ACCEPTED_RECEIVED: (LOGIN_ACCEPTED_LENGTH,),
    Trigger.LOGIN_REJECTED_RECEIVED: (LOGIN_REJECTED_LENGTH,),
    Trigger.CLIENT_HEARTBEAT_RECEIVED: (1,),
    Trigger.SERVER_HEARTBEAT_RECEIVED: (1,),
    Trigger.END_OF_SESSION_RECEIVED: (1,),
    Trigger.LOGOUT_REQUEST_RECEIVED: (1,),
}
"""The length fields that types of fixed size may have."""

_LOGGED_IN: Final = frozenset({State.SERVING, State.ENDING, State.JOINED})


class PacketLine:
    """One connection's state, input, output and timers. Not a session: no role, no events."""

    __slots__ = (
        "_eof",
        "_heard_ns",
        "_heartbeat",
        "_reason",
        "buffer",
        "frames",
        "keepalive",
        "state",
    )

    def __init__(self, state: State, heartbeat: bytes, settings: SoupSettings, now_ns: int) -> None:
        self.state = state
        self.buffer = ReceiveBuffer(BUFFER_MAX)
        self.frames: list[bytes] = []
        # Until the login only the login timer runs: nothing received extends it.
        self.keepalive = KeepAlive(KeepAlivePolicy(timeout_ns=settings.login_timeout_ns), now_ns)
        self._heartbeat = heartbeat
        self._heard_ns = now_ns
        self._reason: str | None = None
        self._eof = False

    # -- state ---------------------------------------------------------------------------------

    def move(self, trigger: Trigger) -> None:
        """Take one edge of the table. Raises LocalProtocolError where there is none."""
        target = TRANSITIONS[self.state].get(trigger)
        if target is None:
            raise LocalProtocolError(f"{trigger.name} is not possible in state {self.state.name}")
        self.state = target

    def end(self, trigger: Trigger, reason: str) -> None:
        """Take an edge to CLOSED for this reason."""
        self.move(trigger)
        self.closed_because(reason)

    def closed_because(self, reason: str) -> None:
        """Give the reason after a packet that itself led to CLOSED."""
        assert self.state is State.CLOSED
        self._reason = reason

    def take_terminated(self) -> Terminated | None:
        """Once, after the end: why."""
        reason, self._reason = self._reason, None
        return None if reason is None else Terminated(reason)

    # -- input ---------------------------------------------------------------------------------

    def receive_data(self, data: bytes, now_ns: int) -> None:
        state = self.state
        if state is State.CLOSED:
            return
        self.buffer.append(data)
        self._heard_ns = now_ns
        if state in _LOGGED_IN:
            self.keepalive.received(now_ns)
        if self.buffer.over_limit:
            held = len(self.buffer)
            self.end(Trigger.FAULT, f"{held} bytes unread, expected at most {BUFFER_MAX}")

    def receive_eof(self) -> None:
        self._eof = True

    def next_packet(self) -> Packet | None:
        """The next whole packet that the state allows, its edge taken; None: more input is needed.

        What length and type can tell is told before the payload is there: a peer that speaks
        another protocol is dropped at its third byte.
        """
        state = self.state
        if state is State.CLOSED or state is State.DECIDING:
            return None
        buffer = self.buffer
        data, start = buffer.data, buffer.start
        available = len(data) - start
        if available >= LENGTH_SIZE:
            length = data[start] << 8 | data[start + 1]
            if not 1 <= length <= LENGTH_MAX:
                self._fault(
                    LENGTH_SIZE, f"packet length: expected 1 to {LENGTH_MAX}, received {length}"
                )
                return None
        if available >= HEADER_SIZE:
            trigger = _TRIGGERS.get(data[start + 2])
            target = TRANSITIONS[state].get(trigger) if trigger is not None else None
            if trigger is None or target is None:
                received = data[start + 2 : start + 3]
                self._fault(HEADER_SIZE, f"packet type {received!r} not expected in {state.name}")
                return None
            lengths = _LENGTHS.get(trigger)
            if lengths is not None and length not in lengths:
                expected = " or ".join(map(str, lengths))
                self._fault(
                    HEADER_SIZE,
                    f"packet length of type {data[start + 2 : start + 3]!r}: "
                    f"expected {expected}, received {length}",
                )
                return None
            end = start + LENGTH_SIZE + length
            if end <= len(data):
                buffer.start = end
                self.state = target
                return trigger, data[start + HEADER_SIZE : end]
        if self._eof:
            where = f" inside a packet, after {available} bytes of it" if available else ""
            self.end(Trigger.EOF, f"connection closed by the peer{where}")
        return None

    def _fault(self, consumed: int, reason: str) -> None:
        # What the verdict was made of is consumed: the same bytes give the same end in a replay.
        self.buffer.consume(consumed)
        self.end(Trigger.FAULT, reason)

    # -- time ----------------------------------------------------------------------------------

    def login_done(self, heartbeat_ns: int, idle_timeout_ns: int) -> None:
        """From here on both directions are timed, from what was last heard and last sent."""
        policy = KeepAlivePolicy(heartbeat_ns=heartbeat_ns, timeout_ns=idle_timeout_ns)
        sent_ns = self.keepalive.sent_ns
        self.keepalive = KeepAlive(policy, self._heard_ns)
        self.keepalive.sent_ns = sent_ns

    def handle_timeout(self, now_ns: int) -> None:
        if self.state is State.CLOSED:
            return
        due = self.keepalive.due(now_ns)
        if due is Due.HEARTBEAT:
            self.frames.append(self._heartbeat)
            self.keepalive.sent(now_ns)
        elif due is Due.TIMEOUT:
            silent_ms = (now_ns - self.keepalive.received_ns) // 1_000_000
            what = "nothing received" if self.state in _LOGGED_IN else "not logged in"
            self.end(Trigger.TIMEOUT, f"{what} for {silent_ms} ms")

    @property
    def deadline_ns(self) -> int | None:
        if self.state is State.CLOSED:
            # An end that no input brought about (the last slice of a replay) is told at once.
            return None if self._reason is None else 0
        return self.keepalive.deadline_ns

    # -- output --------------------------------------------------------------------------------

    def send(self, frame: bytes, now_ns: int) -> None:
        self.frames.append(frame)
        self.keepalive.sent_ns = now_ns

    def data_to_send(self) -> list[bytes]:
        frames = self.frames
        self.frames = []
        return frames
