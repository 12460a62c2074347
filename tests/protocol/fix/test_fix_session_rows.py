"""One test for every row of the session rules: an acceptor's answers, whole, at literal times.

The numbers are those of the public FIX Session Layer Test Cases. What is judged here stands in
protocol.fix.conversation, logons in protocol.fix.session.
"""

import pytest

from protocol.fix.events import (
    LoggedOn,
    LogonRequested,
    NumbersReset,
    RejectReceived,
    Remark,
    Terminated,
)
from protocol.fix.messages import NewOrderSingle
from protocol.fix.settings import FixSettings
from protocol.fix.state import State
from protocol.fix.version import FIX42, FIX44, FIX50SP2, Version
from tests.protocol.fix.fix_scenes import (
    EARLY,
    LATE,
    ORDER,
    T0,
    Peer,
    framed,
    logged_on,
    venue_says,
)

versions = pytest.mark.parametrize(
    "version", [FIX42, FIX44, FIX50SP2], ids=lambda version: version.name
)
HELLO = "112=HELLO"


def echo(number: int) -> str:
    return venue_says("0", number, HELLO)


# -- logon ----------------------------------------------------------------------------------------


@versions
def test_1a_logon_is_answered_with_the_same_heart_bt_int(version: Version) -> None:
    peer = Peer(version)
    fields = ["98=0", "108=30"] + (["1137=9"] if version is FIX50SP2 else [])
    assert peer.logs_on() == [venue_says("A", 1, *fields)]
    assert isinstance(peer.events[0], LogonRequested)
    assert peer.events[1:] == [LoggedOn(30)]
    assert peer.stream.expected_msg_seq_num == 2


def test_1a_logon_with_a_high_number_is_answered_then_the_gap_asked_for() -> None:
    peer = Peer()
    assert peer.logs_on(number=5) == [
        venue_says("A", 1, "98=0", "108=30"),
        venue_says("2", 2, "7=1", "16=0"),
    ]
    assert peer.stream.expected_msg_seq_num == 1
    # The Logon itself is not asked for again: 1 to 4 close the gap.
    peer.says("35=4|34=1|43=Y|49=ACME|52=" + T0 + "|56=XVEN|122=" + T0 + "|36=5|123=Y")
    assert peer.stream.expected_msg_seq_num == 6
    assert peer.session.state is State.ACTIVE


def test_1a_logon_with_a_low_number_is_logged_out() -> None:
    peer = Peer()
    peer.stream.expected_msg_seq_num = 7
    assert peer.logs_on(number=5) == [
        venue_says("5", 1, "58=MsgSeqNum too low, expecting 7 but received 5")
    ]
    assert peer.ended == "MsgSeqNum(34) too low: expected 7, received 5"


def test_1b_1c_logon_refused_by_the_gateway_closes_silently() -> None:
    peer = Peer()
    peer.session.receive_data(peer.frame("35=A|34=1|98=0|108=30"), peer.now_ns)
    assert isinstance(peer.session.next_event(), LogonRequested)
    peer.session.reject(None, peer.now_ns)
    assert peer.session.next_event() == Terminated("logon refused")
    assert peer.session.data_to_send() == []


def test_logon_refused_with_a_text_takes_no_number() -> None:
    peer = Peer()
    peer.session.receive_data(peer.frame("35=A|34=1|98=0|108=30"), peer.now_ns)
    peer.session.next_event()
    peer.session.reject(b"wrong password", peer.now_ns, msg_seq_num=7)
    assert peer.answers() == [venue_says("5", 7, "58=wrong password")]
    assert peer.ended == "logon refused: wrong password"
    assert peer.stream.sent_log.next_number == 1


@pytest.mark.parametrize("time", [EARLY, LATE, "20010101-00:00:00", "yesterday"])
def test_1d_logon_with_a_bad_sending_time_closes_silently(time: str) -> None:
    peer = Peer()
    assert peer.says(f"35=A|34=1|49=ACME|52={time}|56=XVEN|98=0|108=30") == []
    assert peer.ended and peer.ended.startswith("invalid Logon(A): ")


def test_1d_logon_with_a_wrong_body_length_closes_silently() -> None:
    peer = Peer()
    wrong = peer.frame("35=A|34=1|98=0|108=30").replace(b"\x019=", b"\x019=4", 1)
    assert peer.sends(wrong[:12] + b"40" + wrong[wrong.index(b"\x0135=") :]) == []
    assert peer.ended == "garbled before logon: BodyLength(9) does not lead to CheckSum(10)"


