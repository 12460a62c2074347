"""TradeCaptureReportRequest(AD): the day's executions of the session's account, told again."""

from array import array

from gateway.desk import Floor
from gateway.order_entry.fix_reports import FixReports, stream_of
from gateway.order_entry.fix_requests import TEXT_MAX, TOO_MANY, Steps, asker, not_taken, value
from gateway.order_entry.fix_status import order_id
from gateway.order_entry.fix_words import SIDES, fill_exec_id
from gateway.order_entry.outcomes import Order
from gateway.sessions import Connection, SessionRecord
from protocol.fix.answers import business_reject
from protocol.fix.fields import BusinessRejectReason
from protocol.fix.messages import ApplicationMessage
from protocol.fix.reconciliation import (
    TradeReport,
    TradeRequestAck,
    trade_report,
    trade_request_ack,
)
from protocol.fix.values import format_decimal, format_utc_timestamp

TAGS = frozenset((11, 17, 37, 54, 55, 58, 75, 263, 568, 569, 580, 725))
"""What a request may hold; of NoDates(580) TradeDate(75) only, which has to be today's."""
LOOKED_AT_PER_STEP = 50
"""Executions that cost about what writing one message does."""

_SNAPSHOT = (b"", b"0")
_IN_BAND = (b"", b"0")
_ALL_TRADES, _MATCHED_TRADES = b"0", b"1"
_SUCCESSFUL, _UNKNOWN_INSTRUMENT, _TYPE_NOT_SUPPORTED, _OTHER = b"0", b"1", b"8", b"99"
"""TradeRequestResult(749)."""
_ACCEPTED, _COMPLETED, _REJECTED = b"0", b"1", b"2"
"""TradeRequestStatus(750)."""


