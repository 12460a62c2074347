"""Mass cancel and what reconciles after an absence: q r AF AN AO AP AD AQ AE Q B, sent again.

Over a whole venue: gateway.order_entry.fix_mass_cancel, gateway.order_entry.fix_notices,
gateway.order_entry.fix_positions, gateway.order_entry.fix_requests, gateway.order_entry.fix_status,
gateway.order_entry.fix_trades, and the bodies of protocol.fix.reconciliation.
"""

from collections.abc import Iterator

import pytest

from gateway import sessions
from gateway.config import Config, Fix, FixSession
from gateway.credentials import ConfiguredCredentials
from gateway.journal.log import MemoryLog
from gateway.order_entry import fix_trades
from gateway.order_entry.fix import FixDesk
from gateway.order_entry.fix_dictionaries import table, validator
from gateway.order_entry.fix_words import (
    CXL_REJ_REASON,
    CXL_REJ_REASON_OTHER,
    GOOD_TILL_DATE,
    ORD_REJ_REASON,
    ORDER_TYPES,
    REJECT_TEXT,
    SIDES,
    TIMES_IN_FORCE,
)
from gateway.replay import Outcome, Replay
from gateway.venue import Venue
from matching.commands import AddAccount, BustTrade, EndOfDay, StartOfDay
from matching.types import BustReason, RejectReason
from protocol.fix.message import decode
from protocol.fix.messages import ExecutionReport, OrderCancelReject
from protocol.fix.reports import execution_report, order_cancel_reject
from protocol.fix.validation import Switches
from protocol.fix.version import (
    FIX40,
    FIX41,
    FIX42,
    FIX43,
    FIX44,
    FIX50SP2,
    VERSIONS,
    Version,
)
from tests.gateway.order_entry.fix_client import Fields, FixClient, fields
from tests.gateway.venue_harness import MIDNIGHT_NS, TRADING_DATE, VenueHarness

LATE = [version for version in VERSIONS if version.code >= "43"]
POSITIONS = [version for version in VERSIONS if version.code >= "44"]
each_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda v: v.name)
since_43 = pytest.mark.parametrize("version", LATE, ids=lambda v: v.name)
since_44 = pytest.mark.parametrize("version", POSITIONS, ids=lambda v: v.name)
TIME = "60=20240102-09:30:00|"


class Stage:
    """A venue where ACME has two sessions, HERS another account; every frame out is valid."""

    def __init__(self, version: Version = FIX44, *, shared: bool = True) -> None:
        names = ("ACME", "ACME2", "HERS")
        config = Config(
            fix=Fix(
                allow_unknown_sessions=False,
                sessions=tuple(
                    FixSession(
                        version.begin_string.decode(),
                        name,
                        sender_comp_id="XVEN",
                        account=name[:4],
                        default_appl_ver_id="any",
                    )
                    for name in names
                ),
            ),
        )
        self.version = version
        self.harness = VenueHarness(lambda venue: {b"fix": FixDesk(venue, config)}, config)
        self.harness.control(AddAccount(b"ACME", shared), AddAccount(b"HERS"))
        self.parties = [FixClient(self.harness, name.encode(), version) for name in names]
        self.own, self.second, self.other = self.parties
        for party in self.parties:
            assert [m[35] for m in party.log_on()] == ["A"]

    def told(self, party: FixClient) -> list[Fields]:
        """What arrived since the last call, long answers to their end."""
        self.harness.settle()
        assert party.pipe is not None
        frames = party.pipe.take_frames()
        for frame in frames:
            validator(self.version.code, Switches()).check(decode(frame))
        return [fields(frame) for frame in frames]

    def quiet(self) -> None:
        for party in self.parties:
            self.told(party)

    def enter(self, party: FixClient, cl_ord_id: str, side: str, extra: str = "") -> None:
        """A limit order for 10 at 100; `extra` stands for the fields of the same tags."""
        self.send(party, b"D", f"11={cl_ord_id}|21=1|38=10|40=2|44=100|54={side}|55=AAPL|{extra}")

    def send(self, party: FixClient, msg_type: bytes, body: str, routing: bytes = b"") -> None:
        asked = dict(field.split("=", 1) for field in body.split("|") if field)
        if msg_type in (b"D", b"F", b"G") and self.version.code >= "42":
            asked["60"] = "20240102-09:30:00"
        if msg_type == b"F" and self.version.code == "40":
            asked["125"] = "F"
        data = "".join(f"{tag}={value}\x01" for tag, value in asked.items() if value).encode()
        assert party.pipe is not None
        party.pipe.send(party.stream.write(msg_type, data, self.harness.now_ns, routing))

    def raw(self, party: FixClient, msg_type: bytes, body: str) -> None:
        """Fields in this order, groups included."""
        party.send(msg_type, body)

    def trade(self) -> None:
        """ACME buys 10 and 5 of AAPL and sells 10 of MSFT to HERS."""
        self.enter(self.own, "a", "1", "1=ACC")
        self.enter(self.other, "x", "2")
        self.enter(self.own, "b", "1", "38=5")
        self.enter(self.other, "y", "2", "38=5")
        self.enter(self.second, "c", "5", "55=MSFT")
        self.enter(self.other, "z", "1", "55=MSFT")
        self.quiet()


