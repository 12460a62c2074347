"""gateway.order_entry.soup_desk, soup_sessions: logins, numbers, replay, days and restarts."""

import pytest

from gateway.credentials import ConfiguredCredentials
from gateway.journal.log import MemoryLog
from gateway.journal.records import FramesOut
from gateway.order_entry.ouch import ouch_desk
from gateway.order_entry.soup_sessions import session_id_after
from gateway.replay import Replay
from gateway.venue import Venue
from matching.commands import EndOfDay, StartOfDay
from protocol.ouch.messages42 import SystemEvent, decode_outbound, encode
from protocol.sent_log import TAIL_MAX
from protocol.soupbintcp.events import LoggedIn, LoginRejected
from protocol.soupbintcp.packets import LoginRejectReason
from protocol.soupbintcp.session import REPLAY_MESSAGES_MAX
from tests.gateway.order_entry.ouch_client import (
    OuchClient,
    cancel,
    enter,
    ouch_venue,
    replace,
)
from tests.gateway.order_entry.test_ouch import (
    NOW,
    START_OF_DAY,
    accepted,
    canceled,
    executed,
)
from tests.gateway.venue_harness import MIDNIGHT_NS, OPENING_NS, TRADING_DATE, VenueHarness

FIRST_ID = session_id_after(b"", OPENING_NS)
SECOND_ID = session_id_after(FIRST_ID, OPENING_NS)
NEXT_DAY = StartOfDay(TRADING_DATE + 1, MIDNIGHT_NS)
END_OF_DAY = SystemEvent(NOW, b"E")


@pytest.fixture
def venue() -> VenueHarness:
    return ouch_venue()


# -- logins --------------------------------------------------------------------------------------


def test_a_login_joins_the_current_session_from_number_1(venue: VenueHarness) -> None:
    client = OuchClient(venue, session=b"")
    assert client.login == LoggedIn(FIRST_ID, 1)
    assert client.news() == [START_OF_DAY]


def test_a_new_session_asked_for_its_next_message_gets_the_start_of_day(
    venue: VenueHarness,
) -> None:
    client = OuchClient(venue, sequence=0)
    assert client.login == LoggedIn(FIRST_ID, 1)
    assert client.news() == [START_OF_DAY]


def test_names_and_passwords_do_not_tell_cases_apart(venue: VenueHarness) -> None:
    OuchClient(venue, b"TRADER").send(enter("T1"))
    client = OuchClient(venue, b"trader", password=b"tRaDeR")
    assert client.news() == [START_OF_DAY, accepted("T1", 1)]


@pytest.mark.parametrize(
    ("name", "password", "why"),
    [
        (b"TRADER", b"WRONG", "wrong username or password"),
        (b"NOBODY", b"NOBODY", "unknown username 'NOBODY'"),
    ],
)
def test_a_wrong_password_or_name_is_not_authorized(
    venue: VenueHarness, name: bytes, password: bytes, why: str
) -> None:
    client = OuchClient(venue, name, password=password)
    assert client.login == LoginRejected(LoginRejectReason.NOT_AUTHORIZED)
    assert client.pipe.closed == "login rejected: not_authorized"
    assert venue.remarks == [
        f"ouch #1 test (not logged on): login refused: {why}",
        "ouch #1 test (not logged on): ended: login rejected: not_authorized",
    ]
    assert venue.venue.directory.sessions == {}


@pytest.mark.parametrize("known", [False, True])
def test_a_session_that_is_not_the_current_one_is_not_available(
    venue: VenueHarness, known: bool
) -> None:
    if known:
        OuchClient(venue).pipe.hang_up()
    client = OuchClient(venue, session=b"ELSEWHERE")
    assert client.login == LoginRejected(LoginRejectReason.SESSION_NOT_AVAILABLE)
    assert client.pipe.closed == "login rejected: session_not_available"


def test_the_current_session_may_be_asked_for_by_name(venue: VenueHarness) -> None:
    OuchClient(venue).pipe.hang_up()
    assert OuchClient(venue, session=FIRST_ID, sequence=0).login == LoggedIn(FIRST_ID, 2)


def test_the_newest_login_wins_and_the_log_says_so(venue: VenueHarness) -> None:
    first = OuchClient(venue)
    first.send(enter("T1"))
    second = OuchClient(venue, sequence=2)
    assert first.pipe.closed == "newer login from test"
    assert "ouch #1 test (ouch42/TRADER): closed: newer login from test" in venue.remarks
    assert second.ask(enter("T2")) == [accepted("T1", 1), accepted("T2", 2)]
    assert first.news() == [START_OF_DAY, accepted("T1", 1)]
    assert not first.ended


def test_what_the_older_connection_still_sends_is_nobodys(venue: VenueHarness) -> None:
    first, second = OuchClient(venue), OuchClient(venue)
    first.send(enter("T1"))
    assert second.news() == [START_OF_DAY]


