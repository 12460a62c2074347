"""The scenes of the recorded days under specs/golden/, and the script that records them anew:

    python -m tests.gateway.golden_day

Every wire, every kind of request, bad input, resends, resets, a kill, a day's end. Times are
literal, so that a new recording differs only where the venue does.
"""

import shutil
import struct
from collections.abc import Callable
from pathlib import Path

from gateway.journal.file_log import FileLog
from gateway.journal.log import SequencedLog
from matching.commands import BustTrade, EndOfDay, MassCancel, SetPhase, StartOfDay
from matching.types import BustReason, Phase
from tests.crash.fix_wire import FixWire
from tests.crash.soup_wire import SoupWire
from tests.crash.websocket_wire import WebSocketWire
from tests.gateway.replay_stage import SECOND_NS, Client, Stage
from tests.interop import ouch42_definitions as ouch

GOLDEN = Path(__file__).resolve().parents[2] / "specs/golden/two-days"
PRICE = 18_700

Reopen = Callable[[SequencedLog], SequencedLog]


class Cast:
    """Who takes part."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.f42 = stage.fix("ALPHA", "FIX.4.2")
        self.f44 = stage.fix("BETA", "FIX.4.4")
        self.f50 = stage.fix("GAMMA", "FIXT.1.1")
        self.ouch = stage.ouch("SIM001")
        self.ws = stage.websocket("SIM002")

    @property
    def all(self) -> list[Client]:
        return [self.f42, self.f44, self.f50, self.ouch, self.ws]


def enter(
    client: Client,
    client_id: str,
    buys: bool,
    quantity: int,
    cents: int = PRICE,
    symbol: str = "AAPL",
    ioc: bool = False,
) -> None:
    client.wire.enter(client_id, buys, quantity, cents, symbol, ioc)
    client.flush()


def cancel(client: Client, client_id: str, named: str, buys: bool = True) -> None:
    client.wire.cancel(client_id, named, buys, "AAPL")
    client.flush()


def replace(client: Client, client_id: str, named: str, quantity: int, cents: int) -> None:
    client.wire.replace(client_id, named, True, "AAPL", quantity, cents)
    client.flush()


def fix_says(client: Client, msg_type: str, *fields: tuple[int, str]) -> None:
    wire = client.wire
    assert isinstance(wire, FixWire)
    wire.send(msg_type, list(fields))
    client.flush()


def json_says(client: Client, **message: object) -> None:
    wire = client.wire
    assert isinstance(wire, WebSocketWire)
    wire.say(**message)
    client.flush()


def ouch_says(client: Client, payload: bytes) -> None:
    wire = client.wire
    assert isinstance(wire, SoupWire)
    wire.packet(b"U", payload)
    client.flush()


def order_fields(stage: Stage, client_id: str, **changes: str) -> list[tuple[int, str]]:
    fields = {"11": client_id, "21": "1", "38": "10", "40": "2", "44": "187.00", "54": "1"}
    fields |= {"55": "AAPL", "59": "0", "60": stage.now()}
    fields |= {tag.removeprefix("t"): value for tag, value in changes.items()}
    return [(int(tag), value) for tag, value in fields.items() if value]


def trade(cast: Cast) -> None:
    """Every wire trades with every other, at several prices and with remainders."""
    for number, seller in enumerate(cast.all):
        buyers = [each for each in cast.all if each is not seller]
        for step, buyer in enumerate(buyers):
            enter(buyer, f"b{number}{step}", True, 10 + step, PRICE - step)
        enter(seller, f"s{number}", False, 40, PRICE - 2)
        enter(buyers[0], f"r{number}", True, 7, PRICE - 2)
        cancel(seller, f"c{number}", f"s{number}", buys=False)
        cancel(seller, f"d{number}", f"s{number}", buys=False)


def change(cast: Cast) -> None:
    """Replaces up, down, to another price and into the other side; reductions; IOC and FOK."""
    for client in cast.all:
        enter(client, "w1", True, 50, PRICE - 50)
        replace(client, "w2", "w1", 40, PRICE - 50)
        replace(client, "w3", "w2", 60, PRICE - 50)
        replace(client, "w4", "w3", 60, PRICE - 40)
        replace(client, "w5", "w3", 60, PRICE - 30)
        enter(client, "i1", True, 5, PRICE - 1, ioc=True)
    ouch_says(cast.ouch, ouch.cancel_order("w4", 20))
    enter(cast.f44, "x1", False, 15, PRICE - 39)
    replace(cast.ws, "w6", "w4", 60, PRICE - 10)
    fix_says(cast.f44, "D", *order_fields(cast.stage, "m1", t40="1", t44="", t54="2"))
    fix_says(cast.f42, "D", *order_fields(cast.stage, "f1", t59="4", t38="5000"))
    fix_says(cast.f42, "D", *order_fields(cast.stage, "g1", t59="1", t44="180.00", t1="ACC9"))
    json_says(
        cast.ws,
        type="new",
        cl_ord_id="g2",
        symbol="MSFT",
        side="sell",
        quantity="25",
        price="410.00",
        time_in_force="gtc",
    )
    json_says(
        cast.ws, type="new", cl_ord_id="m2", symbol="AAPL", side="sell", quantity="3",
        order_type="market", time_in_force="ioc",
    )  # fmt: skip
    for client in cast.all:
        client.wire.status("w4", True, "AAPL")
        client.wire.status("nothing", True, "AAPL")
        client.flush()


def refuse(cast: Cast) -> None:
    """What no venue takes, wire by wire."""
    for client in cast.all:
        enter(client, "z1", True, 10, symbol="NOSUCH")
        enter(client, "z2", True, 0)
        enter(client, "z3", True, 10, 0)
        enter(client, "w1", True, 10)
        cancel(client, "z4", "nothing")
        replace(client, "z5", "nothing", 5, PRICE)
        enter(client, "z6", True, 99_999_999)
    stage = cast.stage
    for client in (cast.f42, cast.f44, cast.f50):
        fix_says(client, "D", *order_fields(stage, "y1", t44="187.005"))
        fix_says(client, "D", *order_fields(stage, "y2", t44="1e3"))
        fix_says(client, "D", *order_fields(stage, "y3", t38=""))
        fix_says(client, "D", *order_fields(stage, "y4", t54="9"))
        fix_says(client, "D", *order_fields(stage, "y5", t40="P"))
        fix_says(client, "D", *order_fields(stage, "", t11=""))
        fix_says(client, "D", *order_fields(stage, "y6"), (99999, "?"))
        fix_says(client, "V", (262, "md"), (263, "0"), (264, "1"))
        fix_says(client, "F", (11, "y7"), (37, "1"), (54, "1"), (55, "AAPL"), (60, stage.now()))
        fix_says(client, "1", (112, "are you there"))
        client.raw(b"8=FIX.4.4\x019=5\x0135=0\x0110=000\x01 noise")
        client.raw(b"8=FIX.4.2\x019=x\x01")
    ouch_says(cast.ouch, ouch.enter_order("bad token!", "B", 10, "AAPL", PRICE * 100))
    ouch_says(cast.ouch, ouch.enter_order("side", "Q", 10, "AAPL", PRICE * 100))
    ouch_says(cast.ouch, ouch.enter_order("tick", "B", 10, "AAPL", PRICE * 100 + 1))
    for text in ("{", "[]", '{"type":"dance"}', '{"type":"new"}', '{"type":"ping","x":1}'):
        wire = cast.ws.wire
        assert isinstance(wire, WebSocketWire)
        wire.text(text)
        cast.ws.flush()
    json_says(cast.ws, type="new", cl_ord_id="w1", symbol="AAPL", side="buy", quantity="1.5")
    json_says(cast.ws, type="cancel", cl_ord_id="z7", order_id=1)
    json_says(cast.ws, type="subscribe", channel="book", symbol="AAPL")
    json_says(cast.ws, type="unsubscribe", channel="book", symbol="AAPL")


def strangers(stage: Stage) -> None:
    """Who is not let in, or not for long."""
    logon = [(98, "0"), (108, "30")]
    for version, target, fields in (
        ("FIX.4.4", "XVEN", [*logon, (553, "user"), (554, "wrong")]),
        ("FIX.4.2", "XVEN", logon),
    ):
        wire = stage.fix("SECURE", version).wire
        assert isinstance(wire, FixWire) and target
        connection = stage.connect(b"fix")
        wire.send("A", fields)
        stage.read(connection, bytes(wire.out))
    secure = stage.fix("SECURE").wire
    assert isinstance(secure, FixWire)
    connection = stage.connect(b"fix")
    secure.send("A", [*logon, (553, "user"), (554, "secret")])
    stage.read(connection, bytes(secure.out))
    for wire_name, data in (
        (b"fix", b"GET / HTTP/1.1\r\n\r\n"),
        (b"fix", bytes(range(256)) * 20),
        (b"ouch", b"\x00\x02Lx"),
        (b"ouch", struct.pack(">H", 47) + b"LNOBODYpassword  " + b" " * 29 + b"1"),
        (b"ouch", bytes(range(255, 0, -1)) * 20),
        (b"websocket", b"GET /nowhere HTTP/1.0\r\n\r\n"),
        (b"websocket", bytes(range(256)) * 20),
    ):
        stage.read(stage.connect(wire_name), data)
    stage.connect(b"fix")
    stage.connect(b"websocket")
    stage.websocket("NOBODY").connect()
    second = stage.fix("BETA")
    second.connect()
    stage.wait(12)


def watch(cast: Cast) -> None:
    """Market data and trading status on FIX sessions, told in turns."""
    stage = cast.stage
    watchers = (cast.f42, cast.f44, cast.f50)
    for client in watchers:
        book = [(267, "3"), (269, "0"), (269, "1"), (269, "2"), (146, "1"), (55, "AAPL")]
        fix_says(client, "V", (262, "book"), (263, "1"), (264, "0"), (265, "1"), *book)
        statistics = [(267, "2"), (269, "4"), (269, "9"), (146, "1"), (55, "AAPL")]
        fix_says(client, "V", (262, "day"), (263, "1"), (264, "1"), (265, "0"), *statistics)
        fix_says(client, "V", (262, "book"), (263, "1"), (264, "0"), (265, "1"), *book)
        fix_says(client, "e", (324, "status"), (55, "AAPL"), (263, "1"))
        fix_says(client, "g", (335, "session"), (263, "1"))
        fix_says(client, "c", (320, "all"), (321, "3"))
        fix_says(client, "x", (320, "all"), (559, "4"))
    for step in range(3):
        enter(cast.ouch, f"p{step}", True, 10, PRICE - 20 + step)
        enter(cast.ws, f"q{step}", False, 4, PRICE - 20 + step)
        for client in watchers[: step + 1]:
            assert client.connection is not None
            told = client.connection
            stage.tick(lambda told=told: stage.venue.tell(told))  # type: ignore[misc]
    fix_says(cast.f42, "V", (262, "day"), (263, "2"), (264, "1"), (267, "1"), (269, "4"),
             (146, "1"), (55, "AAPL"))  # fmt: skip


def lose_and_resend(cast: Cast) -> None:
    """Fills for absent clients, gaps both ways, fills of gaps, replays, a reset in session."""
    for client in cast.all:
        enter(client, "away", True, 30, PRICE - 5)
        client.hang_up()
        helper = cast.f44 if client is not cast.f44 else cast.f42
        if not helper.connected:
            helper.connect()
        enter(helper, f"to-{client.wire.wire}-{client.wire.record.name}", False, 12, PRICE - 5)
        client.connect()
    for client in (cast.ouch, cast.ws):
        assert not isinstance(client.wire, FixWire)
        client.wire.from_first = True
        client.connect()
        client.wire.from_first = False
    for client in (cast.f42, cast.f44, cast.f50):
        wire = client.wire
        assert isinstance(wire, FixWire)
        wire.ask_again()
        client.flush()
        wire.skip_own(2)
        enter(client, "gap", True, 3, PRICE - 60)
        fix_says(client, "2", (7, "3"), (16, "5"))
        fix_says(client, "2", (7, "99999"), (16, "0"))
    cast.stage.wait(35)


def reconnect(cast: Cast) -> None:
    """Who kept silent too long was disconnected."""
    for client in cast.all:
        if not client.connected:
            client.connect()


def operate(cast: Cast) -> None:
    """Halt, resume, bust, mass cancel."""
    stage = cast.stage
    enter(cast.f42, "v1", True, 10, PRICE + 50)
    enter(cast.ouch, "v2", False, 10, PRICE + 50)
    match_number = stage.venue.engine._live.last_match_number
    stage.control(BustTrade(match_number, BustReason.ERRONEOUS))
    stage.control(SetPhase(1, Phase.HALTED))
    for client in cast.all:
        enter(client, "h1", True, 10)
    stage.control(SetPhase(0, Phase.OPEN))
    for client in cast.all:
        enter(client, "h2", True, 10)
    stage.control(MassCancel(instrument_id=1))
    for client in cast.all:
        enter(client, "h3", True, 10, PRICE - 70)


def come_back(cast: Cast) -> None:
    """Everybody again with the next numbers; the FIX 4.2 session resets both."""
    for client in cast.all:
        client.connect()
        enter(client, "back", True, 4, PRICE - 80)
    wire = cast.f42.wire
    assert isinstance(wire, FixWire)
    cast.f42.hang_up()
    enter(cast.f44, "sweep", False, 300, PRICE - 80)
    wire.forget()
    cast.f42.connection = cast.stage.connect(b"fix")
    wire.send("A", [(98, "0"), (108, "30"), (141, "Y")])
    cast.f42.flush()
    enter(cast.f42, "new1", True, 5, PRICE - 90)
    fix_says(cast.f42, "4", (123, "N"), (36, "50"))


def leave(cast: Cast) -> None:
    """FIX Logout, Soup Logout Request, a closed WebSocket."""
    fix_says(cast.f44, "5", (58, "good night"))
    wire = cast.ouch.wire
    assert isinstance(wire, SoupWire)
    wire.packet(b"O", b"")
    cast.ouch.flush()
    cast.ws.hang_up()


def play(log: SequencedLog, kill: Reopen) -> Stage:
    """Two days on `log`. `kill` lets go of a log as a killed process does and gives the next."""
    stage = Stage(log)
    cast = Cast(stage)
    for client in cast.all:
        client.connect()
    trade(cast)
    change(cast)
    refuse(cast)
    strangers(stage)
    reconnect(cast)
    watch(cast)
    lose_and_resend(cast)
    reconnect(cast)
    operate(cast)
    stage.start(kill(stage.log))
    come_back(cast)
    leave(cast)
    stage.control(EndOfDay())
    stage.now_ns += 3_600 * SECOND_NS
    stage.control(StartOfDay(20260106, stage.now_ns - stage.now_ns % (86_400 * SECOND_NS)))
    cast.ws.connect()
    enter(cast.ws, "day2", True, 10)
    # The next process begins a day later, and closes this one.
    stage.now_ns += 24 * 3_600 * SECOND_NS
    stage.start(kill(stage.log))
    late = Cast(stage)
    late.ouch.connect()
    late.ws.connect()
    trade_two(late)
    stage.shut()
    return stage


def trade_two(cast: Cast) -> None:
    enter(cast.ouch, "last1", True, 10)
    enter(cast.ws, "last2", False, 10)


def record(directory: Path) -> None:
    """Play the days on files."""

    def kill(log: SequencedLog) -> SequencedLog:
        assert isinstance(log, FileLog)
        log.abandon()
        return FileLog(directory)

    stage = play(FileLog(directory), kill)
    stage.log.close()


if __name__ == "__main__":
    shutil.rmtree(GOLDEN, ignore_errors=True)
    record(GOLDEN)
    print(f"recorded {GOLDEN}: {sum(each.stat().st_size for each in GOLDEN.iterdir())} bytes")
