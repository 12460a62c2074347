"""An OUCH client over SoupBinTCP: packets by hand, messages as its words have them."""

import struct
from collections.abc import Iterator

from tests.crash.ledger import Record, Told
from tests.crash.ouch42_words import Ouch42Words
from tests.crash.ouch50_words import Ouch50Words


class SoupWire:
    """One login; it always asks for the message after the last one that it was told."""

    repeats = True
    """Nothing tells a client which of its messages arrived: unanswered ones are said again."""

    def __init__(
        self, record: Record, name: str, words: Ouch42Words | Ouch50Words | None = None
    ) -> None:
        """`words`: those of OUCH 4.2 unless others are given."""
        self.record = record
        self._words = Ouch42Words() if words is None else words
        self.wire = self._words.wire
        self.port = self._words.port
        self.name = name
        self.out = bytearray()
        self.ready = False
        self.ended = ""
        self.from_first = False
        self._data = b""
        self._session = b""
        self._number = 0

    def open(self) -> None:
        self._data = b""
        self.out.clear()
        self.ready = False
        self.ended = ""
        wanted = 1 if self.from_first else self.record.next_number
        name = self.name.encode()
        session = self._session.strip()
        self.packet(b"L", b"%-6b%-10b%10b%20b" % (name, name, session, str(wanted).encode()))

    def ask_again(self) -> bool:
        return False

    def heartbeat(self) -> None:
        self.packet(b"R", b"")

    def enter(
        self, client_id: str, buys: bool, quantity: int, cents: int, symbol: str, ioc: bool
    ) -> None:
        words = self._words
        self.packet(b"U", words.enter(client_id, buys, quantity, cents, symbol, ioc))

    def cancel(self, client_id: str, named: str, buys: bool, symbol: str) -> None:
        self.packet(b"U", self._words.cancel(named))

    def replace(
        self, client_id: str, named: str, buys: bool, symbol: str, quantity: int, cents: int
    ) -> None:
        self.packet(b"U", self._words.replace(client_id, named, quantity, cents))

    def status(self, client_id: str, buys: bool, symbol: str) -> bool:
        return False

    def packet(self, kind: bytes, payload: bytes) -> None:
        self.out += struct.pack(">H", len(payload) + 1) + kind + payload

    def receive(self, data: bytes) -> Iterator[Told]:
        self._data += data
        while len(self._data) >= 3:
            (length,) = struct.unpack_from(">H", self._data)
            if len(self._data) < 2 + length:
                return
            kind, payload = self._data[2:3], self._data[3 : 2 + length]
            self._data = self._data[2 + length :]
            yield from self._take(kind, payload)

    def _take(self, kind: bytes, payload: bytes) -> Iterator[Told]:
        record = self.record
        if kind == b"A":
            session, self._number = payload[:10], int(payload[10:])
            if self._session and session != self._session:
                record.find(f"session was {self._session!r}, is {session!r}")
            self._session = session
            wanted = 1 if self.from_first else record.next_number
            if self._number != wanted:
                record.find(f"lost: asked for number {wanted}, the venue has {self._number}")
            self.ready = True
            if self._words.opening:
                self.packet(b"U", self._words.opening)
        elif kind == b"+":
            self.ended = payload.decode("latin-1")
        elif kind == b"J":
            self.ended = f"login rejected: {payload!r}"
            record.find(self.ended)
        elif kind == b"S":
            number = self._number
            self._number += 1
            if self.ended:
                record.find(f"number {number} after the last word: {self.ended}")
            if record.take(number, payload):
                yield from self._told(payload)
        elif kind == b"Z":
            self.ended = "end of session"
            record.find(self.ended)

    def _told(self, payload: bytes) -> Iterator[Told]:
        try:
            yield self._words.told(payload)
        except AssertionError as error:
            self.record.find(str(error))
