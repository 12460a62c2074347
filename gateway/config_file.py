"""venue.toml, environment and flags become a `Config`, or a list of problems, each with its place.

Precedence: flag, environment, file, default. Each value remembers where it came from, so that a
problem found late still names the flag, the variable or the line.
"""

import json
import re
import tomllib
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from gateway.config import (
    PORT_NAMES,
    Account,
    Config,
    ConfigError,
    Fix,
    InstrumentEntry,
    Itch,
    Listen,
    Ouch,
    Venue,
    WebSocket,
    is_loopback,
)
from gateway.config_fix_rules import resolve_fix
from gateway.config_moldudp64 import check_moldudp64
from gateway.config_rules import (
    PORT_MAX,
    Key,
    check_accounts,
    check_itch,
    check_listen,
    check_reach,
    check_venue,
    check_websocket,
    did_you_mean,
    resolve_instruments,
    resolve_ouch,
)
from gateway.config_soup import SoupBinTcp, check_soup

SECRET_KEYS = frozenset({"password", "token"})
"""Their values are never repeated in an error."""


class TomlShape(msgspec.Struct, frozen=True):
    """The file as written, before prices become ints and empty texts their defaults."""

    venue: Venue = Venue()
    listen: Listen = Listen()
    instruments: tuple[InstrumentEntry, ...] = ()
    accounts: tuple[Account, ...] = ()
    fix: Fix = Fix()
    soupbintcp: SoupBinTcp = SoupBinTcp()
    ouch: Ouch = Ouch()
    itch: Itch = Itch()
    websocket: WebSocket = WebSocket()


class Flags(msgspec.Struct, frozen=True):
    """What the command line set; None is not given."""

    data_dir: str | None = None
    durability: str | None = None
    clock: str | None = None
    port_base: int | None = None


ENVIRONMENT: dict[str, tuple[str, str]] = {
    **{f"VENUE_{name.upper()}": ("venue", name) for name in Venue.__struct_fields__},
    **{f"VENUE_LISTEN_{name.upper()}": ("listen", name) for name in ("host", *PORT_NAMES)},
    "VENUE_FIX_ALLOW_UNKNOWN_SESSIONS": ("fix", "allow_unknown_sessions"),
}
"""Environment variable to table and key. VENUE_PORT_BASE is `--port-base`."""

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?")
_ASSIGNMENT = re.compile(r"""\s*([A-Za-z0-9_."' \t-]+?)\s*=""")
_SYNTAX_ERROR_PLACE = re.compile(r" \(at line ([0-9]+), column [0-9]+\)")


def load_config(
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Flags | None = None,
) -> Config:
    """The configuration in force. Raises ConfigError with every problem found, one a line."""
    document = _Document("" if file is None else read_text(file), str(file))
    document.override_ports((environ or {}).get("VENUE_PORT_BASE"), "VENUE_PORT_BASE")
    for name, (table, key) in ENVIRONMENT.items():
        text = (environ or {}).get(name)
        if text is not None:
            document.override(table, key, _environment_value(text, table, key), name)
    if flags is not None:
        document.override_ports(flags.port_base, "--port-base")
        for key in ("data_dir", "durability", "clock"):
            value = getattr(flags, key)
            if value is not None:
                document.override("venue", key, value, "--" + key.replace("_", "-"))
    return document.resolve()


