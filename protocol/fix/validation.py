"""A message against the dictionary of its version: FIX Session Layer test cases 14.a to 14.j.

The order is that of deployed engines: structure, required fields, then field by field repetition,
value, format, enumeration, tag, membership, and the entries of groups. Switches and defaults are
QuickFIX's. CompIDs, times, numbers and the MsgType itself are judged before (`rules`).
"""

import re

import msgspec

from protocol.fix import rules
from protocol.fix.dictionary import Block, Dictionary
from protocol.fix.message import Field, Message
from protocol.fix.tags import GROUP_COUNT_TAGS, HEADER_TAGS, TRAILER_TAGS

USER_DEFINED_MIN = 5000
"""Tags from here on are between two parties; the standard has none of them."""
GROUP_DEPTH_MAX = 8
"""No message nests groups deeper; bounds the recursion."""

_INT = rb"-?[0-9]{1,18}"
_COUNT = rb"[0-9]{1,18}"
_DATE = rb"[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_FORMATS = {
    **dict.fromkeys(("INT", "DAYOFMONTH"), _INT),
    **dict.fromkeys(("SEQNUM", "NUMINGROUP", "LENGTH"), _COUNT),
    **dict.fromkeys(("PRICE", "QTY", "AMT", "FLOAT", "PERCENTAGE"), rules.DECIMAL),
    **dict.fromkeys(("LOCALMKTDATE", "UTCDATE"), _DATE),
    "BOOLEAN": rb"[YN]",
    "CHAR": rb"[^\x01]",
    "UTCTIMESTAMP": rules.TIMESTAMP,
    "UTCTIMEONLY": rb"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]{1,12})?",
    "MONTHYEAR": rb"[0-9]{4}(?:0[1-9]|1[0-2])(?:[0-3][0-9]|w[1-5])?",
}
_LONG_CHARS = frozenset(("40", "41"))
"""Versions in which a char is a text of any length."""


class Switches(msgspec.Struct, frozen=True):
    """QuickFIX's validation settings, in snake_case, with its defaults."""

    validate_fields_out_of_order: bool = True
    """Header, body and trailer have to stand in this order."""
    validate_fields_have_values: bool = True
    """A tag without a value is rejected; otherwise it is taken as absent."""
    validate_user_defined_fields: bool = True
    """Tags from 5000 on are rejected."""
    allow_unknown_msg_fields: bool = False
    """Tags below 5000 that the version or the message does not have are taken."""


DEFAULT_SWITCHES = Switches()


