"""The header that a proxy puts before the bytes of a connection: whom it speaks for. Pure decoder.

Source: "The PROXY protocol, versions 1 & 2" (HAProxy), sections 2.1 and 2.2. Version 1 is a line of
text, version 2 begins with twelve bytes that no other protocol begins with.
"""

import ipaddress
import re

import msgspec

from protocol.errors import RemoteProtocolError

V1_SIZE_MAX = 107
"""The longest line of version 1, CRLF included (section 2.1)."""
V2_LENGTH_MAX = 4_096
"""Bytes behind the fixed part of version 2: addresses, then TLVs, which may quote certificates."""

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_V1_BEGIN = b"PROXY "
_V2_FIXED = 16
_PORT = re.compile(r"0|[1-9][0-9]{0,4}")
_LOCAL, _PROXY = 0x20, 0x21
_TCP4, _TCP6 = 0x11, 0x21
_KNOWN_FAMILIES = frozenset((0x00, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32))
_ADDRESS_SIZES = {0x11: 12, 0x12: 12, 0x21: 36, 0x22: 36, 0x31: 216, 0x32: 216}


class ProxyProtocolError(RemoteProtocolError):
    """What came first is no header of the PROXY protocol."""


class ProxyHeader(msgspec.Struct, frozen=True, gc=False):
    """Where a connection really comes from.

    `source` and `source_port` are the client's, the address in its canonical text; empty and 0
    where the proxy speaks for itself (LOCAL) or of something else than TCP over IP: then the
    connection's own address counts. `size` bytes are the header's, what follows is the client's.
    """

    size: int
    source: str = ""
    source_port: int = 0


def decode(data: bytes) -> ProxyHeader | None:
    """The header at the beginning of `data`; None: more bytes are needed.

    Decided at the first byte that decides it, so that no cut changes the answer. Raises
    ProxyProtocolError.
    """
    if data.startswith(SIGNATURE) and len(data) >= _V2_FIXED:
        return _decode_v2(data)
    if data.startswith(_V1_BEGIN):
        return _decode_v1(data)
    if SIGNATURE.startswith(data[: len(SIGNATURE)]) or _V1_BEGIN.startswith(data):
        return None
    raise ProxyProtocolError("expected a PROXY protocol header")


def _decode_v1(data: bytes) -> ProxyHeader | None:
    end = data.find(b"\r\n", 0, V1_SIZE_MAX)
    if end < 0:
        if len(data) >= V1_SIZE_MAX:
            raise ProxyProtocolError(f"version 1: no CRLF within {V1_SIZE_MAX} bytes")
        return None
    words = data[:end].decode("latin-1").split(" ")
    if words[1] == "UNKNOWN":
        return ProxyHeader(end + 2)
    if words[1] not in ("TCP4", "TCP6"):
        raise ProxyProtocolError("version 1: expected TCP4, TCP6 or UNKNOWN")
    if len(words) != 6:
        raise ProxyProtocolError(f"version 1: expected 6 words, received {len(words)}")
    source = _address(words[1], words[2])
    _address(words[1], words[3])
    source_port = _port(words[4])
    _port(words[5])
    return ProxyHeader(end + 2, source, source_port)


def _address(family: str, text: str) -> str:
    try:
        if family == "TCP4":
            return str(ipaddress.IPv4Address(text))
        # A zone is a word of one machine; an address that came over the wire has none.
        if "%" not in text:
            return str(ipaddress.IPv6Address(text))
    except ValueError:
        pass
    raise ProxyProtocolError(f"version 1: not an address of {family}")


def _port(text: str) -> int:
    if not _PORT.fullmatch(text) or int(text) > 65_535:
        raise ProxyProtocolError("version 1: port: expected 0 to 65535 without leading zeros")
    return int(text)


def _decode_v2(data: bytes) -> ProxyHeader | None:
    command, family = data[12], data[13]
    length = int.from_bytes(data[14:_V2_FIXED], "big")
    if command not in (_LOCAL, _PROXY):
        raise ProxyProtocolError(
            f"version 2: version and command: expected 0x20 or 0x21, received {command:#04x}"
        )
    if length > V2_LENGTH_MAX:
        raise ProxyProtocolError(
            f"version 2: length: expected at most {V2_LENGTH_MAX}, received {length}"
        )
    # Whatever a LOCAL header says of addresses is skipped (section 2.2).
    if command == _PROXY:
        if family not in _KNOWN_FAMILIES:
            raise ProxyProtocolError(f"version 2: no such address family: {family:#04x}")
        if length < _ADDRESS_SIZES.get(family, 0):
            raise ProxyProtocolError(
                f"version 2: length: expected at least {_ADDRESS_SIZES[family]}, received {length}"
            )
    size = _V2_FIXED + length
    if len(data) < size:
        return None
    if command == _PROXY and family == _TCP4:
        source = str(ipaddress.IPv4Address(data[16:20]))
        return ProxyHeader(size, source, int.from_bytes(data[24:26], "big"))
    if command == _PROXY and family == _TCP6:
        source = str(ipaddress.IPv6Address(data[16:32]))
        return ProxyHeader(size, source, int.from_bytes(data[48:50], "big"))
    return ProxyHeader(size)
