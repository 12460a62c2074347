"""The OUCH 4.2 desk: requests translated.

`soup_login` lets clients in, `ouch_reports` is the way out; specs/ouch/README.md says which answer
each request gets.
"""

from collections.abc import Callable
from typing import Final

from gateway.desk import Floor
from gateway.order_entry import requests
from gateway.order_entry.ouch_reports import OuchReports
from gateway.order_entry.ouch_words import (
    CAPACITIES,
    CAPACITY_OTHER,
    CROSS_TYPES,
    CUSTOMER_TYPES,
    DISPLAYS,
    MODIFIED_SIDES,
    SIDES,
    STOCK_SIZE,
    SWEEPS,
    SYSTEM_HOURS,
    TIMES_IN_FORCE,
    expire_ns,
    pack_echo,
    unpack_echo,
)
from gateway.order_entry.outcomes import Order
from gateway.order_entry.soup_login import SoupLogins
from gateway.order_entry.soup_sessions import SoupSessions, soup_of
from gateway.sessions import Connection, Numbers, SessionRecord
from matching.commands import EnterOrder, ModifyOrder, ReduceOrder, ReplaceOrder
from matching.instrument import Instrument
from matching.types import OrderType, RejectReason, RequestKind, TimeInForce
from protocol.fix.values import format_decimal
from protocol.layout import LayoutError
from protocol.ouch import messages42 as ouch
from protocol.ouch.enumerations42 import RejectedReason
from protocol.sent_log import Reader
from protocol.soupbintcp.events import LoginRequested, UnsequencedData
from protocol.soupbintcp.line import SoupSettings
from protocol.soupbintcp.session import SoupServerSession

WIRE: Final = b"ouch"
PORT: Final = b"ouch42"
"""First part of a session's key: a username is a session of its own on each OUCH port."""

PRICE_DECIMALS: Final = 4
"""OUCH 4.2 prices are in 1/10000."""

_LIMIT: Final = OrderType.LIMIT
_IOC: Final = TimeInForce.IOC
_DAY: Final = TimeInForce.DAY


class Refusal(Exception):
    """A request cannot be put into engine words. Never leaves this module.

    `letter` is the Reason of Rejected.
    """

    def __init__(self, letter: RejectedReason, reason: RejectReason, text: bytes) -> None:
        super().__init__(text)
        self.letter: bytes = letter.value
        self.reason = reason
        self.text = text


