"""What no type can say about [fix]: ranges, identities, templates, schedules."""

import msgspec

from gateway.clock import time_zone
from gateway.config import Account, Fix, FixSession, Venue
from gateway.config_fix import WILDCARD
from gateway.config_rules import (
    ACCOUNT_NAME_MAX,
    COMP_ID_MAX,
    Key,
    Problem,
    account_of,
    check_networks,
    check_text,
    did_you_mean,
)
from gateway.order_entry.fix_dictionaries import dictionary
from gateway.order_entry.fix_dictionary_file import DictionaryFileError, read_dictionary
from gateway.schedule import WEEKDAYS, parse_day, parse_time
from protocol.fix.version import version_of

RANGES: dict[str, tuple[int, int]] = {
    "heart_bt_int_min": (0, 86_400),
    "heart_bt_int_max": (0, 86_400),
    "logout_timeout": (1, 3_600),
    "max_latency": (1, 86_400),
    "resend_request_chunk_size": (0, 1_000_000),
    "max_queued_bytes": (64 * 1024, 64 * 1024 * 1024),
}
"""Keys of a session that hold integers: the least and the most of each."""
LOGON_TIMEOUT_RANGE = (1, 3_600)
MESSAGE_SIZE_RANGE = (1_024, 1024 * 1024)
"""Least and most of `fix.max_message_size`: a Logon(A) has to fit, and a few messages in a tick."""


def resolve_fix(fix: Fix, venue: Venue, accounts: tuple[Account, ...], problem: Problem) -> Fix:
    """[fix] with each session's own CompID, account and time zone filled in."""
    sessions: list[FixSession] = []
    seen: set[tuple[str, str, str]] = set()
    _check_range(("fix", "logon_timeout"), fix.logon_timeout, LOGON_TIMEOUT_RANGE, problem)
    _check_range(("fix", "max_message_size"), fix.max_message_size, MESSAGE_SIZE_RANGE, problem)
    for index, entry in enumerate(fix.sessions):
        key: Key = ("fix", "sessions", index)
        # A template's clients each trade for an account of their own name, unless it names one.
        own_name = "" if entry.is_template else entry.target_comp_id
        session = msgspec.structs.replace(
            entry,
            sender_comp_id=entry.sender_comp_id or venue.comp_id,
            account=account_of(key, entry.account, own_name, accounts, problem),
            time_zone=entry.time_zone or (venue.time_zone if entry.start_time else ""),
        )
        _check_comp_id((*key, "sender_comp_id"), session.sender_comp_id, problem)
        _check_comp_id((*key, "target_comp_id"), session.target_comp_id, problem)
        identity = (session.begin_string, session.sender_comp_id, session.target_comp_id)
        if identity in seen:
            problem((*key, "target_comp_id"), f"session {'/'.join(identity)} is configured twice")
        seen.add(identity)
        if session.username and not session.password:
            problem((*key, "password"), "expected a password with username, received none")
        _check_data_dictionary((*key, "data_dictionary"), session, problem)
        _check_ranges(key, session, problem)
        _check_schedule(key, session, problem)
        addresses = session.allowed_remote_addresses
        check_networks((*key, "allowed_remote_addresses"), addresses, problem)
        if "echo" in session.applications and len(session.applications) > 1:
            problem((*key, "applications"), '"echo" is a test harness: expected it alone')
        _check_drop_copy(key, session, problem)
        sessions.append(session)
    return msgspec.structs.replace(fix, sessions=tuple(sessions))


def _check_comp_id(key: Key, text: str, problem: Problem) -> None:
    check_text(key, text, COMP_ID_MAX, problem)
    if WILDCARD in text[:-1]:
        problem(key, f'expected "*" at the end only, received "{text}"')


def _check_data_dictionary(key: Key, session: FixSession, problem: Problem) -> None:
    """A user's file is read before anybody logs on; it is for one version."""
    if not session.data_dictionary:
        return
    fixt = session.begin_string == "FIXT.1.1"
    if fixt and session.default_appl_ver_id == "any":
        problem(key, 'expected default_appl_ver_id "7", "8", "9" or "10" with it, received "any"')
        return
    appl_ver_id = session.default_appl_ver_id.encode() if fixt else b""
    version = version_of(session.begin_string.encode(), appl_ver_id)
    assert version is not None, "every BeginString that can be configured is spoken"
    try:
        read_dictionary(session.data_dictionary, dictionary(version.code))
    except DictionaryFileError as error:
        problem(key, str(error))


def _check_range(key: Key, value: int, bounds: tuple[int, int], problem: Problem) -> None:
    least, most = bounds
    if not least <= value <= most:
        problem(key, f"expected {least} to {most}, received {value}")


def _check_ranges(key: Key, session: FixSession, problem: Problem) -> None:
    for name, bounds in RANGES.items():
        _check_range((*key, name), getattr(session, name), bounds, problem)
    if session.heart_bt_int_max < session.heart_bt_int_min:
        problem(
            (*key, "heart_bt_int_max"),
            f"expected at least heart_bt_int_min {session.heart_bt_int_min}, "
            f"received {session.heart_bt_int_max}",
        )


def _check_schedule(key: Key, session: FixSession, problem: Problem) -> None:
    """Times come in pairs, days too, and days need times."""
    _needs(key, session, "start_time", ("end_time",), problem)
    _needs(key, session, "end_time", ("start_time",), problem)
    _needs(key, session, "start_day", ("end_day", "start_time"), problem)
    _needs(key, session, "end_day", ("start_day", "start_time"), problem)
    _needs(key, session, "weekdays", ("start_time",), problem)
    _needs(key, session, "time_zone", ("start_time",), problem)
    if session.weekdays and session.start_day:
        problem((*key, "weekdays"), "expected none with start_day, which makes a period a week")
    if session.non_stop_session and session.start_time:
        problem(
            (*key, "non_stop_session"),
            "expected false with start_time, or no start_time, received both",
        )
    for name in ("start_time", "end_time"):
        text = getattr(session, name)
        try:
            if text:
                parse_time(text)
        except ValueError as error:
            problem((*key, name), str(error))
    for name in ("start_day", "end_day"):
        text = getattr(session, name)
        try:
            if text:
                parse_day(text)
        except ValueError as error:
            problem((*key, name), str(error) + did_you_mean(text, WEEKDAYS))
    try:
        time_zone(session.time_zone or "UTC")
    except (KeyError, ValueError, OSError):
        problem(
            (*key, "time_zone"),
            f'expected an IANA time zone such as "Europe/Zurich", received "{session.time_zone}"',
        )


def _needs(
    key: Key, session: FixSession, name: str, others: tuple[str, ...], problem: Problem
) -> None:
    missing = [other for other in others if not getattr(session, other)]
    if getattr(session, name) and missing:
        problem((*key, missing[0]), f"expected a value with {name}, received none")


def _check_drop_copy(key: Key, session: FixSession, problem: Problem) -> None:
    """A session of copies only reads: an order of its own would have to be copied to itself."""
    copies = "drop_copy" in session.applications
    if copies and "orders" in session.applications:
        problem((*key, "applications"), '"drop_copy" only reads: expected no "orders" beside it')
    if session.drop_copy_accounts and not copies:
        problem(
            (*key, "drop_copy_accounts"), 'expected "drop_copy" among applications, received none'
        )
    for index, name in enumerate(session.drop_copy_accounts):
        check_text((*key, "drop_copy_accounts", index), name, ACCOUNT_NAME_MAX, problem)