def shown(message: Fields, tags: str) -> str:
    """Those fields of a message, as tag=value."""
    return " ".join(f"{tag}={message[int(tag)]}" for tag in tags.split() if int(tag) in message)


def all_shown(messages: list[Fields], tags: str) -> list[str]:
    return [shown(message, tags) for message in messages]


# -- OrderMassCancelRequest(q) ------------------------------------------------------------------


@since_43
def test_a_mass_cancel_tells_each_owner_and_then_the_requester(version: Version) -> None:
    stage = Stage(version)
    stage.enter(stage.own, "a", "1")
    stage.enter(stage.second, "b", "1", "55=MSFT")
    stage.enter(stage.other, "c", "1")
    stage.quiet()
    stage.raw(stage.own, b"q", f"11=m|{TIME}530=7|")
    told = stage.told(stage.own)
    assert all_shown(told, "35 11 39 150 531 533") == [
        "35=8 11=a 39=4 150=4",
        "35=r 11=m 531=7 533=2",
    ]
    assert told[1].get(1369) == (told[1][37] if version.code >= "51" else None)
    assert all_shown(stage.told(stage.second), "35 11 39 150") == ["35=8 11=b 39=4 150=4"]
    assert stage.told(stage.other) == []


def test_a_mass_cancel_of_one_security_leaves_the_others() -> None:
    stage = Stage()
    stage.enter(stage.own, "a", "1")
    stage.enter(stage.own, "b", "1", "55=MSFT")
    stage.quiet()
    stage.raw(stage.own, b"q", f"11=m|55=MSFT|{TIME}530=1|")
    assert all_shown(stage.told(stage.own), "35 11 55 150 531 533") == [
        "35=8 11=b 55=MSFT 150=4",
        "35=r 11=m 55=MSFT 531=1 533=1",
    ]


def test_without_leave_of_the_account_a_mass_cancel_takes_the_sessions_own_orders_only() -> None:
    stage = Stage(shared=False)
    stage.enter(stage.own, "a", "1")
    stage.enter(stage.second, "b", "1")
    stage.quiet()
    stage.raw(stage.second, b"q", f"11=m|{TIME}530=7|")
    assert all_shown(stage.told(stage.second), "35 11 533") == ["35=8 11=b", "35=r 11=m 533=1"]
    assert stage.told(stage.own) == []


def test_an_absent_owner_hears_of_a_mass_cancel_when_it_is_back() -> None:
    stage = Stage()
    stage.enter(stage.own, "a", "1")
    stage.quiet()
    stage.own.hang_up()
    stage.raw(stage.second, b"q", f"11=m|{TIME}530=7|")
    assert all_shown(stage.told(stage.second), "35 533") == ["35=r 533=1"]
    stage.own.log_on()
    stage.own.send(b"2", "7=3|16=0|")
    assert all_shown(stage.told(stage.own), "35 11 150")[:1] == ["35=8 11=a 150=4"]


@since_43
@pytest.mark.parametrize(
    ("request_", "reason", "text"),
    [
        ("530=3", "0", "MassCancelRequestType(530) not supported: 3"),
        ("54=1|530=7", "0", "field 54 not supported: expected only 11 55 58 60 530"),
        ("55=NONE|530=1", "1", "unknown Symbol(55): NONE"),
        ("55=AAPL|530=7", "99", "Symbol(55) does not go with MassCancelRequestType(530) 7"),
        ("11=a|530=7", "99", "duplicate ClOrdID(11)"),
        ("11=" + "m" * 65 + "|530=7", "99", "ClOrdID(11): expected at most 64 bytes"),
    ],
)
def test_a_mass_cancel_that_cannot_be_carried_out_cancels_nothing(
    version: Version, request_: str, reason: str, text: str
) -> None:
    stage = Stage(version)
    stage.enter(stage.own, "a", "1")
    stage.quiet()
    first = "" if "11=" in request_ else "11=m|"
    stage.raw(stage.own, b"q", f"{first}{TIME}{request_}|")
    (refused,) = stage.told(stage.own)
    expected = "0" if version is FIX43 and reason == "99" else reason
    assert shown(refused, "35 531 532 533") == f"35=r 531=0 532={expected} 533=0"
    assert refused[58] == text
    assert stage.harness.venue.orders.by_id[1].live


