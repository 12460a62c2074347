"""The venue's side: login, replay, heartbeats, end, and what a bad client gets."""

from collections.abc import Iterator

import pytest

from protocol.errors import LocalProtocolError
from protocol.sent_log import TAIL_MAX, Entry, SentLog
from protocol.session import Terminated
from protocol.soupbintcp.events import LoginRequested, UnsequencedData
from protocol.soupbintcp.line import BUFFER_MAX, SoupSettings
from protocol.soupbintcp.packets import LENGTH_MAX, LoginRejectReason
from protocol.soupbintcp.session import REPLAY_MESSAGES_MAX, SoupServerSession
from tests.protocol.soupbintcp.soup_scenes import (
    ACCEPTED_1,
    CLIENT_HEARTBEAT,
    END_OF_SESSION,
    LOGOUT_REQUEST,
    SECOND,
    SERVER_HEARTBEAT,
    SESSION,
    asked_server,
    debug,
    events_of,
    filled_log,
    login_bytes,
    sequenced,
    serving_server,
    unsequenced,
)


def accepted(sequence: int) -> bytes:
    return b"\x00\x1fA" + SESSION + b"%20d" % sequence


def numbered(first: int, end: int) -> list[bytes]:
    return [sequenced(b"m%d" % number) for number in range(first, end)]


# -- login -----------------------------------------------------------------------------------------


def test_login_is_handed_over_in_upper_case_and_input_waits_for_the_answer() -> None:
    server = SoupServerSession(0)
    server.receive_data(login_bytes(7, b"SESS", 5000) + unsequenced(b"order"), 0)
    assert events_of(server) == [LoginRequested(b"TRADER", b"SECRET", b"SESS", 7, 5000)]
    server.accept(SentLog(), SESSION, 0)
    assert server.data_to_send() == [ACCEPTED_1]
    assert events_of(server) == [UnsequencedData(b"order")]


def test_password_is_masked_in_what_was_consumed_and_nothing_else_is() -> None:
    server = SoupServerSession(0)
    server.receive_data(debug(b"Secret") + login_bytes() + CLIENT_HEARTBEAT, 0)
    events_of(server)
    masked = login_bytes().replace(b"Secret    ", b"**********")
    assert server.take_consumed() == debug(b"Secret") + masked
    server.accept(SentLog(), SESSION, 0)
    events_of(server)
    assert server.take_consumed() == CLIENT_HEARTBEAT


def test_password_cut_over_reads_is_masked() -> None:
    server = SoupServerSession(0)
    consumed = b""
    for byte in login_bytes():
        server.receive_data(bytes([byte]), 0)
        events_of(server)
        consumed += server.take_consumed()
    assert consumed == login_bytes().replace(b"Secret    ", b"**********")


def test_masked_login_gives_the_same_events_but_for_the_password() -> None:
    first, again = SoupServerSession(0), SoupServerSession(0)
    first.receive_data(login_bytes(3), 0)
    events_of(first)
    again.receive_data(first.take_consumed(), 0)
    assert events_of(again) == [LoginRequested(b"TRADER", b"*" * 10, b"", 3, None)]


@pytest.mark.parametrize(
    ("reason", "code", "text"),
    [
        (LoginRejectReason.NOT_AUTHORIZED, b"A", "login rejected: not_authorized"),
        (LoginRejectReason.SESSION_NOT_AVAILABLE, b"S", "login rejected: session_not_available"),
    ],
)
def test_reject_sends_its_code_and_ends(reason: LoginRejectReason, code: bytes, text: str) -> None:
    server = asked_server()
    server.reject(reason, 0)
    assert server.data_to_send() == [b"\x00\x02J" + code]
    assert events_of(server) == [Terminated(text)]


def test_login_that_never_comes_ends_after_30_seconds_whatever_else_arrives() -> None:
    server = SoupServerSession(5 * SECOND)
    server.receive_data(debug(b"still here"), 20 * SECOND)
    assert events_of(server) == []
    assert server.deadline_ns == 35 * SECOND
    server.handle_timeout(35 * SECOND - 1)
    assert events_of(server) == []
    server.handle_timeout(35 * SECOND)
    assert events_of(server) == [Terminated("not logged in for 30000 ms")]
    assert (server.data_to_send(), server.deadline_ns) == ([], None)


def test_malformed_login_number_ends_the_connection() -> None:
    server = SoupServerSession(0)
    server.receive_data(login_bytes(7)[:-1] + b"x", 0)
    reason = "requested sequence: expected digits, received b'x'"
    assert events_of(server) == [Terminated(reason)]


def test_debug_before_login_accepted_is_refused() -> None:
    for server in (SoupServerSession(0), asked_server()):
        with pytest.raises(LocalProtocolError, match="debug is not possible in state"):
            server.debug(b"hello", 0)


