"""A whole venue as `venue serve` builds it, without sockets: literal times, wires as clients."""

from collections.abc import Callable
from datetime import UTC, datetime

from gateway.config import Account, Config, Fix, FixSession
from gateway.credentials import ConfiguredCredentials
from gateway.journal.log import SequencedLog
from gateway.serve import make_desks, open_day
from gateway.sessions import Connection
from gateway.venue import Venue
from matching.commands import Command
from tests.crash.fix_wire import FixWire
from tests.crash.ledger import Record
from tests.crash.soup_wire import SoupWire
from tests.crash.websocket_wire import WebSocketWire

Wire = FixWire | SoupWire | WebSocketWire

SECOND_NS = 1_000_000_000
MILLISECOND_NS = 1_000_000
OPENING_NS = 1_767_605_400 * SECOND_NS
"""2026-01-05T09:30:00Z, a Monday."""

CONFIG = Config(
    accounts=(Account(name="ACME"), Account(name="ALONE", cancel_by_other_sessions=False)),
    fix=Fix(
        sessions=(
            FixSession(
                begin_string="FIX.4.4",
                sender_comp_id="XVEN",
                target_comp_id="SECURE",
                account="ACME",
                username="user",
                password="secret",
            ),
        )
    ),
)


class Client:
    """A wire and the connection that serves it, if any."""

    def __init__(self, stage: "Stage", wire: Wire) -> None:
        self.stage = stage
        self.wire = wire
        self.connection: Connection | None = None

    @property
    def connected(self) -> bool:
        return self.connection is not None and self.connection.close_reason is None

    def connect(self) -> None:
        """A new connection, and what the wire says first on it."""
        self.connection = self.stage.connect(self.wire.wire.encode())
        self.wire.open()
        self.flush()

    def flush(self) -> None:
        """What the wire has to say reaches the venue as one read."""
        while self.wire.out and self.connection is not None:
            data = bytes(self.wire.out)
            self.wire.out.clear()
            self.raw(data)

    def raw(self, data: bytes) -> None:
        assert self.connection is not None
        self.stage.read(self.connection, data)

    def hang_up(self) -> None:
        assert self.connection is not None
        self.stage.hang_up(self.connection)
        self.connection = None


class Stage:
    """One venue after the other on one log."""

    def __init__(self, log: SequencedLog, config: Config = CONFIG, now_ns: int = OPENING_NS):
        self.config = config
        self.now_ns = now_ns
        self.clients: list[Client] = []
        self.remarks: list[str] = []
        self.venue: Venue
        self.start(log)

    def start(self, log: SequencedLog) -> None:
        """A process begins: recovery, then the first tick."""
        self.log = log
        for client in self.clients:
            client.connection = None
        self.venue = Venue(
            log,
            ConfiguredCredentials(self.config),
            lambda venue: make_desks(venue, self.config),
            self.remarks.append,
        )
        self.venue.recover()
        open_day(self.venue, self.config, self.now_ns)

    def now(self) -> str:
        """SendingTime(52) of this moment."""
        seconds, rest = divmod(self.now_ns, SECOND_NS)
        text = f"{datetime.fromtimestamp(seconds, UTC):%Y%m%d-%H:%M:%S}"
        return f"{text}.{rest // MILLISECOND_NS:03d}"

    def fix(self, name: str, version: str = "FIX.4.4") -> Client:
        return self._client(FixWire(Record(name), name, version, self.now))

    def ouch(self, name: str) -> Client:
        return self._client(SoupWire(Record(name), name))

    def websocket(self, token: str) -> Client:
        return self._client(WebSocketWire(Record(token), token))

    def _client(self, wire: Wire) -> Client:
        client = Client(self, wire)
        self.clients.append(client)
        return client

    # -- ticks --------------------------------------------------------------------------------

    def tick(self, step: Callable[[], object]) -> None:
        """One tick a millisecond after the last one, and as many more as resends take."""
        self.now_ns += MILLISECOND_NS
        self.venue.begin(self.now_ns)
        self.venue.expire()
        step()
        self.venue.commit()
        self._release()

    def connect(self, wire: bytes) -> Connection:
        venue = self.venue
        connections: list[Connection] = []
        number = venue.next_connection_id
        peer = f"127.0.0.1:{50_000 + number}"
        self.tick(lambda: connections.append(venue.connected(number, wire, peer)))
        return connections[0]

    def read(self, connection: Connection, data: bytes) -> None:
        self.tick(lambda: self.venue.received(connection, data))

    def hang_up(self, connection: Connection) -> None:
        self.tick(lambda: self.venue.disconnected(connection, "closed by the peer"))

    def control(self, *commands: Command) -> None:
        self.tick(lambda: [self.venue.controlled(command) for command in commands])

    def shut(self) -> None:
        """SIGTERM."""

        def say_goodbye() -> None:
            for connection in list(self.venue.connections.values()):
                self.venue.shut(connection, "venue is shutting down")

        self.tick(say_goodbye)

    def wait(self, seconds: int) -> None:
        """Time goes by, second by second; clients stay silent, deadlines fire."""
        for _ in range(seconds):
            self.now_ns += SECOND_NS
            for connection in list(self.venue.connections.values()):
                deadline_ns = connection.deadline_ns
                if deadline_ns is not None and deadline_ns <= self.now_ns:
                    self.tick(lambda connection=connection: self.venue.timer_fired(connection))  # type: ignore[misc]

    def _release(self) -> None:
        """What the shell does after a commit; answers of the wires follow as later reads."""
        running = []
        for connection in self.venue.take_released():
            if self.venue.resend(connection):
                running.append(connection)
            data = b"".join(connection.session.data_to_send())
            for client in self.clients:
                if client.connection is connection and data:
                    list(client.wire.receive(data))
        if running:
            for connection in running:
                self.venue.wake(connection)
            self.tick(lambda: None)
        for client in self.clients:
            if client.connected:
                client.flush()
