"""kill -9 under load on three wires, judged by clients that wrote down what they were told."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.journal import app as journal_app
from gateway.cli.replay import app as replay_app
from tests.crash.crash_run import CrashRun, make_traders
from tests.interop.venue_process import VenueProcess

KILLS = 10
NIGHTLY_KILLS = 100
FILLS_MIN = 100
"""A client that traded less was not under load."""
MUTANT_KILLS_MAX = 5


@pytest.mark.parametrize(
    ("seed", "kills"),
    [
        *(pytest.param(seed, KILLS, marks=pytest.mark.slow) for seed in (1, 2, 3)),
        pytest.param(4, NIGHTLY_KILLS, marks=pytest.mark.nightly),
    ],
)
@pytest.mark.timeout(3600)
async def test_nothing_acknowledged_is_lost_and_nothing_comes_twice(
    seed: int, kills: int, tmp_path: Path
) -> None:
    venue = VenueProcess(tmp_path)
    traders = make_traders(seed)
    try:
        assert await CrashRun(venue, traders, seed).run(kills) == []
        assert [t.name for t in traders if len(t.ledger.fills) < FILLS_MIN * KILLS / 10] == []
        assert venue.stop() == 0
    finally:
        venue.kill()
    data = str(venue.data_dir)
    for app, arguments in ((journal_app, ["verify", data]), (replay_app, [data])):
        result = CliRunner().invoke(app, arguments)
        assert (result.exit_code, result.output[:4]) == (0, "ok: "), result.output


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_venue_that_sends_before_it_writes_is_found_out(tmp_path: Path) -> None:
    venue = VenueProcess(tmp_path, module="tests.crash.mutant_serve")
    try:
        findings = await CrashRun(venue, make_traders(7), 7).run(MUTANT_KILLS_MAX)
    finally:
        venue.kill()
    assert [text for text in findings if "lost: " in text], findings
