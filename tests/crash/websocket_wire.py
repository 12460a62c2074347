"""A JSON client: frames by the websockets library's sans-IO client, words by hand."""

import json
from collections.abc import Iterator
from typing import Any

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from tests.crash.ledger import Record, Told

_KINDS = {
    "accepted": "accepted",
    "rejected": "rejected",
    "executed": "filled",
    "replaced": "replaced",
    "canceled": "canceled",
    "cancel_rejected": "rejected",
    "order_status": "status",
}


def _cents(text: str) -> int:
    whole, _, fraction = text.partition(".")
    assert not fraction[2:].strip("0"), text
    return int(whole) * 100 + int(fraction[:2].ljust(2, "0"))


class WebSocketWire:
    """One private session, resumed by number and epoch."""

    wire = "websocket"
    port = "ws"
    repeats = True
    """Repeating a cl_ord_id returns what came of it."""

    def __init__(self, record: Record, token: str) -> None:
        self.record = record
        self.token = token
        self.out = bytearray()
        self.ready = False
        self.ended = ""
        self.from_first = False
        self._epoch = ""
        self._protocol = ClientProtocol(parse_uri("ws://127.0.0.1/"))

    def open(self) -> None:
        self._protocol = ClientProtocol(parse_uri("ws://127.0.0.1/"), max_size=1 << 22)
        self.out.clear()
        self.ready = False
        self.ended = ""
        self._protocol.send_request(self._protocol.connect())
        self._flush()

    def ask_again(self) -> bool:
        return False

    def heartbeat(self) -> None:
        if self.ready:
            self.say(type="ping", id="alive")

    def enter(
        self, client_id: str, buys: bool, quantity: int, cents: int, symbol: str, ioc: bool
    ) -> None:
        self.say(
            type="new",
            cl_ord_id=client_id,
            symbol=symbol,
            side="buy" if buys else "sell",
            quantity=str(quantity),
            price=f"{cents // 100}.{cents % 100:02d}",
            time_in_force="ioc" if ioc else "day",
        )

    def cancel(self, client_id: str, named: str, buys: bool, symbol: str) -> None:
        self.say(type="cancel", cl_ord_id=client_id, orig_cl_ord_id=named)

    def replace(
        self, client_id: str, named: str, buys: bool, symbol: str, quantity: int, cents: int
    ) -> None:
        self.say(
            type="replace",
            cl_ord_id=client_id,
            orig_cl_ord_id=named,
            quantity=str(quantity),
            price=f"{cents // 100}.{cents % 100:02d}",
        )

    def status(self, client_id: str, buys: bool, symbol: str) -> bool:
        self.say(type="status", cl_ord_id=client_id, id="status")
        return True

    def say(self, **message: object) -> None:
        self.text(json.dumps(message))

    def text(self, text: str) -> None:
        """One message, whatever it holds."""
        self._protocol.send_text(text.encode())
        self._flush()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            self.out += data

    def receive(self, data: bytes) -> Iterator[Told]:
        self._protocol.receive_data(data)
        self._flush()
        for event in self._protocol.events_received():
            if not isinstance(event, Frame):
                continue
            if event.opcode is Opcode.CLOSE:
                self.ended = "closed by the venue"
                self.ready = False
            elif event.opcode is Opcode.TEXT:
                assert event.fin
                yield from self._take(json.loads(bytes(event.data)))

    def _take(self, message: dict[str, Any]) -> Iterator[Told]:
        record, kind = self.record, message["type"]
        wanted = 1 if self.from_first else record.next_number
        if kind == "welcome":
            epoch = {"epoch": self._epoch} if self._epoch else {}
            self.say(type="login", token=self.token, resume_from=wanted, **epoch)
        elif kind == "logged_in":
            if self._epoch and message["epoch"] != self._epoch:
                record.find(f"epoch was {self._epoch}, is {message['epoch']}")
            self._epoch = message["epoch"]
            if message["resume_from"] != wanted or message["next_seq"] < record.next_number:
                record.find(f"lost: told {record.next_number - 1} messages, received {message}")
            self.ready = True
        elif kind == "gap":
            record.find(f"lost: {message}")
        elif kind == "error":
            record.find(f"refused: {message}")
        elif "seq" in message and record.take(message["seq"], message):
            yield self._told(message)

    def _told(self, message: dict[str, Any]) -> Told:
        kind = _KINDS.get(message["type"], "other")
        order = message.get("order") or {}
        client_id = message.get("cl_ord_id") or order.get("cl_ord_id", "")
        if message.get("repeat"):
            return Told("rejected", client_id)
        quantity = {"filled": "last_qty", "canceled": "quantity"}.get(kind, "")
        price = message.get("last_px") or order.get("price", "")
        if kind == "rejected":
            return Told("rejected", client_id, exec_id=message.get("exec_id", ""))
        return Told(
            kind,  # type: ignore[arg-type]
            client_id,
            previous_id=message.get("orig_cl_ord_id", ""),
            exec_id=message.get("exec_id", ""),
            match_number=message.get("match_number", 0),
            quantity=int(message[quantity]) if quantity else int(order.get("leaves_qty", 0)),
            cents=_cents(price) if price else 0,
            cum=int(order["cum_qty"]) if order else None,
            leaves=int(order["leaves_qty"]) if order else None,
        )