@pytest.mark.parametrize(("msg_type", "body"), [(b"q", "11=m|{}530=1|"), (b"AF", "584=m|585=1|")])
def test_a_security_that_is_not_named_is_a_conditionally_required_field(
    msg_type: bytes, body: str
) -> None:
    stage = Stage()
    stage.raw(stage.own, msg_type, body.format(TIME))
    (refused,) = stage.told(stage.own)
    assert shown(refused, "35 58 372 379 380") == (
        f"35=j 58=Conditionally required field missing: Symbol(55) 372={msg_type.decode()}"
        " 379=m 380=5"
    )


def test_a_mass_cancel_sent_again_is_answered_again_also_after_a_restart() -> None:
    stage = Stage()
    stage.enter(stage.own, "a", "1")
    stage.raw(stage.own, b"q", f"11=m|55=AAPL|{TIME}530=1|")
    (*_, first) = stage.told(stage.own)
    stage.harness = stage.harness.restart()
    again = FixClient(stage.harness, b"ACME", FIX44)
    again.stream = stage.own.stream
    again.log_on()
    stage.enter(again, "b", "1")
    stage.told(again)
    stage.send(again, b"q", f"11=m|55=AAPL|{TIME}530=1|", b"97=Y\x01")
    (second,) = stage.told(again)
    tags = "35 11 37 55 530 531 533"
    assert shown(second, tags) == shown(first, tags)
    stage.raw(again, b"q", f"11=m|55=AAPL|{TIME}530=1|")
    assert all_shown(stage.told(again), "531 58") == ["531=0 58=duplicate ClOrdID(11)"]


# -- OrderMassStatusRequest(AF) -----------------------------------------------------------------


@since_43
def test_a_mass_status_tells_of_every_open_order_that_the_session_may_see(
    version: Version,
) -> None:
    stage = Stage(version)
    for cl_ord_id, symbol in (("a", "AAPL"), ("b", "MSFT"), ("c", "AAPL")):
        stage.enter(stage.own, cl_ord_id, "1", f"55={symbol}")
    stage.enter(stage.second, "d", "1")
    stage.enter(stage.other, "e", "1")
    stage.enter(stage.other, "f", "2", "38=4")
    stage.quiet()
    stage.raw(stage.own, b"AF", "584=q|585=7|")
    counted = version.code > "43"
    ends = [" 584=q 911=4 912=" + ("Y" if n == 4 else "N") for n in range(1, 5)] if counted else []
    assert all_shown(stage.told(stage.own), "35 11 39 150 151 584 911 912") == [
        text + end
        for text, end in zip(
            (
                "35=8 11=a 39=1 150=I 151=6",
                "35=8 11=b 39=0 150=I 151=10",
                "35=8 11=c 39=0 150=I 151=10",
                "35=8 11=d 39=0 150=I 151=10",
            ),
            ends or [""] * 4,
            strict=True,
        )
    ]
    for narrowed, found in (("55=MSFT|584=q|585=1|", ["11=b"]), ("54=2|584=q|585=7|", [""])):
        stage.raw(stage.own, b"AF", narrowed)
        assert all_shown(stage.told(stage.own), "11") == found


def test_a_mass_status_by_account_tells_of_the_orders_that_named_it() -> None:
    stage = Stage()
    stage.enter(stage.own, "a", "1", "1=ACC")
    stage.enter(stage.own, "b", "1")
    stage.quiet()
    stage.raw(stage.own, b"AF", "1=ACC|584=q|585=7|")
    assert all_shown(stage.told(stage.own), "1 11 911") == ["1=ACC 11=a 911=1"]


@since_43
@pytest.mark.parametrize(
    ("request_", "reason", "text"),
    [
        ("584=q|585=7|", "5", "no open orders"),
        ("584=q|585=3|", "11", "MassStatusReqType(585) not supported: 3"),
        ("48=x|584=q|585=7|", "11", "field 48 not supported: expected only 1 54 55 584 585"),
        ("55=NONE|584=q|585=1|", "1", "unknown Symbol(55): NONE"),
    ],
)
def test_a_mass_status_without_orders_says_why_in_one_report(
    version: Version, request_: str, reason: str, text: str
) -> None:
    stage = Stage(version)
    stage.raw(stage.own, b"AF", request_)
    (report,) = stage.told(stage.own)
    last = " 911=0 912=Y" if version.code > "43" else ""
    assert shown(report, "35 37 39 103 150 911 912") == (
        f"35=8 37=NONE 39=8 103={reason} 150=I{last}"
    )
    assert report[58] == text


