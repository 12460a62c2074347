"""Orders that expire by themselves: when the venue sends the command, live, recovered, replayed."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.replay import recorded_venue
from gateway.clock import ManualClock
from gateway.journal.file_log import FileLog
from gateway.journal.log import MemoryLog, SequencedLog
from gateway.journal.records import Controlled, Started, decode_batch
from gateway.replay import Replay
from gateway.shell import EXPIRY_DELAY_MAX_SECONDS, Shell
from matching.commands import EnterOrder, ExpireOrders
from matching.types import OrderType, Side, TimeInForce
from tests.crash.fix_wire import FixWire
from tests.gateway.order_entry.fix_client import FixClient
from tests.gateway.order_entry.test_fix_instructions import logged_on
from tests.gateway.replay_stage import SECOND_NS, Client, Stage
from tests.gateway.test_recovery import recovered, state_of
from tests.gateway.venue_harness import OPENING_NS

HALF_PAST_TEN = "59=6|126=20240102-10:30:00|"
HALF_PAST_TEN_NS = OPENING_NS + 3600 * SECOND_NS


# -- the tick -------------------------------------------------------------------------------------


def test_an_order_expires_before_anything_else_of_the_tick_that_finds_it_due() -> None:
    client = logged_on()
    client.new("a", "1", "100", extra=HALF_PAST_TEN)
    client.take()
    client.harness.now_ns = HALF_PAST_TEN_NS
    client.new("b", "2", "100")
    told = [(m[11], m[150], m[39], m.get(58)) for m in client.take_words()]
    assert told == [("a", "C", "C", "expired"), ("b", "0", "0", None)]
    batch = client.harness.batches()[-1]
    expire = ExpireOrders(HALF_PAST_TEN_NS)
    assert (batch.facts[0], batch.commands[0]) == (Controlled(expire), expire)


def test_an_order_trades_up_to_its_last_nanosecond() -> None:
    client = logged_on()
    client.new("a", "1", "100", extra=HALF_PAST_TEN)
    client.take()
    client.harness.now_ns = HALF_PAST_TEN_NS - 1
    client.new("b", "2", "100")
    told = [(m[11], m[150]) for m in client.take_words()]
    assert told == [("b", "0"), ("a", "F"), ("b", "F")]
    client.harness.advance(SECOND_NS)
    assert client.take_words() == []


def test_one_command_ends_all_that_is_due_and_nothing_is_sent_where_nothing_is() -> None:
    client = logged_on()
    for name, time in (("a", "10:00:00"), ("b", "09:45:00"), ("c", "11:00:00")):
        client.new(name, "1", "100", extra=f"59=6|126=20240102-{time}|")
    client.take()
    before = len(client.harness.batches())
    client.harness.now_ns = HALF_PAST_TEN_NS
    for _ in range(3):
        with client.harness.tick():
            pass
    assert [(m[11], m[150]) for m in client.take_words()] == [("b", "C"), ("a", "C")]
    assert len(client.harness.batches()) == before + 1


def test_time_that_goes_by_stops_at_every_expiry() -> None:
    client = logged_on()
    for name, time in (("a", "09:30:10"), ("b", "09:30:20")):
        client.new(name, "1", "100", extra=f"59=6|126=20240102-{time}|")
    client.take()
    client.harness.advance(25 * SECOND_NS)
    told = [(m[11], m[150], m[60]) for m in client.take() if m[35] == "8"]
    assert told == [("a", "C", "20240102-09:30:10.000"), ("b", "C", "20240102-09:30:20.000")]


# -- the shell ------------------------------------------------------------------------------------


class Loop:
    """An event loop in slow motion: what was to be called, and when."""

    def __init__(self) -> None:
        self.soon: list[Callable[[], None]] = []
        self.timers: list[Timer] = []

    def create_future(self) -> Any:
        return None

    def call_soon(self, callback: Callable[[], None]) -> None:
        self.soon.append(callback)

    def call_later(self, delay: float, callback: Callable[[], None]) -> "Timer":
        self.timers.append(Timer(delay, callback))
        return self.timers[-1]

    def run(self) -> None:
        """What is to be called soon."""
        while self.soon:
            self.soon.pop(0)()


class Timer:
    def __init__(self, delay: float, callback: Callable[[], None]) -> None:
        self.delay = delay
        self.callback = callback
        self.canceled = False

    def cancel(self) -> None:
        self.canceled = True


class SleepingClock(ManualClock):
    """Moves only when told to, and yet lets timers sleep."""

    def delay_seconds(self, deadline_ns: int) -> float:
        return max(0, deadline_ns - self.now_ns()) / SECOND_NS


class ShellStage:
    """A shell over a venue with one session, its loop and clock in the test's hand."""

    def __init__(self) -> None:
        self.client: FixClient = logged_on()
        self.venue = self.client.harness.venue
        self.loop = Loop()
        self.clock = SleepingClock(OPENING_NS)
        self.shell = Shell(self.venue, self.clock, self.loop)  # type: ignore[arg-type]

    def tick(self, *orders: EnterOrder) -> None:
        assert self.shell.begin()
        for order in orders:
            self.shell.guard(self.venue.submit, order)
        self.loop.run()

    @property
    def armed(self) -> list[float]:
        return [timer.delay for timer in self.loop.timers if not timer.canceled]

    def elapse(self, timer: Timer) -> None:
        timer.canceled = True
        timer.callback()
        self.loop.run()


def order(name: bytes, seconds: int) -> EnterOrder:
    """A bid that expires so long after the opening."""
    return EnterOrder(
        1, 1, 1, name, Side.BUY, OrderType.LIMIT, TimeInForce.GTC, 100, 1_000_000, b"1",
        expire_ns=OPENING_NS + seconds * SECOND_NS,
    )  # fmt: skip


