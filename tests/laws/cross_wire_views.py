"""What a client of each wire knows: folded from what it was sent, with nothing of the gateway.

Each message is added to what was known before; where it states a total, that has to agree.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from protocol import feed
from protocol.ouch import messages42, messages50, outbound50
from tests.laws.cross_wire_ledger import Entry, Fill, Ledger

Fields = dict[int, str]
SIDES = {"1": "buy", "2": "sell", "B": "buy", "S": "sell", "T": "sell", "E": "sell"}
UNITS = 10_000


class Told(NamedTuple):
    """One message in the words of specs/who-receives-what.md, and what it refers to."""

    word: str
    exec_id: str = ""
    reference: int = 0
    request: str = ""
    """The receiver's own request that a cancel answers."""


def units(price: str) -> int:
    return int(Decimal(price) * UNITS)


def average(entry: Entry) -> Decimal:
    """To eight digits."""
    if not entry.cum:
        return Decimal(0)
    exact = Decimal(entry.notional) / entry.cum / UNITS
    return exact.quantize(Decimal("1e-8"), ROUND_HALF_UP)


class FixView:
    """ExecutionReports by OrderID(37)."""

    def __init__(self, wire: str) -> None:
        self.ledger = Ledger()
        self._shows_replaced = wire == "fix42"
        self._replaced: set[str] = set()
        self.told: list[Told] = []
        self.refused: set[str] = set()
        self._by_id: dict[str, Entry] = {}

    def hear(self, message: Fields) -> None:
        if message[35] == "9" or message[35] == "r":
            self.told.append(Told(message[35]))
            return
        assert message[35] == "8", message
        transaction = message.get(20, "0")
        tag = "20" if transaction != "0" else "150"
        word = f"8 {tag}={message[int(tag)]}"
        request = message[11] if word == "8 150=4" and 41 in message else ""
        self.told.append(Told(word, message[17], int(message.get(198, "0")), request))
        kind = {"1": "H", "3": "I"}.get(transaction) or message[150]
        if kind == "8":
            assert (message[39], message[151], message[14]) == ("8", "0", "0"), message
            self.refused.add(message[11])
            return
        if kind == "0":
            self._by_id[message[37]] = self.ledger.open(
                Entry(
                    message[11],
                    SIDES[message[54]],
                    units(message[44]),
                    int(message[38]),
                    int(message[38]),
                )
            )
        entry = self._by_id.get(message[37])
        if entry is None:
            # Another session's order, which this one asked to cancel or about.
            assert kind in "4I", message
            return
        self._change(entry, kind, message)
        self._agree(entry, message)

    def _change(self, entry: Entry, kind: str, message: Fields) -> None:
        ledger = self.ledger
        if kind in "12F":
            fill = Fill(units(message[31]), int(message[32]), exec_id=message[17])
            ledger.fill(entry, message[17], fill)
        elif kind == "5":
            assert message[41] == entry.name
            ledger.rename(entry, message[11])
            self._replaced.add(message[37])
            entry.leaves += int(message[38]) - entry.quantity
            entry.quantity = int(message[38])
            entry.price = units(message[44])
            entry.settle()
        elif kind in "4C":
            ledger.close(entry, "expired" if kind == "C" else "canceled")
        elif kind == "D":
            entry.quantity = int(message[38])
            entry.leaves = int(message[151])
        elif kind == "H":
            fill = ledger.bust(entry, message[19])
            assert (fill.price, fill.quantity) == (units(message[31]), int(message[32]))
        else:
            assert kind in "0I", message

    def _agree(self, entry: Entry, message: Fields) -> None:
        name = message.get(41, message[11]) if message[150] == "4" else message[11]
        untraded = "5" if self._shows_replaced and message[37] in self._replaced else "0"
        states = {
            "live": "1" if entry.cum else untraded,
            "filled": "2",
            "canceled": "4",
            "expired": "C",
        }
        assert message[39] == states[entry.state], (entry, message)
        assert (name, SIDES[message[54]], units(message[44]), int(message[38])) == (
            entry.name,
            entry.side,
            entry.price,
            entry.quantity,
        ), (entry, message)
        assert (int(message[151]), int(message[14]), Decimal(message[6])) == (
            entry.leaves,
            entry.cum,
            average(entry),
        ), (entry, message)


