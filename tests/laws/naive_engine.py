"""The matching rules again, as plainly as possible: one list of orders, scanned for everything.

Written from the rules (specs and the docstrings of commands and events), not from the engine, as a
second opinion on order flow. Reference data and refusals of form are not its business: the laws
hand it orders of registered sessions in one instrument with tick 1 and lot 1.
"""

from dataclasses import dataclass

from matching import commands as c
from matching import events as e
from matching.types import (
    FULL,
    BustReason,
    CancelReason,
    OrderType,
    Phase,
    RejectReason,
    RequestKind,
    Side,
    TimeInForce,
)


@dataclass
class Order:
    order_id: int
    reference: int
    owner: c.EnterOrder
    total: int
    price: int
    executed: int = 0
    display: int = FULL
    shown: int = FULL
    """Of a reserve order only."""
    expire_ns: int = 0
    post_only: bool = False

    @property
    def open(self) -> int:
        return self.total - self.executed

    @property
    def hidden(self) -> bool:
        return self.display == 0

    @property
    def reserve(self) -> bool:
        return self.display > 0

    @property
    def displayed(self) -> int:
        """As events say it."""
        return self.shown if self.reserve else self.display

    def shrink(self) -> int:
        """The shown part is no more than what is open; returns what it lost, as events say it."""
        if not self.reserve:
            return self.display
        lost = max(0, self.shown - self.open)
        self.shown -= lost
        return lost


