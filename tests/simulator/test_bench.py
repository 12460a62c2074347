"""`venue bench` as a person runs it, small."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from simulator.bench import Row, median, targets
from simulator.load import flood
from tests.crash.itch_reader import snapshot


def test_rounds_are_summed_up_field_by_field() -> None:
    rows = [Row(*(float(n + k) for k in range(6))) for n in (3, 1, 2)]
    assert msgspec.structs.astuple(median(rows)) == (2.0, 3.0, 4.0, 5.0, 6.0, 7.0)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_bench_drives_every_order_wire_beside_an_echo() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "gateway", "bench"),
            *("--orders", "2000", "--rounds", "1", "--connections", "4", "--window", "8"),
        ],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    for name in (
        "TCP echo",
        "FIX",
        "OUCH 4.2",
        "OUCH 5.0",
        "server CPU us/order",
        "durability process",
    ):
        assert name in " ".join(done.stdout.split())


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_the_feed_shows_every_order_of_a_bench(tmp_path: Path) -> None:
    with targets(tmp_path, "none") as driven:
        for target in driven:
            await flood(target.address, [target.make_lane(20)], 4, target.make_counter)
        ports = json.loads(await asyncio.to_thread((tmp_path / "ports.json").read_bytes))
        shown, _ = await snapshot(ports, "SIM000")
    assert len(shown) == 20 * (len(driven) - 1)