def test_one_timer_is_set_for_the_earliest_expiry() -> None:
    stage = ShellStage()
    stage.tick(order(b"a", 100))
    stage.tick(order(b"b", 200))
    assert stage.armed == [100]
    assert len(stage.loop.timers) == 1
    stage.tick(order(b"c", 50))
    assert stage.armed == [50]
    stage.clock.advance(50 * SECOND_NS)
    stage.elapse(stage.loop.timers[-1])
    batch = stage.client.harness.batches()[-1]
    assert batch.commands == [ExpireOrders(OPENING_NS + 50 * SECOND_NS)]
    assert stage.armed == [50]


def test_a_timer_that_comes_too_early_is_set_anew() -> None:
    stage = ShellStage()
    stage.tick(order(b"a", 10))
    before = len(stage.client.harness.batches())
    stage.clock.advance(9 * SECOND_NS)
    stage.elapse(stage.loop.timers[-1])
    assert len(stage.client.harness.batches()) == before
    assert stage.armed == [1]


def test_a_timer_never_sleeps_longer_than_the_clock_can_be_trusted() -> None:
    stage = ShellStage()
    stage.tick(order(b"a", 90 * 86_400))
    assert stage.armed == [EXPIRY_DELAY_MAX_SECONDS]


def test_a_recovered_expiry_has_a_timer_before_anything_happens() -> None:
    stage = ShellStage()
    stage.tick(order(b"a", 100))
    loop = Loop()
    Shell(stage.venue, stage.clock, loop)  # type: ignore[arg-type]
    assert [timer.delay for timer in loop.timers] == [100]


def test_a_manual_clock_stops_at_every_expiry() -> None:
    async def scenario() -> None:
        client = logged_on()
        venue = client.harness.venue
        clock = ManualClock(OPENING_NS)
        shell = Shell(venue, clock, asyncio.get_running_loop())
        for one in (order(b"a", 100), order(b"b", 50)):
            await shell.perform(lambda one=one: venue.submit(one))  # type: ignore[misc]
        assert await shell.advance(clock, 300 * SECOND_NS) == OPENING_NS + 300 * SECOND_NS
        told = [
            (batch.now_ns, command.until_ns)
            for batch in client.harness.batches()
            for command in batch.commands
            if isinstance(command, ExpireOrders)
        ]
        assert told == [
            (at_ns, at_ns) for at_ns in (OPENING_NS + 50 * SECOND_NS, OPENING_NS + 100 * SECOND_NS)
        ]

    asyncio.run(scenario())


# -- kill, recover, replay -----------------------------------------------------------------------


def good_till(client: Client, name: str, seconds: int, buys: bool = True) -> None:
    """An order for 10 at 187 that expires so long from now."""
    stage = client.stage
    wire = client.wire
    assert isinstance(wire, FixWire)
    now_ns = stage.now_ns
    stage.now_ns += seconds * SECOND_NS
    expire_time = stage.now()
    stage.now_ns = now_ns
    side = "1" if buys else "2"
    body = [(11, name), (21, "1"), (55, "AAPL"), (54, side), (60, stage.now()), (38, "10")]
    wire.send("D", [*body, (40, "2"), (44, "187.00"), (59, "6"), (126, expire_time)])
    client.flush()


def trader(log: SequencedLog) -> Client:
    client = Stage(log).fix("TRADER")
    client.connect()
    return client


def happened(log: SequencedLog, kind: type) -> int:
    """How often a recorded command of this kind was carried out."""
    batches = [decode_batch(payload) for _, payload in log.read(1)]
    return sum(isinstance(command, kind) for batch in batches for command in batch.commands)


@pytest.mark.parametrize("end", [FileLog.close, FileLog.abandon], ids=["stopped", "killed"])
def test_what_expired_while_the_venue_was_down_is_gone_before_anybody_connects(
    tmp_path: Path, end: Callable[[FileLog], None]
) -> None:
    log = FileLog(tmp_path)
    client = trader(log)
    good_till(client, "soon", 60)
    good_till(client, "late", 3600)
    stage = client.stage
    before = state_of(stage.venue)
    end(log)
    again = FileLog(tmp_path)
    assert state_of(recovered(again)) == before
    stage.now_ns += 600 * SECOND_NS
    stage.start(again)
    live = [one.client_id for one in stage.venue.orders.by_id.values() if one.live]
    assert live == [b"late"]
    stage.tick(lambda: None)
    (first,) = [
        batch
        for batch in (decode_batch(payload) for _, payload in again.read(1))
        if ExpireOrders(stage.now_ns - 1_000_000) in batch.commands
    ]
    assert [type(fact) for fact in first.facts][:2] == [Started, Controlled]
    assert state_of(recovered(again)) == state_of(stage.venue)
    again.abandon()


def test_a_replay_of_days_with_expiries_shows_no_divergence() -> None:
    client = trader(MemoryLog())
    stage = client.stage
    good_till(client, "soon", 60)
    good_till(client, "later", 600)
    good_till(client, "last", 3600)
    stage.now_ns += 60 * SECOND_NS
    good_till(client, "met", 60, buys=False)
    stage.now_ns += 4000 * SECOND_NS
    stage.start(stage.log)
    client.connect()
    good_till(client, "new", 5)
    stage.now_ns += 6 * SECOND_NS
    stage.tick(lambda: None)
    assert happened(stage.log, ExpireOrders) == 3
    outcome = Replay(recorded_venue).run(stage.log.read(1))
    assert outcome.divergence is None