@pytest.mark.parametrize("begin_string", ["FIX.3.9", "FIX.4.5", "FIXT.1.2"])
def test_1d_logon_with_another_begin_string_closes_silently(begin_string: str) -> None:
    peer = Peer()
    logon = f"35=A|34=1|49=ACME|52={T0}|56=XVEN|98=0|108=30"
    assert peer.sends(framed(logon, begin_string)) == []
    assert peer.ended == f"unsupported BeginString(8) or DefaultApplVerID(1137): {begin_string}"


def test_1d_fixt_logon_without_default_appl_ver_id_closes_silently() -> None:
    peer = Peer(FIX50SP2)
    assert peer.says("35=A|34=1|98=0|108=30") == []
    assert peer.ended == "unsupported BeginString(8) or DefaultApplVerID(1137): FIXT.1.1"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("108=30", "Required tag missing, tag 98"),
        ("98=0", "Required tag missing, tag 108"),
        ("98=0|108=", "Tag specified without a value, tag 108"),
        ("98=0|108=-1", "Incorrect data format for value, tag 108"),
    ],
)
def test_1d_logon_without_its_required_fields_closes_silently(body: str, reason: str) -> None:
    peer = Peer()
    assert peer.says(f"35=A|34=1|{body}") == []
    assert peer.ended == f"invalid Logon(A): {reason}"


def test_1e_first_message_that_is_no_logon_closes_silently() -> None:
    peer = Peer()
    assert peer.says("35=0|34=1") == []
    assert peer.ended == "first message is not a Logon(A): MsgType(35) 0"


def test_no_logon_within_ten_seconds_closes() -> None:
    peer = Peer()
    assert peer.waits(9.9) == []
    assert peer.ended is None
    assert peer.waits(0.2) == []
    assert peer.ended == "no Logon(A) in time"


def test_reset_on_logon_starts_both_numbers_at_1_without_echoing_141() -> None:
    peer = Peer(settings=FixSettings(reset_on_logon=True))
    peer.stream.expected_msg_seq_num = 7
    peer.stream.sent_log.restart_at(9)
    assert peer.logs_on() == [venue_says("A", 1, "98=0", "108=30")]
    assert (peer.stream.expected_msg_seq_num, peer.stream.sent_log.next_number) == (2, 2)


def test_logon_with_reset_seq_num_flag_is_answered_with_it() -> None:
    peer = Peer()
    peer.stream.expected_msg_seq_num = 7
    assert peer.logs_on("98=0|108=30|141=Y") == [venue_says("A", 1, "98=0", "108=30", "141=Y")]
    assert peer.stream.expected_msg_seq_num == 2


def test_logon_with_reset_seq_num_flag_in_mid_session_resets_both_numbers() -> None:
    peer = logged_on()
    assert peer.says("35=1|34=2|112=1") == [venue_says("0", 2, "112=1")]
    assert peer.logs_on("98=0|108=30|141=Y") == [venue_says("A", 1, "98=0", "108=30", "141=Y")]
    assert peer.events == [NumbersReset()]
    assert peer.says("35=1|34=2|112=1") == [venue_says("0", 2, "112=1")]


def test_logon_in_mid_session_without_reset_closes_silently() -> None:
    peer = logged_on()
    assert peer.says("35=A|34=2|98=0|108=30", "35=1|34=3|112=HELLO") == []
    assert peer.events == [Terminated("Logon(A) in mid-session without ResetSeqNumFlag(141)")]
    assert peer.stream.expected_msg_seq_num == 2


def test_bytes_behind_a_logon_wait_for_accept() -> None:
    peer = Peer()
    both = peer.frame("35=A|34=1|98=0|108=30") + peer.frame("35=1|34=2|112=HELLO")
    peer.session.receive_data(both, peer.now_ns)
    assert isinstance(peer.session.next_event(), LogonRequested)
    assert peer.session.next_event() is None
    assert peer.session.deadline_ns is None
    peer.session.accept(peer.stream, peer.settings, peer.now_ns)
    assert peer.answers() == [venue_says("A", 1, "98=0", "108=30"), echo(2)]


# -- numbers --------------------------------------------------------------------------------------


