"""The OUCH desk, outwards: engine events as numbered OUCH 4.2 messages.

Messages are built by position: keywords cost 0.8 us an Accepted.
"""

from typing import Final

from gateway.desk import Floor
from gateway.order_entry.ouch_words import (
    BROKEN_TRADE_REASON,
    CANCELED_REASON,
    NO_REJECTED_REASON,
    REJECTED_REASON,
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
    OrderModified,
    OrderReduced,
    OrderRefreshed,
    OrderRejected,
    OrderReplaced,
    OrderReranked,
    TradeBusted,
)
from protocol.ouch.enumerations42 import (
    BboWeight,
    CanceledReason,
    EventCode,
    LiquidityFlag,
    OrderState,
)
from protocol.ouch.messages42 import (
    Accepted,
    BrokenTrade,
    Canceled,
    Executed,
    Outbound,
    Rejected,
    Replaced,
    SystemEvent,
    encode,
)

# Reading a value through its enumeration costs 50 ns each time.
_LIVE: Final = OrderState.LIVE.value
_DEAD: Final = OrderState.DEAD.value
_UNSPECIFIED: Final = BboWeight.UNSPECIFIED.value
_ADDED: Final = LiquidityFlag.ADDED.value
_REMOVED: Final = LiquidityFlag.REMOVED.value
_USER: Final = CanceledReason.USER.value


class OuchReports:
    """Every engine event that an OUCH client hears of."""

    def __init__(self, floor: Floor, sessions: SoupSessions) -> None:
        self._floor = floor
        self._sessions = sessions
        self._stocks: dict[int, bytes] = {}

    def accepted(self, session: SessionRecord, order: Order, command_seq: int, index: int) -> None:
        """Accepted `A`. An order that does not rest is canceled by an event of its own."""
        side, time_in_force, firm, display, capacity, sweep, minimum, cross = unpack_echo(
            order.echo
        )
        self._send(
            session,
            Accepted(
                self._timestamp_ns(),
                order.client_id,
                side,
                order.quantity,
                self._stock(order.instrument_id),
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
            Rejected(
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
        self._send(
            session,
            Executed(
                self._timestamp_ns(),
                order.client_id,
                event.quantity,
                event.price,
                _ADDED if order.order_id == event.resting_order_id else _REMOVED,
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
            Replaced(
                self._timestamp_ns(),
                order.client_id,
                side,
                event.leaves,
                self._stock(order.instrument_id),
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
        event: OrderModified,
        command_seq: int,
        index: int,
    ) -> None:
        """Modified `M`: comes with the request Modify Order."""

    def reranked(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderReranked,
        command_seq: int,
        index: int,
    ) -> None:
        """Order Priority Update `T`: comes with display kinds."""

    def refreshed(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderRefreshed,
        command_seq: int,
        index: int,
    ) -> None:
        """Nothing: OUCH 4.2 has no word for it."""

    def entry_changed(
        self, session: SessionRecord, event: OrderEntryChanged, command_seq: int, index: int
    ) -> None:
        """Nothing: OUCH 4.2 has no request that disables order entry."""

    def busted(
        self, session: SessionRecord, order: Order, event: TradeBusted, command_seq: int, index: int
    ) -> None:
        """Broken Trade `B`, to each side once under its own token."""
        self._send(
            session,
            BrokenTrade(
                self._timestamp_ns(),
                order.client_id,
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
            self._send(session, SystemEvent(self._timestamp_ns(), EventCode.END_OF_DAY.value))
            self._sessions.end_day(session)

    def day_started(self, session: SessionRecord) -> None:
        """System Event `S`, also the first message to a session that is new in mid-day."""
        self._send(session, SystemEvent(self._timestamp_ns(), EventCode.START_OF_DAY.value))

    # -- inside -------------------------------------------------------------------------------

    def _canceled(self, session: SessionRecord, order: Order, shares: int, reason: bytes) -> None:
        self._send(session, Canceled(self._timestamp_ns(), order.client_id, shares, reason))

    def _timestamp_ns(self) -> int:
        """Since midnight of the trading date; 0 before it, where a day was opened early."""
        floor = self._floor
        elapsed_ns = floor.now_ns - floor.engine.midnight_ns
        return elapsed_ns if elapsed_ns > 0 else 0

    def _stock(self, instrument_id: int) -> bytes:
        stock = self._stocks.get(instrument_id)
        if stock is None:
            symbol = self._floor.engine.instruments[instrument_id].instrument.symbol
            stock = self._stocks[instrument_id] = symbol.ljust(8)
        return stock

    def _send(self, session: SessionRecord, message: Outbound) -> None:
        self._sessions.send(session, encode(message))
