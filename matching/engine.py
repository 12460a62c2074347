"""The exchange as a fold: one command in, the events that follow from it out.

No clock, no randomness, no I/O, integers only: the same commands give the same events and the same
`state_hash()` everywhere. Refusals are events. `apply` raises only for our own mistakes.
"""

from collections import deque
from collections.abc import Callable, Iterator

from matching.changes import Changes
from matching.commands import (
    AddAccount,
    AddInstrument,
    BustTrade,
    CancelOrder,
    Command,
    EndOfDay,
    EnterOrder,
    ExpireOrders,
    MassCancel,
    ModifyOrder,
    ReduceOrder,
    RefuseRequest,
    RegisterSession,
    ReplaceOrder,
    RerankOrder,
    SetOrderEntry,
    SetPhase,
    StartOfDay,
)
from matching.events import (
    DayEnded,
    DayStarted,
    OrderCarried,
    OrderExecuted,
    OrderRested,
    PhaseChanged,
)
from matching.live_orders import LiveOrders
from matching.order import RestingOrder
from matching.order_flow import OrderFlow, Outcome
from matching.reference import Listing, ReferenceData
from matching.snapshot import (
    EngineState,
    Limits,
    ListingState,
    load_order,
    save_orders,
    state_hash,
)
from matching.types import FULL, Phase


