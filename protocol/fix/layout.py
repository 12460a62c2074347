"""A decoder learned from one message: most clients write all their orders with the same tags.

One regular expression per tag order checks the frame's shape, CompIDs and value formats and yields
the values; the caller checks length, sum, number and time. Whatever does not fit goes the general
way (`message`, `rules`), which stays the oracle: both give equal messages.
Three times faster than the general way (tests/benchmarks/bench_fix_codec.py).
"""

import re
from collections.abc import Callable
from zlib import adler32

from protocol.fix.admin import SendingTimeCheck
from protocol.fix.errors import MessageRejected
from protocol.fix.framing import checksum
from protocol.fix.message import Message
from protocol.fix.messages import ORDER_ENTRY, OrderEntryClass, OrderEntryMessage
from protocol.fix.rules import DECIMAL, is_timestamp
from protocol.fix.stream import FixStream
from protocol.fix.tags import DATA_TAG_OF_LENGTH, GROUP_COUNT_TAGS, HEADER_TAGS, TRAILER_TAGS
from protocol.fix.validation import Validator
from protocol.receive_buffer import ReceiveBuffer

LAYOUTS_MAX = 8
"""Learned per connection; a client with more tag orders than this pays the general price."""

SEEN_MAX = 64
"""Tag orders remembered per connection before one is learned."""

_SKIPPED_HEADER_TAGS = frozenset((50, 57, 142, 143))
"""Header fields that change nothing: any value passes. Others (43, 97, 115) are not learned."""
_ANY = rb"[^\x01]+"
_PLAIN_DECIMAL = rb"[0-9]{1,18}(?:\.[0-9]{0,18})?"
CHECKSUM_TEXTS = tuple(b"%03d" % value for value in range(256))
LENGTH_TEXTS = {length + len(b"%d" % length): b"%d" % length for length in range(1, 2000)}
"""Size of a frame but for its fixed parts (BodyLength's digits and value) -> BodyLength(9)."""


class Layout:
    """One learned tag order.

    `match(data, start)` is the pattern's; `order` are the groups to take from it: BodyLength,
    MsgSeqNum, SendingTime, CheckSum, then the attributes of `cls` after msg_seq_num, then the
    values of `rest_tags`.
    """

    __slots__ = ("cls", "fixed_size", "match", "order", "rest_at", "rest_tags", "time_at")

    def __init__(
        self, pattern: bytes, cls: OrderEntryClass, order: list[int], rest_tags: tuple[int, ...]
    ) -> None:
        self.match: Callable[[bytes, int], re.Match[bytes] | None] = re.compile(pattern).match
        self.cls = cls
        self.order = tuple(order)
        self.rest_tags = rest_tags
        self.rest_at = len(order) - len(rest_tags)
        self.fixed_size = 0
        self.time_at = 0
        """Where among the taken values TransactTime(60) is; 0: nowhere."""


def _value_pattern(tag: int, validator: Validator) -> bytes:
    """Never more than the validator allows; less where that is faster to match."""
    if tag == 60:
        # TransactTime is checked by the caller, once for a burst of messages that share it.
        return _ANY
    pattern = validator.patterns.get(tag, _ANY)
    return _PLAIN_DECIMAL if pattern == DECIMAL else pattern


