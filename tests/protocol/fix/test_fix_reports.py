"""Each version's reports: words, order of fields, required fields, and the way back."""

import msgspec
import pytest

from protocol.fix import answers, fields
from protocol.fix.message import Message, decode
from protocol.fix.messages import (
    BusinessMessageReject,
    ExecutionReport,
    OrderCancelReject,
)
from protocol.fix.reports import (
    REPORTS,
    execution_report,
    order_cancel_reject,
    report_message,
)
from protocol.fix.stream import FixStream
from protocol.fix.version import (
    FIX40,
    FIX41,
    FIX42,
    FIX43,
    FIX44,
    FIX50,
    FIX50SP1,
    FIX50SP2,
    VERSIONS,
    Version,
    version_of,
)
from tests.protocol.fix.fix_scenes import START_NS, validator

NEW = ExecutionReport(
    order_id=b"17",
    exec_id=b"E1",
    exec_type=b"0",
    ord_status=b"0",
    symbol=b"AAPL",
    side=b"1",
    leaves_qty=b"100",
    cum_qty=b"0",
    avg_px=b"0",
    cl_ord_id=b"A1",
)
FULL = ExecutionReport(
    order_id=b"17",
    exec_id=b"E2",
    exec_type=b"F",
    ord_status=b"1",
    symbol=b"AAPL",
    side=b"1",
    leaves_qty=b"60",
    cum_qty=b"40",
    avg_px=b"187.05000000",
    cl_ord_id=b"A2",
    orig_cl_ord_id=b"A1",
    secondary_order_id=b"18",
    account=b"ACC",
    order_qty=b"100",
    ord_type=b"2",
    price=b"187.0500",
    time_in_force=b"0",
    last_qty=b"40",
    last_px=b"187.0500",
    transact_time=b"20260105-09:30:00.000",
    text=b"hello",
    ord_rej_reason=b"99",
    exec_ref_id=b"E1",
)
REQUIRED = {
    FIX40.name: (37, 17, 20, 39, 55, 54, 38, 32, 31, 14, 6),
    FIX41.name: (37, 17, 20, 150, 39, 55, 54, 38, 32, 31, 151, 14, 6),
    FIX43.name: (37, 17, 150, 39, 55, 54, 151, 14, 6),
    FIX50.name: (37, 17, 150, 39, 54, 151, 14),
    FIX50SP1.name: (37, 17, 150, 39, 54, 151, 14),
    FIX42.name: (37, 17, 20, 150, 39, 55, 54, 151, 14, 6),
    FIX44.name: (37, 17, 150, 39, 55, 54, 151, 14, 6),
    FIX50SP2.name: (37, 17, 150, 39, 54, 151, 14),
}
by_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


def shown(body: bytes) -> str:
    return body.decode().replace("\x01", "|").rstrip("|")


def received(version: Version, msg_type: bytes, body: bytes) -> Message:
    stream = FixStream(version, sender_comp_id=b"XVEN", target_comp_id=b"ACME")
    return decode(stream.write(msg_type, body, START_NS))


def test_fix_44_new() -> None:
    assert shown(execution_report(FIX44, NEW)) == (
        "6=0|11=A1|14=0|17=E1|37=17|39=0|54=1|55=AAPL|150=0|151=100"
    )


def test_fix_42_new_has_exec_trans_type() -> None:
    assert shown(execution_report(FIX42, NEW)) == (
        "6=0|11=A1|14=0|17=E1|20=0|37=17|39=0|54=1|55=AAPL|150=0|151=100"
    )


def test_fix_44_with_every_field() -> None:
    assert shown(execution_report(FIX44, FULL)) == (
        "1=ACC|6=187.05000000|11=A2|14=40|17=E2|19=E1|31=187.0500|32=40|37=17|38=100|39=1|40=2"
        "|41=A1|44=187.0500|54=1|55=AAPL|58=hello|59=0|60=20260105-09:30:00.000|103=99|150=F|151=60"
        "|198=18"
    )


def test_fix_42_with_every_field() -> None:
    assert shown(execution_report(FIX42, FULL)) == (
        "1=ACC|6=187.05000000|11=A2|14=40|17=E2|19=E1|20=0|31=187.0500|32=40|37=17|38=100|39=1|40=2"
        "|41=A1|44=187.0500|54=1|55=AAPL|58=hello|59=0|60=20260105-09:30:00.000|103=0|150=1|151=60"
        "|198=18"
    )