@versions
def test_2a_messages_with_the_expected_number_are_accepted(version: Version) -> None:
    peer = logged_on(version)
    assert peer.says("35=0|34=2", "35=0|34=3", "35=0|34=4") == []
    assert peer.stream.expected_msg_seq_num == 5


def test_2b_a_number_too_high_asks_once_and_queues() -> None:
    peer = logged_on()
    assert peer.says("35=1|34=10|112=TEN") == [venue_says("2", 2, "7=2", "16=0")]
    assert peer.session.state is State.RECOVERING
    assert peer.says("35=1|34=11|112=ELEVEN") == []
    for number in range(2, 9):
        assert peer.says(f"35=0|34={number}") == []
    assert peer.says("35=0|34=9") == [
        venue_says("0", 3, "112=TEN"),
        venue_says("0", 4, "112=ELEVEN"),
    ]
    assert peer.session.state is State.ACTIVE
    assert peer.stream.expected_msg_seq_num == 12


def test_2b_what_is_still_missing_behind_the_gap_is_asked_for_again() -> None:
    peer = logged_on()
    peer.says("35=0|34=4", "35=0|34=8")
    assert peer.says("35=0|34=2", "35=0|34=3") == [venue_says("2", 3, "7=5", "16=0")]
    assert peer.session.state is State.RECOVERING
    assert peer.says("35=4|34=5|36=8|123=Y") == []
    assert peer.stream.expected_msg_seq_num == 9
    assert peer.session.state is State.ACTIVE


def test_2c_a_number_too_low_is_logged_out_at_once() -> None:
    peer = logged_on()
    peer.says("35=0|34=2", "35=0|34=3", "35=0|34=4")
    assert peer.says("35=0|34=2") == [
        venue_says("5", 2, "58=MsgSeqNum too low, expecting 5 but received 2")
    ]
    assert peer.ended == "MsgSeqNum(34) too low: expected 5, received 2"


def test_2e_a_possible_duplicate_already_received_is_ignored() -> None:
    peer = logged_on()
    peer.says("35=0|34=2")
    again = f"35=0|34=2|43=Y|49=ACME|52={T0}|56=XVEN|122={T0}"
    assert peer.says(again, "35=1|34=3|112=HELLO") == [echo(2)]
    assert peer.events == [Remark("duplicate ignored: MsgSeqNum(34) 2")]


def test_2e_a_possible_duplicate_not_yet_received_is_processed() -> None:
    peer = logged_on()
    first = f"35=1|34=2|43=Y|49=ACME|52={T0}|56=XVEN|122={T0}|112=HELLO"
    assert peer.says(first) == [echo(2)]
    assert peer.stream.expected_msg_seq_num == 3


@pytest.mark.parametrize(("number", "counted"), [(2, 4), (4, 5)])
def test_2f_a_duplicate_first_sent_later_is_rejected_and_logged_out(
    number: int, counted: int
) -> None:
    peer = logged_on()
    peer.says("35=0|34=2", "35=0|34=3")
    late = f"35=D|34={number}|43=Y|49=ACME|52={T0}|56=XVEN|122=20260105-09:30:10|{ORDER}"
    assert peer.says(late) == [
        venue_says("3", 2, f"45={number}", "58=SendingTime accuracy problem", "372=D", "373=10"),
        venue_says("5", 3),
    ]
    assert peer.session.state is State.LOGGING_OUT
    assert peer.stream.expected_msg_seq_num == counted
    assert peer.says("35=5|34=4") == []
    assert peer.ended == "logged out"


@pytest.mark.parametrize(("number", "counted"), [(2, 4), (4, 5)])
def test_2g_a_duplicate_without_orig_sending_time_is_rejected(number: int, counted: int) -> None:
    peer = logged_on()
    peer.says("35=0|34=2", "35=0|34=3")
    assert peer.says(f"35=0|34={number}|43=Y|49=ACME|52={T0}|56=XVEN") == [
        venue_says("3", 2, f"45={number}", "58=Required tag missing", "371=122", "372=0", "373=1")
    ]
    assert peer.session.state is State.ACTIVE
    assert peer.stream.expected_msg_seq_num == counted


def test_2i_another_begin_string_is_logged_out_and_counted() -> None:
    peer = logged_on()
    other = framed(f"35=1|34=2|49=ACME|52={T0}|56=XVEN|112=id", "FIX.4.1")
    assert peer.sends(other) == [venue_says("5", 2, "58=Incorrect BeginString")]
    assert peer.stream.expected_msg_seq_num == 3
    assert peer.waits(2.1) == []
    assert peer.ended == "no Logout(5) in answer to ours"


