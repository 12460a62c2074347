"""Every wire vector, decoded whole, byte by byte and with trailing data, then encoded again.

A file has the frame with `|` for the delimiter, then one field a line or why it is garbled.
"""

from pathlib import Path
from typing import NamedTuple

import pytest

from protocol.fix.errors import GarbledMessage
from protocol.fix.framing import next_frame
from protocol.fix.message import decode
from protocol.fix.rules import check_header
from protocol.fix.sent_frame import reframe
from protocol.fix.version import VERSIONS
from protocol.receive_buffer import ReceiveBuffer
from tests.protocol.fix.fix_scenes import validator

VECTORS = Path(__file__).resolve().parents[3] / "specs" / "fix" / "vectors"
TRAILING = b"8=FIX.4.4\x019=5\x0135=0\x0110=163\x01"


class Vector(NamedTuple):
    wire: bytes
    fields: list[tuple[int, bytes]]
    garbled: str


def read(path: Path) -> Vector:
    lines = [line for line in path.read_text("ascii").splitlines() if line and line[0] != "#"]
    wire = lines[0].replace("|", "\x01").encode()
    if lines[1].startswith("garbled: "):
        return Vector(wire, [], lines[1].removeprefix("garbled: "))
    fields = [line.replace("|", "\x01").partition("=") for line in lines[1:]]
    return Vector(wire, [(int(tag), value.encode()) for tag, _, value in fields], "")


ALL = {path.stem: read(path) for path in sorted(VECTORS.glob("*.txt"))}
VALID = {name: vector for name, vector in ALL.items() if not vector.garbled}
GARBLED = {name: vector for name, vector in ALL.items() if vector.garbled}


def decoded(buffer: ReceiveBuffer) -> list[tuple[int, bytes]] | str | None:
    """The next message's fields, why it is garbled, or None for more bytes."""
    frame = next_frame(buffer)
    if frame is None:
        return None
    if frame.garbled:
        return frame.garbled
    try:
        return decode(frame.data).fields
    except GarbledMessage as problem:
        return str(problem)


def fed(*chunks: bytes) -> list[list[tuple[int, bytes]] | str]:
    buffer = ReceiveBuffer(65536)
    results = []
    for chunk in chunks:
        buffer.append(chunk)
        while (result := decoded(buffer)) is not None:
            results.append(result)
    return results


def expected(vector: Vector) -> list[tuple[int, bytes]] | str:
    return vector.garbled or vector.fields


@pytest.mark.parametrize("name", ALL)
def test_whole_and_with_trailing_data(name: str) -> None:
    vector = ALL[name]
    assert fed(vector.wire + TRAILING) == [expected(vector), [(35, b"0")]]
    if name != "garbled_no_body_length":
        assert fed(vector.wire) == [expected(vector)]


@pytest.mark.parametrize("name", VALID)
def test_byte_by_byte(name: str) -> None:
    vector = ALL[name]
    wire = vector.wire + TRAILING
    assert fed(*(wire[at : at + 1] for at in range(len(wire)))) == [
        expected(vector),
        [(35, b"0")],
    ]


@pytest.mark.parametrize("name", VALID)
def test_encoded_again(name: str) -> None:
    vector = VALID[name]
    content = b"".join(b"%d=%b\x01" % field for field in vector.fields)
    head = vector.wire[: vector.wire.index(b"\x019=") + 3]
    assert reframe(head, content) == vector.wire


@pytest.mark.parametrize("name", VALID)
def test_valid_vectors_pass_the_rules(name: str) -> None:
    message = decode(VALID[name].wire)
    version = next(v for v in VERSIONS if v.begin_string == message.begin_string)
    check_header(message)
    validator(version).check(message)
