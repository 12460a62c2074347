"""The client's side: its Logon, its orders, what it is told (test case 1B)."""

import pytest

from protocol.fix.events import LoggedOn, Terminated
from protocol.fix.messages import ExecutionReport, NewOrderSingle
from protocol.fix.orders import order_entry_body
from protocol.fix.session import FixSession
from protocol.fix.settings import REPORT_TYPES, FixSettings
from protocol.fix.state import State
from protocol.fix.stream import FixStream
from protocol.fix.version import FIX44, FIX50SP2, Version
from tests.protocol.fix.fix_scenes import SECOND, START_NS, T0, framed, shown

SETTINGS = FixSettings(application_types=REPORT_TYPES)


class Client:
    def __init__(self, version: Version = FIX44, **logon: bool | bytes) -> None:
        self.stream = FixStream(version, sender_comp_id=b"ACME", target_comp_id=b"XVEN")
        self.session = FixSession.initiator(self.stream, SETTINGS, START_NS)
        self.logon = logon

    def connects(self) -> list[str]:
        self.session.logon(START_NS, **self.logon)  # type: ignore[arg-type]
        return self.sent()

    def sent(self) -> list[str]:
        while self.session.resend_slice(START_NS):
            pass
        return [shown(frame) for frame in self.session.data_to_send()]

    def hears(self, text: str, begin_string: str = "FIX.4.4") -> list[object]:
        msg_type, number, *body = text.split("|")
        whole = "|".join([msg_type, number, "49=XVEN", f"52={T0}", "56=ACME", *body])
        self.session.receive_data(framed(whole, begin_string), START_NS)
        events = []
        while (event := self.session.next_event()) is not None:
            events.append(event)
        return events


def says(msg_type: str, number: int, *body: str) -> str:
    return "|".join([f"35={msg_type}", f"34={number}", "49=ACME", f"52={T0}", "56=XVEN", *body])


def test_logon_carries_credentials() -> None:
    client = Client(username=b"bob", password=b"secret")
    assert client.connects() == [says("A", 1, "98=0", "108=30", "553=bob", "554=secret")]
    assert client.hears("35=A|34=1|98=0|108=20") == [LoggedOn(20)]
    assert client.session.state is State.ACTIVE
    assert client.session.deadline_ns == START_NS + 20 * SECOND


def test_fixt_logon_carries_the_application_version() -> None:
    client = Client(FIX50SP2)
    assert client.connects() == [says("A", 1, "98=0", "108=30", "1137=9")]
    assert client.hears("35=A|34=1|98=0|108=30|1137=9", "FIXT.1.1") == [LoggedOn(30)]


def test_an_answer_with_a_high_number_asks_for_what_is_missing() -> None:
    client = Client()
    client.connects()
    assert LoggedOn(30) in client.hears("35=A|34=5|98=0|108=30")
    assert client.sent() == [says("2", 2, "7=1", "16=0")]


def test_an_answer_with_a_low_number_logs_out() -> None:
    client = Client()
    client.stream.expected_msg_seq_num = 7
    client.connects()
    assert client.hears("35=A|34=5|98=0|108=30") == [
        Terminated("MsgSeqNum(34) too low: expected 7, received 5")
    ]
    text = "58=MsgSeqNum too low, expecting 7 but received 5"
    assert client.sent() == [says("5", 2, text)]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("35=5|34=1|58=not today", "logon refused: not today"),
        (
            "35=0|34=1",
            "invalid answer to our Logon(A): expected a Logon(A) of the same BeginString(8)",
        ),
        ("35=A|34=1|98=0", "invalid answer to our Logon(A): Required tag missing"),
        (
            "35=A|34=1|98=0|108=30|141=Y",
            "invalid answer to our Logon(A): ResetSeqNumFlag(141) that was not asked for",
        ),
    ],
)
def test_a_refused_or_bad_answer_ends_the_session(answer: str, reason: str) -> None:
    client = Client()
    client.connects()
    assert client.hears(answer) == [Terminated(reason)]


def test_no_answer_within_ten_seconds_ends_the_session() -> None:
    client = Client()
    client.connects()
    assert client.session.deadline_ns == START_NS + 10 * SECOND
    client.session.handle_timeout(START_NS + 10 * SECOND)
    assert client.session.next_event() == Terminated("no Logon(A) in time")


def test_messages_written_before_the_answer_leave_after_it() -> None:
    client = Client(reset_seq_num_flag=True)
    client.stream.write(b"D", b"11=EARLY\x01", START_NS)
    assert client.connects() == [says("A", 1, "98=0", "108=30", "141=Y")]
    client.session.send(b"D", b"11=LATE\x01", START_NS)
    assert client.sent() == []
    assert client.hears("35=A|34=1|98=0|108=30|141=Y") == [LoggedOn(30)]
    assert client.sent() == [says("D", 2, "11=EARLY"), says("D", 3, "11=LATE")]
    assert client.stream.unsent == []


def test_messages_of_an_earlier_connection_are_left_to_the_venues_resend_request() -> None:
    client = Client()
    client.stream.write(b"D", b"11=EARLY\x01", START_NS)
    assert client.connects() == [says("A", 2, "98=0", "108=30")]
    client.hears("35=A|34=1|98=0|108=30")
    assert client.sent() == []
    client.hears("35=2|34=2|7=1|16=0")
    first = f"35=D|34=1|43=Y|49=ACME|52={T0}|56=XVEN|122={T0}|11=EARLY"
    fill = f"35=4|34=2|43=Y|49=ACME|52={T0}|56=XVEN|122={T0}|36=3|123=Y"
    assert client.sent() == [first, fill]


def test_an_execution_report_becomes_a_value() -> None:
    client = Client()
    client.connects()
    client.hears("35=A|34=1|98=0|108=30")
    body = "6=0|11=A1|14=0|17=9|37=1|38=100|39=0|54=1|55=AAPL|150=0|151=100"
    assert client.hears(f"35=8|34=2|{body}") == [
        ExecutionReport(
            order_id=b"1",
            exec_id=b"9",
            exec_type=b"0",
            ord_status=b"0",
            symbol=b"AAPL",
            side=b"1",
            leaves_qty=b"100",
            cum_qty=b"0",
            avg_px=b"0",
            cl_ord_id=b"A1",
            order_qty=b"100",
            msg_seq_num=2,
        )
    ]


def test_an_order_body_ascends_by_tag() -> None:
    order = NewOrderSingle(
        0, b"A1", b"", b"AAPL", b"1", b"100", b"2", b"187.05", b"0", b"", b"1",
        ((111, b"10"), (18, b"M")),
    )  # fmt: skip
    expected = b"11=A1|18=M|21=1|38=100|40=2|44=187.05|54=1|55=AAPL|59=0|111=10|"
    assert order_entry_body(order) == (b"D", expected.replace(b"|", b"\x01"))
