"""Configured FIX sessions over a whole venue: logons by the tick, time by hand, and its replay."""

from typing import Any

from gateway.config import Account, Config, Fix, FixSession
from gateway.credentials import ConfiguredCredentials
from gateway.journal.log import MemoryLog
from gateway.order_entry.fix import FixDesk
from gateway.replay import Outcome, Replay
from gateway.venue import Venue
from protocol.fix.version import FIX44, Version
from tests.gateway.order_entry.fix_client import Fields, FixClient
from tests.gateway.venue_harness import VenueHarness

SECOND = 1_000_000_000


def session(target_comp_id: str = "ACME", **keys: Any) -> FixSession:
    """A FIX 4.4 session as the configuration resolves it."""
    keys = {"account": "" if "*" in target_comp_id else target_comp_id, **keys}
    return FixSession(
        **{
            "begin_string": "FIX.4.4",
            "sender_comp_id": "XVEN",
            "target_comp_id": target_comp_id,
            **keys,
        }
    )


def venue_with(*sessions: FixSession, unknown: bool = False, **keys: Any) -> VenueHarness:
    """A venue that knows these sessions."""
    config = Config(
        accounts=(Account(name="HOUSE"),),
        fix=Fix(allow_unknown_sessions=unknown, sessions=sessions),
    )
    return VenueHarness(lambda venue: {b"fix": FixDesk(venue, config)}, config, **keys)


def reconfigured(harness: VenueHarness, *sessions: FixSession) -> VenueHarness:
    """The venue started again on the same log with other sessions."""
    return venue_with(*sessions, log=harness.log, now_ns=harness.now_ns)


def replayed(harness: VenueHarness) -> Outcome:
    """The venue's whole journal driven through a fresh one."""
    config = harness.config

    def make_venue(log: MemoryLog, configuration: bytes) -> Venue:
        venue = Venue(
            log,
            ConfiguredCredentials(config),
            lambda venue: {b"fix": FixDesk(venue, config)},
            lambda _: None,
        )
        venue.recover()
        return venue

    return Replay(make_venue).run(harness.log.read(1))


def log_on(
    client: FixClient, extra: str = "", peer: str = "10.0.0.1:4711", heart_bt_int: int = 0
) -> list[Fields]:
    """Connect and log on, without heartbeats unless asked for; what the venue answered."""
    client.pipe = client.harness.connect(b"fix", peer)
    version = "1137=9|" if client.version.appl_ver_id else ""
    client.send(b"A", f"98=0|108={heart_bt_int}|{extra}{version}")
    return client.take()


def client_of(
    harness: VenueHarness, comp_id: bytes = b"ACME", version: Version = FIX44
) -> FixClient:
    return FixClient(harness, comp_id, version)


def shown(messages: list[Fields], *tags: int) -> list[tuple[str, ...]]:
    """MsgType(35) and these tags of each message, as far as it has them."""
    return [tuple(m[tag] for tag in (35, *tags) if tag in m) for m in messages]


def closed(client: FixClient) -> bool:
    assert client.pipe is not None
    return client.pipe.closed is not None
