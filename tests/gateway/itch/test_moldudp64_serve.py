"""MoldUDP64 of a whole process: what venue.toml asks for, over two lives of one day."""

import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.moldudp64 import Downstream, Request, decode_downstream, encode_request
from protocol.soupbintcp.packets import LoginRequest, encode_login_request

ROOT = Path(__file__).parents[3]
WITHIN_S = 30
CONFIG = """\
[itch.moldudp64]
publish = "127.0.0.1:{publish}"
requests = "127.0.0.1:{requests}"
"""


def free_udp_port() -> int:
    """Below the range from which systems take clients' ports: nobody gets it meanwhile."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(WITHIN_S)
        yield sock


def receive(receiver: socket.socket) -> Downstream:
    packet = decode_downstream(receiver.recv(1 << 16))
    assert isinstance(packet, Downstream)
    return packet


def over_tcp(port: int, count: int) -> tuple[bytes, ...]:
    """The first messages of the day, as a SoupBinTCP subscriber gets them."""
    messages: list[bytes] = []
    with (
        socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S) as sock,
        sock.makefile("rb") as reader,
    ):
        sock.sendall(encode_login_request(LoginRequest(b"SIM001", b"SIM001", b"", 1)))
        while len(messages) < count:
            packet = reader.read(int.from_bytes(reader.read(2), "big"))
            if packet[:1] == b"S":
                messages.append(packet[1:])
    return tuple(messages)


@pytest.mark.slow
def test_an_idle_venue_tells_where_it_is_and_gives_the_day_again(
    tmp_path: Path, receiver: socket.socket
) -> None:
    requests = free_udp_port()
    config = tmp_path / "venue.toml"
    config.write_text(CONFIG.format(publish=receiver.getsockname()[1], requests=requests))
    command = [sys.executable, "-m", "gateway", "serve", "--port-base", "0"]
    days = []
    for _ in range(2):
        process = subprocess.Popen(
            [*command, "--config", str(config)],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "PATH": ""},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout is not None
            words = process.stdout.readline().split()
            (address,) = (word for word in words if word.startswith("itch="))
            heartbeat = receive(receiver)
            assert heartbeat.messages == ()
            count = heartbeat.sequence_number - 1
            request = Request(heartbeat.session, 1, count)
            receiver.sendto(encode_request(request), ("127.0.0.1", requests))
            answer = receive(receiver)
            while not answer.messages:
                answer = receive(receiver)
            assert answer.messages == over_tcp(int(address.rpartition(":")[2]), count)
            days.append(answer)
            process.send_signal(signal.SIGTERM)
            assert process.wait(WITHIN_S) == 0
        finally:
            process.kill()
            process.communicate()
    # Three instruments: two system events, a directory and an action each, the market's opening.
    assert (days[0].sequence_number, len(days[0].messages)) == (1, 9)
    assert days[0] == days[1]
