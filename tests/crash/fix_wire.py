"""A FIX client of its own: bytes and numbers by hand, no mistake shared with the venue."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from tests.crash.ledger import Record, Told

Fields = list[tuple[int, str]]
_ENVELOPE = (8, 9, 10, 34, 43, 52, 122)
_KINDS = {"0": "accepted", "5": "replaced", "4": "canceled", "8": "rejected", "I": "status"}
_FILLS = ("F", "1", "2")
_ADMIN = ("0", "1", "2", "3", "4", "5", "A")


def utc_now() -> str:
    return datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S.%f")[:-3]


def _quantity(text: str) -> int:
    assert text.isdigit(), text
    return int(text)


def _cents(text: str) -> int:
    whole, _, fraction = text.partition(".")
    assert not fraction[2:].strip("0"), text
    return int(whole) * 100 + int(fraction[:2].ljust(2, "0"))


class FixWire:
    """One identity over any number of connections; it never resets a number."""

    wire = "fix"
    port = "fix"
    repeats = False

    def __init__(
        self, record: Record, name: str, version: str, now: Callable[[], str] = utc_now
    ) -> None:
        """`now` gives SendingTime(52) as text."""
        self.record = record
        self.version = version
        self.name = name
        self._now = now
        self.out = bytearray()
        self.ready = False
        self.ended = ""
        self._data = b""
        self._sent: list[tuple[str, Fields, str] | None] = [None]
        """By number: type, body, time; what the venue may ask for again."""
        self._recovering_to = 0

    # -- connections --------------------------------------------------------------------------

    def open(self) -> None:
        self._data = b""
        self.out.clear()
        self.ready = False
        self.ended = ""
        self._recovering_to = 0
        self.logon()

    def logon(self, *fields: tuple[int, str]) -> None:
        """Logon(A); FIXT.1.1 with DefaultApplVerID(1137) of FIX 5.0 SP2."""
        application = [(1137, "9")] if self.version == "FIXT.1.1" else []
        self.send("A", [(98, "0"), (108, "30"), *application, *fields])

    def ask_again(self) -> bool:
        """Have all history told again over this connection; False: a new one is needed."""
        self.send("2", [(7, "1"), (16, "0")])
        return True

    def heartbeat(self) -> None:
        self.send("0", [])

    # -- requests -----------------------------------------------------------------------------

    def enter(
        self, client_id: str, buys: bool, quantity: int, cents: int, symbol: str, ioc: bool
    ) -> None:
        body = [(11, client_id), (21, "1"), (55, symbol), (54, "1" if buys else "2")]
        body += [(60, self._now()), (38, str(quantity)), (40, "2")]
        body += [(44, f"{cents // 100}.{cents % 100:02d}"), (59, "3" if ioc else "0")]
        self.send("D", body)

    def cancel(self, client_id: str, named: str, buys: bool, symbol: str) -> None:
        side = "1" if buys else "2"
        self.send("F", [(11, client_id), (41, named), (55, symbol), (54, side), (60, self._now())])

    def replace(
        self, client_id: str, named: str, buys: bool, symbol: str, quantity: int, cents: int
    ) -> None:
        body = [(11, client_id), (41, named), (21, "1"), (55, symbol), (54, "1" if buys else "2")]
        body += [(60, self._now()), (38, str(quantity)), (40, "2")]
        self.send("G", [*body, (44, f"{cents // 100}.{cents % 100:02d}")])

    def status(self, client_id: str, buys: bool, symbol: str) -> bool:
        self.send("H", [(11, client_id), (55, symbol), (54, "1" if buys else "2")])
        return True

    def skip_own(self, count: int) -> None:
        """Leave numbers out, as if messages of ours had been lost on the way."""
        self._sent += [None] * count

    def skip_last(self) -> None:
        """The last message is not sent again, should it be asked for."""
        self._sent[-1] = None

    def forget(self) -> None:
        """Begin at 1 on both sides: for a Logon with ResetSeqNumFlag(141)."""
        self._sent = [None]
        self.record.contents = [None]
        self._data = b""

    # -- bytes --------------------------------------------------------------------------------

    def send(self, msg_type: str, body: Fields) -> None:
        """Any message, under the next number."""
        number = len(self._sent)
        time = self._now()
        self._sent.append(None if msg_type in _ADMIN else (msg_type, body, time))
        self._frame(msg_type, number, time, body)

    def _frame(self, msg_type: str, number: int, time: str, body: Fields) -> None:
        header = [(35, msg_type), (49, self.name), (56, "XVEN"), (34, str(number)), (52, time)]
        content = "".join(f"{tag}={value}\x01" for tag, value in header + body).encode()
        data = f"8={self.version}\x019={len(content)}\x01".encode() + content
        self.out += data + f"10={sum(data) % 256:03d}\x01".encode()

    def receive(self, data: bytes) -> Iterator[Told]:
        """What is new of what came."""
        self._data += data
        while True:
            at = self._data.find(b"\x0110=")
            if at < 0 or len(self._data) < at + 8:
                return
            frame, self._data = self._data[: at + 8], self._data[at + 8 :]
            pairs = [field.partition("=") for field in frame.decode("latin-1")[:-1].split("\x01")]
            yield from self._message({int(tag): value for tag, _, value in pairs})

    def _message(self, fields: dict[int, str]) -> Iterator[Told]:
        record, number, msg_type = self.record, int(fields[34]), fields[35]
        expected = record.next_number
        if msg_type == "4":
            if number > expected:
                self._gap(number)
            else:
                assert fields.get(123) == "Y", fields
                record.skip(number, int(fields[36]))
            return
        if msg_type == "A":
            if number < expected:
                record.find(f"lost: told {expected - 1} messages, the venue logs on with {number}")
            if fields.get(141) == "Y":
                record.find("numbers were reset")
            self.ready = True
        elif msg_type == "2" and number >= expected:
            self._resend(int(fields[7]))
        elif msg_type == "5":
            self.ended = fields.get(58, "Logout")
            if number < expected or "too low" in self.ended:
                record.find(f"lost: told {expected - 1} messages, then Logout: {self.ended}")
        if number > expected:
            self._gap(number)
            return
        if number < expected and fields.get(43) != "Y":
            record.find(f"number {number} again, expected {expected}: {fields}")
            return
        if msg_type in _ADMIN:
            record.take(number, None)
            if msg_type == "1":
                self.send("0", [(112, fields[112])])
            elif msg_type == "3":
                record.find(f"message refused: {fields}")
            return
        sent = fields[122] if fields.get(43) == "Y" else fields[52]
        content = (sent, *((t, v) for t, v in sorted(fields.items()) if t not in _ENVELOPE))
        if record.take(number, content):
            yield self._told(fields)

    def _told(self, fields: dict[int, str]) -> Told:
        msg_type, client_id = fields[35], fields.get(11, "")
        if msg_type != "8":
            return Told("rejected", client_id) if msg_type == "9" else Told("other")
        kind = fields[150]
        cum, leaves = _quantity(fields[14]), _quantity(fields[151])
        exec_id = "" if fields[17] == "0" else fields[17]
        if kind in _FILLS and fields.get(20, "0") == "0":
            return Told(
                "filled",
                client_id,
                exec_id=exec_id,
                quantity=_quantity(fields[32]),
                cents=_cents(fields[31]),
                cum=cum,
                leaves=leaves,
            )
        if fields.get(20) == "3":
            return Told("status", client_id, cum=cum, leaves=leaves)
        name = _KINDS.get(kind, "other")
        return Told(
            name,  # type: ignore[arg-type]
            client_id,
            previous_id=fields.get(41, ""),
            exec_id=exec_id,
            quantity=leaves if name == "replaced" else -1,
            cents=_cents(fields[44]) if name == "replaced" else 0,
            cum=cum,
            leaves=leaves,
        )

    # -- gaps ---------------------------------------------------------------------------------

    def _gap(self, number: int) -> None:
        if self._recovering_to < self.record.next_number:
            self.send("2", [(7, str(self.record.next_number)), (16, "0")])
        self._recovering_to = max(self._recovering_to, number)

    def _resend(self, begin: int) -> None:
        """Our side of a ResendRequest: orders as PossDup, everything else as gap fills."""
        end = len(self._sent)
        number = begin
        while number < end:
            kept = self._sent[number]
            if kept is not None:
                msg_type, body, time = kept
                self._frame(msg_type, number, self._now(), [(43, "Y"), (122, time), *body])
                number += 1
                continue
            first = number
            while number < end and self._sent[number] is None:
                number += 1
            body = [(43, "Y"), (122, self._now()), (123, "Y"), (36, str(number))]
            self._frame("4", first, self._now(), body)
