"""FIX requests in engine words: what a client asks for, or why it cannot have it."""

from datetime import tzinfo
from typing import NamedTuple

import msgspec

from gateway.desk import Floor
from gateway.order_entry import requests
from gateway.order_entry.fix_instructions import (
    Instructions,
    check_expiry,
    check_rest,
    read_instructions,
)
from gateway.order_entry.fix_reports import FixReports, stream_of
from gateway.order_entry.fix_requests import Missing, Refusal, missing
from gateway.order_entry.fix_status import FixStatus, order_id
from gateway.order_entry.fix_words import (
    GOOD_TILL_DATE,
    ORDER_TYPES,
    SIDES,
    TIME_IN_FORCE_OF,
    TIMES_IN_FORCE,
)
from gateway.order_entry.orders import CLIENT_ID_MAX
from gateway.order_entry.outcomes import Order
from gateway.sessions import Connection, SessionRecord
from matching.commands import EnterOrder, ReplaceOrder
from matching.instrument import Instrument
from matching.types import FULL, OrderType, RejectReason, RequestKind, TimeInForce
from protocol.fix.errors import FieldFormatError
from protocol.fix.messages import (
    NewOrderSingle,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
)
from protocol.fix.values import parse_decimal

ACCOUNT_MAX = 64
"""Bytes of Account(1): echoed in every report of the order, so kept with it."""
MEMO_MAX = 65_536
"""Price and quantity texts whose ints are remembered; then the memory starts afresh."""

_MARKET = OrderType.MARKET


class Listed(NamedTuple):
    """An instrument with the texts of quantities and prices already met: 0.07 us against 0.75."""

    instrument_id: int
    instrument: Instrument
    prices: dict[bytes, int]
    quantities: dict[bytes, int]


