"""SoupBinTCP over a plain socket, from the public layouts alone: any bytes that a test wants."""

import socket
import struct
import time
from typing import Self

WITHIN_S = 30


def packet(kind: str, payload: bytes = b"") -> bytes:
    """The length counts type and payload."""
    return struct.pack(">Hc", 1 + len(payload), kind.encode()) + payload


def login_packet(
    name: str, *, password: str = "", session: str = "", sequence: str = "1", idle_ms: str = ""
) -> bytes:
    """49 bytes as in 3.00 and 4.00, 54 with the heartbeat timeout of 4.10."""
    text = f"{name:6}{password or name:10}{session:>10}{sequence:>20}"
    return packet("L", (text + (f"{idle_ms:>5}" if idle_ms else "")).encode())


def packets_in(received: bytes | bytearray) -> tuple[list[tuple[str, bytes]], bytes]:
    """The whole packets as (type, payload), and the bytes that begin the next one."""
    found = []
    start = 0
    while len(received) - start >= 3:
        end = start + 2 + int.from_bytes(received[start : start + 2], "big")
        if end > len(received):
            break
        found.append((chr(received[start + 2]), bytes(received[start + 3 : end])))
        start = end
    return found, bytes(received[start:])


class RawSoup:
    """One connection. Heartbeats of the venue are counted and left out of what is received."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), WITHIN_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.types: list[str] = []
        self.payloads: list[bytes] = []
        self._waiting: list[tuple[str, bytes]] = []
        self._rest = b""

    @classmethod
    def login(
        cls,
        port: int,
        name: str,
        *,
        sequence: str = "1",
        session: str = "",
        idle_ms: str = "",
    ) -> Self:
        client = cls(port)
        client.send(login_packet(name, sequence=sequence, session=session, idle_ms=idle_ms))
        kind, _ = client.receive()
        assert kind == "A", kind
        return client

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def order(self, *messages: bytes) -> None:
        """Each in an Unsequenced Data packet, all in one write."""
        self.send(b"".join(packet("U", message) for message in messages))

    def receive(self) -> tuple[str, bytes]:
        """The next packet but heartbeats; EOFError where the venue closed instead."""
        return self._packet(heartbeats=False)

    def heartbeat(self) -> None:
        """Wait for the venue's next heartbeat, before which nothing else may come."""
        assert self._packet(heartbeats=True) == ("H", b"")

    def message(self) -> bytes:
        """The payload of the next packet, which has to be sequenced."""
        kind, payload = self.receive()
        assert kind == "S", (kind, payload)
        return payload

    def rest(self) -> list[tuple[str, bytes]]:
        """Every packet until the venue closes; a connection cut hard is closed too."""
        found = []
        while True:
            try:
                found.append(self.receive())
            except EOFError:
                return found

    def close(self) -> None:
        self.socket.close()

    def _packet(self, *, heartbeats: bool) -> tuple[str, bytes]:
        deadline = time.monotonic() + WITHIN_S
        while True:
            while self._waiting:
                kind, payload = self._waiting.pop(0)
                self.types.append(kind)
                if kind == "S":
                    self.payloads.append(payload)
                if kind != "H" or heartbeats:
                    return kind, payload
            if time.monotonic() > deadline:
                raise TimeoutError(f"no packet but heartbeats within {WITHIN_S} s")
            try:
                piece = self.socket.recv(65_536)
            except ConnectionResetError:
                piece = b""
            if not piece:
                assert self._rest == b"", self._rest
                raise EOFError("the venue closed the connection")
            self._waiting, self._rest = packets_in(self._rest + piece)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
