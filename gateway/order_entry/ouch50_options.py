"""The appendage of an OUCH 5.0 order, judged: options in engine words, or the code that refuses
them.

A value of 0 or spaces is an option that is not there. Tags that Enter and Replace do not have are
passed over as unknown ones are. specs/ouch/ouch50-rules.md has the table.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import msgspec

from gateway.order_entry.ouch50_words import GOOD_TILL_TIME, HIDDEN, NO_FIRM, TIMES_IN_FORCE
from gateway.order_entry.ouch_words import SECONDS_MAX
from matching.types import FULL, RejectReason, TimeInForce
from protocol.ouch.appendage import NO_ELEMENTS, OPTIONS, Appendage, pack_appendage
from protocol.ouch.enumerations50 import (
    CustomerType,
    HandleInst,
    PostOnly,
    PriceType,
    RejectedReason,
    SharesLocated,
    TradeNow,
)

STANDING_MAX: Final = 1_024
"""Judged options that are kept for the next order with the same."""
_SECOND_NS: Final = 1_000_000_000

_IOC: Final = TimeInForce.IOC
_POST_ONLY: Final = PostOnly.POST_ONLY.value
_CUSTOMER_TYPES: Final = frozenset(one.value for one in CustomerType)
_RETAIL: Final = frozenset(
    {
        HandleInst.RETAIL_TYPE_1.value,
        HandleInst.RETAIL_TYPE_2.value,
        HandleInst.RETAIL_PRICE_IMPROVEMENT.value,
        HandleInst.HIDDEN_RETAIL_PRICE_IMPROVEMENT.value,
    }
)
_PEGS: Final = frozenset(one.value for one in PriceType) - {PriceType.LIMIT.value}


class Refusal(Exception):
    """A request cannot be put into engine words. Never leaves the desk.

    `code` is the Reason of Rejected.
    """

    def __init__(self, code: RejectedReason, reason: RejectReason, text: bytes) -> None:
        super().__init__(text)
        self.code = code.value
        self.reason = reason
        self.text = text


class Terms(msgspec.Struct, frozen=True, gc=False):
    """Time in force, display and appendage of an order together, in engine words."""

    time_in_force: TimeInForce
    expire_ns: int = 0
    display_quantity: int = FULL
    post_only: bool = False
    firm: bytes = NO_FIRM
    in_force: bytes = NO_ELEMENTS
    """The appendage of Accepted and Replaced."""


def judge(
    quantity: int,
    codes: tuple[bytes, bytes],
    options: Appendage,
    now_ns: int,
) -> Terms:
    """The terms of an order; `codes` are Time In Force and Display, the latter already known to be
    one. Raises Refusal."""
    if options.min_qty or options.max_floor or options.expire_time:
        return _judge(quantity, codes, options, now_ns)
    return _standing(codes, options)


@lru_cache(STANDING_MAX)
def _standing(codes: tuple[bytes, bytes], options: Appendage) -> Terms:
    """Terms for which it matters neither how large the order is, nor in what, nor when: what a
    client sends with all its orders. To judge them costs 6 us, to find them 0.4."""
    return _judge(0, codes, options, 0)


def _judge(
    quantity: int,
    codes: tuple[bytes, bytes],
    options: Appendage,
    now_ns: int,
) -> Terms:
    code, display = codes
    time_in_force = TIMES_IN_FORCE.get(code)
    if time_in_force is None:
        raise unsupported(RejectedReason.OTHER, b"Time In Force", code)
    for name, test in _TESTS:
        value = getattr(options, name)
        if value is not None and _says_something(value):
            test(_TITLES[name], value)
    minimum = options.min_qty or 0
    if minimum:
        if time_in_force is not _IOC or minimum != quantity:
            raise unsupported(
                RejectedReason.INVALID_MINIMUM_QUANTITY, b"MinQty(3)", b"%d" % minimum
            )
        time_in_force = TimeInForce.FOK
    floor = options.max_floor or 0
    if floor and display == HIDDEN:
        raise _invalid(RejectedReason.INVALID_MAX_FLOOR, b"MaxFloor(5)", b"%d" % floor)
    post_only = options.post_only == _POST_ONLY
    expire_time = _expire_time(code, options)
    firm = options.firm if options.firm is not None else NO_FIRM
    customer_type = options.customer_type
    in_force = Appendage(
        firm=None if firm.isspace() else firm,
        min_qty=minimum or None,
        customer_type=customer_type if customer_type in _CUSTOMER_TYPES else None,
        max_floor=floor or None,
        post_only=_POST_ONLY if post_only else None,
        expire_time=expire_time or None,
    )
    return Terms(
        time_in_force,
        now_ns + expire_time * _SECOND_NS if expire_time else 0,
        floor or (0 if display == HIDDEN else FULL),
        post_only,
        firm,
        pack_appendage(in_force),
    )


def unsupported(code: RejectedReason, field: bytes, value: bytes) -> Refusal:
    """The engine has no word for it."""
    return Refusal(code, RejectReason.UNSUPPORTED, b"%b not supported: %b" % (field, value))


def too_many(what: bytes) -> Refusal:
    """The venue's time and memory are everybody's."""
    return Refusal(RejectedReason.OTHER, RejectReason.NOT_ALLOWED, b"too many " + what)


def _invalid(code: RejectedReason, field: bytes, value: bytes) -> Refusal:
    return Refusal(code, RejectReason.INVALID_FIELD, b"invalid %b: %b" % (field, value))


def _expire_time(code: bytes, options: Appendage) -> int:
    """How many seconds GOOD_TILL_TIME lives; 0 for other orders."""
    seconds = options.expire_time or 0
    if code == GOOD_TILL_TIME and not 0 < seconds <= SECONDS_MAX:
        raise _invalid(RejectedReason.OTHER, b"ExpireTime(15)", b"%d" % seconds)
    if code != GOOD_TILL_TIME and seconds:
        raise unsupported(RejectedReason.OTHER, b"ExpireTime(15) with Time In Force", code)
    return seconds


def _says_something(value: bytes | int) -> bool:
    return not value.isspace() if isinstance(value, bytes) else value != 0


def _no_word(code: RejectedReason) -> Callable[[bytes, bytes | int], None]:
    def refuse(field: bytes, value: bytes | int) -> None:
        raise unsupported(code, field, value if isinstance(value, bytes) else b"%d" % value)

    return refuse


def _one_of(known: frozenset[bytes]) -> Callable[[bytes, bytes], None]:
    def judge_letter(field: bytes, value: bytes) -> None:
        if value not in known:
            raise _invalid(RejectedReason.OTHER, field, value)

    return judge_letter


def _price_type(field: bytes, value: bytes) -> None:
    if value in _PEGS:
        raise unsupported(RejectedReason.PEGGING_NOT_ALLOWED, field, value)
    if value != PriceType.LIMIT.value:
        raise _invalid(RejectedReason.INVALID_PEG_TYPE, field, value)


def _trade_now(field: bytes, value: bytes) -> None:
    if value == TradeNow.YES.value:
        raise unsupported(RejectedReason.OTHER, field, value)
    if value != TradeNow.NO.value:
        raise _invalid(RejectedReason.OTHER, field, value)


def _handle_inst(field: bytes, value: bytes) -> None:
    if value in _RETAIL:
        raise unsupported(RejectedReason.RETAIL_NOT_ALLOWED, field, value)
    if value == HandleInst.IMBALANCE_ONLY.value:
        raise unsupported(RejectedReason.INVALID_CROSS_ORDER, field, value)
    raise unsupported(RejectedReason.OTHER, field, value)


_TITLES: Final = {
    name: f"{name.title().replace('_', '')}({option.tag})".encode() for name, option in OPTIONS
}
_TESTS: Final[tuple[tuple[str, Callable[..., None]], ...]] = (
    ("customer_type", _one_of(_CUSTOMER_TYPES)),
    ("price_type", _price_type),
    ("peg_offset", _no_word(RejectedReason.PEGGING_NOT_ALLOWED)),
    ("discretion_price", _no_word(RejectedReason.OTHER)),
    ("discretion_price_type", _no_word(RejectedReason.OTHER)),
    ("discretion_peg_offset", _no_word(RejectedReason.OTHER)),
    ("post_only", _one_of(frozenset(one.value for one in PostOnly))),
    ("random_reserves", _no_word(RejectedReason.OTHER)),
    ("route", _no_word(RejectedReason.ROUTING_NOT_ALLOWED)),
    ("trade_now", _trade_now),
    ("handle_inst", _handle_inst),
    ("shares_located", _one_of(frozenset(one.value for one in SharesLocated))),
)
"""Options of which the engine knows no or not every value, in the order of their tags."""
