"""`venue ctl` as an operator types it, against a venue of the tests."""

import json
import os
import subprocess
import sys
from typing import Any

from tests.interop.venue_process import ROOT, VenueProcess

WITHIN_S = 60


def control(venue: VenueProcess, *arguments: str) -> Any:
    """What `venue ctl` prints, as JSON where it is JSON; it has to exit 0."""
    command = [sys.executable, "-m", venue.module, "ctl"]
    command += ["--ports-file", str(venue.folder / "ports.json"), *arguments]
    done = subprocess.run(
        command,
        cwd=venue.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, (arguments, done.returncode, done.stdout, done.stderr)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return done.stdout