class FixOrders:
    """Translates requests to enter, cancel and replace, and submits them; `status` answers those
    that were made before."""

    def __init__(self, floor: Floor, reports: FixReports, status: FixStatus, zone: tzinfo) -> None:
        self._floor = floor
        self._reports = reports
        self._status = status
        self._zone = zone
        self._listed: dict[bytes, Listed] = {}
        self._units: dict[int, dict[bytes, int]] = {}

    def new_order(self, connection: Connection, message: NewOrderSingle) -> None:
        record = connection.record
        assert record is not None, "an order before logon"
        floor = self._floor
        cl_ord_id = message.cl_ord_id
        if message.poss_resend and self._status.again(connection, message):
            return
        try:
            command = self._enter_order(record, message)
        except Missing as lacking:
            self._answer_missing(record, (message.msg_seq_num, b"D"), lacking.name, cl_ord_id)
            return
        except Refusal as refusal:
            requests.refuse(
                floor,
                record,
                cl_ord_id,
                RequestKind.ENTER,
                (refusal.reason, refusal.text),
                echo=_refusal_echo(message),
            )
            return
        floor.submit(command)

    def _enter_order(self, record: SessionRecord, message: NewOrderSingle) -> EnterOrder:
        """The order in engine words. Raises Refusal, Missing."""
        floor = self._floor
        if floor.orders.outcome(record.session_id, message.cl_ord_id) is not None:
            raise Refusal(RejectReason.DUPLICATE_CLIENT_ID, b"duplicate ClOrdID(11)")
        instructed = check_rest(message.rest) if message.rest else False
        listed = self._listed.get(message.symbol)
        if listed is None:
            listed = self._list(message.symbol)
        if len(message.cl_ord_id) > CLIENT_ID_MAX:
            raise Refusal(
                RejectReason.INVALID_FIELD,
                b"ClOrdID(11): expected at most %d bytes" % CLIENT_ID_MAX,
            )
        if len(message.account) > ACCOUNT_MAX:
            raise Refusal(
                RejectReason.INVALID_FIELD, b"Account(1): expected at most %d bytes" % ACCOUNT_MAX
            )
        side = SIDES.get(message.side)
        if side is None:
            raise Refusal(RejectReason.UNSUPPORTED, b"Side(54) not supported: " + message.side[:8])
        order_type = ORDER_TYPES.get(message.ord_type)
        if order_type is None:
            raise Refusal(
                RejectReason.UNSUPPORTED, b"OrdType(40) not supported: " + message.ord_type[:8]
            )
        time_in_force = TIMES_IN_FORCE.get(message.time_in_force)
        if time_in_force is None:
            if message.time_in_force != GOOD_TILL_DATE:
                raise Refusal(
                    RejectReason.UNSUPPORTED,
                    b"TimeInForce(59) not supported: " + message.time_in_force[:8],
                )
            time_in_force = TimeInForce.GTC
            instructed = True
        quantity = listed.quantities.get(message.order_qty)
        price = 0 if order_type is _MARKET else listed.prices.get(message.price)
        if quantity is None or price is None:
            quantity, price = self._terms(message, order_type, listed)
        command = EnterOrder(
            record.session_id,
            record.account_id,
            listed.instrument_id,
            message.cl_ord_id,
            side,
            order_type,
            time_in_force,
            quantity,
            price,
            message.side + message.account,
        )
        return self._instructed(command, message, listed.instrument) if instructed else command

    def _instructed(
        self, command: EnterOrder, message: NewOrderSingle, instrument: Instrument
    ) -> EnterOrder:
        """The order with what few have: expiry, display, post-only. Raises Refusal, Missing."""
        said = read_instructions(message.rest, instrument, self._zone)
        check_expiry(message.time_in_force, said)
        return msgspec.structs.replace(
            command,
            expire_ns=said.expire_ns or 0,
            display_quantity=FULL if said.display_quantity is None else said.display_quantity,
            post_only=bool(said.post_only),
        )

    def _list(self, symbol: bytes) -> Listed:
        """An instrument as orders meet it, remembered. Raises Refusal."""
        engine = self._floor.engine
        instrument_id = engine.instrument_id(symbol)
        if instrument_id is None:
            raise Refusal(RejectReason.UNKNOWN_INSTRUMENT, b"unknown Symbol(55): " + symbol[:32])
        instrument = engine.instruments[instrument_id].instrument
        listed = Listed(
            instrument_id,
            instrument,
            self._units.setdefault(instrument.price_decimals, {}),
            self._units.setdefault(instrument.quantity_decimals, {}),
        )
        self._listed[symbol] = listed
        return listed

    def _terms(
        self,
        message: NewOrderSingle | OrderCancelReplaceRequest,
        order_type: OrderType,
        listed: Listed,
    ) -> tuple[int, int]:
        """Quantity and price in the instrument's units; 0 is a market order's price.

        Raises Refusal, Missing.
        """
        if not message.order_qty:
            raise Missing(b"OrderQty(38)")
        instrument = listed.instrument
        quantity = self._parse(message.order_qty, instrument.quantity_decimals, b"OrderQty(38)")
        if order_type is _MARKET:
            return quantity, 0
        if not message.price:
            raise Missing(b"Price(44)")
        return quantity, self._parse(message.price, instrument.price_decimals, b"Price(44)")

    def _parse(self, text: bytes, decimals: int, field: bytes) -> int:
        memo = self._units.setdefault(decimals, {})
        units = memo.get(text)
        if units is not None:
            return units
        try:
            units = parse_decimal(text, decimals)
        except FieldFormatError as error:
            raise Refusal(
                RejectReason.INVALID_FIELD, b"%b: %b" % (field, str(error).encode())
            ) from None
        if len(memo) >= MEMO_MAX:
            memo.clear()
        memo[text] = units
        return units

    def cancel(self, connection: Connection, message: OrderCancelRequest) -> None:
        record = connection.record
        assert record is not None, "a cancel before logon"
        if message.poss_resend and self._status.again(connection, message):
            return
        order = self._named_order(record, message)
        requests.cancel(self._floor, record, message.cl_ord_id, order, echo=message.orig_cl_ord_id)

    def replace(self, connection: Connection, message: OrderCancelReplaceRequest) -> None:
        record = connection.record
        assert record is not None, "a replace before logon"
        if message.poss_resend and self._status.again(connection, message):
            return
        order = self._named_order(record, message)
        try:
            instructed = check_rest(message.rest)
            if order is None:
                request = ReplaceOrder(
                    record.session_id, record.account_id, 0, message.cl_ord_id, 0, 0, True
                )
            else:
                _check_same(order, message)
                instrument = self._instrument(order)
                quantity, price = self._terms(
                    message, order.order_type, self._list(instrument.symbol)
                )
                said = Instructions()
                if instructed:
                    said = read_instructions(message.rest, instrument, self._zone)
                if said.expire_ns is not None and not order.expire_ns:
                    raise Refusal(RejectReason.UNSUPPORTED, b"ExpireTime(126) cannot be added")
                request = ReplaceOrder(
                    record.session_id,
                    record.account_id,
                    order.order_id,
                    message.cl_ord_id,
                    quantity,
                    price,
                    keep_priority=True,
                    echo=message.side + message.account,
                    expire_ns=said.expire_ns,
                    display_quantity=said.display_quantity,
                    post_only=said.post_only,
                )
        except Missing as lacking:
            ref = (message.msg_seq_num, b"G")
            self._answer_missing(record, ref, lacking.name, message.cl_ord_id)
            return
        except Refusal as refusal:
            requests.refuse(
                self._floor,
                record,
                message.cl_ord_id,
                RequestKind.REPLACE,
                (refusal.reason, refusal.text),
                order_id=0 if order is None else order.order_id,
                echo=message.orig_cl_ord_id,
            )
            return
        requests.replace(self._floor, record, request, order, echo=message.orig_cl_ord_id)

    def _answer_missing(
        self, record: SessionRecord, ref: tuple[int, bytes], name: bytes, cl_ord_id: bytes
    ) -> None:
        version = stream_of(record).version
        self._reports.send(record, *missing(version, ref, name, cl_ord_id))

    def _named_order(
        self, record: SessionRecord, message: OrderCancelRequest | OrderCancelReplaceRequest
    ) -> Order | None:
        """By OrigClOrdID(41), the head of the chain; or by OrderID(37), also another session's."""
        floor = self._floor
        order = floor.orders.find(record.session_id, message.orig_cl_ord_id)
        if order is not None and order.live and order.client_id != message.orig_cl_ord_id:
            order = None
        if order is None:
            order = requests.visible(floor, record, order_id(message.order_id))
        if order is None or not self._same_contract(order, message):
            return None
        return order

    def _same_contract(
        self, order: Order, message: OrderCancelRequest | OrderCancelReplaceRequest
    ) -> bool:
        """Symbol and side must be the order's: a mismatch is a different order."""
        symbol = self._instrument(order).symbol
        return message.symbol in (symbol, b"") and SIDES.get(message.side) is order.side

    def _instrument(self, order: Order) -> Instrument:
        return self._floor.engine.instruments[order.instrument_id].instrument


def _check_same(order: Order, message: OrderCancelReplaceRequest) -> None:
    if ORDER_TYPES.get(message.ord_type) is not order.order_type:
        raise Refusal(RejectReason.UNSUPPORTED, b"OrdType(40) cannot be changed")
    expected = GOOD_TILL_DATE if order.expire_ns else TIME_IN_FORCE_OF[order.time_in_force]
    if message.time_in_force not in (b"", expected):
        raise Refusal(RejectReason.UNSUPPORTED, b"TimeInForce(59) cannot be changed")


def _refusal_echo(message: NewOrderSingle) -> bytes:
    """What the ExecutionReport of a refused order shows of it, as body fields."""
    fields = (
        (b"1", message.account[:ACCOUNT_MAX]),
        (b"38", message.order_qty[:32]),
        (b"40", message.ord_type[:8]),
        (b"44", message.price[:32]),
        (b"54", message.side[:8]),
        (b"55", message.symbol[:32]),
        (b"59", message.time_in_force[:8]),
    )
    return b"\x01".join(tag + b"=" + value for tag, value in fields if value)