def test_a_goodbye_of_the_venue_is_no_end_of_session(venue: VenueHarness) -> None:
    client = OuchClient(venue)
    with venue.tick():
        venue.venue.shut(client.pipe.connection, "venue is shutting down")
    assert client.news() == [START_OF_DAY]
    assert client.pipe.closed == "venue is shutting down"
    assert not client.ended


# -- numbers and replay --------------------------------------------------------------------------


def test_what_happens_while_the_client_is_away_is_replayed(venue: VenueHarness) -> None:
    trader = OuchClient(venue)
    trader.send(enter("T1"))
    trader.pipe.hang_up()
    OuchClient(venue, b"SIM001").send(enter("S1", b"S"))
    back = OuchClient(venue, sequence=3)
    assert back.login == LoggedIn(FIRST_ID, 3)
    assert back.news() == [executed("T1", 100, b"A", 1)]


def test_the_log_holds_every_payload_once_under_its_session_and_number(
    venue: VenueHarness,
) -> None:
    trader, other = OuchClient(venue), OuchClient(venue, b"SIM001")
    trader.send(enter("T1"))
    other.send(enter("S1", b"S"))
    trader.news()
    other.news()
    runs: list[FramesOut] = [run for batch in venue.batches() for run in batch.frames]
    for session_id, client in ((1, trader), (2, other)):
        numbered = [
            (run.first_number + offset, frame)
            for run in runs
            if run.session_id == session_id
            for offset, frame in enumerate(run.frames)
        ]
        assert numbered == list(enumerate(client.payloads, 1))


def test_a_restarted_venue_replays_identical_bytes_and_goes_on(venue: VenueHarness) -> None:
    trader, other = OuchClient(venue), OuchClient(venue, b"SIM001")
    trader.send(enter("T1"), enter("T2", stock=b"NOSUCH  "))
    other.send(enter("S1", b"S", 30))
    trader.news()
    other.news()

    again = venue.restart()
    back = OuchClient(again, session=FIRST_ID)
    back.news()
    assert back.payloads == trader.payloads
    # Used tokens, live orders and their echoes are known; numbers go on.
    assert back.ask(enter("T1"), enter("T2"), cancel("T1")) == [canceled("T1", 70, b"U")]
    assert again.venue.directory.sessions[1].sent_log.next_number == len(trader.payloads) + 2


def test_a_venue_that_lost_its_history_names_another_session(venue: VenueHarness) -> None:
    OuchClient(venue).pipe.hang_up()
    forgetful = ouch_venue()
    forgetful.now_ns += 1_000_000
    client = OuchClient(forgetful, session=FIRST_ID)
    assert client.login == LoginRejected(LoginRejectReason.SESSION_NOT_AVAILABLE)
    client = OuchClient(forgetful)
    assert client.login == LoggedIn(session_id_after(FIRST_ID, OPENING_NS), 1)


def test_a_long_history_is_replayed_from_the_log(venue: VenueHarness) -> None:
    trader = OuchClient(venue)
    for block in range(3):
        trader.send(*(enter(f"T{block * TAIL_MAX + n}", shares=1_000_000) for n in range(TAIL_MAX)))
    trader.news()
    venue = venue.restart()
    back = OuchClient(venue)
    venue.settle()
    back.news()
    assert back.payloads == trader.payloads


# -- days ----------------------------------------------------------------------------------------


def test_the_end_of_the_day_expires_orders_says_so_and_ends_the_session(
    venue: VenueHarness,
) -> None:
    trader = OuchClient(venue)
    trader.send(enter("T1"))
    venue.control(EndOfDay())
    assert trader.news() == [START_OF_DAY, accepted("T1", 1), canceled("T1", 100, b"T"), END_OF_DAY]
    assert trader.ended
    assert trader.pipe.closed == "end of session"


@pytest.mark.parametrize("session", [b"", FIRST_ID, SECOND_ID])
@pytest.mark.parametrize("name", [b"TRADER", b"SIM001"], ids=["known", "new"])
def test_between_days_no_session_is_available(
    venue: VenueHarness, name: bytes, session: bytes
) -> None:
    OuchClient(venue)
    venue.control(EndOfDay())
    client = OuchClient(venue, name, session=session)
    assert client.login == LoginRejected(LoginRejectReason.SESSION_NOT_AVAILABLE)
    assert "login refused: the next session begins with the trading day" in venue.remarks[-2]
    assert len(venue.venue.directory.sessions) == 1


def test_between_days_a_wrong_password_is_not_authorized(venue: VenueHarness) -> None:
    venue.control(EndOfDay())
    client = OuchClient(venue, password=b"WRONG")
    assert client.login == LoginRejected(LoginRejectReason.NOT_AUTHORIZED)


