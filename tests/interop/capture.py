"""What goes over loopback, captured by `dumpcap` and read by `tshark`, both Wireshark's."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tests.needs import require_tool

WITHIN_S = 60
_POLL_S = 0.05


class Traffic:
    """One port's packets in a file."""

    def __init__(self, file: Path, port: int) -> None:
        self.file = file
        self.port = port

    def read(self, *arguments: str) -> str:
        """The standard output of tshark, with the port's bytes taken for SoupBinTCP."""
        command = [require_tool("tshark"), "-r", str(self.file)]
        command += ["-d", f"tcp.port=={self.port},soupbintcp", *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=WITHIN_S, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def values(self, which: str, field: str) -> list[str]:
        """Every occurrence of `field` in the packets of the filter `which`, in order."""
        printed = self.read("-Y", which, "-T", "fields", "-e", field, "-E", "occurrence=a")
        return [value for line in printed.splitlines() for value in line.split(",") if value]


def may_capture() -> bool:
    """Whether this process has the right to capture what goes over loopback; root has it, but for
    in a container that was denied it."""
    dumpcap = shutil.which("dumpcap")
    command = [str(dumpcap), "-q", "-i", "lo", "-a", "duration:0", "-w", os.devnull]
    return (
        dumpcap is not None
        and subprocess.run(command, capture_output=True, timeout=WITHIN_S).returncode == 0
    )


class Capture(Traffic):
    """Everything sent between `__enter__` and `stop` is in the file."""

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder / "day.pcapng", port)
        self._stderr = folder / "dumpcap.txt"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        command = [require_tool("dumpcap"), "-q", "-i", "lo", "-f", f"tcp port {self.port}"]
        with self._stderr.open("wb") as stderr:
            self._process = subprocess.Popen(
                [*command, "-B", "64", "-w", str(self.file)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        self._wait(lambda: "File: " in self._stderr.read_text())
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(WITHIN_S)

    def stop(self, marker: bytes) -> None:
        """Once `marker`, the last that was sent, is in the file, nothing of which may lack."""
        self._wait(lambda: marker in self.file.read_bytes())
        assert self._process is not None
        self._process.terminate()
        assert self._process.wait(WITHIN_S) == 0
        said = self._stderr.read_text()
        found = re.search(r"received/dropped on interface .*: (\d+)/(\d+) ", said)
        assert found is not None and int(found[1]) > 0 and int(found[2]) == 0, said

    def _wait(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WITHIN_S
        while not done():
            assert self._process is not None
            if self._process.poll() is not None:
                raise AssertionError(self._stderr.read_text())
            assert time.monotonic() < deadline, self._stderr.read_text()
            time.sleep(_POLL_S)
