"""OUCH 5.0: requests about all orders of a firm cost everybody's time and the venue's memory."""

import pytest

from gateway.order_entry import ouch50
from matching.commands import MassCancel as EngineMassCancel
from protocol.ouch.enumerations50 import RejectedReason
from protocol.ouch.inbound50 import DisableOrderEntry, EnableOrderEntry, MassCancel
from protocol.ouch.outbound50 import (
    DisableOrderEntryResponse,
    EnableOrderEntryResponse,
    MassCancelResponse,
    Rejected,
)
from tests.gateway.order_entry.ouch50_client import Ouch50Client, enter, ouch50_venue
from tests.gateway.order_entry.test_ouch50 import NOW, canceled

ANY, ALL = b" " * 4, b" " * 8
MSFT = b"MSFT    "


def test_mass_cancels_beyond_a_sessions_share_of_a_tick_are_rejected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ouch50, "MASS_CANCEL_IDS_MAX", 5)
    venue = ouch50_venue()
    trader, other = Ouch50Client(venue), Ouch50Client(venue, b"SIM001")
    trader.ask(*(enter(number) for number in range(1, 4)))
    other.ask(enter(1))
    flood = [MassCancel(number, b"NONE", ALL) for number in range(4, 7)]
    # 3 and 4 ids were looked at before the last one.
    assert trader.ask(*flood) == [
        MassCancelResponse(NOW, 4, b"NONE", ALL),
        MassCancelResponse(NOW, 5, b"NONE", ALL),
        Rejected(NOW, 6, RejectedReason.OTHER, b" " * 14),
    ]
    with venue.tick():
        trader.send(MassCancel(7, b"NONE", ALL), MassCancel(8, b"NONE", ALL))
        other.send(MassCancel(2, ANY, ALL))
    assert trader.news() == [
        MassCancelResponse(NOW, 7, b"NONE", ALL),
        Rejected(NOW, 8, RejectedReason.OTHER, b" " * 14),
    ]
    assert other.news()[-2:] == [canceled(1, 100, b"U"), MassCancelResponse(NOW, 2, ANY, ALL)]


def test_a_mass_cancel_names_to_the_engine_no_order_that_stays() -> None:
    venue = ouch50_venue()
    trader, other = Ouch50Client(venue), Ouch50Client(venue, b"SIM001")
    other.ask(enter(1))
    trader.ask(enter(1), enter(2, symbol=MSFT), enter(3, firm=b"ABCD"))
    trader.ask(MassCancel(4, b"ABCD", MSFT), MassCancel(5, ANY, MSFT), MassCancel(6, ANY, ALL))
    named = [
        command.order_ids
        for batch in venue.batches()
        for command in batch.commands
        if isinstance(command, EngineMassCancel)
    ]
    assert named == [(), (3,), (2, 4)]


def test_a_session_disables_so_many_firms_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ouch50, "DISABLED_FIRMS_MAX", 2)
    trader = Ouch50Client(ouch50_venue())
    trader.news()
    assert trader.ask(
        DisableOrderEntry(1, b"AAAA"),
        DisableOrderEntry(2, b"BBBB"),
        DisableOrderEntry(3, b"CCCC"),
        DisableOrderEntry(4, b"BBBB"),
        EnableOrderEntry(5, b"AAAA"),
        DisableOrderEntry(6, b"CCCC"),
    ) == [
        DisableOrderEntryResponse(NOW, 1, b"AAAA"),
        DisableOrderEntryResponse(NOW, 2, b"BBBB"),
        Rejected(NOW, 3, RejectedReason.OTHER, b" " * 14),
        DisableOrderEntryResponse(NOW, 4, b"BBBB"),
        EnableOrderEntryResponse(NOW, 5, b"AAAA"),
        DisableOrderEntryResponse(NOW, 6, b"CCCC"),
    ]
