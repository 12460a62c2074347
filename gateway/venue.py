"""The running venue without sockets, files and clock: facts in, numbered frames out.

The asyncio shell, recovery and replay all drive this one class. Each public method is one fact; a
tick is `begin`, any number of facts, `commit`.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

from gateway.accounts import Credentials, Directory, Verdict
from gateway.desk import Desk
from gateway.journal.history import SentHistory
from gateway.journal.log import SequencedLog
from gateway.journal.records import (
    Announced,
    AnswerSliced,
    AuthResult,
    Connected,
    Controlled,
    Disconnected,
    FramesOut,
    MarketDataTold,
    PasswordChanged,
    Received,
    Renumbered,
    ResendSliced,
    SessionControlled,
    SessionNumbers,
    Started,
    TimerFired,
)
from gateway.order_entry.orders import Orders
from gateway.order_entry.router import Router
from gateway.passwords import seal
from gateway.recovery import fold
from gateway.sequencer import ApplyError, Sequencer, Tick
from gateway.sessions import Connection, Numbers, SessionRecord
from matching.commands import Command, EndOfDay, ExpireOrders, MassCancel, SetPhase, StartOfDay
from matching.engine import Engine
from matching.events import Event
from matching.types import CancelReason
from protocol.session import Remark, Terminated

LogLine = Callable[[str], None]

REMARKS_MAX = 10
"""Log lines that one read may cause: garbage must not write more log than it is long."""

_CHECKPOINTS = frozenset((SetPhase, StartOfDay, EndOfDay))
"""Commands whose batch carries the state hash."""


class Venue:
    """Desks, durable sessions, orders, engine and log, joined by the tick."""

    def __init__(
        self,
        log: SequencedLog,
        credentials: Credentials,
        make_desks: Callable[["Venue"], Mapping[bytes, Desk]],
        log_line: LogLine,
    ) -> None:
        self.engine = Engine()
        self.orders = Orders()
        self.directory = Directory(self._prepare)
        self.credentials = credentials
        self.connections: dict[int, Connection] = {}
        self.now_ns = 0
        """The tick's time: the same for all that happens in it."""
        self.next_connection_id = 1
        self.log = log
        self.history = SentHistory(log)
        self.log_line = log_line
        self._desks = dict(make_desks(self))
        self._router = Router(
            self.orders,
            self.directory,
            {wire: desk.reports for wire, desk in self._desks.items()},
        )
        self.sequencer = Sequencer(self.engine, log, self._router.route)
        self.submit = self.sequencer.submit
        """Number, apply and route one command. Raises ApplyError."""
        self.recorded_verdicts: dict[int, deque[Verdict]] | None = None
        """In a replay: the verdicts of the batch by connection_id, one for each login in turn."""
        self.recorded_seals: dict[int, deque[bytes]] = {}
        """In a replay: the new passwords of the batch by session_id, each in turn."""
        self.watchers: list[Callable[[Sequence[Event]], None]] = []
        """Who looks at the events of every tick before it is written; nobody, usually."""
        self.observers: list[Callable[[Sequence[Event], int], None]] = []
        """Who is told the events of every command, with its time, that recovery folds again."""
        self.waiting: dict[int, Callable[[Connection], None]] = {}
        """By connection_id: who has something to tell, once it is the connection's turn."""
        self._active: dict[int, Connection] = {}
        self._touched: dict[int, SessionRecord] = {}

    # -- what desks use -----------------------------------------------------------------------

    def judge(self, connection: Connection, verdict: Verdict) -> Verdict:
        """Record how a login was judged; in a replay the recorded verdict counts."""
        if self.recorded_verdicts is not None:
            recorded = self.recorded_verdicts.get(connection.connection_id)
            if recorded:
                verdict = recorded.popleft()
        self.sequencer.note(
            AuthResult(connection.connection_id, verdict.account, verdict.refusal, verdict.answer)
        )
        return verdict

    def change_password(self, session: SessionRecord, password: bytes, configured: bytes) -> None:
        """From now on `session` logs on with `password`, as long as the configured one stays."""
        recorded = self.recorded_seals.get(session.session_id)
        session.password_seal = recorded.popleft() if recorded else seal(password, configured)
        self.sequencer.note(PasswordChanged(session.session_id, session.password_seal))

    def attach(self, connection: Connection, session: SessionRecord) -> None:
        """From now on `connection` serves `session`."""
        connection.record = session
        session.connection = connection
        self.touch(session)

    def drop(self, connection: Connection, reason: str) -> None:
        """End a connection: what its session has to say leaves with this tick, then it closes."""
        connection.close(reason)
        self._active[connection.connection_id] = connection
        self._detach(connection)

    @property
    def happened(self) -> Sequence[Event]:
        """The events of the open tick so far."""
        return self.sequencer.happened

    def touch(self, session: SessionRecord) -> None:
        """Numbers of `session` moved, or bytes wait for its connection: commit must look at it."""
        self._touched[session.session_id] = session

    def copy_reports(self, copies: Mapping[type, Callable[..., None]]) -> None:
        """From now on `copies` hear of their events, too."""
        self._router.copy_to(copies)

    def remark(self, connection: Connection, text: str) -> None:
        """A log line about a connection: which, who, what."""
        who = connection.record.identity if connection.record is not None else "not logged on"
        wire = connection.wire.decode()
        self.log_line(f"{wire} #{connection.connection_id} {connection.peer} ({who}): {text}")

    # -- recovery -----------------------------------------------------------------------------

    def recover(self) -> int:
        """Fold the whole log; returns how many batches. Call once, before anything else.

        Raises JournalError where the commands no longer yield the recorded events.
        """
        return sum(1 for _ in self.recovering())

    def recovering(self) -> Iterator[int]:
        """`recover`, a batch at a time: yields how many are folded, so that others may run.

        Raises JournalError.
        """
        return fold(self, self._desks)

    # -- facts --------------------------------------------------------------------------------

    def begin(self, now_ns: int) -> None:
        """Open a tick, or go on with the open one."""
        self.now_ns = self.sequencer.begin(now_ns)

    def expire(self) -> None:
        """Right after `begin`, live: what expires by now leaves before anything else happens."""
        next_expiry_ns = self.engine.next_expiry_ns
        if next_expiry_ns and next_expiry_ns <= self.now_ns:
            self.controlled(ExpireOrders(self.now_ns))

    def started(self, version: str, configuration: bytes) -> None:
        """A process took over: connections of the one before are gone."""
        self.sequencer.note(Started(version, configuration))
        for connection in list(self.connections.values()):
            self._detach(connection)
        for session in self.directory.sessions.values():
            self._cancel_orders(session)

    def connected(self, connection_id: int, wire: bytes, peer: str) -> Connection:
        """A transport was accepted on the port of `wire`."""
        desk = self._desks[wire]
        self.sequencer.note(Connected(connection_id, wire.decode(), peer))
        self.next_connection_id = connection_id + 1
        connection = Connection(connection_id, wire, desk.open(self.now_ns), peer)
        connection.connected_ns = self.now_ns
        self.connections[connection_id] = connection
        self._active[connection_id] = connection
        return connection

    def received(self, connection: Connection, data: bytes) -> None:
        """One read of at most READ_BUDGET bytes."""
        if connection.close_reason is not None:
            return
        session = connection.session
        self._drain(connection, session.receive_data, data)
        if connection.record is not None:
            connection.record.last_heard_ns = self.now_ns
        consumed = session.take_consumed()
        if consumed or connection.record is not None:
            # What is incomplete keeps the line alive all the same: a fact, if an empty one.
            self.sequencer.note(Received(connection.connection_id, consumed))

    def timer_fired(self, connection: Connection) -> None:
        """The session's deadline passed."""
        self.sequencer.note(TimerFired(connection.connection_id))
        self._drain(connection, connection.handle_timeout)

    def disconnected(self, connection: Connection, cause: str, unsent_bytes: int = 0) -> None:
        """The peer closed its sending side, or the transport is gone with `unsent_bytes` in it.
        What the session still has to say leaves with this tick if the transport can take it."""
        if self.connections.get(connection.connection_id) is not connection:
            return
        self.sequencer.note(Disconnected(connection.connection_id, cause, unsent_bytes))
        connection.unsent_bytes = unsent_bytes
        self._drain(connection, connection.session.receive_eof)
        if connection.close_reason is None:
            self.remark(connection, f"disconnected: {cause}")
            self.drop(connection, cause)

    def controlled(self, command: Command) -> tuple[Event, ...]:
        """A command of the operator, the configuration or the calendar."""
        self.sequencer.note(Controlled(command))
        if type(command) in _CHECKPOINTS:
            self.sequencer.checkpoint()
        return self.submit(command)

    def shut(self, connection: Connection, text: str) -> None:
        """Say goodbye to one peer in its wire's own way, unless its end is on its way."""
        if self.connections.get(connection.connection_id) is not connection:
            return
        self.sequencer.note(SessionControlled(connection.connection_id, "shut", text))
        shut = self._desks[connection.wire].shut
        self._drain(connection, lambda now_ns: shut(connection, text))

    # -- the end of the tick ------------------------------------------------------------------

    def commit(self) -> Tick | None:
        """Write the batch. Afterwards `take_released` gives the connections with something to do.

        Raises JournalError: then nothing of this tick may leave.
        """
        for watch in tuple(self.watchers):
            watch(self.sequencer.happened)
        frames: list[FramesOut] = []
        numbers: list[SessionNumbers] = []
        for session in self._touched.values():
            for first, run, derived in session.sent_log.take_fresh():
                frames.append(FramesOut(session.session_id, first, run, derived))
            now = self._desks[session.wire].numbers(session)
            if now != session.noted:
                session.noted = now
                numbers.append(
                    SessionNumbers(
                        session.session_id,
                        now.next_in,
                        now.next_out,
                        now.unsent,
                        now.history,
                        now.appl_ver_id,
                        now.period_start_ns,
                    )
                )
            if session.connection is not None:
                self._active[session.connection.connection_id] = session.connection
        self._touched.clear()
        if not (frames or numbers or self.sequencer.batch_open):
            return None
        batch = self.log.next_batch
        tick = self.sequencer.commit(frames, numbers)
        self.history.note(batch, frames)
        return tick

    def resend(self, connection: Connection) -> bool:
        """After the commit: move a running resend on by one slice; True while more remains.

        The slice is a fact of the next batch.
        """
        session = connection.session
        if not session.resending:
            return connection.answering
        self.sequencer.note(ResendSliced(connection.connection_id))
        if connection.record is not None:
            self.touch(connection.record)
        return session.resend_slice(self.now_ns) or connection.answering

    def proceed(self, connection: Connection) -> None:
        """In a tick: let long answers go on by one slice, and `connection` be among the next
        released, where a resend goes on."""
        if self.connections.get(connection.connection_id) is not connection:
            return
        self._active[connection.connection_id] = connection
        if connection.answering:
            self.sequencer.note(AnswerSliced(connection.connection_id))
            self._drain(connection, connection.answer_slice)

    def announced(self, headline: str, text: str) -> int:
        """The operator has news for those who are logged on now; returns how many are told."""
        self.sequencer.note(Announced(headline, text))
        told = 0
        for connection in list(self.connections.values()):
            if connection.record is not None:
                told += self._desks[connection.wire].announce(connection, headline, text)
        return told

    def renumbered(self, session: SessionRecord, next_in: int, next_out: int) -> bool:
        """The operator moves the numbers of a session that no connection serves; False: it has
        none to move."""
        assert session.connection is None, "a peer that is there counts for itself"
        self.sequencer.note(Renumbered(session.session_id, next_in, next_out))
        self.touch(session)
        return self._desks[session.wire].renumber(session, next_in, next_out)

    def tell(self, connection: Connection) -> None:
        """It is the connection's turn: its transport takes bytes, so that it may be told what
        waits for it."""
        turn = self.waiting.pop(connection.connection_id, None)
        # One that ended in this very tick has no turn any more, and a replay does not know it.
        if turn is not None and connection.connection_id in self.connections:
            self.sequencer.note(MarketDataTold(connection.connection_id))
            self._drain(connection, lambda now_ns: turn(connection))

    def wake(self, connection: Connection) -> None:
        """Let `connection` be among the next released: its transport can take bytes again."""
        self._active[connection.connection_id] = connection

    def take_released(self) -> list[Connection]:
        """The connections whose bytes may leave now, or that are to be closed."""
        active = list(self._active.values())
        self._active.clear()
        return active

    # -- inside -------------------------------------------------------------------------------

    def _prepare(self, session: SessionRecord) -> None:
        """Give a durable session, new or recovered, its wire's stream at the very beginning."""
        self._desks[session.wire].restore(
            session, Numbers(), self.history.reader(session.session_id)
        )
        session.noted = Numbers()

    def _drain(
        self, connection: Connection, happen: Callable[..., None], *arguments: bytes
    ) -> None:
        """Let something happen to the session and act on every event that follows.

        `happen` gets the arguments and the tick's time. An exception of session or desk costs this
        connection only.
        """
        self._active[connection.connection_id] = connection
        session = connection.session
        handle = self._desks[connection.wire].handle
        remarks = 0
        try:
            happen(*arguments, self.now_ns)
            while connection.close_reason is None and (event := session.next_event()) is not None:
                kind = type(event)
                if kind is Terminated:
                    self.remark(connection, f"ended: {event.reason}")  # type: ignore[attr-defined]
                    connection.close(event.reason)  # type: ignore[attr-defined]
                elif kind is Remark:
                    remarks += 1
                    if remarks <= REMARKS_MAX:
                        self.remark(connection, event.text)  # type: ignore[attr-defined]
                else:
                    handle(connection, event)
        except ApplyError:
            raise
        except Exception as error:
            self.remark(connection, f"closed, internal error: {error!r}")
            connection.close("internal error")
        if remarks > REMARKS_MAX:
            self.remark(connection, f"{remarks - REMARKS_MAX} more remarks on the same read")
        if connection.record is not None:
            self.touch(connection.record)
        if connection.close_reason is not None:
            self._detach(connection)

    def _detach(self, connection: Connection) -> None:
        """The connection serves nobody any more."""
        self.connections.pop(connection.connection_id, None)
        record = connection.record
        if record is not None and record.connection is connection:
            self._desks[connection.wire].closed(connection)
            record.connection = None
            self.touch(record)
            self._cancel_orders(record)

    def _cancel_orders(self, session: SessionRecord) -> None:
        """Nobody serves `session` any more: take its orders off the books if it wants that."""
        if session.cancel_on_disconnect and self.orders.live_of_session(session.session_id):
            self.submit(MassCancel(session.session_id, reason=CancelReason.DISCONNECT))
