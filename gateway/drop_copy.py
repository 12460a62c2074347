"""Who gets copies of whose reports: the configuration's side of drop copy.

A session with `applications = ["drop_copy"]` hears of every report of its accounts, whichever wire
they trade on. Which those are is configuration, not history: copies already sent have numbers in
the journal, and a replay reads the configuration that is recorded with each start.
"""

from gateway.accounts import Directory
from gateway.config import Config, FixSession, fix_session_of
from gateway.sessions import SessionRecord
from gateway.venue import Venue

ALL = "*"
"""In `drop_copy_accounts`: every account there is."""
WIRE = b"fix"


class Entitlement:
    """The accounts whose reports a session gets copies of, as a test of their names."""

    __slots__ = ("_all", "_names")

    def __init__(self, session: FixSession) -> None:
        names = session.drop_copy_accounts or (session.account,)
        self._all = ALL in names
        self._names = frozenset(name.encode() for name in names)

    def covers(self, account: bytes) -> bool:
        return self._all or account in self._names


def entitlement(config: Config, session: SessionRecord) -> Entitlement | None:
    """What a durable session is entitled to; None: it is no drop copy session."""
    if session.wire != WIRE:
        return None
    configured = fix_session_of(config, session.key)
    if configured is None or "drop_copy" not in configured.applications:
        return None
    return Entitlement(configured)


def register_sessions(venue: Venue, config: Config) -> None:
    """Make the configured drop copy sessions durable before anybody trades, so that copies are
    numbered from the first report on. A template stands for nobody until somebody logs on.

    Raises NotRegistered where the journal has the identity under another account.
    """
    directory: Directory = venue.directory
    for session in config.fix.sessions:
        if "drop_copy" not in session.applications or session.is_template:
            continue
        key = (session.begin_string, session.target_comp_id, session.sender_comp_id)
        directory.register(
            WIRE,
            tuple(part.encode() for part in key),
            session.account.encode(),
            venue.controlled,
        )
