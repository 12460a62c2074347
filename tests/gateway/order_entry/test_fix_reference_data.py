"""SecurityList, SecurityDefinition, SecurityStatus and TradingSessionStatus on FIX sessions.

Whole messages, whose bodies protocol.fix.reference_data writes.
"""

import pytest

from gateway.order_entry import fix_reference_data
from gateway.order_entry.fix_reference_data import SECURITY_TRADING_STATUS
from matching.commands import AddInstrument, EndOfDay, SetPhase, StartOfDay
from matching.instrument import Instrument
from matching.types import Phase
from protocol.fix.version import FIX42, FIX43, FIX44, FIX50SP2, Version
from tests.gateway.order_entry.fix_md_client import VERSIONS, MarketDataClient, config, harness
from tests.gateway.venue_harness import MIDNIGHT_NS

each_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda one: str(one.name))


def logged_on(version: Version = FIX44) -> MarketDataClient:
    client = MarketDataClient(harness(config(("orders",))), version=version)
    client.log_on()
    return client


def test_every_phase_has_a_word() -> None:
    assert set(SECURITY_TRADING_STATUS) == set(Phase)


# -- what is listed --------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS[1:], ids=lambda one: str(one.name))
def test_a_security_list_names_all_with_their_lots(version: Version) -> None:
    client = logged_on(version)
    client.send(b"x", "320=r|559=4|")
    lots = "561=100|562=1" if version.code <= "50" else "562=1|561=100"
    listed = "|".join(f"55={one}|{lots}" for one in ("AAPL", "MSFT", "TSLA"))
    last = "|893=Y" if version.code >= "44" else ""
    assert client.said() == [f"35=y|146=3|{listed}|320=r|322=2|393=3|560=0{last}"]


@pytest.mark.parametrize(
    "asked, answer",
    [
        ("559=0|55=MSFT|", "146=1|55=MSFT|561=100|562=1|320=r|322=2|393=1|560=0|893=Y"),
        ("559=0|55=NO|", "320=r|322=2|393=0|560=2|893=Y"),
        ("559=1|", "320=r|322=2|393=0|560=1|893=Y"),
        ("559=4|263=1|", "320=r|322=2|393=0|560=1|893=Y"),
    ],
)
def test_a_security_list_of_one_of_nothing_and_of_what_is_not_supported(
    asked: str, answer: str
) -> None:
    client = logged_on()
    client.send(b"x", f"320=r|{asked}")
    assert client.said() == [f"35=y|{answer}"]


def test_a_long_list_comes_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fix_reference_data, "FRAGMENT", 2)
    client = logged_on()
    client.send(b"x", "320=r|559=4|")
    assert [(one.get(146), one.get(393), one.get(893)) for one in client.messages()] == [
        (b"2", b"3", b"N"),
        (b"1", b"3", b"Y"),
    ]


def test_fix_4_2_has_no_security_list() -> None:
    client = logged_on(FIX42)
    client.send(b"x", "320=r|559=4|")
    (refusal,) = client.messages()
    assert (refusal.msg_type, refusal.get(373)) == (b"3", b"11")


@each_version
def test_a_definition_of_one_of_all_of_types_and_of_what_is_not_listed(version: Version) -> None:
    client = logged_on(version)
    lots = "|561=100|562=1" if "43" <= version.code <= "50" else ""
    totals = ["|393=1", "|393=3", "|393=1", "|393=0"] if version.code == "42" else [""] * 4
    types, securities = ("1", "1") if version.code == "44" else ("3", "4")
    unknown = "Symbol(55): expected a listed symbol, received NO"
    for asked in ("321=0|55=MSFT|", "321=3|", "321=2|", "321=1|55=NO|"):
        client.send(b"c", f"320=r|{asked}")
    assert client.said() == [
        f"35=d|55=MSFT|320=r|322=2|323=1{totals[0]}{lots}",
        f"35=d|55=AAPL|320=r|322=3|323={securities}{totals[1]}{lots}",
        f"35=d|55=MSFT|320=r|322=4|323={securities}{totals[1]}{lots}",
        f"35=d|55=TSLA|320=r|322=5|323={securities}{totals[1]}{lots}",
        f"35=d|55=[N/A]|167=CS|320=r|322=6|323={types}{totals[2]}",
        f"35=d|58={unknown}|320=r|322=7|323=5{totals[3]}",
    ]


def test_specifications_match_nothing_and_later_request_types_are_rejected() -> None:
    client = logged_on(FIX50SP2)
    client.send(b"c", "320=r|321=1|167=CS|")
    client.send(b"c", "320=r|321=7|")
    assert [(one.get(323), one.get(58)) for one in client.messages()] == [
        (b"6", b"Symbol(55): expected one, a security is not found by anything else"),
        (b"5", b"SecurityRequestType(321): expected 0, 1, 2 or 3, received 7"),
    ]


# -- whether it trades -----------------------------------------------------------------------------


