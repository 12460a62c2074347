"""The OUCH 5.0 desk: requests translated.

`soup_desk` has the sessions, `soup_login` lets clients in, `ouch50_reports` is the way out;
specs/ouch/ouch50-rules.md says which answer each request gets.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from gateway.desk import Floor
from gateway.order_entry import requests
from gateway.order_entry.ouch50_options import Refusal, Terms, judge, too_many, unsupported
from gateway.order_entry.ouch50_reports import Ouch50Reports
from gateway.order_entry.ouch50_words import (
    CAPACITIES,
    CAPACITY_OTHER,
    CONTINUOUS,
    DISPLAYS,
    ECHO_SIZE,
    NO_FIRM,
    SIDE_SIZE,
    SIDES,
    SWEEPS,
    pack_echo,
    refusal_echo,
    unpack_echo,
)
from gateway.order_entry.ouch_words import PRICE_DECIMALS, has_words, is_modification
from gateway.order_entry.outcomes import Order
from gateway.order_entry.soup_desk import SoupDesk
from gateway.order_entry.soup_login import SoupLogins
from gateway.order_entry.soup_sessions import SoupSessions
from gateway.order_entry.tick_share import TickShare
from gateway.sessions import Connection, SessionRecord
from matching.commands import (
    EnterOrder,
    MassCancel,
    ModifyOrder,
    ReduceOrder,
    ReplaceOrder,
    SetOrderEntry,
)
from matching.types import CancelReason, OrderType, RejectReason, RequestKind, TimeInForce
from protocol.fix.values import format_decimal
from protocol.layout import LayoutError
from protocol.ouch import inbound50 as ouch
from protocol.ouch.appendage import NO_ELEMENTS, NO_OPTIONS, Appendage, unpack_appendage
from protocol.ouch.enumerations50 import RejectedReason
from protocol.ouch.messages50 import decode_inbound
from protocol.soupbintcp.events import LoginRequested, UnsequencedData
from protocol.soupbintcp.line import SoupSettings

WIRE: Final = b"ouch50"
PORT: Final = b"ouch50"
"""First part of a session's key: a username is a session of its own on each OUCH port."""

USER_REF_NUM_MAX: Final = 0xFFFFFFFF
MASS_CANCEL_IDS_MAX: Final = 250_000
"""Client ids that the Mass Cancels of a session look at in one tick: 0.3 us each."""
DISABLED_FIRMS_MAX: Final = 1_000
"""Of one session."""

_LIMIT: Final = OrderType.LIMIT
_DAY: Final = TimeInForce.DAY


def ouch50_desk(floor: Floor, settings: SoupSettings | None = None) -> SoupDesk:
    """The OUCH 5.0 port."""
    sessions = SoupSessions(floor)
    reports = Ouch50Reports(floor, sessions)
    logins = SoupLogins(floor, sessions, (WIRE, PORT), reports.day_started)
    handle = Ouch50Requests(floor, sessions, logins, reports).handle
    return SoupDesk(sessions, reports, handle, settings)


