"""What happens between Logon and Logout: every inbound message judged, counted and answered.

Validation order: BeginString, the header's fields, CompIDs, SendingTime, MsgSeqNum, then type and
body. A number is counted when the message carried exactly the expected one, rejected or not.
Source: FIX Session Layer and its test cases; where deployed engines differ, specs/fix/README.md.
"""

from collections import deque

from protocol.fix import admin, answers, rules
from protocol.fix.errors import FieldFormatError, MessageRejected
from protocol.fix.events import NumbersReset, Remark, Terminated
from protocol.fix.fields import SessionRejectReason
from protocol.fix.gap import GapQueue
from protocol.fix.layout import LayoutBook
from protocol.fix.message import Message
from protocol.fix.messages import (
    ORDER_ENTRY,
    application_message,
    order_entry_message,
)
from protocol.fix.outbound import Outbound, keep_alive
from protocol.fix.reports import REPORTS, report_message
from protocol.fix.settings import FixSettings
from protocol.fix.state import Machine, State, Trigger
from protocol.fix.stream import FixStream
from protocol.fix.values import printable
from protocol.keepalive import Due

TEST_REQ_ID = b"TEST"
_NO_TEXT = b""
_FATAL = frozenset(
    (SessionRejectReason.COMP_ID_PROBLEM, SessionRejectReason.SENDING_TIME_ACCURACY_PROBLEM)
)
"""Rejections after which we log out (test cases 2.f, 2.k, 2.o)."""
_LIVE = frozenset((State.ACTIVE, State.RECOVERING))


