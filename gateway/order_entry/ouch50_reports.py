"""The OUCH 5.0 desk, outwards: engine events as numbered OUCH 5.0 messages.

What every order causes is packed by position from the layout of its Struct, as in `ouch_reports`;
its appendage follows.
"""

from typing import Final

from gateway.desk import Floor
from gateway.order_entry.chains import client_id_at_execution
from gateway.order_entry.ouch50_words import (
    BROKEN_TRADE_REASON,
    CANCELED_REASON,
    ECHO_SIZE,
    NO_CL_ORD_ID,
    NO_REJECTED_REASON,
    REJECTED_REASON,
    refused_with,
    unpack_echo,
)
from gateway.order_entry.outcomes import Order
from gateway.order_entry.soup_sessions import SoupSessions
from gateway.sessions import SessionRecord
from matching.commands import Command, EnterOrder, RefuseRequest, ReplaceOrder
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
from protocol.ouch import outbound50 as ouch
from protocol.ouch.appendage import NO_ELEMENTS, Appendage
from protocol.ouch.enumerations42 import EventCode, LiquidityFlag, OrderState
from protocol.ouch.enumerations50 import CanceledReason, RestatedReason
from protocol.ouch.messages50 import encode

_accepted: Final = ouch.OUTBOUND.packer(ouch.Accepted)
_replaced: Final = ouch.OUTBOUND.packer(ouch.Replaced)
_executed: Final = ouch.OUTBOUND.packer(ouch.Executed)
_canceled: Final = ouch.OUTBOUND.packer(ouch.Canceled)

# Reading a value through its enumeration costs 50 ns each time.
_LIVE: Final = OrderState.LIVE.value
_DEAD: Final = OrderState.DEAD.value
_ADDED: Final = LiquidityFlag.ADDED.value
_ADDED_HIDDEN: Final = LiquidityFlag.ADDED_NON_DISPLAYED.value
_REMOVED: Final = LiquidityFlag.REMOVED.value
_USER: Final = CanceledReason.USER.value
_REFRESHED: Final = RestatedReason.DISPLAY_REFRESHED.value


