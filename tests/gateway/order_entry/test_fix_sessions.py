"""gateway.order_entry.fix_logon, gateway.order_entry.fix_users: configured FIX sessions.

Templates, wrong passwords, second logons, schedules, users, cancel on disconnect."""

from typing import Any

import pytest

from gateway import accounts
from gateway.config import Config, Fix, FixSession, fix_session
from gateway.journal.records import PasswordChanged
from gateway.order_entry.fix import FixDesk
from gateway.order_entry.fix_settings import session_settings
from matching.commands import MassCancel
from protocol.fix.version import FIX43, FIX44, FIX50SP2
from tests.gateway.order_entry.fix_client import FixClient
from tests.gateway.order_entry.fix_session_stage import (
    SECOND,
    client_of,
    closed,
    log_on,
    reconfigured,
    replayed,
    session,
    shown,
    venue_with,
)
from tests.gateway.venue_harness import MIDNIGHT_NS, VenueHarness

WRONG = ("5", "wrong username or password")
SECRET: dict[str, Any] = {"username": "user", "password": "first"}
RIGHT = "553=user|554=first|"
HOUR = 3600 * SECOND


# -- templates ------------------------------------------------------------------------------------


def test_every_client_of_a_template_has_its_own_session_and_account() -> None:
    harness = venue_with(session("AC*"))
    first, second, other = (client_of(harness, name) for name in (b"ACME", b"ACNE", b"BETA"))
    assert shown(log_on(first), 34) == shown(log_on(second), 34) == [("A", "1")]
    assert log_on(other) == [] and closed(other)
    directory = harness.venue.directory
    rows = [
        (s.identity, directory.account_names[s.account_id]) for s in directory.sessions.values()
    ]
    assert rows == [("FIX.4.4/ACME/XVEN", b"ACME"), ("FIX.4.4/ACNE/XVEN", b"ACNE")]


def test_a_template_with_an_account_gives_it_to_all_its_clients() -> None:
    harness = venue_with(session("*", account="HOUSE"))
    log_on(client_of(harness, b"ONE"))
    log_on(client_of(harness, b"TWO"))
    directory = harness.venue.directory
    assert {directory.account_names[s.account_id] for s in directory.sessions.values()} == {
        b"HOUSE"
    }


def test_what_a_templates_client_missed_waits_over_a_restart() -> None:
    harness = venue_with(session("*"))
    client, other = client_of(harness, b"ONE"), client_of(harness, b"TWO")
    log_on(client)
    client.new("a", "1", "100")
    client.hang_up()
    log_on(other)
    other.new("b", "2", "100")
    client.harness = harness.restart()
    (answer,) = log_on(client)
    assert (answer[35], answer[34]) == ("A", "4")
    client.send(b"2", "7=1|16=0|")
    client.harness.settle()
    resent = [m for m in client.take() if m[35] == "8"]
    assert [(m[34], m[150], m[43]) for m in resent] == [("2", "0", "Y"), ("3", "F", "Y")]


def test_sessions_of_templates_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "SESSIONS_MAX", 2)
    harness = venue_with(session("*"))
    clients = [client_of(harness, name) for name in (b"ONE", b"TWO", b"THREE")]
    assert [len(log_on(client)) for client in clients] == [1, 1, 0]
    assert "sessions known: expected fewer than 2" in harness.remarks[-2]


ENTRIES = (
    session("*", account="any"),
    session("AC*", account="ac"),
    session("ACME", account="acme"),
    session("ACM*", sender_comp_id="X*", account="acm"),
    session("BETA", sender_comp_id="*", account="beta"),
    session("BETA", sender_comp_id="XV*", account="beta xv"),
    session("GAMMA", begin_string="FIX.4.2"),
)


@pytest.mark.parametrize(
    ("sender", "target", "account"),
    [
        ("XVEN", "ACME", "acme"),
        ("XVEN", "ACMX", "acm"),
        ("XOTHER", "ACME", "acm"),
        ("XVEN", "ACX", "ac"),
        ("XVEN", "ZETA", "any"),
        ("YVEN", "ZETA", None),
        ("YVEN", "BETA", "beta"),
        ("XVEN", "BETA", "beta xv"),
        ("XVEN", "GAMMA", None),
    ],
)
@pytest.mark.parametrize("turned", [False, True], ids=["as written", "turned round"])
def test_the_closest_entry_counts_in_whatever_order_they_stand(
    sender: str, target: str, account: str | None, turned: bool
) -> None:
    config = Config(fix=Fix(sessions=ENTRIES[::-1] if turned else ENTRIES))
    found = fix_session(config, "FIX.4.4", sender, target)
    assert (None if found is None else found.account) == account
    if found is not None:
        assert (found.sender_comp_id, found.target_comp_id) == (sender, target)


