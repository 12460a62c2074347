"""A session's share of a tick."""

from types import SimpleNamespace
from typing import cast

from gateway.desk import Floor
from gateway.order_entry.tick_share import TickShare


def test_the_first_request_of_a_tick_is_served_whatever_it_costs_and_none_after_the_share() -> None:
    log = SimpleNamespace(next_batch=7)
    share = TickShare(cast(Floor, SimpleNamespace(log=log)), 10)
    assert [share.take(1, work) for work in (4, 5, 100, 0)] == [True, True, True, False]
    assert share.take(2, 1), "each session has its own"
    log.next_batch = 8
    assert [share.take(1, work) for work in (10, 1)] == [True, False]
