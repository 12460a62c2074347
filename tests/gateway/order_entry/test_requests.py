"""gateway.order_entry.requests: identity and ownership of requests, whatever wire they came on."""

from dataclasses import dataclass, field

import pytest

from gateway.accounts import Directory
from gateway.order_entry import requests
from gateway.order_entry.orders import CLIENT_ID_MAX, Orders
from gateway.order_entry.outcomes import Order
from gateway.sessions import SessionRecord
from matching.commands import (
    AddAccount,
    AddInstrument,
    CancelOrder,
    Command,
    EnterOrder,
    RefuseRequest,
    RegisterSession,
    ReplaceOrder,
    StartOfDay,
)
from matching.engine import Engine
from matching.events import Event
from matching.instrument import Instrument
from matching.types import OrderType, RejectReason, RequestKind, Side, TimeInForce

CANCEL, REPLACE = RequestKind.CANCEL, RequestKind.REPLACE


@dataclass
class StagedFloor:
    """What requests use of a venue: commands go to an engine and into the day's orders."""

    engine: Engine = field(default_factory=Engine)
    orders: Orders = field(default_factory=Orders)
    commands: list[Command] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.directory = Directory(lambda record: None)
        for command in (
            AddInstrument(Instrument(b"X", tick_size=1)),
            AddAccount(b"SHARED", True),
            AddAccount(b"PRIVATE", False),
            RegisterSession(1, b"fix", (b"OWNER",)),
            RegisterSession(1, b"ws", (b"COLLEAGUE",)),
            RegisterSession(2, b"fix", (b"STRANGER",)),
            RegisterSession(2, b"fix", (b"SECOND",)),
            StartOfDay(20240102, 0),
        ):
            self.submit(command)

    def submit(self, command: Command) -> tuple[Event, ...]:
        self.commands.append(command)
        events = self.engine.apply(command, 1)
        for event in events:
            self.orders.fold(command, event, (len(self.commands), 0), 1)
            self.directory.fold(event)
        return events

    def order(self, session_id: int, client_id: bytes) -> Order:
        """A live order of 10 at 100."""
        session = self.session(session_id)
        self.submit(
            EnterOrder(
                session_id, session.account_id, 1, client_id,
                Side.BUY, OrderType.LIMIT, TimeInForce.DAY, 10, 100,
            )
        )  # fmt: skip
        order = self.orders.find(session_id, client_id)
        assert order is not None
        return order

    def session(self, session_id: int) -> SessionRecord:
        return self.directory.sessions[session_id]

    def last(self) -> Command:
        return self.commands[-1]


@pytest.fixture
def floor() -> StagedFloor:
    return StagedFloor()


def refused(
    client_id: bytes, kind: RequestKind, reason: RejectReason, order_id: int, text: bytes
) -> RefuseRequest:
    return RefuseRequest(1, 1, client_id, kind, reason, order_id, text, b"echo")


OWNER, COLLEAGUE, STRANGER, SECOND = 1, 2, 3, 4


@pytest.mark.parametrize(
    ("owner", "who", "seen"),
    [
        (OWNER, OWNER, True),
        (OWNER, COLLEAGUE, True),
        (OWNER, STRANGER, False),
        (STRANGER, STRANGER, True),
        (STRANGER, SECOND, False),
        (STRANGER, OWNER, False),
    ],
)
def test_an_order_is_visible_to_its_session_and_to_its_account_where_allowed(
    floor: StagedFloor, owner: int, who: int, seen: bool
) -> None:
    order = floor.order(owner, b"a")
    found = requests.visible(floor, floor.session(who), order.order_id)  # type: ignore[arg-type]
    assert found is (order if seen else None)
    assert requests.visible(floor, floor.session(who), 99) is None  # type: ignore[arg-type]


def test_a_cancel_goes_to_the_engine_in_the_requesters_name(floor: StagedFloor) -> None:
    order = floor.order(OWNER, b"a")
    requests.cancel(floor, floor.session(COLLEAGUE), b"c", order)  # type: ignore[arg-type]
    assert floor.last() == CancelOrder(COLLEAGUE, 1, order.order_id, b"c")
    assert not order.live


def test_what_cannot_be_canceled_is_refused_by_a_command_and_spends_the_id(
    floor: StagedFloor,
) -> None:
    order = floor.order(OWNER, b"a")
    long_id = b"x" * (CLIENT_ID_MAX + 1)
    cases: list[tuple[bytes, Order | None, RejectReason, int, bytes]] = [
        (b"u", None, RejectReason.UNKNOWN_ORDER, 0, b"unknown order"),
        (b"u", order, RejectReason.DUPLICATE_CLIENT_ID, 1, b"duplicate client order id"),
        (b"a", order, RejectReason.DUPLICATE_CLIENT_ID, 1, b"duplicate client order id"),
        (long_id, order, RejectReason.INVALID_FIELD, 1, b"client order id: at most 64 bytes"),
    ]
    for client_id, named, reason, order_id, text in cases:
        requests.cancel(floor, floor.session(OWNER), client_id, named, b"echo")  # type: ignore[arg-type]
        assert floor.last() == refused(client_id, CANCEL, reason, order_id, text)
    assert order.live
    requests.cancel(floor, floor.session(OWNER), b"c", order)  # type: ignore[arg-type]
    requests.cancel(floor, floor.session(OWNER), b"d", order, b"echo")  # type: ignore[arg-type]
    assert floor.last() == refused(b"d", CANCEL, RejectReason.TOO_LATE, 1, b"order is closed")


def test_only_the_entering_session_replaces(floor: StagedFloor) -> None:
    order = floor.order(OWNER, b"a")
    asked = ReplaceOrder(COLLEAGUE, 1, order.order_id, b"r", 5, 100, keep_priority=True)
    requests.replace(floor, floor.session(COLLEAGUE), asked, order)  # type: ignore[arg-type]
    assert floor.last() == RefuseRequest(
        COLLEAGUE, 1, b"r", REPLACE, RejectReason.NOT_ALLOWED, 1,
        b"only the entering session replaces",
    )  # fmt: skip
    own = ReplaceOrder(OWNER, 1, order.order_id, b"r", 5, 100, keep_priority=True)
    requests.replace(floor, floor.session(OWNER), own, order)  # type: ignore[arg-type]
    assert floor.last() == own
    assert (order.client_id, order.leaves_qty) == (b"r", 5)


def test_a_replace_of_nothing_or_of_a_closed_order_is_refused(floor: StagedFloor) -> None:
    request = ReplaceOrder(OWNER, 1, 0, b"r", 0, 0, keep_priority=True)
    requests.replace(floor, floor.session(OWNER), request, None, b"echo")  # type: ignore[arg-type]
    assert floor.last() == refused(b"r", REPLACE, RejectReason.UNKNOWN_ORDER, 0, b"unknown order")
    order = floor.order(OWNER, b"a")
    requests.cancel(floor, floor.session(OWNER), b"c", order)  # type: ignore[arg-type]
    request = ReplaceOrder(OWNER, 1, 1, b"s", 5, 100, keep_priority=True)
    requests.replace(floor, floor.session(OWNER), request, order, b"echo")  # type: ignore[arg-type]
    assert floor.last() == refused(b"s", REPLACE, RejectReason.TOO_LATE, 1, b"order is closed")


def test_a_delimiter_in_a_refused_symbol_begins_no_field() -> None:
    assert (
        requests.refused_terms(Side.SELL, b"A\x0154=1", b"100", b"187")
        == b"38=100\x0144=187\x0154=2\x0155=A?54=1"
    )
