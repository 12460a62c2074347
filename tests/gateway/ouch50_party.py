"""A session on OUCH 5.0 as one of the `parties`: its orders have numbers, which stand for the
client ids that tests give."""

from typing import Any

from protocol.ouch.inbound50 import DisableOrderEntry, MassCancel, ModifyOrder
from protocol.ouch.messages50 import encode
from protocol.ouch.outbound50 import Canceled, Outbound, SystemEvent
from protocol.soupbintcp.events import LoggedIn
from tests.gateway.order_entry import ouch50_client
from tests.gateway.order_entry.ouch50_client import Ouch50Client
from tests.gateway.venue_harness import VenueHarness


class Ouch50Party:
    """An OUCH 5.0 login; each client id gets the next number when it is first heard of."""

    def __init__(self, harness: VenueHarness, username: str) -> None:
        self._harness = harness
        self._username = username.encode()
        self._client = Ouch50Client(harness, self._username, password=b"SECRET")
        self._client.news()
        self._numbers: dict[str, int] = {}
        self.messages: list[Outbound] = []

    def enter(self, client_id: str, side: str, size: str = "100", **how: Any) -> None:
        self._client.send(
            ouch50_client.enter(
                self._number(client_id),
                {"buy": b"B", "sell": b"S"}[side],
                int(size),
                symbol=how.get("symbol", "AAPL").encode().ljust(8),
                time_in_force=b"3" if how.get("immediate") else b"0",
                max_floor=how.get("shown", 0),
            )
        )

    def replace(self, client_id: str, orig: str, size: str) -> None:
        old, new = self._number(orig), self._number(client_id)
        self._client.send(ouch50_client.replace(old, new, int(size)))

    def cancel(self, client_id: str, orig: str, *, to_size: int = 0) -> None:
        self._client.send(ouch50_client.cancel(self._number(orig), to_size))

    def modify(self, client_id: str, size: str) -> None:
        """From sell to sell short."""
        self._client.send(ModifyOrder(self._number(client_id), b"T", int(size)))

    def mass_cancel(self, client_id: str) -> None:
        """All orders of the session."""
        self._client.send(MassCancel(self._number(client_id), b" " * 4, b" " * 8))

    def disable(self, client_id: str) -> None:
        """The order entry of every firm."""
        self._client.send(DisableOrderEntry(self._number(client_id), b" " * 4))

    def leave(self) -> None:
        self._client.pipe.hang_up()

    def come_back(self) -> None:
        """Log in for what was missed; after End of Session, for the next session's beginning."""
        login = self._client.login
        assert isinstance(login, LoggedIn)
        missed = 1 if self._client.ended else login.sequence + len(self._client.payloads)
        self._client = Ouch50Client(
            self._harness, self._username, password=b"SECRET", sequence=missed
        )
        self._harness.settle()

    def hear(self) -> list[str]:
        self.messages = self._client.news()
        return [self._words(message) for message in self.messages]

    def _number(self, client_id: str) -> int:
        return self._numbers.setdefault(client_id, len(self._numbers) + 1)

    @staticmethod
    def _words(message: Outbound) -> str:
        code = encode(message)[:1].decode()
        if isinstance(message, Canceled):
            return f"{code} {message.reason.decode()}"
        if isinstance(message, SystemEvent):
            return f"{code} {message.event_code.decode()}"
        return code
