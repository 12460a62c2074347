"""A batch as people read it, and as JSON. For `venue journal`, never for the running venue.

Bytes of a wire are told apart by what they look like: FIX by field names, OUCH by message name,
JSON as it is. Nothing that a client sent reaches a terminal unescaped.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any

import msgspec

from gateway.journal.records import Batch, Received
from gateway.order_entry.fix_dictionaries import table
from protocol.errors import RemoteProtocolError
from protocol.fix.render import Vocabularies, one_line
from protocol.ouch import messages42, messages50
from protocol.soupbintcp.packets import HEADER, LENGTH_SIZE, PacketType

_FIX_END = re.compile(rb"(?<=\x0110=\d{3}\x01)")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_PACKET_TYPES = {packet_type.value: packet_type for packet_type in PacketType}


def utc_text(now_ns: int) -> str:
    """ISO 8601 in UTC with nanoseconds."""
    seconds, rest = divmod(now_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def batch_lines(number: int, batch: Batch, *, raw: bool = False) -> Iterator[str]:
    """A heading, then a line for every fact, command, frame and change of numbers.

    `raw` shows the bytes of the wires as they are instead of what they mean.
    """
    yield f"batch {number}  {utc_text(batch.now_ns)}"
    for fact in batch.facts:
        if type(fact) is Received:
            for text in [_escape(fact.data)] if raw else _inbound_texts(fact.data):
                yield f"  fact     Received connection_id={fact.connection_id} {text}"
        else:
            yield f"  fact     {_struct_text(fact)}"
    for seq, command in enumerate(batch.commands, batch.first_seq):
        yield f"  command  {seq} {_struct_text(command)}"
    for run in batch.frames:
        derived = iter(run.derived)
        for sent, frame in enumerate(run.frames, run.first_number):
            if not frame:
                length, crc = next(derived)
                yield f"  derived  session_id={run.session_id} {sent} {length} bytes {crc:08x}"
                continue
            text = _escape(frame) if raw else _outbound_text(frame)
            yield f"  frame    session_id={run.session_id} {sent} {text}"
    for numbers in batch.numbers:
        yield f"  numbers  {_struct_text(numbers).partition(' ')[2]}"
    if batch.state_hash:
        yield f"  hash     {batch.state_hash:016x}"


def batch_json(number: int, batch: Batch) -> bytes:
    """One JSON object. Bytes become text, one character a byte (ISO 8859-1): nothing is lost."""
    plain = _plain(batch)
    del plain["type"]
    return msgspec.json.encode({"batch": number, "time": utc_text(batch.now_ns), **plain})


def _plain(value: object) -> Any:
    if isinstance(value, msgspec.Struct):
        fields = {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
        return {"type": type(value).__name__, **fields}
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _struct_text(value: msgspec.Struct) -> str:
    """Name and fields; those that have their default value are left out."""
    words = [type(value).__name__]
    for field in msgspec.structs.fields(value):
        content = getattr(value, field.name)
        if content != field.default:
            words.append(f"{field.name}={_value_text(content)}")
    return " ".join(words)


def _value_text(value: object) -> str:
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, bytes):
        return _escape(value)
    if isinstance(value, str):
        return f'"{_escape(value.encode())}"'
    if isinstance(value, tuple):
        return "/".join(_value_text(item) for item in value)
    if isinstance(value, msgspec.Struct):
        return f"({_struct_text(value)})"
    return str(value)


def _escape(data: bytes) -> str:
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", data.decode("latin-1"))


def _fix_text(frame: bytes) -> str:
    """With names of fields and texts of values; what is no field is taken into the one before."""
    fields: list[tuple[int, bytes]] = []
    for field in frame.removesuffix(b"\x01").split(b"\x01"):
        tag, equals, value = field.partition(b"=")
        if tag.isdigit() and len(tag) < 10 and equals:
            fields.append((int(tag), value))
        elif fields:
            fields[-1] = (fields[-1][0], fields[-1][1] + b"\x01" + field)
        else:
            return _escape(frame)
    vocabularies = _vocabularies()
    return one_line(vocabularies.of(fields).shown(fields))


@cache
def _vocabularies() -> Vocabularies:
    return Vocabularies(table())


def _json_text(text: bytes) -> str:
    """As it is, but for what a terminal could act on."""
    return "".join(
        each if each.isprintable() else f"\\x{ord(each):02x}"
        for each in text.decode("utf-8", "backslashreplace")
    )


def _outbound_text(frame: bytes) -> str:
    if frame.startswith(b"8="):
        return _fix_text(frame)
    if frame.startswith(b"{"):
        return _json_text(frame)
    try:
        return f"OUCH {_struct_text(messages50.decode_outbound(frame))}"
    except RemoteProtocolError:
        pass
    try:
        return f"OUCH {_struct_text(messages42.decode_outbound(frame))}"
    except RemoteProtocolError:
        return _escape(frame)


def _inbound_texts(data: bytes) -> list[str]:
    """One text for every message in what a client sent."""
    if b"8=FIX" in data:
        return [_fix_text(part) for part in _FIX_END.split(data) if part]
    packets = _soup_texts(data)
    if packets is not None:
        return packets
    return [_json_text(line) for line in data.split(b"\n") if line]


def _soup_texts(data: bytes) -> list[str] | None:
    """None if `data` is not whole SoupBinTCP packets."""
    texts, at = [], 0
    while at < len(data):
        if at + HEADER.size > len(data):
            return None
        length, code = HEADER.unpack_from(data, at)
        packet_type = _PACKET_TYPES.get(bytes([code]))
        payload = data[at + HEADER.size : at + LENGTH_SIZE + length]
        if packet_type is None or length != len(payload) + 1:
            return None
        texts.append(_packet_text(packet_type, payload))
        at += LENGTH_SIZE + length
    return texts


def _packet_text(packet_type: PacketType, payload: bytes) -> str:
    if packet_type is PacketType.UNSEQUENCED_DATA:
        try:
            # First, since what is no 5.0 by its lengths may be 4.2, but hardly the other way round.
            return f"OUCH {_struct_text(messages50.decode_inbound(payload))}"
        except RemoteProtocolError:
            pass
        try:
            return f"OUCH {_struct_text(messages42.decode_inbound(payload))}"
        except RemoteProtocolError as error:
            return f"OUCH {_escape(payload)} ({error})"
    return f"SOUP {packet_type.name} {_escape(payload)}".rstrip()
