"""Sequences that once lost, doubled or stopped something. Each test is the bug it keeps away."""

import asyncio
from collections.abc import Callable, Mapping

import pytest

from gateway.clock import ManualClock
from gateway.config import Config
from gateway.connection import Port
from gateway.credentials import ConfiguredCredentials
from gateway.desk import Desk
from gateway.edge import Gate, Guest
from gateway.journal.log import JournalError, MemoryLog
from gateway.order_entry.fix import FixDesk
from gateway.order_entry.websocket import WebSocketDesk
from gateway.order_entry.websocket_recorded import RecordedWebSocketSession
from gateway.replay import Divergence, Replay
from gateway.shell import EXIT_INTERNAL, EXIT_JOURNAL, Shell, VenueFailed
from gateway.venue import Venue
from matching.commands import MassCancel
from protocol import feed
from protocol.fix.session import FixSession
from tests.gateway.order_entry.fix_client import FixClient
from tests.gateway.order_entry.websocket_scenes import Client, buy, desk_harness
from tests.gateway.venue_harness import VenueHarness

MakeDesks = Callable[[Venue], Mapping[bytes, Desk]]


def fix_desks(venue: Venue) -> Mapping[bytes, Desk]:
    return {b"fix": FixDesk(venue, Config())}


def websocket_desks(venue: Venue) -> Mapping[bytes, Desk]:
    return {b"websocket": WebSocketDesk(venue, Config(), new_session=RecordedWebSocketSession)}


def replayed(harness: VenueHarness, make_desks: MakeDesks) -> Divergence | None:
    def make_venue(log: MemoryLog, configuration: bytes) -> Venue:
        venue = Venue(log, ConfiguredCredentials(Config()), make_desks, lambda line: None)
        venue.recover()
        return venue

    return Replay(make_venue).run(harness.log.read(1)).divergence


# -- peer input that stopped the venue ------------------------------------------------------------


@pytest.mark.parametrize("quantity", ["100", "-999999999999999999"])
def test_a_price_beyond_64_bits_is_refused_and_the_venue_goes_on(quantity: str) -> None:
    """The journal cannot write such an int: no tick was ever committed again."""
    client = FixClient(VenueHarness(fix_desks))
    client.log_on()
    client.new("a", "1", quantity, "999999999999999999")
    client.new("b", "1", "100")
    assert [(m[11], m[39]) for m in client.take()] == [("a", "8"), ("b", "0")]


# -- the memory of client ids ---------------------------------------------------------------------


def few_ids(client_ids_max: int) -> FixClient:
    harness = VenueHarness(fix_desks)
    harness.venue.orders._client_ids_max = client_ids_max
    client = FixClient(harness)
    client.log_on()
    return client


def test_the_cancel_of_the_oldest_remembered_order_is_reported() -> None:
    """It was forgotten by the spending of its own cancel's id, before its report was made."""
    client = few_ids(4)
    client.new("old", "1", "100")
    client.new("kept", "1", "100")
    client.cancel("c1", "old")
    client.new("r1", "1", "0")
    client.new("r2", "1", "0")
    client.take()
    client.cancel("c2", "kept")
    assert [(m[11], m[41], m[39]) for m in client.take()] == [("c2", "kept", "4")]


def test_one_order_replaced_all_day_fills_no_memory() -> None:
    """Every id of the chain counted as a live order's: kept for ever, searched with each new id."""
    client = few_ids(50)
    client.new("r0", "1", "100", "1.00")
    for number in range(200):
        client.replace(f"r{number + 1}", f"r{number}", "100", f"1.{number % 50:02d}")
    assert len(client.harness.venue.orders._spent) == 50
    client.take()
    client.cancel("end", "r200")
    assert [(m[11], m[39]) for m in client.take()] == [("end", "4")]


# -- replay ---------------------------------------------------------------------------------------


def test_a_refused_and_a_granted_login_in_one_tick_are_replayed_in_turn() -> None:
    harness = desk_harness()
    client = Client(harness)
    client.connect()
    logins = (feed.Login(token="WRONG"), feed.Login(token="TRADER"))
    client.pipe.send(b"".join(feed.encode(login) + b"\n" for login in logins))
    client.pipe.send(feed.encode(buy("a", "100", "1.00")) + b"\n")
    assert replayed(harness, websocket_desks) is None


