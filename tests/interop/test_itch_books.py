"""Readers that others wrote rebuild the engine's displayed book from the exported feed file."""

import datetime
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gateway.config import Config
from gateway.itch.fold import ItchFold
from gateway.journal.file_log import Durability, FileLog
from gateway.order_entry.fix import FixDesk
from gateway.venue import Venue
from matching import commands as c
from matching.engine import Engine
from matching.events import OrderAccepted
from matching.instrument import Instrument
from matching.types import FULL, BustReason, OrderType, Phase, Side, TimeInForce
from tests.needs import require

pytestmark = pytest.mark.interop
ROOT = Path(__file__).resolve().parents[2]
MIDNIGHT_NS = 1_704_153_600_000_000_000
OPENING_NS = MIDNIGHT_NS + 34_200_000_000_000
SECOND_NS = 1_000_000_000
SYMBOLS = (b"ACME", b"EMCA")
DAY_NS = 86_400 * SECOND_NS
DAY_BEFORE_COMMANDS = 200
COMMANDS = 4_000
COMPARED_EVERY = 10
RECENT = 120
"""Orders that later commands choose from, most of them still live."""


class Order(NamedTuple):
    """A displayed order as a receiver knows it."""

    reference: int
    shares: int


class Level(NamedTuple):
    price: int
    orders: list[Order]
    """Oldest first."""


Book = tuple[list[Level], list[Level]]
"""Bids and asks of one instrument, best first."""


class Day(NamedTuple):
    """A feed file, and what the engine's books showed after so many of its messages."""

    file: Path
    messages: int
    books: dict[int, dict[bytes, Book]]


def displayed(engine: Engine, instrument_id: int) -> Book:
    """What the engine shows, in the order of its queues."""
    sides: dict[Side, list[Level]] = {Side.BUY: [], Side.SELL: []}
    for order in engine.resting(instrument_id):
        shares = order.quantity if order.displayed == FULL else order.displayed
        if shares:
            levels = sides[order.side]
            if not levels or levels[-1].price != order.price:
                levels.append(Level(order.price, []))
            levels[-1].orders.append(Order(order.order_reference, shares))
    return sides[Side.BUY], sides[Side.SELL]


