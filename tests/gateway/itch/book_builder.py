"""A receiver of ITCH 5.0 as a client would write it: the book from messages, by reference."""

from typing import NamedTuple

from protocol.itch import messages as itch
from protocol.itch.messages import decode


class Shown(NamedTuple):
    """One order of the displayed book."""

    stock: bytes
    side: bytes
    shares: int
    price: int


class BookBuilder:
    """Strict: what does not fit what was told before fails."""

    def __init__(self) -> None:
        self.stocks: dict[int, bytes] = {}
        self.states: dict[bytes, bytes] = {}
        self.orders: dict[int, Shown] = {}
        self.trades: dict[int, tuple[int, bool]] = {}
        """Match number: shares, and whether the trade was broken."""
        self.system_events: list[bytes] = []

    def receive(self, payload: bytes) -> None:
        message = decode(payload)
        if isinstance(message, itch.SystemEvent):
            self.system_events.append(message.event_code)
        elif isinstance(message, itch.StockDirectory):
            assert message.stock_locate not in self.stocks
            self.stocks[message.stock_locate] = message.stock
        elif isinstance(message, itch.StockTradingAction):
            assert self.stocks[message.stock_locate] == message.stock
            self.states[message.stock] = message.trading_state
        elif isinstance(message, itch.AddOrder):
            assert self.stocks[message.stock_locate] == message.stock
            self._add(
                message.order_reference_number,
                Shown(message.stock, message.side, message.shares, message.price),
            )
        elif isinstance(message, itch.OrderExecuted):
            self._trade(message.match_number, message.executed_shares)
            self._lower(message.order_reference_number, message.executed_shares)
        elif isinstance(message, itch.OrderCancel):
            self._lower(message.order_reference_number, message.canceled_shares)
            assert message.order_reference_number in self.orders, "a whole order is deleted"
        elif isinstance(message, itch.OrderDelete):
            del self.orders[message.order_reference_number]
        elif isinstance(message, itch.OrderReplace):
            old = self.orders.pop(message.original_order_reference_number)
            new = old._replace(shares=message.shares, price=message.price)
            assert self.stocks[message.stock_locate] == old.stock
            self._add(message.new_order_reference_number, new)
        elif isinstance(message, itch.Trade):
            assert (message.order_reference_number, message.side) == (0, b"B")
            self._trade(message.match_number, message.shares)
        elif isinstance(message, itch.BrokenTrade):
            shares, broken = self.trades[message.match_number]
            assert not broken
            self.trades[message.match_number] = (shares, True)
        else:
            raise AssertionError(f"not of this venue: {message}")

    def _add(self, reference: int, order: Shown) -> None:
        assert order.shares > 0
        assert reference not in self.orders
        self.orders[reference] = order

    def _lower(self, reference: int, shares: int) -> None:
        order = self.orders[reference]
        assert 0 < shares <= order.shares
        if shares == order.shares:
            del self.orders[reference]
        else:
            self.orders[reference] = order._replace(shares=order.shares - shares)

    def _trade(self, match_number: int, shares: int) -> None:
        assert match_number not in self.trades
        self.trades[match_number] = (shares, False)
