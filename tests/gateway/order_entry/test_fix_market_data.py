"""MarketDataRequest(V) on FIX sessions: what is shown, when, and what the journal keeps of it.

Whole messages: gateway.order_entry.fix_md_requests judges, protocol.fix.market_data writes.
"""

import pytest

from gateway.journal.records import MarketDataTold
from gateway.order_entry import fix_market_data, fix_md_market, fix_md_subscriptions
from gateway.order_entry.fix import FixDesk
from gateway.venue import Venue
from matching.commands import BustTrade, EndOfDay, StartOfDay
from matching.types import BustReason
from protocol.fix.version import FIX42, FIX44, FIX50SP2, Version
from tests.gateway.order_entry.fix_md_client import (
    VERSIONS,
    MarketDataClient,
    config,
    harness,
)
from tests.gateway.venue_harness import MIDNIGHT_NS, VenueHarness

each_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda one: str(one.name))


def stage(version: Version = FIX44) -> tuple[VenueHarness, MarketDataClient, MarketDataClient]:
    """A venue, a watcher and a trader, logged on."""
    venue = harness()
    watcher = MarketDataClient(venue, b"ACME", version)
    trader = MarketDataClient(venue, b"OTHER", version)
    for client in (watcher, trader):
        client.log_on()
    return venue, watcher, trader


# -- snapshot and updates --------------------------------------------------------------------------

W_ENTRIES = (
    ("269=0", "1-0-1000000", "270=100.0000|271=60|346=1|290=1"),
    ("269=0", "1-0-990000", "270=99.0000|271=5|346=1|290=2"),
    ("269=1", "1-1-1010000", "270=101.0000|271=7|346=1|290=1"),
    ("269=2", "1-2-1", "270=100.0000|271=40"),
    ("269=4", "1-4", "270=100.0000"),
    ("269=7", "1-7", "270=100.0000"),
    ("269=8", "1-8", "270=100.0000"),
    ("269=9", "1-9", "270=100.00000000"),
)


def test_the_book_shows_only_what_orders_show() -> None:
    _, watcher, trader = stage()
    trader.new("a", "1", "100", extra="111=0|")
    trader.new("b", "1", "100", "99", extra="111=40|")
    watcher.subscribe(types="01", kind="0", update="")
    expected = "35=W|55=AAPL|262=q|268=1|269=0|270=99.0000|271=40|346=1|290=1"
    assert watcher.said() == [expected]


def test_a_hidden_orders_trade_is_told_though_no_level_changed() -> None:
    _, watcher, trader = stage()
    trader.new("a", "1", "100", extra="111=0|")
    watcher.subscribe(types="012")
    watcher.messages()
    trader.new("b", "2", "40")
    watcher.turn()
    assert watcher.said() == [
        "35=X|262=q|268=1|279=0|269=2|278=1-2-1|55=AAPL|270=100.0000|271=40"
        "|272=20240102|273=09:30:00.000"
    ]


@each_version
def test_a_snapshot_shows_book_last_trade_and_statistics(version: Version) -> None:
    _, watcher, trader = stage(version)
    trader.new("a", "1", "100")
    trader.new("b", "2", "40")
    trader.new("c", "1", "5", "99")
    trader.new("d", "2", "7", "101")
    watcher.subscribe(types="0124789", kind="0", update="")
    shown = [f"{kind}|{details}" for kind, _, details in W_ENTRIES]
    if version.code >= "50":
        shown = [f"{kind}|278={name}|{details}|83=0" for kind, name, details in W_ENTRIES]
    assert watcher.said() == ["35=W|55=AAPL|262=q|268=8|" + "|".join(shown)]


@each_version
def test_changes_are_new_changed_and_deleted_entries_with_stable_ids(version: Version) -> None:
    _, watcher, trader = stage(version)
    trader.new("a", "1", "100")
    watcher.subscribe(types="012")
    watcher.messages()
    trader.new("b", "1", "50")
    trader.new("c", "1", "5", "99")
    watcher.turn()
    tail = "|83=1" if version.code >= "50" else ""
    assert watcher.said() == [
        "35=X|262=q|268=2|"
        f"279=1|269=0|278=1-0-1000000|55=AAPL|270=100.0000|271=150|346=2|290=1{tail}|"
        f"279=0|269=0|278=1-0-990000|55=AAPL|270=99.0000|271=5|346=1|290=2{tail}"
    ]
    trader.new("d", "2", "150")
    watcher.turn()
    tail = "|83=2" if version.code >= "50" else ""
    print_of = "279=0|269=2|278=1-2-{}|55=AAPL|270=100.0000|271={}|272=20240102|273=09:30:00.000{}"
    assert watcher.said() == [
        "35=X|262=q|268=3|"
        f"279=2|269=0|278=1-0-1000000|55=AAPL|270=100.0000{tail}|"
        + print_of.format(1, 100, tail)
        + "|"
        + print_of.format(2, 50, tail)
    ]


