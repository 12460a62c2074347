"""Any message of a set of layouts, every field over its whole range."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from protocol.layout import Kind, Layout, Place

_BITS = {Kind.U8: 8, Kind.U16: 16, Kind.U32: 32, Kind.U64: 64}


def value(kind: Kind, length: int) -> st.SearchStrategy[Any]:
    if kind in _BITS:
        return st.integers(0, 2 ** _BITS[kind] - 1)
    if kind is Kind.I32:
        return st.integers(-(2**31), 2**31 - 1)
    return st.binary(min_size=length, max_size=length)


def messages(
    layouts: tuple[Layout, ...], appendages: st.SearchStrategy[Any] | None = None
) -> st.SearchStrategy[tuple[Layout, Any]]:
    """A layout and a message of it; `appendages` draws the last field of those that have one."""

    def field(place: Place) -> st.SearchStrategy[Any]:
        if place.kind is Kind.APPENDAGE:
            assert appendages is not None, "layouts with appendages"
            return appendages
        return value(place.kind, place.length)

    def built(layout: Layout) -> st.SearchStrategy[tuple[Layout, msgspec.Struct]]:
        fields = st.tuples(*(field(place) for _, place in layout.fields))
        return fields.map(lambda values: (layout, layout.message(*values)))

    return st.one_of([built(layout) for layout in layouts])
