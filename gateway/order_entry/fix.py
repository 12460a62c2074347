"""The FIX desk: sessions opened, logons judged, requests handed on.

`fix_orders` translates what clients ask for, `fix_reports` what the engine says.
"""

from collections.abc import Callable, Iterator

from gateway.clock import time_zone
from gateway.config import Config
from gateway.desk import Floor
from gateway.login_delays import LoginDelays
from gateway.order_entry.fix_applications import REFERENCE_TYPES
from gateway.order_entry.fix_drop_copy import FixDropCopy
from gateway.order_entry.fix_echo import ECHOED_TYPES, FixEcho
from gateway.order_entry.fix_logon import FixLogons
from gateway.order_entry.fix_market_data import FixMarketData
from gateway.order_entry.fix_mass_cancel import FixMassCancel
from gateway.order_entry.fix_notices import FixNotices
from gateway.order_entry.fix_orders import FixOrders
from gateway.order_entry.fix_positions import FixPositions
from gateway.order_entry.fix_reference_data import FixReferenceData
from gateway.order_entry.fix_reports import FixReports, fix_of, stream_of
from gateway.order_entry.fix_settings import settings_before_logon
from gateway.order_entry.fix_status import FixStatus
from gateway.order_entry.fix_trades import FixTrades
from gateway.order_entry.fix_users import FixUsers
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
from protocol.fix.stream import ADMIN_TYPES, FixStream
from protocol.fix.version import version_of
from protocol.sent_log import Entry, Reader, SentLog

DEFAULT_APPL_VER_ID = {b"FIXT.1.1": b"9"}
"""What a session speaks before its first Logon(A) says so; nothing before FIXT 1.1."""


class FixDesk:
    """One desk for all FIX versions."""

    def __init__(self, floor: Floor, config: Config) -> None:
        self.reports = FixReports(floor)
        self._floor = floor
        self._before_logon = settings_before_logon(config)
        self._any_cancels = any(one.cancel_on_disconnect for one in config.fix.sessions)
        status = FixStatus(floor, self.reports)
        orders = FixOrders(floor, self.reports, status, time_zone(config.venue.time_zone))
        self._notices = FixNotices(floor, self.reports)
        self._echo = FixEcho(floor, config)
        self._market_data = FixMarketData(floor)
        self._reference_data = FixReferenceData(floor)
        self._drop_copy = FixDropCopy(floor, config, self.reports)
        delays = LoginDelays()
        self._logons = FixLogons(floor, config, delays)
        users = FixUsers(floor, self.reports, self._logons, delays)
        self._handlers: dict[type, Callable[..., None]] = {
            NewOrderSingle: orders.new_order,
            OrderCancelRequest: orders.cancel,
            OrderCancelReplaceRequest: orders.replace,
            OrderStatusRequest: status.status,
            ApplicationMessage: self._application,
            LogonRequested: self._logons.logon,
            LoggedOn: self._logged_on,
            NumbersReset: self._numbers_reset,
            RejectReceived: self._reject_received,
        }
        self._applications: dict[bytes, Callable[[Connection, ApplicationMessage], None]] = {
            **dict.fromkeys(ECHOED_TYPES, self._echo.echo),
            **dict.fromkeys(REFERENCE_TYPES, self._reference_data.request),
            b"V": self._market_data.request,
            b"AD": FixTrades(floor, self.reports).request,
            b"AF": status.mass,
            b"AN": FixPositions(floor, self.reports).request,
            b"Q": self._notices.dont_know_trade,
            b"q": FixMassCancel(floor, self.reports, status).request,
            b"BE": users.request,
        }
        """By MsgType(35): messages without a class of their own."""

    # -- sessions -----------------------------------------------------------------------------

    def open(self, now_ns: int) -> FixSession:
        """A session that waits for its Logon(A)."""
        return FixSession.acceptor(now_ns, self._before_logon)

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
            if connection.close_reason is not None:
                fix_of(connection).close(self._floor.now_ns)
            stream = stream_of(record)
            if connection.unsent_bytes:
                stream.take_back(connection.unsent_bytes)
            stream.detach()

    def shut(self, connection: Connection, text: str) -> None:
        """Logout(5) with a text; the peer's answer is not waited for."""
        session = fix_of(connection)
        session.logout(text.encode(), self._floor.now_ns)

    def announce(self, connection: Connection, headline: str, text: str) -> bool:
        """News(B) for those who are logged on."""
        self._notices.announce(connection, headline, text)
        return True

    def renumber(self, session: SessionRecord, next_in: int, next_out: int) -> bool:
        """Both MsgSeqNums, where client and venue no longer agree on them."""
        stream_of(session).renumber(next_in, next_out, self._floor.now_ns)
        return True

    def numbers(self, session: SessionRecord) -> Numbers:
        """Both MsgSeqNums and the first report that no connection had."""
        stream = stream_of(session)
        return Numbers(
            stream.expected_msg_seq_num,
            stream.sent_log.next_number,
            tuple(stream.unsent),
            appl_ver_id=stream.version.appl_ver_id,
            period_start_ns=session.period_start_ns,
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
        session.period_start_ns = numbers.period_start_ns
        if self._any_cancels:
            configured = self._logons.configured(session.key)
            session.cancel_on_disconnect = configured.cancel_on_disconnect
        self._drop_copy.restored(session)

    def _logged_on(self, connection: Connection, event: LoggedOn) -> None:
        self._floor.remark(connection, f"logged on, HeartBtInt(108)={event.heart_bt_int}")

    def _numbers_reset(self, connection: Connection, event: NumbersReset) -> None:
        self._floor.remark(connection, "both sequence numbers reset by the peer")

    def _reject_received(self, connection: Connection, event: RejectReceived) -> None:
        self._floor.remark(connection, f"the peer rejected message {event.ref_seq_num}: {event}")


def _applications(reader: Reader) -> Reader:
    """Admin messages are journaled like all others but never sent again: a gap fill covers them."""

    def read(begin: int, end: int) -> Iterator[Entry]:
        for number, frame in reader(begin, end):
            admin = frame is not None and split_sent(frame)[0] in ADMIN_TYPES
            yield number, None if admin else frame

    return read
