"""protocol.proxy_protocol: the vectors under specs/, whole and in pieces, and arbitrary bytes."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.proxy_protocol import (
    SIGNATURE,
    V1_SIZE_MAX,
    V2_LENGTH_MAX,
    ProxyHeader,
    ProxyProtocolError,
    decode,
)

VECTORS = sorted((Path(__file__).parents[2] / "specs" / "proxy_protocol" / "vectors").glob("*.txt"))
TOKEN = re.compile(r"'([^']*)'|([0-9a-f]+)")
SIZE_MAX = 16 + V2_LENGTH_MAX

Outcome = ProxyHeader | str | None


def outcome(data: bytes) -> Outcome:
    try:
        return decode(data)
    except ProxyProtocolError as error:
        return str(error)


def read_vector(path: Path) -> tuple[bytes, Outcome]:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    values = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    data = b"".join(
        text.encode() if text else bytes.fromhex(digits)
        for text, digits in TOKEN.findall(values["bytes"])
    )
    if "error" in values:
        return data, values["error"]
    return data, ProxyHeader(len(data), values["source"], int(values["source_port"]))


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_a_vector_is_decoded_as_it_says_and_what_follows_is_left_alone(path: Path) -> None:
    data, expected = read_vector(path)
    assert outcome(data) == expected
    if not isinstance(expected, str):
        assert outcome(data + b"8=FIX.4.4\x01" * 20) == expected


def first_decision(data: bytes) -> Outcome:
    """What a reader concludes that looks after every byte."""
    for end in range(len(data) + 1):
        decided = outcome(data[:end])
        if decided is not None:
            return decided
    return None


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_a_vector_is_decided_the_same_byte_by_byte(path: Path) -> None:
    data, expected = read_vector(path)
    assert first_decision(data) == expected


almost_headers = st.one_of(
    st.binary(max_size=200),
    st.builds(bytes.__add__, st.just(b"PROXY "), st.binary(max_size=120)),
    st.builds(
        lambda words, rest: b"PROXY " + " ".join(words).encode() + b"\r\n" + rest,
        st.lists(
            st.sampled_from(["TCP4", "TCP6", "UNKNOWN", "1.2.3.4", "::1", "0", "65535", "65536"]),
            max_size=7,
        ),
        st.binary(max_size=20),
    ),
    st.builds(
        lambda command, family, length, rest: (
            SIGNATURE + bytes((command, family)) + length.to_bytes(2, "big") + rest
        ),
        st.sampled_from([0x20, 0x21, 0x22, 0x11]),
        st.sampled_from([0x00, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32, 0x33]),
        st.integers(0, 300),
        st.binary(max_size=320),
    ),
)


@given(almost_headers)
def test_any_bytes_decode_or_are_refused_and_every_cut_gives_the_same(data: bytes) -> None:
    whole = outcome(data)
    assert first_decision(data) == whole
    if isinstance(whole, ProxyHeader):
        assert whole.size <= len(data)


@given(st.binary(min_size=V1_SIZE_MAX, max_size=V1_SIZE_MAX))
def test_a_line_that_does_not_end_is_refused_at_its_bound(data: bytes) -> None:
    assert outcome((b"PROXY TCP4 " + data.replace(b"\n", b"n"))[:V1_SIZE_MAX]) is not None


def test_version_2_never_asks_for_more_than_its_bound() -> None:
    head = SIGNATURE + b"\x21\x11" + V2_LENGTH_MAX.to_bytes(2, "big")
    assert outcome(head + bytes(V2_LENGTH_MAX - 1)) is None
    assert outcome(head + bytes(V2_LENGTH_MAX)) == ProxyHeader(SIZE_MAX, "0.0.0.0", 0)
