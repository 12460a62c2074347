"""An OUCH 4.2 client on an in-memory pipe: our own client session, whole messages out."""

from typing import Any

from gateway.order_entry.ouch import ouch_desk
from protocol.ouch.messages42 import (
    CancelOrder,
    EnterOrder,
    Inbound,
    ModifyOrder,
    Outbound,
    ReplaceOrder,
    decode_outbound,
    encode,
)
from protocol.soupbintcp.client_session import SoupClientSession
from protocol.soupbintcp.events import (
    EndOfSession,
    LoggedIn,
    LoginRejected,
    SequencedData,
)
from protocol.soupbintcp.packets import LoginRequest
from tests.gateway.venue_harness import VenueHarness

PRICE = 1_870_000
DAY = 99_998


def ouch_venue() -> VenueHarness:
    return VenueHarness(lambda venue: {b"ouch": ouch_desk(venue)})


def token(text: str) -> bytes:
    return text.encode().ljust(14)


def enter(text: str, side: bytes = b"B", shares: int = 100, **changes: Any) -> EnterOrder:
    fields: dict[str, Any] = {
        "order_token": token(text),
        "side": side,
        "shares": shares,
        "stock": b"AAPL    ",
        "price": PRICE,
        "time_in_force": DAY,
        "firm": b"FIRM",
        "display": b"Y",
        "capacity": b"P",
        "intermarket_sweep_eligibility": b"N",
        "minimum_quantity": 0,
        "cross_type": b"N",
        "customer_type": b"R",
        **changes,
    }
    return EnterOrder(**fields)


def replace(old: str, new: str, shares: int, price: int = PRICE, **changes: Any) -> ReplaceOrder:
    fields: dict[str, Any] = {
        "existing_order_token": token(old),
        "replacement_order_token": token(new),
        "shares": shares,
        "price": price,
        "time_in_force": DAY,
        "display": b"Y",
        "intermarket_sweep_eligibility": b"N",
        "minimum_quantity": 0,
        **changes,
    }
    return ReplaceOrder(**fields)


def cancel(text: str, shares: int = 0) -> CancelOrder:
    return CancelOrder(token(text), shares)


def modify(text: str, side: bytes, shares: int = 100) -> ModifyOrder:
    return ModifyOrder(token(text), side, shares)


class OuchClient:
    """One connection, its login sent. `payloads` keeps every sequenced message."""

    def __init__(
        self,
        harness: VenueHarness,
        name: bytes = b"TRADER",
        *,
        sequence: int = 1,
        session: bytes = b"",
        password: bytes = b"",
    ) -> None:
        self.harness = harness
        self.soup = SoupClientSession(harness.now_ns)
        self.pipe = harness.connect(b"ouch")
        self.payloads: list[bytes] = []
        self.login: LoggedIn | LoginRejected | None = None
        self.ended = False
        self._unread = 0
        self._first = 0
        self.soup.login(LoginRequest(name, password or name, session, sequence), harness.now_ns)
        self._flush()
        self._receive()

    @property
    def session(self) -> bytes:
        assert isinstance(self.login, LoggedIn)
        return self.login.session

    def send(self, *messages: Inbound | bytes) -> None:
        """All in one read of the venue."""
        for message in messages:
            payload = message if isinstance(message, bytes) else encode(message)
            self.soup.send_unsequenced(payload, self.harness.now_ns)
        self._flush()

    def ask(self, *messages: Inbound | bytes) -> list[Outbound]:
        """What is new after these messages, what waited before included."""
        self.send(*messages)
        return self.news()

    def news(self) -> list[Outbound]:
        """Messages not looked at yet."""
        self._receive()
        fresh, self._unread = self.payloads[self._unread :], len(self.payloads)
        return [decode_outbound(payload) for payload in fresh]

    def _flush(self) -> None:
        self.pipe.send(b"".join(self.soup.data_to_send()))

    def _receive(self) -> None:
        for frame in self.pipe.take_frames():
            self.soup.receive_data(frame, self.harness.now_ns)
        while (event := self.soup.next_event()) is not None:
            if isinstance(event, SequencedData):
                assert event.number == len(self.payloads) + self._first
                self.payloads.append(event.payload)
            elif isinstance(event, LoggedIn | LoginRejected):
                self.login = event
                if isinstance(event, LoggedIn):
                    self._first = event.sequence
            elif isinstance(event, EndOfSession):
                self.ended = True
