"""Where messages begin and end, and what is ignored as garbled (cases 2.d, 2.m, 2.t, 3.b-3.e)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.fix.events import Remark, Terminated
from protocol.fix.framing import checksum, next_frame
from protocol.receive_buffer import ReceiveBuffer
from tests.protocol.fix.fix_scenes import ORDER, T0, Peer, framed, logged_on, venue_says

HELLO = "112=HELLO"


def body_length(frame: bytes, length: int) -> bytes:
    """The same frame with another BodyLength and a CheckSum that fits it."""
    head, _, rest = frame.partition(b"\x019=")
    rest = rest[rest.index(b"\x01") : -7]
    data = head + b"\x019=%d" % length + rest
    return data + b"10=%03d\x01" % (sum(data) % 256)


def test_2m_too_short_a_body_length_spoils_one_message_only() -> None:
    peer = logged_on()
    wrong = body_length(peer.frame("35=D|34=2|" + ORDER), 30)
    right = peer.frame("35=0|34=3")
    assert peer.sends(wrong + right) == [venue_says("2", 2, "7=2", "16=0")]
    text = "garbled message ignored: BodyLength(9) does not lead to CheckSum(10)"
    assert peer.events[0] == Remark(text)


def test_2m_too_long_a_body_length_takes_the_next_message_with_it() -> None:
    peer = logged_on()
    frame = peer.frame("35=1|34=2|112=LOST")
    wrong = body_length(frame, len(frame) + 20)
    swallowed = peer.frame("35=1|34=3|112=LOST")
    assert peer.sends(wrong + swallowed) == []
    assert peer.says("35=1|34=2|112=HELLO") == [venue_says("0", 2, HELLO)]


def test_2t_messages_that_do_not_begin_with_8_9_35_are_ignored() -> None:
    peer = logged_on()
    fields = f"34=2|49=ACME|52={T0}|56=XVEN|10=121|".replace("|", "\x01").encode()
    assert peer.sends(b"35=0\x018=FIX.4.4\x019=29\x01" + fields) == []
    assert peer.sends(framed(f"34=2|35=0|49=ACME|52={T0}|56=XVEN")) == []
    assert peer.sends(b"8=FIX.4.4\x0135=0\x019=29\x01" + fields) == []
    assert peer.says("35=1|34=2|112=HELLO") == [venue_says("0", 2, HELLO)]


def test_3b_a_wrong_checksum_is_ignored() -> None:
    peer = logged_on()
    frame = peer.frame("35=0|34=2")
    for given_sum in (b"256", b"999", b"00x"):
        assert peer.sends(frame[:-4] + given_sum + b"\x01") == []
    assert peer.stream.expected_msg_seq_num == 2
    assert all("CheckSum(10) expected" in event.text for event in peer.take_events())


def test_2d_3c_a_tag_that_is_no_number_is_ignored() -> None:
    peer = logged_on()
    for field in ("4garbled9=TW", "49garbled=TW", "=x", "novalue"):
        assert peer.sends(framed(f"35=0|34=2|{field}|52={T0}|56=XVEN")) == []
    assert peer.says("35=1|34=2|112=HELLO") == [venue_says("0", 2, HELLO)]


@pytest.mark.parametrize("end", [b"10=12\x01", b"10=1234\x01", b"10=\x01", b"10=000\x0158=x\x01"])
def test_3e_a_checksum_that_is_not_three_digits_at_the_end_is_ignored(end: bytes) -> None:
    peer = logged_on()
    frame = peer.frame("35=0|34=2")
    assert peer.sends(frame[:-7] + end) == []
    assert peer.says("35=1|34=2|112=HELLO") == [venue_says("0", 2, HELLO)]


def test_14k_a_delimiter_inside_a_value_is_garbled() -> None:
    peer = logged_on()
    assert peer.sends(framed(f"35=0|34=2|49=ACME|52={T0}|56=XVEN|58=two|parts")) == []
    assert peer.stream.expected_msg_seq_num == 2


def test_bytes_outside_any_message_are_skipped_with_one_remark() -> None:
    peer = logged_on()
    assert peer.sends(b"junk" + peer.frame("35=1|34=2|112=HELLO")) == [venue_says("0", 2, HELLO)]
    assert peer.events == [Remark("garbled message ignored: bytes outside any message")]


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n", b"\x16\x03\x01", b"9=5\x01"])
def test_a_connection_that_does_not_begin_with_fix_is_closed(first: bytes) -> None:
    peer = Peer()
    assert peer.sends(first) == []
    assert peer.events == [Terminated("garbled before logon: bytes outside any message")]


def test_an_oversized_message_is_logged_out_at_its_head() -> None:
    peer = logged_on()
    assert peer.sends(b"8=FIX.4.4\x019=70000\x0135=D\x01") == [
        venue_says("5", 2, "58=BodyLength(9) too large: expected at most 65536, got 70000")
    ]
    assert peer.ended == "BodyLength(9) too large: expected at most 65536, got 70000"


def test_a_message_without_an_end_is_given_up_at_the_limit() -> None:
    peer = logged_on()
    assert peer.sends(b"8=FIX.4.4\x019=5\x01" + b"x" * 60_000) == []
    assert peer.ended is None
    peer.sends(b"x" * 6_000)
    assert peer.ended == "no CheckSum(10) within 65536 bytes"


@given(st.binary(max_size=2000))
def test_checksum_is_the_byte_sum_modulo_256(data: bytes) -> None:
    assert checksum(data) == sum(data) % 256


def test_checksum_of_the_largest_bytes_is_exact() -> None:
    for size in (255, 256, 257, 512, 513, 70_000):
        assert checksum(b"\xff" * size) == 255 * size % 256


def test_half_a_prefix_is_kept_until_it_is_decided() -> None:
    buffer = ReceiveBuffer(1000)
    buffer.append(b"xx8=FI")
    frame = next_frame(buffer)
    assert frame is not None and frame.data == b"xx"
    assert next_frame(buffer) is None
    buffer.append(framed("35=0")[4:])
    frame = next_frame(buffer)
    assert frame is not None and not frame.garbled


def test_a_head_without_body_length_is_skipped_to_the_next_message() -> None:
    buffer = ReceiveBuffer(1000)
    good = framed("35=0")
    buffer.append(b"8=FIX.4.4\x0134=1\x018=FIXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX" + good)
    garbled = []
    while (frame := next_frame(buffer)) is not None and frame.garbled:
        garbled.append(frame.garbled)
    assert garbled == ["BodyLength(9) is not second"] * 2
    assert frame is not None and frame.data == good
