"""A participant's OUCH 4.2 session over SoupBinTCP: one login over any number of connections.

The first login asks for everything from number 1, so that orders of an earlier run are known; a
later one goes on where the last connection ended.
"""

from collections.abc import Mapping
from typing import assert_never

from matching.instrument import Instrument
from matching.types import Side, TimeInForce
from protocol.ouch import enumerations42 as words
from protocol.ouch import messages42 as ouch
from protocol.session import Terminated
from protocol.soupbintcp.client_session import SoupClientSession
from protocol.soupbintcp.events import LoggedIn, LoginRejected, SequencedData
from protocol.soupbintcp.packets import LoginRejectReason, LoginRequest
from protocol.soupbintcp.state import State
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

SIDES = {Side.BUY: words.Side.BUY.value, Side.SELL: words.Side.SELL.value}
SIDE_OF = {text: side for side, text in SIDES.items()}
TIMES_IN_FORCE = {
    TimeInForce.DAY: words.TimeInForce.MARKET_HOURS,
    TimeInForce.IOC: words.TimeInForce.IMMEDIATE_OR_CANCEL,
}
"""OUCH has no word for the others."""
_TOKEN_SIZE = 14
_STOCK_SIZE = 8


class OuchDialogue:
    """What to say and what was heard, around one `SoupClientSession` at a time."""

    wire = "ouch"
    repeats_requests = True
    """A repeated token is ignored, so what was not answered may be said again."""

    def __init__(
        self, username: bytes, password: bytes, instruments: Mapping[bytes, Instrument]
    ) -> None:
        self._username = username
        self._password = password
        self._instruments = instruments
        self._session_id = b""
        self._next_sequence = 1
        self._known = False
        self._session: SoupClientSession | None = None
        self.ready = False

    def open(self, now_ns: int) -> SoupClientSession:
        """A session for a new connection, its Login Request said."""
        self._session = session = SoupClientSession(now_ns)
        request = LoginRequest(
            self._username, self._password, self._session_id, self._next_sequence
        )
        session.login(request, now_ns)
        return session

    def hear(self, event: object) -> list[Report]:
        """What one event of the session means."""
        match event:
            case SequencedData(number, payload):
                self._next_sequence = number + 1
                return self._message(ouch.decode_outbound(payload))
            case LoggedIn(session, _):
                self.ready = True
                lost = self._known and not self._session_id
                self._session_id, self._known = session, True
                return [HistoryLost()] if lost else []
            case LoginRejected(LoginRejectReason.SESSION_NOT_AVAILABLE):
                self._session_id, self._next_sequence = b"", 1
                return []
            case Terminated():
                self.ready = False
                return []
            case _:
                return []

    def say(self, request: Request, now_ns: int) -> None:
        """Send one request; only while `ready`."""
        assert self._session is not None
        self._session.send_unsequenced(ouch.encode(self._encode(request)), now_ns)

    def leave(self, now_ns: int) -> None:
        if self._session is not None and self._session.state is State.JOINED:
            self._session.logout(now_ns)

    def _encode(self, request: Request) -> ouch.Inbound:
        display = words.Display.ANONYMOUS.value
        sweep = words.IntermarketSweepEligibility.NOT_ELIGIBLE.value
        match request:
            case New():
                assert request.price, "OUCH has no market orders in continuous trading"
                return ouch.EnterOrder(
                    order_token=request.client_id.ljust(_TOKEN_SIZE),
                    side=SIDES[request.side],
                    shares=request.quantity,
                    stock=request.symbol.ljust(_STOCK_SIZE),
                    price=request.price,
                    time_in_force=TIMES_IN_FORCE[request.time_in_force],
                    firm=b"    ",
                    display=display,
                    capacity=words.Capacity.PRINCIPAL.value,
                    intermarket_sweep_eligibility=sweep,
                    minimum_quantity=0,
                    cross_type=words.CrossType.CONTINUOUS.value,
                    customer_type=words.CustomerType.PORT_DEFAULT.value,
                )
            case Replace():
                return ouch.ReplaceOrder(
                    existing_order_token=request.orig_client_id.ljust(_TOKEN_SIZE),
                    replacement_order_token=request.client_id.ljust(_TOKEN_SIZE),
                    shares=request.quantity,
                    price=request.price,
                    time_in_force=TIMES_IN_FORCE[TimeInForce.DAY],
                    display=display,
                    intermarket_sweep_eligibility=sweep,
                    minimum_quantity=0,
                )
            case Cancel():
                return ouch.CancelOrder(request.orig_client_id.ljust(_TOKEN_SIZE), 0)
            case _:
                assert_never(request)

    def _message(self, message: ouch.Outbound) -> list[Report]:
        match message:
            case ouch.Executed():
                token = message.order_token.rstrip()
                return [Executed(token, message.executed_shares, message.execution_price)]
            case ouch.Accepted():
                if message.order_state == words.OrderState.DEAD.value:
                    return []
                return [
                    Accepted(
                        message.order_token.rstrip(),
                        message.stock.rstrip(),
                        SIDE_OF.get(message.side, Side.SELL),
                        message.shares,
                        message.price,
                    )
                ]
            case ouch.Replaced():
                return [
                    Replaced(
                        message.replacement_order_token.rstrip(),
                        message.previous_order_token.rstrip(),
                        message.shares,
                        message.price,
                    )
                ]
            case ouch.Canceled():
                return [Canceled(message.order_token.rstrip(), message.decrement_shares)]
            case ouch.Rejected():
                reason = message.reason.decode("latin-1")
                return [Rejected(message.order_token.rstrip(), f"OUCH reason {reason}")]
            case _:
                return []
