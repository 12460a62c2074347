"""What waits in the book: mutable, slotted, linked in queue order.

An order points to its neighbours, a level to its two ends, and nothing points back: an order or a
level that left the book is part of no reference cycle, so the venue can run without collector.
"""

from matching.commands import EnterOrder


class RestingOrder:
    """The open part of a limit order.

    `quantity` is the chain total: executed = quantity - leaves, and a bust changes neither.
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


class Level:
    """All orders at one price of one side, oldest first. It goes with its last order."""

    __slots__ = ("head", "quantity", "tail")

    def __init__(self, order: RestingOrder) -> None:
        self.head = order
        self.tail = order
        self.quantity = order.leaves
        """Sum of the orders' leaves."""
