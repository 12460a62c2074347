"""The format for a live order's first report against the general encoder."""

import pytest

from protocol.fix.live_order import live_order_template
from protocol.fix.messages import ExecutionReport
from protocol.fix.reports import execution_report
from protocol.fix.version import FIX42, FIX44, FIX50SP2, Version


@pytest.mark.parametrize("version", [FIX42, FIX44, FIX50SP2], ids=lambda v: v.name)
@pytest.mark.parametrize("account", [b"", b"ACC"], ids=["no account", "account"])
@pytest.mark.parametrize("price", [b"", b"187.0100"], ids=["market", "limit"])
def test_the_template_says_what_the_encoder_says(
    version: Version, account: bytes, price: bytes
) -> None:
    report = ExecutionReport(
        order_id=b"7",
        exec_id=b"12-0",
        exec_type=b"0",
        ord_status=b"0",
        symbol=b"AAPL",
        side=b"5",
        leaves_qty=b"100",
        cum_qty=b"0",
        avg_px=b"0",
        cl_ord_id=b"a",
        secondary_order_id=b"8",
        account=account,
        order_qty=b"100",
        ord_type=b"2",
        price=price,
        time_in_force=b"1",
        transact_time=b"20240102-09:30:00.000",
    )
    assert live_order_template(version) % (
        b"1=%b\x01" % account if account else b"",
        b"a",
        12,
        0,
        7,
        b"100",
        b"2",
        b"44=%b\x01" % price if price else b"",
        b"5",
        b"AAPL",
        b"1",
        b"20240102-09:30:00.000",
        b"100",
        8,
    ) == execution_report(version, report)
