"""Every engine word has an OUCH word, or a reason why not."""

from collections.abc import Collection
from enum import IntEnum

import pytest

from gateway.order_entry.ouch_words import (
    BROKEN_TRADE_REASON,
    CANCELED_REASON,
    COMPOSED_TIMES_IN_FORCE,
    NO_ORDER_TYPE,
    NO_REJECTED_REASON,
    NO_TIME_IN_FORCE,
    REJECTED_REASON,
    SIDES,
    TIMES_IN_FORCE,
    pack_echo,
    unpack_echo,
)
from matching.types import (
    BustReason,
    CancelReason,
    OrderType,
    RejectReason,
    Side,
    TimeInForce,
)
from protocol.ouch.enumerations42 import BrokenTradeReason, CanceledReason, RejectedReason
from protocol.ouch.enumerations42 import Side as OuchSide


@pytest.mark.parametrize(
    ("engine", "spoken", "silent"),
    [
        (Side, list(SIDES.values()), []),
        (OrderType, [OrderType.LIMIT], NO_ORDER_TYPE),
        (TimeInForce, [*TIMES_IN_FORCE.values(), *COMPOSED_TIMES_IN_FORCE], NO_TIME_IN_FORCE),
        (RejectReason, REJECTED_REASON, NO_REJECTED_REASON),
        (CancelReason, CANCELED_REASON, []),
        (BustReason, BROKEN_TRADE_REASON, []),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_every_engine_word_has_an_entry_on_one_side_only(
    engine: type[IntEnum], spoken: Collection[IntEnum], silent: Collection[IntEnum]
) -> None:
    assert set(spoken) | set(silent) == set(engine)
    assert not set(spoken) & set(silent)


def test_every_letter_sent_is_one_of_the_specification() -> None:
    assert set(REJECTED_REASON.values()) <= {one.value for one in RejectedReason}
    assert set(CANCELED_REASON.values()) <= {one.value for one in CanceledReason}
    assert set(BROKEN_TRADE_REASON.values()) == {one.value for one in BrokenTradeReason}


def test_every_side_of_the_wire_has_an_engine_word() -> None:
    assert set(SIDES) == {one.value for one in OuchSide}


def test_an_echo_gives_back_what_it_was_made_of() -> None:
    details = (b"E", 99_998, b"FIRM", b"Y", b"P", b"N", 100, b"N")
    assert unpack_echo(pack_echo(*details)) == details
