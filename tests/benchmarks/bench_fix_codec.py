"""Costs of the FIX order path in microseconds a message: best of several rounds, collector off.

    python tests/benchmarks/bench_fix_codec.py

Every session check is on; 32 messages a read.
"""

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from protocol.fix.dictionary import parse_table
from protocol.fix.framing import checksum, next_frame
from protocol.fix.message import decode
from protocol.fix.messages import ExecutionReport, NewOrderSingle, order_entry_message
from protocol.fix.orders import order_entry_body
from protocol.fix.reports import execution_report
from protocol.fix.rules import check_header
from protocol.fix.session import FixSession
from protocol.fix.settings import FixSettings
from protocol.fix.stream import FixStream
from protocol.fix.validation import Validator
from protocol.fix.version import FIX42, FIX44, Version
from protocol.receive_buffer import ReceiveBuffer

NOW_NS = 1_700_000_000_123_456_789
PER_READ = 32
READS = 200
ROUNDS = 9


TABLE = parse_table((Path(__file__).parents[2] / "specs/fix/dictionary.txt").read_bytes())


def validator(version: Version) -> Validator:
    return Validator(TABLE.dictionary(version.code))


def best(run: Callable[[], int]) -> float:
    """Microseconds per unit of the fastest round; `run` returns how many units it did."""
    fastest = float("inf")
    for _ in range(ROUNDS):
        begin = time.perf_counter_ns()
        units = run()
        fastest = min(fastest, (time.perf_counter_ns() - begin) / units / 1000)
    return fastest


def order(number: int) -> NewOrderSingle:
    return NewOrderSingle(
        0, b"ORDER%08d" % number, b"ACCOUNT1", b"AAPL", b"1", b"100", b"2", b"187.0500", b"0",
        b"20231114-22:13:20.123", b"1",
    )  # fmt: skip


def client_frames(version: Version, count: int) -> list[bytes]:
    """A Logon and `count` orders as a client would send them."""
    stream = FixStream(version, sender_comp_id=b"CLIENT01", target_comp_id=b"XVEN")
    frames = [stream.write(b"A", b"98=0\x01108=30\x01", NOW_NS)]
    return frames + [
        stream.write(*order_entry_body(order(number)), NOW_NS) for number in range(count)
    ]


def accepted(logon: bytes, version: Version) -> FixSession:
    session = FixSession.acceptor(NOW_NS)
    session.receive_data(logon, NOW_NS)
    session.next_event()
    stream = FixStream(version, sender_comp_id=b"XVEN", target_comp_id=b"CLIENT01")
    session.accept(stream, FixSettings(validator=validator(version)), NOW_NS)
    while session.next_event() is not None:
        pass
    return session


def receive(version: Version) -> float:
    """Reads of 32 orders until next_event has nothing more; the layout is learned before."""
    frames = client_frames(version, PER_READ * READS + 2)
    reads = [b"".join(frames[at : at + PER_READ]) for at in range(3, len(frames), PER_READ)]
    fastest = float("inf")
    for _ in range(ROUNDS):
        session = accepted(frames[0], version)
        session.receive_data(frames[1] + frames[2], NOW_NS)
        while session.next_event() is not None:
            pass
        count = 0
        begin = time.perf_counter_ns()
        for read in reads:
            session.receive_data(read, NOW_NS)
            while session.next_event() is not None:
                count += 1
            session.take_consumed()
        fastest = min(fastest, (time.perf_counter_ns() - begin) / count / 1000)
        assert count == PER_READ * READS
    return fastest


def general(version: Version) -> float:
    frame = client_frames(version, 1)[1]
    judge = validator(version)

    def run() -> int:
        for _ in range(2000):
            buffer = ReceiveBuffer(65536)
            buffer.append(frame)
            framed = next_frame(buffer)
            assert framed is not None
            message = decode(framed.data)
            check_header(message)
            judge.check(message)
            order_entry_message(message, 2)
        return 2000

    return best(run)


def report(number: int) -> ExecutionReport:
    return ExecutionReport(
        order_id=b"%d" % number, exec_id=b"%d" % (number * 7), exec_type=b"0", ord_status=b"0",
        symbol=b"AAPL", side=b"1", leaves_qty=b"100", cum_qty=b"0", avg_px=b"0",
        cl_ord_id=b"ORDER00000001", secondary_order_id=b"%d" % number, account=b"ACCOUNT1",
        order_qty=b"100", ord_type=b"2", price=b"187.0500", time_in_force=b"0",
        transact_time=b"20231114-22:13:20.123",
    )  # fmt: skip


def write(version: Version) -> float:
    def run() -> int:
        stream = FixStream(version, sender_comp_id=b"XVEN", target_comp_id=b"CLIENT01")
        stream.attach()
        for number in range(6000):
            stream.write(b"8", execution_report(version, report(number)), NOW_NS)
        return 6000

    return best(run)


def body(version: Version) -> float:
    made = report(12345)

    def run() -> int:
        for _ in range(6000):
            execution_report(version, made)
        return 6000

    return best(run)


def stream_write(version: Version) -> float:
    made = execution_report(version, report(12345))

    def run() -> int:
        stream = FixStream(version, sender_comp_id=b"XVEN", target_comp_id=b"CLIENT01")
        stream.attach()
        for _ in range(6000):
            stream.write(b"8", made, NOW_NS)
        return 6000

    return best(run)


def sums(size: int) -> float:
    data = bytes(range(48, 122)) * (size // 74 + 1)
    data = data[:size]

    def run() -> int:
        for _ in range(6000):
            checksum(data)
        return 6000

    return best(run)


def main() -> None:
    gc.disable()
    size = len(client_frames(FIX44, 1)[1])
    for version in (FIX42, FIX44):
        print(f"{version.name} receive_data + next_event, {size} bytes  {receive(version):6.2f}")
        print(f"{version.name} general decoder and rules        {general(version):6.2f}")
        print(f"{version.name} ExecutionReport: Struct + body + write {write(version):6.2f}")
        print(f"{version.name}   of which body                  {body(version):6.2f}")
        print(f"{version.name}   of which write                 {stream_write(version):6.2f}")
    print(f"checksum of 170 bytes {sums(170):6.2f}, of 400 bytes {sums(400):6.2f}")


if __name__ == "__main__":
    main()
