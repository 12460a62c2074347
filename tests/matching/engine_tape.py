"""Words to write engine tests as tape: who enters what, and every event that follows."""

from matching.commands import (
    AddAccount,
    AddInstrument,
    Command,
    EnterOrder,
    RegisterSession,
    StartOfDay,
)
from matching.engine import Engine
from matching.events import Event, OrderAccepted, OrderCanceled, OrderExecuted, OrderRested
from matching.instrument import Instrument
from matching.snapshot import Limits
from matching.types import FULL, CancelReason, OrderType, Side, TimeInForce

BUY, SELL = Side.BUY, Side.SELL
LIMIT, MARKET = OrderType.LIMIT, OrderType.MARKET
DAY, GTC, IOC, FOK = TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK

AAPL = Instrument(b"AAPL", tick_size=100, lot_size=1)
MSFT = Instrument(b"MSFT", tick_size=100, lot_size=10)
TRADING_DATE = 20250102
MIDNIGHT_NS = 1_735_776_000_000_000_000

SETUP: tuple[Command, ...] = (
    AddAccount(b"ACME"),
    AddAccount(b"EMCA"),
    RegisterSession(1, b"FIX", (b"FIX.4.4", b"ACME1", b"XVEN")),
    RegisterSession(2, b"OUCH", (b"9879", b"EMCAO1")),
    AddInstrument(AAPL),
    AddInstrument(MSFT),
)
"""Sessions 1 and 2 of accounts 1 and 2; instruments 1 (AAPL) and 2 (MSFT)."""


class Tape:
    """An engine and the last time it was given; every command is followed by its self-check."""

    def __init__(self, *, day: bool = True, limits: Limits | None = None) -> None:
        self.engine = Engine(limits)
        for command in SETUP:
            self.apply(command)
        if day:
            self.apply(StartOfDay(TRADING_DATE, MIDNIGHT_NS))

    def apply(self, command: Command) -> tuple[Event, ...]:
        events = self.engine.apply(command, self.engine.timestamp_ns + 1)
        self.engine._check()
        return events

    def enter(self, *args: object, **kwargs: object) -> tuple[Event, ...]:
        return self.apply(entry(*args, **kwargs))  # type: ignore[arg-type]


def entry(
    side: Side,
    quantity: int,
    price: int,
    tif: TimeInForce = DAY,
    *,
    session: int = 1,
    instrument: int = 1,
    order_type: OrderType = LIMIT,
    expire_ns: int = 0,
    display: int = FULL,
    post_only: bool = False,
) -> EnterOrder:
    """Session n trades for account n."""
    return EnterOrder(
        session,
        session,
        instrument,
        b"C",
        side,
        order_type,
        tif,
        quantity,
        price,
        b"echo",
        expire_ns,
        display,
        post_only,
    )


def accepted(order_id: int, command: EnterOrder) -> OrderAccepted:
    return OrderAccepted(
        order_id=order_id,
        session_id=command.session_id,
        account_id=command.account_id,
        instrument_id=command.instrument_id,
        client_id=command.client_id,
        side=command.side,
        order_type=command.order_type,
        time_in_force=command.time_in_force,
        quantity=command.quantity,
        price=command.price,
    )


def rested(order_id: int, side: Side, price: int, quantity: int, **other: int) -> OrderRested:
    return OrderRested(
        order_id=order_id,
        order_reference=other.get("reference", order_id),
        instrument_id=other.get("instrument", 1),
        side=side,
        price=price,
        quantity=quantity,
        displayed=other.get("displayed", FULL),
    )


def canceled(
    order_id: int,
    side: Side,
    price: int,
    quantity: int,
    reason: CancelReason,
    *,
    reference: int = 0,
    rested: bool = True,
    instrument: int = 1,
    by: int = 0,
    client_id: bytes = b"",
    displayed: int = FULL,
) -> OrderCanceled:
    return OrderCanceled(
        order_id=order_id,
        order_reference=reference or order_id,
        instrument_id=instrument,
        side=side,
        price=price,
        quantity=quantity,
        reason=reason,
        rested=rested,
        requested_by=by,
        client_id=client_id,
        displayed=displayed,
    )


def executed(
    match_number: int,
    quantity: int,
    price: int,
    resting: tuple[int, int],
    incoming: tuple[int, int],
    incoming_side: Side,
    *,
    reference: int = 0,
    displayed: int = FULL,
) -> OrderExecuted:
    """`resting` and `incoming` are (order_id, leaves after the trade)."""
    return OrderExecuted(
        instrument_id=1,
        match_number=match_number,
        price=price,
        quantity=quantity,
        resting_order_id=resting[0],
        resting_order_reference=reference or resting[0],
        resting_leaves=resting[1],
        incoming_order_id=incoming[0],
        incoming_leaves=incoming[1],
        incoming_side=incoming_side,
        displayed=displayed,
    )
