"""SoupBinTCP packets: vectors whole, byte by byte and with trailing data; what is refused."""

import pytest

from protocol.errors import LocalProtocolError
from protocol.soupbintcp.line import PacketLine, SoupSettings
from protocol.soupbintcp.packets import (
    PAYLOAD_MAX,
    LoginAccepted,
    LoginRejectReason,
    LoginRequest,
    PacketType,
    SoupError,
    decode_login_accepted,
    decode_login_rejected,
    decode_login_request,
    encode_login_accepted,
    encode_login_rejected,
    encode_login_request,
    encode_packet,
)
from protocol.soupbintcp.state import TRANSITIONS, Trigger
from tests.protocol.soupbintcp.vector_files import Vector, read_vectors

VECTORS = read_vectors("soupbintcp", "packet")


def line_for(trigger: Trigger) -> PacketLine:
    """A line in the first state that allows the packet."""
    state = next(state for state, row in TRANSITIONS.items() if trigger in row)
    return PacketLine(state, b"", SoupSettings(), 0)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_vector_is_framed_however_it_arrives(vector: Vector) -> None:
    trigger = Trigger[f"{vector.subject}_RECEIVED"]
    expected = (trigger, vector.wire[3:])
    whole, single_bytes, trailing = line_for(trigger), line_for(trigger), line_for(trigger)

    whole.receive_data(vector.wire, 0)
    assert whole.next_packet() == expected

    for index in range(len(vector.wire)):
        assert single_bytes.next_packet() is None
        single_bytes.receive_data(vector.wire[index : index + 1], 0)
    assert single_bytes.next_packet() == expected

    trailing.receive_data(vector.wire + b"\x00", 0)
    assert trailing.next_packet() == expected
    assert trailing.next_packet() is None
    assert trailing.buffer.take_consumed() == vector.wire


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_vector_decodes_to_its_fields_and_back(vector: Vector) -> None:
    payload = vector.wire[3:]
    packet_type = PacketType[vector.subject]
    match packet_type:
        case PacketType.LOGIN_REQUEST:
            login = LoginRequest(**vector.fields)
            assert decode_login_request(payload) == login
            assert (encode_login_request(login) == vector.wire) is vector.canonical
        case PacketType.LOGIN_ACCEPTED:
            accepted = LoginAccepted(**vector.fields)
            assert decode_login_accepted(payload) == accepted
            assert encode_login_accepted(accepted) == vector.wire
        case PacketType.LOGIN_REJECTED:
            reason = LoginRejectReason[vector.fields["reason"]]
            assert decode_login_rejected(payload) is reason
            assert encode_login_rejected(reason) == vector.wire
        case _:
            assert vector.fields == {"payload": payload}
            assert encode_packet(packet_type, payload) == vector.wire


def test_every_packet_type_has_a_vector() -> None:
    assert {vector.subject for vector in VECTORS} == {member.name for member in PacketType}


LOGIN_TEXTS = b"TRADER" + b"SECRET    " + b" " * 10


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (LOGIN_TEXTS, "login request of 29 bytes, expected 49 or 54"),
        (
            LOGIN_TEXTS + b"-1".rjust(20),
            "requested sequence: expected digits, received b'-1'",
        ),
        (
            LOGIN_TEXTS + b"1 2".rjust(20),
            "requested sequence: expected digits, received b'1 2'",
        ),
        (
            LOGIN_TEXTS + b"1".rjust(20) + b"1.5  ",
            "heartbeat timeout: expected digits, received b'1.5'",
        ),
    ],
)
def test_malformed_login_request_is_an_error_that_says_why(payload: bytes, text: str) -> None:
    with pytest.raises(SoupError) as error:
        decode_login_request(payload)
    assert str(error.value) == text


def test_malformed_login_answer_is_an_error_that_says_why() -> None:
    texts = []
    for payload in (b"", b"2024010201" + b"x".rjust(20)):
        with pytest.raises(SoupError) as error:
            decode_login_accepted(payload)
        texts.append(str(error.value))
    with pytest.raises(SoupError) as error:
        decode_login_rejected(b"X")
    texts.append(str(error.value))
    assert texts == [
        "login accepted of 3 bytes, expected 33",
        "sequence: expected digits, received b'x'",
        "reject reason code: expected A or S, received b'X'",
    ]


def test_heartbeat_timeout_of_zero_leaves_the_choice_to_the_server() -> None:
    login = decode_login_request(LOGIN_TEXTS + b"1".rjust(20) + b"00000")
    assert login.heartbeat_timeout_ms is None


@pytest.mark.parametrize(
    "login",
    [
        LoginRequest(b"TRADER1", b""),
        LoginRequest(b"", b"01234567890"),
        LoginRequest(b"", b"", b"01234567890"),
        LoginRequest(b"", b"", b"", 10**20),
        LoginRequest(b"", b"", b"", 0, 100_000),
    ],
)
def test_text_longer_than_its_field_is_our_own_error(login: LoginRequest) -> None:
    with pytest.raises(LocalProtocolError, match="expected at most"):
        encode_login_request(login)


def test_payload_is_bounded() -> None:
    assert len(encode_packet(PacketType.DEBUG, bytes(PAYLOAD_MAX))) == 2 + 32_767
    with pytest.raises(LocalProtocolError, match="payload of 32767 bytes, expected at most 32766"):
        encode_packet(PacketType.DEBUG, bytes(PAYLOAD_MAX + 1))
