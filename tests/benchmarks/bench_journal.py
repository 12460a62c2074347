"""What the journal costs an order, by batch size and durability. A script, not a test.

Run: python tests/benchmarks/bench_journal.py [directory]. The directory decides which disk it is.
One order is a Received share of 170 bytes, an EnterOrder and an ExecutionReport of 230 bytes. Best
of 5; `none`, `process` and reading in process CPU time, `disk` in wall time.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns, process_time_ns

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gateway.journal.file_log import Durability, FileLog
from gateway.journal.history import SentHistory
from gateway.journal.log import MemoryLog, SequencedLog
from gateway.journal.reader import open_reader
from gateway.journal.records import Batch, FramesOut, Received, SessionNumbers, encode_batch
from gateway.journal.recovery import fold
from matching.commands import EnterOrder
from matching.types import OrderType, Side, TimeInForce

ROUNDS = 5
REQUEST = b"8=FIX.4.4\x019=150\x0135=D\x01".ljust(170, b"x")
REPORT = b"8=FIX.4.4\x019=210\x0135=8\x01".ljust(230, b"x")


def _batch(tick: int, orders: int) -> Batch:
    first = tick * orders + 1
    return Batch(
        1_767_614_400_000_000_000 + tick,
        first,
        [Received(1, REQUEST * orders)],
        [
            EnterOrder(
                1,
                1,
                1,
                b"%d" % number,
                Side.BUY,
                OrderType.LIMIT,
                TimeInForce.DAY,
                100,
                1_870_000,
            )
            for number in range(first, first + orders)
        ],
        [FramesOut(1, first, [REPORT] * orders)],
        [SessionNumbers(1, first + orders, first + orders)],
        tick,
    )


def _append_cost(
    log: SequencedLog, ticks: int, orders: int, clock: Callable[[], int]
) -> tuple[float, float]:
    """Microseconds an order, with and without making and encoding the batch."""
    begin = clock()
    for tick in range(ticks):
        log.append(encode_batch(_batch(tick, orders)))
    whole = clock() - begin
    payload = encode_batch(_batch(1, orders))
    begin = clock()
    for _ in range(ticks):
        log.append(payload)
    return whole / ticks / orders / 1000, (clock() - begin) / ticks / orders / 1000


def _best(
    make: Callable[[], SequencedLog], ticks: int, orders: int, clock: Callable[[], int]
) -> str:
    whole, append = [], []
    for _ in range(ROUNDS):
        log = make()
        one = _append_cost(log, ticks, orders, clock)
        log.close()
        whole.append(one[0])
        append.append(one[1])
    return f"{min(whole):8.2f} us/order, of it append {min(append):6.2f}"


def _measure_appending(directory: Path) -> None:
    for orders, ticks in ((1, 20_000), (8, 4_000), (64, 1_000)):

        def fresh(durability: Durability) -> SequencedLog:
            shutil.rmtree(directory, ignore_errors=True)
            return FileLog(directory, durability)

        print(f"{orders:3} orders a batch")
        print(f"  memory  {_best(MemoryLog, ticks, orders, process_time_ns)}")
        for durability in (Durability.NONE, Durability.PROCESS):
            cost = _best(lambda kind=durability: fresh(kind), ticks, orders, process_time_ns)
            print(f"  {durability.value:7} {cost}")
        cost = _best(lambda: fresh(Durability.DISK), ticks // 20, orders, perf_counter_ns)
        print(f"  {Durability.DISK.value:7} {cost}")


def _measure_reading(directory: Path) -> None:
    for orders, ticks in ((1, 100_000), (64, 4_000)):
        shutil.rmtree(directory, ignore_errors=True)
        log = FileLog(directory)
        for tick in range(ticks):
            log.append(encode_batch(_batch(tick, orders)))
        log.close()
        size = sum(path.stat().st_size for path in directory.iterdir())
        begin = perf_counter_ns()
        FileLog(directory).abandon()
        opening = (perf_counter_ns() - begin) / 1e6
        log = FileLog(directory)
        history = SentHistory(log)
        begin = process_time_ns()
        sum(1 for _ in open_reader(directory).read(1))
        read = (process_time_ns() - begin) / ticks / 1000
        begin = process_time_ns()
        fold(log.read(1), lambda number, batch, note=history.note: note(number, batch.frames))
        folded = (process_time_ns() - begin) / ticks / 1000
        begin = process_time_ns()
        resent = sum(frame is not None for _, frame in history.reader(1)(1, 20_001))
        resend = (process_time_ns() - begin) / resent / 1000
        log.close()
        print(
            f"{orders:3} orders a batch, {size >> 20} MiB: opening {opening:.0f} ms, reading "
            f"{read:.2f} us/batch, folding {folded:.2f}, resending {resend:.2f} us/frame, "
            f"offsets {log.index_bytes >> 10} KiB"
        )


def main() -> None:
    base = sys.argv[1] if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(dir=base) as name:
        _measure_appending(Path(name) / "journal")
        _measure_reading(Path(name) / "journal")


if __name__ == "__main__":
    main()