def test_volume_is_a_size_since_fix_4_4() -> None:
    _, watcher, trader = stage(FIX44)
    trader.new("a", "1", "100")
    trader.new("b", "2", "40")
    watcher.subscribe(types="B")
    assert watcher.said() == ["35=W|55=AAPL|262=q|268=1|269=B|271=40"]
    trader.new("c", "2", "10")
    watcher.turn()
    assert watcher.said() == ["35=X|262=q|268=1|279=1|269=B|278=1-B|55=AAPL|271=50"]


def test_a_full_refresh_subscriber_gets_the_whole_book_again() -> None:
    _, watcher, trader = stage()
    watcher.subscribe(update="265=0|", depth=1)
    assert watcher.said() == ["35=W|55=AAPL|262=q|268=0"]
    trader.new("a", "1", "100")
    watcher.turn()
    assert watcher.said() == ["35=W|55=AAPL|262=q|268=1|269=0|270=100.0000|271=100|346=1|290=1"]
    trader.new("b", "1", "100", "99")
    watcher.turn()
    assert watcher.said() == []


def test_one_request_names_several_symbols_and_each_has_its_own_messages() -> None:
    _, watcher, trader = stage()
    watcher.subscribe(symbols=("AAPL", "MSFT"))
    assert [message.get(55) for message in watcher.messages()] == [b"AAPL", b"MSFT"]
    trader.new("a", "1", "100", symbol="MSFT")
    watcher.turn()
    (update,) = watcher.said()
    assert update.startswith("35=X|262=q|268=1|279=0|269=0|278=2-0-1000000|55=MSFT|")


def test_a_level_that_leaves_the_depth_is_deleted_and_comes_back() -> None:
    _, watcher, trader = stage()
    watcher.subscribe(types="0", depth=1)
    trader.new("a", "1", "100")
    watcher.turn()
    watcher.messages()
    trader.new("b", "1", "10", "101")
    watcher.turn()
    assert watcher.said() == [
        "35=X|262=q|268=2|279=2|269=0|278=1-0-1000000|55=AAPL|270=100.0000|"
        "279=0|269=0|278=1-0-1010000|55=AAPL|270=101.0000|271=10|346=1|290=1"
    ]
    trader.cancel("c", "b")
    watcher.turn()
    assert watcher.shown["q", "AAPL"].sides["0"] == {} or watcher.messages()
    assert watcher.shown["q", "AAPL"].sides["0"] == {"100.0000": ("100", 1)}


def test_a_broken_trade_is_deleted_and_leaves_the_statistics() -> None:
    venue, watcher, trader = stage()
    trader.new("a", "1", "100")
    trader.new("b", "2", "40")
    watcher.subscribe(types="247B")
    trader.new("c", "1", "10", "101")
    trader.new("d", "2", "10", "101")
    watcher.turn()
    watcher.messages()
    venue.control(BustTrade(2, BustReason.ERRONEOUS))
    watcher.turn()
    assert watcher.said() == [
        "35=X|262=q|268=3|279=1|269=7|278=1-7|55=AAPL|270=100.0000|"
        "279=1|269=B|278=1-B|55=AAPL|271=40|279=2|269=2|278=1-2-2|55=AAPL|270=101.0000"
    ]


def test_a_broken_trade_that_was_never_told_is_not_deleted() -> None:
    venue, watcher, trader = stage()
    trader.new("a", "1", "100")
    trader.new("b", "2", "40")
    trader.new("c", "2", "10")
    watcher.subscribe(types="2")
    watcher.messages()
    venue.control(BustTrade(1, BustReason.ERRONEOUS))
    watcher.turn()
    assert watcher.said() == []


def test_statistics_end_with_the_day() -> None:
    venue, watcher, trader = stage()
    trader.new("a", "1", "40")
    trader.new("b", "2", "40")
    watcher.subscribe(types="48")
    watcher.messages()
    venue.control(EndOfDay())
    watcher.turn()
    assert watcher.said() == [
        "35=X|262=q|268=2|279=2|269=4|278=1-4|55=AAPL|270=100.0000|"
        "279=2|269=8|278=1-8|55=AAPL|270=100.0000"
    ]
    venue.control(StartOfDay(20240103, MIDNIGHT_NS + 86_400_000_000_000))
    watcher.subscribe("r", types="48")
    assert watcher.said() == ["35=W|55=AAPL|262=r|268=0"]


