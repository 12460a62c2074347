"""The ITCH stream over MoldUDP64: datagrams for everybody, and a server for what got lost.

Off unless configured. `MoldFeed` decides what is said, `MoldPorts` has the sockets and the timer.
The heart beats in real time also where the venue's clock is moved by hand: receivers have no other.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, cast

from gateway.addresses import Network, includes, parse_network
from gateway.config import Listen
from gateway.config_moldudp64 import Address, MoldUdp64, parse_address
from gateway.itch.feed import ItchFeed
from gateway.itch.stream import ItchStream
from gateway.sequencer import Tick
from gateway.shell import Shell
from protocol.errors import RemoteProtocolError
from protocol.moldudp64 import (
    DATAGRAM_SIZE,
    decode_request,
    encode_end_of_session,
    encode_heartbeat,
    encode_packets,
)

HEARTBEAT_SECONDS: Final = 1.0
END_PACKETS: Final = 30
"""How often the end of a session is said, once a heartbeat: half a minute."""
ANSWERS_PER_SECOND: Final = 2_000
"""Requests beyond it are not answered: nobody is flooded in another's name, and order entry keeps
its time."""
QUEUED_BYTES_MAX: Final = 4 * 1024 * 1024
"""In the transport; what would go beyond it is dropped, as the network might."""
REMARK_SECONDS: Final = 10.0
"""At most one line about datagrams that were ignored in so much time."""


class MoldFeed:
    """What is published of an ITCH feed, and what is answered."""

    def __init__(self, itch: ItchFeed, datagram_size: int = DATAGRAM_SIZE) -> None:
        self._itch = itch
        self._stream = itch.stream
        self._told = self._stream.next_number
        """The number that the next packet begins with: what was before the start is to be asked
        for."""
        self._ended: ItchStream | None = None
        """Requests for it are answered until the next day's messages begin."""
        self._end_of_session = b""
        self._end_packets = 0
        self._datagram_size = datagram_size

    @property
    def failed(self) -> bool:
        """Whether no message ever follows, although the session has no end."""
        return self._itch.failed

    def fresh(self) -> Iterator[bytes]:
        """Packets of all that was numbered since the last call; the end of a session among them.

        Raises OSError when the stream cannot be read.
        """
        if self._itch.stream is not self._stream:
            yield from self._untold()
            self._ended = self._stream
            self._end_of_session = encode_end_of_session(self._stream.session_id, self._told)
            self._end_packets = END_PACKETS - 1
            self._stream, self._told = self._itch.stream, 1
            yield self._end_of_session
        yield from self._untold()

    def idle(self) -> bytes:
        """What to say when there was nothing to say for a heartbeat's time."""
        if self._end_packets:
            self._end_packets -= 1
            return self._end_of_session
        return encode_heartbeat(self._stream.session_id, self._told)

    def answer(self, datagram: bytes) -> bytes | None:
        """One packet with as much of what is asked for as it holds; None: there is nothing of it.

        Raises RemoteProtocolError for what is no request that could ever be answered, and OSError.
        """
        request = decode_request(datagram)
        begin, count = request.sequence_number, request.count
        if begin < 1 or count < 1:
            raise RemoteProtocolError(
                f"request: expected a number and a count from 1 up, received {begin} and {count}"
            )
        if request.session == self._stream.session_id:
            stream, following = self._stream, self._told
        elif self._ended is not None and request.session == self._ended.session_id:
            stream, following = self._ended, self._ended.next_number
        else:
            raise RemoteProtocolError(
                f"Session: expected {self._stream.session_id!r}, received {request.session!r}"
            )
        # What does not fit into the first packet is not read either.
        return next(self._packets(stream, begin, min(begin + count, following)), None)

    def _untold(self) -> Iterator[bytes]:
        begin, self._told = self._told, self._stream.next_number
        if begin < self._told:
            self._ended = None
            yield from self._packets(self._stream, begin, self._told)

    def _packets(self, stream: ItchStream, begin: int, end: int) -> Iterator[bytes]:
        messages = (message for _, message in stream.read(begin, end) if message is not None)
        return encode_packets(stream.session_id, begin, messages, self._datagram_size)


