"""UserRequest(BE): a user's own business with the venue, answered by UserResponse(BF).

A FIX session has one user: the configured Username(553), or the client's CompID where there is
none. What a password is changed to outlives the process (`gateway.passwords`). Since FIX 4.4.
"""

from typing import Final

from gateway.accounts import FixLogin
from gateway.addresses import host_of
from gateway.config import FixSession as ConfiguredSession
from gateway.desk import Floor
from gateway.login_delays import LoginDelays
from gateway.order_entry.fix_logon import FixLogons
from gateway.order_entry.fix_reports import FixReports, fix_of
from gateway.sessions import Connection, SessionRecord
from protocol.fix.answers import field
from protocol.fix.messages import ApplicationMessage

NEW_PASSWORD_MAX: Final = 64
"""Bytes of a NewPassword(925)."""

LOGGED_IN: Final = b"1"
NOT_LOGGED_IN: Final = b"2"
NOT_RECOGNISED: Final = b"3"
PASSWORD_INCORRECT: Final = b"4"
PASSWORD_CHANGED: Final = b"5"
OTHER: Final = b"6"

LOGGED_OFF = b"user logged off"
TOO_MANY_WRONG = b"too many wrong passwords"


class FixUsers:
    """The handler of UserRequest(BE), for all sessions."""

    def __init__(
        self, floor: Floor, reports: FixReports, logons: FixLogons, delays: LoginDelays
    ) -> None:
        self._floor = floor
        self._reports = reports
        self._logons = logons
        self._delays = delays

    def request(self, connection: Connection, message: ApplicationMessage) -> None:
        """UserRequestType(924): 1 log on, 2 log off, 3 change password, 4 status."""
        record = connection.record
        assert record is not None
        client = record.key[1]
        configured = self._logons.configured(record.key)
        fields = dict(message.fields)
        user, kind = fields.get(553, b""), fields.get(924, b"")
        if user != (configured.username.encode() or client):
            self._respond(record, fields, NOT_RECOGNISED, b"user not recognised")
        elif kind == b"4":
            self._respond(record, fields, LOGGED_IN)
        elif kind == b"2":
            self._respond(record, fields, NOT_LOGGED_IN)
            fix_of(connection).logout(LOGGED_OFF, self._floor.now_ns)
        elif kind == b"3" and not configured.password:
            self._respond(record, fields, OTHER, b"this session has no password")
        elif kind == b"3" and not 1 <= len(fields.get(925, b"")) <= NEW_PASSWORD_MAX:
            text = b"NewPassword(925): expected 1 to %d bytes" % NEW_PASSWORD_MAX
            self._respond(record, fields, OTHER, text)
        elif kind in (b"1", b"3"):
            self._with_password(connection, record, configured, fields)
        else:
            text = b"UserRequestType(924): expected 1 to 4, received " + kind
            self._respond(record, fields, OTHER, text)

    def _with_password(
        self,
        connection: Connection,
        record: SessionRecord,
        configured: ConfiguredSession,
        fields: dict[int, bytes],
    ) -> None:
        """Log on or change the password: who asks has to know the one that counts now."""
        floor = self._floor
        source, identity = host_of(connection.peer), b"\x01".join(record.key)
        if self._delays.turn(source, identity, floor.now_ns) != floor.now_ns:
            # Answers to logons wait; a live session that guesses is not waited for.
            floor.remark(connection, "logged out: " + TOO_MANY_WRONG.decode())
            fix_of(connection).logout(TOO_MANY_WRONG, floor.now_ns)
            return
        begin_string, client, venue = record.key
        user, password = fields.get(553, b""), fields.get(554, b"")
        login = FixLogin(begin_string, client, venue, user, password, source)
        verdict = floor.judge(connection, floor.credentials.fix(login, record.password_seal))
        if verdict.refusal:
            self._delays.wrong(source, identity, floor.now_ns)
            self._respond(record, fields, PASSWORD_INCORRECT, b"wrong password")
        elif fields[924] == b"1":
            self._respond(record, fields, LOGGED_IN)
        else:
            floor.change_password(record, fields[925], configured.password.encode())
            floor.remark(connection, "password changed")
            self._respond(record, fields, PASSWORD_CHANGED)

    def _respond(
        self, record: SessionRecord, fields: dict[int, bytes], status: bytes, text: bytes = b""
    ) -> None:
        body = b"%b%b%b%b" % (
            field(553, fields.get(553, b"")),
            field(923, fields.get(923, b"")),
            field(926, status),
            field(927, text),
        )
        self._reports.send(record, b"BF", body)
