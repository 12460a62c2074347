"""The FIX desk: sessions opened, logons judged, requests handed on.

`fix_orders` translates what clients ask for, `fix_reports` what the engine says.
"""

from collections.abc import Callable, Iterator

from gateway.accounts import FixLogin, NotRegistered
from gateway.config import Config, fix_session
from gateway.config import FixSession as ConfiguredSession
from gateway.desk import Floor
from gateway.order_entry.fix_applications import (
    REFERENCE_TYPES,
    application_types,
    unavailable_types,
)
from gateway.order_entry.fix_dictionaries import switches, validator
from gateway.order_entry.fix_drop_copy import FixDropCopy
from gateway.order_entry.fix_echo import ECHOED_TYPES, FixEcho
from gateway.order_entry.fix_market_data import FixMarketData
from gateway.order_entry.fix_orders import FixOrders
from gateway.order_entry.fix_reference_data import FixReferenceData
from gateway.order_entry.fix_reports import FixReports, stream_of
from gateway.sessions import Connection, Numbers, SessionRecord
from protocol.fix.events import LoggedOn, LogonRequested, NumbersReset, RejectReceived
from protocol.fix.messages import (
    ApplicationMessage,
    NewOrderSingle,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
    OrderStatusRequest,
)
from protocol.fix.sent_frame import split_sent
from protocol.fix.session import FixSession
from protocol.fix.settings import FixSettings
from protocol.fix.stream import ADMIN_TYPES, FixStream
from protocol.fix.version import Version, version_of
from protocol.sent_log import Entry, Reader, SentLog

COMP_ID_MAX = 64
"""Bytes of a CompID: it stands in every message, log line and session row."""
DEFAULT_APPL_VER_ID = {b"FIXT.1.1": b"9"}
"""What a session speaks before its first Logon(A) says so; nothing before FIXT 1.1."""

_STRANGER = ConfiguredSession(begin_string="FIX.4.4", target_comp_id="")
"""How a session behaves that was admitted by a recorded verdict and is configured no more."""