class MoldPorts(asyncio.DatagramProtocol):
    """The two sockets of a feed. It is told after every commit, so that nothing leaves earlier."""

    def __init__(self, shell: Shell, feed: MoldFeed, log_line: Callable[[str], None]) -> None:
        self._shell = shell
        self._feed = feed
        self._log_line = log_line
        self._publisher: asyncio.DatagramTransport | None = None
        self._server: asyncio.DatagramTransport | None = None
        self._allowed: tuple[Network, ...] = ()
        """Who is answered; none: everybody."""
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._said_at = 0.0
        """Loop time of the last packet."""
        self._answers = 0
        self._ignored = 0
        self._first_ignored = ""

    async def open(self, config: MoldUdp64, listen: Listen) -> None:
        """Publish where `config` says, and answer whom `listen` allows to connect.

        Raises OSError naming the address that cannot be had.
        """
        if not config.publish:
            return
        loop = self._shell.loop
        if config.requests:
            address = parse_address(config.requests)
            self._server = await _endpoint(loop, "requests", address, self)
            self._allowed = tuple(map(parse_network, listen.allow))
        address = parse_address(config.publish)
        self._publisher = await _endpoint(loop, "publish", address, None)
        if ipaddress.ip_address(address[0]).is_multicast:
            _choose_interface(self._publisher.get_extra_info("socket"), listen.host)
        self._shell.watchers.append(self._watch)
        self._said_at = loop.time()
        self._call("heartbeat", HEARTBEAT_SECONDS, self._beat)

    @property
    def requests_address(self) -> Address | None:
        """Where requests are taken; None: nowhere."""
        if self._server is None:
            return None
        host, port, *_ = self._server.get_extra_info("sockname")
        return host, port

    def close(self) -> None:
        """Say and answer nothing more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        if self._ignored:
            self._remark()
        for transport in (self._publisher, self._server):
            if transport is not None:
                transport.close()
        self._publisher = self._server = None

    # -- what is published --------------------------------------------------------------------

    def _watch(self, tick: Tick, elapsed_ns: int) -> None:
        self._say(self._feed.fresh())

    def _beat(self) -> None:
        if self._feed.failed:
            self.close()
            return
        loop = self._shell.loop
        if self._said_at + HEARTBEAT_SECONDS <= loop.time():
            self._say((self._feed.idle(),))
            if self._publisher is None:
                return
        due = self._said_at + HEARTBEAT_SECONDS - loop.time()
        self._call("heartbeat", due, self._beat)

    def _say(self, packets: Iterable[bytes]) -> None:
        publisher = self._publisher
        if publisher is None:
            return
        try:
            for packet in packets:
                self._said_at = self._shell.loop.time()
                if _has_room(publisher):
                    publisher.sendto(packet)
        except Exception as error:
            self._fail(error)

    # -- what is answered ---------------------------------------------------------------------

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """A request, or whatever else somebody sends to its port."""
        server = self._server
        if server is None:
            return
        # Before anything is counted: a stranger must not use up what others may ask.
        if self._allowed and not includes(self._allowed, addr[0]):
            self._ignore(addr, "not one of listen.allow")
            return
        if not self._answers:
            self._call("answers", 1.0, self._next_second)
        self._answers += 1
        if self._answers > ANSWERS_PER_SECOND:
            self._ignore(addr, f"expected at most {ANSWERS_PER_SECOND} requests a second")
            return
        try:
            packet = self._feed.answer(data)
        except RemoteProtocolError as error:
            self._ignore(addr, str(error))
            return
        except Exception as error:
            self._fail(error)
            return
        if packet is not None and _has_room(server):
            server.sendto(packet, addr)

    def _next_second(self) -> None:
        self._answers = 0

    def _ignore(self, addr: tuple[str | Any, int], reason: str) -> None:
        self._ignored += 1
        if self._ignored == 1:
            self._first_ignored = f"from {addr[0]}:{addr[1]}: {reason}"
            self._call("remark", REMARK_SECONDS, self._remark)

    def _remark(self) -> None:
        count, self._ignored = self._ignored, 0
        self._log_line(f"moldudp64: datagrams ignored: {count}, the first {self._first_ignored}")

    def _fail(self, error: Exception) -> None:
        """As with the feed itself: the venue goes on."""
        self._log_line(f"moldudp64: closed: {error!r}")
        self.close()

    def _call(self, name: str, delay: float, step: Callable[[], None]) -> None:
        self._timers[name] = self._shell.loop.call_later(delay, step)


def _has_room(transport: asyncio.DatagramTransport) -> bool:
    # Every loop's datagram transport tells its size; typeshed's does not know.
    size: int = cast(Any, transport).get_write_buffer_size()
    return size < QUEUED_BYTES_MAX


async def _endpoint(
    loop: asyncio.AbstractEventLoop, key: str, address: Address, protocol: "MoldPorts | None"
) -> asyncio.DatagramTransport:
    """Bound to `address` for `protocol`, which takes what comes; without one, connected to it."""
    try:
        if protocol is None:
            transport, _ = await loop.create_datagram_endpoint(
                asyncio.DatagramProtocol, remote_addr=address
            )
        else:
            transport, _ = await loop.create_datagram_endpoint(lambda: protocol, local_addr=address)
    except OSError as error:
        raise OSError(f"itch.moldudp64.{key}: {address[0]}:{address[1]}: {error}") from error
    return transport


def _choose_interface(publisher: socket.socket, host: str) -> None:
    """Multicast over IPv4 leaves where `host` is, not where the default route goes: a venue on
    loopback stays on it."""
    try:
        interface = ipaddress.IPv4Address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return
    if publisher.family == socket.AF_INET and not interface.is_unspecified:
        publisher.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, interface.packed)
