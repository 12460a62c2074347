"""gateway.order_entry.fix_drop_copy: what owners are told, told again, whole messages compared;
gateway.order_entry.fix_applications: what a session of copies may not send."""

from collections.abc import Callable

import msgspec
import pytest

from gateway.config import FixSession
from matching.commands import BustTrade, CancelOrder, EndOfDay, MassCancel, RerankOrder
from matching.types import BustReason, CancelReason
from protocol.fix.version import FIX40, FIX41, FIX42, FIX43, FIX44, FIX50SP2, VERSIONS, Version
from tests.gateway import parties
from tests.gateway.order_entry.fix_client import NOT_COMPARED, Fields, FixClient
from tests.gateway.order_entry.ouch_client import OuchClient, enter
from tests.gateway.parties import FixParty, OuchParty, Room, WebSocketParty

Step = Callable[[Room], None]


def reader(version: Version, *accounts: str, name: str = "COPY") -> FixSession:
    return FixSession(
        begin_string=version.begin_string.decode(),  # type: ignore[arg-type]
        sender_comp_id="XVEN",
        target_comp_id=name,
        account="OURS",
        applications=("drop_copy",),
        drop_copy_accounts=accounts,
    )


def shown(message: Fields) -> Fields:
    return {tag: value for tag, value in message.items() if tag not in NOT_COMPARED}


class Scene:
    """A room with one logged-on drop copy session."""

    def __init__(self, version: Version = FIX44, *accounts: str) -> None:
        self.room = Room(readers=(reader(version, *accounts),))
        self.copies = FixClient(self.room.harness, b"COPY", version)
        self.copies.log_on()

    def play(self, wire: str) -> None:
        """Everything that can happen to orders of `own-WIRE`, another account on the other side."""
        room = self.room
        own, other = room.parties[f"own-{wire}"], room.parties["other-fix44"]
        own.enter("refused", "buy", symbol="NONE")
        own.enter("a", "buy")
        other.enter("o1", "sell", "40")
        own.replace("b", "a", "90")
        own.cancel("c", "b", **({"to_size": 70} if wire == "ouch" else {}))
        own.cancel("d", "nothing")
        own.enter("e", "buy", immediate=True)
        own.enter("f", "sell", "7")
        room.harness.control(MassCancel(0, 0, 0, CancelReason.SUPERVISORY))
        own.enter("g", "sell", "8")
        room.harness.control(BustTrade(1, BustReason.ERRONEOUS), EndOfDay())

    def heard(self, wire: str) -> tuple[list[Fields], list[Fields]]:
        """What the owner was told and what was copied."""
        party = self.room.parties[f"own-{wire}"]
        party.hear()
        told = party.messages if isinstance(party, FixParty) else []
        return [shown(message) for message in told], [shown(m) for m in self.copies.take()]


@pytest.mark.parametrize(
    ("wire", "version"), [("fix42", FIX42), ("fix44", FIX44), ("fix50", FIX50SP2)]
)
def test_a_copy_for_a_session_of_the_same_version_is_the_owners_report_marked(
    wire: str, version: Version
) -> None:
    scene = Scene(version)
    scene.play(wire)
    told, copied = scene.heard(wire)
    marks = {115: f"own-{wire}", 116: version.begin_string.decode(), 1: "OURS"}
    assert copied == [
        message | marks | ({797: "Y"} if message[35] == "8" and version is not FIX42 else {})
        for message in told
    ]
    kinds = {message.get(150, "-") + message.get(20, "0") for message in copied}
    fills = {"10"} if version is FIX42 else {"F0", "H0"}
    assert kinds >= {"80", "00", "50", "40", "C0", "-0"} | fills


def test_orders_with_instructions_and_their_new_places_are_copied_with_them() -> None:
    scene = Scene()
    own = scene.room.parties["own-fix44"]
    assert isinstance(own, FixParty)
    expiry = "20240102-09:30:20"
    own._client.new("a", "1", "10", "200.00", f"18=6|59=6|111=5|126={expiry}|")
    order_id = max(scene.room.harness.venue.orders.by_id)
    scene.room.harness.control(RerankOrder(order_id))
    scene.room.harness.advance(20_000_000_000)
    told, copied = scene.heard("fix44")
    copied = [m for m in copied if m[35] == "8"]
    said = [(m[150], m[18], m[59], m[111], m[126], m.get(378), m.get(58)) for m in copied]
    instructions = ("6", "6", "5", f"{expiry}.000")
    assert said == [
        ("0", *instructions, None, None),
        ("D", *instructions, "8", None),
        ("C", *instructions, None, "expired"),
    ]
    marks = {115: "own-fix44", 116: "FIX.4.4", 1: "OURS", 797: "Y"}
    assert [m | marks for m in told if m[35] == "8"] == copied


