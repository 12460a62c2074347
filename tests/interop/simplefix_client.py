"""A FIX client of a few lines: `simplefix` for the bytes, a plain socket, no session engine."""

import socket
import ssl
from datetime import UTC, datetime
from typing import Self

import simplefix

WITHIN_S = 30
VENUE = "XVEN"


class SimplefixClient:
    """Keeps its own two numbers; answers nothing by itself but a TestRequest."""

    def __init__(
        self,
        port: int,
        name: str,
        version: str = "FIX.4.4",
        *,
        next_number: int = 1,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.name = name
        self.version = version
        self.next_number = next_number
        self.expected_number = 1
        self._parser = simplefix.FixParser()
        self._socket = socket.create_connection(("127.0.0.1", port), WITHIN_S)
        if context is not None:
            self._socket = context.wrap_socket(self._socket, server_hostname="localhost")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, msg_type: str, *fields: tuple[int, str | int]) -> None:
        message = simplefix.FixMessage()
        header = ((8, self.version), (35, msg_type), (49, self.name), (56, VENUE))
        for tag, value in (*header, (34, self.next_number)):
            message.append_pair(tag, value, header=True)
        message.append_utc_timestamp(52, header=True)
        for tag, value in fields:
            message.append_pair(tag, value)
        self.next_number += 1
        self._socket.sendall(message.encode())

    def receive(self) -> dict[int, str]:
        """The next message but heartbeats, by tag; its MsgSeqNum must be the next one."""
        while True:
            message = self._parser.get_message()
            if message is None:
                data = self._socket.recv(65536)
                if not data:
                    raise ConnectionError(f"{self.name}: closed by the venue")
                self._parser.append_buffer(data)
                continue
            fields = {int(tag): value.decode() for tag, value in message.pairs}
            assert fields[34] == str(self.expected_number), fields
            self.expected_number += 1
            if fields[35] == "1":
                self.send("0", (112, fields[112]))
            elif fields[35] != "0":
                return fields

    def logon(self) -> dict[int, str]:
        self.send("A", (98, 0), (108, 30))
        answer = self.receive()
        assert answer[35] == "A", answer
        return answer

    def order(self, cl_ord_id: str, side: int, quantity: int, symbol: str, price: str) -> None:
        """A DAY limit order; side 1 buys, 2 sells."""
        now = datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S.%f")[:-3]
        self.send(
            "D",
            *((11, cl_ord_id), (21, 1), (55, symbol), (54, side), (60, now)),
            *((38, quantity), (40, 2), (44, price), (59, 0)),
        )

    def logout(self) -> None:
        self.send("5")
        answer = self.receive()
        assert answer[35] == "5", answer
