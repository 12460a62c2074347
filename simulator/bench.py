"""`venue bench`: a venue in a process of its own, driven over its real ports, beside a TCP echo.

Throughput: each connection keeps a window of orders outstanding; client and venue have a core each
where there are two. Round trip: one order in flight, both ends on one core, since the wake-up of a
second core costs more than the venue does. Every figure stands beside the same run against an echo.
"""

import asyncio
import contextlib
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from simulator.bench_orders import (
    echo_acks,
    echo_lane,
    fix_acks,
    fix_lane,
    ouch42_acks,
    ouch42_lane,
    ouch50_acks,
    ouch50_lane,
)
from simulator.load import CountAcks, Lane, flood, percentile, ping_pong

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Result = TypeVar("Result")

ROUND_TRIPS = 5_000

ECHO_SERVER = """
import asyncio
class Echo(asyncio.Protocol):
    def connection_made(self, transport): self.transport = transport
    def data_received(self, data): self.transport.write(data)
async def main():
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    print("ECHO", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
try:
    import uvloop
    uvloop.run(main())
except ImportError:
    asyncio.run(main())
"""
"""The floor: what sockets, loop and Python cost when the question is the answer."""


VENUE_WIRES: tuple[tuple[str, str, Callable[[int], Lane], Callable[[], CountAcks]], ...] = (
    ("FIX", "fix", fix_lane, fix_acks),
    ("OUCH 4.2", "ouch42", ouch42_lane, ouch42_acks),
    ("OUCH 5.0", "ouch50", ouch50_lane, ouch50_acks),
)
"""Name, port, what is sent and how its acknowledgements are counted."""


class BenchError(Exception):
    """A child did not start or hung up; the text ends with what it said."""


class Target(msgspec.Struct, frozen=True):
    """Something to drive: where it listens and the process whose CPU time counts."""

    name: str
    address: tuple[str, int]
    process: int
    count_reads: Callable[[], int]
    """Reads that delivered bytes to it so far."""
    make_lane: Callable[[int], Lane]
    make_counter: Callable[[], CountAcks]


class Row(msgspec.Struct, frozen=True):
    """What one round measured of one target."""

    rate: float
    orders_per_read: float
    cpu_us_per_order: float
    p50_us: float
    p99_us: float
    p999_us: float


