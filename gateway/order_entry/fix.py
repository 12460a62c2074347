"""The FIX desk: logons judged, orders translated. `fix_reports` is the way out."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from gateway.accounts import FixLogin, TooManySessions
from gateway.config import Config, fix_session
from gateway.desk import Floor
from gateway.order_entry import requests
from gateway.order_entry.fix_reports import FixReports, stream_of
from gateway.order_entry.fix_words import (
    ORDER_TYPES,
    SIDES,
    TIMES_IN_FORCE,
    UNSUPPORTED_TAGS,
)
from gateway.order_entry.orders import Order
from gateway.sessions import Connection, Numbers, SessionRecord
from matching.commands import EnterOrder, ReplaceOrder
from matching.instrument import Instrument
from matching.types import OrderType, RejectReason, RequestKind
from protocol.fix.errors import FieldFormatError
from protocol.fix.events import LoggedOn, LogonRequested, NumbersReset, RejectReceived
from protocol.fix.messages import (
    NewOrderSingle,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
    OrderStatusRequest,
    Rest,
)
from protocol.fix.sent_frame import split_sent
from protocol.fix.session import FixSession
from protocol.fix.settings import FixSettings
from protocol.fix.stream import ADMIN_TYPES, FixStream
from protocol.fix.values import parse_decimal
from protocol.fix.version import version_of
from protocol.sent_log import Entry, Reader, SentLog

CL_ORD_ID_MAX = 64
"""Bytes of a ClOrdID(11); venues allow 20 to 64."""
ACCOUNT_MAX = 64
"""Bytes of Account(1): echoed in every report of the order, so kept with it."""
MEMO_MAX = 65_536
"""Price and quantity texts whose ints are remembered; then the memory starts afresh."""


_MARKET = OrderType.MARKET


class Listed(NamedTuple):
    """An instrument with the texts of quantities and prices already met: 0.09 us against 0.6."""

    instrument_id: int
    instrument: Instrument
    prices: dict[bytes, int]
    quantities: dict[bytes, int]


class Refusal(Exception):
    """A request cannot be put into engine words: reason and Text(58). Never leaves this module."""

    def __init__(self, reason: RejectReason, text: bytes) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text


class FixDesk:
    """One desk for all FIX versions."""

    def __init__(self, floor: Floor, config: Config) -> None:
        self.reports = FixReports(floor)
        self._floor = floor
        self._config = config
        self._listed: dict[bytes, Listed] = {}
        self._units: dict[int, dict[bytes, int]] = {}
        self._handlers: dict[type, Callable[..., None]] = {
            NewOrderSingle: self._new_order,
            OrderCancelRequest: self._cancel,
            OrderCancelReplaceRequest: self._replace,
            OrderStatusRequest: self._status,
            LogonRequested: self._logon,
            LoggedOn: self._logged_on,
            NumbersReset: self._numbers_reset,
            RejectReceived: self._reject_received,
        }

    # -- sessions -----------------------------------------------------------------------------

    def open(self, now_ns: int) -> FixSession:
        """A session that waits for its Logon(A)."""
        return FixSession.acceptor(now_ns)

    def handle(self, connection: Connection, event: object) -> None:
        """Act on one event; an application message counts as heard from its session."""
        self._handlers[type(event)](connection, event)

    def closed(self, connection: Connection) -> None:
        """The stream waits for the next connection; what is written now is unsent."""
        record = connection.record
        if record is not None:
            stream_of(record).detach()

    def shut(self, connection: Connection, text: str) -> None:
        """Logout(5) with a text; the peer's answer is not waited for."""
        session = fix_of(connection)
        session.logout(text.encode(), self._floor.now_ns)

    def numbers(self, session: SessionRecord) -> Numbers:
        """Both MsgSeqNums and the first report that no connection had."""
        stream = stream_of(session)
        return Numbers(
            stream.expected_msg_seq_num, stream.sent_log.next_number, stream.unsent_from or 0
        )

    def restore(self, session: SessionRecord, numbers: Numbers, reader: Reader) -> None:
        """The stream of a known identity, where its numbers say."""
        begin_string, client, venue, appl_ver_id = session.key
        version = version_of(begin_string, appl_ver_id)
        assert version is not None, f"registered with an unknown version: {session.identity}"
        session.sent_log = SentLog(numbers.next_out, _applications(reader))
        session.stream = FixStream(
            version,
            sender_comp_id=venue,
            target_comp_id=client,
            sent_log=session.sent_log,
            expected_msg_seq_num=numbers.next_in,
            unsent_from=numbers.unsent_from or None,
        )

    def _logon(self, connection: Connection, logon: LogonRequested) -> None:
        floor = self._floor
        session = fix_of(connection)
        login = FixLogin(
            logon.begin_string,
            logon.sender_comp_id,
            logon.target_comp_id,
            logon.username,
            logon.password,
        )
        verdict = floor.judge(connection, floor.credentials.fix(login))
        if verdict.refusal:
            floor.remark(connection, f"logon refused: {verdict.refusal}")
            session.reject(verdict.answer.encode() or None, floor.now_ns)
            return
        version = version_of(logon.begin_string, logon.default_appl_ver_id)
        if version is None:
            text = f"DefaultApplVerID(1137) not supported: {logon.default_appl_ver_id!r}"
            floor.remark(connection, f"logon refused: {text}")
            session.reject(text.encode(), floor.now_ns)
            return
        key = (
            logon.begin_string,
            logon.sender_comp_id,
            logon.target_comp_id,
            logon.default_appl_ver_id,
        )
        try:
            record = floor.directory.register(b"fix", key, verdict.account, floor.submit)
        except TooManySessions as error:
            floor.remark(connection, f"logon refused: {error}")
            session.reject(None, floor.now_ns)
            return
        live = record.connection
        if live is not None:
            # FIX Session Layer, case 1S.b: a second logon of a live session is closed, silently.
            floor.remark(
                connection, f"{record.identity} live from {live.peer}, refused {connection.peer}"
            )
            session.reject(None, floor.now_ns)
            return
        floor.attach(connection, record)
        session.accept(stream_of(record), self._settings(logon), floor.now_ns)

    def _settings(self, logon: LogonRequested) -> FixSettings:
        configured = fix_session(
            self._config,
            logon.begin_string.decode("latin-1"),
            logon.target_comp_id.decode("latin-1"),
            logon.sender_comp_id.decode("latin-1"),
        )
        return FixSettings(reset_on_logon=configured is not None and configured.reset_on_logon)

    def _logged_on(self, connection: Connection, event: LoggedOn) -> None:
        self._floor.remark(connection, f"logged on, HeartBtInt(108)={event.heart_bt_int}")

    def _numbers_reset(self, connection: Connection, event: NumbersReset) -> None:
        self._floor.remark(connection, "both sequence numbers reset by the peer")

    def _reject_received(self, connection: Connection, event: RejectReceived) -> None:
        self._floor.remark(connection, f"the peer rejected message {event.ref_seq_num}: {event}")

    # -- requests -----------------------------------------------------------------------------

    def _new_order(self, connection: Connection, message: NewOrderSingle) -> None:
        record = connection.record
        assert record is not None, "an order before logon"
        floor = self._floor
        cl_ord_id = message.cl_ord_id
        if message.poss_resend:
            known = floor.orders.find(record.session_id, cl_ord_id)
            if known is not None:
                self.reports.status(record, known, cl_ord_id)
                return
        try:
            command = self._enter_order(record, message)
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
        """The order in engine words. Raises Refusal."""
        floor = self._floor
        if floor.orders.outcome(record.session_id, message.cl_ord_id) is not None:
            raise Refusal(RejectReason.DUPLICATE_CLIENT_ID, b"duplicate ClOrdID(11)")
        if message.rest:
            _check_rest(message.rest)
        listed = self._listed.get(message.symbol)
        if listed is None:
            listed = self._list(message.symbol)
        if len(message.cl_ord_id) > CL_ORD_ID_MAX:
            raise Refusal(
                RejectReason.INVALID_FIELD,
                b"ClOrdID(11): expected at most %d bytes" % CL_ORD_ID_MAX,
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
            raise Refusal(
                RejectReason.UNSUPPORTED,
                b"TimeInForce(59) not supported: " + message.time_in_force[:8],
            )
        quantity = listed.quantities.get(message.order_qty)
        price = 0 if order_type is _MARKET else listed.prices.get(message.price)
        if quantity is None or price is None:
            quantity, price = self._terms(message, order_type, listed)
        return EnterOrder(
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

        Raises Refusal.
        """
        if not message.order_qty:
            raise Refusal(RejectReason.INVALID_QUANTITY, b"OrderQty(38) required")
        instrument = listed.instrument
        quantity = self._parse(message.order_qty, instrument.quantity_decimals, b"OrderQty(38)")
        if order_type is _MARKET:
            return quantity, 0
        if not message.price:
            raise Refusal(RejectReason.INVALID_PRICE, b"Price(44) required for a limit order")
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

    def _cancel(self, connection: Connection, message: OrderCancelRequest) -> None:
        record = connection.record
        assert record is not None, "a cancel before logon"
        order = self._named_order(record, message)
        requests.cancel(self._floor, record, message.cl_ord_id, order, echo=message.orig_cl_ord_id)

    def _replace(self, connection: Connection, message: OrderCancelReplaceRequest) -> None:
        record = connection.record
        assert record is not None, "a replace before logon"
        order = self._named_order(record, message)
        try:
            if message.rest:
                _check_rest(message.rest)
            if order is None:
                request = ReplaceOrder(
                    record.session_id, record.account_id, 0, message.cl_ord_id, 0, 0, True
                )
            else:
                _check_same(order, message)
                quantity, price = self._terms(
                    message, order.order_type, self._list(self._instrument(order).symbol)
                )
                request = ReplaceOrder(
                    record.session_id,
                    record.account_id,
                    order.order_id,
                    message.cl_ord_id,
                    quantity,
                    price,
                    keep_priority=True,
                    echo=message.side + message.account,
                )
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

    def _status(self, connection: Connection, message: OrderStatusRequest) -> None:
        record = connection.record
        assert record is not None, "a status request before logon"
        order: Order | None = None
        if message.cl_ord_id:
            order = self._floor.orders.find(record.session_id, message.cl_ord_id)
        if order is None and message.order_id.isdigit():
            order = requests.visible(self._floor, record, int(message.order_id[:18]))
        if order is None:
            self.reports.unknown_status(record, message)
        else:
            self.reports.status(record, order, message.cl_ord_id)

    def _named_order(
        self, record: SessionRecord, message: OrderCancelRequest | OrderCancelReplaceRequest
    ) -> Order | None:
        """By OrigClOrdID(41), the head of the chain; or by OrderID(37), also another session's."""
        floor = self._floor
        order = floor.orders.find(record.session_id, message.orig_cl_ord_id)
        if order is not None and order.live and order.client_id != message.orig_cl_ord_id:
            order = None
        if order is None and message.order_id.isdigit():
            order = requests.visible(floor, record, int(message.order_id[:18]))
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


def fix_of(connection: Connection) -> FixSession:
    """The session of a connection on this desk's port."""
    session = connection.session
    assert isinstance(session, FixSession), f"not a FIX connection: {connection.wire!r}"
    return session


def _applications(reader: Reader) -> Reader:
    """Admin messages are journaled like all others but never sent again: a gap fill covers them."""

    def read(begin: int, end: int) -> Iterator[Entry]:
        for number, frame in reader(begin, end):
            admin = frame is not None and split_sent(frame)[0] in ADMIN_TYPES
            yield number, None if admin else frame

    return read


def _check_rest(rest: Rest) -> None:
    for tag, value in rest:
        name = UNSUPPORTED_TAGS.get(tag)
        if name is not None and value not in (b"", b"0"):
            raise Refusal(RejectReason.UNSUPPORTED, name + b" not supported")


def _check_same(order: Order, message: OrderCancelReplaceRequest) -> None:
    if ORDER_TYPES.get(message.ord_type) is not order.order_type:
        raise Refusal(RejectReason.UNSUPPORTED, b"OrdType(40) cannot be changed")
    if message.time_in_force and TIMES_IN_FORCE.get(message.time_in_force) is not (
        order.time_in_force
    ):
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
