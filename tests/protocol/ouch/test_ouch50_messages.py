"""OUCH 5.0 codec: vectors, sizes, laws."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from protocol.layout import Direction, Kind, Layout, LayoutError
from protocol.ouch.appendage import NO_ELEMENTS, NO_OPTIONS, OPTIONS, Appendage, pack_appendage
from protocol.ouch.inbound50 import INBOUND, CancelOrder, EnterOrder, Inbound
from protocol.ouch.messages50 import decode_inbound, decode_outbound, encode
from protocol.ouch.outbound50 import OUTBOUND, Canceled, Executed, Outbound, SystemEvent
from tests.protocol.layout_strategies import messages, value
from tests.protocol.soupbintcp.vector_files import Vector, read_vectors

LAYOUTS = INBOUND.layouts + OUTBOUND.layouts
VECTORS = read_vectors("ouch", "message", "50")
APPENDAGES = st.fixed_dictionaries(
    {}, optional={name: value(option.kind, option.length) for name, option in OPTIONS}
).map(lambda options: Appendage(**options))
MESSAGES = messages(LAYOUTS, st.just(NO_OPTIONS) | APPENDAGES)

Case = tuple[Layout, Inbound | Outbound]


def decode(layout: Layout, payload: bytes) -> Inbound | Outbound:
    inbound = layout.direction is Direction.INBOUND
    return decode_inbound(payload) if inbound else decode_outbound(payload)


def layout_of(name: str) -> Layout:
    return next(layout for layout in LAYOUTS if layout.message.__name__ == name)


def fields_of(vector: Vector) -> dict[str, Any]:
    """As written, with the options built: none where the vector has no line of them."""
    fields = dict(vector.fields)
    if layout_of(vector.subject).has_appendage:
        fields["appendage"] = Appendage(**fields.pop("appendage", {}))
    return fields


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_vector_decodes_to_its_fields_and_back(vector: Vector) -> None:
    layout = layout_of(vector.subject)
    message = decode(layout, vector.wire)
    assert asdict(message) == fields_of(vector)
    assert type(message) is layout.message
    if vector.canonical:
        assert encode(message) == vector.wire


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_vector_with_trailing_data_or_cut_short_is_an_error(vector: Vector) -> None:
    layout = layout_of(vector.subject)
    wrong = [vector.wire[:size] for size in range(len(vector.wire))]
    wrong += [vector.wire + b" " * extra for extra in (1, 2)]
    for payload in wrong:
        if len(payload) == layout.size == layout.fixed_size:
            continue  # cut to the form without appendage
        with pytest.raises(LayoutError):
            decode(layout, payload)


def test_every_message_has_a_vector() -> None:
    assert {vector.subject for vector in VECTORS} == {layout.message.__name__ for layout in LAYOUTS}


def test_message_sizes_are_those_of_the_specification() -> None:
    assert {(layout.type_code, layout.size) for layout in INBOUND.layouts} == {
        (b"O", 47),
        (b"U", 40),
        (b"X", 9),
        (b"M", 10),
        (b"Q", 1),
        (b"C", 19),
        (b"D", 11),
        (b"E", 11),
    }
    assert {(layout.type_code, layout.size) for layout in OUTBOUND.layouts} == {
        (b"S", 10),
        (b"A", 64),
        (b"U", 68),
        (b"C", 18),
        (b"D", 32),
        (b"E", 36),
        (b"B", 36),
        (b"J", 29),
        (b"P", 13),
        (b"I", 13),
        (b"T", 30),
        (b"M", 18),
        (b"R", 16),
        (b"Q", 13),
        (b"X", 27),
        (b"G", 19),
        (b"K", 19),
    }


def test_options_have_the_tags_and_sizes_of_the_specification() -> None:
    assert {option.tag: option.length for _, option in OPTIONS} == (
        dict.fromkeys((2, 3, 5, 7, 11, 13, 14, 15, 22, 26), 4)
        | dict.fromkeys((4, 6, 10, 12, 16, 17, 18, 25, 27, 28, 29), 1)
        | dict.fromkeys((1, 9, 23), 8)
        | dict.fromkeys((24, 30), 2)
    )
    on_enter = {option.tag for _, option in OPTIONS if "O" in option.requests}
    on_replace = {option.tag for _, option in OPTIONS if "U" in option.requests}
    assert on_enter == {*range(2, 8), *range(9, 18), 24, 25}
    assert on_replace == {*range(3, 8), *range(9, 14), 15, 16, 17, 24, 25}


def test_enumerations_have_one_byte_and_one_name_a_value() -> None:
    places = [place for layout in LAYOUTS for _, place in layout.fields]
    for place in [*places, *(option for _, option in OPTIONS)]:
        if place.kind is Kind.CODE:
            assert place.enumeration is not None, place
            values = [member.value for member in place.enumeration]
            assert all(isinstance(value, bytes) and len(value) == 1 for value in values)
            assert len(values) == len(set(values)) == len(place.enumeration.__members__)


ENTER_ORDER = encode(
    EnterOrder(
        1, b"B", 100, b"AAPL    ", 1_870_000, b"0", b"Y", b"P", b"N", b"N", b"ORDER-1       "
    )
).removesuffix(NO_ELEMENTS)


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"", "message type: expected a byte, received an empty message"),
        (b"?", "message type: expected one of O U X M Q C D E, received b'?'"),
        (b"X123", "CancelOrder length: expected 9 bytes or more, received 4"),
        (ENTER_ORDER[:40], "EnterOrder length: expected 47 bytes or more, received 40"),
        (ENTER_ORDER, "EnterOrder appendage length: expected 2 bytes, received 0"),
        (ENTER_ORDER + b"\x00", "EnterOrder appendage length: expected 2 bytes, received 1"),
        (b"X12345678\x00", "CancelOrder appendage length: expected 2 bytes, received 1"),
        (
            ENTER_ORDER + b"\x00\x00\x00",
            "EnterOrder appendage length: expected 0 bytes, received 1",
        ),
        (
            ENTER_ORDER + b"\x01\x02\x02\x0cP",
            "EnterOrder appendage length: expected 258 bytes, received 3",
        ),
        (
            ENTER_ORDER + b"\x00\x05\x02\x0cP\x00\x00",
            "EnterOrder appendage byte 5: expected a tag, received length 0",
        ),
        (
            ENTER_ORDER + b"\x00\x02\x05\x03",
            "EnterOrder appendage byte 2: expected 5 bytes, received 1",
        ),
        (
            ENTER_ORDER + b"\x00\x05\x04\x03\x00\x00\x01",
            "EnterOrder MinQty(3) length: expected 4 bytes, received 3",
        ),
        (
            ENTER_ORDER + b"\x00\x02\x01\x0c",
            "EnterOrder PostOnly(12) length: expected 1 bytes, received 0",
        ),
        (
            ENTER_ORDER + b"\x00\x06\x02\x0cP\x02\x0cP",
            "EnterOrder PostOnly(12): expected once, received twice",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes",
)
def test_errors_name_message_option_expected_and_received(payload: bytes, text: str) -> None:
    with pytest.raises(LayoutError) as error:
        decode_inbound(payload)
    assert str(error.value) == text


def test_system_event_has_no_appendage() -> None:
    with pytest.raises(LayoutError, match=r"^SystemEvent length: expected 10 bytes, received 12$"):
        decode_outbound(encode(SystemEvent(1, b"S")) + NO_ELEMENTS)


def test_a_message_without_options_shares_one_appendage_and_takes_the_shortest_form() -> None:
    for payload in (ENTER_ORDER + NO_ELEMENTS, b"X12345678", b"X12345678" + NO_ELEMENTS):
        message = decode_inbound(payload)
        assert message.appendage is NO_OPTIONS
    assert encode(CancelOrder(1, 0, Appendage())) == encode(CancelOrder(1, 0))
    assert [len(encode(one)) for one in (CancelOrder(1, 0), Canceled(1, 2, 3, b"U"))] == [9, 18]


def test_a_packer_writes_the_fixed_fields_and_leaves_the_appendage_to_the_caller() -> None:
    pack = OUTBOUND.packer(Executed)
    values = (4, 1, 40, 1_870_000, b"A", 7)
    assert pack(*values) + NO_ELEMENTS == encode(Executed(*values))
    options = Appendage(secondary_ord_ref_num=43)
    assert pack(*values) + pack_appendage(options) == encode(Executed(*values, options))


def test_an_unknown_tag_may_stand_twice() -> None:
    message = decode_inbound(ENTER_ORDER + b"\x00\x04\x01\xc8\x01\xc8")
    assert message == decode_inbound(ENTER_ORDER + NO_ELEMENTS)


def test_a_tag_of_2025_with_another_size_is_skipped_like_an_unknown_one() -> None:
    message = decode_inbound(ENTER_ORDER + b"\x00\x07\x03\x1aXX\x02\x0cP")
    assert message.appendage == Appendage(post_only=b"P")


@given(MESSAGES)
def test_decode_of_5_0_undoes_encode(case: Case) -> None:
    layout, message = case
    wire = encode(message)
    assert wire[:1] == layout.type_code
    assert decode(layout, wire) == message


@given(MESSAGES, st.lists(st.tuples(st.integers(31, 255), st.binary(max_size=254)), max_size=3))
def test_unknown_tags_are_skipped_wherever_they_stand(
    case: Case, unknown: list[tuple[int, bytes]]
) -> None:
    layout, message = case
    if not layout.has_appendage:
        return
    wire = encode(message)
    elements = wire[layout.fixed_size + 2 :]
    extra = b"".join(bytes((len(text) + 1, tag)) + text for tag, text in unknown)
    for body in (extra + elements, elements + extra):
        payload = wire[: layout.fixed_size] + len(body).to_bytes(2, "big") + body
        assert decode(layout, payload) == message


@given(MESSAGES, st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_a_message_cut_short_or_extended_is_an_error(case: Case, cut: int, extra: bytes) -> None:
    layout, message = case
    wire = encode(message)
    wrong = [wire[:cut]] if cut < len(wire) else []
    wrong += [wire + extra] if len(wire) > layout.fixed_size else []
    for payload in wrong:
        if len(payload) == layout.size == layout.fixed_size:
            continue  # cut to the form without appendage
        with pytest.raises(LayoutError):
            decode(layout, payload)


@given(
    st.binary(max_size=100)
    | st.tuples(MESSAGES, st.binary(max_size=80)).map(
        lambda drawn: encode(drawn[0][1])[: drawn[0][0].fixed_size] + drawn[1]
    )
)
def test_any_bytes_are_a_message_of_5_0_or_an_error(payload: bytes) -> None:
    for decoder in (decode_inbound, decode_outbound):
        try:
            message = decoder(payload)
        except LayoutError:
            continue
        assert decoder(encode(message)) == message