@pytest.mark.parametrize(
    ("exec_type", "leaves", "ord_status", "words_42"),
    [
        (b"0", b"100", b"0", (b"0", b"0")),
        (b"F", b"60", b"1", (b"0", b"1")),
        (b"F", b"0", b"2", (b"0", b"2")),
        (b"4", b"0", b"4", (b"0", b"4")),
        (b"5", b"60", b"5", (b"0", b"5")),
        (b"8", b"0", b"8", (b"0", b"8")),
        (b"C", b"0", b"C", (b"0", b"C")),
        (b"H", b"0", b"1", (b"1", b"1")),
        (b"G", b"0", b"2", (b"2", b"2")),
        (b"I", b"60", b"1", (b"3", b"1")),
    ],
)
def test_exec_type_in_each_versions_words(
    exec_type: bytes, leaves: bytes, ord_status: bytes, words_42: tuple[bytes, bytes]
) -> None:
    report = msgspec.structs.replace(
        NEW, exec_type=exec_type, leaves_qty=leaves, ord_status=ord_status
    )
    old = received(FIX42, b"8", execution_report(FIX42, report))
    assert (old.get(20), old.get(150)) == words_42
    for version in (FIX44, FIX50SP2):
        new = received(version, b"8", execution_report(version, report))
        assert (20 in new, new.get(150)) == (False, exec_type)


@by_version
@pytest.mark.parametrize("report", [NEW, FULL], ids=["new", "full"])
def test_required_fields_are_there_and_fields_ascend(
    version: Version, report: ExecutionReport
) -> None:
    message = received(version, b"8", execution_report(version, report))
    assert [tag for tag in REQUIRED[version.name] if not message.get(tag)] == []
    tags = [tag for tag, _ in message.body]
    assert tags == sorted(set(tags))


@pytest.mark.parametrize("report", [NEW, FULL], ids=["new", "full"])
def test_a_report_survives_the_round_trip(report: ExecutionReport) -> None:
    message = received(FIX44, b"8", execution_report(FIX44, report))
    assert report_message(message, 5) == msgspec.structs.replace(report, msg_seq_num=5)


CANCEL_REJECT = OrderCancelReject(
    order_id=b"NONE",
    cl_ord_id=b"A2",
    orig_cl_ord_id=b"A1",
    ord_status=b"8",
    cxl_rej_response_to=b"1",
    cxl_rej_reason=b"99",
    text=b"no",
    account=b"ACC",
    transact_time=b"20260105-09:30:00.000",
)


@by_version
def test_order_cancel_reject(version: Version) -> None:
    reason = "2" if version in (FIX42, FIX43) else "99"
    body = order_cancel_reject(version, CANCEL_REJECT)
    assert shown(body) == {
        "FIX.4.0": "11=A2|37=NONE|58=no",
        "FIX.4.1": "11=A2|37=NONE|39=8|41=A1|58=no",
    }.get(
        version.name,
        f"1=ACC|11=A2|37=NONE|39=8|41=A1|58=no|60=20260105-09:30:00.000|102={reason}|434=1",
    )
    if reason == "99" and version.has_reject_codes:
        assert report_message(received(version, b"9", body), 0) == CANCEL_REJECT


def test_the_oldest_versions_report_in_their_own_words() -> None:
    assert shown(execution_report(FIX40, NEW)) == (
        "6=0|11=A1|14=0|17=E1|20=0|31=0|32=0|37=17|38=0|39=0|54=1|55=AAPL"
    )
    assert shown(execution_report(FIX41, FULL)) == (
        "1=ACC|6=187.05000000|11=A2|14=40|17=E2|19=E1|20=0|31=187.0500|32=40|37=17|38=100|39=1|40=2"
        "|41=A1|44=187.0500|54=1|55=AAPL|58=hello|59=0|60=20260105-09:30:00|103=0|150=1|151=60"
        "|198=18"
    )


@by_version
@pytest.mark.parametrize("report", [NEW, FULL], ids=["new", "full"])
def test_every_report_is_valid_in_its_version(version: Version, report: ExecutionReport) -> None:
    message = received(version, b"8", execution_report(version, report))
    validator(version).check(message)
    reject = order_cancel_reject(version, CANCEL_REJECT)
    validator(version).check(received(version, b"9", reject))


def test_a_client_reads_the_business_message_reject_that_the_venue_writes() -> None:
    reason = fields.BusinessRejectReason.APPLICATION_NOT_AVAILABLE
    msg_type, body = answers.business_reject(FIX44, (b"7", b"D"), reason, b"closed", ref_id=b"A1")
    assert (msg_type, shown(body)) == (b"j", "45=7|58=closed|372=D|379=A1|380=4")
    reject = BusinessMessageReject(b"7", b"D", b"4", b"A1", b"closed")
    assert report_message(received(FIX44, msg_type, body), 0) == reject


def test_every_report_has_a_tag_for_every_attribute() -> None:
    for cls, tags in REPORTS.values():
        names = cls.__struct_fields__  # type: ignore[attr-defined]
        beside = ("msg_seq_num", "poss_dup", "more")
        assert len(tags) == len([name for name in names if name not in beside])


def test_every_version_is_found_by_its_key() -> None:
    for version in VERSIONS:
        assert version_of(version.begin_string, version.appl_ver_id) is version
    assert version_of(b"FIXT.1.1") is None
    assert version_of(b"FIX.4.4", b"9") is None


def test_the_wire_values_of_every_enumeration_are_distinct_bytes() -> None:
    for name in dir(fields):
        members = getattr(getattr(fields, name), "__members__", None)
        if members:
            assert all(isinstance(member.value, bytes) for member in members.values()), name
    assert answers.field(58, b"") == b""
