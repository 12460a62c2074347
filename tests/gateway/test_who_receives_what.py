"""specs/who-receives-what.md, row by row, over one book that every wire trades on.

What is compared is who heard which words, of everybody: a message to anyone else fails the row.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from matching.commands import BustTrade, EndOfDay, MassCancel, RerankOrder, StartOfDay
from matching.types import BustReason
from protocol import feed
from protocol.ouch.messages42 import Executed
from tests.gateway.ouch50_party import Ouch50Party
from tests.gateway.parties import (
    SIZE,
    VERSIONS,
    WIRES,
    FixParty,
    Heard,
    OuchParty,
    Room,
    WebSocketParty,
)
from tests.gateway.venue_harness import MIDNIGHT_NS, TRADING_DATE

DOCUMENT = Path(__file__).parent.parent.parent / "specs" / "who-receives-what.md"
NAMING_WIRES = (*VERSIONS, "websocket")
"""Wires that can name an order of another session."""
DAY_NS = 86_400_000_000_000

each_wire = pytest.mark.parametrize("wire", WIRES)
each_naming_wire = pytest.mark.parametrize("wire", NAMING_WIRES)
each_pair = pytest.mark.parametrize(
    ("wire", "other"), [(wire, other) for wire in WIRES for other in WIRES]
)


def words_of_events() -> dict[str, dict[str, list[str]]]:
    """The document's second table: event -> wire -> its words; none where nothing is said."""
    columns = (("fix42",), ("fix44", "fix50"), ("ouch",), ("ouch50",), ("websocket",))
    table = DOCUMENT.read_text().split("## In each wire's words")[1]
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| ")]
    return {
        event.strip(): {
            wire: [cell.strip().strip("`")] if "`" in cell else []
            for wires, cell in zip(columns, cells, strict=True)
            for wire in wires
        }
        for event, *cells in rows[1:]
    }


WORDS = words_of_events()


def said(event: str, *parties: str) -> Heard:
    """The event in the words of each party's wire, for those whose wire has any."""
    told = {party: WORDS[event][party.split("-")[1]] for party in parties}
    return {party: words for party, words in told.items() if words}


def in_turn(*heard: Heard) -> Heard:
    """One after the other."""
    return {
        party: [word for one in heard for word in one.get(party, [])]
        for party in dict.fromkeys(party for one in heard for party in one)
    }


def resting_order(room: Room, party: str) -> int:
    """`party` bids for 100 under `a`; the order_id."""
    room.parties[party].enter("a", "buy")
    room.heard()
    return max(room.harness.venue.orders.by_id)


@each_wire
def test_accepted_goes_to_the_entering_session(wire: str) -> None:
    room = Room()
    room.parties[f"own-{wire}"].enter("a", "buy")
    assert room.heard() == said("accepted", f"own-{wire}")


@each_wire
def test_rejected_goes_to_the_entering_session(wire: str) -> None:
    room = Room()
    room.parties[f"own-{wire}"].enter("a", "buy", symbol="NONE")
    assert room.heard() == said("rejected", f"own-{wire}")


@each_pair
def test_an_execution_goes_to_both_entering_sessions(wire: str, other: str) -> None:
    room = Room()
    own, their = f"own-{wire}", f"other-{other}"
    resting_order(room, own)
    room.parties[their].enter("b", "sell", "40")
    assert room.heard() == in_turn(
        said("accepted", their), said("partial fill", own), said("fill", their)
    )


@each_pair
def test_an_account_that_meets_itself_gets_both_reports(wire: str, other: str) -> None:
    room = Room()
    own, second = f"own-{wire}", f"second-{other}"
    resting_order(room, own)
    room.parties[second].enter("b", "sell")
    assert room.heard() == in_turn(said("accepted", second), said("fill", own, second))


def test_both_sides_of_an_execution_can_tell_that_it_is_one() -> None:
    room = Room()
    fix, ouch, websocket = (room.parties[f"own-{wire}"] for wire in ("fix44", "ouch", "websocket"))
    assert isinstance(fix, FixParty)
    assert isinstance(ouch, OuchParty)
    assert isinstance(websocket, WebSocketParty)
    fix.enter("a", "buy", "10")
    websocket.enter("b", "sell", "10")
    room.heard()
    (bought,) = (m[17] for m in fix.messages if m.get(150) == "F")
    (sold,) = (m for m in websocket.messages if isinstance(m, feed.Executed))
    assert (bought[:-1], bought[-1], sold.exec_id[-1]) == (sold.exec_id[:-1], "B", "S")
    ouch.enter("a", "buy", "10")
    websocket.enter("c", "sell", "10")
    room.heard()
    (filled,) = (m.match_number for m in ouch.messages if isinstance(m, Executed))
    (sold,) = (m for m in websocket.messages if isinstance(m, feed.Executed))
    assert filled == sold.match_number


