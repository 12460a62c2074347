"""A FIX message as people read it: names of fields, texts of enumerated values, groups indented.

Whatever the dictionary does not know is shown by its number. Nothing here reaches a terminal
unescaped.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from protocol.fix.dictionary import Block, Table
from protocol.fix.version import FIX50SP2, VERSIONS, version_of

Fields = Sequence[tuple[int, bytes]]

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_SEPARATED = frozenset(("MULTIPLEVALUESTRING", "MULTIPLECHARVALUE", "MULTIPLESTRINGVALUE"))


class ShownField(msgspec.Struct, frozen=True):
    """One field; `depth` counts the groups around it, `meaning` is the text of an enumerated
    value."""

    tag: int
    name: str
    value: str
    meaning: str
    depth: int

    @property
    def text(self) -> str:
        """`Side(54)=1 BUY`; of an unknown tag its number alone."""
        label = f"{self.name}({self.tag})" if self.name else str(self.tag)
        return f"{label}={self.value} {self.meaning}" if self.meaning else f"{label}={self.value}"


class Vocabulary:
    """What one version calls things."""

    def __init__(self, table: Table, code: str) -> None:
        dictionary = table.dictionary(code)
        self.names = {row.tag: row.name for row in table.fields if code in row.versions}
        self.msg_types = {
            row.msg_type.encode(): row.name
            for row in table.blocks.values()
            if row.kind == "message"
        }
        self._header = dictionary.header
        self._messages = dictionary.messages
        self._types = dictionary.types
        self._meanings = {
            tag: {row.value.encode(): row.name for row in rows if code in row.versions}
            for tag, rows in table.values.items()
        }

    def shown(self, fields: Fields) -> Iterator[ShownField]:
        """Every field in its order."""
        msg_type = next((value for tag, value in fields if tag == 35), b"")
        message = self._messages.get(msg_type)
        blocks = [self._header] if message is None else [self._header, message]
        inside: list[Block] = []
        for tag, value in fields:
            while inside and tag not in inside[-1].fields:
                inside.pop()
            yield ShownField(
                tag, self.names.get(tag, ""), escape(value), self._meaning(tag, value), len(inside)
            )
            for block in [inside[-1]] if inside else blocks:
                if tag in block.groups:
                    inside.append(block.groups[tag])
                    break

    def _meaning(self, tag: int, value: bytes) -> str:
        if tag == 35:
            return self.msg_types.get(value, "")
        meanings = self._meanings.get(tag, {})
        parts = value.split(b" ") if self._types.get(tag) in _SEPARATED else [value]
        return " ".join(meanings[part] for part in parts if part in meanings)


class Vocabularies:
    """Those of all versions, made when first needed, and the one that a message speaks."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._made: dict[str, Vocabulary] = {}
        self._lengths = {row.tag for row in table.fields if row.type == "LENGTH"} - {9}
        self._default = FIX50SP2.appl_ver_id

    def is_length(self, tag: int) -> bool:
        """Whether the tag counts the bytes of the data field behind it, in any version."""
        return tag in self._lengths

    def of(self, fields: Fields) -> Vocabulary:
        """By BeginString(8); on FIXT.1.1 by ApplVerID(1128), else by the DefaultApplVerID(1137) of
        the Logon(A) met last."""
        head = {tag: value for tag, value in fields if tag in (8, 35, 1128, 1137)}
        if head.get(35) == b"A" and 1137 in head:
            self._default = head[1137]
        begin_string = head.get(8, b"")
        version = version_of(begin_string)
        if version is None:
            version = version_of(begin_string, head.get(1128, self._default)) or VERSIONS[-1]
        made = self._made.get(version.code)
        if made is None:
            made = self._made[version.code] = Vocabulary(self._table, version.code)
        return made


def one_line(shown: Iterable[ShownField]) -> str:
    """All fields in a row, the entries of a group in brackets behind their number."""
    text, depth = "", 0
    for field in shown:
        if field.depth > depth:
            text += "[" * (field.depth - depth)
        elif text:
            text += "]" * (depth - field.depth) + "|"
        text += field.text.replace("|", "\\x7c")
        depth = field.depth
    return text + "]" * depth


def escape(data: bytes) -> str:
    """Text of any bytes: what is not printable ASCII in hexadecimal."""
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", data.decode("latin-1"))