def test_a_long_answer_leaves_slice_by_slice_and_its_replay_agrees(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "ANSWER_STEPS", 3)
    stage = Stage()
    for number in range(7):
        stage.enter(stage.own, f"o{number}", "1")
    stage.quiet()
    before = len(stage.harness.batches())
    stage.raw(stage.own, b"AF", "584=q|585=7|")
    stage.enter(stage.own, "late", "1")
    assert [m[11] for m in stage.told(stage.own)] == [
        "late",
        *(f"o{number}" for number in range(7)),
        "late",
    ]
    slices = [
        sum(len(run.frames) for run in batch.frames)
        for batch in stage.harness.batches()[before + 2 :]
    ]
    assert slices == [3, 3, 2]
    replayed = replay_of(stage)
    assert replayed.divergence is None and replayed.frames > 0


def replay_of(stage: Stage) -> Outcome:
    config = stage.harness.config

    def make(log: MemoryLog, configuration: bytes) -> Venue:
        venue = Venue(
            log,
            ConfiguredCredentials(config),
            lambda venue: {b"fix": FixDesk(venue, config)},
            lambda line: None,
        )
        venue.recover()
        return venue

    return Replay(make).run(stage.harness.log.read(1))


def test_an_order_that_ends_during_a_long_answer_is_told_as_it_then_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "ANSWER_STEPS", 1)
    stage = Stage()
    stage.enter(stage.own, "a", "1")
    stage.enter(stage.own, "b", "1")
    stage.quiet()
    harness = stage.harness
    stage.raw(stage.own, b"AF", "584=q|585=7|")
    assert stage.own.pipe is not None
    with harness.tick():
        harness.venue.proceed(stage.own.pipe.connection)
    stage.send(stage.own, b"F", "11=k|41=b|54=1|55=AAPL")
    told = stage.told(stage.own)
    assert all_shown(told, "11 39 150 911 912") == [
        "11=a 39=0 150=I 911=2 912=N",
        "11=k 39=4 150=4",
        "11=b 39=4 150=I 911=2 912=Y",
    ]


def test_more_long_answers_than_a_connection_may_wait_for_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "ANSWERS_MAX", 2)
    stage = Stage()
    with stage.harness.tick():
        for number in range(3):
            stage.raw(stage.own, b"AF", f"584=q{number}|585=7|")
        stage.raw(stage.own, b"AD", "568=t|569=0|")
        stage.raw(stage.own, b"AN", positions_request())
    told = stage.told(stage.own)
    assert all_shown(told, "35 58 584 568 710 728 749") == [
        "35=8 58=too many requests are being answered on this connection 584=q2",
        "35=AQ 58=too many requests are being answered on this connection 568=t 749=99",
        "35=AO 58=too many requests are being answered on this connection 710=p 728=99",
        "35=8 58=no open orders 584=q0",
        "35=8 58=no open orders 584=q1",
    ]


def test_a_long_answer_ends_with_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "ANSWER_STEPS", 1)
    stage = Stage()
    for cl_ord_id in "abc":
        stage.enter(stage.own, cl_ord_id, "1")
    stage.quiet()
    number = stage.harness.venue.directory.sessions[1].sent_log.next_number
    stage.raw(stage.own, b"AF", "584=q|585=7|")
    stage.own.hang_up()
    stage.harness.settle()
    assert stage.harness.venue.directory.sessions[1].sent_log.next_number == number


# -- RequestForPositions(AN) --------------------------------------------------------------------


def positions_request(changes: str = "") -> str:
    """All positions of today; `changes` stands for the fields of the same tags."""
    asked = dict(
        field.split("=")
        for field in (
            f"710=p|724=0|453=1|448=FIRM|447=D|452=1|1=ACME|581=1|715={TRADING_DATE}|{TIME}{changes}"
        ).split("|")
        if field
    )
    return "".join(f"{tag}={value}|" for tag, value in asked.items() if value)


