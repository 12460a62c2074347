"""Market data on FIX sessions: MarketDataRequest(V) in, W, X and Y out.

A snapshot answers at once. Updates are made when the connection's turn comes (`Floor.waiting`): at
most once per turn and symbol, from what has changed since the last one, so that who reads slowly
gets fewer messages and not a queue of old ones. Nothing happens here per order while nobody
subscribes. W and X are derived: the journal has their numbers and checksums only.
"""

from collections.abc import Sequence

from gateway.desk import Floor
from gateway.order_entry import fix_md_requests as requests
from gateway.order_entry.fix_md_market import TRADE, Market, View
from gateway.order_entry.fix_md_requests import Refused, unexpected
from gateway.order_entry.fix_md_subscriptions import (
    MD_REQ_ID_MAX,
    REQUESTS_MAX,
    SYMBOLS_MAX,
    Client,
    Interest,
    Subscription,
)
from gateway.order_entry.fix_reports import fix_of, stream_of
from gateway.order_entry.fix_requests import every, value
from gateway.sessions import Connection
from matching.events import DayEnded, Event
from protocol.fix.answers import business_reject
from protocol.fix.fields import BusinessRejectReason
from protocol.fix.market_data import Entry, incremental, request_reject, snapshot
from protocol.fix.messages import ApplicationMessage
from protocol.fix.state import State
from protocol.fix.stream import FixStream

TURN_BYTES = 64 * 1024
"""Market data one connection gets in a tick: the rest waits for its next turn, and reports do not
wait behind it."""

_CONVERSING = frozenset((State.ACTIVE, State.RECOVERING))


