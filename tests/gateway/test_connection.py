"""gateway.connection over real sockets, on both event loops: the tick, its bounds and its end."""

import asyncio
import itertools
import socket
from collections.abc import Callable, Coroutine

import pytest

from gateway import connection as connection_module
from gateway import edge
from gateway import shell as shell_module
from gateway.clock import ManualClock
from gateway.connection import Port
from gateway.journal.records import Received
from gateway.sequencer import Tick
from gateway.shell import VenueFailed
from matching.commands import AddAccount, Command, EnterOrder, SetPhase
from matching.engine import Engine
from matching.events import AccountAdded, Event
from matching.types import Phase
from tests.gateway.socket_stage import (
    LOOPS,
    SocketClient,
    SocketStage,
    WatchedTransport,
    drive,
)

SECOND_NS = 1_000_000_000
Play = Callable[[Callable[[SocketStage], Coroutine[object, object, None]]], None]
"""Runs one scenario on a fresh stage."""


@pytest.fixture(params=sorted(LOOPS))
def play(request: pytest.FixtureRequest) -> Play:
    def run(scenario: Callable[[SocketStage], Coroutine[object, object, None]]) -> None:
        async def staged() -> None:
            stage = await SocketStage().open()
            await scenario(stage)
            await stage.close()

        drive(request.param, staged)

    return run


def facts_per_batch(stage: SocketStage, kind: type) -> list[int]:
    """How many facts of this kind each batch has that has any."""
    counts = [sum(type(fact) is kind for fact in batch.facts) for batch in stage.batches()]
    return [count for count in counts if count]


def ports_of(stage: SocketStage) -> list[Port]:
    return list(stage.shell.ports.values())


# -- the tick -------------------------------------------------------------------------------------


def test_reads_that_are_ready_together_make_one_batch(play: Play) -> None:
    async def scenario(stage: SocketStage) -> None:
        clients = [await stage.logged_on(b"SIM%03d" % n) for n in range(20)]
        before = stage.log.next_batch
        for client in clients:
            client.sock.send(client.order("a"))
        answers = [await client.read(1) for client in clients]
        assert [answer[0][150] for answer in answers] == ["0"] * 20
        assert stage.log.next_batch == before + 1
        (batch,) = stage.batches()[before - 1 :]
        assert [type(fact) for fact in batch.facts] == [Received] * 20
        assert len({fact.connection_id for fact in batch.facts}) == 20  # type: ignore[union-attr]
        assert [type(command) for command in batch.commands] == [EnterOrder] * 20

    play(scenario)


def test_bytes_leave_only_after_the_batch_is_in_the_log(play: Play) -> None:
    async def scenario(stage: SocketStage) -> None:
        buyer, seller = await stage.logged_on(b"BUYER"), await stage.logged_on(b"SELLER")
        happened = stage.log.happened
        for port in ports_of(stage):
            port.transport = WatchedTransport(port.transport, happened)  # type: ignore[assignment]
        happened.clear()
        buyer.sock.send(buyer.order("a"))
        await buyer.read(1)
        seller.sock.send(seller.order("b", side=2))
        assert [message[150] for message in await seller.read(2)] == ["0", "F"]
        assert [message[150] for message in await buyer.read(1)] == ["F"]
        # One write a connection and tick, however many messages.
        assert happened == ["append", "write", "append", "write", "write"]

    play(scenario)