@since_44
def test_positions_are_what_the_account_bought_and_sold_today(version: Version) -> None:
    stage = Stage(version)
    stage.trade()
    stage.enter(stage.own, "d", "2", "38=3")
    stage.enter(stage.other, "w", "1", "38=3")
    stage.quiet()
    stage.raw(stage.second, b"AN", positions_request())
    ack, *reports = stage.told(stage.second)
    assert shown(ack, "35 1 448 452 710 727 728 729") == (
        "35=AO 1=ACME 448=ACME 452=38 710=p 727=2 728=0 729=0"
    )
    assert all_shown(reports, "35 55 703 704 705 715 730") == [
        f"35=AP 55=AAPL 703=TQ 704=15 705=3 715={TRADING_DATE} 730=100.0000",
        f"35=AP 55=MSFT 703=TQ 704=0 705=10 715={TRADING_DATE} 730=100.0000",
    ]
    assert len({message[721] for message in (ack, *reports)}) == 3


def test_a_bust_takes_a_position_back_and_a_restart_keeps_them() -> None:
    stage = Stage()
    stage.trade()
    stage.harness.control(BustTrade(1, BustReason.ERRONEOUS), BustTrade(3, BustReason.ERRONEOUS))
    stage.harness = stage.harness.restart()
    again = FixClient(stage.harness, b"HERS", FIX44)
    again.stream = stage.other.stream
    again.log_on()
    again.take()
    stage.raw(again, b"AN", positions_request("1=HERS|"))
    assert all_shown(stage.told(again), "35 55 704 705 727") == [
        "35=AO 727=1",
        "35=AP 55=AAPL 704=0 705=5 727=1",
    ]


def test_positions_begin_at_nothing_with_the_day() -> None:
    stage = Stage()
    stage.trade()
    day_ns = 86_400_000_000_000
    stage.harness.control(EndOfDay(), StartOfDay(TRADING_DATE + 1, MIDNIGHT_NS + day_ns))
    stage.quiet()
    stage.raw(stage.own, b"AN", positions_request(f"715={TRADING_DATE + 1}|"))
    assert all_shown(stage.told(stage.own), "35 727 728 729") == ["35=AO 727=0 728=2 729=0"]


@since_44
@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ("55=MSFT|", "727=1 728=0 729=0"),
        ("724=1|", "727=0 728=4 729=2 58=PosReqType(724) not supported: 1"),
        ("263=1|", "727=0 728=4 729=2 58=SubscriptionRequestType(263) not supported: expected 0"),
        ("725=1|", "727=0 728=4 729=2 58=ResponseTransportType(725) not supported: expected 0"),
        ("1=HERS|", "727=0 728=3 729=2 58=Account(1): expected ACME, received HERS"),
        ("55=NONE|", "727=0 728=1 729=2 58=unknown Symbol(55): NONE"),
        (
            "715=20240101|",
            "727=0 728=2 729=0 58=ClearingBusinessDate(715): expected 20240102, received 20240101",
        ),
    ],
)
def test_positions_are_narrowed_by_symbol_or_refused(
    version: Version, changes: str, found: str
) -> None:
    stage = Stage(version)
    stage.trade()
    stage.raw(stage.own, b"AN", positions_request(changes))
    ack, *reports = stage.told(stage.own)
    assert shown(ack, "727 728 729 58") == found
    assert len(reports) == int(ack[727])


# -- TradeCaptureReportRequest(AD) --------------------------------------------------------------


@since_43
def test_trades_of_the_day_come_with_the_exec_ids_of_their_reports(version: Version) -> None:
    stage = Stage(version)
    reported: dict[str, list[Fields]] = {"own": [], "second": []}
    stage.enter(stage.own, "a", "1", "1=ACC")
    stage.enter(stage.other, "x", "2", "38=4")
    stage.enter(stage.second, "b", "2", "38=1")
    for name in reported:
        told = stage.told(getattr(stage, name))
        reported[name] = [message for message in told if message.get(32)]
    stage.harness.control(BustTrade(1, BustReason.ERRONEOUS))
    stage.quiet()
    stage.raw(stage.own, b"AD", "568=t|569=0|")
    told = stage.told(stage.own)
    if version.code > "43":
        ack = told.pop(0)
        assert shown(ack, "35 568 569 748 749 750") == "35=AQ 568=t 569=0 748=3 749=0 750=0"
    exec_ids = [message[17] for message in reported["own"] + reported["second"]]
    assert [message[17] for message in told] == exec_ids
    new, broken = ("N", "C") if version is FIX43 else ("0", "1")
    ends = [f" 748=3 880={n} 912={last}" for n, last in ((1, "N"), (2, "N"), (2, "Y"))]
    assert all_shown(told, "35 150 487 32 31 54 11 1 568 748 880 912") == [
        text + (end if version.code > "43" else "")
        for text, end in zip(
            (
                f"35=AE 150=H 487={broken} 32=4 31=100.0000 54=1 11=a 1=ACC 568=t",
                f"35=AE 150=F 487={new} 32=1 31=100.0000 54=1 11=a 1=ACC 568=t",
                f"35=AE 150=F 487={new} 32=1 31=100.0000 54=2 11=b 568=t",
            ),
            ends,
            strict=True,
        )
    ]


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ("11=a|", ["a"]),
        ("37=3|", ["b"]),
        ("11=a|37=3|", []),
        ("17={}B|", ["a"]),
        ("17={}S|", []),
        ("54=2|", ["c"]),
        ("55=MSFT|", ["c"]),
        ("580=1|75=20240102|", ["a", "b", "c"]),
        ("11=never|", []),
    ],
)
def test_trades_are_narrowed(
    criteria: str, found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fix_trades, "LOOKED_AT_PER_STEP", 2)
    stage = Stage()
    stage.trade()
    seq, index = stage.harness.venue.orders.executions.find(1)
    stage.raw(stage.own, b"AD", "568=t|569=1|" + criteria.format(f"{seq}-{index}"))
    ack, *told = stage.told(stage.own)
    status = "0" if found else "1"
    assert shown(ack, "35 748 749 750") == f"35=AQ 748={len(found)} 749=0 750={status}"
    assert [message[11] for message in told] == found


