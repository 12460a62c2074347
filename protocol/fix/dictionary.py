"""The table of fields and messages in `specs/fix/dictionary.txt`, and one version's view of it.

`Table` is the file as it stands; `Dictionary` what one version makes of it: sets and dicts that a
validator asks, nothing to walk. The file's first lines describe its form. A file of ours that
cannot be read is a bug of ours: DictionaryError names the line.
"""

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cache

import msgspec

CODES = ("40", "41", "42", "43", "44", "50", "51", "52")
"""Versions in their order, as the table writes them."""
TRANSPORT_SINCE = "50"
"""From here on the session layer is FIXT 1.1, and the messages below have a vocabulary of it."""

_RANGE = re.compile(r"(4[0-4]|5[0-2])?(-)?(4[0-4]|5[0-2])?\Z")


class DictionaryError(Exception):
    """The table cannot be read; the text has the line's number."""


class FieldRow(msgspec.Struct, frozen=True):
    """One name of a field; a field that was renamed has a row for each name."""

    tag: int
    name: str
    type: str
    versions: frozenset[str]


class ValueRow(msgspec.Struct, frozen=True):
    """One value that a field may have."""

    value: str
    name: str
    versions: frozenset[str]


class Member(msgspec.Struct, frozen=True):
    """A tag, or the name of a component or group, in a block."""

    item: int | str
    required: bool
    """Of a component: its own required members are required here."""
    versions: frozenset[str]


class BlockRow(msgspec.Struct):
    """A component, group, message, the header or the trailer."""

    kind: str
    name: str
    tag: int = 0
    """The NumInGroup field of a group."""
    msg_type: str = ""
    admin: bool = False
    members: list[Member] = []


class Block(msgspec.Struct, frozen=True):
    """What may stand in a message or in one entry of a group, in one version."""

    fields: frozenset[int]
    """Fields and NumInGroup fields; what stands in groups alone is not among them."""
    required: tuple[int, ...]
    """Ascending."""
    groups: "dict[int, Block]"
    """By NumInGroup field."""
    delimiter: int = 0
    """Of a group: the field that begins every entry."""
    places: dict[int, int] = {}
    """Of a group: where in an entry a field stands."""


def block_of(
    fields: Sequence[int], required: Iterable[int], groups: dict[int, Block], *, is_group: bool
) -> Block:
    """A block of these fields, in the order in which they stand in an entry if it is a group's."""
    return Block(
        fields=frozenset(fields),
        required=tuple(sorted(required)),
        groups=groups,
        delimiter=fields[0] if is_group else 0,
        places={tag: place for place, tag in enumerate(fields)} if is_group else {},
    )


class Dictionary(msgspec.Struct, frozen=True):
    """Everything a validator asks about one version."""

    code: str
    header: Block
    msg_types: frozenset[bytes]
    """Every MsgType(35) of the version, also those not in `messages`."""
    messages: dict[bytes, Block]
    """By MsgType(35); of other types nothing but the name is known."""
    admin: frozenset[bytes]
    tags: frozenset[int]
    """Every tag that the version defines."""
    admin_tags: frozenset[int]
    """Those that administrative messages are checked against: on FIXT 1.1 the transport's own."""
    types: dict[int, str]
    values: dict[int, frozenset[bytes]]
    """Fields that may have listed values only."""


