"""One WebSocket connection, server side: bytes in, text messages out, and back (RFC 6455).

Handshake and frame parsing are the websockets library's sans-IO core. This adds what it leaves to
its callers: bounds on the handshake, joining fragments, the UTF-8 check, ping and close deadlines.
No extension is negotiated (no compression), no subprotocol; the library logs nothing here.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, cast

from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from protocol.keepalive import Due, KeepAlive, KeepAlivePolicy
from protocol.websocket_words import MESSAGE_SIZE_MAX

SECOND_NS: Final = 1_000_000_000
HANDSHAKE_SIZE_MAX: Final = 16 * 1024
"""Request line and headers together; the library alone would take 1 MiB."""
HANDSHAKE_TIMEOUT_NS: Final = 10 * SECOND_NS
CLOSE_TIMEOUT_NS: Final = 5 * SECOND_NS
"""How long the peer's close frame is waited for after ours."""
PING_AFTER_NS: Final = 20 * SECOND_NS
"""Silence from the peer before it is probed with a ping."""
SILENCE_MAX_NS: Final = 30 * SECOND_NS
"""Silence from the peer before it is given up: 10 s for the pong."""
PATHS: Final = ("/", "/ws")
_HEAD_END: Final = b"\r\n\r\n"
_KEEPALIVE: Final = KeepAlivePolicy(probe_ns=PING_AFTER_NS, timeout_ns=SILENCE_MAX_NS)


class _NoLogger:
    """Stands where the library wants a logger; `protocol` logs nothing."""

    def isEnabledFor(self, level: int) -> bool:
        return False

    def debug(self, *args: Any, **kwargs: Any) -> None:
        pass

    info = warning = error = debug


_NO_LOGGER: Final = cast(Any, _NoLogger())


