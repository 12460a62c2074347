"""The scripts' other stage: a venue as a person starts it, and a socket."""

from pathlib import Path

import pytest

from protocol.fix.version import FIX42, FIX50SP2, Version
from tests.acceptance.over_tcp import configuration, run
from tests.acceptance.script import SCRIPTS, parse
from tests.interop.venue_process import VenueProcess

pytestmark = pytest.mark.slow


def verdict(tmp_path: Path, name: str, version: Version) -> str:
    script = parse(SCRIPTS / f"{name}.fix")
    config = tmp_path / "venue.toml"
    config.write_text(configuration(script, version))
    venue = VenueProcess(tmp_path, "--config", str(config))
    venue.start()
    try:
        return run(script, version, "127.0.0.1", venue.ports["fix"])
    finally:
        venue.stop()


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("8_real_reports_of_one_moment", FIX42),
        ("1Sb_duplicate_identity", FIX50SP2),
        ("quickfixj/2k_comp_id_differs", FIX50SP2),
    ],
)
def test_a_script_passes_over_tcp(tmp_path: Path, name: str, version: Version) -> None:
    assert verdict(tmp_path, name, version) == f"PASS {name} ({version.name})"


def test_what_only_the_process_can_do_is_not_called_passed(tmp_path: Path) -> None:
    assert run(parse(SCRIPTS / "12_we_log_out.fix"), FIX42, "127.0.0.1", 1).startswith("SKIP")
