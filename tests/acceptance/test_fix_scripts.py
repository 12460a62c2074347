"""Every script of specs/fix/acceptance, for every version it is for, against a venue in memory."""

import pytest

from protocol.fix.version import Version
from tests.acceptance.cases import README, table
from tests.acceptance.player import Mismatch, play
from tests.acceptance.script import Script, scripts
from tests.acceptance.stages import Closing, InMemory

SCRIPTS = scripts()
RUNS = [
    pytest.param(script, version, id=f"{script.name}-{version.code}")
    for script in SCRIPTS
    for version in script.versions
]


@pytest.mark.parametrize(("script", "version"), RUNS)
def test_the_venue_does_what_the_script_says(script: Script, version: Version) -> None:
    play(script, version, InMemory(script, version))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_server_that_only_closes_or_only_listens_fails(script: Script) -> None:
    for closes in (True, False):
        with pytest.raises(Mismatch):
            play(script, script.versions[0], Closing(closes=closes))


def test_the_table_of_cases_is_up_to_date() -> None:
    assert README.read_text().endswith("## Cases\n\n" + table(SCRIPTS)), (
        "python -m tests.acceptance.cases"
    )
