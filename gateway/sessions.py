"""Who is who: durable sessions and the connections that serve them for a while."""

from collections import deque
from collections.abc import Callable, Iterator

import msgspec

from gateway.config_fix import QUEUED_BYTES_MAX
from protocol.sent_log import SentLog
from protocol.session import Session

ANSWERS_MAX = 16
"""Long answers waiting at once on one connection."""
ANSWER_STEPS = 256
"""Steps of long answers that one connection gets in a tick, as many as messages of a resend."""


class Connection:
    """One transport as the venue's deterministic part sees it. The shell owns the socket."""

    __slots__ = (
        "_alarm",
        "_answers",
        "close_reason",
        "connected_ns",
        "connection_id",
        "peer",
        "queued_bytes_max",
        "record",
        "session",
        "unsent_bytes",
        "wire",
    )

    def __init__(self, connection_id: int, wire: bytes, session: Session, peer: str) -> None:
        self.connection_id = connection_id
        self.wire = wire
        self.session = session
        self.peer = peer
        self.record: SessionRecord | None = None
        self.close_reason: str | None = None
        """Set once: what is to be sent is sent, then the transport closes."""
        self.connected_ns = 0
        self._alarm: tuple[int, Callable[[], None]] | None = None
        self._answers: deque[Iterator[None]] = deque()
        self.queued_bytes_max = QUEUED_BYTES_MAX
        """Bytes that may wait for a peer that does not read; above it the connection is cut."""
        self.unsent_bytes = 0
        """Set at the end: what was written to the transport and never left it."""

    @property
    def deadline_ns(self) -> int | None:
        """When time itself has something to do here: the session's own deadline or the alarm."""
        deadline_ns = self.session.deadline_ns
        if self._alarm is None:
            return deadline_ns
        alarm_ns = self._alarm[0]
        return alarm_ns if deadline_ns is None else min(deadline_ns, alarm_ns)

    @property
    def answering(self) -> bool:
        """Long answers are not written to their end yet."""
        return bool(self._answers)

    def answer(self, steps: Iterator[None]) -> bool:
        """Write a long answer, a slice a tick from the next tick on, after those that wait already;
        it ends with the connection. False: too many wait."""
        if len(self._answers) >= ANSWERS_MAX:
            return False
        self._answers.append(steps)
        return True

    def answer_slice(self, now_ns: int) -> None:
        """Go on with the long answers."""
        for _ in range(ANSWER_STEPS):
            if not self._answers:
                return
            try:
                next(self._answers[0])
            except StopIteration:
                self._answers.popleft()

    def set_alarm(self, at_ns: int, action: Callable[[], None]) -> None:
        """Let the desk act when `at_ns` is reached, unless the connection ends first; an alarm set
        before is forgotten."""
        self._alarm = (at_ns, action)

    def handle_timeout(self, now_ns: int) -> None:
        """A deadline passed: the session's, the alarm's or both."""
        self.session.handle_timeout(now_ns)
        alarm = self._alarm
        if alarm is not None and now_ns >= alarm[0]:
            self._alarm = None
            alarm[1]()

    def close(self, reason: str) -> None:
        """End the connection with this tick; the first reason stands."""
        if self.close_reason is None:
            self.close_reason = reason


class SessionRecord:
    """A client's durable identity on one wire: its numbers and what it was sent.

    It belongs to one account, outlives connections and restarts, and is served by at most one
    connection at a time. `stream` is the wire's own durable half (protocol.fix.stream.FixStream for
    FIX), `history` the stream's name where the wire has one.
    """

    __slots__ = (
        "account_id",
        "cancel_on_disconnect",
        "connection",
        "history",
        "key",
        "last_heard_ns",
        "noted",
        "password_seal",
        "period_start_ns",
        "sent_log",
        "session_id",
        "stream",
        "wire",
    )

    def __init__(
        self, session_id: int, account_id: int, wire: bytes, key: tuple[bytes, ...]
    ) -> None:
        self.session_id = session_id
        self.account_id = account_id
        self.wire = wire
        self.key = key
        self.sent_log = SentLog()
        self.stream: object | None = None
        self.history = b""
        self.connection: Connection | None = None
        self.last_heard_ns = 0
        self.noted: Numbers = START
        """What the journal holds of these numbers."""
        self.cancel_on_disconnect = False
        """Its live orders do not outlive its connection: configuration, set by the desk."""
        self.password_seal = b""
        """The password that the client chose itself (`gateway.passwords`); empty: none."""
        self.period_start_ns = 0
        """Start of the scheduled period that the numbers belong to; 0 without a schedule."""

    @property
    def identity(self) -> str:
        """The key as people read it."""
        return "/".join(part.decode("latin-1") for part in self.key if part)


class Numbers(msgspec.Struct, frozen=True, gc=False):
    """The durable numbers of a session, as journaled (`SessionNumbers`)."""

    next_in: int = 1
    next_out: int = 1
    unsent: tuple[tuple[int, int], ...] = ()
    history: bytes = b""
    appl_ver_id: bytes = b""
    period_start_ns: int = 0


START = Numbers()
