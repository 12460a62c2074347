"""Who sits where in the default world, how an agent works, what the feed tells, what a run says."""

import asyncio
from pathlib import Path
from random import Random

import pytest
from websockets.asyncio.server import ServerConnection, serve

from gateway.config import DEFAULT_INSTRUMENTS, PORT_NAMES
from matching.types import Side
from protocol import feed
from simulator import demo, simulate
from simulator.agent import Agent
from simulator.clients.words import Accepted, Executed, New, Rejected, Request, TradePrinted
from simulator.participants.market_maker import MarketMaker, MarketMakerSettings
from simulator.public_feed import FeedUnavailable, PublicFeed, discover
from simulator.tally import Tally
from simulator.world import WIRES, participant, seats

AAPL = DEFAULT_INSTRUMENTS[0]


def test_every_instrument_has_a_trader_on_every_wire() -> None:
    places = seats(DEFAULT_INSTRUMENTS, WIRES)
    reached = {(one.symbol, seat.wire) for seat in places for one in seat.instruments}
    assert reached == {(one.symbol, wire) for one in DEFAULT_INSTRUMENTS for wire in WIRES}
    assert [seat.identity for seat in places] == [f"SIM{number:03}" for number in range(12)]
    for instrument in DEFAULT_INSTRUMENTS:
        makers = [seat for seat in places if seat.quotes and seat.instruments == (instrument,)]
        assert len({seat.wire for seat in makers}) == 2


def test_the_seed_is_all_that_tells_two_worlds_apart() -> None:
    place = seats(DEFAULT_INSTRUMENTS, WIRES)[0]
    first, second, other = (participant(place, seed, "RUN", 20.0, 6) for seed in (1, 1, 2))
    assert first.step() == second.step()
    assert first.wait_ns() == second.wait_ns() != other.wait_ns()


class SilentClient:
    """A client that only remembers what it was to send."""

    wire = "ouch"
    repeats_requests = True

    def __init__(self) -> None:
        self.sent: list[Request] = []
        self.left = False

    def send(self, request: Request) -> None:
        self.sent.append(request)

    async def run(self) -> None:
        pass

    async def leave(self) -> None:
        self.left = True


async def test_what_was_not_answered_is_said_again_after_a_reconnect() -> None:
    settings = MarketMakerSettings(levels=1, steps_per_second=0.001)
    maker = MarketMaker(AAPL, Random(1), "RUN", settings)
    agent = Agent("SIM000", maker, Tally())
    client = SilentClient()
    agent.client = client
    bid, ask = maker.step()
    agent.lost("connection lost")
    assert isinstance(bid, New)
    agent.told(Accepted(bid.client_id, bid.symbol, bid.side, bid.quantity, bid.price))
    agent.ready()
    assert client.sent == [ask]
    await agent.leave(0.0)
    assert client.left


def test_a_tally_reads_as_lines() -> None:
    tally = Tally()
    tally.sent("fix", New(b"1", b"AAPL", Side.BUY, 1, 100))
    tally.told("fix", b"AAPL", Executed(b"1", 1, 100))
    tally.told("fix", b"", Rejected(b"2", "halted"))
    tally.told("ws", b"AAPL", Rejected(b"1", "order is closed", of_change=True))
    assert tally.lines(["AAPL"]) == [
        "orders: 1 (fix 1)",
        "AAPL: executions: fix 1",
        "changed too late 1 times: ws: order is closed",
        "refused 1 times: fix: halted",
    ]
    tally.feed_heard = True
    assert tally.lines(["AAPL"])[1] == "AAPL: 0 trades; executions: fix 1"


WELCOME = feed.Welcome(
    venue="XVEN",
    version=1,
    heartbeat_ns=1,
    instruments=[
        feed.InstrumentInfo(
            symbol=symbol, tick_size=tick, lot_size="1", price_decimals=4, quantity_decimals=0
        )
        for symbol, tick in (("AAPL", "0.01"), ("NEW", "0.07"))
    ],
)


def trade(number: int, price: str) -> feed.TradeInfo:
    return feed.TradeInfo(
        match_number=number, price=price, quantity="1", aggressor="buy", time_ns=1
    )


async def test_the_public_feed_tells_instruments_and_new_trades() -> None:
    async def venue(socket: ServerConnection) -> None:
        await socket.send(feed.encode(WELCOME).decode())
        async for _ in socket:
            old = feed.Trades(symbol="AAPL", version=1, trades=[trade(1, "186")])
            new = feed.TradesDelta(
                symbol="AAPL", version=2, prev_version=1, trades=[trade(2, "187.01")]
            )
            again = feed.Trades(
                symbol="AAPL", version=3, trades=[trade(2, "187.01"), trade(3, "187.02")]
            )
            for message in (old, new, again):
                await socket.send(feed.encode(message).decode())

    async with serve(venue, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        url = f"ws://127.0.0.1:{port}"
        found = await discover(url)
        assert [(one.symbol, one.tick_size, one.reference_price) for one in found] == [
            (b"AAPL", 100, 1_870_000),
            (b"NEW", 700, 999_600),
        ]
        told: list[TradePrinted] = []
        both = asyncio.Event()

        def tell(printed: TradePrinted) -> None:
            told.append(printed)
            if len(told) == 2:
                both.set()

        public = PublicFeed(url, found[:1], tell)
        task = asyncio.ensure_future(public.run())
        await asyncio.wait_for(both.wait(), 10)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert told == [TradePrinted(b"AAPL", 1_870_100), TradePrinted(b"AAPL", 1_870_200)]
    assert public.heard


async def test_no_venue_is_said_with_its_address() -> None:
    with pytest.raises(FeedUnavailable, match=r"ws://127\.0\.0\.1:1: "):
        await discover("ws://127.0.0.1:1")


def test_ports_come_from_file_base_or_defaults(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    file.write_text('{"host": "127.0.0.1", "fix": 1, "ws": 2}')
    assert simulate.find_ports(file, None) == {"fix": 1, "ws": 2}
    based = {name: 100 + number for number, name in enumerate(PORT_NAMES)}
    assert simulate.find_ports(None, 100) == based
    assert simulate.find_ports(None, None)["fix"] == 9878
    with pytest.raises(simulate.NoVenue, match="ports file"):
        simulate.find_ports(tmp_path / "absent.json", None)


def test_mix_takes_the_wires_that_are_there() -> None:
    assert simulate.choose_wires("mix", {"fix": 1, "ws": 2}) == ["fix", "ws"]
    assert simulate.choose_wires("ouch", {"ouch42": 1}) == ["ouch"]
    with pytest.raises(simulate.NoVenue, match="no port for ouch"):
        simulate.choose_wires("ouch", {"fix": 1})


async def test_a_child_of_the_demo_says_how_it_ended() -> None:
    child = await demo.Child.start("--version")
    assert (await child.first_line()).startswith("venue ")
    assert await asyncio.wait_for(child.exited, 10) == 0
    assert await child.stop() == 0
