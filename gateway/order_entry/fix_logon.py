"""Logons judged: who, with which password, from which schedule, beside which live connection."""

from functools import partial

import msgspec

from gateway.accounts import FixLogin, NotRegistered, Verdict
from gateway.addresses import host_of
from gateway.config import Config, fix_session_of
from gateway.config import FixSession as ConfiguredSession
from gateway.credentials import WRONG_PASSWORD
from gateway.desk import Floor
from gateway.login_delays import LoginDelays
from gateway.order_entry.fix_reports import fix_of, stream_of
from gateway.order_entry.fix_settings import session_settings
from gateway.schedule import Period, configured_schedule
from gateway.sessions import Connection, SessionRecord
from protocol.fix.events import LogonRequested
from protocol.fix.style import STYLES
from protocol.fix.values import printable
from protocol.fix.version import Version, version_of

COMP_ID_MAX = 64
"""Bytes of a CompID: it stands in every message, log line and session row."""
OUTSIDE_SESSION_TIME = "Logon attempt not within session time"
"""Text(58) of the refusal outside the schedule, word for word as QuickFIX/J says it."""
SESSION_TIME_OVER = b"session time is over"
REPLACED = b"replaced by a new connection"

_STRANGER = ConfiguredSession(begin_string="FIX.4.4", target_comp_id="")
"""How a session behaves that was admitted by a recorded verdict and is configured no more."""


class FixLogons:
    """From LogonRequested to a session that serves its stream, or to a refusal."""

    def __init__(self, floor: Floor, config: Config, delays: LoginDelays) -> None:
        self._floor = floor
        self._config = config
        self._delays = delays

    def logon(self, connection: Connection, logon: LogonRequested) -> None:
        """Judge at once; answer at once, or when the address has its turn."""
        floor = self._floor
        key = (logon.begin_string, logon.sender_comp_id, logon.target_comp_id)
        if max(len(logon.sender_comp_id), len(logon.target_comp_id)) > COMP_ID_MAX:
            self._refuse(connection, f"CompID: expected at most {COMP_ID_MAX} bytes")
            return
        source, identity = host_of(connection.peer), b"\x01".join(key)
        turn_ns = self._delays.turn(source, identity, floor.now_ns)
        if turn_ns is None:
            self._refuse(connection, "too many logons of this address wait for their answer")
            return
        record = floor.directory.find(b"fix", key)
        login = FixLogin(*key, logon.username, logon.password, source)
        seal = b"" if record is None else record.password_seal
        verdict = floor.judge(connection, floor.credentials.fix(login, seal))
        if verdict.refusal == WRONG_PASSWORD:
            self._delays.wrong(source, identity, floor.now_ns)
        elif not verdict.refusal:
            self._delays.right(source, identity)
        if turn_ns > floor.now_ns:
            floor.remark(connection, "logon waits: wrong passwords from this address before")
            connection.set_alarm(turn_ns, partial(self._answer, connection, logon, verdict))
        else:
            self._answer(connection, logon, verdict)

    def _answer(self, connection: Connection, logon: LogonRequested, verdict: Verdict) -> None:
        """The rest, as things are now: nothing of what is asked here is secret."""
        floor = self._floor
        if verdict.refusal:
            self._refuse(connection, verdict.refusal, verdict.answer)
            return
        key = (logon.begin_string, logon.sender_comp_id, logon.target_comp_id)
        configured = self.configured(key)
        version = version_of(logon.begin_string, logon.default_appl_ver_id)
        if version is None:
            told = STYLES[configured.reject_style].unknown_appl_ver_id(logon.default_appl_ver_id)
            why = f"DefaultApplVerID(1137) not spoken: {printable(logon.default_appl_ver_id)}"
            self._refuse(connection, why, told)
            return
        expected = configured.default_appl_ver_id
        if version.appl_ver_id and expected != "any" and version.appl_ver_id != expected.encode():
            received = version.appl_ver_id.decode()
            text = f"DefaultApplVerID(1137): expected {expected}, received {received}"
            self._refuse(connection, text, text)
            return
        schedule = configured_schedule(configured)
        period = None if schedule is None else schedule.period(floor.now_ns)
        if schedule is not None and period is None:
            told = OUTSIDE_SESSION_TIME if configured.reject_style == "quickfixj" else ""
            self._refuse(connection, OUTSIDE_SESSION_TIME, told)
            return
        try:
            record = floor.directory.register(b"fix", key, verdict.account, floor.submit)
        except NotRegistered as error:
            self._refuse(connection, str(error))
            return
        if self._may_serve(connection, record, configured):
            self._accept(connection, record, configured, version, period)

    def _may_serve(
        self, connection: Connection, record: SessionRecord, configured: ConfiguredSession
    ) -> bool:
        """One connection at a time: the second Logon of a live session is closed, silently (FIX
        Session Layer, case 1S.b), or takes over where the session is configured so."""
        floor = self._floor
        live = record.connection
        if live is None:
            return True
        if configured.on_duplicate == "refuse":
            floor.remark(
                connection, f"{record.identity} live from {live.peer}, refused {connection.peer}"
            )
            fix_of(connection).reject(None, floor.now_ns)
            return False
        floor.remark(live, f"closed: newer logon from {connection.peer}")
        fix_of(live).logout(REPLACED, floor.now_ns)
        floor.drop(live, f"newer logon from {connection.peer}")
        return True

    def _accept(
        self,
        connection: Connection,
        record: SessionRecord,
        configured: ConfiguredSession,
        version: Version,
        period: Period | None,
    ) -> None:
        now_ns = self._floor.now_ns
        self._floor.attach(connection, record)
        connection.queued_bytes_max = configured.max_queued_bytes
        settings = session_settings(configured, version, self._config)
        if period is None:
            record.period_start_ns = 0
        else:
            if record.period_start_ns != period.start_ns:
                # The first Logon of a new period: both numbers from 1, as QuickFIX does.
                settings = msgspec.structs.replace(settings, reset_on_logon=True)
                record.period_start_ns = period.start_ns
            connection.set_alarm(period.end_ns, partial(self._period_over, connection))
        stream = stream_of(record)
        stream.version = version
        fix_of(connection).accept(stream, settings, now_ns)

    def _period_over(self, connection: Connection) -> None:
        fix_of(connection).logout(SESSION_TIME_OVER, self._floor.now_ns)

    def _refuse(self, connection: Connection, why: str, told: str = "") -> None:
        """Close: with a Logout(5) that takes no number where the peer is told something."""
        self._floor.remark(connection, f"logon refused: {why}")
        fix_of(connection).reject(told.encode() or None, self._floor.now_ns)

    def configured(self, key: tuple[bytes, ...]) -> ConfiguredSession:
        """How the durable session of this key is to behave."""
        return fix_session_of(self._config, key) or _STRANGER
