"""The WebSocket desk: logins judged, orders translated. `websocket_reports` is the way out."""

from collections.abc import Callable

from gateway.accounts import NotRegistered
from gateway.config import Config, is_loopback
from gateway.desk import Floor
from gateway.order_entry import requests
from gateway.order_entry.outcomes import Order, Refused
from gateway.order_entry.websocket_opening import allowed_origins, welcome_text
from gateway.order_entry.websocket_recorded import BridgeConnection, NewSession
from gateway.order_entry.websocket_reports import WebSocketReports
from gateway.order_entry.websocket_subscriptions import Subscriptions, new_subscription
from gateway.order_entry.websocket_units import Refusal, display_of, price_of, quantity_of
from gateway.order_entry.websocket_views import text_of
from gateway.order_entry.websocket_words import ORDER_TYPES, SIDES, TIMES_IN_FORCE
from gateway.sessions import Connection, Numbers, SessionRecord
from matching.commands import EnterOrder, ReplaceOrder
from matching.types import FULL, OrderType, RejectReason, RequestKind
from protocol import feed
from protocol.sent_log import Reader, SentLog
from protocol.websocket import WebSocketSession
from protocol.websocket_bridge import POLICY_VIOLATION, LoginRequested
from protocol.websocket_words import ErrorCode

WIRE = b"websocket"
GOING_AWAY = 1001
"""RFC 6455, 7.4.1: the venue is shutting down, or an operator ended the connection."""
INTERNAL_ERROR = 1011


