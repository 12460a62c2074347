"""A participant's FIX session: one identity over any number of connections.

Messages are FIX 4.2 or 4.4. The numbers live in a `FixStream` of this process, so a restarted venue
is met with the next number and both sides resend what the other missed. The first logon of a
process resets both numbers, because nothing is kept on disk.
"""

from collections.abc import Mapping
from typing import assert_never

from matching.instrument import Instrument
from matching.types import Side, TimeInForce
from protocol.fix.events import LoggedOn, RejectReceived
from protocol.fix.fields import HandlInst, OrdType
from protocol.fix.messages import (
    BusinessMessageReject,
    ExecutionReport,
    NewOrderSingle,
    OrderCancelReject,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
)
from protocol.fix.orders import order_entry_body
from protocol.fix.session import FixSession
from protocol.fix.settings import REPORT_TYPES, FixSettings
from protocol.fix.stream import FixStream
from protocol.fix.values import format_decimal, format_utc_timestamp, parse_decimal
from protocol.fix.version import Version
from protocol.session import Terminated
from simulator.clients.words import (
    Accepted,
    Cancel,
    Canceled,
    Executed,
    HistoryLost,
    New,
    Rejected,
    Replace,
    Replaced,
    Report,
    Request,
)

HEART_BT_INT = 10
"""Seconds: a killed venue is noticed by its closed socket, a stuck one within half a minute."""
SETTINGS = FixSettings(application_types=REPORT_TYPES, heart_bt_int=HEART_BT_INT)

SIDES = {Side.BUY: b"1", Side.SELL: b"2"}
SIDE_OF = {text: side for side, text in SIDES.items()}
TIMES_IN_FORCE = {
    TimeInForce.DAY: b"0",
    TimeInForce.GTC: b"1",
    TimeInForce.IOC: b"3",
    TimeInForce.FOK: b"4",
}
LIMIT = OrdType.LIMIT.value
MARKET = OrdType.MARKET.value
AUTOMATED = HandlInst.AUTOMATED_PRIVATE.value
_CXL_REJ_GONE = (b"0", b"1")
"""CxlRejReason(102) too late, unknown order: it is not live."""


class FixDialogue:
    """What to say and what was heard, around one `FixSession` at a time."""

    wire = "fix"
    repeats_requests = False
    """The session resends what the venue has not counted."""

    def __init__(
        self,
        version: Version,
        comp_id: bytes,
        venue_comp_id: bytes,
        instruments: Mapping[bytes, Instrument],
    ) -> None:
        self._stream = FixStream(version, sender_comp_id=comp_id, target_comp_id=venue_comp_id)
        self._instruments = instruments
        self._session: FixSession | None = None
        self._reset = True
        self._known = False
        self.ready = False

    def open(self, now_ns: int) -> FixSession:
        """A session for a new connection, its Logon(A) said."""
        self._session = session = FixSession.initiator(self._stream, SETTINGS, now_ns)
        session.logon(now_ns, reset_seq_num_flag=self._reset)
        return session

    def hear(self, event: object) -> list[Report]:
        """What one event of the session means."""
        match event:
            case ExecutionReport():
                return self._execution_report(event)
            case OrderCancelReject():
                return [
                    Rejected(
                        event.cl_ord_id,
                        event.text.decode("latin-1"),
                        of_change=True,
                        order_gone=event.cxl_rej_reason in _CXL_REJ_GONE,
                    )
                ]
            case LoggedOn():
                self.ready = True
                lost = self._known and self._reset
                self._known, self._reset = True, False
                return [HistoryLost()] if lost else []
            case Terminated():
                # A logon with our numbers that was refused: the venue does not have our past.
                if not self.ready:
                    self._reset = True
                self.ready = False
                return []
            case RejectReceived() | BusinessMessageReject():
                return [Rejected(b"", f"message refused: {event}")]
            case _:
                return []

    def say(self, request: Request, now_ns: int) -> None:
        """Send one request; only while `ready`."""
        assert self._session is not None
        msg_type, body = self._encode(request, now_ns)
        self._session.send(msg_type, body, now_ns)

    def leave(self, now_ns: int) -> None:
        if self._session is not None:
            self._session.logout(b"", now_ns)

    def _encode(self, request: Request, now_ns: int) -> tuple[bytes, bytes]:
        """MsgType(35) and body."""
        side = SIDES[request.side]
        time = format_utc_timestamp(now_ns)
        match request:
            case New():
                return order_entry_body(
                    NewOrderSingle(
                        msg_seq_num=0,
                        cl_ord_id=request.client_id,
                        account=b"",
                        symbol=request.symbol,
                        side=side,
                        order_qty=self._quantity(request),
                        ord_type=LIMIT if request.price else MARKET,
                        price=self._price(request) if request.price else b"",
                        time_in_force=TIMES_IN_FORCE[request.time_in_force],
                        transact_time=time,
                        handl_inst=AUTOMATED,
                    )
                )
            case Replace():
                return order_entry_body(
                    OrderCancelReplaceRequest(
                        msg_seq_num=0,
                        cl_ord_id=request.client_id,
                        orig_cl_ord_id=request.orig_client_id,
                        order_id=b"",
                        account=b"",
                        symbol=request.symbol,
                        side=side,
                        order_qty=self._quantity(request),
                        ord_type=LIMIT,
                        price=self._price(request),
                        time_in_force=b"",
                        transact_time=time,
                        handl_inst=AUTOMATED,
                    )
                )
            case Cancel():
                return order_entry_body(
                    OrderCancelRequest(
                        msg_seq_num=0,
                        cl_ord_id=request.client_id,
                        orig_cl_ord_id=request.orig_client_id,
                        order_id=b"",
                        account=b"",
                        symbol=request.symbol,
                        side=side,
                        order_qty=b"",
                        transact_time=time,
                    )
                )
            case _:
                assert_never(request)

    def _quantity(self, request: New | Replace) -> bytes:
        decimals = self._instruments[request.symbol].quantity_decimals
        return format_decimal(request.quantity, decimals)

    def _price(self, request: New | Replace) -> bytes:
        return format_decimal(request.price, self._instruments[request.symbol].price_decimals)

    def _execution_report(self, report: ExecutionReport) -> list[Report]:
        instrument = self._instruments.get(report.symbol)
        if instrument is None:
            return [Rejected(report.cl_ord_id, report.text.decode("latin-1"))]
        decimals, lots = instrument.price_decimals, instrument.quantity_decimals
        match report.exec_type:
            case b"F" | b"1" | b"2":
                return [
                    Executed(
                        report.cl_ord_id,
                        parse_decimal(report.last_qty, lots),
                        parse_decimal(report.last_px, decimals),
                    )
                ]
            case b"0":
                price = parse_decimal(report.price, decimals) if report.price else 0
                leaves = parse_decimal(report.leaves_qty, lots)
                side = SIDE_OF[report.side]
                return [Accepted(report.cl_ord_id, report.symbol, side, leaves, price)]
            case b"5":
                return [
                    Replaced(
                        report.cl_ord_id,
                        report.orig_cl_ord_id,
                        parse_decimal(report.leaves_qty, lots),
                        parse_decimal(report.price, decimals),
                    )
                ]
            case b"4" | b"C":
                return [Canceled(report.orig_cl_ord_id or report.cl_ord_id)]
            case b"8":
                return [Rejected(report.cl_ord_id, report.text.decode("latin-1"))]
            case _:
                return []