class Conversation:
    """The logged-on part of one connection."""

    __slots__ = (
        "_events",
        "_gap",
        "_is_acceptor",
        "_machine",
        "_settings",
        "_time_check",
        "heart_bt_int",
        "layouts",
        "logon_number",
        "logout_deadline_ns",
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
        *,
        is_acceptor: bool,
    ) -> None:
        self._machine = machine
        self._settings = settings
        self._events = events
        self._is_acceptor = is_acceptor
        self._gap: GapQueue | None = None
        self._time_check = admin.SendingTimeCheck(settings.latency_limit_ns)
        self.layouts = LayoutBook(stream, self._time_check, settings.validator)
        self.stream = stream
        self.heart_bt_int = 0
        self.logon_number = 0
        """Initiator: MsgSeqNum(34) of our Logon."""
        self.logout_deadline_ns: int | None = None
        self.now_ns = 0
        self.outbound = Outbound(stream, keep_alive(0, 0))

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
            self._count_if_expected(number)
            self._remark(
                f"BeginString(8) expected {printable(stream.begin_string)},"
                f" received {printable(message.begin_string)}"
            )
            self.log_out(b"Incorrect BeginString")
            return
        try:
            rules.check_header(message)
        except MessageRejected as rejection:
            self._count_if_expected(number)
            self._reject(message, rejection)
            return
        try:
            self.check_origin(message)
        except MessageRejected as rejection:
            self._count_if_expected(number)
            self._reject(message, rejection)
            if rejection.reason in _FATAL:
                self.log_out(_NO_TEXT)
            return
        self._receive_numbered(message, number)

    def check_origin(self, message: Message) -> None:
        """CompIDs name this session and SendingTime is accurate. Raises MessageRejected."""
        stream = self.stream
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
        elif msg_type == b"A" and message.get(141) == b"Y" and self._is_acceptor:
            self._reset_numbers(number)
        elif msg_type == b"2" and number != expected:
            # Answered whatever its number, else two sides that both miss something would wait for
            # each other (test case 20).
            self._resend_request(message)
            if number > expected:
                self._found_gap(number, None)
        elif number > expected:
            self._found_gap(number, message)
        elif number < expected:
            self._too_low(message, number)
        else:
            self._process(message, number)
            self._drain()

    def _count_if_expected(self, number: int) -> None:
        if number == self.stream.expected_msg_seq_num:
            self.stream.expected_msg_seq_num = number + 1

    def begin(self, number: int) -> None:
        """Initiator: the peer answered our Logon with this number."""
        self.outbound.keepalive = keep_alive(self.heart_bt_int, self.now_ns)
        self.stream.attach()
        self.outbound.release(self.logon_number + 1)
        self.count_logon(number)

    def count_logon(self, number: int) -> None:
        """The Logon's own number, after it was answered: count it, or ask for what is missing."""
        if number > self.stream.expected_msg_seq_num:
            self._found_gap(number, None)
        else:
            self.stream.expected_msg_seq_num = number + 1

    def _found_gap(self, number: int, message: Message | None) -> None:
        """Keep what came early; ask once for what is missing."""
        expected = self.stream.expected_msg_seq_num
        if self._gap is None:
            self._gap = GapQueue(number)
            self._machine.step(Trigger.GAP_FOUND)
            self._request_resend(expected)
            self._remark(f"MsgSeqNum(34) too high: expected {expected}, received {number}")
        if not self._gap.add(number, message):
            self._remark(f"no room to queue MsgSeqNum(34) {number} behind a gap")

    def _request_resend(self, begin_seq_no: int) -> None:
        self.outbound.send(
            b"2", answers.resend_request(self.stream.version, begin_seq_no), self.now_ns
        )

    def _drain(self) -> None:
        """Process what waited, as far as it now is in order; close the gap or ask again."""
        stream, gap = self.stream, self._gap
        if gap is None:
            return
        while stream.expected_msg_seq_num in gap and self._machine.state is State.RECOVERING:
            number = stream.expected_msg_seq_num
            waiting = gap.take(number)
            if waiting is None:
                stream.expected_msg_seq_num = number + 1
            else:
                self._process(waiting, number)
        if self._machine.state is not State.RECOVERING:
            return
        if stream.expected_msg_seq_num > gap.requested_to:
            if len(gap):
                gap.requested_to = gap.lowest
                self._request_resend(stream.expected_msg_seq_num)
            else:
                self._gap = None
                self._machine.step(Trigger.GAP_CLOSED)

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
            admin.check_poss_dup(message)
        except MessageRejected as rejection:
            self._reject(message, rejection)
            if rejection.reason in _FATAL:
                self.log_out(_NO_TEXT)
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
            rules.check_msg_type(message, version)
            if self._settings.validator is not None:
                self._settings.validator.check(message)
            if msg_type == b"1":
                self.outbound.send(b"0", answers.field(112, message.get(112)), self.now_ns)
            elif msg_type == b"2":
                self._resend_request(message)
            elif msg_type == b"3":
                self._events.append(admin.reject_received(message))
            elif msg_type == b"4":
                self._jump_to(admin.gap_filled_to(message, number))
            elif msg_type == b"A":
                self._remark("Logon(A) in mid-session without ResetSeqNumFlag(141)")
            elif msg_type != b"0":
                self._application(message, number)
        except MessageRejected as rejection:
            self._reject(message, rejection)

    def _application(self, message: Message, number: int) -> None:
        msg_type = message.msg_type
        if msg_type not in self._settings.application_types:
            if msg_type == b"j":
                self._remark(f"BusinessMessageReject(j) {number} ignored")
                return
            known = msg_type in self._settings.unavailable_types
            answer = (
                answers.application_not_available if known else answers.unsupported_message_type
            )
            self._send_back(message, *answer(self.stream.version, message))
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
        self._send_back(message, b"3", answers.reject(message, self.stream.version, rejection))
        tag = f", tag {rejection.ref_tag_id}" if rejection.ref_tag_id is not None else ""
        number = printable(message.get(34))
        self._remark(f"rejected MsgSeqNum(34) {number}: {rejection.text}{tag}")

    def _send_back(self, message: Message, msg_type: bytes, body: bytes) -> None:
        routing = answers.reversed_routing(self.stream.version, message)
        self.outbound.send(msg_type, body, self.now_ns, routing)

    def _resend_request(self, message: Message) -> None:
        """ResendRequest(2): start a resend. Test case 8."""
        try:
            begin, end = admin.resend_range(message, self.stream.sent_log.next_number)
        except MessageRejected as rejection:
            self._reject(message, rejection)
            return
        if not self.outbound.request_resend(begin, end):
            self._remark("ResendRequest(2) ignored: too many are waiting")

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
        if self._gap is not None:
            self._gap.drop_below(new_seq_no)

    def _reset_numbers(self, number: int) -> None:
        """Logon with ResetSeqNumFlag(141)=Y in mid-session: both directions from 1."""
        self.outbound.abandon_resend()
        if self._gap is not None:
            self._gap = None
            self._machine.step(Trigger.GAP_CLOSED)
        unsent = self.stream.reset()
        self._events.append(NumbersReset())
        self.send_logon(reset_seq_num_flag=True)
        self.count_logon(number)
        self.outbound.reissue(unsent, self.now_ns)

    def send_logon(self, *, reset_seq_num_flag: bool) -> None:
        """The acceptor's Logon: 141 only when the client sent it."""
        body = answers.logon(
            self.heart_bt_int,
            reset_seq_num_flag=reset_seq_num_flag,
            default_appl_ver_id=self.stream.default_appl_ver_id,
        )
        self.outbound.send(b"A", body, self.now_ns)

    def log_out(self, text: bytes) -> None:
        """Our Logout; the peer has LogoutTimeout to confirm."""
        self.outbound.send_at_once(b"5", answers.field(58, text), self.now_ns)
        self._machine.step(Trigger.LOGOUT_SENT)
        self.logout_deadline_ns = self.now_ns + self._settings.logout_timeout_ns
        self.stream.detach()

    def _peer_logs_out(self, message: Message, number: int) -> None:
        """Confirm whatever its number was, then let the peer close first. Test case 13.b."""
        self._count_if_expected(number)
        self.outbound.send(b"5", _NO_TEXT, self.now_ns)
        self._machine.step(Trigger.LOGOUT_RECEIVED)
        self.logout_deadline_ns = self.now_ns + self._settings.logout_timeout_ns
        self.stream.detach()
        text = printable(message.get(58))
        self._remark(f"Logout(5) received{': ' if text else ''}{text}")

    def _receive_while_logging_out(self, message: Message, number: int) -> None:
        """Only what lets both sides finish; the rest stays uncounted, so that it is sent again."""
        state = self._machine.state
        if state is State.LOGGING_OUT and message.msg_type == b"5":
            self._count_if_expected(number)
            self.end("logged out")
        elif state is State.LOGGING_OUT and message.msg_type == b"2":
            self._count_if_expected(number)
            self._resend_request(message)
        else:
            self._remark(f"ignored after Logout: MsgSeqNum(34) {number}")

    def end_with_logout(self, text: bytes, reason: str) -> None:
        """Logout with Text, then close without waiting."""
        self.outbound.send_at_once(b"5", answers.field(58, text), self.now_ns)
        self.end(reason)

    def end(self, reason: str) -> None:
        """The connection is over."""
        if self._machine.state in _LIVE:
            self.outbound.abandon_resend()
            self.stream.detach()
        self._machine.step(Trigger.ENDED)
        self._events.append(Terminated(reason))

    @property
    def deadline_ns(self) -> int | None:
        if self._machine.state in _LIVE:
            return self.outbound.keepalive.deadline_ns
        return self.logout_deadline_ns

    def handle_timeout(self) -> None:
        """Heartbeat, probe, give up. Test cases 4.a, 6 and 12."""
        if self._machine.state not in _LIVE:
            if self.logout_deadline_ns is not None and self.now_ns >= self.logout_deadline_ns:
                closing = self._machine.state is State.CLOSING
                self.end("logged out" if closing else "no Logout(5) in answer to ours")
            return
        due = self.outbound.keepalive.due(self.now_ns)
        if due is Due.TIMEOUT:
            self.end(f"nothing received within 2.4 x HeartBtInt(108) of {self.heart_bt_int} s")
        elif due is Due.PROBE:
            self.outbound.send(b"1", answers.field(112, TEST_REQ_ID), self.now_ns)
        elif due is Due.HEARTBEAT:
            self.outbound.send(b"0", _NO_TEXT, self.now_ns)

    def _remark(self, text: str) -> None:
        self._events.append(Remark(text))
