"""The participants' side of each wire against the venue's side, in memory."""

import pytest

from gateway.config import DEFAULT_INSTRUMENTS
from matching.types import Side, TimeInForce
from protocol import feed
from protocol.errors import RemoteProtocolError
from protocol.fix.events import LogonRequested
from protocol.fix.messages import (
    ExecutionReport,
    NewOrderSingle,
    OrderCancelReject,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
)
from protocol.fix.reports import execution_report, order_cancel_reject
from protocol.fix.session import FixSession
from protocol.fix.settings import FixSettings
from protocol.fix.stream import FixStream
from protocol.fix.version import FIX42, FIX44, Version
from protocol.ouch import messages42 as ouch
from protocol.sent_log import SentLog
from protocol.session import Remark, Session, Terminated
from protocol.soupbintcp.events import LoginRequested, UnsequencedData
from protocol.soupbintcp.packets import LoginRejectReason
from protocol.soupbintcp.session import SoupServerSession
from simulator.clients.connection import Dialogue
from simulator.clients.fix import FixDialogue
from simulator.clients.ouch import OuchDialogue
from simulator.clients.websocket import WebSocketDialogue
from simulator.clients.words import (
    Accepted,
    Cancel,
    Canceled,
    Executed,
    HistoryLost,
    New,
    Rejected,
    Replace,
    Replaced,
    Report,
)

NOW = 1_763_800_000_000_000_000
INSTRUMENTS = {one.symbol: one for one in DEFAULT_INSTRUMENTS}
NEW = New(b"R1", b"AAPL", Side.BUY, 100, 1_870_100)
MARKET = New(b"R2", b"AAPL", Side.SELL, 50, 0, TimeInForce.IOC)
REPLACE = Replace(b"R3", b"R1", b"AAPL", Side.BUY, 120, 1_870_200)
CANCEL = Cancel(b"R4", b"R3", b"AAPL", Side.BUY)
TOLD: list[Report] = [
    Accepted(b"R1", b"AAPL", Side.BUY, 100, 1_870_100),
    Executed(b"R1", 40, 1_870_050),
    Replaced(b"R3", b"R1", 80, 1_870_200),
    Canceled(b"R3", None),
]
"""The life of NEW, REPLACE, CANCEL; OUCH tells what a cancel took off."""


class Wired:
    """A dialogue and the venue's session of the same wire, joined by a pipe."""

    def __init__(self, dialogue: Dialogue, server: Session) -> None:
        self.dialogue = dialogue
        self.server = server
        self.client = dialogue.open(NOW)
        self.told: list[Report] = []

    def ask(self) -> list[object]:
        """Client to venue; the venue's events."""
        for frame in self.client.data_to_send():
            self.server.receive_data(frame, NOW)
        events = []
        while (event := self.server.next_event()) is not None:
            if not isinstance(event, Remark):
                events.append(event)
        return events

    def cut(self) -> None:
        """The connection breaks; what was on its way is lost."""
        for session in (self.client, self.server):
            session.receive_eof(NOW)
        while (event := self.client.next_event()) is not None:
            self.dialogue.hear(event)
        while self.server.next_event() is not None:
            pass

    def hear(self) -> list[Report]:
        """Venue to client; what the participant is told."""
        while self.server.resend_slice(NOW):
            pass
        for frame in self.server.data_to_send():
            self.client.receive_data(frame, NOW)
        told = []
        while (event := self.client.next_event()) is not None:
            told += self.dialogue.hear(event)
        return told


def fix_pair(
    version: Version, dialogue: FixDialogue, stream: FixStream
) -> tuple[Wired, FixSession]:
    session = FixSession.acceptor(NOW)
    wired = Wired(dialogue, session)
    [logon] = wired.ask()
    assert isinstance(logon, LogonRequested)
    session.accept(stream, FixSettings(), NOW)
    wired.ask()
    return wired, session


def fix_dialogue(version: Version) -> FixDialogue:
    return FixDialogue(version, b"SIM000", b"XVEN", INSTRUMENTS)


def venue_stream(version: Version) -> FixStream:
    return FixStream(version, sender_comp_id=b"XVEN", target_comp_id=b"SIM000")


def report(exec_type: bytes, **fields: bytes) -> ExecutionReport:
    base = {
        "order_id": b"1",
        "exec_id": b"1-1",
        "ord_status": b"0",
        "symbol": b"AAPL",
        "side": b"1",
        "leaves_qty": b"100",
        "cum_qty": b"0",
        "avg_px": b"0",
    }
    return ExecutionReport(**{**base, **fields}, exec_type=exec_type)  # type: ignore[arg-type]


