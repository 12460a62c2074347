"""What hostile clients found: each name says what held no longer."""

import pytest

from gateway.config import Config, Fix, FixSession
from gateway.journal.records import MarketDataTold, Received
from protocol.fix.version import FIX44, FIX50, FIX50SP2
from tests.gateway.order_entry.fix_client import FixClient
from tests.gateway.order_entry.fix_md_client import MarketDataClient, harness
from tests.gateway.order_entry.fix_session_stage import (
    client_of,
    log_on,
    replayed,
    session,
    venue_with,
)


def test_a_turn_of_a_connection_that_ended_in_the_same_tick_is_no_fact() -> None:
    venue = harness()
    watcher = MarketDataClient(venue, b"ACME", FIX44)
    trader = MarketDataClient(venue, b"OTHER", FIX44)
    for client in (watcher, trader):
        client.log_on()
    watcher.subscribe()
    trader.new("a", "1", "10")
    assert watcher.pipe is not None
    connection = watcher.pipe.connection
    assert connection.connection_id in venue.venue.waiting
    with venue.tick():
        watcher.hang_up()
        venue.venue.tell(connection)
    # A replay passes over facts of connections that are gone: this one it could not have noted.
    assert not [
        fact
        for batch in venue.batches()
        for fact in batch.facts
        if isinstance(fact, MarketDataTold)
    ]
    assert venue.venue.waiting == {}


def test_answers_about_no_symbol_and_no_side_have_no_empty_fields() -> None:
    client = MarketDataClient(harness(), b"ACME", FIX50SP2)
    client.log_on()
    client.send(b"e", "324=e|263=0|")
    client.send(b"H", "11=none|54=1|")
    assert client.said() == [
        "35=f|55=[N/A]|324=e|325=N|326=20",
        "35=8|6=0|11=none|14=0|17=0|37=NONE|39=8|54=1|55=[N/A]|58=unknown order|103=5|150=I|151=0",
    ]


def test_a_refused_order_without_a_symbol_has_no_empty_field() -> None:
    client = MarketDataClient(harness(), b"ACME", FIX50SP2)
    client.log_on()
    client.send(b"D", "11=a|38=1|40=2|44=1|54=1|60=20240102-09:30:00|")
    (report,) = client.said()
    assert report.startswith("35=8|") and "|39=8|" in report and "|55=[N/A]|" in report


def test_a_refused_default_appl_ver_id_is_named_as_it_was_sent() -> None:
    configured = FixSession(
        begin_string="FIXT.1.1",
        sender_comp_id="XVEN",
        target_comp_id="ACME",
        account="ACME",
        default_appl_ver_id="9",
    )
    client = FixClient(harness(Config(fix=Fix(sessions=(configured,)))), b"ACME", FIX50)
    (logout,) = client.log_on()
    assert logout[58] == "DefaultApplVerID(1137): expected 9, received 7"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (b"8=FIX.4.4\x019=70000\x0135=1\x01", "BodyLength(9) too large"),
        (b"8=FIX.4.4\x019=5\x0135=BE\x01554=SECRET\x01" + b"x" * 65536, "no CheckSum(10)"),
    ],
    ids=["announced", "without an end"],
)
def test_a_message_over_the_limit_is_a_fact_that_a_replay_hears(message: bytes, text: str) -> None:
    venue = venue_with(session("ACME"))
    client = client_of(venue)
    log_on(client)
    assert client.pipe is not None
    for begin in range(0, len(message), 1000):
        client.pipe.send(message[begin : begin + 1000])
    (logout,) = client.take()
    assert (logout[35], logout[58].startswith(text)) == ("5", True)
    outcome = replayed(venue)
    assert outcome.divergence is None, outcome
    kept = b"".join(
        fact.data for batch in venue.batches() for fact in batch.facts if isinstance(fact, Received)
    )
    assert b"SECRET" not in kept
