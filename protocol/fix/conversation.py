"""What happens between Logon and Logout: every inbound message judged, counted and answered.

Validation order: BeginString, the header's fields, CompIDs, SendingTime, MsgSeqNum, then type and
body. A number is counted when the message carried exactly the expected one, rejected or not.
Source: FIX Session Layer and its test cases; where deployed engines differ, specs/fix/README.md.
"""

from collections import deque

from protocol.fix import admin, answers, rules
from protocol.fix.ending import Ending
from protocol.fix.entry import Entry
from protocol.fix.errors import FieldFormatError, MessageRejected
from protocol.fix.events import NumbersReset, Remark
from protocol.fix.fields import SessionRejectReason
from protocol.fix.framing import garbled_ref
from protocol.fix.layout import LayoutBook
from protocol.fix.message import Message
from protocol.fix.messages import (
    ORDER_ENTRY,
    application_message,
    order_entry_message,
)
from protocol.fix.outbound import Outbound, keep_alive
from protocol.fix.recovery import Recovery
from protocol.fix.reports import REPORTS, report_message
from protocol.fix.settings import FixSettings
from protocol.fix.state import Machine, State
from protocol.fix.stream import FixStream
from protocol.fix.style import STYLES
from protocol.fix.values import printable
from protocol.keepalive import Due

TEST_REQ_ID = b"TEST"
_NO_TEXT = b""
_FATAL = frozenset(
    (
        SessionRejectReason.COMP_ID_PROBLEM,
        SessionRejectReason.SENDING_TIME_ACCURACY_PROBLEM,
    )
)
"""Rejections of a header after which we log out (test cases 2.f, 2.k, 2.o)."""
_UNREADABLE = frozenset(
    (SessionRejectReason.DECRYPTION_PROBLEM, SessionRejectReason.SIGNATURE_PROBLEM)
)
"""Rejections of a message after which we log out (test case 17)."""
_LIVE = frozenset((State.ACTIVE, State.RECOVERING))


