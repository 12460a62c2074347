"""A venue, traders on any wires, the public's feed; and the law that all of them agree."""

from collections.abc import Mapping, Sequence

from gateway.config import Config, Fix, FixSession, Ouch, OuchSession, WebSocketToken
from gateway.config import WebSocket as WebSocketConfig
from gateway.desk import Desk
from gateway.drop_copy import register_sessions
from gateway.itch.fold import ItchFold
from gateway.order_entry.fix import FixDesk
from gateway.order_entry.ouch import ouch_desk
from gateway.order_entry.ouch50 import ouch50_desk
from gateway.order_entry.websocket import WebSocketDesk
from gateway.order_entry.websocket_recorded import RecordedWebSocketSession
from gateway.venue import Venue
from matching.commands import AddAccount, Command, EndOfDay, StartOfDay
from matching.events import Event
from matching.instrument import Instrument
from tests.gateway.itch.book_builder import BookBuilder
from tests.gateway.venue_harness import MIDNIGHT_NS, TRADING_DATE, VenueHarness
from tests.laws.cross_wire_ledger import Entry
from tests.laws.cross_wire_traders import (
    SECOND_NS,
    VERSIONS,
    FixTrader,
    OuchTrader,
    Trader,
    WebSocketTrader,
)
from tests.laws.cross_wire_truth import Truth
from tests.laws.cross_wire_views import Told

DAY_NS = 86_400 * SECOND_NS
ACCOUNTS = ("OURS", "THEIRS")
Seat = tuple[str, str]
"""Wire and account."""


