"""What one participant knows of its own orders and positions: a fold of requests and reports."""

from typing import assert_never

from matching.types import Side
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
    TradePrinted,
)


class OpenOrder:
    """One order that is, or may become, live. `pending` is the request not answered yet."""

    __slots__ = ("client_id", "executed", "leaves", "pending", "price", "side", "symbol")

    def __init__(
        self, client_id: bytes, symbol: bytes, side: Side, leaves: int, price: int
    ) -> None:
        self.client_id = client_id
        self.symbol = symbol
        self.side = side
        self.leaves = leaves
        self.price = price
        self.executed = 0
        self.pending: Request | None = None

    @property
    def exposure(self) -> int:
        """The most that may still execute, whichever way the pending request ends."""
        if isinstance(self.pending, Replace):
            return max(self.leaves, self.pending.quantity - self.executed)
        return self.leaves


class Portfolio:
    """Orders by their live id, positions by symbol."""

    __slots__ = ("_requested", "orders", "positions")

    def __init__(self) -> None:
        self.orders: dict[bytes, OpenOrder] = {}
        self.positions: dict[bytes, int] = {}
        """Shares held, negative when short."""
        self._requested: dict[bytes, bytes] = {}
        """Id of a pending replace or cancel to the id of its order."""

    def request(self, request: Request) -> None:
        """Note what is asked for; reports answer it."""
        if isinstance(request, New):
            order = OpenOrder(
                request.client_id, request.symbol, request.side, request.quantity, request.price
            )
            self.orders[request.client_id] = order
        else:
            order = self.orders[request.orig_client_id]
            assert order.pending is None, "one request at a time for an order"
            self._requested[request.client_id] = request.orig_client_id
        order.pending = request

    def fold(self, report: Report) -> None:
        """Take one report in. What names an order we do not know of changes nothing."""
        match report:
            case Executed():
                self._executed(report)
            case Accepted():
                self._accepted(report)
            case Replaced():
                self._replaced(report)
            case Canceled():
                self._canceled(report)
            case Rejected():
                self._rejected(report)
            case HistoryLost():
                self.orders.clear()
                self._requested.clear()
            case TradePrinted():
                pass
            case _:
                assert_never(report)

    def position(self, symbol: bytes) -> int:
        return self.positions.get(symbol, 0)

    def reach(self, symbol: bytes, side: Side) -> int:
        """How far the position goes, away from the other side, if every order of `side` executes.

        For a buyer the highest position, for a seller the lowest with its sign turned.
        """
        open_quantity = sum(
            order.exposure
            for order in self.orders.values()
            if order.symbol == symbol and order.side is side
        )
        position = self.position(symbol)
        return open_quantity + (position if side is Side.BUY else -position)

    def idle(self) -> list[OpenOrder]:
        """Live orders that no request is pending for, oldest first."""
        return [order for order in self.orders.values() if order.pending is None]

    def unanswered(self) -> list[Request]:
        """The requests whose outcome is not known."""
        return [order.pending for order in self.orders.values() if order.pending is not None]

    def _accepted(self, report: Accepted) -> None:
        order = self.orders.get(report.client_id)
        if order is None:
            order = OpenOrder(
                report.client_id, report.symbol, report.side, report.leaves, report.price
            )
            self.orders[report.client_id] = order
        if isinstance(order.pending, New):
            order.pending = None

    def _replaced(self, report: Replaced) -> None:
        order = self.orders.pop(report.orig_client_id, None)
        if order is None:
            return
        self._answered(order)
        order.client_id = report.client_id
        order.leaves = report.leaves
        order.price = report.price
        self.orders[report.client_id] = order

    def _executed(self, report: Executed) -> None:
        order = self.orders.get(report.client_id)
        if order is None:
            return
        signed = report.quantity if order.side is Side.BUY else -report.quantity
        self.positions[order.symbol] = self.position(order.symbol) + signed
        order.executed += report.quantity
        self._take_off(order, report.quantity)

    def _canceled(self, report: Canceled) -> None:
        order = self.orders.get(report.client_id)
        if order is not None:
            self._take_off(order, order.leaves if report.quantity is None else report.quantity)

    def _rejected(self, report: Rejected) -> None:
        order = self.orders.get(report.client_id)
        if order is not None:
            if isinstance(order.pending, New):
                del self.orders[report.client_id]
            return
        order = self.orders.get(self._requested.pop(report.client_id, b""))
        if order is None:
            return
        order.pending = None
        if report.order_gone:
            del self.orders[order.client_id]

    def _take_off(self, order: OpenOrder, quantity: int) -> None:
        order.leaves -= quantity
        if order.leaves <= 0:
            self._answered(order)
            del self.orders[order.client_id]

    def _answered(self, order: OpenOrder) -> None:
        if isinstance(order.pending, Replace | Cancel):
            self._requested.pop(order.pending.client_id, None)
        order.pending = None
