"""Wireshark's `tshark` reads a day on the OUCH 4.2 port as the client did that played it."""

from collections import Counter
from pathlib import Path

import pytest

from tests.interop import ouch42_definitions as ouch
from tests.interop.capture import Capture, Traffic, may_capture
from tests.interop.recording import Recording
from tests.interop.soup_packets import RawSoup, login_packet, packet
from tests.interop.venue_control import control
from tests.interop.venue_process import VenueProcess
from tests.needs import require_tool

pytestmark = pytest.mark.interop
PRICE = 187 * ouch.PRICE_UNIT
CENT = ouch.PRICE_UNIT // 100
LAST = b"this is the last that is sent"
REASONS = ("erroneous", "consent", "supervisory", "external")
OUTBOUND = "SAUCEBJMT"
"""Every type that the venue has a reason to send; without auctions, self-match prevention and
corrections of prices there are no D, G, F, K, P and I."""
SEQUENCE = str(0x02000000)
"""Wireshark's group of remarks on how a TCP connection proceeds."""
CANCEL_REASONS = set("UITSG")
REJECT_REASONS = set("SXZDHNR")


class Day:
    """All connections of one day, each read to its end."""

    def __init__(self, venue: VenueProcess, port: int) -> None:
        self.venue = venue
        self.port = port
        self.lines: list[RawSoup] = []
        self.trader = self.connected(login_packet("TRADER"))
        self.other = self.connected(login_packet("SIM001", idle_ms="60000"))

    def connected(self, first: bytes, answer: str = "A") -> RawSoup:
        line = RawSoup(self.port)
        self.lines.append(line)
        line.send(first)
        assert line.receive()[0] == answer
        return line

    def refused(self, first: bytes) -> None:
        assert self.connected(first, "J").rest() == []

    def heard(self, line: RawSoup, *kinds: type) -> list[ouch.Outbound]:
        """The next messages, which have to be of these kinds."""
        told = [ouch.decode(line.message()) for _ in kinds]
        assert [type(message) for message in told] == list(kinds), told
        return told

    def asked(self, *messages: bytes, kinds: tuple[type, ...]) -> list[ouch.Outbound]:
        self.trader.order(*messages)
        return self.heard(self.trader, *kinds)

    def entered(self, token: str, side: str, shares: int = 100, **other: object) -> int:
        message = ouch.enter_order(token, side, shares, "AAPL", PRICE, **other)  # type: ignore[arg-type]
        (told,) = self.asked(message, kinds=(ouch.Accepted,))
        assert isinstance(told, ouch.Accepted)
        return told.order_reference

    def sold(self, token: str, shares: int) -> int:
        """The number of the match between an order of the trader and one of the other."""
        now = ouch.IMMEDIATE_OR_CANCEL
        self.other.order(ouch.enter_order(token, "S", shares, "AAPL", PRICE, now))
        _, told = self.heard(self.other, ouch.Accepted, ouch.Executed)
        self.heard(self.trader, ouch.Executed)
        assert isinstance(told, ouch.Executed)
        return told.match_number


def logins(day: Day) -> None:
    day.heard(day.trader, ouch.SystemEvent)
    day.heard(day.other, ouch.SystemEvent)
    day.refused(login_packet("TRADER", password="WRONG"))
    day.refused(login_packet("SIM002", session="NOTTODAY"))
    day.trader.send(packet("+", b"a word to a human"))


def trades(day: Day) -> None:
    """Displayed and hidden orders that trade, a chain, and each reason to break a trade."""
    day.entered("T1", "B")
    day.sold("S1", 30)
    day.asked(ouch.replace_order("T1", "T2", 100, PRICE), kinds=(ouch.Replaced,))
    day.sold("S2", 10)
    day.asked(ouch.cancel_order("T2", 50), kinds=(ouch.Canceled,))
    day.sold("S3", 10)
    day.entered("T3", "B", display="N")
    for number, reason in enumerate(REASONS):
        match = day.sold(f"S{4 + number}", 5)
        control(day.venue, "bust", str(match), "--reason", reason)
        day.heard(day.trader, ouch.Broken)
        day.heard(day.other, ouch.Broken)
    day.asked(ouch.cancel_order("T3"), kinds=(ouch.Canceled,))


def changes(day: Day) -> None:
    day.entered("M1", "S", 100)
    day.asked(ouch.modify_order("M1", "T", 60), kinds=(ouch.Modified,))
    reference = day.entered("M2", "E", 100)
    control(day.venue, "rerank", str(reference))
    day.heard(day.trader, ouch.PriorityUpdated)
    day.asked(
        ouch.enter_order("M3", "B", 100, "AAPL", PRICE, display="P"),
        kinds=(ouch.Accepted, ouch.Canceled),
    )
    control(day.venue, "cancel-all", "--account", "TRADER")
    day.heard(day.trader, ouch.Canceled, ouch.Canceled)
    day.asked(
        ouch.enter_order("M4", "B", 100, "AAPL", PRICE, ouch.IMMEDIATE_OR_CANCEL),
        kinds=(ouch.Accepted, ouch.Canceled),
    )
    day.entered("M5", "B", 100, time_in_force=1)
    day.heard(day.trader, ouch.Canceled)
    day.entered("M6", "B", 100)
    day.asked(ouch.replace_order("M6", "M7", 1_000_000, PRICE), kinds=(ouch.Canceled,))


