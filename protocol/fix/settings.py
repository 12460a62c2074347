"""What one FIX session may be told about how to behave."""

import msgspec

from protocol.fix.validation import Validator

NS_PER_S = 1_000_000_000

ORDER_ENTRY_TYPES = frozenset((b"D", b"F", b"G", b"H"))
"""What a venue takes."""
REPORT_TYPES = frozenset((b"8", b"9", b"j"))
"""What a client takes."""


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
    reset_on_logon: bool = False
    latency_limit_ns: int = 120 * NS_PER_S
    """How far SendingTime(52) may be from our clock, either way."""
    logon_timeout_ns: int = 10 * NS_PER_S
    logout_timeout_ns: int = 2 * NS_PER_S
    message_size_max: int = 64 * 1024


DEFAULT_SETTINGS = FixSettings()