# -- replay ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requested", "first"),
    [(0, 11), (1, 1), (4, 4), (10, 10), (11, 11), (12, 11), (10**19, 11)],
)
def test_replays_from_the_requested_number(requested: int, first: int) -> None:
    server = asked_server(requested)
    server.accept(filled_log(10), SESSION, 0)
    assert server.resend_slice(0) is False
    assert server.data_to_send() == [accepted(first), *numbered(first, 11)]


def test_messages_sent_during_a_replay_follow_it_in_their_order() -> None:
    count = REPLAY_MESSAGES_MAX + 10
    log = filled_log(count)
    server = serving_server(log, sequence=1)
    assert server.send(b"m%d" % (count + 1), 0) == count + 1
    assert server.data_to_send() == []
    assert server.resend_slice(0) is True
    assert server.data_to_send() == numbered(1, REPLAY_MESSAGES_MAX + 1)
    assert server.send(b"m%d" % (count + 2), 0) == count + 2
    assert server.data_to_send() == []
    assert server.resend_slice(0) is False
    assert server.send(b"m%d" % (count + 3), 0) == count + 3
    assert server.data_to_send() == numbered(REPLAY_MESSAGES_MAX + 1, count + 4)


def test_a_slice_ends_at_64_kib() -> None:
    log = SentLog()
    for _ in range(5):
        log.append(bytes(30_000))
    server = serving_server(log, sequence=1)
    sizes = []
    more = True
    while more:
        more = server.resend_slice(0)
        sizes.append(len(server.data_to_send()))
    assert sizes == [3, 2]


def test_messages_older_than_the_tail_come_from_the_reader() -> None:
    last = 3 * TAIL_MAX

    def reader(begin: int, end: int) -> Iterator[Entry]:
        return ((number, b"m%d" % number) for number in range(begin, end))

    log = SentLog(reader=reader)
    for number in range(1, last + 1):
        log.append(b"m%d" % number)
    server = serving_server(log, sequence=1)
    frames = []
    while server.resend_slice(0):
        frames += server.data_to_send()
    frames += server.data_to_send()
    assert frames == numbered(1, last + 1)


def test_a_stored_message_that_is_gone_ends_the_connection() -> None:
    server = serving_server(SentLog(next_number=5), sequence=3)
    assert server.resend_slice(0) is False
    assert events_of(server) == [Terminated("sequenced message 3 is not stored any more")]
    assert server.data_to_send() == []


def test_messages_that_arise_while_the_client_is_away_are_replayed() -> None:
    log = SentLog()
    first = serving_server(log)
    first.send(b"m1", 0)
    assert first.data_to_send() == numbered(1, 2)
    first.receive_eof(0)
    assert events_of(first) == [Terminated("connection closed by the peer")]
    assert first.send(b"m2", 0) == 2
    assert first.data_to_send() == []
    log.append(b"m3")
    second = serving_server(log, sequence=2)
    assert second.resend_slice(0) is False
    assert second.data_to_send() == numbered(2, 4)


def test_send_before_the_login_is_our_own_error() -> None:
    with pytest.raises(LocalProtocolError, match="send is not possible in state AWAITING_LOGIN"):
        SoupServerSession(0).send(b"x", 0)


def test_resend_slice_without_a_login_has_nothing_to_do() -> None:
    assert SoupServerSession(0).resend_slice(0) is False


def test_unsequenced_and_debug_do_not_count() -> None:
    server = serving_server()
    server.send_unsequenced(b"quote", 0)
    server.debug(b"hello", 0)
    assert server.send(b"m1", 0) == 1
    assert server.data_to_send() == [unsequenced(b"quote"), debug(b"hello"), sequenced(b"m1")]


# -- time ------------------------------------------------------------------------------------------


def test_heartbeat_leaves_after_a_second_of_our_silence() -> None:
    server = serving_server()
    assert server.deadline_ns == SECOND
    server.handle_timeout(SECOND - 1)
    assert server.data_to_send() == []
    server.handle_timeout(SECOND)
    assert server.data_to_send() == [SERVER_HEARTBEAT]
    assert server.deadline_ns == 2 * SECOND
    server.send(b"m1", SECOND + 5)
    assert server.deadline_ns == 2 * SECOND + 5


def test_silent_client_is_dropped_after_15_seconds() -> None:
    server = serving_server()
    server.receive_data(CLIENT_HEARTBEAT, 3 * SECOND)
    assert events_of(server) == []
    server.handle_timeout(18 * SECOND - 1)
    assert server.data_to_send() == [SERVER_HEARTBEAT]
    assert events_of(server) == []
    server.handle_timeout(18 * SECOND)
    assert events_of(server) == [Terminated("nothing received for 15000 ms")]


