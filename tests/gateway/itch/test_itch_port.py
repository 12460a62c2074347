"""The ITCH port over sockets: logins, replay, snapshots, slow readers, the end, silence."""

import socket
from collections.abc import Callable, Coroutine

import pytest

from gateway.clock import ManualClock
from gateway.config import Config, Itch, ItchSession
from gateway.itch import port as itch_port
from gateway.itch import stream
from gateway.login_delays import FREE_PER_IDENTITY
from matching.commands import EndOfDay, StartOfDay
from matching.types import Side
from protocol.itch import messages as itch
from protocol.sent_log import SentLog
from protocol.soupbintcp.line import SoupSettings
from tests.gateway.itch.book_builder import BookBuilder
from tests.gateway.itch.itch_stage import (
    ACCEPTED,
    END,
    HEARTBEAT,
    REJECTED,
    SEQUENCED,
    ItchStage,
    TestSubscriber,
)
from tests.gateway.socket_stage import LOOPS, drive

SECOND_NS = 1_000_000_000
Scenario = Callable[[], Coroutine[object, object, None]]


@pytest.fixture(params=sorted(LOOPS))
def run(request: pytest.FixtureRequest) -> Callable[[Scenario], None]:
    """Run a scenario on each kind of loop."""
    return lambda scenario: drive(request.param, scenario)


def accepted(session: bytes, number: int) -> tuple[bytes, bytes]:
    return ACCEPTED, session.rjust(10) + b"%20d" % number


# -- the stream -----------------------------------------------------------------------------------


