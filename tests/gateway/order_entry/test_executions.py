"""The executions of the day by match number."""

import pytest

from gateway.order_entry.executions import Executions
from matching.events import OrderExecuted
from matching.types import Side


def execution(match_number: int) -> OrderExecuted:
    return OrderExecuted(1, match_number, 100, 10, 1, 1, 0, 2, 0, Side.SELL)


def noted(
    names: dict[int, tuple[int, int]], executions_max: int = 100
) -> tuple[Executions, dict[int, OrderExecuted]]:
    """Executions by match number under these names, each at the time of its number."""
    executions = Executions(executions_max)
    events = {number: execution(number) for number in names}
    for number, name in names.items():
        executions.note(events[number], name, number)
    return executions, events


def test_an_execution_is_found_by_its_match_number_also_when_the_day_begins_at_another() -> None:
    executions, events = noted({7: (100, 1), 8: (100, 70_000), 9: (2**38, 0)})
    assert [executions.find(number) for number in (7, 8, 9)] == [
        (100, 1),
        (100, 70_000),
        (2**38, 0),
    ]
    assert [executions.executed(number) for number in (7, 8, 9)] == [
        (events[7], 7),
        (events[8], 8),
        (events[9], 9),
    ]
    assert (executions.first, executions.end) == (7, 10)


@pytest.mark.parametrize("match_number", [6, 8])
def test_an_execution_that_was_not_of_the_day_is_not_found(match_number: int) -> None:
    executions, _ = noted({7: (100, 1)})
    with pytest.raises(IndexError):
        executions.find(match_number)
    with pytest.raises(IndexError):
        executions.executed(match_number)


def test_a_new_day_forgets_the_last_ones_executions() -> None:
    executions, _ = noted({7: (100, 1)})
    executions.broken.add(7)
    executions.clear()
    executions.note(execution(8), (101, 2), 5)
    assert executions.find(8) == (101, 2)
    assert (executions.first, executions.end, executions.broken) == (8, 9, set())


def test_the_oldest_executions_are_forgotten_beyond_the_limit() -> None:
    executions, _ = noted({number: (number * 10, 0) for number in range(1, 5)}, executions_max=4)
    executions.broken.update((1, 2, 4))
    executions.note(execution(5), (50, 0), 5)
    assert (executions.first, executions.end) == (2, 6)
    assert [executions.find(number) for number in (2, 5)] == [(20, 0), (50, 0)]
    assert executions.broken == {2, 4}
    with pytest.raises(IndexError):
        executions.find(1)