def fix_life(version: Version) -> list[bytes]:
    """The reports of the orders above, as the venue words them."""
    return [
        execution_report(version, one)
        for one in (
            report(b"0", cl_ord_id=b"R1", price=b"187.0100", order_qty=b"100"),
            report(b"F", cl_ord_id=b"R1", last_qty=b"40", last_px=b"187.0050", leaves_qty=b"60"),
            report(
                b"5", cl_ord_id=b"R3", orig_cl_ord_id=b"R1", leaves_qty=b"80", price=b"187.0200"
            ),
            report(b"4", cl_ord_id=b"R4", orig_cl_ord_id=b"R3", leaves_qty=b"0"),
        )
    ]


def test_fix_requests_reach_the_venue_in_its_words() -> None:
    for version in (FIX42, FIX44):
        wired, _ = fix_pair(version, fix_dialogue(version), venue_stream(version))
        assert wired.hear() == []
        assert wired.dialogue.ready
        for request in (NEW, MARKET, REPLACE, CANCEL):
            wired.dialogue.say(request, NOW)
        new, market, replace, cancel = wired.ask()
        assert isinstance(new, NewOrderSingle)
        assert (new.cl_ord_id, new.symbol, new.side, new.order_qty, new.ord_type, new.price) == (
            b"R1", b"AAPL", b"1", b"100", b"2", b"187.0100",
        )  # fmt: skip
        assert new.time_in_force == b"0"
        assert isinstance(market, NewOrderSingle)
        assert (market.ord_type, market.price, market.time_in_force) == (b"1", b"", b"3")
        assert isinstance(replace, OrderCancelReplaceRequest)
        assert (replace.cl_ord_id, replace.orig_cl_ord_id, replace.order_qty, replace.price) == (
            b"R3", b"R1", b"120", b"187.0200",
        )  # fmt: skip
        assert isinstance(cancel, OrderCancelRequest)
        assert (cancel.cl_ord_id, cancel.orig_cl_ord_id) == (b"R4", b"R3")


def test_fix_reports_reach_the_participant_in_uniform_words() -> None:
    for version in (FIX42, FIX44):
        wired, session = fix_pair(version, fix_dialogue(version), venue_stream(version))
        for body in fix_life(version):
            session.send(b"8", body, NOW)
        refused = report(b"8", cl_ord_id=b"R9", text=b"halted", leaves_qty=b"0")
        session.send(b"8", execution_report(version, refused), NOW)
        late = OrderCancelReject(
            order_id=b"1",
            cl_ord_id=b"R10",
            orig_cl_ord_id=b"R3",
            ord_status=b"4",
            cxl_rej_response_to=b"1",
            cxl_rej_reason=b"0",
            text=b"too late",
        )
        session.send(b"9", order_cancel_reject(version, late), NOW)
        assert wired.hear() == [
            *TOLD,
            Rejected(b"R9", "halted"),
            Rejected(b"R10", "too late", True, True),
        ]


def test_fix_goes_on_by_number_after_a_lost_connection() -> None:
    dialogue, stream = fix_dialogue(FIX44), venue_stream(FIX44)
    wired, _ = fix_pair(FIX44, dialogue, stream)
    wired.hear()
    # Said, but never arrived: the venue asks for it again.
    dialogue.say(NEW, NOW)
    wired.cut()
    # Produced while nobody listened: told at the next logon.
    accepted, *_ = fix_life(FIX44)
    stream.write(b"8", accepted, NOW)

    again, _ = fix_pair(FIX44, dialogue, stream)
    told = again.hear()
    asked = []
    for _ in range(4):
        again.client.resend_slice(NOW)
        asked += again.ask()
        told += again.hear()
    assert [one.cl_ord_id for one in asked if isinstance(one, NewOrderSingle)] == [b"R1"]
    assert told == TOLD[:1]


def test_fix_starts_afresh_when_the_venue_does_not_know_its_past() -> None:
    dialogue = fix_dialogue(FIX44)
    wired, _ = fix_pair(FIX44, dialogue, venue_stream(FIX44))
    wired.hear()
    wired.cut()
    refused = Wired(dialogue, FixSession.acceptor(NOW))
    refused.cut()
    session = FixSession.acceptor(NOW)
    again = Wired(dialogue, session)
    [logon] = again.ask()
    assert isinstance(logon, LogonRequested)
    assert (logon.reset_seq_num_flag, logon.msg_seq_num) == (True, 1)
    session.accept(venue_stream(FIX44), FixSettings(), NOW)
    assert again.hear() == [HistoryLost()]


