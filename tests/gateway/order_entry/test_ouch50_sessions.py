"""OUCH 5.0: requests about all orders of a firm, the next number, days, restarts and replay."""

from gateway.credentials import ConfiguredCredentials
from gateway.journal.log import MemoryLog
from gateway.journal.render import batch_lines as lines_of
from gateway.order_entry.ouch50 import USER_REF_NUM_MAX, ouch50_desk
from gateway.replay import Replay
from gateway.venue import Venue
from matching.commands import BustTrade, EndOfDay, RerankOrder, SetPhase, StartOfDay
from matching.types import BustReason, Phase
from protocol.ouch.appendage import Appendage
from protocol.ouch.inbound50 import (
    AccountQuery,
    DisableOrderEntry,
    EnableOrderEntry,
    MassCancel,
    ModifyOrder,
)
from protocol.ouch.outbound50 import (
    AccountQueryResponse,
    DisableOrderEntryResponse,
    EnableOrderEntryResponse,
    MassCancelResponse,
    Rejected,
    SystemEvent,
)
from protocol.soupbintcp.events import LoggedIn
from protocol.soupbintcp.session import REPLAY_MESSAGES_MAX
from tests.gateway.order_entry.ouch50_client import (
    PRICE,
    WIRE,
    Ouch50Client,
    cancel,
    enter,
    ouch50_venue,
    replace,
)
from tests.gateway.order_entry.test_ouch50 import (
    NOW,
    START_OF_DAY,
    accepted,
    canceled,
    executed,
    rejected,
    replaced,
)
from tests.gateway.venue_harness import MIDNIGHT_NS, TRADING_DATE, VenueHarness

NEXT_DAY = StartOfDay(TRADING_DATE + 1, MIDNIGHT_NS)
ALL = b" " * 8
ANY = b" " * 4
ABCD, EFGH = Appendage(firm=b"ABCD"), Appendage(firm=b"EFGH")


def trader_of(venue: VenueHarness) -> Ouch50Client:
    client = Ouch50Client(venue)
    assert client.news() == [START_OF_DAY]
    return client


def three_firms(client: Ouch50Client) -> None:
    """Orders 1 to 4, of ABCD in two symbols, of EFGH and of no firm."""
    assert client.ask(
        enter(1, firm=b"ABCD"),
        enter(2, firm=b"ABCD", symbol=b"MSFT    "),
        enter(3, firm=b"EFGH"),
        enter(4),
    ) == [
        accepted(1, 1, appendage=ABCD),
        accepted(2, 2, symbol=b"MSFT    ", appendage=ABCD),
        accepted(3, 3, appendage=EFGH),
        accepted(4, 4),
    ]


# -- Account Query -------------------------------------------------------------------------------


def test_the_next_number_follows_the_highest_that_was_processed() -> None:
    trader = trader_of(ouch50_venue())
    assert trader.ask(AccountQuery()) == [AccountQueryResponse(NOW, 1)]
    assert trader.ask(enter(7), replace(7, 9, 50), enter(11, symbol=b"NOSUCH  "), b"Q\0\0") == [
        accepted(7, 1),
        replaced(9, 7, 2, 50),
        rejected(11, 0x17),
        AccountQueryResponse(NOW, 12),
    ]


def test_after_the_highest_number_of_all_none_is_left() -> None:
    trader = trader_of(ouch50_venue())
    assert trader.ask(enter(USER_REF_NUM_MAX), AccountQuery()) == [
        accepted(USER_REF_NUM_MAX, 1),
        AccountQueryResponse(NOW, 0),
    ]


# -- Mass Cancel ---------------------------------------------------------------------------------


