"""Packets of a shared stream on one connection: `SoupServerSession.relay`."""

from protocol.sent_log import SentLog
from protocol.soupbintcp.packets import (
    LoginAccepted,
    LoginRequest,
    PacketType,
    encode_login_accepted,
    encode_login_request,
    encode_packet,
)
from protocol.soupbintcp.session import SoupServerSession
from protocol.soupbintcp.state import State

END = encode_packet(PacketType.END_OF_SESSION)


def sequenced(*payloads: bytes) -> bytes:
    return b"".join(encode_packet(PacketType.SEQUENCED_DATA, one) for one in payloads)


def logged_in(log: SentLog, number: int) -> SoupServerSession:
    session = SoupServerSession(0)
    assert session.next_to_send == 0
    session.receive_data(encode_login_request(LoginRequest(b"A", b"B", b"", number)), 0)
    session.next_event()
    session.accept(log, b"S", 0)
    (answer,) = session.data_to_send()
    assert answer == encode_login_accepted(LoginAccepted(b"S", session.next_to_send))
    return session


def test_relayed_packets_count_on_from_the_login_and_leave_as_they_are() -> None:
    session = logged_in(SentLog(7), 5)
    packets = sequenced(b"five", b"six")
    session.relay(packets, 2, 500_000_000)
    (frame,) = session.data_to_send()
    assert frame is packets
    assert session.next_to_send == 7
    # They are something sent: no heartbeat is due before a second has passed.
    assert session.deadline_ns == 1_500_000_000


def test_the_session_ends_with_the_relay_of_the_last_packet_and_not_before() -> None:
    session = logged_in(SentLog(4), 1)
    session.end_session(0)
    session.relay(sequenced(b"one", b"two"), 2, 0)
    assert session.state is State.ENDING
    session.data_to_send()
    session.relay(sequenced(b"three"), 1, 0)
    assert session.data_to_send() == [sequenced(b"three"), END]
    assert session.state is State.CLOSED
