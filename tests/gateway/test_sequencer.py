"""gateway.sequencer: numbers and times of commands, and the batch of a tick."""

import msgspec
import pytest

from gateway.journal.checks import chain_events_crc
from gateway.journal.log import JournalError, MemoryLog
from gateway.journal.records import Batch, FramesOut, SessionNumbers, TimerFired, decode_batch
from gateway.sequencer import ApplyError, Sequencer, Tick
from matching.commands import AddAccount, Command, EndOfDay, StartOfDay
from matching.engine import Engine
from matching.events import AccountAdded, DayStarted, Event

Routed = tuple[Command, tuple[Event, ...], int, int]


class FullLog(MemoryLog):
    def append(self, payload: bytes) -> int:
        raise JournalError("no space left")


def sequencer(routed: list[Routed] | None = None, log: MemoryLog | None = None) -> Sequencer:
    kept: list[Routed] = [] if routed is None else routed
    return Sequencer(Engine(), log or MemoryLog(), lambda *call: kept.append(call))


def batches(writer: Sequencer) -> list[Batch]:
    return [decode_batch(payload) for _, payload in writer.log.read(1)]


def test_time_never_goes_back() -> None:
    writer = sequencer()
    assert [writer.begin(now_ns) for now_ns in (5, 3, 5, 6)] == [5, 5, 5, 6]


def test_commands_are_numbered_stamped_and_routed_in_order() -> None:
    routed: list[Routed] = []
    writer = sequencer(routed)
    writer.begin(7)
    first = writer.submit(AddAccount(b"A"))
    silent = writer.submit(AddAccount(b"A"))
    assert (first, silent) == ((AccountAdded(1, b"A", True),), ())
    assert routed == [(AddAccount(b"A"), first, 1, 7), (AddAccount(b"A"), (), 2, 7)]
    assert (writer.next_seq, writer.engine.timestamp_ns) == (3, 7)


def test_a_tick_is_one_batch_with_all_that_happened() -> None:
    writer = sequencer()
    writer.begin(7)
    writer.note(TimerFired(3))
    events = writer.submit(AddAccount(b"A"))
    frames, numbers = [FramesOut(1, 1, [b"x"])], [SessionNumbers(1, 2, 2)]
    assert writer.batch_open
    tick = writer.commit(frames, numbers)
    crc = chain_events_crc(list(events), 0)
    assert tick == Tick(7, 1, [AddAccount(b"A")], list(events))
    assert batches(writer) == [
        Batch(7, 1, [TimerFired(3)], [AddAccount(b"A")], frames, numbers, crc)
    ]
    assert not writer.batch_open
    writer.begin(8)
    writer.note(TimerFired(4))
    writer.commit([], [])
    assert batches(writer)[1] == Batch(8, 2, [TimerFired(4)], [], [], [], crc)
    assert writer.bytes_written == sum(len(payload) for _, payload in writer.log.read(1))


def test_a_checkpoint_carries_the_state_hash_once() -> None:
    writer = sequencer()
    writer.begin(7)
    writer.checkpoint()
    assert writer.batch_open
    for _ in range(2):
        writer.submit(AddAccount(b"A"))
        writer.commit([], [])
    first, second = batches(writer)
    assert (first.state_hash, second.state_hash) == (writer.engine.state_hash(), 0)


class BrokenEngine(Engine):
    def apply(self, command: Command, timestamp_ns: int) -> tuple[Event, ...]:
        raise ZeroDivisionError


def test_a_failure_of_the_engine_or_of_a_report_names_the_command() -> None:
    writer = sequencer()
    writer.submit(AddAccount(b"A"))
    writer.engine = BrokenEngine()
    with pytest.raises(ApplyError, match=r"^command 2 failed: EndOfDay\(\)$"):
        writer.submit(EndOfDay())

    def broken(command: Command, events: tuple[Event, ...], seq: int, now_ns: int) -> None:
        raise KeyError

    with pytest.raises(ApplyError, match=r"^command 1 failed: EndOfDay\(\)$"):
        Sequencer(Engine(), MemoryLog(), broken).submit(EndOfDay())


def test_an_unwritten_tick_is_not_a_tick() -> None:
    writer = sequencer(log=FullLog())
    writer.note(TimerFired(1))
    with pytest.raises(JournalError, match="no space left"):
        writer.commit([], [])
    assert writer.bytes_written == 0


# -- folding again --------------------------------------------------------------------------------


def recorded() -> list[Batch]:
    """Two ticks: reference data, then a day with its state hash."""
    writer = sequencer()
    writer.begin(7)
    writer.submit(AddAccount(b"A"))
    writer.commit([], [])
    writer.begin(8)
    writer.checkpoint()
    writer.submit(StartOfDay(20240102, 0))
    writer.commit([], [])
    return batches(writer)


def refolded(recording: list[Batch]) -> tuple[Sequencer, list[object]]:
    writer = sequencer()
    told: list[object] = []
    for number, batch in enumerate(recording, 1):
        writer.begin(batch.now_ns)
        writer.refold(
            number,
            batch,
            lambda command, events, *rest: told.append((command, events, writer.next_seq)),
        )
    return writer, told


def test_folding_again_tells_what_happened_and_goes_on_with_the_next_number() -> None:
    writer, told = refolded(recorded())
    assert told == [
        (AddAccount(b"A"), (AccountAdded(1, b"A", True),), 1),
        (StartOfDay(20240102, 0), (DayStarted(20240102, 0),), 2),
    ]
    assert (writer.next_seq, writer.now_ns, writer.batch_open) == (3, 8, False)
    assert writer.events_crc == recorded()[1].events_crc


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"first_seq": 3}, "journal batch 2: first command expected 2, found 3"),
        ({"events_crc": 1}, "journal batch 2: events checksum expected 0x00000001, found 0x"),
        ({"state_hash": 1}, "journal batch 2: state hash expected 0x0000000000000001, found 0x"),
        ({"commands": []}, "journal batch 2: state hash expected"),
    ],
)
def test_a_journal_that_yields_something_else_is_refused_naming_the_batch(
    changes: dict[str, object], text: str
) -> None:
    first, second = recorded()
    with pytest.raises(JournalError, match="run `venue journal verify`") as caught:
        refolded([first, msgspec.structs.replace(second, **changes)])
    assert str(caught.value).startswith(text)
