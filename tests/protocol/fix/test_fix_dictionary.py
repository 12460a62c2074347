"""The table of fields and messages, and what one version makes of it."""

import pytest

from protocol.fix.dictionary import CODES, Block, DictionaryError, all_tags, parse_table
from protocol.fix.fields import MsgType, OrdType, SessionRejectReason, Side, TimeInForce
from protocol.fix.tags import DATA_TAG_OF_LENGTH, GROUP_COUNT_TAGS, HEADER_TAGS, TRAILER_TAGS
from protocol.fix.version import VERSIONS, Version
from tests.protocol.fix.fix_scenes import table

by_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


def test_every_version_has_a_code() -> None:
    assert tuple(version.code for version in VERSIONS) == CODES


@by_version
def test_what_the_venue_speaks_is_in_the_table(version: Version) -> None:
    dictionary = table().dictionary(version.code)
    spoken = {one.value for one in MsgType}
    if not version.has_reject_codes:
        spoken.remove(b"j")
    assert spoken <= set(dictionary.messages)
    assert set(dictionary.messages) <= version.msg_types == dictionary.msg_types
    assert dictionary.admin == {b"0", b"1", b"2", b"3", b"4", b"5", b"A"}


@by_version
def test_header_and_trailer_are_those_of_the_session_layer(version: Version) -> None:
    dictionary = table().dictionary(version.code)
    hops = {tag for group in dictionary.header.groups.values() for tag in group.fields}
    assert dictionary.header.fields | hops <= HEADER_TAGS
    for block in dictionary.messages.values():
        assert not block.fields & (HEADER_TAGS | TRAILER_TAGS)


@by_version
def test_types_agree_with_what_the_decoder_knows(version: Version) -> None:
    types = table().dictionary(version.code).types
    assert {tag for tag, kind in types.items() if kind == "NUMINGROUP"} <= GROUP_COUNT_TAGS
    data = {tag for tag, kind in types.items() if kind == "DATA"}
    assert data <= set(DATA_TAG_OF_LENGTH.values())


@by_version
def test_every_tag_of_a_message_is_a_named_field_of_the_version(version: Version) -> None:
    dictionary = table().dictionary(version.code)
    for block in (dictionary.header, *dictionary.messages.values()):
        tags = all_tags(block)
        assert tags <= set(dictionary.types)
        assert tags <= dictionary.tags


@by_version
def test_counts_are_typed_as_counts_and_nothing_else_is(version: Version) -> None:
    dictionary = table().dictionary(version.code)

    def counts(block: Block) -> set[int]:
        return set(block.groups).union(*map(counts, block.groups.values()))

    blocks = (dictionary.header, *dictionary.messages.values())
    used = set().union(*map(counts, blocks))
    present = set().union(*map(all_tags, blocks))
    assert used == {tag for tag in present if dictionary.types[tag] == "NUMINGROUP"}


TYPES_SINCE = {
    "40": "0 1 2 3 4 5 A D F G H 8 9 Q B C E",
    "42": "j V W X Y c d e f g h",
    "43": "AF q r AD AE x y",
    "44": "AN AO AP AQ BE BF",
}


@by_version
def test_messages_are_listed_in_every_version_that_has_them(version: Version) -> None:
    expected = {
        name.encode()
        for since, names in TYPES_SINCE.items()
        if since <= version.code
        for name in names.split()
    }
    assert set(table().dictionary(version.code).messages) == expected


def test_over_fixt_an_older_application_has_the_transports_header_and_its_own_words() -> None:
    dictionary = table().dictionary("42", transport="52")
    assert 1128 in dictionary.header.fields
    assert 1137 in dictionary.messages[b"A"].required
    assert dictionary.messages[b"D"] == table().dictionary("42").messages[b"D"]
    assert b"F" not in dictionary.values[150]
    assert dictionary.messages.keys() == table().dictionary("42").messages.keys()


def test_entries_of_groups_have_their_fields_in_order() -> None:
    places = table().dictionary("44").messages[b"8"].groups[555].places
    assert list(places)[:3] == [600, 601, 602]
    assert list(places.values()) == list(range(len(places)))


def test_required_fields_grow_and_shrink_with_the_versions() -> None:
    required = {
        version.name: table().dictionary(version.code).messages[b"D"].required
        for version in VERSIONS
    }
    assert required == {
        "FIX.4.0": (11, 21, 38, 40, 54, 55),
        "FIX.4.1": (11, 21, 40, 54, 55),
        "FIX.4.2": (11, 21, 40, 54, 55, 60),
        "FIX.4.3": (11, 21, 40, 54, 55, 60),
        "FIX.4.4": (11, 40, 54, 55, 60),
        "FIX.5.0": (11, 40, 54, 60),
        "FIX.5.0SP1": (11, 40, 54, 60),
        "FIX.5.0SP2": (11, 40, 54, 60),
    }


def test_values_that_the_code_names_are_in_the_table() -> None:
    values = table().dictionary("44").values
    for tag, enumeration in ((54, Side), (40, OrdType), (59, TimeInForce)):
        assert {one.value for one in enumeration} <= values[tag]
    assert int(max(SessionRejectReason, key=lambda one: int(one.value)).value) <= 17


def test_groups_nest() -> None:
    parties = table().dictionary("44").messages[b"D"].groups[453]
    assert (parties.delimiter, parties.fields) == (448, {448, 447, 452, 802})
    assert parties.groups[802].fields == {523, 803}


def test_a_field_that_was_renamed_keeps_its_tag() -> None:
    names = {(row.name, "42" in row.versions) for row in table().fields if row.tag == 32}
    assert names == {("LastShares", True), ("LastQty", False)}


def test_on_fixt_administrative_messages_have_the_transports_tags_only() -> None:
    assert 55 in table().dictionary("44").admin_tags
    assert 55 not in table().dictionary("52").admin_tags
    assert 58 in table().dictionary("52").admin_tags


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("fields\n  x Name STRING\n", "line 2: invalid literal"),
        ("message D Order\n  39-  11\n", "line 2: expected versions such as 41- or 40-43"),
        ("wrong\n", "line 1: unknown section wrong"),
        ("group A 1\ngroup A 2\n", "line 2: A stands twice"),
        ("header\n  40- Missing\n", "header has Missing, which is nowhere"),
    ],
)
def test_a_broken_table_names_the_line(text: str, problem: str) -> None:
    with pytest.raises(DictionaryError, match=problem):
        parse_table(text.encode())