def test_statistics_are_withheld_where_the_engine_forgot_the_mornings_trades(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    venue, watcher, trader = stage()
    trader.new("a", "1", "100")
    trader.new("b", "2", "40")
    flow = venue.venue.engine._live
    monkeypatch.setattr(flow, "trades", type(flow.trades)(flow.trades, maxlen=1))
    watcher.subscribe(types="24")
    assert watcher.said() == ["35=W|55=AAPL|262=q|268=1|269=2|270=100.0000|271=40"]


def test_a_request_in_the_middle_of_a_tick_shows_the_tick_so_far_and_the_rest_follows() -> None:
    venue, watcher, trader = stage()
    watcher.subscribe("first", types="012")
    watcher.messages()
    with venue.tick():
        trader.new("a", "1", "100")
        watcher.subscribe("second", types="012")
        trader.new("b", "2", "30")
    watcher.messages()
    watcher.turn()
    watcher.messages()
    for name in ("first", "second"):
        shown = watcher.shown[name, "AAPL"]
        assert shown.sides == {"0": {"100.0000": ("70", 1)}, "1": {}}
        assert shown.trades == {"1-2-1": ("100.0000", "30")}


def test_a_symbol_asked_for_in_the_middle_of_a_tick_counts_the_tick_so_far_once() -> None:
    venue, watcher, trader = stage()
    watcher.subscribe("first", symbols=("MSFT",))
    with venue.tick():
        trader.new("a", "1", "100")
        watcher.subscribe("second")
    watcher.turn()
    watcher.messages()
    trader.new("b", "1", "1")
    watcher.turn()
    watcher.messages()
    assert watcher.shown["second", "AAPL"].sides["0"] == {"100.0000": ("101", 2)}


def test_what_went_is_told_before_what_came_so_that_no_book_ever_crosses() -> None:
    _, watcher, trader = stage()
    trader.new("a", "2", "10", "101")
    watcher.subscribe()
    watcher.messages()
    trader.new("b", "1", "20", "102")
    watcher.turn()
    assert watcher.said() == [
        "35=X|262=q|268=2|279=2|269=1|278=1-1-1010000|55=AAPL|270=101.0000|"
        "279=0|269=0|278=1-0-1020000|55=AAPL|270=102.0000|271=10|346=1|290=1"
    ]


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_of, reason, text",
    [
        ({"symbols": ("AAPL", "NO")}, "0", "Symbol(55): expected a listed symbol, received NO"),
        (
            {"extra": "266=N|"},
            "7",
            "AggregatedBook(266): expected Y, received N",
        ),
        ({"kind": "1", "update": ""}, "6", "MDUpdateType(265): expected 0 or 1, received nothing"),
        (
            {"types": "06"},
            "8",
            "MDEntryType(269): expected one of 0 1 2 4 7 8 9 B, received 6",
        ),
        ({"depth": -1}, "5", "MarketDepth(264): expected 0 or more levels, received -1"),
        ({"extra": "546=3|"}, "A", "Scope(546): expected 1, received 3"),
        ({"extra": "547=Y|"}, "C", "MDImplicitDelete(547): expected N, received Y"),
        ({"kind": "2"}, None, "MDReqID(262): expected one that is subscribed, received q"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_field(
    request_of: dict[str, object], reason: str | None, text: str
) -> None:
    _, watcher, _ = stage(FIX44)
    watcher.subscribe(**request_of)  # type: ignore[arg-type]
    tail = f"|281={reason}" if reason else ""
    assert watcher.said() == [f"35=Y|58={text}|262=q{tail}"]


def test_an_older_version_is_spared_reasons_and_entry_types_it_does_not_have() -> None:
    _, watcher, _ = stage(FIX42)
    watcher.subscribe(extra="266=N|")
    watcher.subscribe(types="5")
    assert watcher.said() == [
        "35=Y|58=AggregatedBook(266): expected Y, received N|262=q|281=7",
        "35=Y|58=MDEntryType(269): expected one of 0 1 2 4 7 8 9, received 5|262=q|281=8",
    ]


def test_a_live_md_req_id_is_refused_and_free_again_after_unsubscribing() -> None:
    _, watcher, trader = stage()
    watcher.subscribe()
    watcher.messages()
    watcher.subscribe()
    text = "MDReqID(262): expected one that is not in use, received q"
    assert watcher.said() == [f"35=Y|58={text}|262=q|281=1"]
    watcher.subscribe(kind="2")
    trader.new("a", "1", "100")
    watcher.turn()
    assert watcher.said() == []
    watcher.subscribe()
    assert [one[:4] for one in watcher.said()] == ["35=W"]


def test_a_snapshot_leaves_its_md_req_id_free() -> None:
    _, watcher, _ = stage()
    watcher.subscribe(kind="0")
    watcher.subscribe(kind="0")
    assert [one[:4] for one in watcher.said()] == ["35=W", "35=W"]


def test_a_possible_resend_of_a_live_request_changes_nothing() -> None:
    _, watcher, _ = stage()
    watcher.subscribe()
    watcher.messages()
    assert watcher.pipe is not None
    body = b"262=q\x01263=1\x01264=0\x01265=1\x01267=1\x01269=0\x01146=1\x0155=AAPL\x01"
    watcher.pipe.send(watcher.stream.write(b"V", body, watcher.harness.now_ns, b"97=Y\x01"))
    assert watcher.said() == []


def test_an_md_req_id_too_long_to_stand_in_every_message_is_refused_with_j() -> None:
    _, watcher, _ = stage()
    watcher.subscribe("x" * 65)
    (refusal,) = watcher.messages()
    assert (refusal.msg_type, refusal.get(380), refusal.get(58)) == (
        b"j",
        b"0",
        b"MDReqID(262): expected 1 to 64 bytes, received 65",
    )


def test_requests_and_symbols_of_a_session_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fix_market_data, "REQUESTS_MAX", 2)
    monkeypatch.setattr(fix_market_data, "SYMBOLS_MAX", 3)
    _, watcher, _ = stage()
    watcher.subscribe("a", symbols=("AAPL", "MSFT"))
    watcher.messages()
    watcher.subscribe("b", symbols=("AAPL", "MSFT"))
    watcher.subscribe("c")
    watcher.subscribe("d")
    assert watcher.said() == [
        "35=Y|58=symbols of a session's live requests: expected at most 3|262=b|281=2",
        "35=W|55=AAPL|262=c|268=0",
        "35=Y|58=live requests of a session: expected at most 2|262=d|281=2",
    ]
    assert fix_md_subscriptions.REQUESTS_MAX == 100


def test_a_session_without_the_application_is_told_so() -> None:
    venue = harness(config(("orders",)))
    client = MarketDataClient(venue)
    client.log_on()
    client.subscribe()
    (refusal,) = client.messages()
    assert (refusal.msg_type, refusal.get(380)) == (b"j", b"4")


# -- when it is told -------------------------------------------------------------------------------


def test_what_happens_between_two_turns_is_one_message() -> None:
    venue, watcher, trader = stage()
    watcher.subscribe()
    watcher.messages()
    for number in range(20):
        trader.new(f"a{number}", "1", "10")
        trader.cancel(f"c{number}", f"a{number}")
    trader.new("last", "1", "10")
    watcher.turn()
    assert watcher.said() == [
        "35=X|262=q|268=1|279=0|269=0|278=1-0-1000000|55=AAPL|270=100.0000|271=10|346=1|290=1"
    ]
    watcher.turn()
    assert watcher.said() == []
    assert venue.venue.waiting == {}


def test_who_lags_behind_the_tape_gets_a_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fix_md_market, "TAPE_MAX", 3)
    _, watcher, trader = stage()
    watcher.subscribe(types="2")
    watcher.messages()
    trader.new("a", "1", "100")
    for number in range(4):
        trader.new(f"s{number}", "2", f"{number + 1}")
    watcher.turn()
    assert watcher.said() == ["35=W|55=AAPL|262=q|268=1|269=2|270=100.0000|271=4"]


def test_a_turn_is_bounded_and_every_symbol_gets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fix_market_data, "TURN_BYTES", 1)
    _, watcher, trader = stage()
    watcher.subscribe(symbols=("AAPL", "MSFT", "TSLA"))
    assert [message.get(55) for message in watcher.messages()] == [b"AAPL"]
    trader.new("a", "1", "10")
    told = []
    for _ in range(4):
        watcher.turn()
        told += [(one.msg_type, one.get(55)) for one in watcher.messages()]
    assert told == [(b"W", b"MSFT"), (b"W", b"TSLA"), (b"X", b"AAPL")]


