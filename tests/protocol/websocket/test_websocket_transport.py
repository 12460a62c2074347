"""The opening handshake, frames, closing and deadlines, with literal bytes and times."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.websocket_transport import (
    HANDSHAKE_SIZE_MAX,
    HANDSHAKE_TIMEOUT_NS,
    WebSocketTransport,
)

SECOND = 1_000_000_000
MASK = b"\x01\x02\x03\x04"
REQUEST = (
    b"GET / HTTP/1.1\r\n"
    b"Host: localhost:9882\r\n"
    b"Upgrade: websocket\r\n"
    b"Connection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\n"
    b"%b\r\n"
)
TEXT, CONT, BINARY, CLOSE, PING, PONG = 1, 0, 2, 8, 9, 10


def frame(opcode: int, payload: bytes, *, fin: bool = True, masked: bool = True) -> bytes:
    """A client's frame, written out by RFC 6455, 5.2."""
    head = bytes([opcode | (0x80 if fin else 0)])
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([bit | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([bit | 127]) + struct.pack("!Q", len(payload))
    if not masked:
        return head + payload
    return head + MASK + bytes(byte ^ MASK[i % 4] for i, byte in enumerate(payload))


def close_frame(code: int, reason: bytes = b"") -> bytes:
    """A close frame as the venue sends it."""
    payload = struct.pack("!H", code) + reason
    return bytes([0x88, len(payload)]) + payload


def opened(max_size: int = 1024) -> WebSocketTransport:
    transport = WebSocketTransport(0, max_size=max_size)
    transport.receive_data(REQUEST % b"", 0)
    assert transport.is_open
    transport.data_to_send()
    return transport


def test_the_opening_handshake_is_answered_with_the_key_of_rfc_6455() -> None:
    transport = WebSocketTransport(0)
    transport.receive_data(REQUEST % b"", 0)
    [answer] = transport.data_to_send()
    assert answer.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer
    assert b"Sec-WebSocket-Extensions" not in answer
    assert transport.is_open


def test_frames_that_come_with_the_handshake_are_read_after_the_answer() -> None:
    transport = WebSocketTransport(0)
    transport.receive_data(REQUEST % b"" + frame(PING, b"p") + frame(TEXT, b"{}"), 0)
    answer, pong = transport.data_to_send()
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert pong == b"\x8a\x01p"
    assert transport.messages == [b"{}"]


def test_compression_is_not_negotiated() -> None:
    transport = WebSocketTransport(0)
    transport.receive_data(
        REQUEST % b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n", 0
    )
    [answer] = transport.data_to_send()
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"deflate" not in answer


REFUSED = {
    "plain get": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"426"),
    "post": ((REQUEST % b"").replace(b"GET", b"POST"), b"405"),
    "path": ((REQUEST % b"").replace(b"GET /", b"GET /other"), b"404"),
    "old version": ((REQUEST % b"").replace(b"Version: 13", b"Version: 8"), b"400"),
    "bad key": ((REQUEST % b"").replace(b"dGhl", b"!!!!"), b"400"),
    "http/1.0": ((REQUEST % b"").replace(b"HTTP/1.1", b"HTTP/1.0"), b"505"),
    "long line": (REQUEST % (b"X: " + b"y" * 9000 + b"\r\n"), b"431"),
    "too long": (REQUEST % (b"X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n" * 600), b"431"),
    "never ending": (b"GET / HTTP/1.1\r\nX: " + b"y" * HANDSHAKE_SIZE_MAX, b"431"),
}


@pytest.mark.parametrize(("request_bytes", "status"), REFUSED.values(), ids=REFUSED)
def test_a_handshake_that_is_none_gets_its_http_status(request_bytes: bytes, status: bytes) -> None:
    transport = WebSocketTransport(0)
    transport.receive_data(request_bytes, 0)
    [answer] = transport.data_to_send()
    assert answer.split(b" ")[1] == status
    assert transport.ended is not None
    assert transport.ended.startswith("opening handshake refused: ")
    assert transport.deadline_ns is None


def test_bytes_that_are_no_http_end_without_an_answer() -> None:
    transport = WebSocketTransport(0)
    transport.receive_data(b"8=FIX.4.4\r\n\r\n", 0)
    assert transport.data_to_send() == []
    assert transport.ended == "opening handshake refused: did not receive a valid HTTP request"


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b"", b"101"),
        (b"Origin: http://127.0.0.1:9883\r\n", b"101"),
        (b"Origin: http://elsewhere.example\r\n", b"403"),
    ],
    ids=["none", "ours", "foreign"],
)
def test_a_foreign_origin_is_refused(header: bytes, status: bytes) -> None:
    transport = WebSocketTransport(0, origins=[None, "http://127.0.0.1:9883"])
    transport.receive_data(REQUEST % header, 0)
    assert transport.data_to_send()[0].split(b" ")[1] == status


