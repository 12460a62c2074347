"""What the venue counts about itself: plain ints on the order path, names and text when read."""

from collections import deque
from collections.abc import Iterator

from hdrh.histogram import HdrHistogram
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)

from gateway.sequencer import Tick
from gateway.shell import Shell
from matching.events import OrderAccepted, OrderExecuted, OrderRejected
from protocol import feed

SECOND_NS = 1_000_000_000
WINDOW_SECONDS = 10
"""Percentiles are over the last ten to eleven seconds that had orders."""
LATENCY_MAX_US = 60_000_000
"""Longer is counted as this."""
SIGNIFICANT_DIGITS = 2
RATE_WINDOW_NS = SECOND_NS
SAMPLES_MAX = 64
QUANTILES = (50.0, 90.0, 99.0, 99.9)


def _histogram() -> HdrHistogram:
    return HdrHistogram(1, LATENCY_MAX_US, SIGNIFICANT_DIGITS)


class Latency:
    """Order to acknowledgement in microseconds: from the tick's first byte to its last write."""

    def __init__(self) -> None:
        self._second = _histogram()
        self._second_ends_ns = 0
        self._seconds: deque[HdrHistogram] = deque(maxlen=WINDOW_SECONDS)
        self._total = _histogram()
        self.count = 0
        self.sum_ns = 0

    def record(self, now_ns: int, elapsed_ns: int, orders: int) -> None:
        """`orders` were acknowledged by one tick. About 2 us."""
        if now_ns >= self._second_ends_ns:
            self._second_ends_ns = now_ns + SECOND_NS
            self._seconds.append(self._second)
            self._total.add(self._second)
            self._second = _histogram()
        self.count += orders
        self.sum_ns += elapsed_ns * orders
        self._second.record_value(min(max(1, elapsed_ns // 1000), LATENCY_MAX_US), orders)

    def recent(self) -> feed.LatencySummary:
        """Percentiles of the window."""
        merged = _histogram()
        for part in (*self._seconds, self._second):
            merged.add(part)
        count = merged.get_total_count()
        if not count:
            return feed.LatencySummary(count=0, p50=0, p90=0, p99=0, p999=0, max=0)
        p50, p90, p99, p999 = (int(merged.get_value_at_percentile(one)) for one in QUANTILES)
        return feed.LatencySummary(
            count=count, p50=p50, p90=p90, p99=p99, p999=p999, max=int(merged.get_max_value())
        )

    def quantiles(self) -> list[tuple[str, float]]:
        """(quantile, seconds) since the start."""
        merged = _histogram()
        merged.add(self._total)
        merged.add(self._second)
        return [
            (f"{one / 100:g}", merged.get_value_at_percentile(one) / 1_000_000)
            for one in QUANTILES
            if self.count
        ]


class Counters:
    """Totals since the process started, fed once a tick."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self.started_ns = shell.clock.now_ns()
        self.orders = 0
        self.rejects = 0
        self.trades = 0
        self.ticks = 0
        self.latency = Latency()
        self._samples: deque[tuple[int, int, int]] = deque(maxlen=SAMPLES_MAX)
        shell.watchers.append(self.watch)

    def watch(self, tick: Tick, elapsed_ns: int) -> None:
        """Count what a committed tick did."""
        orders = 0
        for event in tick.events:
            kind = type(event)
            if kind is OrderAccepted:
                orders += 1
            elif kind is OrderExecuted:
                self.trades += 1
            elif kind is OrderRejected:
                self.rejects += 1
        self.ticks += 1
        if orders:
            self.orders += orders
            self.latency.record(tick.now_ns, elapsed_ns, orders)

    def stats(self) -> feed.Stats:
        """The totals, with rates over the last second of samples."""
        now_ns = self._shell.clock.now_ns()
        samples = self._samples
        samples.append((now_ns, self.orders, self.trades))
        while len(samples) > 2 and samples[1][0] <= now_ns - RATE_WINDOW_NS:
            samples.popleft()
        then_ns, orders, trades = samples[0]
        elapsed_ns = now_ns - then_ns
        venue = self._shell.venue

        def rate(count: int) -> int:
            return count * SECOND_NS // elapsed_ns if elapsed_ns else 0

        return feed.Stats(
            time_ns=now_ns,
            uptime_ns=now_ns - self.started_ns,
            orders_total=self.orders,
            trades_total=self.trades,
            orders_per_second=rate(self.orders - orders),
            trades_per_second=rate(self.trades - trades),
            live_orders=venue.engine.live_orders,
            connections=len(self._shell.ports),
            order_to_ack_us=self.latency.recent(),
        )


def session_rows(shell: Shell) -> Iterator[feed.SessionInfo]:
    """Every durable session with the state of its connection; numbers as last committed."""
    names = shell.venue.directory.account_names
    for record in shell.venue.directory.sessions.values():
        connection = record.connection
        port = None if connection is None else shell.ports.get(connection.connection_id)
        yield feed.SessionInfo(
            session_id=record.session_id,
            wire=record.wire.decode(),
            identity=record.identity,
            account=names[record.account_id].decode("latin-1"),
            state="disconnected" if connection is None else "logged on",
            next_in=record.noted.next_in,
            next_out=record.noted.next_out,
            last_heartbeat_ns=record.last_heard_ns,
            queued_bytes=0 if port is None else port.queued_bytes,
        )


class VenueCollector:
    """The counters under their Prometheus names."""

    def __init__(self, shell: Shell, counters: Counters) -> None:
        self._shell = shell
        self._counters = counters

    def collect(self) -> Iterator[Metric]:
        counters, shell = self._counters, self._shell
        venue = shell.venue
        sessions = venue.directory.sessions.values()
        totals = (
            ("orders", "Orders accepted.", counters.orders),
            ("rejects", "Requests refused.", counters.rejects),
            ("trades", "Matches.", counters.trades),
            ("reads", "Reads from order-entry sockets.", shell.reads),
            ("ticks", "Ticks committed.", counters.ticks),
            ("commands", "Commands ever applied.", venue.sequencer.next_seq - 1),
            ("journal_batches", "Batches in the journal.", venue.log.next_batch - 1),
            ("journal_bytes", "Bytes appended to the journal.", venue.sequencer.bytes_written),
        )
        for name, text, total in totals:
            yield CounterMetricFamily(f"venue_{name}", text, value=total)
        gauges = (
            ("live_orders", "Orders that rest.", venue.engine.live_orders),
            ("connections", "Open order-entry connections.", len(shell.ports)),
            ("sessions", "Durable sessions known.", len(sessions)),
            (
                "sessions_logged_on",
                "Durable sessions with a connection.",
                sum(1 for one in sessions if one.connection is not None),
            ),
        )
        for name, text, value in gauges:
            yield GaugeMetricFamily(f"venue_{name}", text, value=value)
        latency = counters.latency
        name = "venue_order_to_ack_seconds"
        summary = SummaryMetricFamily(
            name,
            "From a tick's first byte to its acknowledgements written.",
            count_value=latency.count,
            sum_value=latency.sum_ns / SECOND_NS,
        )
        for quantile, seconds in latency.quantiles():
            summary.add_sample(name, {"quantile": quantile}, seconds)
        yield summary