def test_reports_and_market_data_share_one_sequence_without_holes() -> None:
    _, watcher, trader = stage()
    watcher.subscribe(types="012")
    for number in range(5):
        watcher.new(f"w{number}", "1", "10", "99")
        trader.new(f"t{number}", "2", "5", "99")
        watcher.turn()
    kinds = {message.msg_type for message in watcher.messages()}
    assert kinds == {b"8", b"W", b"X"}
    assert watcher.numbers == list(range(2, 2 + len(watcher.numbers)))


def test_subscriptions_die_with_the_connection() -> None:
    venue, watcher, trader = stage()
    watcher.subscribe()
    trader.new("a", "1", "10")
    watcher.hang_up()
    trader.new("b", "1", "10")
    assert (venue.venue.waiting, venue.venue.watchers) == ({}, [])
    watcher.log_on()
    watcher.turn()
    assert watcher.said() == []


def test_nobody_looks_at_events_while_nobody_subscribes() -> None:
    venue, watcher, _ = stage()
    routes = dict(venue.venue._router._routes)
    assert venue.venue.watchers == []
    watcher.subscribe()
    assert len(venue.venue.watchers) == 1
    assert venue.venue._router._routes == routes
    watcher.subscribe(kind="2")
    assert venue.venue.watchers == []
    watcher.subscribe(kind="0")
    assert venue.venue.watchers == []