class FixTrades:
    """Answers with AQ, then an AE for each fill: the ExecID(17) of its ExecutionReport(8)."""

    def __init__(self, floor: Floor, reports: FixReports) -> None:
        self._floor = floor
        self._reports = reports

    def request(self, connection: Connection, message: ApplicationMessage) -> None:
        """One TradeCaptureReportRequest(AD)."""
        record = asker(connection)
        refusal = self._refusal(message)
        if refusal is None:
            if connection.answer(self._steps(record, message)):
                return
            refusal = (_OTHER, TOO_MANY)
        self._acknowledge(record, message, 0, refusal)

    def _refusal(self, message: ApplicationMessage) -> tuple[bytes, bytes] | None:
        """TradeRequestResult(749) and Text(58)."""
        request_type = value(message, 569)
        if request_type not in (_ALL_TRADES, _MATCHED_TRADES):
            text = b"TradeRequestType(569) not supported: " + request_type[:TEXT_MAX]
            return _TYPE_NOT_SUPPORTED, text
        if value(message, 263) not in _SNAPSHOT:
            return _OTHER, b"SubscriptionRequestType(263) not supported: expected 0"
        if value(message, 725) not in _IN_BAND:
            return _OTHER, b"ResponseTransportType(725) not supported: expected 0"
        text = not_taken(message, TAGS)
        if text:
            return _OTHER, text
        date = value(message, 75)
        if date and date != b"%d" % self._floor.engine.trading_date:
            expected = self._floor.engine.trading_date
            received = date[:TEXT_MAX]
            return _OTHER, b"TradeDate(75): expected %d, received %b" % (expected, received)
        symbol = value(message, 55)
        if symbol and self._floor.engine.instrument_id(symbol) is None:
            return _UNKNOWN_INSTRUMENT, b"unknown Symbol(55): " + symbol[:TEXT_MAX]
        return None

    def _steps(self, record: SessionRecord, message: ApplicationMessage) -> Steps:
        """First count, then tell: the answer begins with how many there are."""
        executions = self._floor.orders.executions
        wanted = _Wanted(self._floor, record, message)
        found = array("q")
        match_number, end = executions.first, executions.end
        while match_number < end:
            # What was forgotten meanwhile is the oldest.
            match_number = max(match_number, executions.first)
            stop = min(end, match_number + LOOKED_AT_PER_STEP)
            found.extend(
                number for number in range(match_number, stop) for _ in wanted.sides(number)
            )
            match_number = stop
            yield
        self._acknowledge(record, message, len(found), (_SUCCESSFUL, b""))
        told = 0
        for match_number in dict.fromkeys(found):
            if match_number < executions.first or match_number >= executions.end:
                continue
            for order in wanted.sides(match_number):
                told += 1
                self._report(record, message, (match_number, order), (told, len(found)))
                yield

    def _acknowledge(
        self,
        record: SessionRecord,
        message: ApplicationMessage,
        total: int,
        result: tuple[bytes, bytes],
    ) -> None:
        """AQ; FIX 4.3 has none, so that j says there why no AE follows."""
        version = stream_of(record).version
        request_id = value(message, 568)
        status = _ACCEPTED if total else _COMPLETED
        if result[0] != _SUCCESSFUL:
            status = _REJECTED
        if version.code <= "43":
            if status != _ACCEPTED:
                ref = (b"%d" % message.msg_seq_num, b"AD")
                text = result[1] or b"no trades found"
                other = BusinessRejectReason.OTHER
                refusal = business_reject(version, ref, other, text, ref_id=request_id)
                self._reports.send(record, *refusal)
            return
        ack = TradeRequestAck(
            request_id=request_id,
            request_type=value(message, 569),
            result=result[0],
            status=status,
            symbol=value(message, 55),
            total_reports=b"%d" % total,
            text=result[1],
        )
        self._reports.send(record, b"AQ", trade_request_ack(version, ack))

    def _report(
        self,
        record: SessionRecord,
        message: ApplicationMessage,
        fill: tuple[int, Order],
        place: tuple[int, int],
    ) -> None:
        match_number, order = fill
        executions = self._floor.orders.executions
        event, now_ns = executions.executed(match_number)
        instrument = self._floor.engine.instruments[event.instrument_id].instrument
        side, account = self._reports.echo_to(record, order)
        stream = stream_of(record)
        report = TradeReport(
            exec_id=fill_exec_id(*executions.find(match_number), order.side),
            request_id=value(message, 568),
            symbol=instrument.symbol,
            last_qty=format_decimal(event.quantity, instrument.quantity_decimals),
            last_px=format_decimal(event.price, instrument.price_decimals),
            trade_date=b"%d" % self._floor.engine.trading_date,
            transact_time=format_utc_timestamp(now_ns, stream.time_digits),
            match_id=b"%d" % match_number,
            side=side,
            order_id=b"%d" % order.order_id,
            cl_ord_id=order.client_id,
            account=account,
            total_reports=b"%d" % place[1],
            is_last=place[0] == place[1],
            is_broken=match_number in executions.broken,
        )
        self._reports.send(record, b"AE", trade_report(stream.version, report))


class _Wanted:
    """Which fills a request asks for."""

    def __init__(self, floor: Floor, record: SessionRecord, message: ApplicationMessage) -> None:
        self._orders = floor.orders
        self._account_id = record.account_id
        self._instrument_id = 0
        symbol = value(message, 55)
        if symbol:
            self._instrument_id = floor.engine.instrument_id(symbol) or 0
        self._side = SIDES.get(value(message, 54))
        self._exec_id = value(message, 17)
        self._order_ids: set[int] | None = None
        named, cl_ord_id = value(message, 37), value(message, 11)
        if named:
            self._order_ids = {order_id(named)}
        if cl_ord_id:
            order = floor.orders.find(record.session_id, cl_ord_id)
            own = set() if order is None else {order.order_id}
            self._order_ids = own if self._order_ids is None else self._order_ids & own

    def sides(self, match_number: int) -> list[Order]:
        """The orders of the account that met in an execution, as far as they are asked for."""
        event, _ = self._orders.executions.executed(match_number)
        if self._instrument_id not in (0, event.instrument_id):
            return []
        found: list[Order] = []
        for number in (event.resting_order_id, event.incoming_order_id):
            order = self._orders.by_id.get(number)
            if order is not None and order.account_id == self._account_id:
                found.append(order)
        return [order for order in found if self._fits(order, match_number)]

    def _fits(self, order: Order, match_number: int) -> bool:
        if self._side is not None and order.side is not self._side:
            return False
        if self._order_ids is not None and order.order_id not in self._order_ids:
            return False
        if not self._exec_id:
            return True
        name = self._orders.executions.find(match_number)
        return self._exec_id == fill_exec_id(*name, order.side)
