"""MoldUDP64 over sockets: unicast on loopback, lost datagrams, garbage, a journal that is full."""

import asyncio
import socket
from collections.abc import Callable

import pytest

from gateway.config import Listen
from gateway.config_moldudp64 import Address, MoldUdp64
from gateway.edge import CONNECTIONS_MAX, Door, Edge, Gate
from gateway.itch import moldudp64
from gateway.itch.feed import ItchFeed
from gateway.itch.moldudp64 import MoldFeed, MoldPorts
from gateway.itch.port import ItchPort
from gateway.shell import VenueFailed
from matching.commands import AddInstrument, EndOfDay
from matching.events import DayStarted, InstrumentAdded
from matching.instrument import Instrument
from protocol.moldudp64 import (
    Downstream,
    EndOfSession,
    Request,
    decode_downstream,
    encode_request,
)
from protocol.soupbintcp.line import SoupSettings
from protocol.soupbintcp.packets import LoginRequest, encode_login_request
from tests.gateway.socket_stage import LOOPS, SocketStage, drive

ASK_AGAIN_SECONDS = 0.2
NEVER_SECONDS = 3_600.0
Packet = Downstream | EndOfSession


class MoldStage(SocketStage):
    """A venue with its ITCH stream in datagrams, and a receiver of them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.itch: ItchFeed
        self.ports: MoldPorts
        self.receiver: socket.socket

    async def open(self, group: str = "") -> "MoldStage":
        await super().open()
        loop = asyncio.get_running_loop()
        self.itch = ItchFeed("", loop.call_soon, self.lines.append)
        listed = self.venue.engine.instruments
        self.itch.observe(
            [InstrumentAdded(number, one.instrument) for number, one in listed.items()], 0
        )
        self.itch.observe([DayStarted(20240102, 0)], self.clock.now_ns())
        self.shell.watchers.append(self.itch.watch)
        self.receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.receiver.setblocking(False)
        self.receiver.bind((group or "127.0.0.1", 0))
        port = self.receiver.getsockname()[1]
        self.ports = MoldPorts(self.shell, MoldFeed(self.itch), self.lines.append)
        await self.ports.open(
            MoldUdp64(publish=f"{group or '127.0.0.1'}:{port}", requests="127.0.0.1:0"), Listen()
        )
        return self

    async def close(self) -> None:
        self.ports.close()
        self.receiver.close()
        await super().close()

    @property
    def requests(self) -> Address:
        address = self.ports.requests_address
        assert address is not None
        return address

    async def list_instruments(self, count: int) -> None:
        """New messages of the stream in so many ticks."""
        first = len(self.venue.engine.instruments)
        for number in range(first, first + count):
            await self.shell.control(AddInstrument(Instrument(symbol=b"S%05d" % number)))

    async def packet(self) -> Packet:
        data = await asyncio.get_running_loop().sock_recv(self.receiver, 1 << 16)
        return decode_downstream(data)

    def ask(self, number: int, count: int = 1) -> None:
        request = Request(self.itch.stream.session_id, number, count)
        self.receiver.sendto(encode_request(request), self.requests)


class Receiver:
    """Puts a session's messages together, asking again for what is missing."""

    def __init__(self, stage: MoldStage, loses: Callable[[int], bool]) -> None:
        self._stage = stage
        self._loses = loses
        self._arrived = 0
        self.requests = 0
        self.messages: dict[int, bytes] = {}

    async def receive_until(self, next_number: int) -> list[bytes]:
        """All messages below this number, in order."""
        while len(self.messages) < next_number - 1:
            try:
                packet = await asyncio.wait_for(self._stage.packet(), ASK_AGAIN_SECONDS)
            except TimeoutError:
                missing = (n for n in range(1, next_number) if n not in self.messages)
                self._stage.ask(next(missing), 0xFFFE)
                self.requests += 1
                continue
            self._arrived += 1
            if isinstance(packet, Downstream) and not self._loses(self._arrived):
                self.messages.update(enumerate(packet.messages, packet.sequence_number))
        return [self.messages[number] for number in range(1, next_number)]


