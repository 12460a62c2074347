"""matching.checks: the entry rules at their bounds, and which of several faults is told."""

import msgspec
import pytest

from matching.checks import NOT_OPEN, details_fault, entry_fault
from matching.commands import EnterOrder, RegisterSession
from matching.instrument import Instrument
from matching.reference import Listing
from matching.types import OrderType, Phase, RejectReason, Side, TimeInForce

INSTRUMENT = Instrument(b"X", tick_size=5, lot_size=10, quantity_max=1_000, price_max=2_000)
SESSIONS = {1: RegisterSession(7, b"fix", (b"ACME",))}
ORDER = EnterOrder(1, 7, 1, b"a", Side.BUY, OrderType.LIMIT, TimeInForce.DAY, 10, 5)


@pytest.mark.parametrize(
    ("quantity", "price", "fault"),
    [
        (10, 5, None),
        (1_000, 2_000, None),
        (0, 5, RejectReason.INVALID_QUANTITY),
        (-10, 5, RejectReason.INVALID_QUANTITY),
        (1_010, 5, RejectReason.QUANTITY_TOO_LARGE),
        (1_001, 5, RejectReason.QUANTITY_TOO_LARGE),
        (15, 5, RejectReason.INVALID_LOT),
        (10, 0, RejectReason.INVALID_PRICE),
        (10, -5, RejectReason.INVALID_PRICE),
        (10, 2_005, RejectReason.PRICE_TOO_LARGE),
        (10, 2_001, RejectReason.PRICE_TOO_LARGE),
        (10, 7, RejectReason.INVALID_TICK),
        (0, 0, RejectReason.INVALID_QUANTITY),
        (15, 7, RejectReason.INVALID_LOT),
    ],
)
def test_details_at_their_bounds(quantity: int, price: int, fault: RejectReason | None) -> None:
    assert details_fault(INSTRUMENT, quantity, price) is fault


def listing(phase: Phase = Phase.OPEN, instrument: Instrument = INSTRUMENT) -> Listing:
    return Listing(1, instrument, phase)


@pytest.mark.parametrize("changes", [{"session_id": 2}, {"account_id": 8}])
def test_only_a_session_of_the_account_enters(changes: dict[str, int]) -> None:
    order = msgspec.structs.replace(ORDER, **changes)
    assert entry_fault(order, listing(), SESSIONS) is RejectReason.NOT_ALLOWED


def test_a_phase_that_is_not_open_comes_before_the_details() -> None:
    wrong = msgspec.structs.replace(ORDER, quantity=0)
    for phase, reason in NOT_OPEN.items():
        assert entry_fault(ORDER, listing(phase), SESSIONS) is reason
        assert entry_fault(wrong, listing(phase), SESSIONS) is reason
    assert set(NOT_OPEN) == set(Phase) - {Phase.OPEN}


def test_a_market_order_has_no_price() -> None:
    market = msgspec.structs.replace(ORDER, order_type=OrderType.MARKET, price=0)
    assert entry_fault(market, listing(), SESSIONS) is None
    priced = msgspec.structs.replace(market, price=5)
    assert entry_fault(priced, listing(), SESSIONS) is RejectReason.INVALID_PRICE
    off_lot = msgspec.structs.replace(market, quantity=11)
    assert entry_fault(off_lot, listing(), SESSIONS) is RejectReason.INVALID_LOT
