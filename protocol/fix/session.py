"""One FIX connection, acceptor or initiator, sans-IO; verbs as in `protocol.session.Session`.

    session = FixSession.acceptor(now_ns)
    session.receive_data(data, now_ns)
    while (event := session.next_event()) is not None:
        ...                       # LogonRequested -> session.accept(stream, settings, now_ns)
    session.resend_slice(now_ns)  # once a tick
    frames = session.data_to_send()

Here are framing, logon and the verbs; `conversation` has what happens between Logon and Logout.
Source: FIX Session Layer and its test cases.
"""

from collections import deque

from protocol.fix import logon, rules
from protocol.fix.conversation import Conversation
from protocol.fix.errors import GarbledMessage, MessageRejected
from protocol.fix.events import LoggedOn, Remark, Terminated
from protocol.fix.framing import Frame, Oversized, next_frame
from protocol.fix.message import Message, decode
from protocol.fix.outbound import keep_alive
from protocol.fix.secrets import carries_secrets, mask
from protocol.fix.settings import DEFAULT_SETTINGS, FixSettings
from protocol.fix.state import Machine, State, Trigger
from protocol.fix.stream import FixStream
from protocol.fix.values import printable
from protocol.fix.version import version_of
from protocol.receive_buffer import ReceiveBuffer

_DEAF = frozenset((State.LOGON_PENDING, State.TERMINATED))
"""States in which nothing further is interpreted."""
_ACTIVE = State.ACTIVE
_TERMINATED = State.TERMINATED
_QUIET = frozenset((State.CONNECTED, State.LOGON_SENT))
"""States in which a garbled message ends the connection instead of being ignored."""
HEART_BT_INT_DEFAULT = 30