def learn(message: Message, stream: FixStream, validator: Validator) -> Layout | None:
    """The layout of a message that passed every check; None when it is not of a learnable kind."""
    known = ORDER_ENTRY.get(message.msg_type)
    tags = [tag for tag, _ in message.fields]
    if known is None or len(set(tags)) != len(tags):
        return None
    cls, attribute_tags = known
    fixed = {
        35: message.msg_type,
        49: stream.target_comp_id,
        56: stream.sender_comp_id,
    }
    appl_ver_id = stream.version.appl_ver_id
    if message.get(1128) == appl_ver_id:
        # A message of another version has other words: it goes the general way.
        fixed[1128] = appl_ver_id
    head = b"8=%b\x019=" % stream.begin_string
    pattern = re.escape(head) + rb"([0-9]{1,4})\x01"
    groups: dict[int, int] = {}
    rest: list[int] = []
    for tag in tags:
        if tag in fixed:
            pattern += b"%d=%b\x01" % (tag, re.escape(fixed[tag]))
            continue
        if tag in _SKIPPED_HEADER_TAGS:
            pattern += b"%d=%b\x01" % (tag, _ANY)
            continue
        if tag in DATA_TAG_OF_LENGTH or tag in TRAILER_TAGS or tag <= 0:
            return None
        if tag in GROUP_COUNT_TAGS or validator.is_group_count(message.msg_type, tag):
            return None
        if tag in HEADER_TAGS and tag not in (34, 52):
            return None
        pattern += b"%d=(%b)\x01" % (tag, _value_pattern(tag, validator))
        groups[tag] = len(groups) + 2
        if tag not in HEADER_TAGS and tag not in attribute_tags:
            rest.append(tag)
    absent = len(groups) + 3
    # The last group is always empty: it stands for every attribute that the layout does not have.
    pattern += rb"10=([0-9]{3})\x01()"
    order = [1, groups[34], groups[52], absent - 1]
    order += [groups.get(tag, absent) for tag in attribute_tags]
    order += [groups[tag] for tag in rest]
    layout = Layout(pattern, cls, order, tuple(rest))
    layout.fixed_size = len(head) + len(b"\x01") + len(b"10=000\x01")
    if 60 in groups:
        layout.time_at = order.index(groups[60])
    return layout


class LayoutBook:
    """The layouts of one connection: a tag order is learned the second time it is seen."""

    __slots__ = ("_good_transact_time", "_seen", "_stream", "_time_check", "_validator", "layouts")

    def __init__(
        self, stream: FixStream, time_check: SendingTimeCheck, validator: Validator | None
    ) -> None:
        self._stream = stream
        self._time_check = time_check
        self._validator = validator
        self._good_transact_time = b""
        self._seen: dict[tuple[object, ...], int] = {}
        self.layouts: list[Layout] = []

    def see(self, message: Message) -> None:
        """A valid message went the general way. Without a validator nothing is learned."""
        if self._validator is None or len(self.layouts) >= LAYOUTS_MAX:
            return
        key = (message.msg_type, *(tag for tag, _ in message.fields))
        sightings = self._seen.get(key, 0)
        if sightings == 0 and len(self._seen) >= SEEN_MAX:
            return
        self._seen[key] = sightings + 1
        if sightings != 1:
            return
        layout = learn(message, self._stream, self._validator)
        if layout is not None:
            self.layouts.append(layout)

    def take(self, buffer: ReceiveBuffer, now_ns: int) -> OrderEntryMessage | None:
        """The next order, when a layout fits and every check passes; else nothing is taken.

        The same checks as the general way: BodyLength, CheckSum, BeginString, CompIDs, MsgSeqNum,
        SendingTime, required fields, formats.
        """
        data, start = buffer.data, buffer.start
        for layout in self.layouts:
            match = layout.match(data, start)
            if match is not None:
                break
        else:
            return None
        values = match.group(*layout.order)
        end = match.end()
        stream = self._stream
        number = stream.expected_msg_seq_num
        if values[0] != LENGTH_TEXTS.get(end - start - layout.fixed_size):
            return None
        if values[1] != b"%d" % number:
            return None
        summed = data[start : end - 7]
        total = (adler32(summed) - 1) & 255 if len(summed) <= 256 else checksum(summed)
        if values[3] != CHECKSUM_TEXTS[total]:
            return None
        time_check = self._time_check
        if values[2] != time_check.good_text or now_ns > time_check.good_until_ns:
            try:
                time_check.check(values[2], now_ns)
            except MessageRejected:
                return None
        if layout.time_at:
            transact_time = values[layout.time_at]
            if transact_time != self._good_transact_time:
                if not is_timestamp(transact_time):
                    return None
                self._good_transact_time = transact_time
        buffer.start = end
        stream.expected_msg_seq_num = number + 1
        rest_tags = layout.rest_tags
        if rest_tags:
            at = layout.rest_at
            return layout.cls(
                number, *values[4:at], tuple(zip(rest_tags, values[at:], strict=True))
            )
        return layout.cls(number, *values[4:])
