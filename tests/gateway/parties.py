"""The same requests over every wire, for tests of what all wires have in common.

A party is one session. It enters, replaces, cancels and asks; what it hears is put into the words
of `specs/who-receives-what.md`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.config import Config, Fix, FixSession, Ouch, OuchSession, WebSocketToken
from gateway.config import WebSocket as WebSocketConfig
from gateway.desk import Desk
from gateway.drop_copy import register_sessions
from gateway.order_entry.fix import FixDesk
from gateway.order_entry.ouch import ouch_desk
from gateway.order_entry.ouch50 import ouch50_desk
from gateway.order_entry.websocket import WebSocketDesk
from gateway.order_entry.websocket_recorded import RecordedWebSocketSession
from gateway.venue import Venue
from matching.commands import AddAccount
from protocol import feed
from protocol.fix.version import FIX42, FIX44, FIX50SP2
from protocol.ouch.messages42 import Canceled, ModifyOrder, Outbound, SystemEvent, encode
from protocol.soupbintcp.events import LoggedIn
from tests.gateway.order_entry import ouch_client, websocket_scenes
from tests.gateway.order_entry.fix_client import Fields, FixClient
from tests.gateway.order_entry.ouch_client import OuchClient
from tests.gateway.ouch50_party import Ouch50Party
from tests.gateway.venue_harness import VenueHarness

VERSIONS = {"fix42": FIX42, "fix44": FIX44, "fix50": FIX50SP2}
WIRES = (*VERSIONS, "ouch", "ouch50", "websocket")
SIZE = "100"
PRICE = "187.00"
ADMINISTRATIVE = ("0", "1", "2", "4", "5", "A")

Heard = dict[str, list[str]]
"""Who heard which words; who heard nothing is not in it."""


class FixParty:
    """A FIX session; requests by ClOrdID, or by OrderID(37) for orders of others."""

    def __init__(self, harness: VenueHarness, wire: str, comp_id: str) -> None:
        self._harness = harness
        self._client = FixClient(harness, comp_id.encode(), VERSIONS[wire])
        self._client.log_on()
        self._last_number = "1"
        self.messages: list[Fields] = []

    def enter(self, client_id: str, side: str, size: str = SIZE, **how: Any) -> None:
        tag_59 = "59=3|" if how.get("immediate") else ""
        symbol = how.get("symbol", "AAPL")
        code = {"buy": "1", "sell": "2"}[side]
        self._client.new(client_id, code, size, PRICE, tag_59, symbol=symbol)

    def replace(self, client_id: str, orig: str, size: str, order_id: int = 0) -> None:
        named = f"37={order_id}|" if order_id else ""
        self._client.send(
            b"G",
            f"11={client_id}|21=1|{named}38={size}|40=2|41={orig}|44={PRICE}|54=1|55=AAPL|"
            "60=20240102-09:30:00|",
        )

    def cancel(self, client_id: str, orig: str, order_id: int = 0) -> None:
        self._client.cancel(client_id, orig, extra=f"37={order_id}|" if order_id else "")

    def status(self, client_id: str, order_id: int = 0) -> None:
        named = f"37={order_id}|" if order_id else ""
        self._client.send(b"H", f"11={client_id}|{named}54=1|55=AAPL|")

    def mass_cancel(self, client_id: str) -> None:
        """All orders of the account."""
        self._client.send(b"q", f"11={client_id}|60=20240102-09:30:00|530=7|")

    def leave(self) -> None:
        self._client.hang_up()

    def come_back(self) -> None:
        """Log on and ask for what was missed."""
        self._client.log_on()
        self._client.send(b"2", f"7={int(self._last_number) + 1}|16=0|")
        self._harness.settle()

    def hear(self) -> list[str]:
        """Application messages; administrative ones are the session's own affair."""
        self.messages = [m for m in self._client.take() if m[35] not in ADMINISTRATIVE]
        self._last_number = ([self._last_number] + [m[34] for m in self.messages])[-1]
        return [self._words(message) for message in self.messages]

    @staticmethod
    def _words(message: Fields) -> str:
        if message.get(20, "0") != "0":
            return f"{message[35]} 20={message[20]}"
        return f"{message[35]} 150={message[150]}" if 150 in message else message[35]


class OuchParty:
    """An OUCH login; orders are named by tokens."""

    def __init__(self, harness: VenueHarness, username: str) -> None:
        self._harness = harness
        self._username = username.encode()
        self._client = OuchClient(harness, self._username, password=b"SECRET")
        self._client.news()
        self.messages: list[Outbound] = []

    def enter(self, client_id: str, side: str, size: str = SIZE, **how: Any) -> None:
        self._client.send(
            ouch_client.enter(
                client_id,
                {"buy": b"B", "sell": b"S"}[side],
                int(size),
                stock=how.get("symbol", "AAPL").encode().ljust(8),
                time_in_force=0 if how.get("immediate") else ouch_client.DAY,
            )
        )

    def replace(self, client_id: str, orig: str, size: str) -> None:
        self._client.send(ouch_client.replace(orig, client_id, int(size)))

    def cancel(self, client_id: str, orig: str, *, to_size: int = 0) -> None:
        self._client.send(ouch_client.cancel(orig, to_size))

    def modify(self, client_id: str, size: str) -> None:
        """From sell to sell short."""
        self._client.send(ModifyOrder(ouch_client.token(client_id), b"T", int(size)))

    def leave(self) -> None:
        self._client.pipe.hang_up()

    def come_back(self) -> None:
        """Log in for what was missed; after End of Session, for the next session's beginning."""
        login = self._client.login
        assert isinstance(login, LoggedIn)
        missed = 1 if self._client.ended else login.sequence + len(self._client.payloads)
        self._client = OuchClient(
            self._harness, self._username, password=b"SECRET", sequence=missed
        )
        self._harness.settle()

    def hear(self) -> list[str]:
        self.messages = self._client.news()
        return [self._words(message) for message in self.messages]

    @staticmethod
    def _words(message: Outbound) -> str:
        code = encode(message)[:1].decode()
        if isinstance(message, Canceled):
            return f"{code} {message.reason.decode()}"
        if isinstance(message, SystemEvent):
            return f"{code} {message.event_code.decode()}"
        return code


