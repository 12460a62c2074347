"""A venue as a person starts it: a process, its READY line, its ports; killed and started again."""

import json
import os
import random
import selectors
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 30
STOPPED_WITHIN_S = 30
OFFSETS = 7
"""A venue uses port-base to port-base + 6, the dashboard's included."""


def free_port_base(host: str = "127.0.0.1") -> int:
    """A block of free ports below the range from which systems take client ports.

    A restarted venue needs the ports of the one before, so no stranger may get them meanwhile.
    """
    while True:
        base = random.randrange(20_000, 30_000)
        taken = []
        try:
            for port in range(base, base + OFFSETS):
                listener = socket.socket()
                taken.append(listener)
                listener.bind((host, port))
        except OSError:
            continue
        finally:
            for listener in taken:
                listener.close()
        return base


class VenueProcess:
    """`venue serve` on one data directory and one block of ports, over any number of lives."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        port_base: int | None = None,
        module: str = "gateway",
    ) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.ports: dict[str, int] = {}
        self.ready_line = ""
        self._port_base = free_port_base() if port_base is None else port_base
        self._arguments = arguments
        self.module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._lives = 0

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What all lives wrote to stderr."""
        files = sorted(self.folder.glob("stderr-*.txt"))
        return "".join(f"--- {file.name}\n{file.read_text(errors='replace')}" for file in files)

    def start(self) -> None:
        """Start and wait for the READY line, which must be the first line of stdout."""
        assert self._process is None
        self._lives += 1
        ports_file = self.folder / "ports.json"
        ports_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", self.module, "serve", "--port-base", str(self._port_base)]
        command += ["--ports-file", str(ports_file), "--data-dir", str(self.data_dir)]
        with (self.folder / f"stderr-{self._lives}.txt").open("wb") as stderr:
            self._process = subprocess.Popen(
                [*command, *self._arguments],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        self.ready_line = self._first_line()
        if not self.ready_line.startswith("READY "):
            self.kill()
            raise AssertionError(f"expected READY, received {self.ready_line!r}\n{self.log}")
        found = json.loads(ports_file.read_text())
        self.ports = {name: value for name, value in found.items() if name != "host"}

    def kill(self) -> None:
        """SIGKILL: nothing in the process gets a last word."""
        if self._process is not None:
            self._process.kill()
            self._reap()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._reap()

    def ended(self) -> int:
        """The exit code of a venue that ends by itself."""
        return self._reap()

    def restart(self) -> None:
        """kill -9 and start again: same ports, same data."""
        self.kill()
        self.start()

    def _first_line(self) -> str:
        assert self._process is not None and self._process.stdout is not None
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n") and selector.select(READY_WITHIN_S):
                piece = os.read(self._process.stdout.fileno(), 4096)
                if not piece:
                    break
                line += piece
        return line.decode().rstrip("\n")

    def _reap(self) -> int:
        process, self._process = self._process, None
        assert process is not None
        try:
            return process.wait(STOPPED_WITHIN_S)
        finally:
            process.kill()
            assert process.stdout is not None
            process.stdout.close()