@pytest.mark.parametrize(("timeout_ms", "expected_ms"), [(2500, 2500), (60_000, 60_000)])
def test_heartbeat_timeout_of_a_4_10_login_is_honoured(timeout_ms: int, expected_ms: int) -> None:
    server = asked_server(timeout_ms=timeout_ms)
    server.accept(SentLog(), SESSION, 0)
    server.handle_timeout(expected_ms * 1_000_000 - 1)
    assert events_of(server) == []
    server.handle_timeout(expected_ms * 1_000_000)
    assert events_of(server) == [Terminated(f"nothing received for {expected_ms} ms")]


def test_settings_change_the_timers() -> None:
    settings = SoupSettings(heartbeat_ns=10, idle_timeout_ns=30, login_timeout_ns=20)
    server = SoupServerSession(100, settings)
    assert server.deadline_ns == 120
    server.receive_data(login_bytes(), 110)
    events_of(server)
    server.accept(SentLog(), SESSION, 115)
    assert server.deadline_ns == 125
    server.handle_timeout(140)
    assert events_of(server) == [Terminated("nothing received for 0 ms")]


# -- end -------------------------------------------------------------------------------------------


def test_end_of_session_is_the_last_word() -> None:
    server = serving_server()
    server.send(b"m1", 0)
    server.end_session(0)
    assert server.data_to_send() == [sequenced(b"m1"), END_OF_SESSION]
    assert events_of(server) == [Terminated("end of session")]


def test_end_of_session_waits_for_the_replay_and_orders_meanwhile_are_not_taken() -> None:
    server = serving_server(filled_log(3), sequence=1)
    server.end_session(0)
    server.receive_data(unsequenced(b"late order") + CLIENT_HEARTBEAT, 0)
    assert (events_of(server), server.data_to_send()) == ([], [])
    assert server.resend_slice(0) is False
    assert server.data_to_send() == [*numbered(1, 4), END_OF_SESSION]
    assert events_of(server) == [Terminated("end of session")]
    assert server.resend_slice(0) is False


def test_logout_ends_after_what_came_before_it() -> None:
    server = serving_server()
    server.receive_data(unsequenced(b"1") + LOGOUT_REQUEST + unsequenced(b"2"), 0)
    assert events_of(server) == [UnsequencedData(b"1"), Terminated("logout requested")]
    assert server.take_consumed() == unsequenced(b"1") + LOGOUT_REQUEST


def test_eof_comes_after_what_was_received_before_it() -> None:
    server = serving_server()
    server.receive_data(unsequenced(b"1") + b"\x00", 0)
    server.receive_eof(0)
    reason = "connection closed by the peer inside a packet, after 1 bytes of it"
    assert events_of(server) == [UnsequencedData(b"1"), Terminated(reason)]


def test_close_gives_its_reason_once_and_sends_no_end_of_session() -> None:
    server = serving_server()
    server.close("newer login from 127.0.0.1")
    server.close("again")
    assert events_of(server) == [Terminated("newer login from 127.0.0.1")]
    assert server.data_to_send() == []
    server.receive_data(unsequenced(b"x"), 0)
    server.handle_timeout(100 * SECOND)
    server.receive_eof(0)
    assert (events_of(server), server.data_to_send()) == ([], [])


# -- bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "reason", "consumed"),
    [
        (b"\x00\x00", "packet length: expected 1 to 32767, received 0", 2),
        (b"\x80\x00U", "packet length: expected 1 to 32767, received 32768", 2),
        (b"\x00\x01?", "packet type b'?' not expected in SERVING", 3),
        (b"GET / HTTP/1.1\r\n", "packet type b'T' not expected in SERVING", 3),
        (b"\x00\x02RR", "packet length of type b'R': expected 1, received 2", 3),
        (b"\x00\x02OO", "packet length of type b'O': expected 1, received 2", 3),
        (login_bytes(), "packet type b'L' not expected in SERVING", 3),
    ],
)
def test_malformed_packet_ends_the_connection_at_its_header(
    data: bytes, reason: str, consumed: int
) -> None:
    server = serving_server()
    server.receive_data(unsequenced(b"1") + data, 0)
    assert events_of(server) == [UnsequencedData(b"1"), Terminated(reason)]
    assert server.take_consumed() == unsequenced(b"1") + data[:consumed]


def test_login_of_another_length_ends_the_connection_before_its_password_arrives() -> None:
    server = SoupServerSession(0)
    server.receive_data(b"\x00\x30L", 0)
    assert events_of(server) == [
        Terminated("packet length of type b'L': expected 47 or 52, received 48")
    ]


def test_largest_packet_is_taken() -> None:
    server = serving_server()
    payload = bytes(LENGTH_MAX - 1)
    server.receive_data(unsequenced(payload), 0)
    assert events_of(server) == [UnsequencedData(payload)]


def test_flood_during_the_login_ends_the_connection() -> None:
    server = asked_server()
    server.receive_data(bytes(BUFFER_MAX + 1), 0)
    expected = f"{BUFFER_MAX + 1} bytes unread, expected at most {BUFFER_MAX}"
    assert events_of(server) == [Terminated(expected)]