def test_a_mass_cancel_without_filters_takes_all_orders_of_the_session_and_answers_last() -> None:
    venue = ouch50_venue()
    trader, other = trader_of(venue), Ouch50Client(venue, b"SIM001")
    other.ask(enter(1))
    trader.send(enter(1), enter(2, firm=b"ABCD"), replace(1, 3, 50))
    trader.news()
    assert trader.ask(MassCancel(4, ANY, ALL)) == [
        canceled(3, 50, b"U"),
        canceled(2, 100, b"U"),
        MassCancelResponse(NOW, 4, ANY, ALL),
    ]
    assert other.news() == []


def test_a_mass_cancel_takes_what_fits_firm_and_symbol() -> None:
    trader = trader_of(ouch50_venue())
    three_firms(trader)
    assert trader.ask(MassCancel(5, b"ABCD", b"AAPL    "), MassCancel(6, b"ABCD", ALL)) == [
        canceled(1, 100, b"U"),
        MassCancelResponse(NOW, 5, b"ABCD", b"AAPL    "),
        canceled(2, 100, b"U"),
        MassCancelResponse(NOW, 6, b"ABCD", ALL),
    ]
    assert trader.ask(MassCancel(7, b"NONE", ALL), MassCancel(8, ANY, b"AAPL    ")) == [
        MassCancelResponse(NOW, 7, b"NONE", ALL),
        canceled(3, 100, b"U"),
        canceled(4, 100, b"U"),
        MassCancelResponse(NOW, 8, ANY, b"AAPL    "),
    ]


def test_a_mass_cancel_spends_its_number_and_a_repeat_is_ignored() -> None:
    trader = trader_of(ouch50_venue())
    assert trader.ask(MassCancel(1, b"ABCD", ALL), enter(1), enter(2), MassCancel(1, ANY, ALL)) == [
        MassCancelResponse(NOW, 1, b"ABCD", ALL),
        accepted(2, 1),
    ]


def test_a_mass_cancel_in_no_symbol_is_rejected_and_spends_its_number() -> None:
    trader = trader_of(ouch50_venue())
    assert trader.ask(enter(1), MassCancel(2, ANY, b"NOSUCH  "), enter(2)) == [
        accepted(1, 1),
        Rejected(NOW, 2, 0x17, b" " * 14),
    ]


# -- Disable and Enable Order Entry --------------------------------------------------------------


def test_a_disabled_firm_enters_nothing_until_it_is_enabled() -> None:
    trader = trader_of(ouch50_venue())
    three_firms(trader)
    assert trader.ask(
        DisableOrderEntry(5, b"ABCD"),
        enter(6, firm=b"ABCD"),
        enter(7, firm=b"EFGH"),
        enter(8),
        EnableOrderEntry(9, b"ABCD"),
        enter(10, firm=b"ABCD"),
    ) == [
        DisableOrderEntryResponse(NOW, 5, b"ABCD"),
        rejected(6, 0x0C),
        accepted(7, 5, appendage=EFGH),
        accepted(8, 6),
        EnableOrderEntryResponse(NOW, 9, b"ABCD"),
        accepted(10, 7, appendage=ABCD),
    ]


def test_orders_of_a_disabled_firm_may_still_be_changed_and_canceled() -> None:
    trader = trader_of(ouch50_venue())
    assert trader.ask(
        enter(1, firm=b"ABCD"), DisableOrderEntry(2, b"ABCD"), replace(1, 3, 60), cancel(3)
    ) == [
        accepted(1, 1, appendage=ABCD),
        DisableOrderEntryResponse(NOW, 2, b"ABCD"),
        replaced(3, 1, 2, 60, appendage=ABCD),
        canceled(3, 60, b"U"),
    ]


