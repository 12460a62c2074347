"""The public acceptance scripts, where they lie beside the checkout: they are no part of it.

VENUE_ACCEPTANCE names their folder for a checkout that lies elsewhere.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interop.venue_process import VenueProcess

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "acceptance"
SCRIPTS = Path(os.environ.get("VENUE_ACCEPTANCE") or BESIDE)
FLOOR = 6
"""What a server that closes every connection passes, in each directory."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not SCRIPTS.is_dir(), reason="no acceptance scripts beside the checkout"),
]


def run(tmp_path: Path, config: str, *options: str) -> dict[str, tuple[int, int]]:
    """Passed and run, by directory."""
    file = tmp_path / "venue.toml"
    file.write_text(config)
    venue = VenueProcess(tmp_path, "--config", str(file))
    venue.start()
    try:
        done = subprocess.run(
            [
                sys.executable,
                str(SCRIPTS / "at_runner.py"),
                "--port",
                str(venue.ports["fix"]),
                *options,
                *(str(SCRIPTS / "quickfix" / name) for name in ("fix42", "fix44")),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        venue.stop()
    counts = re.findall(r"^(fix\d+) +(\d+)/ *(\d+) passed", done.stdout, re.MULTILINE)
    assert counts, done.stdout + done.stderr
    return {name: (int(passed), int(total)) for name, passed, total in counts}


def test_every_script_passes_against_the_harness(tmp_path: Path) -> None:
    config = (SCRIPTS / "venue-acceptance.toml").read_text()
    assert run(tmp_path, config) == {"fix42": (58, 58), "fix44": (59, 59)}


def test_every_script_that_needs_no_echo_passes_against_the_exchange(tmp_path: Path) -> None:
    config = (SCRIPTS / "venue-acceptance.toml").read_text().replace('"echo"', '"orders"')
    counts = run(tmp_path, config, "--needs", "none,validate,unsupported")
    assert {name: passed for name, (passed, _) in counts.items()} == {
        name: total for name, (_, total) in counts.items()
    }
    assert min(total for _, total in counts.values()) > 40 > FLOOR