def cpu_seconds(process: int) -> float:
    """User and system time of a process so far; 0 where /proc does not tell."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def venue_reads(http: str) -> int:
    """What the venue itself counts, from its metrics. Raises BenchError without such a line."""
    with urllib.request.urlopen(f"{http}/metrics", timeout=10) as answer:
        for line in answer.read().decode().splitlines():
            name, _, value = line.rpartition(" ")
            if name == "venue_reads_total":
                return int(float(value))
    raise BenchError("the venue's metrics have no venue_reads_total")


def pin(process: int, core: int) -> None:
    """Keep a process on one core, where the system has the call and that many cores."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > core:
        os.sched_setaffinity(process, {core})


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """One event loop for one measurement, of the kind the venue has."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    return uvloop.run(main)


@contextlib.contextmanager
def child(arguments: list[str], first_word: str, log: Path) -> Iterator[tuple[int, str]]:
    """A child process that has said its first line; it is ended with SIGTERM, later SIGKILL."""
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith(first_word):
            raise BenchError(f"no {first_word} line; it said: {log.read_text()[-2000:]}")
        yield process.pid, line
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def targets(folder: Path, durability: str) -> Iterator[list[Target]]:
    """An echo server and a venue on a journal in `folder`, both children of this process."""
    ports_file = folder / "ports.json"
    serve = ["-m", "gateway", "serve", "--port-base", "0", "--ports-file", str(ports_file)]
    serve += ["--data-dir", str(folder / "data"), "--durability", durability]
    with (
        child(["-c", ECHO_SERVER], "ECHO", folder / "echo.log") as (echo, line),
        child(serve, "READY", folder / "venue.log") as (venue, _),
    ):
        ports = json.loads(ports_file.read_bytes())
        host = ports["host"]

        def count_reads() -> int:
            return venue_reads(f"http://{host}:{ports['http']}")

        yield [
            Target("TCP echo", (host, int(line.split()[1])), echo, lambda: 0, echo_lane, echo_acks),
            *(
                Target(name, (host, ports[port]), venue, count_reads, make_lane, make_counter)
                for name, port, make_lane, make_counter in VENUE_WIRES
            ),
        ]


def measure(target: Target, connections: int, window: int, orders: int) -> Row:
    """One target's row: windowed throughput, then round trips one at a time."""
    share = max(1, orders // connections)
    pin(0, 1)
    pin(target.process, 0)
    lanes = [target.make_lane(share) for _ in range(connections)]
    reads = target.count_reads()
    cpu = cpu_seconds(target.process)
    flooded = run(flood(target.address, lanes, window, target.make_counter))
    cpu = cpu_seconds(target.process) - cpu
    reads = target.count_reads() - reads
    pin(0, 0)
    times = run(ping_pong(target.address, target.make_lane(ROUND_TRIPS), target.make_counter))
    return Row(
        flooded.rate,
        flooded.orders / reads if reads else 0.0,
        cpu / flooded.orders * 1e6,
        percentile(times, 0.5) / 1e3,
        percentile(times, 0.99) / 1e3,
        percentile(times, 0.999) / 1e3,
    )


def median(rows: list[Row]) -> Row:
    """Field by field."""
    columns = zip(*(msgspec.structs.astuple(row) for row in rows), strict=True)
    return Row(*(statistics.median(column) for column in columns))


def table(rows: dict[str, list[Row]], caption: str) -> Table:
    """The rows as people read them: medians over the rounds."""
    shown = Table(caption=caption, caption_justify="left")
    shown.add_column("")
    for heading in (
        "orders/s",
        "orders/read",
        "server CPU us/order",
        "round trip p50 us",
        "p99",
        "p99.9",
    ):
        shown.add_column(heading, justify="right")
    for name, measured in rows.items():
        row = median(measured)
        shown.add_row(
            name,
            f"{row.rate:,.0f}",
            f"{row.orders_per_read:.1f}" if row.orders_per_read else "-",
            f"{row.cpu_us_per_order:.1f}",
            f"{row.p50_us:.1f}",
            f"{row.p99_us:.1f}",
            f"{row.p999_us:.1f}",
        )
    return shown


@app.command()
def bench(
    connections: Annotated[int, typer.Option(min=1, help="Connections per wire.")] = 10,
    window: Annotated[int, typer.Option(min=1, help="Orders outstanding per connection.")] = 64,
    orders: Annotated[int, typer.Option(min=1, help="Orders per wire and round.")] = 200_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; medians are shown.")] = 3,
    durability: Annotated[str, typer.Option(help="none, process or disk.")] = "process",
) -> None:
    """Measure orders a second and round trips over FIX and both OUCH, beside a TCP echo."""
    folder = Path(tempfile.mkdtemp(prefix="venue-bench-"))
    rows: dict[str, list[Row]] = {}
    try:
        for _ in range(rounds):
            # A fresh venue each round: the wires are interleaved and every round starts empty.
            with targets(folder, durability) as driven:
                for target in driven:
                    row = measure(target, connections, window, orders)
                    rows.setdefault(target.name, []).append(row)
            shutil.rmtree(folder / "data")
    except (BenchError, OSError) as error:
        print(f"venue bench: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    caption = (
        f"{connections} connections, window {window}, {orders:,} orders a wire and round, "
        f"median of {rounds} rounds, durability {durability}, all session checks on, the ITCH "
        f"feed running; round trips with one order in flight, both ends on one core; "
        f"Python {platform.python_version()}, {os.cpu_count()} cores"
    )
    Console(width=110).print(table(rows, caption))
