"""The FIX desk, outwards: engine events as ExecutionReport(8) and OrderCancelReject(9)."""

from typing import cast

from gateway.desk import Floor, exec_id
from gateway.order_entry.fix_instructions import shown_instructions
from gateway.order_entry.fix_refusals import FixRefusals
from gateway.order_entry.fix_words import (
    ORD_TYPE_OF,
    TIME_IN_FORCE_OF,
    cancel_text,
    fill_exec_id,
    ord_status,
    restated,
    time_in_force_of,
)
from gateway.order_entry.outcomes import Order
from gateway.sessions import Connection, SessionRecord
from matching.commands import Command, EnterOrder, RefuseRequest
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
from matching.types import CancelReason, OrderType, RequestKind, Side
from protocol.fix.live_order import live_order_template
from protocol.fix.messages import ExecutionReport, Rest
from protocol.fix.reports import execution_report, order_cancel_reject
from protocol.fix.session import FixSession
from protocol.fix.stream import FixStream
from protocol.fix.values import avg_px, format_decimal, format_utc_timestamp
from protocol.fix.version import Version

TEXTS_MAX = 65_536
"""Texts of prices or quantities remembered; then the memory starts afresh."""

_LIMIT = OrderType.LIMIT


def stream_of(session: SessionRecord) -> FixStream:
    """The durable half of a FIX session."""
    stream = session.stream
    assert isinstance(stream, FixStream), f"not a FIX session: {session.identity}"
    return stream


def fix_of(connection: Connection) -> FixSession:
    """The session of a connection on the FIX port."""
    session = connection.session
    assert isinstance(session, FixSession), f"not a FIX connection: {connection.wire!r}"
    return session


