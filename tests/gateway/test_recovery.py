"""gateway.recovery: a venue recovered from its journal is the venue that wrote it, however that one
ended."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import astuple

from gateway.cli.replay import recorded_venue
from gateway.journal.file_log import FileLog
from gateway.journal.log import JournalError, MemoryLog, SequencedLog
from gateway.journal.records import decode_batch
from gateway.replay import Replay
from gateway.sessions import Numbers
from gateway.venue import Venue
from matching.checks import entry_fault
from matching.commands import EndOfDay, MassCancel, SetPhase
from matching.types import Phase, RejectReason
from tests.crash.fix_wire import FixWire
from tests.gateway.golden_day import Cast, cancel, change, enter, refuse, replace, trade
from tests.gateway.replay_stage import SECOND_NS, Client, Stage

PRICE = 18_700
DAY_SECONDS = 86_400


def state_of(venue: Venue) -> dict[str, Any]:
    """Everything that must survive: book, orders open and closed, sessions and their numbers."""
    orders = venue.orders
    return {
        "engine": venue.engine.state_hash(),
        "orders": {order_id: astuple(order) for order_id, order in orders.by_id.items()},
        "sessions": {
            session.session_id: (session.account_id, session.wire, session.key, session.noted)
            for session in venue.directory.sessions.values()
        },
        "accounts": venue.directory.accounts,
        "commands": venue.sequencer.next_seq,
        "events": venue.sequencer.events_crc,
        "connections": venue.next_connection_id,
    }


def recovered(log: SequencedLog) -> Venue:
    """A second venue on the same log, with the configuration that is recorded there."""
    _, first = next(iter(log.read(1)))
    return recorded_venue(log, decode_batch(first).facts[0].configuration)  # type: ignore[arg-type, union-attr]


def no_ticks(*arguments: Any) -> RejectReason | None:
    """Entry rules without the tick size."""
    fault = entry_fault(*arguments)
    return None if fault is RejectReason.INVALID_TICK else fault


def busy(stage: Stage) -> Cast:
    """Orders, fills and refusals on every wire."""
    cast = Cast(stage)
    for client in cast.all:
        client.connect()
    trade(cast)
    change(cast)
    refuse(cast)
    return cast


def test_a_recovered_venue_is_the_one_that_wrote_the_journal() -> None:
    stage = Stage(MemoryLog())
    busy(stage)
    assert state_of(recovered(stage.log)) == state_of(stage.venue)


def test_recovery_after_a_clean_stop_equals_recovery_after_a_kill(tmp_path: Path) -> None:
    states = []
    for name, end in (("clean", FileLog.close), ("killed", FileLog.abandon)):
        log = FileLog(tmp_path / name)
        stage = Stage(log)
        busy(stage)
        before = state_of(stage.venue)
        end(log)
        again = FileLog(tmp_path / name)
        assert again.opening.ended_cleanly == (name == "clean")
        states.append(state_of(recovered(again)))
        assert states[-1] == before
        again.abandon()
    assert states[0] == states[1]


def test_a_torn_last_batch_is_as_if_its_tick_had_not_been(tmp_path: Path) -> None:
    log = FileLog(tmp_path)
    stage = Stage(log)
    cast = busy(stage)
    before = state_of(stage.venue)
    enter(cast.f44, "torn", True, 10)
    log.abandon()
    (file,) = tmp_path.glob("*.journal")
    file.write_bytes(file.read_bytes()[:-9])
    again = FileLog(tmp_path)
    assert again.opening.torn is not None
    assert state_of(recovered(again)) == before
    again.abandon()


def test_commands_that_yield_other_events_than_recorded_stop_the_recovery(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage(MemoryLog())
    busy(stage)
    monkeypatch.setattr("matching.order_flow.entry_fault", no_ticks)
    with pytest.raises(JournalError, match="venue journal verify"):
        recovered(stage.log)


def test_an_older_day_is_closed_before_anybody_connects() -> None:
    stage = Stage(MemoryLog())
    cast = Cast(stage)
    for client in cast.all:
        client.connect()
        enter(client, "day", True, 10, PRICE - 5)
    wire = cast.f44.wire
    assert isinstance(wire, FixWire)
    body = [(11, "gtc"), (21, "1"), (55, "AAPL"), (54, "1"), (60, stage.now()), (38, "5")]
    wire.send("D", [*body, (40, "2"), (44, "180.00"), (59, "1")])
    cast.f44.flush()
    sessions = {session.wire: session for session in stage.venue.directory.sessions.values()}
    history = sessions[b"ouch"].noted.history
    stage.now_ns += DAY_SECONDS * SECOND_NS
    stage.start(stage.log)
    venue = stage.venue
    assert (venue.engine.day_running, venue.engine.trading_date) == (True, 20260106)
    live = [order.client_id for order in venue.orders.by_id.values() if order.live]
    assert live == [b"gtc"]
    sessions = {session.wire: session for session in venue.directory.sessions.values()}
    assert sessions[b"ouch"].noted.history not in (b"", history)
    first = cast.f44.wire.record.next_number
    cast.f44.connect()
    told = [dict(content[1:]) for content in wire.record.contents[first:] if content]  # type: ignore[index]
    assert [(report[11], report[150]) for report in told] == [("day", "C")]


def test_time_and_connection_ids_go_on_over_a_restart() -> None:
    stage = Stage(MemoryLog())
    busy(stage)
    now_ns, connection_id = stage.venue.now_ns, stage.venue.next_connection_id
    stage.now_ns -= 3_600 * SECOND_NS
    stage.start(stage.log)
    assert (stage.venue.now_ns, stage.venue.next_connection_id) == (now_ns, connection_id)


# -- the law ----------------------------------------------------------------------------------

CLIENTS = 5
Action = tuple[str, int, int, int]
actions = st.lists(
    st.tuples(
        st.sampled_from(
            ["enter"] * 6
            + [
                "cancel",
                "replace",
                "again",
                "raw",
                "hang up",
                "wait",
                "operator",
                "restart",
                "reset",
            ]
        ),
        st.integers(0, CLIENTS - 1),
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    min_size=5,
    max_size=60,
)


class Play:
    """Random actions on a stage; what does not fit the moment is left out."""

    def __init__(self) -> None:
        self.stage = Stage(MemoryLog())
        self.clients = Cast(self.stage).all
        self._ids = 0
        self._verbs: dict[str, Callable[[Client, int, int], None]] = {
            "enter": lambda c, a, b: enter(c, self._next(), a % 2 == 0, 10 * a, PRICE + b % 4),
            "cancel": lambda c, a, b: cancel(c, self._next(), f"id{self._ids - a}", b % 2 == 0),
            "replace": lambda c, a, b: replace(
                c, self._next(), f"id{self._ids - a}", 7 * b, PRICE + b % 4
            ),
            "again": self._again,
            "raw": lambda c, a, b: c.raw(bytes([a * 28, b * 28, 0, 1, 61, 123]) * (a + 1)),
            "hang up": lambda c, a, b: c.hang_up(),
            "wait": lambda c, a, b: self.stage.wait(4 * a),
            "operator": self._operator,
            "restart": lambda c, a, b: self.stage.start(self.stage.log),
            "reset": self._reset,
        }

    def act(self, action: Action) -> None:
        verb, index, one, other = action
        client = self.clients[index]
        if not client.connected:
            client.connect()
        if client.wire.ready and client.connected:
            self._verbs[verb](client, one, other)

    def _next(self) -> str:
        self._ids += 1
        return f"id{self._ids}"

    def _again(self, client: Client, one: int, other: int) -> None:
        if client.wire.ask_again():
            client.flush()
        else:
            assert not isinstance(client.wire, FixWire)
            client.wire.from_first = True
            client.connect()
            client.wire.from_first = False

    def _operator(self, client: Client, one: int, other: int) -> None:
        stage = self.stage
        if one < 3:
            stage.control(SetPhase(one, Phase.HALTED), SetPhase(0, Phase.OPEN))
        elif one < 6:
            stage.control(MassCancel(instrument_id=1))
        elif one == 9:
            stage.control(EndOfDay())
            stage.start(stage.log)

    def _reset(self, client: Client, one: int, other: int) -> None:
        if isinstance(client.wire, FixWire):
            client.hang_up()
            if one % 2:
                enter(self.clients[2], self._next(), other % 2 == 0, 50, PRICE + other % 4) if (
                    self.clients[2].connected
                ) else None
            client.wire.forget()
            client.connection = self.stage.connect(b"fix")
            client.wire.logon((141, "Y"))
            client.flush()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(actions)
def test_whatever_happened_recovery_and_replay_agree_with_it(script: list[Action]) -> None:
    play = Play()
    for action in script:
        play.act(action)
    stage = play.stage
    assert state_of(recovered(stage.log)) == state_of(stage.venue)
    outcome = Replay(recorded_venue).run(stage.log.read(1))
    assert outcome.divergence is None
    assert not [text for text in stage.remarks if "internal error" in text]
    numbers = [session.noted for session in stage.venue.directory.sessions.values()]
    assert all(isinstance(each, Numbers) for each in numbers)
