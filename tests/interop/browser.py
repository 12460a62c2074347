"""Headless Chromium over its DevTools socket: open a page of this machine, wait, look, photograph.

Debian's `chromium`. Waiting is for a JavaScript condition, never for a time alone.
"""

import base64
import contextlib
import itertools
import json
import subprocess
import time
from pathlib import Path
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

from tests.needs import require_tool

STARTED_WITHIN_S = 30
POLL_S = 0.1
FRAME_BYTES_MAX = 64 * 1024 * 1024
"""A screenshot of a large page arrives as one message."""
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)


class Browser:
    """One Chromium with one page; a fresh profile each time."""

    def __init__(self, folder: Path, *, width: int = 1400, height: int = 900) -> None:
        self._profile = folder / "chromium-profile"
        self._log = folder / "chromium.txt"
        self._size = (width, height)
        self._numbers = itertools.count(1)
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        program = require_tool("chromium")
        size = f"--window-size={self._size[0]},{self._size[1]}"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [program, *FLAGS, size, f"--user-data-dir={self._profile}", "about:blank"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._open.callback(self._kill)
        try:
            self._socket = self._open.enter_context(self._connect())
            self._page = self._attach()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def open(self, url: str) -> None:
        """Start loading a page; wait for what matters on it with `wait_for`."""
        self._call("Page.navigate", url=url)

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression in the page; promises are awaited."""
        answer = self._call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise AssertionError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait_for(self, condition: str, *, within_s: float = 30) -> Any:
        """The value of an expression once it is truthy; fails with the text of the page."""
        end = time.monotonic() + within_s
        while not (value := self.evaluate(condition)):
            if time.monotonic() > end:
                raise AssertionError(f"{condition} not within {within_s} s; page: {self.text()}")
            time.sleep(POLL_S)
        return value

    def text(self) -> str:
        """What a person can read on the page."""
        return str(self.evaluate("document.body ? document.body.innerText : ''"))

    def dom(self) -> str:
        """The document as it is now, scripts having run."""
        return str(self.evaluate("document.documentElement.outerHTML"))

    def screenshot(self, path: Path) -> None:
        """Write the visible page as PNG."""
        answer = self._call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(answer["data"]))

    def _connect(self) -> contextlib.AbstractContextManager[ClientConnection]:
        port_file = self._profile / "DevToolsActivePort"
        end = time.monotonic() + STARTED_WITHIN_S
        while time.monotonic() < end and self._process.poll() is None:
            if port_file.exists() and len(found := port_file.read_text().split()) == 2:
                url = f"ws://127.0.0.1:{found[0]}{found[1]}"
                return connect(url, max_size=FRAME_BYTES_MAX, compression=None, proxy=None)
            time.sleep(POLL_S)
        raise AssertionError(f"chromium did not start: {self._log.read_text(errors='replace')}")

    def _attach(self) -> str:
        targets = self._call("Target.getTargets")["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        answer = self._call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        return str(answer["sessionId"])

    def _call(self, method: str, **parameters: object) -> dict[str, Any]:
        number = next(self._numbers)
        request: dict[str, object] = {"id": number, "method": method, "params": parameters}
        if not method.startswith("Target."):
            request["sessionId"] = self._page
        self._socket.send(json.dumps(request))
        while True:
            answer: dict[str, Any] = json.loads(self._socket.recv(timeout=STARTED_WITHIN_S))
            if answer.get("id") == number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait()
