"""The log in memory gives back what it holds and forgets the oldest first."""

from gateway.journal.log import MemoryLog


def test_batches_are_numbered_from_one_and_read_back() -> None:
    log = MemoryLog()
    assert [log.append(payload) for payload in (b"a", b"", b"c")] == [1, 2, 3]
    assert log.next_batch == 4
    assert list(log.read(1)) == [(1, b"a"), (2, b""), (3, b"c")]
    assert list(log.read(3)) == [(3, b"c")]
    assert [log.payload(number) for number in range(5)] == [None, b"a", b"", b"c", None]
    log.close()


def test_the_oldest_batches_are_dropped_at_the_limit() -> None:
    log = MemoryLog(bytes_max=10)
    for _ in range(5):
        log.append(b"four")
    assert log.next_batch == 6
    assert list(log.read(1)) == [(4, b"four"), (5, b"four")]
    assert log.payload(3) is None
