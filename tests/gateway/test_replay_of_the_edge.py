"""Between socket and session, recorded and run again: cut consumers, trickled reads."""

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

SECOND_NS = 1_000_000_000


def desks(venue: Venue) -> Mapping[bytes, Desk]:
    return {b"fix": FixDesk(venue, Config())}


def replayed(harness: VenueHarness) -> Divergence | None:
    def make_venue(log: MemoryLog, configuration: bytes) -> Venue:
        venue = Venue(log, ConfiguredCredentials(Config()), desks, lambda line: None)
        venue.recover()
        return venue

    return Replay(make_venue).run(harness.log.read(1)).divergence


def cut(client: FixClient, unsent_bytes: int) -> None:
    """The shell gives the connection up with so many bytes in its transport."""
    assert client.pipe is not None
    with client.harness.tick():
        venue = client.harness.venue
        venue.disconnected(client.pipe.connection, "slow consumer", unsent_bytes)


def reset_and_take(client: FixClient) -> list[str]:
    """The orders whose reports come again after a Logon with ResetSeqNumFlag(141)."""
    client.stream.reset()
    messages = client.log_on("141=Y|")
    client.harness.settle()
    messages += client.take()
    return [message[11] for message in messages if message[35] == "8"]


@pytest.mark.parametrize("restart", [False, True])
def test_reports_that_never_left_the_transport_come_again_after_a_reset(restart: bool) -> None:
    client = FixClient(VenueHarness(desks))
    client.log_on()
    for name in "abcd":
        client.new(name, "1", "100")
    assert client.pipe is not None
    *_, third, fourth = client.pipe.take_frames()
    # All of the last and a part of the one before.
    cut(client, len(fourth) + len(third) // 2)
    if restart:
        client.harness = client.harness.restart()
    assert reset_and_take(client) == ["c", "d"]
    assert replayed(client.harness) is None


def test_nothing_comes_again_of_what_left() -> None:
    client = FixClient(VenueHarness(desks))
    client.log_on()
    client.new("a", "1", "100")
    cut(client, 0)
    assert reset_and_take(client) == []


def test_what_was_produced_before_and_after_the_cut_comes_once_and_in_order() -> None:
    harness = VenueHarness(desks)
    client, maker = FixClient(harness), FixClient(harness, b"MAKER")
    client.log_on()
    maker.log_on()
    client.new("a", "1", "100")
    client.new("b", "1", "100")
    assert client.pipe is not None
    last = client.pipe.take_frames()[-1]
    cut(client, len(last))
    maker.new("hit", "2", "150")
    # b's acceptance, which never left, then the executions of both while nobody was there.
    assert reset_and_take(client) == ["b", "a", "b"]
    assert replayed(harness) is None


def test_a_resend_before_the_reset_delivers_what_never_left() -> None:
    client = FixClient(VenueHarness(desks))
    client.log_on()
    client.new("a", "1", "100")
    assert client.pipe is not None
    cut(client, len(client.pipe.take_frames()[-1]))
    client.log_on()
    client.send(b"2", "7=1|16=0|")
    client.harness.settle()
    assert [m[11] for m in client.take() if m[35] == "8"] == ["a"]
    client.hang_up()
    assert reset_and_take(client) == []


def test_a_frame_that_trickles_in_is_heard_in_a_replay_when_it_was() -> None:
    harness = VenueHarness(desks)
    client = FixClient(harness)
    client.log_on()
    pipe = client.pipe
    assert pipe is not None

    def timer_after(seconds: int) -> list[str]:
        harness.now_ns += seconds * SECOND_NS
        with harness.tick():
            harness.venue.timer_fired(pipe.connection)
        return [message[35] for message in client.take()]

    frame = client.stream.write(b"0", b"", harness.now_ns)
    assert timer_after(30) == ["0"]
    pipe.send(frame[:20])
    # 65 s after the last whole message, 35 s after the piece: not yet time for a TestRequest.
    assert timer_after(35) == ["0"]
    pipe.send(frame[20:])
    assert timer_after(36) == ["1"]
    assert pipe.closed is None
    assert replayed(harness) is None
