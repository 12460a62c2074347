"""The Markdown document of fixed-width messages, rendered from their layouts."""

from collections.abc import Iterable
from enum import Enum

from protocol.layout import Kind, Layout, Place


def render(
    head: list[str],
    layouts: Iterable[Layout],
    tables: Iterable[str] = (),
    more: Iterable[type[Enum]] = (),
) -> str:
    """Title, every message, further tables, the enumerations of the messages and more."""
    layouts = tuple(layouts)
    lines = list(head)
    for layout in layouts:
        lines += _message(layout)
    lines += tables
    kinds = _enumerations(layouts)
    for enumeration in more:
        kinds.setdefault(enumeration, Kind.CODE)
    lines += ["", "# Enumerations"]
    for enumeration, kind in kinds.items():
        lines += _enumeration(enumeration, kind)
    return "\n".join(lines) + "\n"


def _enumerations(layouts: Iterable[Layout]) -> dict[type[Enum], Kind]:
    """Every enumeration in the order of its first use, and how it is written."""
    found: dict[type[Enum], Kind] = {}
    for layout in layouts:
        for _, place in layout.fields:
            if place.enumeration is not None:
                found.setdefault(place.enumeration, place.kind)
    return found


def _message(layout: Layout) -> list[str]:
    type_code = layout.type_code.decode("ascii")
    summary = " ".join((layout.message.__doc__ or "").split())
    size = f"{layout.size} bytes{' or more' if layout.has_appendage else ''}"
    return [
        "",
        f"## `{type_code}` {layout.message.__name__}",
        "",
        f"{summary} {size}, {layout.direction.value}. Source: {layout.source}.",
        "",
        "| offset | length | field | type | values |",
        "|---|---|---|---|---|",
        f"| 0 | 1 | type | code | `{type_code}` |",
    ] + [
        f"| {place.offset} | {_length(place)} | {name} | {place.kind.value} | "
        f"{values(place.note, place.enumeration)} |"
        for name, place in layout.fields
    ]


def _length(place: Place) -> str:
    if place.kind is not Kind.APPENDAGE:
        return str(place.length)
    return "2 or more" if place.length else "0, 2 or more"


def values(note: str, enumeration: type[Enum] | None) -> str:
    """The last cell of a field's row."""
    return "; ".join(filter(None, [note, enumeration and f"[{enumeration.__name__}]"]))


def _enumeration(enumeration: type[Enum], kind: Kind) -> list[str]:
    summary = " ".join((enumeration.__doc__ or "").split())
    lines = ["", f"## {enumeration.__name__}", "", summary, "", "| value | name |", "|---|---|"]
    for member in enumeration:
        lines.append(f"| {_value(member.value, kind)} | {member.name} |")
    return lines


def _value(value: bytes | int, kind: Kind) -> str:
    if isinstance(value, int):
        return f"`0x{value:04x}`" if kind is Kind.U16 else f"`{value}`"
    text = value.decode("ascii")
    return "space" if text == " " else f"`{text}`"
