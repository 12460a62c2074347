"""protocol.fix.logon, protocol.fix.entry: what a Logon may ask for (789, 141 again, limits,
encryption, versions), and what it gets."""

import pytest

from protocol.fix.events import LogonRequested, NumbersReset, Terminated
from protocol.fix.session import FixSession
from protocol.fix.settings import REPORT_TYPES, FixSettings
from protocol.fix.state import State
from protocol.fix.stream import FixStream
from protocol.fix.version import FIX44, FIX50, FIX50SP2
from tests.protocol.fix.fix_scenes import START_NS, T0, Peer, framed, logged_on, shown, venue_says

IMPLIED = FixSettings(enable_next_expected_msg_seq_num=True)
JAVA = FixSettings(reject_style="quickfixj")


def back(settings: FixSettings, *, expected: int = 1, sent: int = 0) -> Peer:
    """A client that logs on to a stream with a past: `sent` reports, then admin only."""
    peer = Peer(settings=settings)
    peer.stream.attach()
    for number in range(1, sent + 1):
        peer.stream.write(b"8", b"37=%d\x01" % number, START_NS)
    peer.stream.detach()
    peer.stream.expected_msg_seq_num = expected
    return peer


def again(number: int) -> str:
    return f"35=8|34={number}|43=Y|49=XVEN|52={T0}|56=ACME|122={T0}|37={number}"


def fill(number: int, new_seq_no: int) -> str:
    head = f"35=4|34={number}|43=Y|49=XVEN|52={T0}|56=ACME"
    return f"{head}|122={T0}|36={new_seq_no}|123=Y"


# -- NextExpectedMsgSeqNum(789) -------------------------------------------------------------------


def test_789_as_expected_is_answered_with_ours() -> None:
    assert back(IMPLIED).logs_on("98=0|108=30|789=1") == [
        venue_says("A", 1, "98=0", "108=30", "789=2")
    ]


def test_789_too_low_is_resent_at_once_the_logon_included() -> None:
    peer = back(IMPLIED, sent=3)
    assert peer.logs_on("98=0|108=30|789=2") == [
        venue_says("A", 4, "98=0", "108=30", "789=2"),
        again(2),
        again(3),
        fill(4, 5),
    ]


def test_789_takes_the_place_of_our_resend_request() -> None:
    peer = back(IMPLIED)
    logon = venue_says("A", 1, "98=0", "108=30", "789=1")
    assert peer.logs_on("98=0|108=30|789=1", number=4) == [logon]
    assert peer.session.state is State.RECOVERING
    peer.says(f"35=4|34=1|43=Y|49=ACME|52={T0}|56=XVEN|122={T0}|36=5|123=Y")
    assert peer.session.state is State.ACTIVE
    assert peer.stream.expected_msg_seq_num == 5


def test_a_peer_without_789_is_asked_as_usual() -> None:
    peer = back(IMPLIED)
    assert peer.logs_on(number=4) == [
        venue_says("A", 1, "98=0", "108=30", "789=1"),
        venue_says("2", 2, "7=1", "16=0"),
    ]


@pytest.mark.parametrize(
    ("settings", "repair"),
    [
        (IMPLIED, "; venue ctl set-seq moves the venue's number"),
        (FixSettings(), "; venue ctl set-seq moves the venue's number"),
        (FixSettings(enable_next_expected_msg_seq_num=True, reject_style="quickfixj"), ""),
    ],
    ids=["on", "off", "quickfixj"],
)
def test_789_too_high_proves_another_history_and_is_logged_out(
    settings: FixSettings, repair: str
) -> None:
    peer = back(settings, sent=3)
    text = "Tag 789 (NextExpectedMsgSeqNum) is higher than expected. Expected 4, Received 1200"
    assert peer.logs_on("98=0|108=30|789=1200") == [venue_says("5", 4, f"58={text}{repair}")]
    assert peer.ended == "NextExpectedMsgSeqNum(789) too high: expected 4, received 1200"
    assert peer.stream.expected_msg_seq_num == 2


def test_789_with_a_reset_is_of_the_old_numbers_and_ignored() -> None:
    peer = back(IMPLIED, sent=3, expected=7)
    assert peer.logs_on("98=0|108=30|141=Y|789=9") == [
        venue_says("A", 1, "98=0", "108=30", "141=Y", "789=2")
    ]


def test_789_is_ignored_where_the_venue_does_not_use_it() -> None:
    peer = back(FixSettings(), sent=3)
    assert peer.logs_on("98=0|108=30|789=2") == [venue_says("A", 4, "98=0", "108=30")]


