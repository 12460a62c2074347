"""[soupbintcp]: the timers of every SoupBinTCP port."""

from collections.abc import Callable
from typing import Final

import msgspec

from protocol.soupbintcp.line import SoupSettings

MILLISECOND_NS: Final = 1_000_000
TIMER_MIN_MS: Final = 10
TIMER_MAX_MS: Final = 3_600_000


class SoupBinTcp(msgspec.Struct, frozen=True):
    """Milliseconds. A login of 4.10 brings its own idle limit."""

    heartbeat_ms: int = 1_000
    idle_timeout_ms: int = 15_000
    login_timeout_ms: int = 30_000


def check_soup(soup: SoupBinTcp, problem: Callable[[tuple[str | int, ...], str], None]) -> None:
    """Timers that a peer can keep to."""
    for name in SoupBinTcp.__struct_fields__:
        value: int = getattr(soup, name)
        if not TIMER_MIN_MS <= value <= TIMER_MAX_MS:
            problem(
                ("soupbintcp", name),
                f"expected {TIMER_MIN_MS} to {TIMER_MAX_MS} milliseconds, received {value}",
            )


def soup_settings(soup: SoupBinTcp) -> SoupSettings:
    """The same for a session."""
    return SoupSettings(
        heartbeat_ns=soup.heartbeat_ms * MILLISECOND_NS,
        idle_timeout_ns=soup.idle_timeout_ms * MILLISECOND_NS,
        login_timeout_ns=soup.login_timeout_ms * MILLISECOND_NS,
    )