class Table(msgspec.Struct, frozen=True):
    """The whole file."""

    tags: tuple[tuple[frozenset[str], tuple[tuple[int, int], ...]], ...]
    fields: tuple[FieldRow, ...]
    values: dict[int, list[ValueRow]]
    blocks: dict[str, BlockRow]
    """By name; components, groups, header, trailer and messages."""

    def dictionary(self, code: str, transport: str = "") -> Dictionary:
        """The view of the version with this code.

        `transport` is the code of the session layer where that is another version's: an older
        application over FIXT 1.1, named by ApplVerID(1128).
        """
        transport = transport or code
        header = self._block(self.blocks["header"], transport)
        messages: dict[bytes, Block] = {}
        admin: set[bytes] = set()
        for row in self.blocks.values():
            own = transport if row.admin else code
            if row.kind == "message" and any(own in one.versions for one in row.members):
                messages[row.msg_type.encode()] = self._block(row, own)
                if row.admin:
                    admin.add(row.msg_type.encode())
        session_tags = {8, 9, 10, 35, *all_tags(header)}
        session_tags.update(all_tags(self._block(self.blocks["trailer"], transport)))
        for msg_type in admin:
            session_tags.update(all_tags(messages[msg_type]))
        tags = set(session_tags)
        for versions, ranges in self.tags:
            if code in versions:
                for begin, end in ranges:
                    tags.update(range(begin, end + 1))
        types = {row.tag: row.type for row in self.fields if transport in row.versions}
        types.update((row.tag, row.type) for row in self.fields if code in row.versions)
        values = self._values(transport, types) if transport != code else {}
        values.update(self._values(code, types))
        msg_types = values.pop(35, frozenset())
        return Dictionary(
            code=code,
            header=header,
            msg_types=msg_types,
            messages=messages,
            admin=frozenset(admin),
            tags=frozenset(tags),
            admin_tags=frozenset(session_tags if transport >= TRANSPORT_SINCE else tags),
            types=types,
            values=values,
        )

    def _values(self, code: str, used: Container[int]) -> dict[int, frozenset[bytes]]:
        return {
            tag: frozenset(row.value.encode() for row in rows if code in row.versions)
            for tag, rows in self.values.items()
            if tag in used and any(code in row.versions for row in rows)
        }

    def _block(self, row: BlockRow, code: str) -> Block:
        fields: list[int] = []
        required: set[int] = set()
        groups: dict[int, Block] = {}
        self._collect(row, code, True, fields, required, groups)
        return block_of(fields, required, groups, is_group=row.kind == "group")

    def _collect(
        self,
        row: BlockRow,
        code: str,
        required_here: bool,
        fields: list[int],
        required: set[int],
        groups: dict[int, Block],
    ) -> None:
        for member in row.members:
            if code not in member.versions:
                continue
            if isinstance(member.item, int):
                tag = member.item
            else:
                inner = self.blocks[member.item]
                if inner.kind == "component":
                    within = required_here and member.required
                    self._collect(inner, code, within, fields, required, groups)
                    continue
                tag = inner.tag
                groups[tag] = self._block(inner, code)
            fields.append(tag)
            if member.required and required_here:
                required.add(tag)


def parse_table(data: bytes) -> Table:
    """The table of a file. Raises DictionaryError."""
    tags: list[tuple[frozenset[str], tuple[tuple[int, int], ...]]] = []
    fields: list[FieldRow] = []
    values: dict[int, list[ValueRow]] = {}
    blocks: dict[str, BlockRow] = {}
    section = ""
    for number, line in enumerate(data.decode("ascii").splitlines(), 1):
        words = line.split()
        if not words or line.startswith("#"):
            continue
        try:
            if not line.startswith(" "):
                section = words[0]
                if section not in ("tags", "fields"):
                    block = _block_row(words)
                    if block.name in blocks:
                        raise ValueError(f"{block.name} stands twice")
                    blocks[block.name] = block
            elif section == "tags":
                tags.append((_versions(words[0]), tuple(map(_tag_range, words[1:]))))
            elif section == "fields" and line.startswith("    "):
                rows = values.setdefault(fields[-1].tag, [])
                versions = _versions(words[0])
                for word in words[1:]:
                    value, _, name = word.partition("=")
                    rows.append(ValueRow(value, name, versions))
            elif section == "fields":
                versions = _versions(words[3] if len(words) > 3 else "40-")
                fields.append(FieldRow(int(words[0]), words[1], words[2], versions))
            else:
                block.members += _members(words)
        except (ValueError, IndexError) as error:
            raise DictionaryError(f"line {number}: {error}") from error
    for row in blocks.values():
        for member in row.members:
            if isinstance(member.item, str) and member.item not in blocks:
                raise DictionaryError(f"{row.name} has {member.item}, which is nowhere")
    return Table(tuple(tags), tuple(fields), values, blocks)


def _block_row(words: list[str]) -> BlockRow:
    kind = words[0]
    if kind in ("header", "trailer"):
        return BlockRow(kind, kind)
    if kind == "component":
        return BlockRow(kind, words[1])
    if kind == "group":
        return BlockRow(kind, words[1], tag=int(words[2]))
    if kind == "message":
        return BlockRow(kind, words[2], msg_type=words[1], admin="admin" in words[3:])
    raise ValueError(f"unknown section {kind}")


def _members(words: list[str]) -> Iterator[Member]:
    versions = _versions(words[0])
    for word in words[1:]:
        item = word.rstrip("!")
        yield Member(int(item) if item.isdigit() else item, item != word, versions)


@cache
def _versions(text: str) -> frozenset[str]:
    match = _RANGE.match(text)
    if match is None or not text:
        raise ValueError(f"expected versions such as 41- or 40-43, received {text}")
    since, dash, until = match.groups()
    begin = CODES.index(since or CODES[0])
    end = CODES.index(until) if until else (len(CODES) - 1 if dash else begin)
    return frozenset(CODES[begin : end + 1])


def _tag_range(text: str) -> tuple[int, int]:
    begin, _, end = text.partition("-")
    return int(begin), int(end or begin)


def all_tags(block: Block) -> set[int]:
    """The block's own tags and those of its groups, however deep."""
    found = set(block.fields)
    for group in block.groups.values():
        found |= all_tags(group)
    return found
