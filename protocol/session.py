"""The one shape every wire session has, for the shell that moves its bytes.

A session is sans-IO: bytes and time in, events out, bytes out. It lives as long as one connection;
what outlives it (numbers, sent messages) is handed to its own `accept`.
Nobody inherits from this class; only the gateway's connection shell names it.
"""

from typing import Protocol

import msgspec


class Session(Protocol):
    """The verbs of a sans-IO session. All times are UTC epoch nanoseconds."""

    @property
    def deadline_ns(self) -> int | None:
        """When `handle_timeout` wants to be called next; None: only input matters."""

    def receive_data(self, data: bytes, now_ns: int) -> None:
        """Take what one read delivered. Never raises for what the peer sent."""

    def receive_eof(self, now_ns: int) -> None:
        """The peer closed its sending side."""

    def next_event(self) -> object | None:
        """The next thing that happened, or None when more input is needed.

        After a login request nothing further is interpreted until it was accepted or rejected.
        """

    def take_consumed(self) -> bytes:
        """The bytes that events so far were made of, secrets masked, since the last call.

        Feeding exactly these bytes to a fresh session in the same state yields the same events.
        """

    def handle_timeout(self, now_ns: int) -> None:
        """Act on every deadline that has passed: heartbeat, probe, give up."""

    @property
    def resending(self) -> bool:
        """A resend or replay is running: `resend_slice` would move it."""

    def resend_slice(self, now_ns: int) -> bool:
        """Move a running resend or replay forward by one bounded slice; True while more remains.

        Called once a tick while the transport accepts bytes. New messages sent meanwhile are
        numbered and logged, and leave in their turn.
        """

    def abandon(self, text: str, now_ns: int) -> list[bytes]:
        """The journal is lost: drop what waits to be sent, say so without a number where the wire
        has a word for it. These frames may leave; the session is not used any more."""

    def data_to_send(self) -> list[bytes]:
        """The frames produced since the last call, one item a frame, in wire order."""


class Terminated(msgspec.Struct, frozen=True, gc=False):
    """The session is over: the shell sends what is left, then closes the transport."""

    reason: str


class Remark(msgspec.Struct, frozen=True, gc=False):
    """Something an operator wants in the log: garbled input, a refused number, a duplicate."""

    text: str