class Validator:
    """Judges the fields of messages of one version."""

    __slots__ = ("_checks", "_dictionary", "patterns", "switches")

    def __init__(self, dictionary: Dictionary, switches: Switches = DEFAULT_SWITCHES) -> None:
        self._dictionary = dictionary
        self.switches = switches
        formats = dict(_FORMATS)
        if dictionary.code in _LONG_CHARS:
            del formats["CHAR"]
        self.patterns: dict[int, bytes] = {}
        """What a value of these fields looks like; the learned decoder uses the same."""
        self._checks: dict[int, tuple[re.Pattern[bytes] | None, re.Pattern[bytes] | None]] = {}
        for tag, kind in dictionary.types.items():
            shape = formats.get(kind)
            listed = dictionary.values.get(tag)
            words = None
            if listed is not None:
                word = b"(?:" + b"|".join(map(re.escape, sorted(listed))) + b")"
                words = b"%b(?: %b)*" % (word, word) if kind == "MULTIPLEVALUESTRING" else word
            if words is not None or shape is not None:
                self.patterns[tag] = words if words is not None else shape or b""
                self._checks[tag] = (_compiled(shape), _compiled(words))

    def knows(self, msg_type: bytes) -> bool:
        """The table has the message's fields."""
        return msg_type in self._dictionary.messages

    def is_group_count(self, msg_type: bytes, tag: int) -> bool:
        """A group of the message begins with this field."""
        return tag in self._dictionary.messages[msg_type].groups

    def check(self, message: Message) -> None:
        """Everything behind the header's own checks. Raises MessageRejected."""
        fields = message.fields
        block = self._dictionary.messages.get(message.msg_type)
        if self.switches.validate_fields_out_of_order:
            self._check_order(fields, block)
        if block is None:
            # Nothing is known of it, so that it is refused as a whole: reason 3 of j.
            return
        for tag in block.required:
            if tag not in message:
                raise rules.missing(tag)
        dictionary = self._dictionary
        tags = dictionary.admin_tags if message.msg_type in dictionary.admin else dictionary.tags
        header = [field for field in fields if field[0] in HEADER_TAGS]
        self._check_block(header, dictionary.header, tags)
        body = [
            field
            for field in fields
            if field[0] not in HEADER_TAGS and field[0] not in TRAILER_TAGS
        ]
        self._check_block(body, block, tags)

    def _check_order(self, fields: list[Field], block: Block | None) -> None:
        """Header before body before trailer. In an unknown group anything may stand."""
        part = 0
        for tag, _ in fields:
            if tag in HEADER_TAGS:
                own = 0
            elif tag in TRAILER_TAGS:
                own = 2
            else:
                own = 1
                if tag in GROUP_COUNT_TAGS and (block is None or tag not in block.groups):
                    return
            if own < part:
                raise rules.out_of_order(tag)
            part = own

    def _check_block(self, fields: list[Field], block: Block, tags: frozenset[int]) -> None:
        """The fields of the header or of the body."""
        seen: set[int] = set()
        at = 0
        lenient = False
        while at < len(fields):
            tag, value = fields[at]
            at += 1
            if tag in seen and not lenient:
                raise rules.repeated(tag)
            seen.add(tag)
            self._check_field(tag, value, tags)
            if tag in block.groups:
                at = self._check_group(fields, at, (tag, value), block, tags, 1)
            elif tag not in block.fields and not self._is_taken_anyway(tag):
                if not block.open or tag in HEADER_TAGS:
                    raise rules.not_defined(tag)
                # Behind a group that the table does not list a tag may stand more than once.
                lenient = lenient or tag in GROUP_COUNT_TAGS

    def _is_taken_anyway(self, tag: int) -> bool:
        if tag >= USER_DEFINED_MIN:
            return not self.switches.validate_user_defined_fields
        return self.switches.allow_unknown_msg_fields

    def _check_field(self, tag: int, value: bytes, tags: frozenset[int]) -> None:
        if not value:
            if self.switches.validate_fields_have_values:
                raise rules.without_value(tag)
        else:
            check = self._checks.get(tag)
            if check is not None:
                shape, words = check
                if shape is not None and shape.match(value) is None:
                    raise rules.bad_format(tag)
                if words is not None and words.match(value) is None:
                    raise rules.out_of_range(tag)
        if tag not in tags and not (tag > 0 and self._is_taken_anyway(tag)):
            raise rules.invalid_tag(tag)

    def _check_group(
        self,
        fields: list[Field],
        at: int,
        count: Field,
        around: Block,
        tags: frozenset[int],
        depth: int,
    ) -> int:
        """The entries behind NumInGroup field `count`; returns where the group ends."""
        group = around.groups[count[0]]
        entries = 0
        seen: set[int] = set()
        while at < len(fields):
            tag, value = fields[at]
            if tag == group.delimiter:
                self._check_entry(seen, group, entries)
                entries += 1
                seen = set()
            elif tag not in group.fields:
                break
            elif entries == 0:
                if tag in around.fields:
                    break
                raise rules.group_order(tag)
            elif tag in seen:
                if tag in around.fields:
                    break
                raise rules.repeated(tag)
            seen.add(tag)
            at += 1
            self._check_field(tag, value, tags)
            if tag in group.groups and depth < GROUP_DEPTH_MAX:
                at = self._check_group(fields, at, (tag, value), group, tags, depth + 1)
        self._check_entry(seen, group, entries)
        if (int(count[1]) if count[1] else 0) != entries:
            raise rules.wrong_count(count[0])
        return at

    def _check_entry(self, seen: set[int], group: Block, entries: int) -> None:
        if entries:
            for tag in group.required:
                if tag not in seen:
                    raise rules.missing(tag)


def _compiled(pattern: bytes | None) -> re.Pattern[bytes] | None:
    return None if pattern is None else re.compile(b"(?:" + pattern + rb")\Z")
