"""Goodbyes to connections that are still being flushed, recorded and run again."""

from collections.abc import Mapping

from gateway.config import Config
from gateway.credentials import ConfiguredCredentials
from gateway.desk import Desk
from gateway.journal.log import MemoryLog
from gateway.order_entry.websocket import WebSocketDesk
from gateway.order_entry.websocket_recorded import RecordedWebSocketSession
from gateway.replay import Replay
from gateway.venue import Venue
from tests.gateway.order_entry.websocket_scenes import Client, desk_harness


def test_a_venue_that_stops_while_a_replaced_session_is_flushed_is_replayed() -> None:
    """The shell still had a socket of it, and the journal noted a goodbye that nobody said."""

    def desks(venue: Venue) -> Mapping[bytes, Desk]:
        return {b"websocket": WebSocketDesk(venue, Config(), new_session=RecordedWebSocketSession)}

    def make_venue(log: MemoryLog, configuration: bytes) -> Venue:
        venue = Venue(log, ConfiguredCredentials(Config()), desks, lambda line: None)
        venue.recover()
        return venue

    harness = desk_harness()
    older, newer = Client(harness), Client(harness)
    older.login()
    newer.login()
    assert older.pipe.closed is not None
    with harness.tick():
        for client in (older, newer):
            harness.venue.shut(client.pipe.connection, "venue is shutting down")
    assert Replay(make_venue).run(harness.log.read(1)).divergence is None
