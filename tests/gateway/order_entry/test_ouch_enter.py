"""gateway.order_entry.ouch_enter: orders on known terms are entered like all others."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.order_entry import ouch_enter
from matching.commands import SetPhase
from matching.types import Phase
from protocol.ouch.messages42 import INBOUND, Canceled, EnterOrder, encode
from tests.gateway.order_entry.ouch_client import PRICE, OuchClient, enter, ouch_venue, token
from tests.gateway.order_entry.test_ouch import (
    NOW,
    START_OF_DAY,
    accepted,
    canceled,
    rejected,
)

SECOND_NS = 1_000_000_000

CHANGES: dict[str, list[Any]] = {
    "order_token": [b" " * 14, b"TOKEN-00000001", token("T1")],
    "side": [b"S", b"T", b"E", b"?"],
    "shares": [0, 1, 1_000_000],
    "stock": [b"MSFT    ", b"NOSUCH  "],
    "price": [0, PRICE + 100, PRICE + 1, 2_000_000_000],
    "time_in_force": [0, 5, 99_997, 99_999, 100_000],
    "firm": [b"    "],
    "display": [b"A", b"N", b"P", b"M"],
    "capacity": [b"A", b"?"],
    "intermarket_sweep_eligibility": [b"y", b"?"],
    "minimum_quantity": [100, 50],
    "cross_type": [b"O"],
    "customer_type": [b" ", b"?"],
}
CHANGED = [{}, *({name: value} for name, values in CHANGES.items() for value in values)]
ORDERS = st.lists(st.sampled_from(CHANGED), max_size=3).map(
    lambda changes: enter("X", **{k: v for change in changes for k, v in change.items()})
)


def test_seconds_to_live_count_from_each_order_that_names_them() -> None:
    venue = ouch_venue()
    client = OuchClient(venue)
    for number in range(1, 4):
        client.send(enter(f"T{number}", time_in_force=3))
        venue.advance(2 * SECOND_NS)
    reasons = [message for message in client.news() if isinstance(message, Canceled)]
    assert [(one.order_token, one.timestamp_ns - NOW) for one in reasons] == [
        (token("T1"), 3 * SECOND_NS),
        (token("T2"), 5 * SECOND_NS),
    ]


def test_all_or_nothing_holds_for_the_shares_of_each_order() -> None:
    client = OuchClient(ouch_venue())
    terms: dict[str, Any] = {"time_in_force": 0, "minimum_quantity": 100}
    assert client.ask(enter("T1", **terms), enter("T2", shares=200, **terms))[1:] == [
        accepted("T1", 1, **terms),
        canceled("T1", 100, b"I"),
        rejected("T2", b"N"),
    ]


@given(st.lists(ORDERS, max_size=8), st.data())
def test_known_terms_change_no_answer(orders: list[EnterOrder], data: st.DataObject) -> None:
    # Each twice, so that every order is entered once on terms that may be known.
    wire = [encode(order) for order in data.draw(st.permutations([*orders, *orders]))]
    wire = [payload[:1] + b"N%013d" % n + payload[15:] for n, payload in enumerate(wire)] + wire
    answers = []
    for forgetful in (False, True):
        client = OuchClient(ouch_venue())
        if forgetful:
            forget_everything(client)
        client.ask(*wire)
        answers.append(client.payloads)
    assert answers[0] == answers[1]


def requests_of(client: OuchClient) -> Any:
    return client.harness.venue._desks[b"ouch"].handle.__self__


def forget_everything(client: OuchClient) -> None:
    """Let the desk of this client judge every order field by field."""
    requests_of(client)._enter_known = lambda record, payload: False


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
    assert len(requests_of(client)._enter_known.__self__._known_terms) == 2


def test_terms_begin_with_the_time_in_force() -> None:
    places = dict(INBOUND.layouts[0].fields)
    assert places["time_in_force"].offset == ouch_enter.TERMS