@each_wire
def test_replaced_goes_to_the_entering_session(wire: str) -> None:
    room = Room()
    own = f"own-{wire}"
    resting_order(room, own)
    room.parties[own].replace("b", "a", "60")
    assert room.heard() == said("replaced", own)


@pytest.mark.parametrize("owner", WIRES)
@each_naming_wire
def test_only_the_entering_session_replaces(wire: str, owner: str) -> None:
    room = Room()
    order_id = resting_order(room, f"own-{owner}")
    second = room.parties[f"second-{wire}"]
    assert not isinstance(second, OuchParty | Ouch50Party)
    second.replace("b", "a", "60", order_id)
    assert room.heard() == said("cancel or replace refused", f"second-{wire}")


@pytest.mark.parametrize("wire", ["ouch", "ouch50"])
def test_reduced_goes_to_the_entering_session(wire: str) -> None:
    room = Room()
    own = f"own-{wire}"
    resting_order(room, own)
    ouch = room.parties[own]
    assert isinstance(ouch, OuchParty | Ouch50Party)
    ouch.cancel("", "a", to_size=30)
    assert room.heard() == said("reduced", own)


@pytest.mark.parametrize("wire", ["ouch", "ouch50"])
def test_modified_goes_to_the_entering_session(wire: str) -> None:
    room = Room()
    own = f"own-{wire}"
    ouch = room.parties[own]
    assert isinstance(ouch, OuchParty | Ouch50Party)
    ouch.enter("a", "sell")
    room.heard()
    ouch.modify("a", "60")
    assert room.heard() == said("modified", own)


@each_wire
def test_another_place_in_the_queue_is_told_to_the_entering_session(wire: str) -> None:
    room = Room()
    order_id = resting_order(room, f"own-{wire}")
    room.harness.control(RerankOrder(order_id))
    assert room.heard() == said("sent to the end of its queue", f"own-{wire}")


def test_what_a_reserve_order_shows_anew_is_told_to_the_entering_session() -> None:
    room = Room()
    own, other = "own-ouch50", "other-ouch"
    reserve = room.parties[own]
    assert isinstance(reserve, Ouch50Party)
    reserve.enter("a", "buy", "200", shown=100)
    room.heard()
    room.parties[other].enter("b", "sell")
    assert room.heard() == in_turn(
        said("partial fill", own),
        said("reserve shown anew", own),
        said("accepted", other),
        said("fill", other),
    )


def test_a_mass_cancel_of_the_entering_session_is_told_after_its_orders() -> None:
    room = Room()
    own = "own-ouch50"
    for party in (own, "second-ouch50"):
        resting_order(room, party)
    asking = room.parties[own]
    assert isinstance(asking, Ouch50Party)
    asking.mass_cancel("m")
    assert room.heard() == in_turn(said("canceled on request", own), said("mass cancel done", own))


def test_disabled_order_entry_is_told_to_who_asked_and_concerns_nobody_else() -> None:
    room = Room()
    own, second = "own-ouch50", "second-ouch50"
    asking = room.parties[own]
    assert isinstance(asking, Ouch50Party)
    asking.disable("d")
    assert room.heard() == said("order entry disabled", own)
    for party in (own, second):
        room.parties[party].enter("a", "buy")
    assert room.heard() == in_turn(said("rejected", own), said("accepted", second))


@each_wire
def test_canceled_goes_to_the_entering_session(wire: str) -> None:
    room = Room()
    own = f"own-{wire}"
    resting_order(room, own)
    room.parties[own].cancel("b", "a")
    assert room.heard() == said("canceled on request", own)


@pytest.mark.parametrize("owner", WIRES)
@each_naming_wire
def test_a_cancel_by_another_session_is_told_to_both(wire: str, owner: str) -> None:
    room = Room()
    own, second = f"own-{owner}", f"second-{wire}"
    order_id = resting_order(room, own)
    party = room.parties[second]
    assert not isinstance(party, OuchParty | Ouch50Party)
    party.cancel("b", "a", order_id)
    assert room.heard() == said("canceled on request", own, second)


@pytest.mark.parametrize("owner", WIRES)
@pytest.mark.parametrize("wire", ["fix44", "fix50"])
def test_a_mass_cancel_by_another_session_is_told_to_owners_and_counted(
    wire: str, owner: str
) -> None:
    room = Room()
    own, second, other = f"own-{owner}", f"second-{wire}", f"other-{owner}"
    for party in (own, other):
        resting_order(room, party)
    asking = room.parties[second]
    assert isinstance(asking, FixParty)
    asking.mass_cancel("m")
    assert room.heard() == in_turn(
        said("canceled on request", own), said("mass cancel done", second)
    )