@pytest.mark.parametrize(
    ("sender", "target"), [("OTHER", "XVEN"), ("ACME", "OTHER"), ("XVEN", "ACME")]
)
def test_2k_another_comp_id_is_rejected_and_logged_out(sender: str, target: str) -> None:
    peer = logged_on()
    assert peer.says(f"35=D|34=2|49={sender}|52={T0}|56={target}|{ORDER}") == [
        venue_says("3", 2, "45=2", "58=CompID problem", "372=D", "373=9"),
        venue_says("5", 3),
    ]
    assert peer.says("35=5|34=3") == []
    assert peer.ended == "logged out"


@pytest.mark.parametrize("time", [EARLY, LATE])
def test_2o_an_inaccurate_sending_time_is_rejected_and_logged_out(time: str) -> None:
    peer = logged_on()
    assert peer.says(f"35=0|34=2|49=ACME|52={time}|56=XVEN") == [
        venue_says("3", 2, "45=2", "58=SendingTime accuracy problem", "372=0", "373=10"),
        venue_says("5", 3),
    ]
    assert peer.stream.expected_msg_seq_num == 3


def test_2o_a_sending_time_within_120_seconds_is_accepted() -> None:
    peer = logged_on()
    times = ("20260105-09:28:00.000", "20260105-09:32:00.000", "20260105-09:30:00.123456789")
    for number, time in enumerate(times, 2):
        assert peer.says(f"35=0|34={number}|49=ACME|52={time}|56=XVEN") == []
    assert peer.stream.expected_msg_seq_num == 5


def test_a_sending_time_that_is_no_time_is_rejected_only() -> None:
    peer = logged_on()
    assert peer.says("35=0|34=2|49=ACME|52=now|56=XVEN") == [
        venue_says("3", 2, "45=2", "58=Incorrect data format for value", "371=52", "372=0", "373=6")
    ]
    assert peer.session.state is State.ACTIVE


@versions
def test_2q_an_unknown_msg_type_is_rejected(version: Version) -> None:
    peer = logged_on(version)
    assert peer.says("35=*|34=2") == [
        venue_says("3", 2, "45=2", "58=Invalid MsgType", "372=*", "373=11")
    ]
    assert peer.stream.expected_msg_seq_num == 3


@versions
@pytest.mark.parametrize("msg_type", ["P", "UX"])
def test_2r_an_unsupported_msg_type_is_business_rejected(version: Version, msg_type: str) -> None:
    peer = logged_on(version)
    assert peer.says(f"35={msg_type}|34=2|37=id") == [
        venue_says("j", 2, "45=2", "58=Unsupported Message Type", f"372={msg_type}", "380=3")
        + ("|1137=9" if version is FIX50SP2 else "")
    ]
    assert peer.stream.expected_msg_seq_num == 3


def test_a_business_reject_is_never_answered_with_another() -> None:
    peer = logged_on()
    assert peer.says("35=j|34=2|45=1|372=8|380=3") == []
    assert peer.events == [Remark("BusinessMessageReject(j) 2 ignored")]


def test_a_message_without_msg_seq_num_is_logged_out_at_once() -> None:
    peer = logged_on()
    assert peer.says(f"35=0|49=ACME|52={T0}|56=XVEN") == [
        venue_says("5", 2, "58=Received message without MsgSeqNum")
    ]
    assert peer.ended == "no MsgSeqNum(34)"


# -- administrative messages ----------------------------------------------------------------------


def test_4b_a_test_request_is_answered_with_its_id() -> None:
    assert logged_on().says("35=1|34=2|112=HELLO") == [echo(2)]


def test_7_a_reject_is_counted_and_handed_on() -> None:
    peer = logged_on()
    assert peer.says("35=3|34=2|45=1|58=no|371=44|372=8|373=5") == []
    assert peer.events == [RejectReceived(1, b"44", b"8", b"5", b"no")]
    assert peer.stream.expected_msg_seq_num == 3


def test_8_only_admin_messages_are_one_gap_fill() -> None:
    peer = logged_on()
    for number in (2, 3, 4):
        peer.says(f"35=1|34={number}|112=HELLO")
    fill = f"35=4|34=1|43=Y|49=XVEN|52={T0}|56=ACME|122={T0}|36=5|123=Y"
    assert peer.says("35=2|34=5|7=1|16=4") == [fill]
    assert peer.says("35=2|34=6|7=1|16=0") == [fill]


