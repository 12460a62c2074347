"""Every engine word has an OUCH 5.0 word, or a reason why not."""

from collections.abc import Collection
from enum import IntEnum

import pytest

from gateway.order_entry.ouch50_words import (
    BROKEN_TRADE_REASON,
    CANCELED_REASON,
    COMPOSED_TIMES_IN_FORCE,
    ECHO_SIZE,
    NO_ORDER_TYPE,
    NO_REJECTED_REASON,
    NO_TIME_IN_FORCE,
    REJECTED_REASON,
    SIDE_SIZE,
    SIDES,
    TIMES_IN_FORCE,
    pack_echo,
    refusal_echo,
    refused_with,
    unpack_echo,
)
from matching.types import BustReason, CancelReason, OrderType, RejectReason, Side, TimeInForce
from protocol.ouch.enumerations42 import BrokenTradeReason
from protocol.ouch.enumerations42 import Side as OuchSide
from protocol.ouch.enumerations50 import CanceledReason, RejectedReason
from protocol.ouch.enumerations50 import TimeInForce as OuchTimeInForce


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


def test_every_code_sent_is_one_of_the_specification() -> None:
    assert set(REJECTED_REASON.values()) <= {one.value for one in RejectedReason}
    assert set(CANCELED_REASON.values()) <= {one.value for one in CanceledReason}
    assert set(BROKEN_TRADE_REASON.values()) == {one.value for one in BrokenTradeReason}
    assert set(TIMES_IN_FORCE) < {one.value for one in OuchTimeInForce}


def test_every_side_of_the_wire_has_an_engine_word() -> None:
    assert set(SIDES) == {one.value for one in OuchSide}


def test_an_echo_gives_back_what_it_was_made_of_whatever_follows() -> None:
    details = (b"E", b"6", b"Y", b"P", b"N", b"N", bytes(range(14)), b"FIRM")
    echo = pack_echo(*details)
    assert unpack_echo(echo + b"options") == details
    assert (len(echo), echo[:SIDE_SIZE]) == (ECHO_SIZE, b"E")


@pytest.mark.parametrize("code", [0x01, 0x0F, 0x40])
def test_a_refusal_gives_back_code_and_cl_ord_id_and_holds_no_separator(code: int) -> None:
    cl_ord_id = b"\x01=55=\x00\xff 123456"
    echo = refusal_echo(code, cl_ord_id)
    assert refused_with(echo + b"\x0138=100") == (code, cl_ord_id)
    assert b"\x01" not in echo
    assert b"=" not in echo
