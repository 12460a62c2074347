"""What no client should send to the binary ports, by one who does, while another trades on."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.interop import ouch42_definitions as ouch42
from tests.interop import ouch50_definitions as ouch50
from tests.interop.soup_packets import RawSoup, login_packet, packet
from tests.interop.venue_process import VenueProcess
from tests.interop.victim import PRICE, Victim

pytestmark = pytest.mark.interop
PORTS = ("ouch42", "ouch50", "itch")
NOBODY = "SIM404"
"""The attacker; the victim is TRADER."""
INBOUND_42 = {
    "enter": ouch42.enter_order("A1", "B", 1, "AAPL", PRICE),
    "replace": ouch42.replace_order("A1", "A2", 1, PRICE),
    "cancel": ouch42.cancel_order("A1"),
    "modify": ouch42.modify_order("A1", "B", 1),
    "trade now": ouch42.trade_now("A1"),
}
INBOUND_50 = {
    "enter": ouch50.enter_order(1, "B", 1, "AAPL", PRICE),
    "replace": ouch50.replace_order(1, 2, 1, PRICE),
    "cancel": ouch50.cancel_order(1),
    "cancel of 2025": ouch50.cancel_order(1, appendage=b""),
    "modify": ouch50.modify_order(1, "B", 1),
    "modify of 2025": ouch50.modify_order(1, "B", 1, b""),
    "account query": ouch50.account_query(),
    "account query of 2025": ouch50.account_query(b""),
    "mass cancel": ouch50.mass_cancel(3),
    "disable": ouch50.disable_order_entry(4),
    "enable": ouch50.enable_order_entry(5),
}


@pytest.fixture(params=PORTS)
def port(request: pytest.FixtureRequest, shared_venue: VenueProcess) -> int:
    return shared_venue.ports[request.param]


def is_closed_on(line: RawSoup) -> None:
    """The venue ends the connection, and says neither yes nor that the session has ended."""
    assert {kind for kind, _ in line.rest()} <= {"S"}
    line.close()


def answers_or_closes(line: RawSoup, sent: bytes, refused: Callable[[bytes], bool]) -> None:
    """Silence, a refusal or the end of the connection: after it, the same user is served."""
    with suppress(OSError):
        line.send(sent)
        line.send(packet("O"))
    for kind, payload in line.rest():
        assert kind == "S" and refused(payload), (kind, payload)
    line.close()


def refused_42(payload: bytes) -> bool:
    return isinstance(ouch42.decode(payload), ouch42.SystemEvent | ouch42.Rejected)


def refused_50(payload: bytes) -> bool:
    allowed = ouch50.SystemEvent | ouch50.Rejected | ouch50.NextNumber
    allowed = allowed | ouch50.MassCanceled | ouch50.Disabled | ouch50.Enabled
    return isinstance(ouch50.decode(payload), allowed)


@pytest.mark.parametrize("by", [-1, 1], ids=["short", "long"])
@pytest.mark.parametrize("name", INBOUND_42)
def test_a_4_2_message_of_a_wrong_length_does_nothing_to_anybody_else(
    shared_venue: VenueProcess, victim: Victim, name: str, by: int
) -> None:
    message = INBOUND_42[name]
    wrong = message[:by] if by < 0 else message + b" "
    if name == "enter" and by < 0:
        # 48 bytes is the Enter Order of 4.0, without the customer type.
        wrong = message[:-2]
    line = RawSoup.login(shared_venue.ports["ouch42"], NOBODY)
    answers_or_closes(line, packet("U", wrong), refused_42)


@pytest.mark.parametrize("by", [-1, 1], ids=["short", "long"])
@pytest.mark.parametrize("name", INBOUND_50)
def test_a_5_0_message_of_a_wrong_length_does_nothing_to_anybody_else(
    shared_venue: VenueProcess, victim: Victim, name: str, by: int
) -> None:
    message = INBOUND_50[name]
    wrong = message[:by] if by < 0 else message + b" "
    line = RawSoup.login(shared_venue.ports["ouch50"], NOBODY)
    answers_or_closes(line, packet("U", wrong), refused_50)


@pytest.mark.parametrize(
    "appendage",
    [
        ouch50.element(5, b""),
        ouch50.element(5, b"\0\0\0"),
        ouch50.element(5, b"\0\0\0\0\0"),
        b"\x05\x05\0\0\0",
        b"\x00",
        b"\xff",
        b"\x00" * 200,
        ouch50.options(max_floor=100) * 2,
        ouch50.options(minimum=0xFFFFFFFF),
        ouch50.options(max_floor=0xFFFFFFFF),
        ouch50.options(post_only="\x01"),
        ouch50.options(secondary_reference=1),
        ouch50.options(expire_time=86_400),
    ],
    ids=bytes.hex,
)
def test_an_appendage_that_cannot_be_read_or_meant_hurts_nobody_else(
    shared_venue: VenueProcess, victim: Victim, appendage: bytes
) -> None:
    order = ouch50.enter_order(1, "B", 100, "NOSUCH", PRICE, appendage=appendage)
    answers_or_closes(
        RawSoup.login(shared_venue.ports["ouch50"], NOBODY), packet("U", order), refused_50
    )


def test_a_packet_with_nothing_or_too_much_in_it_closes(port: int, victim: Victim) -> None:
    for bad in (b"\0\0", b"\xff\xffU" + bytes(65_534), b"\x80\0U" + bytes(32_767)):
        line = RawSoup.login(port, NOBODY)
        with suppress(OSError):
            line.send(bad)
        is_closed_on(line)
        victim.trade_on()


def test_a_long_message_that_is_none_hurts_nobody_else(port: int, victim: Victim) -> None:
    for message in (b"", b"O" + bytes(32_000), bytes(32_766), b"\xff" * 32_766):
        line = RawSoup.login(port, NOBODY)
        with suppress(OSError):
            line.send(packet("U", message) + packet("O"))
        is_closed_on(line)
        victim.trade_on()


def test_types_that_nobody_knows_close_or_are_ignored(port: int, victim: Victim) -> None:
    for kind in "SAJHZLX?\0":
        line = RawSoup.login(port, NOBODY)
        with suppress(OSError):
            line.send(packet(kind, b"x"))
        is_closed_on(line)
    for kind in range(256):
        if bytes([kind]) in b"OUXMNQCDE":
            continue
        line = RawSoup.login(port, NOBODY)
        with suppress(OSError):
            line.send(packet("U", bytes([kind]) + bytes(20)) + packet("O"))
        is_closed_on(line)
    victim.trade_on()


def test_a_packet_before_the_login_closes(port: int, victim: Victim) -> None:
    for first in (packet("U", INBOUND_42["enter"]), packet("R"), packet("O"), packet("S", b"x")):
        line = RawSoup(port)
        line.send(first)
        assert line.rest() == []
        line.close()
    # But debug is for everybody to ignore, at any time.
    line = RawSoup(port)
    line.send(packet("+", b"hello") + login_packet(NOBODY) + packet("+", b"\0\xff"))
    assert line.receive()[0] == "A"
    line.close()


def test_a_login_of_a_wrong_length_or_without_a_number_closes(port: int, victim: Victim) -> None:
    good = login_packet(NOBODY)[3:]
    for text in (good[:-1], good + b" ", good + b"1000", good + b" 10000", good[:36] + b"x" * 10):
        line = RawSoup(port)
        line.send(packet("L", text))
        assert line.rest() in ([], [("J", b"A")], [("J", b"S")])
        line.close()


def test_a_second_login_on_a_connection_closes(port: int, victim: Victim) -> None:
    line = RawSoup.login(port, NOBODY)
    line.send(login_packet(NOBODY))
    is_closed_on(line)
