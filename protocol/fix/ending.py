"""How one connection ends: our Logout, the peer's, a broken rule, a lost line.

Source: FIX Session Layer, "Terminating a FIX session"; test cases 12 and 13.
"""

from collections import deque

from protocol.fix import answers
from protocol.fix.events import Terminated
from protocol.fix.outbound import Outbound
from protocol.fix.settings import FixSettings
from protocol.fix.state import Machine, State, Trigger

_LIVE = frozenset((State.ACTIVE, State.RECOVERING))


class Ending:
    """The last messages of one connection, and what becomes of the numbers after them."""

    __slots__ = (
        "_events",
        "_logged_out",
        "_machine",
        "_outbound",
        "_settings",
        "deadline_ns",
    )

    def __init__(
        self,
        machine: Machine,
        outbound: Outbound,
        events: deque[object],
        settings: FixSettings,
    ) -> None:
        self._machine = machine
        self._outbound = outbound
        self._events = events
        self._settings = settings
        self._logged_out = False
        """The peer said Logout(5), first or in answer to ours."""
        self.deadline_ns: int | None = None
        """When the peer has had its time to answer or to close."""

    def log_out(self, text: bytes, now_ns: int) -> None:
        """Our Logout; the peer has LogoutTimeout to confirm."""
        self._outbound.send_at_once(b"5", answers.field(58, text), now_ns)
        self._machine.step(Trigger.LOGOUT_SENT)
        self._wait(now_ns)

    def confirm(self, now_ns: int) -> None:
        """Answer the peer's Logout, then let it close first. Test case 13.b."""
        self._logged_out = True
        self._outbound.send(b"5", b"", now_ns)
        self._machine.step(Trigger.LOGOUT_RECEIVED)
        self._wait(now_ns)

    def confirmed(self, now_ns: int) -> None:
        """The peer answered our Logout."""
        self._logged_out = True
        self.end("logged out", now_ns)

    def end_with_logout(self, text: bytes, reason: str, now_ns: int) -> None:
        """Logout with Text, then close without waiting."""
        self._outbound.send_at_once(b"5", answers.field(58, text), now_ns)
        self.end(reason, now_ns)

    def end(self, reason: str, now_ns: int) -> None:
        """The connection is over."""
        settings, stream = self._settings, self._outbound.stream
        if self._machine.state in _LIVE:
            self._outbound.abandon_resend()
            stream.detach()
        self._machine.step(Trigger.ENDED)
        if settings.reset_on_disconnect or (settings.reset_on_logout and self._logged_out):
            stream.start_over(now_ns)
        self._events.append(Terminated(reason))

    def handle_timeout(self, now_ns: int) -> None:
        """The time that the peer had is over."""
        if self.deadline_ns is not None and now_ns >= self.deadline_ns:
            closing = self._machine.state is State.CLOSING
            self.end("logged out" if closing else "no Logout(5) in answer to ours", now_ns)

    def _wait(self, now_ns: int) -> None:
        self.deadline_ns = now_ns + self._settings.logout_timeout_ns
        self._outbound.stream.detach()
