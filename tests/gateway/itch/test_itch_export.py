"""gateway.itch.export, `venue journal export --itch`: a day as a feed file, the bytes told."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from gateway.cli.journal import app
from gateway.config import Config
from gateway.itch.export import FeedFile
from gateway.itch.feed import ItchFeed
from gateway.journal.file_log import Durability, FileLog
from gateway.journal.log import JournalError
from gateway.journal.reader import open_reader
from gateway.journal.records import decode_batch
from gateway.order_entry.fix import FixDesk
from gateway.venue import Venue
from matching.commands import (
    AddAccount,
    AddInstrument,
    CancelOrder,
    Command,
    EndOfDay,
    EnterOrder,
    RegisterSession,
    StartOfDay,
)
from matching.instrument import Instrument
from matching.types import OrderType, Side, TimeInForce
from protocol.itch.messages import timestamp_ns
from tests.gateway.itch.itch_stage import payloads

MIDNIGHT_NS = 1_704_153_600_000_000_000
DAY_NS = 86_400_000_000_000


def entry(number: int, side: Side, price: int) -> EnterOrder:
    gtc = TimeInForce.GTC
    return EnterOrder(1, 1, 1, b"%d" % number, side, OrderType.LIMIT, gtc, 100, price)


FIRST_DAY: tuple[tuple[Command, ...], ...] = (
    (
        AddInstrument(Instrument(b"AAPL")),
        AddAccount(b"A"),
        RegisterSession(1, b"fix", (b"FIX.4.4", b"A", b"XVEN")),
        StartOfDay(20240102, MIDNIGHT_NS),
    ),
    (entry(1, Side.BUY, 1_000_000), entry(2, Side.SELL, 1_010_000)),
    (EndOfDay(),),
)
SECOND_DAY: tuple[tuple[Command, ...], ...] = (
    (StartOfDay(20240103, MIDNIGHT_NS + DAY_NS), entry(3, Side.BUY, 1_010_000)),
    (CancelOrder(1, 1, 1, b"X"),),
)


class Recorded:
    """A journal on disk, and what the feed told while it was written: the stream of each day."""

    def __init__(self, directory: Path, ticks: tuple[tuple[Command, ...], ...]) -> None:
        self.told: list[list[bytes]] = []
        feed = new_feed()
        log = FileLog(directory, Durability.PROCESS)
        venue = new_venue(log)
        for number, commands in enumerate(ticks, 1):
            venue.begin(MIDNIGHT_NS + DAY_NS * len(self.told) + number)
            before = feed.stream
            for command in commands:
                venue.controlled(command)
            tick = venue.commit()
            venue.take_released()
            assert tick is not None
            feed.watch(tick)
            if feed.stream is not before:
                self.told.append(payloads(before.read(1, before.next_number)))
        if feed.stream.next_number > 1:
            self.told.append(payloads(feed.stream.read(1, feed.stream.next_number)))
        self.session_id = feed.stream.session_id
        log.close()


def new_feed() -> ItchFeed:
    return ItchFeed("", lambda _: None, lambda _: None)


def new_venue(log: FileLog) -> Venue:
    return Venue(
        log,
        None,  # type: ignore[arg-type]
        lambda venue: {b"fix": FixDesk(venue, Config())},
        lambda _: None,
    )


def blocks(path: Path) -> Iterator[bytes]:
    """A feed file as its readers take it."""
    data = path.read_bytes()
    while data:
        size = int.from_bytes(data[:2], "big")
        assert len(data) >= 2 + size
        yield data[2 : 2 + size]
        data = data[2 + size :]


def export(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["export", *map(str, arguments)])
    return result.exit_code, result.output


@pytest.fixture
def journal(tmp_path: Path) -> tuple[Path, Recorded]:
    directory = tmp_path / "data"
    return directory, Recorded(directory, FIRST_DAY + SECOND_DAY)


def test_live_recovered_and_exported_streams_are_equal_byte_for_byte(
    journal: tuple[Path, Recorded], tmp_path: Path
) -> None:
    directory, recorded = journal
    first_day, second_day = recorded.told
    out = tmp_path / "day.itch"
    code, text = export(directory, "--itch", out, "--date", 20240102)
    assert (code, list(blocks(out))) == (0, first_day)
    assert text == f"{out}: day 20240102, {len(first_day)} messages\n"
    code, text = export(directory, "--itch", out)
    *stream, end = blocks(out)
    assert (code, stream) == (0, second_day)
    assert (end[:1], end[11:], timestamp_ns(end[5:11])) == (b"S", b"C", 5)
    assert text == (
        f"{out}: day 20240103, {len(second_day) + 1} messages; "
        "the day goes on, the end is the file's own\n"
    )
    feed = new_feed()
    log = FileLog(directory, Durability.PROCESS)
    venue = new_venue(log)
    venue.observers.append(feed.observe)
    venue.recover()
    log.close()
    assert payloads(feed.stream.read(1, 1 << 40)) == second_day
    assert feed.stream.session_id == recorded.session_id


def test_carried_orders_come_after_the_opening_of_their_new_day(
    journal: tuple[Path, Recorded],
) -> None:
    _, recorded = journal
    assert [message[:1] for message in recorded.told[1]] == [
        *(b"S", b"S", b"R", b"H", b"S", b"A", b"A", b"E", b"D"),
    ]


def test_a_day_that_the_journal_does_not_hold_leaves_no_file(
    journal: tuple[Path, Recorded], tmp_path: Path
) -> None:
    directory, _ = journal
    out = tmp_path / "day.itch"
    code, text = export(directory, "--itch", out, "--date", 20240104)
    assert (code, text) == (1, f"venue journal: {directory} holds no day 20240104\n")
    assert list(tmp_path.iterdir()) == [directory]


def test_a_file_that_cannot_be_written_is_named(
    journal: tuple[Path, Recorded], tmp_path: Path
) -> None:
    directory, _ = journal
    out = tmp_path / "nowhere" / "day.itch"
    code, text = export(directory, "--itch", out)
    assert (code, text) == (
        2,
        f"venue journal: cannot write {out}: No such file or directory\n",
    )


def test_commands_that_yield_other_events_than_recorded_make_no_feed_file(
    journal: tuple[Path, Recorded],
) -> None:
    directory, _ = journal
    batches = dict(open_reader(directory).read(1))
    batch = decode_batch(batches[2])
    recorded = batch.events_crc
    batches[2] = msgspec.msgpack.encode(msgspec.structs.replace(batch, events_crc=recorded ^ 1))
    with pytest.raises(JournalError) as caught:
        FeedFile(BytesIO(), None).export(batches.items())
    assert str(caught.value) == (
        f"batch 2: expected events crc {recorded ^ 1:08x}, found {recorded:08x}: "
        "use the version of the venue that wrote it"
    )


def test_a_date_is_for_a_feed_file_only(journal: tuple[Path, Recorded]) -> None:
    directory, _ = journal
    code, text = export(directory, "--date", 20240102)
    assert code == 2
    assert "--date goes with --itch" in text
