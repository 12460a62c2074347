"""[fix]: who may log on over FIX, and how each session behaves.

A configured session names its client, or is a template: a CompID that ends in `*` stands for every
one that begins like it. specs/config/README.md documents every key.
"""

from typing import Literal

import msgspec

Application = Literal["orders", "market_data", "drop_copy", "echo"]
BeginString = Literal["FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.3", "FIX.4.4", "FIXT.1.1"]
RejectStyle = Literal["quickfix", "quickfixj"]
TimestampPrecision = Literal["seconds", "milliseconds", "microseconds", "nanoseconds"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

AVAILABLE_BEGIN_STRINGS: dict[str, BeginString] = {
    "FIX.4.0": "FIX.4.0",
    "FIX.4.1": "FIX.4.1",
    "FIX.4.2": "FIX.4.2",
    "FIX.4.3": "FIX.4.3",
    "FIX.4.4": "FIX.4.4",
    "FIXT.1.1": "FIXT.1.1",
}
"""The versions that the FIX port speaks today."""

QUEUED_BYTES_MAX = 4 * 1024 * 1024
"""Bytes that may wait for a peer that does not read, where nothing else is configured."""

WILDCARD = "*"
"""Stands for any rest of a CompID, the whole of it included."""


class FixSession(msgspec.Struct, frozen=True):
    """[[fix.sessions]]: a counterparty that may log on. Empty texts get filled in.

    Durations are in seconds. Keys that QuickFIX has keep its names, in snake_case.
    """

    begin_string: BeginString
    target_comp_id: str
    sender_comp_id: str = ""
    account: str = ""
    applications: tuple[Application, ...] = ("orders", "market_data")
    drop_copy_accounts: tuple[str, ...] = ()
    reset_on_logon: bool = False
    reject_style: RejectStyle = "quickfix"
    username: str = ""
    password: str = ""
    cancel_on_disconnect: bool = False
    default_appl_ver_id: Literal["any", "7", "8", "9", "10"] = "any"
    validate_fields_have_values: bool = True
    validate_fields_out_of_order: bool = True
    validate_user_defined_fields: bool = True
    allow_unknown_msg_fields: bool = False
    validate_unordered_group_fields: bool = True
    data_dictionary: str = ""
    reset_on_logout: bool = False
    reset_on_disconnect: bool = False
    on_duplicate: Literal["refuse", "replace"] = "refuse"
    heart_bt_int_min: int = 0
    heart_bt_int_max: int = 86_400
    logout_timeout: int = 2
    check_latency: bool = True
    max_latency: int = 120
    check_comp_id: bool = True
    allow_third_party: bool = True
    requires_orig_sending_time: bool = True
    timestamp_precision: TimestampPrecision = "milliseconds"
    enable_next_expected_msg_seq_num: bool = False
    enable_last_msg_seq_num_processed: bool = False
    resend_request_chunk_size: int = 0
    reject_garbled_messages: bool = False
    validate_checksum: bool = True
    non_stop_session: bool = False
    start_time: str = ""
    end_time: str = ""
    start_day: str = ""
    end_day: str = ""
    weekdays: tuple[Weekday, ...] = ()
    time_zone: str = ""
    allowed_remote_addresses: tuple[str, ...] = ()
    max_queued_bytes: int = QUEUED_BYTES_MAX

    @property
    def is_template(self) -> bool:
        """Whether it stands for more than one client."""
        return self.target_comp_id.endswith(WILDCARD) or self.sender_comp_id.endswith(WILDCARD)


class Fix(msgspec.Struct, frozen=True):
    """[fix]: the FIX port."""

    allow_unknown_sessions: bool = True
    logon_timeout: int = 10
    max_message_size: int = 65_536
    sessions: tuple[FixSession, ...] = ()


def configured_session(
    fix: Fix, begin_string: str, sender_comp_id: str, target_comp_id: str
) -> tuple[FixSession | None, bool]:
    """The session for this identity (`sender_comp_id` is the venue's side), and whether the pair of
    CompIDs is configured at all: then it is not unknown, even where its BeginString is another.

    The entry that names the pair most closely counts: an exact CompID before a wildcard, a longer
    beginning before a shorter one, the client's CompID before the venue's. Of a template comes the
    client's own session: its CompIDs, and its own name as the account where there is none.
    """
    closest: tuple[tuple[bool, int], tuple[bool, int]] | None = None
    found: FixSession | None = None
    for session in fix.sessions:
        client = _closeness(session.target_comp_id, target_comp_id)
        venue = _closeness(session.sender_comp_id, sender_comp_id)
        if client is None or venue is None:
            continue
        if closest is None or (client, venue) > closest:
            closest, found = (client, venue), None
        if (client, venue) == closest and session.begin_string == begin_string:
            found = session
    if found is not None and found.is_template:
        found = msgspec.structs.replace(
            found,
            sender_comp_id=sender_comp_id,
            target_comp_id=target_comp_id,
            account=found.account or target_comp_id,
        )
    return found, closest is not None


def _closeness(pattern: str, comp_id: str) -> tuple[bool, int] | None:
    """How closely a pattern names a CompID, comparable; None where it does not."""
    if not pattern.endswith(WILDCARD):
        return (True, len(pattern)) if pattern == comp_id else None
    beginning = pattern.removesuffix(WILDCARD)
    return (False, len(beginning)) if comp_id.startswith(beginning) else None
