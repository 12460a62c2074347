"""`venue ctl set-seq`: the operator moves the numbers of a session that is not logged on."""

from protocol.sent_log import SentLog
from tests.gateway.order_entry.fix_client import FixClient
from tests.gateway.order_entry.fix_session_stage import (
    client_of,
    log_on,
    replayed,
    session,
    shown,
    venue_with,
)
from tests.gateway.venue_harness import VenueHarness


def absent_with_a_fill(harness: VenueHarness) -> FixClient:
    """ACME has an order, leaves after number 2, and is traded with: number 3, which nobody had."""
    acme, house = client_of(harness), client_of(harness, b"HOUSE")
    log_on(acme)
    log_on(house)
    acme.new("a1", "1", "100")
    assert shown(acme.take(), 34, 39) == [("8", "2", "0")]
    acme.hang_up()
    house.new("h1", "2", "100")
    return acme


def move(harness: VenueHarness, next_in: int, next_out: int) -> None:
    record = harness.venue.directory.find(b"fix", (b"FIX.4.4", b"ACME", b"XVEN"))
    assert record is not None
    with harness.tick():
        assert harness.venue.renumbered(record, next_in, next_out)


def test_a_client_that_saw_more_than_the_venue_holds_logs_on_after_the_numbers_were_moved() -> None:
    harness = venue_with(session("ACME", enable_next_expected_msg_seq_num=True), session("HOUSE"))
    acme = client_of(harness)
    acme.stream.sent_log = SentLog(9)
    assert "set-seq" in log_on(acme, "789=7|")[-1][58]
    acme.hang_up()
    move(harness, 9, 7)
    acme.stream.sent_log = SentLog(9)
    assert shown(log_on(acme, "789=7|"), 34, 789) == [("A", "7", "10")]
    outcome = replayed(harness)
    assert outcome.divergence is None, outcome


def test_a_report_nobody_had_keeps_its_number_below_the_new_one() -> None:
    harness = venue_with(session("ACME"), session("HOUSE"))
    acme = absent_with_a_fill(harness)
    move(harness, 3, 20)
    harness = harness.restart()
    acme.harness = harness
    assert shown(log_on(acme), 34) == [("A", "20")]
    acme.send(b"2", "7=3|16=0|")
    resent = acme.take()
    assert shown(resent, 34, 43, 39, 36) == [("8", "3", "Y", "2"), ("4", "4", "Y", "21")]


def test_a_report_nobody_had_is_numbered_anew_from_a_lower_number() -> None:
    harness = venue_with(session("ACME"), session("HOUSE"))
    acme = absent_with_a_fill(harness)
    move(harness, 1, 1)
    acme.stream.sent_log = SentLog(1)
    harness = harness.restart()
    acme.harness = harness
    assert shown(log_on(acme), 34) == [("A", "2")]
    acme.send(b"2", "7=1|16=0|")
    assert shown(acme.take(), 34, 43, 39, 36) == [("8", "1", "Y", "2"), ("4", "2", "Y", "3")]
    outcome = replayed(harness)
    assert outcome.divergence is None, outcome
