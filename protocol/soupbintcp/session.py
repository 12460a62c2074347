"""The venue's side of a SoupBinTCP session, sans-IO. `client_session` has the other.

Verbs as in `protocol.session.Session`. Source: Nasdaq SoupBinTCP 4.10; what it leaves open
is decided in specs/soupbintcp/README.md.
"""

from typing import Final

from protocol.errors import LocalProtocolError
from protocol.sent_log import SentLog
from protocol.soupbintcp.events import (
    LoginRequested,
    ServerEvent,
    UnsequencedData,
)
from protocol.soupbintcp.line import PacketLine, SoupSettings
from protocol.soupbintcp.packets import (
    HEADER,
    HEADER_SIZE,
    LENGTH_MAX,
    LENGTH_SIZE,
    PASSWORD_OFFSET,
    PASSWORD_SIZE,
    LoginAccepted,
    LoginRejectReason,
    PacketType,
    SoupError,
    decode_login_request,
    encode_login_accepted,
    encode_login_rejected,
    encode_packet,
    packet_header,
)
from protocol.soupbintcp.state import State, Trigger

REPLAY_MESSAGES_MAX: Final = 256
REPLAY_BYTES_MAX: Final = 64 * 1024
"""One slice of a replay ends at the first of the two: other connections have their turn."""

_SEQUENCED: Final = PacketType.SEQUENCED_DATA.value[0]
_UNSEQUENCED: Final = PacketType.UNSEQUENCED_DATA.value[0]
_SERVER_HEARTBEAT: Final = encode_packet(PacketType.SERVER_HEARTBEAT)
_END_OF_SESSION: Final = encode_packet(PacketType.END_OF_SESSION)
_SERVING: Final = State.SERVING
"""On the order path: looking a member up in its Enum costs more than unpacking a header."""
_unpack_header: Final = HEADER.unpack_from
_SHORT: Final = 128
_SHORT_HEADERS: Final = tuple(packet_header(_SEQUENCED, size) for size in range(_SHORT))
"""Of the payloads that OUCH and ITCH have: looking one up costs a third of making one."""