class _Names(NamedTuple):
    """How a version of OUCH calls what both have."""

    token: str
    replacement: str
    previous: str
    quantity: str
    executed: str
    decrement: str


_NAMES = {
    "ouch": _Names(
        "order_token",
        "replacement_order_token",
        "previous_order_token",
        "shares",
        "executed_shares",
        "decrement_shares",
    ),
    "ouch50": _Names(
        "user_ref_num",
        "user_ref_num",
        "orig_user_ref_num",
        "quantity",
        "executed_quantity",
        "decrement_quantity",
    ),
}
_REFERENCES = ("Accepted", "Replaced", "OrderPriorityUpdate")


class OuchView:
    """Messages of either version by token or number. There is no total of a chain: `quantity` stays
    0."""

    def __init__(self, wire: str) -> None:
        self.ledger = Ledger()
        self.told: list[Told] = []
        self.refused: set[str] = set()
        self._names = _NAMES[wire]
        self._by_trade: dict[tuple[str, int], Entry] = {}
        """By the token that the Executed had, and the match number."""

    def hear(self, message: messages42.Outbound | outbound50.Outbound) -> None:
        kind = type(message).__name__
        self.told.append(self._told(kind, message))
        fold = getattr(self, f"_{kind}", None)
        if fold is not None:
            fold(message)

    @staticmethod
    def _told(kind: str, message: Any) -> Told:
        pack = messages42.encode if type(message).__module__.endswith("42") else messages50.encode
        word = pack(message)[:1].decode()
        reference = 0
        if kind == "Canceled":
            word += f" {message.reason.decode()}"
        elif kind == "SystemEvent":
            word += f" {message.event_code.decode()}"
        elif kind in _REFERENCES:
            reference = message.order_reference_number
        elif kind == "OrderRestated":
            reference = message.appendage.secondary_ord_ref_num
        return Told(word, "", reference)

    def _name(self, message: Any, field: str) -> str:
        value = getattr(message, field)
        return value.decode().rstrip() if isinstance(value, bytes) else str(value)

    def _entry(self, message: Any) -> Entry:
        return self.ledger.orders[self._name(message, self._names.token)]

    def _Accepted(self, message: Any) -> None:
        assert message.order_state == b"L"
        self.ledger.open(
            Entry(
                self._name(message, self._names.token),
                SIDES[message.side.decode()],
                message.price,
                0,
                getattr(message, self._names.quantity),
                message.order_reference_number,
            )
        )

    def _Replaced(self, message: Any) -> None:
        entry = self.ledger.orders[self._name(message, self._names.previous)]
        assert entry.side == SIDES[message.side.decode()]
        assert entry.leaves
        self.ledger.rename(entry, self._name(message, self._names.replacement))
        entry.leaves = getattr(message, self._names.quantity)
        entry.price = message.price
        entry.reference = message.order_reference_number
        assert message.order_state == (b"L" if entry.leaves else b"D")
        entry.settle()

    def _Executed(self, message: Any) -> None:
        entry = self._entry(message)
        number = message.match_number
        fill = Fill(
            message.execution_price,
            getattr(message, self._names.executed),
            number,
            flag=message.liquidity_flag.decode(),
            name=entry.name,
        )
        # An order may meet itself never, but one session may be on both sides.
        self._by_trade[entry.name, number] = entry
        self.ledger.fill(entry, str(number), fill)

    def _Canceled(self, message: Any) -> None:
        entry = self._entry(message)
        entry.leaves -= getattr(message, self._names.decrement)
        assert entry.leaves >= 0
        if not entry.leaves:
            self.ledger.close(entry, "expired" if message.reason == b"T" else "canceled")

    def _OrderModified(self, message: Any) -> None:
        entry = self._entry(message)
        assert entry.side == SIDES[message.side.decode()]
        assert 0 < getattr(message, self._names.quantity) <= entry.leaves
        entry.leaves = getattr(message, self._names.quantity)

    def _OrderPriorityUpdate(self, message: Any) -> None:
        entry = self._entry(message)
        assert (entry.price, bool(entry.leaves)) == (message.price, True)
        entry.reference = message.order_reference_number

    def _OrderRestated(self, message: Any) -> None:
        entry = self._entry(message)
        assert 0 < message.appendage.display_qty <= entry.leaves
        entry.reference = message.appendage.secondary_ord_ref_num

    def _BrokenTrade(self, message: Any) -> None:
        number = message.match_number
        entry = self._by_trade[self._name(message, self._names.token), number]
        self.ledger.bust(entry, str(number))

    def _Rejected(self, message: Any) -> None:
        self.refused.add(self._name(message, self._names.token))


