"""How requests stand: OrderStatusRequest(H), OrderMassStatusRequest(AF), and what is sent again."""

from collections.abc import Iterable
from itertools import chain

from gateway.desk import Floor, exec_id
from gateway.order_entry import requests
from gateway.order_entry.fix_reports import FixReports, stream_of
from gateway.order_entry.fix_requests import (
    TEXT_MAX,
    TOO_MANY,
    Steps,
    asker,
    missing,
    not_taken,
    value,
)
from gateway.order_entry.fix_words import ORD_REJ_REASON, REJECT_TEXT, SIDES
from gateway.order_entry.outcomes import MassRequest, Order, Outcome, Refused, Request
from gateway.sessions import Connection, SessionRecord
from matching.events import OrderRejected
from matching.types import RequestKind
from protocol.fix.answers import NO_SIDE, NO_SYMBOL, field
from protocol.fix.messages import (
    ApplicationMessage,
    ExecutionReport,
    NewOrderSingle,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
    OrderStatusRequest,
)
from protocol.fix.reconciliation import MassCancelReport, mass_cancel_report
from protocol.fix.reports import execution_report, order_cancel_reject

ORDER_ID_DIGITS_MAX = 18
"""Of OrderID(37): ours have fewer, and int() of many digits takes long."""
MASS_TAGS = frozenset((1, 54, 55, 584, 585))
"""What an OrderMassStatusRequest(AF) may hold."""

_BY_SECURITY, _ALL = b"1", b"7"
_UNKNOWN_ORDER = b"5"
_UNSUPPORTED = b"11"
_UNKNOWN_SYMBOL = b"1"
_OTHER = b"99"

Change = NewOrderSingle | OrderCancelRequest | OrderCancelReplaceRequest


