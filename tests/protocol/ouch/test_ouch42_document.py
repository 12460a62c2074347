"""specs/ouch/ouch42.md is rendered from the layouts.

Regenerate: `python -m tests.protocol.ouch.test_ouch42_document`.
"""

from enum import Enum

from protocol.layout import Layout
from protocol.ouch.messages42 import INBOUND, OUTBOUND
from tests.protocol.soupbintcp.vector_files import SPECS

DOCUMENT = SPECS / "ouch" / "ouch42.md"
LAYOUTS = INBOUND.layouts + OUTBOUND.layouts


def render() -> str:
    lines = [
        "# OUCH 4.2 messages",
        "",
        "Generated from `protocol/ouch/messages42.py` and `enumerations42.py`; do not edit.",
        "Offsets count from the type byte. Integers are unsigned and big-endian.",
    ]
    for layout in LAYOUTS:
        lines += _message(layout)
    lines += ["", "# Enumerations"]
    for enumeration in _enumerations():
        lines += _enumeration(enumeration)
    return "\n".join(lines) + "\n"


def _message(layout: Layout) -> list[str]:
    summary = (layout.message.__doc__ or "").strip()
    return [
        "",
        f"## `{layout.type_code.decode('ascii')}` {layout.message.__name__}",
        "",
        f"{summary} {layout.size} bytes, {layout.direction.value}. Source: {layout.source}.",
        "",
        "| offset | length | field | type | values |",
        "|---|---|---|---|---|",
        f"| 0 | 1 | type | code | `{layout.type_code.decode('ascii')}` |",
    ] + [
        f"| {place.offset} | {place.length} | {name} | {place.kind.value} | "
        + "; ".join(
            filter(None, [place.note, place.enumeration and f"[{place.enumeration.__name__}]"])
        )
        + " |"
        for name, place in layout.fields
    ]


def _enumerations() -> list[type[Enum]]:
    found = {
        place.enumeration: None
        for layout in LAYOUTS
        for _, place in layout.fields
        if place.enumeration is not None
    }
    return list(found)


def _enumeration(enumeration: type[Enum]) -> list[str]:
    summary = " ".join((enumeration.__doc__ or "").split())
    lines = ["", f"## {enumeration.__name__}", "", summary, "", "| value | name |", "|---|---|"]
    for member in enumeration:
        value = member.value
        text = value.decode("ascii") if isinstance(value, bytes) else str(value)
        lines.append(f"| {'space' if text == ' ' else f'`{text}`'} | {member.name} |")
    return lines


def test_document_is_what_the_layouts_say() -> None:
    assert DOCUMENT.read_text("ascii") == render(), (
        "run python -m tests.protocol.ouch.test_ouch42_document"
    )


if __name__ == "__main__":
    DOCUMENT.write_text(render(), "ascii")
