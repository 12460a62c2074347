"""OUCH 4.2 codec: vectors, sizes, laws."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.layout import Direction, Kind, Layout, LayoutError
from protocol.ouch import messages42
from protocol.ouch.messages42 import (
    INBOUND,
    OUTBOUND,
    Accepted,
    AiqCanceled,
    EnterOrder,
    Inbound,
    Outbound,
    Replaced,
    decode_inbound,
    decode_outbound,
    encode,
    is_order_token,
)
from tests.protocol.layout_strategies import messages
from tests.protocol.soupbintcp.vector_files import Vector, read_vectors

LAYOUTS = INBOUND.layouts + OUTBOUND.layouts
VECTORS = read_vectors("ouch", "message")
OLDER_SIZES = {EnterOrder: 48, Accepted: 65, Replaced: 79, AiqCanceled: 37}
"""Without the last byte, which then counts as blank."""


def decode(layout: Layout, payload: bytes) -> Inbound | Outbound:
    inbound = layout.direction is Direction.INBOUND
    return decode_inbound(payload) if inbound else decode_outbound(payload)


def layout_of(name: str) -> Layout:
    return next(layout for layout in LAYOUTS if layout.message.__name__ == name)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_vector_decodes_to_its_fields_and_back(vector: Vector) -> None:
    layout = layout_of(vector.subject)
    message = decode(layout, vector.wire)
    assert msgspec.structs.asdict(message) == vector.fields
    assert type(message) is layout.message
    if vector.canonical:
        assert encode(message) == vector.wire


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_vector_with_trailing_data_or_cut_short_is_an_error(vector: Vector) -> None:
    layout = layout_of(vector.subject)
    wrong = [vector.wire[:size] for size in range(len(vector.wire))]
    wrong += [vector.wire + b" " * extra for extra in (1, 2)]
    for payload in wrong:
        if len(payload) in (layout.size, OLDER_SIZES.get(layout.message)):
            continue
        with pytest.raises(LayoutError):
            decode(layout, payload)


def test_every_message_has_a_vector() -> None:
    assert {vector.subject for vector in VECTORS} == {layout.message.__name__ for layout in LAYOUTS}


def test_message_sizes_are_those_of_the_specification() -> None:
    assert {(layout.type_code, layout.size) for layout in INBOUND.layouts} == {
        (b"O", 49),
        (b"U", 47),
        (b"X", 19),
        (b"M", 20),
        (b"N", 15),
    }
    assert {(layout.type_code, layout.size) for layout in OUTBOUND.layouts} == {
        (b"S", 10),
        (b"A", 66),
        (b"U", 80),
        (b"C", 28),
        (b"D", 38),
        (b"E", 40),
        (b"G", 45),
        (b"F", 41),
        (b"B", 32),
        (b"K", 36),
        (b"J", 24),
        (b"P", 23),
        (b"I", 23),
        (b"T", 36),
        (b"M", 28),
        (b"N", 23),
    }


def test_errors_name_message_field_expected_and_received() -> None:
    texts = []
    for payload in (b"", b"?", b"X123"):
        with pytest.raises(LayoutError) as error:
            decode_inbound(payload)
        texts.append(str(error.value))
    with pytest.raises(LayoutError) as error:
        decode_outbound(b"O")
    texts.append(str(error.value))
    assert texts == [
        "message type: expected a byte, received an empty message",
        "message type: expected one of O U X M N, received b'?'",
        "CancelOrder length: expected 19 bytes, received 4",
        "message type: expected one of S A U C D E G F B K J P I T M N, received b'O'",
    ]


def test_enumerations_have_one_byte_and_one_name_a_value() -> None:
    for layout in LAYOUTS:
        for name, place in layout.fields:
            if place.kind is Kind.CODE:
                assert place.enumeration is not None, name
                values = [member.value for member in place.enumeration]
                assert all(isinstance(value, bytes) and len(value) == 1 for value in values)
                assert len(values) == len(set(values)) == len(place.enumeration.__members__)


@pytest.mark.parametrize(
    ("token", "valid"),
    [
        (b"A0000000000001", True),
        (b"a b           ", True),
        (b"              ", False),
        (b"A-000000000001", False),
        (b"A0000000000\x0001", False),
        (b"A000000000000\n", False),
        (b"A", False),
    ],
)
def test_order_token_is_letters_digits_and_spaces(token: bytes, valid: bool) -> None:
    assert is_order_token(token) is valid


def test_a_layout_with_a_hole_cannot_be_declared() -> None:
    with pytest.raises(AssertionError, match="fields end at 19, expected 20"):
        Layout(messages42.CancelOrder, b"X", 20, Direction.INBOUND, "nowhere")


@given(messages(LAYOUTS))
def test_decode_of_4_2_undoes_encode(case: tuple[Layout, Inbound | Outbound]) -> None:
    layout, message = case
    wire = encode(message)
    assert (len(wire), wire[:1]) == (layout.size, layout.type_code)
    assert decode(layout, wire) == message


@given(st.binary(max_size=100))
def test_garbage_is_a_message_or_an_ouch_error(payload: bytes) -> None:
    for decoder in (decode_inbound, decode_outbound):
        try:
            message = decoder(payload)
        except LayoutError:
            continue
        again = encode(message)
        older = len(payload) == OLDER_SIZES.get(type(message))
        assert again == (payload + b" " if older else payload)


@given(messages(LAYOUTS), st.binary(max_size=100))
def test_a_known_type_with_any_bytes_is_a_message_or_an_ouch_error(
    case: tuple[Layout, Inbound | Outbound], rest: bytes
) -> None:
    layout, _ = case
    payload = layout.type_code + rest
    if len(payload) in (layout.size, OLDER_SIZES.get(layout.message)):
        assert type(decode(layout, payload)) is layout.message
    else:
        with pytest.raises(LayoutError, match=f"^{layout.message.__name__} length: expected"):
            decode(layout, payload)
