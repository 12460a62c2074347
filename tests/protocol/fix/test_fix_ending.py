"""protocol.fix.ending: what becomes of the numbers, reset on logout, on disconnect, never."""

import pytest

from protocol.fix.events import Terminated
from protocol.fix.settings import FixSettings
from protocol.fix.state import State
from tests.protocol.fix.fix_scenes import Peer, logged_on, venue_says

LOGOUT = FixSettings(reset_on_logout=True)
DISCONNECT = FixSettings(reset_on_disconnect=True)
KEPT = FixSettings()


def numbers(peer: Peer) -> tuple[int, int]:
    return peer.stream.expected_msg_seq_num, peer.stream.sent_log.next_number


def hang_up(peer: Peer) -> None:
    peer.session.receive_eof(peer.now_ns)
    peer.answers()
    assert peer.session.state is State.TERMINATED


@pytest.mark.parametrize(
    ("settings", "after_logout", "after_cut"),
    [(KEPT, (3, 3), (2, 2)), (LOGOUT, (1, 1), (2, 2)), (DISCONNECT, (1, 1), (1, 1))],
    ids=["kept", "logout", "disconnect"],
)
def test_the_numbers_after_a_logout_and_after_a_lost_line(
    settings: FixSettings, after_logout: tuple[int, int], after_cut: tuple[int, int]
) -> None:
    peer = logged_on(settings=settings)
    assert peer.says("35=5|34=2") == [venue_says("5", 2)]
    assert numbers(peer) == (3, 3), "not before the connection is over"
    hang_up(peer)
    assert numbers(peer) == after_logout
    peer = logged_on(settings=settings)
    hang_up(peer)
    assert numbers(peer) == after_cut


def test_our_own_logout_resets_once_it_is_confirmed() -> None:
    peer = logged_on(settings=LOGOUT)
    peer.session.logout(b"bye", peer.now_ns)
    assert peer.says("35=5|34=2") == [venue_says("5", 2, "58=bye")]
    assert numbers(peer) == (1, 1)


def test_our_own_logout_that_nobody_confirms_resets_nothing() -> None:
    peer = logged_on(settings=LOGOUT)
    peer.session.logout(b"bye", peer.now_ns)
    peer.waits(3)
    assert peer.session.state is State.TERMINATED
    assert numbers(peer) == (2, 3)


@pytest.mark.parametrize("settings", [LOGOUT, DISCONNECT], ids=["logout", "disconnect"])
def test_a_reset_at_the_end_keeps_what_no_connection_had_and_sends_it_behind_the_logon(
    settings: FixSettings,
) -> None:
    peer = logged_on(settings=settings)
    peer.session.send(b"8", b"37=had\x01", peer.now_ns)
    peer.says("35=5|34=2")
    peer.session.send(b"8", b"37=after the logout\x01", peer.now_ns)
    hang_up(peer)
    peer.stream.write(b"8", b"37=while away\x01", peer.now_ns)
    assert peer.stream.unsent == [(1, 3)]
    back = Peer(settings=settings, stream=peer.stream)
    assert back.logs_on() == [
        venue_says("A", 1, "98=0", "108=30"),
        venue_says("8", 2, "37=after the logout"),
        venue_says("8", 3, "37=while away"),
    ]
    assert back.stream.unsent == []
    assert back.says("35=1|34=2|112=HELLO") == [venue_says("0", 4, "112=HELLO")]


def test_a_refused_logon_leaves_the_next_one_number_1() -> None:
    peer = Peer(settings=DISCONNECT)
    assert peer.logs_on("98=3|108=30") != []
    assert numbers(peer) == (1, 1)
    back = Peer(settings=DISCONNECT, stream=peer.stream)
    assert back.logs_on() == [venue_says("A", 1, "98=0", "108=30")]


def test_a_connection_closed_from_our_side_ends_once_and_keeps_what_never_left() -> None:
    peer = logged_on()
    for number in range(2, 302):
        peer.session.send(b"8", b"37=%d\x01" % number, peer.now_ns)
    peer.answers()
    peer.session.receive_data(peer.frame("35=2|34=2|7=2|16=0"), peer.now_ns)
    assert peer.session.next_event() is None
    peer.session.send(b"8", b"37=302\x01", peer.now_ns)
    for _ in range(2):
        peer.session.close(peer.now_ns)
    assert peer.session.next_event() == Terminated("connection closed")
    assert peer.session.next_event() is None
    assert peer.stream.unsent == [(302, 303)]
    assert not peer.stream.attached