# -- passwords ------------------------------------------------------------------------------------


def guess(harness: VenueHarness, extra: str = "553=user|554=x|", **keys: Any) -> FixClient:
    """A connection of its own that logs on as ACME."""
    client = client_of(harness)
    log_on(client, extra, **keys)
    return client


def test_a_wrong_password_leaves_the_live_session_and_its_numbers_alone() -> None:
    harness = venue_with(session(**SECRET))
    live = client_of(harness)
    log_on(live, RIGHT)
    record = harness.venue.directory.sessions[1]
    before = (record.sent_log.next_number, len(harness.batches()))
    wrong = client_of(harness)
    assert shown(log_on(wrong, "553=user|554=guess|"), 58) == [WRONG]
    assert record.sent_log.next_number == before[0] and closed(wrong) and not closed(live)
    new_batches = harness.batches()[before[1] :]
    assert not any(batch.frames or batch.numbers for batch in new_batches)
    live.new("a", "1", "100")
    assert shown(live.take(), 34, 150) == [("8", "2", "0")]


def test_from_the_fourth_wrong_password_on_the_answer_waits() -> None:
    harness = venue_with(session(**SECRET))
    for _ in range(3):
        client = client_of(harness)
        assert shown(log_on(client, "553=user|554=x|"), 58) == [WRONG]
    fourth = guess(harness)
    assert fourth.take() == [] and not closed(fourth)
    harness.advance(SECOND - 1)
    assert fourth.take() == []
    harness.advance(1)
    assert shown(fourth.take(), 58) == [WRONG] and closed(fourth)
    fifth = guess(harness)
    harness.advance(2 * SECOND - 1)
    assert fifth.take() == []
    harness.advance(1)
    assert shown(fifth.take(), 58) == [WRONG]


def test_a_right_password_waits_its_turn_like_a_wrong_one_and_then_logs_on() -> None:
    harness = venue_with(session(**SECRET))
    for _ in range(3):
        guess(harness)
    right = guess(harness, RIGHT)
    assert right.take() == []
    right.new("a", "1", "100")
    harness.advance(SECOND)
    assert shown(right.take(), 34) == [("A", "1"), ("8", "2")]


def test_a_right_password_makes_up_for_the_wrong_ones_before() -> None:
    harness = venue_with(session(**SECRET))
    for _ in range(2):
        guess(harness)
    client = client_of(harness)
    assert shown(log_on(client, RIGHT)) == [("A",)]
    client.hang_up()
    for _ in range(3):
        assert shown(log_on(client_of(harness), "553=user|554=x|"), 58) == [WRONG]


def test_a_right_password_from_another_address_is_answered_at_once() -> None:
    harness = venue_with(session(**SECRET), session("BETA"))
    for _ in range(5):
        guess(harness)
    assert shown(log_on(client_of(harness, b"BETA"))) == [("A",)]
    assert shown(log_on(client_of(harness), RIGHT, peer="10.0.0.2:4711")) == [("A",)]


def test_a_connection_that_ends_while_it_waits_is_forgotten() -> None:
    harness = venue_with(session(**SECRET))
    for _ in range(3):
        guess(harness)
    waiting = guess(harness)
    waiting.hang_up()
    harness.advance(10 * SECOND)
    assert waiting.take() == [] and harness.venue.connections == {}


def test_guesses_that_would_wait_too_long_are_closed_unjudged() -> None:
    harness = venue_with(session(**SECRET))
    clients = [guess(harness) for _ in range(12)]
    assert closed(clients[-1]) and clients[-1].take() == []
    assert any("too many logons of this address wait" in line for line in harness.remarks)


def test_waiting_logons_come_out_again_in_a_replay() -> None:
    harness = venue_with(session(**SECRET))
    for _ in range(3):
        guess(harness)
    right = guess(harness, RIGHT)
    harness.advance(SECOND)
    right.new("a", "1", "100")
    outcome = replayed(harness)
    assert outcome.divergence is None and outcome.frames == 2


