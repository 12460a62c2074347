"""The WebSocket session that a replay drives: recorded messages in, no frames, no handshake."""

from collections.abc import Callable

from protocol.feed import Order
from protocol.sent_log import SentLog
from protocol.websocket import WebSocketSession
from protocol.websocket_bridge import BridgeEvent, BridgeSession
from protocol.websocket_words import ErrorCode


class RecordedWebSocketSession:
    """One recorded connection: `receive_data` takes what `take_consumed` of the first run gave.

    Frames were never recorded, so how the transport ended is not known here: the recorded
    `Disconnected`, or the next login of the same identity, ends it.
    """

    __slots__ = ("_now_ns", "bridge")

    def __init__(self, welcome: bytes, now_ns: int) -> None:
        self._now_ns = now_ns
        self.bridge = BridgeSession(welcome, now_ns)

    @property
    def deadline_ns(self) -> int | None:
        return self.bridge.deadline_ns

    @property
    def logged_in(self) -> bool:
        return self.bridge.logged_in

    def receive_data(self, data: bytes, now_ns: int) -> None:
        self._now_ns = now_ns
        if data:
            self.bridge.receive_recorded(data)
            self._close_if_asked()

    def receive_eof(self, now_ns: int) -> None:
        self._now_ns = now_ns

    def next_event(self) -> BridgeEvent | None:
        return self.bridge.next_event(self._now_ns)

    def take_consumed(self) -> bytes:
        return self.bridge.take_consumed()

    def accept(
        self, sent_log: SentLog, *, epoch: str, account: str, open_orders: list[Order], now_ns: int
    ) -> bool:
        granted = self.bridge.accept(
            sent_log, epoch=epoch, account=account, open_orders=open_orders, now_ns=now_ns
        )
        self._close_if_asked()
        return granted

    def reject(self, code: ErrorCode, text: str, now_ns: int) -> None:
        self.bridge.reject(code, text, now_ns)
        self._close_if_asked()

    def send(self, payload: bytes, now_ns: int) -> None:
        self.bridge.send(payload, now_ns)

    def send_public(self, payload: bytes, now_ns: int) -> None:
        self.bridge.send_public(payload, now_ns)

    def close(self, code: int, reason: str, now_ns: int) -> None:
        self.bridge.end()

    def handle_timeout(self, now_ns: int) -> None:
        self._now_ns = now_ns
        self.bridge.handle_timeout(now_ns)

    @property
    def resending(self) -> bool:
        return self.bridge.resending

    def resend_slice(self, now_ns: int) -> bool:
        return self.bridge.resend_slice(now_ns)

    def abandon(self, text: str, now_ns: int) -> list[bytes]:
        return []

    def data_to_send(self) -> list[bytes]:
        return self.bridge.data_to_send()

    def _close_if_asked(self) -> None:
        if self.bridge.close_requested is not None:
            self.bridge.end()


BridgeConnection = WebSocketSession | RecordedWebSocketSession
"""What stands behind a connection on the WebSocket port: live, or in a replay."""
NewSession = Callable[[bytes, int], BridgeConnection]
"""`new_session(welcome, now_ns)`."""
