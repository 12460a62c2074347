"""The WebSocket session: `BridgeSession` on a `WebSocketTransport`, behind the common verbs."""

import re
from collections.abc import Sequence

from protocol.feed import Order
from protocol.sent_log import SentLog
from protocol.session import Terminated
from protocol.websocket_bridge import BridgeEvent, BridgeSession
from protocol.websocket_transport import WebSocketTransport
from protocol.websocket_words import ErrorCode


class WebSocketSession:
    """One client's connection. `bridge` is the conversation without the frames."""

    __slots__ = ("_now_ns", "_terminated", "_transport", "bridge")

    def __init__(
        self,
        welcome: bytes,
        now_ns: int,
        *,
        origins: Sequence[str | re.Pattern[str] | None] | None = None,
    ) -> None:
        """`origins`: acceptable Origin headers, None among them for its absence; None: any."""
        self._transport = WebSocketTransport(now_ns, origins=origins)
        self._now_ns = now_ns
        self._terminated = False
        self.bridge = BridgeSession(welcome, now_ns)

    @property
    def deadline_ns(self) -> int | None:
        deadlines = [self._transport.deadline_ns]
        if self._transport.is_open:
            deadlines.append(self.bridge.deadline_ns)
        return min((at for at in deadlines if at is not None), default=None)

    @property
    def logged_in(self) -> bool:
        return self.bridge.logged_in

    def receive_data(self, data: bytes, now_ns: int) -> None:
        """Take what one read delivered. Never raises for what the peer sent."""
        self._now_ns = now_ns
        transport = self._transport
        transport.receive_data(data, now_ns)
        messages = transport.messages
        if messages:
            transport.messages = []
            for message in messages:
                self.bridge.receive_message(message)
            self._close_if_asked(now_ns)

    def receive_eof(self, now_ns: int) -> None:
        self._now_ns = now_ns
        self._transport.receive_eof(now_ns)

    def next_event(self) -> BridgeEvent | None:
        """The next request, remark, or once, last, Terminated."""
        event = self.bridge.next_event(self._now_ns)
        if event is None and self._transport.ended is not None and not self._terminated:
            self._terminated = True
            self.bridge.end()
            return Terminated(self._transport.ended)
        return event

    def take_consumed(self) -> bytes:
        """The messages interpreted since the last call, one a line, tokens masked.

        Frames are not recorded: feed this to `BridgeSession.receive_recorded`.
        """
        return self.bridge.take_consumed()

    def accept(
        self, sent_log: SentLog, *, epoch: str, account: str, open_orders: list[Order], now_ns: int
    ) -> bool:
        """See `BridgeSession.accept`."""
        granted = self.bridge.accept(
            sent_log, epoch=epoch, account=account, open_orders=open_orders, now_ns=now_ns
        )
        self._close_if_asked(now_ns)
        return granted

    def reject(self, code: ErrorCode, text: str, now_ns: int) -> None:
        """See `BridgeSession.reject`."""
        self.bridge.reject(code, text, now_ns)
        self._close_if_asked(now_ns)

    def send(self, payload: bytes, now_ns: int) -> None:
        """See `BridgeSession.send`."""
        self.bridge.send(payload, now_ns)

    def send_public(self, payload: bytes, now_ns: int) -> None:
        """See `BridgeSession.send_public`."""
        self.bridge.send_public(payload, now_ns)

    def close(self, code: int, reason: str, now_ns: int) -> None:
        """Say what is left, then close with a code of RFC 6455, 7.4; Terminated follows.

        From here on nothing is interpreted and nothing can be sent.
        """
        self._flush()
        self.bridge.end()
        self._transport.close(code, reason, now_ns)

    def abandon(self, text: str, now_ns: int) -> list[bytes]:
        """Close code 1011, internal error; RFC 6455, 7.4.1."""
        self.bridge.data_to_send()
        self.bridge.end()
        self._transport.data_to_send()
        self._transport.close(1011, text, now_ns)
        return self._transport.data_to_send()

    def handle_timeout(self, now_ns: int) -> None:
        self._now_ns = now_ns
        self._transport.handle_timeout(now_ns)
        if self._transport.is_open:
            self.bridge.handle_timeout(now_ns)

    @property
    def resending(self) -> bool:
        return self.bridge.resending

    def resend_slice(self, now_ns: int) -> bool:
        """Send the next bounded part of a replay; True while more remains."""
        return self.bridge.resend_slice(now_ns)

    def data_to_send(self) -> list[bytes]:
        self._flush()
        return self._transport.data_to_send()

    def _flush(self) -> None:
        # Before the opening handshake is done what is said waits; after the end it is dropped.
        transport = self._transport
        if transport.is_open or transport.ended is not None:
            for text in self.bridge.data_to_send():
                transport.send_text(text)

    def _close_if_asked(self, now_ns: int) -> None:
        asked = self.bridge.close_requested
        if asked is not None:
            self.close(asked.code, asked.reason, now_ns)
