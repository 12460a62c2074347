"""What SoupBinTCP sessions report, besides `protocol.session.Terminated` at the end of each."""

import msgspec

from protocol.session import Terminated
from protocol.soupbintcp.packets import LoginRejectReason


class LoginRequested(msgspec.Struct, frozen=True, gc=False):
    """A client wants in. Nothing further is interpreted until `accept` or `reject`.

    Username and password come in upper case, because neither tells cases apart (SoupBinTCP 4.10,
    Login Request Packet).
    """

    username: bytes
    password: bytes
    requested_session: bytes
    """Without padding; blank asks for the current session."""
    requested_sequence: int
    heartbeat_timeout_ms: int | None


class UnsequencedData(msgspec.Struct, frozen=True, gc=False):
    """One message without a number: every message of a client, and some of a 4.00 server."""

    payload: bytes


class LoggedIn(msgspec.Struct, frozen=True, gc=False):
    """The server let us in; `sequence` is the number of the next SequencedData."""

    session: bytes
    sequence: int


class LoginRejected(msgspec.Struct, frozen=True, gc=False):
    """The server refused; Terminated follows."""

    code: LoginRejectReason


class SequencedData(msgspec.Struct, frozen=True, gc=False):
    """One numbered message of the server. The number is implied by counting."""

    number: int
    payload: bytes


class EndOfSession(msgspec.Struct, frozen=True, gc=False):
    """This session has no more messages, ever, and cannot be joined again; Terminated follows."""


ServerEvent = LoginRequested | UnsequencedData | Terminated
ClientEvent = LoggedIn | LoginRejected | SequencedData | UnsequencedData | EndOfSession | Terminated
