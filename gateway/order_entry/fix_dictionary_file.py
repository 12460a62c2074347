"""A user's own data dictionary: QuickFIX's XML becomes what a validator asks.

The file stands in for the venue's table on the sessions that name it. Over FIXT 1.1 it is the
application's part; header, trailer and administrative messages stay the venue's. XML is read by
defusedxml: no document type, no entities, nothing fetched.
"""

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from gateway.config import ConfigError
from protocol.fix.dictionary import TRANSPORT_SINCE, Block, Dictionary, all_tags, block_of
from protocol.fix.dictionary_xml import FILES

FILE_SIZE_MAX = 4 * 1024 * 1024
"""Bytes of a file. The largest that QuickFIX ships, FIX 5.0 SP2, has half a million."""
MEMBERS_MAX = 200_000
"""Members with all components written out, FIX 5.0 SP2 has 70,000; bounds what a file that nests
components in components may cost."""
DEPTH_MAX = 16
"""Groups and components within each other; the standard's messages need seven."""
TAG_MAX = 999_999_999

_OTHER_TYPE_NAMES = {
    "TIME": "UTCTIMESTAMP",
    "DATE": "LOCALMKTDATE",
    "UTCDATE": "UTCDATEONLY",
    "QUANTITY": "QTY",
    "MULTIPLECHARVALUE": "MULTIPLEVALUESTRING",
    "MULTIPLESTRINGVALUE": "MULTIPLEVALUESTRING",
}
"""Types that some files call otherwise. A type that is not known is not checked, as in QuickFIX."""


class DictionaryFileError(ConfigError):
    """The file cannot be used; the text has file, element, expected and received."""