class OuchDesk:
    """The OUCH 4.2 port."""

    def __init__(self, floor: Floor, settings: SoupSettings | None = None) -> None:
        self._floor = floor
        self._settings = settings
        self._sessions = SoupSessions(floor)
        self.reports = OuchReports(floor, self._sessions)
        self._logins = SoupLogins(floor, self._sessions, (WIRE, PORT), self.reports.day_started)
        self._instrument_ids: dict[bytes, int] = {}
        self._requests: dict[type, Callable[..., None]] = {
            ouch.EnterOrder: self._enter,
            ouch.ReplaceOrder: self._replace,
            ouch.CancelOrder: self._cancel,
            ouch.ModifyOrder: self._modify,
            ouch.TradeNow: self._trade_now,
        }

    # -- sessions -----------------------------------------------------------------------------

    def open(self, now_ns: int) -> SoupServerSession:
        """A session that waits for its Login Request."""
        return SoupServerSession(now_ns, self._settings)

    def handle(self, connection: Connection, event: object) -> None:
        """Act on one event. Bytes that are no message end the connection."""
        if isinstance(event, UnsequencedData):
            record = connection.record
            assert record is not None, "a message before login"
            try:
                message = ouch.decode_inbound(event.payload)
            except LayoutError as error:
                self._sessions.close(connection, str(error))
                return
            self._requests[type(message)](record, message)
        else:
            assert isinstance(event, LoginRequested), f"unexpected {event!r}"
            self._logins.login(connection, event)

    def closed(self, connection: Connection) -> None:
        """Nothing to detach: the log of a session numbers on without a connection."""

    def shut(self, connection: Connection, text: str) -> None:
        """Close without End of Session: the client comes back to the same session."""
        soup_of(connection).close(text)

    def announce(self, connection: Connection, headline: str, text: str) -> bool:
        """No word for news here."""
        return False

    def renumber(self, session: SessionRecord, next_in: int, next_out: int) -> bool:
        """A client asks for any number at its login: none has to be moved."""
        return False

    def numbers(self, session: SessionRecord) -> Numbers:
        """The next number and the Soup session id."""
        return self._sessions.numbers(session)

    def restore(self, session: SessionRecord, numbers: Numbers, reader: Reader) -> None:
        """The numbered history of a username, known or new."""
        self._sessions.restore(session, numbers, reader)

    # -- requests -----------------------------------------------------------------------------

    def _enter(self, record: SessionRecord, message: ouch.EnterOrder) -> None:
        floor = self._floor
        token = message.order_token
        if floor.orders.outcome(record.session_id, token) is not None:
            return
        try:
            command = self._enter_order(record, message)
        except Refusal as refusal:
            requests.refuse(
                floor,
                record,
                token,
                RequestKind.ENTER,
                (refusal.reason, refusal.text),
                echo=refusal.letter
                + b"\x01"
                + requests.refused_terms(
                    SIDES.get(message.side),
                    message.stock.rstrip(b" "),
                    b"%d" % message.shares,
                    format_decimal(message.price, PRICE_DECIMALS),
                ),
            )
            return
        floor.submit(command)

    def _enter_order(self, record: SessionRecord, message: ouch.EnterOrder) -> EnterOrder:
        """The order in engine words. Raises Refusal."""
        token = message.order_token
        if not ouch.is_order_token(token):
            raise _invalid(b"Order Token", token)
        side = SIDES.get(message.side)
        if side is None:
            raise _invalid(b"Buy/Sell Indicator", message.side)
        instrument_id = self._instrument_ids.get(message.stock)
        if instrument_id is None:
            instrument_id = self._find_instrument(message.stock)
        shares = message.shares
        seconds = message.time_in_force
        time_in_force = TIMES_IN_FORCE.get(seconds)
        expires_ns = 0
        if time_in_force is None:
            time_in_force = _DAY
            expires_ns = self._expire_ns(seconds)
        display = DISPLAYS.get(message.display)
        if display is None or (display[1] and time_in_force is _IOC):
            raise _unsupported(RejectedReason.INVALID_DISPLAY, b"Display", message.display)
        if message.intermarket_sweep_eligibility not in SWEEPS:
            raise _invalid(b"Intermarket Sweep", message.intermarket_sweep_eligibility)
        minimum = message.minimum_quantity
        if minimum:
            if time_in_force is not _IOC or minimum != shares:
                raise _unsupported(
                    RejectedReason.INVALID_MINIMUM_QUANTITY, b"Minimum Quantity", b"%d" % minimum
                )
            time_in_force = TimeInForce.FOK
        if message.cross_type not in CROSS_TYPES:
            raise _unsupported(
                RejectedReason.NOT_ALLOWED_IN_CROSS, b"Cross Type", message.cross_type
            )
        if message.customer_type not in CUSTOMER_TYPES:
            raise _invalid(b"Customer Type", message.customer_type)
        capacity = message.capacity
        display_quantity, post_only = display
        return EnterOrder(
            record.session_id,
            record.account_id,
            instrument_id,
            token,
            side,
            _LIMIT,
            time_in_force,
            shares,
            message.price,
            pack_echo(
                message.side,
                seconds if seconds < SYSTEM_HOURS else SYSTEM_HOURS,
                message.firm,
                message.display,
                capacity if capacity in CAPACITIES else CAPACITY_OTHER,
                message.intermarket_sweep_eligibility,
                minimum,
                message.cross_type,
            ),
            expires_ns,
            display_quantity,
            post_only,
        )

    def _expire_ns(self, seconds: int) -> int:
        expires_ns = expire_ns(seconds, self._floor.now_ns)
        if expires_ns is None:
            raise _unsupported(RejectedReason.OTHER, b"Time In Force", b"%d" % seconds)
        return expires_ns

    def _find_instrument(self, stock: bytes) -> int:
        engine = self._floor.engine
        instrument_id = engine.instrument_id(stock.rstrip(b" "))
        if instrument_id is None or not has_words(engine.instruments[instrument_id].instrument):
            raise Refusal(
                RejectedReason.INVALID_STOCK,
                RejectReason.UNKNOWN_INSTRUMENT,
                b"unknown Stock: " + stock,
            )
        self._instrument_ids[stock] = instrument_id
        return instrument_id

    def _replace(self, record: SessionRecord, message: ouch.ReplaceOrder) -> None:
        floor = self._floor
        order = self._live(record, message.existing_order_token)
        token = message.replacement_order_token
        if (
            order is None
            or floor.orders.outcome(record.session_id, token) is not None
            or not ouch.is_order_token(token)
        ):
            return
        side, _, firm, _, capacity, _, _, cross = unpack_echo(order.echo)
        expires_ns = expire_ns(message.time_in_force, floor.now_ns)
        display = DISPLAYS.get(message.display)
        has_words = (
            expires_ns is not None
            and display is not None
            and message.intermarket_sweep_eligibility in SWEEPS
            and message.minimum_quantity == 0
        )
        display_quantity, post_only = display or (None, None)
        floor.submit(
            ReplaceOrder(
                record.session_id,
                record.account_id,
                order.order_id,
                token,
                # Details without an engine word are invalid to the engine, too: 0 shares.
                message.shares if has_words else 0,
                message.price,
                keep_priority=False,
                cancel_if_invalid=True,
                echo=pack_echo(
                    side,
                    min(message.time_in_force, SYSTEM_HOURS),
                    firm,
                    message.display,
                    capacity,
                    message.intermarket_sweep_eligibility,
                    0,
                    cross,
                ),
                expire_ns=expires_ns,
                display_quantity=display_quantity,
                post_only=post_only,
            )
        )

    def _cancel(self, record: SessionRecord, message: ouch.CancelOrder) -> None:
        order = self._live(record, message.order_token)
        if order is not None:
            self._floor.submit(
                ReduceOrder(record.session_id, record.account_id, order.order_id, message.shares)
            )

    def _modify(self, record: SessionRecord, message: ouch.ModifyOrder) -> None:
        order = self._live(record, message.order_token)
        if order is not None and order.echo[:1] + message.side in MODIFIED_SIDES:
            self._floor.submit(
                ModifyOrder(
                    record.session_id,
                    record.account_id,
                    order.order_id,
                    message.shares,
                    message.side + order.echo[1:],
                )
            )

    def _trade_now(self, record: SessionRecord, message: ouch.TradeNow) -> None:
        """Silence, as for a superfluous request: a hidden order trades whenever it can."""

    def _live(self, record: SessionRecord, token: bytes) -> Order | None:
        """The live order that answers to this token now."""
        order = self._floor.orders.current(record.session_id, token)
        return order if order is not None and order.live else None


def has_words(instrument: Instrument) -> bool:
    """Whether OUCH 4.2 can say every price and quantity that the instrument's rules allow."""
    return (
        instrument.price_decimals == PRICE_DECIMALS
        and instrument.quantity_decimals == 0
        and instrument.price_max <= ouch.PRICE_MAX
        and instrument.quantity_max <= ouch.SHARES_MAX
        and len(instrument.symbol) <= STOCK_SIZE
    )


def _invalid(field: bytes, value: bytes) -> Refusal:
    return Refusal(
        RejectedReason.OTHER, RejectReason.INVALID_FIELD, b"invalid %b: %b" % (field, value)
    )


def _unsupported(letter: RejectedReason, field: bytes, value: bytes) -> Refusal:
    return Refusal(letter, RejectReason.UNSUPPORTED, b"%b not supported: %b" % (field, value))
