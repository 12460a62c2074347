"""What the README tells people to type works as it stands there, but for the ports."""

import queue
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.interop.venue_process import VenueProcess
from tests.needs import require

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
ANSWERS = {
    "import simplefix": ("|35=A|", "|150=0|"),
    "import socket, struct\n": ("A  ", "S\\x00"),
    "import socket, struct as binary": ("b'A' b' ", "b'S' b'R\\x00\\x01"),
    "import json": ('"type":"logged_in"', '"type":"accepted"'),
}
"""First line of a snippet -> what it prints of the venue's answers."""
WITHIN_S = 30

pytestmark = pytest.mark.interop


def test_every_wire_has_a_snippet() -> None:
    assert [snippet.partition("\n")[0] for snippet in SNIPPETS] == [
        "import simplefix, socket",
        "import socket, struct",
        "import socket, struct as binary",
        "import json",
    ]


@pytest.mark.parametrize("first_line", ANSWERS)
def test_a_snippet_reaches_the_venue(venue: VenueProcess, tmp_path: Path, first_line: str) -> None:
    if first_line.startswith("import simplefix"):
        require("simplefix")
    (snippet,) = (one for one in SNIPPETS if one.startswith(first_line))
    for default, wire in (("9878", "fix"), ("9879", "ouch42"), ("9881", "itch"), ("9882", "ws")):
        snippet = snippet.replace(default, str(venue.ports[wire]))
    out = tmp_path / "out"
    with out.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-u", "-W", "ignore", "-c", snippet], stdout=file, stderr=file
        )
    missing: list[str] = list(ANSWERS[first_line])
    end = time.monotonic() + WITHIN_S
    while missing and time.monotonic() < end:
        time.sleep(0.05)
        printed = out.read_text()
        missing = [answer for answer in missing if answer not in printed]
    process.kill()
    process.wait()
    assert missing == [], out.read_text()


def test_the_quickfix_settings_log_on(venue: VenueProcess, tmp_path: Path) -> None:
    fix = require("quickfix")
    (settings,) = re.findall(r"```ini\n(.*?)```", README, re.DOTALL)
    settings = settings.replace("9878", str(venue.ports["fix"]))
    file = tmp_path / "client.cfg"
    file.write_text(settings.replace("FileStorePath=store", f"FileStorePath={tmp_path / 'store'}"))
    logons: queue.Queue[str] = queue.Queue()

    class Application(fix.Application):  # type: ignore[misc, name-defined]
        def onCreate(self, session_id: Any) -> None: ...
        def onLogon(self, session_id: Any) -> None:
            logons.put(session_id.toString())

        def onLogout(self, session_id: Any) -> None: ...
        def toAdmin(self, message: Any, session_id: Any) -> None: ...
        def fromAdmin(self, message: Any, session_id: Any) -> None: ...
        def toApp(self, message: Any, session_id: Any) -> None: ...
        def fromApp(self, message: Any, session_id: Any) -> None: ...

    read = fix.SessionSettings(str(file))
    application = Application()
    initiator = fix.SocketInitiator(application, fix.FileStoreFactory(read), read)
    initiator.start()
    try:
        assert logons.get(timeout=WITHIN_S) == "FIX.4.4:ME->XVEN"
    finally:
        initiator.stop()