@since_43
@pytest.mark.parametrize(
    ("request_", "result", "text"),
    [
        ("569=2|", "8", "TradeRequestType(569) not supported: 2"),
        ("569=0|263=1|", "99", "SubscriptionRequestType(263) not supported: expected 0"),
        ("569=0|55=NONE|", "1", "unknown Symbol(55): NONE"),
        (
            "569=0|573=0|",
            "99",
            "field 573 not supported: expected only 11 17 37 54 55 58 75 263 568 569 580 725",
        ),
        (
            "569=0|580=1|75=20240101|",
            "99",
            "TradeDate(75): expected 20240102, received 20240101",
        ),
    ],
)
def test_a_trade_request_that_cannot_be_answered_is_refused(
    version: Version, request_: str, result: str, text: str
) -> None:
    stage = Stage(version)
    stage.raw(stage.own, b"AD", f"568=t|{request_}")
    (refused,) = stage.told(stage.own)
    assert refused[58] == text
    expected = f"35=AQ 568=t 749={result} 750=2"
    if version is FIX43:
        expected = "35=j 372=AD 379=t 380=0"
    assert shown(refused, "35 568 749 750 372 379 380") == expected


# -- words without a trade ------------------------------------------------------------------------


@each_version
def test_a_trade_that_the_peer_does_not_know_is_logged_and_not_answered(version: Version) -> None:
    stage = Stage(version)
    terms = "32=1|31=1|" if version is FIX40 else ""
    stage.raw(stage.own, b"Q", f"37=1|17=5-2B|127=B|55=AAPL|54=1|38=10|{terms}58=not mine|")
    assert stage.told(stage.own) == []
    assert stage.harness.remarks[-1].endswith(
        "the peer does not know a trade: ExecID(17)=5-2B OrderID(37)=1 DKReason(127)=B"
        " Text(58)=not mine"
    )


@each_version
def test_news_go_to_who_is_logged_on_and_are_numbered(version: Version) -> None:
    stage = Stage(version)
    stage.other.hang_up()
    with stage.harness.tick():
        assert stage.harness.venue.announced("closing early", "at noon\nbe warned") == 2
    frame = next(iter_frames(stage.own))
    text = {
        "40": "33=1|58=closing early at noon be warned|42=20240102-09:30:00",
        "41": "33=2|58=at noon|58=be warned|42=20240102-09:30:00|148=closing early",
    }.get(
        version.code,
        "33=2|58=at noon|58=be warned|42=20240102-09:30:00.000|148=closing early",
    )
    assert f"|{text}|10=" in frame.replace("\x01", "|")
    assert [m[34] for m in stage.told(stage.second)] == ["2"]
    number = stage.harness.venue.directory.sessions[3].sent_log.next_number
    stage.other.log_on()
    assert stage.told(stage.other) == []
    assert number == 2
    assert replay_of(stage).divergence is None


def iter_frames(party: FixClient) -> Iterator[str]:
    assert party.pipe is not None
    for frame in party.pipe.take_frames():
        validator(party.version.code, Switches()).check(decode(frame))
        yield frame.decode()


