"""What a run of participants amounted to."""

from collections import Counter

from simulator.clients.words import Executed, New, Rejected, Replace, Report, Request


class Tally:
    """Counts of one run: orders sent, executions and trades by instrument, refusals by reason."""

    def __init__(self) -> None:
        self.orders: Counter[str] = Counter()
        """New and replace requests by wire."""
        self.executions: Counter[tuple[str, str]] = Counter()
        """By symbol and wire; a trade between two participants counts for both."""
        self.trades: Counter[str] = Counter()
        """By symbol, as the venue's public feed told them."""
        self.feed_heard = False
        """The public feed said something about trades; without it nobody counted them."""
        self.refusals: Counter[str] = Counter()
        self.overtaken: Counter[str] = Counter()
        """Cancels and replaces that did not fit their order any more, by reason: a fill under way
        does that, and nobody erred."""

    def sent(self, wire: str, request: Request) -> None:
        if isinstance(request, New | Replace):
            self.orders[wire] += 1

    def told(self, wire: str, symbol: bytes, report: Report) -> None:
        """One report about an order in `symbol`."""
        if isinstance(report, Executed):
            self.executions[symbol.decode(), wire] += 1
        elif isinstance(report, Rejected):
            counts = self.overtaken if report.of_change else self.refusals
            counts[f"{wire}: {report.reason}"] += 1

    def lines(self, symbols: list[str]) -> list[str]:
        """The summary for a person."""
        wires = sorted(self.orders)
        parts = ", ".join(f"{wire} {self.orders[wire]}" for wire in wires)
        lines = [f"orders: {self.orders.total()} ({parts})"]
        for symbol in symbols:
            parts = ", ".join(f"{wire} {self.executions[symbol, wire]}" for wire in wires)
            trades = f"{self.trades[symbol]} trades; " if self.feed_heard else ""
            lines.append(f"{symbol}: {trades}executions: {parts}")
        for reason, count in self.overtaken.most_common(5):
            lines.append(f"changed too late {count} times: {reason}")
        for reason, count in self.refusals.most_common(5):
            lines.append(f"refused {count} times: {reason}")
        return lines
