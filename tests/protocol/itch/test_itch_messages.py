"""ITCH 5.0 codec: vectors, sizes, laws."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.itch.enumerations import EventCode
from protocol.itch.messages import (
    MESSAGES,
    Message,
    OrderDelete,
    decode,
    encode,
    end_of_snapshot,
    timestamp_bytes,
    timestamp_ns,
)
from protocol.layout import Kind, Layout, LayoutError, Place
from tests.protocol.soupbintcp.vector_files import Vector, read_vectors

VECTORS = read_vectors("itch", "message")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_vector_decodes_to_its_fields_and_back(vector: Vector) -> None:
    message = decode(vector.wire)
    assert (type(message).__name__, msgspec.structs.asdict(message)) == (
        vector.subject,
        vector.fields,
    )
    assert encode(message) == vector.wire


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_vector_with_trailing_data_or_cut_short_is_an_error(vector: Vector) -> None:
    wrong = [vector.wire[:size] for size in range(len(vector.wire))]
    for payload in [*wrong, vector.wire + b" ", vector.wire + b"\x00\x00"]:
        with pytest.raises(LayoutError):
            decode(payload)


def test_every_message_has_a_vector() -> None:
    names = {layout.message.__name__ for layout in MESSAGES.layouts}
    assert {vector.subject for vector in VECTORS} == names


def test_message_sizes_are_those_of_the_specification() -> None:
    assert {layout.type_code.decode("ascii"): layout.size for layout in MESSAGES.layouts} == {
        "S": 12,
        "R": 39,
        "H": 25,
        "Y": 20,
        "L": 26,
        "V": 35,
        "W": 12,
        "K": 28,
        "J": 35,
        "h": 21,
        "A": 36,
        "F": 40,
        "E": 31,
        "C": 36,
        "X": 23,
        "D": 19,
        "U": 35,
        "P": 44,
        "Q": 40,
        "B": 19,
        "I": 50,
        "N": 20,
        "O": 48,
        "G": 21,
    }


def test_errors_name_message_expected_and_received() -> None:
    texts = []
    for payload in (b"", b"?", b"D123"):
        with pytest.raises(LayoutError) as error:
            decode(payload)
        texts.append(str(error.value))
    assert texts == [
        "message type: expected a byte, received an empty message",
        "message type: expected one of S R H Y L V W K J h A F E C X D U P Q B I N O G, "
        "received b'?'",
        "OrderDelete length: expected 19 bytes, received 4",
    ]


def test_enumerations_have_one_byte_and_one_name_a_value() -> None:
    for layout in MESSAGES.layouts:
        for name, place in layout.fields:
            if place.kind is Kind.CODE:
                assert place.enumeration is not None, name
                values = [member.value for member in place.enumeration]
                assert all(isinstance(value, bytes) and len(value) == 1 for value in values)
                assert len(values) == len(set(values)) == len(place.enumeration.__members__)


def test_event_codes_are_in_the_order_of_a_day() -> None:
    assert b"".join(event_code.value for event_code in EventCode) == b"OSQMEC"


def test_timestamp_is_six_bytes_and_holds_a_day() -> None:
    day_ns = 86_400_000_000_000
    assert timestamp_bytes(1) == bytes([0, 0, 0, 0, 0, 1])
    assert timestamp_ns(timestamp_bytes(day_ns)) == day_ns
    with pytest.raises(OverflowError):
        timestamp_bytes(2**48)


def test_end_of_snapshot_is_right_justified() -> None:
    assert encode(end_of_snapshot(907)) == b"G                 907"


def test_a_packer_is_encode_without_the_message() -> None:
    pack = MESSAGES.packer(OrderDelete)
    message = OrderDelete(7, 0, timestamp_bytes(9), 12)
    assert pack(7, 0, timestamp_bytes(9), 12) == encode(message)


def values(place: Place) -> st.SearchStrategy[int | bytes]:
    if place.kind in (Kind.U16, Kind.U32, Kind.U64):
        return st.integers(0, 256**place.length - 1)
    return st.binary(min_size=place.length, max_size=place.length)


def messages() -> st.SearchStrategy[Message]:
    return st.one_of(
        [
            st.builds(layout.message, *(values(place) for _, place in layout.fields))  # type: ignore[arg-type]
            for layout in MESSAGES.layouts
        ]
    )


@given(messages())
def test_decode_of_encode_is_the_message(message: Message) -> None:
    assert decode(encode(message)) == message


@given(st.binary(max_size=60))
def test_any_bytes_decode_or_raise_the_protocol_error(payload: bytes) -> None:
    try:
        message = decode(payload)
    except LayoutError:
        return
    assert encode(message) == payload


@given(st.sampled_from(MESSAGES.layouts), st.data())
def test_any_bytes_of_a_known_type_and_size_are_a_message(
    layout: Layout, data: st.DataObject
) -> None:
    size = layout.size - 1
    payload = layout.type_code + data.draw(st.binary(min_size=size, max_size=size))
    assert encode(decode(payload)) == payload
