"""The client's side, alone and joined to the venue's."""

import pytest

from protocol.errors import LocalProtocolError
from protocol.session import Terminated
from protocol.soupbintcp.client_session import SoupClientSession
from protocol.soupbintcp.events import (
    EndOfSession,
    LoggedIn,
    LoginRejected,
    LoginRequested,
    SequencedData,
    UnsequencedData,
)
from protocol.soupbintcp.packets import LoginRejectReason, LoginRequest
from protocol.soupbintcp.session import SoupServerSession
from tests.protocol.soupbintcp.soup_scenes import (
    ACCEPTED_1,
    CLIENT_HEARTBEAT,
    END_OF_SESSION,
    LOGOUT_REQUEST,
    SECOND,
    SERVER_HEARTBEAT,
    SESSION,
    debug,
    events_of,
    filled_log,
    joined_client,
    sequenced,
    unsequenced,
)


def asking_client() -> SoupClientSession:
    client = SoupClientSession(0)
    client.login(LoginRequest(b"TRADER", b"SECRET"), 0)
    return client


def test_login_and_sequenced_data_are_counted_from_the_accepted_number() -> None:
    client = asking_client()
    client.receive_data(debug(b"welcome") + b"\x00\x1fA" + SESSION + b"%20d" % 41, 0)
    client.receive_data(sequenced(b"a") + unsequenced(b"u") + sequenced(b"b"), 0)
    assert events_of(client) == [
        LoggedIn(SESSION, 41),
        SequencedData(41, b"a"),
        UnsequencedData(b"u"),
        SequencedData(42, b"b"),
    ]
    assert client.next_sequence == 43


def test_rejected_login_ends_with_its_code() -> None:
    client = asking_client()
    client.receive_data(b"\x00\x02JS", 0)
    assert events_of(client) == [
        LoginRejected(LoginRejectReason.SESSION_NOT_AVAILABLE),
        Terminated("login rejected: session_not_available"),
    ]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"\x00\x02JX", "reject reason code: expected A or S, received b'X'"),
        (ACCEPTED_1[:-1] + b"x", "sequence: expected digits, received b'x'"),
    ],
)
def test_malformed_login_answer_ends_the_connection(answer: bytes, reason: str) -> None:
    client = asking_client()
    client.receive_data(answer, 0)
    assert events_of(client) == [Terminated(reason)]


def test_end_of_session_is_reported_and_ends() -> None:
    client = joined_client()
    client.receive_data(sequenced(b"a") + END_OF_SESSION, 0)
    assert events_of(client) == [
        SequencedData(1, b"a"),
        EndOfSession(),
        Terminated("end of session"),
    ]


def test_client_heartbeats_and_gives_up_a_silent_server() -> None:
    client = joined_client()
    client.send_unsequenced(b"order", SECOND // 2)
    assert client.data_to_send() == [unsequenced(b"order")]
    assert client.deadline_ns == SECOND + SECOND // 2
    client.handle_timeout(SECOND + SECOND // 2)
    assert client.data_to_send() == [CLIENT_HEARTBEAT]
    client.receive_data(SERVER_HEARTBEAT, 2 * SECOND)
    client.handle_timeout(17 * SECOND)
    assert events_of(client) == [Terminated("nothing received for 15000 ms")]


def test_login_without_an_answer_ends_after_30_seconds() -> None:
    client = asking_client()
    client.handle_timeout(30 * SECOND)
    assert events_of(client) == [Terminated("not logged in for 30000 ms")]


def test_logout_is_sent_and_ends() -> None:
    client = joined_client()
    client.logout(0)
    assert client.data_to_send() == [LOGOUT_REQUEST]
    assert events_of(client) == [Terminated("logout requested")]


def test_close_and_eof_end_with_their_reasons() -> None:
    closed, ended = joined_client(), joined_client()
    closed.close("done")
    closed.close("again")
    ended.receive_eof(0)
    assert events_of(closed) == [Terminated("done")]
    assert events_of(ended) == [Terminated("connection closed by the peer")]


def test_order_before_the_login_is_our_own_error() -> None:
    with pytest.raises(LocalProtocolError, match="not possible in state NOT_LOGGED_IN"):
        SoupClientSession(0).send_unsequenced(b"order", 0)


def test_client_has_nothing_to_resend() -> None:
    client = joined_client()
    assert client.resend_slice(0) is False
    assert client.take_consumed() == ACCEPTED_1


def test_both_roles_speak_to_each_other() -> None:
    client, server = SoupClientSession(0), SoupServerSession(0)
    client.login(LoginRequest(b"TRADER", b"SECRET", SESSION, 2, 5000), 0)
    server.receive_data(b"".join(client.data_to_send()), 0)
    assert events_of(server) == [LoginRequested(b"TRADER", b"SECRET", SESSION, 2, 5000)]
    server.accept(filled_log(3), SESSION, 0)
    server.resend_slice(0)
    server.send(b"m4", 0)
    server.end_session(0)
    client.receive_data(b"".join(server.data_to_send()), 0)
    assert events_of(client) == [
        LoggedIn(SESSION, 2),
        SequencedData(2, b"m2"),
        SequencedData(3, b"m3"),
        SequencedData(4, b"m4"),
        EndOfSession(),
        Terminated("end of session"),
    ]
