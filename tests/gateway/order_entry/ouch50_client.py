"""An OUCH 5.0 client on an in-memory pipe: our own client session, whole messages out."""

from typing import Any

from gateway.config import Config
from gateway.order_entry.ouch50 import ouch50_desk
from protocol.ouch.appendage import Appendage
from protocol.ouch.inbound50 import CancelOrder, EnterOrder, Inbound, ReplaceOrder
from protocol.ouch.messages50 import decode_outbound, encode
from protocol.ouch.outbound50 import Outbound
from protocol.soupbintcp.client_session import SoupClientSession
from protocol.soupbintcp.events import EndOfSession, LoggedIn, LoginRejected, SequencedData
from protocol.soupbintcp.packets import LoginRequest
from tests.gateway.venue_harness import VenueHarness

PRICE = 1_870_000
WIRE = b"ouch50"


def ouch50_venue(config: Config | None = None) -> VenueHarness:
    return VenueHarness(lambda venue: {WIRE: ouch50_desk(venue)}, config)


def cl_ord_id(number: int) -> bytes:
    """What `enter` and `replace` give with this UserRefNum."""
    return b"ID%-12d" % number


def enter(number: int, side: bytes = b"B", quantity: int = 100, **changes: Any) -> EnterOrder:
    """An order; fields that it has not are options of its appendage."""
    fields: dict[str, Any] = {
        "user_ref_num": number,
        "side": side,
        "quantity": quantity,
        "symbol": b"AAPL    ",
        "price": PRICE,
        "time_in_force": b"0",
        "display": b"Y",
        "capacity": b"P",
        "intermarket_sweep_eligibility": b"N",
        "cross_type": b"N",
        "cl_ord_id": cl_ord_id(number),
    }
    return EnterOrder(**fields | _with_options(fields, changes))


def replace(old: int, new: int, quantity: int, price: int = PRICE, **changes: Any) -> ReplaceOrder:
    """A replacement; fields that it has not are options of its appendage."""
    fields: dict[str, Any] = {
        "orig_user_ref_num": old,
        "user_ref_num": new,
        "quantity": quantity,
        "price": price,
        "time_in_force": b"0",
        "display": b"Y",
        "intermarket_sweep_eligibility": b"N",
        "cl_ord_id": cl_ord_id(new),
    }
    return ReplaceOrder(**fields | _with_options(fields, changes))


def cancel(number: int, quantity: int = 0) -> CancelOrder:
    return CancelOrder(number, quantity)


def _with_options(fields: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    options = {name: value for name, value in changes.items() if name not in fields}
    fixed = {name: value for name, value in changes.items() if name in fields}
    return fixed | {"appendage": Appendage(**options)}


class Ouch50Client:
    """One connection, its login sent. `payloads` keeps every sequenced message."""

    def __init__(
        self,
        harness: VenueHarness,
        name: bytes = b"TRADER",
        *,
        sequence: int = 1,
        password: bytes = b"",
    ) -> None:
        self.harness = harness
        self.soup = SoupClientSession(harness.now_ns)
        self.pipe = harness.connect(WIRE)
        self.payloads: list[bytes] = []
        self.login: LoggedIn | LoginRejected | None = None
        self.ended = False
        self._unread = 0
        self._first = 0
        self.soup.login(LoginRequest(name, password or name, b"", sequence), harness.now_ns)
        self._flush()
        self._receive()

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
