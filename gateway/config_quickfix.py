"""QuickFIX settings files read as session configuration: what `venue config import` prints.

A file is [DEFAULT] and any number of [SESSION], `Key=Value` a line. Keys that a venue has no use
for become comments with the reason; nothing is dropped in silence.
"""

import json
import re

import msgspec

from gateway.config import PORT_NAMES, ConfigError, Listen
from gateway.config_fix import AVAILABLE_BEGIN_STRINGS, WILDCARD
from gateway.config_quickfix_keys import (
    CONVERTED,
    IDENTITY,
    NOT_CARRIED_OVER,
    SPELLINGS,
    Values,
)
from gateway.config_rules import did_you_mean

_SECTION = re.compile(r"\[(\w+)\]")


class Import(msgspec.Struct, frozen=True):
    """A venue.toml, and what somebody should look at: keys that QuickFIX does not know either."""

    toml: str
    warnings: list[str]


class _Entry(msgspec.Struct, frozen=True):
    """One line of a file."""

    line: int
    key: str
    value: str


def import_settings(text: str, name: str) -> Import:
    """The file as venue.toml. Raises ConfigError with every problem, one a line."""
    return _Importer(name).run(text)


class _Importer:
    """One file on its way."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._problems: list[str] = []
        self._warnings: list[str] = []

    def run(self, text: str) -> Import:
        defaults, sessions = self._sections(text)
        notes = self._notes(defaults)
        blocks: list[str] = []
        listen: Values = {}
        fix: Values = {}
        for entries in sessions:
            blocks.append(self._session(defaults, entries, listen, fix))
        if not sessions:
            self._problems.append(f"{self._name}: expected at least one [SESSION], received none")
        if self._problems:
            raise ConfigError("\n".join(self._problems))
        head = [
            "# Imported from QuickFIX settings; comments say what was not carried over.",
            *notes,
        ]
        _make_way(listen)
        if listen:
            head += ["", "[listen]", *_assignments(listen)]
        head += ["", "[fix]", *_assignments({"allow_unknown_sessions": False, **fix})]
        return Import("\n".join([*head, *blocks]) + "\n", self._warnings)

    def _sections(self, text: str) -> tuple[list[_Entry], list[list[_Entry]]]:
        """The lines of [DEFAULT] and of each [SESSION]; keys are compared without case."""
        defaults: list[_Entry] = []
        sessions: list[list[_Entry]] = []
        current: list[_Entry] | None = None
        for number, raw in enumerate(text.splitlines(), 1):
            line = raw.strip()
            section = _SECTION.fullmatch(line)
            if not line or line.startswith(("#", ";")):
                continue
            if section is not None and section[1].upper() == "DEFAULT":
                current = defaults
            elif section is not None and section[1].upper() == "SESSION":
                current = []
                sessions.append(current)
            elif section is not None:
                self._problem(number, f"expected [DEFAULT] or [SESSION], received {line}")
            elif "=" not in line:
                self._problem(number, f'expected Key=Value, received "{line:.60}"')
            elif current is None:
                self._problem(number, "expected [DEFAULT] or [SESSION] before the first key")
            else:
                key, _, value = line.partition("=")
                current.append(_Entry(number, key.strip(), value.strip()))
        return defaults, sessions

    def _notes(self, entries: list[_Entry]) -> list[str]:
        """Comments on keys that are not carried over; warnings about those nobody knows."""
        notes = []
        for entry in entries:
            word = entry.key.upper()
            if word in CONVERTED or word in IDENTITY:
                continue
            reason = NOT_CARRIED_OVER.get(word)
            if reason is None:
                reason = "not a key of QuickFIX"
                hint = did_you_mean(entry.key, SPELLINGS)
                self._warnings.append(f"{self._name}:{entry.line}: {entry.key}: unknown key{hint}")
            shown = "..." if "PASSWORD" in word else entry.value
            notes.append(f"# {entry.key}={shown} (line {entry.line}): {reason}")
        return notes

    def _session(
        self, defaults: list[_Entry], entries: list[_Entry], listen: Values, fix: Values
    ) -> str:
        """One [[fix.sessions]]; what concerns the port goes into `listen` and `fix`."""
        merged = {entry.key.upper(): entry for entry in (*defaults, *entries)}
        values = self._identity(merged, entries)
        for word, entry in merged.items():
            convert = CONVERTED.get(word)
            if convert is None:
                continue
            try:
                converted = convert(entry.value)
            except ValueError as error:
                self._problem(entry.line, f"{entry.key}: {error}")
                continue
            for key, value in converted.items():
                if key in ("fix", "host"):
                    self._once(listen, key, value, entry)
                elif key == "logon_timeout":
                    self._once(fix, key, value, entry)
                else:
                    values[key] = value
        if "start_time" in values and values.get("non_stop_session"):
            # QuickFIX looks at no times then.
            for key in ("start_time", "end_time", "start_day", "end_day", "weekdays", "time_zone"):
                values.pop(key, None)
        if "start_time" not in values:
            values.pop("time_zone", None)
        return "\n".join(["", "[[fix.sessions]]", *_assignments(values), *self._notes(entries)])

    def _identity(self, merged: dict[str, _Entry], entries: list[_Entry]) -> Values:
        """BeginString and CompIDs; an initiator's file is the client's view, turned round here."""
        found = {}
        line = entries[0].line if entries else 0
        for word, spelling in IDENTITY.items():
            entry = merged.get(word)
            if entry is not None:
                found[word] = entry.value
            elif word != "CONNECTIONTYPE":
                self._problem(line, f"{spelling}: expected a value, received none")
        begin_string = found.get("BEGINSTRING", "FIX.4.4")
        if begin_string not in AVAILABLE_BEGIN_STRINGS:
            known = ", ".join(AVAILABLE_BEGIN_STRINGS)
            self._problem(
                merged["BEGINSTRING"].line,
                f"BeginString: expected one of {known}, received {begin_string}",
            )
        kind = found.get("CONNECTIONTYPE", "acceptor").lower()
        if kind not in ("acceptor", "initiator"):
            self._problem(
                merged["CONNECTIONTYPE"].line,
                f'ConnectionType: expected acceptor or initiator, received "{kind}"',
            )
        venue, client = found.get("SENDERCOMPID", ""), found.get("TARGETCOMPID", "")
        if kind == "initiator":
            venue, client = client, venue
        for comp_id in (venue, client):
            if WILDCARD in comp_id[:-1]:
                self._problem(line, f'CompID: expected "*" at the end only, received "{comp_id}"')
        return {
            "begin_string": begin_string,
            "sender_comp_id": venue,
            "target_comp_id": client,
        }

    def _once(self, values: Values, key: str, value: object, entry: _Entry) -> None:
        """The FIX port is one for all sessions."""
        if values.setdefault(key, value) != value:
            self._problem(
                entry.line,
                f"{entry.key}: expected {values[key]} as in the sessions before, received {value}: "
                "the venue has one FIX port",
            )

    def _problem(self, line: int, text: str) -> None:
        problem = f"{self._name}:{line}: {text}"
        if problem not in self._problems:
            self._problems.append(problem)


def _make_way(listen: Values) -> None:
    """A wire whose port the FIX port takes by the file gets FIX's own."""
    for name in PORT_NAMES:
        if name != "fix" and getattr(Listen(), name) == listen.get("fix"):
            listen[name] = Listen().fix


def _assignments(values: Values) -> list[str]:
    """TOML lines. JSON's texts, integers, booleans and arrays are TOML's as well."""
    return [f"{key} = {json.dumps(value)}" for key, value in values.items()]
