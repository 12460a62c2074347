"""gateway.serve and gateway.listeners: ports, the opening tick, whole processes to their end."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from gateway.clock import RealClock
from gateway.config import Account, Config, Listen
from gateway.journal.log import MemoryLog
from gateway.journal.records import decode_batch
from gateway.listeners import Listeners, ready_line, write_ports_file
from gateway.order_entry.fix import FixDesk
from gateway.serve import StartError, open_day
from gateway.venue import Venue
from matching.commands import AddAccount, AddInstrument, EndOfDay, StartOfDay
from protocol.fix.stream import FixStream
from protocol.fix.version import FIX44
from tests.gateway.order_entry.fix_client import Fields, fields
from tests.gateway.socket_stage import SocketStage

ROOT = Path(__file__).parents[2]
DAY_NS = 86_400_000_000_000
MIDNIGHT_NS = 1_704_153_600_000_000_000
"""2024-01-02T00:00:00Z."""

# -- ports ----------------------------------------------------------------------------------------


def test_the_ready_line_names_each_port_with_its_scheme() -> None:
    ports = {"fix": 9878, "ouch42": 9879, "ws": 9882, "http": 9883}
    assert ready_line("127.0.0.1", ports) == (
        "READY fix=127.0.0.1:9878 ouch42=127.0.0.1:9879 "
        "ws=ws://127.0.0.1:9882 http=http://127.0.0.1:9883"
    )


def test_the_ports_file_is_complete_when_it_appears(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    path.write_text("of another life")
    write_ports_file(path, "127.0.0.1", {"fix": 1, "ws": 2})
    assert json.loads(path.read_text()) == {"host": "127.0.0.1", "fix": 1, "ws": 2}
    assert list(tmp_path.iterdir()) == [path]


def any_port(**ports: int) -> Config:
    free = dict.fromkeys(("fix", "ouch42", "ouch50", "ws"), 0)
    return Config(listen=Listen("127.0.0.1", **(free | ports)))


async def test_every_wire_listens_until_closed() -> None:
    stage = await SocketStage().open()
    listeners = Listeners(stage.shell, any_port(), stage.gate)
    await listeners.open()
    assert list(listeners.ports) == ["fix", "ouch42", "ouch50", "ws"]
    stage.port_number = listeners.ports["fix"]
    client = await stage.logged_on(b"ACME")
    listeners.close()
    await asyncio.sleep(0)
    with pytest.raises(ConnectionRefusedError):
        stage.client(b"LATE")
    # Open connections go on.
    client.send(b"1", "112=still here|")
    assert [message[112] for message in await client.read(1)] == ["still here"]
    await stage.close()


async def test_a_taken_port_is_named() -> None:
    stage = await SocketStage().open()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        listeners = Listeners(stage.shell, any_port(ws=number), stage.gate)
        with pytest.raises(OSError, match=f"port ws: cannot listen on 127.0.0.1:{number}: "):
            await listeners.open()
    listeners.close()
    await stage.close()


# -- the opening tick -----------------------------------------------------------------------------


def venue_on(log: MemoryLog, config: Config) -> Venue:
    def refuse_all(text: str) -> None:
        raise AssertionError(text)

    venue = Venue(
        log,
        None,  # type: ignore[arg-type]
        lambda venue: {b"fix": FixDesk(venue, config)},
        refuse_all,
    )
    venue.recover()
    return venue


def opened(log: MemoryLog, config: Config, now_ns: int) -> list[object]:
    """The commands of one opening tick."""
    venue = venue_on(log, config)
    before = log.next_batch
    open_day(venue, config, now_ns)
    assert log.next_batch == before + 1
    payload = log.payload(before)
    assert payload is not None
    return list(decode_batch(payload).commands)


def test_the_first_start_lists_opens_accounts_and_begins_the_day() -> None:
    config = Config(accounts=(Account("ACME", cancel_by_other_sessions=False),))
    commands = opened(MemoryLog(), config, MIDNIGHT_NS + 5)
    assert commands == [
        *(AddInstrument(instrument) for instrument in config.instruments),
        AddAccount(b"ACME", False),
        StartOfDay(20240102, MIDNIGHT_NS),
    ]


def test_a_start_on_the_same_day_changes_nothing_and_on_a_later_one_ends_the_old_day() -> None:
    log, config = MemoryLog(), Config()
    opened(log, config, MIDNIGHT_NS)
    assert opened(log, config, MIDNIGHT_NS + DAY_NS - 1) == []
    assert opened(log, config, MIDNIGHT_NS + DAY_NS) == [
        EndOfDay(),
        StartOfDay(20240103, MIDNIGHT_NS + DAY_NS),
    ]


def test_an_instrument_with_other_rules_than_in_the_journal_is_refused_by_name() -> None:
    log, config = MemoryLog(), Config()
    opened(log, config, MIDNIGHT_NS)
    first, *others = config.instruments
    changed = msgspec.structs.replace(first, tick_size=first.tick_size * 5)
    other = msgspec.structs.replace(config, instruments=(changed, *others))
    batches = log.next_batch
    with pytest.raises(StartError, match="instruments: AAPL has other rules than in the journal"):
        open_day(venue_on(log, other), other, MIDNIGHT_NS)
    assert log.next_batch == batches


# -- whole processes ------------------------------------------------------------------------------

WITHOUT_UVLOOP = (
    "import sys; sys.modules['uvloop'] = None; from gateway.__main__ import main; main()"
)
READY_WITHIN_S = 30
STOPPED_WITHIN_S = 20
"""The promise is 5 s; a busy test machine gets more."""

Start = Callable[..., "ServedVenue"]


class ServedVenue:
    """`venue serve` in a process of its own, without uvloop where asked."""

    def __init__(self, folder: Path, *arguments: str, uvloop: bool) -> None:
        how = ["-m", "gateway"] if uvloop else ["-c", WITHOUT_UVLOOP]
        self.process = subprocess.Popen(
            [sys.executable, *how, "serve", *arguments],
            cwd=folder,
            env={"PYTHONPATH": str(ROOT), "PATH": ""},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> dict[str, int]:
        """Wait for READY; the TCP ports by name."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("READY "), (line, self.process.communicate()[1])
        pairs = (item.partition("=") for item in line.split()[1:])
        return {name: int(address.rpartition(":")[2]) for name, _, address in pairs}

    def ended(self, within_s: float = READY_WITHIN_S) -> tuple[int, str]:
        """Exit code and what it wrote to stderr."""
        _, written = self.process.communicate(timeout=within_s)
        return self.process.returncode, written


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    venues: list[ServedVenue] = []

    def begin(*arguments: str, uvloop: bool = True) -> ServedVenue:
        venues.append(ServedVenue(tmp_path, *arguments, uvloop=uvloop))
        return venues[-1]

    yield begin
    for venue in venues:
        venue.process.kill()
        venue.process.communicate()


