"""The OUCH desk, outwards: engine events as numbered OUCH 4.2 messages.

Messages are packed by position from the layouts of their Structs, without the Structs between: see
`_accepted` and its like (tests/benchmarks/bench_soup_ouch.py).
"""

from typing import Final

from gateway.desk import Floor
from gateway.order_entry.chains import client_id_at_execution
from gateway.order_entry.ouch_words import (
    BROKEN_TRADE_REASON,
    CANCELED_REASON,
    NO_REJECTED_REASON,
    REJECTED_REASON,
    STOCK_SIZE,
    unpack_echo,
)
from gateway.order_entry.outcomes import Order
from gateway.order_entry.soup_sessions import SoupSessions
from gateway.sessions import SessionRecord
from matching.commands import Command, RefuseRequest
from matching.events import (
    DayEnded,
    DayStarted,
    OrderCanceled,
    OrderEntryChanged,
    OrderExecuted,
    OrderReduced,
    OrderRefreshed,
    OrderRejected,
    OrderReplaced,
    OrderReranked,
    TradeBusted,
)
from matching.events import OrderModified as Modified
from protocol.ouch.enumerations42 import (
    BboWeight,
    CanceledReason,
    EventCode,
    LiquidityFlag,
    OrderState,
)
from protocol.ouch.messages42 import (
    OUTBOUND,
    Accepted,
    BrokenTrade,
    Canceled,
    Executed,
    OrderModified,
    OrderPriorityUpdate,
    Rejected,
    Replaced,
    SystemEvent,
)

_accepted: Final = OUTBOUND.packer(Accepted)
_replaced: Final = OUTBOUND.packer(Replaced)
_executed: Final = OUTBOUND.packer(Executed)
_canceled: Final = OUTBOUND.packer(Canceled)
_rejected: Final = OUTBOUND.packer(Rejected)
_modified: Final = OUTBOUND.packer(OrderModified)
_priority_update: Final = OUTBOUND.packer(OrderPriorityUpdate)
_broken_trade: Final = OUTBOUND.packer(BrokenTrade)
_system_event: Final = OUTBOUND.packer(SystemEvent)

# Reading a value through its enumeration costs 50 ns each time.
_LIVE: Final = OrderState.LIVE.value
_DEAD: Final = OrderState.DEAD.value
_UNSPECIFIED: Final = BboWeight.UNSPECIFIED.value
_ADDED: Final = LiquidityFlag.ADDED.value
_ADDED_HIDDEN: Final = LiquidityFlag.ADDED_NON_DISPLAYED.value
_REMOVED: Final = LiquidityFlag.REMOVED.value
_USER: Final = CanceledReason.USER.value
_START_OF_DAY: Final = EventCode.START_OF_DAY.value
_END_OF_DAY: Final = EventCode.END_OF_DAY.value