def test_an_account_that_the_client_named_stays_the_clients() -> None:
    scene = Scene()
    own = scene.room.parties["own-fix44"]
    assert isinstance(own, FixParty)
    own._client.new("a", "5", "10", "200.00", "1=DESK7|")
    own._client.new("a", "5", "10", "200.00", "1=DESK7|")
    told, copied = scene.heard("fix44")
    assert [(m[1], m[54], m[39]) for m in copied] == [("DESK7", "5", "0"), ("DESK7", "5", "8")]
    assert [shown(m) | {115: "own-fix44", 116: "FIX.4.4", 797: "Y"} for m in told] == copied


OUCH_COPIES = """
35=8 11=refused 14=0 17=26-0 37=NONE 38=100 39=8 44=187.0000 54=1 55=NONE 58=unknown_Stock:_NONE
  103=1 150=8 151=0 6=0
35=8 11=a 14=0 17=27-0 37=1 38=100 39=0 40=2 44=187.0000 54=1 55=AAPL 59=0 150=0 151=100 198=1 6=0
35=8 11=a 14=40 17=28-1B 31=187.0000 32=40 37=1 38=100 39=1 40=2 44=187.0000 54=1 55=AAPL 59=0
  150=F 151=60 198=1 6=187.00000000
35=8 11=b 14=40 17=29-0 37=1 38=90 39=1 40=2 41=a 44=187.0000 54=1 55=AAPL 59=0 150=5 151=50 198=3
  6=187.00000000
35=8 11=b 14=40 17=30-0 37=1 38=70 39=1 40=2 44=187.0000 54=1 55=AAPL 59=0 150=D 151=30 198=3
  6=187.00000000 378=99
35=8 11=e 14=0 17=31-0 37=4 38=100 39=0 40=2 44=187.0000 54=1 55=AAPL 59=3 150=0 151=100 198=4 6=0
35=8 11=e 14=0 17=31-1 37=4 38=100 39=4 40=2 44=187.0000 54=1 55=AAPL 59=3 150=4 151=0 198=4 6=0
  58=nothing_left_to_trade_against
"""


def table(text: str, **marks: str) -> list[Fields]:
    """Messages written as `tag=value` words, `_` for a blank, a message a line."""
    lines = text.strip().replace("\n  ", " ").splitlines()
    extra = {int(tag.removeprefix("t")): value for tag, value in marks.items()}
    return [
        {int(tag): value.replace("_", " ") for tag, _, value in map(_parted, line.split())} | extra
        for line in lines
    ]


def _parted(word: str) -> tuple[str, str, str]:
    return word.partition("=")


def test_reports_of_ouch_orders_are_copied_in_fix_words() -> None:
    scene = Scene()
    scene.play("ouch")
    _, copied = scene.heard("ouch")
    expected = table(OUCH_COPIES, t115="OWN", t116="OUCH42", t1="OURS", t797="Y")
    assert copied[: len(expected)] == expected
    assert [(m[150], m[11], m.get(58)) for m in copied[len(expected) :]] == [
        ("0", "f", None),
        ("F", "b", None),
        ("F", "f", None),
        ("4", "b", "canceled by the venue"),
        ("0", "g", None),
        ("H", "b", "trade 1 broken"),
        ("C", "g", "end of day"),
    ]


WEBSOCKET_COPIES = """
35=8 11=refused 14=0 17=26-0 37=NONE 38=100 39=8 44=187.00 54=1 55=NONE 58=unknown_symbol:_NONE
  103=1 150=8 151=0 6=0
35=8 11=a 14=0 17=27-0 37=1 38=100 39=0 40=2 44=187.0000 54=1 55=AAPL 59=0 150=0 151=100 198=1 6=0
35=8 11=a 14=40 17=28-1B 31=187.0000 32=40 37=1 38=100 39=1 40=2 44=187.0000 54=1 55=AAPL 59=0
  150=F 151=60 198=1 6=187.00000000
35=8 11=b 14=40 17=29-0 37=1 38=90 39=1 40=2 41=a 44=187.0000 54=1 55=AAPL 59=0 150=5 151=50 198=1
  6=187.00000000
35=8 11=c 14=40 17=30-0 37=1 38=90 39=4 40=2 41=b 44=187.0000 54=1 55=AAPL 59=0 150=4 151=0 198=1
  6=187.00000000
35=9 11=d 37=NONE 39=8 41=nothing 58=unknown_order 102=1 434=1
"""


