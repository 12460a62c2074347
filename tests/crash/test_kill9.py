"""kill -9 under load on every wire, judged by clients that wrote down what they were told."""

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
END_SIZE = 2 + 12
"""A System Event in a feed file."""


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
    run = CrashRun(venue, traders, seed)
    try:
        assert await run.run(kills) == []
        assert [t.name for t in traders if len(t.ledger.fills) < FILLS_MIN * KILLS / 10] == []
        assert venue.stop() == 0
    finally:
        venue.kill()
    data = str(venue.data_dir)
    for app, arguments in ((journal_app, ["verify", data]), (replay_app, [data])):
        result = CliRunner().invoke(app, arguments)
        assert (result.exit_code, result.output[:4]) == (0, "ok: "), result.output
    feed_file = tmp_path / "feed.itch"
    result = CliRunner().invoke(journal_app, ["export", "--itch", str(feed_file), data])
    assert result.exit_code == 0, result.output
    blocks = [len(one).to_bytes(2, "big") + one for one in run.market.messages]
    exported = feed_file.read_bytes()
    # The day goes on: its last message is the file's own.
    assert exported[:-END_SIZE] == b"".join(blocks)
    assert (exported[2 - END_SIZE :][:1], exported[-1:]) == (b"S", b"C")


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_venue_that_sends_before_it_writes_is_found_out(tmp_path: Path) -> None:
    venue = VenueProcess(tmp_path, module="tests.crash.mutant_serve")
    try:
        findings = await CrashRun(venue, make_traders(7), 7).run(MUTANT_KILLS_MAX)
    finally:
        venue.kill()
    assert [text for text in findings if "lost: " in text], findings
