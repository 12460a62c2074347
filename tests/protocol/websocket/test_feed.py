"""The JSON vocabulary: vectors both ways, every refusal, decimal text."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import fields

from protocol import feed, websocket_words
from protocol.feed import FeedError, decode_message, decode_request, encode
from protocol.websocket_words import format_decimal, parse_decimal

VECTORS = Path(__file__).parents[3] / "specs" / "websocket" / "vectors"
REQUESTS = json.loads((VECTORS / "requests.json").read_text())
REFUSED = json.loads((VECTORS / "refused.json").read_text())
MESSAGES = (VECTORS / "messages.json").read_text().splitlines()[1:-1]
MESSAGES = [line.strip().removesuffix(",") for line in MESSAGES]
REQUEST_TYPES = feed.Request.__args__
MESSAGE_TYPES = feed.Message.__args__


@pytest.mark.parametrize("vector", REQUESTS, ids=lambda vector: vector["name"])
def test_a_request_is_read_and_written_back_as_it_was(vector: dict[str, str]) -> None:
    text = vector["text"].encode()
    request = decode_request(text)
    assert encode(request) == text
    said = json.loads(text)
    assert {name: getattr(request, name) for name in said if name != "type"} == {
        name: value for name, value in said.items() if name != "type"
    }


def test_white_space_and_order_of_fields_do_not_matter() -> None:
    assert decode_request(b' {\n"id" : "p",\t"type":"ping"}\r\n') == feed.Ping(id="p")


@pytest.mark.parametrize("vector", REFUSED, ids=lambda vector: vector["name"])
def test_a_refusal_names_field_expectation_and_what_came(vector: dict[str, Any]) -> None:
    with pytest.raises(FeedError) as caught:
        decode_request(vector["text"].encode())
    error = caught.value
    said = {
        "code": error.code,
        "field": error.field,
        "expected": error.expected,
        "received": error.received,
        "ref": error.ref,
    }
    assert {name: value for name, value in said.items() if value} == vector["error"]


def test_every_code_of_a_malformed_request_has_a_vector() -> None:
    assert {vector["error"]["code"] for vector in REFUSED} == {
        "bad_json",
        "unknown_type",
        "missing_field",
        "unknown_field",
        "invalid_field",
        "conflicting_fields",
    }


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (FeedError("bad_json"), "message is not one JSON object"),
        (FeedError("missing_field", "side", "x or y"), "side is missing: expected x or y"),
        (FeedError("unknown_type", "type", "x", "y"), "type is unknown: expected x, received y"),
    ],
)
def test_an_error_text_says_expected_then_received(error: FeedError, text: str) -> None:
    assert str(error) == text


@pytest.mark.parametrize(
    "text",
    [b"[" * 16_000, b'{"type":"ping","id":' + b"[" * 16_000, b'{"type":"ping","id":"\xff"}', b"\0"],
    ids=["nested", "nested in a field", "not utf-8", "nul"],
)
def test_hostile_bytes_are_refused_like_any_other(text: bytes) -> None:
    with pytest.raises(FeedError):
        decode_request(text)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@example(b'{"type":"new"')
def test_garbage_raises_nothing_but_feed_errors(text: bytes) -> None:
    with pytest.raises(FeedError):
        decode_request(text)


@pytest.mark.parametrize("line", MESSAGES, ids=lambda line: json.loads(line)["type"])
def test_a_message_is_read_and_written_back_byte_for_byte(line: str) -> None:
    message = decode_message(line)
    said = json.loads(encode(message))
    assert said == json.loads(line)
    if "seq" not in said:
        assert encode(message) == line.encode()


def test_every_request_and_message_type_has_a_vector() -> None:
    requests = {json.loads(vector["text"])["type"] for vector in REQUESTS}
    assert requests == {str(kind.__struct_config__.tag) for kind in REQUEST_TYPES}
    messages = {json.loads(line)["type"] for line in MESSAGES}
    assert messages == {str(kind.__struct_config__.tag) for kind in MESSAGE_TYPES}


def test_clients_ignore_fields_they_do_not_know() -> None:
    assert decode_message(b'{"type":"heartbeat","time_ns":5,"later":[1]}') == feed.Heartbeat(
        time_ns=5
    )


@pytest.mark.parametrize("kind", [*REQUEST_TYPES, *MESSAGE_TYPES], ids=lambda kind: kind.__name__)
def test_no_field_is_a_binary_fraction(kind: type[Any]) -> None:
    assert "float" not in str([field.type for field in fields(kind)])


@pytest.mark.parametrize(
    ("value", "decimals", "shown_min", "text"),
    [
        (0, 0, 0, "0"),
        (0, 4, 0, "0"),
        (0, 4, 2, "0.00"),
        (1, 4, 0, "0.0001"),
        (1870100, 4, 0, "187.01"),
        (1870100, 4, 3, "187.010"),
        (1870000, 4, 0, "187"),
        (1870000, 4, 2, "187.00"),
        (5, 0, 2, "5"),
        (29, 2, 0, "0.29"),
        (187012500, 8, 0, "1.870125"),
    ],
)
def test_decimal_text_is_exact(value: int, decimals: int, shown_min: int, text: str) -> None:
    assert format_decimal(value, decimals, shown_min) == text
    assert parse_decimal(text, decimals) == value


@pytest.mark.parametrize(
    "text", ["", ".", "1.", ".5", "-1", "+1", "1e3", "1_0", " 1", "1\n", "٣", "1.٣", "1" * 13]
)
def test_what_is_no_unsigned_decimal_is_none(text: str) -> None:
    assert parse_decimal(text, 4) is None


def test_digits_finer_than_the_unit_are_none_unless_they_are_zeros() -> None:
    assert parse_decimal("187.01001", 4) is None
    assert parse_decimal("187.01000", 4) == 1870100
    assert parse_decimal("1.5", 0) is None


@given(st.integers(min_value=0, max_value=10**18), st.integers(min_value=0, max_value=8))
def test_decimal_text_comes_back_as_the_same_number(value: int, decimals: int) -> None:
    text = format_decimal(value, decimals)
    if len(text.partition(".")[0]) <= websocket_words.WHOLE_DIGITS_MAX:
        assert parse_decimal(text, decimals) == value
