"""The client's side of a SoupBinTCP session, sans-IO, over the same transition table as `session`.

Verbs as in `protocol.session.Session`. Source: Nasdaq SoupBinTCP 4.10.
"""

from typing import Final

from protocol.errors import LocalProtocolError
from protocol.session import Terminated
from protocol.soupbintcp.events import (
    ClientEvent,
    EndOfSession,
    LoggedIn,
    LoginRejected,
    SequencedData,
    UnsequencedData,
)
from protocol.soupbintcp.line import PacketLine, SoupSettings
from protocol.soupbintcp.packets import (
    LoginRequest,
    PacketType,
    SoupError,
    decode_login_accepted,
    decode_login_rejected,
    encode_login_request,
    encode_packet,
    packet_header,
)
from protocol.soupbintcp.state import State, Trigger

_UNSEQUENCED: Final = PacketType.UNSEQUENCED_DATA.value[0]
_CLIENT_HEARTBEAT: Final = encode_packet(PacketType.CLIENT_HEARTBEAT)
_LOGOUT_REQUEST: Final = encode_packet(PacketType.LOGOUT_REQUEST)


class SoupClientSession:
    """The client's side of one connection. `next_sequence` is what to ask for at the next login."""

    __slots__ = ("_line", "_settings", "next_sequence")

    def __init__(self, now_ns: int, settings: SoupSettings | None = None) -> None:
        self._settings = settings or SoupSettings()
        self._line = PacketLine(State.NOT_LOGGED_IN, _CLIENT_HEARTBEAT, self._settings, now_ns)
        self.next_sequence = 0

    @property
    def state(self) -> State:
        return self._line.state

    @property
    def deadline_ns(self) -> int | None:
        return self._line.deadline_ns

    def receive_data(self, data: bytes, now_ns: int) -> None:
        self._line.receive_data(data, now_ns)

    def receive_eof(self, now_ns: int) -> None:
        self._line.receive_eof()

    def take_consumed(self) -> bytes:
        return self._line.buffer.take_consumed()

    def handle_timeout(self, now_ns: int) -> None:
        self._line.handle_timeout(now_ns)

    def abandon(self, text: str, now_ns: int) -> list[bytes]:
        """A client has no word for it."""
        return []

    @property
    def resending(self) -> bool:
        """A client sends nothing again."""
        return False

    def resend_slice(self, now_ns: int) -> bool:
        """Nothing that a client sends is ever sent again at this level."""
        return False

    def data_to_send(self) -> list[bytes]:
        return self._line.data_to_send()

    def next_event(self) -> ClientEvent | None:
        line = self._line
        while (packet := line.next_packet()) is not None:
            trigger, payload = packet
            if trigger is Trigger.SEQUENCED_DATA_RECEIVED:
                number = self.next_sequence
                self.next_sequence = number + 1
                return SequencedData(number, payload)
            if trigger is Trigger.UNSEQUENCED_DATA_RECEIVED:
                return UnsequencedData(payload)
            if trigger is Trigger.LOGIN_ACCEPTED_RECEIVED:
                return self._login_accepted(payload)
            if trigger is Trigger.LOGIN_REJECTED_RECEIVED:
                return self._login_rejected(payload)
            if trigger is Trigger.END_OF_SESSION_RECEIVED:
                line.closed_because("end of session")
                return EndOfSession()
        return line.take_terminated()

    def _login_accepted(self, payload: bytes) -> LoggedIn | Terminated | None:
        try:
            accepted = decode_login_accepted(payload)
        except SoupError as error:
            self._line.end(Trigger.FAULT, str(error))
            return self._line.take_terminated()
        settings = self._settings
        self._line.login_done(settings.heartbeat_ns, settings.idle_timeout_ns)
        self.next_sequence = accepted.sequence
        return LoggedIn(accepted.session, accepted.sequence)

    def _login_rejected(self, payload: bytes) -> LoginRejected | Terminated | None:
        try:
            code = decode_login_rejected(payload)
        except SoupError as error:
            self._line.closed_because(str(error))
            return self._line.take_terminated()
        self._line.closed_because(f"login rejected: {code.name.lower()}")
        return LoginRejected(code)

    # -- output ----------------------------------------------------------------------------------

    def login(self, request: LoginRequest, now_ns: int) -> None:
        """Ask to be let in: LoggedIn, LoginRejected or Terminated follows."""
        frame = encode_login_request(request)
        self._line.move(Trigger.LOGIN)
        self._line.send(frame, now_ns)

    def send_unsequenced(self, payload: bytes, now_ns: int) -> None:
        """Send one message. Whether it arrived only the application's answer tells."""
        if self._line.state is not State.JOINED:
            raise LocalProtocolError(
                f"send_unsequenced is not possible in state {self._line.state.name}"
            )
        self._line.send(packet_header(_UNSEQUENCED, len(payload)) + payload, now_ns)

    def logout(self, now_ns: int) -> None:
        """Ask the server to close; the session is over."""
        self._line.end(Trigger.LOGOUT, "logout requested")
        self._line.send(_LOGOUT_REQUEST, now_ns)

    def close(self, reason: str) -> None:
        """Give the connection up without a word."""
        if self._line.state is not State.CLOSED:
            self._line.end(Trigger.CLOSE, reason)
