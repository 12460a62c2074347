"""gateway.order_entry.fix_reports: what the engine says, in FIX words of each version.

Refusals, as values: gateway.order_entry.fix_refusals.
"""

import itertools

import pytest

from gateway.config import Config
from gateway.order_entry import fix_reports
from gateway.order_entry.fix import FixDesk
from gateway.order_entry.fix_reports import FixReports
from gateway.order_entry.fix_words import CANCEL_TEXT, ord_status
from gateway.order_entry.outcomes import Order
from matching.commands import MassCancel, ReduceOrder
from matching.types import CancelReason, OrderType, Side, TimeInForce
from protocol.fix.version import FIX42, FIX44, FIX50SP2, Version
from tests.gateway.order_entry.fix_client import FixClient
from tests.gateway.venue_harness import VenueHarness

each_version = pytest.mark.parametrize(
    "version", [FIX42, FIX44, FIX50SP2], ids=["4.2", "4.4", "5.0SP2"]
)


class Stage:
    """One client at a venue whose FIX desk the test can hold."""

    def __init__(self, version: Version) -> None:
        config = Config()
        self.desks: list[FixDesk] = []

        def desk(venue: object) -> dict[bytes, FixDesk]:
            self.desks.append(FixDesk(venue, config))  # type: ignore[arg-type]
            return {b"fix": self.desks[-1]}

        self.harness = VenueHarness(desk, config)
        self.client = FixClient(self.harness, version=version)
        self.client.log_on()

    @property
    def reports(self) -> FixReports:
        return self.desks[-1].reports


@each_version
@pytest.mark.parametrize("account", ["", "1=ACC|"])
@pytest.mark.parametrize("market", [False, True])
def test_the_template_of_a_new_order_says_what_the_general_way_says(
    version: Version, account: str, market: bool
) -> None:
    stage = Stage(version)
    price = "40=1|" if market else "40=2|44=100|"
    stage.client.send(b"D", f"11=a|21=1|38=100|{price}{account}54=5|55=AAPL|60=20240102-09:30:00|")
    fast = stage.client.take_words()[0]
    harness = stage.harness
    venue = harness.venue
    order = venue.orders.by_id[1]
    # The market order found nobody and was canceled: back to what it was when it was new.
    order.leaves_qty, order.closed_by = order.quantity, None
    with harness.tick():
        seq = venue.sequencer.next_seq - 1
        stage.reports._report(venue.directory.sessions[1], order, b"0", b"%d-0" % seq)
    (general,) = stage.client.take_words()
    assert fast == general


@each_version
def test_every_report_of_the_day_has_its_own_exec_id(version: Version) -> None:
    stage = Stage(version)
    client = stage.client
    client.new("a", "1", "100")
    client.new("b", "2", "40")
    client.replace("c", "a", "90", "100.01")
    client.new("d", "2", "10", "100.01")
    client.cancel("e", "c")
    exec_ids = [message[17] for message in client.take() if message[35] == "8"]
    # Three New, two executions told to both sides, Replaced, Canceled.
    assert len(exec_ids) == len(set(exec_ids)) == 9
    sides = [exec_id[-1] for exec_id in exec_ids if exec_id[-1] in "BS"]
    assert sides == ["B", "S", "B", "S"]


@pytest.mark.parametrize(
    ("changes", "status_42", "status"),
    [
        ({}, "0", "0"),
        ({"replaced": True}, "5", "0"),
        ({"leaves_qty": 60, "cum_qty": 40}, "1", "1"),
        ({"leaves_qty": 60, "cum_qty": 40, "replaced": True}, "1", "1"),
        ({"leaves_qty": 0, "cum_qty": 100}, "2", "2"),
        ({"leaves_qty": 0, "closed_by": CancelReason.USER}, "4", "4"),
        ({"leaves_qty": 0, "cum_qty": 40, "closed_by": CancelReason.USER}, "4", "4"),
        ({"leaves_qty": 0, "closed_by": CancelReason.EXPIRED}, "C", "C"),
        ({"leaves_qty": 0, "cum_qty": 60, "busted": True}, "4", "4"),
    ],
)
def test_the_status_of_an_order_in_each_state(
    changes: dict[str, object], status_42: str, status: str
) -> None:
    order = Order(
        1, 1, 1, 1, 1, b"a", Side.BUY, OrderType.LIMIT, TimeInForce.DAY, 100, 1, 100, b"1", 0, 1
    )
    for name, value in changes.items():
        setattr(order, name, value)
    assert ord_status(FIX42, order).decode() == status_42
    assert ord_status(FIX44, order).decode() == ord_status(FIX50SP2, order).decode() == status


def test_average_price_and_quantities_follow_the_fills() -> None:
    stage = Stage(FIX44)
    client = stage.client
    client.new("a", "2", "30", "100.00")
    client.new("b", "2", "30", "100.01")
    client.new("c", "1", "100", "100.01")
    told = [m for m in client.take_words() if m[11] == "c" and m[150] == "F"]
    assert [(m[31], m[32], m[14], m[151], m[6], m[39]) for m in told] == [
        ("100.0000", "30", "30", "70", "100.00000000", "1"),
        ("100.0100", "30", "60", "40", "100.00500000", "1"),
    ]


def test_a_cancel_nobody_asked_for_says_why() -> None:
    stage = Stage(FIX44)
    client = stage.client
    for cl_ord_id, reason in zip("abcde", CANCEL_TEXT, strict=True):
        client.new(cl_ord_id, "1", "100")
        client.take()
        stage.harness.control(MassCancel(reason=reason))
        (report,) = client.take_words()
        expired = reason is CancelReason.EXPIRED
        assert (report[11], report[150]) == (cl_ord_id, "C" if expired else "4")
        assert report[58] == CANCEL_TEXT[reason].decode()


def test_a_reduction_by_the_venue_is_told_as_restated() -> None:
    stage = Stage(FIX44)
    stage.client.new("a", "1", "100")
    stage.client.take()
    stage.harness.control(ReduceOrder(1, 1, 1, 60))
    (report,) = stage.client.take_words()
    assert (report[150], report[38], report[151]) == ("D", "60", "60")


def test_texts_beyond_the_memory_are_written_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fix_reports, "TEXTS_MAX", 2)
    stage = Stage(FIX44)
    client = stage.client
    prices = ["100.0100", "99.9900", "98.0000", "100.0100", "97.5000"]
    for number, price in zip(itertools.count(), prices):
        client.new(f"c{number}", "1", str(100 + number), price)
    told = client.take_words()
    assert [(m[44], m[38]) for m in told] == [
        (price, str(100 + number)) for number, price in enumerate(prices)
    ]
    assert [len(texts) <= 2 for texts in stage.reports._texts.values()] == [True, True]


def test_reports_are_numbered_while_nobody_is_connected() -> None:
    stage = Stage(FIX44)
    client = stage.client
    client.new("a", "1", "100")
    client.hang_up()
    stage.harness.control(MassCancel())
    session = stage.harness.venue.directory.sessions[1]
    assert session.stream.unsent == [(3, 4)]  # type: ignore[attr-defined]
    (batch,) = stage.harness.batches()[-1:]
    assert [(run.session_id, run.first_number, len(run.frames)) for run in batch.frames] == [
        (1, 3, 1)
    ]
