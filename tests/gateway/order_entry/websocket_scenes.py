"""A venue with the WebSocket desk alone, its clients speaking JSON without frames."""

import msgspec

from gateway.config import Config
from gateway.order_entry.websocket import WebSocketDesk
from gateway.order_entry.websocket_recorded import RecordedWebSocketSession
from protocol import feed
from protocol.websocket_client import BridgeClient
from tests.gateway.venue_harness import Pipe, VenueHarness

WIRE = b"websocket"


def desk_harness(config: Config | None = None) -> VenueHarness:
    return VenueHarness(
        lambda venue: {
            WIRE: WebSocketDesk(venue, config or Config(), new_session=RecordedWebSocketSession)
        },
        config,
    )


class Client:
    """One private session: requests as Structs, answers as Structs, numbers checked."""

    def __init__(self, harness: VenueHarness, token: str = "TRADER", session: str = "main") -> None:
        self.harness = harness
        self.bridge = BridgeClient(token, session)
        self.pipe: Pipe
        self.texts: list[bytes] = []
        """Every numbered text, as it came."""

    def connect(self) -> None:
        self.pipe = self.harness.connect(WIRE)

    def login(self) -> feed.LoggedIn:
        """Connect and log in, resuming where the last connection ended."""
        self.connect()
        self.pipe.send(self.bridge.login() + b"\n")
        self.harness.settle()
        welcome, logged_in, *more = self.receive()
        assert isinstance(welcome, feed.Welcome)
        assert isinstance(logged_in, feed.LoggedIn), logged_in
        self.resumed = more
        return logged_in

    def ask(self, *requests: feed.Request) -> list[feed.Message]:
        """Send requests in one tick; everything that came back."""
        self.pipe.send(b"".join(feed.encode(request) + b"\n" for request in requests))
        return self.receive()

    def receive(self) -> list[feed.Message]:
        texts = self.pipe.take_frames()
        self.texts += [text for text in texts if text.startswith(b'{"seq":')]
        return [self.bridge.receive(text) for text in texts]


def buy(cl_ord_id: str, quantity: str, price: str, symbol: str = "AAPL") -> feed.New:
    return feed.New(cl_ord_id=cl_ord_id, symbol=symbol, side="buy", quantity=quantity, price=price)


def sell(cl_ord_id: str, quantity: str, price: str, symbol: str = "AAPL") -> feed.New:
    return msgspec.structs.replace(buy(cl_ord_id, quantity, price, symbol), side="sell")
