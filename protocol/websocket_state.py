"""The states of the bridge's session and every way from one to the next."""

from enum import Enum
from typing import Final


class State(Enum):
    """Where a connection stands towards its private session."""

    ANONYMOUS = 1
    """Public data only."""
    LOGIN_PENDING = 2
    """A login waits for the venue's decision; nothing further is interpreted."""
    REPLAYING = 3
    """Logged in; older numbered messages go out first."""
    LIVE = 4
    """Logged in; numbered messages go out as they are made."""
    ENDED = 5


class Trigger(Enum):
    LOGIN = 1
    ACCEPT = 2
    REJECT = 3
    CAUGHT_UP = 4
    END = 5


TRANSITIONS: Final[dict[State, dict[Trigger, State]]] = {
    State.ANONYMOUS: {Trigger.LOGIN: State.LOGIN_PENDING, Trigger.END: State.ENDED},
    State.LOGIN_PENDING: {
        Trigger.ACCEPT: State.REPLAYING,
        Trigger.REJECT: State.ANONYMOUS,
        Trigger.END: State.ENDED,
    },
    State.REPLAYING: {Trigger.CAUGHT_UP: State.LIVE, Trigger.END: State.ENDED},
    State.LIVE: {Trigger.END: State.ENDED},
    State.ENDED: {},
}
