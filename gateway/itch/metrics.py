"""What `/metrics` says of the feed."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from gateway.itch.feed import ItchFeed


class ItchCollector:
    """The feed's figures under their Prometheus names."""

    def __init__(self, feed: ItchFeed) -> None:
        self._feed = feed

    def collect(self) -> Iterator[Metric]:
        feed = self._feed
        gauges = (
            ("messages", "Messages of the running day.", feed.stream.next_number - 1),
            ("subscribers", "Logins that are served.", feed.subscribers),
            ("failed", "1: the feed has ended by a failure of its own.", int(feed.failed)),
        )
        for name, text, value in gauges:
            yield GaugeMetricFamily(f"venue_itch_{name}", text, value=value)