class Ouch50Requests:
    """What OUCH 5.0 clients ask for. A UserRefNum is the client id of its order in decimal digits.

    `reports` says what answers a request and is no event.
    """

    def __init__(
        self, floor: Floor, sessions: SoupSessions, logins: SoupLogins, reports: Ouch50Reports
    ) -> None:
        self._floor = floor
        self._sessions = sessions
        self._logins = logins
        self._reports = reports
        self._mass_cancels = TickShare(floor, MASS_CANCEL_IDS_MAX)
        self._instrument_ids: dict[bytes, int] = {}
        """By Symbol."""
        self._requests: dict[type, Callable[..., None]] = {
            ouch.EnterOrder: self._enter,
            ouch.ReplaceOrder: self._replace,
            ouch.CancelOrder: self._cancel,
            ouch.ModifyOrder: self._modify,
            ouch.MassCancel: self._mass_cancel,
            ouch.DisableOrderEntry: self._set_order_entry,
            ouch.EnableOrderEntry: self._set_order_entry,
            ouch.AccountQuery: self._account_query,
        }

    def handle(self, connection: Connection, event: object) -> None:
        """Act on one event. Bytes that are no message end the connection."""
        if isinstance(event, UnsequencedData):
            record = connection.record
            assert record is not None, "a message before login"
            try:
                message = decode_inbound(event.payload)
            except LayoutError as error:
                self._sessions.close(connection, str(error))
                return
            self._requests[type(message)](record, message)
        else:
            assert isinstance(event, LoginRequested), f"unexpected {event!r}"
            self._logins.login(connection, event)

    # -- orders -------------------------------------------------------------------------------

    def _enter(self, record: SessionRecord, message: ouch.EnterOrder) -> None:
        number = message.user_ref_num
        if number <= self._highest(record):
            return
        try:
            command = self._enter_order(record, message)
        except Refusal as refusal:
            self._refuse(
                record,
                number,
                RequestKind.ENTER,
                refusal,
                refusal_echo(refusal.code, message.cl_ord_id)
                + b"\x01"
                + requests.refused_terms(
                    SIDES.get(message.side),
                    message.symbol.rstrip(b" "),
                    b"%d" % message.quantity,
                    format_decimal(message.price, PRICE_DECIMALS),
                ),
            )
            return
        self._floor.submit(command)

    def _enter_order(self, record: SessionRecord, message: ouch.EnterOrder) -> EnterOrder:
        """The order in engine words. Raises Refusal."""
        floor = self._floor
        side = SIDES.get(message.side)
        if side is None:
            raise unsupported(RejectedReason.INVALID_SIDE, b"Side", message.side)
        instrument_id = self._instrument_ids.get(message.symbol)
        if instrument_id is None:
            instrument_id = self._find_instrument(message.symbol)
        display = message.display
        if display not in DISPLAYS:
            raise unsupported(RejectedReason.INVALID_DISPLAY, b"Display", display)
        sweep = message.intermarket_sweep_eligibility
        if sweep not in SWEEPS:
            raise unsupported(RejectedReason.ISO_NOT_ALLOWED, b"Intermarket Sweep", sweep)
        if message.cross_type != CONTINUOUS:
            raise unsupported(RejectedReason.INVALID_CROSS_ORDER, b"Cross Type", message.cross_type)
        terms = judge(
            message.quantity,
            (message.time_in_force, display),
            message.appendage,
            floor.now_ns,
        )
        disabled = floor.orders.entry_disabled(record.session_id)
        if disabled and (terms.firm in disabled or NO_FIRM in disabled):
            raise Refusal(
                RejectedReason.FIRM_NOT_AUTHORIZED,
                RejectReason.NOT_ALLOWED,
                b"order entry disabled: firm " + terms.firm,
            )
        capacity = message.capacity
        return EnterOrder(
            record.session_id,
            record.account_id,
            instrument_id,
            b"%d" % message.user_ref_num,
            side,
            _LIMIT,
            terms.time_in_force,
            message.quantity,
            message.price,
            pack_echo(
                message.side,
                message.time_in_force,
                display,
                capacity if capacity in CAPACITIES else CAPACITY_OTHER,
                sweep,
                message.cross_type,
                message.cl_ord_id,
                terms.firm,
            )
            + terms.in_force,
            terms.expire_ns,
            terms.display_quantity,
            terms.post_only,
        )

    def _find_instrument(self, symbol: bytes) -> int:
        engine = self._floor.engine
        instrument_id = engine.instrument_id(symbol.rstrip(b" "))
        if instrument_id is None or not has_words(engine.instruments[instrument_id].instrument):
            raise Refusal(
                RejectedReason.INVALID_SYMBOL,
                RejectReason.UNKNOWN_INSTRUMENT,
                b"unknown Symbol: " + symbol,
            )
        self._instrument_ids[symbol] = instrument_id
        return instrument_id

    def _replace(self, record: SessionRecord, message: ouch.ReplaceOrder) -> None:
        order = self._live(record, message.orig_user_ref_num)
        if order is None or message.user_ref_num <= self._highest(record):
            return
        side, _, _, capacity, _, cross, _, firm = unpack_echo(order.echo)
        terms = self._new_terms(order, message, firm)
        self._floor.submit(
            ReplaceOrder(
                record.session_id,
                record.account_id,
                order.order_id,
                b"%d" % message.user_ref_num,
                # Details without an engine word are invalid to the engine, too: 0 shares.
                message.quantity if terms is not None else 0,
                message.price,
                keep_priority=False,
                cancel_if_invalid=True,
                echo=pack_echo(
                    side,
                    message.time_in_force,
                    message.display,
                    capacity,
                    message.intermarket_sweep_eligibility,
                    cross,
                    message.cl_ord_id,
                    firm,
                )
                + (NO_ELEMENTS if terms is None else terms.in_force),
                expire_ns=None if terms is None else terms.expire_ns,
                display_quantity=None if terms is None else terms.display_quantity,
                post_only=None if terms is None else terms.post_only,
            )
        )

    def _new_terms(self, order: Order, message: ouch.ReplaceOrder, firm: bytes) -> Terms | None:
        """The terms that a Replace states; None if an order in the book cannot have them."""
        if message.display not in DISPLAYS or message.intermarket_sweep_eligibility not in SWEEPS:
            return None
        try:
            terms = judge(
                message.quantity,
                (message.time_in_force, message.display),
                _carried(
                    unpack_appendage(order.echo[ECHO_SIZE:], "Accepted"), message.appendage, firm
                ),
                self._floor.now_ns,
            )
        except Refusal:
            return None
        return terms if terms.time_in_force is _DAY else None

    def _cancel(self, record: SessionRecord, message: ouch.CancelOrder) -> None:
        order = self._live(record, message.user_ref_num)
        if order is not None:
            self._floor.submit(
                ReduceOrder(record.session_id, record.account_id, order.order_id, message.quantity)
            )

    def _modify(self, record: SessionRecord, message: ouch.ModifyOrder) -> None:
        order = self._live(record, message.user_ref_num)
        if order is None or not is_modification(
            order.echo[:SIDE_SIZE], message.side, order.quantity, message.quantity
        ):
            return
        self._floor.submit(
            ModifyOrder(
                record.session_id,
                record.account_id,
                order.order_id,
                message.quantity,
                message.side + order.echo[SIDE_SIZE:],
            )
        )

    # -- all orders of a firm -----------------------------------------------------------------

    def _mass_cancel(self, record: SessionRecord, message: ouch.MassCancel) -> None:
        number, firm = message.user_ref_num, message.firm
        if number <= self._highest(record):
            return
        instrument_id = 0
        if not message.symbol.isspace():
            try:
                instrument_id = self._find_instrument(message.symbol)
            except Refusal as refusal:
                self._refuse(record, number, RequestKind.CANCEL, refusal)
                return
        orders = self._floor.orders
        if not self._mass_cancels.take(record.session_id, orders.spent_by(record.session_id)):
            self._refuse(record, number, RequestKind.CANCEL, too_many(b"Mass Cancels at once"))
            return
        # Named, so that the engine looks neither at other sessions' orders nor at those that stay.
        order_ids = tuple(
            order.order_id
            for order in orders.live_of_session(record.session_id)
            if instrument_id in (0, order.instrument_id)
            and (firm == NO_FIRM or unpack_echo(order.echo)[-1] == firm)
        )
        self._floor.submit(
            MassCancel(
                record.session_id,
                record.account_id,
                instrument_id,
                CancelReason.USER,
                record.session_id,
                b"%d" % number,
                order_ids,
            )
        )
        self._reports.mass_canceled(record, number, firm, message.symbol)

    def _set_order_entry(
        self, record: SessionRecord, message: ouch.DisableOrderEntry | ouch.EnableOrderEntry
    ) -> None:
        number, firm = message.user_ref_num, message.firm
        if number <= self._highest(record):
            return
        enabled = isinstance(message, ouch.EnableOrderEntry)
        disabled = self._floor.orders.entry_disabled(record.session_id)
        if not enabled and firm not in disabled and len(disabled) >= DISABLED_FIRMS_MAX:
            self._refuse(record, number, RequestKind.CANCEL, too_many(b"firms disabled"))
            return
        self._floor.submit(
            SetOrderEntry(record.session_id, record.account_id, b"%d" % number, firm, enabled)
        )

    def _account_query(self, record: SessionRecord, message: ouch.AccountQuery) -> None:
        highest = self._highest(record)
        # 0 is no UserRefNum: none is left today.
        self._reports.account(record, highest + 1 if highest < USER_REF_NUM_MAX else 0)

    # -- inside -------------------------------------------------------------------------------

    def _highest(self, record: SessionRecord) -> int:
        """The highest UserRefNum processed today: the last, since they only rise."""
        return int(self._floor.orders.last_client_id(record.session_id) or 0)

    def _live(self, record: SessionRecord, number: int) -> Order | None:
        """The live order that answers to this number now."""
        order = self._floor.orders.current(record.session_id, b"%d" % number)
        return order if order is not None and order.live else None

    def _refuse(
        self,
        record: SessionRecord,
        number: int,
        kind: RequestKind,
        refusal: Refusal,
        echo: bytes = b"",
    ) -> None:
        why = (refusal.reason, refusal.text)
        requests.refuse(self._floor, record, b"%d" % number, kind, why, echo=echo)


def _carried(old: Appendage, new: Appendage, firm: bytes) -> Appendage:
    """The options of a Replace: its own, and those of the order that it leaves or may not touch."""
    if new is NO_OPTIONS and firm == NO_FIRM and old.customer_type is None:
        return NO_OPTIONS
    customer_type = new.customer_type
    if customer_type is None or customer_type.isspace():
        customer_type = old.customer_type
    return msgspec.structs.replace(new, firm=firm, route=None, customer_type=customer_type)
