"""A journal is folded in order; verify names the first batch that no longer yields what it did."""

from collections.abc import Callable

import msgspec
import pytest

from gateway.journal import recovery
from gateway.journal.checks import chain_events_crc
from gateway.journal.log import JournalError, MemoryLog
from gateway.journal.records import Batch, encode_batch
from gateway.journal.recovery import Divergence, decode, fold, verify
from matching.commands import (
    AddAccount,
    AddInstrument,
    CancelOrder,
    Command,
    EnterOrder,
    RegisterSession,
    StartOfDay,
)
from matching.engine import Engine
from matching.events import Event
from matching.instrument import Instrument
from matching.types import OrderType, Side, TimeInForce


def _enter(client_id: bytes, side: Side, quantity: int) -> EnterOrder:
    return EnterOrder(
        1, 1, 1, client_id, side, OrderType.LIMIT, TimeInForce.DAY, quantity, 1_000_000
    )


DAY: list[list[Command]] = [
    [
        AddInstrument(Instrument(b"AAPL")),
        AddAccount(b"ACME"),
        RegisterSession(1, b"FIX", (b"FIX.4.4", b"ACME1", b"XVEN")),
        StartOfDay(20260105, 0),
    ],
    [_enter(b"1", Side.BUY, 100), _enter(b"2", Side.BUY, 50)],
    [],
    [_enter(b"3", Side.SELL, 120)],
    [CancelOrder(1, 1, 2, b"4")],
]


def _record(ticks: list[list[Command]]) -> list[Batch]:
    engine, events_crc, seq, batches = Engine(), 0, 1, []
    for number, commands in enumerate(ticks, 1):
        events: list[Event] = []
        for command in commands:
            events += engine.apply(command, number * 1000)
        events_crc = chain_events_crc(events, events_crc)
        state_hash = engine.state_hash() if number == len(ticks) else 0
        batch = Batch(number * 1000, seq, [], commands, [], [], events_crc, state_hash)
        batches.append(batch)
        seq += len(commands)
    return batches


def _log(batches: list[Batch]) -> MemoryLog:
    log = MemoryLog()
    for batch in batches:
        log.append(encode_batch(batch))
    return log


def test_fold_hands_over_every_batch_in_order() -> None:
    batches = _record(DAY)
    folded: list[tuple[int, Batch]] = []
    assert fold(_log(batches).read(1), lambda *each: folded.append(each)) == 5
    assert folded == list(enumerate(batches, 1))
    assert fold(_log(batches).read(4), lambda *_: None) == 2


def test_a_journal_that_still_yields_what_it_did_is_verified() -> None:
    batches = _record(DAY)
    report = verify(_log(batches).read(1))
    assert (report.batches, report.commands, report.hashes_compared) == (5, 8, 1)
    assert report.divergence is None
    assert report.state_hash == batches[-1].state_hash != 0


def _changed(number: int, **fields: object) -> Callable[[list[Batch]], None]:
    def change(batches: list[Batch]) -> None:
        batches[number - 1] = msgspec.structs.replace(batches[number - 1], **fields)

    return change


DIVERGENCES = [
    (_changed(2, commands=[_enter(b"1", Side.BUY, 100)]), 2, 5, "expected events crc"),
    (_changed(4, events_crc=7), 4, 7, "expected events crc 00000007, found "),
    (_changed(5, state_hash=7), 5, 8, "expected state hash 7, found "),
    (_changed(4, first_seq=9), 4, 7, "expected command number 7, found 9"),
    (_changed(3, now_ns=1), 3, 7, "expected a time of at least 2000, found 1"),
]


@pytest.mark.parametrize(("change", "batch", "command", "problem"), DIVERGENCES)
def test_the_first_difference_is_named(
    change: Callable[[list[Batch]], None], batch: int, command: int, problem: str
) -> None:
    batches = _record(DAY)
    change(batches)
    divergence = verify(_log(batches).read(1)).divergence
    assert divergence is not None
    assert (divergence.batch, divergence.command) == (batch, command)
    assert problem in divergence.problem


def test_a_command_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Engine):
        def apply(self, command: Command, timestamp_ns: int) -> tuple[Event, ...]:
            if command == DAY[1][1]:
                raise KeyError(b"2")
            return super().apply(command, timestamp_ns)

    monkeypatch.setattr(recovery, "Engine", Broken)
    divergence = verify(_log(_record(DAY)).read(1)).divergence
    problem = f"{DAY[1][1]!r} failed: KeyError(b'2')"
    assert divergence == Divergence(2, 6, problem)
    assert divergence.describe() == f"batch 2, command 6: {problem}"


def test_a_payload_of_another_version_is_refused() -> None:
    with pytest.raises(JournalError, match="batch 3 is intact but cannot be decoded"):
        decode(3, b"\x91\x01")


def test_a_batch_without_a_state_hash_is_as_good() -> None:
    batch = _record(DAY)[0]
    older = msgspec.msgpack.encode(list(msgspec.structs.astuple(batch))[:7])
    assert decode(1, older) == batch
