"""Where one message ends and the next begins, and whether its length and sum are right.

Source: FIX Session Layer, "Message format": 8, 9, 35 first, 10 last; BodyLength(9) counts from
after its own delimiter to before `10=`, CheckSum(10) is the byte sum of what precedes, modulo 256.
Recovery from a wrong BodyLength follows what deployed engines do: the message ends with the first
CheckSum at or after the place BodyLength points to. Too short a length spoils one message only; too
long a length takes the following message with it, which a ResendRequest then brings back.
"""

import re
from zlib import adler32

from protocol.fix.errors import GarbledMessage
from protocol.fix.values import printable
from protocol.receive_buffer import ReceiveBuffer

_PREFIX = b"8=FIX"
_HEAD_MAX = 40
"""8=FIXT.1.1|9=999999| with room; a head that has not ended by then is none."""
_HEAD = re.compile(rb"8=FIX[.0-9A-Z]{1,16}\x019=([0-9]{1,10})\x01")
_CHECKSUM_SIZE = 7
_NUMBER = re.compile(rb"\x0134=([0-9]{1,18})\x01")
_MSG_TYPE = re.compile(rb"\x0135=([0-9A-Za-z]{1,3})\x01")
_EXACT = 256
"""adler32's low half is 1 + the byte sum modulo 65,521: exact for pieces up to this size."""


def checksum(data: bytes) -> int:
    """CheckSum(10) of `data`: its byte sum modulo 256.

    A fifth of the cost of sum() (tests/benchmarks/bench_fix_codec.py).
    """
    if len(data) <= _EXACT:
        return (adler32(data) - 1) & 255
    total = 0
    for begin in range(0, len(data), _EXACT):
        # The sum of a piece is below 65,521, so the low half holds all of it.
        total += (adler32(data[begin : begin + _EXACT]) & 0xFFFF) - 1
    return total & 255


class Oversized(GarbledMessage):
    """A message beyond the limit: what follows cannot be found, so the connection is lost.

    `data` was taken of it, as much as tells that it is too long.
    """

    def __init__(self, text: str, data: bytes) -> None:
        super().__init__(text)
        self.data = data


class Frame:
    """One framed message: its bytes and, if it is garbled, why."""

    __slots__ = ("data", "garbled", "only_checksum")

    def __init__(self, data: bytes, garbled: str = "") -> None:
        self.data = data
        self.garbled = garbled
        self.only_checksum = False
        """Nothing is wrong with it but the CheckSum(10)."""

    @property
    def is_message(self) -> bool:
        """It begins and ends like one, however garbled."""
        return self.data.startswith(_PREFIX) and b"\x0110=" in self.data


def next_frame(buffer: ReceiveBuffer) -> Frame | None:
    """Take the next frame, or the bytes before the next possible one as a garbled frame.

    None: more bytes are needed. Raises Oversized when no frame within the limit can follow.
    """
    data, start = buffer.data, buffer.start
    if not data.startswith(_PREFIX, start):
        return _skip_to_prefix(buffer)
    head = _HEAD.match(data, start)
    if head is None:
        if len(data) - start < _HEAD_MAX and not _is_hopeless(data, start):
            return None
        begin = data.find(_PREFIX, start + len(_PREFIX))
        return _take(buffer, begin if begin >= 0 else len(data), "BodyLength(9) is not second")
    length = int(head[1])
    trailer = head.end() + length
    if trailer + _CHECKSUM_SIZE - start > buffer.limit:
        buffer.consume(head.end() - start)
        text = f"BodyLength(9) too large: expected at most {buffer.limit}, got {length}"
        raise Oversized(text, head[0])
    if len(data) < trailer + _CHECKSUM_SIZE:
        return None
    if data.startswith(b"10=", trailer) and data[trailer - 1] == 1 and data[trailer + 6] == 1:
        frame = Frame(data[start : trailer + _CHECKSUM_SIZE])
        buffer.consume(len(frame.data))
        given = frame.data[-4:-1]
        expected = checksum(frame.data[:-_CHECKSUM_SIZE])
        if given != b"%03d" % expected:
            frame.garbled = f"CheckSum(10) expected {expected:03}, received {printable(given)}"
            frame.only_checksum = True
        return frame
    return _to_next_checksum(buffer, trailer)


def _to_next_checksum(buffer: ReceiveBuffer, trailer: int) -> Frame | None:
    """BodyLength does not point at a CheckSum: take all up to the first one that follows."""
    data, start = buffer.data, buffer.start
    found = data.find(b"\x0110=", trailer - 1)
    end = data.find(b"\x01", found + 4) + 1 if found >= 0 else 0
    if end > 0:
        return _take(buffer, end, "BodyLength(9) does not lead to CheckSum(10)")
    if buffer.over_limit or len(data) - start >= buffer.limit:
        buffer.consume(len(buffer))
        raise Oversized(f"no CheckSum(10) within {buffer.limit} bytes", data[start:])
    return None


def _skip_to_prefix(buffer: ReceiveBuffer) -> Frame | None:
    """Bytes that belong to no message: take them up to the next BeginString."""
    data, start = buffer.data, buffer.start
    begin = data.find(_PREFIX, start)
    if begin < 0:
        # The last bytes may be the beginning of a prefix.
        begin = len(data)
        for size in range(min(len(_PREFIX) - 1, begin - start), 0, -1):
            if data.endswith(_PREFIX[:size]):
                begin -= size
                break
    if begin == start:
        return None
    return _take(buffer, begin, "bytes outside any message")


def _is_hopeless(data: bytes, start: int) -> bool:
    """The head cannot become valid: its first field ended and something other than 9= follows."""
    delimiter = data.find(b"\x01", start)
    if delimiter < 0:
        return False
    rest = data[delimiter + 1 : delimiter + 14]
    return not re.fullmatch(rb"(?:9(?:=[0-9]{0,10})?)?", rest)


def _take(buffer: ReceiveBuffer, end: int, why: str) -> Frame:
    frame = Frame(buffer.data[buffer.start : end], why)
    buffer.consume(len(frame.data))
    return frame


def garbled_ref(data: bytes) -> tuple[int, bytes]:
    """MsgSeqNum(34) and MsgType(35) of a message that cannot be decoded, as far as they can be
    found; 0 and nothing otherwise."""
    number = _NUMBER.search(data)
    msg_type = _MSG_TYPE.search(data)
    return int(number[1]) if number else 0, msg_type[1] if msg_type else b""
