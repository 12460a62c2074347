"""The conversation: login, numbers, resume, heartbeats, what the record keeps."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from protocol.errors import LocalProtocolError, RemoteProtocolError
from protocol.feed import Cancel, Heartbeat, New, Order, OrderStatus, Welcome, encode
from protocol.sent_log import Entry, SentLog
from protocol.session import Remark
from protocol.websocket_bridge import (
    PENDING_MAX,
    BridgeSession,
    CloseRequested,
    LoginRequested,
    append_numbered,
)
from protocol.websocket_client import BridgeClient
from protocol.websocket_requests import Subscribe
from protocol.websocket_state import TRANSITIONS, State, Trigger

SECOND = 1_000_000_000
WELCOME = encode(Welcome(venue="XVEN", version=1, heartbeat_ns=10 * SECOND, instruments=[]))
LOGIN = b'{"type":"login","token":"SECRET"}'
NEW = (
    b'{"type":"new","cl_ord_id":"a","symbol":"AAPL","side":"buy","quantity":"100","price":"187.01"}'
)


def order(order_id: int) -> Order:
    return Order(
        order_id=order_id,
        cl_ord_id=f"c{order_id}",
        symbol="AAPL",
        side="buy",
        order_type="limit",
        time_in_force="day",
        quantity="100",
        price="187.01",
        leaves_qty="100",
        cum_qty="0",
        status="new",
    )


def report(order_id: int) -> bytes:
    return encode(OrderStatus(time_ns=1, order=order(order_id)))


def fresh() -> BridgeSession:
    session = BridgeSession(WELCOME, 0)
    assert session.data_to_send() == [WELCOME]
    return session


def events(session: BridgeSession) -> list[Any]:
    return list(iter(lambda: session.next_event(0), None))


def said(session: BridgeSession) -> list[dict[str, Any]]:
    return [json.loads(text) for text in session.data_to_send()]


def accept(session: BridgeSession, log: SentLog, **more: Any) -> bool:
    return session.accept(
        log, **{"epoch": "e1", "account": "ACME", "open_orders": [], "now_ns": 0} | more
    )


def live(log: SentLog) -> BridgeSession:
    session = fresh()
    session.receive_message(LOGIN)
    assert events(session) == [LoginRequested("SECRET", "main", None, "")]
    assert accept(session, log)
    session.data_to_send()
    return session


def log_of(count: int) -> SentLog:
    log = SentLog()
    for number in range(1, count + 1):
        append_numbered(log, report(number))
    return log


def test_public_requests_need_no_login_and_private_ones_do() -> None:
    session = fresh()
    session.receive_message(b'{"type":"subscribe","channel":"stats"}')
    session.receive_message(NEW)
    assert events(session) == [
        Subscribe(channel="stats"),
        Remark("refused message: new needs a login first"),
    ]
    assert said(session) == [
        {
            "type": "error",
            "code": "not_logged_in",
            "text": "new needs a login first",
            "ref": "a",
        }
    ]


def test_nothing_behind_a_login_is_interpreted_before_it_is_answered() -> None:
    session = fresh()
    for text in (LOGIN, NEW, b'{"type":"cancel","cl_ord_id":"b","orig_cl_ord_id":"a"}'):
        session.receive_message(text)
    assert events(session) == [LoginRequested("SECRET", "main", None, "")]
    assert session.state is State.LOGIN_PENDING
    assert accept(session, SentLog())
    assert [type(event) for event in events(session)] == [New, Cancel]


def test_a_login_without_resume_tells_open_orders_and_the_next_number() -> None:
    session = fresh()
    session.receive_message(
        b'{"type":"login","token":"SECRET","session":"algo","id":"l1"}',
    )
    assert events(session) == [LoginRequested("SECRET", "algo", None, "")]
    assert accept(session, log_of(7), open_orders=[order(3)])
    assert session.state is State.LIVE
    [answer] = said(session)
    assert answer == {
        "type": "logged_in",
        "session": "algo",
        "account": "ACME",
        "epoch": "e1",
        "next_seq": 8,
        "resume_from": 8,
        "open_orders": [json.loads(encode(order(3)))],
        "id": "l1",
    }


def test_many_open_orders_come_in_several_messages() -> None:
    session = fresh()
    session.receive_message(LOGIN)
    events(session)
    accept(session, SentLog(), open_orders=[order(n) for n in range(1, 2502)])
    first, second, third = said(session)
    assert (first["type"], len(first["open_orders"]), first["more"]) == ("logged_in", 1000, True)
    assert (second["type"], len(second["orders"]), second["more"]) == ("open_orders", 1000, True)
    assert (third["type"], len(third["orders"]), "more" in third) == ("open_orders", 501, False)


def test_a_private_message_is_numbered_in_front_and_kept_whole() -> None:
    log = SentLog()
    session = live(log)
    session.send(report(1), 0)
    session.send(report(2), 0)
    texts = [b'{"seq":1,' + report(1)[1:], b'{"seq":2,' + report(2)[1:]]
    assert session.data_to_send() == texts
    assert list(log.read(1, 9)) == [(1, texts[0]), (2, texts[1])]
    assert log.take_fresh() == [(1, texts, [])]


def test_public_messages_have_no_number() -> None:
    log = SentLog()
    session = live(log)
    session.send_public(b'{"type":"heartbeat","time_ns":1}', 0)
    assert session.data_to_send() == [b'{"type":"heartbeat","time_ns":1}']
    assert log.next_number == 1


def resumed(log: SentLog, resume_from: int) -> BridgeSession:
    session = fresh()
    session.receive_message(
        b'{"type":"login","token":"SECRET","resume_from":%d,"epoch":"e1"}' % resume_from
    )
    events(session)
    assert accept(session, log)
    session.data_to_send()
    return session


def test_a_resume_repeats_the_very_bytes_from_the_number_wanted() -> None:
    log = log_of(5)
    session = resumed(log, 3)
    assert session.state is State.REPLAYING
    assert session.resend_slice(0) is False
    assert session.data_to_send() == [text for _, text in log.read(3, 6)]
    assert session.state is State.LIVE


def test_a_replay_is_bounded_and_new_messages_wait_for_their_turn() -> None:
    log = log_of(600)
    session = resumed(log, 1)
    counts = []
    more = True
    while more:
        session.send(report(0), 0)
        more = session.resend_slice(0)
        texts = session.data_to_send()
        counts.append([json.loads(text)["seq"] for text in texts])
        assert len(texts) <= 256
        assert sum(map(len, texts)) < 64 * 1024 + 400
    session.send(report(0), 0)
    counts.append([json.loads(text)["seq"] for text in session.data_to_send()])
    assert [number for numbers in counts for number in numbers] == list(range(1, log.next_number))
    assert len(counts) > 3


def test_a_slice_ends_after_256_small_messages() -> None:
    log = SentLog()
    for _ in range(300):
        append_numbered(log, b'{"type":"x"}')
    session = resumed(log, 1)
    assert session.resend_slice(0) is True
    assert len(session.data_to_send()) == 256
    assert session.resend_slice(0) is False
    assert len(session.data_to_send()) == 44


def test_numbers_that_are_gone_are_told_as_one_gap() -> None:
    def reader(begin: int, end: int) -> Iterator[Entry]:
        return iter((n, None if n != 3 else b'{"seq":3}') for n in range(begin, end))

    log = SentLog(6, reader)
    session = resumed(log, 1)
    assert session.resend_slice(0) is False
    assert said(session) == [
        {"type": "gap", "from_seq": 1, "to_seq": 2},
        {"seq": 3},
        {"type": "gap", "from_seq": 4, "to_seq": 5},
    ]
    assert session.state is State.LIVE


REFUSALS = {
    "epoch": (
        b'{"type":"login","token":"T","resume_from":2,"epoch":"old","id":"l"}',
        {
            "type": "error",
            "code": "epoch_mismatch",
            "text": "the numbers of that epoch are gone: log in without resume_from",
            "field": "epoch",
            "expected": "e1",
            "received": "old",
            "ref": "l",
        },
    ),
    "too high": (
        b'{"type":"login","token":"T","resume_from":7,"epoch":"e1"}',
        {
            "type": "error",
            "code": "resume_too_high",
            "text": "resume_from is too high: expected no more than 6, received 7",
            "field": "resume_from",
            "expected": "6",
            "received": "7",
        },
    ),
}


@pytest.mark.parametrize(("login", "answer"), REFUSALS.values(), ids=REFUSALS)
def test_a_resume_that_cannot_be_had_is_refused_and_may_be_corrected(
    login: bytes, answer: dict[str, str]
) -> None:
    session = fresh()
    session.receive_message(login)
    events(session)
    assert not accept(session, log_of(5))
    assert said(session) == [answer]
    assert events(session) == [Remark(f"login refused: {answer['code']}: {answer['text']}")]
    assert not session.logged_in
    session.receive_message(b'{"type":"login","token":"T","resume_from":6,"epoch":"e1"}')
    events(session)
    assert accept(session, log_of(5))


def test_the_third_refused_login_asks_for_the_close() -> None:
    session = fresh()
    for _ in range(3):
        assert session.close_requested is None
        session.receive_message(LOGIN)
        session.receive_message(b'{"type":"ping"}')
        assert events(session)[-1] == LoginRequested("SECRET", "main", None, "")
        session.reject("login_refused", "unknown token", 0)
    assert session.close_requested == CloseRequested(1008, "3 logins refused")
    assert events(session) == [Remark("login refused: login_refused: unknown token")]
    answer = {"type": "error", "code": "login_refused", "text": "unknown token"}
    assert [message for message in said(session) if message["type"] == "error"] == [answer] * 3


def test_a_second_login_on_one_connection_is_an_error() -> None:
    session = live(SentLog())
    session.receive_message(LOGIN)
    assert events(session) == [Remark("refused message: this connection is logged in already")]
    assert said(session)[0]["code"] == "already_logged_in"


def test_a_malformed_message_is_answered_and_the_next_one_is_read() -> None:
    session = live(SentLog())
    session.receive_message(b'{"type":"new","cl_ord_id":"a","symbol":1}')
    session.receive_message(b'{"type":"ping","id":"p"}')
    text = "symbol is invalid: expected a string of 1 to 8 printable ASCII characters, received 1"
    assert events(session) == [Remark(f"refused message: {text}")]
    assert said(session) == [
        {
            "type": "error",
            "code": "invalid_field",
            "text": text,
            "field": "symbol",
            "expected": "a string of 1 to 8 printable ASCII characters",
            "received": "1",
            "ref": "a",
        },
        {"type": "pong", "id": "p", "time_ns": 0},
    ]


def test_ten_seconds_of_our_silence_make_a_heartbeat() -> None:
    session = fresh()
    assert session.deadline_ns == 10 * SECOND
    session.handle_timeout(10 * SECOND - 1)
    assert session.data_to_send() == []
    session.handle_timeout(10 * SECOND)
    assert session.data_to_send() == [encode(Heartbeat(time_ns=10 * SECOND))]
    session.send_public(b"{}", 15 * SECOND)
    assert session.deadline_ns == 25 * SECOND


def test_too_many_messages_behind_a_login_ask_for_the_close() -> None:
    session = fresh()
    session.receive_message(LOGIN)
    events(session)
    for _ in range(PENDING_MAX):
        session.receive_message(NEW)
    assert session.close_requested is None
    session.receive_message(NEW)
    assert session.close_requested == CloseRequested(
        1008, "too many messages before the login was answered"
    )
    assert accept(session, SentLog())
    assert events(session) == []


def test_an_ended_session_interprets_nothing_and_refuses_to_number() -> None:
    session = live(SentLog())
    session.receive_message(NEW)
    session.end()
    session.end()
    session.receive_message(NEW)
    assert events(session) == []
    assert session.deadline_ns is None
    assert not session.logged_in
    with pytest.raises(LocalProtocolError, match="without a login"):
        session.send(report(1), 0)
    with pytest.raises(LocalProtocolError, match="no login is pending"):
        session.reject("login_refused", "", 0)


RECORDED = {
    "login": (LOGIN, b'{"type":"login","token":"******"}'),
    "spaced": (
        b'{"type":"login",\n"token" : "SECRET", "session":"SECRET"}',
        b'{"type":"login", "token" : "******", "session":"SECRET"}',
    ),
    "escaped key": (
        b'{"type":"login","tok\\u0065n":"SECRET"}',
        b'{"type":"login","tok\\u0065n":"******"}',
    ),
    "twice": (
        b'{"type":"login","token":"FIRST","token":"SECRET"}',
        b'{"type":"login","token":"*****","token":"******"}',
    ),
    "escaped value": (
        b'{"type":"login","token":"' + b"\\u0053" * 100 + b'"}',
        b'{"type":"login","token":"' + b"*" * 128 + b'"' + b" " * 472 + b"}",
    ),
    "refused login": (b'{"type":"login","token":"SECRET","x":1}', b"*" * 39),
    "refused newline": (b'{"type":"pin\ng"}', b'{"type":"pin\0g"}'),
    "order": (NEW, NEW),
    "order on two lines": (NEW.replace(b",", b",\n"), NEW.replace(b",", b", ")),
}


@pytest.mark.parametrize(("text", "record"), RECORDED.values(), ids=RECORDED)
def test_the_record_masks_tokens_and_keeps_one_message_a_line(text: bytes, record: bytes) -> None:
    session = fresh()
    session.receive_message(text)
    first = events(session)
    assert session.take_consumed() == record + b"\n"
    assert session.take_consumed() == b""
    assert len(text) == len(record)
    replayed = fresh()
    replayed.receive_recorded(record + b"\n")
    again = events(replayed)
    assert [type(event) for event in again] == [type(event) for event in first]
    assert "SECRET" not in str(again) or b'"session":"SECRET"' in text


def test_a_record_fed_to_a_fresh_session_gives_the_same_events_and_numbers() -> None:
    first, second = fresh(), fresh()
    texts = [LOGIN, NEW, b"garbage", b'{"type":"status","cl_ord_id":"a"}']
    for text in texts:
        first.receive_message(text)
    heard: list[list[Any]] = []
    for session in (first, second):
        log = SentLog()
        told = events(session)[1:]
        if session.state is State.LOGIN_PENDING:
            assert accept(session, log)
        told += events(session)
        session.send(report(1), 0)
        heard.append([told, log.take_fresh()])
        if session is first:
            second.receive_recorded(first.take_consumed())
    assert heard[0] == heard[1]
    assert len(heard[0][0]) == 3


def test_every_state_can_end_and_every_edge_leads_to_a_state() -> None:
    assert set(TRANSITIONS) == set(State)
    for state, edges in TRANSITIONS.items():
        assert set(edges.values()) <= set(State)
        assert (Trigger.END in edges) is (state is not State.ENDED)


def test_a_client_resumes_where_it_was_cut_off_and_misses_nothing() -> None:
    log = SentLog()
    client = BridgeClient("SECRET")
    heard = []
    for connection in range(3):
        session = fresh()
        session.receive_message(client.login())
        events(session)
        assert accept(session, log)
        session.resend_slice(0)
        session.send(report(connection), 0)
        for text in session.data_to_send():
            message = client.receive(text)
            if isinstance(message, OrderStatus):
                heard.append((message.seq, message.order.order_id))
        session.send(report(100 + connection), 0)
    assert heard == [(1, 0), (2, 100), (3, 1), (4, 101), (5, 2)]
    assert (client.next_seq, client.epoch) == (6, "e1")


def test_a_client_notices_a_skipped_number_and_follows_a_gap() -> None:
    client = BridgeClient("SECRET", next_seq=4, epoch="e1")
    assert json.loads(client.login()) == {
        "type": "login",
        "token": "SECRET",
        "resume_from": 4,
        "epoch": "e1",
    }
    client.receive(b'{"type":"gap","from_seq":4,"to_seq":6}')
    client.receive(b'{"seq":7,' + report(1)[1:])
    with pytest.raises(RemoteProtocolError, match="seq out of order: expected 8, received 9"):
        client.receive(b'{"seq":9,' + report(1)[1:])
    client.forget()
    assert json.loads(client.login()) == {"type": "login", "token": "SECRET"}
