"""The executions of the day by match number."""

import pytest

from gateway.order_entry.executions import Executions


def test_an_execution_is_found_by_its_match_number_also_when_the_day_begins_at_another() -> None:
    executions = Executions()
    executions.note(7, 100, 1)
    executions.note(8, 100, 70_000)
    executions.note(9, 2**38, 0)
    assert [executions.find(number) for number in (7, 8, 9)] == [
        (100, 1),
        (100, 70_000),
        (2**38, 0),
    ]


@pytest.mark.parametrize("match_number", [6, 8])
def test_an_execution_that_was_not_of_the_day_is_not_found(match_number: int) -> None:
    executions = Executions()
    executions.note(7, 100, 1)
    with pytest.raises(IndexError):
        executions.find(match_number)


def test_a_new_day_forgets_the_last_ones_executions() -> None:
    executions = Executions()
    executions.note(7, 100, 1)
    executions.clear()
    executions.note(8, 101, 2)
    assert executions.find(8) == (101, 2)


def test_the_oldest_executions_are_forgotten_beyond_the_limit() -> None:
    executions = Executions(executions_max=3)
    for match_number in range(1, 8):
        executions.note(match_number, match_number * 10, 0)
    assert [executions.find(number) for number in (5, 6, 7)] == [(50, 0), (60, 0), (70, 0)]
    with pytest.raises(IndexError):
        executions.find(3)
