"""What everybody has to know: folded from the journal's commands by an engine of our own, with the
words of specs/who-receives-what.md."""

from pathlib import Path

from gateway.journal.log import MemoryLog
from gateway.journal.records import decode_batch
from matching import events as ev
from matching.engine import Engine
from matching.types import FULL, CancelReason, RejectReason, RequestKind, Side
from tests.laws.cross_wire_ledger import Entry, Fill
from tests.laws.cross_wire_views import Told

DOCUMENT = Path(__file__).parent.parent.parent / "specs" / "who-receives-what.md"
_COLUMNS = {
    "FIX 4.2": ("fix42",),
    "FIX 4.4, 5.0SP2": ("fix44", "fix50"),
    "OUCH 4.2": ("ouch",),
    "OUCH 5.0": ("ouch50",),
    "WebSocket": ("websocket",),
}
WIRES = tuple(wire for wires in _COLUMNS.values() for wire in wires)
_SIDES = {Side.BUY: "buy", Side.SELL: "sell"}
_VERSIONS = {b"FIX.4.2": "fix42", b"FIX.4.4": "fix44", b"FIXT.1.1": "fix50"}
_CANCELED_ROWS = {
    CancelReason.USER: "canceled on request",
    CancelReason.REPLACE_INVALID: "canceled on request",
    CancelReason.IMMEDIATE_OR_CANCEL: "nothing left to trade against",
    CancelReason.SUPERVISORY: "canceled by the venue",
    CancelReason.EXPIRED: "expired",
    CancelReason.POST_ONLY: "post-only order would have traded",
}


def _words() -> dict[tuple[str, str], str]:
    """(event, wire) -> its word, empty where nothing is said."""
    table = DOCUMENT.read_text().split("## In each wire's words")[1]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if line.startswith("| ")
    ]
    return {
        (row[0], wire): cell.strip("`") if "`" in cell else ""
        for row in rows[1:]
        for title, cell in zip(rows[0][1:], row[1:], strict=True)
        for wire in _COLUMNS[title]
    }


WORDS = _words()