class WebSocketTransport:
    """Text messages of one connection.

    `messages` fills as frames arrive and is taken by the owner; `ended` says why it is over once it
    is: then what `data_to_send` still holds goes out and the connection is closed.
    """

    __slots__ = (
        "_close_by_ns",
        "_fragments",
        "_head",
        "_keepalive",
        "_protocol",
        "ended",
        "messages",
    )

    def __init__(
        self,
        now_ns: int,
        *,
        origins: Sequence[str | re.Pattern[str] | None] | None = None,
        max_size: int = MESSAGE_SIZE_MAX,
    ) -> None:
        self._protocol = ServerProtocol(
            origins=cast(Any, origins), max_size=max_size, logger=_NO_LOGGER
        )
        self._head: bytes | None = b""
        self._fragments: bytearray | None = None
        self._keepalive = KeepAlive(_KEEPALIVE, now_ns)
        self._close_by_ns: int | None = now_ns + HANDSHAKE_TIMEOUT_NS
        self.messages: list[bytes] = []
        self.ended: str | None = None

    @property
    def is_open(self) -> bool:
        """Messages can be sent."""
        return self._protocol.state is State.OPEN and self.ended is None

    @property
    def deadline_ns(self) -> int | None:
        if self.ended is not None:
            return None
        if self._close_by_ns is not None:
            return self._close_by_ns
        return self._keepalive.deadline_ns

    def receive_data(self, data: bytes, now_ns: int) -> None:
        """Take bytes from the peer; never raises for what they are."""
        if self.ended is not None or not data:
            return
        if self._head is not None:
            data = self._shake_hands(self._head + data, now_ns)
            if not data or self.ended is not None:
                return
        self._keepalive.received(now_ns)
        self._protocol.receive_data(data)
        self._read_frames(now_ns)

    def receive_eof(self, now_ns: int) -> None:
        """The peer closed its sending side: without a close frame that is the end."""
        if self.ended is None:
            self._protocol.receive_eof()
            self.ended = "connection lost without a close frame"

    def send_text(self, text: bytes) -> None:
        """Queue one unfragmented text frame; dropped unless the connection is open."""
        if self.is_open:
            self._protocol.send_text(text)

    def close(self, code: int, reason: str, now_ns: int) -> None:
        """Start the closing handshake; `ended` follows with the peer's answer or after 5 s."""
        if self.ended is not None or self._protocol.state is State.CLOSING:
            return
        if not self.is_open:
            self.ended = reason
            return
        self._protocol.send_close(code, _close_reason(reason))
        self._close_by_ns = now_ns + CLOSE_TIMEOUT_NS

    def handle_timeout(self, now_ns: int) -> None:
        if self.ended is not None:
            return
        if self._close_by_ns is not None:
            if now_ns >= self._close_by_ns:
                self.ended = (
                    "no opening handshake within 10 s"
                    if self._head is not None
                    else "closing handshake not finished within 5 s"
                )
            return
        match self._keepalive.due(now_ns):
            case Due.TIMEOUT:
                self._fail(CloseCode.POLICY_VIOLATION, "no pong: silent for 30 s")
            case Due.PROBE:
                self._protocol.send_ping(b"")

    def data_to_send(self) -> list[bytes]:
        # The library marks the end of its stream by an empty item; the shell learns it by `ended`.
        return [item for item in self._protocol.data_to_send() if item]

    def _shake_hands(self, head: bytes, now_ns: int) -> bytes:
        """Collect the request's head, answer it; returns the bytes behind it.

        The library would interpret those before the answer, so it sees the head alone first.
        """
        end = head.find(_HEAD_END, 0, HANDSHAKE_SIZE_MAX)
        if end < 0:
            self._head = head
            if len(head) >= HANDSHAKE_SIZE_MAX:
                self._refuse(431, f"request head over {HANDSHAKE_SIZE_MAX} bytes")
            return b""
        self._head = None
        end += len(_HEAD_END)
        protocol = self._protocol
        protocol.receive_data(head[:end])
        events = protocol.events_received()
        if not events:
            self.ended = f"opening handshake refused: {protocol.handshake_exc}"
            return b""
        request = cast(Request, events[0])
        if request.path.partition("?")[0] not in PATHS:
            self._refuse(404, f"no such path: {request.path[:64]}")
            return b""
        protocol.send_response(protocol.accept(request))
        if protocol.state is not State.OPEN:
            self.ended = f"opening handshake refused: {protocol.handshake_exc}"
            return b""
        self._close_by_ns = None
        self._keepalive.received(now_ns)
        return head[end:]

    def _refuse(self, status: int, text: str) -> None:
        self._protocol.send_response(self._protocol.reject(status, text + "\n"))
        self.ended = f"opening handshake refused: {text}"

    def _read_frames(self, now_ns: int) -> None:
        for event in self._protocol.events_received():
            self._read_frame(cast(Frame, event), now_ns)
            if self.ended is not None:
                return
        error = self._protocol.parser_exc
        if error is not None:
            close = self._protocol.close_sent
            self.ended = f"failed the connection: {close or error}"

    def _read_frame(self, frame: Frame, now_ns: int) -> None:
        if self._close_by_ns is not None and frame.opcode is not Opcode.CLOSE:
            # We are closing: what the peer still says is no longer interpreted, however it is cut.
            return
        match frame.opcode:
            case Opcode.TEXT if frame.fin:
                self._take(bytes(frame.data))
            case Opcode.TEXT:
                self._fragments = bytearray(frame.data)
            case Opcode.CONT if self._fragments is not None:
                self._fragments += frame.data
                if frame.fin:
                    message, self._fragments = bytes(self._fragments), None
                    self._take(message)
            case Opcode.BINARY:
                self._fail(CloseCode.UNSUPPORTED_DATA, "binary message: only text is understood")
            case Opcode.CLOSE:
                close = Close.parse(frame.data)
                self.ended = f"closed by the peer: {close}"
            case _:
                pass

    def _take(self, message: bytes) -> None:
        # RFC 6455, 8.1: text that is not UTF-8 fails the connection.
        if not message.isascii():
            try:
                message.decode()
            except UnicodeDecodeError as error:
                self._fail(
                    CloseCode.INVALID_DATA, f"text is not UTF-8: {error.reason} at {error.start}"
                )
                return
        self.messages.append(message)

    def _fail(self, code: CloseCode, reason: str) -> None:
        if self._protocol.state is State.OPEN:
            self._protocol.fail(code, _close_reason(reason))
        self.ended = reason


def _close_reason(text: str) -> str:
    # RFC 6455, 5.5: a control frame carries at most 125 bytes, two of them the code.
    return text.encode("ascii", "replace")[:123].decode("ascii")
