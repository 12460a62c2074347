"""`venue dashboard` as a process of its own, and questions to its page in a browser."""

import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, Self

from tests.interop.browser import Browser

ROOT = Path(__file__).resolve().parent.parent.parent
STARTED_WITHIN_S = 40
ENDED_WITHIN_S = 10


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class DashboardProcess:
    """Started on entry and serving then; ended with SIGTERM."""

    def __init__(self, folder: Path, ws: str) -> None:
        self.port = free_port()
        self._ws = ws
        self._out = folder / "dashboard-stdout.txt"
        self._log = folder / "dashboard-stderr.txt"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        command = ("-m", "gateway", "dashboard", "--ws", self._ws, "--port", str(self.port))
        with self._out.open("wb") as out, self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, stdout=out, stderr=log
            )
        end = time.monotonic() + STARTED_WITHIN_S
        while not self._serves():
            if self.process.poll() is not None or time.monotonic() > end:
                self.process.kill()
                raise AssertionError(f"the dashboard did not start: {self.log}")
            time.sleep(0.1)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.end()

    def end(self, signal_number: int = signal.SIGTERM) -> int:
        """Signal it; its exit code."""
        self.process.send_signal(signal_number)
        try:
            return self.process.wait(ENDED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    @property
    def stdout(self) -> str:
        return self._out.read_text(errors="replace")

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def _serves(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


class DashboardPage:
    """What the component shows, read as a screen reader would: its tables and labels."""

    FIND = (
        "globalThis.dashboard = () => [...document.querySelectorAll('*')]"
        ".map(e => e.shadowRoot?.querySelector('.dashboard')).find(Boolean)"
    )

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser = browser
        browser.open(url)
        browser.wait_for("document.readyState === 'complete'")
        browser.evaluate(f"void ({self.FIND})")
        browser.wait_for("Boolean(dashboard())")

    def wait_for(self, condition: str) -> None:
        """`page` in the condition is the dashboard's outermost element."""
        self.browser.wait_for(f"(page => Boolean({condition}))(dashboard())")

    def ask(self, expression: str) -> Any:
        return self.browser.evaluate(f"(page => {expression})(dashboard())")

    def rows(self, selector: str) -> list[list[str]]:
        """The texts of the cells of every row that says something."""
        found: list[list[str]] = self.ask(
            f"[...page.querySelectorAll({selector!r})]"
            ".map(row => [...row.children].map(cell => cell.textContent))"
            ".filter(row => row.some(Boolean))"
        )
        return found

    def text(self, selector: str) -> str:
        return str(self.ask(f"page.querySelector({selector!r}).textContent"))

    def click(self, selector: str) -> None:
        self.ask(f"void page.querySelector({selector!r}).click()")
