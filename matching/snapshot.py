"""The whole state of the engine as one immutable value: for snapshot files and the state hash."""

import hashlib
from collections.abc import Iterable
from itertools import starmap
from operator import attrgetter

import msgspec

from matching.commands import AddAccount, EnterOrder, RegisterSession
from matching.events import OrderExecuted
from matching.instrument import Instrument
from matching.order import RestingOrder, Terms
from matching.types import OrderType, Phase, Side, TimeInForce


class Limits(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What the engine is willing to hold. Part of the state, because it decides outcomes."""

    live_orders_max: int = 1_000_000
    """About 250 bytes each; at the limit new orders that could rest are refused with BOOK_FULL."""
    busts_max: int = 1_000_000
    """How many of the day's latest trades can still be busted."""


class OrderState(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A resting order; its place in the list is its place in the queue, hidden after shown."""

    order_id: int
    order_reference: int
    session_id: int
    account_id: int
    instrument_id: int
    side: Side
    time_in_force: TimeInForce
    quantity: int
    price: int
    leaves: int
    terms: Terms | None = None


class ListingState(msgspec.Struct, frozen=True, array_like=True):
    """An instrument with its book, best price first, shown before hidden, oldest first."""

    instrument: Instrument
    phase: Phase
    bids: tuple[OrderState, ...]
    asks: tuple[OrderState, ...]


class EngineState(msgspec.Struct, frozen=True, array_like=True):
    """Everything `Engine` remembers. Ids of instruments, accounts and sessions are places in the
    tuples, counted from 1. `trades` are the latest of the day, None where busted."""

    limits: Limits
    timestamp_ns: int
    last_order_number: int
    last_match_number: int
    trading_date: int
    midnight_ns: int
    day_running: bool
    accounts: tuple[AddAccount, ...]
    sessions: tuple[RegisterSession, ...]
    listings: tuple[ListingState, ...]
    trades: tuple[OrderExecuted | None, ...]


def state_hash(state: EngineState) -> int:
    """64 bits of BLAKE2b over the state's MessagePack: equal on every machine, in every process."""
    encoded = msgspec.msgpack.encode(state)
    return int.from_bytes(hashlib.blake2b(encoded, digest_size=8).digest(), "big")


_order_fields = attrgetter(*OrderState.__struct_fields__)


def save_orders(orders: Iterable[RestingOrder]) -> tuple[OrderState, ...]:
    return tuple(starmap(OrderState, map(_order_fields, orders)))


def load_order(state: OrderState) -> RestingOrder:
    entry = EnterOrder(
        state.session_id,
        state.account_id,
        state.instrument_id,
        b"",
        state.side,
        OrderType.LIMIT,
        state.time_in_force,
        state.quantity,
        state.price,
    )
    order = RestingOrder(state.order_id, entry, state.leaves)
    order.order_reference = state.order_reference
    order.terms = state.terms
    return order