def refusals(day: Day) -> None:
    orders = [
        ouch.enter_order("R1", "B", 100, "NOSUCH", PRICE),
        ouch.enter_order("R2", "B", 100, "AAPL", ouch.MAX_PRICE + 1),
        ouch.enter_order("R3", "B", 1_000_000, "AAPL", PRICE),
        ouch.enter_order("R4", "B", 100, "AAPL", PRICE, display="?"),
        ouch.enter_order("R5", "B", 100, "AAPL", PRICE, minimum=101),
        ouch.enter_order("R6", "B", 100, "AAPL", PRICE, cross="H"),
    ]
    day.asked(*orders, kinds=(ouch.Rejected,) * len(orders))
    control(day.venue, "halt", "AAPL")
    halted = ouch.enter_order("R7", "B", 100, "AAPL", PRICE)
    day.asked(halted, kinds=(ouch.Rejected,))
    control(day.venue, "resume", "AAPL")


def the_end(day: Day) -> None:
    """Idle for a moment, heard again in part, and then the end of the session."""
    day.entered("E1", "B")
    day.other.heartbeat()
    old, day.trader = day.trader, day.connected(login_packet("TRADER", sequence="5"))
    assert {kind for kind, _ in old.rest()} <= {"S"}
    for payload in old.payloads[4:]:
        assert day.trader.message() == payload
    control(day.venue, "day", "end")
    for line in (day.trader, day.other):
        assert line.rest()[-1] == ("Z", b"")
    last = RawSoup(day.port)
    last.send(packet("+", LAST))
    last.close()


def assert_tshark_heard_what_the_client_heard(capture: Traffic, lines: list[RawSoup]) -> None:
    from_venue = f"tcp.srcport == {capture.port}"
    packets = Counter(kind for line in lines for kind in line.types)
    messages = Counter(chr(payload[0]) for line in lines for payload in line.payloads)
    assert (
        Counter(value.strip("'") for value in capture.values(from_venue, "soupbintcp.packet_type"))
        == packets
    )
    assert (
        Counter(value.strip("'") for value in capture.values(from_venue, "ouch.packet_type"))
        == messages
    )
    assert set(packets) == set("AJSHZ")
    assert set(messages) == set(OUTBOUND)


@pytest.mark.parametrize("way", [Recording, *([Capture] if may_capture() else [])])
def test_tshark_decodes_a_day_of_every_message_without_a_complaint(
    venue: VenueProcess, tmp_path: Path, way: type[Capture] | type[Recording]
) -> None:
    require_tool("tshark")
    with way(tmp_path, venue.ports["ouch42"]) as capture:
        day = Day(venue, capture.port)
        for part in (logins, trades, changes, refusals, the_end):
            part(day)
        capture.stop(LAST)
    from_venue = f"tcp.srcport == {capture.port}"
    assert_tshark_heard_what_the_client_heard(capture, day.lines)
    assert capture.read("-Y", "_ws.malformed") == ""
    # Wireshark remarks on connections that begin and end, and on nothing else.
    assert set(capture.values("_ws.expert", "_ws.expert.group")) == {SEQUENCE}
    payloads = [payload for line in day.lines for payload in line.payloads]
    told = [ouch.decode(payload) for payload in payloads]
    reasons = {message.reason for message in told if isinstance(message, ouch.Canceled)}
    assert reasons == CANCEL_REASONS
    for kind, letters in (("cancel", CANCEL_REASONS), ("reject", REJECT_REASONS)):
        found = capture.values(from_venue, f"ouch.{kind}_reason")
        assert {value.strip("'") for value in found} == letters
    tokens = [message.token for message in told if not isinstance(message, ouch.SystemEvent)]
    read = capture.values(from_venue, "ouch.order_token")
    read += capture.values(from_venue, "ouch.replacement_order_token")
    assert Counter(value.strip() for value in read) == Counter(tokens)
    # A letter that tshark does not know is printed as unknown; its list ends before the reasons
    # of post-only orders, which later revisions of 4.2 have.
    lines = capture.read("-Y", from_venue, "-O", "soupbintcp,ouch").splitlines()
    unknown = {line.strip() for line in lines if "unknown" in line.lower()}
    assert unknown == {"Cancel Reason: Unknown ('G')"}
