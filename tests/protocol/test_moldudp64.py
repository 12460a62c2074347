"""MoldUDP64 codec: packets byte by byte, splitting, laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import LocalProtocolError
from protocol.moldudp64 import (
    DATAGRAM_SIZE,
    HEADER,
    Downstream,
    EndOfSession,
    MoldError,
    Request,
    decode_downstream,
    decode_request,
    encode_end_of_session,
    encode_heartbeat,
    encode_packets,
    encode_request,
)

SESSION = b"0MDF3A7K"
NAME = b"0MDF3A7K  "


def test_messages_follow_the_header_each_after_its_length() -> None:
    assert list(encode_packets(SESSION, 258, [b"ab", b"", b"c"])) == [
        NAME
        + bytes.fromhex("0000000000000102 0003 0002")
        + b"ab"
        + bytes.fromhex("0000 0001")
        + b"c"
    ]


def test_heartbeat_has_the_next_number_and_no_messages() -> None:
    assert encode_heartbeat(SESSION, 7) == NAME + bytes.fromhex("0000000000000007 0000")
    assert decode_downstream(encode_heartbeat(SESSION, 7)) == Downstream(SESSION, 7)


def test_end_of_session_has_the_count_of_all_ones() -> None:
    assert encode_end_of_session(SESSION, 7) == NAME + bytes.fromhex("0000000000000007 ffff")
    assert decode_downstream(encode_end_of_session(SESSION, 7)) == EndOfSession(SESSION, 7)


def test_request_is_a_header() -> None:
    request = Request(SESSION, 9, 3)
    assert encode_request(request) == NAME + bytes.fromhex("0000000000000009 0003")
    assert decode_request(encode_request(request)) == request


def test_session_of_a_request_may_be_padded_on_either_side() -> None:
    for name in (b"  0MDF3A7K", b"0MDF3A7K\0\0"):
        assert decode_request(HEADER.pack(name, 1, 1)).session == SESSION


def test_no_messages_make_no_packet() -> None:
    assert list(encode_packets(SESSION, 1, [])) == []


def test_a_full_datagram_is_followed_by_another() -> None:
    message = bytes(36)
    fitting = (DATAGRAM_SIZE - HEADER.size) // (2 + len(message))
    packets = list(encode_packets(SESSION, 1, [message] * (fitting + 1)))
    assert [len(packet) for packet in packets] == [HEADER.size + fitting * 38, HEADER.size + 38]
    assert [decode_downstream(packet) for packet in packets] == [
        Downstream(SESSION, 1, (message,) * fitting),
        Downstream(SESSION, 1 + fitting, (message,)),
    ]


def test_a_datagram_never_counts_to_the_end_of_session() -> None:
    packets = list(encode_packets(SESSION, 1, [b""] * 0xFFFF, datagram_size=1_000_000))
    assert [HEADER.unpack_from(packet)[1:] for packet in packets] == [(1, 0xFFFE), (0xFFFF, 1)]


def test_a_message_that_no_datagram_holds_is_our_mistake() -> None:
    exact = bytes(DATAGRAM_SIZE - HEADER.size - 2)
    assert [len(packet) for packet in encode_packets(SESSION, 1, [exact])] == [DATAGRAM_SIZE]
    with pytest.raises(LocalProtocolError, match="message 5: expected at most 1378 bytes"):
        list(encode_packets(SESSION, 5, [exact + b" "]))


def test_errors_name_what_was_expected() -> None:
    packet = next(encode_packets(SESSION, 1, [b"ab", b"c"]))
    wrong = [
        packet[:19],
        packet[:21],
        packet[:-1],
        packet + b" ",
        encode_end_of_session(SESSION, 1) + b" ",
    ]
    texts = []
    for datagram in wrong:
        with pytest.raises(MoldError) as error:
            decode_downstream(datagram)
        texts.append(str(error.value))
    with pytest.raises(MoldError) as error:
        decode_request(encode_request(Request(SESSION, 1, 1)) + b" ")
    texts.append(str(error.value))
    assert texts == [
        "header: expected 20 bytes, received 19",
        "message block 1 of 2: expected to end at byte 22, received 21 bytes",
        "message block 2 of 2: expected to end at byte 27, received 26 bytes",
        "packet length: expected 27 bytes, received 28",
        "packet length: expected 20 bytes, received 21",
        "packet length: expected 20 bytes, received 21",
    ]


def test_cut_anywhere_a_packet_is_an_error() -> None:
    packet = next(encode_packets(SESSION, 1, [b"ab", b"c"]))
    for size in range(len(packet)):
        with pytest.raises(MoldError):
            decode_downstream(packet[:size])


MESSAGES = st.lists(st.binary(max_size=60), max_size=80)


@given(MESSAGES, st.integers(82, 400), st.integers(0, 2**64 - 1_000))
def test_packets_are_within_their_size_and_hold_every_message_in_order(
    messages: list[bytes], datagram_size: int, first: int
) -> None:
    number = first
    received: list[bytes] = []
    for datagram in encode_packets(SESSION, first, messages, datagram_size):
        assert len(datagram) <= datagram_size
        packet = decode_downstream(datagram)
        assert isinstance(packet, Downstream)
        assert (packet.session, packet.sequence_number) == (SESSION, number)
        assert packet.messages
        number += len(packet.messages)
        received += packet.messages
    assert received == messages


@given(
    st.from_regex(rb"[0-9A-Z]{1,10}", fullmatch=True),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**16 - 1),
)
def test_decode_of_a_request_is_the_request(session: bytes, number: int, count: int) -> None:
    request = Request(session, number, count)
    assert decode_request(encode_request(request)) == request


@given(st.binary(max_size=120))
def test_any_bytes_decode_or_raise_the_protocol_error(datagram: bytes) -> None:
    for decode in (decode_downstream, decode_request):
        try:
            decode(datagram)
        except MoldError:
            continue


@given(st.binary(min_size=10, max_size=10), st.lists(st.binary(max_size=9), max_size=5), st.data())
def test_a_damaged_packet_decodes_or_raises_the_protocol_error(
    name: bytes, messages: list[bytes], data: st.DataObject
) -> None:
    packet = bytearray(next(encode_packets(name, 1, [b"x", *messages])))
    packet[data.draw(st.integers(0, len(packet) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode_downstream(bytes(packet))
    except MoldError:
        return