class SoupServerSession:
    """The venue's side of one connection. What outlives it is the SentLog handed to `accept`.

    While the session lives, new messages go through `send`; between connections the owner of the
    SentLog appends to it, and the next login replays.
    """

    __slots__ = (
        "_line",
        "_next_to_send",
        "_requested_sequence",
        "_sent_log",
        "_settings",
        "_timeout_ns",
    )

    def __init__(self, now_ns: int, settings: SoupSettings | None = None) -> None:
        self._settings = settings or SoupSettings()
        self._line = PacketLine(State.AWAITING_LOGIN, _SERVER_HEARTBEAT, self._settings, now_ns)
        self._sent_log: SentLog | None = None
        self._next_to_send = 0
        self._requested_sequence = 0
        self._timeout_ns = self._settings.idle_timeout_ns

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
        """As in `Session`; the password of a Login Request is `*` in every place."""
        return self._line.buffer.take_consumed()

    def handle_timeout(self, now_ns: int) -> None:
        self._line.handle_timeout(now_ns)

    def data_to_send(self) -> list[bytes]:
        return self._line.data_to_send()

    def next_event(self) -> ServerEvent | None:
        line = self._line
        # The order path: whole Unsequenced Data of a logged-in client needs neither the table nor a
        # tuple; 0.3 us a packet against 1.1 (tests/benchmarks/bench_soup_ouch.py).
        if line.state is _SERVING:
            buffer = line.buffer
            data, start = buffer.data, buffer.start
            if len(data) - start >= HEADER_SIZE:
                length, type_code = _unpack_header(data, start)
                end = start + LENGTH_SIZE + length
                if type_code == _UNSEQUENCED and 1 <= length <= LENGTH_MAX and end <= len(data):
                    buffer.start = end
                    return UnsequencedData(data[start + HEADER_SIZE : end])
        while (packet := line.next_packet()) is not None:
            trigger, payload = packet
            if trigger is Trigger.UNSEQUENCED_DATA_RECEIVED:
                # After the end of the session no answer could be numbered any more.
                if line.state is State.SERVING:
                    return UnsequencedData(payload)
            elif trigger is Trigger.LOGIN_REQUEST_RECEIVED:
                event = self._login_requested(payload)
                if event is not None:
                    return event
            elif trigger is Trigger.LOGOUT_REQUEST_RECEIVED:
                line.closed_because("logout requested")
        return line.take_terminated()

    def _login_requested(self, payload: bytes) -> LoginRequested | None:
        buffer = self._line.buffer
        begin = buffer.start - len(payload) - HEADER_SIZE + PASSWORD_OFFSET
        end = begin + PASSWORD_SIZE
        buffer.data = buffer.data[:begin] + b"*" * PASSWORD_SIZE + buffer.data[end:]
        try:
            login = decode_login_request(payload)
        except SoupError as error:
            self._line.end(Trigger.FAULT, str(error))
            return None
        self._requested_sequence = login.requested_sequence
        if login.heartbeat_timeout_ms is not None:
            self._timeout_ns = login.heartbeat_timeout_ms * 1_000_000
        return LoginRequested(
            username=login.username.upper(),
            password=login.password.upper(),
            requested_session=login.requested_session,
            requested_sequence=login.requested_sequence,
            heartbeat_timeout_ms=login.heartbeat_timeout_ms,
        )

    # -- the answer to LoginRequested ------------------------------------------------------------

    def accept(self, sent_log: SentLog, session_id: bytes, now_ns: int) -> None:
        """Let the client in and replay from the number it asked for.

        0 asks for the next message; a number not reached yet is lowered to the next one. The caller
        has checked that the requested session is blank or `session_id`.
        """
        self._line.move(Trigger.ACCEPT)
        self._line.login_done(self._settings.heartbeat_ns, self._timeout_ns)
        self._sent_log = sent_log
        requested = self._requested_sequence
        last_plus_one = sent_log.next_number
        self._next_to_send = min(requested, last_plus_one) if requested else last_plus_one
        accepted = LoginAccepted(session_id, self._next_to_send)
        self._line.send(encode_login_accepted(accepted), now_ns)

    def reject(self, reason: LoginRejectReason, now_ns: int) -> None:
        """Refuse the login; the session is over."""
        self._line.end(Trigger.REJECT, f"login rejected: {reason.name.lower()}")
        self._line.send(encode_login_rejected(reason), now_ns)

    # -- output ----------------------------------------------------------------------------------

    def send(self, payload: bytes, now_ns: int) -> int:
        """Number one message and send it, or leave it to the running replay or, if the session is
        over, to the next login; returns the number."""
        log, line = self._sent_log, self._line
        if log is None:
            raise LocalProtocolError(f"send is not possible in state {line.state.name}")
        size = len(payload)
        header = _SHORT_HEADERS[size] if size < _SHORT else packet_header(_SEQUENCED, size)
        # `log.append` and `line.send` without the calls: this is once or twice an order.
        number = log.next_number
        log.next_number = number + 1
        log.fresh.append(payload)
        if number == self._next_to_send and line.state is _SERVING:
            self._next_to_send = number + 1
            line.frames.append(header + payload)
            line.keepalive.sent_ns = now_ns
        return number

    @property
    def next_to_send(self) -> int:
        """The number of the next Sequenced Data on this connection; 0 before the login."""
        return self._next_to_send

    def relay(self, packets: bytes, count: int, now_ns: int) -> None:
        """Send `count` packed Sequenced Data from `next_to_send` on: those of a stream that many
        connections share, numbered in its log by its owner."""
        assert self._sent_log is not None
        self._next_to_send += count
        self._line.send(packets, now_ns)
        if self._line.state is State.ENDING and self._next_to_send == self._sent_log.next_number:
            self._history_sent(now_ns)

    @property
    def resending(self) -> bool:
        log, state = self._sent_log, self._line.state
        if log is None or state is State.CLOSED:
            return False
        return self._next_to_send < log.next_number or state is State.ENDING

    def resend_slice(self, now_ns: int) -> bool:
        """As in `Session`. A message not stored any more ends the connection: no skipping."""
        log, line = self._sent_log, self._line
        if log is None or line.state is State.CLOSED:
            return False
        begin = self._next_to_send
        size = 0
        for number, payload in log.read(begin, begin + REPLAY_MESSAGES_MAX):
            if payload is None:
                line.end(Trigger.CLOSE, f"sequenced message {number} is not stored any more")
                return False
            line.send(packet_header(_SEQUENCED, len(payload)) + payload, now_ns)
            self._next_to_send = number + 1
            size += len(payload)
            if size >= REPLAY_BYTES_MAX:
                break
        if self._next_to_send < log.next_number:
            return True
        if line.state is State.ENDING:
            self._history_sent(now_ns)
        return False

    def send_unsequenced(self, payload: bytes, now_ns: int) -> None:
        """Send one message without a number (4.00 and later); lost if the client is away."""
        self._require_login("send_unsequenced")
        self._line.send(packet_header(_UNSEQUENCED, len(payload)) + payload, now_ns)

    def debug(self, text: bytes, now_ns: int) -> None:
        """Send text for a human.

        Only after the login: clients exist that take the first packet for its answer.
        """
        self._require_login("debug")
        self._line.send(encode_packet(PacketType.DEBUG, text), now_ns)

    def abandon(self, text: str, now_ns: int) -> list[bytes]:
        """A Debug packet after the login, nothing before it; no End of Session."""
        line = self._line
        line.data_to_send()
        if line.state in (State.SERVING, State.ENDING):
            line.send(encode_packet(PacketType.DEBUG, text.encode()), now_ns)
        return line.data_to_send()

    def end_session(self, now_ns: int) -> None:
        """No more messages ever: End of Session as soon as the replay is through, then the end.

        The session id must not be accepted again. Its SentLog stays with this connection: the next
        session has a SentLog of its own.
        """
        self._line.move(Trigger.END_SESSION)
        assert self._sent_log is not None
        if self._next_to_send == self._sent_log.next_number:
            self._history_sent(now_ns)

    def close(self, reason: str) -> None:
        """Give the connection up, without End of Session: the client may come back."""
        if self._line.state is not State.CLOSED:
            self._line.end(Trigger.CLOSE, reason)

    def _history_sent(self, now_ns: int) -> None:
        self._line.send(_END_OF_SESSION, now_ns)
        self._line.end(Trigger.HISTORY_SENT, "end of session")

    def _require_login(self, verb: str) -> None:
        if self._line.state not in (State.SERVING, State.ENDING):
            raise LocalProtocolError(f"{verb} is not possible in state {self._line.state.name}")
