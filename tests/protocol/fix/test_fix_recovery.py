"""protocol.fix.recovery: requests for what is missing, whole, in chunks, by gap fill, again."""

import pytest

from protocol.fix.settings import FixSettings
from protocol.fix.state import State
from protocol.fix.version import FIX41, FIX42, FIX44, Version
from tests.protocol.fix.fix_scenes import T0, Peer, logged_on, venue_says

CHUNKED = FixSettings(resend_request_chunk_size=5)


def at_four(version: Version = FIX44) -> Peer:
    """A session that has 1 to 3; the venue's next number is 2."""
    peer = logged_on(version, settings=CHUNKED)
    peer.says("35=0|34=2", "35=0|34=3")
    peer.take_events()
    return peer


def asks(peer: Peer, number: int, begin: int, end: int) -> list[str]:
    return [venue_says("2", number, f"7={begin}", f"16={end}", time=stamp(peer))]


def stamp(peer: Peer) -> str:
    return T0 if peer.version.time_digits else T0[:17]


def fill(number: int, new_seq_no: int) -> str:
    return f"35=4|34={number}|36={new_seq_no}|123=Y"


@pytest.mark.parametrize(("version", "infinity"), [(FIX41, 999999), (FIX42, 0), (FIX44, 0)])
def test_a_chunk_that_is_there_brings_the_request_for_the_next(
    version: Version, infinity: int
) -> None:
    peer = at_four(version)
    assert peer.says("35=0|34=10") == asks(peer, 2, 4, 8)
    for number in range(4, 8):
        assert peer.says(f"35=0|34={number}") == []
    assert peer.says("35=0|34=8") == asks(peer, 3, 9, infinity)
    assert peer.says("35=0|34=9") == []
    assert peer.session.state is State.ACTIVE
    assert peer.stream.expected_msg_seq_num == 11


def test_a_gap_fill_to_the_end_of_a_chunk_brings_the_request_for_the_next() -> None:
    peer = at_four()
    assert peer.says("35=0|34=15") == asks(peer, 2, 4, 8)
    assert peer.says(fill(4, 8)) == asks(peer, 3, 8, 12)
    assert peer.says(fill(8, 12)) == asks(peer, 4, 12, 0)
    assert peer.says(fill(12, 15)) == []
    assert peer.stream.expected_msg_seq_num == 16
    assert peer.session.state is State.ACTIVE


def test_a_gap_fill_beyond_a_chunk_asks_from_where_it_ended() -> None:
    peer = at_four()
    peer.says("35=0|34=30")
    assert peer.says(fill(4, 11)) == asks(peer, 3, 11, 15)


def test_a_gap_of_one_chunk_is_asked_for_to_infinity() -> None:
    peer = at_four()
    assert peer.says("35=0|34=9") == asks(peer, 2, 4, 0)


def test_what_comes_beyond_the_gap_meanwhile_is_not_asked_for_again() -> None:
    peer = at_four()
    peer.says("35=0|34=12")
    assert peer.says("35=1|34=13|112=LATE") == []
    assert peer.says(fill(4, 12)) == [venue_says("0", 3, "112=LATE")]
    assert peer.stream.expected_msg_seq_num == 14


def test_two_sides_that_miss_something_ask_and_answer_at_once() -> None:
    peer = logged_on()
    peer.session.send(b"8", b"37=2\x01", peer.now_ns)
    peer.answers()
    again = f"35=8|34=2|43=Y|49=XVEN|52={T0}|56=ACME|122={T0}|37=2"
    # Our own request is out when theirs comes, with a number beyond the gap.
    assert peer.says("35=0|34=5", "35=2|34=6|7=2|16=2") == [
        venue_says("2", 3, "7=2", "16=0"),
        again,
    ]
    assert peer.says(fill(2, 5)) == []
    assert peer.stream.expected_msg_seq_num == 7
    assert peer.session.state is State.ACTIVE
