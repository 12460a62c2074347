"""Plays a conformance script against a stage and compares all that comes back.

A stage is where the acceptor runs: `stages.InMemory`, `stages.OverTcp`. What the venue names itself
(OrderID, ExecID) is written `<word>`: the same word is the same text everywhere, another word is
another text.
"""

import re
from typing import Protocol

from protocol.fix.values import format_utc_timestamp, parse_utc_timestamp
from protocol.fix.version import Version
from tests.acceptance.script import Script, Step, rendered

NS_PER_S = 1_000_000_000
_PLACEHOLDER = re.compile(r"<(?:(now)([+-]\d+)?|(at):(\w+)|(\w+))>")
_DIGITS = {"seconds": 0, "milliseconds": 3, "microseconds": 6, "nanoseconds": 9}
"""Of a second, by timestamp_precision."""
_TIMES = ("42", "52", "60", "122")


class Mismatch(Exception):
    """The acceptor did something else than the script says."""


class Stage(Protocol):
    """An acceptor and the clock that both sides share."""

    def now_ns(self) -> int: ...
    def connect(self, connection: int) -> None: ...
    def send(self, connection: int, data: bytes) -> None: ...
    def receive(self, connection: int) -> bytes | None:
        """The next whole frame; None where nothing more comes."""

    def quiet(self, connection: int) -> bytes | None:
        """Like `receive`, where nothing is expected."""

    def closed(self, connection: int) -> bool:
        """The acceptor has closed and everything before that was read."""

    def cut(self, connection: int) -> None: ...
    def advance(self, seconds: float) -> None: ...
    def restart(self) -> None: ...
    def logout(self, connection: int, text: str) -> None: ...
    def numbers(self, connection: int) -> tuple[int, int] | None:
        """The numbers that the acceptor expects and will use next; None where it has to be asked
        over the wire."""


def play(script: Script, version: Version, stage: Stage) -> None:
    """Raises Mismatch at the first line that does not come true."""
    Player(script, version, stage).play()


