"""Words without a trade in them: DontKnowTrade(Q) from clients, News(B) from the operator."""

from gateway.desk import Floor
from gateway.order_entry.fix_reports import FixReports, stream_of
from gateway.order_entry.fix_requests import asker, value
from gateway.sessions import Connection
from protocol.fix.messages import ApplicationMessage
from protocol.fix.reconciliation import news
from protocol.fix.values import format_utc_timestamp, printable

LINES_MAX = 20
"""LinesOfText(33) of one News(B)."""


class FixNotices:
    """Heard and told; nothing follows from them."""

    def __init__(self, floor: Floor, reports: FixReports) -> None:
        self._floor = floor
        self._reports = reports

    def dont_know_trade(self, connection: Connection, message: ApplicationMessage) -> None:
        """DontKnowTrade(Q): written to the log, not answered. An execution stands until the venue
        breaks it."""
        names = ((17, "ExecID"), (37, "OrderID"), (127, "DKReason"), (58, "Text"))
        said = " ".join(f"{name}({tag})={printable(value(message, tag))}" for tag, name in names)
        self._floor.remark(connection, f"the peer does not know a trade: {said}")

    def announce(self, connection: Connection, headline: str, text: str) -> None:
        """News(B) to a session that is logged on, which asks for it again if it misses it."""
        record = asker(connection)
        stream = stream_of(record)
        lines = tuple(line.encode() for line in text.splitlines()[:LINES_MAX] if line)
        now = format_utc_timestamp(self._floor.now_ns, stream.time_digits)
        self._reports.send(record, b"B", news(stream.version, headline.encode(), lines, now))
