"""The ITCH port of a whole process: the opening, a stop without End of Session, the next life."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from protocol.soupbintcp.packets import LoginRequest, encode_login_request

ROOT = Path(__file__).parents[3]
WITHIN_S = 30

Start = Callable[[], tuple[subprocess.Popen[str], int]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    processes: list[subprocess.Popen[str]] = []

    def begin() -> tuple[subprocess.Popen[str], int]:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "serve", "--port-base", "0"],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "PATH": ""},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        processes.append(process)
        assert process.stdout is not None
        words = process.stdout.readline().split()
        (address,) = (word for word in words if word.startswith("itch="))
        return process, int(address.rpartition(":")[2])

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def packets_to_end(sock: socket.socket) -> Iterator[bytes]:
    """Type and payload of every packet but heartbeats."""
    with sock.makefile("rb") as reader:
        while size := reader.read(2):
            packet = reader.read(int.from_bytes(size, "big"))
            if packet != b"H":
                yield packet


@pytest.mark.slow
def test_the_next_life_tells_the_day_again_byte_for_byte(start: Start) -> None:
    lives: list[list[bytes]] = []
    for _ in range(2):
        process, port = start()
        sock = socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S)
        sock.sendall(encode_login_request(LoginRequest(b"SIM001", b"SIM001", b"", 1)))
        packets = packets_to_end(sock)
        told = []
        while not told or told[-1][-1:] != b"Q":
            told.append(next(packets))
        process.send_signal(signal.SIGTERM)
        # No End of Session: the subscriber comes back to the same one.
        assert list(packets) == []
        assert process.wait(WITHIN_S) == 0
        lives.append(told)
    first, second = lives
    assert [packet[:2] for packet in first[1:]] == [
        *(b"SS", b"SS", b"SR", b"SR", b"SR", b"SH", b"SH", b"SH", b"SS"),
    ]
    assert first == second
