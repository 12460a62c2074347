"""What hostile clients found: each name says what held no longer."""

from gateway.journal.records import MarketDataTold
from protocol.fix.version import FIX44
from tests.gateway.order_entry.fix_md_client import MarketDataClient, harness


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