class OuchReports:
    """Every engine event that an OUCH client hears of."""

    def __init__(self, floor: Floor, sessions: SoupSessions) -> None:
        self._floor = floor
        self._sessions = sessions
        self._send = sessions.send
        self._timestamp_ns = sessions.timestamp_ns
        self._stocks: dict[int, bytes] = {}

    def accepted(self, session: SessionRecord, order: Order, command_seq: int, index: int) -> None:
        """Accepted `A`. An order that does not rest is canceled by an event of its own."""
        side, time_in_force, firm, display, capacity, sweep, minimum, cross = unpack_echo(
            order.echo
        )
        self._send(
            session,
            _accepted(
                self._timestamp_ns(),
                order.client_id,
                side,
                order.quantity,
                self._stocks.get(order.instrument_id) or self._stock(order.instrument_id),
                order.price,
                time_in_force,
                firm,
                display,
                order.order_reference,
                capacity,
                sweep,
                minimum,
                cross,
                _LIVE,
                _UNSPECIFIED,
            ),
        )

    def rejected(
        self,
        session: SessionRecord,
        command: Command,
        event: OrderRejected,
        command_seq: int,
        index: int,
    ) -> None:
        """Rejected `J`: an Enter, or a Replace that may not touch the order now."""
        if event.reason in NO_REJECTED_REASON:
            return
        reason = command.echo[:1] if isinstance(command, RefuseRequest) else b""
        self._send(
            session,
            _rejected(
                self._timestamp_ns(), event.client_id, reason or REJECTED_REASON[event.reason]
            ),
        )

    def executed(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderExecuted,
        command_seq: int,
        index: int,
    ) -> None:
        """Executed `E`."""
        if order.order_id != event.resting_order_id:
            liquidity_flag = _REMOVED
        else:
            liquidity_flag = _ADDED if event.displayed else _ADDED_HIDDEN
        self._send(
            session,
            _executed(
                self._timestamp_ns(),
                order.client_id,
                event.quantity,
                event.price,
                liquidity_flag,
                event.match_number,
            ),
        )

    def canceled(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderCanceled,
        command_seq: int,
        index: int,
    ) -> None:
        """Canceled `C`, whoever asked. A requester that is not the owner has no token for it."""
        if order.session_id == session.session_id:
            self._canceled(session, order, event.quantity, CANCELED_REASON[event.reason])

    def replaced(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderReplaced,
        command_seq: int,
        index: int,
    ) -> None:
        """Replaced `U`: shares are what is left exposed."""
        side, time_in_force, firm, display, capacity, sweep, minimum, cross = unpack_echo(
            order.echo
        )
        self._send(
            session,
            _replaced(
                self._timestamp_ns(),
                order.client_id,
                side,
                event.leaves,
                self._stocks.get(order.instrument_id) or self._stock(order.instrument_id),
                event.price,
                time_in_force,
                firm,
                display,
                event.order_reference,
                capacity,
                sweep,
                minimum,
                cross,
                _LIVE if event.leaves else _DEAD,
                order.orig_client_id,
                _UNSPECIFIED,
            ),
        )

    def reduced(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderReduced,
        command_seq: int,
        index: int,
    ) -> None:
        """Canceled `C` with the decrement: the acknowledgement of Cancel Order."""
        self._canceled(session, order, event.quantity, _USER)

    def modified(
        self,
        session: SessionRecord,
        order: Order,
        event: Modified,
        command_seq: int,
        index: int,
    ) -> None:
        """Order Modified `M`: the acknowledgement of Modify Order."""
        self._send(
            session,
            _modified(self._timestamp_ns(), order.client_id, order.echo[:1], event.leaves),
        )

    def reranked(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderReranked | OrderRefreshed,
        command_seq: int,
        index: int,
    ) -> None:
        """Order Priority Update `T`."""
        display = unpack_echo(order.echo)[3]
        self._send(
            session,
            _priority_update(
                self._timestamp_ns(), order.client_id, event.price, display, event.order_reference
            ),
        )

    refreshed = reranked
    """No request of this wire asks for a reserve, but what has another place in the queue has it
    for whatever reason."""

    def entry_changed(
        self, session: SessionRecord, event: OrderEntryChanged, command_seq: int, index: int
    ) -> None:
        """Nothing: OUCH 4.2 has no request that disables order entry."""

    def busted(
        self, session: SessionRecord, order: Order, event: TradeBusted, command_seq: int, index: int
    ) -> None:
        """Broken Trade `B`, to each side once under the token that its Executed had."""
        token = client_id_at_execution(self._floor.orders, order, event.match_number)
        self._send(
            session,
            _broken_trade(
                self._timestamp_ns(),
                token,
                event.match_number,
                BROKEN_TRADE_REASON[event.reason],
            ),
        )

    def day_changed(self, session: SessionRecord, event: DayStarted | DayEnded) -> None:
        """System Event `S` as the first message of the day, `E` as the last of the history."""
        if isinstance(event, DayStarted):
            self._sessions.start_day(session)
            self.day_started(session)
        else:
            self._send(session, _system_event(self._timestamp_ns(), _END_OF_DAY))
            self._sessions.end_day(session)

    def day_started(self, session: SessionRecord) -> None:
        """System Event `S`, also the first message to a session that is new in mid-day."""
        self._send(session, _system_event(self._timestamp_ns(), _START_OF_DAY))

    # -- inside -------------------------------------------------------------------------------

    def _canceled(self, session: SessionRecord, order: Order, shares: int, reason: bytes) -> None:
        self._send(session, _canceled(self._timestamp_ns(), order.client_id, shares, reason))

    def _stock(self, instrument_id: int) -> bytes:
        """Found once: then it is in `_stocks`."""
        symbol = self._floor.engine.instruments[instrument_id].instrument.symbol
        stock = self._stocks[instrument_id] = symbol.ljust(STOCK_SIZE)
        return stock
