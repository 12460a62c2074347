"""What went over a relay, written as the packet capture that it would have been: for where nobody
may capture, and without chance."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tests.interop.capture import Traffic

WITHIN_S = 60
SEGMENT_MAX = 32_768
RAW_IP = 101
"""LINKTYPE_RAW of the pcap format: packets begin with their IP header."""
SYN, ACK, PSH, FIN = 0x02, 0x10, 0x08, 0x01
LOOPBACK = socket.inet_aton("127.0.0.1")


class _Flow:
    """One connection: who sent what, in the order in which the relay saw it."""

    def __init__(self, client_port: int) -> None:
        self.client_port = client_port
        self.pieces: list[tuple[int, bool, bytes]] = []
        """Time in microseconds, whether the client sent it, bytes; none is its end."""

    @property
    def ended_by_venue(self) -> bool:
        return any(not data and not client_sent for _, client_sent, data in self.pieces)


class Recording(Traffic):
    """A relay in front of a port of the venue; clients connect to `port`."""

    def __init__(self, folder: Path, venue_port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        super().__init__(folder / "day.pcap", self._listener.getsockname()[1])
        self._venue_port = venue_port
        self._flows: list[_Flow] = []

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def stop(self, marker: bytes) -> None:
        """Once the venue has ended every connection, among them the one that sent `marker`."""
        deadline = time.monotonic() + WITHIN_S
        while not (
            any(marker in data for flow in self._flows for _, _, data in flow.pieces)
            and all(flow.ended_by_venue for flow in self._flows)
        ):
            assert time.monotonic() < deadline, "a connection never ended"
            time.sleep(0.05)
        self.file.write_bytes(_pcap(self._flows, self.port))

    def _start(self, target: Callable[..., None], *args: object) -> None:
        threading.Thread(target=target, args=args, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, (_, client_port) = self._listener.accept()
            except OSError:
                return
            venue = socket.create_connection(("127.0.0.1", self._venue_port), WITHIN_S)
            venue.settimeout(None)
            for end in (client, venue):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            flow = _Flow(client_port)
            self._flows.append(flow)
            self._start(self._pump, flow, True, client, venue)
            self._start(self._pump, flow, False, venue, client)

    @staticmethod
    def _pump(flow: _Flow, client_sent: bool, source: socket.socket, target: socket.socket) -> None:
        data = b"x"
        while data:
            try:
                data = source.recv(SEGMENT_MAX)
            except OSError:
                data = b""
            flow.pieces.append((time.time_ns() // 1_000, client_sent, data))
            try:
                if data:
                    target.sendall(data)
                else:
                    target.shutdown(socket.SHUT_WR)
            except OSError:
                pass


def _pcap(flows: list[_Flow], port: int) -> bytes:
    packets = sorted(
        (packet for flow in flows for packet in _packets(flow, port)), key=lambda packet: packet[0]
    )
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, RAW_IP)]
    for at_us, data in packets:
        out.append(struct.pack("<IIII", *divmod(at_us, 1_000_000), len(data), len(data)) + data)
    return b"".join(out)


def _packets(flow: _Flow, port: int) -> list[tuple[int, bytes]]:
    """Handshake, segments and ends of one connection, with sequence numbers from 0."""
    begin = flow.pieces[0][0] if flow.pieces else 0
    next_numbers = {True: 0, False: 0}
    found: list[tuple[int, bytes]] = []

    def add(at_us: int, client_sent: bool, flags: int, data: bytes = b"") -> None:
        ends = (flow.client_port, port) if client_sent else (port, flow.client_port)
        numbers = (next_numbers[client_sent], next_numbers[not client_sent] if flags & ACK else 0)
        tcp = struct.pack(">HHIIBBHHH", *ends, *numbers, 5 << 4, flags, 0xFFFF, 0, 0)
        size = 20 + len(tcp) + len(data)
        ip = struct.pack(">BBHHHBBH", 0x45, 0, size, 0, 0x4000, 64, 6, 0) + LOOPBACK * 2
        found.append((at_us, ip + tcp + data))
        next_numbers[client_sent] += len(data) + (flags & (SYN | FIN) != 0)

    add(begin, True, SYN)
    add(begin, False, SYN | ACK)
    add(begin, True, ACK)
    for at_us, client_sent, data in flow.pieces:
        add(at_us, client_sent, (PSH if data else FIN) | ACK, data)
    return found