def test_a_blank_firm_disables_all_firms_and_enables_what_was_disabled_so() -> None:
    trader = trader_of(ouch50_venue())
    assert trader.ask(
        DisableOrderEntry(1, ANY),
        enter(2),
        enter(3, firm=b"ABCD"),
        EnableOrderEntry(4, b"ABCD"),
        enter(5, firm=b"ABCD"),
        EnableOrderEntry(6, ANY),
        enter(7, firm=b"ABCD"),
    ) == [
        DisableOrderEntryResponse(NOW, 1, ANY),
        rejected(2, 0x0C),
        rejected(3, 0x0C),
        EnableOrderEntryResponse(NOW, 4, b"ABCD"),
        rejected(5, 0x0C),
        EnableOrderEntryResponse(NOW, 6, ANY),
        accepted(7, 1, appendage=ABCD),
    ]


def test_a_repeated_disable_does_not_undo_the_enable_after_it() -> None:
    trader = trader_of(ouch50_venue())
    assert trader.ask(
        DisableOrderEntry(1, ANY),
        DisableOrderEntry(1, ANY),
        EnableOrderEntry(2, ANY),
        DisableOrderEntry(1, ANY),
        enter(3),
    ) == [
        DisableOrderEntryResponse(NOW, 1, ANY),
        EnableOrderEntryResponse(NOW, 2, ANY),
        accepted(3, 1),
    ]


# -- days and restarts ---------------------------------------------------------------------------


def test_numbers_begin_anew_with_the_day() -> None:
    venue = ouch50_venue()
    trader = trader_of(venue)
    trader.send(enter(9), DisableOrderEntry(10, ANY))
    venue.control(EndOfDay())
    venue.control(NEXT_DAY)
    trader = trader_of(venue)
    assert trader.ask(AccountQuery(), enter(1)) == [
        AccountQueryResponse(NOW, 1),
        accepted(1, 2),
    ]


def test_a_restart_keeps_numbers_orders_options_and_disabled_firms() -> None:
    venue = ouch50_venue()
    trader = trader_of(venue)
    trader.send(
        enter(3, firm=b"ABCD"),
        enter(4, b"S", symbol=b"MSFT    "),
        ModifyOrder(4, b"T", 80),
        enter(5, symbol=b"NOSUCH  "),
        DisableOrderEntry(6, b"EFGH"),
    )
    told = trader.payloads
    venue = venue.restart()
    back = Ouch50Client(venue)
    assert back.login == LoggedIn(trader.login.session, 1)  # type: ignore[union-attr]
    assert len(back.news()) == 6
    assert back.payloads[: len(told)] == told
    assert back.ask(
        enter(6),
        AccountQuery(),
        enter(7, firm=b"EFGH"),
        replace(3, 8, 90),
        replace(4, 9, 70),
        enter(10),
    ) == [
        AccountQueryResponse(NOW, 7),
        rejected(7, 0x0C),
        replaced(8, 3, 3, 90, appendage=ABCD),
        replaced(9, 4, 4, 70, side=b"T", symbol=b"MSFT    "),
        accepted(10, 5),
    ]


def test_a_number_spent_on_a_mass_cancel_survives_a_restart() -> None:
    venue = ouch50_venue()
    trader_of(venue).send(enter(1), MassCancel(5, b"ABCD", ALL))
    client = Ouch50Client(venue.restart())
    client.news()
    assert client.ask(MassCancel(5, ANY, ALL), enter(5), AccountQuery()) == [
        AccountQueryResponse(NOW, 6)
    ]


def test_what_happens_while_the_client_is_away_is_replayed() -> None:
    venue = ouch50_venue()
    trader = trader_of(venue)
    trader.send(enter(1))
    trader.pipe.hang_up()
    Ouch50Client(venue, b"SIM001").send(enter(1, b"S"))
    assert Ouch50Client(venue, sequence=3).news() == [executed(1, 100, b"A", 1)]


def test_a_replay_that_outlasts_the_night_is_cut_off() -> None:
    venue = ouch50_venue()
    trader = trader_of(venue)
    for first in range(0, 3 * REPLAY_MESSAGES_MAX, REPLAY_MESSAGES_MAX):
        numbers = range(first + 1, first + 1 + REPLAY_MESSAGES_MAX)
        trader.send(*(enter(number, quantity=0) for number in numbers))
    trader.pipe.hang_up()
    late = Ouch50Client(venue)
    venue.control(EndOfDay(), NEXT_DAY)
    venue.settle()
    assert late.pipe.closed == "next session began before the replay was through"
    assert not late.ended