@each_version
def test_a_status_subscriber_hears_of_every_change_of_phase(version: Version) -> None:
    client = logged_on(version)
    client.send(b"e", "324=s|55=AAPL|263=1|")
    assert client.said() == ["35=f|55=AAPL|324=s|325=N|326=17"]
    client.harness.control(SetPhase(2, Phase.HALTED))
    assert client.said() == []
    client.harness.control(SetPhase(1, Phase.HALTED), SetPhase(1, Phase.OPEN))
    assert client.said() == [
        "35=f|55=AAPL|324=s|325=Y|326=2",
        "35=f|55=AAPL|324=s|325=Y|326=17",
    ]
    client.harness.control(EndOfDay())
    assert client.said() == ["35=f|55=AAPL|324=s|325=Y|326=18"]
    client.send(b"e", "324=s|55=AAPL|263=2|")
    assert client.harness.venue.watchers == []
    client.harness.control(StartOfDay(20240103, MIDNIGHT_NS))
    assert client.said() == []


def test_a_symbol_that_is_not_listed_is_unknown_or_invalid_and_not_subscribed() -> None:
    client = logged_on()
    client.send(b"e", "324=s|55=NO|263=1|")
    assert client.said() == ["35=f|55=NO|324=s|325=N|326=20"]
    assert client.harness.venue.watchers == []


@each_version
def test_the_trading_session_is_open_halted_or_closed(version: Version) -> None:
    client = logged_on(version)
    client.send(b"g", "335=g|263=1|")
    assert client.said() == ["35=h|325=N|335=g|336=1|340=2"]
    client.harness.control(SetPhase(1, Phase.HALTED))
    assert client.said() == []
    client.harness.control(SetPhase(0, Phase.HALTED))
    client.harness.control(EndOfDay())
    client.harness.control(StartOfDay(20240103, MIDNIGHT_NS))
    assert client.said() == [f"35=h|325=Y|335=g|336=1|340={status}" for status in ("1", "3", "2")]


def test_an_instrument_that_is_listed_ends_a_general_halt() -> None:
    client = logged_on()
    client.send(b"g", "335=g|263=1|")
    client.harness.control(SetPhase(0, Phase.HALTED))
    client.said()
    client.harness.control(AddInstrument(Instrument(symbol=b"NEW")))
    assert client.said() == ["35=h|325=Y|335=g|336=1|340=2"]


@pytest.mark.parametrize(
    "version, msg_type, details",
    [
        (FIX42, b"j", {380: b"1", 379: b"g"}),
        (FIX43, b"h", {340: b"6", 567: b"1"}),
        (FIX50SP2, b"h", {340: b"6", 567: b"1"}),
    ],
)
def test_another_trading_session_is_refused(
    version: Version, msg_type: bytes, details: dict[int, bytes]
) -> None:
    client = logged_on(version)
    client.send(b"g", "335=g|336=2|263=1|")
    (answer,) = client.messages()
    assert (answer.msg_type, {tag: answer.get(tag) for tag in details}) == (msg_type, details)
    assert client.harness.venue.watchers == []


@pytest.mark.parametrize(
    "msg_type, body, reason, text",
    [
        (b"e", "324=s|55=AAPL|263=2|", b"1", b"SecurityStatusReqID(324): expected one that is "),
        (b"g", "335=g|263=2|", b"1", b"TradSesReqID(335): expected one that is subscribed, "),
        (b"x", f"320={'r' * 65}|559=4|", b"0", b"SecurityReqID(320): expected 1 to 64 bytes, "),
    ],
)
def test_what_has_no_answer_of_its_own_is_refused_with_j(
    msg_type: bytes, body: str, reason: bytes, text: bytes
) -> None:
    client = logged_on()
    client.send(msg_type, body)
    (refusal,) = client.messages()
    assert (refusal.msg_type, refusal.get(372), refusal.get(380)) == (b"j", msg_type, reason)
    assert refusal.get(58).startswith(text)


def test_a_live_id_is_refused_and_subscriptions_are_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fix_reference_data, "SUBSCRIPTIONS_MAX", 1)
    client = logged_on()
    for req_id in ("a", "a", "b"):
        client.send(b"e", f"324={req_id}|55=AAPL|263=1|")
    assert [one.get(58) for one in client.messages()] == [
        b"",
        b"SecurityStatusReqID(324): expected one that is not in use, received a",
        b"live status requests of a session: expected at most 1",
    ]


def test_a_missed_halt_is_sent_again_on_request() -> None:
    client = logged_on()
    client.send(b"e", "324=s|55=AAPL|263=1|")
    client.harness.control(SetPhase(1, Phase.HALTED))
    client.messages()
    client.send(b"2", "7=3|16=3|")
    client.harness.settle()
    (again,) = client.messages()
    assert (again.msg_type, again.get(43), again.get(326)) == (b"f", b"Y", b"2")


def test_status_subscriptions_die_with_the_connection() -> None:
    client = logged_on()
    client.send(b"e", "324=s|55=AAPL|263=1|")
    client.send(b"g", "335=g|263=1|")
    assert len(client.harness.venue.watchers) == 1
    client.hang_up()
    assert client.harness.venue.watchers == []
    client.harness.control(EndOfDay())
    client.log_on()
    assert client.said() == []
