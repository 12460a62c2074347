"""What is listed and whether it trades, on FIX sessions: x, c, e and g in, y, d, f and h out.

Unlike market data these answers are messages like any report: journaled in full, sent again on
request, since a halt that a client missed still stands. Subscriptions die with the connection.
"""

from collections.abc import Iterator, Sequence

from gateway.desk import Floor
from gateway.order_entry.fix_md_requests import TRADING_SESSION_ID, unexpected
from gateway.order_entry.fix_reports import fix_of, stream_of
from gateway.order_entry.fix_requests import value
from gateway.sessions import Connection
from matching.events import DayEnded, DayStarted, Event, PhaseChanged
from matching.types import Phase
from protocol.fix import reference_data
from protocol.fix.answers import business_reject
from protocol.fix.fields import BusinessRejectReason
from protocol.fix.messages import ApplicationMessage
from protocol.fix.reference_data import Security
from protocol.fix.state import State
from protocol.fix.values import format_decimal, format_utc_timestamp
from protocol.fix.version import Version

SUBSCRIPTIONS_MAX = 1_000
"""Live SecurityStatusRequests and TradingSessionStatusRequests of one connection."""
REQUEST_ID_MAX = 64
"""Bytes of a request's id: it stands in every answer."""
FRAGMENT = 100
"""Securities in one SecurityList(y)."""

SECURITY_TRADING_STATUS: dict[Phase, bytes] = {
    Phase.OPEN: b"17",
    Phase.HALTED: b"2",
    Phase.CLOSED: b"18",
}
"""SecurityTradingStatus(326): ready to trade, trading halt, not available for trading."""
UNKNOWN_OR_INVALID = b"20"
"""SecurityTradingStatus(326) of a symbol that is not listed."""

HALTED, OPEN, CLOSED, REQUEST_REJECTED = b"1", b"2", b"3", b"6"
"""TradSesStatus(340)."""

NO_LISTS = "44"
"""FIX 4.4 has no SecurityResponseType(323) for lists: what they hold is accepted as it is."""

_TELLING = frozenset((PhaseChanged, DayStarted, DayEnded))
"""Events that change what was told; an instrument listed by day brings its own PhaseChanged."""

_CONVERSING = frozenset((State.ACTIVE, State.RECOVERING))
_ID_TAGS = {b"c": 320, b"e": 324, b"g": 335, b"x": 320}
_ID_NAMES = {
    320: b"SecurityReqID(320)",
    324: b"SecurityStatusReqID(324)",
    335: b"TradSesReqID(335)",
}

Request = ApplicationMessage


class Refused(Exception):
    """A request that has no answer of its own kind: reason of j and Text(58)."""

    def __init__(self, text: bytes, reason: BusinessRejectReason = BusinessRejectReason.OTHER):
        super().__init__(text)
        self.text = text
        self.reason = reason


class Subscription:
    """One SecurityStatusRequest (`instrument_id`) or TradingSessionStatusRequest (0)."""

    __slots__ = ("connection", "instrument_id", "req_id", "told")

    def __init__(self, connection: Connection, req_id: bytes, instrument_id: int) -> None:
        self.connection = connection
        self.req_id = req_id
        self.instrument_id = instrument_id
        self.told = b""
        """The TradSesStatus(340) told last."""


