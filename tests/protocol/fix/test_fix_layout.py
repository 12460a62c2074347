"""The learned decoder says what the general one says, or nothing."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.fix.admin import SendingTimeCheck
from protocol.fix.framing import next_frame
from protocol.fix.layout import LAYOUTS_MAX, LayoutBook, learn
from protocol.fix.message import decode
from protocol.fix.messages import ORDER_ENTRY, order_entry_message
from protocol.fix.rules import check_header
from protocol.fix.stream import FixStream
from protocol.fix.validation import Switches, Validator
from protocol.fix.version import FIX42, FIX44, FIX50SP2, Version
from protocol.receive_buffer import ReceiveBuffer
from tests.protocol.fix.fix_scenes import (
    LATE,
    ORDER,
    SECOND,
    START_NS,
    T0,
    Peer,
    logged_on,
    validator,
)

LIMIT = SendingTimeCheck(120 * SECOND)
REPLACE = ORDER + "|41=A0|37=17"
BODIES = {
    "D": ORDER,
    "F": "11=A2|41=A1|54=1|55=AAPL|60=" + T0,
    "G": REPLACE,
    "H": "11=A1|54=1|55=A",
}


def lenient(version: Version) -> Validator:
    return validator(
        version, Switches(validate_user_defined_fields=False, allow_unknown_msg_fields=True)
    )


def buffer_of(data: bytes) -> ReceiveBuffer:
    buffer = ReceiveBuffer(65536)
    buffer.append(data)
    return buffer


def general(data: bytes, version: Version = FIX44) -> object:
    """What the general way makes of one frame; None when any check fails."""
    frame = next_frame(buffer_of(data))
    if frame is None or frame.garbled:
        return None
    message = decode(frame.data)
    check_header(message)
    lenient(version).check(message)
    return order_entry_message(message, message.count(34))


def book_of(peer: Peer, frame: bytes, version: Version = FIX44) -> LayoutBook:
    """A book that has learned the layout of this frame."""
    book = LayoutBook(peer.stream, SendingTimeCheck(120 * SECOND), lenient(version))
    for _ in range(2):
        book.see(decode(frame))
    assert len(book.layouts) == 1
    return book


@pytest.mark.parametrize("version", [FIX42, FIX44, FIX50SP2], ids=lambda version: version.name)
@pytest.mark.parametrize("msg_type", BODIES)
def test_learned_and_general_decoder_agree(version: Version, msg_type: str) -> None:
    peer = Peer(version)
    peer.stream.expected_msg_seq_num = 7
    frame = peer.frame(f"35={msg_type}|34=7|{BODIES[msg_type]}|18=M|99=1.5|9001=x")
    buffer = buffer_of(frame + b"8=FIX")
    taken = book_of(peer, frame, version).take(buffer, START_NS)
    assert taken is not None
    assert taken == general(frame, version)
    assert buffer.start == len(frame)
    assert peer.stream.expected_msg_seq_num == 8


def test_a_session_uses_what_it_learned_and_yields_equal_messages() -> None:
    frames = [f"35=D|34={number}|{ORDER}" for number in range(2, 12)]
    peer = logged_on()
    peer.says(*frames)
    expected = [general(peer.frame(text)) for text in frames]
    assert peer.take_events() == expected
    assert len(peer.session._conversation.layouts.layouts) == 1  # type: ignore[union-attr]


ORDER_FIELDS = st.permutations(ORDER.split("|"))
VALUES = st.text(alphabet="ABC019.=:-+", min_size=1, max_size=12)


@given(fields=ORDER_FIELDS, other=VALUES, at=st.integers(0, 9))
def test_any_value_in_any_order_gives_the_same_message_or_the_general_way(
    fields: list[str], other: str, at: int
) -> None:
    peer = Peer()
    peer.stream.expected_msg_seq_num = 3
    learned = peer.frame("35=D|34=3|" + "|".join(fields))
    fields[at % len(fields)] = fields[at % len(fields)].partition("=")[0] + "=" + other
    frame = peer.frame("35=D|34=3|" + "|".join(fields))
    taken = book_of(peer, learned).take(buffer_of(frame), START_NS)
    if taken is not None:
        assert taken == general(frame)


@given(st.integers(0, 500), st.integers(0, 255))
def test_a_changed_byte_is_never_taken(position: int, value: int) -> None:
    peer = Peer()
    peer.stream.expected_msg_seq_num = 3
    frame = peer.frame("35=D|34=3|" + ORDER)
    position %= len(frame)
    changed = frame[:position] + bytes([value]) + frame[position + 1 :]
    taken = book_of(peer, frame).take(buffer_of(changed), START_NS)
    assert (taken is not None) == (changed == frame)


@pytest.mark.parametrize(
    "text",
    [
        f"35=D|34=4|{ORDER}",
        f"35=D|34=2|{ORDER}",
        f"35=D|34=3|49=ACME|52={LATE}|56=XVEN|{ORDER}",
        f"35=D|34=3|49=OTHER|52={T0}|56=XVEN|{ORDER}",
        f"35=D|34=3|{ORDER.replace('38=100', '38=+1')}",
        f"35=D|34=3|{ORDER.replace('11=A1', '11=')}",
    ],
    ids=["high", "low", "late", "comp id", "format", "empty"],
)
def test_what_fails_a_check_is_left_to_the_general_way(text: str) -> None:
    peer = Peer()
    peer.stream.expected_msg_seq_num = 3
    book = book_of(peer, peer.frame("35=D|34=3|" + ORDER))
    buffer = buffer_of(peer.frame(text))
    assert book.take(buffer, START_NS) is None
    assert (buffer.start, peer.stream.expected_msg_seq_num) == (0, 3)


def test_a_sending_time_that_was_good_once_grows_too_old() -> None:
    peer = Peer()
    peer.stream.expected_msg_seq_num = 3
    frame = peer.frame("35=D|34=3|" + ORDER)
    book = book_of(peer, frame)
    assert book.take(buffer_of(frame), START_NS + 120 * SECOND) is not None
    peer.stream.expected_msg_seq_num = 3
    assert book.take(buffer_of(frame), START_NS + 120 * SECOND + 1) is None


@pytest.mark.parametrize(
    "text",
    [
        f"35=D|34=3|43=Y|49=ACME|52={T0}|56=XVEN|122={T0}|{ORDER}",
        f"35=D|34=3|49=ACME|52={T0}|56=XVEN|97=Y|{ORDER}",
        f"35=D|34=3|49=ACME|52={T0}|56=XVEN|115=X|{ORDER}",
        f"35=D|34=3|{ORDER}|453=1|448=P",
        f"35=D|34=3|{ORDER}|354=1|355=x",
        "35=0|34=3",
    ],
    ids=["poss dup", "poss resend", "routed", "group", "data", "heartbeat"],
)
def test_what_is_not_plain_is_not_learned(text: str) -> None:
    peer = Peer()
    assert learn(decode(peer.frame(text)), peer.stream, validator()) is None


def test_a_peer_of_many_tag_orders_is_learned_up_to_the_limit() -> None:
    stream = FixStream(FIX44, sender_comp_id=b"XVEN", target_comp_id=b"ACME")
    book = LayoutBook(stream, LIMIT, validator())
    fields = deque(ORDER.split("|"))
    peer = Peer()
    for _ in range(9):
        fields.rotate()
        for _ in range(3):
            book.see(decode(peer.frame("35=D|34=3|" + "|".join(fields))))
    assert len(book.layouts) == LAYOUTS_MAX


def test_every_order_entry_type_has_a_tag_for_every_attribute() -> None:
    for cls, tags in ORDER_ENTRY.values():
        names = cls.__struct_fields__  # type: ignore[attr-defined]
        assert len(tags) == len(names) - 3
        assert names[0] == "msg_seq_num" and names[-2:] == ("rest", "poss_resend")