def test_every_message_of_two_days_and_a_restart_replays_without_divergence() -> None:
    venue = ouch50_venue()
    trader, other = trader_of(venue), Ouch50Client(venue, b"SIM001")
    trader.send(
        enter(1, quantity=300, max_floor=100, firm=b"ABCD"),
        enter(1),
        enter(2, display=b"N"),
        enter(3, price_type=b"P"),
        enter(4, b"S", price=PRICE + 500),
        ModifyOrder(4, b"E", 90),
        enter(5, time_in_force=b"6", expire_time=NOW // 1_000_000_000 + 1, price=PRICE - 500),
        AccountQuery(),
    )
    other.send(enter(1, b"S", 250), enter(2, b"S", 50, post_only=b"P"))
    venue.control(RerankOrder(4), BustTrade(1, BustReason.ERRONEOUS), SetPhase(0, Phase.HALTED))
    trader.send(replace(4, 6, 80))
    venue.control(SetPhase(0, Phase.OPEN))
    trader.send(DisableOrderEntry(7, b"ABCD"), enter(8, firm=b"ABCD"), replace(2, 9, 90))
    Ouch50Client(venue, password=b"WRONG")
    other.send(b"no message")
    venue.now_ns += 2_000_000_000
    venue = venue.restart()
    back = Ouch50Client(venue, sequence=2)
    back.send(EnableOrderEntry(10, b"ABCD"), MassCancel(11, b"ABCD", ALL), cancel(9, 95))
    venue.control(EndOfDay())
    venue.control(NEXT_DAY)
    Ouch50Client(venue).send(enter(1), MassCancel(2, ANY, ALL))

    def make_venue(log: MemoryLog, configuration: bytes) -> Venue:
        replayed = Venue(
            log,
            ConfiguredCredentials(venue.config),
            lambda floor: {WIRE: ouch50_desk(floor)},
            lambda line: None,
        )
        replayed.recover()
        return replayed

    outcome = Replay(make_venue).run(venue.log.read(1))
    assert outcome.divergence is None
    assert outcome.batches == len(venue.batches())
    kinds = {frame[:1] for batch in venue.batches() for run in batch.frames for frame in run.frames}
    assert kinds == {bytes((code,)) for code in b"SAUCEBJTMRQXGK"}


def test_the_journal_is_shown_in_words_of_the_version() -> None:
    venue = ouch50_venue()
    trader_of(venue).send(enter(1, firm=b"ABCD"), cancel(1, 40))
    lines = [
        line for number, batch in enumerate(venue.batches()) for line in lines_of(number, batch)
    ]
    shown = [line for line in lines if " OUCH " in line and "SystemEvent" not in line]
    assert [line.split(" OUCH ")[1].split()[:2] for line in shown] == [
        ["EnterOrder", "user_ref_num=1"],
        ["CancelOrder", "user_ref_num=1"],
        ["Accepted", f"timestamp_ns={NOW}"],
        ["Canceled", f"timestamp_ns={NOW}"],
    ]
    assert shown[0].endswith("appendage=(Appendage firm=ABCD)")


def test_a_login_is_a_session_of_its_own_on_this_port() -> None:
    venue = ouch50_venue()
    trader_of(venue)
    (record,) = venue.venue.directory.sessions.values()
    assert (record.wire, record.key) == (b"ouch50", (b"ouch50", b"TRADER"))


def test_the_day_ends_with_its_event() -> None:
    venue = ouch50_venue()
    trader = trader_of(venue)
    venue.control(EndOfDay())
    assert trader.news() == [SystemEvent(NOW, b"E")]
    assert trader.ended
