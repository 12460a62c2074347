"""Bytes that are no message, recorded and run again."""

from collections.abc import Mapping

import pytest

from gateway.config import Config
from gateway.credentials import ConfiguredCredentials
from gateway.desk import Desk
from gateway.journal.log import MemoryLog
from gateway.order_entry.fix import FixDesk
from gateway.replay import Divergence, Replay
from gateway.venue import Venue
from tests.gateway.order_entry.fix_client import FixClient
from tests.gateway.venue_harness import VenueHarness


def desks(venue: Venue) -> Mapping[bytes, Desk]:
    return {b"fix": FixDesk(venue, Config())}


def replayed(harness: VenueHarness) -> Divergence | None:
    def make_venue(log: MemoryLog, configuration: bytes) -> Venue:
        venue = Venue(log, ConfiguredCredentials(Config()), desks, lambda line: None)
        venue.recover()
        return venue

    return Replay(make_venue).run(harness.log.read(1)).divergence


GARBAGE = [
    b"garbage",
    b"garbage8",
    b"garbage88",
    b"garbage88=FIX.4.4\x019=100\x01",
    b"8=FIXab8=FIX.4.4\x019=100\x0135=0\x0134=2\x0149=A",
    b"8=FIX.4.4\x019=5\x0135=0\x0110=1\x018=FI",
]


@pytest.mark.parametrize("data", GARBAGE)
def test_garbage_before_logon_is_replayed_as_it_came(data: bytes) -> None:
    harness = VenueHarness(desks)
    pipe = harness.connect(b"fix")
    pipe.send(data)
    pipe.hang_up()
    assert replayed(harness) is None


@pytest.mark.parametrize("data", GARBAGE)
def test_garbage_in_a_session_is_replayed_as_it_came(data: bytes) -> None:
    client = FixClient(VenueHarness(desks))
    client.log_on()
    assert client.pipe is not None
    client.pipe.send(data)
    client.hang_up()
    assert replayed(client.harness) is None
