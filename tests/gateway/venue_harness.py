"""A whole venue without sockets: literal times, clients on the other end of in-memory pipes.

One call is one tick unless a test opens its own with `tick`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from gateway.config import Config
from gateway.credentials import ConfiguredCredentials
from gateway.desk import Desk
from gateway.journal.log import MemoryLog
from gateway.journal.records import Batch, decode_batch
from gateway.sessions import Connection
from gateway.venue import Venue
from matching.commands import AddInstrument, Command, StartOfDay
from matching.events import Event

TRADING_DATE = 20240102
MIDNIGHT_NS = 1_704_153_600_000_000_000
"""2024-01-02T00:00:00Z."""
OPENING_NS = MIDNIGHT_NS + 34_200_000_000_000
"""09:30 of that day."""


class Pipe:
    """One client connection: what the venue sent into it, and whether it closed it."""

    def __init__(self, harness: "VenueHarness", connection: Connection) -> None:
        self._harness = harness
        self.connection = connection
        self.frames: list[bytes] = []

    @property
    def closed(self) -> str | None:
        """Why the venue ended the connection; None while it lives."""
        return self.connection.close_reason

    def send(self, data: bytes) -> None:
        """One read of the venue."""
        harness = self._harness
        with harness.tick():
            harness.venue.received(self.connection, data)

    def hang_up(self) -> None:
        """The transport is gone."""
        with self._harness.tick():
            self._harness.venue.disconnected(self.connection, "closed by the peer")

    def take_frames(self) -> list[bytes]:
        """What arrived since the last call."""
        frames, self.frames = self.frames, []
        return frames


class VenueHarness:
    """A venue over a log in memory, its trading day open unless the log says otherwise."""

    def __init__(
        self,
        make_desks: Callable[[Venue], Mapping[bytes, Desk]],
        config: Config | None = None,
        log: MemoryLog | None = None,
        now_ns: int = OPENING_NS,
        prepare: Callable[[Venue], None] = lambda venue: None,
    ) -> None:
        """`prepare` has each new venue before it recovers, as those who watch it do."""
        self.config = config or Config()
        self.log = log or MemoryLog()
        self.now_ns = now_ns
        self.remarks: list[str] = []
        self._make_desks = make_desks
        self._prepare = prepare
        self._pipes: dict[int, Pipe] = {}
        self._depth = 0
        self._up = False
        self.venue = Venue(
            self.log, ConfiguredCredentials(self.config), make_desks, self.remarks.append
        )
        prepare(self.venue)
        recovered = self.venue.recover()
        with self.tick():
            self.venue.started("test", b"")
            self.venue.expire()
            if not recovered:
                for instrument in self.config.instruments:
                    self.venue.controlled(AddInstrument(instrument))
                self.venue.controlled(StartOfDay(TRADING_DATE, MIDNIGHT_NS))
        self._up = True

    def restart(self) -> "VenueHarness":
        """A venue recovered from the same log, as after kill -9."""
        return VenueHarness(
            self._make_desks, self.config, self.log, self.now_ns, prepare=self._prepare
        )

    @contextmanager
    def tick(self) -> Iterator[None]:
        """Everything inside is one tick; then it is committed and its bytes arrive."""
        self.venue.begin(self.now_ns)
        if self._up and not self._depth:
            self.venue.expire()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        if self._depth == 0:
            self.venue.commit()
            self._release()

    def connect(self, wire: bytes, peer: str = "test") -> Pipe:
        with self.tick():
            venue = self.venue
            connection = venue.connected(venue.next_connection_id, wire, peer)
            pipe = Pipe(self, connection)
            self._pipes[connection.connection_id] = pipe
        return pipe

    def control(self, *commands: Command) -> list[Event]:
        """Commands of the operator, in one tick."""
        events: list[Event] = []
        with self.tick():
            for command in commands:
                events += self.venue.controlled(command)
        return events

    def settle(self) -> None:
        """Let running resends and long answers go on to their end, a slice a tick."""
        while self._running:
            with self.tick():
                for connection in self._running:
                    self.venue.proceed(connection)

    def advance(self, duration_ns: int) -> None:
        """Time goes by, orders expire and deadlines fire, one a tick, in their order."""
        until_ns = self.now_ns + duration_ns
        while due := [
            (deadline_ns, number)
            for number, deadline_ns in self._deadlines()
            if deadline_ns <= until_ns
        ]:
            deadline_ns, number = min(due)
            self.now_ns = max(self.now_ns, deadline_ns)
            with self.tick():
                if number:
                    self.venue.timer_fired(self.venue.connections[number])
        self.now_ns = until_ns

    def _deadlines(self) -> Iterator[tuple[int, int]]:
        """Of connections by their number, and under 0 the next expiry of an order."""
        if self.venue.engine.next_expiry_ns:
            yield 0, self.venue.engine.next_expiry_ns
        for number, connection in self.venue.connections.items():
            if connection.deadline_ns is not None:
                yield number, connection.deadline_ns

    def batches(self) -> list[Batch]:
        """What the log holds."""
        return [decode_batch(payload) for _, payload in self.log.read(1)]

    def _release(self) -> None:
        """What the asyncio shell does after a commit."""
        self._running: list[Connection] = []
        for connection in self.venue.take_released():
            if self.venue.resend(connection):
                self._running.append(connection)
            pipe = self._pipes.get(connection.connection_id)
            if pipe is not None:
                pipe.frames += connection.session.data_to_send()