class FixDesk:
    """One desk for all FIX versions."""

    def __init__(self, floor: Floor, config: Config) -> None:
        self.reports = FixReports(floor)
        self._floor = floor
        self._config = config
        orders = FixOrders(floor, self.reports)
        self._echo = FixEcho(floor)
        self._market_data = FixMarketData(floor)
        self._reference_data = FixReferenceData(floor)
        self._drop_copy = FixDropCopy(floor, config, self.reports)
        self._handlers: dict[type, Callable[..., None]] = {
            NewOrderSingle: orders.new_order,
            OrderCancelRequest: orders.cancel,
            OrderCancelReplaceRequest: orders.replace,
            OrderStatusRequest: orders.status,
            ApplicationMessage: self._application,
            LogonRequested: self._logon,
            LoggedOn: self._logged_on,
            NumbersReset: self._numbers_reset,
            RejectReceived: self._reject_received,
        }
        self._applications: dict[bytes, Callable[[Connection, ApplicationMessage], None]] = {
            **dict.fromkeys(ECHOED_TYPES, self._echo.echo),
            **dict.fromkeys(REFERENCE_TYPES, self._reference_data.request),
            b"V": self._market_data.request,
        }
        """By MsgType(35): messages without a class of their own."""

    # -- sessions -----------------------------------------------------------------------------

    def open(self, now_ns: int) -> FixSession:
        """A session that waits for its Logon(A)."""
        return FixSession.acceptor(now_ns)

    def handle(self, connection: Connection, event: object) -> None:
        """Act on one event; an application message counts as heard from its session."""
        self._handlers[type(event)](connection, event)

    def _application(self, connection: Connection, message: ApplicationMessage) -> None:
        self._applications[message.msg_type](connection, message)

    def closed(self, connection: Connection) -> None:
        """The stream waits for the next connection; what is written now is unsent."""
        record = connection.record
        self._echo.closed(connection)
        self._market_data.closed(connection)
        self._reference_data.closed(connection)
        if record is not None:
            stream_of(record).detach()

    def shut(self, connection: Connection, text: str) -> None:
        """Logout(5) with a text; the peer's answer is not waited for."""
        session = fix_of(connection)
        session.logout(text.encode(), self._floor.now_ns)

    def numbers(self, session: SessionRecord) -> Numbers:
        """Both MsgSeqNums and the first report that no connection had."""
        stream = stream_of(session)
        return Numbers(
            stream.expected_msg_seq_num,
            stream.sent_log.next_number,
            tuple(stream.unsent),
            appl_ver_id=stream.version.appl_ver_id,
        )

    def restore(self, session: SessionRecord, numbers: Numbers, reader: Reader) -> None:
        """The stream of a known identity, where its numbers say."""
        begin_string, client, venue = session.key
        version = version_of(
            begin_string, numbers.appl_ver_id or DEFAULT_APPL_VER_ID.get(begin_string, b"")
        )
        assert version is not None, f"registered with an unknown version: {session.identity}"
        session.sent_log = SentLog(numbers.next_out, _applications(reader))
        session.stream = FixStream(
            version,
            sender_comp_id=venue,
            target_comp_id=client,
            sent_log=session.sent_log,
            expected_msg_seq_num=numbers.next_in,
            unsent=numbers.unsent,
        )
        self._drop_copy.restored(session)

    def _logon(self, connection: Connection, logon: LogonRequested) -> None:
        floor = self._floor
        session = fix_of(connection)
        login = FixLogin(
            logon.begin_string,
            logon.sender_comp_id,
            logon.target_comp_id,
            logon.username,
            logon.password,
        )
        if max(len(logon.sender_comp_id), len(logon.target_comp_id)) > COMP_ID_MAX:
            floor.remark(connection, f"logon refused: CompID: expected at most {COMP_ID_MAX} bytes")
            session.reject(None, floor.now_ns)
            return
        verdict = floor.judge(connection, floor.credentials.fix(login))
        if verdict.refusal:
            floor.remark(connection, f"logon refused: {verdict.refusal}")
            session.reject(verdict.answer.encode() or None, floor.now_ns)
            return
        configured = self._configured(logon)
        version = version_of(logon.begin_string, logon.default_appl_ver_id)
        assert version is not None, "the session asks about versions it speaks only"
        expected = configured.default_appl_ver_id
        if version.appl_ver_id and expected != "any" and version.appl_ver_id != expected.encode():
            text = f"DefaultApplVerID(1137): expected {expected}, received {version.appl_ver_id!r}"
            floor.remark(connection, f"logon refused: {text}")
            session.reject(text.encode(), floor.now_ns)
            return
        key = (logon.begin_string, logon.sender_comp_id, logon.target_comp_id)
        try:
            record = floor.directory.register(b"fix", key, verdict.account, floor.submit)
        except NotRegistered as error:
            floor.remark(connection, f"logon refused: {error}")
            session.reject(None, floor.now_ns)
            return
        live = record.connection
        if live is not None:
            # FIX Session Layer, case 1S.b: a second logon of a live session is closed, silently.
            floor.remark(
                connection, f"{record.identity} live from {live.peer}, refused {connection.peer}"
            )
            session.reject(None, floor.now_ns)
            return
        floor.attach(connection, record)
        stream = stream_of(record)
        stream.version = version
        session.accept(stream, _settings(configured, version), floor.now_ns)

    def _configured(self, logon: LogonRequested) -> ConfiguredSession:
        configured = fix_session(
            self._config,
            logon.begin_string.decode("latin-1"),
            logon.target_comp_id.decode("latin-1"),
            logon.sender_comp_id.decode("latin-1"),
        )
        return configured or _STRANGER

    def _logged_on(self, connection: Connection, event: LoggedOn) -> None:
        self._floor.remark(connection, f"logged on, HeartBtInt(108)={event.heart_bt_int}")

    def _numbers_reset(self, connection: Connection, event: NumbersReset) -> None:
        self._floor.remark(connection, "both sequence numbers reset by the peer")

    def _reject_received(self, connection: Connection, event: RejectReceived) -> None:
        self._floor.remark(connection, f"the peer rejected message {event.ref_seq_num}: {event}")


def _settings(configured: ConfiguredSession, version: Version) -> FixSettings:
    """How the session behaves, in the protocol's words."""
    echo = "echo" in configured.applications
    return FixSettings(
        application_types=application_types(configured.applications),
        unavailable_types=unavailable_types(configured.applications),
        validator=validator(version.code, switches(configured)),
        untyped=echo,
        reset_on_logon=configured.reset_on_logon,
    )


def fix_of(connection: Connection) -> FixSession:
    """The session of a connection on this desk's port."""
    session = connection.session
    assert isinstance(session, FixSession), f"not a FIX connection: {connection.wire!r}"
    return session


def _applications(reader: Reader) -> Reader:
    """Admin messages are journaled like all others but never sent again: a gap fill covers them."""

    def read(begin: int, end: int) -> Iterator[Entry]:
        for number, frame in reader(begin, end):
            admin = frame is not None and split_sent(frame)[0] in ADMIN_TYPES
            yield number, None if admin else frame

    return read
