"""What `Engine.apply` costs, and what decided how prices are kept. A script, not a test.

Run: python tests/benchmarks/bench_engine.py [orders]. Best of 7, process CPU time, collector off.
"""

import gc
import random
import sys
from bisect import bisect_left, insort
from collections.abc import Callable
from pathlib import Path
from time import process_time_ns

from sortedcontainers import SortedList

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from matching.commands import (
    AddAccount,
    AddInstrument,
    CancelOrder,
    Command,
    EnterOrder,
    RegisterSession,
    ReplaceOrder,
    StartOfDay,
)
from matching.engine import Engine
from matching.instrument import Instrument
from matching.types import OrderType, Side, TimeInForce

ROUNDS = 7
LIMIT, DAY, IOC = OrderType.LIMIT, TimeInForce.DAY, TimeInForce.IOC


def engine_open() -> Engine:
    engine = Engine()
    engine.apply(AddAccount(b"A"), 0)
    engine.apply(RegisterSession(1, b"FIX", (b"A",)), 0)
    engine.apply(AddInstrument(Instrument(b"AAPL")), 0)
    engine.apply(StartOfDay(20250102, 0), 0)
    return engine


def order(side: Side, price: int, quantity: int = 100, tif: TimeInForce = DAY) -> EnterOrder:
    return EnterOrder(1, 1, 1, b"C1", side, LIMIT, tif, quantity, price)


def best(prepare: Callable[[], tuple[Engine, list[Command]]]) -> float:
    costs = []
    for _ in range(ROUNDS):
        engine, commands = prepare()
        apply = engine.apply
        begin = process_time_ns()
        for command in commands:
            apply(command, 0)
        costs.append((process_time_ns() - begin) / len(commands) / 1000)
    return min(costs)


def resting(orders: int) -> tuple[Engine, list[Command]]:
    chance = random.Random(1)
    return engine_open(), [order(Side.BUY, 100 * chance.randint(1000, 1200)) for _ in range(orders)]


def crossing(orders: int) -> tuple[Engine, list[Command]]:
    engine = engine_open()
    for _ in range(orders):
        engine.apply(order(Side.SELL, 100_000), 0)
    return engine, [order(Side.BUY, 100_000, 100, IOC) for _ in range(orders)]


def canceling(orders: int) -> tuple[Engine, list[Command]]:
    engine, entries = resting(orders)
    for entry in entries:
        engine.apply(entry, 0)
    ids = list(range(1, orders + 1))
    random.Random(2).shuffle(ids)
    return engine, [CancelOrder(1, 1, order_id, b"X") for order_id in ids]


def replacing(orders: int) -> tuple[Engine, list[Command]]:
    engine, entries = resting(orders)
    for entry in entries:
        engine.apply(entry, 0)
    chance = random.Random(2)
    return engine, [
        ReplaceOrder(1, 1, order_id, b"X", 100, 100 * chance.randint(1000, 1200), True)
        for order_id in range(1, orders + 1)
    ]


def refreshing(orders: int) -> tuple[Engine, list[Command]]:
    """Each incoming order takes what one of a hundred reserve orders shows."""
    engine = engine_open()
    for _ in range(100):
        entry = EnterOrder(
            *(1, 1, 1, b"C1", Side.SELL, LIMIT, DAY, 900_000, 100_000), display_quantity=1_000
        )
        engine.apply(entry, 0)
    count = min(orders, 80_000)
    return engine, [order(Side.BUY, 100_000, 1_000, IOC) for _ in range(count)]


def levels(count: int) -> None:
    """One price appears at and one disappears from a random place among `count`."""
    chance = random.Random(3)
    prices = chance.sample(range(10 * count + 20_000), count + 20_000)
    plain = sorted(prices[:count])
    sorted_list = SortedList(prices[:count])
    moves = prices[count:]
    begin = process_time_ns()
    for price in moves:
        insort(plain, price)
        del plain[bisect_left(plain, price)]
    middle = process_time_ns()
    for price in moves:
        sorted_list.add(price)
        sorted_list.remove(price)
    end = process_time_ns()
    print(
        f"levels {count:>7}: list {(middle - begin) / len(moves) / 1000:6.2f} us, "
        f"SortedList {(end - middle) / len(moves) / 1000:6.2f} us"
    )


def main() -> None:
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    gc.disable()
    for prepare in (resting, crossing, canceling, replacing, refreshing):
        print(f"{prepare.__name__:>10}: {best(lambda p=prepare: p(orders)):5.2f} us a command")
    engine, entries = resting(200_000)
    for entry in entries:
        engine.apply(entry, 0)
    begin = process_time_ns()
    engine.state_hash()
    print(f"state_hash: {(process_time_ns() - begin) / 1e9 * 5:.2f} s per million orders")
    for count in (300, 3_000, 30_000, 300_000):
        levels(count)


if __name__ == "__main__":
    main()