class FixReports:
    """Every engine event that a FIX client hears of, in its version's words."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._touch = floor.touch
        self._instruments = floor.engine.instruments
        self._time_ns = -1
        self._time_text = b""
        self._texts: dict[int, dict[int, bytes]] = {}
        self._live_orders: dict[str, bytes] = {}
        self.refusals = FixRefusals(floor, self.transact_time)

    def accepted(self, session: SessionRecord, order: Order, command_seq: int, index: int) -> None:
        """ExecType(150)=0 New, by the template: 1.1 us where `_report` takes 3.4."""
        stream = stream_of(session)
        version = stream.version
        if order.special or not version.has_exec_type:
            self._report(session, order, b"0", exec_id(command_seq, index))
            return
        template = self._live_orders.get(version.name)
        if template is None:
            template = self._live_orders[version.name] = live_order_template(version)
        instrument = self._instruments[order.instrument_id].instrument
        echo = order.echo
        quantity = self._text(order.quantity, instrument.quantity_decimals)
        price = b""
        if order.order_type is _LIMIT:
            price = b"44=%b\x01" % self._text(order.price, instrument.price_decimals)
        if self._floor.now_ns != self._time_ns:
            self.transact_time()
        body = template % (
            b"1=%b\x01" % echo[1:] if len(echo) > 1 else b"",
            order.client_id,
            command_seq,
            index,
            order.order_id,
            quantity,
            b"2" if price else b"1",
            price,
            echo[:1],
            instrument.symbol,
            TIME_IN_FORCE_OF[order.time_in_force],
            self._time_text[: stream.time_width],
            quantity,
            order.order_reference,
        )
        self.send(session, b"8", body)

    def executed(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderExecuted,
        command_seq: int,
        index: int,
    ) -> None:
        """ExecType F Trade; FIX 4.2's 1 or 2. Both sides' ExecIDs differ by their last letter."""
        self._report(
            session,
            order,
            b"F",
            fill_exec_id(command_seq, index, order.side),
            last=(event.quantity, event.price),
        )

    def canceled(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderCanceled,
        command_seq: int,
        index: int,
    ) -> None:
        """ExecType 4 Canceled or C Expired; to the requester under its own ClOrdID(11)."""
        exec_type = b"C" if event.reason is CancelReason.EXPIRED else b"4"
        if event.requested_by == session.session_id and event.client_id:
            ids = (event.client_id, order.client_id)
        else:
            ids = (order.client_id, b"")
        text = cancel_text(order, event.reason)
        self._report(session, order, exec_type, exec_id(command_seq, index), ids=ids, text=text)

    def replaced(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderReplaced,
        command_seq: int,
        index: int,
    ) -> None:
        """ExecType 5 Replaced: the new ClOrdID(11), the one before as OrigClOrdID(41)."""
        self._report(
            session,
            order,
            b"5",
            exec_id(command_seq, index),
            ids=(order.client_id, order.orig_client_id),
        )

    def reduced(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderReduced,
        command_seq: int,
        index: int,
    ) -> None:
        """ExecType D Restated: no FIX request reduces, so nobody asked for it here."""
        self._restated(session, order, (command_seq, index))

    def modified(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderModified,
        command_seq: int,
        index: int,
    ) -> None:
        """ExecType D Restated, with the new LeavesQty(151): no FIX request modifies."""
        self._restated(session, order, (command_seq, index))

    def reranked(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderReranked,
        command_seq: int,
        index: int,
    ) -> None:
        """ExecType D Restated, with the new SecondaryOrderID(198)."""
        self._restated(session, order, (command_seq, index), reranked=True)

    def refreshed(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderRefreshed,
        command_seq: int,
        index: int,
    ) -> None:
        """Nothing at once: the next report has the new SecondaryOrderID(198)."""

    def entry_changed(
        self, session: SessionRecord, event: OrderEntryChanged, command_seq: int, index: int
    ) -> None:
        """Nothing: no FIX request disables or enables order entry."""

    def busted(
        self, session: SessionRecord, order: Order, event: TradeBusted, command_seq: int, index: int
    ) -> None:
        """ExecType H Trade Cancel, FIX 4.2's ExecTransType(20)=1, of ExecRefID(19)."""
        executed = self._floor.orders.executions.find(event.match_number)
        self._report(
            session,
            order,
            b"H",
            fill_exec_id(command_seq, index, order.side),
            last=(event.quantity, event.price),
            exec_ref_id=fill_exec_id(*executed, order.side),
            text=b"trade %d broken" % event.match_number,
        )

    def rejected(
        self,
        session: SessionRecord,
        command: Command,
        event: OrderRejected,
        command_seq: int,
        index: int,
    ) -> None:
        """An order: ExecType 8 Rejected. A cancel or replace: OrderCancelReject(9)."""
        stream = stream_of(session)
        version, width = stream.version, stream.time_width
        if event.kind is RequestKind.ENTER:
            echo = command.echo if isinstance(command, EnterOrder) else b""
            report = self.refusals.order(
                command, event, exec_id(command_seq, index), (echo[:1], echo[1:])
            )
            self.send(session, b"8", execution_report(version, report, width))
            return
        named = command.echo if isinstance(command, RefuseRequest) else b""
        reject = self.refusals.change(version, event, named)
        self.send(session, b"9", order_cancel_reject(version, reject, width))

    def day_changed(self, session: SessionRecord, event: DayStarted | DayEnded) -> None:
        """FIX has no word for it here; expired orders are reported one by one."""

    def _restated(
        self, session: SessionRecord, order: Order, name: tuple[int, int], *, reranked: bool = False
    ) -> None:
        more = restated(stream_of(session).version, reranked=reranked)
        self._report(session, order, b"D", exec_id(*name), more=more)

    def _report(
        self,
        session: SessionRecord,
        order: Order,
        exec_type: bytes,
        exec_id: bytes,
        *,
        ids: tuple[bytes, bytes] | None = None,
        last: tuple[int, int] | None = None,
        exec_ref_id: bytes = b"",
        text: bytes = b"",
        more: Rest = (),
    ) -> None:
        """One ExecutionReport of an order as it now stands, sent."""
        stream = stream_of(session)
        report = self.order_report(
            stream.version,
            order,
            (exec_type, exec_id, exec_ref_id),
            self.echo_to(session, order),
            ids=ids or (order.client_id, b""),
            last=last,
            text=text,
            more=more,
        )
        body = execution_report(stream.version, report, stream.time_width)
        self.send(session, b"8", body)

    # -- reports as values ----------------------------------------------------------------------

    def order_report(
        self,
        version: Version,
        order: Order,
        execution: tuple[bytes, bytes, bytes],
        echo: tuple[bytes, bytes],
        *,
        ids: tuple[bytes, bytes],
        last: tuple[int, int] | None = None,
        text: bytes = b"",
        more: Rest = (),
    ) -> ExecutionReport:
        """An order as it now stands.

        `execution` is ExecType(150), ExecID(17) and ExecRefID(19), `echo` Side(54) and Account(1),
        `ids` ClOrdID(11) and OrigClOrdID(41), `last` quantity and price of a fill.
        """
        instrument = self._instruments[order.instrument_id].instrument
        decimals = instrument.price_decimals
        lots = instrument.quantity_decimals
        limit = order.order_type is _LIMIT
        if order.special:
            more = shown_instructions(version, order, lots) + more
        return ExecutionReport(
            order_id=b"%d" % order.order_id,
            secondary_order_id=b"%d" % order.order_reference,
            exec_type=execution[0],
            exec_id=execution[1],
            exec_ref_id=execution[2],
            ord_status=ord_status(version, order),
            symbol=instrument.symbol,
            side=echo[0],
            leaves_qty=self._text(order.leaves_qty, lots),
            cum_qty=self._text(order.cum_qty, lots),
            avg_px=avg_px(order.notional, order.cum_qty, decimals),
            cl_ord_id=ids[0],
            orig_cl_ord_id=ids[1],
            account=echo[1],
            order_qty=self._text(order.quantity, lots),
            ord_type=ORD_TYPE_OF[order.order_type],
            price=self._text(order.price, decimals) if limit else b"",
            time_in_force=time_in_force_of(order),
            last_qty=b"" if last is None else self._text(last[0], lots),
            last_px=b"" if last is None else self._text(last[1], decimals),
            transact_time=self.transact_time(),
            text=text,
            more=more,
        )

    # -- inside -------------------------------------------------------------------------------

    def echo_to(self, session: SessionRecord, order: Order) -> tuple[bytes, bytes]:
        """Side(54) and Account(1) as the FIX client sent them; of another wire's order its side."""
        if order.session_id == session.session_id:
            return order.echo[:1], order.echo[1:]
        return (b"1" if order.side is Side.BUY else b"2"), b""

    def _text(self, units: int, decimals: int) -> bytes:
        """Decimal text of a price or quantity; a venue's orders share few."""
        texts = self._texts.get(decimals)
        if texts is None:
            texts = self._texts[decimals] = {}
        text = texts.get(units)
        if text is None:
            if len(texts) >= TEXTS_MAX:
                texts.clear()
            text = texts[units] = format_decimal(units, decimals)
        return text

    def transact_time(self) -> bytes:
        """TransactTime(60) in nanoseconds: all reports of a tick share it, each cut to the
        `time_width` of the stream that it is for."""
        now_ns = self._floor.now_ns
        if now_ns != self._time_ns:
            self._time_ns = now_ns
            self._time_text = format_utc_timestamp(now_ns, 9)
        return self._time_text

    def send(
        self, session: SessionRecord, msg_type: bytes, body: bytes, routing: bytes = b""
    ) -> None:
        """Number and log the message; a connected client gets it with this tick."""
        now_ns = self._floor.now_ns
        connection = session.connection
        if connection is not None:
            cast(FixSession, connection.session).send(msg_type, body, now_ns, routing)
        else:
            stream_of(session).write(msg_type, body, now_ns, routing)
        self._touch(session)
