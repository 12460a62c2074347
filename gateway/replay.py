"""A journal driven through a fresh venue: same facts, same times, and what comes out compared.

Nothing waits: the recorded times are handed in. Each recorded batch must be produced again, number
for number and byte for byte; the first one that is not is the divergence."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest

import msgspec

from gateway.accounts import Verdict
from gateway.journal.log import JournalError, MemoryLog
from gateway.journal.records import (
    Announced,
    AnswerSliced,
    AuthResult,
    Batch,
    Connected,
    Controlled,
    Disconnected,
    Fact,
    FramesOut,
    MarketDataTold,
    PasswordChanged,
    Received,
    Renumbered,
    ResendSliced,
    SessionControlled,
    Started,
    TimerFired,
    decode_batch,
)
from gateway.sequencer import ApplyError
from gateway.venue import Venue

MakeVenue = Callable[[MemoryLog, bytes], Venue]
"""A venue over a log (recovered from it) with the configuration of a `Started` fact."""


class Divergence(msgspec.Struct, frozen=True):
    """Where the replay first differs: what the journal holds and what came out, None for
    nothing."""

    batch: int
    what: str
    expected: object
    actual: object


class Outcome(msgspec.Struct, frozen=True):
    """How a replay ended."""

    batches: int
    commands: int
    frames: int
    divergence: Divergence | None


class Replay:
    """One run of recorded batches through venues that remember only what the run itself wrote."""

    def __init__(self, make_venue: MakeVenue, memory_max: int = 1 << 40) -> None:
        self._make_venue = make_venue
        self._log = MemoryLog(memory_max)
        self._venue: Venue | None = None

    def run(self, batches: Iterable[tuple[int, bytes]]) -> Outcome:
        """Drive all batches or stop at the first divergence."""
        count = commands = frames = 0
        for number, payload in batches:
            recorded = decode_batch(payload)
            divergence = self._batch(number, recorded)
            if divergence is not None:
                return Outcome(count, commands, frames, divergence)
            count += 1
            commands += len(recorded.commands)
            frames += sum(len(run.frames) for run in recorded.frames)
        return Outcome(count, commands, frames, None)

    def _batch(self, number: int, recorded: Batch) -> Divergence | None:
        verdicts: dict[int, deque[Verdict]] = {}
        seals: dict[int, deque[bytes]] = {}
        for fact in recorded.facts:
            if isinstance(fact, AuthResult):
                verdict = Verdict(fact.account, fact.refusal, fact.answer)
                verdicts.setdefault(fact.connection_id, deque()).append(verdict)
            elif isinstance(fact, PasswordChanged):
                seals.setdefault(fact.session_id, deque()).append(fact.seal)
        for fact in recorded.facts:
            if isinstance(fact, Started):
                # A new process knew only what the journal told it.
                self._venue = self._make_venue(self._log, fact.configuration)
            venue = self._venue
            if venue is None:
                return Divergence(number, "first fact", "Started", fact)
            venue.recorded_verdicts = verdicts
            venue.recorded_seals = seals
            venue.begin(recorded.now_ns)
            try:
                drive(venue, fact)
            except ApplyError as error:
                return Divergence(number, "fact", fact, str(error))
        if self._venue is None:
            return Divergence(number, "first fact", "Started", None)
        if recorded.state_hash:
            self._venue.sequencer.checkpoint()
        return first_difference(number, recorded, self._produce(self._venue, number))

    def _produce(self, venue: Venue, number: int) -> Batch:
        """End the tick. What a shell would send is dropped: peers are recordings."""
        sequencer = venue.sequencer
        happened = venue.commit()
        for connection in venue.take_released():
            connection.session.data_to_send()
        if happened is None:
            return Batch(venue.now_ns, sequencer.next_seq, [], [], [], [], sequencer.events_crc)
        payload = self._log.payload(self._log.next_batch - 1)
        if payload is None:
            raise JournalError(f"replay of batch {number}: its own log no longer holds it")
        return decode_batch(payload)


def drive(venue: Venue, fact: Fact) -> None:
    """Let a recorded fact happen again. Facts of connections that are already gone have no
    effect."""
    if isinstance(fact, Started):
        venue.started(fact.version, fact.configuration)
    elif isinstance(fact, Connected):
        venue.connected(fact.connection_id, fact.wire.encode(), fact.peer)
    elif isinstance(fact, Controlled):
        venue.controlled(fact.command)
    elif isinstance(fact, Announced):
        venue.announced(fact.headline, fact.text)
    elif isinstance(fact, Renumbered):
        session = venue.directory.sessions[fact.session_id]
        venue.renumbered(session, fact.next_in, fact.next_out)
    elif isinstance(fact, AuthResult | PasswordChanged):
        return
    else:
        connection = venue.connections.get(fact.connection_id)
        if connection is None:
            return
        if isinstance(fact, Received):
            venue.received(connection, fact.data)
        elif isinstance(fact, ResendSliced):
            venue.resend(connection)
        elif isinstance(fact, AnswerSliced):
            venue.proceed(connection)
        elif isinstance(fact, MarketDataTold):
            venue.tell(connection)
        elif isinstance(fact, TimerFired):
            venue.timer_fired(connection)
        elif isinstance(fact, Disconnected):
            venue.disconnected(connection, fact.cause, fact.unsent_bytes)
        elif isinstance(fact, SessionControlled):
            venue.shut(connection, fact.text)


def first_difference(number: int, recorded: Batch, produced: Batch) -> Divergence | None:
    """The first frame that differs, else the first command, fact or number that does."""
    pairs: tuple[tuple[str, Sequence[object], Sequence[object]], ...] = (
        ("frame", _frames(recorded.frames), _frames(produced.frames)),
        ("command", recorded.commands, produced.commands),
        ("fact", _noted(recorded.facts), _noted(produced.facts)),
        ("session numbers", recorded.numbers, produced.numbers),
        ("events checksum", [recorded.events_crc], [produced.events_crc]),
        ("state hash", [recorded.state_hash], [produced.state_hash]),
    )
    for what, expected, actual in pairs:
        for one, other in zip_longest(expected, actual):
            if one != other:
                return Divergence(number, what, one, other)
    return None


def _noted(facts: Sequence[Fact]) -> list[Fact]:
    """What happened, but for the bytes of reads: where garbage ends may be known only from what was
    read behind it, so that a replay takes the same bytes in other portions."""
    return [fact for fact in facts if not isinstance(fact, Received)]


def _frames(runs: list[FramesOut]) -> list[object]:
    """Every frame, of a derived one length and CRC-32, with the session and number it went out
    under."""
    frames: list[object] = []
    for run in runs:
        derived = iter(run.derived)
        for number, frame in enumerate(run.frames, run.first_number):
            frames.append((run.session_id, number, frame or next(derived)))
    return frames