class FixReferenceData:
    """Reference data and trading status for all FIX connections."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._subscriptions: dict[int, dict[tuple[bytes, bytes], Subscription]] = {}
        """By connection_id, then by MsgType(35) and id of the request."""
        self._answers = {
            b"c": self._definition,
            b"e": self._status,
            b"g": self._session_status,
            b"x": self._list,
        }

    def request(self, connection: Connection, message: Request) -> None:
        """SecurityListRequest(x), SecurityDefinitionRequest(c), SecurityStatusRequest(e) or
        TradingSessionStatusRequest(g)."""
        tag = _ID_TAGS[message.msg_type]
        req_id = value(message, tag)
        try:
            if not req_id or len(req_id) > REQUEST_ID_MAX:
                text = b"%b: expected 1 to %d bytes, received %d"
                raise Refused(text % (_ID_NAMES[tag], REQUEST_ID_MAX, len(req_id)))
            self._answers[message.msg_type](connection, message, req_id)
        except Refused as refused:
            ref = (b"%d" % message.msg_seq_num, message.msg_type)
            version = _version(connection)
            self._send(
                connection,
                *business_reject(
                    version, ref, refused.reason, refused.text, ref_id=req_id[:REQUEST_ID_MAX]
                ),
            )

    def closed(self, connection: Connection) -> None:
        """Subscriptions die with the connection."""
        if self._subscriptions.pop(connection.connection_id, None) is not None:
            self._watch()

    # -- what is listed -----------------------------------------------------------------------

    def _list(self, connection: Connection, message: Request, req_id: bytes) -> None:
        """0 Symbol and 4 All Securities; 560: 0 valid, 1 not supported, 2 nothing found."""
        kind = value(message, 559)
        result = b"0"
        found: list[Security] = []
        if kind not in (b"0", b"4") or value(message, 263) not in (b"", b"0"):
            result = b"1"
        else:
            found = list(self._securities(value(message, 55) if kind == b"0" else None))
            result = b"0" if found else b"2"
        for begin in range(0, len(found) or 1, FRAGMENT):
            body = reference_data.security_list(
                _version(connection),
                (req_id, self._response_id(connection)),
                result,
                found[begin : begin + FRAGMENT],
                total=len(found),
                last=begin + FRAGMENT >= len(found),
            )
            self._send(connection, b"y", body)

    def _definition(self, connection: Connection, message: Request, req_id: bytes) -> None:
        """0 one security, 1 by its specifications, 2 types, 3 all; 323: 1 accepted, 3 types, 4
        securities, 5 rejected, 6 nothing matches."""
        kind = value(message, 321)
        symbol = value(message, 55)
        no_lists = _version(connection).code == NO_LISTS
        if kind == b"2":
            self._define(
                connection,
                req_id,
                b"1" if no_lists else b"3",
                total=1,
                security_type=reference_data.COMMON_STOCK,
            )
        elif kind == b"3":
            found = list(self._securities(None))
            for one in found:
                response_type = b"1" if no_lists else b"4"
                self._define(connection, req_id, response_type, one, total=len(found))
            if not found:
                self._define(connection, req_id, b"6")
        elif kind in (b"0", b"1"):
            security = next(self._securities(symbol), None)
            if security is not None:
                self._define(connection, req_id, b"1", security, total=1)
            elif kind == b"1" and not symbol:
                text = b"Symbol(55): expected one, a security is not found by anything else"
                self._define(connection, req_id, b"6", text=text)
            else:
                text = unexpected(b"Symbol(55)", b"a listed symbol", symbol)
                self._define(connection, req_id, b"5", text=text)
        else:
            text = unexpected(b"SecurityRequestType(321)", b"0, 1, 2 or 3", kind)
            self._define(connection, req_id, b"5", text=text)

    def _define(
        self,
        connection: Connection,
        req_id: bytes,
        response_type: bytes,
        security: Security | None = None,
        *,
        total: int = 0,
        security_type: bytes = b"",
        text: bytes = b"",
    ) -> None:
        body = reference_data.security_definition(
            _version(connection),
            (req_id, self._response_id(connection)),
            response_type,
            security,
            total=total,
            security_type=security_type,
            text=text,
        )
        self._send(connection, b"d", body)

    def _securities(self, symbol: bytes | None) -> Iterator[Security]:
        """The one with this symbol, or all, in order of listing."""
        for listing in self._floor.engine.instruments.values():
            instrument = listing.instrument
            if symbol is None or symbol == instrument.symbol:
                decimals = instrument.quantity_decimals
                yield Security(
                    instrument.symbol,
                    format_decimal(instrument.round_lot, decimals),
                    format_decimal(instrument.lot_size, decimals),
                )

    def _response_id(self, connection: Connection) -> bytes:
        """SecurityResponseID(322): the number of the message itself."""
        assert connection.record is not None
        return b"%d" % stream_of(connection.record).sent_log.next_number

    # -- whether it trades --------------------------------------------------------------------

    def _status(self, connection: Connection, message: Request, req_id: bytes) -> None:
        symbol = value(message, 55)
        instrument_id = self._floor.engine.instrument_id(symbol)
        subscription = Subscription(connection, req_id, instrument_id or 0)
        if not self._subscribe(subscription, message, known=instrument_id is not None):
            return
        status = UNKNOWN_OR_INVALID
        if instrument_id is not None:
            status = SECURITY_TRADING_STATUS[self._floor.engine.instruments[instrument_id].phase]
        self._tell_status(subscription, symbol, status, unsolicited=False)

    def _session_status(self, connection: Connection, message: Request, req_id: bytes) -> None:
        subscription = Subscription(connection, req_id, 0)
        trading_session_id = value(message, 336)
        known = trading_session_id in (b"", TRADING_SESSION_ID)
        if not known and _version(connection).code < "43":
            text = unexpected(b"TradingSessionID(336)", TRADING_SESSION_ID, trading_session_id)
            raise Refused(text, BusinessRejectReason.UNKNOWN_ID)
        if not self._subscribe(subscription, message, known=known):
            return
        if known:
            self._tell_session_status(subscription, self._trad_ses_status(), unsolicited=False)
            return
        body = reference_data.trading_session_status(
            req_id, trading_session_id, REQUEST_REJECTED, unsolicited=False, rej_reason=b"1"
        )
        self._send(connection, b"h", body)

    def _subscribe(self, subscription: Subscription, message: Request, *, known: bool) -> bool:
        """Begin or end a subscription; False if it ended and has no answer. Raises Refused."""
        own = self._subscriptions.get(subscription.connection.connection_id, {})
        key = (message.msg_type, subscription.req_id)
        name = _ID_NAMES[_ID_TAGS[message.msg_type]]
        kind = value(message, 263)
        if kind == b"2":
            if own.pop(key, None) is None:
                text = unexpected(name, b"one that is subscribed", subscription.req_id)
                raise Refused(text, BusinessRejectReason.UNKNOWN_ID)
            self._watch()
            return False
        if kind not in (b"0", b"1"):
            raise Refused(unexpected(b"SubscriptionRequestType(263)", b"0, 1 or 2", kind))
        if key in own:
            raise Refused(unexpected(name, b"one that is not in use", subscription.req_id))
        if kind == b"1" and known:
            if len(own) >= SUBSCRIPTIONS_MAX:
                text = b"live status requests of a session: expected at most %d"
                raise Refused(text % SUBSCRIPTIONS_MAX)
            own[key] = subscription
            self._subscriptions[subscription.connection.connection_id] = own
            self._watch()
        return True

    def _watch(self) -> None:
        """Look at the events of each tick as long as somebody wants to hear of changes."""
        watchers = self._floor.watchers
        wanted = any(self._subscriptions.values())
        if wanted and self._commit not in watchers:
            watchers.append(self._commit)
        elif not wanted and self._commit in watchers:
            watchers.remove(self._commit)

    def _commit(self, events: Sequence[Event]) -> None:
        """The tick is about to be written: tell what changed in it, each change."""
        if _TELLING.isdisjoint(map(type, events)):
            # Trading goes on: thousands of subscriptions must not be looked at for each tick of it.
            return
        changed = [event for event in events if isinstance(event, PhaseChanged)]
        session_status = self._trad_ses_status()
        for subscription in [one for own in self._subscriptions.values() for one in own.values()]:
            if subscription.instrument_id:
                for event in changed:
                    if event.instrument_id == subscription.instrument_id:
                        symbol = self._floor.engine.instruments[
                            event.instrument_id
                        ].instrument.symbol
                        status = SECURITY_TRADING_STATUS[event.phase]
                        self._tell_status(subscription, symbol, status, unsolicited=True)
            elif session_status != subscription.told:
                self._tell_session_status(subscription, session_status, unsolicited=True)

    def _trad_ses_status(self) -> bytes:
        """Halted where every instrument is."""
        engine = self._floor.engine
        if not engine.day_running:
            return CLOSED
        phases = [listing.phase for listing in engine.instruments.values()]
        return HALTED if phases and all(one is Phase.HALTED for one in phases) else OPEN

    def _tell_status(
        self, subscription: Subscription, symbol: bytes, status: bytes, *, unsolicited: bool
    ) -> None:
        record = subscription.connection.record
        assert record is not None, "a status before logon"
        body = reference_data.security_status(
            subscription.req_id,
            symbol,
            status,
            format_utc_timestamp(self._floor.now_ns, stream_of(record).time_digits),
            unsolicited=unsolicited,
        )
        self._send(subscription.connection, b"f", body)

    def _tell_session_status(
        self, subscription: Subscription, status: bytes, *, unsolicited: bool
    ) -> None:
        subscription.told = status
        body = reference_data.trading_session_status(
            subscription.req_id, TRADING_SESSION_ID, status, unsolicited=unsolicited
        )
        self._send(subscription.connection, b"h", body)

    def _send(self, connection: Connection, msg_type: bytes, body: bytes) -> None:
        """Nothing unsolicited behind a Logout."""
        session, record = fix_of(connection), connection.record
        assert record is not None, "an answer before logon"
        if session.state in _CONVERSING:
            session.send(msg_type, body, self._floor.now_ns)
            self._floor.touch(record)


def _version(connection: Connection) -> Version:
    assert connection.record is not None, "a request before logon"
    return stream_of(connection.record).version
