"""The bridge's session: JSON messages in, requests out; numbered and public messages back.

It knows nothing of frames: `protocol.websocket` puts it on a WebSocket, a journal feeds it the
recorded messages. Login may come at any time, once; public data needs none.
"""

import re
from collections import deque
from typing import Final

import msgspec

from protocol.errors import LocalProtocolError
from protocol.feed import Error, Gap, Heartbeat, LoggedIn, OpenOrders, Order, Pong, encode
from protocol.keepalive import Due, KeepAlive, KeepAlivePolicy
from protocol.sent_log import SentLog
from protocol.session import Remark, Terminated
from protocol.websocket_requests import (
    Cancel,
    FeedError,
    Login,
    New,
    Ping,
    Replace,
    Status,
    Subscribe,
    Unsubscribe,
    decode_request,
)
from protocol.websocket_state import TRANSITIONS, State, Trigger
from protocol.websocket_words import OPEN_ORDERS_PER_MESSAGE, TOKEN_MAX, ErrorCode

HEARTBEAT_NS: Final = 10_000_000_000
"""Silence of ours after which a `heartbeat` goes out."""
SLICE_MESSAGES_MAX: Final = 256
SLICE_BYTES_MAX: Final = 64 * 1024
"""What one `resend_slice` may add to the output."""
LOGIN_ATTEMPTS_MAX: Final = 3
"""Refused logins after which the connection is closed."""
PENDING_MAX: Final = 16 * 1024
"""Messages that may wait behind a login: more than one read of 64 KiB can hold."""
POLICY_VIOLATION: Final = 1008
"""RFC 6455, 7.4.1."""

_KEEPALIVE: Final = KeepAlivePolicy(heartbeat_ns=HEARTBEAT_NS)
_PAIR: Final = re.compile(rb'("(?:[^"\\]|\\.)*")(\s*:\s*)("(?:[^"\\]|\\.)*")')
_string_decoder = msgspec.json.Decoder(str)


class LoginRequested(msgspec.Struct, frozen=True, gc=False):
    """A client wants its private session; answer with `accept` or `reject`."""

    token: str
    session: str
    resume_from: int | None
    """First `seq` wanted; None: only what is new."""
    epoch: str


class CloseRequested(msgspec.Struct, frozen=True, gc=False):
    """The session wants its connection closed with this code of RFC 6455."""

    code: int
    reason: str


OrderRequest = New | Cancel | Replace | Status
BridgeEvent = LoginRequested | OrderRequest | Subscribe | Unsubscribe | Remark | Terminated


def append_numbered(sent_log: SentLog, payload: bytes) -> bytes:
    """Number one report and keep it; returns its final text, `seq` in front.

    `payload` is the JSON object of a `feed.Report` encoded without `seq`. For a client that is
    connected use `BridgeSession.send`.
    """
    text = b'{"seq":%d,%b' % (sent_log.next_number, payload[1:])
    sent_log.append(text)
    return text


