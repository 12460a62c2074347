"""Accounts, durable sessions and who may log on as whom."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from gateway.sessions import SessionRecord
from matching.commands import AddAccount, Command, RegisterSession
from matching.events import AccountAdded, Event, SessionRegistered

SESSIONS_MAX = 10_000
"""Durable sessions one venue knows; an unknown identity beyond it is refused."""


class NotRegistered(Exception):
    """An identity cannot become a durable session, or not one of this account."""


class Credentials(Protocol):
    """Judges logins by the configuration."""

    def fix(self, login: "FixLogin", seal: bytes) -> "Verdict":
        """FIX Logon(A); `seal` as in `SessionRecord.password_seal`."""

    def ouch(self, username: bytes, password: bytes) -> "Verdict":
        """SoupBinTCP Login Request: username on this port."""

    def itch(self, username: bytes, password: bytes) -> "Verdict":
        """SoupBinTCP Login Request on the market data port: who may listen has no account."""

    def websocket(self, token: bytes) -> "Verdict":
        """WebSocket login: the token is identity and secret in one."""


class Verdict(msgspec.Struct, frozen=True):
    """How a login was judged.

    `account` names the account of an accepted login. `refusal` is empty then, else what the log
    says; `answer` is what the peer of a refused login is told, empty for a silent close.
    """

    account: bytes
    refusal: str = ""
    answer: str = ""


class FixLogin(msgspec.Struct, frozen=True):
    """Who a FIX Logon(A) says it is: an identity and its proof."""

    begin_string: bytes
    sender_comp_id: bytes
    """SenderCompID(49) on the wire: the client."""
    target_comp_id: bytes
    """TargetCompID(56) on the wire: the venue."""
    username: bytes
    password: bytes
    remote_address: str = ""
    """Where the connection comes from, as its proxy says."""


class Directory:
    """Accounts and durable sessions: a fold of AccountAdded and SessionRegistered."""

    def __init__(self, prepare: Callable[[SessionRecord], None]) -> None:
        self.sessions: dict[int, SessionRecord] = {}
        self.accounts: dict[bytes, int] = {}
        self.account_names: dict[int, bytes] = {}
        self.cancel_by_other_sessions: dict[int, bool] = {}
        self._by_key: dict[tuple[bytes, ...], SessionRecord] = {}
        self._prepare = prepare

    def fold(self, event: Event) -> None:
        """Remember a new account or session; other events are none of its business."""
        if isinstance(event, AccountAdded):
            self.accounts[event.name] = event.account_id
            self.account_names[event.account_id] = event.name
            self.cancel_by_other_sessions[event.account_id] = event.cancel_by_other_sessions
        elif isinstance(event, SessionRegistered):
            record = SessionRecord(event.session_id, event.account_id, event.wire, event.key)
            self.sessions[event.session_id] = record
            self._by_key[(event.wire, *event.key)] = record
            self._prepare(record)

    def find(self, wire: bytes, key: tuple[bytes, ...]) -> SessionRecord | None:
        return self._by_key.get((wire, *key))

    def register(
        self,
        wire: bytes,
        key: tuple[bytes, ...],
        account: bytes,
        submit: Callable[[Command], object],
    ) -> SessionRecord:
        """The durable session of an identity, made known to the engine when it is new.

        Raises NotRegistered: too many are known, or the identity belongs to another account.
        """
        record = self.find(wire, key)
        if record is not None:
            owner = self.account_names[record.account_id]
            if owner != account:
                # Its orders and reports are the old account's: no configuration can move them.
                raise NotRegistered(
                    f"account of {record.identity}: the journal says {owner.decode()!r}, "
                    f"the configuration {account.decode()!r}"
                )
            return record
        if len(self.sessions) >= SESSIONS_MAX:
            raise NotRegistered(f"sessions known: expected fewer than {SESSIONS_MAX}")
        if account not in self.accounts:
            submit(AddAccount(account))
        submit(RegisterSession(self.accounts[account], wire, key))
        return self._by_key[(wire, *key)]
