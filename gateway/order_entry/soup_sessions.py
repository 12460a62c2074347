"""Durable SoupBinTCP sessions: one history of numbered messages a username and trading day.

A history has an id that no other ever has. The messages of an absent client are numbered all the
same and replayed at its next login.
"""

from typing import Final

from gateway.desk import Floor
from gateway.sessions import Connection, Numbers, SessionRecord
from protocol.sent_log import Reader, SentLog
from protocol.soupbintcp.session import SoupServerSession
from protocol.soupbintcp.state import State

_DIGITS: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ID_SIZE: Final = 8
_MILLISECOND_NS: Final = 1_000_000


def soup_of(connection: Connection) -> SoupServerSession:
    """The session of a connection on this desk's port."""
    session = connection.session
    assert isinstance(session, SoupServerSession), f"not a Soup connection: {connection.wire!r}"
    return session


class SoupSessions:
    """What happens to sessions, whatever message they carry."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._ending: dict[int, Connection] = {}
        """Connections that still replay a history that is over, by session_id."""

    def send(self, record: SessionRecord, payload: bytes) -> None:
        """Number and log one message; a connected client gets it with this tick."""
        floor = self._floor
        # What has fresh messages was touched with the first of them.
        if not record.sent_log.fresh:
            floor.touch(record)
        connection = record.connection
        session = None if connection is None else connection.session
        if isinstance(session, SoupServerSession):
            session.send(payload, floor.now_ns)
        else:
            record.sent_log.append(payload)

    def timestamp_ns(self) -> int:
        """Now, since midnight of the trading date; 0 before it, where a day was opened early."""
        floor = self._floor
        elapsed_ns = floor.now_ns - floor.engine.midnight_ns
        return elapsed_ns if elapsed_ns > 0 else 0

    def close(self, connection: Connection, reason: str) -> None:
        """End one connection without End of Session; the log says why."""
        self._floor.remark(connection, f"closed: {reason}")
        soup_of(connection).close(reason)
        self._floor.drop(connection, reason)

    def numbers(self, record: SessionRecord) -> Numbers:
        """The next number and the id of the history; clients' messages have no numbers."""
        return Numbers(0, record.sent_log.next_number, history=record.history)

    def restore(self, record: SessionRecord, numbers: Numbers, reader: Reader) -> None:
        """The history of a known username, where its numbers say; a new one gets its id."""
        record.sent_log = SentLog(numbers.next_out, reader)
        record.history = numbers.history or session_id_after(b"", self._floor.now_ns)

    def start_day(self, record: SessionRecord) -> None:
        """The first message of the new history is about to be numbered."""
        replaying = self._ending.pop(record.session_id, None)
        if replaying is not None and soup_of(replaying).state is State.ENDING:
            # Its numbers would from now on be found to hold the messages of the new history.
            self.close(replaying, "next session began before the replay was through")

    def end_day(self, record: SessionRecord) -> None:
        """End of Session to the client, then a new id and a history from number 1."""
        connection = record.connection
        if connection is not None:
            soup = soup_of(connection)
            if soup.state is State.SERVING:
                soup.end_session(self._floor.now_ns)
            if soup.state is State.ENDING:
                # It replays on, from a log that nobody else uses any more.
                record.connection = None
                self._ending[record.session_id] = connection
            else:
                self._floor.drop(connection, "end of session")
        record.sent_log = record.sent_log.successor()
        record.history = session_id_after(record.history, self._floor.now_ns)
        self._floor.touch(record)


def session_id_after(previous: bytes, now_ns: int) -> bytes:
    """An id that no history before had: the time in milliseconds, base 36, eight characters.

    A venue without a journal forgets its ids, but time goes on over restarts. Within one
    millisecond the id counts on from `previous`.
    """
    value = now_ns // _MILLISECOND_NS
    if previous:
        value = max(value, int(previous, 36) + 1)
    digits = bytearray()
    while value:
        value, digit = divmod(value, 36)
        digits.append(_DIGITS[digit])
    return bytes(reversed(digits)).rjust(_ID_SIZE, b"0")
