"""MoldUDP64: numbered messages in datagrams, and requests for those that got lost.

A downstream packet has a header and message blocks; the header's number is that of its first
message. Without messages it is a heartbeat, and its number is that of the next message. A request
is the header alone. Integers are unsigned and big-endian. Source: Nasdaq MoldUDP64 1.00.
"""

from collections.abc import Iterable, Iterator
from struct import Struct
from typing import Final

import msgspec

from protocol.errors import LocalProtocolError, RemoteProtocolError

SESSION_SIZE: Final = 10
HEADER: Final = Struct(">10sQH")
"""Session, Sequence Number, Message Count."""
BLOCK_LENGTH: Final = Struct(">H")
END_OF_SESSION_COUNT: Final = 0xFFFF
"""Message Count of a packet that says that no message ever follows."""
MESSAGES_MAX: Final = END_OF_SESSION_COUNT - 1
DATAGRAM_SIZE: Final = 1_400
"""Bytes in a downstream packet, unless its sender chooses otherwise: fits an Ethernet frame with
room for tunnels."""


class MoldError(RemoteProtocolError):
    """A datagram that is none of this protocol: the text names field, expected, received."""


class Downstream(msgspec.Struct, frozen=True, gc=False):
    """Messages, numbered from `sequence_number` on; none of them: a heartbeat."""

    session: bytes
    """Without its padding."""
    sequence_number: int
    """Of the first message; of the next one in a heartbeat."""
    messages: tuple[bytes, ...] = ()


class EndOfSession(msgspec.Struct, frozen=True, gc=False):
    """The session is over; requests are still answered for a while."""

    session: bytes
    sequence_number: int
    """That the next message would have had."""


class Request(msgspec.Struct, frozen=True, gc=False):
    """A receiver asks for messages again."""

    session: bytes
    sequence_number: int
    count: int


def encode_packets(
    session: bytes,
    sequence_number: int,
    messages: Iterable[bytes],
    datagram_size: int = DATAGRAM_SIZE,
) -> Iterator[bytes]:
    """Messages as downstream packets of at most `datagram_size` bytes, each as full as it gets.

    Raises LocalProtocolError for a message that no such packet holds.
    """
    name = _padded(session)
    room = datagram_size - HEADER.size
    blocks: list[bytes] = []
    count = size = 0
    for message in messages:
        length = BLOCK_LENGTH.size + len(message)
        if length > room:
            raise LocalProtocolError(
                f"message {sequence_number + count}: expected at most "
                f"{room - BLOCK_LENGTH.size} bytes, received {len(message)}"
            )
        if size + length > room or count == MESSAGES_MAX:
            yield b"".join((HEADER.pack(name, sequence_number, count), *blocks))
            sequence_number += count
            blocks.clear()
            count = size = 0
        blocks += (BLOCK_LENGTH.pack(len(message)), message)
        count += 1
        size += length
    if count:
        yield b"".join((HEADER.pack(name, sequence_number, count), *blocks))


def encode_heartbeat(session: bytes, next_number: int) -> bytes:
    """Nothing new; the next message will be this one."""
    return HEADER.pack(_padded(session), next_number, 0)


def encode_end_of_session(session: bytes, next_number: int) -> bytes:
    """No message will ever have this number in this session."""
    return HEADER.pack(_padded(session), next_number, END_OF_SESSION_COUNT)


def encode_request(request: Request) -> bytes:
    """What a receiver sends to the re-request server."""
    return HEADER.pack(_padded(request.session), request.sequence_number, request.count)


def decode_downstream(datagram: bytes) -> Downstream | EndOfSession:
    """What a publisher sent. Raises MoldError."""
    session, number, count = _header(datagram)
    if count == END_OF_SESSION_COUNT:
        _check_end(datagram, HEADER.size)
        return EndOfSession(session, number)
    messages = []
    begin = HEADER.size
    for index in range(count):
        end = begin + BLOCK_LENGTH.size
        if end <= len(datagram):
            (length,) = BLOCK_LENGTH.unpack_from(datagram, begin)
            begin, end = end, end + length
        if end > len(datagram):
            raise MoldError(
                f"message block {index + 1} of {count}: expected to end at byte {end}, "
                f"received {len(datagram)} bytes"
            )
        messages.append(datagram[begin:end])
        begin = end
    _check_end(datagram, begin)
    return Downstream(session, number, tuple(messages))


def decode_request(datagram: bytes) -> Request:
    """What a receiver sent to the re-request server. Raises MoldError."""
    request = Request(*_header(datagram))
    _check_end(datagram, HEADER.size)
    return request


def _padded(session: bytes) -> bytes:
    assert len(session) <= SESSION_SIZE, f"session {session!r} is longer than {SESSION_SIZE}"
    return session.ljust(SESSION_SIZE)


def _header(datagram: bytes) -> tuple[bytes, int, int]:
    if len(datagram) < HEADER.size:
        raise MoldError(f"header: expected {HEADER.size} bytes, received {len(datagram)}")
    session, number, count = HEADER.unpack_from(datagram)
    return session.strip(b" \0"), number, count


def _check_end(datagram: bytes, end: int) -> None:
    if len(datagram) != end:
        raise MoldError(f"packet length: expected {end} bytes, received {len(datagram)}")
