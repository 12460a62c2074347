"""`venue demo` as a newcomer sees it: one command, a browser, every instrument trading."""

import contextlib
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.dashboards.dashboard_process import DashboardPage
from tests.interop.browser import Browser
from tests.interop.venue_process import free_port_base
from tests.needs import require, require_tool


def wait_until_served(url: str) -> None:
    """The demo is READY before its dashboard is."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"{url} is not served")


@pytest.mark.interop
@pytest.mark.timeout(180)
def test_the_demo_is_alive_in_a_browser(tmp_path: Path) -> None:
    require("streamlit")
    require_tool("chromium")
    base = free_port_base()
    with (tmp_path / "demo.log").open("w") as log:
        demo = subprocess.Popen(
            [sys.executable, "-m", "gateway", "demo", "--port-base", str(base)],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert demo.stdout is not None
        assert demo.stdout.readline().startswith(f"READY fix=127.0.0.1:{base} ")
        wait_until_served(f"http://127.0.0.1:{base + 6}")
        with Browser(tmp_path, width=1280, height=800) as browser:
            page = DashboardPage(browser, f"http://127.0.0.1:{base + 6}")
            for symbol in ("AAPL", "MSFT", "TSLA"):
                page.wait_for(f"page.querySelector('[role=tab][value={symbol}]')")
                page.click(f"[role=tab][value={symbol}]")
                page.wait_for("page.dataset.connection === 'live'")
                page.wait_for("page.querySelectorAll('.bids .price').length >= 5")
                page.wait_for("page.querySelector('.prints .price').textContent")
            wires = {row[0] for row in page.rows(".sessions tbody tr")}
    finally:
        demo.send_signal(signal.SIGINT)
        code = demo.wait(20)
    assert wires == {"fix", "ouch", "websocket"}
    assert code == 0, (tmp_path / "demo.log").read_text()
    assert "Traceback" not in (tmp_path / "demo.log").read_text()
