"""Every edge of the table is taken by a session, and the document is the table.

Regenerate: `python -m tests.protocol.fix.test_fix_state`.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from protocol.fix.session import FixSession
from protocol.fix.settings import DEFAULT_SETTINGS
from protocol.fix.state import TRANSITIONS, Machine, State, Trigger
from protocol.fix.stream import FixStream
from protocol.fix.version import FIX44
from tests.protocol.fix.fix_scenes import START_NS, T0, Peer, framed, logged_on

DOCUMENT = Path(__file__).resolve().parents[3] / "specs" / "fix" / "session-states.md"
EDGES = [(state, trigger) for state, row in TRANSITIONS.items() for trigger in row]


def pending() -> Peer:
    peer = Peer()
    peer.session.receive_data(peer.frame("35=A|34=1|98=0|108=30"), peer.now_ns)
    peer.session.next_event()
    return peer


def initiator(*, sent: bool) -> Peer:
    peer = Peer()
    stream = FixStream(FIX44, sender_comp_id=b"ACME", target_comp_id=b"XVEN")
    peer.session = FixSession.initiator(stream, DEFAULT_SETTINGS, START_NS)
    if sent:
        peer.session.logon(START_NS)
    return peer


def recovering() -> Peer:
    peer = logged_on()
    peer.says("35=0|34=5")
    return peer


def logging_out() -> Peer:
    peer = logged_on()
    peer.session.logout(b"", peer.now_ns)
    return peer


def closing() -> Peer:
    peer = logged_on()
    peer.says("35=5|34=2")
    return peer


REACH: dict[State, Callable[[], Peer]] = {
    State.CONNECTED: Peer,
    State.LOGON_PENDING: pending,
    State.LOGON_SENT: lambda: initiator(sent=True),
    State.ACTIVE: logged_on,
    State.RECOVERING: recovering,
    State.LOGGING_OUT: logging_out,
    State.CLOSING: closing,
}
LOGON_ANSWER = framed(f"35=A|34=1|49=XVEN|52={T0}|56=ACME|98=0|108=30")


def fire(peer: Peer, trigger: Trigger) -> None:
    session, now_ns = peer.session, peer.now_ns
    match trigger:
        case Trigger.LOGON_RECEIVED if session.state is State.LOGON_SENT:
            session.receive_data(LOGON_ANSWER, now_ns)
        case Trigger.LOGON_RECEIVED:
            session.receive_data(peer.frame("35=A|34=1|98=0|108=30"), now_ns)
        case Trigger.LOGON_ACCEPTED:
            session.accept(peer.stream, DEFAULT_SETTINGS, now_ns)
        case Trigger.GAP_FOUND:
            session.receive_data(peer.frame("35=0|34=9"), now_ns)
        case Trigger.GAP_CLOSED:
            session.receive_data(peer.frame("35=4|34=2|36=5|123=Y"), now_ns)
        case Trigger.LOGOUT_SENT:
            session.logout(b"", now_ns)
        case Trigger.LOGOUT_RECEIVED:
            session.receive_data(peer.frame("35=5|34=2"), now_ns)
        case Trigger.ENDED:
            session.receive_eof(now_ns)
        case Trigger.LOGON_SENT:
            session.logon(now_ns)
    session.next_event()


@pytest.mark.parametrize(("state", "trigger"), EDGES, ids=lambda item: item.name.lower())
def test_edge_leads_where_the_table_says(state: State, trigger: Trigger) -> None:
    peer = initiator(sent=False) if trigger is Trigger.LOGON_SENT else REACH[state]()
    assert peer.session.state is state
    fire(peer, trigger)
    assert peer.session.state is TRANSITIONS[state][trigger]


def test_a_trigger_the_state_does_not_know_is_a_bug() -> None:
    with pytest.raises(KeyError):
        Machine().step(Trigger.GAP_CLOSED)


def render() -> str:
    lines = [
        "# FIX session states",
        "",
        "Generated from `protocol/fix/state.py`; do not edit.",
    ]
    for state, row in TRANSITIONS.items():
        lines += ["", f"## {state.name}", "", f"{state.value[0].upper()}{state.value[1:]}."]
        if row:
            lines += ["", "| when | next state |", "|---|---|"]
        lines += [f"| {trigger.value} | {target.name} |" for trigger, target in row.items()]
    return "\n".join(lines) + "\n"


def test_document_is_what_the_table_says() -> None:
    assert DOCUMENT.read_text("ascii") == render(), (
        "run python -m tests.protocol.fix.test_fix_state"
    )


if __name__ == "__main__":
    DOCUMENT.write_text(render(), "ascii")
