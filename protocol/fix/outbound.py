"""The sending half of one connection: numbered by the stream, ordered by the resend cursor."""

from protocol.fix.resend import ResendCursor
from protocol.fix.stream import ADMIN_TYPES, FixStream
from protocol.fix.values import NS_PER_S
from protocol.keepalive import KeepAlive, KeepAlivePolicy


def keep_alive(heart_bt_int: int, now_ns: int) -> KeepAlive:
    """HeartBtInt(108) seconds of silence want a Heartbeat, 1.2 times as many a TestRequest,
    2.4 times as many end it; 0 switches all three off."""
    interval = heart_bt_int * NS_PER_S
    policy = KeepAlivePolicy(interval, interval * 12 // 10, interval * 24 // 10)
    return KeepAlive(policy if heart_bt_int else KeepAlivePolicy(), now_ns)


class Outbound:
    """What leaves one logged-on connection, in number order."""

    __slots__ = ("_cursor", "frames", "keepalive", "stream")

    def __init__(self, stream: FixStream, keepalive: KeepAlive) -> None:
        self.stream = stream
        self.keepalive = keepalive
        self.frames: list[bytes] = []
        self._cursor: ResendCursor | None = None

    def send(self, msg_type: bytes, body: bytes, now_ns: int, routing: bytes = b"") -> None:
        """Number, log and transmit one message, or leave it to a running resend."""
        stream = self.stream
        frame = stream.write(msg_type, body, now_ns, routing)
        self.keepalive.sent_ns = now_ns
        if self._cursor is None:
            self.frames.append(frame)
        elif msg_type in ADMIN_TYPES:
            self._cursor.hold(stream.sent_log.next_number - 1, frame)

    def send_at_once(self, msg_type: bytes, body: bytes, now_ns: int) -> None:
        """Give up a running resend and transmit: a Logout that ends the session."""
        self.abandon_resend()
        self.send(msg_type, body, now_ns)

    @property
    def resending(self) -> bool:
        """A resend runs, or what waited for one."""
        return self._cursor is not None

    def request_resend(self, begin: int, end: int) -> bool:
        """Send begin <= number < end again, slice by slice; False: too many requests wait."""
        if self._cursor is None:
            self._cursor = ResendCursor(self.stream)
        return self._cursor.request(begin, end)

    def reissue(self, messages: list[tuple[bytes, bytes, bytes]], now_ns: int) -> None:
        """Write messages that lost their numbers anew; they leave slice by slice."""
        fresh_from = self.stream.sent_log.next_number
        for msg_type, body, routing in messages:
            self.stream.write(msg_type, body, now_ns, routing)
        self.release(fresh_from)

    def release(self, fresh_from: int) -> None:
        """What was written from `fresh_from` on and has not left: let it leave slice by slice."""
        stream = self.stream
        if fresh_from >= stream.sent_log.next_number:
            return
        assert self._cursor is None, "nothing else is running right after a Logon"
        self._cursor = ResendCursor(stream)
        self._cursor.fresh_from = fresh_from
        stream.handed_over(fresh_from, stream.sent_log.next_number)

    def slice(self, now_ns: int) -> bool:
        """Move a running resend on by one bounded slice; True while more remains."""
        cursor = self._cursor
        if cursor is None:
            return False
        frames = cursor.slice(now_ns)
        if frames:
            self.frames += frames
            self.keepalive.sent_ns = now_ns
        if not cursor.done:
            return True
        self._cursor = None
        return False

    def abandon_resend(self) -> None:
        """Stop a running resend; what never left counts as unsent."""
        cursor = self._cursor
        self._cursor = None
        if cursor is not None and cursor.fresh_from < self.stream.sent_log.next_number:
            self.stream.mark_unsent(cursor.fresh_from, self.stream.sent_log.next_number)
