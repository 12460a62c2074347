"""gateway.itch.feed and stream: numbering, days, the file, a snapshot in slices."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.itch import snapshot, stream
from gateway.itch.feed import ItchFeed
from gateway.itch.stream import ItchStream
from gateway.order_entry.soup_sessions import session_id_after
from matching.events import DayEnded, DayStarted, Event, InstrumentAdded, OrderRested
from matching.instrument import Instrument
from matching.types import Side
from protocol.soupbintcp.packets import PacketType, encode_packet
from tests.gateway.itch.itch_stage import payloads

MIDNIGHT_NS = 1_704_153_600_000_000_000
DAY_NS = 86_400_000_000_000
LISTED = InstrumentAdded(1, Instrument(b"AAPL"))
STARTED = DayStarted(20240102, MIDNIGHT_NS)
NEXT_STARTED = DayStarted(20240103, MIDNIGHT_NS + DAY_NS)
ENDED = DayEnded(20240102)
OPENING = 3
"""Messages before the market opens: two System Events and one Stock Directory."""


class Turns:
    """What the feed asked the loop to call."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def call_soon(self, callback: Callable[[], None]) -> None:
        self.waiting.append(callback)

    def run(self) -> int:
        """All of them, and what they ask for; returns how many there were."""
        count = 0
        while self.waiting:
            self.waiting.pop(0)()
            count += 1
        return count


class FakeSubscriber:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.relayed: list[tuple[bytes, int, int]] = []
        self.fell_behind = 0
        self.ended = 0
        self.dropped: list[str] = []
        self.snapshot: list[bytes] | None = None

    def relay(self, packets: bytes, first_number: int, count: int) -> None:
        self.relayed.append((packets, first_number, count))

    def fall_behind(self) -> None:
        self.fell_behind += 1

    def advance(self) -> bool:
        return False

    def end(self) -> None:
        self.ended += 1

    def take_snapshot(self, messages: list[bytes]) -> None:
        self.snapshot = messages

    def drop(self, reason: str) -> None:
        self.dropped.append(reason)


class Stage:
    """A feed without sockets."""

    def __init__(self, data_dir: str = "") -> None:
        self.turns = Turns()
        self.lines: list[str] = []
        self.feed = ItchFeed(data_dir, self.turns.call_soon, self.lines.append)
        self._references = 0

    def happen(self, *events: Event, now_ns: int = MIDNIGHT_NS) -> None:
        self.feed.observe(events, now_ns)

    def rest(self, count: int, now_ns: int = MIDNIGHT_NS) -> None:
        """Orders that rest, each a message."""
        first = self._references + 1
        self._references += count
        resting = [
            OrderRested(number, number, 1, Side.BUY, 1_000_000, 100)
            for number in range(first, first + count)
        ]
        self.feed.observe(resting, now_ns)

    def subscribe(self) -> FakeSubscriber:
        subscriber = FakeSubscriber()
        self.feed.join(subscriber)
        self.turns.run()
        return subscriber

    def told(self) -> list[bytes]:
        running = self.feed.stream
        return payloads(running.read(1, running.next_number))


def packets_of(messages: list[bytes]) -> bytes:
    return b"".join(encode_packet(PacketType.SEQUENCED_DATA, message) for message in messages)


# -- one stream -----------------------------------------------------------------------------------


def test_every_subscriber_gets_the_same_bytes_object_with_its_first_number() -> None:
    stage = Stage()
    stage.happen(LISTED, STARTED)
    subscribers = [stage.subscribe(), stage.subscribe()]
    stage.rest(2)
    stage.happen()
    expected = packets_of(stage.told()[OPENING:])
    assert [one.relayed for one in subscribers] == [[(expected, OPENING + 1, 2)]] * 2
    assert subscribers[0].relayed[0][0] is subscribers[1].relayed[0][0]


def test_a_subscriber_that_fails_costs_nobody_else() -> None:
    stage = Stage()
    stage.happen(LISTED, STARTED)
    failing, fine = stage.subscribe(), stage.subscribe()
    failing.relay = None  # type: ignore[assignment]
    stage.rest(1)
    assert len(failing.dropped) == 1
    assert failing.dropped[0].startswith("internal error: ")
    assert len(fine.relayed) == 1
    assert not stage.feed.failed


def test_more_than_a_transport_should_hold_is_read_back_instead_of_relayed() -> None:
    stage = Stage()
    stage.happen(LISTED, STARTED)
    subscriber = stage.subscribe()
    stage.rest(2_000)
    assert (subscriber.relayed, subscriber.fell_behind) == ([], 1)


@pytest.mark.parametrize("directory", [False, True])
def test_any_message_is_found_again_by_its_number(directory: bool, tmp_path: Path) -> None:
    one = ItchStream(b"S", str(tmp_path) if directory else "")
    messages = [b"%07d" % number * (1 + number % 5) for number in range(1, 20_001)]
    at = 0
    while at < len(messages):
        size = 1 + at % 700
        packets = one.append(messages[at : at + size])
        assert packets == packets_of(messages[at : at + size])
        at += size
    assert one.next_number == 20_001
    assert payloads(one.read(1, 1 << 40)) == messages
    for begin in (1, 2, 255, 256, 257, 513, 9_999, 19_700, 20_000):
        packets, count = one.packets(begin)
        assert packets == packets_of(messages[begin - 1 : begin - 1 + count])
        assert 0 < count <= stream.SPAN * stream.SLICE_SPANS
    assert one.packets(20_001) == (b"", 0)
    assert list(one.read(19_999, 20_000)) == [(19_999, messages[19_998])]
    # Nothing has a name, so nothing is left behind.
    assert list(tmp_path.iterdir()) == []
    one.close()