class Public:
    """What anybody may know: the running day's messages, and the book that a receiver has."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.receiver = BookBuilder()
        self._fold = ItchFold()

    def observe(self, events: Sequence[Event], now_ns: int) -> None:
        for message in self._fold.fold(events, now_ns):
            if message[:1] == b"S" and message[11:] == b"O":
                self.messages = []
                self.receiver = BookBuilder()
            self.messages.append(message)
            self.receiver.receive(message)


class Floor:
    """Traders in `seats`, each a session of its own."""

    def __init__(self, *seats: Seat) -> None:
        self.public = Public()
        names = [f"T{place}" for place in range(len(seats))]
        self._config = config = _configuration(list(zip(names, seats, strict=True)))
        self.harness = VenueHarness(self._desks, config, prepare=self._show_public)
        self.truth = Truth(self.harness.log)
        self.harness.control(*(AddAccount(name.encode()) for name in ACCOUNTS))
        with self.harness.tick():
            register_sessions(self.harness.venue, config)
        self.traders: list[Trader] = [
            self._trader(name, *seat) for name, seat in zip(names, seats, strict=True)
        ]
        self.away: set[int] = set()
        self._days = 0

    def _desks(self, venue: Venue) -> Mapping[bytes, Desk]:
        config = self._config
        return {
            b"fix": FixDesk(venue, config),
            b"ouch": ouch_desk(venue),
            b"ouch50": ouch50_desk(venue),
            b"websocket": WebSocketDesk(venue, config, new_session=RecordedWebSocketSession),
        }

    def _show_public(self, venue: Venue) -> None:
        public = self.public
        venue.observers.append(public.observe)
        venue.watchers.append(lambda events: public.observe(events, venue.now_ns))

    def _trader(self, name: str, wire: str, account: str) -> Trader:
        if wire in VERSIONS:
            return FixTrader(self.harness, wire, name)
        if wire == "websocket":
            return WebSocketTrader(self.harness, wire, name, account)
        return OuchTrader(self.harness, wire, name)

    # -- what happens to everybody ------------------------------------------------------------

    def control(self, *commands: Command) -> None:
        """The operator's commands."""
        self.harness.control(*commands)

    def pass_time(self, seconds: int) -> None:
        """Whoever is there says so each second."""
        for _ in range(seconds):
            self.harness.advance(SECOND_NS)
            for place, trader in enumerate(self.traders):
                if place not in self.away:
                    trader.keep_alive()

    def leave(self, place: int) -> None:
        """Before that, what is on its way arrives."""
        self.traders[place].hear()
        self.traders[place].leave()
        self.away.add(place)

    def come_back(self, place: int) -> None:
        self.traders[place].come_back()
        self.away.discard(place)

    def restart(self) -> None:
        """As after kill -9; what was sent had arrived. The public's feed is folded anew."""
        for place, trader in enumerate(self.traders):
            if place not in self.away:
                trader.hear()
        before, self.public = self.public.messages, Public()
        self.harness = self.harness.restart()
        assert self.public.messages == before
        for place, trader in enumerate(self.traders):
            trader.move(self.harness)
            if place not in self.away:
                trader.come_back()

    def next_day(self) -> None:
        """The day ends, everybody hears of it, and another one begins."""
        for place in sorted(self.away):
            self.come_back(place)
        self.harness.control(EndOfDay())
        for trader in self.traders:
            trader.hear()
        self._days += 1
        self.harness.control(StartOfDay(TRADING_DATE + self._days, MIDNIGHT_NS))
        for trader in self.traders:
            trader.next_day()

    # -- the law ------------------------------------------------------------------------------

    def session_id(self, place: int) -> int:
        return self.truth.keys[self.traders[place].key]

    def order_id(self, place: int, entry: Entry) -> int:
        """What other sessions of the account would call this order."""
        truth = self.truth
        session_id = self.session_id(place)
        (found,) = (
            order_id
            for order_id, owner in truth.owners.items()
            if owner == session_id and truth.orders[order_id].name == entry.name
        )
        return found

    def check(self, *answers: tuple[int, Told]) -> None:
        """Everybody who is there knows exactly what is so. `answers` to questions are no events:
        who got which."""
        truth = self.truth
        truth.follow()
        for place, told in answers:
            truth.told[self.session_id(place)].append(told)
        for place, trader in enumerate(self.traders):
            if place in self.away:
                continue
            trader.hear()
            session_id = self.session_id(place)
            assert trader.view.told == truth.told[session_id], (place, trader.wire)
            trader.view.told = []
            truth.told[session_id] = []
            assert trader.view.ledger.orders == truth.ledger(session_id), (place, trader.wire)
        self._check_gateway()
        self._check_public()

    def _check_gateway(self) -> None:
        """What the gateway and its engine hold is what the journal's commands give."""
        venue, truth = self.harness.venue, self.truth
        for order_id, order in venue.orders.by_id.items():
            entry = truth.orders[order_id]
            assert (
                order.client_id.decode().rstrip(),
                order.side.name.lower(),
                order.price,
                order.quantity,
                order.leaves_qty,
                order.cum_qty,
                order.notional,
                order.order_reference,
                order.session_id,
            ) == (
                entry.name,
                entry.side,
                entry.price,
                entry.quantity,
                entry.leaves,
                entry.cum,
                entry.notional,
                entry.reference,
                truth.owners[order_id],
            )
        resting = {
            one.order_id: (one.order_reference, one.price, one.quantity)
            for instrument_id in venue.engine.instruments
            for one in venue.engine.resting(instrument_id)
        }
        assert resting == {
            order_id: (entry.reference, entry.price, entry.leaves)
            for order_id, entry in truth.orders.items()
            if entry.leaves
        }

    def _check_public(self) -> None:
        receiver = self.public.receiver
        assert receiver.orders == self.truth.displayed()
        assert receiver.trades == self.truth.trades


def _configuration(seats: list[tuple[str, Seat]]) -> Config:
    return Config(
        instruments=(Instrument(b"AAPL", reference_price=1_000_000),),
        fix=Fix(
            sessions=tuple(
                FixSession(
                    begin_string=VERSIONS[wire].begin_string.decode(),  # type: ignore[arg-type]
                    sender_comp_id="XVEN",
                    target_comp_id=name,
                    account=account,
                )
                for name, (wire, account) in seats
                if wire in VERSIONS
            )
        ),
        ouch=Ouch(
            sessions=tuple(
                OuchSession(username=name, password="SECRET", account=account)
                for name, (wire, account) in seats
                if wire.startswith("ouch")
            )
        ),
        websocket=WebSocketConfig(
            tokens=tuple(WebSocketToken(token=name, account=name) for name in ACCOUNTS)
        ),
    )