def test_reports_of_websocket_orders_are_copied_in_fix_words() -> None:
    scene = Scene()
    scene.play("websocket")
    _, copied = scene.heard("websocket")
    expected = table(WEBSOCKET_COPIES, t115="OURS/own", t116="WEBSOCKET", t1="OURS")
    for message in expected[:-1]:
        message[797] = "Y"
    assert copied[: len(expected)] == expected
    assert [(m[150], m[11], m.get(58)) for m in copied[len(expected) :]] == [
        ("0", "e", None),
        ("4", "e", "nothing left to trade against"),
        ("0", "f", None),
        ("4", "f", "canceled by the venue"),
        ("0", "g", None),
        ("H", "b", "trade 1 broken"),
        ("C", "g", "end of day"),
    ]


@pytest.mark.parametrize("version", [FIX40, FIX41, FIX43], ids=lambda version: version.name)
@pytest.mark.parametrize("wire", parties.WIRES)
def test_every_version_can_be_copied_to(wire: str, version: Version) -> None:
    scene = Scene(version)
    scene.play(wire)
    _, copied = scene.heard(wire)
    assert {m[35] for m in copied} == ({"8"} if wire.startswith("ouch") else {"8", "9"})
    assert all(m[115].startswith(("own", "OWN", "OURS/own")) and 797 not in m for m in copied)
    assert len({m[17] for m in copied if m[35] == "8"}) == len(copied) - sum(
        m[35] == "9" for m in copied
    )


@pytest.mark.parametrize(
    ("accounts", "heard"),
    [
        ((), {"OURS"}),
        (("THEIRS",), {"THEIRS"}),
        (("OURS", "THEIRS"), {"OURS", "THEIRS"}),
        (("*",), {"OURS", "THEIRS"}),
        (("NOBODY",), set()),
    ],
    ids=repr,
)
def test_only_entitled_accounts_are_copied(accounts: tuple[str, ...], heard: set[str]) -> None:
    scene = Scene(FIX44, *accounts)
    for party in ("own-fix44", "second-websocket", "other-ouch", "other-websocket"):
        scene.room.parties[party].enter("a", "buy")
    assert {m[1] for m in scene.copies.take()} == heard


def test_an_account_that_came_later_is_covered_by_all() -> None:
    scene = Scene(FIX44, "*")
    late = FixClient(scene.room.harness, b"LATE")
    late.log_on()
    late.new("a", "1", "10")
    assert [(m[1], m[115], m[116]) for m in scene.copies.take()] == [("LATE", "LATE", "FIX.4.4")]


def test_copies_are_numbered_while_nobody_is_logged_on() -> None:
    room = Room(readers=(reader(FIX44),))
    room.parties["own-ouch"].enter("a", "buy")
    room.parties["own-websocket"].enter("b", "sell")
    client = FixClient(room.harness, b"COPY")
    (logon,) = client.log_on()
    assert (logon[35], logon[34]) == ("A", "5")
    client.send(b"2", "7=1|16=0|")
    room.harness.settle()
    again = client.take()
    assert [(m[35], m[34], m.get(17), m.get(43), m.get(115)) for m in again] == [
        ("8", "1", "26-0", "Y", "OWN"),
        ("8", "2", "27-0", "Y", "OURS/own"),
        ("8", "3", "27-1B", "Y", "OWN"),
        ("8", "4", "27-1S", "Y", "OURS/own"),
        ("4", "5", None, "Y", None),
    ]


def test_a_cancel_by_another_session_is_copied_once_as_its_owner_hears_it() -> None:
    scene = Scene()
    scene.room.parties["own-fix44"].enter("a", "buy")
    order_id = max(scene.room.harness.venue.orders.by_id)
    second = scene.room.parties["second-websocket"]
    assert isinstance(second, WebSocketParty)
    scene.copies.take()
    second.cancel("x", "", order_id)
    told, copied = scene.heard("fix44")
    assert copied == [told[-1] | {1: "OURS", 115: "own-fix44", 116: "FIX.4.4", 797: "Y"}]