def test_8_a_resend_request_is_answered_whatever_its_number() -> None:
    peer = logged_on()
    peer.says("35=0|34=2", "35=0|34=3")
    fill = f"35=4|34=1|43=Y|49=XVEN|52={T0}|56=ACME|122={T0}|36=2|123=Y"
    assert peer.says("35=2|34=2|7=1|16=0") == [fill]
    assert peer.stream.expected_msg_seq_num == 4
    # Too high: answered first, then our own gap.
    assert peer.says("35=2|34=6|7=1|16=1") == [fill, venue_says("2", 2, "7=4", "16=0")]
    assert peer.says("35=4|34=4|36=6|123=Y") == []
    assert peer.stream.expected_msg_seq_num == 7


@pytest.mark.parametrize(
    ("body", "tag", "reason", "text"),
    [
        ("7=3|16=0", 7, 5, "Value is incorrect (out of range) for this tag"),
        ("7=0|16=0", 7, 5, "Value is incorrect (out of range) for this tag"),
        ("7=2|16=1", 16, 5, "Value is incorrect (out of range) for this tag"),
        ("7=x|16=1", 7, 6, "Incorrect data format for value"),
        ("7=1", 16, 1, "Required tag missing"),
        ("7=1|16=", 16, 4, "Tag specified without a value"),
    ],
)
def test_8_a_resend_request_of_what_cannot_be_is_rejected(
    body: str, tag: int, reason: int, text: str
) -> None:
    peer = logged_on()
    peer.says("35=1|34=2|112=HELLO")
    assert peer.says(f"35=2|34=3|{body}") == [
        venue_says("3", 3, "45=3", f"58={text}", f"371={tag}", "372=2", f"373={reason}")
    ]


def test_10a_a_gap_fill_too_high_is_queued_and_asked_for() -> None:
    peer = logged_on()
    assert peer.says("35=4|34=10|36=20|123=Y", "35=1|34=20|112=HELLO") == [
        venue_says("2", 2, "7=2", "16=0")
    ]
    assert peer.says("35=4|34=2|36=10|123=Y") == [echo(3)]
    assert peer.stream.expected_msg_seq_num == 21


def test_10b_a_gap_fill_with_the_expected_number_moves_on() -> None:
    peer = logged_on()
    assert peer.says("35=4|34=2|36=20|123=Y", "35=1|34=20|112=HELLO") == [echo(2)]


def test_10c_a_low_gap_fill_marked_possible_duplicate_is_ignored() -> None:
    peer = logged_on()
    low = f"35=4|34=1|43=Y|49=ACME|52={T0}|56=XVEN|122={T0}|36=20|123=Y"
    assert peer.says(low, "35=1|34=2|112=HELLO") == [echo(2)]


def test_10d_a_low_gap_fill_is_logged_out() -> None:
    peer = logged_on()
    assert peer.says("35=4|34=1|36=20|123=Y") == [
        venue_says("5", 2, "58=MsgSeqNum too low, expecting 2 but received 1")
    ]


@pytest.mark.parametrize("new_seq_no", [1, 2])
def test_10e_a_gap_fill_that_lowers_the_number_is_rejected(new_seq_no: int) -> None:
    peer = logged_on()
    text = f"58=attempt to lower sequence number, invalid value NewSeqNo(36)={new_seq_no}"
    assert peer.says(f"35=4|34=2|36={new_seq_no}|123=Y") == [
        venue_says("3", 2, "45=2", text, "371=36", "372=4", "373=5")
    ]
    assert peer.stream.expected_msg_seq_num == 3


@pytest.mark.parametrize("flag", ["", "|123=N"])
def test_11a_a_reset_raises_the_number_whatever_its_own(flag: str) -> None:
    peer = logged_on()
    assert peer.says(f"35=4|34=0|36=25{flag}", "35=1|34=25|112=HELLO") == [echo(2)]


@pytest.mark.parametrize("flag", ["", "|123=N"])
def test_11b_a_reset_to_the_expected_number_is_a_warning(flag: str) -> None:
    peer = logged_on()
    assert peer.says(f"35=4|34=0|36=2{flag}", "35=1|34=2|112=HELLO") == [echo(2)]
    assert peer.events == [Remark("SequenceReset(4) to 2, which is expected anyway")]