@pytest.mark.parametrize("text", ["0", "-1", "x"])
def test_789_that_is_no_number_is_an_invalid_logon(text: str) -> None:
    peer = back(IMPLIED)
    assert peer.logs_on(f"98=0|108=30|789={text}") == []
    assert peer.ended and peer.ended.endswith("tag 789")


def initiator(*, sent: int) -> FixSession:
    stream = FixStream(FIX44, sender_comp_id=b"ACME", target_comp_id=b"XVEN")
    for number in range(1, sent + 1):
        stream.write(b"D", b"11=%d\x01" % number, START_NS)
    settings = FixSettings(application_types=REPORT_TYPES, enable_next_expected_msg_seq_num=True)
    session = FixSession.initiator(stream, settings, START_NS)
    session.logon(START_NS)
    return session


def hears(session: FixSession, body: str, number: int = 1) -> list[str]:
    frame = framed(f"35=A|34={number}|49=XVEN|52={T0}|56=ACME|98=0|108=30|{body}")
    session.receive_data(frame, START_NS)
    while session.next_event() is not None:
        pass
    while session.resend_slice(START_NS):
        pass
    return [shown(frame) for frame in session.data_to_send()]


def client_says(msg_type: str, number: int, *body: str) -> str:
    return "|".join([f"35={msg_type}", f"34={number}", "49=ACME", f"52={T0}", "56=XVEN", *body])


def test_an_initiator_resends_from_the_venues_789_and_does_not_ask_itself() -> None:
    session = initiator(sent=2)
    assert [shown(frame) for frame in session.data_to_send()] == [
        client_says("A", 3, "98=0", "108=30", "789=1")
    ]
    again = f"43=Y|49=ACME|52={T0}|56=XVEN|122={T0}"
    assert hears(session, "789=2", number=5) == [
        f"35=D|34=2|{again}|11=2",
        f"35=4|34=3|{again}|36=4|123=Y",
    ]
    assert session.state is State.RECOVERING


def test_an_initiator_asks_a_venue_that_says_no_789() -> None:
    session = initiator(sent=0)
    session.data_to_send()
    assert hears(session, "58=", number=5) == [client_says("2", 2, "7=1", "16=0")]


def test_an_initiator_logs_out_of_a_venue_that_saw_more() -> None:
    session = initiator(sent=0)
    session.data_to_send()
    text = "Tag 789 (NextExpectedMsgSeqNum) is higher than expected. Expected 2, Received 9"
    repair = "; venue ctl set-seq moves the venue's number"
    assert hears(session, "789=9") == [client_says("5", 2, f"58={text}{repair}")]
    assert session.state is State.TERMINATED


def test_a_resend_request_beyond_what_was_sent_proves_another_history() -> None:
    peer = logged_on()
    text = "BeginSeqNo(7) too high: expected at most 2, received 900"
    repair = "; venue ctl set-seq moves the venue's number"
    assert peer.says("35=2|34=2|7=900|16=0") == [venue_says("5", 2, f"58={text}{repair}")]
    assert peer.ended == text


# -- again ----------------------------------------------------------------------------------------


def test_a_reset_in_mid_session_carries_789_and_369() -> None:
    settings = FixSettings(
        enable_next_expected_msg_seq_num=True, enable_last_msg_seq_num_processed=True
    )
    peer = logged_on(settings=settings)
    peer.says("35=0|34=2")
    assert peer.says("35=A|34=1|98=0|108=30|141=Y|789=1") == [
        venue_says("A", 1, "369=1", "98=0", "108=30", "141=Y", "789=2")
    ]
    assert peer.events == [NumbersReset()]


def test_a_reset_in_mid_session_ends_an_open_gap_and_a_running_resend() -> None:
    peer = logged_on()
    for number in range(2, 400):
        peer.session.send(b"8", b"37=%d\x01" % number, peer.now_ns)
    peer.answers()
    peer.session.receive_data(
        peer.frame("35=0|34=9") + peer.frame("35=2|34=10|7=1|16=0"), peer.now_ns
    )
    assert peer.session.next_event() is not None
    peer.session.resend_slice(peer.now_ns)
    peer.session.data_to_send()
    assert peer.session.state is State.RECOVERING
    assert peer.says("35=A|34=1|98=0|108=30|141=Y") == [
        venue_says("A", 1, "98=0", "108=30", "141=Y")
    ]
    assert peer.session.state is State.ACTIVE
    assert peer.says("35=1|34=2|112=HELLO") == [venue_says("0", 2, "112=HELLO")]


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [FixSettings(), JAVA], ids=["quickfix", "quickfixj"])
def test_17_an_encryption_is_refused_never_answered_with_none(settings: FixSettings) -> None:
    peer = Peer(settings=settings)
    text = "EncryptMethod(98) not supported: expected 0, received 4"
    assert peer.logs_on("98=4|108=30") == [venue_says("5", 1, f"58={text}")]
    assert peer.ended == text
    assert peer.stream.expected_msg_seq_num == 2


