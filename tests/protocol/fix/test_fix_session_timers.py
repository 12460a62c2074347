"""Heartbeats, probes and giving up, at literal times (test cases 4.a, 6)."""

from protocol.fix.events import LoggedOn
from protocol.fix.settings import FixSettings
from tests.protocol.fix.fix_scenes import SECOND, START_NS, Peer, venue_says


def peer_with(heart_bt_int: int, settings: FixSettings | None = None) -> Peer:
    peer = Peer(settings=settings or FixSettings())
    peer.logs_on(f"98=0|108={heart_bt_int}")
    return peer


def at(seconds: str) -> str:
    return f"20260105-09:30:{seconds}"


def test_4a_six_seconds_without_output_send_a_heartbeat() -> None:
    peer = peer_with(6)
    assert peer.session.deadline_ns == START_NS + 6 * SECOND
    assert peer.waits(6) == [venue_says("0", 2, time=at("06.000"))]
    peer.says("35=0|34=2")
    assert peer.waits(6) == [venue_says("0", 3, time=at("12.000"))]


def test_4a_other_output_postpones_the_heartbeat() -> None:
    peer = peer_with(6)
    peer.waits(4)
    peer.says("35=1|34=2|112=x")
    assert peer.waits(5.9) == []
    assert peer.waits(0.1) == [venue_says("0", 3, time=at("10.000"))]


def test_6_silence_sends_a_test_request_then_no_heartbeat_then_ends() -> None:
    peer = peer_with(6)
    assert peer.waits(7.1) == [venue_says("0", 2, time=at("06.000"))]
    assert peer.waits(0.1) == [venue_says("1", 3, "112=TEST", time=at("07.200"))]
    assert peer.waits(7.1) == []
    assert peer.ended is None
    assert peer.waits(0.1) == []
    assert peer.ended == "nothing received within 2.4 x HeartBtInt(108) of 6 s"


def test_6_any_message_answers_the_test_request() -> None:
    peer = peer_with(6)
    peer.waits(8)
    assert peer.says("35=0|34=2|112=TEST") == []
    assert peer.waits(5.1) == []
    assert peer.waits(0.1) == [venue_says("0", 4, time=at("13.200"))]
    assert peer.ended is None


def test_heart_bt_int_zero_switches_the_timers_off() -> None:
    peer = peer_with(0)
    assert peer.session.deadline_ns is None
    assert peer.waits(3600) == []


def test_the_settings_may_override_the_clients_heart_bt_int() -> None:
    peer = Peer(settings=FixSettings(heart_bt_int=10))
    assert peer.logs_on() == [venue_says("A", 1, "98=0", "108=10")]
    assert peer.events[-1] == LoggedOn(10)
    assert peer.session.deadline_ns == START_NS + 10 * SECOND


def test_a_heartbeat_due_during_a_resend_waits_without_spinning() -> None:
    peer = peer_with(6)
    session, stream = peer.session, peer.stream
    for _ in range(400):
        session.send(b"8", b"37=1\x01", peer.now_ns)
    peer.answers()
    session.receive_data(peer.frame("35=2|34=2|7=2|16=0"), peer.now_ns)
    assert session.next_event() is None
    assert session.resend_slice(peer.now_ns)
    session.handle_timeout(peer.now_ns + 6 * SECOND)
    assert session.deadline_ns is not None and session.deadline_ns > peer.now_ns + 6 * SECOND
    first = session.data_to_send()
    assert len(first) == 256
    peer.now_ns += 6 * SECOND
    rest = peer.answers()
    assert len(rest) == 145
    assert rest[-1] == venue_says("0", 402, time=at("06.000"))
    assert stream.sent_log.next_number == 403