@pytest.mark.parametrize(
    ("asking", "shared"), [("other", True), ("second", False)], ids=["stranger", "not allowed"]
)
@pytest.mark.parametrize("owner", WIRES)
@each_naming_wire
def test_anybody_else_gets_the_answer_for_an_order_that_does_not_exist(
    wire: str, owner: str, asking: str, shared: bool
) -> None:
    room = Room(shared=shared)
    order_id = resting_order(room, f"own-{owner}")
    party = room.parties[f"{asking}-{wire}"]
    assert not isinstance(party, OuchParty | Ouch50Party)
    answers = []
    for client_id, named in (("b", order_id), ("c", order_id + 1)):
        party.cancel(client_id, "a", named)
        assert room.heard() == said("cancel or replace refused", f"{asking}-{wire}")
        answers.append(without_names(party.messages))
    assert answers[0] == answers[1]


def without_names(messages: Sequence[object]) -> list[object]:
    """Messages without their numbers, times and what the request itself named."""
    return [
        {tag: value for tag, value in message.items() if tag not in (9, 10, 11, 34, 52, 60)}
        if isinstance(message, dict)
        else {
            name: getattr(message, name)
            for name in message.__struct_fields__  # type: ignore[attr-defined]
            if name not in ("seq", "time_ns", "cl_ord_id", "order_id")
        }
        for message in messages
    ]


@each_wire
def test_a_refused_cancel_goes_to_who_asked(wire: str) -> None:
    room = Room()
    room.parties[f"own-{wire}"].cancel("b", "never")
    assert room.heard() == said("cancel or replace refused", f"own-{wire}")


@each_wire
def test_what_cannot_trade_at_once_is_canceled_unasked(wire: str) -> None:
    room = Room()
    own = f"own-{wire}"
    room.parties[own].enter("a", "buy", immediate=True)
    assert room.heard() == in_turn(
        said("accepted", own), said("nothing left to trade against", own)
    )


@each_wire
def test_what_the_venue_cancels_is_told_to_the_entering_session(wire: str) -> None:
    room = Room()
    resting_order(room, f"own-{wire}")
    room.harness.control(MassCancel())
    assert room.heard() == said("canceled by the venue", f"own-{wire}")


@each_wire
def test_an_absent_session_gets_its_reports_when_it_is_back(wire: str) -> None:
    room = Room()
    own = f"own-{wire}"
    resting_order(room, own)
    room.parties[own].leave()
    room.parties["other-fix44"].enter("b", "sell")
    assert room.heard() == in_turn(said("accepted", "other-fix44"), said("fill", "other-fix44"))
    room.parties[own].come_back()
    assert room.heard() == said("fill", own)


@pytest.mark.parametrize("owner", NAMING_WIRES)
@each_naming_wire
def test_a_status_goes_to_who_asked(wire: str, owner: str) -> None:
    room = Room()
    order_id = resting_order(room, f"own-{owner}")
    for asking, named in ((f"own-{owner}", 0), (f"second-{wire}", order_id)):
        party = room.parties[asking]
        assert not isinstance(party, OuchParty | Ouch50Party)
        party.status("a", named)
        assert room.heard() == said("status", asking)


@each_pair
def test_a_broken_trade_goes_to_both_entering_sessions(wire: str, other: str) -> None:
    room = Room()
    own, their = f"own-{wire}", f"other-{other}"
    resting_order(room, own)
    room.parties[their].enter("b", "sell", SIZE)
    room.heard()
    room.harness.control(BustTrade(1, BustReason.ERRONEOUS))
    assert room.heard() == said("trade broken", own, their)


@each_wire
def test_the_end_of_the_day_expires_orders_and_is_told_on_ouch(wire: str) -> None:
    room = Room()
    own = f"own-{wire}"
    resting_order(room, own)
    room.harness.control(EndOfDay())
    assert room.heard() == in_turn(said("expired", own), said("day ends", *room.parties))


def test_the_next_day_is_told_on_ouch_as_the_first_message_of_a_new_session() -> None:
    room = Room()
    room.harness.control(EndOfDay())
    room.heard()
    room.harness.control(StartOfDay(TRADING_DATE + 1, MIDNIGHT_NS + DAY_NS))
    for name in room.parties:
        if name.endswith(("-ouch", "-ouch50")):
            room.parties[name].come_back()
    assert room.heard() == said("day starts", *room.parties)
