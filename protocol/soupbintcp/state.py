"""The states of a SoupBinTCP connection, both roles: one table of everything that changes them.

A packet whose trigger is not in the row of the current state breaks the protocol (FAULT).
Rendered in specs/soupbintcp/session-states.md.
"""

from enum import Enum
from typing import Final


class State(Enum):
    """Where one connection stands. The first four are the server's, the next three the client's."""

    AWAITING_LOGIN = "connected, no Login Request yet"
    DECIDING = "Login Request handed to the caller, who has not answered; input waits"
    SERVING = "logged in; stored and new messages flow"
    ENDING = "the session was ended while stored messages were still to be replayed"

    NOT_LOGGED_IN = "connected, nothing sent"
    LOGIN_SENT = "Login Request sent, no answer yet"
    JOINED = "logged in"

    CLOSED = "over; nothing more is sent or interpreted"


class Trigger(Enum):
    """What can happen: a packet arrives, the caller calls, time or the line acts."""

    DEBUG_RECEIVED = "Debug `+` arrives"
    LOGIN_REQUEST_RECEIVED = "Login Request `L` arrives"
    UNSEQUENCED_DATA_RECEIVED = "Unsequenced Data `U` arrives"
    CLIENT_HEARTBEAT_RECEIVED = "Client Heartbeat `R` arrives"
    LOGOUT_REQUEST_RECEIVED = "Logout Request `O` arrives"
    LOGIN_ACCEPTED_RECEIVED = "Login Accepted `A` arrives"
    LOGIN_REJECTED_RECEIVED = "Login Rejected `J` arrives"
    SEQUENCED_DATA_RECEIVED = "Sequenced Data `S` arrives"
    SERVER_HEARTBEAT_RECEIVED = "Server Heartbeat `H` arrives"
    END_OF_SESSION_RECEIVED = "End of Session `Z` arrives"

    ACCEPT = "the caller accepts the login: `A` is sent"
    REJECT = "the caller rejects the login: `J` is sent"
    END_SESSION = "the caller ends the session"
    HISTORY_SENT = "every stored message is out after END_SESSION: `Z` is sent"
    LOGIN = "the caller logs in: `L` is sent"
    LOGOUT = "the caller logs out: `O` is sent"
    CLOSE = "the caller gives the connection up"

    FAULT = "the peer broke the protocol"
    TIMEOUT = "no login in time, or silence for too long"
    EOF = "the peer closed its side"


_OVER: Final = {
    Trigger.CLOSE: State.CLOSED,
    Trigger.FAULT: State.CLOSED,
    Trigger.TIMEOUT: State.CLOSED,
    Trigger.EOF: State.CLOSED,
}

TRANSITIONS: Final[dict[State, dict[Trigger, State]]] = {
    State.AWAITING_LOGIN: {
        Trigger.DEBUG_RECEIVED: State.AWAITING_LOGIN,
        Trigger.LOGIN_REQUEST_RECEIVED: State.DECIDING,
        **_OVER,
    },
    State.DECIDING: {
        Trigger.ACCEPT: State.SERVING,
        Trigger.REJECT: State.CLOSED,
        # No EOF: a login is answered before the end of its connection is looked at.
        Trigger.CLOSE: State.CLOSED,
        Trigger.FAULT: State.CLOSED,
        Trigger.TIMEOUT: State.CLOSED,
    },
    State.SERVING: {
        Trigger.UNSEQUENCED_DATA_RECEIVED: State.SERVING,
        Trigger.CLIENT_HEARTBEAT_RECEIVED: State.SERVING,
        Trigger.DEBUG_RECEIVED: State.SERVING,
        Trigger.LOGOUT_REQUEST_RECEIVED: State.CLOSED,
        Trigger.END_SESSION: State.ENDING,
        **_OVER,
    },
    State.ENDING: {
        Trigger.UNSEQUENCED_DATA_RECEIVED: State.ENDING,
        Trigger.CLIENT_HEARTBEAT_RECEIVED: State.ENDING,
        Trigger.DEBUG_RECEIVED: State.ENDING,
        Trigger.LOGOUT_REQUEST_RECEIVED: State.CLOSED,
        Trigger.HISTORY_SENT: State.CLOSED,
        **_OVER,
    },
    State.NOT_LOGGED_IN: {
        Trigger.DEBUG_RECEIVED: State.NOT_LOGGED_IN,
        Trigger.LOGIN: State.LOGIN_SENT,
        **_OVER,
    },
    State.LOGIN_SENT: {
        Trigger.DEBUG_RECEIVED: State.LOGIN_SENT,
        Trigger.LOGIN_ACCEPTED_RECEIVED: State.JOINED,
        Trigger.LOGIN_REJECTED_RECEIVED: State.CLOSED,
        **_OVER,
    },
    State.JOINED: {
        Trigger.SEQUENCED_DATA_RECEIVED: State.JOINED,
        Trigger.UNSEQUENCED_DATA_RECEIVED: State.JOINED,
        Trigger.SERVER_HEARTBEAT_RECEIVED: State.JOINED,
        Trigger.DEBUG_RECEIVED: State.JOINED,
        Trigger.END_OF_SESSION_RECEIVED: State.CLOSED,
        Trigger.LOGOUT: State.CLOSED,
        **_OVER,
    },
    State.CLOSED: {},
}
