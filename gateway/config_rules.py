"""What no type can say about venue.toml: ranges, references, uniqueness, who gets in from where."""

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches

import msgspec

from gateway.addresses import parse_network
from gateway.clock import time_zone
from gateway.config import (
    BUILT_IN_NAMES,
    DEFAULT_INSTRUMENTS,
    PORT_NAMES,
    Account,
    Config,
    InstrumentEntry,
    Itch,
    Listen,
    Ouch,
    OuchSession,
    Venue,
    WebSocket,
    is_loopback,
)
from matching.instrument import Instrument

Key = tuple[str | int, ...]
"""Where a value is in the document: ("fix", "sessions", 0, "account")."""

Problem = Callable[[Key, str], None]
"""Notes that the value at this place cannot be used, and why."""

PORT_MAX = 65_535
ACCOUNT_NAME_MAX = 64
COMP_ID_MAX = 64
TOKEN_MAX = 256
SYMBOL = re.compile(r"[A-Z0-9.+=^#*-]{1,8}")
"""OUCH and ITCH stock fields hold eight characters."""
VISIBLE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
SOUP_USERNAME = re.compile(r"[A-Za-z0-9]{1,6}")
SOUP_PASSWORD = re.compile(r"[!-~]{1,10}")
DECIMAL = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,12}))?")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint to append to an error text; empty when nothing known is close."""
    close = get_close_matches(word, sorted(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def parse_decimal(text: str, decimals: int) -> int:
    """Decimal text as an int in 10^-decimals, exactly. Raises ValueError.

    >>> parse_decimal("187.05", 4)
    1870500
    """
    match = DECIMAL.fullmatch(text)
    if match is None:
        raise ValueError(f'expected decimal text such as "0.01", received "{text}"')
    whole, fraction = match[1], match[2] or ""
    if len(fraction) > decimals:
        raise ValueError(f'expected at most {decimals} decimals, received "{text}"')
    return int(whole + fraction.ljust(decimals, "0"))


def check_venue(venue: Venue, problem: Problem) -> Venue:
    """[venue]; in memory nothing is durable, so the default durability becomes "none" there."""
    check_text(("venue", "comp_id"), venue.comp_id, COMP_ID_MAX, problem)
    try:
        time_zone(venue.time_zone)
    except (KeyError, ValueError, OSError):
        problem(
            ("venue", "time_zone"),
            f'expected an IANA time zone such as "Europe/Zurich", received "{venue.time_zone}"',
        )
    if "\0" in venue.data_dir:
        problem(("venue", "data_dir"), "expected a path, received a NUL character")
    if venue.data_dir:
        return venue
    if venue.durability == "disk":
        problem(
            ("venue", "durability"),
            'expected "none" with data_dir = "" (everything in memory), received "disk"',
        )
    return msgspec.structs.replace(venue, durability="none")


def check_listen(listen: Listen, problem: Problem) -> None:
    """[listen]: an address, ports that do not collide, networks, and files for TLS."""
    if not listen.host.strip():
        problem(("listen", "host"), 'expected an address such as "127.0.0.1", received ""')
    taken: dict[int, str] = {}
    for name in PORT_NAMES:
        port: int = getattr(listen, name)
        if not 0 <= port <= PORT_MAX:
            problem(("listen", name), f"expected a port, 0 to {PORT_MAX}, received {port}")
        elif port and port in taken:
            problem(("listen", name), f"port {port} is already taken by {taken[port]}")
        taken.setdefault(port, name)
    check_networks(("listen", "allow"), listen.allow, problem)
    check_networks(("listen", "trusted_proxies"), listen.trusted_proxies, problem)
    if listen.tls.ports:
        # Most commands need no TLS, and it takes its time to load.
        from gateway.tls import TlsError, server_context

        try:
            server_context(listen.tls)
        except TlsError as error:
            problem(("listen", "tls", error.key), error.text)


def check_networks(key: Key, texts: tuple[str, ...], problem: Problem) -> None:
    """Addresses or networks in CIDR notation."""
    for index, text in enumerate(texts):
        try:
            parse_network(text)
        except ValueError as error:
            problem((*key, index), f"expected an address or a network, received {error}")


def resolve_instruments(
    entries: tuple[InstrumentEntry, ...], problem: Problem
) -> tuple[Instrument, ...]:
    """[[instruments]] with prices as ints; none at all means the default three."""
    if not entries:
        return DEFAULT_INSTRUMENTS
    instruments: list[Instrument] = []
    for index, entry in enumerate(entries):
        key: Key = ("instruments", index)
        if not SYMBOL.fullmatch(entry.symbol):
            problem(
                (*key, "symbol"),
                f'expected 1 to 8 of A-Z 0-9 . + = ^ # * -, received "{entry.symbol}"',
            )
            continue
        if any(other.symbol == entry.symbol.encode() for other in instruments):
            problem((*key, "symbol"), f'"{entry.symbol}" is listed twice')
        plain = Instrument(symbol=entry.symbol.encode())
        prices = {}
        for name, text in (
            ("tick_size", entry.tick_size),
            ("reference_price", entry.reference_price),
        ):
            try:
                prices[name] = parse_decimal(text, plain.price_decimals)
            except ValueError as error:
                problem((*key, name), str(error))
        if len(prices) < 2:
            continue
        instrument = msgspec.structs.replace(plain, lot_size=entry.lot_size, **prices)
        _check_instrument(key, instrument, entry, problem)
        instruments.append(instrument)
    return tuple(instruments)


def _check_instrument(
    key: Key, instrument: Instrument, entry: InstrumentEntry, problem: Problem
) -> None:
    if not 1 <= instrument.tick_size <= instrument.price_max:
        problem(
            (*key, "tick_size"),
            f'expected more than 0, at most the highest price, received "{entry.tick_size}"',
        )
    elif instrument.reference_price % instrument.tick_size:
        problem(
            (*key, "reference_price"),
            f'expected a multiple of tick_size "{entry.tick_size}", '
            f'received "{entry.reference_price}"',
        )
    if instrument.reference_price > instrument.price_max:
        problem((*key, "reference_price"), f'price too high: received "{entry.reference_price}"')
    if not 1 <= instrument.lot_size <= instrument.quantity_max:
        problem(
            (*key, "lot_size"),
            f"expected 1 to {instrument.quantity_max}, received {instrument.lot_size}",
        )


def check_accounts(accounts: tuple[Account, ...], problem: Problem) -> None:
    """[[accounts]]: each name once."""
    seen: set[str] = set()
    for index, one in enumerate(accounts):
        key: Key = ("accounts", index, "name")
        check_text(key, one.name, ACCOUNT_NAME_MAX, problem)
        if one.name in seen:
            problem(key, f'"{one.name}" is configured twice')
        seen.add(one.name)


def resolve_ouch(ouch: Ouch, accounts: tuple[Account, ...], problem: Problem) -> Ouch:
    """[ouch] with accounts filled in; user names are told apart without case, as on the wire."""
    sessions: list[OuchSession] = []
    seen: set[str] = set()
    for index, entry in enumerate(ouch.sessions):
        key: Key = ("ouch", "sessions", index)
        if not SOUP_USERNAME.fullmatch(entry.username):
            problem((*key, "username"), f'expected 1 to 6 of A-Z 0-9, received "{entry.username}"')
        if not SOUP_PASSWORD.fullmatch(entry.password):
            problem((*key, "password"), "expected 1 to 10 visible ASCII characters")
        if entry.username.upper() in seen:
            problem((*key, "username"), f'"{entry.username}" is configured twice')
        seen.add(entry.username.upper())
        owner = account_of(key, entry.account, entry.username, accounts, problem)
        sessions.append(msgspec.structs.replace(entry, account=owner))
    return Ouch(sessions=tuple(sessions))


def check_itch(itch: Itch, problem: Problem) -> None:
    """[itch]: logins as SoupBinTCP can say them, each name once."""
    seen: set[str] = set()
    for index, entry in enumerate(itch.sessions):
        key: Key = ("itch", "sessions", index)
        if not SOUP_USERNAME.fullmatch(entry.username):
            problem((*key, "username"), f'expected 1 to 6 of A-Z 0-9, received "{entry.username}"')
        if not SOUP_PASSWORD.fullmatch(entry.password):
            problem((*key, "password"), "expected 1 to 10 visible ASCII characters")
        if entry.username.upper() in seen:
            problem((*key, "username"), f'"{entry.username}" is configured twice')
        seen.add(entry.username.upper())


def check_websocket(websocket: WebSocket, accounts: tuple[Account, ...], problem: Problem) -> None:
    """[websocket]: tokens differ and lead to accounts."""
    seen: set[str] = set()
    for index, entry in enumerate(websocket.tokens):
        key: Key = ("websocket", "tokens", index)
        if not VISIBLE.fullmatch(entry.token) or len(entry.token) > TOKEN_MAX:
            problem((*key, "token"), f"expected 1 to {TOKEN_MAX} visible ASCII characters")
        if entry.token in seen:
            problem((*key, "token"), "this token is configured twice")
        seen.add(entry.token)
        if not entry.account:
            problem((*key, "account"), 'expected the name of an account, received ""')
        account_of(key, entry.account, "", accounts, problem)


def check_reach(config: Config, problem: Problem) -> None:
    """Other machines get in only as somebody the operator named."""
    if is_loopback(config.listen.host):
        return
    if config.fix.allow_unknown_sessions:
        problem(
            ("fix", "allow_unknown_sessions"),
            f'expected false with listen.host "{config.listen.host}": '
            "unknown sessions are for loopback only",
        )
    if not (config.fix.sessions or config.ouch.sessions or config.websocket.tokens):
        problem(
            ("listen", "host"),
            f'"{config.listen.host}" is not a loopback address: expected configured credentials '
            "(fix.sessions, ouch.sessions or websocket.tokens), received none",
        )


def account_of(
    key: Key, given: str, own_name: str, accounts: tuple[Account, ...], problem: Problem
) -> str:
    """The account of a session: the configured one it names, or one of its own name."""
    known = {one.name for one in accounts}
    if given and given not in known and given != own_name and not BUILT_IN_NAMES.fullmatch(given):
        problem(
            (*key, "account"),
            f'expected the name of one of [[accounts]], received "{given}"'
            + did_you_mean(given, known),
        )
    return given or own_name


def check_text(key: Key, text: str, length_max: int, problem: Problem) -> None:
    if not VISIBLE.fullmatch(text) or len(text) > length_max:
        problem(
            key, f'expected 1 to {length_max} visible ASCII characters, received "{text!s:.80}"'
        )