class WebSocketDesk:
    """One desk for private sessions and public subscriptions."""

    def __init__(
        self,
        floor: Floor,
        config: Config,
        *,
        subscriptions: Subscriptions | None = None,
        new_session: NewSession | None = None,
    ) -> None:
        self.reports = WebSocketReports(floor)
        self.subscriptions = Subscriptions() if subscriptions is None else subscriptions
        self._floor = floor
        self._config = config
        self._public_needs_login = not is_loopback(config.listen.host)
        origins = allowed_origins(config)
        self._new_session: NewSession = new_session or (
            lambda welcome, now_ns: WebSocketSession(welcome, now_ns, origins=origins)
        )
        self._handlers: dict[type, Callable[..., None]] = {
            feed.New: self._new,
            feed.Cancel: self._cancel,
            feed.Replace: self._replace,
            feed.Status: self._status,
            feed.Subscribe: self._subscribe,
            feed.Unsubscribe: self._unsubscribe,
            LoginRequested: self._login,
        }

    # -- sessions -----------------------------------------------------------------------------

    def open(self, now_ns: int) -> BridgeConnection:
        """A session that says `welcome` and takes a login at any time."""
        welcome = welcome_text(self._floor.engine, self._config.venue.comp_id)
        return self._new_session(welcome, now_ns)

    def handle(self, connection: Connection, event: object) -> None:
        """Act on one request."""
        self._handlers[type(event)](connection, event)

    def closed(self, connection: Connection) -> None:
        """What is reported from now on is the absent client's: numbered, and told on resume.

        A peer that is still there although nobody took leave of it met a failure of ours: 1011."""
        reason = connection.close_reason or "connection lost"
        bridge_of(connection).close(INTERNAL_ERROR, reason, self._floor.now_ns)

    def shut(self, connection: Connection, text: str) -> None:
        """Close code 1001: come back and resume."""
        bridge_of(connection).close(GOING_AWAY, text, self._floor.now_ns)
        self.subscriptions.forget(connection)

    def announce(self, connection: Connection, headline: str, text: str) -> bool:
        """No word for news here."""
        return False

    def renumber(self, session: SessionRecord, next_in: int, next_out: int) -> bool:
        """A client asks for any number at its login: none has to be moved."""
        return False

    def numbers(self, session: SessionRecord) -> Numbers:
        """The next `seq` and the epoch; what comes in has no numbers."""
        return Numbers(0, session.sent_log.next_number, history=session.history)

    def restore(self, session: SessionRecord, numbers: Numbers, reader: Reader) -> None:
        """The stream of an identity. A new one's epoch is the time of its registration, so that no
        venue that begins with empty memory mistakes another one's numbers for its own."""
        session.sent_log = SentLog(numbers.next_out, reader)
        session.history = numbers.history or b"%x" % self._floor.now_ns

    def _login(self, connection: Connection, login: LoginRequested) -> None:
        floor = self._floor
        session = bridge_of(connection)
        verdict = floor.judge(connection, floor.credentials.websocket(login.token.encode()))
        if verdict.refusal:
            session.reject("login_refused", verdict.answer or "login refused", floor.now_ns)
            return
        key = (verdict.account, login.session.encode())
        try:
            record = floor.directory.register(WIRE, key, verdict.account, floor.submit)
        except NotRegistered as error:
            session.reject("unavailable", str(error), floor.now_ns)
            return
        granted = session.accept(
            record.sent_log,
            epoch=record.history.decode("ascii"),
            account=verdict.account.decode(),
            open_orders=[
                self.reports.view(order)
                for order in floor.orders.live_of_session(record.session_id)
            ],
            now_ns=floor.now_ns,
        )
        if not granted:
            return
        older = record.connection
        if older is not None:
            self._replaced(older, connection)
        floor.attach(connection, record)
        floor.remark(connection, f"logged in, next seq {record.sent_log.next_number}")

    def _replaced(self, older: Connection, newer: Connection) -> None:
        """The newest login wins: the older connection is told why it ends."""
        text = f"session replaced by a login from {newer.peer}"
        self._error(older, "session_replaced", text)
        bridge_of(older).close(POLICY_VIOLATION, text, self._floor.now_ns)
        self._floor.remark(older, text)
        self._floor.drop(older, text)

    # -- orders ---------------------------------------------------------------------------------

    def _new(self, connection: Connection, request: feed.New) -> None:
        record = record_of(connection)
        client_id = request.cl_ord_id.encode("ascii")
        if self._repeated(record, client_id):
            return
        try:
            command = self._enter_order(record, request, client_id)
        except Refusal as refusal:
            requests.refuse(
                self._floor,
                record,
                client_id,
                RequestKind.ENTER,
                (refusal.reason, refusal.text),
                echo=requests.refused_terms(
                    SIDES[request.side],
                    request.symbol.encode(),
                    request.quantity.encode(),
                    request.price.encode(),
                ),
            )
            return
        self._floor.submit(command)

    def _enter_order(
        self, record: SessionRecord, request: feed.New, client_id: bytes
    ) -> EnterOrder:
        """The order in engine words. Raises Refusal."""
        engine = self._floor.engine
        instrument_id = engine.instrument_id(request.symbol.encode("ascii"))
        if instrument_id is None:
            raise Refusal(RejectReason.UNKNOWN_INSTRUMENT, f"unknown symbol: {request.symbol}")
        instrument = engine.instruments[instrument_id].instrument
        order_type = ORDER_TYPES[request.order_type]
        return EnterOrder(
            record.session_id,
            record.account_id,
            instrument_id,
            client_id,
            SIDES[request.side],
            order_type,
            TIMES_IN_FORCE[request.time_in_force],
            quantity_of(request.quantity, instrument),
            0 if order_type is OrderType.MARKET else price_of(request.price, instrument),
            b"",
            request.expire_time_ns or 0,
            display_of(request.display_quantity, instrument) if request.display_quantity else FULL,
            request.post_only,
        )

    def _cancel(self, connection: Connection, request: feed.Cancel) -> None:
        record = record_of(connection)
        client_id = request.cl_ord_id.encode("ascii")
        if self._repeated(record, client_id):
            return
        named = request.orig_cl_ord_id.encode("ascii")
        try:
            order = self._named_order(record, request)
        except Refusal as refusal:
            self._refuse_change(record, client_id, RequestKind.CANCEL, refusal, named)
            return
        requests.cancel(self._floor, record, client_id, order, echo=named)

    def _replace(self, connection: Connection, request: feed.Replace) -> None:
        record = record_of(connection)
        client_id = request.cl_ord_id.encode("ascii")
        if self._repeated(record, client_id):
            return
        named = request.orig_cl_ord_id.encode("ascii")
        order: Order | None = None
        quantity = price = 0
        display: int | None = None
        try:
            order = self._named_order(record, request)
            if order is not None and order.live:
                engine = self._floor.engine
                instrument = engine.instruments[order.instrument_id].instrument
                quantity = quantity_of(request.quantity, instrument)
                price = price_of(request.price, instrument)
                if request.display_quantity:
                    display = display_of(request.display_quantity, instrument)
        except Refusal as refusal:
            self._refuse_change(record, client_id, RequestKind.REPLACE, refusal, named, order)
            return
        command = ReplaceOrder(
            record.session_id,
            record.account_id,
            0 if order is None else order.order_id,
            client_id,
            quantity,
            price,
            keep_priority=True,
            expire_ns=request.expire_time_ns,
            display_quantity=display,
            post_only=request.post_only,
        )
        requests.replace(self._floor, record, command, order, echo=named)

    def _refuse_change(
        self,
        record: SessionRecord,
        client_id: bytes,
        kind: RequestKind,
        refusal: Refusal,
        named: bytes,
        order: Order | None = None,
    ) -> None:
        requests.refuse(
            self._floor,
            record,
            client_id,
            kind,
            (refusal.reason, refusal.text),
            order_id=0 if order is None else order.order_id,
            echo=named,
        )

    def _repeated(self, record: SessionRecord, client_id: bytes) -> bool:
        """Whether the client id was used before: then its outcome is told again."""
        outcome = self._floor.orders.outcome(record.session_id, client_id)
        if outcome is None:
            return False
        self.reports.repeat(record, client_id, outcome)
        return True

    def _named_order(
        self, record: SessionRecord, request: feed.Cancel | feed.Replace
    ) -> Order | None:
        """By `orig_cl_ord_id`, the id under which the order lives, or by `order_id`, also another
        session's of the account. Raises Refusal for an id that a replace has ended."""
        if request.order_id is not None:
            return requests.visible(self._floor, record, request.order_id)
        named = request.orig_cl_ord_id.encode("ascii")
        order = self._floor.orders.find(record.session_id, named)
        if order is not None and order.live and order.client_id != named:
            raise Refusal(
                RejectReason.UNKNOWN_ORDER,
                f"the order lives under another cl_ord_id: expected {text_of(order.client_id)}, "
                f"received {request.orig_cl_ord_id}",
            )
        return order

    def _status(self, connection: Connection, request: feed.Status) -> None:
        record = record_of(connection)
        floor = self._floor
        ref = request.cl_ord_id or request.id
        if request.order_id is not None:
            order = requests.visible(floor, record, request.order_id)
        else:
            client_id = request.cl_ord_id.encode("ascii")
            outcome = floor.orders.outcome(record.session_id, client_id)
            if isinstance(outcome, Refused):
                self._error(connection, "unknown_order", "that request was rejected", ref)
                return
            order = floor.orders.find(record.session_id, client_id)
        if order is None:
            self._error(connection, "unknown_order", "no such order of this session today", ref)
            return
        self.reports.status(record, order, request.id)

    # -- public data ----------------------------------------------------------------------------

    def _subscribe(self, connection: Connection, request: feed.Subscribe) -> None:
        if self._public_needs_login and connection.record is None:
            self._error(connection, "not_logged_in", "subscribe needs a login first", request.id)
            return
        instrument_id = 0
        if request.symbol:
            known = self._floor.engine.instrument_id(request.symbol.encode("ascii"))
            if known is None:
                text = f"unknown symbol: {request.symbol}"
                self._error(connection, "unknown_symbol", text, request.id)
                return
            instrument_id = known
        subscription = new_subscription(connection, request, instrument_id)
        if not self.subscriptions.add(subscription):
            text = "too many subscriptions of this connection"
            self._error(connection, "too_many_subscriptions", text, request.id)
            return
        self._say(
            connection,
            feed.Subscribed(
                channel=request.channel,
                symbol=request.symbol,
                depth=subscription.depth,
                id=request.id,
            ),
        )

    def _unsubscribe(self, connection: Connection, request: feed.Unsubscribe) -> None:
        if not self.subscriptions.remove(connection, request.channel, request.symbol):
            text = f"not subscribed: {request.channel} {request.symbol}".rstrip()
            self._error(connection, "not_subscribed", text, request.id)
            return
        self._say(
            connection,
            feed.Unsubscribed(channel=request.channel, symbol=request.symbol, id=request.id),
        )

    # -- inside ---------------------------------------------------------------------------------

    def _error(self, connection: Connection, code: ErrorCode, text: str, ref: str = "") -> None:
        self._say(connection, feed.Error(code=code, text=text, ref=ref))

    def _say(self, connection: Connection, notice: feed.Notice) -> None:
        """An unnumbered message to this connection."""
        bridge_of(connection).send_public(feed.encode(notice), self._floor.now_ns)


def bridge_of(connection: Connection) -> BridgeConnection:
    """The session of a connection on this desk's port."""
    session = connection.session
    assert isinstance(session, BridgeConnection), f"not a WebSocket: {connection.wire!r}"
    return session


def record_of(connection: Connection) -> SessionRecord:
    """Who is logged in: the session lets no order request through before."""
    record = connection.record
    assert record is not None, "an order request before login"
    return record
