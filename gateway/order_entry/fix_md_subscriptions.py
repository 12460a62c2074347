"""Who gets which market data on FIX: the requests of a connection and how far each has been told.

Everything here dies with the connection.
"""

from gateway.order_entry.fix_md_market import Market, View
from gateway.sessions import Connection

REQUESTS_MAX = 100
"""Live MarketDataRequests of one session."""
SYMBOLS_MAX = 1_000
"""Symbols of all its live requests together."""
MD_REQ_ID_MAX = 64
"""Bytes of MDReqID(262): it stands in every W and X."""


class Subscription:
    """One MarketDataRequest(V) that was taken."""

    __slots__ = ("depth", "incremental", "interests", "lasting", "md_req_id", "types")

    def __init__(
        self,
        md_req_id: bytes,
        types: frozenset[bytes],
        depth: int,
        *,
        lasting: bool,
        incremental: bool,
    ) -> None:
        self.md_req_id = md_req_id
        self.types = types
        self.depth = depth
        """MarketDepth(264): levels a side, 0 all."""
        self.lasting = lasting
        """SubscriptionRequestType(263)=1: not over with the snapshot."""
        self.incremental = incremental
        """MDUpdateType(265)=1: X, not another W."""
        self.interests: dict[Interest, None] = {}


class Interest:
    """One symbol of a subscription and what has been told of it."""

    __slots__ = ("client", "known_from", "market", "place", "rpt_seq", "subscription", "told")

    def __init__(self, client: "Client", subscription: Subscription, market: Market) -> None:
        self.client = client
        self.subscription = subscription
        self.market = market
        self.told: View | None = None
        """None: it waits for its snapshot."""
        self.place = 0
        """The tape up to here has been told."""
        self.known_from = 0
        """No trade with a lower match number was ever told."""
        self.rpt_seq = 0


class Client:
    """One connection's requests; `due` are the interests with something to be told, each once."""

    __slots__ = ("connection", "due", "spent_bytes", "subscriptions")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.subscriptions: dict[bytes, Subscription] = {}
        self.due: dict[Interest, None] = {}
        self.spent_bytes = 0
        """Market data sent in the running tick."""

    @property
    def symbols(self) -> int:
        """Over all requests."""
        return sum(len(one.interests) for one in self.subscriptions.values())

    def add(self, subscription: Subscription, markets: list[Market]) -> None:
        """Every market is due for its snapshot."""
        self.subscriptions[subscription.md_req_id] = subscription
        for market in markets:
            interest = Interest(self, subscription, market)
            subscription.interests[interest] = None
            market.interests[interest] = None
            self.due[interest] = None

    def end(self, interest: Interest) -> None:
        """Tell nothing more of it; a request without interests is over."""
        subscription = interest.subscription
        self.due.pop(interest, None)
        del interest.market.interests[interest]
        del subscription.interests[interest]
        if not subscription.interests:
            del self.subscriptions[subscription.md_req_id]