def test_nothing_of_a_tick_leaves_when_the_log_cannot_be_written(
    play: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario(stage: SocketStage) -> None:
        trader, other = await stage.logged_on(b"TRADER"), await stage.logged_on(b"OTHER")
        ports = ports_of(stage)
        batches = stage.log.next_batch
        stage.log.full = True
        trader.sock.send(trader.order("a"))
        assert await trader.read_to_end() == []
        assert await other.read_to_end() == []
        assert await stage.shell.failed == 74
        shares = len(stage.reads)
        ports[1].data_received(other.order("b"))
        assert await stage.client(b"LATE").read_to_end() == []
        stage.log.full = False
        await asyncio.sleep(0)
        assert (len(stage.reads), stage.log.next_batch) == (shares, batches)
        assert "JournalError: no space left" in capsys.readouterr().err

    play(scenario)


class BrokenEngine(Engine):
    """Fails on every order."""

    def apply(self, command: Command, timestamp_ns: int) -> tuple[Event, ...]:
        if type(command) is EnterOrder:
            raise ZeroDivisionError
        return super().apply(command, timestamp_ns)


def test_a_command_the_engine_fails_on_ends_the_venue_without_a_word(
    play: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario(stage: SocketStage) -> None:
        trader, other = await stage.logged_on(b"TRADER"), await stage.logged_on(b"OTHER")
        batches = stage.log.next_batch
        stage.venue.sequencer.engine = BrokenEngine()
        other.send(b"1", "112=before|")
        trader.sock.send(trader.order("a"))
        assert await trader.read_to_end() == []
        assert await other.read_to_end() == []
        assert await stage.shell.failed == 70
        assert stage.log.next_batch == batches
        assert "failed: EnterOrder(session_id=1" in capsys.readouterr().err

    play(scenario)


def test_a_batch_that_cannot_be_encoded_ends_the_venue_without_a_word(
    play: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario(stage: SocketStage) -> None:
        trader = await stage.logged_on(b"TRADER")
        batches = stage.log.next_batch
        stage.venue.sequencer.note(object())  # type: ignore[arg-type]
        trader.sock.send(trader.order("a"))
        assert await trader.read_to_end() == []
        assert await stage.shell.failed == 70
        assert stage.log.next_batch == batches
        assert "TypeError" in capsys.readouterr().err

    play(scenario)


def test_a_control_command_is_in_the_log_when_its_events_are_told(play: Play) -> None:
    async def scenario(stage: SocketStage) -> None:
        seen: list[Tick] = []
        stage.shell.watchers.append(lambda tick, elapsed_ns: seen.append(tick))
        batches = stage.log.next_batch
        command = AddAccount(b"NEW")
        events = await stage.shell.control(command)
        assert events == (AccountAdded(1, b"NEW", True),)
        assert stage.log.next_batch == batches + 1
        assert stage.batches()[-1].commands == [command]
        assert [(tick.commands, tick.events) for tick in seen] == [([command], list(events))]

    play(scenario)


def test_a_control_command_that_did_not_get_into_the_log_is_not_answered(
    play: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario(stage: SocketStage) -> None:
        stage.log.full = True
        for _ in range(2):
            with pytest.raises(VenueFailed):
                await stage.shell.control(SetPhase(0, Phase.HALTED))
        await stage.shell.committed()
        assert await stage.shell.failed == 74

    play(scenario)


def test_a_connection_that_cannot_be_released_costs_nobody_else_theirs(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(stage: SocketStage) -> None:
        buyer, seller = await stage.logged_on(b"BUYER"), await stage.logged_on(b"SELLER")
        buyer.sock.send(buyer.order("a"))
        await buyer.read(1)
        release = Port.release

        def broken(port: Port) -> None:
            if port.connection.connection_id == 1:
                raise ValueError("broken")
            release(port)

        monkeypatch.setattr(Port, "release", broken)
        seller.sock.send(seller.order("b", side=2))
        assert [message[150] for message in await seller.read(2)] == ["0", "F"]
        assert await buyer.read_to_end() == []
        assert stage.venue.directory.sessions[1].connection is None
        assert stage.venue.directory.sessions[2].connection is not None
        assert any("internal error: ValueError('broken')" in line for line in stage.remarks)
        assert not stage.shell.failed.done()

    play(scenario)


# -- shares ---------------------------------------------------------------------------------------

FILLER = "112=" + "x" * 4_000 + "|"


def flood(client: SocketClient, bytes_min: int) -> bytes:
    """Numbered heartbeats of 4 KB each, nothing of which is answered."""
    count = bytes_min // 4_000
    return b"".join(client.frame(b"0", FILLER) for _ in range(count))


def bytes_per_tick(stage: SocketStage, connection_id: int = 0) -> list[int]:
    """What each tick took, of one connection or of all."""
    ordered = [read for read in stage.reads if connection_id in (0, read[1])]
    return [
        sum(read[2] for read in reads)
        for _, reads in itertools.groupby(ordered, key=lambda read: read[0])
    ]


def test_a_flood_gets_its_share_of_each_tick_and_others_are_served_between(play: Play) -> None:
    async def scenario(stage: SocketStage) -> None:
        flooder, other = await stage.logged_on(b"FLOODER"), await stage.logged_on(b"OTHER")
        stage.reads.clear()
        data = flood(flooder, 10_000_000)
        loop = asyncio.get_running_loop()
        sending = asyncio.ensure_future(loop.sock_sendall(flooder.sock, data))
        await stage.until(lambda: bool(stage.reads))
        for number in range(3):
            other.send(b"1", f"112={number}|")
            assert [message[112] for message in await other.read(1)] == [str(number)]
        await sending
        taken = bytes_per_tick(stage, 1)
        assert sum(taken) < len(data)
        await stage.until(lambda: sum(bytes_per_tick(stage, 1)) == len(data))
        assert max(bytes_per_tick(stage, 1)) <= connection_module.READ_BUDGET
        first = [read[1] for read in stage.reads]
        others = [place for place, connection_id in enumerate(first) if connection_id == 2]
        assert len(others) == 3 and others[-1] < len(first) - 1
        # Every message in its order: a gap would have been asked for.
        flooder.send(b"1", "112=end|")
        assert [(m[35], m.get(112)) for m in await flooder.read(1)] == [("0", "end")]
        stream = stage.venue.directory.sessions[1].stream
        assert stream.expected_msg_seq_num == flooder.stream.sent_log.next_number  # type: ignore[attr-defined]

    play(scenario)


class EagerTransport(WatchedTransport):
    """Delivers what is ready in the moment when reading resumes, as a loop may."""

    def __init__(self, port: Port, ready: bytes) -> None:
        super().__init__(port.transport, [])
        self._deliver = port.data_received
        self._ready = ready

    def resume_reading(self) -> None:
        self._transport.resume_reading()
        ready, self._ready = self._ready, b""
        if ready:
            self._deliver(ready)


def test_what_a_turn_leaves_of_the_share_bounds_the_next_read(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "READ_BUDGET", 6_000)

    async def scenario(stage: SocketStage) -> None:
        client = await stage.logged_on(b"FLOODER")
        first, second = flood(client, 8_000), flood(client, 4_000)
        (port,) = ports_of(stage)
        port.transport = EagerTransport(port, second)  # type: ignore[assignment]
        stage.reads.clear()
        client.sock.send(first)
        await stage.until(lambda: sum(bytes_per_tick(stage)) == len(first + second))
        assert max(bytes_per_tick(stage)) <= connection_module.READ_BUDGET

    play(scenario)


def test_all_connections_together_stay_below_the_batch_bound(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound = 2 * connection_module.READ_BUDGET
    monkeypatch.setattr(shell_module, "BATCH_BYTES_MAX", bound)

    async def scenario(stage: SocketStage) -> None:
        clients = [await stage.logged_on(b"SIM%03d" % n) for n in range(8)]
        stage.reads.clear()
        sent = 0
        for client in clients:
            data = flood(client, 60_000)
            sent += client.sock.send(data)
        await stage.until(lambda: sum(bytes_per_tick(stage)) == sent)
        assert max(bytes_per_tick(stage)) <= bound
        assert len(bytes_per_tick(stage)) >= sent / bound
        for client in clients:
            client.send(b"1", "112=end|")
            assert [message.get(112) for message in await client.read(1)] == ["end"]

    play(scenario)


def test_a_tick_in_which_much_happened_leaves_the_rest_of_a_read_to_the_next(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell_module, "TICK_EVENTS_MAX", 20)
    monkeypatch.setattr(connection_module, "PORTION", 1_000)

    async def scenario(stage: SocketStage) -> None:
        client, other = await stage.logged_on(b"TRADER"), await stage.logged_on(b"OTHER")
        orders = b"".join(client.order(f"c{number}") for number in range(200))
        assert client.sock.send(orders) == len(orders)
        order = other.order("o1")
        assert other.sock.send(order) == len(order)
        assert [message[11] for message in await other.read(1)] == ["o1"]
        answers = [message[11] for message in await client.read(200)]
        assert answers == [f"c{number}" for number in range(200)]
        # Two events an order, and a portion holds at most eight.
        most = max(len(batch.commands) for batch in stage.batches())
        assert most <= 20 // 2 + 8

    play(scenario)


def test_what_was_received_before_the_peer_vanished_counts(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "READ_BUDGET", 4_096)

    async def scenario(stage: SocketStage) -> None:
        client = await stage.logged_on(b"TRADER")
        orders = b"".join(client.order(f"c{number}") for number in range(200))
        assert len(orders) > 6 * connection_module.READ_BUDGET
        stage.reads.clear()
        assert client.sock.send(orders) == len(orders)
        # Nobody reads the answers to the first share: the second finds the connection reset.
        client.sock.close()
        session = stage.venue.directory.sessions[1]
        await stage.until(lambda: session.connection is None)
        assert sum(bytes_per_tick(stage)) == len(orders)
        assert max(bytes_per_tick(stage)) <= connection_module.READ_BUDGET
        assert stage.venue.engine.live_orders == 200
        client.connect()
        (answer,) = await client.log_on()
        # The first Logon and a report each came before this one.
        assert (answer[35], answer[34]) == ("A", "202")

    play(scenario)


def test_input_set_aside_behind_the_end_of_a_session_is_dropped(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "READ_BUDGET", 4_096)

    async def scenario(stage: SocketStage) -> None:
        client = await stage.logged_on(b"TRADER")
        client.stream.sent_log.restart_at(1)
        too_low = client.frame(b"0", "")
        client.sock.send(too_low + b"".join(client.order(f"c{n}") for n in range(200)))
        stage.reads.clear()
        assert [message[35] for message in await client.read_to_end()] == ["5"]
        assert bytes_per_tick(stage) == [connection_module.READ_BUDGET]
        assert stage.venue.engine.live_orders == 0
        await stage.until(lambda: not stage.shell.ports)

    play(scenario)


# -- connections ----------------------------------------------------------------------------------


@pytest.mark.parametrize("loop_kind", sorted(LOOPS))
def test_a_connection_too_many_is_closed_at_once(loop_kind: str) -> None:
    async def scenario() -> None:
        stage = await SocketStage(connections_max=2).open()
        first, _ = await stage.logged_on(b"ONE"), await stage.logged_on(b"TWO")
        third = stage.client(b"THREE")
        assert await third.read_to_end() == []
        first.sock.close()
        await stage.until(lambda: stage.gate.connections < 2)
        third.connect()
        assert [message[35] for message in await third.log_on()] == ["A"]
        await stage.close()

    drive(loop_kind, scenario)


def test_who_is_logged_on_is_no_stranger_at_the_port_any_more(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "STRANGERS_MAX", 1)

    async def scenario(stage: SocketStage) -> None:
        for comp_id in (b"ONE", b"TWO", b"THREE"):
            client = stage.client(comp_id)
            assert [message[35] for message in await client.log_on()] == ["A"]

    play(scenario)


def test_a_slow_consumer_is_disconnected_and_loses_nothing(play: Play) -> None:
    async def scenario(stage: SocketStage) -> None:
        slow = stage.client(b"SLOW", receive_buffer=4_096)
        await slow.log_on()
        ports_of(stage)[0].connection.queued_bytes_max = 64 * 1024
        maker = await stage.logged_on(b"MAKER")
        session = stage.venue.directory.sessions[1]
        detached_in_time: list[bool] = []

        def watch(tick: Tick, elapsed_ns: int) -> None:
            if any("slow consumer" in line for line in stage.remarks):
                detached_in_time.append(session.connection is None)

        stage.shell.watchers.append(watch)
        slow.sock.send(slow.order("resting"))
        sent = 0
        while not detached_in_time:
            # Answers of 4 KB each, never read.
            try:
                slow.send(b"1", FILLER)
                sent += 1
            except OSError:
                break
            await asyncio.sleep(0)
        await stage.until(lambda: bool(detached_in_time))
        assert detached_in_time[0], "reports of this moment would count as handed over"
        maker.sock.send(maker.order("hit", side=2))
        assert [message[150] for message in await maker.read(2)] == ["0", "F"]
        last = session.sent_log.next_number - 1
        # With the report of this moment what had not left the transport: not the report before.
        ((begin, end),) = session.stream.unsent  # type: ignore[attr-defined]
        assert last - begin > 64 * 1024 // len(FILLER) - 1
        assert (begin > 2, end) == (True, last + 1)
        slow.connect()
        expected = session.stream.expected_msg_seq_num  # type: ignore[attr-defined]
        slow.stream.sent_log.restart_at(expected)
        (answer,) = await slow.log_on()
        slow.send(b"2", f"7=2|16={int(answer[34]) - 1}|")
        reports: list[str] = []
        while reports[-1:] != ["F"]:
            (message,) = await slow.read(1)
            if message[35] == "8":
                assert message[43] == "Y"
                reports.append(message[150])
        assert reports == ["0", "F"]

    play(scenario)


def test_a_half_closed_client_still_gets_its_answers(play: Play) -> None:
    async def scenario(stage: SocketStage) -> None:
        client = await stage.logged_on(b"TRADER")
        orders = b"".join(client.order(f"c{number}") for number in range(1_200))
        client.sock.send(orders)
        client.sock.shutdown(socket.SHUT_WR)
        answers = await client.read_to_end()
        assert [answer[11] for answer in answers] == [f"c{number}" for number in range(1_200)]
        await stage.until(lambda: not stage.shell.ports)
        assert stage.venue.directory.sessions[1].connection is None

    play(scenario)


def test_the_reason_of_a_close_arrives_before_its_end(play: Play) -> None:
    async def scenario(stage: SocketStage) -> None:
        client = await stage.logged_on(b"TRADER")
        client.stream.sent_log.restart_at(1)
        client.send(b"0", "")
        (logout,) = await client.read_to_end()
        assert (logout[35], logout[58]) == ("5", "MsgSeqNum too low, expecting 2 but received 1")

    play(scenario)


def test_a_closed_connection_whose_peer_never_reads_does_not_stay(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "FLUSH_SECONDS", 0.05)

    async def scenario(stage: SocketStage) -> None:
        client = stage.client(b"DEAF", receive_buffer=4_096)
        await client.log_on()
        (port,) = ports_of(stage)
        while not port.queued_bytes:
            client.send(b"1", FILLER)
            await asyncio.sleep(0)
        client.stream.sent_log.restart_at(1)
        client.send(b"0", "")
        await stage.until(lambda: not stage.shell.ports)

    play(scenario)


# -- time -----------------------------------------------------------------------------------------


def test_a_heartbeat_leaves_when_it_is_due(play: Play) -> None:
    async def scenario(stage: SocketStage) -> None:
        client = await stage.logged_on(b"QUIET", heart_bt_int=1)
        began_ns = stage.clock.now_ns()
        (heartbeat,) = await client.read(1)
        assert heartbeat[35] == "0"
        assert 0.9 * SECOND_NS < stage.clock.now_ns() - began_ns < 3 * SECOND_NS

    play(scenario)


@pytest.mark.parametrize("loop_kind", sorted(LOOPS))
def test_a_manual_clock_stops_at_every_deadline_it_passes(loop_kind: str) -> None:
    async def scenario() -> None:
        clock = ManualClock(1_704_187_800 * SECOND_NS)
        stage = await SocketStage(clock).open()
        client = await stage.logged_on(b"QUIET", heart_bt_int=30)
        assert await stage.shell.advance(clock, 200 * SECOND_NS) == clock.now_ns()
        heartbeat, test_request = await client.read(2)
        assert (heartbeat[35], heartbeat[52]) == ("0", "20240102-09:30:30.000")
        assert (test_request[35], test_request[52]) == ("1", "20240102-09:30:36.000")
        await stage.until(lambda: not stage.shell.ports)
        await stage.close()

    drive(loop_kind, scenario)


@pytest.mark.parametrize("tick_open", [False, True])
@pytest.mark.parametrize("loop_kind", sorted(LOOPS))
def test_with_a_manual_clock_deadlines_fire_when_it_moved(loop_kind: str, tick_open: bool) -> None:
    async def scenario() -> None:
        clock = ManualClock(1_704_187_800 * SECOND_NS)
        stage = await SocketStage(clock).open()
        client = await stage.logged_on(b"QUIET", heart_bt_int=30)
        stage.shell.fire_timers()
        if tick_open:
            stage.shell.begin()
        clock.advance(30 * SECOND_NS)
        stage.shell.fire_timers()
        (heartbeat,) = await client.read(1)
        assert (heartbeat[35], heartbeat[52]) == ("0", "20240102-09:30:30.000")
        await stage.close()

    drive(loop_kind, scenario)
