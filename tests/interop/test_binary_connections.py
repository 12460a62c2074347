"""Connections that hang, stutter or break off, while another client trades on."""

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop import ouch42_definitions as ouch42
from tests.interop import ouch50_definitions as ouch50
from tests.interop.soup_packets import RawSoup, login_packet, packet
from tests.interop.venue_process import VenueProcess
from tests.interop.victim import PRICE, Victim

pytestmark = pytest.mark.interop
PORTS = ("ouch42", "ouch50", "itch")
NOBODY = "SIM404"
LOGIN_LIMIT_MS = 2_000
HANGING = 100
ORDERS = {
    "ouch42": [
        ouch42.enter_order("A1", "B", 1, "NOSUCH", PRICE),
        ouch42.enter_order("A2", "B", 1, "AAPL", PRICE),
        ouch42.cancel_order("A2"),
    ],
    "ouch50": [
        ouch50.enter_order(1, "B", 1, "NOSUCH", PRICE),
        ouch50.enter_order(2, "B", 1, "AAPL", PRICE),
        ouch50.cancel_order(2),
    ],
    "itch": [],
}
ANSWERS = {"ouch42": "SJAC", "ouch50": "SJAC", "itch": ""}
"""The type of each message that a new user of the port is told, the start of the day first.

Of ITCH's day a client that leaves at once hears as much as was under way.
"""


@pytest.fixture(scope="module")
def shared_venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VenueProcess]:
    """A venue that does not wait long for a login."""
    folder: Path = tmp_path_factory.mktemp("impatient")
    configuration = folder / "venue.toml"
    configuration.write_text(f"[soupbintcp]\nlogin_timeout_ms = {LOGIN_LIMIT_MS}\n")
    venue = VenueProcess(folder, "--config", str(configuration))
    try:
        venue.start()
        yield venue
    finally:
        venue.kill()
        print(venue.log)


@pytest.fixture(params=PORTS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def told_to(user: str, venue: VenueProcess, name: str, pieces: list[bytes]) -> str:
    """The types of what a new user hears who writes `pieces` one by one, its logout last."""
    line = RawSoup(venue.ports[name])
    for piece in pieces:
        line.send(piece)
    received = line.rest()
    line.close()
    assert received[0][0] == "A"
    types = "".join(chr(payload[0]) for kind, payload in received[1:] if kind == "S")
    assert len(types) == len(received) - 1
    return types if name != "itch" else ""


def test_frames_may_arrive_in_any_pieces(
    shared_venue: VenueProcess, victim: Victim, name: str
) -> None:
    def whole(user: str) -> list[bytes]:
        orders = [packet("U", order) for order in ORDERS[name]]
        return [login_packet(user), *orders, packet("R"), packet("O")]

    base = {"ouch42": 500, "ouch50": 600, "itch": 700}[name]
    byte_by_byte = [bytes([byte]) for byte in b"".join(whole(f"SIM{base}"))]
    assert told_to(f"SIM{base}", shared_venue, name, byte_by_byte) == ANSWERS[name]
    user = f"SIM{base + 1}"
    header_and_payload = [part for one in whole(user) for part in (one[:3], one[3:]) if part]
    assert told_to(user, shared_venue, name, header_and_payload) == ANSWERS[name]
    all_at_once = [b"".join(whole(f"SIM{base + 2}"))]
    assert told_to(f"SIM{base + 2}", shared_venue, name, all_at_once) == ANSWERS[name]


def test_an_order_may_be_split_at_every_byte(shared_venue: VenueProcess, victim: Victim) -> None:
    line = RawSoup.login(shared_venue.ports["ouch42"], "SIM510")
    assert ouch42.decode(line.message()) == ouch42.SystemEvent("S")
    size = len(packet("U", ORDERS["ouch42"][0]))
    for cut in range(1, size):
        order = packet("U", ouch42.enter_order(f"A{cut}", "B", 1, "NOSUCH", PRICE))
        line.send(order[:cut])
        line.send(order[cut:])
        assert ouch42.decode(line.message()) == ouch42.Rejected(f"A{cut}", "S")
    line.close()


def test_connections_that_never_log_in_are_closed_in_time(
    shared_venue: VenueProcess, victim: Victim, name: str
) -> None:
    hanging = [RawSoup(shared_venue.ports[name]) for _ in range(HANGING)]
    # A part of a login is none, and debug is none either.
    hanging[0].send(login_packet(NOBODY)[:-1])
    hanging[1].send(packet("+", b"I am here"))
    victim.trade_on()
    for line in hanging:
        assert line.rest() == []
        line.close()


def test_a_client_that_falls_silent_is_given_up(
    shared_venue: VenueProcess, victim: Victim, name: str
) -> None:
    line = RawSoup.login(shared_venue.ports[name], NOBODY, idle_ms="4000")
    victim.trade_on()
    line.rest()
    assert set(line.types) == set("ASH")
    line.close()


def test_a_client_that_has_said_its_last_word_is_answered(
    shared_venue: VenueProcess, victim: Victim, name: str
) -> None:
    user = {"ouch42": "SIM520", "ouch50": "SIM620", "itch": "SIM720"}[name]
    line = RawSoup(shared_venue.ports[name])
    orders = [packet("U", order) for order in ORDERS[name]]
    line.send(b"".join([login_packet(user, idle_ms="1500"), *orders]))
    line.socket.shutdown(socket.SHUT_WR)
    received = line.rest()
    assert received[0][0] == "A"
    types = "".join(chr(payload[0]) for _, payload in received[1:])
    assert (types if name != "itch" else "") == ANSWERS[name]
    line.close()


def test_a_client_that_breaks_off_finds_everything_again(
    shared_venue: VenueProcess, victim: Victim
) -> None:
    port = shared_venue.ports["ouch42"]
    line = RawSoup.login(port, "SIM530")
    line.order(*ORDERS["ouch42"])
    told = [line.message() for _ in ANSWERS["ouch42"]]
    half = packet("U", ouch42.enter_order("A3", "B", 1, "AAPL", PRICE))[:-1]
    line.send(half)
    # Closed with a reset, as by a process that dies with unread input.
    line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()
    victim.trade_on()
    with RawSoup.login(port, "SIM530") as again:
        assert [again.message() for _ in told] == told
        # The half order was none, so its token is free.
        again.order(ouch42.enter_order("A3", "B", 1, "NOSUCH", PRICE))
        assert ouch42.decode(again.message()) == ouch42.Rejected("A3", "S")


def test_a_login_that_leaves_before_its_answer_hurts_nobody(
    shared_venue: VenueProcess, victim: Victim, name: str
) -> None:
    for _ in range(20):
        line = RawSoup(shared_venue.ports[name])
        line.send(login_packet(NOBODY))
        line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()
    with RawSoup.login(shared_venue.ports[name], NOBODY) as last:
        assert chr(last.message()[0]) == "S"


def test_another_protocol_is_not_understood(
    shared_venue: VenueProcess, victim: Victim, name: str
) -> None:
    for text in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"8=FIX.4.4\x019=5\x0135=0\x0110=1\x01"):
        with RawSoup(shared_venue.ports[name]) as line:
            line.send(text)
            assert line.rest() == []
