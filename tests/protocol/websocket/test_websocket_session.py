"""The conversation over real frames: the verbs that the shell uses."""

from typing import Any

import websockets.frames
from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.uri import parse_uri

from protocol.feed import Message, Ping, Welcome, encode
from protocol.sent_log import SentLog
from protocol.session import Terminated
from protocol.websocket import WebSocketSession
from protocol.websocket_bridge import LoginRequested
from protocol.websocket_client import BridgeClient

SECOND = 1_000_000_000
WELCOME = encode(Welcome(venue="XVEN", version=1, heartbeat_ns=10 * SECOND, instruments=[]))


class Wire:
    """The library's own client on one end, our session on the other; bytes one by one if wanted."""

    def __init__(self, *, step: int = 65536) -> None:
        self.client = ClientProtocol(parse_uri("ws://127.0.0.1:9882/"))
        self.session = WebSocketSession(WELCOME, 0)
        self.talk = BridgeClient("SECRET")
        self.step = step
        self.heard: list[Message] = []
        self.client.send_request(self.client.connect())

    def pump(self, now_ns: int = 0) -> list[Any]:
        """Carry bytes both ways until all is quiet; the venue's events."""
        events = []
        quiet = False
        while not quiet:
            up = b"".join(self.client.data_to_send())
            for begin in range(0, len(up), self.step):
                self.session.receive_data(up[begin : begin + self.step], now_ns)
            while (event := self.session.next_event()) is not None:
                events.append(event)
            down = b"".join(self.session.data_to_send())
            if down:
                self.client.receive_data(down)
            for frame in self.client.events_received():
                if isinstance(frame, Frame) and frame.opcode is websockets.frames.Opcode.TEXT:
                    self.heard.append(self.talk.receive(bytes(frame.data)))
            quiet = not up and not down
        return events

    def types(self) -> list[str]:
        types = [str(type(message).__struct_config__.tag) for message in self.heard]
        self.heard.clear()
        return types


def accept(wire: Wire, log: SentLog) -> None:
    wire.session.accept(log, epoch="e1", account="ACME", open_orders=[], now_ns=0)


def test_welcome_login_and_ping_over_frames_cut_anywhere() -> None:
    for step in (1, 7, 65536):
        wire = Wire(step=step)
        assert wire.pump() == []
        assert wire.types() == ["welcome"]
        wire.client.send_text(wire.talk.login())
        assert wire.pump() == [LoginRequested("SECRET", "main", None, "")]
        accept(wire, SentLog())
        wire.client.send_text(encode(Ping(id="p")))
        assert wire.pump() == []
        assert wire.types() == ["logged_in", "pong"]
        assert wire.session.take_consumed() == (
            b'{"type":"login","token":"******"}\n{"type":"ping","id":"p"}\n'
        )


def test_the_welcome_waits_for_the_opening_handshake() -> None:
    session = WebSocketSession(WELCOME, 0)
    assert session.data_to_send() == []
    assert session.deadline_ns == 10 * SECOND


def test_the_clients_close_terminates_once() -> None:
    wire = Wire()
    wire.pump()
    wire.client.send_close(1000, "bye")
    assert wire.pump() == [Terminated("closed by the peer: 1000 (OK) bye")]
    assert wire.session.next_event() is None
    assert wire.session.deadline_ns is None


def test_our_close_comes_after_what_was_said_and_stops_reading() -> None:
    wire = Wire()
    wire.pump()
    wire.client.send_text(wire.talk.login())
    wire.pump()
    accept(wire, SentLog())
    wire.pump()
    wire.types()
    wire.client.send_text(encode(Ping()))
    wire.session.send_public(b'{"type":"heartbeat","time_ns":1}', 0)
    wire.session.close(1008, "a newer login took the session", 0)
    assert not wire.session.logged_in
    assert wire.pump() == [
        Terminated("closed by the peer: 1008 (policy violation) a newer login took the session")
    ]
    assert wire.types() == ["heartbeat"]


def test_three_refused_logins_close_the_connection() -> None:
    wire = Wire()
    wire.pump()
    for _ in range(3):
        wire.client.send_text(wire.talk.login())
        assert wire.pump()[-1] == LoginRequested("SECRET", "main", None, "")
        wire.session.reject("login_refused", "unknown token", 0)
    assert wire.pump()[-1] == Terminated(
        "closed by the peer: 1008 (policy violation) 3 logins refused"
    )
    assert wire.types() == ["welcome", "error", "error", "error"]


def test_a_lost_connection_still_delivers_what_was_whole_before_it_terminates() -> None:
    wire = Wire()
    wire.pump()
    wire.client.send_text(wire.talk.login())
    wire.session.receive_data(b"".join(wire.client.data_to_send()), 0)
    wire.session.receive_eof(0)
    assert wire.session.next_event() == LoginRequested("SECRET", "main", None, "")
    accept(wire, SentLog())
    assert wire.session.next_event() == Terminated("connection lost without a close frame")
    assert wire.session.next_event() is None


def test_heartbeats_pings_and_the_end_of_a_silent_peer_have_their_times() -> None:
    wire = Wire()
    wire.pump()
    session = wire.session
    told = []
    while (deadline := session.deadline_ns) is not None:
        session.handle_timeout(deadline)
        told.append((deadline // SECOND, [frame[:2] for frame in session.data_to_send()]))
    assert told == [
        (10, [b"\x81\x2a"]),
        (20, [b"\x89\x00", b"\x81\x2a"]),
        (30, [b"\x88\x1a"]),
    ]
    assert session.next_event() == Terminated("no pong: silent for 30 s")


def test_a_replay_over_frames_goes_on_slice_by_slice() -> None:
    log = SentLog()
    for _ in range(300):
        log.append(b'{"type":"heartbeat","time_ns":1}')
    wire = Wire()
    wire.pump()
    wire.client.send_text(b'{"type":"login","token":"SECRET","resume_from":1}')
    wire.pump()
    accept(wire, log)
    wire.pump()
    assert wire.types() == ["welcome", "logged_in"]
    assert wire.session.resend_slice(0) is True
    wire.pump()
    assert len(wire.types()) == 256
    assert wire.session.resend_slice(0) is False
    wire.pump()
    assert len(wire.types()) == 44
