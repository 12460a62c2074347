"""Orders as somebody has them who was told of them: the book-keeping that all views share."""

import msgspec


class Fill(msgspec.Struct):
    """One side of a trade. What a wire does not say is 0 or empty."""

    price: int
    quantity: int
    match_number: int = 0
    exec_id: str = ""
    flag: str = ""
    name: str = ""
    """Under which name the order traded."""
    broken: bool = False


class Entry(msgspec.Struct):
    """One order, prices in 1/10000."""

    name: str
    side: str
    price: int
    quantity: int
    leaves: int
    reference: int = 0
    cum: int = 0
    notional: int = 0
    ended: str = ""
    """`canceled` or `expired`."""
    state: str = "live"
    fills: dict[str, Fill] = msgspec.field(default_factory=dict)
    """By what names the trade on this wire."""

    def settle(self) -> None:
        """Say where the order stands. What was filled and is broken does not trade any more: it
        counts as canceled."""
        if self.leaves:
            self.state = "live"
        elif self.ended:
            self.state = self.ended
        else:
            self.state = "canceled" if any(f.broken for f in self.fills.values()) else "filled"


class Ledger:
    """All orders of one session, by the name that each has now."""

    def __init__(self) -> None:
        self.orders: dict[str, Entry] = {}

    def open(self, entry: Entry) -> Entry:
        assert entry.name not in self.orders, entry
        self.orders[entry.name] = entry
        return entry

    def rename(self, entry: Entry, name: str) -> None:
        """A replacement goes on under its own name."""
        assert name not in self.orders, name
        del self.orders[entry.name]
        entry.name = name
        self.orders[name] = entry

    @staticmethod
    def fill(entry: Entry, key: str, fill: Fill) -> None:
        assert key not in entry.fills, key
        assert 0 < fill.quantity <= entry.leaves
        entry.fills[key] = fill
        entry.leaves -= fill.quantity
        entry.cum += fill.quantity
        entry.notional += fill.price * fill.quantity
        entry.settle()

    @staticmethod
    def close(entry: Entry, ended: str) -> None:
        entry.leaves = 0
        entry.ended = ended
        entry.settle()

    @staticmethod
    def bust(entry: Entry, key: str) -> Fill:
        fill = entry.fills[key]
        assert not fill.broken, key
        fill.broken = True
        entry.cum -= fill.quantity
        entry.notional -= fill.price * fill.quantity
        entry.settle()
        return fill

    def live(self) -> list[Entry]:
        return [entry for entry in self.orders.values() if entry.leaves]
