"""The general decoder beyond the vectors, and the tables of tags it stands on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.fix.errors import GarbledMessage
from protocol.fix.message import decode
from protocol.fix.tags import (
    DATA_TAG_OF_LENGTH,
    GROUP_COUNT_TAGS,
    HEADER_TAGS,
    REVERSED_ROUTING,
    SECRET_TAGS,
    TRAILER_TAGS,
)
from tests.protocol.fix.fix_scenes import framed

FIELDS = st.lists(
    st.tuples(
        st.integers(1, 10**9 - 1).filter(lambda tag: tag not in DATA_TAG_OF_LENGTH),
        st.binary(max_size=20).map(lambda value: value.replace(b"\x01", b"")),
    ),
    max_size=12,
)


@given(FIELDS)
def test_fields_survive_the_round_trip(fields: list[tuple[int, bytes]]) -> None:
    frame = framed("35=D")
    body = b"".join(b"%d=%b\x01" % field for field in fields)
    frame = frame[: frame.index(b"10=")] + body + b"10=000\x01"
    message = decode(frame)
    assert message.fields == [(35, b"D"), *fields]
    for tag, _ in fields:
        assert message.get(tag) == next(value for other, value in fields if other == tag)


@pytest.mark.parametrize(
    "text", ["35=A|95=x|96=a", "35=A|95=99|96=a", "35=A|95=1|96=ab", "35=A|95=1|98", "35="]
)
def test_data_that_does_not_end_where_its_length_says_is_garbled(text: str) -> None:
    with pytest.raises(GarbledMessage):
        decode(framed(text))


def test_header_fields_and_signatures_are_no_part_of_the_body() -> None:
    message = decode(framed("35=D|34=2|49=A|52=T|56=B|97=Y|11=x|453=1|448=p|93=1|89=s"))
    assert message.body == ((11, b"x"), (453, b"1"), (448, b"p"))
    assert message.is_poss_resend and not message.is_poss_dup
    assert 11 in message and 12 not in message


def test_tables_of_tags_agree_with_one_another() -> None:
    assert not HEADER_TAGS & TRAILER_TAGS
    assert not GROUP_COUNT_TAGS & set(DATA_TAG_OF_LENGTH)
    assert {1402, 1404} == SECRET_TAGS & set(DATA_TAG_OF_LENGTH.values())
    assert dict(REVERSED_ROUTING) == {tag: answer for answer, tag in REVERSED_ROUTING}
    assert all(tag in HEADER_TAGS for pair in REVERSED_ROUTING for tag in pair)
