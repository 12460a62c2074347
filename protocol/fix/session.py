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

from protocol.fix import admin, answers, rules
from protocol.fix.conversation import Conversation
from protocol.fix.errors import GarbledMessage, MessageRejected
from protocol.fix.events import LoggedOn, LogonRequested, Remark, Terminated
from protocol.fix.framing import Frame, Oversized, next_frame
from protocol.fix.message import Message, decode
from protocol.fix.outbound import keep_alive
from protocol.fix.secrets import carries_secrets, mask
from protocol.fix.sent_frame import reframe
from protocol.fix.settings import DEFAULT_SETTINGS, FixSettings
from protocol.fix.state import Machine, State, Trigger
from protocol.fix.stream import FixStream
from protocol.fix.values import format_utc_timestamp, printable
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
        session._conversation = Conversation(
            session._machine, stream, settings, session._events, is_acceptor=False
        )
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
        conversation.heart_bt_int = HEART_BT_INT_DEFAULT if heart_bt_int is None else heart_bt_int
        self._reset_sent = reset_seq_num_flag or settings.reset_on_logon
        self._machine.step(Trigger.LOGON_SENT)
        self._deadline_ns = now_ns + settings.logon_timeout_ns
        unsent = stream.reset() if self._reset_sent else []
        body = answers.logon(
            conversation.heart_bt_int,
            reset_seq_num_flag=self._reset_sent,
            username=username,
            password=password,
            default_appl_ver_id=stream.default_appl_ver_id,
        )
        conversation.logon_number = stream.sent_log.next_number
        conversation.outbound.send(b"A", body, now_ns)
        # They leave once the peer has answered; until then they are unsent again.
        for msg_type, unsent_body, routing in unsent:
            stream.write(msg_type, unsent_body, now_ns, routing)

    def accept(self, stream: FixStream, settings: FixSettings, now_ns: int) -> None:
        """Acceptor: the peer may log on, and this is its durable state."""
        logon = self._logon
        assert logon is not None, "accept answers a LogonRequested"
        self._logon = None
        self._settings = settings
        self._conversation = Conversation(
            self._machine, stream, settings, self._events, is_acceptor=True
        )
        conversation = self._enter(now_ns)
        override = settings.heart_bt_int
        conversation.heart_bt_int = logon.count(108) if override is None else override
        conversation.outbound.keepalive = keep_alive(conversation.heart_bt_int, now_ns)
        reset_flag = logon.get(141) == b"Y"
        unsent = stream.reset() if reset_flag or settings.reset_on_logon else []
        if stream.version.appl_ver_id:
            stream.default_appl_ver_id = logon.get(1137)
        self._machine.step(Trigger.LOGON_ACCEPTED)
        stream.attach()
        number = logon.count(34)
        if number < stream.expected_msg_seq_num:
            conversation.end_too_low(number)
            return
        self._events.append(LoggedOn(conversation.heart_bt_int))
        conversation.send_logon(reset_seq_num_flag=reset_flag)
        conversation.count_logon(number)
        conversation.outbound.reissue(unsent, now_ns)

    def reject(self, text: bytes | None, now_ns: int, *, msg_seq_num: int = 1) -> None:
        """Acceptor: the peer may not log on. None closes silently; a text goes out in a Logout(5)
        that takes no number and stands in no log. `msg_seq_num` is what the peer may expect."""
        logon = self._logon
        assert logon is not None, "reject answers a LogonRequested"
        self._logon = None
        version = version_of(logon.begin_string, logon.get(1137))
        assert version is not None, "a version not spoken is never asked about"
        if text is not None:
            content = b"35=5\x0134=%d\x0149=%b\x0152=%b\x0156=%b\x01%b" % (
                msg_seq_num,
                logon.get(56),
                format_utc_timestamp(now_ns, version.time_digits),
                logon.get(49),
                answers.field(58, text),
            )
            self._refusal.append(reframe(b"8=%b\x019=" % logon.begin_string, content))
        self._end("logon refused" + (f": {printable(text)}" if text else ""))

    def _first_message(self, message: Message) -> None:
        """Acceptor: a valid Logon becomes an event, all else closes without a word (1S, 2S)."""
        if message.msg_type != b"A":
            self._end(f"first message is not a Logon(A): MsgType(35) {printable(message.msg_type)}")
            return
        appl_ver_id = message.get(1137)
        if version_of(message.begin_string, appl_ver_id) is None:
            shown = f"{printable(message.begin_string)} {printable(appl_ver_id)}".rstrip()
            self._end(f"unsupported BeginString(8) or DefaultApplVerID(1137): {shown}")
            return
        try:
            rules.check_header(message)
            number = rules.count_field(message, 34)
            rules.count_field(message, 98)
            heart_bt_int = rules.count_field(message, 108)
            sent_ns = admin.timestamp_field(52, message.get(52))
            if abs(self._now_ns - sent_ns) > self._settings.latency_limit_ns:
                raise admin.inaccurate_time()
        except MessageRejected as rejection:
            tag = f", tag {rejection.ref_tag_id}" if rejection.ref_tag_id is not None else ""
            self._end(f"invalid Logon(A): {rejection.text}{tag}")
            return
        self._logon = message
        self._deadline_ns = None
        self._machine.step(Trigger.LOGON_RECEIVED)
        self._events.append(
            LogonRequested(
                begin_string=message.begin_string,
                sender_comp_id=message.get(49),
                target_comp_id=message.get(56),
                msg_seq_num=number,
                heart_bt_int=heart_bt_int,
                encrypt_method=message.get(98),
                reset_seq_num_flag=message.get(141) == b"Y",
                sending_time_ns=sent_ns,
                sender_sub_id=message.get(50),
                target_sub_id=message.get(57),
                username=message.get(553),
                password=message.get(554),
                default_appl_ver_id=appl_ver_id,
            )
        )

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
            conversation.heart_bt_int = rules.count_field(message, 108)
            if message.get(141) == b"Y" and not self._reset_sent:
                raise GarbledMessage("ResetSeqNumFlag(141) that was not asked for")
        except (GarbledMessage, MessageRejected) as problem:
            self._end(f"invalid answer to our Logon(A): {problem}")
            return
        if number < stream.expected_msg_seq_num:
            conversation.end_too_low(number)
            return
        self._machine.step(Trigger.LOGON_RECEIVED)
        conversation.begin(number)
        self._events.append(LoggedOn(conversation.heart_bt_int))

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
            self._enter(now_ns).log_out(text)

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
        if not frame.garbled:
            try:
                message = decode(frame.data)
            except GarbledMessage as problem:
                frame.garbled = str(problem)
        if frame.garbled:
            if self._machine.state in _QUIET:
                self._end(f"garbled before logon: {frame.garbled}")
            else:
                self._events.append(Remark(f"garbled message ignored: {frame.garbled}"))
        elif self._conversation is None:
            self._first_message(message)
        elif self._machine.state is State.LOGON_SENT:
            self._logon_answer(self._conversation, message)
        else:
            self._conversation.receive(message)

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
            self._conversation.end(reason)