def read_dictionary(path: str, venue: Dictionary) -> Dictionary:
    """The file's dictionary for sessions of the version of `venue`, the venue's own for them.

    Raises DictionaryFileError.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(FILE_SIZE_MAX + 1)
    except OSError as error:
        raise DictionaryFileError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > FILE_SIZE_MAX:
        raise DictionaryFileError(f"{path}: expected at most {FILE_SIZE_MAX} bytes, received more")
    try:
        root = fromstring(data, forbid_dtd=True)
    except ParseError as error:
        raise DictionaryFileError(f"{path}: not XML: {error}") from error
    except DefusedXmlException as error:
        raise DictionaryFileError(
            f"{path}: expected no document type or entities: {error}"
        ) from error
    except (ValueError, LookupError) as error:
        raise DictionaryFileError(f"{path}: not XML: {error}") from error
    try:
        return _Reader(root).dictionary(venue)
    except _Unexpected as problem:
        raise DictionaryFileError(f"{path}: {problem}") from None


class _Unexpected(Exception):
    """Element, expected, received."""

    def __init__(self, element: str, expected: str, received: str) -> None:
        super().__init__(f"{element}: expected {expected}, received {received}")


class _Field(msgspec.Struct, frozen=True):
    tag: int
    type: str
    values: frozenset[bytes]


class _Reader:
    """One document."""

    def __init__(self, root: Element) -> None:
        if root.tag != "fix":
            raise _Unexpected(f"<{root.tag}>", "<fix>", f"<{root.tag}>")
        self._root = root
        self._members = 0
        self._counts: set[int] = set()
        self._fields = dict(map(_field, self._part("fields")))
        self._components = {
            _attribute(one, "name", "<components>"): one for one in self._part("components")
        }

    def dictionary(self, venue: Dictionary) -> Dictionary:
        """With what the venue's own says where the file does not count."""
        self._check_version(venue.code)
        fixt = venue.code >= TRANSPORT_SINCE
        messages = {
            msg_type: block
            for msg_type, block in self._messages()
            if not (fixt and msg_type in venue.admin)
        }
        header = venue.header if fixt else self._block(self._section("header"), "<header>", 0)
        tags = {field.tag for field in self._fields.values()}
        own_types = {field.tag: field.type for field in self._fields.values()}
        own_types.update(dict.fromkeys(self._counts, "NUMINGROUP"))
        own_values = {field.tag: field.values for field in self._fields.values() if field.values}
        own_values.pop(35, None)
        types, values, admin_tags = own_types, own_values, frozenset(tags)
        if fixt:
            messages.update((name, venue.messages[name]) for name in venue.admin)
            admin_tags = venue.admin_tags
            tags |= admin_tags
            types = own_types | {tag: venue.types[tag] for tag in admin_tags if tag in venue.types}
            values = own_values | {
                tag: venue.values[tag] for tag in admin_tags if tag in venue.values
            }
        return Dictionary(
            code=venue.code,
            header=header,
            msg_types=venue.admin | messages.keys(),
            messages=messages,
            admin=venue.admin,
            tags=frozenset(tags | all_tags(header)),
            admin_tags=admin_tags,
            types=types,
            values=values,
        )

    def _check_version(self, code: str) -> None:
        name, expected = next(
            (name, root)
            for name, (own, root) in FILES.items()
            if own == code and name != "FIXT.1.1"
        )
        attributes = ("type", "major", "minor", "servicepack")
        given = [self._root.get(one, "0") for one in attributes]
        received = " ".join(f"{one}='{text}'" for one, text in zip(attributes, given, strict=True))
        if received != expected:
            raise _Unexpected("<fix>", f"{expected} for {name}", received)

    def _section(self, name: str) -> Element:
        found = self._root.find(name)
        if found is None:
            raise _Unexpected("<fix>", f"<{name}>", "none")
        return found

    def _part(self, name: str) -> list[Element]:
        found = self._root.find(name)
        if found is None and name != "components":
            raise _Unexpected("<fix>", f"<{name}>", "none")
        return [] if found is None else list(found)

    def _messages(self) -> Iterator[tuple[bytes, Block]]:
        for element in self._part("messages"):
            name = _attribute(element, "name", "<messages>")
            msg_type = _attribute(element, "msgtype", f"message {name}")
            yield msg_type.encode(), self._block(element, f"message {name}", 0)

    def _block(self, element: Element, place: str, depth: int, *, group: bool = False) -> Block:
        fields: list[int] = []
        required: set[int] = set()
        groups: dict[int, Block] = {}
        for tag, is_required, block in self._expanded(element, place, depth, required_here=True):
            if tag in groups or (block is not None and tag in fields):
                raise _Unexpected(place, "a group once", f"{tag} twice")
            fields.append(tag)
            if is_required:
                required.add(tag)
            if block is not None:
                groups[tag] = block
        if group and not fields:
            raise _Unexpected(place, "members", "none")
        return block_of(fields, required, groups, is_group=group)

    def _expanded(
        self, element: Element, place: str, depth: int, *, required_here: bool
    ) -> Iterator[tuple[int, bool, Block | None]]:
        """Tag, required or not, and the entries of a group; components written out."""
        if depth > DEPTH_MAX:
            raise _Unexpected(place, f"at most {DEPTH_MAX} levels", "more")
        for member in element:
            self._members += 1
            if self._members > MEMBERS_MAX:
                raise _Unexpected(place, f"at most {MEMBERS_MAX} members in all", "more")
            name = _attribute(member, "name", place)
            inside = f"{place}, {member.tag} {name}"
            required = required_here and member.get("required", "N") in ("Y", "y")
            if member.tag == "component":
                component = self._components.get(name)
                if component is None:
                    raise _Unexpected(inside, "a name among <components>", f'"{name}"')
                yield from self._expanded(component, inside, depth + 1, required_here=required)
                continue
            field = self._fields.get(name)
            if field is None:
                raise _Unexpected(inside, "a name among <fields>", f'"{name}"')
            if member.tag == "group":
                self._counts.add(field.tag)
                yield field.tag, required, self._block(member, inside, depth + 1, group=True)
            elif member.tag == "field":
                yield field.tag, required, None
            else:
                raise _Unexpected(inside, "field, group or component", str(member.tag))


def _field(element: Element) -> tuple[str, _Field]:
    name = _attribute(element, "name", "<fields>")
    number = _attribute(element, "number", f"field {name}")
    if not (number.isascii() and number.isdigit() and 0 < int(number[:10]) <= TAG_MAX):
        raise _Unexpected(f"field {name}", f"a number from 1 to {TAG_MAX}", f'"{number}"')
    kind = _attribute(element, "type", f"field {name}").upper()
    values: frozenset[bytes] = frozenset()
    # QuickFIX/J's word for a list that is not complete.
    if element.get("allowOtherValues", "").lower() not in ("y", "true"):
        values = frozenset(
            _attribute(one, "enum", f"field {name}").encode() for one in element.iter("value")
        )
    if kind == "BOOLEAN":
        values = frozenset()
    return name, _Field(int(number), _OTHER_TYPE_NAMES.get(kind, kind), values)


def _attribute(element: Element, name: str, place: str) -> str:
    text = element.get(name, "")
    if not text:
        raise _Unexpected(f"{place}, <{element.tag}>", f"a {name}", "none")
    return text
