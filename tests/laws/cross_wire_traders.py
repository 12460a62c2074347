"""A client of each wire that asks in its wire's words and keeps its view over all connections."""

from typing import Any, NamedTuple

from gateway.order_entry.websocket_recorded import BridgeConnection
from matching.types import FULL
from protocol import feed
from protocol.fix.version import FIX42, FIX44, FIX50SP2
from protocol.ouch import inbound50
from protocol.soupbintcp.events import LoggedIn
from tests.gateway.order_entry import ouch50_client, ouch_client, websocket_scenes
from tests.gateway.order_entry.fix_client import Fields, FixClient
from tests.gateway.order_entry.ouch50_client import Ouch50Client
from tests.gateway.order_entry.ouch_client import OuchClient
from tests.gateway.venue_harness import MIDNIGHT_NS, VenueHarness
from tests.laws.cross_wire_ledger import Entry
from tests.laws.cross_wire_views import UNITS, FixView, OuchView, Told, WebSocketView

VERSIONS = {"fix42": FIX42, "fix44": FIX44, "fix50": FIX50SP2}
SECOND_NS = 1_000_000_000
_FIX_SIDES = {"buy": "1", "sell": "2"}
_OUCH_SIDES = {"buy": b"B", "sell": b"S"}


class Ask(NamedTuple):
    """A new order; price in 1/10000. What only an order that can rest has is left out of others."""

    side: str
    quantity: int
    price: int
    lasts: str = "day"
    """`day`, `gtc`, `ioc`, `fok`; OUCH has no `gtc`."""
    display: int = FULL
    """FULL, 0: hidden, else a reserve order, which OUCH 4.2 does not have."""
    post_only: bool = False
    seconds: int = 0
    """Of life; 0: as long as it lasts."""


def fit(ask: Ask, wire: str) -> Ask:
    """As much of it as the wire has words for."""
    if ask.lasts in ("ioc", "fok"):
        return ask._replace(display=FULL, post_only=False, seconds=0)
    if wire == "ouch" and ask.display > 0:
        ask = ask._replace(display=FULL)
    if wire == "ouch" and ask.display == 0:
        # One letter says both.
        ask = ask._replace(post_only=False)
    if wire.startswith("ouch") or ask.seconds:
        ask = ask._replace(lasts="day")
    return ask


def executed(entry: Entry) -> int:
    """What has traded, broken or not: part of the total that a replace names."""
    return sum(fill.quantity for fill in entry.fills.values())


def text(price: int) -> str:
    return f"{price // UNITS}.{price % UNITS // 100:02}"


class FixTrader:
    """Takes messages in the order of MsgSeqNum(34), each once, and asks for those it missed."""

    def __init__(self, harness: VenueHarness, wire: str, name: str) -> None:
        self.wire = wire
        self.view = FixView(wire)
        version = VERSIONS[wire]
        self.key: tuple[bytes, ...] = (b"fix", version.begin_string, name.encode(), b"XVEN")
        self._client = FixClient(harness, name.encode(), version)
        self._names = 0
        self._expected = 1
        self._last = ""
        self.come_back()

    # -- connections --------------------------------------------------------------------------

    def leave(self) -> None:
        self._client.hang_up()

    def come_back(self) -> None:
        answers = self._client.log_on()
        for message in answers:
            self._take(message)
        if int(answers[-1][34]) >= self._expected:
            self._client.send(b"2", f"7={self._expected}|16=0|")
            self._client.harness.settle()

    def next_day(self) -> None:
        """Ids are free again."""
        self._last = ""

    def move(self, harness: VenueHarness) -> None:
        """There is another process."""
        self._client.harness = harness

    def keep_alive(self) -> None:
        self._client.send(b"0", "")

    def hear(self) -> None:
        for message in self._client.take():
            self._take(message)

    def _take(self, message: Fields) -> None:
        number = int(message[34])
        if number > self._expected:
            return
        if number < self._expected:
            assert message.get(43) == "Y", message
            return
        self._expected += 1
        if message[35] == "4":
            self._expected = int(message[36])
        elif message[35] not in "012A":
            self.view.hear(message)

    # -- requests -----------------------------------------------------------------------------

    def name(self) -> str:
        self._names += 1
        return f"c{self._names}"

    def enter(self, ask: Ask) -> None:
        lasts = {"day": "0", "gtc": "1", "ioc": "3", "fok": "4"}[ask.lasts]
        extra = ""
        if ask.seconds:
            lasts = "6"
            at_ns = self._client.harness.now_ns + ask.seconds * SECOND_NS
            seconds = (at_ns - MIDNIGHT_NS) // SECOND_NS
            day, hour, minute = 2 + seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
            extra += f"126=202401{day:02}-{hour:02}:{minute:02}:{seconds % 60:02}|"
        if ask.display != FULL:
            extra += f"{1138 if self.wire == 'fix50' else 111}={ask.display}|"
        if ask.post_only:
            extra += "18=6|"
        self._last = (
            f"11={self.name()}|21=1|38={ask.quantity}|40=2|44={text(ask.price)}|59={lasts}|"
            f"54={_FIX_SIDES[ask.side]}|55=AAPL|60=20240102-09:30:00|{extra}"
        )
        self._client.send(b"D", self._last)

    def again(self) -> None:
        """The last order under the id that it has used."""
        if self._last:
            self._client.send(b"D", self._last)

    def replace(self, entry: Entry, open_quantity: int, price: int) -> None:
        self._client.send(
            b"G",
            f"11={self.name()}|21=1|38={executed(entry) + open_quantity}|40=2|41={entry.name}|"
            f"44={text(price)}|54={_FIX_SIDES[entry.side]}|55=AAPL|60=20240102-09:30:00|",
        )

    def cancel(self, entry: Entry) -> None:
        self._client.cancel(self.name(), entry.name, _FIX_SIDES[entry.side])

    def cancel_other(self, order_id: int, side: str) -> None:
        self._client.cancel(self.name(), "NONE", _FIX_SIDES[side], f"37={order_id}|")

    def mass_cancel(self) -> None:
        if self.wire != "fix42":
            self._client.send(b"q", f"11={self.name()}|60=20240102-09:30:00|530=7|")

    def status(self, entry: Entry, reference: int) -> Told:
        """Ask, and what the answer has to be; its ExecID(17) names nothing."""
        side = _FIX_SIDES[entry.side]
        self._client.send(b"H", f"11={entry.name}|54={side}|55=AAPL|")
        return Told("8 20=3" if self.wire == "fix42" else "8 150=I", "0", reference)


