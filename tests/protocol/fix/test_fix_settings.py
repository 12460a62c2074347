"""Each switch of a session, on and off: what it changes on the wire."""

import pytest

from protocol.fix.events import Remark
from protocol.fix.sent_frame import as_poss_dup, split_sent
from protocol.fix.settings import FixSettings
from protocol.fix.stream import FixStream
from protocol.fix.version import FIX40, FIX41, FIX42, FIX44
from tests.protocol.fix.fix_scenes import (
    ORDER,
    SECOND,
    START_NS,
    T0,
    Peer,
    framed,
    logged_on,
    shown,
    venue_says,
)

HEAD = f"49=ACME|52={T0}|56=XVEN"
GARBLED = "58=Message failed basic validity check"

# -- LastMsgSeqNumProcessed(369) ------------------------------------------------------------------

PROCESSED = FixSettings(enable_last_msg_seq_num_processed=True)


def test_369_says_in_every_header_what_was_processed() -> None:
    peer = Peer(settings=PROCESSED)
    assert peer.logs_on("98=0|108=30") == [venue_says("A", 1, "369=1", "98=0", "108=30")]
    assert peer.says("35=1|34=2|369=1|112=HELLO") == [venue_says("0", 2, "369=2", "112=HELLO")]
    # Two answers at one moment, each with its own number; then one behind a gap.
    assert peer.says("35=1|34=3|112=A", "35=1|34=4|112=B", "35=1|34=9|112=C") == [
        venue_says("0", 3, "369=3", "112=A"),
        venue_says("0", 4, "369=4", "112=B"),
        venue_says("2", 5, "369=4", "7=5", "16=0"),
    ]


def test_369_follows_the_routing_fields() -> None:
    peer = logged_on(settings=PROCESSED)
    (answer,) = peer.says(f"35=*|34=2|{HEAD}|115=X")
    assert "|56=ACME|128=X|369=2|45=2|" in answer


def test_369_stays_in_a_resent_message_and_stands_in_its_gap_fills() -> None:
    peer = logged_on(settings=PROCESSED)
    peer.session.send(b"8", b"37=2\x01", peer.now_ns)
    peer.answers()
    again = f"43=Y|49=XVEN|52={T0}|56=ACME|122={T0}"
    assert peer.says("35=2|34=2|7=1|16=0") == [
        f"35=4|34=1|{again}|369=2|36=2|123=Y",
        f"35=8|34=2|{again}|369=1|37=2",
    ]


def test_369_is_no_part_of_what_is_issued_again() -> None:
    stream = FixStream(FIX44, sender_comp_id=b"XVEN", target_comp_id=b"ACME")
    stream.configure(3, last_msg_seq_num_processed=True)
    frame = stream.write(b"8", b"37=1\x01", START_NS, b"128=D\x01")
    assert split_sent(frame) == (b"8", b"37=1\x01", b"128=D\x01")


def test_369_from_a_client_is_harmless_whatever_it_says() -> None:
    peer = logged_on()
    assert peer.says("35=1|34=2|369=77|112=HELLO") == [venue_says("0", 2, "112=HELLO")]


# -- timestamps -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("precision", "text"),
    [
        (None, "20260105-09:30:00.123"),
        ("seconds", "20260105-09:30:00"),
        ("milliseconds", "20260105-09:30:00.123"),
        ("microseconds", "20260105-09:30:00.123456"),
        ("nanoseconds", "20260105-09:30:00.123456789"),
    ],
)
def test_timestamps_are_written_as_the_session_wants_them(precision: object, text: str) -> None:
    peer = Peer(settings=FixSettings(timestamp_precision=precision))  # type: ignore[arg-type]
    peer.now_ns += 123_456_789
    assert peer.logs_on() == [venue_says("A", 1, "98=0", "108=30", time=text)]
    assert peer.stream.time_digits == len(text.partition(".")[2])
    peer.session.send(b"8", b"37=2\x01", peer.now_ns)
    peer.answers()
    peer.now_ns += 5 * SECOND
    later = text.replace("09:30:00", "09:30:05")
    assert peer.says("35=2|34=2|7=1|16=0") == [
        f"35=4|34=1|43=Y|49=XVEN|52={later}|56=ACME|122={later}|36=2|123=Y",
        f"35=8|34=2|43=Y|49=XVEN|52={later}|56=ACME|122={text}|37=2",
    ]


@pytest.mark.parametrize("version", [FIX40, FIX41], ids=lambda version: version.name)
def test_before_fix_42_there_are_seconds_only(version: object) -> None:
    settings = FixSettings(timestamp_precision="nanoseconds")
    assert settings.time_digits(version) == 0  # type: ignore[arg-type]
    assert settings.time_digits(FIX42) == 9


@pytest.mark.parametrize("digits", [0, 1, 3, 6, 9, 12])
def test_timestamps_of_up_to_picoseconds_are_taken(digits: int) -> None:
    peer = logged_on()
    fraction = "." + "1" * digits if digits else ""
    time = "20260105-09:30:00" + fraction
    order = ORDER.replace("60=20260105-09:30:00.000", f"60={time}")
    for number in range(2, 6):
        assert peer.says(f"35=D|34={number}|49=ACME|52={time}|56=XVEN|{order}") == []
    assert len(peer.take_events()) == 4


