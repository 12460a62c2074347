"""SoupBinTCP logins judged: who, with which password, for which session, on which order port.

Every order port over SoupBinTCP has its own; a username is a session of its own on each. What a
login may wait for is in specs/soupbintcp/README.md.
"""

from collections.abc import Callable
from functools import partial

from gateway.accounts import NotRegistered, Verdict
from gateway.addresses import host_of
from gateway.desk import Floor
from gateway.login_delays import LoginDelays
from gateway.order_entry.soup_sessions import SoupSessions, soup_of
from gateway.sessions import Connection, SessionRecord
from protocol.soupbintcp.events import LoginRequested
from protocol.soupbintcp.packets import LoginRejectReason
from protocol.soupbintcp.state import State


class SoupLogins:
    """From LoginRequested to a session that serves its history, or to a refusal.

    `key` is the wire of the port's desk and the port, the first part of its sessions' keys.
    `greet` says the first message to a session that is new in mid-day.
    """

    def __init__(
        self,
        floor: Floor,
        sessions: SoupSessions,
        key: tuple[bytes, bytes],
        greet: Callable[[SessionRecord], None],
    ) -> None:
        self._floor = floor
        self._sessions = sessions
        self._wire, self._port = key
        self._greet = greet
        self._delays = LoginDelays()

    def login(self, connection: Connection, login: LoginRequested) -> None:
        """Judge at once; answer at once, or when the address has its turn."""
        floor = self._floor
        source, identity = host_of(connection.peer), self._port + b"\x01" + login.username
        turn_ns = self._delays.turn(source, identity, floor.now_ns)
        if turn_ns is None:
            why = "too many logins of this address wait for their answer"
            self._refuse(connection, LoginRejectReason.NOT_AUTHORIZED, why)
            return
        verdict = floor.judge(connection, floor.credentials.ouch(login.username, login.password))
        if verdict.refusal:
            # An unknown name counts, too: the answer must not tell which names there are.
            self._delays.wrong(source, identity, floor.now_ns)
        else:
            self._delays.right(source, identity)
        if turn_ns > floor.now_ns:
            floor.remark(connection, "login waits: wrong passwords from this address before")
            connection.set_alarm(turn_ns, partial(self._answer, connection, login, verdict))
        else:
            self._answer(connection, login, verdict)

    def _answer(self, connection: Connection, login: LoginRequested, verdict: Verdict) -> None:
        """The rest, as things are now: nothing of what is asked here is secret."""
        floor = self._floor
        if soup_of(connection).state is not State.DECIDING:
            return
        if verdict.refusal:
            self._refuse(connection, LoginRejectReason.NOT_AUTHORIZED, verdict.refusal)
            return
        if not floor.engine.day_running:
            # The first message of a history is the start of its day, and nobody orders before it.
            why = "the next session begins with the trading day"
            self._refuse(connection, LoginRejectReason.SESSION_NOT_AVAILABLE, why)
            return
        key = (self._port, login.username)
        known = floor.directory.find(self._wire, key)
        wanted = login.requested_session
        current = b"" if known is None else known.history
        if wanted and wanted != current:
            why = f"session expected {current!r}, got {wanted!r}"
            self._refuse(connection, LoginRejectReason.SESSION_NOT_AVAILABLE, why)
            return
        try:
            record = floor.directory.register(self._wire, key, verdict.account, floor.submit)
        except NotRegistered as error:
            self._refuse(connection, LoginRejectReason.NOT_AUTHORIZED, str(error))
            return
        if record.connection is not None:
            self._sessions.close(record.connection, f"newer login from {connection.peer}")
        floor.attach(connection, record)
        soup_of(connection).accept(record.sent_log, record.history, floor.now_ns)
        floor.remark(connection, f"logged in, session {record.history.decode()}")
        # After `accept`, so that a client who asks for the next message gets it, too.
        if known is None:
            self._greet(record)

    def _refuse(self, connection: Connection, reason: LoginRejectReason, why: str) -> None:
        self._floor.remark(connection, f"login refused: {why}")
        soup_of(connection).reject(reason, self._floor.now_ns)