class FixStatus:
    """Answers that change nothing."""

    def __init__(self, floor: Floor, reports: FixReports) -> None:
        self._floor = floor
        self._reports = reports

    def status(self, connection: Connection, message: OrderStatusRequest) -> None:
        """OrderStatusRequest(H): ExecType I, ExecTransType 3 before FIX 4.3."""
        record = asker(connection)
        order: Order | None = None
        if message.cl_ord_id:
            order = self._floor.orders.find(record.session_id, message.cl_ord_id)
        if order is None:
            order = requests.visible(self._floor, record, order_id(message.order_id))
        # OrdStatusReqID(790) of FIX 4.4: which request this answers.
        extra = b"".join(field(tag, text) for tag, text in message.rest if tag == 790)
        if order is not None:
            self._tell(record, order, (message.cl_ord_id or order.client_id, b""), extra)
            return
        reason = (_UNKNOWN_ORDER, b"unknown order")
        order_ids = (message.order_id or b"NONE", message.cl_ord_id)
        self._tell_nothing(record, order_ids, (message.symbol, message.side), reason, extra)

    def again(self, connection: Connection, message: Change) -> bool:
        """PossResend(97)=Y: answer with the outcome that the ClOrdID(11) has; False: it has none
        yet, and the request is a new one."""
        record = asker(connection)
        outcome = self._floor.orders.outcome(record.session_id, message.cl_ord_id)
        if outcome is None:
            return False
        self._tell_outcome(record, message, outcome)
        return True

    def _tell_outcome(self, record: SessionRecord, message: Change, outcome: Outcome) -> None:
        if isinstance(outcome, Order):
            self._tell(record, outcome, (message.cl_ord_id, b""))
        elif isinstance(outcome, Request):
            self._tell(record, outcome.order, (message.cl_ord_id, outcome.orig_client_id))
        elif isinstance(outcome, MassRequest):
            self.mass_canceled(record, message.cl_ord_id, outcome)
        elif isinstance(outcome, Refused) and outcome.kind is RequestKind.ENTER:
            reason = (ORD_REJ_REASON[outcome.reason], outcome.text or REJECT_TEXT[outcome.reason])
            shown = (message.symbol[:TEXT_MAX], message.side[:TEXT_MAX])
            self._tell_nothing(record, (b"NONE", message.cl_ord_id), shown, reason)
        elif isinstance(outcome, Refused):
            self._refuse_again(record, outcome)

    def _refuse_again(self, record: SessionRecord, refused: Refused) -> None:
        stream = stream_of(record)
        event = OrderRejected(
            record.session_id,
            record.account_id,
            refused.client_id,
            refused.kind,
            refused.reason,
            refused.order_id,
            refused.text,
        )
        reject = self._reports.refusals.change(stream.version, event, refused.echo)
        body = order_cancel_reject(stream.version, reject, stream.time_width)
        self._reports.send(record, b"9", body)

    def mass_canceled(self, record: SessionRecord, cl_ord_id: bytes, done: MassRequest) -> None:
        """OrderMassCancelReport(r) of a mass cancel that was carried out."""
        symbol = b""
        if done.instrument_id:
            symbol = self._floor.engine.instruments[done.instrument_id].instrument.symbol
        scope = _BY_SECURITY if symbol else _ALL
        report = MassCancelReport(
            report_id=exec_id(done.command_seq, done.count),
            cl_ord_id=cl_ord_id,
            request_type=scope,
            response=scope,
            transact_time=self._reports.transact_time()[: stream_of(record).time_width],
            symbol=symbol,
            total_affected_orders=b"%d" % done.count,
        )
        self._reports.send(record, b"r", mass_cancel_report(stream_of(record).version, report))

    # -- all open orders ----------------------------------------------------------------------

    def mass(self, connection: Connection, message: ApplicationMessage) -> None:
        """OrderMassStatusRequest(AF): a status for every open order that the session may see."""
        record = asker(connection)
        if value(message, 585) == _BY_SECURITY and not value(message, 55):
            ref = (message.msg_seq_num, b"AF")
            version = stream_of(record).version
            self._reports.send(record, *missing(version, ref, b"Symbol(55)", value(message, 584)))
            return
        reason = self._mass_refusal(message)
        if not reason and not connection.answer(self._mass_steps(record, message)):
            reason = (_OTHER, TOO_MANY)
        if reason:
            self._mass_nothing(record, message, reason)

    def _mass_refusal(self, message: ApplicationMessage) -> tuple[bytes, bytes] | None:
        request_type = value(message, 585)
        if request_type not in (_BY_SECURITY, _ALL):
            text = b"MassStatusReqType(585) not supported: " + request_type[:TEXT_MAX]
            return _UNSUPPORTED, text
        text = not_taken(message, MASS_TAGS)
        if text:
            return _UNSUPPORTED, text
        symbol = value(message, 55)
        if symbol and self._floor.engine.instrument_id(symbol) is None:
            return _UNKNOWN_SYMBOL, b"unknown Symbol(55): " + symbol[:TEXT_MAX]
        return None

    def _mass_steps(self, record: SessionRecord, message: ApplicationMessage) -> Steps:
        """An order that ends meanwhile is reported as it then stands: the count stays true."""
        orders = self._open_orders(record, message)
        if not orders:
            self._mass_nothing(record, message, (_UNKNOWN_ORDER, b"no open orders"))
        counted = stream_of(record).version.code > "43"
        for number, order in enumerate(orders, 1):
            extra = b""
            if counted:
                last = b"Y" if number == len(orders) else b"N"
                extra = _mass_fields(message, len(orders), last)
            self._tell(record, order, (order.client_id, b""), extra)
            yield

    def _open_orders(self, record: SessionRecord, message: ApplicationMessage) -> list[Order]:
        """In order_id order."""
        floor = self._floor
        account = value(message, 1)
        instrument_id = floor.engine.instrument_id(value(message, 55)) or 0
        wanted_side = SIDES.get(value(message, 54))
        shared = floor.directory.cancel_by_other_sessions.get(record.account_id, False)
        found: list[Order] = []
        # By session, not by book: a book holds everybody's orders, and the venue waits for this.
        owners = [record.session_id]
        if shared:
            sessions = floor.directory.sessions.values()
            owners = [one.session_id for one in sessions if one.account_id == record.account_id]
        for order in chain.from_iterable(map(floor.orders.live_of_session, owners)):
            if instrument_id and order.instrument_id != instrument_id:
                continue
            if wanted_side is not None and order.side is not wanted_side:
                continue
            if account and self._reports.echo_to(record, order)[1] != account:
                continue
            found.append(order)
        found.sort(key=_by_order_id)
        return found

    def _mass_nothing(
        self, record: SessionRecord, message: ApplicationMessage, reason: tuple[bytes, bytes]
    ) -> None:
        """One report that says why there is none."""
        extra = b""
        if stream_of(record).version.code > "43":
            extra = _mass_fields(message, 0, b"Y")
        shown = (value(message, 55), value(message, 54))
        self._tell_nothing(record, (b"NONE", b""), shown, reason, extra)

    # -- inside -------------------------------------------------------------------------------

    def _tell(
        self, record: SessionRecord, order: Order, ids: tuple[bytes, bytes], extra: bytes = b""
    ) -> None:
        """An order as it stands; `ids` are ClOrdID and OrigClOrdID, `extra` fields above 198."""
        stream, echo = stream_of(record), self._reports.echo_to(record, order)
        report = self._reports.order_report(stream.version, order, (b"I", b"0", b""), echo, ids=ids)
        body = execution_report(stream.version, report, stream.time_width)
        self._reports.send(record, b"8", body + extra)

    def _tell_nothing(
        self,
        record: SessionRecord,
        ids: tuple[bytes, bytes],
        shown: tuple[bytes, bytes],
        reason: tuple[bytes, bytes],
        extra: bytes = b"",
    ) -> None:
        """There is no such order: Rejected. `ids` are OrderID and ClOrdID, `shown` symbol and side,
        `reason` OrdRejReason(103) and Text(58)."""
        report = ExecutionReport(
            order_id=ids[0],
            exec_id=b"0",
            exec_type=b"I",
            ord_status=b"8",
            symbol=shown[0] or NO_SYMBOL,
            side=shown[1] or NO_SIDE,
            leaves_qty=b"0",
            cum_qty=b"0",
            avg_px=b"0",
            cl_ord_id=ids[1],
            ord_rej_reason=reason[0],
            text=reason[1],
            transact_time=self._reports.transact_time(),
        )
        stream = stream_of(record)
        body = execution_report(stream.version, report, stream.time_width)
        self._reports.send(record, b"8", body + extra)


def order_id(text: bytes) -> int:
    """OrderID(37) as a number; 0, which is never an order's, where it is none of ours."""
    return int(text) if text.isdigit() and len(text) <= ORDER_ID_DIGITS_MAX else 0


def _by_order_id(order: Order) -> int:
    return order.order_id


def _mass_fields(message: ApplicationMessage, total: int, last: bytes) -> bytes:
    fields: Iterable[tuple[int, bytes]] = (
        (584, value(message, 584)),
        (911, b"%d" % total),
        (912, last),
    )
    return b"".join(field(tag, text) for tag, text in fields)
