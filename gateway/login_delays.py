"""How long the answer to a logon waits, so that passwords cannot be tried at the speed of the wire.

Nothing here reads a clock or knows a password: turns follow from recorded verdicts and times, so a
replay waits as long. Answers wait alike, right or wrong, one after the other; whoever comes from
another address is not concerned.
"""

import msgspec

from gateway.addresses import includes, parse_network

NS_PER_S = 1_000_000_000
FREE_PER_IDENTITY = 3
"""Wrong passwords for one identity from one address before answers wait: people mistype."""
FREE_PER_SOURCE = 30
"""Wrong passwords from one address for whatever identities: a machine may serve many people."""
STEP_MAX_NS = 8 * NS_PER_S
WAIT_MAX_NS = 30 * NS_PER_S
"""An answer that would wait longer is not given at all: waiting logons are bounded by it."""
FORGET_NS = 900 * NS_PER_S
"""Wrong passwords are forgotten after so long a silence."""
COUNTS_MAX = 4_096
"""Counts kept; the one that was wrong longest ago is forgotten first."""

_LOOPBACK = (parse_network("127.0.0.0/8"), parse_network("::1"))


class _Count(msgspec.Struct):
    """Wrong passwords of one identity at one address, or of one address."""

    wrong: int = 0
    last_ns: int = 0
    turn_ns: int = 0
    """When the latest answer was or will be given."""


class LoginDelays:
    """Counts of wrong passwords; the table of one process."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, bytes], _Count] = {}

    def turn(self, source: str, identity: bytes, now_ns: int) -> int | None:
        """When a logon that arrives now may be answered: now for those without a past. None: the
        queue is too long; refuse without looking at the password."""
        turn_ns = now_ns
        penalized: list[_Count] = []
        for key, free in _keys(source, identity):
            count = self._counts.get(key)
            if count is None or now_ns - max(count.last_ns, count.turn_ns) > FORGET_NS:
                self._counts.pop(key, None)
            elif count.wrong >= free:
                step_ns = min(NS_PER_S << min(count.wrong - free, 10), STEP_MAX_NS)
                turn_ns = max(turn_ns, max(now_ns, count.turn_ns) + step_ns)
                penalized.append(count)
        if turn_ns - now_ns > WAIT_MAX_NS:
            return None
        for count in penalized:
            count.turn_ns = turn_ns
        return turn_ns

    def wrong(self, source: str, identity: bytes, now_ns: int) -> None:
        """The password was wrong."""
        for key, _ in _keys(source, identity):
            count = self._counts.pop(key, None) or _Count()
            count.wrong += 1
            count.last_ns = now_ns
            self._counts[key] = count
        while len(self._counts) > COUNTS_MAX:
            del self._counts[next(iter(self._counts))]

    def right(self, source: str, identity: bytes) -> None:
        """The password was right: the identity begins afresh at this address."""
        self._counts.pop((source, identity), None)


def _keys(source: str, identity: bytes) -> tuple[tuple[tuple[str, bytes], int], ...]:
    # On this machine everybody comes from one address: whoever guesses there must not make the
    # others wait.
    if includes(_LOOPBACK, source):
        return (((source, identity), FREE_PER_IDENTITY),)
    return ((source, identity), FREE_PER_IDENTITY), ((source, b""), FREE_PER_SOURCE)
