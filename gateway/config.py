"""The venue's configuration: frozen values, complete and checked.

`gateway/config_file.py` reads them; specs/config/README.md documents every key.
"""

import hmac
import ipaddress
import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from gateway.config_fix import AVAILABLE_BEGIN_STRINGS, configured_session
from gateway.config_fix import Application as Application
from gateway.config_fix import Fix as Fix
from gateway.config_fix import FixSession as FixSession
from gateway.config_moldudp64 import MoldUdp64
from gateway.config_soup import SoupBinTcp
from matching.instrument import Instrument

Durability = Literal["none", "process", "disk"]
ClockKind = Literal["real", "manual"]

PORT_NAMES = ("fix", "ouch42", "ouch50", "itch", "ws", "http", "dashboard")
"""In the order of their offsets from `--port-base`."""

BUILT_IN_NAMES = re.compile(r"TRADER|SIM[0-9]{3}")
"""Identities that every loopback venue knows; password, token and account are the name itself."""


class ConfigError(Exception):
    """The configuration cannot be used: one problem a line, each with its place. Exit code 2."""


class Venue(msgspec.Struct, frozen=True):
    """[venue]: the exchange as a whole."""

    comp_id: str = "XVEN"
    data_dir: str = "venue-data"
    durability: Durability = "process"
    time_zone: str = "UTC"
    clock: ClockKind = "real"


TlsPort = Literal["fix", "ouch42", "ouch50", "itch", "ws", "http"]
ProxyPort = Literal["fix", "ouch42", "ouch50", "itch", "ws"]


class Tls(msgspec.Struct, frozen=True):
    """[listen.tls]: files in PEM; no ports is no TLS."""

    ports: tuple[TlsPort, ...] = ()
    certificate: str = ""
    key: str = ""
    client_ca: str = ""


class Listen(msgspec.Struct, frozen=True):
    """[listen]: one address, one TCP port for each wire; port 0 takes any free one."""

    host: str = "127.0.0.1"
    fix: int = 9878
    ouch42: int = 9879
    ouch50: int = 9880
    itch: int = 9881
    ws: int = 9882
    http: int = 9883
    dashboard: int = 8501
    allow: tuple[str, ...] = ()
    proxy_protocol: tuple[ProxyPort, ...] = ()
    trusted_proxies: tuple[str, ...] = ("127.0.0.0/8", "::1")
    tls: Tls = Tls()


class InstrumentEntry(msgspec.Struct, frozen=True):
    """[[instruments]] as written: prices are decimal text. Becomes a `matching` Instrument."""

    symbol: str
    tick_size: str = "0.01"
    lot_size: int = 1
    reference_price: str = "0"


class Account(msgspec.Struct, frozen=True):
    """[[accounts]]: who trades; sessions belong to accounts."""

    name: str
    self_trade: Literal["none"] = "none"
    cancel_by_other_sessions: bool = True


class OuchSession(msgspec.Struct, frozen=True):
    """[[ouch.sessions]]: a SoupBinTCP login."""

    username: str
    password: str
    account: str = ""


class Ouch(msgspec.Struct, frozen=True):
    """[ouch]: the binary ports."""

    sessions: tuple[OuchSession, ...] = ()


class ItchSession(msgspec.Struct, frozen=True):
    """[[itch.sessions]]: a SoupBinTCP login that may listen."""

    username: str
    password: str


class Itch(msgspec.Struct, frozen=True):
    """[itch]: the market data port."""

    sessions: tuple[ItchSession, ...] = ()
    moldudp64: MoldUdp64 = MoldUdp64()


class WebSocketToken(msgspec.Struct, frozen=True):
    """[[websocket.tokens]]: a bearer of this token trades for the account."""

    token: str
    account: str


class WebSocket(msgspec.Struct, frozen=True):
    """[websocket]: the WebSocket port."""

    tokens: tuple[WebSocketToken, ...] = ()


DEFAULT_INSTRUMENTS = (
    Instrument(symbol=b"AAPL", reference_price=1_870_000),
    Instrument(symbol=b"MSFT", reference_price=4_150_000),
    Instrument(symbol=b"TSLA", reference_price=2_480_000),
)


