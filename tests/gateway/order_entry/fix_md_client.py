"""A FIX client that folds W and X into what its subscriptions show, on an in-memory pipe."""

from gateway.config import Application, Config, Fix, FixSession
from gateway.order_entry.fix import FixDesk
from gateway.order_entry.fix_dictionaries import validator
from protocol.fix.message import Message, decode
from protocol.fix.validation import DEFAULT_SWITCHES
from protocol.fix.version import FIX42, FIX43, FIX44, FIX50, FIX50SP1, FIX50SP2, Version
from tests.gateway.order_entry.fix_client import FixClient
from tests.gateway.venue_harness import VenueHarness

VERSIONS = (FIX42, FIX43, FIX44, FIX50, FIX50SP1, FIX50SP2)

Entry = dict[int, str]
Book = dict[str, tuple[str, int]]
"""Price to size and number of orders."""


def config(applications: tuple[Application, ...] = ("orders", "market_data")) -> Config:
    """ACME and OTHER may do these things in every version."""
    return Config(
        fix=Fix(
            sessions=tuple(
                FixSession(
                    begin_string=begin_string,
                    sender_comp_id="XVEN",
                    target_comp_id=name,
                    account=name,
                    applications=applications,
                )
                for begin_string in ("FIX.4.2", "FIX.4.3", "FIX.4.4", "FIXT.1.1")
                for name in ("ACME", "OTHER")
            )
        )
    )


def harness(settings: Config | None = None) -> VenueHarness:
    settings = settings or config()
    return VenueHarness(lambda venue: {b"fix": FixDesk(venue, settings)}, settings)


def entries(message: Message) -> list[Entry]:
    """The MDEntries of a W or X, in order."""
    begins = 269 if message.msg_type == b"W" else 279
    found: list[Entry] = []
    for tag, value in message.fields:
        if tag == begins:
            found.append({})
        if found:
            found[-1][tag] = value.decode()
    return found


class Shown:
    """What one symbol of one subscription shows."""

    def __init__(self) -> None:
        self.sides: dict[str, Book] = {"0": {}, "1": {}}
        self.trades: dict[str, tuple[str, str]] = {}
        self.statistics: dict[str, str] = {}

    def fold(self, message: Message) -> None:
        whole = message.msg_type == b"W"
        if whole:
            Shown.__init__(self)
        for entry in entries(message):
            action = "0" if whole else entry[279]
            kind = entry[269]
            if kind in self.sides:
                book = self.sides[kind]
                assert (entry[270] in book) == (action != "0"), (action, entry, book)
                if action == "2":
                    del book[entry[270]]
                else:
                    book[entry[270]] = (entry[271], int(entry[346]))
            elif kind == "2":
                name = entry.get(278, "of the snapshot")
                if action == "2":
                    self.trades.pop(name, None)
                else:
                    self.trades[name] = (entry[270], entry[271])
            elif action == "2":
                del self.statistics[kind]
            else:
                assert whole or (kind in self.statistics) == (action == "1")
                self.statistics[kind] = entry.get(270) or entry[271]


class MarketDataClient(FixClient):
    """`shown` by MDReqID and symbol. Every message is checked against the version's dictionary."""

    def __init__(
        self, harness: VenueHarness, comp_id: bytes = b"ACME", version: Version = FIX44
    ) -> None:
        super().__init__(harness, comp_id, version)
        self.shown: dict[tuple[str, str], Shown] = {}
        self.numbers: list[int] = []

    def log_on(self, extra: str = "") -> list[dict[int, str]]:
        appl_ver_id = self.version.appl_ver_id.decode()
        self.pipe = self.harness.connect(b"fix")
        self.send(b"A", f"98=0|108=30|{extra}" + (f"1137={appl_ver_id}|" if appl_ver_id else ""))
        return self.take()

    def messages(self) -> list[Message]:
        """What arrived, valid and folded."""
        assert self.pipe is not None
        judge = validator(self.version.code, DEFAULT_SWITCHES)
        messages = [decode(frame) for frame in self.pipe.take_frames()]
        for message in messages:
            assert judge.knows(message.msg_type), message
            judge.check(message)
            self.numbers.append(message.count(34))
            if message.msg_type in (b"W", b"X"):
                key = (message.get(262).decode(), message.get(55).decode())
                self.shown.setdefault(key, Shown()).fold(message)
        return messages

    def said(self) -> list[str]:
        """The bodies that arrived, | for SOH, without header and trailer."""
        hidden = {8, 9, 10, 34, 49, 52, 56, 60, 1128}
        return [
            "|".join(
                f"{tag}={value.decode()}" for tag, value in message.fields if tag not in hidden
            )
            for message in self.messages()
        ]

    def subscribe(
        self,
        md_req_id: str = "q",
        types: str = "01",
        depth: int = 0,
        symbols: tuple[str, ...] = ("AAPL",),
        kind: str = "1",
        update: str = "265=1|",
        extra: str = "",
    ) -> None:
        """MarketDataRequest(V)."""
        wanted = "".join(f"269={one}|" for one in types)
        named = "".join(f"55={one}|" for one in symbols)
        self.send(
            b"V",
            f"262={md_req_id}|263={kind}|264={depth}|{update}{extra}267={len(types)}|{wanted}"
            f"146={len(symbols)}|{named}",
        )

    def turn(self) -> None:
        """Its transport takes bytes: what the shell does then."""
        assert self.pipe is not None
        with self.harness.tick():
            self.harness.venue.tell(self.pipe.connection)
