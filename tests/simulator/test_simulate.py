"""`venue simulate` against a venue of its own process."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.interop.venue_process import VenueProcess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def simulate(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "gateway", "simulate", *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_participants_go_on_by_number_over_a_venue_killed_and_started_again(
    tmp_path: Path,
) -> None:
    venue = VenueProcess(tmp_path)
    venue.start()
    ports_file = str(tmp_path / "ports.json")
    people = simulate(tmp_path, "--ports-file", ports_file, "--seconds", "9", "--rate", "200")
    try:
        for _ in range(2):
            # Trade for a while, so that the kill finds requests on their way.
            time.sleep(2)
            venue.restart()
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
    arguments = ("--wire", wire, "--seconds", "3", "--rate", "150")
    people = simulate(tmp_path, "--ports-file", str(tmp_path / "ports.json"), *arguments)
    try:
        _, err = people.communicate(timeout=60)
    finally:
        people.kill()
        venue.stop()
    assert people.returncode == 0, err
    lines = err.splitlines()
    for symbol in ("AAPL", "MSFT", "TSLA"):
        [line] = [one for one in lines if one.startswith(f"{symbol}: ")]
        assert int(line.rpartition(f"executions: {wire} ")[2]) > 0, err


def test_without_a_venue_the_command_says_where_it_looked(tmp_path: Path) -> None:
    people = simulate(tmp_path, "--port-base", "1")
    _, err = people.communicate(timeout=30)
    assert people.returncode == 2
    assert err.startswith("venue: simulate: ws://127.0.0.1:5: "), err