class OuchTrader:
    """Logs in for the number after the last one; after End of Session, for the next day's first."""

    def __init__(self, harness: VenueHarness, wire: str, name: str) -> None:
        self.wire = wire
        self.view = OuchView(wire)
        self.key: tuple[bytes, ...] = (wire.encode(), b"ouch42" if wire == "ouch" else b"ouch50")
        self.key += (name.encode(),)
        self._harness = harness
        self._username = name.encode()
        self._made: type[OuchClient | Ouch50Client]
        self._made = OuchClient if wire == "ouch" else Ouch50Client
        self._names = 0
        self._expected = 1
        self._last: Any = None
        # What one version sends the other does not know: nothing that a type could tell here.
        self._client: Any
        self.come_back()

    # -- connections --------------------------------------------------------------------------

    def leave(self) -> None:
        self._client.pipe.hang_up()

    def come_back(self) -> None:
        self._client = self._made(
            self._harness, self._username, password=b"SECRET", sequence=self._expected
        )
        login = self._client.login
        assert isinstance(login, LoggedIn), login
        assert login.sequence == self._expected
        self._harness.settle()

    def next_day(self) -> None:
        self.hear()
        assert self._client.ended
        self._expected = 1
        self._last = None
        self.come_back()

    def move(self, harness: VenueHarness) -> None:
        self._harness = harness

    def keep_alive(self) -> None:
        self._client.soup.handle_timeout(self._harness.now_ns)
        self._client.send()

    def hear(self) -> None:
        for message in self._client.news():
            self._expected += 1
            self.view.hear(message)

    # -- requests -----------------------------------------------------------------------------

    @property
    def _newer(self) -> bool:
        return self.wire == "ouch50"

    def name(self) -> str:
        self._names += 1
        return str(self._names)

    def enter(self, ask: Ask) -> None:
        side = _OUCH_SIDES[ask.side]
        immediate = ask.lasts in ("ioc", "fok")
        minimum = ask.quantity if ask.lasts == "fok" else 0
        if self._newer:
            now_seconds = (self._harness.now_ns - MIDNIGHT_NS) // SECOND_NS % 86400
            code = b"3" if immediate else b"6" if ask.seconds else b"0"
            self._last = ouch50_client.enter(
                int(self.name()),
                side,
                ask.quantity,
                price=ask.price,
                time_in_force=code,
                display=b"N" if ask.display == 0 else b"Y",
                min_qty=minimum,
                max_floor=max(ask.display, 0),
                post_only=b"P" if ask.post_only else b"N",
                expire_time=now_seconds + ask.seconds if ask.seconds else 0,
            )
        else:
            self._last = ouch_client.enter(
                self.name(),
                side,
                ask.quantity,
                price=ask.price,
                time_in_force=0 if immediate else ask.seconds or ouch_client.DAY,
                display=b"N" if ask.display == 0 else b"P" if ask.post_only else b"Y",
                minimum_quantity=minimum,
            )
        self._client.send(self._last)

    def again(self) -> None:
        """The last order again, as after a lost connection."""
        if self._last is not None:
            self._client.send(self._last)

    def replace(self, entry: Entry, open_quantity: int, price: int) -> None:
        total = executed(entry) + open_quantity
        if self._newer:
            new = ouch50_client.replace(int(entry.name), int(self.name()), total, price)
            self._client.send(new)
        else:
            self._client.send(ouch_client.replace(entry.name, self.name(), total, price))

    def cancel(self, entry: Entry) -> None:
        self._reduce_to(entry, 0)

    def reduce(self, entry: Entry, open_quantity: int) -> None:
        self._reduce_to(entry, executed(entry) + open_quantity)

    def _reduce_to(self, entry: Entry, total: int) -> None:
        if self._newer:
            self._client.send(ouch50_client.cancel(int(entry.name), total))
        else:
            self._client.send(ouch_client.cancel(entry.name, total))

    def modify(self, entry: Entry, open_quantity: int) -> None:
        """Of a sale a short sale; a buy is left alone, in silence."""
        total = executed(entry) + open_quantity
        if self._newer:
            self._client.send(inbound50.ModifyOrder(int(entry.name), b"T", total))
        else:
            self._client.send(ouch_client.modify(entry.name, b"T", total))

    def mass_cancel(self) -> None:
        if self._newer:
            self._client.send(inbound50.MassCancel(int(self.name()), b" " * 4, b" " * 8))

    def set_entry(self, *, enabled: bool) -> None:
        """Of all firms."""
        message = inbound50.EnableOrderEntry if enabled else inbound50.DisableOrderEntry
        if self._newer:
            self._client.send(message(int(self.name()), b" " * 4))


