"""The tables of requirements name only files that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCUMENTS = (
    ROOT / "specs/requirements.md",
    ROOT / "specs/fix/requirements.md",
    ROOT / "specs/ouch/requirements.md",
)
NAMED = re.compile(r"`([\w./*-]+(?:\.\w+|/))`")
STATES = ("works", "partly", "missing")


def rows() -> list[list[str]]:
    """Requirement, done in, tested by, state of every row."""
    texts = [document.read_text() for document in DOCUMENTS]
    lines = [line for text in texts for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] != "requirement"]


def missing_files(cell: str, *roots: Path) -> list[str]:
    """Names in a cell that are no file; a name without folder is beside the one before it."""
    missing = []
    folder = ""
    for name in NAMED.findall(cell):
        places = [(root, place) for root in roots for place in (name, f"{folder}/{name}")]
        if not any(list(root.glob(place.strip("/"))) for root, place in places):
            missing.append(name)
        elif "/" in name.rstrip("/"):
            folder = name.rpartition("/")[0]
    return missing


def test_every_row_says_how_far_it_is() -> None:
    assert [row for row in rows() if len(row) != 4 or not row[3].startswith(STATES)] == []


def test_every_file_that_is_named_exists() -> None:
    findings = [
        (row[0], missing_files(row[1], ROOT, ROOT / "tests"), missing_files(row[2], ROOT / "tests"))
        for row in rows()
    ]
    assert [finding for finding in findings if finding[1] or finding[2]] == []