class FixSession:
    """Lives as long as one connection; what outlives it is in the `FixStream`."""

    __slots__ = (
        "_buffer",
        "_conversation",
        "_deadline_ns",
        "_eof",
        "_events",
        "_logon",
        "_machine",
        "_now_ns",
        "_refusal",
        "_reset_sent",
        "_settings",
    )

    def __init__(self, settings: FixSettings, now_ns: int) -> None:
        self._settings = settings
        self._machine = Machine()
        self._buffer = ReceiveBuffer(settings.message_size_max)
        self._events: deque[object] = deque()
        self._conversation: Conversation | None = None
        self._logon: Message | None = None
        self._refusal: list[bytes] = []
        self._reset_sent = False
        self._eof = False
        self._now_ns = now_ns
        self._deadline_ns: int | None = now_ns + settings.logon_timeout_ns

    @classmethod
    def acceptor(cls, now_ns: int, settings: FixSettings = DEFAULT_SETTINGS) -> "FixSession":
        """The side that is connected to; `settings` count until `accept` brings its own."""
        return cls(settings, now_ns)

    @classmethod
    def initiator(cls, stream: FixStream, settings: FixSettings, now_ns: int) -> "FixSession":
        """The side that connects; call `logon` next."""
        session = cls(settings, now_ns)
        session._conversation = Conversation(session._machine, stream, settings, session._events)
        return session

    @property
    def state(self) -> State:
        return self._machine.state

    @property
    def stream(self) -> FixStream | None:
        """The durable half, once there is one."""
        return None if self._conversation is None else self._conversation.stream

    # -- logon ------------------------------------------------------------------------------------

    def logon(
        self,
        now_ns: int,
        *,
        reset_seq_num_flag: bool = False,
        username: bytes = b"",
        password: bytes = b"",
    ) -> None:
        """Initiator: send the Logon(A)."""
        conversation = self._enter(now_ns)
        stream, settings = conversation.stream, self._settings
        heart_bt_int = settings.heart_bt_int
        conversation.entry.heart_bt_int = (
            HEART_BT_INT_DEFAULT if heart_bt_int is None else heart_bt_int
        )
        self._reset_sent = reset_seq_num_flag or settings.reset_on_logon
        self._machine.step(Trigger.LOGON_SENT)
        self._deadline_ns = now_ns + settings.logon_timeout_ns
        unsent = stream.reset() if self._reset_sent or self._starts_over(stream) else []
        conversation.entry.say(
            now_ns,
            reset_seq_num_flag=self._reset_sent,
            username=username,
            password=password,
        )
        # They leave once the peer has answered; until then they are unsent again.
        for msg_type, unsent_body, routing in unsent:
            stream.write(msg_type, unsent_body, now_ns, routing)

    def accept(self, stream: FixStream, settings: FixSettings, now_ns: int) -> None:
        """Acceptor: the peer may log on, and this is its durable state."""
        message = self._logon
        assert message is not None, "accept answers a LogonRequested"
        self._logon = None
        self._settings = settings
        self._buffer.limit = settings.message_size_max
        self._conversation = Conversation(self._machine, stream, settings, self._events)
        conversation = self._enter(now_ns)
        refusal = logon.refusal(message, stream, settings, now_ns)
        if refusal is not None:
            conversation.entry.refuse(message.count(34), refusal, now_ns)
            return
        override = settings.heart_bt_int
        conversation.entry.heart_bt_int = message.count(108) if override is None else override
        conversation.outbound.keepalive = keep_alive(conversation.entry.heart_bt_int, now_ns)
        resets = logon.resets(message, settings)
        unsent = stream.reset() if resets or self._starts_over(stream) else []
        if stream.version.appl_ver_id:
            stream.default_appl_ver_id = message.get(1137)
        self._machine.step(Trigger.LOGON_ACCEPTED)
        stream.attach()
        number = message.count(34)
        if number < stream.expected_msg_seq_num:
            conversation.end_too_low(number)
            return
        self._events.append(LoggedOn(conversation.entry.heart_bt_int))
        implied = settings.enable_next_expected_msg_seq_num and not resets
        conversation.entry.answer(
            number,
            now_ns,
            reset_seq_num_flag=message.get(141) == b"Y",
            next_expected=logon.next_expected(message) if implied else 0,
        )
        conversation.outbound.reissue(unsent, now_ns)

    def _starts_over(self, stream: FixStream) -> bool:
        """The numbers were reset when the last connection ended, and nobody saw one since: what was
        written meanwhile is numbered behind the Logon, for a peer that expects 1."""
        settings = self._settings
        return (settings.reset_on_logout or settings.reset_on_disconnect) and stream.is_unseen

    def reject(self, text: bytes | None, now_ns: int, *, msg_seq_num: int = 1) -> None:
        """Acceptor: the peer may not log on. None closes silently; a text goes out in a Logout(5)
        that takes no number and stands in no log. `msg_seq_num` is what the peer may expect."""
        message = self._logon
        assert message is not None, "reject answers a LogonRequested"
        self._logon = None
        if text is not None:
            self._refusal.append(logon.refusal_frame(message, text, msg_seq_num, now_ns))
        self._end("logon refused" + (f": {printable(text)}" if text else ""))

    def _first_message(self, message: Message) -> None:
        """Acceptor: a valid Logon becomes an event, all else closes without a word (1S, 2S)."""
        if message.msg_type != b"A":
            self._end(f"first message is not a Logon(A): MsgType(35) {printable(message.msg_type)}")
            return
        fixt = message.begin_string == b"FIXT.1.1" and message.get(1137)
        if not fixt and version_of(message.begin_string) is None:
            self._end(logon.unsupported_version(message))
            return
        try:
            question = logon.request(message)
        except MessageRejected as rejection:
            self._end(logon.invalid(rejection))
            return
        self._logon = message
        self._deadline_ns = None
        self._machine.step(Trigger.LOGON_RECEIVED)
        self._events.append(question)

    def _logon_answer(self, conversation: Conversation, message: Message) -> None:
        """Initiator: the peer's Logon, or why not (test case 1B)."""
        if message.msg_type == b"5":
            self._end(f"logon refused: {printable(message.get(58))}")
            return
        stream = conversation.stream
        try:
            if message.msg_type != b"A" or message.begin_string != stream.begin_string:
                raise GarbledMessage("expected a Logon(A) of the same BeginString(8)")
            rules.check_header(message)
            conversation.check_origin(message)
            number = rules.count_field(message, 34)
            conversation.entry.heart_bt_int = rules.count_field(message, 108)
            wanted = logon.next_expected(message)
            if message.get(141) == b"Y" and not self._reset_sent:
                raise GarbledMessage("ResetSeqNumFlag(141) that was not asked for")
        except (GarbledMessage, MessageRejected) as problem:
            self._end(f"invalid answer to our Logon(A): {problem}")
            return
        if number < stream.expected_msg_seq_num:
            conversation.end_too_low(number)
            return
        entry = conversation.entry
        refusal = logon.seen_more(wanted, entry.logon_number + 1, self._settings)
        if refusal is not None:
            entry.refuse(number, refusal, self._now_ns)
            return
        self._machine.step(Trigger.LOGON_RECEIVED)
        implied = self._settings.enable_next_expected_msg_seq_num
        entry.begin(number, self._now_ns, next_expected=wanted if implied else 0)
        self._events.append(LoggedOn(conversation.entry.heart_bt_int))

    # -- verbs ------------------------------------------------------------------------------------

    def send(self, msg_type: bytes, body: bytes, now_ns: int, routing: bytes = b"") -> None:
        """Number, log and transmit one application message.

        While a resend runs it is left to the resend; after a Logout it waits in the log.
        """
        conversation = self._conversation
        assert conversation is not None, "nothing is sent before accept"
        if conversation.stream.attached and self._machine.state is not _TERMINATED:
            conversation.outbound.send(msg_type, body, now_ns, routing)
        else:
            conversation.stream.write(msg_type, body, now_ns, routing)

    def logout(self, text: bytes, now_ns: int) -> None:
        """Start our Logout; Terminated follows the peer's confirmation or the timeout."""
        if self._machine.state in (State.ACTIVE, State.RECOVERING, State.LOGON_SENT):
            self._enter(now_ns).ending.log_out(text, now_ns)

    @property
    def deadline_ns(self) -> int | None:
        state = self._machine.state
        if state in _DEAF:
            return None
        if state in _QUIET or self._conversation is None:
            return self._deadline_ns
        return self._conversation.deadline_ns

    def receive_data(self, data: bytes, now_ns: int) -> None:
        self._now_ns = now_ns
        self._buffer.append(data)
        conversation = self._conversation
        if conversation is not None:
            conversation.now_ns = now_ns
            conversation.outbound.keepalive.received(now_ns)

    def receive_eof(self, now_ns: int) -> None:
        self._now_ns = now_ns
        self._eof = True
        if self._machine.state is State.LOGON_PENDING:
            self._logon = None
            self._end("peer closed the connection")

    def close(self, now_ns: int) -> None:
        """The transport was closed from our side: the end, unless it has come already."""
        self._now_ns = now_ns
        if self._machine.state is not _TERMINATED:
            self._end("connection closed")

    def next_event(self) -> object | None:
        events = self._events
        if events:
            return events.popleft()
        machine, buffer = self._machine, self._buffer
        while True:
            # The usual state is asked for first.
            if machine.state is _ACTIVE:
                assert self._conversation is not None
                order = self._conversation.layouts.take(buffer, self._now_ns)
                if order is not None:
                    return order
            elif machine.state in _DEAF:
                break
            try:
                frame = next_frame(buffer)
            except Oversized as problem:
                self._mask(problem.data)
                self._oversized(str(problem))
                break
            if frame is None:
                if self._eof:
                    closing = machine.state is State.CLOSING
                    self._end("logged out" if closing else "peer closed the connection")
                break
            self._receive_frame(frame)
            if events:
                break
        return events.popleft() if events else None

    def take_consumed(self) -> bytes:
        return self._buffer.take_consumed()

    def handle_timeout(self, now_ns: int) -> None:
        self._now_ns = now_ns
        state = self._machine.state
        if state in _QUIET:
            if self._deadline_ns is not None and now_ns >= self._deadline_ns:
                self._end("no Logon(A) in time")
        elif state not in _DEAF:
            self._enter(now_ns).handle_timeout()

    @property
    def resending(self) -> bool:
        conversation = self._conversation
        return conversation is not None and conversation.outbound.resending

    def resend_slice(self, now_ns: int) -> bool:
        if self._conversation is None or self._machine.state in _DEAF:
            return False
        return self._enter(now_ns).outbound.slice(now_ns)

    def abandon(self, text: str, now_ns: int) -> list[bytes]:
        """Every FIX message has a number: nothing can be said."""
        return []

    def data_to_send(self) -> list[bytes]:
        if self._conversation is None:
            frames, self._refusal = self._refusal, []
            return frames
        outbound = self._conversation.outbound
        frames, outbound.frames = outbound.frames, []
        return frames

    # -- inside -----------------------------------------------------------------------------------

    def _enter(self, now_ns: int) -> Conversation:
        conversation = self._conversation
        assert conversation is not None, "there is no session yet"
        self._now_ns = conversation.now_ns = now_ns
        return conversation

    def _receive_frame(self, frame: Frame) -> None:
        if frame.garbled or carries_secrets(frame.data):
            self._mask(frame.data)
        if frame.only_checksum and not self._settings.validate_checksum:
            frame.garbled = ""
        if not frame.garbled:
            try:
                message = decode(frame.data)
            except GarbledMessage as problem:
                frame.garbled = str(problem)
        if frame.garbled:
            if self._machine.state in _QUIET:
                self._end(f"garbled before logon: {frame.garbled}")
            elif not self._reject_garbled(frame):
                self._events.append(Remark(f"garbled message ignored: {frame.garbled}"))
        elif self._conversation is None:
            self._first_message(message)
        elif self._machine.state is State.LOGON_SENT:
            self._logon_answer(self._conversation, message)
        else:
            self._conversation.receive(message)

    def _reject_garbled(self, frame: Frame) -> bool:
        """Whether it was answered: bytes outside of any message never are."""
        conversation = self._conversation
        if conversation is None or not frame.is_message:
            return False
        return conversation.reject_garbled(frame.data)

    def _mask(self, data: bytes) -> None:
        """Blank secrets in the consumed bytes, which are what the journal will keep."""
        masked = mask(data)
        if masked is not data:
            buffer = self._buffer
            begin = buffer.start - len(data)
            buffer.data = buffer.data[:begin] + masked + buffer.data[buffer.start :]

    def _oversized(self, problem: str) -> None:
        if self._machine.state in (State.ACTIVE, State.RECOVERING):
            assert self._conversation is not None
            self._conversation.end_with_logout(problem.encode(), problem)
        else:
            self._end(problem)

    def _end(self, reason: str) -> None:
        if self._conversation is None:
            self._machine.step(Trigger.ENDED)
            self._events.append(Terminated(reason))
        else:
            self._conversation.ending.end(reason, self._now_ns)
