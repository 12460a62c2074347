"""OrderMassCancelRequest(q): one command for all orders of the account, or those in one instrument.

Each order's own report goes to the session that entered it; the OrderMassCancelReport(r) comes
after them, so that it ends what the request began. A refused request changes nothing and spends no
ClOrdID(11).
"""

from gateway.desk import Floor
from gateway.order_entry.fix_reports import FixReports, stream_of
from gateway.order_entry.fix_requests import TEXT_MAX, asker, missing, not_taken, value
from gateway.order_entry.fix_status import FixStatus
from gateway.order_entry.orders import CLIENT_ID_MAX
from gateway.order_entry.outcomes import MassRequest
from gateway.sessions import Connection, SessionRecord
from matching.commands import MassCancel
from matching.types import CancelReason
from protocol.fix.messages import ApplicationMessage
from protocol.fix.reconciliation import MassCancelReport, mass_cancel_report

TAGS = frozenset((11, 55, 58, 60, 530))
"""What a request may hold: anything else would narrow what it cancels."""
_BY_SECURITY, _ALL = b"1", b"7"
_NOT_SUPPORTED, _UNKNOWN_SECURITY, _OTHER = b"0", b"1", b"99"
"""MassCancelRejectReason(532)."""


class FixMassCancel:
    """Translates the request; `status` has the words of its outcome."""

    def __init__(self, floor: Floor, reports: FixReports, status: FixStatus) -> None:
        self._floor = floor
        self._reports = reports
        self._status = status

    def request(self, connection: Connection, message: ApplicationMessage) -> None:
        """Cancel what the session may cancel: all orders of its account, its own where others'
        are not allowed."""
        record = asker(connection)
        cl_ord_id = value(message, 11)
        known = self._floor.orders.outcome(record.session_id, cl_ord_id)
        if message.poss_resend and isinstance(known, MassRequest):
            self._status.mass_canceled(record, cl_ord_id, known)
            return
        if value(message, 530) == _BY_SECURITY and not value(message, 55):
            version = stream_of(record).version
            ref = (message.msg_seq_num, b"q")
            self._reports.send(record, *missing(version, ref, b"Symbol(55)", cl_ord_id))
            return
        refusal = self._refusal(message)
        if refusal is None and known is not None:
            refusal = (_OTHER, b"duplicate ClOrdID(11)")
        if refusal is not None:
            self._refuse(record, message, refusal)
            return
        self._floor.submit(self._command(record, message))
        done = self._floor.orders.outcome(record.session_id, cl_ord_id)
        assert isinstance(done, MassRequest), "the command spends the id"
        self._status.mass_canceled(record, cl_ord_id, done)

    def _command(self, record: SessionRecord, message: ApplicationMessage) -> MassCancel:
        shared = self._floor.directory.cancel_by_other_sessions.get(record.account_id, False)
        instrument_id = 0
        if value(message, 530) == _BY_SECURITY:
            instrument_id = self._floor.engine.instrument_id(value(message, 55)) or 0
        return MassCancel(
            0 if shared else record.session_id,
            record.account_id,
            instrument_id,
            CancelReason.USER,
            record.session_id,
            value(message, 11),
        )

    def _refusal(self, message: ApplicationMessage) -> tuple[bytes, bytes] | None:
        """MassCancelRejectReason(532) and Text(58)."""
        request_type, symbol = value(message, 530), value(message, 55)
        if request_type not in (_BY_SECURITY, _ALL):
            text = b"MassCancelRequestType(530) not supported: " + request_type[:TEXT_MAX]
            return _NOT_SUPPORTED, text
        text = not_taken(message, TAGS)
        if text:
            return _NOT_SUPPORTED, text
        if request_type == _ALL and symbol:
            return _OTHER, b"Symbol(55) does not go with MassCancelRequestType(530) 7"
        if symbol and self._floor.engine.instrument_id(symbol) is None:
            return _UNKNOWN_SECURITY, b"unknown Symbol(55): " + symbol[:TEXT_MAX]
        if len(value(message, 11)) > CLIENT_ID_MAX:
            return _OTHER, b"ClOrdID(11): expected at most %d bytes" % CLIENT_ID_MAX
        return None

    def _refuse(
        self, record: SessionRecord, message: ApplicationMessage, refusal: tuple[bytes, bytes]
    ) -> None:
        report = MassCancelReport(
            report_id=b"NONE",
            cl_ord_id=value(message, 11)[:CLIENT_ID_MAX],
            request_type=value(message, 530),
            response=b"0",
            transact_time=self._reports.transact_time()[: stream_of(record).time_width],
            symbol=value(message, 55),
            reject_reason=refusal[0],
            total_affected_orders=b"0",
            text=refusal[1],
        )
        self._reports.send(record, b"r", mass_cancel_report(stream_of(record).version, report))
