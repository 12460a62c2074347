"""The table of cases in specs/fix/acceptance/README.md, drawn from the scripts.

`python -m tests.acceptance.cases` writes it anew.
"""

import re
from pathlib import Path

from protocol.fix.version import VERSIONS
from tests.acceptance.script import SCRIPTS, Script, scripts

README = SCRIPTS / "README.md"
_HEADING = "## Cases\n\n"
_CASE = re.compile(r"(?P<number>\d+[A-Z]?)(?P<letter>[a-z]?)_")


def table(all_scripts: list[Script]) -> str:
    """Case, script, versions, settings and what it is about, one row a script."""
    rows = ["| case | script | versions | settings | what |", "|---|---|---|---|---|"]
    for script in sorted(all_scripts, key=_place):
        settings = ", ".join(f"`{key} = {_toml(value)}`" for key, value in script.session.items())
        cells = (_case(script), script.name, _versions(script), settings, script.about)
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def _place(script: Script) -> tuple[int, str]:
    match = _CASE.match(script.name.rpartition("/")[2])
    return (int(re.sub(r"\D", "", match["number"])) if match else 1_000, script.name)


def _case(script: Script) -> str:
    match = _CASE.match(script.name.rpartition("/")[2])
    if match is None:
        return ""
    return match["number"] + ("." + match["letter"] if match["letter"] else "")


def _versions(script: Script) -> str:
    if script.versions == VERSIONS:
        return "all"
    first, last = script.versions[0].name, script.versions[-1].name
    run = VERSIONS[VERSIONS.index(script.versions[0]) : VERSIONS.index(script.versions[-1]) + 1]
    if len(run) == len(script.versions) > 1:
        return f"{first[4:]} to {last[4:]}"
    return ", ".join(version.name[4:] for version in script.versions)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def write(path: Path = README) -> None:
    """Put the table of today under its heading."""
    head = path.read_text().partition(_HEADING)[0]
    path.write_text(head + _HEADING + table(scripts()))


if __name__ == "__main__":
    write()
