"""What the venue knows of every order of the day, open and closed: a fold of commands and events.

Live and recovery run the same `fold`; nothing here is decided, only remembered. Closed orders leave
the book but stay here until the next trading day: duplicates, status requests, busts and late
cancels need them.
"""

from collections import deque
from collections.abc import Callable, Mapping, Set

from gateway.order_entry.executions import Executions
from gateway.order_entry.outcomes import (
    EntryRequest,
    MassRequest,
    Order,
    Outcome,
    Refused,
    Request,
)
from gateway.order_entry.positions import Positions
from matching.commands import (
    CancelOrder,
    Command,
    EnterOrder,
    ModifyOrder,
    RefuseRequest,
    ReplaceOrder,
)
from matching.events import (
    DayStarted,
    Event,
    MassCanceled,
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
    TradeBusted,
)
from matching.types import FULL, RequestKind

CLIENT_IDS_MAX = 1_000_000
"""Client ids remembered over all sessions, about 700 bytes each. Beyond it the oldest whose order
is closed are forgotten, as a venue forgets after the day: at full load that is still ten
seconds."""


FORGET_STEPS = 16
"""Ids looked at for each new one beyond CLIENT_IDS_MAX: where all are of live orders the memory
grows with them (`Limits.live_orders_max`, two ids an order) instead of being searched each time."""

CLIENT_ID_MAX = 64
"""Bytes of a client's own id that are remembered. A request with a longer one is refused by its
desk, every time, so that nothing needs to be."""


EventName = tuple[int, int]
"""Number of a command and place of an event among its events: unique for ever."""


Fold = Callable[..., None]
"""`fold(command, event, name, now_ns)`."""


