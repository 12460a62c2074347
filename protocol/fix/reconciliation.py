"""Answers to mass cancels and to questions about orders, trades and positions, per version.

Bodies with fields ascending by tag, a group as a whole where its counter stands; empty values are
left out. Source: FIX 4.3 and 4.4 Vol. 4 and 5, FIX 5.0 SP2.
"""

import msgspec

from protocol.fix.answers import NO_SYMBOL, field
from protocol.fix.version import Version

_MASS_CANCEL_NOT_SUPPORTED = b"0"
_REASON_OTHER = b"99"
_CANCEL_TRANS_TYPE = {"43": b"C"}
_NEW_TRANS_TYPE = {"43": b"N"}


class MassCancelReport(msgspec.Struct, frozen=True, gc=False):
    """OrderMassCancelReport(r), since FIX 4.3."""

    report_id: bytes
    """OrderID(37), and MassActionReportID(1369) since FIX 5.0 SP1."""
    cl_ord_id: bytes
    request_type: bytes
    response: bytes
    """MassCancelResponse(531): 0 is a refusal."""
    transact_time: bytes
    symbol: bytes = b""
    reject_reason: bytes = b""
    total_affected_orders: bytes = b""
    text: bytes = b""


class PositionsAck(msgspec.Struct, frozen=True, gc=False):
    """RequestForPositionsAck(AO), since FIX 4.4."""

    report_id: bytes
    request_id: bytes
    account: bytes
    """Account(1), and PartyID(448) in the role of a position account."""
    account_type: bytes
    total_reports: bytes
    result: bytes
    """PosReqResult(728)."""
    status: bytes
    """PosReqStatus(729): 0 completed, 2 rejected."""
    symbol: bytes = b""
    text: bytes = b""


class PositionReport(msgspec.Struct, frozen=True, gc=False):
    """PositionReport(AP), since FIX 4.4: what an account bought and sold in one instrument."""

    report_id: bytes
    request_id: bytes
    account: bytes
    account_type: bytes
    total_reports: bytes
    symbol: bytes
    clearing_business_date: bytes
    long_qty: bytes
    short_qty: bytes
    settl_price: bytes
    prior_settl_price: bytes


class TradeRequestAck(msgspec.Struct, frozen=True, gc=False):
    """TradeCaptureReportRequestAck(AQ), since FIX 4.4."""

    request_id: bytes
    request_type: bytes
    result: bytes
    """TradeRequestResult(749)."""
    status: bytes
    """TradeRequestStatus(750): 0 accepted, 1 completed, 2 rejected."""
    symbol: bytes = b""
    total_reports: bytes = b""
    text: bytes = b""


class TradeReport(msgspec.Struct, frozen=True, gc=False):
    """TradeCaptureReport(AE), since FIX 4.3: one side of an execution."""

    exec_id: bytes
    """ExecID(17) of the fill, and TradeReportID(571)."""
    request_id: bytes
    symbol: bytes
    last_qty: bytes
    last_px: bytes
    trade_date: bytes
    transact_time: bytes
    match_id: bytes
    """TrdMatchID(880): the same on both sides; since FIX 4.4."""
    side: bytes
    order_id: bytes
    cl_ord_id: bytes
    account: bytes = b""
    total_reports: bytes = b""
    is_last: bool = False
    is_broken: bool = False


def _body(*fields: tuple[int, bytes]) -> bytes:
    return b"".join(field(tag, value) for tag, value in fields)


def _position_account(account: bytes) -> bytes:
    """Parties: PartyIDSource(447) D, a code of ours; PartyRole(452) 38, position account."""
    return b"453=1\x01448=%b\x01447=D\x01452=38\x01" % account