class Config(msgspec.Struct, frozen=True):
    """Everything `venue serve` needs to know, after flags, environment, file and defaults."""

    venue: Venue = Venue()
    listen: Listen = Listen()
    instruments: tuple[Instrument, ...] = DEFAULT_INSTRUMENTS
    accounts: tuple[Account, ...] = ()
    fix: Fix = Fix()
    soupbintcp: SoupBinTcp = SoupBinTcp()
    ouch: Ouch = Ouch()
    itch: Itch = Itch()
    websocket: WebSocket = WebSocket()


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def account(config: Config, name: str) -> Account:
    """The settings of an account; one that is not configured has the defaults."""
    return next((one for one in config.accounts if one.name == name), Account(name=name))


def fix_session(
    config: Config, begin_string: str, sender_comp_id: str, target_comp_id: str
) -> FixSession | None:
    """The session that may log on under this identity (`sender_comp_id` is the venue's side).

    A pair of CompIDs that is configured is never unknown: with another BeginString it is refused.
    """
    session, configured = configured_session(
        config.fix, begin_string, sender_comp_id, target_comp_id
    )
    if session is not None or configured or not config.fix.allow_unknown_sessions:
        return session
    if sender_comp_id != config.venue.comp_id or begin_string not in AVAILABLE_BEGIN_STRINGS:
        return None
    return FixSession(
        begin_string=AVAILABLE_BEGIN_STRINGS[begin_string],
        sender_comp_id=sender_comp_id,
        target_comp_id=target_comp_id,
        account=target_comp_id,
    )


def fix_session_of(config: Config, key: Sequence[bytes]) -> FixSession | None:
    """The same by the key of a durable session: BeginString, the client's CompID, the venue's."""
    begin_string, client, venue = (part.decode("latin-1") for part in key)
    return fix_session(config, begin_string, venue, client)


def ouch_session(config: Config, username: str) -> OuchSession | None:
    """The login of this name. SoupBinTCP compares user names and passwords without case."""
    name = username.upper()
    for session in config.ouch.sessions:
        if session.username.upper() == name:
            return session
    if is_loopback(config.listen.host) and BUILT_IN_NAMES.fullmatch(name):
        return OuchSession(username=name, password=name, account=name)
    return None


def itch_session(config: Config, username: str) -> ItchSession | None:
    """The login of this name on the market data port, compared as OUCH's are."""
    name = username.upper()
    for session in config.itch.sessions:
        if session.username.upper() == name:
            return session
    if is_loopback(config.listen.host) and BUILT_IN_NAMES.fullmatch(name):
        return ItchSession(username=name, password=name)
    return None


def websocket_token(config: Config, token: str) -> WebSocketToken | None:
    """Who a token belongs to, compared in constant time."""
    for entry in config.websocket.tokens:
        if hmac.compare_digest(entry.token.encode(), token.encode()):
            return entry
    if is_loopback(config.listen.host) and BUILT_IN_NAMES.fullmatch(token):
        return WebSocketToken(token=token, account=token)
    return None


def public_msgpack(config: Config) -> bytes:
    """The configuration for the journal; of a password or token only that there is one."""

    def mask(secret: str) -> str:
        return "*" if secret else ""

    replace = msgspec.structs.replace
    public = replace(
        config,
        fix=replace(
            config.fix,
            sessions=tuple(replace(s, password=mask(s.password)) for s in config.fix.sessions),
        ),
        ouch=replace(
            config.ouch,
            sessions=tuple(replace(s, password=mask(s.password)) for s in config.ouch.sessions),
        ),
        itch=replace(
            config.itch,
            sessions=tuple(replace(s, password=mask(s.password)) for s in config.itch.sessions),
        ),
        websocket=replace(
            config.websocket,
            tokens=tuple(replace(t, token=mask(t.token)) for t in config.websocket.tokens),
        ),
    )
    return msgspec.msgpack.encode(public)


decode_public_msgpack = msgspec.msgpack.Decoder(Config).decode
