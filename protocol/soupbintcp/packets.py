"""SoupBinTCP packets: a big-endian u16 length, a type byte, a payload.

The length counts the type byte and the payload, not itself. Versions 3.00, 4.00 (49-byte login) and
4.10 (54-byte login, which adds the heartbeat timeout) are told apart by that length alone.
Source: Nasdaq SoupBinTCP 4.10, Packet Types.
"""

from enum import Enum
from struct import Struct
from typing import Final

import msgspec

from protocol.errors import LocalProtocolError, RemoteProtocolError

LENGTH_SIZE: Final = 2
HEADER: Final = Struct(">HB")
"""Length and type, as they stand before every payload."""
HEADER_SIZE: Final = 3

LENGTH_MAX: Final = 32_767
"""Largest length field accepted or sent: clients exist that read it as a signed 16-bit number."""
PAYLOAD_MAX: Final = LENGTH_MAX - 1

LOGIN_REQUEST_LENGTH: Final = 47
LOGIN_REQUEST_4_10_LENGTH: Final = 52
LOGIN_ACCEPTED_LENGTH: Final = 31
LOGIN_REJECTED_LENGTH: Final = 2

PASSWORD_OFFSET: Final = 9
"""Of the password field, from the start of a Login Request packet."""
PASSWORD_SIZE: Final = 10

_LOGIN_REQUEST = Struct("6s10s10s20s")
_LOGIN_REQUEST_4_10 = Struct("6s10s10s20s5s")
_LOGIN_ACCEPTED = Struct("10s20s")
_PADDING = b" \0"


class SoupError(RemoteProtocolError):
    """A packet whose content its type does not allow."""


class PacketType(Enum):
    """Packet Type, the byte after the length. SoupBinTCP 4.10, Packet Types."""

    DEBUG = b"+"
    LOGIN_ACCEPTED = b"A"
    LOGIN_REJECTED = b"J"
    SEQUENCED_DATA = b"S"
    UNSEQUENCED_DATA = b"U"
    SERVER_HEARTBEAT = b"H"
    END_OF_SESSION = b"Z"
    LOGIN_REQUEST = b"L"
    CLIENT_HEARTBEAT = b"R"
    LOGOUT_REQUEST = b"O"


class LoginRejectReason(Enum):
    """Reject Reason Code of Login Rejected."""

    NOT_AUTHORIZED = b"A"
    SESSION_NOT_AVAILABLE = b"S"


_REJECT_REASONS = {reason.value: reason for reason in LoginRejectReason}


class LoginRequest(msgspec.Struct, frozen=True, gc=False):
    """What a client asks for. Texts without their padding."""

    username: bytes
    password: bytes
    requested_session: bytes = b""
    """Blank: the current session."""
    requested_sequence: int = 0
    """Number of the first message wanted; 0: the next one."""
    heartbeat_timeout_ms: int | None = None
    """4.10: how long a silent client is kept; None: the server's choice, as in 3.00 and 4.00."""


class LoginAccepted(msgspec.Struct, frozen=True, gc=False):
    """The session joined and the number of the first Sequenced Data that follows."""

    session: bytes
    sequence: int


_TYPE_CODES = {packet_type: packet_type.value[0] for packet_type in PacketType}


def encode_packet(packet_type: PacketType, payload: bytes = b"") -> bytes:
    """One packet. Raises LocalProtocolError for a payload over PAYLOAD_MAX."""
    return packet_header(_TYPE_CODES[packet_type], len(payload)) + payload


def packet_header(type_code: int, payload_size: int) -> bytes:
    """The three bytes before a payload."""
    if payload_size > PAYLOAD_MAX:
        raise LocalProtocolError(f"payload of {payload_size} bytes, expected at most {PAYLOAD_MAX}")
    return HEADER.pack(payload_size + 1, type_code)


def encode_login_request(login: LoginRequest) -> bytes:
    """Username and password left-justified, session and sequence right-justified.

    54 bytes with a heartbeat timeout, 49 without. Raises LocalProtocolError for a text too long.
    """
    payload = (
        _fit("username", login.username, 6).ljust(6)
        + _fit("password", login.password, PASSWORD_SIZE).ljust(PASSWORD_SIZE)
        + _fit("requested session", login.requested_session, 10).rjust(10)
        + _fit("requested sequence", b"%d" % login.requested_sequence, 20).rjust(20)
    )
    if login.heartbeat_timeout_ms is not None:
        timeout = b"%d" % login.heartbeat_timeout_ms
        payload += _fit("heartbeat timeout", timeout, 5).rjust(5)
    return encode_packet(PacketType.LOGIN_REQUEST, payload)


def decode_login_request(payload: bytes) -> LoginRequest:
    """Read the payload of a Login Request of either size, however its texts are justified.

    Clients in use pad every one of the four texts on either side, with spaces or NULs.
    Raises SoupError for another size or a number that is none.
    """
    if len(payload) == LOGIN_REQUEST_LENGTH - 1:
        username, password, session, sequence = _LOGIN_REQUEST.unpack(payload)
        timeout_ms = None
    elif len(payload) == LOGIN_REQUEST_4_10_LENGTH - 1:
        username, password, session, sequence, timeout = _LOGIN_REQUEST_4_10.unpack(payload)
        # 0 cannot mean "drop me at once": like blank, it leaves the choice to the server.
        timeout_ms = _number("heartbeat timeout", timeout) or None
    else:
        raise SoupError(f"login request of {len(payload) + 3} bytes, expected 49 or 54")
    return LoginRequest(
        username=username.strip(_PADDING),
        password=password.strip(_PADDING),
        requested_session=session.strip(_PADDING),
        requested_sequence=_number("requested sequence", sequence),
        heartbeat_timeout_ms=timeout_ms,
    )


def encode_login_accepted(accepted: LoginAccepted) -> bytes:
    """Session and sequence right-justified, padded with spaces on the left."""
    return encode_packet(
        PacketType.LOGIN_ACCEPTED,
        _fit("session", accepted.session, 10).rjust(10) + (b"%d" % accepted.sequence).rjust(20),
    )


def decode_login_accepted(payload: bytes) -> LoginAccepted:
    """Raises SoupError for another size or a sequence that is no number."""
    if len(payload) != LOGIN_ACCEPTED_LENGTH - 1:
        raise SoupError(f"login accepted of {len(payload) + 3} bytes, expected 33")
    session, sequence = _LOGIN_ACCEPTED.unpack(payload)
    return LoginAccepted(session.strip(_PADDING), _number("sequence", sequence))


def encode_login_rejected(reason: LoginRejectReason) -> bytes:
    return encode_packet(PacketType.LOGIN_REJECTED, reason.value)


def decode_login_rejected(payload: bytes) -> LoginRejectReason:
    """Raises SoupError for a code that the specification does not have."""
    reason = _REJECT_REASONS.get(payload)
    if reason is None:
        raise SoupError(f"reject reason code: expected A or S, received {payload!r}")
    return reason


def _fit(name: str, text: bytes, size: int) -> bytes:
    if len(text) > size:
        raise LocalProtocolError(f"{name} of {len(text)} bytes, expected at most {size}")
    return text


def _number(name: str, text: bytes) -> int:
    """ASCII digits with padding; nothing but padding is 0."""
    digits = text.strip(_PADDING)
    if not digits:
        return 0
    if not digits.isdigit():
        raise SoupError(f"{name}: expected digits, received {digits!r}")
    return int(digits)
