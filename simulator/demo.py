"""`venue demo`: venue, participants and dashboard together; both servers are child processes.

stdout has the venue's READY line and nothing else.
"""

import asyncio
import contextlib
import importlib.util
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.serve import set_up_logging
from gateway.config import PORT_NAMES, Listen
from simulator.simulate import NoVenue, choose_wires, find_ports, make_world, stop_on_signals
from simulator.world import RATE_DEFAULT

READY_SECONDS = 60
"""A long journal takes its time to recover."""
STOP_SECONDS = 2.5
"""After SIGTERM, until SIGKILL; participants had theirs before, all within the promised five."""
HOST = Listen().host

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def demo(
    seconds: Annotated[float | None, typer.Option(min=0.0, help="End by itself.")] = None,
    dashboard: Annotated[bool, typer.Option(help="The Streamlit page too.")] = True,
    port_base: Annotated[
        int | None, typer.Option(min=0, help="As of serve: ports N, N+1, ...; 0: any free ports.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Keep the journal there; without it, it is thrown away.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same decisions.")] = 1,
    rate: Annotated[
        float, typer.Option(min=0.1, help="Orders a second, of everybody together.")
    ] = RATE_DEFAULT,
) -> None:
    """The whole exchange with people in it, until Ctrl-C or --seconds."""
    set_up_logging()
    with tempfile.TemporaryDirectory(prefix="venue-demo-") as folder:
        run = Demo(Path(folder), data_dir, port_base)
        raise typer.Exit(asyncio.run(run.run(seconds, dashboard, seed, rate)))


class Child:
    """A process of ours that ends when the demo does."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.exited = asyncio.ensure_future(process.wait())

    @classmethod
    async def start(cls, *arguments: str) -> "Child":
        """`python -m gateway` with these arguments.

        In a session of its own: Ctrl-C in the terminal is for the demo, which ends its children in
        their order.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "gateway",
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        return cls(process)

    async def first_line(self) -> str:
        """What it says first on stdout; empty when it ends without."""
        assert self._process.stdout is not None
        return (await self._process.stdout.readline()).decode()

    async def stop(self) -> int:
        """SIGTERM, then SIGKILL; returns the exit code."""
        self._signal(signal.SIGTERM)
        await asyncio.wait([self.exited], timeout=STOP_SECONDS)
        self._signal(signal.SIGKILL)
        # As a shell says it: killed by signal n is 128 + n.
        code = await self.exited
        return code if code >= 0 else 128 - code

    def _signal(self, signum: signal.Signals) -> None:
        # Not by Process.terminate: that looks whether the process has ended, and so takes the exit
        # code away from the one who waits for it.
        if not self.exited.done():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signum)


class Demo:
    """One demo: its folder, its processes, its end."""

    def __init__(self, folder: Path, data_dir: Path | None, port_base: int | None) -> None:
        self._data_dir = data_dir or folder / "journal"
        self._ports_file = folder / "ports.json"
        self._port_base = port_base

    async def run(self, seconds: float | None, dashboard: bool, seed: int, rate: float) -> int:
        """Until a signal, `seconds`, or the end of the venue; returns the exit code."""
        stop = stop_on_signals()
        venue = await Child.start(*self._serve_arguments())
        servers = [venue]
        done = False
        try:
            if await self._wait_until_ready(venue, stop):
                ports = find_ports(self._ports_file, None)
                page = await self._start_dashboard(ports) if dashboard else None
                if page is not None:
                    servers.append(page)
                if "http" in ports:
                    print(f"page      http://{HOST}:{ports['http']}", file=sys.stderr)
                done = await self._trade(venue, stop, ports, (seconds, seed, rate))
        finally:
            code, *_ = await asyncio.gather(*(server.stop() for server in servers))
        return code or int(not done and not stop.is_set())

    async def _trade(
        self,
        venue: Child,
        stop: asyncio.Event,
        ports: Mapping[str, int],
        pace: tuple[float | None, int, float],
    ) -> bool:
        """Trade until it is over; False when it could not begin."""
        seconds, seed, rate = pace
        try:
            world = await make_world(HOST, ports, choose_wires("mix", ports), seed, rate)
        except NoVenue as error:
            print(f"venue: demo: {error}", file=sys.stderr)
            return False
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, stop.set)
        venue.exited.add_done_callback(lambda _: stop.set())
        await world.run(stop)
        print("\n".join(world.summary()), file=sys.stderr)
        if venue.exited.done():
            print("venue: demo: the venue ended by itself", file=sys.stderr)
        return True

    def _serve_arguments(self) -> list[str]:
        arguments = ["serve", "--ports-file", str(self._ports_file)]
        arguments += ["--data-dir", str(self._data_dir)]
        if self._port_base is not None:
            arguments += ["--port-base", str(self._port_base)]
        return arguments

    async def _wait_until_ready(self, venue: Child, stop: asyncio.Event) -> bool:
        """Pass the READY line on; False when there is none."""
        line = asyncio.ensure_future(venue.first_line())
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait(
            [line, stopped], timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        stopped.cancel()
        if not line.done() or not line.result():
            line.cancel()
            return False
        print(line.result(), end="", flush=True)
        return True

    async def _start_dashboard(self, ports: Mapping[str, int]) -> Child | None:
        """The page on port-base + 6, 8501 by default; None when it cannot be had."""
        if importlib.util.find_spec("streamlit") is None:
            print("dashboard: not there: pip install 'venue[ui]'", file=sys.stderr)
            return None
        port = Listen().dashboard
        if self._port_base is not None:
            port = self._port_base + PORT_NAMES.index("dashboard") if self._port_base else 0
        arguments = ["dashboard", "--port", str(port), "--ws", f"ws://{HOST}:{ports['ws']}"]
        http = f"http://{HOST}:{ports['http']}" if "http" in ports else ""
        return await Child.start(*arguments, "--http", http)
