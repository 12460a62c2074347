"""The FIX desk's part of the edge: source addresses, sizes, and how much may wait."""

from collections.abc import Mapping

import pytest

from gateway.config import Config, Fix, FixSession
from gateway.desk import Desk
from gateway.order_entry.fix import FixDesk
from gateway.venue import Venue
from tests.gateway.order_entry.fix_client import FixClient
from tests.gateway.venue_harness import VenueHarness


def harness(fix: Fix) -> VenueHarness:
    config = Config(fix=fix)

    def desks(venue: Venue) -> Mapping[bytes, Desk]:
        return {b"fix": FixDesk(venue, config)}

    return VenueHarness(desks, config)


def session(**settings: object) -> FixSession:
    return FixSession(
        begin_string="FIX.4.4",
        sender_comp_id="XVEN",
        target_comp_id="ACME",
        account="ACME",
        **settings,  # type: ignore[arg-type]
    )


def log_on_from(client: FixClient, peer: str) -> list[str]:
    """The MsgTypes of the answer to a Logon from this address."""
    client.pipe = client.harness.connect(b"fix")
    client.pipe.connection.peer = peer
    client.send(b"A", "98=0|108=30|")
    return [message[35] for message in client.take()]


@pytest.mark.parametrize(
    ("peer", "answer"),
    [("192.0.2.7:5000", ["A"]), ("2001:db8::7:5000", ["A"]), ("198.51.100.1:5000", [])],
)
def test_a_session_logs_on_from_its_addresses_and_is_unknown_elsewhere(
    peer: str, answer: list[str]
) -> None:
    allowed = ("192.0.2.0/24", "2001:db8::7")
    configured = session(allowed_remote_addresses=allowed, username="u", password="p")
    config = Fix(sessions=(session(allowed_remote_addresses=allowed),))
    client = FixClient(harness(config))
    assert log_on_from(client, peer) == answer
    assert client.pipe is not None and (client.pipe.closed is None) == bool(answer)
    if not answer:
        # Not even a wrong password is told to somebody who knocks from elsewhere.
        client = FixClient(harness(Fix(sessions=(configured,))))
        assert log_on_from(client, peer) == []
        assert any("is not in allowed_remote_addresses" in line for line in client.harness.remarks)


def test_a_message_as_long_as_allowed_is_taken_and_a_longer_one_ends_the_session() -> None:
    client = FixClient(harness(Fix(max_message_size=2_048)))
    client.log_on()
    client.send(b"1", "112=" + "x" * 1_900 + "|")
    assert [message[35] for message in client.take()] == ["0"]
    client.send(b"1", "112=" + "x" * 2_048 + "|")
    (logout,) = client.take()
    assert logout[35] == "5"
    assert "BodyLength(9) too large: expected at most 2048" in logout[58]


def test_a_message_above_the_limit_is_not_read_before_the_logon_either() -> None:
    client = FixClient(harness(Fix(max_message_size=2_048)))
    client.pipe = client.harness.connect(b"fix")
    client.send(b"A", "98=0|108=30|58=" + "x" * 2_048 + "|")
    assert client.take() == []
    assert "BodyLength(9) too large: expected at most 2048" in str(client.pipe.closed)


def test_how_much_may_wait_for_a_client_is_its_session_s_from_its_logon_on() -> None:
    client = FixClient(harness(Fix(sessions=(session(max_queued_bytes=100_000),))))
    client.pipe = client.harness.connect(b"fix")
    assert client.pipe.connection.queued_bytes_max == 4 * 1024 * 1024
    client.log_on()
    assert client.pipe.connection.queued_bytes_max == 100_000