# -- users ----------------------------------------------------------------------------------------


def user_request(client: FixClient, kind: int, rest: str = "") -> list[tuple[str, ...]]:
    client.send(b"BE", f"553=user|{rest}923=r1|924={kind}|")
    return shown(client.take(), 553, 923, 926, 927)


def test_a_changed_password_counts_at_once_and_over_a_restart() -> None:
    harness = venue_with(session(**SECRET))
    client = client_of(harness)
    log_on(client, RIGHT)
    assert user_request(client, 3, "554=first|925=second|") == [("BF", "user", "r1", "5")]
    client.hang_up()
    for venue in (lambda: harness, harness.restart):
        client.harness = venue()
        assert shown(log_on(client_of(client.harness), RIGHT), 58) == [WRONG]
        assert shown(log_on(client, "553=user|554=second|")) == [("A",)]
        client.hang_up()
    log = b"".join(payload for _, payload in harness.log.read(1))
    assert b"second" not in log and b"first" not in log
    assert sum(isinstance(f, PasswordChanged) for b in harness.batches() for f in b.facts) == 1


def test_a_password_that_is_configured_anew_counts_again() -> None:
    harness = venue_with(session(**SECRET))
    client = client_of(harness)
    log_on(client, RIGHT)
    user_request(client, 3, "554=first|925=second|")
    client.hang_up()
    client.harness = reconfigured(harness, session(username="user", password="third"))
    assert shown(log_on(client, "553=user|554=third|")) == [("A",)]


def test_a_changed_password_comes_out_again_in_a_replay() -> None:
    harness = venue_with(session(**SECRET))
    client = client_of(harness)
    log_on(client, RIGHT)
    user_request(client, 3, "554=wrong|925=second|")
    user_request(client, 3, "554=first|925=second|")
    user_request(client, 3, "554=second|925=third|")
    client.hang_up()
    log_on(client, "553=user|554=third|")
    outcome = replayed(harness)
    assert outcome.divergence is None and outcome.frames == 5


@pytest.mark.parametrize(
    ("kind", "rest", "answer"),
    [
        (1, "554=first|", ("1",)),
        (1, "554=wrong|", ("4", "wrong password")),
        (3, "554=wrong|925=second|", ("4", "wrong password")),
        (3, "554=first|", ("6", "NewPassword(925): expected 1 to 64 bytes")),
        (4, "", ("1",)),
    ],
)
def test_users_are_answered_by_their_request(kind: int, rest: str, answer: tuple[str, ...]) -> None:
    harness = venue_with(session(**SECRET))
    client = client_of(harness)
    log_on(client, RIGHT)
    assert user_request(client, kind, rest) == [("BF", "user", "r1", *answer)]
    assert not closed(client)


def test_logging_a_user_off_ends_the_session() -> None:
    harness = venue_with(session(**SECRET))
    client = client_of(harness)
    log_on(client, RIGHT)
    client.send(b"BE", "553=user|923=r1|924=2|")
    assert shown(client.take(), 926, 58) == [("BF", "2"), ("5", "user logged off")]


def test_another_user_is_not_recognised() -> None:
    harness = venue_with(session(**SECRET))
    client = client_of(harness, version=FIX50SP2)
    harness = venue_with(session(begin_string="FIXT.1.1", **SECRET))
    client.harness = harness
    log_on(client, RIGHT)
    client.send(b"BE", "553=else|923=r1|924=4|")
    assert shown(client.take(), 553, 926, 927) == [("BF", "else", "3", "user not recognised")]


def test_a_session_without_a_password_has_none_to_change() -> None:
    client = client_of(venue_with(session()))
    log_on(client)
    client.send(b"BE", "553=ACME|554=a|925=b|923=r1|924=3|")
    assert shown(client.take(), 926, 927) == [("BF", "6", "this session has no password")]


def test_a_live_session_that_guesses_passwords_is_logged_out() -> None:
    harness = venue_with(session(**SECRET))
    client = client_of(harness)
    log_on(client, RIGHT)
    answers = [user_request(client, 1, "554=wrong|") for _ in range(3)]
    assert answers == [[("BF", "user", "r1", "4", "wrong password")]] * 3
    client.send(b"BE", "553=user|554=first|923=r1|924=1|")
    assert shown(client.take(), 58) == [("5", "too many wrong passwords")]