def mass_cancel_report(version: Version, report: MassCancelReport) -> bytes:
    """The body of an OrderMassCancelReport(r)."""
    reason = report.reject_reason
    if version.code == "43" and reason == _REASON_OTHER:
        reason = _MASS_CANCEL_NOT_SUPPORTED
    return _body(
        (11, report.cl_ord_id),
        (37, report.report_id),
        (55, report.symbol),
        (58, report.text),
        (60, report.transact_time),
        (530, report.request_type),
        (531, report.response),
        (532, reason),
        (533, report.total_affected_orders),
        (1369, report.report_id if version.code >= "51" else b""),
    )


def positions_ack(ack: PositionsAck) -> bytes:
    """The body of a RequestForPositionsAck(AO)."""
    return b"".join(
        (
            _body((1, ack.account), (55, ack.symbol), (58, ack.text)),
            _position_account(ack.account),
            _body(
                (581, ack.account_type),
                (710, ack.request_id),
                (721, ack.report_id),
                (727, ack.total_reports),
                (728, ack.result),
                (729, ack.status),
            ),
        )
    )


def position_report(report: PositionReport) -> bytes:
    """The body of a PositionReport(AP): PosType(703) TQ, the day's transactions, long what was
    bought and short what was sold; the price is theoretical, SettlPriceType(731)=2."""
    return b"".join(
        (
            _body((1, report.account), (55, report.symbol)),
            _position_account(report.account),
            field(581, report.account_type),
            b"702=1\x01703=TQ\x01704=%b\x01705=%b\x01" % (report.long_qty, report.short_qty),
            _body(
                (710, report.request_id),
                (715, report.clearing_business_date),
                (721, report.report_id),
                (724, b"0"),
                (727, report.total_reports),
                (728, b"0"),
                (730, report.settl_price),
                (731, b"2"),
                (734, report.prior_settl_price),
            ),
        )
    )


def trade_request_ack(version: Version, ack: TradeRequestAck) -> bytes:
    """The body of a TradeCaptureReportRequestAck(AQ)."""
    # The instrument is required before FIX 5.0.
    symbol = ack.symbol or (NO_SYMBOL if version.code < "50" else b"")
    return _body(
        (55, symbol),
        (58, ack.text),
        (568, ack.request_id),
        (569, ack.request_type),
        (748, ack.total_reports),
        (749, ack.result),
        (750, ack.status),
    )


def trade_report(version: Version, report: TradeReport) -> bytes:
    """The body of a TradeCaptureReport(AE): a broken trade is a cancel,
    TradeReportTransType(487)."""
    late = version.code > "43"
    if report.is_broken:
        trans_type = _CANCEL_TRANS_TYPE.get(version.code, b"1")
    else:
        trans_type = _NEW_TRANS_TYPE.get(version.code, b"0")
    order = b"37=%b\x01%b" % (report.order_id, field(11, report.cl_ord_id))
    account = field(1, report.account)
    # FIX 5.0 SP2 has the order's fields behind the side's own.
    side = account + order if version.code >= "52" else order + account
    return b"".join(
        (
            _body(
                (17, report.exec_id),
                (31, report.last_px),
                (32, report.last_qty),
                (55, report.symbol),
                (60, report.transact_time),
                (75, report.trade_date),
                (150, b"H" if report.is_broken else b"F"),
                (487, trans_type),
            ),
            b"552=1\x0154=%b\x01%b" % (report.side, side),
            _body(
                (568, report.request_id),
                (570, b"N"),
                (571, report.exec_id),
                (573, b"0"),
                (748, report.total_reports if late else b""),
                (880, report.match_id if late else b""),
                (912, (b"Y" if report.is_last else b"N") if late else b""),
            ),
        )
    )


def news(version: Version, headline: bytes, lines: tuple[bytes, ...], orig_time: bytes) -> bytes:
    """The body of a News(B); FIX 4.0 has one Text(58) and no Headline(148)."""
    if version.code == "40":
        lines = (b" ".join((headline, *lines)),)
        headline = b""
    return b"".join(
        (
            b"33=%d\x01" % len(lines),
            *(b"58=%b\x01" % line for line in lines),
            field(42, orig_time),
            field(148, headline),
        )
    )
