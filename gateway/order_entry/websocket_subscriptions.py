"""Who wants which public data: kept by the desk, served by `gateway.market_data_feed`."""

from gateway.order_entry.websocket_recorded import BridgeConnection
from gateway.sessions import Connection
from protocol import feed
from protocol.websocket_words import DEPTH_DEFAULT, SUBSCRIPTIONS_MAX, Channel


class Subscription:
    """One connection's interest in one channel. `version` and `view` are what it was last told."""

    __slots__ = (
        "channel",
        "checked",
        "connection",
        "depth",
        "instrument_id",
        "symbol",
        "version",
        "view",
    )

    def __init__(
        self,
        connection: Connection,
        channel: Channel,
        *,
        symbol: str = "",
        instrument_id: int = 0,
        depth: int = 0,
    ) -> None:
        self.connection = connection
        self.channel = channel
        self.symbol = symbol
        self.instrument_id = instrument_id
        self.depth = depth
        self.version = -1
        """-1: it waits for its snapshot."""
        self.checked = -1
        """Up to which version of the channel nothing concerns it that it was not told."""
        self.view: object = None

    @property
    def bridge(self) -> BridgeConnection:
        session = self.connection.session
        assert isinstance(session, BridgeConnection), f"no bridge: {self.connection.wire!r}"
        return session


class Subscriptions:
    """All subscriptions of all connections, in order of subscription."""

    def __init__(self) -> None:
        self._by_connection: dict[int, dict[tuple[Channel, str], Subscription]] = {}
        self.changed = False
        """Set by every change, cleared by the one who serves the data."""

    def add(self, subscription: Subscription) -> bool:
        """Take up or renew a subscription; False beyond SUBSCRIPTIONS_MAX of the connection."""
        connection_id = subscription.connection.connection_id
        own = self._by_connection.setdefault(connection_id, {})
        key = (subscription.channel, subscription.symbol)
        if key not in own and len(own) >= SUBSCRIPTIONS_MAX:
            return False
        own[key] = subscription
        self.changed = True
        return True

    def remove(self, connection: Connection, channel: Channel, symbol: str) -> bool:
        """End one subscription; False if there was none."""
        own = self._by_connection.get(connection.connection_id, {})
        removed = own.pop((channel, symbol), None) is not None
        self.changed = self.changed or removed
        return removed

    def forget(self, connection: Connection) -> None:
        """The connection is gone."""
        if self._by_connection.pop(connection.connection_id, None) is not None:
            self.changed = True

    def all(self) -> list[Subscription]:
        return [one for own in self._by_connection.values() for one in own.values()]


def new_subscription(
    connection: Connection, request: feed.Subscribe, instrument_id: int
) -> Subscription:
    """The subscription that a request asks for."""
    depth = (request.depth or DEPTH_DEFAULT) if request.channel == "book" else 0
    return Subscription(
        connection,
        request.channel,
        symbol=request.symbol,
        instrument_id=instrument_id,
        depth=depth,
    )