class Orders:
    """The day's orders by order_id and by (session, client id)."""

    def __init__(self, client_ids_max: int = CLIENT_IDS_MAX) -> None:
        self.by_id: dict[int, Order] = {}
        self.executions = Executions()
        self.positions = Positions()
        self._client_ids_max = client_ids_max
        self._spent: deque[bytes] = deque()
        self._spenders: deque[int] = deque()
        """Client ids, oldest first, and the sessions that spent them: one deque of pairs would give
        the garbage collector an object an order to look at."""
        self._outcomes: dict[int, dict[bytes, Outcome]] = {}
        self._entry_disabled: dict[int, set[bytes]] = {}
        # OrderRested tells nothing new: it has the reference of the OrderAccepted or OrderReplaced
        # before it (tests/laws/test_engine_laws.py).
        self.folds: Mapping[type, Fold] = {
            OrderAccepted: self._accepted,
            OrderExecuted: self._executed,
            OrderCanceled: self._canceled,
            OrderReplaced: self._replaced,
            OrderReduced: self._reduced,
            OrderRejected: self._rejected,
            TradeBusted: self._busted,
            MassCanceled: self._mass_canceled,
            OrderModified: self._modified,
            OrderReranked: self._requeued,
            OrderRefreshed: self._requeued,
            OrderEntryChanged: self._entry_changed,
            DayStarted: self._day_started,
        }

    # -- reading ------------------------------------------------------------------------------

    def outcome(self, session_id: int, client_id: bytes) -> Outcome | None:
        """What this session used the client id for today; None if it is still free."""
        outcomes = self._outcomes.get(session_id)
        return None if outcomes is None else outcomes.get(client_id)

    def find(self, session_id: int, client_id: bytes) -> Order | None:
        """The order that a client id of this session entered, replaced or asked to cancel."""
        outcome = self.outcome(session_id, client_id)
        if isinstance(outcome, Order):
            return outcome
        if isinstance(outcome, Request):
            return outcome.order
        return None

    def current(self, session_id: int, client_id: bytes) -> Order | None:
        """The order whose chain this client id heads now: what a cancel or replace may name."""
        order = self.find(session_id, client_id)
        return order if order is not None and order.client_id == client_id else None

    def live_of_session(self, session_id: int) -> list[Order]:
        """Open orders of one session in order_id order. O(the day's client ids of the session)."""
        outcomes = self._outcomes.get(session_id, {})
        return [o for o in outcomes.values() if isinstance(o, Order) and o.live]

    def spent_by(self, session_id: int) -> int:
        """How many client ids of this session are remembered: what `live_of_session` costs."""
        return len(self._outcomes.get(session_id, ()))

    def last_client_id(self, session_id: int) -> bytes:
        """The client id that this session spent last today; empty if it spent none."""
        outcomes = self._outcomes.get(session_id)
        return next(reversed(outcomes), b"") if outcomes else b""

    def entry_disabled(self, session_id: int) -> Set[bytes]:
        """The firms of which this session takes no new orders. The set follows what happens: it
        may be kept."""
        return self._entry_disabled.setdefault(session_id, set())

    # -- folding ------------------------------------------------------------------------------

    def fold(self, command: Command, event: Event, name: EventName, now_ns: int) -> None:
        """Remember what `event` says, emitted at `now_ns` for `command`; `name` is the command's
        number and the event's place among its events. The router looks into `folds` itself."""
        fold = self.folds.get(type(event))
        if fold is not None:
            fold(command, event, name, now_ns)

    def _spend(self, session_id: int, client_id: bytes, outcome: Outcome) -> None:
        if len(client_id) > CLIENT_ID_MAX:
            return
        outcomes = self._outcomes.get(session_id)
        if outcomes is None:
            outcomes = self._outcomes[session_id] = {}
        # A duplicate keeps its first meaning: the refusal of the second use must not hide the
        # order.
        if outcomes.setdefault(client_id, outcome) is outcome:
            self._spent.append(client_id)
            self._spenders.append(session_id)
            if len(self._spent) > self._client_ids_max:
                self._forget()

    def _forget(self) -> None:
        """Drop the oldest ids that nobody needs, until few enough are left or FORGET_STEPS were
        looked at; needed ones met on the way move to the end."""
        spent, spenders = self._spent, self._spenders
        for _ in range(FORGET_STEPS):
            client_id = spent.popleft()
            session_id = spenders.popleft()
            outcomes = self._outcomes[session_id]
            outcome = outcomes[client_id]
            # A session's last id tells what its next may be (`last_client_id`).
            if _needed(client_id, outcome) or next(reversed(outcomes)) == client_id:
                spent.append(client_id)
                spenders.append(session_id)
                continue
            del outcomes[client_id]
            if isinstance(outcome, Order):
                self.by_id.pop(outcome.order_id, None)
            if len(spent) <= self._client_ids_max:
                return

    def _accepted(
        self, command: EnterOrder, event: OrderAccepted, name: EventName, now_ns: int
    ) -> None:
        order_id = event.order_id
        quantity = event.quantity
        order = Order(
            order_id,
            order_id,
            event.session_id,
            event.account_id,
            event.instrument_id,
            event.client_id,
            event.side,
            event.order_type,
            event.time_in_force,
            quantity,
            event.price,
            quantity,
            command.echo,
            now_ns,
            name[0],
        )
        if command.expire_ns or command.display_quantity != FULL or command.post_only:
            _instruct(order, command)
        self.by_id[order_id] = order
        self._spend(event.session_id, event.client_id, order)

    def _rejected(
        self, command: Command, event: OrderRejected, name: EventName, now_ns: int
    ) -> None:
        if not event.client_id:
            return
        echo = command.echo if isinstance(command, EnterOrder | RefuseRequest) else b""
        self._spend(
            event.session_id,
            event.client_id,
            Refused(
                event.client_id,
                event.kind,
                event.reason,
                event.order_id,
                event.text,
                echo,
                name[0],
            ),
        )

    def _executed(
        self, command: Command, event: OrderExecuted, name: EventName, now_ns: int
    ) -> None:
        self.executions.note(event, name, now_ns)
        take = self.positions.note
        instrument_id = event.instrument_id
        quantity = event.quantity
        notional = event.price * quantity
        self.positions.last_prices[instrument_id] = event.price
        order = self.by_id[event.resting_order_id]
        order.cum_qty += quantity
        order.notional += notional
        order.leaves_qty = event.resting_leaves
        take(order.account_id, instrument_id, order.side, quantity)
        order = self.by_id[event.incoming_order_id]
        order.cum_qty += quantity
        order.notional += notional
        order.leaves_qty = event.incoming_leaves
        take(order.account_id, instrument_id, order.side, quantity)

    def _canceled(
        self, command: Command, event: OrderCanceled, name: EventName, now_ns: int
    ) -> None:
        order = self.by_id[event.order_id]
        if isinstance(command, CancelOrder) and command.client_id:
            # While the order lives, so that it is not the one forgotten for its own cancel.
            request = Request(RequestKind.CANCEL, order, name[0], order.client_id, event.quantity)
            self._spend(command.session_id, command.client_id, request)
        order.leaves_qty = 0
        order.closed_by = event.reason

    def _reduced(self, command: Command, event: OrderReduced, name: EventName, now_ns: int) -> None:
        order = self.by_id[event.order_id]
        order.leaves_qty = event.leaves
        order.quantity -= event.quantity

    def _replaced(
        self, command: ReplaceOrder, event: OrderReplaced, name: EventName, now_ns: int
    ) -> None:
        order = self.by_id[event.order_id]
        order.orig_client_id = order.client_id
        order.client_id = event.client_id
        request = Request(
            RequestKind.REPLACE,
            order,
            name[0],
            order.orig_client_id,
            event.old_leaves,
        )
        # Before the new leaves, which may be none: the order is not to be forgotten yet.
        self._spend(event.session_id, event.client_id, request)
        order.order_reference = event.order_reference
        order.quantity = event.quantity
        order.price = event.price
        order.leaves_qty = event.leaves
        order.replaced = True
        if command.echo:
            order.echo = command.echo
        if (
            command.expire_ns is not None
            or command.display_quantity is not None
            or command.post_only is not None
        ):
            _instruct(order, command)

    def _modified(
        self, command: ModifyOrder, event: OrderModified, name: EventName, now_ns: int
    ) -> None:
        order = self.by_id[event.order_id]
        order.leaves_qty = event.leaves
        order.quantity -= event.quantity
        order.echo = command.echo

    def _requeued(
        self,
        command: Command,
        event: OrderReranked | OrderRefreshed,
        name: EventName,
        now_ns: int,
    ) -> None:
        self.by_id[event.order_id].order_reference = event.order_reference

    def _entry_changed(
        self, command: Command, event: OrderEntryChanged, name: EventName, now_ns: int
    ) -> None:
        firms = self._entry_disabled.setdefault(event.session_id, set())
        if event.enabled:
            firms.discard(event.firm)
        else:
            firms.add(event.firm)
        request = EntryRequest(event.firm, event.enabled, name[0])
        self._spend(event.session_id, event.client_id, request)

    def _mass_canceled(
        self, command: Command, event: MassCanceled, name: EventName, now_ns: int
    ) -> None:
        request = MassRequest(event.instrument_id, event.count, name[0])
        self._spend(event.requested_by, event.client_id, request)

    def _busted(self, command: Command, event: TradeBusted, name: EventName, now_ns: int) -> None:
        self.executions.broken.add(event.match_number)
        for order_id in (event.resting_order_id, event.incoming_order_id):
            order = self.by_id.get(order_id)
            if order is not None:
                order.cum_qty -= event.quantity
                order.notional -= event.price * event.quantity
                order.busted = True
                self.positions.note(
                    order.account_id, event.instrument_id, order.side, -event.quantity
                )

    def _day_started(
        self, command: Command, event: DayStarted, name: EventName, now_ns: int
    ) -> None:
        """Forget yesterday: closed orders and all client ids, but for those of carried orders."""
        self.by_id = {order_id: o for order_id, o in self.by_id.items() if o.live}
        self._outcomes.clear()
        self._spent.clear()
        self._spenders.clear()
        for firms in self._entry_disabled.values():
            firms.clear()
        self.executions.clear()
        self.positions.clear()
        for order in self.by_id.values():
            self._spend(order.session_id, order.client_id, order)


def _instruct(order: Order, command: EnterOrder | ReplaceOrder) -> None:
    """Take over what the request says of the order's life and display."""
    if command.expire_ns is not None:
        order.expire_ns = command.expire_ns
    if command.display_quantity is not None:
        order.display_quantity = command.display_quantity
    if command.post_only is not None:
        order.post_only = command.post_only
    order.special = bool(order.expire_ns or order.display_quantity != FULL or order.post_only)


def _needed(client_id: bytes, outcome: Outcome) -> bool:
    """The id that entered a live order, or under which it lives now; not those in between."""
    if isinstance(outcome, Request):
        return outcome.order.live and outcome.order.client_id == client_id
    return isinstance(outcome, Order) and outcome.live
