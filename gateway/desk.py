"""What the venue asks of each wire: open sessions, act on their events, put reports into its words.

One desk a wire: `gateway/order_entry/{fix,ouch,websocket}`. Desks run inside the tick: they read no
clock, await nothing and write no socket; what they send is numbered at once and leaves with the
commit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from gateway.accounts import Credentials, Directory, Verdict
from gateway.journal.log import SequencedLog
from gateway.order_entry.orders import Orders
from gateway.order_entry.outcomes import Order
from gateway.sessions import Connection, Numbers, SessionRecord
from matching.commands import Command
from matching.engine import Engine
from matching.events import (
    DayEnded,
    DayStarted,
    Event,
    OrderCanceled,
    OrderEntryChanged,
    OrderExecuted,
    OrderModified,
    OrderReduced,
    OrderRefreshed,
    OrderRejected,
    OrderReplaced,
    OrderReranked,
    TradeBusted,
)
from protocol.sent_log import Reader
from protocol.session import Session


def exec_id(command_seq: int, index: int) -> bytes:
    """ExecID(17) of the event at `index` of command `command_seq`: unique as long as the journal
    is.

    The two sides of an execution append their own letter, `B` or `S`: one match, two ids.
    """
    return b"%d-%d" % (command_seq, index)


class Floor(Protocol):
    """What the venue offers a desk inside the tick."""

    engine: Engine
    orders: Orders
    directory: Directory
    credentials: Credentials

    log: SequencedLog
    """`next_batch` is the number of the open tick."""

    now_ns: int
    """The tick's time."""

    watchers: list[Callable[[Sequence[Event]], None]]
    """Called with the events of each tick before it is written; empty while nobody needs it."""
    waiting: dict[int, Callable[[Connection], None]]
    """By connection_id: called when the connection's transport takes bytes, a tick of its own."""

    @property
    def happened(self) -> Sequence[Event]:
        """The events of the open tick so far."""

    def submit(self, command: Command) -> tuple[Event, ...]:
        """Number, apply and route one command."""

    def judge(self, connection: Connection, verdict: Verdict) -> Verdict:
        """Record how a login was judged; the recorded verdict counts in a replay."""

    def change_password(self, session: SessionRecord, password: bytes, configured: bytes) -> None:
        """Record that `session` chose a password instead of the configured one."""

    def attach(self, connection: Connection, session: SessionRecord) -> None:
        """From now on `connection` serves `session`."""

    def drop(self, connection: Connection, reason: str) -> None:
        """End a connection with this tick; what its session has to say still leaves."""

    def touch(self, session: SessionRecord) -> None:
        """Numbers of `session` moved, or bytes wait for its connection: commit must look at it."""

    def copy_reports(self, copies: Mapping[type, Callable[..., None]]) -> None:
        """From now on every event of these types is also handed to its copier, after its owner was
        told: `copier(command, event, command_seq, index)`."""

    def remark(self, connection: Connection, text: str) -> None:
        """A log line about a connection."""


class Reports(Protocol):
    """Engine events in one wire's words. Each method gets the order as it is after the event.

    `session` is the durable session to be told; it may have no connection: the report is numbered
    all the same and waits. `command_seq` and `index` name the event (`exec_id`)."""

    def accepted(self, session: SessionRecord, order: Order, command_seq: int, index: int) -> None:
        """The order is live (OrderAccepted)."""

    def rejected(
        self,
        session: SessionRecord,
        command: Command,
        event: OrderRejected,
        command_seq: int,
        index: int,
    ) -> None:
        """A request was refused; `command` is the request, or the RefuseRequest that stands for
        it."""

    def executed(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderExecuted,
        command_seq: int,
        index: int,
    ) -> None:
        """A fill of `order`; `order.order_id == event.resting_order_id` tells the liquidity
        side."""

    def canceled(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderCanceled,
        command_seq: int,
        index: int,
    ) -> None:
        """The order is done. `event.requested_by` other than this session: unsolicited here."""

    def replaced(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderReplaced,
        command_seq: int,
        index: int,
    ) -> None:
        """The order has new details."""

    def reduced(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderReduced,
        command_seq: int,
        index: int,
    ) -> None:
        """The order's open quantity was lowered in place."""

    def modified(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderModified,
        command_seq: int,
        index: int,
    ) -> None:
        """The order has other words of its own wire, and perhaps less to execute, in place."""

    def reranked(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderReranked,
        command_seq: int,
        index: int,
    ) -> None:
        """The venue sent the order to the end of its price's queue under a new reference."""

    def refreshed(
        self,
        session: SessionRecord,
        order: Order,
        event: OrderRefreshed,
        command_seq: int,
        index: int,
    ) -> None:
        """The order, a reserve order, shows a new part of itself under a new reference."""

    def entry_changed(
        self, session: SessionRecord, event: OrderEntryChanged, command_seq: int, index: int
    ) -> None:
        """The session enters no new orders of a firm any more, or again."""

    def busted(
        self, session: SessionRecord, order: Order, event: TradeBusted, command_seq: int, index: int
    ) -> None:
        """A fill of the order was broken; its CumQty is already without it."""

    def day_changed(self, session: SessionRecord, event: DayStarted | DayEnded) -> None:
        """A trading day began or ended, for a session that exists already."""


class Desk(Protocol):
    """One wire's front desk: sessions, logins, requests."""

    @property
    def reports(self) -> Reports:
        """The way out of the same wire."""

    def open(self, now_ns: int) -> Session:
        """A fresh sans-IO session for a new connection."""

    def handle(self, connection: Connection, event: object) -> None:
        """Act on one event of a session."""

    def closed(self, connection: Connection) -> None:
        """The transport is gone or about to go: detach the durable session."""

    def shut(self, connection: Connection, text: str) -> None:
        """Say goodbye in the wire's own way (FIX Logout, SoupBinTCP close without `Z`)."""

    def announce(self, connection: Connection, headline: str, text: str) -> bool:
        """The operator's news for a peer that is logged on; False: the wire has no word for it."""

    def renumber(self, session: SessionRecord, next_in: int, next_out: int) -> bool:
        """The operator moves the numbers of a session that no connection serves; False: this
        wire's clients have none to move."""

    def numbers(self, session: SessionRecord) -> Numbers:
        """The durable numbers as they stand, for the journal."""

    def restore(self, session: SessionRecord, numbers: Numbers, reader: Reader) -> None:
        """Make a recovered or new session usable: its stream goes on from `numbers`."""