def test_what_sessions_count_by_holds_no_message() -> None:
    one = ItchStream(b"S", "")
    one.append([b"x"] * 10_000)
    assert one.log._tail == []
    assert one.log.take_fresh() == []
    assert one.log.next_number == 10_001


# -- days -----------------------------------------------------------------------------------------


def test_a_day_that_ends_says_so_and_the_next_stream_waits_under_a_new_id() -> None:
    stage = Stage()
    stage.happen(LISTED, STARTED)
    subscriber = stage.subscribe()
    first_id = stage.feed.stream.session_id
    assert first_id == session_id_after(b"", MIDNIGHT_NS)
    stage.happen(ENDED, now_ns=MIDNIGHT_NS + 5)
    assert subscriber.ended == 1
    assert [message[11:] for message in messages_of(subscriber)] == [b"M", b"E", b"C"]
    coming = stage.feed.stream
    assert (coming.session_id, coming.next_number) == (session_id_after(first_id, 0), 1)
    early = stage.subscribe()
    stage.happen(NEXT_STARTED, now_ns=MIDNIGHT_NS + DAY_NS)
    assert stage.feed.stream is coming
    assert [message[:1] for message in messages_of(early)] == [b"S", b"S", b"R"]
    assert subscriber.dropped == ["next session began before the replay was through"]


def test_a_day_that_ends_and_the_next_may_share_a_tick() -> None:
    stage = Stage()
    stage.happen(LISTED, STARTED)
    subscriber = stage.subscribe()
    stage.happen(ENDED, NEXT_STARTED, ENDED, NEXT_STARTED, now_ns=MIDNIGHT_NS + DAY_NS)
    assert [message[11:] for message in messages_of(subscriber)] == [b"M", b"E", b"C"]
    assert [message[:1] for message in stage.told()] == [b"S", b"S", b"R"]
    assert len(stage.told()[0]) == 12


def test_the_id_is_the_same_from_the_same_journal_and_another_without_one() -> None:
    def started_at(*starts_ns: int) -> list[bytes]:
        stage = Stage()
        ids = []
        for start_ns in starts_ns:
            stage.happen(STARTED, now_ns=start_ns)
            ids.append(stage.feed.stream.session_id)
            stage.happen(ENDED, now_ns=start_ns + 1)
            ids.append(stage.feed.stream.session_id)
        return ids

    first = started_at(MIDNIGHT_NS, MIDNIGHT_NS + DAY_NS)
    assert first == started_at(MIDNIGHT_NS, MIDNIGHT_NS + DAY_NS)
    assert len(set(first)) == 3
    assert not set(first) & set(started_at(MIDNIGHT_NS + DAY_NS + 9_000_000))


# -- what goes wrong ------------------------------------------------------------------------------


class FullFile:
    """A file on a disk without space."""

    def seek(self, offset: int) -> None:
        pass

    def write(self, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    def close(self) -> None:
        raise OSError(28, "No space left on device")


def test_a_full_disk_ends_the_feed_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_open_file", lambda directory: FullFile())
    stage = Stage("data")
    stage.happen(LISTED, STARTED)
    subscriber = stage.subscribe()
    stage.rest(10_000)
    assert stage.feed.failed
    assert subscriber.dropped == ["the feed has failed"]
    assert stage.lines == [
        "itch: the feed ends, the venue goes on: OSError(28, 'No space left on device')"
    ]
    stage.rest(1)
    assert subscriber.relayed == []


# -- snapshots ------------------------------------------------------------------------------------


def test_a_snapshot_is_folded_in_bounded_slices_and_goes_on_where_it_was() -> None:
    stage = Stage()
    stage.happen(LISTED, STARTED)
    stage.rest(5_000)
    first, second, late = FakeSubscriber(), FakeSubscriber(), FakeSubscriber()
    for reader in (first, second):
        stage.feed.ask_snapshot(reader)
    slices = -(-(OPENING + 5_000) // snapshot.SLICE_MESSAGES)
    assert stage.turns.run() == slices
    assert first.snapshot is second.snapshot
    assert first.snapshot is not None
    assert [message[:1] for message in first.snapshot] == [b"R", *[b"A"] * 5_000, b"G"]
    assert int(first.snapshot[-1][1:]) == OPENING + 5_000 + 1
    stage.rest(1)
    stage.feed.ask_snapshot(late)
    assert stage.turns.run() == 1
    assert late.snapshot is not None
    assert late.snapshot[:-1] == [*first.snapshot[:-1], stage.told()[-1]]


def test_a_snapshot_that_the_end_of_the_day_overtakes_is_not_given() -> None:
    stage = Stage()
    stage.happen(LISTED, STARTED)
    reader = FakeSubscriber()
    stage.feed.ask_snapshot(reader)
    stage.happen(ENDED)
    stage.turns.run()
    assert reader.dropped == ["the day ended before the snapshot was made"]
    assert reader.snapshot is None


def test_who_has_left_gets_no_snapshot() -> None:
    stage = Stage()
    stage.happen(LISTED, STARTED)
    reader = FakeSubscriber()
    stage.feed.ask_snapshot(reader)
    stage.feed.leave(reader)
    stage.turns.run()
    assert reader.snapshot is None
    assert stage.feed.subscribers == 0


def messages_of(subscriber: FakeSubscriber) -> list[bytes]:
    """What was relayed to it."""
    found = []
    for packets, _, count in subscriber.relayed:
        at = 0
        for _ in range(count):
            size = int.from_bytes(packets[at : at + 2], "big")
            found.append(packets[at + 3 : at + 2 + size])
            at += 2 + size
    return found