class WebSocketView:
    """Messages by order_id."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.told: list[Told] = []
        self.refused: set[str] = set()
        self._by_id: dict[int, Entry] = {}

    def hear(self, message: Any) -> None:
        kind = str(message.__struct_config__.tag)
        request = message.cl_ord_id if isinstance(message, feed.Canceled) else ""
        self.told.append(Told(kind, getattr(message, "exec_id", ""), 0, request))
        if isinstance(message, feed.Rejected):
            self.refused.add(message.cl_ord_id)
            return
        order = message.order
        if isinstance(message, feed.Accepted):
            self._by_id[order.order_id] = self.ledger.open(
                Entry(
                    order.cl_ord_id,
                    order.side,
                    units(order.price),
                    int(order.quantity),
                    int(order.quantity),
                )
            )
        entry = None if order is None else self._by_id.get(order.order_id)
        if entry is None:
            assert kind in ("canceled", "cancel_rejected", "order_status"), message
            return
        self._change(entry, message)
        self.agree(order)

    def _change(self, entry: Entry, message: Any) -> None:
        ledger = self.ledger
        if isinstance(message, feed.Executed):
            fill = Fill(
                units(message.last_px),
                int(message.last_qty),
                message.match_number,
                message.exec_id,
                message.liquidity,
            )
            ledger.fill(entry, str(message.match_number), fill)
        elif isinstance(message, feed.Replaced):
            assert message.orig_cl_ord_id == entry.name
            ledger.rename(entry, message.cl_ord_id)
            quantity = int(message.order.quantity)
            entry.leaves += quantity - entry.quantity
            entry.quantity = quantity
            entry.price = units(message.order.price)
            entry.settle()
        elif isinstance(message, feed.Canceled):
            assert int(message.quantity) == entry.leaves
            ledger.close(entry, "expired" if message.reason == "expired" else "canceled")
        elif isinstance(message, feed.Busted):
            fill = ledger.bust(entry, str(message.match_number))
            assert (fill.price, fill.quantity) == (units(message.last_px), int(message.last_qty))

    def agree(self, order: feed.Order) -> None:
        """What a message says of the whole order is what is known of it."""
        entry = self._by_id[order.order_id]
        states = {"live": "partially_filled" if entry.cum else "new"}
        assert (order.cl_ord_id, order.side, units(order.price), int(order.quantity)) == (
            entry.name,
            entry.side,
            entry.price,
            entry.quantity,
        ), (entry, order)
        assert (
            int(order.leaves_qty),
            int(order.cum_qty),
            Decimal(order.avg_px or "0"),
            order.status,
        ) == (
            entry.leaves,
            entry.cum,
            average(entry),
            states.get(entry.state, entry.state),
        ), (entry, order)


View = FixView | OuchView | WebSocketView