class NaiveEngine:
    """O(n) for everything. `orders` holds the resting orders of all instruments in any order."""

    def __init__(self, instruments: int) -> None:
        self.phases = {number: Phase.CLOSED for number in range(1, instruments + 1)}
        self.orders: list[Order] = []
        self.numbers = 0
        self.trades: list[e.OrderExecuted] = []
        self.forgotten = 0
        self.busted: set[int] = set()
        self.date: int | None = None
        self.now_ns = 0

    def apply(self, command: c.Command, now_ns: int) -> tuple[e.Event, ...]:
        self.now_ns = now_ns
        out: list[e.Event] = []
        if isinstance(command, c.EnterOrder):
            self.enter(command, out)
        elif isinstance(command, c.ReplaceOrder):
            self.replace(command, out)
        elif isinstance(command, c.ReduceOrder | c.ModifyOrder):
            self.reduce(command, out)
        elif isinstance(command, c.RerankOrder):
            self.rerank(command.order_id, out)
        elif isinstance(command, c.ExpireOrders):
            for order in sorted(self.orders, key=lambda o: (o.expire_ns, o.order_id)):
                if 0 < order.expire_ns <= command.until_ns:
                    self.off(order, CancelReason.EXPIRED, out)
        elif isinstance(command, c.SetOrderEntry):
            asked = (command.session_id, command.client_id)
            out.append(e.OrderEntryChanged(*asked, command.firm, command.enabled))
        elif isinstance(command, c.CancelOrder):
            order = self.find(command.order_id)
            if order is None:
                out.append(self.too_late(command, RequestKind.CANCEL))
            else:
                self.off(order, command.reason, out, command.session_id, command.client_id)
        elif isinstance(command, c.MassCancel):
            for order in sorted(self.orders, key=lambda o: o.order_id):
                filters = [
                    (command.session_id, order.owner.session_id),
                    (command.account_id, order.owner.account_id),
                    (command.instrument_id, order.owner.instrument_id),
                ]
                named = command.order_ids is None or order.order_id in command.order_ids
                if named and all(wanted in (0, found) for wanted, found in filters):
                    self.off(order, command.reason, out)
            if command.requested_by:
                asked = (command.requested_by, command.client_id)
                out.append(e.MassCanceled(*asked, command.instrument_id, len(out)))
        elif isinstance(command, c.BustTrade):
            self.bust(command.match_number, command.reason, out)
        elif isinstance(command, c.SetPhase):
            if self.date is not None:
                self.phase(command.instrument_id, command.phase, out)
        elif isinstance(command, c.StartOfDay):
            if self.date is None:
                self.date = command.trading_date
                out.append(e.DayStarted(command.trading_date, command.midnight_ns))
                self.phase(0, Phase.OPEN, out)
                for order in self.book():
                    out.append(
                        e.OrderCarried(
                            order.order_id,
                            order.reference,
                            order.owner.instrument_id,
                            order.owner.side,
                            order.price,
                            order.open,
                            order.displayed,
                        )
                    )
        elif isinstance(command, c.EndOfDay):
            if self.date is not None:
                for order in sorted(self.orders, key=lambda o: o.order_id):
                    if order.owner.time_in_force == TimeInForce.DAY:
                        self.off(order, CancelReason.EXPIRED, out)
                self.phase(0, Phase.CLOSED, out)
                out.append(e.DayEnded(self.date))
                self.date = None
                self.forgotten = len(self.trades)
        else:
            raise NotImplementedError(command)
        return tuple(out)

    def book(self) -> list[Order]:
        """Every resting order as a reader of the books meets them."""
        return sorted(
            self.orders,
            key=lambda o: (
                o.owner.instrument_id,
                o.owner.side,
                o.price if o.owner.side == Side.SELL else -o.price,
                o.hidden,
                o.reference,
            ),
        )

    def next_expiry_ns(self) -> int:
        return min((order.expire_ns for order in self.orders if order.expire_ns), default=0)

    def find(self, order_id: int) -> Order | None:
        for order in self.orders:
            if order.order_id == order_id:
                return order
        return None

    def enter(self, command: c.EnterOrder, out: list[e.Event]) -> None:
        phase = self.phases[command.instrument_id]
        waits = (
            command.time_in_force in (TimeInForce.DAY, TimeInForce.GTC)
            and command.order_type == OrderType.LIMIT
        )
        reason = None
        if phase != Phase.OPEN:
            reason = RejectReason[phase.name]
        elif command.post_only and not waits:
            reason = RejectReason.INVALID_FIELD
        elif command.display_quantity < FULL or (command.display_quantity > 0 and not waits):
            reason = RejectReason.INVALID_DISPLAY
        elif command.expire_ns != 0 and (command.expire_ns <= self.now_ns or not waits):
            reason = RejectReason.INVALID_EXPIRY
        if reason is not None:
            out.append(
                e.OrderRejected(
                    command.session_id,
                    command.account_id,
                    command.client_id,
                    RequestKind.ENTER,
                    reason,
                )
            )
            return
        self.numbers += 1
        order = Order(self.numbers, self.numbers, command, command.quantity, command.price)
        if command.display_quantity < command.quantity:
            order.display = command.display_quantity
        order.expire_ns, order.post_only = command.expire_ns, command.post_only
        out.append(
            e.OrderAccepted(
                order.order_id,
                command.session_id,
                command.account_id,
                command.instrument_id,
                command.client_id,
                command.side,
                command.order_type,
                command.time_in_force,
                command.quantity,
                command.price,
            )
        )
        if order.post_only and self.matches(order):
            self.off(order, CancelReason.POST_ONLY, out)
            return
        within_reach = sum(found.open for found in self.matches(order))
        if command.time_in_force != TimeInForce.FOK or within_reach >= order.total:
            self.trade(order, out)
        if order.open:
            if waits:
                self.rest(order, out)
            else:
                self.off(order, CancelReason.IMMEDIATE_OR_CANCEL, out)

    def matches(self, order: Order) -> list[Order]:
        """What the order would trade with, in that order."""
        found = []
        for other in self.orders:
            if other.owner.instrument_id != order.owner.instrument_id:
                continue
            if other.owner.side == order.owner.side:
                continue
            if order.owner.order_type == OrderType.LIMIT:
                if order.owner.side == Side.BUY and other.price > order.price:
                    continue
                if order.owner.side == Side.SELL and other.price < order.price:
                    continue
            found.append(other)
        cheapest_first = order.owner.side == Side.BUY
        return sorted(
            found, key=lambda o: (o.price if cheapest_first else -o.price, o.hidden, o.reference)
        )

    def trade(self, order: Order, out: list[e.Event]) -> None:
        while order.open and (others := self.matches(order)):
            other = others[0]
            quantity = min(order.open, other.shown if other.reserve else other.open)
            order.executed += quantity
            other.executed += quantity
            executed = e.OrderExecuted(
                instrument_id=order.owner.instrument_id,
                match_number=len(self.trades) + 1,
                price=other.price,
                quantity=quantity,
                resting_order_id=other.order_id,
                resting_order_reference=other.reference,
                resting_leaves=other.open,
                incoming_order_id=order.order_id,
                incoming_leaves=order.open,
                incoming_side=order.owner.side,
                displayed=0 if other.hidden else FULL,
            )
            self.trades.append(executed)
            out.append(executed)
            if other.reserve:
                other.shown -= quantity
            if other.open == 0:
                self.orders.remove(other)
            elif other.reserve and other.shown == 0:
                self.numbers += 1
                old, other.reference = other.reference, self.numbers
                other.shown = min(other.display, other.open)
                out.append(
                    e.OrderRefreshed(
                        order_id=other.order_id,
                        old_order_reference=old,
                        order_reference=other.reference,
                        instrument_id=other.owner.instrument_id,
                        side=other.owner.side,
                        price=other.price,
                        quantity=other.shown,
                        leaves=other.open,
                    )
                )

    def rest(self, order: Order, out: list[e.Event]) -> None:
        self.orders.append(order)
        owner = order.owner
        if order.reserve:
            order.shown = min(order.display, order.open)
        out.append(
            e.OrderRested(
                order.order_id,
                order.reference,
                owner.instrument_id,
                owner.side,
                order.price,
                order.open,
                order.displayed,
            )
        )

    def off(
        self,
        order: Order,
        reason: CancelReason,
        out: list[e.Event],
        asked_by: int = 0,
        client_id: bytes = b"",
    ) -> None:
        rested = order in self.orders
        if rested:
            self.orders.remove(order)
        out.append(
            e.OrderCanceled(
                order.order_id,
                order.reference,
                order.owner.instrument_id,
                order.owner.side,
                order.price,
                order.open,
                reason,
                rested,
                asked_by,
                client_id,
                order.displayed if rested else FULL,
            )
        )

    def replace(self, command: c.ReplaceOrder, out: list[e.Event]) -> None:
        order = self.find(command.order_id)
        if order is None:
            out.append(self.too_late(command, RequestKind.REPLACE))
            return
        phase = self.phases[order.owner.instrument_id]
        reason = self.replace_fault(command, order, phase)
        nothing_left = command.quantity == order.executed
        if command.cancel_if_invalid and phase == Phase.OPEN and (reason or nothing_left):
            self.off(
                order, CancelReason.REPLACE_INVALID, out, command.session_id, command.client_id
            )
            return
        if reason is not None:
            out.append(
                e.OrderRejected(
                    command.session_id,
                    command.account_id,
                    command.client_id,
                    RequestKind.REPLACE,
                    reason,
                    order.order_id,
                )
            )
            return
        self.replace_live(command, order, out)

    def replace_fault(
        self, command: c.ReplaceOrder, order: Order, phase: Phase
    ) -> RejectReason | None:
        if phase != Phase.OPEN:
            return RejectReason[phase.name]
        if command.quantity < 1:
            return RejectReason.INVALID_QUANTITY
        if command.price < 1:
            return RejectReason.INVALID_PRICE
        if command.quantity < order.executed:
            return RejectReason.INVALID_QUANTITY
        if command.display_quantity is not None and command.display_quantity < FULL:
            return RejectReason.INVALID_DISPLAY
        if command.expire_ns is not None and 0 != command.expire_ns <= self.now_ns:
            return RejectReason.INVALID_EXPIRY
        return None

    def replace_live(self, command: c.ReplaceOrder, order: Order, out: list[e.Event]) -> None:
        owner = order.owner
        nothing_left = command.quantity == order.executed
        display = order.display
        if command.display_quantity not in (None, order.display):
            display = command.display_quantity
            if display >= command.quantity:
                display = FULL
        kept = (
            command.keep_priority
            and display == order.display
            and command.price == order.price
            and command.quantity <= order.total
        )
        old = (order.reference, order.price, order.open, order.displayed)
        order.total, order.price = command.quantity, command.price
        if command.expire_ns is not None:
            order.expire_ns = command.expire_ns
        if command.post_only is not None:
            order.post_only = command.post_only
        if kept:
            order.shrink()
        if not kept and not nothing_left:
            self.numbers += 1
            order.reference = self.numbers
        out.append(
            e.OrderReplaced(
                order_id=order.order_id,
                session_id=command.session_id,
                client_id=command.client_id,
                instrument_id=owner.instrument_id,
                side=owner.side,
                old_order_reference=old[0],
                order_reference=order.reference,
                old_price=old[1],
                price=order.price,
                old_leaves=old[2],
                leaves=order.open,
                quantity=order.total,
                kept_priority=kept,
                old_displayed=old[3],
                displayed=order.displayed if kept else FULL,
            )
        )
        order.display = display
        if nothing_left:
            self.orders.remove(order)
        elif not kept:
            self.orders.remove(order)
            if order.post_only and self.matches(order):
                self.off(order, CancelReason.POST_ONLY, out)
                return
            self.trade(order, out)
            if order.open:
                self.rest(order, out)

    def reduce(self, command: c.ReduceOrder | c.ModifyOrder, out: list[e.Event]) -> None:
        modify = isinstance(command, c.ModifyOrder)
        order = self.find(command.order_id)
        if order is None or command.to_total > order.total:
            return
        if command.to_total == order.total and not modify:
            return
        if command.to_total <= order.executed:
            self.off(order, CancelReason.USER, out, command.session_id)
            return
        by = order.total - command.to_total
        order.total = command.to_total
        lost = order.shrink()
        out.append(
            (e.OrderModified if modify else e.OrderReduced)(
                order.order_id,
                order.reference,
                order.owner.instrument_id,
                order.owner.side,
                order.price,
                by,
                order.open,
                lost,
            )
        )

    def rerank(self, order_id: int, out: list[e.Event]) -> None:
        order = self.find(order_id)
        if order is None:
            return
        self.numbers += 1
        old, order.reference = order.reference, self.numbers
        out.append(
            e.OrderReranked(
                order.order_id,
                old,
                order.reference,
                order.owner.instrument_id,
                order.owner.side,
                order.price,
                order.open,
                order.displayed,
            )
        )

    def too_late(
        self, command: c.CancelOrder | c.ReplaceOrder, kind: RequestKind
    ) -> e.OrderRejected:
        ever = 1 <= command.order_id <= self.numbers
        return e.OrderRejected(
            command.session_id,
            command.account_id,
            command.client_id,
            kind,
            RejectReason.TOO_LATE if ever else RejectReason.UNKNOWN_ORDER,
            command.order_id if ever else 0,
        )

    def bust(self, match_number: int, reason: BustReason, out: list[e.Event]) -> None:
        for trade in self.trades[self.forgotten :]:
            if trade.match_number == match_number and match_number not in self.busted:
                self.busted.add(match_number)
                out.append(
                    e.TradeBusted(
                        match_number,
                        trade.instrument_id,
                        trade.price,
                        trade.quantity,
                        trade.resting_order_id,
                        trade.incoming_order_id,
                        reason,
                    )
                )

    def phase(self, instrument_id: int, phase: Phase, out: list[e.Event]) -> None:
        for number, now in self.phases.items():
            if instrument_id in (0, number) and now != phase:
                self.phases[number] = phase
                out.append(e.PhaseChanged(number, phase))