class WebSocketParty:
    """One session of a token."""

    def __init__(self, harness: VenueHarness, token: str, session: str) -> None:
        self._client = websocket_scenes.Client(harness, token, session)
        self._client.login()
        self._resumed: list[feed.Message] = []
        self.messages: list[feed.Message] = []

    def enter(self, client_id: str, side: str, size: str = SIZE, **how: Any) -> None:
        make = {"buy": websocket_scenes.buy, "sell": websocket_scenes.sell}[side]
        order = make(client_id, size, PRICE, how.get("symbol", "AAPL"))
        if how.get("immediate"):
            order = feed.New(
                cl_ord_id=client_id,
                symbol=order.symbol,
                side=order.side,
                quantity=size,
                price=PRICE,
                time_in_force="ioc",
            )
        self._say(order)

    def replace(self, client_id: str, orig: str, size: str, order_id: int = 0) -> None:
        named: dict[str, Any] = {"order_id": order_id} if order_id else {"orig_cl_ord_id": orig}
        self._say(feed.Replace(cl_ord_id=client_id, quantity=size, price=PRICE, **named))

    def cancel(self, client_id: str, orig: str, order_id: int = 0) -> None:
        named: dict[str, Any] = {"order_id": order_id} if order_id else {"orig_cl_ord_id": orig}
        self._say(feed.Cancel(cl_ord_id=client_id, **named))

    def status(self, client_id: str, order_id: int = 0) -> None:
        named: dict[str, Any] = {"order_id": order_id} if order_id else {"cl_ord_id": client_id}
        self._say(feed.Status(**named))

    def leave(self) -> None:
        self._client.pipe.hang_up()

    def come_back(self) -> None:
        """Log in and resume where the last connection ended."""
        self._client.login()
        self._resumed = self._client.resumed

    def hear(self) -> list[str]:
        self.messages = self._resumed + self._client.receive()
        self._resumed = []
        return [str(message.__struct_config__.tag) for message in self.messages]

    def _say(self, request: feed.Request) -> None:
        self._client.pipe.send(feed.encode(request) + b"\n")


ACCOUNTS = {"own": "OURS", "second": "OURS", "other": "THEIRS"}
"""Sessions on each wire, and whose they are."""

Party = FixParty | OuchParty | Ouch50Party | WebSocketParty


def _desks(config: Config) -> Callable[[Venue], Mapping[bytes, Desk]]:
    return lambda venue: {
        b"fix": FixDesk(venue, config),
        b"ouch": ouch_desk(venue),
        b"ouch50": ouch50_desk(venue),
        b"websocket": WebSocketDesk(venue, config, new_session=RecordedWebSocketSession),
    }


def _configuration(readers: tuple[FixSession, ...]) -> Config:
    return Config(
        fix=Fix(
            sessions=readers
            + tuple(
                FixSession(
                    begin_string=version.begin_string.decode(),  # type: ignore[arg-type]
                    sender_comp_id="XVEN",
                    target_comp_id=f"{name}-{wire}",
                    account=account,
                )
                for wire, version in VERSIONS.items()
                for name, account in ACCOUNTS.items()
            )
        ),
        ouch=Ouch(
            sessions=tuple(
                OuchSession(username=name, password="SECRET", account=account)
                for name, account in ACCOUNTS.items()
            )
        ),
        websocket=WebSocketConfig(
            tokens=tuple(
                WebSocketToken(token=account, account=account) for account in ("OURS", "THEIRS")
            )
        ),
    )


class Room:
    """A venue with the sessions `own-WIRE`, `second-WIRE` and `other-WIRE` of every wire;
    `readers` are further FIX sessions."""

    def __init__(self, *, shared: bool = True, readers: tuple[FixSession, ...] = ()) -> None:
        config = _configuration(readers)
        self.harness = VenueHarness(_desks(config), config)
        self.harness.control(AddAccount(b"OURS", shared), AddAccount(b"THEIRS"))
        with self.harness.tick():
            register_sessions(self.harness.venue, config)
        self.parties: dict[str, Party] = {
            f"{name}-{wire}": self._party(wire, name) for wire in WIRES for name in ACCOUNTS
        }

    def _party(self, wire: str, name: str) -> Party:
        if wire == "ouch":
            return OuchParty(self.harness, name)
        if wire == "ouch50":
            return Ouch50Party(self.harness, name)
        if wire == "websocket":
            return WebSocketParty(self.harness, ACCOUNTS[name], name)
        return FixParty(self.harness, wire, f"{name}-{wire}")

    def heard(self) -> Heard:
        """What anybody heard since the last call."""
        words = {name: party.hear() for name, party in self.parties.items()}
        return {name: said for name, said in words.items() if said}