def test_the_day_is_replayed_from_number_one_and_goes_on_live_for_everybody(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario() -> None:
        stage = await ItchStage().open()
        await stage.rest(3)
        batches = stage.log.next_batch
        early = await stage.logged_in()
        late = await stage.logged_in()
        assert early.answer == late.answer == accepted(stage.feed.stream.session_id, 1)
        await stage.rest(2)
        await stage.shell.control(stage.enter(Side.SELL, 250, 1_000_000))
        told = stage.told()
        assert [message[:1] for message in told[-8:]] == [b"A"] * 5 + [b"E"] * 3
        assert await early.messages(len(told)) == told
        assert await late.messages(len(told)) == told
        # Logins are nothing that the journal holds.
        assert stage.log.next_batch == batches + 2
        await stage.close()

    run(scenario)


def test_a_restarted_venue_replays_the_same_bytes_under_the_same_id(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario() -> None:
        stage = await ItchStage().open()
        await stage.rest(20)
        told, session = stage.told(), stage.feed.stream.session_id
        stage.feed = stage.refolded()
        again = await stage.logged_in()
        assert again.answer == accepted(session, 1)
        assert await again.messages(len(told)) == told
        await stage.close()

    run(scenario)


@pytest.mark.parametrize(("requested", "first"), [(4, 4), (0, 10), (10, 10), (99, 10)])
def test_a_login_names_the_first_message_that_it_gets(requested: int, first: int) -> None:
    async def scenario() -> None:
        stage = await ItchStage().open()
        assert stage.feed.stream.next_number == 10
        session = stage.feed.stream.session_id
        subscriber = await stage.logged_in(requested, session=session)
        assert subscriber.answer == accepted(session, first)
        await stage.rest(1)
        told = stage.told()[first - 1 :]
        assert await subscriber.messages(len(told)) == told
        await stage.close()

    drive("uvloop", scenario)


def test_a_long_replay_leaves_in_slices_and_what_is_new_follows_in_order(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario() -> None:
        stage = await ItchStage().open()
        await stage.rest(9_000)
        subscriber = await stage.logged_in()
        for _ in range(20):
            await stage.rest(1)
        told = stage.told()
        assert await subscriber.messages(len(told)) == told
        await stage.close()

    run(scenario)


def test_a_slow_reader_falls_behind_and_misses_nothing_while_others_go_on(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario() -> None:
        stage = await ItchStage().open()
        slow = await stage.logged_in(receive_buffer=4_096)
        port = stage.itch_ports[0]
        # Else the kernel takes it all and nothing ever waits.
        sock = port._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        quick = await stage.logged_in()
        for _ in range(60):
            await stage.rest(500)
        told = stage.told()
        assert await quick.messages(len(told)) == told
        assert port._paused
        # What the transport takes before it says stop, and at most one slice more.
        queued = port._transport.get_write_buffer_size()
        assert queued < 64 * 1024 + stream.SPAN * stream.SLICE_SPANS * 64
        assert await slow.messages(len(told)) == told
        await stage.close()

    run(scenario)


def test_who_does_not_read_waits_for_one_turn_and_gets_no_heartbeats() -> None:
    async def scenario() -> None:
        stage = await ItchStage(ManualClock(1_704_186_000 * SECOND_NS)).open()
        await stage.logged_in(receive_buffer=4_096)
        port = stage.itch_ports[0]
        sock = port._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        while not port._paused:
            await stage.rest(2_000)
        for _ in range(4):
            await stage.rest(2_000)
        assert len(stage.feed._behind) <= 1
        await stage.until(lambda: port._paused and not stage.feed._behind)
        queued = port._transport.get_write_buffer_size()
        await lived(stage, 10)
        assert port._transport.get_write_buffer_size() <= queued
        await stage.close()

    drive("uvloop", scenario)


# -- logins ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "password", "session", "code"),
    [
        (b"TRADER", b"WRONG", b"", b"A"),
        (b"NOBODY", b"NOBODY", b"", b"A"),
        (b"TRADER", b"TRADER", b"20240101", b"S"),
        (b"FEED1", b"secret", b"", b""),
        (b"feed1", b"SECRET", b"", b""),
        (b"FEED1", b"FEED1", b"", b"A"),
    ],
)
def test_a_login_needs_a_name_its_password_and_the_running_session(
    name: bytes, password: bytes, session: bytes, code: bytes
) -> None:
    async def scenario() -> None:
        config = Config(itch=Itch(sessions=(ItchSession("FEED1", "secret"),)))
        stage = await ItchStage(config=config).open()
        subscriber = stage.subscriber()
        subscriber.log_in(1, session=session, name=name, password=password)
        if code:
            assert await subscriber.to_end() == [(REJECTED, code)]
        else:
            assert await subscriber.packets(1) == [accepted(stage.feed.stream.session_id, 1)]
        await stage.close()

    drive("uvloop", scenario)


async def after_wrong_passwords() -> ItchStage:
    """A venue whose clock is moved by hand; from now on logins from here wait for their answer."""
    stage = await ItchStage(ManualClock(1_704_186_000 * SECOND_NS)).open()
    for _ in range(FREE_PER_IDENTITY):
        subscriber = stage.subscriber()
        subscriber.log_in(1, password=b"WRONG")
        assert await subscriber.to_end() == [(REJECTED, b"A")]
    return stage


async def login_that_waits(stage: ItchStage, password: bytes) -> TestSubscriber:
    subscriber = stage.subscriber()
    subscriber.log_in(1, password=password)
    await stage.until(lambda: "login waits: wrong passwords" in stage.lines[-1])
    return subscriber


@pytest.mark.parametrize("password", [b"WRONG", b"TRADER"])
def test_after_wrong_passwords_any_answer_waits_as_on_the_order_ports(password: bytes) -> None:
    async def scenario() -> None:
        stage = await after_wrong_passwords()
        waiting = await login_that_waits(stage, password)
        await lived(stage, 1)
        if password == b"WRONG":
            assert await waiting.to_end() == [(REJECTED, b"A")]
        else:
            assert await waiting.packets(1) == [accepted(stage.feed.stream.session_id, 1)]
            again = await stage.logged_in()
            assert again.answer == waiting.answer
        await stage.close()

    drive("uvloop", scenario)


def test_who_leaves_while_its_login_waits_or_comes_to_a_long_queue_is_not_let_in() -> None:
    async def scenario() -> None:
        stage = await after_wrong_passwords()
        leaving = await login_that_waits(stage, b"TRADER")
        leaving.sock.close()
        await stage.until(lambda: "disconnected while its login waited" in stage.lines[-1])
        while not any("too many logins of this address wait" in line for line in stage.lines):
            lines = len(stage.lines)
            subscriber = stage.subscriber()
            subscriber.log_in(1, password=b"WRONG")
            await stage.until(lambda lines=lines: len(stage.lines) > lines)  # type: ignore[misc]
        assert await subscriber.to_end() == [(REJECTED, b"A")]
        await lived(stage, 60)
        assert not any("logged in, session" in line for line in stage.lines)
        assert not stage.shell.timed
        await stage.close()

    drive("uvloop", scenario)


def test_an_answer_that_is_due_with_the_login_timer_is_none() -> None:
    async def scenario() -> None:
        stage = await after_wrong_passwords()
        late = await login_that_waits(stage, b"TRADER")
        assert isinstance(stage.clock, ManualClock)
        # The loop was busy: both deadlines are over when the timer fires.
        stage.clock.advance(60 * SECOND_NS)
        stage.shell.fire_timers()
        assert await late.to_end() == []
        assert stage.lines[-1].endswith("closed: not logged in for 60000 ms")
        await stage.close()

    drive("uvloop", scenario)


def test_a_login_takes_no_stranger_s_place_and_a_connection_that_ends_none_at_all() -> None:
    async def scenario() -> None:
        stage = await ItchStage().open()
        subscriber = await stage.logged_in()
        gate = stage.guests[0].place._gate
        assert gate is not None
        assert (gate.connections, sum(gate._strangers.values())) == (1, 0)
        subscriber.sock.close()
        await stage.until(lambda: gate.connections == 0)
        assert stage.feed.subscribers == 0
        assert not stage.shell.timed
        await stage.close()

    drive("uvloop", scenario)


def test_more_than_a_subscriber_has_to_say_ends_its_connection() -> None:
    async def scenario() -> None:
        stage = await ItchStage().open()
        subscriber = await stage.logged_in()
        await subscriber.messages(stage.feed.stream.next_number - 1)
        subscriber.sock.send(b"\0\1R" * itch_port.READ_BYTES_MAX)
        assert await subscriber.to_end() == []
        assert "at once, expected at most 4096" in stage.lines[-1]
        await stage.close()

    drive("uvloop", scenario)


def test_what_a_subscriber_says_besides_is_not_heard_and_a_logout_is() -> None:
    async def scenario() -> None:
        stage = await ItchStage().open()
        subscriber = await stage.logged_in()
        subscriber.sock.send(b"\0\3U??\0\1R")
        told = stage.told()
        assert await subscriber.messages(len(told)) == told
        subscriber.sock.send(b"\0\1O")
        assert await subscriber.to_end() == []
        await stage.close()

    drive("uvloop", scenario)


# -- snapshots ------------------------------------------------------------------------------------


def test_a_snapshot_and_the_stream_from_its_number_on_are_the_whole_day(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario() -> None:
        stage = await ItchStage().open()
        await stage.rest(3_000)
        await stage.shell.control(stage.enter(Side.SELL, 250, 1_000_000))
        reader = await stage.logged_in(session=b"GLIMPSE")
        assert reader.answer == accepted(b"GLIMPSE", 1)
        await stage.rest(1)
        packets = await reader.to_end()
        assert packets[-1] == (END, b"")
        snapshot = [payload for kind, payload in packets[:-1] if kind == SEQUENCED]
        last = itch.decode(snapshot.pop())
        assert isinstance(last, itch.EndOfSnapshot)
        number = int(last.sequence_number)
        subscriber = await stage.logged_in(number)
        await stage.shell.control(stage.enter(Side.SELL, 50, 1_000_000))
        told = stage.told()
        late, whole = BookBuilder(), BookBuilder()
        for message in told:
            whole.receive(message)
        rest = await subscriber.messages(len(told) - number + 1)
        for message in (*snapshot, *rest):
            late.receive(message)
        assert late.orders == whole.orders
        assert len(late.orders) == 2_998
        assert (late.stocks, late.states) == (whole.stocks, whole.states)
        await stage.close()

    run(scenario)


# -- ends -----------------------------------------------------------------------------------------


def test_the_end_of_the_day_ends_the_session_after_its_last_message(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario() -> None:
        stage = await ItchStage().open()
        await stage.rest(2_500)
        live = await stage.logged_in()
        await live.messages(stage.feed.stream.next_number - 1)
        session = stage.feed.stream.session_id
        behind = await stage.logged_in(0, receive_buffer=4_096)
        behind_from = stage.feed.stream.next_number
        port = stage.itch_ports[1]
        sock = port._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        while not port._paused:
            await stage.rest(1_000)
        await stage.rest(5_000)
        ended = stage.feed.stream
        await stage.shell.control(EndOfDay())
        expected = [payload for _, payload in ended.read(1, ended.next_number)]
        assert [message[11:] for message in expected[-3:] if message] == [b"M", b"E", b"C"]
        packets = await live.to_end()
        assert packets[-1] == (END, b"")
        assert [payload for _, payload in packets[:-1]] == expected[behind_from - 1 :]
        packets = await behind.to_end()
        assert packets[-1] == (END, b"")
        assert [payload for _, payload in packets[:-1]] == expected[behind_from - 1 :]
        dead = stage.subscriber()
        dead.log_in(1, session=session)
        assert await dead.to_end() == [(REJECTED, b"S")]
        coming = await stage.logged_in()
        assert coming.answer == accepted(stage.feed.stream.session_id, 1)
        await stage.shell.control(StartOfDay(20240103, 0))
        told = stage.told()
        assert told[0][11:] == b"O"
        assert await coming.messages(len(told)) == told
        await stage.close()

    run(scenario)


def test_the_end_needs_no_timer_to_close_the_connection() -> None:
    async def scenario() -> None:
        stage = await ItchStage(ManualClock(1_704_186_000 * SECOND_NS)).open()
        reader = await stage.logged_in(session=b"GLIMPSE")
        assert (await reader.to_end())[-1] == (END, b"")
        live = await stage.logged_in(0)
        await stage.shell.control(EndOfDay())
        assert (await live.to_end())[-1] == (END, b"")
        await stage.close()

    drive("uvloop", scenario)


def test_a_venue_that_stops_closes_without_the_end_of_the_session() -> None:
    async def scenario() -> None:
        stage = await ItchStage().open()
        subscriber = await stage.logged_in(0)
        stage.feed.close("venue is shutting down")
        assert await subscriber.to_end() == []
        await stage.until(lambda: stage.feed.subscribers == 0)
        await stage.close()

    drive("uvloop", scenario)


def test_a_feed_that_has_failed_has_no_session_and_orders_go_on() -> None:
    async def scenario() -> None:
        stage = await ItchStage().open()
        subscriber = await stage.logged_in(0)

        stage.feed.stream = BrokenStream(stage.feed.stream.session_id)  # type: ignore[assignment]
        await stage.rest(1)
        assert await subscriber.to_end() == []
        late = stage.subscriber()
        late.log_in(1)
        assert await late.to_end() == [(REJECTED, b"S")]
        await stage.rest(1)
        assert stage.venue.engine.live_orders == 2
        await stage.close()

    drive("uvloop", scenario)


class BrokenStream:
    """A stream whose file takes nothing more."""

    def __init__(self, session_id: bytes) -> None:
        self.session_id = session_id
        self.log = SentLog()
        self.next_number = 1

    def append(self, messages: object) -> bytes:
        raise OSError("no space left")

    def close(self) -> None:
        pass


# -- time -----------------------------------------------------------------------------------------


async def lived(stage: ItchStage, seconds: int) -> None:
    assert isinstance(stage.clock, ManualClock)
    await stage.shell.advance(stage.clock, seconds * SECOND_NS)


def test_silence_is_filled_with_heartbeats_and_ends_where_it_is_the_subscriber_s() -> None:
    async def scenario() -> None:
        stage = await ItchStage(ManualClock(1_704_186_000 * SECOND_NS)).open()
        subscriber = await stage.logged_in(0)
        await lived(stage, 3)
        assert await subscriber.packets(3) == [(HEARTBEAT, b"")] * 3
        await lived(stage, 11)
        assert await subscriber.packets(11) == [(HEARTBEAT, b"")] * 11
        await lived(stage, 1)
        assert await subscriber.to_end() == []
        assert stage.lines[-1].endswith("closed: nothing received for 15000 ms")
        await stage.close()

    drive("uvloop", scenario)


def test_who_does_not_log_in_is_closed_after_thirty_seconds() -> None:
    async def scenario() -> None:
        stage = await ItchStage(ManualClock(1_704_186_000 * SECOND_NS)).open()
        stranger: TestSubscriber = stage.subscriber()
        await stage.until(lambda: bool(stage.guests))
        await lived(stage, 30)
        assert await stranger.to_end() == []
        assert stage.lines[-1].endswith("closed: not logged in for 30000 ms")
        await stage.close()

    drive("uvloop", scenario)


def test_heartbeats_come_by_the_real_clock_too() -> None:
    async def scenario() -> None:
        stage = await ItchStage(settings=SoupSettings(heartbeat_ns=SECOND_NS // 100)).open()
        subscriber = await stage.logged_in(0)
        assert await subscriber.packets(2) == [(HEARTBEAT, b"")] * 2
        await stage.close()

    drive("uvloop", scenario)
