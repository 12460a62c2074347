"""gateway.order_entry.ouch_enter: orders on known terms are entered like all others."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.order_entry import ouch_enter
from matching.commands import SetPhase
from matching.types import Phase
from protocol.ouch.messages42 import INBOUND, EnterOrder, encode
from tests.gateway.order_entry.ouch_client import PRICE, OuchClient, enter, ouch_venue, token
from tests.gateway.order_entry.test_ouch import START_OF_DAY, accepted, rejected

FIELDS: dict[str, list[Any]] = {
    "order_token": [token("A"), b"TOKEN000000001", b" " * 14, b"TOKEN-00000001", token("T1")],
    "side": [b"B", b"S", b"T", b"E", b"?"],
    "shares": [0, 1, 100, 1_000_000],
    "stock": [b"AAPL    ", b"MSFT    ", b"NOSUCH  "],
    "price": [0, PRICE, PRICE + 100, PRICE + 1, 2_000_000_000],
    "time_in_force": [0, 5, 99_997, 99_998, 99_999, 100_000],
    "firm": [b"    ", b"FIRM"],
    "display": [b"Y", b"A", b"N", b"P", b"M"],
    "capacity": [b"P", b"?"],
    "intermarket_sweep_eligibility": [b"N", b"y", b"?"],
    "minimum_quantity": [0, 100],
    "cross_type": [b"N", b"O"],
    "customer_type": [b"R", b" ", b"?"],
}
ORDERS = st.builds(EnterOrder, **{name: st.sampled_from(values) for name, values in FIELDS.items()})


@given(st.lists(ORDERS, max_size=8), st.data())
def test_known_terms_change_no_answer(orders: list[EnterOrder], data: st.DataObject) -> None:
    # Each twice, so that every order is entered once on terms that may be known.
    wire = [encode(order) for order in data.draw(st.permutations([*orders, *orders]))]
    wire = [payload[:1] + b"N%013d" % n + payload[15:] for n, payload in enumerate(wire)] + wire
    answers = []
    for known_terms_max in (ouch_enter.KNOWN_TERMS_MAX, 0):
        client = OuchClient(ouch_venue())
        if not known_terms_max:
            forget_everything(client)
        client.ask(*wire)
        answers.append(client.payloads)
    assert answers[0] == answers[1]


def forget_everything(client: OuchClient) -> None:
    """Let the desk of this client judge every order field by field."""
    desk: Any = client.harness.venue._desks[b"ouch"]
    desk._enter_known = lambda record, payload: False


def test_the_phase_counts_for_orders_on_known_terms_too() -> None:
    venue = ouch_venue()
    client = OuchClient(venue)
    client.send(enter("T1"))
    venue.control(SetPhase(0, Phase.HALTED))
    assert client.ask(enter("T2"), enter("T2")) == [
        START_OF_DAY,
        accepted("T1", 1),
        rejected("T2", b"H"),
    ]


def test_more_terms_than_are_remembered_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ouch_enter, "KNOWN_TERMS_MAX", 2)
    client = OuchClient(ouch_venue())
    firms = [b"A   ", b"B   ", b"C   ", b"A   "]
    answers = client.ask(*(enter(f"T{n}", firm=firm) for n, firm in enumerate(firms, 1)))
    assert answers[1:] == [accepted(f"T{n}", n, firm=firm) for n, firm in enumerate(firms, 1)]


def test_terms_begin_with_the_time_in_force() -> None:
    places = dict(INBOUND.layouts[0].fields)
    assert places["time_in_force"].offset == ouch_enter.TERMS
