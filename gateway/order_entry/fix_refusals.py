"""Refused requests as FIX values: ExecutionReport(8) of an order, OrderCancelReject(9) of a
change."""

from collections.abc import Callable

import msgspec

from gateway.desk import Floor
from gateway.order_entry.fix_words import (
    CXL_REJ_REASON,
    CXL_REJ_REASON_OTHER,
    CXL_REJ_RESPONSE_TO,
    ECHOED,
    GOOD_TILL_DATE,
    ORD_REJ_REASON,
    ORD_TYPE_OF,
    REJECT_TEXT,
    TIME_IN_FORCE_OF,
    ord_status,
)
from matching.commands import Command, EnterOrder, RefuseRequest
from matching.events import OrderRejected
from matching.types import OrderType
from protocol.fix.answers import NO_SIDE, NO_SYMBOL
from protocol.fix.messages import ExecutionReport, OrderCancelReject
from protocol.fix.values import format_decimal
from protocol.fix.version import Version


class FixRefusals:
    """What a refused request is told, with what the request itself held."""

    def __init__(self, floor: Floor, transact_time: Callable[[], bytes]) -> None:
        self._floor = floor
        self._instruments = floor.engine.instruments
        self._transact_time = transact_time

    def order(
        self, command: Command, event: OrderRejected, exec_id: bytes, echo: tuple[bytes, bytes]
    ) -> ExecutionReport:
        """The report of a refused order, showing of it what the request itself held; `echo` as in
        `order_report`, of an order that came as far as the engine."""
        report = ExecutionReport(
            order_id=b"NONE",
            exec_id=exec_id,
            exec_type=b"8",
            ord_status=b"8",
            symbol=NO_SYMBOL,
            side=NO_SIDE,
            leaves_qty=b"0",
            cum_qty=b"0",
            avg_px=b"0",
            cl_ord_id=event.client_id,
            ord_rej_reason=ORD_REJ_REASON[event.reason],
            transact_time=self._transact_time(),
            text=event.text or REJECT_TEXT[event.reason],
        )
        shown: dict[str, bytes] = {}
        if isinstance(command, EnterOrder):
            instrument = self._instruments[command.instrument_id].instrument
            shown = {
                "symbol": instrument.symbol,
                "side": echo[0],
                "account": echo[1],
                "order_qty": format_decimal(command.quantity, instrument.quantity_decimals),
                "ord_type": ORD_TYPE_OF[command.order_type],
                "time_in_force": (
                    GOOD_TILL_DATE if command.expire_ns else TIME_IN_FORCE_OF[command.time_in_force]
                ),
            }
            if command.order_type is OrderType.LIMIT:
                shown["price"] = format_decimal(command.price, instrument.price_decimals)
        elif isinstance(command, RefuseRequest):
            for field in command.echo.split(b"\x01"):
                tag, _, value = field.partition(b"=")
                if value and tag in ECHOED:
                    shown[ECHOED[tag]] = value
        return msgspec.structs.replace(report, **shown)

    def change(self, version: Version, event: OrderRejected, named: bytes) -> OrderCancelReject:
        """A refused cancel or replace; `named` is the OrigClOrdID(41) of the request, if known."""
        order = self._floor.orders.by_id.get(event.order_id)
        return OrderCancelReject(
            order_id=b"NONE" if order is None else b"%d" % order.order_id,
            cl_ord_id=event.client_id,
            orig_cl_ord_id=named or (b"NONE" if order is None else order.client_id),
            ord_status=b"8" if order is None else ord_status(version, order),
            cxl_rej_response_to=CXL_REJ_RESPONSE_TO[event.kind],
            cxl_rej_reason=CXL_REJ_REASON.get(event.reason, CXL_REJ_REASON_OTHER),
            text=event.text or REJECT_TEXT[event.reason],
            transact_time=self._transact_time(),
        )
