"""Every engine word has a WebSocket word, and every WebSocket word is spoken."""

from enum import IntEnum
from typing import Any, get_args

import pytest

from gateway.order_entry import websocket_words as table
from matching.types import (
    BustReason,
    CancelReason,
    OrderType,
    Phase,
    RejectReason,
    RequestKind,
    Side,
    TimeInForce,
)
from protocol import websocket_words as words

TABLES: list[tuple[type[IntEnum], dict[Any, Any], Any]] = [
    (Side, table.SIDE_OF, words.Side),
    (OrderType, table.ORDER_TYPE_OF, words.OrderType),
    (TimeInForce, table.TIME_IN_FORCE_OF, words.TimeInForce),
    (Phase, table.PHASE_OF, words.Phase),
    (RejectReason, table.REJECT_REASON_OF, words.RejectReason),
    (CancelReason, table.CANCEL_REASON_OF, words.CancelReason),
    (BustReason, table.BUST_REASON_OF, words.BustReason),
]


@pytest.mark.parametrize(("engine", "mapped", "vocabulary"), TABLES)
def test_every_member_has_exactly_one_word(
    engine: type[IntEnum], mapped: dict[Any, Any], vocabulary: Any
) -> None:
    assert list(mapped) == list(engine)
    assert sorted(mapped.values()) == sorted(get_args(vocabulary))


def test_words_are_read_as_they_are_said() -> None:
    for inwards, outwards in (
        (table.SIDES, table.SIDE_OF),
        (table.ORDER_TYPES, table.ORDER_TYPE_OF),
        (table.TIMES_IN_FORCE, table.TIME_IN_FORCE_OF),
    ):
        assert {word: engine for engine, word in outwards.items()} == inwards


def test_every_refusal_has_a_text_and_every_request_a_name() -> None:
    assert list(table.REJECT_TEXT) == list(RejectReason)
    assert all(table.REJECT_TEXT.values())
    assert {RequestKind.ENTER, *table.CHANGE_OF} == set(RequestKind)
