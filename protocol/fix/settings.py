"""What one FIX session may be told about how to behave."""

from typing import Literal

import msgspec

from protocol.fix.style import RejectStyle
from protocol.fix.validation import Validator
from protocol.fix.version import Version

NS_PER_S = 1_000_000_000

ORDER_ENTRY_TYPES = frozenset((b"D", b"F", b"G", b"H"))
"""What a venue takes."""
REPORT_TYPES = frozenset((b"8", b"9", b"j"))
"""What a client takes."""

TimestampPrecision = Literal["seconds", "milliseconds", "microseconds", "nanoseconds"]
TIME_DIGITS: dict[TimestampPrecision, int] = {
    "seconds": 0,
    "milliseconds": 3,
    "microseconds": 6,
    "nanoseconds": 9,
}
"""Digits behind the second."""


class FixSettings(msgspec.Struct, frozen=True):
    """Frozen settings of one session; times in nanoseconds."""

    application_types: frozenset[bytes] = ORDER_ENTRY_TYPES
    """MsgTypes handed on; any other application message is answered with j, reason 3."""
    unavailable_types: frozenset[bytes] = frozenset()
    """MsgTypes the venue speaks, only not here: answered with j, reason 4."""
    validator: Validator | None = None
    """Judges the fields of what comes in; None: taken as they are, as by an initiator that trusts
    its venue."""
    untyped: bool = False
    """Hand every application message on as ApplicationMessage, those with a class too."""
    heart_bt_int: int | None = None
    """Overrides the client's HeartBtInt(108); for an initiator its own wish (default 30)."""
    heart_bt_int_min: int = 0
    heart_bt_int_max: int | None = None
    """What HeartBtInt(108) a client may ask for, in seconds; None: no limit."""
    reset_on_logon: bool = False
    reset_on_logout: bool = False
    """Both numbers are 1 again once a Logout(5) has ended the connection."""
    reset_on_disconnect: bool = False
    """Both numbers are 1 again once the connection has ended, however it did."""
    enable_next_expected_msg_seq_num: bool = False
    """NextExpectedMsgSeqNum(789) in the Logon(A) takes the place of a ResendRequest(2)."""
    enable_last_msg_seq_num_processed: bool = False
    """LastMsgSeqNumProcessed(369) in every header."""
    resend_request_chunk_size: int = 0
    """Messages asked for by one ResendRequest(2); 0: all that are missing."""
    timestamp_precision: TimestampPrecision | None = None
    """Of the timestamps we write; None: what the version has, as always before FIX 4.2."""
    reject_style: RejectStyle = "quickfix"
    reject_garbled_messages: bool = False
    """Answer a garbled message with Reject(3) and count it, instead of ignoring it."""
    validate_checksum: bool = True
    check_comp_id: bool = True
    requires_orig_sending_time: bool = True
    """PossDupFlag(43)=Y needs OrigSendingTime(122)."""
    allow_third_party: bool = True
    """OnBehalfOfCompID(115) and DeliverToCompID(128) may name somebody else."""
    latency_limit_ns: int | None = 120 * NS_PER_S
    """How far SendingTime(52) may be from our clock, either way; None: not looked at."""
    logon_timeout_ns: int = 10 * NS_PER_S
    logout_timeout_ns: int = 2 * NS_PER_S
    message_size_max: int = 64 * 1024

    def time_digits(self, version: Version) -> int:
        """Digits behind the second in the timestamps that a session of this version writes."""
        precision = self.timestamp_precision
        if precision is None or version.time_digits == 0:
            return version.time_digits
        return TIME_DIGITS[precision]


DEFAULT_SETTINGS = FixSettings()
