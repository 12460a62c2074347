"""The checksum that ties a batch to what its commands did."""

import zlib

import msgspec

from matching.events import Event

_encode = msgspec.msgpack.Encoder().encode


def chain_events_crc(events: list[Event], previous: int) -> int:
    """CRC-32 over the MessagePack of one tick's events, continued from the tick before."""
    return zlib.crc32(_encode(events), previous) if events else previous