class FixMarketData:
    """All subscriptions of all FIX connections."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._clients: dict[int, Client] = {}
        self._markets: dict[int, Market] = {}
        self._stirred: dict[int, Client] = {}
        """Clients that something was asked by, told or found for in the open tick."""
        self._changed: dict[int, Market] = {}
        """Markets whose subscribers have not been called for yet, and such as lost one."""
        self._folded = 0
        """Events of the open tick that the markets have taken in."""

    # -- requests -----------------------------------------------------------------------------

    def request(self, connection: Connection, message: ApplicationMessage) -> None:
        """MarketDataRequest(V)."""
        md_req_id = value(message, 262)
        version = _stream(connection).version
        if not md_req_id or len(md_req_id) > MD_REQ_ID_MAX:
            text = b"MDReqID(262): expected 1 to %d bytes, received %d"
            msg_type, body = business_reject(
                version,
                (b"%d" % message.msg_seq_num, message.msg_type),
                BusinessRejectReason.OTHER,
                text % (MD_REQ_ID_MAX, len(md_req_id)),
            )
            self._send(connection, msg_type, body)
            return
        try:
            self._take(connection, message, md_req_id)
        except Refused as refused:
            body = request_reject(version, md_req_id, refused.reason, refused.text)
            self._send(connection, b"Y", body)

    def _take(self, connection: Connection, message: ApplicationMessage, md_req_id: bytes) -> None:
        """Raises Refused."""
        client = self._clients.get(connection.connection_id) or Client(connection)
        kind = value(message, 263)
        if kind == b"2":
            subscription = client.subscriptions.get(md_req_id)
            if subscription is None:
                text = unexpected(b"MDReqID(262)", b"one that is subscribed", md_req_id)
                raise Refused(b"", text)
            self._unsubscribe(client, subscription)
            return
        if kind not in (b"0", b"1"):
            text = unexpected(b"SubscriptionRequestType(263)", b"0, 1 or 2", kind)
            raise Refused(requests.UNSUPPORTED_SUBSCRIPTION_REQUEST_TYPE, text)
        if md_req_id in client.subscriptions:
            if message.poss_resend:
                return
            text = unexpected(b"MDReqID(262)", b"one that is not in use", md_req_id)
            raise Refused(requests.DUPLICATE_MD_REQ_ID, text)
        subscription = Subscription(
            md_req_id,
            requests.entry_types(message, _stream(connection).version),
            requests.market_depth(message),
            lasting=kind == b"1",
            incremental=kind == b"1" and requests.wants_increments(message),
        )
        requests.check_the_rest(message)
        self._open(client, subscription, self._instrument_ids(client, message))
        self._tell(client)

    def _instrument_ids(self, client: Client, message: ApplicationMessage) -> list[int]:
        """Raises Refused."""
        symbols = every(message, 55)
        if len(client.subscriptions) >= REQUESTS_MAX:
            text = b"live requests of a session: expected at most %d" % REQUESTS_MAX
            raise Refused(requests.INSUFFICIENT_BANDWIDTH, text)
        if client.symbols + len(symbols) > SYMBOLS_MAX:
            text = b"symbols of a session's live requests: expected at most %d" % SYMBOLS_MAX
            raise Refused(requests.INSUFFICIENT_BANDWIDTH, text)
        found: list[int] = []
        for symbol in symbols or [b""]:
            instrument_id = self._floor.engine.instrument_id(symbol)
            if instrument_id is None:
                text = unexpected(b"Symbol(55)", b"a listed symbol", symbol)
                raise Refused(requests.UNKNOWN_SYMBOL, text)
            found.append(instrument_id)
        return found

    def _open(self, client: Client, subscription: Subscription, instrument_ids: list[int]) -> None:
        floor = self._floor
        if not self._clients:
            floor.watchers.append(self._commit)
            self._folded = len(floor.happened)
        else:
            self._catch_up()
        self._clients[client.connection.connection_id] = client
        for instrument_id in instrument_ids:
            if instrument_id not in self._markets:
                self._markets[instrument_id] = Market(floor.engine, instrument_id)
        client.add(subscription, [self._markets[one] for one in instrument_ids])

    def closed(self, connection: Connection) -> None:
        """Subscriptions die with the connection."""
        client = self._clients.get(connection.connection_id)
        if client is not None:
            for subscription in list(client.subscriptions.values()):
                self._unsubscribe(client, subscription)

    def _unsubscribe(self, client: Client, subscription: Subscription) -> None:
        for interest in list(subscription.interests):
            self._end(client, interest)
        self._stirred[client.connection.connection_id] = client

    def _end(self, client: Client, interest: Interest) -> None:
        client.end(interest)
        self._changed[interest.market.instrument_id] = interest.market

    # -- the tick -----------------------------------------------------------------------------

    def _catch_up(self) -> None:
        """Take in what has happened in the open tick so far."""
        floor = self._floor
        markets = self._markets
        events = floor.happened
        for event in events[self._folded :]:
            self._fold(event, markets.get(getattr(event, "instrument_id", 0)))
        self._folded = len(events)

    def _fold(self, event: Event, market: Market | None) -> None:
        if market is not None:
            if market.fold(event, self._floor.now_ns):
                self._changed[market.instrument_id] = market
        elif isinstance(event, DayEnded):
            for one in self._markets.values():
                one.day_ended()
            self._changed.update(self._markets)

    def _commit(self, events: Sequence[Event]) -> None:
        """The tick is about to be written: call those whom it concerns, forget what nobody
        wants."""
        self._catch_up()
        self._folded = 0
        for instrument_id, market in self._changed.items():
            for interest in market.interests:
                interest.client.due[interest] = None
                self._stirred[interest.client.connection.connection_id] = interest.client
            if not market.interests:
                self._markets.pop(instrument_id, None)
        waiting = self._floor.waiting
        for connection_id, client in self._stirred.items():
            client.spent_bytes = 0
            if not client.subscriptions:
                self._clients.pop(connection_id, None)
                waiting.pop(connection_id, None)
            elif client.due:
                waiting[connection_id] = self.turn
        self._changed.clear()
        self._stirred.clear()
        if not self._clients:
            self._floor.watchers.remove(self._commit)

    # -- telling ------------------------------------------------------------------------------

    def turn(self, connection: Connection) -> None:
        """The connection takes bytes: tell it what it has not been told."""
        client = self._clients.get(connection.connection_id)
        if client is not None:
            self._catch_up()
            self._tell(client)

    def _tell(self, client: Client) -> None:
        """Up to TURN_BYTES; first come, first served among the symbols that changed."""
        connection = client.connection
        stream = _stream(connection)
        self._stirred[connection.connection_id] = client
        while client.due and client.spent_bytes < TURN_BYTES and _takes_derived(connection):
            interest = next(iter(client.due))
            del client.due[interest]
            body = self._update(interest, stream)
            if body is not None:
                client.spent_bytes += len(body[1])
                self._send(connection, *body)
            if not interest.subscription.lasting:
                self._end(client, interest)

    def _update(self, interest: Interest, stream: FixStream) -> tuple[bytes, bytes] | None:
        """W or X, whatever brings it up to date; None if nothing of it changed."""
        market, subscription = interest.market, interest.subscription
        view = market.view(subscription.types, subscription.depth)
        trades = TRADE in subscription.types
        told = interest.told
        symbol = market.instrument.symbol
        prints = market.prints(interest.place) if trades and told is not None else ()
        if told is not None and told == view and prints is not None and not prints:
            return None
        interest.told = view
        interest.place = market.tape_end
        if told is None or prints is None or not subscription.incremental:
            body = self._snapshot(interest, view, trades, stream)
            return b"W", body
        entries: list[Entry] = market.changes(told, view)
        for one in prints:
            entry = market.printed(one, interest.known_from)
            if entry is not None:
                entries.append(entry)
        if not entries:
            return None
        interest.rpt_seq += 1
        body = incremental(
            stream.version,
            subscription.md_req_id,
            symbol,
            entries,
            interest.rpt_seq,
            time_digits=stream.time_digits,
        )
        return b"X", body

    def _snapshot(self, interest: Interest, view: View, trades: bool, stream: FixStream) -> bytes:
        market, subscription = interest.market, interest.subscription
        trade = market.last_trade if trades else None
        if trade is not None:
            interest.known_from = trade.match_number
        return snapshot(
            stream.version,
            subscription.md_req_id,
            market.instrument.symbol,
            market.whole(view, trade),
            interest.rpt_seq,
            time_digits=stream.time_digits,
        )

    def _send(self, connection: Connection, msg_type: bytes, body: bytes) -> None:
        assert connection.record is not None, "market data before logon"
        fix_of(connection).send(msg_type, body, self._floor.now_ns)
        self._floor.touch(connection.record)


def _stream(connection: Connection) -> FixStream:
    assert connection.record is not None, "market data before logon"
    return stream_of(connection.record)


def _takes_derived(connection: Connection) -> bool:
    """A running resend would meet the frame in the log, where only its number is."""
    session = fix_of(connection)
    return session.state in _CONVERSING and not session.resending