def test_a_resend_that_the_client_did_not_wait_for_is_replayed_as_it_went() -> None:
    harness = VenueHarness(fix_desks)
    client, other = FixClient(harness, b"A"), FixClient(harness, b"B")
    client.log_on()
    other.log_on()
    for number in range(300):
        client.new(f"a{number}", "1", "100", "1.00")
    client.hang_up()
    for number in range(300):
        other.new(f"b{number}", "2", "100", "1.00")
    client.log_on()
    client.send(b"2", "7=300|16=0|")
    client.new("after", "2", "100", "5.00")
    client.hang_up()
    assert replayed(harness, fix_desks) is None


# -- numbers --------------------------------------------------------------------------------------


def test_a_reset_issues_no_report_again_that_a_connection_had() -> None:
    harness = VenueHarness(fix_desks)
    client, other = FixClient(harness, b"A"), FixClient(harness, b"B")
    client.log_on()
    other.log_on()
    client.new("a1", "1", "100", "1.00")
    client.new("a2", "1", "100", "1.00")
    client.hang_up()
    other.new("b1", "2", "100", "1.00")
    client.log_on()
    other.new("b2", "2", "100", "1.00")
    assert [m[11] for m in client.take()] == ["a2"]
    client.hang_up()
    client.stream.reset()
    messages = client.log_on("141=Y|")
    harness.settle()
    assert [m.get(11) for m in messages + client.take()] == [None, "a1"]


# -- the shell ------------------------------------------------------------------------------------


class Transport(asyncio.Transport):
    """Remembers whether it was aborted."""

    def __init__(self) -> None:
        super().__init__()
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True

    def close(self) -> None:
        self.aborted = True

    def get_write_buffer_size(self) -> int:
        return 0


def guest() -> Guest:
    gate = Gate(asyncio.get_running_loop(), print)
    return Guest(gate.take("fix", "127.0.0.1"), "127.0.0.1:1")


async def shell_with_a_port(venue: Venue) -> tuple[Shell, Transport]:
    shell = Shell(venue, ManualClock(venue.now_ns), asyncio.get_running_loop())
    transport = Transport()
    Port(shell, b"fix", guest()).connection_made(transport)
    await shell.committed()
    return shell, transport


@pytest.mark.parametrize(
    ("error", "code"), [(JournalError("disk full"), EXIT_JOURNAL), (OverflowError(), EXIT_INTERNAL)]
)
def test_a_tick_that_cannot_be_written_ends_the_venue_and_everybodys_waiting(
    error: Exception, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness = VenueHarness(fix_desks)

    def refuse(payload: bytes) -> int:
        raise error

    async def scene() -> tuple[int, bool]:
        shell, transport = await shell_with_a_port(harness.venue)
        monkeypatch.setattr(harness.log, "append", refuse)
        with pytest.raises(VenueFailed):
            await asyncio.wait_for(shell.control(MassCancel()), 5)
        with pytest.raises(VenueFailed):
            await asyncio.wait_for(shell.control(MassCancel()), 5)
        return await shell.failed, transport.aborted

    assert asyncio.run(scene()) == (code, True)


def test_a_connection_that_fails_while_it_is_written_to_costs_nobody_else_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harness = VenueHarness(fix_desks)

    async def scene() -> tuple[bool, bool]:
        shell, healthy = await shell_with_a_port(harness.venue)
        broken = Transport()
        released: list[Port] = []
        first, second = Port(shell, b"fix", guest()), Port(shell, b"fix", guest())

        def release(port: Port) -> None:
            if port is first:
                raise OSError("no route")
            released.append(port)

        monkeypatch.setattr(Port, "release", release)
        first.connection_made(broken)
        second.connection_made(healthy)
        await shell.committed()
        return broken.aborted, released == [second]

    assert asyncio.run(scene()) == (True, True)


# -- the log --------------------------------------------------------------------------------------


def test_garbage_writes_a_bounded_number_of_log_lines() -> None:
    harness = VenueHarness(fix_desks)
    client = FixClient(harness)
    client.log_on()
    harness.remarks.clear()
    assert client.pipe is not None
    client.pipe.send(b"8=FIX.4.4\x019=5\x0135=0\x0110=000\x01" * 50)
    assert len(harness.remarks) == 11
    assert harness.remarks[-1].endswith("40 more remarks on the same read")


def test_a_session_that_fails_on_its_input_costs_only_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harness = VenueHarness(fix_desks)
    client, other = FixClient(harness, b"A"), FixClient(harness, b"B")
    client.log_on()
    other.log_on()

    def fail(self: FixSession, data: bytes, now_ns: int) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(FixSession, "receive_data", fail)
        client.send(b"0", "")
    assert client.pipe is not None and client.pipe.closed == "internal error"
    other.new("b", "1", "100")
    assert len(other.take()) == 1
