"""What the venue answers orders with, per version; and, for the client's side, the way back.

Fields ascend by tag. Required: FIX 4.2 Vol. 4 ExecutionReport 37 17 20 150 39 55 54 151 14 6;
FIX 4.4 the same without 20, FIX 5.0 SP2 without 55 and 6.
"""

from collections.abc import Callable

from protocol.fix.answers import field
from protocol.fix.message import Message
from protocol.fix.messages import BusinessMessageReject, ExecutionReport, OrderCancelReject
from protocol.fix.version import Version

_EXEC_TRANS_TYPES = {b"H": b"1", b"G": b"2", b"I": b"3"}
"""ExecType(150) of FIX 4.3 and later -> ExecTransType(20) of FIX 4.2; everything else is 0, new."""
_OTHER_REASONS = {b"13": b"0", b"11": b"0", b"99": b"0"}
"""OrdRejReason(103) that FIX 4.2 lacks -> broker option."""

_REPORT_42 = (
    b"%b6=%b\x01%b14=%b\x0117=%b\x01%b20=%b\x01%b37=%b\x01%b39=%b\x01%b%b%b54=%b\x0155=%b\x01"
    b"%b%b%b%b150=%b\x01151=%b\x01%b"
)
_REPORT_44 = (
    b"%b6=%b\x01%b14=%b\x0117=%b\x01%b%b37=%b\x01%b39=%b\x01%b%b%b54=%b\x0155=%b\x01"
    b"%b%b%b%b150=%b\x01151=%b\x01%b"
)


_LIVE_ORDER_44 = (
    b"%b6=0\x0111=%b\x0114=0\x0117=%d-%d\x0137=%d\x0138=%b\x0139=0\x0140=%b\x01%b54=%b\x0155=%b\x01"
    b"59=%b\x0160=%b\x01150=0\x01151=%b\x01198=%d\x01"
)
_LIVE_ORDER_42 = _LIVE_ORDER_44.replace(b"37=", b"20=0\x0137=", 1)


def live_order_template(version: Version) -> bytes:
    """ExecType(150)=0 New of an order that has not traded, as a format: what most orders get.

    Its values: `1=account` with delimiter or nothing, ClOrdID, the two numbers of ExecID, OrderID,
    OrderQty, OrdType, `44=price` with delimiter or nothing, Side, Symbol, TimeInForce,
    TransactTime, LeavesQty, SecondaryOrderID. 0.4 us against 2.2 for an ExecutionReport value and
    `execution_report`, which a test holds equal.
    """
    return _LIVE_ORDER_42 if version.has_exec_trans_type else _LIVE_ORDER_44


def execution_report(version: Version, report: ExecutionReport) -> bytes:
    """The body of an ExecutionReport(8) in the version's words."""
    r = report
    exec_type = r.exec_type
    head: tuple[bytes, ...] = (
        b"1=%b\x01" % r.account if r.account else b"",
        r.avg_px,
        b"11=%b\x01" % r.cl_ord_id if r.cl_ord_id else b"",
        r.cum_qty,
        r.exec_id,
        b"19=%b\x01" % r.exec_ref_id if r.exec_ref_id else b"",
    )
    rej_reason = r.ord_rej_reason
    if version.has_exec_trans_type:
        trans_type = _EXEC_TRANS_TYPES.get(exec_type, b"0")
        if trans_type != b"0":
            exec_type = r.ord_status
        elif exec_type == b"F":
            exec_type = b"2" if r.leaves_qty == b"0" else b"1"
        head = (*head, trans_type)
        rej_reason = _OTHER_REASONS.get(rej_reason, rej_reason)
        template = _REPORT_42
    else:
        template = _REPORT_44
    return template % (
        *head,
        b"31=%b\x0132=%b\x01" % (r.last_px, r.last_qty) if r.last_qty else b"",
        r.order_id,
        b"38=%b\x01" % r.order_qty if r.order_qty else b"",
        r.ord_status,
        b"40=%b\x01" % r.ord_type if r.ord_type else b"",
        b"41=%b\x01" % r.orig_cl_ord_id if r.orig_cl_ord_id else b"",
        b"44=%b\x01" % r.price if r.price else b"",
        r.side,
        r.symbol,
        b"58=%b\x01" % r.text if r.text else b"",
        b"59=%b\x01" % r.time_in_force if r.time_in_force else b"",
        b"60=%b\x01" % r.transact_time if r.transact_time else b"",
        b"103=%b\x01" % rej_reason if rej_reason else b"",
        exec_type,
        r.leaves_qty,
        b"198=%b\x01" % r.secondary_order_id if r.secondary_order_id else b"",
    )


def order_cancel_reject(version: Version, reject: OrderCancelReject) -> bytes:
    """The body of an OrderCancelReject(9); FIX 4.2 says broker option for reasons 6 and 99."""
    reason = reject.cxl_rej_reason
    if version.has_exec_trans_type and reason in (b"6", b"99"):
        reason = b"2"
    return b"".join(
        (
            field(1, reject.account),
            b"11=%b\x0137=%b\x0139=%b\x01" % (reject.cl_ord_id, reject.order_id, reject.ord_status),
            field(41, reject.orig_cl_ord_id),
            field(58, reject.text),
            field(60, reject.transact_time),
            field(102, reason),
            b"434=%b\x01" % reject.cxl_rej_response_to,
        )
    )


def business_message_reject(reject: BusinessMessageReject) -> bytes:
    """The body of a BusinessMessageReject(j)."""
    return b"".join(
        (
            field(45, reject.ref_seq_num),
            field(58, reject.text),
            b"372=%b\x01" % reject.ref_msg_type,
            field(379, reject.business_reject_ref_id),
            b"380=%b\x01" % reject.business_reject_reason,
        )
    )


ReportMessage = ExecutionReport | OrderCancelReject | BusinessMessageReject

# fmt: off
REPORTS: dict[bytes, tuple[Callable[..., ReportMessage], tuple[int, ...]]] = {
    b"8": (ExecutionReport, (
        37, 17, 150, 39, 55, 54, 151, 14, 6, 11, 41, 198, 1, 38, 40, 44, 59, 32, 31, 60, 58, 103,
        19,
    )),
    b"9": (OrderCancelReject, (37, 11, 41, 39, 434, 102, 58, 1, 60)),
    b"j": (BusinessMessageReject, (45, 372, 380, 379, 58)),
}
# fmt: on
"""MsgType -> class and the tags of its attributes, in their order, before msg_seq_num."""


def report_message(message: Message, msg_seq_num: int) -> ReportMessage:
    """The typed form of an 8, 9 or j as a client receives it; ExecType(150) stays the wire's."""
    cls, tags = REPORTS[message.msg_type]
    return cls(*map(message.get, tags), msg_seq_num, message.is_poss_dup)
