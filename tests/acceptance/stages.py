"""Where conformance scripts are played: a venue in memory, or any acceptor over TCP.

In memory time is a number that only ADVANCE moves, so timers cost nothing and nothing is a race.
"""

import contextlib
import re
import select
import socket
import time
from typing import Any

import msgspec

from gateway.config import Config, Fix, FixSession
from gateway.order_entry.fix import FixDesk
from gateway.sessions import Connection
from protocol.fix.stream import FixStream
from protocol.fix.version import Version
from tests.acceptance.script import CLIENT, OTHER, VENUE, Script
from tests.gateway.venue_harness import OPENING_NS, Pipe, VenueHarness

NS_PER_S = 1_000_000_000
PATIENCE_S = 5.0
"""How long an acceptor over TCP may take to say something."""
QUIET_S = 0.2
"""How long it has to say nothing to be silent."""


def configuration(script: Script, version: Version) -> Config:
    """A venue for one script: its session, and one of another account."""
    return Config(
        fix=Fix(
            allow_unknown_sessions=False,
            sessions=(
                _session(version, CLIENT, script.session),
                _session(version, OTHER, script.other),
            ),
        )
    )


def _session(version: Version, client: str, keys: dict[str, Any]) -> FixSession:
    named = {
        "begin_string": version.begin_string.decode(),
        "sender_comp_id": VENUE,
        "target_comp_id": client,
        "account": client,
    }
    if version.appl_ver_id:
        named["default_appl_ver_id"] = version.appl_ver_id.decode()
    return msgspec.convert(named | keys, FixSession)


class InMemory:
    """A venue of this process over a log in memory."""

    def __init__(self, script: Script, version: Version) -> None:
        config = configuration(script, version)
        self._version = version
        self._pipes: dict[int, Pipe] = {}
        self._harness = VenueHarness(lambda venue: {b"fix": FixDesk(venue, config)}, config)

    def now_ns(self) -> int:
        return self._harness.now_ns

    def connect(self, connection: int) -> None:
        self._pipes[connection] = self._harness.connect(b"fix")

    def send(self, connection: int, data: bytes) -> None:
        self._pipes[connection].send(data)
        self._harness.settle()

    def receive(self, connection: int) -> bytes | None:
        pipe = self._pipes.get(connection)
        return pipe.frames.pop(0) if pipe is not None and pipe.frames else None

    quiet = receive
    """Nothing has to be waited for: what the venue has to say is here at once."""

    def closed(self, connection: int) -> bool:
        pipe = self._pipes[connection]
        return pipe.closed is not None and not pipe.frames

    def cut(self, connection: int) -> None:
        self._pipes[connection].hang_up()

    def advance(self, seconds: float) -> None:
        """To the target, stopping at every deadline on the way, as a clock does."""
        harness = self._harness
        until = harness.now_ns + round(seconds * NS_PER_S)
        while True:
            due = [
                (deadline, connection)
                for connection in list(harness.venue.connections.values())
                if (deadline := _deadline_ns(connection)) is not None and deadline <= until
            ]
            if not due:
                break
            deadline, connection = min(due, key=lambda pair: pair[0])
            harness.now_ns = max(harness.now_ns, deadline)
            with harness.tick():
                harness.venue.timer_fired(connection)
            harness.settle()
        harness.now_ns = until

    def restart(self) -> None:
        self._harness = self._harness.restart()
        self._pipes.clear()

    def logout(self, connection: int, text: str) -> None:
        with self._harness.tick():
            self._harness.venue.shut(self._pipes[connection].connection, text)

    def numbers(self, connection: int) -> tuple[int, int]:
        key = (self._version.begin_string, CLIENT.encode(), VENUE.encode())
        for session in self._harness.venue.directory.sessions.values():
            if session.key == key:
                stream = session.stream
                assert isinstance(stream, FixStream)
                return stream.expected_msg_seq_num, stream.sent_log.next_number
        return 1, 1


class _Peer:
    """One TCP connection, cut into frames."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, PATIENCE_S)
        self.buffer = b""
        self.ended = False

    def frame(self, patience_s: float) -> bytes | None:
        """The next whole frame, waited for that long."""
        until = time.monotonic() + patience_s
        while True:
            end = re.search(rb"\x0110=\d{3}\x01", self.buffer)
            if end is not None:
                frame, self.buffer = self.buffer[: end.end()], self.buffer[end.end() :]
                return frame
            left = until - time.monotonic()
            if self.ended or left <= 0 or not select.select([self.socket], [], [], left)[0]:
                return None
            try:
                data = self.socket.recv(65_536)
            except ConnectionError:
                data = b""
            self.ended = not data
            self.buffer += data


class OverTcp:
    """Any acceptor that listens, with the machine's own clock. Its sessions have to be configured
    as the script says; what only the acceptor's process can do is out of reach."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._peers: dict[int, _Peer] = {}
        self._rested = False
        """Time has passed since we last said something: what was to come is here."""

    def now_ns(self) -> int:
        return time.time_ns()

    def connect(self, connection: int) -> None:
        self._peers[connection] = _Peer(self._address)

    def send(self, connection: int, data: bytes) -> None:
        self._rested = False
        with contextlib.suppress(ConnectionError):
            self._peers[connection].socket.sendall(data)

    def receive(self, connection: int) -> bytes | None:
        return self._peers[connection].frame(PATIENCE_S)

    def quiet(self, connection: int) -> bytes | None:
        return self._peers[connection].frame(0 if self._rested else QUIET_S)

    def closed(self, connection: int) -> bool:
        peer = self._peers[connection]
        peer.frame(0)
        return peer.ended and not peer.buffer

    def cut(self, connection: int) -> None:
        self._peers[connection].socket.close()

    def advance(self, seconds: float) -> None:
        time.sleep(seconds)
        self._rested = True

    def restart(self) -> None:
        raise NotImplementedError("only the acceptor's own process can be killed")

    def logout(self, connection: int, text: str) -> None:
        raise NotImplementedError("only the acceptor's own operator can log out")

    def numbers(self, connection: int) -> tuple[int, int] | None:
        return None

    def close(self) -> None:
        for peer in self._peers.values():
            peer.socket.close()


class Closing:
    """A server that closes every connection at once: whatever passes here proves nothing."""

    def __init__(self, *, closes: bool) -> None:
        self._closes = closes

    def now_ns(self) -> int:
        return OPENING_NS

    def connect(self, connection: int) -> None:
        pass

    def send(self, connection: int, data: bytes) -> None:
        pass

    def receive(self, connection: int) -> bytes | None:
        return None

    def quiet(self, connection: int) -> bytes | None:
        return None

    def closed(self, connection: int) -> bool:
        return self._closes

    def cut(self, connection: int) -> None:
        pass

    def advance(self, seconds: float) -> None:
        pass

    def restart(self) -> None:
        pass

    def logout(self, connection: int, text: str) -> None:
        pass

    def numbers(self, connection: int) -> tuple[int, int]:
        return 1, 1


def _deadline_ns(connection: Connection) -> int | None:
    """When time itself has something to do on this connection."""
    return getattr(connection, "deadline_ns", connection.session.deadline_ns)
