"""What the venue answers orders with, per version; and, for the client's side, the way back.

Fields ascend by tag. Required: FIX 4.0 and 4.1 37 17 20 39 55 54 38 32 31 14 6, 4.1 also 150 151;
FIX 4.2 Vol. 4 ExecutionReport 37 17 20 150 39 55 54 151 14 6;
FIX 4.4 the same without 20, FIX 5.0 SP2 without 55 and 6.
"""

from collections.abc import Callable

import msgspec

from protocol.fix.answers import field
from protocol.fix.message import Message
from protocol.fix.messages import BusinessMessageReject, ExecutionReport, OrderCancelReject
from protocol.fix.version import Version

MILLISECONDS_WIDTH = 21
SECONDS_WIDTH = 17
EXPIRE_TIME = 126
_EXEC_TRANS_TYPES = {b"H": b"1", b"G": b"2", b"I": b"3"}
"""ExecType(150) of FIX 4.3 and later -> ExecTransType(20) of FIX 4.2; everything else is 0, new."""
_REASONS = {
    code: frozenset(b"%d" % reason for reason in range(count))
    for code, count in (("40", 4), ("41", 5), ("42", 9), ("43", 13), ("44", 16))
}
"""OrdRejReason(103) of a version; another becomes 0, broker option, since FIX 4.4 99, other."""
_CXL_REASONS = {
    "40": frozenset((b"0", b"1")),
    "41": frozenset((b"0", b"1")),
    "42": frozenset((b"0", b"1", b"2", b"3")),
    "43": frozenset((b"0", b"1", b"2", b"3", b"4", b"5", b"6")),
    "44": frozenset((b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"99")),
}
"""CxlRejReason(102) of a version; another becomes 2, broker option, or is left out before 4.2."""

# fmt: off
_REPORT_FIELDS = (
    1, 6, 11, 14, 17, 19, 20, 31, 32, 37, 38, 39, 40, 41, 44, 54, 55, 58, 59, 60, 103, 150, 151, 198
)
# fmt: on
_ALWAYS = frozenset((6, 14, 17, 37, 39, 54, 55, 150, 151))
_templates: dict[tuple[bool, ...], bytes] = {}
"""Which optional fields are absent -> the body with a place for every value. Few are ever used."""


def _template(absent: tuple[bool, ...]) -> bytes:
    """One `%b` for every field of `_REPORT_FIELDS`; an absent field is that alone, for b""."""
    optional = iter(absent)
    return b"".join(
        b"%d=%%b\x01" % tag if tag in _ALWAYS or not next(optional) else b"%b"
        for tag in _REPORT_FIELDS
    )


def execution_report(
    version: Version, report: ExecutionReport, time_width: int = MILLISECONDS_WIDTH
) -> bytes:
    """The body of an ExecutionReport(8) in the version's words, TransactTime(60) cut to so many
    bytes.

    One cached template for all values beats joining the fields that are there, 0.8 to 1.2 us
    (tests/benchmarks/bench_fix_codec.py).
    """
    if report.more:
        return _with_more(version, report, time_width)
    exec_type = report.exec_type
    ord_rej_reason = report.ord_rej_reason
    exec_trans_type = b""
    if ord_rej_reason and ord_rej_reason not in _REASONS.get(version.code, (ord_rej_reason,)):
        ord_rej_reason = b"99" if version.code == "44" else b"0"
    if version.has_exec_trans_type:
        exec_trans_type = _EXEC_TRANS_TYPES.get(exec_type, b"0")
        if exec_trans_type != b"0":
            exec_type = report.ord_status
        elif exec_type == b"F":
            exec_type = b"2" if report.leaves_qty == b"0" else b"1"
        if not version.has_reject_codes:
            return _oldest_report(version, report, exec_trans_type, exec_type, ord_rej_reason)
    account = report.account
    cl_ord_id = report.cl_ord_id
    exec_ref_id = report.exec_ref_id
    last_px = report.last_px
    last_qty = report.last_qty
    order_qty = report.order_qty
    ord_type = report.ord_type
    orig_cl_ord_id = report.orig_cl_ord_id
    price = report.price
    text = report.text
    time_in_force = report.time_in_force
    transact_time = report.transact_time[:time_width]
    secondary_order_id = report.secondary_order_id
    # fmt: off
    absent = (
        not account, not cl_ord_id, not exec_ref_id, not exec_trans_type, not last_px, not last_qty,
        not order_qty, not ord_type, not orig_cl_ord_id, not price, not text, not time_in_force,
        not transact_time, not ord_rej_reason, not secondary_order_id,
    )
    template = _templates.get(absent)
    if template is None:
        template = _templates[absent] = _template(absent)
    return template % (
        account, report.avg_px, cl_ord_id, report.cum_qty, report.exec_id, exec_ref_id,
        exec_trans_type, last_px, last_qty, report.order_id, order_qty, report.ord_status, ord_type,
        orig_cl_ord_id, price, report.side, report.symbol, text, time_in_force, transact_time,
        ord_rej_reason, exec_type, report.leaves_qty, secondary_order_id,
    )
    # fmt: on


