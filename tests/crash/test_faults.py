"""A full disk, a second venue, a torn write, a signal: each judged by clients that were told."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.journal.file_log import FileLog
from tests.crash.crash_run import CrashRun, make_traders
from tests.crash.fix_wire import FixWire
from tests.crash.ouch42_words import Ouch42Words
from tests.crash.ouch50_words import Ouch50Words
from tests.crash.soup_wire import SoupWire
from tests.crash.trader import MIDDLE_CENTS, Trader
from tests.interop.venue_process import ROOT, VenueProcess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SIGTERM_WITHIN_S = 20
"""The promise is 5 s; a busy test machine gets more, far less than peers could take."""


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[VenueProcess]:
    venue = VenueProcess(tmp_path)
    yield venue
    venue.kill()


async def started(venue: VenueProcess, seed: int) -> CrashRun:
    """A venue with everybody logged on and trading."""
    run = CrashRun(venue, make_traders(seed), seed)
    await asyncio.to_thread(venue.start)
    await run.come_back()
    run.load()
    return run


async def test_a_full_disk_ends_the_venue_with_74_and_nothing_unwritten_was_sent(
    venue: VenueProcess,
) -> None:
    venue.module = "tests.crash.small_disk_serve"
    run = await started(venue, 1)
    await run.all_gone()
    assert venue.ended() == 74
    assert "cannot be written" in venue.log
    venue.module = "gateway"
    assert await run.judge() == []


async def test_on_a_full_disk_a_listening_client_gets_a_last_word_and_no_number(
    venue: VenueProcess,
) -> None:
    """It sends nothing while others trade with it, so that nothing unread cuts its connection."""
    venue.module = "tests.crash.small_disk_serve"
    traders = make_traders(5)
    listening = [
        Trader("L4", 5, lambda record: SoupWire(record, "SIM034", Ouch42Words())),
        Trader("L5", 5, lambda record: SoupWire(record, "SIM035", Ouch50Words())),
    ]
    run = CrashRun(venue, [*traders, *listening], 5)
    await asyncio.to_thread(venue.start)
    await run.come_back()
    for trader, buys in zip(listening, (True, False), strict=True):
        # Deep enough to be executed against until the end.
        trader.enter(buys, 500_000, MIDDLE_CENTS if buys else MIDDLE_CENTS + 1)
        await trader.settle()
    run.load(traders)
    await run.all_gone()
    assert venue.ended() == 74
    assert [trader.wire.ended for trader in listening] == ["the venue cannot go on"] * 2
    assert [trader.name for trader in listening if not trader.ledger.fills] == []
    venue.module = "gateway"
    assert await run.judge() == []


async def test_a_second_venue_on_the_same_directory_is_refused_and_disturbs_nobody(
    venue: VenueProcess,
) -> None:
    run = await started(venue, 2)
    command = [sys.executable, "-m", "gateway", "serve", "--port-base", "0"]
    second = await asyncio.to_thread(
        subprocess.run,
        [*command, "--data-dir", str(venue.data_dir)],
        cwd=venue.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=30,
    )
    assert second.returncode == 74
    assert b"is in use by another venue" in second.stderr
    assert b"READY" not in second.stdout
    os.kill(venue.pid, signal.SIGKILL)
    await run.all_gone()
    venue.kill()
    assert await run.judge() == []


async def test_a_write_that_a_kill_tore_is_taken_off_and_nothing_told_is_missing(
    venue: VenueProcess,
) -> None:
    run = await started(venue, 3)
    await run.under_load()
    os.kill(venue.pid, signal.SIGKILL)
    await run.all_gone()
    venue.kill()
    log = FileLog(venue.data_dir)
    log.append(b"a batch of which only a part was written")
    log.abandon()
    last = max(venue.data_dir.glob("*.journal"))
    os.truncate(last, last.stat().st_size - 16)
    assert await run.judge() == []
    assert len(list(venue.data_dir.glob("torn-*"))) == 1


async def test_sigterm_under_load_ends_in_time_with_goodbyes_and_loses_nothing(
    venue: VenueProcess,
) -> None:
    run = await started(venue, 4)
    await run.under_load()
    begun = time.monotonic()
    os.kill(venue.pid, signal.SIGTERM)
    await run.all_gone()
    assert await asyncio.to_thread(venue.ended) == 0
    assert time.monotonic() - begun < SIGTERM_WITHIN_S
    ends = {
        trader.name: trader.wire.ended for trader in run.traders if isinstance(trader.wire, FixWire)
    }
    assert ends == dict.fromkeys(ends, "venue is shutting down")
    assert await run.judge() == []