@pytest.mark.parametrize("wire", parties.WIRES)
def test_a_cancel_on_disconnect_is_copied(wire: str) -> None:
    scene = Scene()
    scene.room.parties[f"own-{wire}"].enter("a", "buy")
    owner = scene.room.harness.venue.orders.by_id[1].session_id
    scene.copies.take()
    scene.room.harness.control(MassCancel(owner, reason=CancelReason.DISCONNECT))
    (copy,) = scene.copies.take()
    cl_ord_id = "1" if wire == "ouch50" else "a"
    assert (copy[11], copy[150], copy[58]) == (cl_ord_id, "4", "canceled on disconnect")


def test_what_the_owner_was_not_told_has_no_copy() -> None:
    scene = Scene()
    ouch = scene.room.parties["own-ouch"]
    assert isinstance(ouch, OuchParty)
    ouch.enter("a", "buy")
    ouch.enter("a", "buy")
    ouch.cancel("", "nothing")
    websocket = scene.room.parties["own-websocket"]
    websocket.enter("b", "buy")
    websocket.enter("b", "buy")
    assert [m[11] for m in scene.copies.take()] == ["a", "b"]


def test_a_refusal_that_ouch_has_no_word_for_has_no_copy() -> None:
    scene = Scene()
    owner = scene.room.parties["own-ouch"]
    owner.enter("a", "buy")
    order = scene.room.harness.venue.orders.by_id[1]
    scene.room.heard()
    scene.copies.take()
    scene.room.harness.control(CancelOrder(order.session_id, order.account_id, 99, b"x"))
    assert (scene.room.heard(), scene.copies.take()) == ({}, [])


def test_a_refused_request_without_side_and_instrument_is_a_valid_report_all_the_same() -> None:
    scene = Scene()
    client = OuchClient(scene.room.harness, b"OWN", password=b"SECRET")
    client.send(enter("a", side=b"X", stock=b" " * 8))
    (copy,) = scene.copies.take()
    assert (copy[11], copy[39], copy[54], copy[55]) == ("a", "8", "7", "[N/A]")


def test_a_reader_that_comes_later_joins_the_first() -> None:
    late = msgspec.structs.replace(reader(FIX44, "OURS"), target_comp_id="LATE*")
    room = Room(readers=(reader(FIX44), late))
    first, second = FixClient(room.harness, b"COPY"), FixClient(room.harness, b"LATE1")
    first.log_on()
    room.parties["own-ouch"].enter("a", "buy")
    second.log_on()
    room.parties["own-ouch"].enter("b", "buy")
    assert [m[11] for m in first.take()] == ["a", "b"]
    assert [m[11] for m in second.take()] == ["b"]


def test_a_control_character_of_another_wire_begins_no_field() -> None:
    scene = Scene()
    ouch = scene.room.parties["own-ouch"]
    assert isinstance(ouch, OuchParty)
    ouch.enter("a\x0139=2", "buy")
    assert [(m[11], m[39]) for m in scene.copies.take()] == [("a?39=2", "8")]


@pytest.mark.parametrize("version", VERSIONS[:5], ids=lambda version: version.name)
@pytest.mark.parametrize("msg_type", ["D", "F", "G", "H"])
def test_a_drop_copy_session_only_reads(msg_type: str, version: Version) -> None:
    scene = Scene(version)
    bodies = {
        "D": "11=a|21=1|38=1|40=2|44=1|54=1|55=AAPL|60=20240102-09:30:00|",
        "F": "11=a|38=1|41=b|54=1|55=AAPL|60=20240102-09:30:00|",
        "G": "11=a|21=1|38=1|40=2|41=b|44=1|54=1|55=AAPL|60=20240102-09:30:00|",
        "H": "11=a|54=1|55=AAPL|",
    }
    scene.copies.send(msg_type.encode(), bodies[msg_type])
    (answer,) = scene.copies.take()
    if version in (FIX40, FIX41):
        assert answer[35] == "3"
    else:
        assert (answer[35], answer[372], answer[380]) == ("j", msg_type, "4")
    assert not scene.room.harness.venue.orders.by_id


def test_without_a_drop_copy_session_nothing_is_asked_of_anybody() -> None:
    room = Room()
    asked: list[object] = []
    room.harness.venue.copy_reports = asked.append  # type: ignore[assignment,method-assign]
    late = FixClient(room.harness, b"LATE")
    late.log_on()
    assert asked == []
