"""Wire vectors of the binary protocols: `name: Python literal` lines and what they look like.

`bytes:` is a run of hex and 'quoted ASCII', so that a field can be checked against a specification
by eye. `canonical: False` marks bytes that are accepted but never written by us.
"""

import ast
import re
from pathlib import Path
from typing import Any, NamedTuple

SPECS = Path(__file__).resolve().parents[3] / "specs"
_PIECE = re.compile(r"'([^']*)'|([0-9a-f]+)")


class Vector(NamedTuple):
    name: str
    subject: str
    wire: bytes
    canonical: bool
    fields: dict[str, Any]


def read_vectors(folder: str, subject: str, version: str = "") -> list[Vector]:
    """Every vector of this folder below specs; `subject` is the line that names what it is."""
    paths = sorted((SPECS / folder / "vectors" / version).glob("*.txt"))
    assert paths, f"no vectors in specs/{folder}"
    return [_read(path, subject) for path in paths]


def _read(path: Path, subject: str) -> Vector:
    lines = [line for line in path.read_text("ascii").splitlines() if line and line[0] != "#"]
    entries = dict(line.split(": ", 1) for line in lines)
    assert len(entries) == len(lines), f"{path.name}: a line twice"
    name = entries.pop(subject)
    wire = _bytes(entries.pop("bytes"))
    canonical = ast.literal_eval(entries.pop("canonical", "True"))
    fields = {key: ast.literal_eval(value) for key, value in entries.items()}
    return Vector(path.stem, name, wire, canonical, fields)


def _bytes(text: str) -> bytes:
    rest = _PIECE.sub("", text).strip()
    assert not rest, f"neither hex nor quoted: {rest}"
    return b"".join(
        bytes.fromhex(piece[2]) if piece[2] else piece[1].encode("ascii")
        for piece in _PIECE.finditer(text)
    )
