"""What waits in the book: mutable, slotted, linked in queue order.

An order points to its neighbours, a level to its ends, and nothing points back: an order or a
level that left the book is part of no reference cycle, so the venue can run without collector.
"""

import msgspec

from matching.commands import EnterOrder


class Terms(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What an order asks for beyond price, quantity and time in force. Few orders have any."""

    display_quantity: int
    """FULL, 0 for a hidden order, else the most that a reserve order shows at once."""
    shown: int
    """What the book shows of it now: FULL, 0 for a hidden order, else at least 1."""
    expire_ns: int
    """0: never before its time in force."""
    post_only: bool


class RestingOrder:
    """The open part of a limit order.

    `quantity` is the chain total: executed = quantity - leaves, and a bust changes neither.
    `terms` is None for an ordinary order: shown in full, no expiry, free to trade on arrival.
    """

    __slots__ = (
        "account_id",
        "instrument_id",
        "leaves",
        "next",
        "order_id",
        "order_reference",
        "previous",
        "price",
        "quantity",
        "session_id",
        "side",
        "terms",
        "time_in_force",
    )

    next: "RestingOrder | None"
    previous: "RestingOrder | None"
    """Set by the book when the order joins a queue."""

    def __init__(self, order_id: int, entry: EnterOrder, leaves: int) -> None:
        self.order_id = order_id
        self.order_reference = order_id
        self.session_id = entry.session_id
        self.account_id = entry.account_id
        self.instrument_id = entry.instrument_id
        self.side = entry.side
        self.time_in_force = entry.time_in_force
        self.quantity = entry.quantity
        self.price = entry.price
        self.leaves = leaves
        self.terms: Terms | None = None


class Level:
    """All orders at one price of one side: those that show, oldest first, then the hidden ones,
    oldest first. It goes with its last order."""

    __slots__ = ("head", "hidden", "quantity", "tail")

    def __init__(self, order: RestingOrder) -> None:
        self.head = order
        self.tail = order
        self.quantity = order.leaves
        """Sum of the orders' leaves, shown or not."""
        self.hidden: RestingOrder | None = None
        """The oldest hidden order."""