class BlockingClient:
    """A FIX client on a blocking socket."""

    def __init__(self, port: int, stream: FixStream) -> None:
        self.stream = stream
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=STOPPED_WITHIN_S)
        self.reader = self.sock.makefile("rb")

    def log_on(self) -> Fields:
        now_ns = RealClock().now_ns()
        self.sock.sendall(self.stream.write(b"A", b"98=0\x01108=30\x01", now_ns))
        return self.read()

    def read(self) -> Fields:
        """One message; {} at the end."""
        frame = b""
        while b"\x0110=" not in frame or not frame.endswith(b"\x01"):
            byte = self.reader.read(1)
            if not byte:
                assert not frame
                return {}
            frame += byte
        return fields(frame)


@pytest.mark.slow
@pytest.mark.parametrize("uvloop", [True, False], ids=["uvloop", "asyncio"])
def test_sigterm_says_goodbye_and_the_next_life_goes_on(start: Start, uvloop: bool) -> None:
    stream = FixStream(FIX44, sender_comp_id=b"ACME", target_comp_id=b"XVEN")
    for life in range(2):
        venue = start("--port-base", "0", uvloop=uvloop)
        client = BlockingClient(venue.ready()["fix"], stream)
        answer = client.log_on()
        assert (answer[35], answer[34]) == ("A", str(2 * life + 1))
        silent = socket.create_connection(client.sock.getpeername())
        began = time.monotonic()
        venue.process.send_signal(signal.SIGTERM)
        goodbye = client.read()
        assert (goodbye[35], goodbye[34], goodbye[58]) == (
            "5", str(2 * life + 2), "venue is shutting down",
        )  # fmt: skip
        assert client.read() == {}
        code, written = venue.ended(STOPPED_WITHIN_S)
        assert (code, time.monotonic() - began < STOPPED_WITHIN_S) == (0, True), written
        silent.close()


@pytest.mark.slow
def test_a_port_that_is_taken_ends_with_2_and_says_which(start: Start, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        (tmp_path / "venue.toml").write_text(
            f"[listen]\nfix = 0\nouch42 = {number}\nouch50 = 0\nws = 0\nhttp = 0\n"
        )
        code, written = start("--config", "venue.toml").ended()
    assert code == 2, written
    assert f"venue: port ouch42: cannot listen on 127.0.0.1:{number}: " in written


@pytest.mark.slow
def test_a_data_directory_of_another_venue_ends_with_74(start: Start) -> None:
    first = start("--port-base", "0", "--data-dir", "data")
    first.ready()
    code, written = start("--port-base", "0", "--data-dir", "data").ended()
    assert code == 74, written
    assert "venue: journal: " in written and "data" in written
    assert first.process.poll() is None


@pytest.mark.slow
def test_a_second_start_with_another_tick_size_is_refused_by_name(
    start: Start, tmp_path: Path
) -> None:
    config = '[[instruments]]\nsymbol = "AAPL"\ntick_size = "%s"\nreference_price = "187.00"\n'
    (tmp_path / "venue.toml").write_text(config % "0.01")
    first = start("--port-base", "0", "--config", "venue.toml")
    first.ready()
    first.process.send_signal(signal.SIGTERM)
    assert first.ended()[0] == 0
    (tmp_path / "venue.toml").write_text(config % "0.05")
    code, written = start("--port-base", "0", "--config", "venue.toml").ended()
    assert code == 2, written
    assert "venue: instruments: AAPL has other rules than in the journal" in written