def test_events_of_a_symbol_nobody_wants_any_more_are_not_folded() -> None:
    desks: list[FixDesk] = []

    def make_desks(venue: Venue) -> dict[bytes, FixDesk]:
        desks.append(FixDesk(venue, config()))
        return {b"fix": desks[0]}

    watcher = MarketDataClient(VenueHarness(make_desks, config()))
    watcher.log_on()
    watcher.subscribe("a", symbols=("AAPL", "MSFT"))
    watcher.subscribe("b", symbols=("MSFT",))
    assert list(desks[0]._market_data._markets) == [1, 2]
    watcher.subscribe("a", kind="2")
    assert list(desks[0]._market_data._markets) == [2]


# -- what the journal keeps ------------------------------------------------------------------------


def test_the_journal_has_numbers_lengths_and_checksums_of_market_data_only() -> None:
    venue, watcher, trader = stage()
    watcher.subscribe()
    trader.new("a", "1", "10")
    watcher.turn()
    assert watcher.pipe is not None
    sent = watcher.pipe.take_frames()
    assert len(sent) == 2
    runs = [run for batch in venue.batches() for run in batch.frames if run.derived]
    assert [(run.first_number, run.frames) for run in runs] == [(2, [b""]), (3, [b""])]
    assert [run.derived[0][0] for run in runs] == [len(frame) for frame in sent]
    told = [fact for fact in venue.batches()[-1].facts if isinstance(fact, MarketDataTold)]
    assert told == [MarketDataTold(watcher.pipe.connection.connection_id)]


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("version", [FIX42, FIX44, FIX50SP2], ids=lambda one: str(one.name))
def test_a_resend_request_over_market_data_is_answered_with_gap_fills(
    version: Version, killed: bool
) -> None:
    venue, watcher, trader = stage(version)
    watcher.new("a", "1", "10")
    watcher.subscribe()
    trader.new("b", "2", "5")
    watcher.turn()
    watcher.messages()
    if killed:
        venue = watcher.harness = venue.restart()
        watcher.log_on()
    watcher.send(b"2", "7=1|16=0|")
    venue.settle()
    again = [(one.msg_type, one.count(34), one.get(36)) for one in watcher.messages()]
    # 1 Logon, 2 New, 3 W, 4 Trade, 5 X, and 6 the Logon of the second connection.
    assert again[:4] == [(b"4", 1, b"2"), (b"8", 2, b""), (b"4", 3, b"4"), (b"8", 4, b"")]
    assert again[4:] == [(b"4", 5, b"7" if killed else b"6")]


def test_a_request_while_a_resend_runs_waits_for_its_end() -> None:
    venue, watcher, _ = stage()
    watcher.new("a", "1", "10")
    watcher.messages()
    with venue.tick():
        watcher.send(b"2", "7=1|16=0|")
        watcher.subscribe()
    venue.settle()
    assert {one.msg_type for one in watcher.messages()} == {b"4", b"8"}
    watcher.turn()
    assert [one[:4] for one in watcher.said()] == ["35=W"]
