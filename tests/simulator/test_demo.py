"""`venue demo` as a person starts it: one READY line, trades everywhere, a clean end."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(
    r"READY fix=127\.0\.0\.1:\d+ ouch42=127\.0\.0\.1:\d+( \w+=127\.0\.0\.1:\d+)*"
    r" ws=ws://127\.0\.0\.1:\d+( http=http://127\.0\.0\.1:\d+)?\n"
)
SUMMARY = re.compile(r"^(\w+): (\d+) trades; executions: fix (\d+), ouch (\d+), ws (\d+)$", re.M)
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
STOPPED_WITHIN_S = 20
"""The promise is 5 s; a busy test machine gets more."""


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "gateway", "demo", "--no-dashboard", "--port-base", "0", *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(one) for one in listed.split()]


def running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_every_instrument_trades_over_every_wire_and_the_demo_ends_by_itself(
    tmp_path: Path,
) -> None:
    # A slow machine needs longer until every wire has traded every instrument.
    for seconds in ("5", "20", "80"):
        demo = start(tmp_path, "--seconds", seconds, "--rate", "120")
        out, err = demo.communicate(timeout=150)
        assert demo.returncode == 0, err
        assert READY.fullmatch(out), out
        assert "Traceback" not in err
        summary = {
            match[1]: [int(one) for one in match.groups()[1:]] for match in SUMMARY.finditer(err)
        }
        assert sorted(summary) == ["AAPL", "MSFT", "TSLA"], err
        if min(map(min, summary.values())) > 0:
            break
    assert min(map(min, summary.values())) > 0, err
    assert "refused" not in err
    assert "never logged on" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_signal_ends_everything_cleanly(tmp_path: Path, signum: signal.Signals) -> None:
    demo = start(tmp_path)
    assert demo.stdout is not None
    assert READY.fullmatch(demo.stdout.readline())
    venue_pids = children(demo.pid)
    assert len(venue_pids) == 1
    begun = time.monotonic()
    demo.send_signal(signum)
    _, err = demo.communicate(timeout=30)
    assert demo.returncode == 0, err
    assert time.monotonic() - begun < STOPPED_WITHIN_S
    assert "Traceback" not in err
    assert not any(running(pid) for pid in venue_pids)


def test_the_demo_ends_with_its_venue(tmp_path: Path) -> None:
    demo = start(tmp_path)
    assert demo.stdout is not None
    assert READY.fullmatch(demo.stdout.readline())
    [venue_pid] = children(demo.pid)
    os.kill(venue_pid, signal.SIGKILL)
    _, err = demo.communicate(timeout=30)
    assert demo.returncode == 128 + signal.SIGKILL, err
    assert "Traceback" not in err


def test_a_taken_port_ends_the_demo_with_the_reason(tmp_path: Path) -> None:
    first = start(tmp_path)
    assert first.stdout is not None
    ready = first.stdout.readline()
    port = re.search(r"fix=127\.0\.0\.1:(\d+)", ready)
    assert port, ready
    second = start(tmp_path, "--port-base", port[1])
    out, err = second.communicate(timeout=30)
    first.terminate()
    first.communicate(timeout=30)
    assert (second.returncode, out) == (2, ""), err
    assert "port fix" in err
    assert "Traceback" not in err
