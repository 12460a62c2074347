"""The last words of a venue whose journal is lost: unnumbered, and nothing that was not written."""

from gateway.config import Config
from gateway.serve import make_desks
from protocol.soupbintcp.packets import PacketType, encode_packet
from tests.gateway.order_entry.fix_client import FixClient
from tests.gateway.order_entry.ouch_client import OuchClient
from tests.gateway.venue_harness import OPENING_NS, VenueHarness

TEXT = "the venue cannot go on"


def venue() -> VenueHarness:
    return VenueHarness(lambda venue: make_desks(venue, Config()))


def test_fix_says_nothing_for_every_message_has_a_number() -> None:
    client = FixClient(venue())
    client.log_on()
    assert client.pipe is not None
    session = client.pipe.connection.session
    session.handle_timeout(OPENING_NS + 31_000_000_000)
    assert session.abandon(TEXT, OPENING_NS) == []


def test_soupbintcp_says_a_debug_packet_and_drops_what_was_not_written() -> None:
    client = OuchClient(venue())
    session = client.pipe.connection.session
    session.send(b"never written", OPENING_NS)  # type: ignore[attr-defined]
    assert session.abandon(TEXT, OPENING_NS) == [encode_packet(PacketType.DEBUG, TEXT.encode())]


def test_soupbintcp_says_nothing_before_the_login() -> None:
    harness = venue()
    session = harness.connect(b"ouch").connection.session
    assert session.abandon(TEXT, OPENING_NS) == []


def test_websocket_says_nothing_harmful_before_its_handshake() -> None:
    session = venue().connect(b"websocket").connection.session
    assert session.abandon(TEXT, OPENING_NS) == []


def test_websocket_closes_with_1011_and_drops_what_was_not_written() -> None:
    harness = venue()
    pipe = harness.connect(b"websocket")
    pipe.send(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    session = pipe.connection.session
    session.send_public(b"never written", OPENING_NS)  # type: ignore[attr-defined]
    (frame,) = session.abandon(TEXT, OPENING_NS)
    assert frame == b"\x88" + bytes([2 + len(TEXT)]) + (1011).to_bytes(2, "big") + TEXT.encode()
