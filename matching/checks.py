"""Entry rules: is this order or replacement acceptable to its instrument? `None` means yes."""

from matching.commands import EnterOrder, RegisterSession
from matching.instrument import Instrument
from matching.reference import Listing
from matching.types import OrderType, Phase, RejectReason

_OPEN = Phase.OPEN
_LIMIT = OrderType.LIMIT

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