async def read_over_tcp(stage: MoldStage, count: int) -> list[bytes]:
    """The first messages of the stream, as a SoupBinTCP subscriber gets them."""
    loop = asyncio.get_running_loop()
    gate = Gate(loop, stage.lines.append, CONNECTIONS_MAX)

    def accept() -> asyncio.BaseProtocol:
        return Edge(
            gate,
            Door("itch"),
            lambda guest: ItchPort(stage.itch, stage.shell, SoupSettings(), guest),
        )

    server = await loop.create_server(accept, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(encode_login_request(LoginRequest(b"TRADER", b"TRADER", b"", 1)))
    messages: list[bytes] = []
    while len(messages) < count:
        size = int.from_bytes(await reader.readexactly(2), "big")
        packet = await reader.readexactly(size)
        if packet[:1] == b"S":
            messages.append(packet[1:])
    writer.close()
    server.close()
    return messages


@pytest.mark.parametrize("loop_kind", LOOPS)
def test_a_receiver_that_loses_datagrams_gets_the_bytes_of_the_tcp_stream(loop_kind: str) -> None:
    async def scenario() -> None:
        stage = await MoldStage().open()
        receiver = Receiver(stage, lambda arrived: arrived % 3 == 0)
        await stage.list_instruments(60)
        following = stage.itch.stream.next_number
        messages = await receiver.receive_until(following)
        # What was numbered before the publisher started has to be asked for at least.
        assert receiver.requests > 0
        assert messages == await read_over_tcp(stage, following - 1)
        await stage.close()
        assert stage.lines == [line for line in stage.lines if not line.startswith("moldudp64")]

    drive(loop_kind, scenario)


def test_a_tick_is_published_when_it_is_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moldudp64, "HEARTBEAT_SECONDS", NEVER_SECONDS)

    async def scenario() -> None:
        stage = await MoldStage().open()
        stream = stage.itch.stream
        first = stream.next_number
        await stage.list_instruments(1)
        messages = tuple(
            message for _, message in stream.read(first, stream.next_number) if message
        )
        assert messages
        assert await stage.packet() == Downstream(stream.session_id, first, messages)
        await stage.close()

    drive("uvloop", scenario)


def test_nothing_leaves_that_is_not_in_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moldudp64, "HEARTBEAT_SECONDS", NEVER_SECONDS)

    async def scenario() -> None:
        stage = await MoldStage().open()
        stage.log.full = True
        with pytest.raises(VenueFailed):
            await stage.list_instruments(1)
        # Were anything published, it would be in front of the answer.
        stage.ask(1)
        packet = await stage.packet()
        assert isinstance(packet, Downstream)
        assert (packet.sequence_number, len(packet.messages)) == (1, 1)
        await stage.close()

    drive("uvloop", scenario)


def test_an_idle_publisher_says_the_next_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moldudp64, "HEARTBEAT_SECONDS", 0.02)

    async def scenario() -> None:
        stage = await MoldStage().open()
        stream = stage.itch.stream
        heartbeat = Downstream(stream.session_id, stream.next_number)
        assert [await stage.packet() for _ in range(3)] == [heartbeat] * 3
        await stage.close()

    drive("uvloop", scenario)


def test_the_end_of_the_day_is_the_end_of_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moldudp64, "HEARTBEAT_SECONDS", 0.02)

    async def scenario() -> None:
        stage = await MoldStage().open()
        ended = stage.itch.stream
        await stage.shell.control(EndOfDay())
        ends = 0
        while ends < 3:
            packet = await stage.packet()
            if isinstance(packet, EndOfSession):
                assert packet == EndOfSession(ended.session_id, ended.next_number)
                ends += 1
        await stage.close()

    drive("uvloop", scenario)


def test_garbage_costs_one_line_and_the_next_request_is_answered() -> None:
    async def scenario() -> None:
        stage = await MoldStage().open()
        for size in range(1, 51):
            stage.receiver.sendto(b"?" * size, stage.requests)
        stage.ask(1)
        packet = await stage.packet()
        while not (isinstance(packet, Downstream) and packet.messages):
            packet = await stage.packet()
        assert packet.sequence_number == 1
        host, port = stage.receiver.getsockname()
        await stage.close()
        assert stage.lines == [
            f"moldudp64: datagrams ignored: 50, the first from {host}:{port}: "
            "header: expected 20 bytes, received 1"
        ]

    drive("uvloop", scenario)