def test_a_timestamp_of_18_digits_is_rejected_as_badly_formatted() -> None:
    peer = logged_on()
    order = ORDER.replace("60=20260105-09:30:00.000", "60=20260105-09:30:00." + "1" * 18)
    assert peer.says(f"35=D|34=2|{order}") == [
        venue_says("3", 2, "45=2", "58=Incorrect data format for value", "371=60", "372=D", "373=6")
    ]


# -- garbled --------------------------------------------------------------------------------------


def bad_sum(frame: bytes) -> bytes:
    return frame[:-4] + (b"000\x01" if frame[-4:-1] != b"000" else b"001\x01")


def test_garbled_messages_are_rejected_and_counted_where_the_session_wants_it() -> None:
    peer = logged_on(settings=FixSettings(reject_garbled_messages=True))
    assert peer.sends(bad_sum(peer.frame("35=0|34=2"))) == [
        venue_says("3", 2, "45=2", GARBLED, "372=0")
    ]
    assert peer.stream.expected_msg_seq_num == 3
    # 34 before 35; no 35 at all; noise and a BodyLength that is too short.
    assert peer.sends(framed(f"34=3|35=0|{HEAD}")) == [venue_says("3", 3, "45=3", GARBLED, "372=0")]
    assert peer.sends(framed(f"34=4|{HEAD}")) == [venue_says("3", 4, "45=4", GARBLED)]
    head, _, rest = framed(f"34=5|{HEAD}").partition(b"\x0134=")
    short = head[: head.index(b"9=")] + b"9=29\x0134=" + rest
    assert peer.sends(b"35=0\x01" + short) == [venue_says("3", 5, "45=5", GARBLED)]
    assert peer.says("35=1|34=6|112=HELLO") == [venue_says("0", 6, "112=HELLO")]


def test_a_garbled_message_in_front_of_a_gap_closes_it() -> None:
    peer = logged_on(settings=FixSettings(reject_garbled_messages=True))
    peer.says("35=1|34=3|112=HELLO")
    assert peer.sends(bad_sum(peer.frame("35=0|34=2"))) == [
        venue_says("3", 3, "45=2", GARBLED, "372=0"),
        venue_says("0", 4, "112=HELLO"),
    ]


def test_garbled_messages_are_ignored_otherwise() -> None:
    peer = logged_on()
    assert peer.sends(bad_sum(peer.frame("35=0|34=2"))) == []
    assert peer.stream.expected_msg_seq_num == 2


def test_a_wrong_checksum_is_overlooked_where_the_session_wants_it() -> None:
    peer = logged_on(settings=FixSettings(validate_checksum=False))
    assert peer.sends(bad_sum(peer.frame("35=1|34=2|112=HELLO"))) == [
        venue_says("0", 2, "112=HELLO")
    ]
    # A wrong BodyLength is garbled all the same.
    wrong = peer.frame("35=1|34=3|112=HELLO").replace(b"\x019=", b"\x019=1", 1)
    peer.sends(wrong + peer.frame("35=0|34=3"))
    assert peer.stream.expected_msg_seq_num == 3


# -- header ---------------------------------------------------------------------------------------


def test_other_comp_ids_are_taken_where_the_session_does_not_check_them() -> None:
    peer = logged_on(settings=FixSettings(check_comp_id=False))
    assert peer.says(f"35=1|34=2|49=OTHER|52={T0}|56=ELSE|112=HELLO") == [
        venue_says("0", 2, "112=HELLO")
    ]


def test_a_possible_duplicate_may_lack_its_original_time_where_the_session_allows_it() -> None:
    peer = logged_on(settings=FixSettings(requires_orig_sending_time=False))
    assert peer.says(f"35=1|34=2|43=Y|{HEAD}|112=HELLO") == [venue_says("0", 2, "112=HELLO")]
    assert peer.says(f"35=1|34=2|43=Y|{HEAD}|112=HELLO") == []
    assert peer.take_events() == [Remark("duplicate ignored: MsgSeqNum(34) 2")]


@pytest.mark.parametrize(("tag", "turned"), [(115, 128), (128, 115)])
def test_18_third_party_addressing_outside_the_profile_is_rejected(tag: int, turned: int) -> None:
    text = f"35=1|34=2|{HEAD}|{tag}=THIRD|112=HELLO"
    assert logged_on().says(text) == [venue_says("0", 2, "112=HELLO")]
    peer = logged_on(settings=FixSettings(allow_third_party=False))
    assert peer.says(text) == [
        venue_says(
            "3", 2, f"{turned}=THIRD", "45=2",
            "58=third-party addressing is not in the profile of this session",
            f"371={tag}", "372=1", "373=9",
        )
    ]  # fmt: skip
    assert peer.says("35=1|34=3|112=HELLO") == [venue_says("0", 3, "112=HELLO")]


def test_a_resent_frame_keeps_the_digits_it_was_written_with() -> None:
    stream = FixStream(FIX44, sender_comp_id=b"XVEN", target_comp_id=b"ACME")
    stream.configure(6, last_msg_seq_num_processed=False)
    frame = stream.write(b"8", b"37=1\x01", START_NS)
    assert "|52=20260105-09:30:00.000000|" in shown(as_poss_dup(frame, START_NS))
