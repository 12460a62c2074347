"""`venue simulate` against a venue of its own process."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.interop.venue_process import VenueProcess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
TRADES = 200
TRADES_WITHIN_S = 60


def simulate(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "gateway", "simulate", *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_trades(venue: VenueProcess) -> None:
    """Until the venue's present life has seen TRADES."""
    end = time.monotonic() + TRADES_WITHIN_S
    while time.monotonic() < end:
        with urllib.request.urlopen(f"http://127.0.0.1:{venue.ports['http']}/metrics") as answer:
            found = re.search(rb"^venue_trades_total ([0-9.e+]+)$", answer.read(), re.M)
        if found is not None and float(found[1]) >= TRADES:
            return
        time.sleep(0.1)
    raise AssertionError(f"fewer than {TRADES} trades within {TRADES_WITHIN_S} s")


def test_participants_go_on_by_number_over_a_venue_killed_and_started_again(
    tmp_path: Path,
) -> None:
    venue = VenueProcess(tmp_path)
    venue.start()
    ports_file = str(tmp_path / "ports.json")
    people = simulate(tmp_path, "--ports-file", ports_file, "--rate", "200")
    try:
        for _ in range(2):
            # They trade, so that the kill finds requests on their way.
            wait_for_trades(venue)
            venue.restart()
        wait_for_trades(venue)
        people.terminate()
        _, err = people.communicate(timeout=60)
    finally:
        people.kill()
        venue.stop()
    assert people.returncode == 0, err
    assert err.count("connecting again") >= 24
    # Nobody lost track of an order: none was asked for twice, unknown, or left in the book.
    # Requests that meet a fill on its way are refused on a quiet day too.
    for sign in ("duplicate", "unknown", "leaves", "never logged on", "Traceback"):
        assert sign not in err, err
    verified = subprocess.run(
        [sys.executable, "-m", "gateway", "journal", "verify", str(venue.data_dir)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "too low" not in venue.log


@pytest.mark.parametrize("wire", ["fix", "ouch", "ws"])
def test_one_wire_is_enough_for_every_instrument(tmp_path: Path, wire: str) -> None:
    venue = VenueProcess(tmp_path)
    venue.start()
    try:
        # A slow machine needs longer until every instrument has traded.
        for seconds in ("3", "12", "48"):
            arguments = ("--wire", wire, "--seconds", seconds, "--rate", "150")
            people = simulate(tmp_path, "--ports-file", str(tmp_path / "ports.json"), *arguments)
            _, err = people.communicate(timeout=100)
            assert people.returncode == 0, err
            lines = err.splitlines()
            executions = {
                symbol: int(line.rpartition(f"executions: {wire} ")[2])
                for symbol in ("AAPL", "MSFT", "TSLA")
                for line in lines
                if line.startswith(f"{symbol}: ")
            }
            assert len(executions) == 3, err
            if min(executions.values()) > 0:
                return
    finally:
        people.kill()
        venue.stop()
    raise AssertionError(err)


def test_without_a_venue_the_command_says_where_it_looked(tmp_path: Path) -> None:
    people = simulate(tmp_path, "--port-base", "1")
    _, err = people.communicate(timeout=30)
    assert people.returncode == 2
    assert err.startswith("venue: simulate: ws://127.0.0.1:5: "), err
