"""The OUCH 4.2 desk: requests translated.

`soup_desk` has the sessions, `soup_login` lets clients in, `ouch_enter` takes their new orders,
`ouch_reports` is the way out; specs/ouch/README.md says which answer each request gets.
"""

from collections.abc import Callable
from typing import Final

from gateway.desk import Floor
from gateway.order_entry.ouch_enter import OrderEntry
from gateway.order_entry.ouch_reports import OuchReports
from gateway.order_entry.ouch_words import (
    DISPLAYS,
    SWEEPS,
    SYSTEM_HOURS,
    expire_ns,
    is_modification,
    pack_echo,
    unpack_echo,
)
from gateway.order_entry.outcomes import Order
from gateway.order_entry.soup_desk import SoupDesk
from gateway.order_entry.soup_login import SoupLogins
from gateway.order_entry.soup_sessions import SoupSessions
from gateway.sessions import Connection, SessionRecord
from matching.commands import ModifyOrder, ReduceOrder, ReplaceOrder
from protocol.layout import LayoutError
from protocol.ouch import messages42 as ouch
from protocol.soupbintcp.events import LoginRequested, UnsequencedData
from protocol.soupbintcp.line import SoupSettings

WIRE: Final = b"ouch"
PORT: Final = b"ouch42"
"""First part of a session's key: a username is a session of its own on each OUCH port."""


def ouch_desk(floor: Floor, settings: SoupSettings | None = None) -> SoupDesk:
    """The OUCH 4.2 port."""
    sessions = SoupSessions(floor)
    reports = OuchReports(floor, sessions)
    logins = SoupLogins(floor, sessions, (WIRE, PORT), reports.day_started)
    requests = OuchRequests(floor, sessions, logins)
    return SoupDesk(sessions, reports, requests.handle, settings)


class OuchRequests:
    """What OUCH 4.2 clients ask for."""

    def __init__(self, floor: Floor, sessions: SoupSessions, logins: SoupLogins) -> None:
        self._floor = floor
        self._sessions = sessions
        self._logins = logins
        entry = OrderEntry(floor)
        self._enter_known = entry.enter_known
        self._requests: dict[type, Callable[..., None]] = {
            ouch.EnterOrder: entry.enter,
            ouch.ReplaceOrder: self._replace,
            ouch.CancelOrder: self._cancel,
            ouch.ModifyOrder: self._modify,
            ouch.TradeNow: self._trade_now,
        }

    def handle(self, connection: Connection, event: object) -> None:
        """Act on one event. Bytes that are no message end the connection."""
        if isinstance(event, UnsequencedData):
            record = connection.record
            assert record is not None, "a message before login"
            payload = event.payload
            if payload[:1] == b"O" and self._enter_known(record, payload):
                return
            try:
                message = ouch.decode_inbound(payload)
            except LayoutError as error:
                self._sessions.close(connection, str(error))
                return
            self._requests[type(message)](record, message)
        else:
            assert isinstance(event, LoginRequested), f"unexpected {event!r}"
            self._logins.login(connection, event)

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
        if order is None or not is_modification(
            order.echo[:1], message.side, order.quantity, message.shares
        ):
            return
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
