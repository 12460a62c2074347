"""The WebSocket desk, outwards: engine events as numbered JSON messages."""

from msgspec import Struct

from gateway.desk import Floor, exec_id
from gateway.order_entry.outcomes import Order, Outcome, Refused, Request
from gateway.order_entry.websocket_recorded import BridgeConnection
from gateway.order_entry.websocket_refusals import explain
from gateway.order_entry.websocket_views import order_view, text_of
from gateway.order_entry.websocket_words import (
    BUST_REASON_OF,
    CANCEL_REASON_OF,
    CHANGE_OF,
    REJECT_REASON_OF,
    REJECT_TEXT,
)
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
from matching.instrument import Instrument
from matching.types import CancelReason, RequestKind, Side
from protocol import feed
from protocol.feed import format_decimal
from protocol.websocket_bridge import append_numbered


class WebSocketReports:
    """Every engine event that a WebSocket client hears of."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def accepted(self, session: SessionRecord, order: Order, command_seq: int, index: int) -> None:
        """`accepted`."""
        self._accepted(session, order, _exec_id(command_seq, index))

    def executed(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderExecuted,
        command_seq: int,
        index: int,
    ) -> None:
        """`executed`; the two sides' exec_ids differ by their last letter, as in FIX."""
        instrument = self._instrument(order)
        self._send(
            session,
            feed.Executed(
                time_ns=self._floor.now_ns,
                exec_id=_exec_id(command_seq, index) + _letter(order),
                match_number=event.match_number,
                last_qty=format_decimal(event.quantity, instrument.quantity_decimals),
                last_px=format_decimal(event.price, instrument.price_decimals),
                liquidity="maker" if order.order_id == event.resting_order_id else "taker",
                order=self.view(order),
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
        """`canceled`; with `cl_ord_id` to the session that asked, without to anybody else."""
        asked = event.client_id if event.requested_by == session.session_id else b""
        self._canceled(
            session,
            order,
            (asked, order.client_id if asked else b""),
            _exec_id(command_seq, index),
            event.quantity,
            event.reason,
        )

    def replaced(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderReplaced,
        command_seq: int,
        index: int,
    ) -> None:
        """`replaced`."""
        self._replaced(
            session,
            order,
            (event.client_id, order.orig_client_id),
            _exec_id(command_seq, index),
        )

    def reduced(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderReduced,
        command_seq: int,
        index: int,
    ) -> None:
        """`reduced`: no WebSocket request does that, so nobody here asked."""
        self._reduced(session, order, event.quantity, _exec_id(command_seq, index))

    def modified(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderModified,
        command_seq: int,
        index: int,
    ) -> None:
        """`reduced` if it has less to execute: the words are another wire's."""
        if event.quantity:
            self._reduced(session, order, event.quantity, _exec_id(command_seq, index))

    def reranked(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderReranked,
        command_seq: int,
        index: int,
    ) -> None:
        """`restated`: its place in the queue is another."""
        self._send(
            session,
            feed.Restated(
                time_ns=self._floor.now_ns,
                exec_id=_exec_id(command_seq, index),
                order=self.view(order),
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
        """Nothing: the order, and what of it is open, is as it was."""

    def entry_changed(
        self, session: SessionRecord, event: OrderEntryChanged, command_seq: int, index: int
    ) -> None:
        """Nothing: no WebSocket request does that."""

    def busted(
        self, session: SessionRecord, order: Order, event: TradeBusted, command_seq: int, index: int
    ) -> None:
        """`busted`."""
        instrument = self._instrument(order)
        self._send(
            session,
            feed.Busted(
                time_ns=self._floor.now_ns,
                exec_id=_exec_id(command_seq, index) + _letter(order),
                match_number=event.match_number,
                last_qty=format_decimal(event.quantity, instrument.quantity_decimals),
                last_px=format_decimal(event.price, instrument.price_decimals),
                reason=BUST_REASON_OF[event.reason],
                order=self.view(order),
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
        """`rejected` for an order, `cancel_rejected` for a cancel or replace."""
        text = text_of(event.text) or explain(self._floor, command, event.reason)
        echo = command.echo if isinstance(command, RefuseRequest) else b""
        refused = Refused(
            event.client_id,
            event.kind,
            event.reason,
            event.order_id,
            text.encode("latin-1"),
            echo,
            command_seq,
        )
        self._refused(session, refused)

    def day_changed(self, session: SessionRecord, event: DayStarted | DayEnded) -> None:
        """Expired orders are reported one by one; phases are public data."""

    # -- answers that no event asks for ---------------------------------------------------------

    def status(self, session: SessionRecord, order: Order, request_id: str) -> None:
        """The answer to `status`."""
        self._send(
            session,
            feed.OrderStatus(time_ns=self._floor.now_ns, id=request_id, order=self.view(order)),
        )

    def repeat(self, session: SessionRecord, client_id: bytes, outcome: Outcome) -> None:
        """What a client id was answered the first time, with the order as it is now.

        An answer is the first event of its command, so that its exec_id has index 0.
        """
        if isinstance(outcome, Refused):
            self._refused(session, outcome, repeat=True)
        elif isinstance(outcome, Order):
            self._accepted(session, outcome, _exec_id(outcome.command_seq, 0), repeat=True)
        elif isinstance(outcome, Request):
            self._repeat_request(session, client_id, outcome)

    def _repeat_request(self, session: SessionRecord, client_id: bytes, outcome: Request) -> None:
        ids = (client_id, outcome.orig_client_id)
        if outcome.kind is RequestKind.REPLACE:
            self._replaced(
                session, outcome.order, ids, _exec_id(outcome.command_seq, 0), repeat=True
            )
            return
        self._canceled(
            session,
            outcome.order,
            ids,
            _exec_id(outcome.command_seq, 0),
            outcome.quantity,
            CancelReason.USER,
            repeat=True,
        )

    def view(self, order: Order) -> feed.Order:
        """The whole state of an order as the client sees it."""
        return order_view(order, self._instrument(order))

    # -- inside ---------------------------------------------------------------------------------

    def _accepted(
        self, session: SessionRecord, order: Order, exec_id: str, *, repeat: bool = False
    ) -> None:
        self._send(
            session,
            feed.Accepted(
                time_ns=self._floor.now_ns, exec_id=exec_id, order=self.view(order), repeat=repeat
            ),
        )

    def _replaced(
        self,
        session: SessionRecord,
        order: Order,
        ids: tuple[bytes, bytes],
        exec_id: str,
        *,
        repeat: bool = False,
    ) -> None:
        """`ids` are cl_ord_id and orig_cl_ord_id."""
        self._send(
            session,
            feed.Replaced(
                time_ns=self._floor.now_ns,
                exec_id=exec_id,
                cl_ord_id=text_of(ids[0]),
                orig_cl_ord_id=text_of(ids[1]),
                order=self.view(order),
                repeat=repeat,
            ),
        )

    def _canceled(
        self,
        session: SessionRecord,
        order: Order,
        ids: tuple[bytes, bytes],
        exec_id: str,
        quantity: int,
        reason: CancelReason,
        *,
        repeat: bool = False,
    ) -> None:
        self._send(
            session,
            feed.Canceled(
                time_ns=self._floor.now_ns,
                exec_id=exec_id,
                cl_ord_id=text_of(ids[0]),
                orig_cl_ord_id=text_of(ids[1]),
                quantity=format_decimal(quantity, self._instrument(order).quantity_decimals),
                reason=CANCEL_REASON_OF[reason],
                order=self.view(order),
                repeat=repeat,
            ),
        )

    def _reduced(self, session: SessionRecord, order: Order, quantity: int, exec_id: str) -> None:
        self._send(
            session,
            feed.Reduced(
                time_ns=self._floor.now_ns,
                exec_id=exec_id,
                quantity=format_decimal(quantity, self._instrument(order).quantity_decimals),
                order=self.view(order),
            ),
        )

    def _refused(self, session: SessionRecord, refused: Refused, *, repeat: bool = False) -> None:
        text = text_of(refused.text) or REJECT_TEXT[refused.reason]
        reason = REJECT_REASON_OF[refused.reason]
        if refused.kind is RequestKind.ENTER:
            self._send(
                session,
                feed.Rejected(
                    time_ns=self._floor.now_ns,
                    exec_id=_exec_id(refused.command_seq, 0),
                    cl_ord_id=text_of(refused.client_id),
                    reason=reason,
                    text=text,
                    repeat=repeat,
                ),
            )
            return
        order = self._floor.orders.by_id.get(refused.order_id)
        named = refused.echo or (b"" if order is None else order.client_id)
        self._send(
            session,
            feed.CancelRejected(
                time_ns=self._floor.now_ns,
                cl_ord_id=text_of(refused.client_id),
                orig_cl_ord_id=text_of(named),
                order_id=refused.order_id,
                request=CHANGE_OF[refused.kind],
                reason=reason,
                text=text,
                order=None if order is None else self.view(order),
                repeat=repeat,
            ),
        )

    def _instrument(self, order: Order) -> Instrument:
        return self._floor.engine.instruments[order.instrument_id].instrument

    def _send(self, session: SessionRecord, message: Struct) -> None:
        """Number and keep the message; a connected client gets it with this tick."""
        payload = feed.encode(message)
        connection = session.connection
        if (
            connection is not None
            and isinstance(connection.session, BridgeConnection)
            and connection.session.logged_in
        ):
            connection.session.send(payload, self._floor.now_ns)
        else:
            append_numbered(session.sent_log, payload)
        self._floor.touch(session)


def _exec_id(command_seq: int, index: int) -> str:
    return exec_id(command_seq, index).decode("ascii")


def _letter(order: Order) -> str:
    return "B" if order.side is Side.BUY else "S"