def ouch_pair(
    dialogue: OuchDialogue, log: SentLog, session_id: bytes
) -> tuple[Wired, LoginRequested]:
    session = SoupServerSession(NOW)
    wired = Wired(dialogue, session)
    [login] = wired.ask()
    assert isinstance(login, LoginRequested)
    session.accept(log, session_id, NOW)
    return wired, login


def ouch_dialogue() -> OuchDialogue:
    return OuchDialogue(b"SIM000", b"SIM000", INSTRUMENTS)


def ouch_life() -> list[bytes]:
    accepted = ouch.Accepted(
        NOW, b"R1".ljust(14), b"B", 100, b"AAPL    ", 1_870_100, 99_998, b"    ", b"Y", 1, b"P",
        b"N", 0, b"N", b"L", b" ",
    )  # fmt: skip
    executed = ouch.Executed(NOW, b"R1".ljust(14), 40, 1_870_050, b"A", 7)
    replaced = ouch.Replaced(
        NOW, b"R3".ljust(14), b"B", 80, b"AAPL    ", 1_870_200, 99_998, b"    ", b"Y", 2, b"P",
        b"N", 0, b"N", b"L", b"R1".ljust(14), b" ",
    )  # fmt: skip
    canceled = ouch.Canceled(NOW, b"R3".ljust(14), 80, b"U")
    return [ouch.encode(one) for one in (accepted, executed, replaced, canceled)]


def test_ouch_requests_reach_the_venue_in_its_words() -> None:
    wired, login = ouch_pair(ouch_dialogue(), SentLog(), b"S1")
    assert (login.username, login.requested_session, login.requested_sequence) == (
        b"SIM000",
        b"",
        1,
    )
    assert wired.hear() == []
    for request in (NEW, REPLACE, CANCEL):
        wired.dialogue.say(request, NOW)
    messages = [
        ouch.decode_inbound(event.payload)
        for event in wired.ask()
        if isinstance(event, UnsequencedData)
    ]
    assert messages == [
        ouch.EnterOrder(
            b"R1".ljust(14), b"B", 100, b"AAPL    ", 1_870_100, 99_998, b"    ", b"Y", b"P", b"N",
            0, b"N", b" ",
        ),
        ouch.ReplaceOrder(b"R1".ljust(14), b"R3".ljust(14), 120, 1_870_200, 99_998, b"Y", b"N", 0),
        ouch.CancelOrder(b"R3".ljust(14), 0),
    ]  # fmt: skip


def test_ouch_reports_reach_the_participant_in_uniform_words() -> None:
    log = SentLog()
    for payload in ouch_life():
        log.append(payload)
    log.append(ouch.encode(ouch.Rejected(NOW, b"R9".ljust(14), b"X")))
    wired, _ = ouch_pair(ouch_dialogue(), log, b"S1")
    assert wired.hear() == [*TOLD[:3], Canceled(b"R3", 80), Rejected(b"R9", "OUCH reason X")]


def test_ouch_goes_on_by_number_after_a_lost_connection() -> None:
    log, dialogue = SentLog(), ouch_dialogue()
    accepted, executed, *_ = ouch_life()
    log.append(accepted)
    wired, _ = ouch_pair(dialogue, log, b"S1")
    assert wired.hear() == TOLD[:1]
    dialogue.hear(Terminated("connection lost"))
    log.append(executed)
    again, login = ouch_pair(dialogue, log, b"S1")
    assert (login.requested_session, login.requested_sequence) == (b"S1", 2)
    assert again.hear() == TOLD[1:2]


def test_ouch_starts_afresh_in_a_new_session() -> None:
    dialogue = ouch_dialogue()
    wired, _ = ouch_pair(dialogue, SentLog(), b"S1")
    wired.hear()
    server = SoupServerSession(NOW)
    refused = Wired(dialogue, server)
    refused.ask()
    server.reject(LoginRejectReason.SESSION_NOT_AVAILABLE, NOW)
    assert refused.hear() == []
    assert not dialogue.ready
    again, login = ouch_pair(dialogue, SentLog(), b"S2")
    assert (login.requested_session, login.requested_sequence) == (b"", 1)
    assert again.hear() == [HistoryLost()]