class Engine:
    """All books and all reference data of one venue. Single writer."""

    __slots__ = (
        "_flow",
        "_handlers",
        "_live",
        "_reference",
        "day_running",
        "midnight_ns",
        "trading_date",
    )

    def __init__(self, limits: Limits | None = None) -> None:
        self._reference = ReferenceData()
        self._live = LiveOrders(Limits() if limits is None else limits, self._reference)
        self._flow = flow = OrderFlow(self._live, self._reference)
        changes = Changes(self._live, self._reference)
        self.trading_date = 0
        """YYYYMMDD of the running day, or of the last one; 0 before the first."""
        self.midnight_ns = 0
        self.day_running = False
        self._handlers: dict[type, Callable[..., Outcome]] = {
            EnterOrder: flow.enter_order,
            ReplaceOrder: changes.replace_order,
            ReduceOrder: changes.reduce_order,
            ModifyOrder: changes.modify_order,
            RerankOrder: changes.rerank_order,
            CancelOrder: flow.cancel_order,
            MassCancel: flow.mass_cancel,
            ExpireOrders: flow.expire_orders,
            SetOrderEntry: flow.set_order_entry,
            RefuseRequest: flow.refuse_request,
            BustTrade: flow.bust_trade,
            SetPhase: self._set_phase,
            StartOfDay: self._start_of_day,
            EndOfDay: self._end_of_day,
            AddInstrument: self._add_instrument,
            AddAccount: self._reference.add_account,
            RegisterSession: self._reference.register_session,
        }

    def apply(self, command: Command, timestamp_ns: int) -> Outcome:
        """What follows from a command, in the order it happened. `timestamp_ns` never decreases."""
        self._live.timestamp_ns = timestamp_ns
        return self._handlers[type(command)](command)

    # What the gateway reads.

    @property
    def timestamp_ns(self) -> int:
        """Time of the last command: no later command may be older."""
        return self._live.timestamp_ns

    @property
    def next_expiry_ns(self) -> int:
        """When ExpireOrders has something to do: the earliest `expire_ns` of a live order, 0 if
        none has one. O(1)."""
        return self._live.next_expiry_ns

    @property
    def instruments(self) -> dict[int, Listing]:
        """By instrument_id, in order of listing: rules, phase and book. For reading only."""
        return self._reference.listings

    @property
    def accounts(self) -> dict[int, AddAccount]:
        """By account_id. For reading only."""
        return self._reference.accounts

    @property
    def sessions(self) -> dict[int, RegisterSession]:
        """By session_id. For reading only."""
        return self._reference.sessions

    def instrument_id(self, symbol: bytes) -> int | None:
        return self._reference.instrument_id(symbol)

    def account_id(self, name: bytes) -> int | None:
        return self._reference.account_id(name)

    def session_id(self, wire: bytes, key: tuple[bytes, ...]) -> int | None:
        return self._reference.session_id(wire, key)

    @property
    def live_orders(self) -> int:
        """How many orders rest, over all instruments."""
        return len(self._live.orders)

    @property
    def trades(self) -> deque[OrderExecuted | None]:
        """The day's latest trades, up to `Limits.busts_max`; None: broken. For reading only."""
        return self._live.trades

    def resting(self, instrument_id: int) -> Iterator[OrderRested]:
        """The book as the OrderRested events that would build it: best first, what shows before
        what is hidden, oldest first."""
        book = self._reference.listings[instrument_id].book
        for side in (book.bids, book.asks):
            for order in side:
                yield OrderRested(
                    order.order_id,
                    order.order_reference,
                    instrument_id,
                    order.side,
                    order.price,
                    order.leaves,
                    FULL if order.terms is None else order.terms.shown,
                )

    # The operator and the day.

    def _set_phase(self, command: SetPhase) -> Outcome:
        # Outside the day every instrument stays closed: StartOfDay opens them.
        if not self.day_running:
            return ()
        return self._change_phases(command.instrument_id, command.phase)

    def _change_phases(self, instrument_id: int, phase: Phase) -> Outcome:
        changed = [
            listing
            for listing in self._reference.listings.values()
            if instrument_id in (0, listing.instrument_id) and listing.phase is not phase
        ]
        for listing in changed:
            listing.phase = phase
        return tuple([PhaseChanged(listing.instrument_id, phase) for listing in changed])

    def _start_of_day(self, command: StartOfDay) -> Outcome:
        if self.day_running:
            return ()
        self.day_running = True
        self.trading_date = command.trading_date
        self.midnight_ns = command.midnight_ns
        started = DayStarted(command.trading_date, command.midnight_ns)
        opened = self._change_phases(0, Phase.OPEN)
        carried = [
            OrderCarried(
                rested.order_id,
                rested.order_reference,
                instrument_id,
                rested.side,
                rested.price,
                rested.quantity,
                rested.displayed,
            )
            for instrument_id in self.instruments
            for rested in self.resting(instrument_id)
        ]
        return (started, *opened, *carried)

    def _end_of_day(self, command: EndOfDay) -> Outcome:
        if not self.day_running:
            return ()
        expired = self._flow.expire_day_orders()
        closed = self._change_phases(0, Phase.CLOSED)
        self.day_running = False
        return (*expired, *closed, DayEnded(self.trading_date))

    def _add_instrument(self, command: AddInstrument) -> Outcome:
        added = self._reference.add_instrument(command)
        if added and self.day_running:
            return added + self._change_phases(len(self._reference.listings), Phase.OPEN)
        return added

    # State as a value.

    def snapshot(self) -> EngineState:
        """Everything, so that `restore` continues exactly here. O(orders + trades)."""
        reference = self._reference
        return EngineState(
            limits=self._live.limits,
            timestamp_ns=self.timestamp_ns,
            last_order_number=self._live.last_order_number,
            last_match_number=self._live.last_match_number,
            trading_date=self.trading_date,
            midnight_ns=self.midnight_ns,
            day_running=self.day_running,
            accounts=tuple(reference.accounts.values()),
            sessions=tuple(reference.sessions.values()),
            listings=tuple(
                ListingState(
                    listing.instrument,
                    listing.phase,
                    save_orders(listing.book.bids),
                    save_orders(listing.book.asks),
                )
                for listing in reference.listings.values()
            ),
            trades=tuple(self._live.trades),
        )

    @classmethod
    def restore(cls, state: EngineState) -> "Engine":
        """An engine that goes on where the state was taken."""
        engine = cls(state.limits)
        reference = engine._reference
        for account in state.accounts:
            reference.add_account(account)
        for session in state.sessions:
            reference.register_session(session)
        orders: list[RestingOrder] = []
        for saved in state.listings:
            reference.add_instrument(AddInstrument(saved.instrument))
            listing = reference.listings[len(reference.listings)]
            listing.phase = saved.phase
            for book_side, resting in (
                (listing.book.bids, saved.bids),
                (listing.book.asks, saved.asks),
            ):
                for order in map(load_order, resting):
                    book_side.join(order)
                    orders.append(order)
        orders.sort(key=lambda order: order.order_id)
        engine._live.orders = {order.order_id: order for order in orders}
        engine._live.expiries.update(
            (order.terms.expire_ns, order.order_id)
            for order in orders
            if order.terms is not None and order.terms.expire_ns
        )
        engine._live.trades.extend(state.trades)
        engine._live.last_order_number = state.last_order_number
        engine._live.last_match_number = state.last_match_number
        engine._live.timestamp_ns = state.timestamp_ns
        engine.trading_date = state.trading_date
        engine.midnight_ns = state.midnight_ns
        engine.day_running = state.day_running
        return engine

    def state_hash(self) -> int:
        """64 bits that are equal exactly where the whole state is equal. As slow as `snapshot`."""
        return state_hash(self.snapshot())

    def _check(self) -> None:
        """Assert every invariant. O(n): for tests and `-X dev`."""
        self._live._check()
        resting = 0
        for listing in self._reference.listings.values():
            listing.book._check()
            for side in (listing.book.bids, listing.book.asks):
                for order in side:
                    resting += 1
                    assert self._live.orders[order.order_id] is order, order.order_id
                    assert order.instrument_id == listing.instrument_id, order.order_id
                    assert order.order_reference <= self._live.last_order_number, order.order_id
        assert resting == len(self._live.orders)