def _with_more(version: Version, report: ExecutionReport, time_width: int) -> bytes:
    plain = execution_report(version, msgspec.structs.replace(report, more=()), time_width)
    width = time_width if version.has_reject_codes else SECONDS_WIDTH
    fields = plain.split(b"\x01")[:-1]
    for tag, value in report.more:
        fields.append(b"%d=%b" % (tag, value[:width] if tag == EXPIRE_TIME else value))
    fields.sort(key=lambda one: int(one.partition(b"=")[0]))
    return b"\x01".join(fields) + b"\x01"


def _oldest_report(
    version: Version,
    report: ExecutionReport,
    exec_trans_type: bytes,
    exec_type: bytes,
    ord_rej_reason: bytes,
) -> bytes:
    """FIX 4.0 and 4.1: OrderQty(38), LastShares(32) and LastPx(31) are always there, 0 where there
    is none; times have no fraction; 4.0 has neither ExecType nor LeavesQty nor OrigClOrdID. No
    restatement: a status (ExecTransType(20)=3) that nobody asked for says as much."""
    late = version.has_exec_type
    if exec_type == b"D":
        exec_trans_type, exec_type = b"3", report.ord_status
    fields = (
        (1, report.account), (6, report.avg_px), (11, report.cl_ord_id), (14, report.cum_qty),
        (17, report.exec_id), (19, report.exec_ref_id), (20, exec_trans_type),
        (31, report.last_px or b"0"), (32, report.last_qty or b"0"), (37, report.order_id),
        (38, report.order_qty or b"0"), (39, report.ord_status), (40, report.ord_type),
        (41, report.orig_cl_ord_id if late else b""), (44, report.price), (54, report.side),
        (55, report.symbol), (58, report.text), (59, report.time_in_force),
        (60, report.transact_time[:SECONDS_WIDTH]), (103, ord_rej_reason),
        (150, exec_type if late else b""), (151, report.leaves_qty if late else b""),
        (198, report.secondary_order_id if late else b""),
    )  # fmt: skip
    return b"".join(field(tag, value) for tag, value in fields)


def order_cancel_reject(
    version: Version, reject: OrderCancelReject, time_width: int = MILLISECONDS_WIDTH
) -> bytes:
    """The body of an OrderCancelReject(9) in the version's words, its time as in
    `execution_report`."""
    reason = reject.cxl_rej_reason
    known = _CXL_REASONS.get(version.code)
    if not version.has_reject_codes:
        assert known is not None
        order = b"37=%b\x01" % reject.order_id
        if version.has_exec_type:
            order += b"39=%b\x0141=%b\x01" % (reject.ord_status, reject.orig_cl_ord_id)
        reason = reason if reason in known else b""
        return b"11=%b\x01%b%b%b" % (
            reject.cl_ord_id,
            order,
            field(58, reject.text),
            field(102, reason),
        )
    if known is not None and reason not in known:
        reason = b"2"
    return b"".join(
        (
            field(1, reject.account),
            b"11=%b\x0137=%b\x0139=%b\x01" % (reject.cl_ord_id, reject.order_id, reject.ord_status),
            field(41, reject.orig_cl_ord_id),
            field(58, reject.text),
            field(60, reject.transact_time[:time_width]),
            field(102, reason),
            b"434=%b\x01" % reject.cxl_rej_response_to,
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