def test_the_next_day_begins_with_its_start_for_everybody(venue: VenueHarness) -> None:
    OuchClient(venue).send(enter("T1"))
    OuchClient(venue, b"SIM001").pipe.hang_up()
    venue.control(EndOfDay())
    venue.control(NEXT_DAY)
    trader = OuchClient(venue)
    assert trader.ask(enter("T1")) == [START_OF_DAY, accepted("T1", 2)]
    for name in (b"SIM001", b"SIM002"):
        client = OuchClient(venue, name)
        assert client.news() == [START_OF_DAY]


@pytest.mark.parametrize("ticks", [1, 2, 3], ids=["one tick", "two ticks", "a restart between"])
def test_no_message_is_lost_between_two_days(venue: VenueHarness, ticks: int) -> None:
    trader = OuchClient(venue)
    trader.send(enter("T1"))
    trader.news()
    before = len(venue.batches())
    if ticks == 1:
        venue.control(EndOfDay(), NEXT_DAY)
    else:
        venue.control(EndOfDay())
        if ticks == 3:
            venue = venue.restart()
        venue.control(NEXT_DAY)
    runs = [run for batch in venue.batches()[before:] for run in batch.frames]
    assert [
        (run.session_id, run.first_number, [decode_outbound(frame) for frame in run.frames])
        for run in runs
    ] == [(1, 3, [canceled("T1", 100, b"T"), END_OF_DAY]), (1, 1, [START_OF_DAY])]

    for running in (venue, venue.restart()):
        client = OuchClient(running, session=SECOND_ID)
        assert client.login == LoggedIn(SECOND_ID, 1)
        assert client.news() == [START_OF_DAY]
        client.pipe.hang_up()


def fill_history(venue: VenueHarness) -> list[bytes]:
    """More messages than two slices of a replay; returns them, the client gone."""
    client = OuchClient(venue)
    for part in range(3):
        client.send(*(enter(f"T{part}N{n}", shares=1_000_000) for n in range(REPLAY_MESSAGES_MAX)))
    client.news()
    client.pipe.hang_up()
    return client.payloads


def test_a_replay_that_runs_at_the_end_of_the_day_is_completed(venue: VenueHarness) -> None:
    told = fill_history(venue)
    client = OuchClient(venue)
    venue.control(EndOfDay())
    assert not client.ended
    client.send(enter("LATE"))
    venue.settle()
    client.news()
    assert client.payloads == [*told, encode(END_OF_DAY)]
    assert client.ended


def test_a_replay_that_was_completed_in_time_is_no_concern_of_the_next_day(
    venue: VenueHarness,
) -> None:
    fill_history(venue)
    client = OuchClient(venue)
    venue.control(EndOfDay())
    client.send(enter("LATE"))
    venue.settle()
    venue.advance(0)
    assert client.pipe.closed == "end of session"
    said = len(venue.remarks)
    venue.control(NEXT_DAY)
    assert venue.remarks[said:] == []


def test_a_replay_that_outlasts_the_night_is_cut_off(venue: VenueHarness) -> None:
    told = fill_history(venue)
    client = OuchClient(venue)
    venue.control(EndOfDay(), NEXT_DAY)
    venue.settle()
    client.news()
    assert client.payloads == told[: len(client.payloads)]
    assert client.pipe.closed == "next session began before the replay was through"
    assert not client.ended


# -- ids -----------------------------------------------------------------------------------------


def test_session_ids_are_eight_letters_and_digits_and_never_come_twice() -> None:
    assert b"LQWHCJ00"[:0] + session_id_after(b"", OPENING_NS) == FIRST_ID
    assert len(FIRST_ID) == 8
    assert int(SECOND_ID, 36) == int(FIRST_ID, 36) + 1
    assert session_id_after(SECOND_ID, OPENING_NS + 5_000_000) == session_id_after(
        b"", OPENING_NS + 5_000_000
    )
    assert session_id_after(b"", 0) == b"00000000"


# -- replay of the journal -----------------------------------------------------------------------


def test_two_days_and_a_restart_replay_without_divergence(venue: VenueHarness) -> None:
    trader, other = OuchClient(venue), OuchClient(venue, b"SIM001")
    trader.send(enter("T1"), enter("T1"), enter("T2", display=b"N"), enter("T3"))
    other.send(enter("S1", b"S", 30))
    OuchClient(venue, password=b"WRONG")
    OuchClient(venue, sequence=2).send(replace("T1", "T4", 90), cancel("T3"))
    other.send(b"no message")
    venue.now_ns += 1_000_000_000
    venue = venue.restart()
    OuchClient(venue, b"SIM001").send(enter("S2", b"S", 5))
    venue.control(EndOfDay())
    venue.control(NEXT_DAY)
    OuchClient(venue).send(enter("T1"))

    def make_venue(log: MemoryLog, configuration: bytes) -> Venue:
        replayed = Venue(
            log,
            ConfiguredCredentials(venue.config),
            lambda floor: {b"ouch": ouch_desk(floor)},
            lambda line: None,
        )
        replayed.recover()
        return replayed

    outcome = Replay(make_venue).run(venue.log.read(1))
    assert outcome.divergence is None
    assert outcome.batches == len(venue.batches())
