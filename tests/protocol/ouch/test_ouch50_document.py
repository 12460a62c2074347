"""specs/ouch/ouch50.md is rendered from the layouts and the options.

Regenerate: `python -m tests.protocol.ouch.test_ouch50_document`.
"""

from protocol.ouch.appendage import OPTIONS
from protocol.ouch.inbound50 import INBOUND
from protocol.ouch.outbound50 import OUTBOUND
from tests.protocol.layout_document import render, values
from tests.protocol.soupbintcp.vector_files import SPECS

DOCUMENT = SPECS / "ouch" / "ouch50.md"
LAYOUTS = INBOUND.layouts + OUTBOUND.layouts
HEAD = [
    "# OUCH 5.0 messages",
    "",
    "Generated from `protocol/ouch/inbound50.py`, `outbound50.py`, `appendage.py` and the",
    "enumerations beside them; do not edit. Offsets count from the type byte. Integers are",
    "big-endian, unsigned but for type i32. A message with an appendage shows its least size.",
]
OPTIONS_HEAD = [
    "",
    "# Appendage",
    "",
    "The total length of what follows (two bytes), then elements: length of tag and value (one",
    "byte), tag (one byte), value. Unknown tags are skipped by their length. A known tag of",
    "another size, a known tag that stands twice and a length that does not fit are errors.",
    "",
    "| tag | length | option | type | in | values |",
    "|---|---|---|---|---|---|",
]


def document() -> str:
    rows = [
        f"| {option.tag} | {option.length} | {name} | {option.kind.value} | {option.requests} | "
        f"{values(option.note, option.enumeration)} |"
        for name, option in OPTIONS
    ]
    more = [option.enumeration for _, option in OPTIONS if option.enumeration]
    return render(HEAD, LAYOUTS, OPTIONS_HEAD + rows, more)


def test_document_is_what_the_layouts_and_options_say() -> None:
    assert DOCUMENT.read_text("ascii") == document(), (
        "run python -m tests.protocol.ouch.test_ouch50_document"
    )


if __name__ == "__main__":
    DOCUMENT.write_text(document(), "ascii")
