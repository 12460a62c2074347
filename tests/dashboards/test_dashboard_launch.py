"""`venue dashboard` as a command: what it refuses, how it starts and how it ends."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dashboards.launch import SERVER_OPTIONS
from tests.dashboards.dashboard_process import ROOT, DashboardProcess
from tests.needs import require


def _venue(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gateway", "dashboard", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_a_port_in_use_is_refused_by_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = _venue("--port", str(port))
    expected = f"venue: dashboard cannot listen on 127.0.0.1:{port}: Address already in use\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)


def test_an_address_that_is_no_websocket_is_refused() -> None:
    done = _venue("--ws", "http://127.0.0.1:9882")
    assert (done.returncode, done.stdout) == (2, "")
    assert "expected ws:// or wss://, received http://127.0.0.1:9882" in done.stderr


def test_the_launcher_imports_streamlit_only_to_run() -> None:
    script = "import sys, dashboards.launch; print('streamlit' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_streamlit_knows_every_option_it_is_given() -> None:
    require("streamlit")
    from streamlit import config

    known = config.get_config_options()
    assert {name for name in SERVER_OPTIONS if name not in known} == set()


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_exit_code_0_and_an_empty_stdout(
    tmp_path: Path, signal_number: signal.Signals
) -> None:
    require("streamlit")
    with DashboardProcess(tmp_path, "ws://127.0.0.1:9") as dashboard:
        assert dashboard.end(signal_number) == 0
        assert dashboard.stdout == ""
        assert dashboard.log.splitlines()[0] == f"dashboard {dashboard.url}"
