"""Reference data, phases, the trading day, and the state as a value."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from matching.commands import (
    AddAccount,
    AddInstrument,
    BustTrade,
    Command,
    EndOfDay,
    RegisterSession,
    ReplaceOrder,
    SetOrderEntry,
    SetPhase,
    StartOfDay,
)
from matching.engine import Engine
from matching.events import (
    AccountAdded,
    DayEnded,
    DayStarted,
    Event,
    InstrumentAdded,
    OrderCarried,
    OrderEntryChanged,
    OrderRejected,
    PhaseChanged,
    SessionRegistered,
)
from matching.instrument import Instrument
from matching.snapshot import EngineState, Limits
from matching.types import BustReason, CancelReason, Phase, RejectReason, RequestKind
from tests.matching.engine_tape import (
    AAPL,
    BUY,
    DAY,
    GTC,
    MIDNIGHT_NS,
    MSFT,
    SELL,
    SETUP,
    TRADING_DATE,
    Tape,
    accepted,
    canceled,
    entry,
    executed,
    rested,
)

ROOT = Path(__file__).resolve().parents[2]


def test_reference_data_gets_ids_from_one_up() -> None:
    engine = Engine()
    assert [engine.apply(command, 0) for command in SETUP] == [
        (AccountAdded(1, b"ACME", True),),
        (AccountAdded(2, b"EMCA", True),),
        (SessionRegistered(1, 1, b"FIX", (b"FIX.4.4", b"ACME1", b"XVEN")),),
        (SessionRegistered(2, 2, b"OUCH", (b"9879", b"EMCAO1")),),
        (InstrumentAdded(1, AAPL),),
        (InstrumentAdded(2, MSFT),),
    ]
    assert engine.account_id(b"EMCA") == 2
    assert engine.instrument_id(b"MSFT") == 2
    assert engine.session_id(b"OUCH", (b"9879", b"EMCAO1")) == 2
    assert engine.sessions[2].account_id == 2
    assert engine.accounts[1].name == b"ACME"
    assert engine.instruments[1].phase is Phase.CLOSED


@pytest.mark.parametrize("command", SETUP, ids=lambda command: type(command).__name__)
def test_reference_data_known_already_is_silence(command: Command) -> None:
    assert Tape().apply(command) == ()


def test_names_never_seen_have_no_id() -> None:
    engine = Tape().engine
    assert engine.account_id(b"NOBODY") is None
    assert engine.instrument_id(b"ZZZZ") is None
    assert engine.session_id(b"FIX", (b"9879", b"EMCAO1")) is None


def test_session_of_an_unknown_account_is_not_registered() -> None:
    assert Tape().apply(RegisterSession(9, b"FIX", (b"X",))) == ()


def test_nothing_enters_before_the_first_day() -> None:
    assert Tape(day=False).enter(BUY, 10, 10_000) == (
        OrderRejected(1, 1, b"C", RequestKind.ENTER, RejectReason.CLOSED),
    )


def test_day_starts_once_and_opens_everything() -> None:
    tape = Tape(day=False)
    assert tape.apply(StartOfDay(TRADING_DATE, MIDNIGHT_NS)) == (
        DayStarted(TRADING_DATE, MIDNIGHT_NS),
        PhaseChanged(1, Phase.OPEN),
        PhaseChanged(2, Phase.OPEN),
    )
    assert tape.apply(StartOfDay(TRADING_DATE + 1, MIDNIGHT_NS)) == ()
    engine = tape.engine
    assert (engine.trading_date, engine.midnight_ns) == (TRADING_DATE, MIDNIGHT_NS)


def test_day_ends_with_expiries_in_order_of_entry_and_carries_gtc_orders() -> None:
    tape = Tape()
    tape.enter(BUY, 10, 10_000, DAY)
    tape.enter(BUY, 10, 10_100, GTC)
    tape.enter(BUY, 10, 10_200, DAY, instrument=2)
    tape.enter(BUY, 10, 10_300, DAY)
    tape.apply(SetPhase(2, Phase.CLOSED))
    assert tape.apply(EndOfDay()) == (
        canceled(1, BUY, 10_000, 10, CancelReason.EXPIRED),
        canceled(3, BUY, 10_200, 10, CancelReason.EXPIRED, instrument=2),
        canceled(4, BUY, 10_300, 10, CancelReason.EXPIRED),
        PhaseChanged(1, Phase.CLOSED),
        DayEnded(TRADING_DATE),
    )
    assert tape.apply(EndOfDay()) == ()
    assert tape.engine.live_orders == 1
    tape.apply(StartOfDay(TRADING_DATE + 1, MIDNIGHT_NS))
    order = entry(SELL, 4, 10_100)
    assert tape.apply(order) == (
        accepted(5, order),
        executed(1, 4, 10_100, (2, 6), (5, 0), SELL),
    )


def test_orders_of_earlier_days_are_told_in_the_order_of_the_book() -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_100, GTC)
    tape.enter(SELL, 10, 10_000, GTC, display=0)
    tape.enter(SELL, 10, 10_000, GTC, display=4)
    tape.enter(BUY, 20, 9_900, GTC, instrument=2)
    tape.enter(BUY, 10, 9_900, GTC)
    tape.enter(BUY, 1, 9_800, DAY)
    tape.apply(EndOfDay())
    assert tape.apply(StartOfDay(TRADING_DATE + 1, MIDNIGHT_NS)) == (
        DayStarted(TRADING_DATE + 1, MIDNIGHT_NS),
        PhaseChanged(1, Phase.OPEN),
        PhaseChanged(2, Phase.OPEN),
        OrderCarried(5, 5, 1, BUY, 9_900, 10),
        OrderCarried(3, 3, 1, SELL, 10_000, 10, 4),
        OrderCarried(2, 2, 1, SELL, 10_000, 10, 0),
        OrderCarried(1, 1, 1, SELL, 10_100, 10),
        OrderCarried(4, 4, 2, BUY, 9_900, 20),
    )


def test_order_entry_of_a_firm_is_passed_on() -> None:
    assert Tape().apply(SetOrderEntry(2, 2, b"D", b"FIRM", False)) == (
        OrderEntryChanged(2, b"D", b"FIRM", False),
    )


def test_trade_of_another_day_cannot_be_busted() -> None:
    tape = Tape()
    tape.enter(SELL, 10, 10_000)
    tape.enter(BUY, 10, 10_000)
    tape.apply(EndOfDay())
    tape.apply(StartOfDay(TRADING_DATE + 1, MIDNIGHT_NS))
    assert tape.apply(BustTrade(1, BustReason.ERRONEOUS)) == ()


def test_phase_changes_for_one_or_all() -> None:
    tape = Tape()
    assert tape.apply(SetPhase(2, Phase.HALTED)) == (PhaseChanged(2, Phase.HALTED),)
    assert tape.apply(SetPhase(0, Phase.HALTED)) == (PhaseChanged(1, Phase.HALTED),)
    assert tape.apply(SetPhase(0, Phase.HALTED)) == ()
    assert tape.apply(SetPhase(9, Phase.OPEN)) == ()
    assert tape.apply(SetPhase(0, Phase.OPEN)) == (
        PhaseChanged(1, Phase.OPEN),
        PhaseChanged(2, Phase.OPEN),
    )


def test_halt_does_not_outlive_the_day() -> None:
    tape = Tape()
    tape.apply(SetPhase(1, Phase.HALTED))
    tape.apply(EndOfDay())
    assert tape.apply(StartOfDay(TRADING_DATE + 1, MIDNIGHT_NS)) == (
        DayStarted(TRADING_DATE + 1, MIDNIGHT_NS),
        PhaseChanged(1, Phase.OPEN),
        PhaseChanged(2, Phase.OPEN),
    )


def test_nothing_opens_outside_the_day() -> None:
    assert Tape(day=False).apply(SetPhase(0, Phase.OPEN)) == ()


def test_instrument_listed_during_the_day_opens_at_once() -> None:
    tsla = Instrument(b"TSLA")
    assert Tape().apply(AddInstrument(tsla)) == (
        InstrumentAdded(3, tsla),
        PhaseChanged(3, Phase.OPEN),
    )


def busy() -> Tape:
    tape = Tape(limits=Limits(busts_max=3))
    for price in (10_000, 10_100, 10_000):
        tape.enter(BUY, 10, price, GTC)
        tape.enter(SELL, 10, price + 200)
        tape.enter(SELL, 3, 10_000, session=2)
    # A new reference, so that queue order is no longer id order.
    tape.apply(ReplaceOrder(1, 1, 1, b"R", 20, 10_000, False))
    tape.apply(BustTrade(2, BustReason.ERRONEOUS))
    tape.apply(SetPhase(2, Phase.HALTED))
    return tape


def continuation(engine: Engine) -> tuple[list[tuple[Event, ...]], int]:
    commands: list[Command] = [
        entry(SELL, 12, 9_900),
        entry(BUY, 30, 10_300),
        BustTrade(2, BustReason.ERRONEOUS),
        BustTrade(3, BustReason.ERRONEOUS),
        AddAccount(b"THIRD"),
        AddAccount(b"ACME"),
        RegisterSession(3, b"WS", (b"THIRD", b"main")),
        EndOfDay(),
        StartOfDay(TRADING_DATE + 1, MIDNIGHT_NS + 1),
    ]
    return [engine.apply(command, 1_000) for command in commands], engine.state_hash()


def test_time_of_the_last_command_is_part_of_the_state() -> None:
    tape = busy()
    tape.engine.apply(AddAccount(b"ACME"), 4_711)
    assert tape.engine.snapshot().timestamp_ns == 4_711


def test_restored_engine_goes_on_as_the_first_would() -> None:
    tape = busy()
    encoded = msgspec.msgpack.encode(tape.engine.snapshot())
    restored = Engine.restore(msgspec.msgpack.decode(encoded, type=EngineState))
    restored._check()
    assert restored.snapshot() == tape.engine.snapshot()
    assert restored.state_hash() == tape.engine.state_hash()
    assert continuation(restored) == continuation(tape.engine)


def test_resting_orders_are_told_in_queue_order() -> None:
    tape = Tape()
    tape.enter(BUY, 10, 10_000)
    tape.enter(BUY, 10, 10_100)
    tape.enter(SELL, 10, 10_300)
    tape.enter(SELL, 10, 10_200)
    tape.enter(BUY, 5, 10_100)
    assert list(tape.engine.resting(1)) == [
        rested(2, BUY, 10_100, 10),
        rested(5, BUY, 10_100, 5),
        rested(1, BUY, 10_000, 10),
        rested(4, SELL, 10_200, 10),
        rested(3, SELL, 10_300, 10),
    ]
    assert list(tape.engine.resting(2)) == []


@pytest.mark.parametrize("field", EngineState.__struct_fields__)
def test_state_hash_depends_on_every_field(field: str) -> None:
    tape = busy()
    state = tape.engine.snapshot()
    value = getattr(state, field)
    other: object
    if isinstance(value, Limits):
        other = Limits(live_orders_max=7, busts_max=3)
    elif isinstance(value, bool):
        other = not value
    elif isinstance(value, int):
        other = value + 1
    else:
        other = value[:-1]
    changed = msgspec.structs.replace(state, **{field: other})
    assert Engine.restore(changed).state_hash() != tape.engine.state_hash()


def test_state_hash_is_the_same_in_every_process() -> None:
    code = "from tests.matching.test_engine_day import busy; print(busy().engine.state_hash())"
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert hashes == {f"{busy().engine.state_hash()}\n"}