def test_a_handshake_that_takes_ten_seconds_ends_the_connection() -> None:
    transport = WebSocketTransport(5)
    transport.receive_data((REQUEST % b"")[:-1], 9 * SECOND)
    assert transport.deadline_ns == 5 + HANDSHAKE_TIMEOUT_NS == 5 + 10 * SECOND
    transport.handle_timeout(10 * SECOND + 4)
    assert transport.ended is None
    transport.handle_timeout(10 * SECOND + 5)
    assert transport.ended == "no opening handshake within 10 s"


def test_text_is_sent_unmasked_and_unfragmented() -> None:
    transport = opened()
    for size in (0, 125, 126, 65535, 65536):
        transport.send_text(b"a" * size)
    assert transport.data_to_send() == [
        b"\x81\x00",
        b"\x81\x7d" + b"a" * 125,
        b"\x81\x7e\x00\x7e" + b"a" * 126,
        b"\x81\x7e\xff\xff" + b"a" * 65535,
        b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + b"a" * 65536,
    ]


def test_fragments_are_joined_with_control_frames_between_them() -> None:
    transport = opened()
    transport.receive_data(
        frame(TEXT, b'{"a":', fin=False)
        + frame(PING, b"now")
        + frame(CONT, b'"\xc3', fin=False)
        + frame(CONT, b'\xa9"}'),
        0,
    )
    assert transport.messages == ['{"a":"é"}'.encode()]
    assert transport.data_to_send() == [b"\x8a\x03now"]


FAILED = {
    "binary": (frame(BINARY, b"x"), 1003, b"binary message: only text is understood"),
    "not utf-8": (frame(TEXT, b"\xff"), 1007, b"text is not UTF-8: invalid start byte at 0"),
    "cut utf-8": (frame(TEXT, b"a\xc3"), 1007, b"text is not UTF-8: unexpected end of data at 1"),
    "unmasked": (frame(TEXT, b"x", masked=False), 1002, b"incorrect masking"),
    "reserved bit": (b"\xc1\x80" + MASK, 1002, b"reserved bits must be 0"),
    "opcode": (b"\x83\x80" + MASK, 1002, b"invalid opcode"),
    "lone continuation": (frame(CONT, b"x"), 1002, b"unexpected continuation frame"),
    "interrupted": (
        frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"),
        1002,
        b"expected a continuation frame",
    ),
    "long ping": (frame(PING, b"x" * 126), 1002, b"control frame too long"),
    "cut ping": (frame(PING, b"", fin=False), 1002, b"fragmented control frame"),
}


@pytest.mark.parametrize(("data", "code", "reason"), FAILED.values(), ids=FAILED)
def test_a_forbidden_frame_fails_the_connection(data: bytes, code: int, reason: bytes) -> None:
    transport = opened()
    transport.receive_data(frame(TEXT, b"before") + data + frame(TEXT, b"after"), 0)
    assert transport.messages == [b"before"]
    assert transport.data_to_send() == [close_frame(code, reason)]
    assert transport.ended is not None
    assert reason.decode() in transport.ended


def test_a_message_of_the_maximum_size_passes_and_one_byte_more_fails() -> None:
    transport = opened(max_size=10)
    transport.receive_data(frame(TEXT, b"1234567890"), 0)
    transport.receive_data(frame(TEXT, b"12345", fin=False) + frame(CONT, b"67890"), 0)
    assert transport.messages == [b"1234567890"] * 2
    transport.receive_data(frame(TEXT, b"12345", fin=False) + frame(CONT, b"678901"), 0)
    assert transport.messages == [b"1234567890"] * 2
    [close] = transport.data_to_send()
    assert close[2:4] == struct.pack("!H", 1009)


def test_an_announced_size_over_the_maximum_fails_before_its_bytes_come() -> None:
    transport = opened(max_size=10)
    transport.receive_data(b"\x81\xff" + struct.pack("!Q", 2**62) + MASK, 0)
    [close] = transport.data_to_send()
    assert close[2:4] == struct.pack("!H", 1009)
    assert transport.ended is not None


