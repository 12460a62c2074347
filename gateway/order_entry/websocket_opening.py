"""Before any login: which pages may connect to the WebSocket port, and what is said first."""

import re
from collections.abc import Sequence

from gateway.config import Config, is_loopback
from matching.engine import Engine
from protocol import feed
from protocol.feed import format_decimal
from protocol.websocket_bridge import HEARTBEAT_NS
from protocol.websocket_words import PROTOCOL_VERSION

LOOPBACK_ORIGINS: tuple[re.Pattern[str] | None, ...] = (
    None,
    re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?"),
)
"""Programs say no Origin; pages of this machine may connect, pages from elsewhere may not: the
loopback identities are no secret, and a page from anywhere could use them."""


def allowed_origins(config: Config) -> Sequence[str | re.Pattern[str] | None] | None:
    """Where pages that connect may come from; elsewhere than on loopback tokens are secrets."""
    return LOOPBACK_ORIGINS if is_loopback(config.listen.host) else None


def welcome_text(engine: Engine, comp_id: str) -> bytes:
    """The encoded `welcome`: the venue and its instruments."""
    instruments = [listing.instrument for listing in engine.instruments.values()]
    return feed.encode(
        feed.Welcome(
            venue=comp_id,
            version=PROTOCOL_VERSION,
            heartbeat_ns=HEARTBEAT_NS,
            instruments=[
                feed.InstrumentInfo(
                    symbol=one.symbol.decode("ascii"),
                    tick_size=format_decimal(one.tick_size, one.price_decimals),
                    lot_size=format_decimal(one.lot_size, one.quantity_decimals),
                    price_decimals=one.price_decimals,
                    quantity_decimals=one.quantity_decimals,
                )
                for one in instruments
            ],
        )
    )
