"""The states of one FIX connection and every way between them.

Everything that changes the state stands in `TRANSITIONS`; `specs/fix/session-states.md` is drawn
from it. Sequence numbers are not here: they belong to the durable `FixStream`.
Source: FIX Session Layer, sections "Establishing a FIX session" and "Terminating a FIX session".
"""

from enum import Enum


class State(Enum):
    """Where one connection stands."""

    CONNECTED = "connected: an acceptor waits for a Logon(A), an initiator has yet to send one"
    LOGON_PENDING = "a Logon waits for accept or reject; nothing further is interpreted"
    LOGON_SENT = "the initiator waits for the answer to its Logon"
    ACTIVE = "logged on, numbers in order"
    RECOVERING = "a gap is open: a ResendRequest(2) is out, messages beyond the gap are queued"
    LOGGING_OUT = "we sent a Logout(5) and wait for the peer's"
    CLOSING = "we confirmed the peer's Logout and give it time to close first"
    TERMINATED = "over"


class Trigger(Enum):
    """What happened."""

    LOGON_RECEIVED = "Logon received"
    LOGON_ACCEPTED = "logon accepted"
    LOGON_SENT = "Logon sent"
    GAP_FOUND = "gap found"
    GAP_CLOSED = "gap closed"
    LOGOUT_SENT = "Logout sent"
    LOGOUT_RECEIVED = "Logout received"
    ENDED = "connection closed, deadline passed, or a rule broken that ends the session"


TRANSITIONS: dict[State, dict[Trigger, State]] = {
    State.CONNECTED: {
        Trigger.LOGON_RECEIVED: State.LOGON_PENDING,
        Trigger.LOGON_SENT: State.LOGON_SENT,
        Trigger.ENDED: State.TERMINATED,
    },
    State.LOGON_PENDING: {
        Trigger.LOGON_ACCEPTED: State.ACTIVE,
        Trigger.ENDED: State.TERMINATED,
    },
    State.LOGON_SENT: {
        Trigger.LOGON_RECEIVED: State.ACTIVE,
        Trigger.LOGOUT_SENT: State.LOGGING_OUT,
        Trigger.ENDED: State.TERMINATED,
    },
    State.ACTIVE: {
        Trigger.GAP_FOUND: State.RECOVERING,
        Trigger.LOGOUT_SENT: State.LOGGING_OUT,
        Trigger.LOGOUT_RECEIVED: State.CLOSING,
        Trigger.ENDED: State.TERMINATED,
    },
    State.RECOVERING: {
        Trigger.GAP_CLOSED: State.ACTIVE,
        Trigger.LOGOUT_SENT: State.LOGGING_OUT,
        Trigger.LOGOUT_RECEIVED: State.CLOSING,
        Trigger.ENDED: State.TERMINATED,
    },
    State.LOGGING_OUT: {
        Trigger.ENDED: State.TERMINATED,
    },
    State.CLOSING: {
        Trigger.ENDED: State.TERMINATED,
    },
    State.TERMINATED: {},
}


class Machine:
    """The state of one connection; `step` is the only way to change it."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state = State.CONNECTED

    def step(self, trigger: Trigger) -> None:
        """Go where the table says; a trigger the state does not know is a bug of ours."""
        self.state = TRANSITIONS[self.state][trigger]
