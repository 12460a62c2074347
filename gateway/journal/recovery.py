"""A journal folded: batch by batch through whoever wants it, or through an engine to check it."""

from collections.abc import Callable, Iterable

import msgspec

from gateway.journal.checks import chain_events_crc
from gateway.journal.log import JournalError
from gateway.journal.records import Batch, decode_batch
from matching.engine import Engine
from matching.events import Event

OnBatch = Callable[[int, Batch], None]


class Divergence(msgspec.Struct, frozen=True):
    """The first place where commands no longer yield what they yielded when they were written.

    Events are checksummed per batch: `command` is the number of the one that failed, or of the
    first one of the batch.
    """

    batch: int
    command: int
    problem: str

    def describe(self) -> str:
        return f"batch {self.batch}, command {self.command}: {self.problem}"


class Report(msgspec.Struct, frozen=True):
    """What `verify` found. Both hashes are 0 where there was nothing to compare."""

    batches: int
    commands: int
    events: int
    state_hash: int
    hashes_compared: int
    divergence: Divergence | None = None


def decode(number: int, payload: bytes) -> Batch:
    """One batch. Raises JournalError if the payload is not what this version writes."""
    try:
        return decode_batch(payload)
    except msgspec.DecodeError as error:
        raise JournalError(
            f"batch {number} is intact but cannot be decoded: {error}; "
            "use the version of the venue that wrote it"
        ) from error


def fold(batches: Iterable[tuple[int, bytes]], on_batch: OnBatch) -> int:
    """Hand every batch, decoded, to `on_batch`, oldest first; returns how many there were.

    `batches` is what `SequencedLog.read` gives. Raises JournalError.
    """
    count = 0
    for number, payload in batches:
        on_batch(number, decode(number, payload))
        count += 1
    return count


def verify(batches: Iterable[tuple[int, bytes]]) -> Report:
    """Apply all commands from the first batch on to a fresh engine and compare what comes out.

    Compared per batch: the number of its first command, the chained checksum of its events and,
    where the batch has one, the engine's state hash. Stops at the first difference. Raises
    JournalError.
    """
    checker = _Checker()
    for number, payload in batches:
        divergence = checker.check(number, decode(number, payload))
        if divergence is not None:
            return checker.report(divergence)
    return checker.report(None)


class _Checker:
    """An engine beside a journal."""

    def __init__(self) -> None:
        self._engine = Engine()
        self._batches = 0
        self._next_seq = 1
        self._events = 0
        self._events_crc = 0
        self._now_ns = 0
        self._hashes = 0

    def check(self, number: int, batch: Batch) -> Divergence | None:
        first_seq = self._next_seq
        if batch.first_seq != first_seq:
            problem = f"expected command number {first_seq}, found {batch.first_seq}"
            return Divergence(number, first_seq, problem)
        if batch.now_ns < self._now_ns:
            problem = f"expected a time of at least {self._now_ns}, found {batch.now_ns}"
            return Divergence(number, first_seq, problem)
        self._now_ns = batch.now_ns
        events: list[Event] = []
        for command in batch.commands:
            try:
                events += self._engine.apply(command, batch.now_ns)
            except Exception as error:  # Whatever fails is the finding, not an end of the check.
                return Divergence(number, self._next_seq, f"{command!r} failed: {error!r}")
            self._next_seq += 1
        self._batches += 1
        self._events += len(events)
        self._events_crc = chain_events_crc(events, self._events_crc)
        if self._events_crc != batch.events_crc:
            problem = f"expected events crc {batch.events_crc:08x}, found {self._events_crc:08x}"
            return Divergence(number, first_seq, problem)
        if batch.state_hash:
            self._hashes += 1
            found = self._engine.state_hash()
            if found != batch.state_hash:
                problem = f"expected state hash {batch.state_hash:x}, found {found:x}"
                return Divergence(number, first_seq, problem)
        return None

    def report(self, divergence: Divergence | None) -> Report:
        return Report(
            self._batches,
            self._next_seq - 1,
            self._events,
            self._engine.state_hash() if divergence is None else 0,
            self._hashes,
            divergence,
        )
