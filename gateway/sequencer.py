"""The one writer: number, stamp, apply, route; and the tick as a transaction.

Input that is ready together is processed together, then one batch is written to the log, then, and
only then, may bytes leave. Between `begin` and `commit` nothing awaits.
"""

from collections.abc import Callable, Sequence

import msgspec

from gateway.journal.checks import chain_events_crc
from gateway.journal.log import JournalError, SequencedLog
from gateway.journal.records import Batch, Fact, FramesOut, SessionNumbers, encode_batch
from matching.commands import Command
from matching.engine import Engine
from matching.events import Event

Route = Callable[[Command, tuple[Event, ...], int, int], None]
"""`route(command, events, command_seq, now_ns)`."""


Remember = Callable[[Command, tuple[Event, ...], int], None]
"""`remember(command, events, now_ns)`; the sequencer's `next_seq` is the command's number."""


class ApplyError(Exception):
    """The engine or a report failed on a command: our bug. The tick is abandoned; exit code 70."""


class Tick(msgspec.Struct, frozen=True, gc=False):
    """What one committed tick did, for those who only watch."""

    now_ns: int
    first_seq: int
    commands: list[Command]
    events: list[Event]


class Sequencer:
    """Gives every command its number and every tick its time; writes the batch.

    `events` of the running tick are kept for the chained checksum and for watchers.
    """

    def __init__(self, engine: Engine, log: SequencedLog, route: Route) -> None:
        self.engine = engine
        self.log = log
        self.now_ns = 0
        self.next_seq = 1
        self.events_crc = 0
        self.bytes_written = 0
        """Payload bytes appended since the start."""
        self._route = route
        self._checkpoint = False
        self._facts: list[Fact] = []
        self._commands: list[Command] = []
        self._events: list[Event] = []

    def begin(self, now_ns: int) -> int:
        """Open a tick and return its time, which never goes back, not even over a restart."""
        if now_ns > self.now_ns:
            self.now_ns = now_ns
        return self.now_ns

    def note(self, fact: Fact) -> None:
        """Record what came from outside, in arrival order."""
        self._facts.append(fact)

    def submit(self, command: Command) -> tuple[Event, ...]:
        """Number, apply and route one command; its events are returned after they were routed.

        Raises ApplyError.
        """
        seq = self.next_seq
        try:
            events = self.engine.apply(command, self.now_ns)
            self._commands.append(command)
            self._events += events
            self.next_seq = seq + 1
            self._route(command, events, seq, self.now_ns)
        except Exception as error:
            raise ApplyError(f"command {seq} failed: {command!r}") from error
        return events

    @property
    def happened(self) -> Sequence[Event]:
        """The events of the open tick so far."""
        return self._events

    @property
    def batch_open(self) -> bool:
        """Something happened in this tick that the log must hold."""
        return bool(self._facts or self._commands or self._checkpoint)

    def checkpoint(self) -> None:
        """Let this tick's batch carry the engine's state hash: 1.4 s per million live orders, so
        only where trading pauses anyway."""
        self._checkpoint = True

    def commit(self, frames: list[FramesOut], numbers: list[SessionNumbers]) -> Tick:
        """Write the tick's batch; when this returns, its bytes may leave. Raises JournalError."""
        commands, events = self._commands, self._events
        first_seq = self.next_seq - len(commands)
        self.events_crc = chain_events_crc(events, self.events_crc)
        payload = encode_batch(
            Batch(
                self.now_ns,
                first_seq,
                self._facts,
                commands,
                frames,
                numbers,
                self.events_crc,
                self.engine.state_hash() if self._checkpoint else 0,
            )
        )
        self.log.append(payload)
        self.bytes_written += len(payload)
        self._facts, self._commands, self._events = [], [], []
        self._checkpoint = False
        return Tick(self.now_ns, first_seq, commands, events)

    def refold(self, number: int, batch: Batch, remember: Route) -> None:
        """Apply a recorded batch again, telling `remember` instead of any client.

        Raises JournalError when the commands yield other events than they did.
        """
        if batch.first_seq != self.next_seq:
            raise JournalError(
                f"journal batch {number}: first command expected {self.next_seq}, "
                f"found {batch.first_seq}; run `venue journal verify`"
            )
        happened: list[Event] = []
        for command in batch.commands:
            events = self.engine.apply(command, batch.now_ns)
            happened += events
            remember(command, events, self.next_seq, batch.now_ns)
            self.next_seq += 1
        self.events_crc = chain_events_crc(happened, self.events_crc)
        if batch.state_hash and batch.state_hash != self.engine.state_hash():
            raise JournalError(
                f"journal batch {number}: state hash expected {batch.state_hash:#018x}, "
                f"found {self.engine.state_hash():#018x}; run `venue journal verify`"
            )
        if self.events_crc != batch.events_crc:
            raise JournalError(
                f"journal batch {number}: events checksum expected {batch.events_crc:#010x}, "
                f"found {self.events_crc:#010x}; run `venue journal verify`"
            )
