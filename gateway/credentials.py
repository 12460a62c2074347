"""Who may log on, by the configuration."""

import hmac

from gateway import config as cfg
from gateway.accounts import FixLogin, Verdict
from gateway.addresses import includes, parse_network
from gateway.passwords import is_right

WRONG_PASSWORD = "wrong username or password"


def _same(expected: str, received: bytes) -> bool:
    return hmac.compare_digest(expected.encode("utf-8"), received)


class ConfiguredCredentials:
    """Judges logins by venue.toml; without one, by the loopback identities of every venue."""

    def __init__(self, config: cfg.Config) -> None:
        self._config = config

    def fix(self, login: FixLogin, seal: bytes) -> Verdict:
        """Unknown identity: silent close. Known identity, wrong password: Logout with Text.

        `seal` holds the password that the client chose itself, if it did."""
        key = (login.begin_string, login.sender_comp_id, login.target_comp_id)
        session = cfg.fix_session_of(self._config, key)
        if session is None:
            return Verdict(
                b"",
                "unknown session BeginString(8)={} SenderCompID(49)={} TargetCompID(56)={}".format(
                    *(part.decode("latin-1") for part in key)
                ),
            )
        allowed = map(parse_network, session.allowed_remote_addresses)
        if session.allowed_remote_addresses and not includes(allowed, login.remote_address):
            return Verdict(b"", f"{login.remote_address} is not in allowed_remote_addresses")
        if session.password and not (
            _same(session.username, login.username)
            & is_right(seal, login.password, session.password.encode())
        ):
            return Verdict(b"", WRONG_PASSWORD, WRONG_PASSWORD)
        return Verdict(session.account.encode())

    def ouch(self, username: bytes, password: bytes) -> Verdict:
        """SoupBinTCP compares names and passwords without case; the answer is `J` `A`."""
        session = cfg.ouch_session(self._config, username.decode("latin-1"))
        if session is None:
            return Verdict(b"", f"unknown username {username.decode('latin-1')!r}", "A")
        if not _same(session.password.upper(), password.upper()):
            return Verdict(b"", WRONG_PASSWORD, "A")
        return Verdict((session.account or session.username).encode())

    def itch(self, username: bytes, password: bytes) -> Verdict:
        """As on the OUCH ports; listening needs no account."""
        session = cfg.itch_session(self._config, username.decode("latin-1"))
        if session is None:
            return Verdict(b"", f"unknown username {username.decode('latin-1')!r}", "A")
        if not _same(session.password.upper(), password.upper()):
            return Verdict(b"", WRONG_PASSWORD, "A")
        return Verdict(b"")

    def websocket(self, token: bytes) -> Verdict:
        """The token is identity and secret in one."""
        entry = cfg.websocket_token(self._config, token.decode("utf-8", "replace"))
        if entry is None:
            return Verdict(b"", "unknown token", "unknown token")
        return Verdict(entry.account.encode())
