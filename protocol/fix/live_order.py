"""The report that most orders get, as one format: ExecType(150)=0 New of an order without fills.

0.4 us against 2.2 for an `ExecutionReport` value and its encoder, which a test holds equal.
"""

from protocol.fix.version import Version

_TEMPLATE_44 = (
    b"%b6=0\x0111=%b\x0114=0\x0117=%d-%d\x0137=%d\x0138=%b\x0139=0\x0140=%b\x01%b54=%b\x0155=%b\x01"
    b"59=%b\x0160=%b\x01150=0\x01151=%b\x01198=%d\x01"
)
_TEMPLATE_42 = _TEMPLATE_44.replace(b"37=", b"20=0\x0137=", 1)
_TEMPLATE_41 = _TEMPLATE_42.replace(b"37=", b"31=0\x0132=0\x0137=", 1)


def live_order_template(version: Version) -> bytes:
    """A format for the body of an ExecutionReport(8), from FIX 4.1 on.

    Its values: `1=account` with delimiter or nothing, ClOrdID, the two numbers of ExecID, OrderID,
    OrderQty, OrdType, `44=price` with delimiter or nothing, Side, Symbol, TimeInForce,
    TransactTime, LeavesQty, SecondaryOrderID.
    """
    assert version.has_exec_type, "FIX 4.0 has neither ExecType nor LeavesQty"
    if not version.has_reject_codes:
        return _TEMPLATE_41
    return _TEMPLATE_42 if version.has_exec_trans_type else _TEMPLATE_44