def test_a_close_of_the_peer_is_echoed_and_ends() -> None:
    transport = opened()
    transport.receive_data(frame(TEXT, b"last") + frame(CLOSE, struct.pack("!H", 1001)), 0)
    assert transport.messages == [b"last"]
    assert transport.data_to_send() == [close_frame(1001)]
    assert transport.ended == "closed by the peer: 1001 (going away)"


def test_a_close_of_ours_waits_for_the_peers_and_reads_nothing_more() -> None:
    transport = opened()
    transport.close(1011, "journal failed", 7)
    transport.send_text(b"too late")
    assert transport.data_to_send() == [close_frame(1011, b"journal failed")]
    assert transport.deadline_ns == 5 * SECOND + 7
    transport.receive_data(frame(TEXT, b"{}") + frame(CLOSE, struct.pack("!H", 1011)), 8)
    assert transport.messages == []
    assert transport.ended == "closed by the peer: 1011 (internal error)"


def test_an_unanswered_close_ends_after_five_seconds() -> None:
    transport = opened()
    transport.close(1000, "", 0)
    transport.handle_timeout(5 * SECOND - 1)
    assert transport.ended is None
    transport.handle_timeout(5 * SECOND)
    assert transport.ended == "closing handshake not finished within 5 s"


def test_a_close_reason_is_cut_to_what_a_control_frame_holds() -> None:
    transport = opened()
    transport.close(1008, "é" + "x" * 200, 0)
    assert transport.data_to_send() == [close_frame(1008, b"?" + b"x" * 122)]


def test_a_silent_peer_is_pinged_after_20_s_and_dropped_after_30_s() -> None:
    transport = opened()
    assert transport.deadline_ns == 20 * SECOND
    transport.handle_timeout(20 * SECOND)
    assert transport.data_to_send() == [b"\x89\x00"]
    assert transport.deadline_ns == 30 * SECOND
    transport.handle_timeout(30 * SECOND)
    assert transport.data_to_send() == [close_frame(1008, b"no pong: silent for 30 s")]
    assert transport.ended == "no pong: silent for 30 s"


def test_a_pong_starts_the_silence_anew() -> None:
    transport = opened()
    transport.handle_timeout(20 * SECOND)
    transport.receive_data(frame(PONG, b""), 29 * SECOND)
    assert transport.deadline_ns == 49 * SECOND
    transport.handle_timeout(30 * SECOND)
    assert transport.ended is None


def test_an_end_of_stream_without_a_close_ends() -> None:
    transport = opened()
    transport.receive_data(frame(TEXT, b"whole") + b"\x81", 0)
    transport.receive_eof(0)
    assert transport.messages == [b"whole"]
    assert transport.ended == "connection lost without a close frame"


FRAMES = st.lists(
    st.one_of(
        st.binary(max_size=20).map(lambda data: frame(TEXT, data)),
        st.text(max_size=20).map(lambda text: frame(TEXT, text.encode())),
        st.text(max_size=9).map(
            lambda text: frame(TEXT, text.encode(), fin=False) + frame(CONT, b"!")
        ),
        st.sampled_from([frame(PING, b"p"), frame(PONG, b""), frame(BINARY, b"")]),
        st.just(frame(CLOSE, struct.pack("!H", 1000))),
        st.binary(min_size=1, max_size=8),
    ),
    max_size=6,
).map(b"".join)


def outcome(stream: bytes, cuts: list[int]) -> tuple[list[bytes], str | None]:
    transport = WebSocketTransport(0, max_size=16)
    borders = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    for begin, end in pairwise(borders):
        transport.receive_data(stream[begin:end], 0)
    return transport.messages, transport.ended


@settings(max_examples=200, deadline=None)
@given(frames=FRAMES, cuts=st.lists(st.integers(min_value=0, max_value=500), max_size=12))
def test_any_chunking_gives_the_same_messages_and_the_same_end(
    frames: bytes, cuts: list[int]
) -> None:
    stream = REQUEST % b"" + frames
    assert outcome(stream, cuts) == outcome(stream, [])


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300), shaken=st.booleans())
def test_garbage_never_raises(data: bytes, shaken: bool) -> None:
    transport = opened() if shaken else WebSocketTransport(0)
    transport.receive_data(data, 0)
    transport.handle_timeout(60 * SECOND)
    transport.receive_eof(61 * SECOND)
    transport.data_to_send()
    assert transport.ended is not None