@each_version
@pytest.mark.parametrize(
    ("msg_type", "body"), [(b"B", "148=x|33=1|58=y|"), (b"C", "164=t|94=0|147=x|33=1|58=y|")]
)
def test_news_and_mail_from_a_client_are_not_taken(
    version: Version, msg_type: bytes, body: str
) -> None:
    stage = Stage(version)
    if version is FIX40:
        for late in ("148=x|", "164=t|", "147=x|"):
            body = body.replace(late, "")
    stage.raw(stage.own, msg_type, body)
    # As QuickFIX does, this j has DefaultApplVerID(1137), which no dictionary has there.
    (refused,) = stage.own.take()
    if version.code < "42":
        assert shown(refused, "35 58") == "35=3 58=Unsupported message type"
    else:
        assert shown(refused, "35 380") == "35=j 380=3"


# -- sent again, broken, incomplete ---------------------------------------------------------------


@each_version
def test_a_request_sent_again_is_answered_with_its_outcome(version: Version) -> None:
    stage = Stage(version)
    own = stage.own
    requests = (
        (b"D", "11=a|21=1|38=10|40=2|44=100|54=1|55=AAPL"),
        (b"G", "11=b|21=1|38=20|40=2|41=a|44=100|54=1|55=AAPL"),
        (b"F", "11=c|38=20|41=b|54=1|55=AAPL"),
        (b"D", "11=d|21=1|38=10|40=2|44=100|54=1|55=NONE"),
        (b"F", "11=e|38=10|41=never|54=1|55=AAPL"),
    )
    for msg_type, body in requests:
        stage.send(own, msg_type, body)
    first = stage.told(own)
    commands = stage.harness.venue.sequencer.next_seq
    for msg_type, body in requests:
        stage.send(own, msg_type, body, b"97=Y\x01")
    again = stage.told(own)
    ids = "35 11 39" if version is FIX40 else "35 11 41 39"
    named = "" if version is FIX40 else " 41=a", "" if version is FIX40 else " 41=b"
    never = "" if version is FIX40 else " 41=never 39=8"
    assert all_shown(again, ids) == [
        "35=8 11=a 39=4",
        f"35=8 11=b{named[0]} 39=4",
        f"35=8 11=c{named[1]} 39=4",
        "35=8 11=d 39=8",
        f"35=9 11=e{never}",
    ]
    assert [m.get(150) for m in again[:3]] == [
        None if version is FIX40 else "4" if version.code < "43" else "I"
    ] * 3
    assert again[4][58] == first[4][58] == "unknown order"
    assert (again[3][58], again[3][103]) == (first[3][58], first[3][103])
    assert stage.harness.venue.sequencer.next_seq == commands


def test_a_request_sent_again_that_never_arrived_is_a_new_one() -> None:
    stage = Stage()
    stage.send(stage.own, b"D", "11=a|38=10|40=2|44=100|54=1|55=AAPL", b"97=Y\x01")
    stage.send(stage.own, b"G", "11=b|38=20|40=2|41=a|44=100|54=1|55=AAPL", b"97=Y\x01")
    stage.send(stage.own, b"F", "11=c|41=b|54=1|55=AAPL", b"97=Y\x01")
    stage.raw(stage.own, b"q", f"11=d|{TIME}530=7|")
    assert all_shown(stage.told(stage.own), "35 11 150") == [
        "35=8 11=a 150=0",
        "35=8 11=b 150=5",
        "35=8 11=c 150=4",
        "35=r 11=d",
    ]


@each_version
def test_a_broken_trade_is_told_in_each_versions_words(version: Version) -> None:
    stage = Stage(version)
    stage.enter(stage.own, "a", "1")
    stage.enter(stage.other, "x", "2", "38=4")
    fill = stage.told(stage.own)[-1]
    stage.told(stage.other)
    stage.harness.control(BustTrade(1, BustReason.ERRONEOUS))
    (bust,) = stage.told(stage.own)
    early = version.code < "43"
    exec_type = "" if version is FIX40 else " 150=0" if early else " 150=H"
    leaves = "" if version is FIX40 else " 151=6"
    trans_type = " 20=1" if early else ""
    assert shown(bust, "35 11 19 20 39 150 14 151 6 31 32") == (
        f"35=8 11=a 19={fill[17]}{trans_type} 39=0{exec_type} 14=0{leaves} 6=0 31=100.0000 32=4"
    )
    (sold,) = stage.told(stage.other)
    assert (sold[39], sold[14]) == ("4", "0")


