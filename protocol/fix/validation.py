"""A message against the dictionary of its version: FIX Session Layer test cases 14.a to 14.j.

The order is that of deployed engines: MsgType, structure, required fields, then field by field
repetition, value, format, enumeration, tag, membership, and the entries of groups. Switches and
defaults are QuickFIX's. CompIDs, times and numbers are judged before (`rules`).
"""

import re
from collections.abc import Callable

import msgspec

from protocol.fix import rules
from protocol.fix.dictionary import Block, Dictionary, all_tags
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
    **dict.fromkeys(("PRICE", "PRICEOFFSET", "QTY", "AMT", "FLOAT", "PERCENTAGE"), rules.DECIMAL),
    **dict.fromkeys(("LOCALMKTDATE", "UTCDATEONLY"), _DATE),
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
    validate_unordered_group_fields: bool = True
    """The fields of a group's entry have to stand in the dictionary's order (test case 14.j). A
    setting of QuickFIX/J; QuickFIX looks at the first field of an entry only."""


DEFAULT_SWITCHES = Switches()


class Validator:
    """Judges the messages of one version."""

    __slots__ = (
        "_by_appl_ver_id",
        "_checks",
        "_dictionary",
        "_header_tags",
        "patterns",
        "switches",
    )

    def __init__(
        self,
        dictionary: Dictionary,
        switches: Switches = DEFAULT_SWITCHES,
        by_appl_ver_id: "Callable[[bytes], Validator | None] | None" = None,
    ) -> None:
        """`by_appl_ver_id`, over FIXT 1.1: who judges a message that names its own ApplVerID(1128);
        None for an unknown one."""
        self._dictionary = dictionary
        self._by_appl_ver_id = by_appl_ver_id
        self._header_tags = HEADER_TAGS | all_tags(dictionary.header)
        self.switches = switches
        formats = dict(_FORMATS)
        if dictionary.code in _LONG_CHARS:
            del formats["CHAR"]
        shapes = {kind: re.compile(b"(?:" + one + rb")\Z") for kind, one in formats.items()}
        self.patterns: dict[int, bytes] = {}
        """What a value of these fields looks like; the learned decoder uses the same."""
        self._checks: dict[int, tuple[re.Pattern[bytes] | None, frozenset[bytes] | None, bool]] = {}
        """Shape, listed words, whether there may be several."""
        for tag, kind in dictionary.types.items():
            words = dictionary.values.get(tag)
            several = kind == "MULTIPLEVALUESTRING"
            if words is not None:
                word = b"(?:" + b"|".join(map(re.escape, sorted(words))) + b")"
                self.patterns[tag] = b"%b(?: %b)*" % (word, word) if several else word
            elif kind in formats:
                self.patterns[tag] = formats[kind]
            if tag in self.patterns:
                self._checks[tag] = (shapes.get(kind), words, several)

    def knows(self, msg_type: bytes) -> bool:
        """The table has the message's fields."""
        return msg_type in self._dictionary.messages

    def is_group_count(self, msg_type: bytes, tag: int) -> bool:
        """A group of the message begins with this field."""
        return tag in self._dictionary.messages[msg_type].groups

    def check(self, message: Message) -> None:
        """Everything behind the header's own checks. Raises MessageRejected."""
        if self._by_appl_ver_id is not None and 1128 in message:
            other = self._by_appl_ver_id(message.get(1128))
            if other is None:
                raise rules.out_of_range(1128)
            other.check_fields(message.msg_type, message.fields)
        else:
            self.check_fields(message.msg_type, message.fields)

    def check_logon(self, logon: Message) -> None:
        """The Logon(A) that opens a connection. Username(553) and Password(554) are not looked at:
        the venue asks for them in versions that have no such fields too. Raises MessageRejected."""
        self.check_fields(b"A", [field for field in logon.fields if field[0] not in (553, 554)])

    def check_fields(self, msg_type: bytes, fields: list[Field]) -> None:
        """A message given by its type and fields. Raises MessageRejected."""
        dictionary = self._dictionary
        if msg_type not in dictionary.msg_types and msg_type[:1] != b"U":
            raise rules.invalid_msg_type()
        block = dictionary.messages.get(msg_type)
        if self.switches.validate_fields_out_of_order:
            self._check_order(fields, block)
        if block is None:
            # Nothing is known of it, so that it is refused as a whole: reason 3 of j.
            return
        present = {tag for tag, _ in fields}
        for tag in block.required:
            if tag not in present:
                raise rules.missing(tag)
        tags = dictionary.admin_tags if msg_type in dictionary.admin else dictionary.tags
        header_tags = self._header_tags
        header = [field for field in fields if field[0] in header_tags]
        self._check_block(header, dictionary.header, tags)
        body = [
            field
            for field in fields
            if field[0] not in header_tags and field[0] not in TRAILER_TAGS
        ]
        self._check_block(body, block, tags)

    def _check_order(self, fields: list[Field], block: Block | None) -> None:
        """Header before body before trailer. In an unknown group anything may stand."""
        part = 0
        for tag, _ in fields:
            if tag in self._header_tags:
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
        while at < len(fields):
            tag, value = fields[at]
            at += 1
            if tag in seen:
                raise rules.repeated(tag)
            seen.add(tag)
            self._check_field(tag, value, tags)
            if tag in block.groups:
                at = self._check_group(fields, at, (tag, value), block, tags, 1)
            elif tag not in block.fields and not self._is_taken_anyway(tag):
                raise rules.not_defined(tag)

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
                shape, words, several = check
                if shape is not None and shape.match(value) is None:
                    raise rules.bad_format(tag)
                if words is not None and not (
                    value in words or (several and words.issuperset(value.split(b" ")))
                ):
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
        places, ordered = group.places, self.switches.validate_unordered_group_fields
        entries = place = 0
        first = at
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
                nests = tag in group.groups
                raise rules.no_delimiter(tag, count[0], group.delimiter, nests=nests)
            elif tag in seen:
                if tag in around.fields:
                    break
                raise rules.repeated(tag)
            elif ordered and places[tag] < place:
                if tag in around.fields:
                    break
                raise rules.group_order(tag)
            place = places[tag]
            seen.add(tag)
            at += 1
            if tag in group.groups and depth < GROUP_DEPTH_MAX:
                self._check_field(tag, value, tags)
                at = self._check_group(fields, at, (tag, value), group, tags, depth + 1)
        self._check_entry(seen, group, entries)
        if (int(count[1]) if count[1] else 0) != entries:
            raise rules.wrong_count(count[0])
        if depth == 1:
            # Deployed engines look at the shape of a group before the values in it.
            for tag, value in fields[first:at]:
                self._check_field(tag, value, tags)
        return at

    def _check_entry(self, seen: set[int], group: Block, entries: int) -> None:
        if entries:
            for tag in group.required:
                if tag not in seen:
                    raise rules.missing(tag)