class Conversation:
    """The logged-on part of one connection."""

    __slots__ = (
        "_events",
        "_machine",
        "_recovery",
        "_settings",
        "_style",
        "_time_check",
        "_with_values",
        "ending",
        "entry",
        "layouts",
        "now_ns",
        "outbound",
        "stream",
    )

    def __init__(
        self,
        machine: Machine,
        stream: FixStream,
        settings: FixSettings,
        events: deque[object],
    ) -> None:
        stream.configure(
            settings.time_digits(stream.version),
            last_msg_seq_num_processed=settings.enable_last_msg_seq_num_processed,
        )
        self._machine = machine
        self._settings = settings
        self._style = STYLES[settings.reject_style]
        validator = settings.validator
        self._with_values = validator is None or validator.switches.validate_fields_have_values
        self._events = events
        self._time_check = admin.SendingTimeCheck(settings.latency_limit_ns)
        self.layouts = LayoutBook(stream, self._time_check, settings.validator)
        self.stream = stream
        self.now_ns = 0
        self.outbound = Outbound(stream, keep_alive(0, 0))
        self.ending = Ending(machine, self.outbound, events, settings)
        self._recovery = Recovery(
            machine,
            self.outbound,
            events,
            settings.resend_request_chunk_size,
            skips_filled=settings.reject_style == "quickfixj",
        )
        self.entry = Entry(self.outbound, self._recovery, self.ending, settings)

    def receive(self, message: Message) -> None:
        """Judge one decoded message."""
        stream = self.stream
        if 34 not in message:
            self.end_with_logout(b"Received message without MsgSeqNum", "no MsgSeqNum(34)")
            return
        try:
            number = message.count(34)
        except FieldFormatError:
            self._remark("garbled message ignored: MsgSeqNum(34) is not a number")
            return
        if self._machine.state not in _LIVE:
            self._receive_while_logging_out(message, number)
            return
        if message.begin_string != stream.begin_string:
            self.stream.count(number)
            self._remark(
                f"BeginString(8) expected {printable(stream.begin_string)},"
                f" received {printable(message.begin_string)}"
            )
            self.ending.log_out(b"Incorrect BeginString", self.now_ns)
            return
        try:
            rules.check_header(message, with_values=self._with_values)
        except MessageRejected as rejection:
            self.stream.count(number)
            self._reject(message, rejection)
            return
        try:
            self.check_origin(message)
        except MessageRejected as rejection:
            self.stream.count(number)
            self._reject_fatally(message, rejection)
            return
        self._receive_numbered(message, number)

    def check_origin(self, message: Message) -> None:
        """CompIDs name this session and SendingTime is accurate. Raises MessageRejected."""
        stream = self.stream
        if self._settings.check_comp_id:
            admin.check_comp_ids(message, stream.target_comp_id, stream.sender_comp_id)
        self._time_check.check(message.get(52), self.now_ns)

    def _receive_numbered(self, message: Message, number: int) -> None:
        """CompIDs and time are right: by type where the number does not matter, else by number."""
        msg_type = message.msg_type
        expected = self.stream.expected_msg_seq_num
        if msg_type == b"5":
            self._peer_logs_out(message, number)
        elif msg_type == b"4" and message.get(123) != b"Y":
            self._sequence_reset(message)
        elif msg_type == b"A":
            self._logon_again(message, number)
        elif msg_type == b"2" and number != expected:
            # Answered whatever its number, else two sides that both miss something would wait for
            # each other (test case 20).
            self._resend_request(message)
            if number > expected and self._machine.state in _LIVE:
                self._recovery.found(number, None, self.now_ns)
        elif number > expected:
            self._recovery.found(number, message, self.now_ns)
        elif number < expected:
            self._too_low(message, number)
        else:
            self._process(message, number)
            self._drain()

    def _drain(self) -> None:
        """Process what waited, as far as it now is in order."""
        stream, recovery = self.stream, self._recovery
        while recovery.has(number := stream.expected_msg_seq_num):
            waiting = recovery.take(number)
            if waiting is None:
                stream.expected_msg_seq_num = number + 1
            else:
                self._process(waiting, number)
        recovery.settle(self.now_ns)

    def _too_low(self, message: Message, number: int) -> None:
        if not message.is_poss_dup:
            self.end_too_low(number)
            return
        if message.msg_type == b"4" or not self._is_bad_poss_dup(message):
            self._remark(f"duplicate ignored: MsgSeqNum(34) {number}")

    def end_too_low(self, number: int) -> None:
        """Logout and close: the peer's numbers are behind ours (test case 2.c)."""
        expected = self.stream.expected_msg_seq_num
        text = b"MsgSeqNum too low, expecting %d but received %d" % (expected, number)
        reason = f"MsgSeqNum(34) too low: expected {expected}, received {number}"
        self.end_with_logout(text, reason)

    def _is_bad_poss_dup(self, message: Message) -> bool:
        """Rejected as a possible duplicate; test case 2.f logs out as well."""
        try:
            admin.check_poss_dup(message, self._settings)
        except MessageRejected as rejection:
            self._reject_fatally(message, rejection)
            return True
        return False

    def _process(self, message: Message, number: int) -> None:
        """A message that carries exactly the expected number: count it, then act."""
        self.stream.expected_msg_seq_num = number + 1
        if message.is_poss_dup and self._is_bad_poss_dup(message):
            return
        version = self.stream.version
        msg_type = message.msg_type
        try:
            admin.check_profile(message, self._settings)
            validator = self._settings.validator
            if validator is None:
                rules.check_msg_type(message, version)
            else:
                validator.check(message)
            if msg_type == b"1":
                self.outbound.send(b"0", answers.field(112, message.get(112)), self.now_ns)
            elif msg_type == b"2":
                self._resend_request(message)
            elif msg_type == b"3":
                self._events.append(admin.reject_received(message))
            elif msg_type == b"4":
                self._jump_to(admin.gap_filled_to(message, number))
            elif msg_type != b"0":
                self._application(message, number)
        except MessageRejected as rejection:
            self._reject(message, rejection)
            if rejection.reason in _UNREADABLE:
                self.ending.log_out(self._style.logout(rejection), self.now_ns)

    def _application(self, message: Message, number: int) -> None:
        msg_type = message.msg_type
        if msg_type not in self._settings.application_types:
            if msg_type == b"j":
                self._remark(f"BusinessMessageReject(j) {number} ignored")
                return
            version = self.stream.version
            if msg_type in self._settings.unavailable_types:
                answer = answers.application_not_available(version, message)
            else:
                answer = answers.unsupported_message_type(version, message, self._style)
            self._send_back(message, *answer)
            self._remark(f"MsgType(35) not taken in MsgSeqNum(34) {number}")
        elif self._settings.untyped:
            self._events.append(application_message(message, number))
        elif msg_type in ORDER_ENTRY:
            self._events.append(order_entry_message(message, number))
            self.layouts.see(message)
        elif msg_type in REPORTS:
            self._events.append(report_message(message, number))
        else:
            self._events.append(application_message(message, number))

    def _reject(self, message: Message, rejection: MessageRejected) -> None:
        body = answers.reject(message, self.stream.version, rejection, self._style)
        self._send_back(message, b"3", body)
        tag = f", tag {rejection.ref_tag_id}" if rejection.ref_tag_id is not None else ""
        number = printable(message.get(34))
        self._remark(f"rejected MsgSeqNum(34) {number}: {rejection.text}{tag}")

    def _reject_fatally(self, message: Message, rejection: MessageRejected) -> None:
        """A rejection of the header; some of them end the session."""
        self._reject(message, rejection)
        if rejection.reason in _FATAL:
            self.ending.log_out(self._style.logout(rejection), self.now_ns)

    def reject_garbled(self, data: bytes) -> bool:
        """A message that cannot be read is answered and counted, where the session wants it so."""
        if not self._settings.reject_garbled_messages or self._machine.state not in _LIVE:
            return False
        number, msg_type = garbled_ref(data)
        self.stream.count(number)
        body = answers.reject_garbled(self.stream.version, number, msg_type)
        self.outbound.send(b"3", body, self.now_ns)
        self._remark(f"garbled message rejected: MsgSeqNum(34) {number}")
        self._drain()
        return True

    def _send_back(self, message: Message, msg_type: bytes, body: bytes) -> None:
        routing = answers.reversed_routing(self.stream.version, message)
        self.outbound.send(msg_type, body, self.now_ns, routing)

    def _resend_request(self, message: Message) -> None:
        """ResendRequest(2): start a resend. Test case 8."""
        own = self.stream.sent_log.next_number
        try:
            begin, end = admin.resend_range(message, own)
        except admin.SeenMore as proof:
            text = self._style.asked_for_more(own, proof.begin_seq_no)
            self.end_with_logout(text, f"{proof}")
            return
        except MessageRejected as rejection:
            self._reject(message, rejection)
            return
        if not self.outbound.request_resend(begin, end):
            self._remark("ResendRequest(2) ignored: too many ranges are waiting")

    def _sequence_reset(self, message: Message) -> None:
        """SequenceReset-Reset: its own MsgSeqNum is ignored. Test cases 11.a-11.c."""
        expected = self.stream.expected_msg_seq_num
        try:
            new_seq_no = admin.reset_to(message, expected)
        except MessageRejected as rejection:
            self._reject(message, rejection)
            return
        if new_seq_no == expected:
            self._remark(f"SequenceReset(4) to {new_seq_no}, which is expected anyway")
        self._jump_to(new_seq_no)
        self._drain()

    def _jump_to(self, new_seq_no: int) -> None:
        self.stream.expected_msg_seq_num = new_seq_no
        self._recovery.jumped_to(new_seq_no)

    def _logon_again(self, message: Message, number: int) -> None:
        """Logon in mid-session: with ResetSeqNumFlag(141)=Y both directions start at 1, without it
        deployed engines close the connection."""
        if message.get(141) != b"Y":
            self.ending.end("Logon(A) in mid-session without ResetSeqNumFlag(141)", self.now_ns)
            return
        self.outbound.abandon_resend()
        self._recovery.abandon()
        unsent = self.stream.reset()
        self._events.append(NumbersReset())
        self.entry.answer(number, self.now_ns, reset_seq_num_flag=True)
        self.outbound.reissue(unsent, self.now_ns)

    def _peer_logs_out(self, message: Message, number: int) -> None:
        """Confirm whatever its number was, then let the peer close first. Test case 13.b."""
        self.stream.count(number)
        self.ending.confirm(self.now_ns)
        text = printable(message.get(58))
        self._remark(f"Logout(5) received{': ' if text else ''}{text}")

    def _receive_while_logging_out(self, message: Message, number: int) -> None:
        """Only what lets both sides finish; the rest stays uncounted, so that it is sent again."""
        state = self._machine.state
        if state is State.LOGGING_OUT and message.msg_type == b"5":
            self.stream.count(number)
            self.ending.confirmed(self.now_ns)
        elif state is State.LOGGING_OUT and message.msg_type == b"2":
            self.stream.count(number)
            self._resend_request(message)
        else:
            self._remark(f"ignored after Logout: MsgSeqNum(34) {number}")

    def end_with_logout(self, text: bytes, reason: str) -> None:
        """Logout with Text, then close without waiting."""
        self.ending.end_with_logout(text, reason, self.now_ns)

    @property
    def deadline_ns(self) -> int | None:
        if self._machine.state in _LIVE:
            return self.outbound.keepalive.deadline_ns
        return self.ending.deadline_ns

    def handle_timeout(self) -> None:
        """Heartbeat, probe, give up. Test cases 4.a, 6 and 12."""
        if self._machine.state not in _LIVE:
            self.ending.handle_timeout(self.now_ns)
            return
        due = self.outbound.keepalive.due(self.now_ns)
        if due is Due.TIMEOUT:
            self.ending.end(
                f"nothing received within 2.4 x HeartBtInt(108) of {self.entry.heart_bt_int} s",
                self.now_ns,
            )
        elif due is Due.PROBE:
            self.outbound.send(b"1", answers.field(112, TEST_REQ_ID), self.now_ns)
        elif due is Due.HEARTBEAT:
            self.outbound.send(b"0", _NO_TEXT, self.now_ns)

    def _remark(self, text: str) -> None:
        self._events.append(Remark(text))