class WebSocketTrader:
    """Resumes at the next number."""

    def __init__(self, harness: VenueHarness, wire: str, name: str, token: str) -> None:
        self.wire = wire
        self.view = WebSocketView()
        self.key: tuple[bytes, ...] = (wire.encode(), token.encode(), name.encode())
        self._client = websocket_scenes.Client(harness, token, name)
        self._names = 0
        self.come_back()

    # -- connections --------------------------------------------------------------------------

    def leave(self) -> None:
        self._client.pipe.hang_up()

    def come_back(self) -> None:
        """Open orders at login are those that the view has once it heard what it missed."""
        logged_in = self._client.login()
        for message in self._client.resumed:
            self.view.hear(message)
        assert len(logged_in.open_orders) == len(self.view.ledger.live())
        for order in logged_in.open_orders:
            self.view.agree(order)

    def next_day(self) -> None:
        """Nothing is told of it here."""

    def move(self, harness: VenueHarness) -> None:
        self._client.harness = harness

    def keep_alive(self) -> None:
        """The transport's own pings are below what is spoken here."""
        assert isinstance(self._client.pipe.connection.session, BridgeConnection)

    def hear(self) -> None:
        for message in self._client.receive():
            if not isinstance(message, feed.Heartbeat):
                self.view.hear(message)

    # -- requests -----------------------------------------------------------------------------

    def name(self) -> str:
        self._names += 1
        return f"w{self._names}"

    def enter(self, ask: Ask) -> None:
        more: dict[str, Any] = {}
        if ask.display != FULL:
            more["display_quantity"] = str(ask.display)
        if ask.post_only:
            more["post_only"] = True
        if ask.seconds:
            more["expire_time_ns"] = self._client.harness.now_ns + ask.seconds * SECOND_NS
        self._say(
            feed.New(
                cl_ord_id=self.name(),
                symbol="AAPL",
                side=ask.side,  # type: ignore[arg-type]
                quantity=str(ask.quantity),
                price=text(ask.price),
                time_in_force=ask.lasts,  # type: ignore[arg-type]
                **more,
            )
        )

    def replace(self, entry: Entry, open_quantity: int, price: int) -> None:
        self._say(
            feed.Replace(
                cl_ord_id=self.name(),
                orig_cl_ord_id=entry.name,
                quantity=str(executed(entry) + open_quantity),
                price=text(price),
            )
        )

    def cancel(self, entry: Entry) -> None:
        self._say(feed.Cancel(cl_ord_id=self.name(), orig_cl_ord_id=entry.name))

    def cancel_other(self, order_id: int, side: str) -> None:
        self._say(feed.Cancel(cl_ord_id=self.name(), order_id=order_id))

    def status(self, entry: Entry, reference: int) -> Told:
        self._say(feed.Status(cl_ord_id=entry.name))
        return Told("order_status")

    def _say(self, request: feed.Request) -> None:
        self._client.pipe.send(feed.encode(request) + b"\n")


Trader = FixTrader | OuchTrader | WebSocketTrader