def test_requests_beyond_a_second_s_share_are_not_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(moldudp64, "ANSWERS_PER_SECOND", 5)
    monkeypatch.setattr(moldudp64, "HEARTBEAT_SECONDS", NEVER_SECONDS)

    async def scenario() -> None:
        stage = await MoldStage().open()
        request = encode_request(Request(stage.itch.stream.session_id, 1, 1))
        for _ in range(8):
            stage.ports.datagram_received(request, stage.receiver.getsockname())
        for _ in range(5):
            await stage.packet()
        host, port = stage.receiver.getsockname()
        await stage.close()
        assert stage.lines == [
            f"moldudp64: datagrams ignored: 3, the first from {host}:{port}: "
            "expected at most 5 requests a second"
        ]

    drive("uvloop", scenario)


def test_whom_the_venue_does_not_let_connect_is_not_answered() -> None:
    async def scenario() -> None:
        stage = await MoldStage().open()
        ports = MoldPorts(stage.shell, MoldFeed(stage.itch), stage.lines.append)
        address = "{}:{}".format(*stage.receiver.getsockname())
        await ports.open(
            MoldUdp64(publish=address, requests="127.0.0.1:0"), Listen(allow=("10.0.0.0/8",))
        )
        ports.datagram_received(b"", ("127.0.0.1", 9))
        ports.close()
        await stage.close()
        assert stage.lines == [
            "moldudp64: datagrams ignored: 1, the first from 127.0.0.1:9: not one of listen.allow"
        ]

    drive("uvloop", scenario)


def test_strangers_use_up_nothing_of_what_others_may_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moldudp64, "ANSWERS_PER_SECOND", 1)
    monkeypatch.setattr(moldudp64, "HEARTBEAT_SECONDS", NEVER_SECONDS)

    async def scenario() -> None:
        stage = await MoldStage().open()
        ports = MoldPorts(stage.shell, MoldFeed(stage.itch), stage.lines.append)
        receiver = stage.receiver.getsockname()
        await ports.open(
            MoldUdp64(publish="{}:{}".format(*receiver), requests="127.0.0.1:0"),
            Listen(allow=("127.0.0.1",)),
        )
        request = encode_request(Request(stage.itch.stream.session_id, 1, 1))
        for _ in range(3):
            ports.datagram_received(request, ("10.0.0.1", 9))
        ports.datagram_received(request, receiver)
        await stage.packet()
        ports.close()
        await stage.close()
        assert stage.lines == [
            "moldudp64: datagrams ignored: 3, the first from 10.0.0.1:9: not one of listen.allow"
        ]

    drive("uvloop", scenario)


@pytest.mark.parametrize("loop_kind", LOOPS)
def test_a_receiver_that_is_not_there_disturbs_nobody(loop_kind: str) -> None:
    async def scenario() -> None:
        stage = await MoldStage().open()
        stage.receiver.close()
        await stage.list_instruments(20)
        assert not stage.shell.failed.done()
        await stage.close()
        assert stage.lines == []

    drive(loop_kind, scenario)


def test_a_group_is_published_to_where_the_venue_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moldudp64, "HEARTBEAT_SECONDS", NEVER_SECONDS)
    group = "239.255.83.64"

    async def scenario() -> None:
        stage = await MoldStage().open(group)
        membership = socket.inet_aton(group) + socket.inet_aton("127.0.0.1")
        stage.receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        first = stage.itch.stream.next_number
        await stage.list_instruments(1)
        packet = await stage.packet()
        assert isinstance(packet, Downstream)
        assert packet.sequence_number == first
        await stage.close()

    drive("uvloop", scenario)


def test_a_venue_that_is_not_asked_to_publish_opens_nothing() -> None:
    async def scenario() -> None:
        stage = await MoldStage().open()
        watchers = list(stage.shell.watchers)
        ports = MoldPorts(stage.shell, MoldFeed(stage.itch), stage.lines.append)
        await ports.open(MoldUdp64(), Listen())
        assert ports.requests_address is None
        assert stage.shell.watchers == watchers
        await stage.close()

    drive("uvloop", scenario)


def test_an_address_that_is_taken_is_named() -> None:
    async def scenario() -> None:
        stage = await MoldStage().open()
        ports = MoldPorts(stage.shell, MoldFeed(stage.itch), stage.lines.append)
        taken = "{}:{}".format(*stage.requests)
        with pytest.raises(OSError, match=f"itch.moldudp64.requests: {taken}: "):
            await ports.open(MoldUdp64(publish="127.0.0.1:9", requests=taken), Listen())
        await stage.close()

    drive("uvloop", scenario)