class Truth:
    """All orders and trades since the venue's first day, and what each session must have heard."""

    def __init__(self, log: MemoryLog) -> None:
        self.engine = Engine()
        self.orders: dict[int, Entry] = {}
        self.owners: dict[int, int] = {}
        """Order to session."""
        self.wires: dict[int, str] = {}
        self.keys: dict[tuple[bytes, ...], int] = {}
        self.trades: dict[int, tuple[int, bool]] = {}
        """Match number of the running day: shares, and whether it is broken."""
        self.told: dict[int, list[Told]] = {}
        self._log = log
        self._next_batch = 1
        self._seq = 0
        self._folds = {
            ev.SessionRegistered: self._registered,
            ev.DayStarted: self._day_started,
            ev.DayEnded: self._day_ended,
            ev.OrderAccepted: self._accepted,
            ev.OrderRejected: self._rejected,
            ev.OrderRested: self._rested,
            ev.OrderExecuted: self._executed,
            ev.OrderReplaced: self._replaced,
            ev.OrderReduced: self._reduced,
            ev.OrderModified: self._modified,
            ev.OrderReranked: self._reranked,
            ev.OrderRefreshed: self._refreshed,
            ev.OrderCanceled: self._canceled,
            ev.OrderEntryChanged: self._entry_changed,
            ev.MassCanceled: self._mass_canceled,
            ev.TradeBusted: self._busted,
        }

    def follow(self) -> None:
        """Take in what was journaled since."""
        for number, payload in self._log.read(self._next_batch):
            batch = decode_batch(payload)
            for command in batch.commands:
                self._seq += 1
                for index, event in enumerate(self.engine.apply(command, batch.now_ns)):
                    fold = self._folds.get(type(event))
                    if fold is not None:
                        fold(event, f"{self._seq}-{index}")  # type: ignore[operator]
            self._next_batch = number + 1

    def displayed(self) -> dict[int, tuple[bytes, bytes, int, int]]:
        """What the book shows: by reference its symbol, side, shares and price."""
        shown = {}
        for instrument_id, listing in self.engine.instruments.items():
            symbol = listing.instrument.symbol.ljust(8)
            for order in self.engine.resting(instrument_id):
                shares = order.quantity if order.displayed == FULL else order.displayed
                if shares:
                    letter = b"B" if order.side is Side.BUY else b"S"
                    shown[order.order_reference] = (symbol, letter, shares, order.price)
        return shown

    def ledger(self, session_id: int) -> dict[str, Entry]:
        """The session's orders as its wire can tell them."""
        wire = self.wires[session_id]
        mine = [self.orders[i] for i, owner in self.owners.items() if owner == session_id]
        return {entry.name: _as_told(entry, wire) for entry in mine}

    # -- who hears what -----------------------------------------------------------------------

    def _tell(
        self, session_id: int, row: str, exec_id: str = "", reference: int = 0, request: str = ""
    ) -> None:
        wire = self.wires[session_id]
        word = WORDS[row, wire]
        if not word:
            return
        if wire.startswith("ouch"):
            told = Told(word, "", reference if word in ("A", "U", "T", "R") else 0)
        elif wire == "websocket":
            told = Told(word, exec_id, 0, request)
        else:
            report = word.startswith("8")
            told = Told(word, exec_id, reference, request) if report else Told(word)
        self.told[session_id].append(told)

    def _tell_owner(self, order_id: int, row: str, exec_id: str) -> None:
        self._tell(self.owners[order_id], row, exec_id, self.orders[order_id].reference)

    # -- the day ------------------------------------------------------------------------------

    def _registered(self, event: ev.SessionRegistered, exec_id: str) -> None:
        wire = event.wire.decode()
        self.wires[event.session_id] = _VERSIONS[event.key[0]] if wire == "fix" else wire
        self.keys[event.wire, *event.key] = event.session_id
        self.told[event.session_id] = []
        self._tell(event.session_id, "day starts")

    def _day_started(self, event: ev.DayStarted, exec_id: str) -> None:
        self.trades.clear()
        for session_id in self.wires:
            self._tell(session_id, "day starts")

    def _day_ended(self, event: ev.DayEnded, exec_id: str) -> None:
        for session_id in self.wires:
            self._tell(session_id, "day ends")

    # -- orders -------------------------------------------------------------------------------

    def _accepted(self, event: ev.OrderAccepted, exec_id: str) -> None:
        order_id = event.order_id
        self.owners[order_id] = event.session_id
        self.orders[order_id] = Entry(
            event.client_id.decode().rstrip(),
            _SIDES[event.side],
            event.price,
            event.quantity,
            event.quantity,
            order_id,
        )
        self._tell_owner(order_id, "accepted", exec_id)

    def _rejected(self, event: ev.OrderRejected, exec_id: str) -> None:
        if event.kind is RequestKind.ENTER:
            self._tell(event.session_id, "rejected", exec_id)
        elif self.wires[event.session_id].startswith("ouch"):
            if event.reason in (RejectReason.HALTED, RejectReason.CLOSED):
                self._tell(event.session_id, "rejected")
        else:
            self._tell(event.session_id, "cancel or replace refused")

    def _rested(self, event: ev.OrderRested, exec_id: str) -> None:
        self.orders[event.order_id].reference = event.order_reference

    def _executed(self, event: ev.OrderExecuted, exec_id: str) -> None:
        self.trades[event.match_number] = (event.quantity, False)
        for order_id, leaves, flag in (
            (event.resting_order_id, event.resting_leaves, "A" if event.displayed else "J"),
            (event.incoming_order_id, event.incoming_leaves, "R"),
        ):
            entry = self.orders[order_id]
            letter = "B" if entry.side == "buy" else "S"
            entry.fills[str(event.match_number)] = Fill(
                event.price,
                event.quantity,
                event.match_number,
                exec_id + letter,
                flag,
                entry.name,
            )
            entry.cum += event.quantity
            entry.notional += event.quantity * event.price
            entry.leaves = leaves
            entry.settle()
            self._tell_owner(order_id, "partial fill" if leaves else "fill", exec_id + letter)

    def _replaced(self, event: ev.OrderReplaced, exec_id: str) -> None:
        entry = self.orders[event.order_id]
        entry.name = event.client_id.decode().rstrip()
        entry.price, entry.quantity = event.price, event.quantity
        entry.leaves, entry.reference = event.leaves, event.order_reference
        entry.settle()
        self._tell_owner(event.order_id, "replaced", exec_id)

    def _lower(self, event: ev.OrderReduced | ev.OrderModified) -> None:
        entry = self.orders[event.order_id]
        entry.quantity -= event.quantity
        entry.leaves = event.leaves

    def _reduced(self, event: ev.OrderReduced, exec_id: str) -> None:
        self._lower(event)
        self._tell_owner(event.order_id, "reduced", exec_id)

    def _modified(self, event: ev.OrderModified, exec_id: str) -> None:
        self._lower(event)
        self._tell_owner(event.order_id, "modified", exec_id)

    def _reranked(self, event: ev.OrderReranked, exec_id: str) -> None:
        self.orders[event.order_id].reference = event.order_reference
        self._tell_owner(event.order_id, "sent to the end of its queue", exec_id)

    def _refreshed(self, event: ev.OrderRefreshed, exec_id: str) -> None:
        self.orders[event.order_id].reference = event.order_reference
        self._tell_owner(event.order_id, "reserve shown anew", exec_id)

    def _canceled(self, event: ev.OrderCanceled, exec_id: str) -> None:
        entry = self.orders[event.order_id]
        entry.leaves = 0
        entry.ended = "expired" if event.reason is CancelReason.EXPIRED else "canceled"
        entry.settle()
        row = _CANCELED_ROWS[event.reason]
        owner, asking = self.owners[event.order_id], event.requested_by
        # Nobody else's request is the owner's.
        for session_id in dict.fromkeys((owner, asking or owner)):
            request = event.client_id.decode() if session_id == asking else ""
            self._tell(session_id, row, exec_id, entry.reference, request)

    def _mass_canceled(self, event: ev.MassCanceled, exec_id: str) -> None:
        self._tell(event.requested_by, "mass cancel done", exec_id)

    def _entry_changed(self, event: ev.OrderEntryChanged, exec_id: str) -> None:
        row = "order entry enabled" if event.enabled else "order entry disabled"
        self._tell(event.session_id, row)

    def _busted(self, event: ev.TradeBusted, exec_id: str) -> None:
        shares, _ = self.trades[event.match_number]
        self.trades[event.match_number] = (shares, True)
        for order_id in (event.resting_order_id, event.incoming_order_id):
            entry = self.orders[order_id]
            fill = entry.fills[str(event.match_number)]
            fill.broken = True
            entry.cum -= fill.quantity
            entry.notional -= fill.quantity * fill.price
            entry.settle()
            letter = "B" if entry.side == "buy" else "S"
            self._tell_owner(order_id, "trade broken", exec_id + letter)


def _as_told(entry: Entry, wire: str) -> Entry:
    """What of an order the words of a wire can say."""
    ouch = wire.startswith("ouch")
    websocket = wire == "websocket"
    fills = {}
    for number, fill in entry.fills.items():
        flag = fill.flag if ouch else ""
        if websocket:
            flag = "taker" if fill.flag == "R" else "maker"
        fills[number if ouch or websocket else fill.exec_id] = Fill(
            fill.price,
            fill.quantity,
            fill.match_number if ouch or websocket else 0,
            "" if ouch else fill.exec_id,
            flag,
            fill.name if ouch else "",
            fill.broken,
        )
    return Entry(
        entry.name,
        entry.side,
        entry.price,
        0 if ouch else entry.quantity,
        entry.leaves,
        entry.reference if ouch else 0,
        entry.cum,
        entry.notional,
        entry.ended,
        entry.state,
        fills,
    )
