"""Every edge of the SoupBinTCP table is taken, every missing one refused; the document is current.

Regenerate: `python -m tests.protocol.soupbintcp.test_soup_state`.
"""

from collections.abc import Callable
from typing import Any

import pytest

from protocol.errors import LocalProtocolError
from protocol.session import Terminated
from protocol.soupbintcp.line import BUFFER_MAX
from protocol.soupbintcp.packets import LoginRejectReason, LoginRequest
from protocol.soupbintcp.state import TRANSITIONS, State, Trigger
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
    login_bytes,
    sequenced,
    serving_server,
    session_in,
    unsequenced,
)
from tests.protocol.soupbintcp.vector_files import SPECS

DOCUMENT = SPECS / "soupbintcp" / "session-states.md"

PACKETS = {
    Trigger.DEBUG_RECEIVED: debug(b"hello"),
    Trigger.LOGIN_REQUEST_RECEIVED: login_bytes(),
    Trigger.UNSEQUENCED_DATA_RECEIVED: unsequenced(b"x"),
    Trigger.CLIENT_HEARTBEAT_RECEIVED: CLIENT_HEARTBEAT,
    Trigger.LOGOUT_REQUEST_RECEIVED: LOGOUT_REQUEST,
    Trigger.LOGIN_ACCEPTED_RECEIVED: ACCEPTED_1,
    Trigger.LOGIN_REJECTED_RECEIVED: b"\x00\x02JA",
    Trigger.SEQUENCED_DATA_RECEIVED: sequenced(b"x"),
    Trigger.SERVER_HEARTBEAT_RECEIVED: SERVER_HEARTBEAT,
    Trigger.END_OF_SESSION_RECEIVED: END_OF_SESSION,
}
CALLS: dict[Trigger, Callable[[Any], object]] = {
    Trigger.ACCEPT: lambda session: session.accept(filled_log(0), SESSION, 0),
    Trigger.REJECT: lambda session: session.reject(LoginRejectReason.NOT_AUTHORIZED, 0),
    Trigger.END_SESSION: lambda session: session.end_session(0),
    Trigger.LOGIN: lambda session: session.login(LoginRequest(b"TRADER", b"SECRET"), 0),
    Trigger.LOGOUT: lambda session: session.logout(0),
}
SERVER_STATES = (State.AWAITING_LOGIN, State.DECIDING, State.SERVING, State.ENDING)
SERVER_CALLS = (Trigger.ACCEPT, Trigger.REJECT, Trigger.END_SESSION)
EDGES = [(state, trigger) for state, row in TRANSITIONS.items() for trigger in row]


def fire(session: Any, trigger: Trigger) -> list[object]:
    """Make one thing happen; the events that follow."""
    if trigger in PACKETS:
        session.receive_data(PACKETS[trigger], 0)
    elif trigger in CALLS:
        CALLS[trigger](session)
    elif trigger is Trigger.CLOSE:
        session.close("test")
    elif trigger is Trigger.TIMEOUT:
        session.handle_timeout(60 * SECOND)
    elif trigger is Trigger.EOF:
        session.receive_eof(0)
    elif trigger is Trigger.HISTORY_SENT:
        assert session.resend_slice(0) is False
    elif session.state is State.DECIDING:
        session.receive_data(b"\0" * (BUFFER_MAX + 1), 0)
    else:
        assert trigger is Trigger.FAULT
        session.receive_data(b"\x00\x00", 0)
    return events_of(session)


def edge_name(value: object) -> str:
    assert isinstance(value, State | Trigger)
    return value.name.lower()


@pytest.mark.parametrize(("state", "trigger"), EDGES, ids=edge_name)
def test_edge_leads_where_the_table_says(state: State, trigger: Trigger) -> None:
    session = session_in(state)
    assert session.state is state
    if trigger is Trigger.END_SESSION:
        # With nothing left to replay HISTORY_SENT follows in the same call.
        session = serving_server(filled_log(1), sequence=1)
    events = fire(session, trigger)
    assert session.state is TRANSITIONS[state][trigger]
    ends = [event for event in events if isinstance(event, Terminated)]
    assert len(ends) == (1 if session.state is State.CLOSED else 0)


@pytest.mark.parametrize(
    ("state", "trigger"),
    [
        (state, trigger)
        for state in TRANSITIONS
        for trigger in PACKETS
        if trigger not in TRANSITIONS[state] and state not in (State.DECIDING, State.CLOSED)
    ],
    ids=edge_name,
)
def test_packet_outside_the_table_ends_the_connection(state: State, trigger: Trigger) -> None:
    session = session_in(state)
    packet = PACKETS[trigger]
    session.receive_data(packet, 0)
    expected = f"packet type {packet[2:3]!r} not expected in {state.name}"
    assert events_of(session) == [Terminated(expected)]
    assert session.state is State.CLOSED


@pytest.mark.parametrize(
    ("state", "trigger"),
    [
        (state, trigger)
        for state in TRANSITIONS
        for trigger in CALLS
        if trigger not in TRANSITIONS[state]
        and (trigger in SERVER_CALLS) == (state in (*SERVER_STATES, State.CLOSED))
    ],
    ids=edge_name,
)
def test_call_outside_the_table_is_our_own_error(state: State, trigger: Trigger) -> None:
    session = session_in(state)
    with pytest.raises(LocalProtocolError, match="is not possible in state"):
        fire(session, trigger)
    assert session.state is state


@pytest.mark.parametrize("state", [State.DECIDING, State.CLOSED], ids=edge_name)
def test_nothing_is_interpreted_while_deciding_or_closed(state: State) -> None:
    session = session_in(state)
    events_of(session)
    session.receive_data(unsequenced(b"x"), 0)
    assert events_of(session) == []
    assert session.state is state


def render() -> str:
    lines = [
        "# SoupBinTCP session states",
        "",
        "Generated from `protocol/soupbintcp/state.py`; do not edit.",
        "A packet without an entry in the table of the current state is a fault.",
    ]
    for state, row in TRANSITIONS.items():
        lines += ["", f"## {state.name}", "", f"{state.value[0].upper()}{state.value[1:]}."]
        if row:
            lines += ["", "| when | next state |", "|---|---|"]
        lines += [f"| {trigger.value} | {target.name} |" for trigger, target in row.items()]
    return "\n".join(lines) + "\n"


def test_document_is_what_the_table_says() -> None:
    assert DOCUMENT.read_text("ascii") == render(), (
        "run python -m tests.protocol.soupbintcp.test_soup_state"
    )


if __name__ == "__main__":
    DOCUMENT.write_text(render(), "ascii")
