"""gateway.order_entry.router: whose desk hears of each event, and what the order was then."""

import pytest

from gateway.accounts import Directory
from gateway.order_entry.orders import Orders
from gateway.order_entry.router import Router
from gateway.sessions import SessionRecord
from matching.commands import (
    AddAccount,
    AddInstrument,
    BustTrade,
    CancelOrder,
    Command,
    EndOfDay,
    EnterOrder,
    MassCancel,
    ModifyOrder,
    ReduceOrder,
    RefuseRequest,
    RegisterSession,
    ReplaceOrder,
    RerankOrder,
    SetOrderEntry,
    StartOfDay,
)
from matching.engine import Engine
from matching.instrument import Instrument
from matching.types import (
    BustReason,
    OrderType,
    RejectReason,
    RequestKind,
    Side,
    TimeInForce,
)

Heard = tuple[object, ...]
"""(wire, report, session_id, order_id, leaves, command number, index in its events)."""


class Recorder:
    """A wire's reports: who was told what."""

    def __init__(self, wire: str, heard: list[Heard]) -> None:
        self._wire = wire
        self._heard = heard

    def accepted(self, session: SessionRecord, order, seq: int, index: int) -> None:  # type: ignore[no-untyped-def]
        self._note("accepted", session, order, seq, index)

    def rejected(self, session: SessionRecord, command, event, seq: int, index: int) -> None:  # type: ignore[no-untyped-def]
        self._heard.append((self._wire, event.reason.name, session.session_id, seq, index))

    def day_changed(self, session: SessionRecord, event: object) -> None:
        self._heard.append((self._wire, type(event).__name__, session.session_id))

    def entry_changed(self, session: SessionRecord, event, seq: int, index: int) -> None:  # type: ignore[no-untyped-def]
        told = (event.firm, event.enabled, seq, index)
        self._heard.append((self._wire, "entry_changed", session.session_id, *told))

    def __getattr__(self, report: str):  # type: ignore[no-untyped-def]
        return lambda session, order, event, seq, index: self._note(
            report, session, order, seq, index
        )

    def _note(self, report: str, session: SessionRecord, order, seq: int, index: int) -> None:  # type: ignore[no-untyped-def]
        self._heard.append(
            (self._wire, report, session.session_id, order.order_id, order.leaves_qty, seq, index)
        )


