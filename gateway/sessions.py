"""Who is who: durable sessions and the connections that serve them for a while."""

import msgspec

from protocol.sent_log import SentLog
from protocol.session import Session


class Connection:
    """One transport as the venue's deterministic part sees it. The shell owns the socket."""

    __slots__ = (
        "close_reason",
        "connected_ns",
        "connection_id",
        "peer",
        "record",
        "session",
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
        "connection",
        "history",
        "key",
        "last_heard_ns",
        "noted",
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


START = Numbers()
