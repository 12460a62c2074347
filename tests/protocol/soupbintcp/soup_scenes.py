"""Sessions brought into a state, for the tests of SoupBinTCP."""

from typing import Any

from protocol.sent_log import SentLog
from protocol.soupbintcp.client_session import SoupClientSession
from protocol.soupbintcp.packets import (
    LoginRequest,
    PacketType,
    encode_login_request,
    encode_packet,
)
from protocol.soupbintcp.session import SoupServerSession
from protocol.soupbintcp.state import State

SECOND = 1_000_000_000
SESSION = b"2024010201"
ACCEPTED_1 = b"\x00\x1fA2024010201                   1"
END_OF_SESSION = encode_packet(PacketType.END_OF_SESSION)
LOGOUT_REQUEST = encode_packet(PacketType.LOGOUT_REQUEST)
SERVER_HEARTBEAT = encode_packet(PacketType.SERVER_HEARTBEAT)
CLIENT_HEARTBEAT = encode_packet(PacketType.CLIENT_HEARTBEAT)


def login_bytes(sequence: int = 0, session: bytes = b"", timeout_ms: int | None = None) -> bytes:
    return encode_login_request(LoginRequest(b"trader", b"Secret", session, sequence, timeout_ms))


def sequenced(payload: bytes) -> bytes:
    return encode_packet(PacketType.SEQUENCED_DATA, payload)


def unsequenced(payload: bytes) -> bytes:
    return encode_packet(PacketType.UNSEQUENCED_DATA, payload)


def debug(text: bytes) -> bytes:
    return encode_packet(PacketType.DEBUG, text)


def filled_log(count: int) -> SentLog:
    log = SentLog()
    for number in range(1, count + 1):
        log.append(b"m%d" % number)
    return log


def events_of(session: Any) -> list[object]:
    events = []
    while (event := session.next_event()) is not None:
        events.append(event)
    return events


def asked_server(sequence: int = 0, timeout_ms: int | None = None) -> SoupServerSession:
    """A server session whose client has asked to be let in, at time 0."""
    server = SoupServerSession(0)
    server.receive_data(login_bytes(sequence, timeout_ms=timeout_ms), 0)
    assert server.next_event() is not None
    return server


def serving_server(log: SentLog | None = None, sequence: int = 0) -> SoupServerSession:
    """A server session that accepted its client at time 0; the answer is taken."""
    server = asked_server(sequence)
    server.take_consumed()
    server.accept(log or SentLog(), SESSION, 0)
    server.data_to_send()
    return server


def joined_client() -> SoupClientSession:
    client = SoupClientSession(0)
    client.login(LoginRequest(b"TRADER", b"SECRET"), 0)
    client.receive_data(ACCEPTED_1, 0)
    assert client.next_event() is not None
    client.data_to_send()
    return client


def session_in(state: State) -> SoupServerSession | SoupClientSession:
    """A session that has just arrived in this state."""
    match state:
        case State.AWAITING_LOGIN:
            return SoupServerSession(0)
        case State.DECIDING:
            return asked_server()
        case State.SERVING:
            return serving_server()
        case State.ENDING:
            server = serving_server(filled_log(2), sequence=1)
            server.end_session(0)
            return server
        case State.NOT_LOGGED_IN:
            return SoupClientSession(0)
        case State.LOGIN_SENT:
            client = SoupClientSession(0)
            client.login(LoginRequest(b"TRADER", b"SECRET"), 0)
            return client
        case State.JOINED:
            return joined_client()
        case State.CLOSED:
            closed = SoupServerSession(0)
            closed.close("test")
            return closed
