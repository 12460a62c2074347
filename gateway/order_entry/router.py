"""From engine events to the desks of those who must hear of them; `specs/who-receives-what.md`.

The owner's session gets every report of its order, connected or not. A cancel that another session
of the account asked for is acknowledged there too, while the owner's report is unsolicited.
"""

from collections.abc import Callable, Mapping

from gateway.accounts import Directory
from gateway.desk import Reports
from gateway.order_entry.orders import Fold, Orders
from matching.commands import Command
from matching.events import (
    AccountAdded,
    DayEnded,
    DayStarted,
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderEntryChanged,
    OrderExecuted,
    OrderModified,
    OrderReduced,
    OrderRefreshed,
    OrderRejected,
    OrderReplaced,
    OrderReranked,
    SessionRegistered,
    TradeBusted,
)

Route = Callable[..., None]
"""`route(command, event, command_seq, index)`."""


class Router:
    """Folds each event into the day's orders, then lets the owners' desks report it."""

    def __init__(
        self, orders: Orders, directory: Directory, reports: Mapping[bytes, Reports]
    ) -> None:
        self._orders = orders
        self._directory = directory
        self._sessions = directory.sessions
        self._reports = reports
        self._routes: dict[type, Route] = {
            OrderAccepted: self._accepted,
            OrderExecuted: self._executed,
            OrderCanceled: self._canceled,
            OrderReplaced: self._replaced,
            OrderReduced: self._reduced,
            OrderModified: self._modified,
            OrderReranked: self._reranked,
            OrderRefreshed: self._refreshed,
            OrderEntryChanged: self._entry_changed,
            OrderRejected: self._rejected,
            TradeBusted: self._busted,
            DayStarted: self._day_changed,
            DayEnded: self._day_changed,
            AccountAdded: self._registered,
            SessionRegistered: self._registered,
        }
        self._steps: dict[type, tuple[Fold | None, Route | None]] = {}
        self._join()

    def _join(self) -> None:
        """Both for each event that has one of them, so that the order path looks it up once."""
        folds, routes = self._orders.folds, self._routes
        for kind in folds.keys() | routes.keys():
            self._steps[kind] = (folds.get(kind), routes.get(kind))

    def copy_to(self, copies: Mapping[type, Route]) -> None:
        """From now on `copies` hear of their events, too, each after the owner."""
        for kind, copy in copies.items():
            self._routes[kind] = _in_turn(self._routes[kind], copy)
        self._join()

    def route(self, command: Command, events: tuple[Event, ...], seq: int, now_ns: int) -> None:
        """Report all events of command number `seq`, each with the order as it then stood."""
        find = self._steps.get
        for index, event in enumerate(events):
            step = find(type(event))
            if step is None:
                continue
            fold, route = step
            if fold is not None:
                fold(command, event, (seq, index), now_ns)
            if route is not None:
                route(command, event, seq, index)

    def _accepted(self, command: Command, event: OrderAccepted, seq: int, index: int) -> None:
        session = self._sessions[event.session_id]
        self._reports[session.wire].accepted(
            session, self._orders.by_id[event.order_id], seq, index
        )

    def _executed(self, command: Command, event: OrderExecuted, seq: int, index: int) -> None:
        for order_id in (event.resting_order_id, event.incoming_order_id):
            order = self._orders.by_id[order_id]
            session = self._sessions[order.session_id]
            self._reports[session.wire].executed(session, order, event, seq, index)

    def _canceled(self, command: Command, event: OrderCanceled, seq: int, index: int) -> None:
        order = self._orders.by_id[event.order_id]
        owner = self._sessions[order.session_id]
        self._reports[owner.wire].canceled(owner, order, event, seq, index)
        requester = self._sessions.get(event.requested_by)
        if requester is not None and requester is not owner:
            self._reports[requester.wire].canceled(requester, order, event, seq, index)

    def _replaced(self, command: Command, event: OrderReplaced, seq: int, index: int) -> None:
        session = self._sessions[event.session_id]
        self._reports[session.wire].replaced(
            session, self._orders.by_id[event.order_id], event, seq, index
        )

    def _reduced(self, command: Command, event: OrderReduced, seq: int, index: int) -> None:
        order = self._orders.by_id[event.order_id]
        session = self._sessions[order.session_id]
        self._reports[session.wire].reduced(session, order, event, seq, index)

    def _modified(self, command: Command, event: OrderModified, seq: int, index: int) -> None:
        order = self._orders.by_id[event.order_id]
        session = self._sessions[order.session_id]
        self._reports[session.wire].modified(session, order, event, seq, index)

    def _reranked(self, command: Command, event: OrderReranked, seq: int, index: int) -> None:
        order = self._orders.by_id[event.order_id]
        session = self._sessions[order.session_id]
        self._reports[session.wire].reranked(session, order, event, seq, index)

    def _refreshed(self, command: Command, event: OrderRefreshed, seq: int, index: int) -> None:
        order = self._orders.by_id[event.order_id]
        session = self._sessions[order.session_id]
        self._reports[session.wire].refreshed(session, order, event, seq, index)

    def _entry_changed(
        self, command: Command, event: OrderEntryChanged, seq: int, index: int
    ) -> None:
        session = self._sessions[event.session_id]
        self._reports[session.wire].entry_changed(session, event, seq, index)

    def _rejected(self, command: Command, event: OrderRejected, seq: int, index: int) -> None:
        session = self._sessions.get(event.session_id)
        if session is not None:
            self._reports[session.wire].rejected(session, command, event, seq, index)

    def _busted(self, command: Command, event: TradeBusted, seq: int, index: int) -> None:
        for order_id in (event.resting_order_id, event.incoming_order_id):
            order = self._orders.by_id.get(order_id)
            if order is not None:
                session = self._sessions[order.session_id]
                self._reports[session.wire].busted(session, order, event, seq, index)

    def _registered(
        self, command: Command, event: AccountAdded | SessionRegistered, seq: int, index: int
    ) -> None:
        self._directory.fold(event)

    def _day_changed(
        self, command: Command, event: DayStarted | DayEnded, seq: int, index: int
    ) -> None:
        for session in list(self._sessions.values()):
            self._reports[session.wire].day_changed(session, event)


def _in_turn(first: Route, second: Route) -> Route:
    def both(command: Command, event: Event, seq: int, index: int) -> None:
        first(command, event, seq, index)
        second(command, event, seq, index)

    return both