@pytest.mark.parametrize("flag", ["", "|123=N"])
def test_11c_a_reset_that_lowers_the_number_is_rejected_without_a_tag(flag: str) -> None:
    peer = logged_on()
    text = "58=Value is incorrect (out of range) for this tag"
    assert peer.says(f"35=4|34=0|36=1{flag}", "35=1|34=2|112=HELLO") == [
        venue_says("3", 2, "45=0", text, "372=4", "373=5"),
        echo(3),
    ]


def test_a_reset_over_an_open_gap_closes_it() -> None:
    peer = logged_on()
    peer.says("35=1|34=5|112=FIVE", "35=1|34=9|112=NINE")
    assert peer.says("35=4|34=0|36=9") == [venue_says("0", 3, "112=NINE")]
    assert peer.session.state is State.ACTIVE


# -- logout ---------------------------------------------------------------------------------------


def test_12_our_logout_waits_two_seconds_for_the_answer() -> None:
    peer = logged_on()
    peer.session.logout(b"end of day", peer.now_ns)
    assert peer.answers() == [venue_says("5", 2, "58=end of day")]
    assert peer.says("35=D|34=2|" + ORDER) == []
    assert peer.stream.expected_msg_seq_num == 2, "an order after our Logout is asked for again"
    assert peer.says("35=5|34=3") == []
    assert peer.ended == "logged out"


def test_12_without_an_answer_our_logout_ends_after_two_seconds() -> None:
    peer = logged_on()
    peer.session.logout(b"", peer.now_ns)
    assert peer.answers() == [venue_says("5", 2)]
    assert peer.waits(1.9) == []
    assert peer.ended is None
    assert peer.waits(0.2) == []
    assert peer.ended == "no Logout(5) in answer to ours"


def test_12_a_resend_request_is_still_answered_after_our_logout() -> None:
    peer = logged_on()
    peer.session.logout(b"", peer.now_ns)
    peer.answers()
    fill = f"35=4|34=1|43=Y|49=XVEN|52={T0}|56=ACME|122={T0}|36=3|123=Y"
    assert peer.says("35=2|34=2|7=1|16=0") == [fill]


@pytest.mark.parametrize("number", [2, 1, 11])
def test_13b_a_logout_is_confirmed_at_once_whatever_its_number(number: int) -> None:
    peer = logged_on()
    assert peer.says(f"35=5|34={number}") == [venue_says("5", 2)]
    assert peer.session.state is State.CLOSING
    assert peer.stream.expected_msg_seq_num == (3 if number == 2 else 2)
    assert peer.waits(2.1) == []
    assert peer.ended == "logged out"


def test_13b_the_peer_may_close_first() -> None:
    peer = logged_on()
    peer.says("35=5|34=2")
    peer.session.receive_eof(peer.now_ns)
    peer.answers()
    assert peer.ended == "logged out"


def test_a_closed_connection_ends_the_session() -> None:
    peer = logged_on()
    peer.session.receive_eof(peer.now_ns)
    peer.answers()
    assert peer.events == [Terminated("peer closed the connection")]
    assert not peer.stream.attached


# -- content --------------------------------------------------------------------------------------


def rejected(number: int, msg_type: str, tag: int, reason: int, text: str) -> str:
    return venue_says(
        "3", 2, f"45={number}", f"58={text}", f"371={tag}", f"372={msg_type}", f"373={reason}"
    )


def test_14b_a_missing_header_field_is_rejected_before_anything_else() -> None:
    peer = logged_on()
    assert peer.says(f"35=0|34=2|49=OTHER|52={LATE}") == [
        rejected(2, "0", 56, 1, "Required tag missing")
    ]
    assert peer.session.state is State.ACTIVE


@pytest.mark.parametrize(
    ("version", "missing"), [(FIX42, 11), (FIX44, 11), (FIX50SP2, 11), (FIX42, 21), (FIX44, 60)]
)
def test_14b_a_missing_body_field_is_rejected(version: Version, missing: int) -> None:
    peer = logged_on(version)
    body = "|".join(part for part in ORDER.split("|") if not part.startswith(f"{missing}="))
    assert peer.says(f"35=D|34=2|{body}") == [rejected(2, "D", missing, 1, "Required tag missing")]


