"""specs/ouch/ouch42.md is rendered from the layouts.

Regenerate: `python -m tests.protocol.ouch.test_ouch42_document`.
"""

from protocol.ouch.messages42 import INBOUND, OUTBOUND
from tests.protocol.layout_document import render
from tests.protocol.soupbintcp.vector_files import SPECS

DOCUMENT = SPECS / "ouch" / "ouch42.md"
HEAD = [
    "# OUCH 4.2 messages",
    "",
    "Generated from `protocol/ouch/messages42.py` and `enumerations42.py`; do not edit.",
    "Offsets count from the type byte. Integers are unsigned and big-endian.",
]


def document() -> str:
    return render(HEAD, INBOUND.layouts + OUTBOUND.layouts)


def test_document_is_what_the_layouts_say() -> None:
    assert DOCUMENT.read_text("ascii") == document(), (
        "run python -m tests.protocol.ouch.test_ouch42_document"
    )


if __name__ == "__main__":
    DOCUMENT.write_text(document(), "ascii")
