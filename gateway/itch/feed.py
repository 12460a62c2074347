"""The running ITCH feed: events in, one numbered stream out, the same bytes to every subscriber.

It is no part of the venue: nothing that a subscriber does changes the exchange, so nothing of it is
journaled, and whatever fails here ends the feed and nothing else.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from gateway.itch.fold import ItchFold
from gateway.itch.snapshot import SnapshotMaker
from gateway.itch.stream import ItchStream
from gateway.login_delays import LoginDelays
from gateway.order_entry.soup_sessions import session_id_after
from gateway.sequencer import Tick
from matching.events import Event

TURN_SLICES: Final = 8
"""Slices of replays and snapshots in one turn of the loop, over all subscribers."""
RELAY_BYTES_MAX: Final = 64 * 1024
"""More than this at once is read back by each subscriber as its transport takes it."""

_START: Final = b"O"
_END: Final = b"C"


class Subscriber(Protocol):
    """A connection that is logged in."""

    def relay(self, packets: bytes, first_number: int, count: int) -> None:
        """Send these packets at once where nothing older waits; else they wait, too."""

    def fall_behind(self) -> None:
        """Ask for turns to be written what waits, unless it has asked or cannot take it yet."""

    def advance(self) -> bool:
        """Write one slice of what waits; True while more waits and the transport takes it.

        Raises OSError."""

    def end(self) -> None:
        """No message follows any more: End of Session after the last one."""

    def take_snapshot(self, messages: list[bytes]) -> None:
        """The snapshot that it asked for."""

    def drop(self, reason: str) -> None:
        """Close without End of Session."""


class ItchFeed:
    """All days' streams, one after the other, and who listens to the running one."""

    def __init__(
        self,
        data_dir: str,
        call_soon: Callable[[Callable[[], None]], object],
        log_line: Callable[[str], None],
    ) -> None:
        self._data_dir = data_dir
        self._call_soon = call_soon
        self.log_line = log_line
        self.login_delays = LoginDelays()
        self.failed = False
        self.stream = ItchStream(b"", data_dir)
        """The running day's, between two days that of the one to come."""
        self._snapshots = SnapshotMaker(self.stream)
        self._fold = ItchFold()
        self._boundaries = 0
        self._ended: ItchStream | None = None
        self._subscribers: dict[Subscriber, None] = {}
        """Of the running stream, in order of their logins."""
        self._ending: dict[Subscriber, None] = {}
        """Of the stream that has ended, and of snapshots of it."""
        self._snapshot_readers: dict[Subscriber, None] = {}
        self._behind: deque[Subscriber] = deque()
        self._turn_armed = False

    # -- what happens on the exchange ---------------------------------------------------------

    def watch(self, tick: Tick, elapsed_ns: int = 0) -> None:
        """Tell what a committed tick did."""
        self.observe(tick.events, tick.now_ns)

    def observe(self, events: Sequence[Event], now_ns: int) -> None:
        """Tell what happened; also what is folded again at a start. Never raises."""
        if self.failed:
            return
        try:
            messages = self._fold.fold(events, now_ns)
            if self._fold.boundaries != self._boundaries:
                self._boundaries = self._fold.boundaries
                self._publish_days(messages, now_ns)
            elif messages:
                self._publish(messages)
        except Exception as error:
            self._fail(error)

    def _publish(self, messages: Sequence[bytes]) -> None:
        stream = self.stream
        first = stream.next_number
        packets = stream.append(messages)
        if len(packets) > RELAY_BYTES_MAX:
            for subscriber in list(self._subscribers):
                subscriber.fall_behind()
            return
        for subscriber in list(self._subscribers):
            try:
                subscriber.relay(packets, first, len(messages))
            except Exception as error:
                subscriber.drop(f"internal error: {error!r}")

    def _publish_days(self, messages: Sequence[bytes], now_ns: int) -> None:
        """Messages among which days begin or end."""
        run: list[bytes] = []
        for message in messages:
            event_code = message[11:12] if message[:1] == b"S" else b""
            if event_code == _START:
                self._begin_day(now_ns)
            run.append(message)
            if event_code == _END:
                self._publish(run)
                run = []
                self._end_day(now_ns)
        if run:
            self._publish(run)

    def _begin_day(self, now_ns: int) -> None:
        for subscriber in list(self._ending):
            subscriber.drop("next session began before the replay was through")
        if self._ended is not None:
            self._ended.close()
            self._ended = None
        if not self.stream.session_id:
            self.stream.session_id = session_id_after(b"", now_ns)

    def _end_day(self, now_ns: int) -> None:
        self._snapshots.close("the day ended before the snapshot was made")
        self._ending = self._subscribers | self._snapshot_readers
        self._ended = self.stream
        subscribers, self._subscribers, self._snapshot_readers = self._subscribers, {}, {}
        self.stream = ItchStream(session_id_after(self._ended.session_id, now_ns), self._data_dir)
        self._snapshots = SnapshotMaker(self.stream)
        for subscriber in subscribers:
            subscriber.end()

    def _fail(self, error: Exception) -> None:
        self.failed = True
        self.log_line(f"itch: the feed ends, the venue goes on: {error!r}")
        self.close("the feed has failed")
        self.stream.close()
        if self._ended is not None:
            self._ended.close()

    # -- subscribers --------------------------------------------------------------------------

    def join(self, subscriber: Subscriber) -> None:
        """It follows the running stream from now on."""
        self._subscribers[subscriber] = None
        self.queue(subscriber)

    def ask_snapshot(self, subscriber: Subscriber) -> None:
        """It gets the displayed book, once that is folded."""
        self._snapshot_readers[subscriber] = None
        self._snapshots.ask(subscriber)
        self._arm()

    def leave(self, subscriber: Subscriber) -> None:
        """It is gone."""
        self._snapshots.leave(subscriber)
        for members in (self._subscribers, self._snapshot_readers, self._ending):
            members.pop(subscriber, None)

    def queue(self, subscriber: Subscriber) -> None:
        """It is behind and its transport takes bytes; once until its turn."""
        self._behind.append(subscriber)
        self._arm()

    def close(self, reason: str) -> None:
        """Close every subscriber, without End of Session: it may come back."""
        everyone = self._subscribers | self._snapshot_readers | self._ending
        for subscriber in everyone:
            subscriber.drop(reason)

    @property
    def subscribers(self) -> int:
        """How many are served, of whatever kind."""
        return len(self._subscribers) + len(self._snapshot_readers) + len(self._ending)

    def _arm(self) -> None:
        if not self._turn_armed:
            self._turn_armed = True
            self._call_soon(self._turn)

    def _turn(self) -> None:
        """One bounded share of what waits; the next one follows in the loop's next turn."""
        self._turn_armed = False
        if self.failed:
            return
        behind = self._behind
        try:
            folding = self._snapshots.advance()
            for _ in range(min(TURN_SLICES, len(behind))):
                subscriber = behind.popleft()
                if self._advance(subscriber):
                    behind.append(subscriber)
        except Exception as error:
            self._fail(error)
            return
        if folding or behind:
            self._arm()

    @staticmethod
    def _advance(subscriber: Subscriber) -> bool:
        try:
            return subscriber.advance()
        except OSError:
            raise
        except Exception as error:
            subscriber.drop(f"internal error: {error!r}")
            return False
