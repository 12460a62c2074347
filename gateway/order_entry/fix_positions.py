"""RequestForPositions(AN): what the session's account bought and sold today, by instrument."""

from gateway.desk import Floor
from gateway.order_entry.fix_reports import FixReports
from gateway.order_entry.fix_requests import TEXT_MAX, TOO_MANY, Steps, asker, not_taken, value
from gateway.sessions import Connection, SessionRecord
from protocol.fix.messages import ApplicationMessage
from protocol.fix.reconciliation import PositionReport, PositionsAck, position_report, positions_ack
from protocol.fix.values import format_decimal

TAGS = frozenset(
    (1, 55, 58, 60, 263, 447, 448, 452, 453, 581, 660, 710, 715, 724, 725, 802, 523, 803)
)
"""What a request may hold; who the parties are makes no difference, the account does."""
_POSITIONS = b"0"
_SNAPSHOT = (b"", b"0")
_IN_BAND = (b"", b"0")
_VALID, _INVALID, _NONE_FOUND, _NOT_AUTHORIZED, _NOT_SUPPORTED, _OTHER = (
    b"0",
    b"1",
    b"2",
    b"3",
    b"4",
    b"99",
)
"""PosReqResult(728)."""
_COMPLETED, _REJECTED = b"0", b"2"
"""PosReqStatus(729)."""

Row = tuple[int, int, int]
"""(instrument_id, bought, sold)."""


class FixPositions:
    """Answers with AO, then an AP for each instrument."""

    def __init__(self, floor: Floor, reports: FixReports) -> None:
        self._floor = floor
        self._reports = reports

    def request(self, connection: Connection, message: ApplicationMessage) -> None:
        """One RequestForPositions(AN)."""
        record = asker(connection)
        refusal = self._refusal(record, message)
        if refusal is None:
            if connection.answer(self._steps(record, message)):
                return
            refusal = (_OTHER, TOO_MANY)
        self._acknowledge(record, message, 0, refusal)

    def _refusal(
        self, record: SessionRecord, message: ApplicationMessage
    ) -> tuple[bytes, bytes] | None:
        """PosReqResult(728) and Text(58)."""
        request_type = value(message, 724)
        if request_type != _POSITIONS:
            return _NOT_SUPPORTED, b"PosReqType(724) not supported: " + request_type[:TEXT_MAX]
        if value(message, 263) not in _SNAPSHOT:
            return _NOT_SUPPORTED, b"SubscriptionRequestType(263) not supported: expected 0"
        if value(message, 725) not in _IN_BAND:
            return _NOT_SUPPORTED, b"ResponseTransportType(725) not supported: expected 0"
        text = not_taken(message, TAGS)
        if text:
            return _INVALID, text
        named, own = value(message, 1), self._account(record)
        if named and named != own:
            received = named[:TEXT_MAX]
            return _NOT_AUTHORIZED, b"Account(1): expected %b, received %b" % (own, received)
        symbol = value(message, 55)
        if symbol and self._floor.engine.instrument_id(symbol) is None:
            return _INVALID, b"unknown Symbol(55): " + symbol[:TEXT_MAX]
        date = self._date()
        if value(message, 715) != date:
            received = value(message, 715)[:TEXT_MAX]
            text = b"ClearingBusinessDate(715): expected %b, received %b" % (date, received)
            return _NONE_FOUND, text
        return None

    def _steps(self, record: SessionRecord, message: ApplicationMessage) -> Steps:
        symbol = value(message, 55)
        rows = self._floor.orders.positions.of(record.account_id)
        if symbol:
            wanted = self._floor.engine.instrument_id(symbol)
            rows = [row for row in rows if row[0] == wanted]
        result = _VALID if rows else _NONE_FOUND
        self._acknowledge(record, message, len(rows), (result, b""))
        for row in rows:
            yield
            self._report(record, message, row, len(rows))

    def _acknowledge(
        self,
        record: SessionRecord,
        message: ApplicationMessage,
        total: int,
        result: tuple[bytes, bytes],
    ) -> None:
        ack = PositionsAck(
            report_id=self._report_id(record),
            request_id=value(message, 710),
            account=value(message, 1) or self._account(record),
            account_type=value(message, 581),
            total_reports=b"%d" % total,
            result=result[0],
            status=_COMPLETED if result[0] in (_VALID, _NONE_FOUND) else _REJECTED,
            symbol=value(message, 55),
            text=result[1],
        )
        self._reports.send(record, b"AO", positions_ack(ack))

    def _report(
        self, record: SessionRecord, message: ApplicationMessage, row: Row, total: int
    ) -> None:
        instrument_id, bought, sold = row
        instrument = self._floor.engine.instruments[instrument_id].instrument
        last = self._floor.orders.positions.last_prices[instrument_id]
        reference = instrument.reference_price or last
        report = PositionReport(
            report_id=self._report_id(record),
            request_id=value(message, 710),
            account=self._account(record),
            account_type=value(message, 581),
            total_reports=b"%d" % total,
            symbol=instrument.symbol,
            clearing_business_date=self._date(),
            long_qty=format_decimal(bought, instrument.quantity_decimals),
            short_qty=format_decimal(sold, instrument.quantity_decimals),
            settl_price=format_decimal(last, instrument.price_decimals),
            prior_settl_price=format_decimal(reference, instrument.price_decimals),
        )
        self._reports.send(record, b"AP", position_report(report))

    def _report_id(self, record: SessionRecord) -> bytes:
        """PosMaintRptID(721): a session writes no two messages under one number at one time."""
        number = record.sent_log.next_number
        return b"%d-%d-%d" % (record.session_id, self._floor.now_ns, number)

    def _account(self, record: SessionRecord) -> bytes:
        return self._floor.engine.accounts[record.account_id].name

    def _date(self) -> bytes:
        return b"%d" % self._floor.engine.trading_date