def test_versions_without_user_requests_reject_the_message_type() -> None:
    client = client_of(venue_with(session(begin_string="FIX.4.3")), version=FIX43)
    log_on(client)
    client.send(b"BE", "553=ACME|923=r1|924=4|")
    assert shown(client.take(), 373) == [("3", "11")]


# -- second logons --------------------------------------------------------------------------------


def test_a_new_logon_replaces_the_live_connection_where_configured() -> None:
    harness = venue_with(session(on_duplicate="replace"))
    first = client_of(harness)
    log_on(first)
    first.new("a", "1", "100")
    first.take()
    second = client_of(harness)
    second.stream = first.stream
    assert shown(log_on(second), 34) == [("A", "4")]
    assert shown(first.take(), 34, 58) == [("5", "3", "replaced by a new connection")]
    assert closed(first) and not closed(second)
    second.new("b", "1", "100")
    assert shown(second.take(), 34, 11) == [("8", "5", "b")]
    assert replayed(harness).divergence is None


# -- schedules ------------------------------------------------------------------------------------

DAY = {"start_time": "09:00:00", "end_time": "17:00:00", "time_zone": "UTC"}


def scheduled(at: int, **keys: Any) -> tuple[VenueHarness, FixClient]:
    """A venue at this time of day and a client of its one session."""
    harness = venue_with(session(**(DAY | keys)), now_ns=MIDNIGHT_NS + at)
    return harness, client_of(harness)


def test_a_logon_before_the_session_opens_is_closed_without_a_word() -> None:
    harness, client = scheduled(9 * HOUR - 1)
    assert log_on(client) == [] and closed(client)
    harness.advance(1)
    client.stream.sent_log.restart_at(1)
    assert shown(log_on(client), 34) == [("A", "1")]


def test_quickfixj_style_says_why() -> None:
    _, client = scheduled(17 * HOUR, reject_style="quickfixj")
    assert shown(log_on(client), 58) == [("5", "Logon attempt not within session time")]


def test_a_live_session_is_logged_out_when_its_time_is_over() -> None:
    harness, client = scheduled(10 * HOUR)
    log_on(client)
    harness.advance(7 * HOUR - 1)
    assert client.take() == []
    harness.advance(1)
    assert shown(client.take(), 34, 58) == [("5", "2", "session time is over")]
    client.send(b"5", "")
    assert closed(client)


def test_the_first_logon_of_a_new_period_begins_at_one_and_brings_what_nobody_had() -> None:
    harness, client = scheduled(10 * HOUR)
    log_on(client)
    client.new("a", "1", "100", extra="59=1|")
    client.take()
    client.hang_up()
    harness = client.harness = harness.restart()
    (answer,) = log_on(client)
    assert answer[34] == "3"
    client.hang_up()
    harness.control(MassCancel())
    harness.advance(24 * HOUR)
    client.stream.sent_log.restart_at(1)
    messages = log_on(client)
    harness.settle()
    messages += client.take()
    assert shown(messages, 34, 150, 43) == [("A", "1"), ("8", "2", "4")]
    client.hang_up()
    assert shown(log_on(client), 34) == [("A", "3")]


def test_the_hours_of_a_schedule_follow_its_time_zone() -> None:
    _, early = scheduled(13 * HOUR, time_zone="America/New_York")
    assert log_on(early) == []
    _, open_ = scheduled(14 * HOUR, time_zone="America/New_York")
    assert shown(log_on(open_)) == [("A",)]


def test_schedules_come_out_again_in_a_replay() -> None:
    harness, client = scheduled(8 * HOUR)
    log_on(client)
    harness.advance(2 * HOUR)
    client.stream.sent_log.restart_at(1)
    log_on(client)
    harness.advance(7 * HOUR)
    client.send(b"5", "")
    harness.advance(17 * HOUR)
    client.stream.sent_log.restart_at(1)
    assert shown(log_on(client), 34) == [("A", "1")]
    outcome = replayed(harness)
    assert outcome.divergence is None and outcome.frames == 3


# -- cancel on disconnect -------------------------------------------------------------------------


def quoting(**keys: Any) -> tuple[VenueHarness, FixClient]:
    """A session with a day order and a GTC order on the book."""
    harness = venue_with(session(cancel_on_disconnect=True, **keys), session("BETA"))
    client = client_of(harness)
    log_on(client, heart_bt_int=30)
    client.new("day", "1", "100")
    client.new("gtc", "1", "100", extra="59=1|")
    client.take()
    return harness, client


