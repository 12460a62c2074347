"""specs/itch/itch50.md is rendered from the layouts.

Regenerate: `python -m tests.protocol.itch.test_itch50_document`.
"""

from protocol.itch.messages import MESSAGES
from tests.protocol.layout_document import render
from tests.protocol.soupbintcp.vector_files import SPECS

DOCUMENT = SPECS / "itch" / "itch50.md"
HEAD = [
    "# ITCH 5.0 messages",
    "",
    "Generated from `protocol/itch/messages.py` and `enumerations.py`; do not edit.",
    "Offsets count from the type byte. Integers are unsigned and big-endian.",
]


def document() -> str:
    return render(HEAD, MESSAGES.layouts)


def test_document_is_what_the_layouts_say() -> None:
    assert DOCUMENT.read_text("ascii") == document(), (
        "run python -m tests.protocol.itch.test_itch50_document"
    )


if __name__ == "__main__":
    DOCUMENT.write_text(document(), "ascii")
