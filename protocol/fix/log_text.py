"""FIX messages found in what people keep of them: logs with prefixes, other delimiters, cut ends.

For reading only, never for a session: a message whose length or sum is wrong is still shown, with
a word about it. Bytes in, messages out, in one pass; at most MESSAGE_MAX of them are held.
"""

import re
from collections.abc import Callable, Iterator

import msgspec

from protocol.fix.framing import checksum

MESSAGE_MAX = 1 << 20
"""Bytes of a message; what is longer ends there."""
PREFIX_MAX = 200
"""Bytes shown of what stands before a message on its line."""

SOH = b"\x01"
_DELIMITERS = rb"(\x01|\||\^A|<SOH>|\\x01|\\u0001|;)"
_BEGIN = re.compile(rb"(?<![0-9])8=FIXT?\.[0-9]\.[0-9]" + _DELIMITERS)
_BODY_LENGTH = re.compile(rb"9=([0-9]{1,7})")
_TRAILER = re.compile(rb"10=[0-9]{3}")
_TAG = re.compile(rb"([1-9][0-9]{0,8})=")
_PARTIAL_MAX = 24
"""A beginning that is cut by the end of a portion is no longer than this."""

IsLength = Callable[[int], bool]
"""Whether a tag is the length of the data field that follows it."""


class Found(msgspec.Struct, frozen=True):
    """One message as it was found.

    `prefix` is what stood before it on its line, `problems` what is wrong with it as a message.
    """

    prefix: bytes
    fields: tuple[tuple[int, bytes], ...]
    problems: tuple[str, ...]


class LogText:
    """Takes a log in portions of any size."""

    def __init__(self, is_length: IsLength) -> None:
        self._is_length = is_length
        self._buffer = b""
        self.other_lines = 0
        """Lines met so far that held text but no message."""
        self._line_has_message = False

    def receive(self, data: bytes) -> Iterator[Found]:
        """The messages that are whole now."""
        self._buffer += data
        yield from self._take(final=False)

    def finish(self) -> Iterator[Found]:
        """What is left at the end of the log."""
        yield from self._take(final=True)

    def _take(self, *, final: bool) -> Iterator[Found]:
        buffer, at = self._buffer, 0
        while (begin := _BEGIN.search(buffer, at)) is not None:
            delimiter = begin[1]
            end = _end(buffer, begin.start(), begin.end(), delimiter, final=final)
            if end is None or (end + len(delimiter) > len(buffer) and not final):
                break
            prefix = self._pass_over(buffer[at : begin.start()])
            self._line_has_message = True
            yield self._message(prefix, buffer[begin.start() : end], delimiter)
            at = end + (len(delimiter) if buffer.startswith(delimiter, end) else 0)
        self._buffer = buffer[at:]
        if begin is None:
            # The last line may be the prefix of a message, or end with the beginning of one.
            keep = b"" if final else self._buffer[-(PREFIX_MAX + _PARTIAL_MAX) :]
            rest = self._buffer[: len(self._buffer) - len(keep)]
            self._pass_over(rest + (b"\n" if final else b""))
            self._buffer = keep

    def _pass_over(self, text: bytes) -> bytes:
        """Count the lines of `text`, which holds no message; returns the end of the last."""
        *lines, last = text.split(b"\n")
        for line in lines:
            if line.strip() and not self._line_has_message:
                self.other_lines += 1
            self._line_has_message = False
        return last[-PREFIX_MAX:].strip()

    def _message(self, prefix: bytes, data: bytes, delimiter: bytes) -> Found:
        fields: list[tuple[int, bytes]] = []
        problems: list[str] = []
        at = 0
        while at < len(data):
            tag = _TAG.match(data, at)
            end = data.find(delimiter, at)
            end = len(data) if end < 0 else end
            if tag is None:
                if fields and delimiter != SOH:
                    # A delimiter that people can type may stand in a value.
                    fields[-1] = (fields[-1][0], fields[-1][1] + delimiter + data[at:end])
                elif data[at:end].strip():
                    problems.append(f"no field: {data[at:end][:40]!r}")
            else:
                if fields and self._is_length(fields[-1][0]) and fields[-1][1].isdigit():
                    counted = tag.end() + int(fields[-1][1][:9])
                    if counted == len(data) or data.startswith(delimiter, counted):
                        end = counted
                fields.append((int(tag[1]), data[tag.end() : end]))
            at = end + len(delimiter)
        problems += _framing_problems(fields)
        return Found(prefix, tuple(fields), tuple(problems))


def _end(buffer: bytes, start: int, head: int, delimiter: bytes, *, final: bool) -> int | None:
    """Where the message that begins at `start` ends, its last delimiter not included; None: more
    is needed to say."""
    limit = start + MESSAGE_MAX
    length = _BODY_LENGTH.match(buffer, head)
    if length is not None and buffer.startswith(delimiter, length.end()):
        at = length.end() + len(delimiter) + int(length[1])
        if len(delimiter) == 1 and at < limit:
            if at + 6 > len(buffer) and not final and _BEGIN.search(buffer, head) is None:
                return None
            trailer = _TRAILER.match(buffer, at)
            if trailer is not None and buffer.startswith(delimiter, at - 1):
                return trailer.end()
    following = _BEGIN.search(buffer, head)
    bound = min(limit, len(buffer) if following is None else following.start())
    found = re.compile(re.escape(delimiter) + rb"10=[0-9]{3}(?![0-9])").search(buffer, head, bound)
    if found is not None:
        return found.end()
    newline = buffer.find(b"\n", head, bound)
    if newline >= 0:
        return newline - (buffer[newline - 1 : newline] == b"\r")
    if following is None and bound < limit and not final:
        return None
    return bound


def _framing_problems(fields: list[tuple[int, bytes]]) -> list[str]:
    """BodyLength(9) and CheckSum(10) against what they should be, whatever the log's delimiter."""
    problems = []
    if not fields or fields[-1][0] != 10:
        problems.append("CheckSum(10) missing: the message is cut off")
        return problems
    data = b"".join(b"%d=%b\x01" % field for field in fields[:-1])
    if len(fields) > 2 and fields[1][0] == 9:
        head = sum(len(b"%d=%b\x01" % field) for field in fields[:2])
        counted = len(data) - head
        if fields[1][1] != b"%d" % counted:
            stated = fields[1][1].decode("latin-1")
            problems.append(f"BodyLength(9) wrong: expected {counted}, received {stated}")
    else:
        problems.append("BodyLength(9) missing")
    if fields[-1][1] != b"%03d" % checksum(data):
        stated = fields[-1][1].decode("latin-1")
        problems.append(f"CheckSum(10) wrong: expected {checksum(data):03d}, received {stated}")
    return problems
