"""Entry rules: is this order or replacement acceptable to its instrument? `None` means yes."""

from matching.commands import EnterOrder, RegisterSession, ReplaceOrder
from matching.instrument import Instrument
from matching.reference import Listing
from matching.types import FULL, OrderType, Phase, RejectReason

_OPEN = Phase.OPEN
_LIMIT = OrderType.LIMIT

SLICES_MAX = 1_000
"""A reserve order's quantity in units of what it shows: each costs two events when it trades, so
that one incoming order would otherwise be worth a million."""

NOT_OPEN = {Phase.HALTED: RejectReason.HALTED, Phase.CLOSED: RejectReason.CLOSED}
"""Why nothing enters in a phase that is not OPEN."""


def details_fault(instrument: Instrument, quantity: int, price: int) -> RejectReason | None:
    """Quantity and price of a limit order."""
    if quantity < 1:
        return RejectReason.INVALID_QUANTITY
    if quantity > instrument.quantity_max:
        return RejectReason.QUANTITY_TOO_LARGE
    if quantity % instrument.lot_size:
        return RejectReason.INVALID_LOT
    if price < 1:
        return RejectReason.INVALID_PRICE
    if price > instrument.price_max:
        return RejectReason.PRICE_TOO_LARGE
    if price % instrument.tick_size:
        return RejectReason.INVALID_TICK
    return None


def entry_fault(
    command: EnterOrder, listing: Listing, sessions: dict[int, RegisterSession]
) -> RejectReason | None:
    session = sessions.get(command.session_id)
    if session is None or session.account_id != command.account_id:
        return RejectReason.NOT_ALLOWED
    phase = listing.phase
    if phase is not _OPEN:
        return NOT_OPEN[phase]
    instrument = listing.instrument
    if command.order_type is _LIMIT:
        return details_fault(instrument, command.quantity, command.price)
    if command.price:
        return RejectReason.INVALID_PRICE
    # A market order has no price to be wrong.
    return details_fault(instrument, command.quantity, instrument.tick_size)


def terms_fault(
    command: EnterOrder, may_rest: bool, instrument: Instrument, timestamp_ns: int
) -> RejectReason | None:
    """Display quantity, expiry and post-only of a new order whose details are right."""
    if command.post_only and not may_rest:
        return RejectReason.INVALID_FIELD
    display_quantity = command.display_quantity
    if display_quantity > 0 and not may_rest:
        return RejectReason.INVALID_DISPLAY
    if display_fault(instrument, command.quantity, display_quantity):
        return RejectReason.INVALID_DISPLAY
    if command.expire_ns and (not may_rest or command.expire_ns <= timestamp_ns):
        return RejectReason.INVALID_EXPIRY
    return None


def new_terms_fault(
    command: ReplaceOrder, display_quantity: int, instrument: Instrument, timestamp_ns: int
) -> RejectReason | None:
    """The same of a replacement; `display_quantity` is the order's own where it asks for none."""
    if display_fault(instrument, command.quantity, display_quantity):
        return RejectReason.INVALID_DISPLAY
    # An expiry that is kept was right once; that it is over is for ExpireOrders to say.
    if command.expire_ns and command.expire_ns <= timestamp_ns:
        return RejectReason.INVALID_EXPIRY
    return None


def display_fault(instrument: Instrument, quantity: int, display_quantity: int) -> bool:
    if display_quantity == FULL or display_quantity == 0:
        return False
    return (
        display_quantity < 0
        or display_quantity % instrument.lot_size != 0
        or display_quantity * SLICES_MAX < quantity
    )