class BridgeSession:
    """One connection's conversation. `close_requested` is set when it should end."""

    __slots__ = (
        "_attempts_left",
        "_consumed",
        "_cursor",
        "_keepalive",
        "_login",
        "_out",
        "_pending",
        "_remarks",
        "_sent_log",
        "_state",
        "close_requested",
    )

    def __init__(self, welcome: bytes, now_ns: int) -> None:
        """`welcome` is the encoded `feed.Welcome`, the first thing said."""
        self._state = State.ANONYMOUS
        self._attempts_left = LOGIN_ATTEMPTS_MAX
        self._pending: deque[bytes] = deque()
        self._remarks: deque[Remark] = deque()
        self._consumed: list[bytes] = []
        self._out: list[bytes] = [welcome]
        self._keepalive = KeepAlive(_KEEPALIVE, now_ns)
        self._login: Login | None = None
        self._sent_log: SentLog | None = None
        self._cursor = 0
        self.close_requested: CloseRequested | None = None

    @property
    def state(self) -> State:
        return self._state

    @property
    def logged_in(self) -> bool:
        return self._sent_log is not None and self._state is not State.ENDED

    @property
    def deadline_ns(self) -> int | None:
        return None if self._state is State.ENDED else self._keepalive.deadline_ns

    def receive_message(self, text: bytes) -> None:
        """Take one whole message. Never raises for what the peer sent."""
        if self._state is State.ENDED or self.close_requested is not None:
            return
        if len(self._pending) >= PENDING_MAX:
            self._ask_close("too many messages before the login was answered")
            return
        self._pending.append(text)

    def receive_recorded(self, data: bytes) -> None:
        """Take messages as `take_consumed` gave them."""
        for line in data.split(b"\n")[:-1]:
            self.receive_message(line)

    def next_event(self, now_ns: int) -> BridgeEvent | None:
        """The next request; None while more input or the answer to a login is awaited."""
        while self._state is not State.LOGIN_PENDING:
            if self._remarks:
                return self._remarks.popleft()
            if not self._pending:
                return None
            event = self._interpret(self._pending.popleft(), now_ns)
            if event is not None:
                return event
        return None

    def take_consumed(self) -> bytes:
        """The messages interpreted since the last call, one a line, tokens masked."""
        consumed = self._consumed
        if not consumed:
            return b""
        self._consumed = []
        return b"\n".join(consumed) + b"\n"

    def accept(
        self, sent_log: SentLog, *, epoch: str, account: str, open_orders: list[Order], now_ns: int
    ) -> bool:
        """Grant the pending login, if what it wants to resume from can be had.

        `open_orders` is the state that belongs to `sent_log.next_number`. False: the client was
        told why not (`epoch_mismatch`, `resume_too_high`) and is as it was before.
        """
        login = self._take_login()
        next_seq = sent_log.next_number
        wanted = next_seq if login.resume_from is None else login.resume_from
        if login.epoch and login.epoch != epoch:
            self._refuse(
                Error(
                    code="epoch_mismatch",
                    text="the numbers of that epoch are gone: log in without resume_from",
                    field="epoch",
                    expected=epoch,
                    received=login.epoch,
                    ref=login.id,
                ),
                now_ns,
            )
            return False
        if wanted > next_seq:
            self._refuse(
                Error(
                    code="resume_too_high",
                    text=f"resume_from is too high: expected no more than {next_seq}, "
                    f"received {wanted}",
                    field="resume_from",
                    expected=str(next_seq),
                    received=str(wanted),
                    ref=login.id,
                ),
                now_ns,
            )
            return False
        self._move(Trigger.ACCEPT)
        self._sent_log = sent_log
        self._cursor = wanted
        size = OPEN_ORDERS_PER_MESSAGE
        self._say(
            encode(
                LoggedIn(
                    session=login.session,
                    account=account,
                    epoch=epoch,
                    next_seq=next_seq,
                    resume_from=wanted,
                    open_orders=open_orders[:size],
                    more=len(open_orders) > size,
                    id=login.id,
                )
            ),
            now_ns,
        )
        for begin in range(size, len(open_orders), size):
            more = begin + size < len(open_orders)
            self._say(
                encode(OpenOrders(orders=open_orders[begin : begin + size], more=more)), now_ns
            )
        self._check_caught_up()
        return True

    def reject(self, code: ErrorCode, text: str, now_ns: int) -> None:
        """Refuse the pending login; the client may try again, a few times."""
        login = self._take_login()
        self._refuse(Error(code=code, text=text, ref=login.id), now_ns)

    def send(self, payload: bytes, now_ns: int) -> None:
        """Number one report, keep it and send it; behind the replay while one runs."""
        sent_log = self._sent_log
        if sent_log is None or self._state is State.ENDED:
            raise LocalProtocolError("numbered message without a login")
        text = append_numbered(sent_log, payload)
        if self._state is State.LIVE:
            self._cursor = sent_log.next_number
            self._say(text, now_ns)

    def send_public(self, payload: bytes, now_ns: int) -> None:
        """Send one encoded unnumbered message: public data, `error`, `subscribed`."""
        if self._state is not State.ENDED:
            self._say(payload, now_ns)

    @property
    def resending(self) -> bool:
        return self._state is State.REPLAYING

    def resend_slice(self, now_ns: int) -> bool:
        """Send the next bounded part of a replay; True while more remains."""
        if self._state is not State.REPLAYING or self._sent_log is None:
            return False
        size = gap_from = 0
        begin = self._cursor
        for number, text in self._sent_log.read(begin, begin + SLICE_MESSAGES_MAX):
            self._cursor = number + 1
            if text is None:
                gap_from = gap_from or number
                continue
            self._say_gap(gap_from, number, now_ns)
            gap_from = 0
            self._say(text, now_ns)
            size += len(text)
            if size >= SLICE_BYTES_MAX:
                break
        self._say_gap(gap_from, self._cursor, now_ns)
        self._check_caught_up()
        return self._state is State.REPLAYING

    def handle_timeout(self, now_ns: int) -> None:
        if self._state is not State.ENDED and self._keepalive.due(now_ns) is Due.HEARTBEAT:
            self._say(encode(Heartbeat(time_ns=now_ns)), now_ns)

    def data_to_send(self) -> list[bytes]:
        """The JSON texts produced since the last call, one item a message."""
        out = self._out
        self._out = []
        return out

    def end(self) -> None:
        """The connection is gone. Numbered messages from now on are the absent client's."""
        if self._state is not State.ENDED:
            self._move(Trigger.END)
            self._pending.clear()
            self._login = None

    def _interpret(self, text: bytes, now_ns: int) -> BridgeEvent | None:
        try:
            request = decode_request(text)
        except FeedError as error:
            self._consumed.append(_record_refused(text))
            self._say(encode(_error_message(error)), now_ns)
            return Remark(f"refused message: {error.text}")
        if isinstance(request, Login):
            self._consumed.append(_mask_token(text))
            return self._request_login(request, now_ns)
        # A newline in a well-formed message is white space; the record has one message a line.
        self._consumed.append(text.replace(b"\n", b" "))
        if isinstance(request, Ping):
            self._say(encode(Pong(id=request.id, time_ns=now_ns)), now_ns)
            return None
        if self._sent_log is None and isinstance(request, New | Cancel | Replace | Status):
            reason = f"{request.__struct_config__.tag} needs a login first"
            ref = request.cl_ord_id
            self._say(encode(Error(code="not_logged_in", text=reason, ref=ref)), now_ns)
            return Remark(f"refused message: {reason}")
        return request

    def _request_login(self, request: Login, now_ns: int) -> LoginRequested | Remark:
        if self._sent_log is not None:
            text = "this connection is logged in already"
            self._say(encode(Error(code="already_logged_in", text=text, ref=request.id)), now_ns)
            return Remark(f"refused message: {text}")
        self._move(Trigger.LOGIN)
        self._login = request
        return LoginRequested(request.token, request.session, request.resume_from, request.epoch)

    def _take_login(self) -> Login:
        login, self._login = self._login, None
        if login is None:
            raise LocalProtocolError("no login is pending")
        return login

    def _refuse(self, error: Error, now_ns: int) -> None:
        self._move(Trigger.REJECT)
        self._say(encode(error), now_ns)
        self._remarks.append(Remark(f"login refused: {error.code}: {error.text}"))
        self._attempts_left -= 1
        if self._attempts_left == 0:
            self._ask_close(f"{LOGIN_ATTEMPTS_MAX} logins refused")

    def _ask_close(self, reason: str) -> None:
        self._pending.clear()
        self.close_requested = CloseRequested(POLICY_VIOLATION, reason)

    def _check_caught_up(self) -> None:
        if self._sent_log is not None and self._cursor >= self._sent_log.next_number:
            self._move(Trigger.CAUGHT_UP)

    def _say_gap(self, begin: int, end: int, now_ns: int) -> None:
        if begin:
            self._say(encode(Gap(from_seq=begin, to_seq=end - 1)), now_ns)

    def _say(self, text: bytes, now_ns: int) -> None:
        self._out.append(text)
        self._keepalive.sent(now_ns)

    def _move(self, trigger: Trigger) -> None:
        self._state = TRANSITIONS[self._state][trigger]


def _error_message(error: FeedError) -> Error:
    return Error(
        code=error.code,
        text=error.text,
        field=error.field,
        expected=error.expected,
        received=error.received,
        ref=error.ref,
    )


def _mask_token(text: bytes) -> bytes:
    """A well-formed login with every token value starred out, otherwise unchanged, on one line."""

    def mask(pair: re.Match[bytes]) -> bytes:
        key, colon, value = pair.groups()
        if _string_decoder.decode(key) != "token":
            return pair[0]
        # Escapes can make the text longer than a token may be: the rest becomes white space.
        stars = b"*" * min(len(value) - 2, TOKEN_MAX)
        return (key + colon + b'"' + stars + b'"').ljust(len(pair[0]))

    return _PAIR.sub(mask, text).replace(b"\n", b" ")


def _record_refused(text: bytes) -> bytes:
    """What the record keeps of a message that was refused: it must be refused again.

    Where in it a token might stand is unknown, so one that could name it is starred out whole.
    """
    if b"token" in text or b"\\" in text:
        return b"*" * len(text)
    return text.replace(b"\n", b"\0")
