"""Both sides' Logons on one connection, and what either side learns from them to be missing.

Source: FIX Session Layer, "Establishing a FIX session" and "Using NextExpectedMsgSeqNum(789)".
"""

from protocol.fix import answers
from protocol.fix.ending import Ending
from protocol.fix.logon import Refusal
from protocol.fix.outbound import Outbound, keep_alive
from protocol.fix.recovery import Recovery
from protocol.fix.settings import FixSettings


class Entry:
    """The way into one connection; knows nothing of what is said between Logon and Logout."""

    __slots__ = (
        "_ending",
        "_outbound",
        "_recovery",
        "_settings",
        "_stream",
        "heart_bt_int",
        "logon_number",
    )

    def __init__(
        self, outbound: Outbound, recovery: Recovery, ending: Ending, settings: FixSettings
    ) -> None:
        self._outbound = outbound
        self._stream = outbound.stream
        self._recovery = recovery
        self._ending = ending
        self._settings = settings
        self.heart_bt_int = 0
        """HeartBtInt(108) as agreed on, in seconds."""
        self.logon_number = 0
        """MsgSeqNum(34) of our last Logon."""

    def say(
        self,
        now_ns: int,
        *,
        reset_seq_num_flag: bool,
        username: bytes = b"",
        password: bytes = b"",
    ) -> None:
        """Our Logon; NextExpectedMsgSeqNum(789) is the first number we miss."""
        stream = self._stream
        next_expected = 0
        if self._settings.enable_next_expected_msg_seq_num:
            next_expected = stream.expected_msg_seq_num
        body = answers.logon(
            self.heart_bt_int,
            reset_seq_num_flag=reset_seq_num_flag,
            username=username,
            password=password,
            next_expected_msg_seq_num=next_expected,
            default_appl_ver_id=stream.default_appl_ver_id,
        )
        self.logon_number = stream.sent_log.next_number
        self._outbound.send(b"A", body, now_ns)

    def answer(
        self, number: int, now_ns: int, *, reset_seq_num_flag: bool, next_expected: int = 0
    ) -> None:
        """The peer's Logon had this number and, where it said so, wants `next_expected` next: our
        Logon, then what either side misses. 141 only when the peer sent it."""
        self._stream.count(number)
        self.say(now_ns, reset_seq_num_flag=reset_seq_num_flag)
        self._find_gap(number, now_ns, ask=not next_expected)
        if next_expected and next_expected < self.logon_number:
            self._outbound.request_resend(next_expected, self.logon_number + 1)

    def begin(self, number: int, now_ns: int, *, next_expected: int) -> None:
        """Initiator: the peer answered our Logon; as in `answer`."""
        outbound = self._outbound
        outbound.keepalive = keep_alive(self.heart_bt_int, now_ns)
        self._stream.attach()
        outbound.release(self.logon_number + 1)
        if next_expected:
            outbound.request_resend(next_expected, self.logon_number + 1)
        self._stream.count(number)
        self._find_gap(number, now_ns, ask=not next_expected)

    def refuse(self, number: int, refusal: Refusal, now_ns: int) -> None:
        """This Logon is not accepted. A Logout that says why is numbered like any other."""
        if refusal.text is None:
            self._ending.end(refusal.reason, now_ns)
        else:
            self._stream.count(number)
            self._ending.end_with_logout(refusal.text, refusal.reason, now_ns)

    def _find_gap(self, number: int, now_ns: int, *, ask: bool) -> None:
        if number > self._stream.expected_msg_seq_num:
            self._recovery.found(number, None, now_ns, ask=ask)
