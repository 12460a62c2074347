"""Conformance scripts as files: parsed, then written out for one version of FIX.

The grammar is in specs/fix/acceptance/README.md. A script is written in FIX 4.4's words; `rendered`
turns it into what a session of another version says, by the few rules given there.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protocol.fix.version import VERSIONS, Version, version_of

SCRIPTS = Path(__file__).resolve().parents[2] / "specs" / "fix" / "acceptance"
VENUE = "XVEN"
CLIENT = "ACME"
OTHER = "OTHER"
"""A second session of another account, for scripts in which somebody else acts."""

_LINE = re.compile(r"(?P<connection>\d+)?(?P<verb>[<>!])\s(?P<text>.*)")
_COMMAND = re.compile(r"(?P<verb>[A-Z]+)(?:\s+(?P<text>.*))?")
_COMMANDS = {
    "CONNECT": "connect",
    "CUT": "cut",
    "CLOSED": "closed",
    "SILENT": "silent",
    "ADVANCE": "advance",
    "MARK": "mark",
    "NUMBERS": "numbers",
    "RESTART": "restart",
    "LOGOUT": "logout",
}
_VERBS = {">": "send", "<": "expect", "!": "send_raw"}
_ONLY = re.compile(r"\{(\d\d)?(-)?(\d\d)?:([^{}]*)\}")
_WORD = re.compile(r"@(\w+)((?:,[^|,]*)*)\|?")
"""What a word stands for ends its own last field, so a | behind it is not another one."""
_TAG_IN_TEXT = {"quickfix": " ({})", "quickfixj": ", field={}"}
"""How Text(58) names the tag before FIX 4.2."""
_BEFORE_TARGET = ("35", "34", "43")
"""Fields of the header that stand before SenderCompID(49) in what the venue writes."""


class ScriptError(Exception):
    """A script that cannot be read; the text names file and line."""


@dataclass(frozen=True)
class Step:
    """One line: what to do, over which connection, and the rest of the line."""

    line: int
    verb: str
    connection: int
    text: str


@dataclass(frozen=True)
class Script:
    """One file: its first comment, and the keys of [[fix.sessions]] of its two sessions."""

    name: str
    versions: tuple[Version, ...]
    about: str
    session: dict[str, Any]
    other: dict[str, Any]
    steps: tuple[Step, ...]


def scripts() -> list[Script]:
    """Every script there is."""
    return [parse(path) for path in sorted(SCRIPTS.glob("**/*.fix"))]


def parse(path: Path) -> Script:
    """One script. Raises ScriptError."""
    about: list[str] = []
    settings: list[str] = []
    steps: list[Step] = []
    words = _words()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("#:"):
            settings.append(line[2:].strip())
        elif line.startswith("#") and not steps:
            about.append(line[1:].strip())
        elif line.strip() and not line.startswith("#"):
            steps.append(_step(path, number, _spelled_out(line, words, f"{path}:{number}")))
    try:
        header = tomllib.loads("\n".join(settings))
    except tomllib.TOMLDecodeError as error:
        raise ScriptError(f"{path}: {error}") from None
    names = header.pop("versions", [version.name for version in VERSIONS])
    other = header.pop("other", {})
    versions = tuple(version for version in VERSIONS if version.name in names)
    if len(versions) != len(names):
        raise ScriptError(f"{path}: versions: received {names}")
    if not steps or steps[-1].verb != "numbers":
        raise ScriptError(f"{path}: the last line has to be NUMBERS")
    name = str(path.relative_to(SCRIPTS).with_suffix(""))
    return Script(name, versions, " ".join(about), header, other, tuple(steps))


def _step(path: Path, number: int, line: str) -> Step:
    message = _LINE.fullmatch(line)
    if message is not None:
        connection = int(message["connection"] or 1)
        return Step(number, _VERBS[message["verb"]], connection, message["text"].strip())
    command = _COMMAND.fullmatch(line)
    if command is None or command["verb"] not in _COMMANDS:
        raise ScriptError(f"{path}:{number}: expected a command, received {line!r}")
    text = (command["text"] or "").strip()
    head, _, rest = text.partition(" ")
    verb = _COMMANDS[command["verb"]]
    if verb in ("advance", "mark"):
        return Step(number, verb, 0, text)
    if head.isdigit():
        return Step(number, verb, int(head), rest.strip())
    return Step(number, verb, 1, text)


def _words() -> dict[str, str]:
    """Abbreviations: one a line in words.txt, `name body`, with $1 to $9 for what is given."""
    lines = (SCRIPTS / "words.txt").read_text().splitlines()
    pairs = (line.split(None, 1) for line in lines if line.strip() and not line.startswith("#"))
    return {name: body.strip() for name, body in pairs}


def _spelled_out(line: str, words: dict[str, str], where: str) -> str:
    """The line with every @word,one,two replaced by its text."""

    def replaced(match: re.Match[str]) -> str:
        name, given = match[1], match[2].split(",")[1:]
        if name not in words:
            raise ScriptError(f"{where}: unknown word @{name}")
        body = words[name]
        for index, value in enumerate(given, 1):
            body = body.replace(f"${index}", value)
        if re.search(r"\$\d", body):
            raise ScriptError(f"{where}: @{name} needs more than {given}")
        return body

    while "@" in line:
        line, count = _WORD.subn(replaced, line)
        if not count:
            break
    return line


def rendered(step: Step, version: Version, style: str = "quickfix") -> str:
    """The text of a step as this version says it, fields ended by |, before times are filled in.

    `style` is the session's reject_style.
    """
    text = _of_version(step.text, version)
    if step.verb not in ("send", "expect"):
        return text
    fields = list(_fields(text))
    kind = dict(reversed(fields)).get("35", "")
    if step.verb == "expect" and kind in ("3", "j"):
        fields = _rejection(fields, kind, version, _TAG_IN_TEXT[style])
    if kind == "2":
        fields = [(t, version.infinity.decode() if (t, v) == ("16", "0") else v) for t, v in fields]
    if fields and fields[0][0] != "8":
        sender, target = (CLIENT, VENUE) if step.verb == "send" else (VENUE, CLIENT)
        fields = _addressed(fields, version, sender, target)
    return "".join(f"{tag}={value}|" for tag, value in fields)


def _of_version(text: str, version: Version) -> str:
    """`{-41:...}` is for FIX 4.1 and before, `{42-:...}` from 4.2, `{44:...}` for 4.4 alone."""

    def kept(match: re.Match[str]) -> str:
        first, to, last, body = match.groups()
        low = first or "00"
        high = last or ("99" if to else low)
        return str(body) if low <= version.code <= high else ""

    while _ONLY.search(text):
        text = _ONLY.sub(kept, text)
    return text.replace("<appl>", version.appl_ver_id.decode())


def _fields(text: str) -> Iterator[tuple[str, str]]:
    for piece in text.rstrip("|").split("|"):
        tag, _, value = piece.partition("=")
        yield tag, value


def _rejection(
    fields: list[tuple[str, str]], kind: str, version: Version, tag_in_text: str
) -> list[tuple[str, str]]:
    """Before FIX 4.2 only Text(58) says why; 4.2 knows no SessionRejectReason(373) above 11."""
    tags = dict(fields)
    if version.has_reject_codes:
        reason = int(tags.get("373", "0"))
        late = reason > version.session_reject_reason_max
        return [(t, v) for t, v in fields if not (t == "373" and late)]
    kept = []
    for tag, value in fields:
        if tag == "35":
            value = "3"
        elif tag == "58" and kind == "3" and "371" in tags:
            value += tag_in_text.format(tags["371"])
        if tag not in ("371", "372", "373", "379", "380"):
            kept.append((tag, value))
    return kept


def _addressed(
    fields: list[tuple[str, str]], version: Version, sender: str, target: str
) -> list[tuple[str, str]]:
    """With BeginString, CompIDs and SendingTime, where a line does not give them itself."""
    given = {tag for tag, _ in fields}
    at = 0
    while at < len(fields) and fields[at][0] in _BEFORE_TARGET:
        at += 1
    own = [("49", sender), ("52", "<now>"), ("56", target)]
    own = [(tag, value) for tag, value in own if tag not in given]
    begin_string = ("8", version.begin_string.decode())
    return [begin_string, *fields[:at], *own, *fields[at:]]


__all__ = ["CLIENT", "OTHER", "SCRIPTS", "VENUE", "Script", "ScriptError", "Step", "version_of"]