def order(**changes: object) -> feed.Order:
    base: dict[str, object] = {
        "order_id": 1,
        "cl_ord_id": "R1",
        "symbol": "AAPL",
        "side": "buy",
        "order_type": "limit",
        "time_in_force": "day",
        "quantity": "100",
        "price": "187.01",
        "leaves_qty": "100",
        "cum_qty": "0",
        "status": "new",
    }
    return feed.Order(**{**base, **changes})  # type: ignore[arg-type]


def logged_in(**changes: object) -> bytes:
    base: dict[str, object] = {
        "session": "main",
        "account": "SIM000",
        "epoch": "e1",
        "next_seq": 1,
        "resume_from": 1,
        "open_orders": [],
    }
    return feed.encode(feed.LoggedIn(**{**base, **changes}))  # type: ignore[arg-type]


def websocket_dialogue() -> WebSocketDialogue:
    dialogue = WebSocketDialogue("SIM000", INSTRUMENTS)
    dialogue.login()
    return dialogue


def test_websocket_requests_reach_the_venue_in_its_words() -> None:
    dialogue = websocket_dialogue()
    requests = [
        feed.decode_request(dialogue.say(request)) for request in (NEW, MARKET, REPLACE, CANCEL)
    ]
    assert requests == [
        feed.New(cl_ord_id="R1", symbol="AAPL", side="buy", quantity="100", price="187.01"),
        feed.New(
            cl_ord_id="R2",
            symbol="AAPL",
            side="sell",
            quantity="50",
            order_type="market",
            time_in_force="ioc",
        ),
        feed.Replace(cl_ord_id="R3", orig_cl_ord_id="R1", quantity="120", price="187.02"),
        feed.Cancel(cl_ord_id="R4", orig_cl_ord_id="R3"),
    ]


def websocket_life() -> list[feed.Message]:
    moved = order(cl_ord_id="R3", quantity="120", price="187.02", leaves_qty="80", cum_qty="40")
    gone = order(cl_ord_id="R3", quantity="120", leaves_qty="0", cum_qty="40", status="canceled")
    return [
        feed.Accepted(seq=1, time_ns=NOW, exec_id="1", order=order()),
        feed.Executed(
            seq=2,
            time_ns=NOW,
            exec_id="2",
            match_number=1,
            last_qty="40",
            last_px="187.005",
            liquidity="maker",
            order=order(leaves_qty="60", cum_qty="40"),
        ),
        feed.Replaced(
            seq=3, time_ns=NOW, exec_id="3", cl_ord_id="R3", orig_cl_ord_id="R1", order=moved
        ),
        feed.Canceled(
            seq=4,
            time_ns=NOW,
            exec_id="4",
            cl_ord_id="R4",
            orig_cl_ord_id="R3",
            quantity="80",
            reason="user",
            order=gone,
        ),
    ]


def test_websocket_reports_reach_the_participant_in_uniform_words() -> None:
    dialogue = websocket_dialogue()
    assert dialogue.hear(logged_in()) == []
    assert dialogue.ready
    told = [
        report for message in websocket_life() for report in dialogue.hear(feed.encode(message))
    ]
    assert told == TOLD


def test_websocket_repeats_are_no_news() -> None:
    dialogue = websocket_dialogue()
    dialogue.hear(logged_in())
    repeat = feed.Accepted(seq=1, time_ns=NOW, exec_id="1", order=order(), repeat=True)
    assert dialogue.hear(feed.encode(repeat)) == []


def test_websocket_orders_of_an_earlier_run_are_told_at_the_first_login_only() -> None:
    dialogue = websocket_dialogue()
    assert dialogue.hear(logged_in(open_orders=[order()])) == TOLD[:1]
    request = feed.decode_request(dialogue.login())
    assert isinstance(request, feed.Login)
    assert (request.resume_from, request.epoch) == (1, "e1")
    assert dialogue.hear(logged_in(open_orders=[order()])) == []


def test_websocket_starts_afresh_under_another_epoch() -> None:
    dialogue = websocket_dialogue()
    dialogue.hear(logged_in())
    dialogue.login()
    mismatch = feed.Error(code="epoch_mismatch", text="another history")
    with pytest.raises(RemoteProtocolError, match="login refused: epoch_mismatch"):
        dialogue.hear(feed.encode(mismatch))
    request = feed.decode_request(dialogue.login())
    assert isinstance(request, feed.Login)
    assert request.resume_from is None
    assert dialogue.hear(logged_in(epoch="e2")) == [HistoryLost()]