class Stage:
    """Sessions 1 (fix) and 2 (ouch) of account 1, session 3 (fix) of account 2; a day open."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.engine = Engine()
        self.directory = Directory(lambda record: None)
        self.router = Router(
            Orders(),
            self.directory,
            {wire: Recorder(wire.decode(), self.heard) for wire in (b"fix", b"ouch")},
        )
        self.seq = 0
        for command in (
            AddInstrument(Instrument(b"X", tick_size=1)),
            AddAccount(b"A"),
            AddAccount(b"B"),
            RegisterSession(1, b"fix", (b"A1",)),
            RegisterSession(1, b"ouch", (b"A2",)),
            RegisterSession(2, b"fix", (b"B1",)),
            StartOfDay(20240102, 0),
        ):
            self.apply(command)

    def apply(self, command: Command) -> list[Heard]:
        """What was heard of one command; its number counts from 1 here after the stage is set."""
        self.heard.clear()
        self.seq += 1
        self.router.route(command, self.engine.apply(command, self.seq), self.seq, self.seq)
        return list(self.heard)

    def enter(self, session: int, side: Side, quantity: int, price: int = 100) -> list[Heard]:
        account = 2 if session == 3 else 1
        client_id = b"c%d" % self.seq
        return self.apply(
            EnterOrder(
                session, account, 1, client_id, side, OrderType.LIMIT, TimeInForce.DAY,
                quantity, price,
            )
        )  # fmt: skip


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_identities_are_known_before_anybody_is_told(stage: Stage) -> None:
    assert [record.wire for record in stage.directory.sessions.values()] == [
        b"fix", b"ouch", b"fix",
    ]  # fmt: skip
    assert stage.directory.accounts == {b"A": 1, b"B": 2}


def test_both_sides_hear_of_a_trade_with_their_own_order_as_it_then_stood(stage: Stage) -> None:
    assert stage.enter(1, Side.BUY, 10) == [("fix", "accepted", 1, 1, 10, 8, 0)]
    assert stage.enter(2, Side.BUY, 10) == [("ouch", "accepted", 2, 2, 10, 9, 0)]
    assert stage.enter(3, Side.SELL, 15) == [
        ("fix", "accepted", 3, 3, 15, 10, 0),
        ("fix", "executed", 1, 1, 0, 10, 1),
        ("fix", "executed", 3, 3, 5, 10, 1),
        ("ouch", "executed", 2, 2, 5, 10, 2),
        ("fix", "executed", 3, 3, 0, 10, 2),
    ]


def test_a_cancel_by_another_session_is_told_to_the_owner_and_to_the_requester(
    stage: Stage,
) -> None:
    stage.enter(1, Side.BUY, 10)
    assert stage.apply(CancelOrder(2, 1, 1, b"x")) == [
        ("fix", "canceled", 1, 1, 0, 9, 0),
        ("ouch", "canceled", 2, 1, 0, 9, 0),
    ]


def test_a_cancel_by_the_owner_or_by_nobody_is_told_once(stage: Stage) -> None:
    stage.enter(1, Side.BUY, 10)
    stage.enter(1, Side.BUY, 10)
    assert stage.apply(CancelOrder(1, 1, 1, b"x")) == [("fix", "canceled", 1, 1, 0, 10, 0)]
    assert stage.apply(MassCancel()) == [("fix", "canceled", 1, 2, 0, 11, 0)]


def test_replacements_and_reductions_are_told_to_the_owner(stage: Stage) -> None:
    stage.enter(1, Side.BUY, 10)
    assert stage.apply(ReplaceOrder(1, 1, 1, b"r", 8, 100, keep_priority=True)) == [
        ("fix", "replaced", 1, 1, 8, 9, 0)
    ]
    assert stage.apply(ReduceOrder(1, 1, 1, 5)) == [("fix", "reduced", 1, 1, 5, 10, 0)]


def test_modified_re_ranked_and_refreshed_orders_are_told_to_the_owner(stage: Stage) -> None:
    stage.enter(2, Side.BUY, 10)
    assert stage.apply(ModifyOrder(2, 1, 1, 8, b"words")) == [("ouch", "modified", 2, 1, 8, 9, 0)]
    assert stage.apply(RerankOrder(1)) == [("ouch", "reranked", 2, 1, 8, 10, 0)]
    reserve = EnterOrder(
        1, 1, 1, b"r", Side.SELL, OrderType.LIMIT, TimeInForce.DAY, 10, 200, display_quantity=4
    )
    stage.apply(reserve)
    assert stage.enter(3, Side.BUY, 4, 200) == [
        ("fix", "accepted", 3, 4, 4, 12, 0),
        ("fix", "executed", 1, 3, 6, 12, 1),
        ("fix", "executed", 3, 4, 0, 12, 1),
        ("fix", "refreshed", 1, 3, 6, 12, 2),
    ]


def test_a_change_of_order_entry_is_told_to_the_session_that_asked(stage: Stage) -> None:
    changed = [("ouch", "entry_changed", 2, b"FIRM", False, 8, 0)]
    assert stage.apply(SetOrderEntry(2, 1, b"x", b"FIRM", False)) == changed


def test_a_refusal_is_told_to_the_requester_alone(stage: Stage) -> None:
    stage.enter(1, Side.BUY, 10)
    refusal = RefuseRequest(2, 1, b"x", RequestKind.CANCEL, RejectReason.NOT_ALLOWED, 1)
    assert stage.apply(refusal) == [("ouch", "NOT_ALLOWED", 2, 9, 0)]
    assert stage.apply(CancelOrder(0, 0, 99, b"")) == []


def test_a_bust_is_told_to_both_sides_of_the_trade(stage: Stage) -> None:
    stage.enter(2, Side.BUY, 10)
    stage.enter(3, Side.SELL, 4)
    assert stage.apply(BustTrade(1, BustReason.ERRONEOUS)) == [
        ("ouch", "busted", 2, 1, 6, 10, 0),
        ("fix", "busted", 3, 2, 0, 10, 0),
    ]


def test_the_day_ends_with_expiries_for_owners_and_then_a_word_to_everybody(stage: Stage) -> None:
    stage.enter(1, Side.BUY, 10)
    assert stage.apply(EndOfDay()) == [
        ("fix", "canceled", 1, 1, 0, 9, 0),
        ("fix", "DayEnded", 1),
        ("ouch", "DayEnded", 2),
        ("fix", "DayEnded", 3),
    ]
    assert stage.apply(StartOfDay(20240103, 1)) == [
        ("fix", "DayStarted", 1),
        ("ouch", "DayStarted", 2),
        ("fix", "DayStarted", 3),
    ]
