"""Which messages a FIX session may send, by the applications it is configured for.

A message of an application that the session does not have is answered with j, reason 4 Application
not available (test case 14.l); one that no application has, with reason 3.
"""

from gateway.config import Application
from gateway.order_entry.fix_echo import ECHOED_TYPES

REFERENCE_TYPES = frozenset((b"c", b"e", b"g", b"x"))
"""SecurityDefinition, SecurityStatus, TradingSessionStatus and SecurityList requests."""

ORDER_TYPES = frozenset((b"D", b"F", b"G", b"H", b"q", b"AF", b"AN", b"AD", b"Q"))
"""Orders, mass cancels, and what reconciles after an absence."""

TYPES: dict[Application, frozenset[bytes]] = {
    "orders": REFERENCE_TYPES | ORDER_TYPES,
    "market_data": REFERENCE_TYPES | frozenset((b"V",)),
    "drop_copy": frozenset(),
    "echo": ECHOED_TYPES,
}
"""MsgTypes(35) a client may send."""

_VENUE_TYPES = frozenset().union(*(TYPES[one] for one in TYPES if one != "echo"))


def application_types(applications: tuple[Application, ...]) -> frozenset[bytes]:
    """What a session with these applications may send."""
    return frozenset().union(*(TYPES[one] for one in applications))


def unavailable_types(applications: tuple[Application, ...]) -> frozenset[bytes]:
    """What the venue speaks, only not with this session; nothing to a test harness."""
    if "echo" in applications:
        return frozenset()
    return _VENUE_TYPES - application_types(applications)
