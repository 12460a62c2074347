"""Passwords never reach the journal: their bytes are blanked, the frame stays valid."""

import re

_SECRET = re.compile(
    rb"\x01(?:554|925|1402|1404)=([^\x01]*)|\x01(?:95|1401|1403)=([0-9]{1,5})\x01(?:96|1402|1404)="
)
_CHECKSUM = re.compile(rb"\x0110=([0-9]{3})\x01\Z")


def carries_secrets(frame: bytes) -> bool:
    """The frame is of a type that may hold secrets: Logon(A), UserRequest(BE)."""
    return frame.startswith((b"35=A\x01", b"35=BE\x01"), frame.find(b"\x0135=") + 1)


def mask(frame: bytes) -> bytes:
    """Every secret replaced by `*` of the same length; CheckSum(10) moves by the same amount.

    So a right sum stays right and a wrong one stays wrong. RawData(96) counts as a secret: call
    this for a Logon(A), a UserRequest(BE) and whatever is garbled.
    """
    masked = bytearray(frame)
    position = 0
    while (match := _SECRET.search(frame, position)) is not None:
        if match[2] is None:
            begin, end = match.span(1)
        else:
            begin = match.end()
            end = min(begin + int(match[2]), max(begin, len(frame) - 7))
        masked[begin:end] = b"*" * (end - begin)
        position = end
    if position == 0:
        return frame
    trailer = _CHECKSUM.search(frame)
    if trailer is not None:
        moved = int(trailer[1]) + sum(masked) - sum(frame)
        # A number above 255 is wrong whatever it is and stays as it is.
        if int(trailer[1]) <= 255:
            masked[-4:-1] = b"%03d" % (moved & 255)
    return bytes(masked)