@pytest.mark.parametrize(
    ("body", "reason", "tag", "text"),
    [
        ("90=3|91=abc", 7, 90, "Decryption problem"),
        ("93=3|89=abc", 8, 89, "Signature problem"),
    ],
)
def test_14n_17_what_is_encrypted_or_signed_is_rejected_then_logged_out(
    body: str, reason: int, tag: int, text: str
) -> None:
    peer = logged_on()
    order = f"35=0|34=2|49=ACME|52={T0}|56=XVEN|{body}"
    assert peer.says(order) == [
        venue_says("3", 2, "45=2", f"58={text}", f"371={tag}", "372=0", f"373={reason}"),
        venue_says("5", 3),
    ]


@pytest.mark.parametrize(
    ("asked", "limits"),
    [(4, "5 to 60"), (61, "5 to 60")],
)
def test_a_heart_bt_int_outside_the_limits_is_refused_with_both(asked: int, limits: str) -> None:
    settings = FixSettings(heart_bt_int_min=5, heart_bt_int_max=60)
    peer = Peer(settings=settings)
    text = f"HeartBtInt(108) out of limits: expected {limits}, received {asked}"
    assert peer.logs_on(f"98=0|108={asked}") == [venue_says("5", 1, f"58={text}")]
    again = Peer(settings=settings)
    assert again.logs_on("98=0|108=5") == [venue_says("A", 1, "98=0", "108=5")]


def test_a_negative_heart_bt_int_is_refused_in_the_words_of_quickfixj() -> None:
    peer = Peer(settings=JAVA)
    assert peer.logs_on("98=0|108=-10") == [
        venue_says("5", 1, "58=HeartBtInt must not be negative")
    ]
    assert peer.ended == "HeartBtInt(108) is negative"


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        (f"35=A|34=1|49=ACME|52={'20010101-00:00:00'}|56=XVEN|98=0|108=30", ", field=52"),
        (f"35=A|34=1|49=ACME|52={T0}|56=XVEN|98=0", ", field=108"),
    ],
)
def test_1d_an_invalid_logon_is_answered_by_quickfixj_alone(text: str, suffix: str) -> None:
    peer = Peer(settings=JAVA)
    (answer,) = peer.says(text)
    assert answer.startswith(venue_says("5", 1, "58=Invalid Logon message: "))
    assert answer.endswith(suffix)
    silent = Peer()
    assert silent.says(text) == []


def test_the_latency_of_a_logon_is_judged_by_its_own_session() -> None:
    text = "35=A|34=1|49=ACME|52=20010101-00:00:00|56=XVEN|98=0|108=30"
    peer = Peer(settings=FixSettings(latency_limit_ns=None))
    assert peer.says(text) == [venue_says("A", 1, "98=0", "108=30")]
    assert peer.says("35=1|34=2|49=ACME|52=19990101-00:00:00|56=XVEN|112=HELLO") == [
        venue_says("0", 2, "112=HELLO")
    ]


def test_a_default_appl_ver_id_that_is_not_spoken_is_the_gateways_to_refuse() -> None:
    peer = Peer(FIX50)
    frame = peer.frame("35=A|34=1|98=0|108=30|1137=33")
    peer.session.receive_data(frame, peer.now_ns)
    asked = peer.session.next_event()
    assert isinstance(asked, LogonRequested)
    assert asked.default_appl_ver_id == b"33"
    peer.session.reject(b"Invalid DefaultApplVerID=33", peer.now_ns)
    assert peer.session.next_event() == Terminated("logon refused: Invalid DefaultApplVerID=33")
    assert [shown(frame) for frame in peer.session.data_to_send()] == [
        venue_says("5", 1, "58=Invalid DefaultApplVerID=33")
    ]


def test_a_logon_over_fixt_carries_789_before_1137() -> None:
    peer = Peer(FIX50SP2, settings=IMPLIED)
    assert peer.logs_on("98=0|108=30|789=1") == [
        venue_says("A", 1, "98=0", "108=30", "789=2", "1137=9")
    ]
