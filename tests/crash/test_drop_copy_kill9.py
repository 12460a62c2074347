"""kill -9 under load: what the drop copy session was told is what all owners were told."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.replay import app as replay_app
from tests.crash.crash_run import CrashRun, make_traders
from tests.crash.fix_wire import FixWire
from tests.crash.ledger import Record, Told
from tests.crash.trader import WINDOW, Trader
from tests.crash.websocket_wire import WebSocketWire
from tests.interop.venue_process import VenueProcess

KILLS = 5
CONFIG = """
[[fix.sessions]]
begin_string = "FIX.4.4"
target_comp_id = "COPIES"
applications = ["drop_copy"]
drop_copy_accounts = ["*"]
"""


class Copies:
    """In place of a ledger: orders are others' business; it asks for nothing."""

    def __init__(self) -> None:
        self.fills: list[object] = []
        self.orders: dict[str, object] = {}
        self.live: dict[str, object] = {}
        self.unanswered: dict[str, tuple[object, ...]] = {
            str(number): ("nothing",) for number in range(WINDOW)
        }

    def apply(self, told: Told) -> None:
        """The record keeps it."""


class Reader(Trader):
    """Logs on, catches up and hears all again like a trader, and trades nothing."""

    def __init__(self, seed: int) -> None:
        super().__init__("COPIES", seed, lambda record: FixWire(record, "COPIES", "FIX.4.4"))
        self.ledger = Copies()  # type: ignore[assignment]

    async def settle(self) -> None:
        """A TestRequest(1) behind everything else: its answer comes last."""
        assert isinstance(self.wire, FixWire)
        answered = self.record.next_number
        self.wire.send("1", [(112, "settled")])
        self.flush()
        await self.until(lambda: self.record.next_number > answered, "an answer")


def reports(record: Record) -> list[dict[int, str]]:
    """ExecutionReports of events, each number once."""
    messages = [dict(c[1:]) for c in record.contents if isinstance(c, tuple)]
    return [m for m in messages if m[35] == "8" and m[17] != "0"]


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_copies_are_the_union_of_the_owners_reports(tmp_path: Path) -> None:
    config = tmp_path / "venue.toml"
    config.write_text(CONFIG)
    venue = VenueProcess(tmp_path, "--config", str(config))
    reader = Reader(11)
    traders = make_traders(11)
    try:
        run = CrashRun(venue, [*traders, reader], 11)
        assert await run.run(KILLS) == []
        # A Logout comes behind everything else: what was on its way is read to its end.
        assert await asyncio.to_thread(venue.stop) == 0
        await run.all_gone()
    finally:
        venue.kill()
    copies = reports(reader.record)
    by_owner = Counter(copy[115] for copy in copies)
    assert len(by_owner) == len(traders)
    assert max(Counter(copy[17] for copy in copies).values()) == 1
    for trader in traders:
        contents = trader.record.contents
        name = trader.wire.token if isinstance(trader.wire, WebSocketWire) else trader.wire.name
        copied = [copy for copy in copies if copy[115].split("/")[0] == name]
        ids = [copy[17] for copy in copied]
        if trader.wire.wire == "fix":
            assert ids == [report[17] for report in reports(trader.record)]
        elif trader.wire.wire == "websocket":
            # What a client asked for again after a kill is answered once more: no second event.
            messages = [message for message in contents if isinstance(message, dict)]
            events = [m for m in messages if "exec_id" in m and not m.get("repeat")]
            assert ids == [message["exec_id"] for message in events]
        else:
            # OUCH has no ExecID(17): as many fills, of the same sizes in the same order.
            sizes = [copy[32] for copy in copied if copy[150] == "F"]
            assert [str(fill.quantity) for fill in trader.ledger.fills] == sizes
    result = CliRunner().invoke(replay_app, [str(venue.data_dir)])
    assert (result.exit_code, result.output[:4]) == (0, "ok: "), result.output
