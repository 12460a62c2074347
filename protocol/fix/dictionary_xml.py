"""The dictionary of one version in the XML form that QuickFIX reads, the same bytes every time.

FIX 5.0 and later are two files there: the transport's (FIXT.1.1) with header, trailer and
administrative messages, and one for each application version. Components are written out.
"""

from collections.abc import Iterator

from protocol.fix.dictionary import TRANSPORT_SINCE, BlockRow, FieldRow, Table

FILES: dict[str, tuple[str, str]] = {
    "FIX.4.0": ("40", "type='FIX' major='4' minor='0' servicepack='0'"),
    "FIX.4.1": ("41", "type='FIX' major='4' minor='1' servicepack='0'"),
    "FIX.4.2": ("42", "type='FIX' major='4' minor='2' servicepack='0'"),
    "FIX.4.3": ("43", "type='FIX' major='4' minor='3' servicepack='0'"),
    "FIX.4.4": ("44", "type='FIX' major='4' minor='4' servicepack='0'"),
    "FIXT.1.1": ("52", "type='FIXT' major='1' minor='1' servicepack='0'"),
    "FIX.5.0": ("50", "type='FIX' major='5' minor='0' servicepack='0'"),
    "FIX.5.0SP1": ("51", "type='FIX' major='5' minor='0' servicepack='1'"),
    "FIX.5.0SP2": ("52", "type='FIX' major='5' minor='0' servicepack='2'"),
}
"""File -> code of the version, attributes of its root."""
_LONG_CHARS = frozenset(("40", "41"))


def quickfix_xml(table: Table, name: str) -> bytes:
    """The file of that name, one of `FILES`."""
    code, root = FILES[name]
    writer = _Writer(table, code)
    split = code >= TRANSPORT_SINCE
    transport = name == "FIXT.1.1"
    lines = [f"<fix {root}>"]
    for part in ("header", "messages", "trailer"):
        lines.append(f" <{part}>")
        if part == "messages":
            for row in table.blocks.values():
                if row.kind == "message" and (not split or row.admin == transport):
                    lines += writer.message(row)
        elif transport or not split:
            lines += writer.members(table.blocks[part], "  ", False)
        lines.append(f" </{part}>")
    lines += [" <components>", " </components>", " <fields>", *writer.fields(), " </fields>"]
    return "\n".join([*lines, "</fix>", ""]).encode("ascii")


class _Writer:
    """Renders one version, and remembers which fields it named."""

    def __init__(self, table: Table, code: str) -> None:
        self._table = table
        self._code = code
        self._rows = {row.tag: row for row in table.fields if code in row.versions}
        self._used: set[int] = set()

    def message(self, row: BlockRow) -> Iterator[str]:
        lines = list(self.members(row, "   ", False))
        if lines:
            category = "admin" if row.admin else "app"
            yield f"  <message name='{row.name}' msgtype='{row.msg_type}' msgcat='{category}'>"
            yield from lines
            yield "  </message>"

    def members(self, block: BlockRow, indent: str, optional: bool) -> Iterator[str]:
        for member in block.members:
            if self._code not in member.versions:
                continue
            required = "Y" if member.required and not optional else "N"
            if isinstance(member.item, int):
                name = self._name(member.item)
                yield f"{indent}<field name='{name}' required='{required}'/>"
                continue
            inner = self._table.blocks[member.item]
            if inner.kind == "component":
                yield from self.members(inner, indent, optional or not member.required)
                continue
            yield f"{indent}<group name='{self._name(inner.tag)}' required='{required}'>"
            yield from self.members(inner, indent + " ", False)
            yield f"{indent}</group>"

    def fields(self) -> Iterator[str]:
        for tag in sorted(self._used):
            row = self._rows[tag]
            opening = f"  <field number='{tag}' name='{row.name}' type='{self._type(row)}'"
            values = [one for one in self._table.values.get(tag, ()) if self._code in one.versions]
            if not values:
                yield opening + "/>"
                continue
            yield opening + ">"
            for one in values:
                yield f"   <value enum='{one.value}' description='{one.name}'/>"
            yield "  </field>"

    def _name(self, tag: int) -> str:
        self._used.add(tag)
        return self._rows[tag].name

    def _type(self, row: FieldRow) -> str:
        # Before FIX 4.2 a char is a text of any length.
        return "STRING" if row.type == "CHAR" and self._code in _LONG_CHARS else row.type