class Ouch50Reports:
    """Every engine event that an OUCH 5.0 client hears of, and the answers that are no events."""

    def __init__(self, floor: Floor, sessions: SoupSessions) -> None:
        self._floor = floor
        self._sessions = sessions
        self._send = sessions.send
        self._timestamp_ns = sessions.timestamp_ns
        self._symbols: dict[int, bytes] = {}

    def accepted(self, session: SessionRecord, order: Order, command_seq: int, index: int) -> None:
        """Accepted `A`. An order that does not rest is canceled by an event of its own."""
        echo = order.echo
        side, time_in_force, display, capacity, sweep, cross, cl_ord_id, _ = unpack_echo(echo)
        self._send(
            session,
            _accepted(
                self._timestamp_ns(),
                int(order.client_id),
                side,
                order.quantity,
                self._symbols.get(order.instrument_id) or self._symbol(order.instrument_id),
                order.price,
                time_in_force,
                display,
                order.order_reference,
                capacity,
                sweep,
                cross,
                _LIVE,
                cl_ord_id,
            )
            + echo[ECHO_SIZE:],
        )

    def rejected(
        self,
        session: SessionRecord,
        command: Command,
        event: OrderRejected,
        command_seq: int,
        index: int,
    ) -> None:
        """Rejected `J`: an Enter, a Replace that may not touch the order now, a Mass Cancel."""
        if event.reason in NO_REJECTED_REASON:
            return
        code, cl_ord_id = REJECTED_REASON[event.reason], NO_CL_ORD_ID
        if isinstance(command, EnterOrder | ReplaceOrder):
            cl_ord_id = unpack_echo(command.echo)[6]
        elif isinstance(command, RefuseRequest) and command.echo:
            code, cl_ord_id = refused_with(command.echo)
        self._say(
            session, ouch.Rejected(self._timestamp_ns(), int(event.client_id), code, cl_ord_id)
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
            flag = _REMOVED
        else:
            flag = _ADDED if event.displayed else _ADDED_HIDDEN
        self._send(
            session,
            _executed(
                self._timestamp_ns(),
                int(order.client_id),
                event.quantity,
                event.price,
                flag,
                event.match_number,
            )
            + NO_ELEMENTS,
        )

    def canceled(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderCanceled,
        command_seq: int,
        index: int,
    ) -> None:
        """Canceled `C`, whoever asked. A requester that is not the owner has no number for it."""
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
        """Replaced `U`: the quantity is what is left exposed."""
        echo = order.echo
        side, time_in_force, display, capacity, sweep, cross, cl_ord_id, _ = unpack_echo(echo)
        self._send(
            session,
            _replaced(
                self._timestamp_ns(),
                int(order.orig_client_id),
                int(order.client_id),
                side,
                event.leaves,
                self._symbols.get(order.instrument_id) or self._symbol(order.instrument_id),
                event.price,
                time_in_force,
                display,
                event.order_reference,
                capacity,
                sweep,
                cross,
                _LIVE if event.leaves else _DEAD,
                cl_ord_id,
            )
            + echo[ECHO_SIZE:],
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
        """Order Modified `M`: the acknowledgement of Modify Order."""
        number = int(order.client_id)
        side = order.echo[:1]
        self._say(session, ouch.OrderModified(self._timestamp_ns(), number, side, event.leaves))

    def reranked(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderReranked,
        command_seq: int,
        index: int,
    ) -> None:
        """Order Priority Update `T`."""
        self._say(
            session,
            ouch.OrderPriorityUpdate(
                self._timestamp_ns(),
                int(order.client_id),
                event.price,
                unpack_echo(order.echo)[2],
                event.order_reference,
            ),
        )

    def refreshed(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderRefreshed,
        command_seq: int,
        index: int,
    ) -> None:
        """Order Restated `R`: what is shown now, under which reference."""
        shown = Appendage(secondary_ord_ref_num=event.order_reference, display_qty=event.quantity)
        self._say(
            session,
            ouch.OrderRestated(self._timestamp_ns(), int(order.client_id), _REFRESHED, shown),
        )

    def entry_changed(
        self, session: SessionRecord, event: OrderEntryChanged, command_seq: int, index: int
    ) -> None:
        """Enable `K` or Disable `G` Order Entry Response."""
        message = ouch.EnableOrderEntryResponse if event.enabled else ouch.DisableOrderEntryResponse
        self._say(session, message(self._timestamp_ns(), int(event.client_id), event.firm))

    def busted(
        self, session: SessionRecord, order: Order, event: TradeBusted, command_seq: int, index: int
    ) -> None:
        """Broken Trade `B`, to each side once under the number that its Executed had."""
        number = client_id_at_execution(self._floor.orders, order, event.match_number)
        self._say(
            session,
            ouch.BrokenTrade(
                self._timestamp_ns(),
                int(number),
                event.match_number,
                BROKEN_TRADE_REASON[event.reason],
                unpack_echo(order.echo)[6],
            ),
        )

    def day_changed(self, session: SessionRecord, event: DayStarted | DayEnded) -> None:
        """System Event `S` as the first message of the day, `E` as the last of the history."""
        if isinstance(event, DayStarted):
            self._sessions.start_day(session)
            self.day_started(session)
        else:
            self._say(session, ouch.SystemEvent(self._timestamp_ns(), EventCode.END_OF_DAY.value))
            self._sessions.end_day(session)

    def day_started(self, session: SessionRecord) -> None:
        """System Event `S`, also the first message to a session that is new in mid-day."""
        self._say(session, ouch.SystemEvent(self._timestamp_ns(), EventCode.START_OF_DAY.value))

    # -- answers to the session that asks -----------------------------------------------------

    def mass_canceled(
        self, session: SessionRecord, number: int, firm: bytes, symbol: bytes
    ) -> None:
        """Mass Cancel Response `X`, after the Canceled of its orders."""
        self._say(session, ouch.MassCancelResponse(self._timestamp_ns(), number, firm, symbol))

    def account(self, session: SessionRecord, next_number: int) -> None:
        """Account Query Response `Q`."""
        self._say(session, ouch.AccountQueryResponse(self._timestamp_ns(), next_number))

    # -- inside -------------------------------------------------------------------------------

    def _canceled(self, session: SessionRecord, order: Order, quantity: int, reason: bytes) -> None:
        number = int(order.client_id)
        self._send(session, _canceled(self._timestamp_ns(), number, quantity, reason))

    def _symbol(self, instrument_id: int) -> bytes:
        listed = self._floor.engine.instruments[instrument_id].instrument.symbol
        symbol = self._symbols[instrument_id] = listed.ljust(8)
        return symbol

    def _say(self, session: SessionRecord, message: ouch.Outbound) -> None:
        self._send(session, encode(message))