class Player:
    """One run of one script."""

    def __init__(self, script: Script, version: Version, stage: Stage) -> None:
        self._script = script
        self._version = version
        self._stage = stage
        precision = script.session.get("timestamp_precision", "")
        self._digits = _DIGITS.get(precision, version.time_digits)
        self._words: dict[str, str] = {}
        self._named: set[tuple[str, str]] = set()
        self._marks: dict[str, int] = {}
        self._since_ns = stage.now_ns()
        """Nothing that is still unread was written before."""

    def play(self) -> None:
        script = self._script
        style = script.session.get("reject_style", "quickfix")
        for step in script.steps:
            try:
                getattr(self, "_" + step.verb)(step, rendered(step, self._version, style))
            except Mismatch as problem:
                place = f"{script.name}.fix:{step.line} ({self._version.name})"
                raise Mismatch(f"{place}: {step.verb} {step.text}\n{problem}") from None

    # -- what we do ---------------------------------------------------------------------------

    def _connect(self, step: Step, text: str) -> None:
        self._stage.connect(step.connection)

    def _cut(self, step: Step, text: str) -> None:
        self._stage.cut(step.connection)

    def _advance(self, step: Step, text: str) -> None:
        self._since_ns = self._stage.now_ns()
        self._stage.advance(float(text))

    def _mark(self, step: Step, text: str) -> None:
        self._marks[text] = self._stage.now_ns()

    def _restart(self, step: Step, text: str) -> None:
        self._stage.restart()

    def _logout(self, step: Step, text: str) -> None:
        self._stage.logout(step.connection, text)

    def _send(self, step: Step, text: str) -> None:
        self._stage.send(step.connection, framed(self._filled(text)))

    def _send_raw(self, step: Step, text: str) -> None:
        self._stage.send(step.connection, self._filled(text).replace("|", "\x01").encode("latin-1"))

    def _filled(self, text: str) -> str:
        def value(match: re.Match[str]) -> str:
            now, offset, at, mark, word = match.groups()
            if now:
                moment = self._stage.now_ns() + int(offset or 0) * NS_PER_S
            elif at:
                moment = self._marks[mark]
            elif word in self._words:
                return self._words[word]
            else:
                raise Mismatch(f"<{word}> has not been heard of yet")
            return format_utc_timestamp(moment, self._digits).decode()

        return _PLACEHOLDER.sub(value, text)

    # -- what we expect -----------------------------------------------------------------------

    def _expect(self, step: Step, text: str) -> None:
        frame = self._stage.receive(step.connection)
        if frame is None:
            ended = self._stage.closed(step.connection)
            raise Mismatch("received nothing" + (", the connection is closed" if ended else ""))
        received = unframed(frame)
        expected = text.rstrip("|").split("|")
        shown = "|".join(received)
        if len(expected) != len(received):
            raise Mismatch(
                f"expected {len(expected)} fields: {text}\nreceived {len(received)}: {shown}"
            )
        for one, other in zip(expected, received, strict=True):
            if not self._same(one, other):
                raise Mismatch(f"expected {one}, received {other}\nin {shown}")

    def _same(self, expected: str, received: str) -> bool:
        tag, _, wanted = expected.partition("=")
        got_tag, _, got = received.partition("=")
        if tag != got_tag:
            return False
        place = _PLACEHOLDER.fullmatch(wanted)
        if place is None:
            return wanted == got
        now, offset, at, mark, word = place.groups()
        if at:
            return got == format_utc_timestamp(self._marks[mark], self._digits).decode()
        if now:
            return self._is_now(got) if offset is None else False
        if word in self._words:
            return self._words[word] == got
        if tag not in _TIMES and (tag, got) in self._named:
            return False
        self._words[word] = got
        self._named.add((tag, got))
        return True

    def _is_now(self, text: str) -> bool:
        """Written since the clock last moved, with as many digits as the version has."""
        width = 17 + (self._digits + 1 if self._digits else 0)
        if len(text) != width:
            return False
        unit = 10 ** (9 - self._digits)
        first = self._since_ns // unit * unit
        return bool(first <= parse_utc_timestamp(text.encode()) <= self._stage.now_ns())

    def _silent(self, step: Step, text: str) -> None:
        frame = self._stage.quiet(step.connection)
        if frame is not None:
            raise Mismatch(f"expected silence, received {'|'.join(unframed(frame))}")
        if self._stage.closed(step.connection):
            raise Mismatch("expected silence, received the end of the connection")

    def _closed(self, step: Step, text: str) -> None:
        frame = self._stage.receive(step.connection)
        if frame is not None:
            raise Mismatch(f"expected the end, received {'|'.join(unframed(frame))}")
        if not self._stage.closed(step.connection):
            raise Mismatch("the connection is still open")

    def _numbers(self, step: Step, text: str) -> None:
        wanted = dict(pair.split("=") for pair in text.split())
        frame = self._stage.quiet(step.connection)
        if frame is not None:
            raise Mismatch(f"expected nothing more, received {'|'.join(unframed(frame))}")
        numbers = self._stage.numbers(step.connection)
        if numbers is None:
            self._probe(step, wanted)
            return
        next_in, next_out = numbers
        if (next_in, next_out) != (int(wanted["in"]), int(wanted["out"])):
            raise Mismatch(f"expected {text}, received in={next_in} out={next_out}")

    def _probe(self, step: Step, wanted: dict[str, str]) -> None:
        """Ask over the wire: a TestRequest with the one number is answered under the other. A
        connection that was closed is not opened again for it."""
        if self._stage.closed(step.connection):
            return
        ask = Step(step.line, "send", step.connection, f"35=1|34={wanted['in']}|112=NUMBERS|")
        answer = Step(step.line, "expect", step.connection, f"35=0|34={wanted['out']}|112=NUMBERS|")
        self._send(ask, rendered(ask, self._version))
        self._expect(answer, rendered(answer, self._version))


def framed(text: str) -> bytes:
    """A message with BodyLength and CheckSum, unless the line has its own."""
    head, _, rest = text.replace("|", "\x01").encode("latin-1").partition(b"\x01")
    trailer = re.search(rb"\x0110=[^\x01]*\x01\Z", rest)
    body = rest if trailer is None else rest[: trailer.start() + 1]
    if not body.startswith(b"9="):
        body = b"9=%d\x01" % len(body) + body
    frame = head + b"\x01" + body
    return frame + (b"10=%03d\x01" % (sum(frame) % 256) if trailer is None else trailer[0][1:])


def unframed(frame: bytes) -> list[str]:
    """The fields of a frame without BodyLength and CheckSum, which have to be right."""
    if not frame.endswith(b"\x01"):
        raise Mismatch(f"not a frame: {frame!r}")
    fields = frame.split(b"\x01")[:-1]
    start = len(fields[0]) + len(fields[1]) + 2
    end = len(frame) - 7
    if fields[1] != b"9=%d" % (end - start):
        raise Mismatch(f"BodyLength: expected {end - start}, received {fields[1]!r}")
    if fields[-1] != b"10=%03d" % (sum(frame[:end]) % 256):
        raise Mismatch(f"CheckSum is wrong in {frame!r}")
    del fields[1]
    return [field.decode("latin-1") for field in fields[:-1]]


__all__ = ["Mismatch", "Player", "Stage", "framed", "play", "unframed"]
