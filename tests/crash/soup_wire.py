"""An OUCH 4.2 client over SoupBinTCP: packets by hand, layouts as `tests.interop` read them."""

import struct
from collections.abc import Iterator

from tests.crash.ledger import Record, Told
from tests.interop import ouch42_definitions as ouch

_TIMESTAMP = slice(1, 9)


class SoupWire:
    """One login; it always asks for the message after the last one that it was told."""

    wire = "ouch"
    port = "ouch42"
    repeats = True
    """Nothing tells a client which of its messages arrived: unanswered ones are said again."""

    def __init__(self, record: Record, name: str) -> None:
        self.record = record
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
        kind = ouch.IMMEDIATE_OR_CANCEL if ioc else ouch.MARKET_HOURS
        side = "B" if buys else "S"
        self.packet(b"U", ouch.enter_order(client_id, side, quantity, symbol, cents * 100, kind))

    def cancel(self, client_id: str, named: str, buys: bool, symbol: str) -> None:
        self.packet(b"U", ouch.cancel_order(named))

    def replace(
        self, client_id: str, named: str, buys: bool, symbol: str, quantity: int, cents: int
    ) -> None:
        self.packet(b"U", ouch.replace_order(named, client_id, quantity, cents * 100))

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
        elif kind == b"J":
            self.ended = f"login rejected: {payload!r}"
            record.find(self.ended)
        elif kind == b"S":
            number = self._number
            self._number += 1
            if record.take(number, payload):
                yield self._told(payload)
        elif kind == b"Z":
            record.find("end of session")

    def _told(self, payload: bytes) -> Told:
        if payload[:1] == b"B":
            return Told("other")
        match ouch.decode(payload):
            case ouch.Accepted() as message:
                return Told("accepted", message.token)
            case ouch.Executed() as message:
                return Told(
                    "filled",
                    message.token,
                    match_number=message.match_number,
                    quantity=message.shares,
                    cents=message.price // 100,
                )
            case ouch.Replaced() as message:
                return Told(
                    "replaced",
                    message.token,
                    message.previous_token,
                    quantity=message.shares,
                    cents=message.price // 100,
                )
            case ouch.Canceled() as message:
                return Told("canceled", message.token, quantity=message.decrement)
            case ouch.Rejected() as message:
                return Told("rejected", message.token)
            case _:
                return Told("other")