@each_version
@pytest.mark.parametrize(
    ("msg_type", "body", "name"),
    [
        (b"D", "11=m|21=1|38=10|40=2|54=1|55=AAPL", "Price(44)"),
        (b"D", "11=m|21=1|40=1|54=1|55=AAPL", "OrderQty(38)"),
        (b"G", "11=m|21=1|38=10|40=2|41=a|54=1|55=AAPL", "Price(44)"),
        (b"G", "11=m|21=1|40=2|41=a|44=1|54=1|55=AAPL", "OrderQty(38)"),
    ],
)
def test_14m_a_conditionally_required_field_is_missing(
    version: Version, msg_type: bytes, body: str, name: str
) -> None:
    stage = Stage(version)
    stage.enter(stage.own, "a", "1")
    stage.quiet()
    stage.send(stage.own, msg_type, body)
    (refused,) = stage.told(stage.own)
    if name == "OrderQty(38)" and version is FIX40:
        # There it is required outright: the session's own business.
        assert shown(refused, "35 58") == "35=3 58=Required tag missing (38)"
        return
    text = f"Conditionally required field missing: {name}"
    if version.code < "42":
        assert shown(refused, "35 58") == f"35=3 58={text}"
    else:
        assert shown(refused, "35 58 379 380") == f"35=j 58={text} 379=m 380=5"
    stage.send(stage.own, b"D", "11=m|21=1|38=10|40=2|44=100|54=1|55=AAPL")
    assert all_shown(stage.told(stage.own), "35 11 39") == ["35=8 11=m 39=0"]


@pytest.mark.parametrize("version", [FIX40, FIX41, FIX42], ids=lambda v: v.name)
def test_versions_without_the_messages_reject_their_types(version: Version) -> None:
    stage = Stage(version)
    for msg_type in (b"q", b"AF", b"AD", b"AN"):
        stage.raw(stage.own, msg_type, "11=a|")
    assert [m[35] for m in stage.told(stage.own)] == ["3"] * 4


def test_a_status_names_the_request_that_asked() -> None:
    stage = Stage(FIX50SP2)
    stage.enter(stage.own, "a", "1")
    stage.quiet()
    stage.raw(stage.own, b"H", "11=a|54=1|55=AAPL|790=s1|")
    stage.raw(stage.own, b"H", "11=never|54=1|55=AAPL|790=s2|")
    assert all_shown(stage.told(stage.own), "11 39 790") == [
        "11=a 39=0 790=s1",
        "11=never 39=8 790=s2",
    ]


# -- tables ---------------------------------------------------------------------------------------


def values(version: Version, tag: int) -> frozenset[bytes]:
    return table().dictionary(version.code).values[tag]


@each_version
def test_every_refusal_has_a_reason_that_the_version_knows(version: Version) -> None:
    for reason in RejectReason:
        report = ExecutionReport(
            b"1", b"1", b"8", b"8", b"A", b"1", b"0", b"0", b"0",
            ord_rej_reason=ORD_REJ_REASON[reason],
        )  # fmt: skip
        written = fields(execution_report(version, report))
        assert written[103].encode() in values(version, 103)
        reject = OrderCancelReject(
            b"1", b"1", b"1", b"8", b"1", CXL_REJ_REASON.get(reason, CXL_REJ_REASON_OTHER)
        )
        refused = fields(order_cancel_reject(version, reject))
        assert refused.get(102, "0").encode() in values(version, 102)
        assert reason in REJECT_TEXT


WORDS = {
    40: ("OrdType(40) not supported: ", ORDER_TYPES),
    54: ("Side(54) not supported: ", SIDES),
    59: ("TimeInForce(59) not supported: ", {**TIMES_IN_FORCE, b"6": 6}),
    21: ("", {b"1": 1, b"2": 2, b"3": 3}),
    18: ("ExecInst(18) not supported: ", {b"6": 6}),
    63: ("SettlType(63) not supported", {b"0": 0}),
    388: ("DiscretionInst(388) not supported", {}),
    423: ("PriceType(423) not supported", {b"2": 2}),
}


@each_version
@pytest.mark.parametrize("tag", WORDS)
def test_every_word_of_the_version_is_taken_or_refused_by_name(version: Version, tag: int) -> None:
    dictionary = table().dictionary(version.code)
    if tag not in dictionary.messages[b"D"].fields:
        return
    name, taken = WORDS[tag]
    stage = Stage(version)
    for number, word in enumerate(sorted(dictionary.values.get(tag, (b"0", b"1", b"2")))):
        expiry = "126=20300101-00:00:00|" if (tag, word) == (59, GOOD_TILL_DATE) else ""
        stage.enter(stage.own, f"o{number}", "1", f"{tag}={word.decode()}|{expiry}44=1")
        (first, *_) = stage.told(stage.own)
        if word in taken:
            assert (first[35], first[39]) == ("8", "0"), word
        else:
            assert (first[35], first[39]) == ("8", "8"), word
            assert first[58].startswith(name), word
