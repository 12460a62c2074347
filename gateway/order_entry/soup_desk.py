"""An order port over SoupBinTCP: what desks share, whatever messages they speak."""

from collections.abc import Callable

from gateway.desk import Reports
from gateway.order_entry.soup_sessions import SoupSessions, soup_of
from gateway.sessions import Connection, Numbers, SessionRecord
from protocol.sent_log import Reader
from protocol.soupbintcp.line import SoupSettings
from protocol.soupbintcp.session import SoupServerSession


class SoupDesk:
    """A desk of `gateway.desk`: its sessions here, logins and messages with `handle`."""

    def __init__(
        self,
        sessions: SoupSessions,
        reports: Reports,
        handle: Callable[[Connection, object], None],
        settings: SoupSettings | None,
    ) -> None:
        self._sessions = sessions
        self._settings = settings
        self.reports = reports
        # An attribute and no method: the order path has no call between.
        self.handle = handle

    def open(self, now_ns: int) -> SoupServerSession:
        """A session that waits for its Login Request."""
        return SoupServerSession(now_ns, self._settings)

    def closed(self, connection: Connection) -> None:
        """Nothing to detach: the log of a session numbers on without a connection."""

    def shut(self, connection: Connection, text: str) -> None:
        """Close without End of Session: the client comes back to the same session."""
        soup_of(connection).close(text)

    def announce(self, connection: Connection, headline: str, text: str) -> bool:
        """No word for news here."""
        return False

    def renumber(self, session: SessionRecord, next_in: int, next_out: int) -> bool:
        """A client asks for any number at its login: none has to be moved."""
        return False

    def numbers(self, session: SessionRecord) -> Numbers:
        """The next number and the Soup session id."""
        return self._sessions.numbers(session)

    def restore(self, session: SessionRecord, numbers: Numbers, reader: Reader) -> None:
        """The numbered history of a username, known or new."""
        self._sessions.restore(session, numbers, reader)