def test_14b_handl_inst_is_required_in_fix_42_only() -> None:
    body = ORDER.replace("21=1|", "")
    for version, count in ((FIX42, 1), (FIX44, 0), (FIX50SP2, 0)):
        assert len(logged_on(version).says(f"35=D|34=2|{body}")) == count


def test_14d_an_empty_header_field_is_rejected_before_anything_else() -> None:
    peer = logged_on()
    assert peer.says(f"35=0|34=2|49=ACME|52={LATE}|56=") == [
        rejected(2, "0", 56, 4, "Tag specified without a value")
    ]


def test_14d_an_empty_body_field_is_rejected() -> None:
    peer = logged_on()
    assert peer.says("35=D|34=2|" + ORDER + "|58=") == [
        rejected(2, "D", 58, 4, "Tag specified without a value")
    ]


@pytest.mark.parametrize("tag", [0, -1])
def test_14a_a_tag_below_1_is_rejected(tag: int) -> None:
    peer = logged_on()
    assert peer.says(f"35=0|34=2|{tag}=HI") == [rejected(2, "0", tag, 0, "Invalid tag number")]


@pytest.mark.parametrize(
    ("old", "new", "tag", "reason"),
    [("38=100", "38=+200.00", 38, 6), ("44=187.05", "44=cheap", 44, 6), ("54=1", "54=x", 54, 5)],
)
def test_14e_14f_a_value_that_its_field_does_not_allow_is_rejected(
    old: str, new: str, tag: int, reason: int
) -> None:
    text = {
        5: "Value is incorrect (out of range) for this tag",
        6: "Incorrect data format for value",
    }[reason]
    peer = logged_on()
    assert peer.says("35=D|34=2|" + ORDER.replace(old, new)) == [
        rejected(2, "D", tag, reason, text)
    ]


def test_14g_a_header_field_in_the_body_is_rejected() -> None:
    peer = logged_on()
    text = "Tag specified out of required order"
    out_of_order = f"35=D|{ORDER}|34=2|49=ACME|52={T0}|56=XVEN"
    assert peer.says(out_of_order) == [rejected(2, "D", 34, 14, text)]


def test_14g_fix_42_has_no_reason_14() -> None:
    peer = logged_on(FIX42)
    text = "58=Tag specified out of required order"
    out_of_order = f"35=D|{ORDER}|34=2|49=ACME|52={T0}|56=XVEN"
    assert peer.says(out_of_order) == [venue_says("3", 2, "45=2", text, "371=34", "372=D")]


def test_14h_a_repeated_tag_is_rejected() -> None:
    peer = logged_on()
    twice = ORDER.replace("40=2", "40=1|40=2")
    assert peer.says("35=D|34=2|" + twice) == [
        rejected(2, "D", 40, 13, "Tag appears more than once")
    ]


def test_15_fields_may_come_in_any_order() -> None:
    peer = logged_on()
    body = "|".join(reversed(ORDER.split("|")))
    assert peer.says(f"35=D|49=ACME|34=2|56=XVEN|52={T0}|{body}") == []
    assert [type(event) for event in peer.events] == [NewOrderSingle]


def test_19_poss_resend_is_handed_on() -> None:
    peer = logged_on()
    peer.says(f"35=D|34=2|49=ACME|52={T0}|56=XVEN|97=Y|{ORDER}")
    (order,) = peer.events
    assert isinstance(order, NewOrderSingle) and order.poss_resend


def test_20_two_sides_that_miss_something_both_get_it() -> None:
    peer = logged_on()
    peer.session.send(b"8", b"37=1\x01", peer.now_ns)
    peer.answers()
    assert peer.says("35=0|34=5") == [venue_says("2", 3, "7=2", "16=0")]
    assert peer.says("35=2|34=6|7=2|16=2") == [
        f"35=8|34=2|43=Y|49=XVEN|52={T0}|56=ACME|122={T0}|37=1"
    ]
    assert peer.says("35=0|34=2", "35=0|34=3", "35=0|34=4") == []
    assert peer.stream.expected_msg_seq_num == 7
    assert peer.session.state is State.ACTIVE


def test_rejects_are_routed_back() -> None:
    peer = logged_on()
    routed = f"35=0|34=2|49=ACME|52={T0}|56=XVEN|115=A|116=B|129=D|144=C|0=x"
    text = ["45=2", "58=Invalid tag number", "371=0", "372=0", "373=0"]
    assert peer.says(routed) == [
        venue_says("3", 2, "116=D", "128=A", "129=B", "145=C", *text),
    ]