class Flow:
    """A seeded mixture of all that changes a book, close enough around one price to trade."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._recent: list[int] = []
        self._halted = False

    def accepted(self, order_id: int) -> None:
        self._recent.append(order_id)
        del self._recent[:-RECENT]

    def next_command(self, number: int, now_ns: int) -> c.Command:
        """What happens now."""
        chance = self._random
        if self._halted:
            self._halted = False
            return c.SetPhase(1, Phase.OPEN)
        if number % 500 == 499:
            self._halted = True
            return c.SetPhase(1, Phase.HALTED)
        if number % 900 == 899:
            return c.MassCancel(instrument_id=chance.choice((1, 2)))
        if not self._recent or chance.random() < 0.55:
            return self._enter(number, now_ns)
        order_id = chance.choice(self._recent)
        changes: tuple[Callable[[], c.Command], ...] = (
            lambda: self._replace(number, order_id),
            lambda: self._replace(number, order_id),
            lambda: c.ReduceOrder(1, 1, order_id, chance.randrange(0, 600)),
            lambda: c.CancelOrder(1, 1, order_id, b"X%d" % number),
            lambda: c.ModifyOrder(1, 1, order_id, chance.randrange(1, 900), b""),
            lambda: c.RerankOrder(order_id),
            lambda: c.BustTrade(chance.randrange(1, 400), BustReason.ERRONEOUS),
            lambda: c.ExpireOrders(now_ns),
        )
        return chance.choice(changes)()

    def _enter(self, number: int, now_ns: int) -> c.EnterOrder:
        chance = self._random
        time_in_force = chance.choice((TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC))
        rests = time_in_force is not TimeInForce.IOC
        side = chance.choice((Side.BUY, Side.SELL))
        return c.EnterOrder(
            *(1, 1, chance.choice((1, 2)), b"%d" % number, side, OrderType.LIMIT, time_in_force),
            *(chance.randrange(1, 900), self._price(side)),
            expire_ns=now_ns + chance.randrange(1, 300) * SECOND_NS
            if rests and chance.random() < 0.1
            else 0,
            display_quantity=chance.choice((FULL, FULL, FULL, 0, 100, 30)) if rests else FULL,
            post_only=rests and chance.random() < 0.1,
        )

    def _replace(self, number: int, order_id: int) -> c.ReplaceOrder:
        chance = self._random
        return c.ReplaceOrder(
            *(1, 1, order_id, b"R%d" % number, chance.randrange(0, 1_200)),
            *(self._price(chance.choice((Side.BUY, Side.SELL))), chance.random() < 0.5),
            display_quantity=chance.choice((None, None, None, FULL, 0, 50)),
        )

    def _price(self, side: Side) -> int:
        away = self._random.randrange(-3, 12)
        return 1_000_000 + 100 * (-away if side is Side.BUY else away)


def record(folder: Path) -> Day:
    """The second day of a journal on disk, which begins with orders of the first, exported as an
    operator would."""
    log = FileLog(folder / "data", Durability.PROCESS)
    venue = Venue(
        log,
        None,  # type: ignore[arg-type]
        lambda venue: {b"fix": FixDesk(venue, Config())},
        lambda _: None,
    )
    fold, flow = ItchFold(), Flow(7)
    told = 0
    books: dict[int, dict[bytes, Book]] = {}

    def happen(now_ns: int, *commands: c.Command) -> None:
        nonlocal told
        venue.begin(now_ns)
        for command in commands:
            events = venue.controlled(command)
            told += len(fold.fold(events, now_ns))
            for event in events:
                if isinstance(event, OrderAccepted):
                    flow.accepted(event.order_id)
        venue.commit()
        venue.take_released()

    def look() -> None:
        books[told] = {
            symbol: displayed(venue.engine, index) for index, symbol in enumerate(SYMBOLS, 1)
        }

    happen(
        OPENING_NS - DAY_NS,
        c.AddAccount(b"A"),
        c.RegisterSession(1, b"fix", (b"FIX.4.4", b"A", b"XVEN")),
        *(c.AddInstrument(Instrument(symbol, tick_size=100)) for symbol in SYMBOLS),
        c.StartOfDay(20240101, MIDNIGHT_NS - DAY_NS),
    )
    now_ns = OPENING_NS - DAY_NS
    for number in range(DAY_BEFORE_COMMANDS):
        happen(now_ns, flow.next_command(number, now_ns))
    happen(now_ns, c.EndOfDay())
    told = 0
    happen(OPENING_NS, c.StartOfDay(20240102, MIDNIGHT_NS))
    look()
    for number in range(DAY_BEFORE_COMMANDS, DAY_BEFORE_COMMANDS + COMMANDS):
        # Several commands at one time, as in a tick with several clients.
        now_ns = OPENING_NS + number // 3 * SECOND_NS
        happen(now_ns, flow.next_command(number, now_ns))
        if number % COMPARED_EVERY == 0:
            look()
    happen(now_ns + SECOND_NS, c.EndOfDay())
    look()
    log.close()
    file = folder / "day.itch"
    command = [sys.executable, "-m", "gateway", "journal", "export", str(folder / "data")]
    subprocess.run([*command, "--itch", str(file)], cwd=ROOT, check=True, timeout=60)
    return Day(file, told, books)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    return record(tmp_path_factory.mktemp("itch"))


def test_the_day_has_what_makes_books_hard(day: Day) -> None:
    itch = require("itch.parser")
    with day.file.open("rb") as file:
        kinds = [message.message_type.decode() for message in itch.MessageParser().parse_file(file)]
    assert len(kinds) == day.messages
    for kind, least in (("A", 900), ("E", 400), ("D", 200), ("U", 50), ("X", 25), ("P", 50)):
        assert kinds.count(kind) >= least, (kind, kinds.count(kind))
    assert kinds.count("B") > 0
    assert kinds.count("H") > 2
    carried = day.books[min(day.books)]
    assert all(bids or asks for bids, asks in carried.values())
    depths = [len(level.orders) for books in day.books.values() for level in books[b"ACME"][0]]
    assert len(day.books) > COMMANDS // COMPARED_EVERY // 2
    assert max(depths) > 3


def meatpy_book(lob: Any) -> Book:
    """The library's own book as ours."""
    if lob is None:
        return [], []

    def levels(side: Any) -> list[Level]:
        return [
            Level(level.price, [Order(order.order_id, order.volume) for order in level.queue])
            for level in side
        ]

    return levels(lob.bid_levels), levels(lob.ask_levels)


