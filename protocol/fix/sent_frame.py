"""A frame of ours, taken apart and sent again: possible duplicates and gap fills.

Source: FIX Session Layer, "Possible duplicates" and "Gap fill".
"""

import re

from protocol.fix.framing import checksum
from protocol.fix.values import format_utc_timestamp

_SENT = re.compile(
    rb"(8=[^\x01]+\x019=)[0-9]+\x01(35=([^\x01]+)\x0134=([0-9]+)\x01)(49=[^\x01]+\x01)"
    rb"52=([^\x01]+)\x01(56=[^\x01]+\x01)((?:97=[^\x01]+\x01|11[56]=[^\x01]+\x01)*)"
    rb"((?:1(?:28|29|44|45)=[^\x01]+\x01)*)((?:369=[0-9]+\x01)?)"
)


def split_sent(frame: bytes) -> tuple[bytes, bytes, bytes]:
    """MsgType, body and routing fields of a frame that `FixStream.write` made."""
    head = _SENT.match(frame)
    assert head is not None, "not a frame of ours"
    return head[3], frame[head.end() : -7], head[8] + head[9]


def as_poss_dup(frame: bytes, now_ns: int) -> bytes:
    """The same message again: PossDupFlag(43)=Y, OrigSendingTime(122), a new SendingTime(52)."""
    head = _SENT.match(frame)
    assert head is not None, "not a frame of ours"
    begin, number, sender, sent_at, target = head.group(1, 2, 5, 6, 7)
    content = b"%b43=Y\x01%b52=%b\x01%b%b122=%b\x01%b%b" % (
        number,
        sender,
        # As many digits as the first time.
        format_utc_timestamp(now_ns, max(len(sent_at) - len(b"YYYYMMDD-HH:MM:SS."), 0)),
        target,
        head[8],
        sent_at,
        head[9],
        # From LastMsgSeqNumProcessed(369) on, where there is one.
        frame[head.start(10) : -7],
    )
    return reframe(begin, content)


def reframe(begin: bytes, content: bytes) -> bytes:
    """BodyLength(9) and CheckSum(10) around `content`; `begin` ends with `9=`."""
    data = b"%b%d\x01%b" % (begin, len(content), content)
    return b"%b10=%03d\x01" % (data, checksum(data))
