"""A participant's WebSocket session: one token over any number of connections."""

from collections.abc import Mapping
from typing import assert_never

from matching.instrument import Instrument
from matching.types import Side, TimeInForce
from protocol import feed
from protocol.errors import RemoteProtocolError
from protocol.feed import format_decimal, parse_decimal
from protocol.websocket_client import BridgeClient
from protocol.websocket_words import OrderType
from protocol.websocket_words import Side as SideWord
from protocol.websocket_words import TimeInForce as TimeInForceWord
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

SIDES: dict[Side, SideWord] = {Side.BUY: "buy", Side.SELL: "sell"}
SIDE_OF = {text: side for side, text in SIDES.items()}
TIMES_IN_FORCE: dict[TimeInForce, TimeInForceWord] = {
    TimeInForce.DAY: "day",
    TimeInForce.GTC: "gtc",
    TimeInForce.IOC: "ioc",
    TimeInForce.FOK: "fok",
}


class WebSocketDialogue:
    """What to say and what was heard, text by text."""

    wire = "ws"
    repeats_requests = True
    """A repeated cl_ord_id is answered with the earlier outcome."""

    def __init__(self, token: str, instruments: Mapping[bytes, Instrument]) -> None:
        self._bridge = BridgeClient(token)
        self._instruments = instruments
        self._resumed = False
        self._known = False
        self.ready = False

    def login(self) -> bytes:
        """What to say first on a new connection."""
        self.ready = False
        self._resumed = self._bridge.next_seq is not None
        return self._bridge.login()

    def hear(self, text: bytes | str) -> list[Report]:
        """What one message means.

        Raises RemoteProtocolError, msgspec.DecodeError: log in again on a new connection.
        """
        message = self._bridge.receive(text)
        match message:
            case feed.Executed():
                instrument = self._instruments[message.order.symbol.encode()]
                return [
                    Executed(
                        message.order.cl_ord_id.encode(),
                        _exact(message.last_qty, instrument.quantity_decimals),
                        _exact(message.last_px, instrument.price_decimals),
                    )
                ]
            case feed.Accepted(repeat=False):
                return [self._order(message.order)]
            case feed.Replaced(repeat=False):
                order = self._order(message.order)
                return [
                    Replaced(
                        message.cl_ord_id.encode(),
                        message.orig_cl_ord_id.encode(),
                        order.leaves,
                        order.price,
                    )
                ]
            case feed.Canceled(repeat=False):
                return [Canceled(message.order.cl_ord_id.encode())]
            case feed.Reduced():
                decimals = self._instruments[message.order.symbol.encode()].quantity_decimals
                quantity = _exact(message.quantity, decimals)
                return [Canceled(message.order.cl_ord_id.encode(), quantity)]
            case feed.Rejected(repeat=False):
                return [Rejected(message.cl_ord_id.encode(), message.text or message.reason)]
            case feed.CancelRejected(repeat=False):
                gone = message.reason in ("unknown_order", "too_late")
                reason = message.text or message.reason
                return [Rejected(message.cl_ord_id.encode(), reason, True, gone)]
            case feed.LoggedIn():
                return self._logged_in(message)
            case feed.OpenOrders() if not self._resumed:
                return [self._order(order) for order in message.orders]
            case feed.Error():
                return self._error(message)
            case _:
                return []

    def say(self, request: Request) -> bytes:
        """The text of one request; only while `ready`."""
        instrument = self._instruments[request.symbol]
        match request:
            case New():
                order_type: OrderType = "limit" if request.price else "market"
                price = format_decimal(request.price, instrument.price_decimals)
                return feed.encode(
                    feed.New(
                        cl_ord_id=request.client_id.decode(),
                        symbol=request.symbol.decode(),
                        side=SIDES[request.side],
                        quantity=format_decimal(request.quantity, instrument.quantity_decimals),
                        order_type=order_type,
                        time_in_force=TIMES_IN_FORCE[request.time_in_force],
                        price=price if request.price else "",
                    )
                )
            case Replace():
                return feed.encode(
                    feed.Replace(
                        cl_ord_id=request.client_id.decode(),
                        orig_cl_ord_id=request.orig_client_id.decode(),
                        quantity=format_decimal(request.quantity, instrument.quantity_decimals),
                        price=format_decimal(request.price, instrument.price_decimals),
                    )
                )
            case Cancel():
                return feed.encode(
                    feed.Cancel(
                        cl_ord_id=request.client_id.decode(),
                        orig_cl_ord_id=request.orig_client_id.decode(),
                    )
                )
            case _:
                assert_never(request)

    def _logged_in(self, message: feed.LoggedIn) -> list[Report]:
        self.ready = True
        reports: list[Report] = []
        if not self._resumed:
            if self._known:
                reports.append(HistoryLost())
            reports += [self._order(order) for order in message.open_orders]
        self._known = True
        return reports

    def _error(self, message: feed.Error) -> list[Report]:
        if message.code in ("epoch_mismatch", "resume_too_high"):
            self._bridge.forget()
        if not self.ready:
            raise RemoteProtocolError(f"login refused: {message.code}: {message.text}")
        return [Rejected(message.ref.encode(), f"{message.code}: {message.text}")]

    def _order(self, order: feed.Order) -> Accepted:
        symbol = order.symbol.encode()
        instrument = self._instruments[symbol]
        return Accepted(
            order.cl_ord_id.encode(),
            symbol,
            SIDE_OF[order.side],
            _exact(order.leaves_qty, instrument.quantity_decimals),
            _exact(order.price, instrument.price_decimals) if order.price else 0,
        )


def _exact(text: str, decimals: int) -> int:
    units = parse_decimal(text, decimals)
    assert units is not None, f"venue sent {text} with more than {decimals} decimals"
    return units