@pytest.mark.parametrize("symbol", SYMBOLS, ids=bytes.decode)
def test_meatpy_rebuilds_the_book_order_by_order_in_the_order_of_the_queues(
    day: Day, symbol: bytes
) -> None:
    meatpy = require("meatpy.itch50")
    date = datetime.datetime(2024, 1, 2)
    processor = meatpy.ITCH50MarketProcessor(symbol.decode(), date)
    compared = number = 0
    with meatpy.ITCH50MessageReader(day.file) as reader:
        for number, message in enumerate(reader, 1):
            # It raises where an execution passes over an order with priority.
            processor.process_message(message)
            if number in day.books:
                assert meatpy_book(processor.current_lob) == day.books[number][symbol], number
                compared += 1
    assert (compared, number) == (len(day.books), day.messages)


class ItchFeedBook:
    """Displayed orders by reference, as messages of `itchfeed` tell of them."""

    def __init__(self) -> None:
        self.orders: dict[int, tuple[bytes, bytes, int, int]] = {}
        """Stock, side, shares, price."""

    def fold(self, message: Any) -> None:
        kind = message.message_type
        if kind in b"AF":
            stock = message.stock.rstrip()
            side, shares = message.buy_sell_indicator, message.shares
            self.orders[message.order_reference_number] = (stock, side, shares, message.price)
        elif kind in b"EC":
            self._lower(message.order_reference_number, message.executed_shares)
        elif kind == b"X":
            self._lower(message.order_reference_number, message.cancelled_shares)
        elif kind == b"D":
            del self.orders[message.order_reference_number]
        elif kind == b"U":
            stock, side, _, _ = self.orders.pop(message.order_reference_number)
            replaced = (stock, side, message.shares, message.price)
            self.orders[message.new_order_reference_number] = replaced

    def _lower(self, reference: int, by: int) -> None:
        stock, side, shares, price = self.orders.pop(reference)
        assert shares >= by, reference
        if shares > by:
            self.orders[reference] = (stock, side, shares - by, price)


def flat(books: dict[bytes, Book]) -> Iterator[tuple[int, tuple[bytes, bytes, int, int]]]:
    for symbol, sides in books.items():
        for side, levels in zip((b"B", b"S"), sides, strict=True):
            for level in levels:
                for order in level.orders:
                    yield order.reference, (symbol, side, order.shares, level.price)


def test_itchfeed_decodes_every_message_and_gives_the_same_orders(day: Day) -> None:
    itch = require("itch.parser")
    book = ItchFeedBook()
    compared = number = 0
    message: Any = None
    with day.file.open("rb") as file:
        for number, message in enumerate(itch.MessageParser().parse_file(file), 1):
            book.fold(message)
            if number in day.books:
                assert book.orders == dict(flat(day.books[number])), number
                compared += 1
    assert (compared, number) == (len(day.books), day.messages)
    assert (message.message_type, message.event_code) == (b"S", b"C")
    assert file.closed and book.orders == dict(flat(day.books[day.messages]))