def read_text(file: Path) -> str:
    """A file as UTF-8. Raises ConfigError."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: expected UTF-8: byte {error.start} is not") from error


def _environment_value(text: str, table: str, key: str) -> str | int | bool:
    """An integer or boolean where the key wants one and the text is one; otherwise the text."""
    wanted = _kinds(_kinds(TomlShape)[table])[key]
    if wanted is int and re.fullmatch(r"[0-9]{1,9}", text):
        return int(text)
    if wanted is bool and text in ("true", "false"):
        return text == "true"
    return text


def _kinds(struct: type[msgspec.Struct]) -> dict[str, Any]:
    return typing.get_type_hints(struct)


class _Document:
    """The merged document, the origin of its values, and the problems found so far."""

    def __init__(self, text: str, name: str) -> None:
        self._name = name
        self._problems: list[str] = []
        self._origins: dict[Key, str] = {}
        try:
            self._data: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            place = _SYNTAX_ERROR_PLACE.search(str(error))
            line = int(place[1]) if place else len(text.splitlines())
            words = str(error).split(" (at ")[0]
            raise ConfigError(f"{name}:{line}: not TOML: {words[:1].lower()}{words[1:]}") from error
        self._lines = line_numbers(text)

    def override(self, table: str, key: str, value: object, origin: str) -> None:
        entries = self._data.setdefault(table, {})
        # A table that is no table is reported by the type check.
        if isinstance(entries, dict):
            entries[key] = value
            self._origins[(table, key)] = origin

    def override_ports(self, base: int | str | None, origin: str) -> None:
        """Port N for the first wire, N+1 for the second, ...; 0 for any free ones."""
        if base is None:
            return
        base_max = PORT_MAX - len(PORT_NAMES) + 1
        if not re.fullmatch(r"[0-9]{1,5}", str(base)) or int(base) > base_max:
            self._problems.append(f"{origin}: expected 0 to {base_max}, received {base}")
            return
        for offset, name in enumerate(PORT_NAMES):
            self.override("listen", name, int(base) and int(base) + offset, origin)

    def resolve(self) -> Config:
        self._check(TomlShape, self._data, ())
        self._raise_problems()
        shape = msgspec.convert(self._data, TomlShape)
        shape = msgspec.structs.replace(
            shape, listen=self._with_paths(shape.listen), fix=self._with_dictionaries(shape.fix)
        )
        if "allow_unknown_sessions" not in self._data.get("fix", {}):
            fix = msgspec.structs.replace(
                shape.fix, allow_unknown_sessions=is_loopback(shape.listen.host)
            )
            shape = msgspec.structs.replace(shape, fix=fix)
        check_listen(shape.listen, self.problem)
        check_accounts(shape.accounts, self.problem)
        check_soup(shape.soupbintcp, self.problem)
        check_itch(shape.itch, self.problem)
        check_moldudp64(shape.itch.moldudp64, self.problem)
        check_websocket(shape.websocket, shape.accounts, self.problem)
        config = Config(
            venue=check_venue(shape.venue, self.problem),
            listen=shape.listen,
            instruments=resolve_instruments(shape.instruments, self.problem),
            accounts=shape.accounts,
            fix=resolve_fix(shape.fix, shape.venue, shape.accounts, self.problem),
            soupbintcp=shape.soupbintcp,
            ouch=resolve_ouch(shape.ouch, shape.accounts, self.problem),
            itch=shape.itch,
            websocket=shape.websocket,
        )
        check_reach(config, self.problem)
        self._raise_problems()
        return config

    def _with_paths(self, listen: Listen) -> Listen:
        """Files of TLS are where venue.toml says, seen from its own folder."""
        folder = Path(self._name).resolve().parent
        names = ("certificate", "key", "client_ca")
        paths = {name: getattr(listen.tls, name) for name in names}
        found = {name: str(folder / path) for name, path in paths.items() if path}
        return msgspec.structs.replace(listen, tls=msgspec.structs.replace(listen.tls, **found))

    def _with_dictionaries(self, fix: Fix) -> Fix:
        """A session's own dictionary likewise."""
        folder = Path(self._name).resolve().parent
        sessions = tuple(
            msgspec.structs.replace(one, data_dictionary=str(folder / one.data_dictionary))
            if one.data_dictionary
            else one
            for one in fix.sessions
        )
        return msgspec.structs.replace(fix, sessions=sessions)

    def problem(self, key: Key, text: str) -> None:
        self._problems.append(f"{self._origin(key)}: {_dotted(key)}: {text}")

    def _raise_problems(self) -> None:
        if self._problems:
            raise ConfigError("\n".join(self._problems))

    def _origin(self, key: Key) -> str:
        if key in self._origins:
            return self._origins[key]
        # What is missing, or written inline, is reported where its surroundings begin.
        while key:
            if key in self._lines:
                return f"{self._name}:{self._lines[key]}"
            key = key[:-1]
        return "default"

    def _check(self, kind: Any, value: object, key: Key) -> None:
        """Types, unknown keys and missing keys, all the way down."""
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            if isinstance(value, dict):
                self._check_table(kind, value, key)
            else:
                self._unexpected("a table", value, key)
        elif typing.get_origin(kind) is tuple:
            if isinstance(value, list):
                for index, item in enumerate(value):
                    self._check(typing.get_args(kind)[0], item, (*key, index))
            else:
                self._unexpected("an array", value, key)
        elif typing.get_origin(kind) is typing.Literal:
            words = typing.get_args(kind)
            if not isinstance(value, str) or value not in words:
                hint = did_you_mean(value, words) if isinstance(value, str) else ""
                self._unexpected(" or ".join(f'"{word}"' for word in words), value, key, hint)
        elif type(value) is not kind:
            names = {str: "text", int: "an integer", bool: "true or false"}
            self._unexpected(names[kind], value, key)

    def _check_table(self, kind: type[msgspec.Struct], table: dict[str, Any], key: Key) -> None:
        kinds = _kinds(kind)
        for name, value in table.items():
            if name in kinds:
                self._check(kinds[name], value, (*key, name))
            else:
                self.problem((*key, name), "unknown key" + did_you_mean(name, kinds))
        for field in msgspec.structs.fields(kind):
            if field.required and field.name not in table:
                self.problem((*key, field.name), "expected a value, received none")

    def _unexpected(self, expected: str, value: object, key: Key, hint: str = "") -> None:
        received = "another type" if SECRET_KEYS & set(key) else _shown(value)
        self.problem(key, f"expected {expected}, received {received}{hint}")


def line_numbers(text: str) -> dict[Key, int]:
    """The line on which each table and each key begins; inline tables count as their key."""
    lines: dict[Key, int] = {}
    counts: dict[Key, int] = {}
    prefix: Key = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.fullmatch(line):
            *outer, last = _parts(header[2])
            prefix = (*_qualified(outer, counts), last)
            if header[1] == "[[":
                lines.setdefault(prefix, number)
                counts[prefix] = counts.get(prefix, -1) + 1
                prefix = (*prefix, counts[prefix])
            lines.setdefault(prefix, number)
        elif assignment := _ASSIGNMENT.match(line):
            lines.setdefault((*prefix, *_parts(assignment[1])), number)
    return lines


def _parts(dotted: str) -> list[str]:
    return [part.strip(" \t\"'") for part in dotted.split(".")]


def _qualified(parts: list[str], counts: Mapping[Key, int]) -> Key:
    """`[a.b]` after `[[a]]` belongs to the latest a."""
    key: Key = ()
    for part in parts:
        key = (*key, part)
        if key in counts:
            key = (*key, counts[key])
    return key


def _dotted(key: Key) -> str:
    """`fix.sessions[0].account`, counted from 0 as in the file's order."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key)
    return text.removeprefix(".")


def _shown(value: object) -> str:
    """A value as TOML readers know it, kept short."""
    if isinstance(value, dict):
        return "a table"
    try:
        text = json.dumps(value)
    except TypeError:
        text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