def missed(client: FixClient) -> list[tuple[str, ...]]:
    """What the client finds after its next logon."""
    log_on(client)
    client.send(b"2", "7=4|16=0|")
    client.harness.settle()
    return [m for m in shown(client.take(), 11, 150, 58) if m[0] == "8"]


CANCELED = [
    ("8", "day", "4", "canceled on disconnect"),
    ("8", "gtc", "4", "canceled on disconnect"),
]


@pytest.mark.parametrize("end", ["gone", "silent", "logout", "shut", "restart"])
def test_the_orders_do_not_outlive_the_connection(end: str) -> None:
    harness, client = quoting()
    other = client_of(harness, b"BETA")
    log_on(other)
    other.new("b", "1", "100")
    if end == "gone":
        client.hang_up()
    elif end == "silent":
        harness.advance(72 * SECOND)
    elif end == "logout":
        client.send(b"5", "")
        client.hang_up()
    elif end == "shut":
        assert client.pipe is not None
        with harness.tick():
            harness.venue.shut(client.pipe.connection, "goodbye")
        harness.advance(2 * SECOND)
    else:
        harness = client.harness = harness.restart()
    assert harness.venue.engine.live_orders == 1
    assert missed(client) == CANCELED
    assert replayed(harness).divergence is None


def test_a_replaced_connection_takes_its_orders_with_it() -> None:
    harness, client = quoting(on_duplicate="replace")
    second = client_of(harness)
    second.stream = client.stream
    log_on(second)
    assert harness.venue.engine.live_orders == 0


def test_without_the_key_orders_stay() -> None:
    harness = venue_with(session())
    client = client_of(harness)
    log_on(client)
    client.new("a", "1", "100")
    client.hang_up()
    assert harness.restart().venue.engine.live_orders == 1


def test_a_session_without_orders_leaves_no_command() -> None:
    harness = venue_with(session(cancel_on_disconnect=True))
    client = client_of(harness)
    log_on(client)
    commands = harness.venue.sequencer.next_seq
    client.hang_up()
    assert harness.venue.sequencer.next_seq == commands


def test_a_connection_without_a_logon_ends_when_the_port_says() -> None:
    config = Config(fix=Fix(logon_timeout=3))
    harness = VenueHarness(lambda venue: {b"fix": FixDesk(venue, config)}, config)
    pipe = harness.connect(b"fix")
    harness.advance(3 * SECOND - 1)
    assert pipe.closed is None
    harness.advance(1)
    assert pipe.closed == "no Logon(A) in time"


def test_the_settings_of_a_session_are_those_of_its_configuration() -> None:
    changed = FixSession(
        begin_string="FIX.4.4",
        target_comp_id="ACME",
        reset_on_logon=True,
        reset_on_logout=True,
        reset_on_disconnect=True,
        reject_style="quickfixj",
        heart_bt_int_min=5,
        heart_bt_int_max=60,
        logout_timeout=7,
        max_latency=9,
        check_comp_id=False,
        allow_third_party=False,
        requires_orig_sending_time=False,
        timestamp_precision="nanoseconds",
        enable_next_expected_msg_seq_num=True,
        enable_last_msg_seq_num_processed=True,
        resend_request_chunk_size=5,
        reject_garbled_messages=True,
        validate_checksum=False,
    )
    settings = session_settings(changed, FIX44, Config())
    same = (
        "reset_on_logon", "reset_on_logout", "reset_on_disconnect", "reject_style",
        "heart_bt_int_min", "heart_bt_int_max", "check_comp_id", "allow_third_party",
        "requires_orig_sending_time",
        "timestamp_precision", "enable_next_expected_msg_seq_num",
        "enable_last_msg_seq_num_processed", "resend_request_chunk_size",
        "reject_garbled_messages", "validate_checksum",
    )  # fmt: skip
    assert [getattr(settings, name) for name in same] == [getattr(changed, name) for name in same]
    assert (settings.logout_timeout_ns, settings.latency_limit_ns) == (7 * SECOND, 9 * SECOND)
    relaxed = FixSession("FIX.4.4", "ACME", check_latency=False)
    assert session_settings(relaxed, FIX44, Config()).latency_limit_ns is None
