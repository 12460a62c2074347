"""How long an order lives, how much of it shows and whether it may take: FIX fields that few
orders have, in engine words and back."""

from datetime import tzinfo
from typing import NamedTuple

from gateway.clock import end_of_date
from gateway.order_entry.fix_requests import Missing, Refusal
from gateway.order_entry.fix_words import GOOD_TILL_DATE, UNSUPPORTED_TAGS
from gateway.order_entry.outcomes import Order
from matching.instrument import Instrument
from matching.types import FULL, RejectReason
from protocol.fix.errors import FieldFormatError
from protocol.fix.messages import Rest
from protocol.fix.values import (
    format_decimal,
    format_utc_timestamp,
    parse_decimal,
    parse_utc_timestamp,
)
from protocol.fix.version import Version

_EXEC_INST = 18
_MAX_FLOOR = 111
_EXPIRE_TIME = 126
_EXPIRE_DATE = 432
_DISPLAY_QTY = 1138
INSTRUCTION_TAGS = frozenset((_EXEC_INST, _MAX_FLOOR, _EXPIRE_TIME, _EXPIRE_DATE, _DISPLAY_QTY))
_PARTICIPATE_DONT_INITIATE = b"6"
EXPIRE_NS_MAX = 2**63 - 1
"""What the journal's integers hold: April 2262."""


class Instructions(NamedTuple):
    """What a request says of these; None: nothing."""

    expire_ns: int | None = None
    display_quantity: int | None = None
    post_only: bool | None = None


def check_rest(rest: Rest) -> bool:
    """Whether a request has any of INSTRUCTION_TAGS. Raises Refusal for a field that would change
    how the order trades and for which the engine has no word."""
    found = False
    for tag, value in rest:
        if tag in INSTRUCTION_TAGS:
            found = True
        unsupported = UNSUPPORTED_TAGS.get(tag)
        if unsupported is not None and value and value not in unsupported[1]:
            raise Refusal(RejectReason.UNSUPPORTED, unsupported[0] + b" not supported")
    return found


def read_instructions(rest: Rest, instrument: Instrument, zone: tzinfo) -> Instructions:
    """The fields of a request that are INSTRUCTION_TAGS. ExpireTime(126) says more than
    ExpireDate(432), DisplayQty(1138) is MaxFloor(111) since FIX 5.0. Raises Refusal."""
    fields = {tag: value for tag, value in rest if value and tag in INSTRUCTION_TAGS}
    expire_ns: int | None = None
    if _EXPIRE_TIME in fields:
        expire_ns = _expire_time(fields[_EXPIRE_TIME])
    elif _EXPIRE_DATE in fields:
        expire_ns = _expire_date(fields[_EXPIRE_DATE], zone)
    display_quantity: int | None = None
    for tag, name in ((_DISPLAY_QTY, b"DisplayQty(1138)"), (_MAX_FLOOR, b"MaxFloor(111)")):
        if tag in fields and display_quantity is None:
            display_quantity = _display_quantity(fields[tag], instrument, name)
    post_only: bool | None = None
    if _EXEC_INST in fields:
        for instruction in fields[_EXEC_INST].split(b" "):
            if instruction != _PARTICIPATE_DONT_INITIATE:
                raise Refusal(
                    RejectReason.UNSUPPORTED, b"ExecInst(18) not supported: " + instruction[:8]
                )
        post_only = True
    return Instructions(expire_ns, display_quantity, post_only)


def check_expiry(time_in_force: bytes, instructions: Instructions) -> None:
    """A new order expires where it is good till a date, and there only. Raises Refusal, Missing."""
    if time_in_force == GOOD_TILL_DATE:
        if instructions.expire_ns is None:
            raise Missing(b"ExpireTime(126)")
    elif instructions.expire_ns is not None:
        raise Refusal(RejectReason.UNSUPPORTED, b"ExpireTime(126) needs TimeInForce(59)=6")


def shown_instructions(version: Version, order: Order, quantity_decimals: int) -> Rest:
    """The fields of an ExecutionReport(8) that say the order's own, with a tag that its version
    has there: MaxFloor(111) since FIX 4.2, DisplayQty(1138) since 5.0. Times have nine digits."""
    fields: list[tuple[int, bytes]] = []
    if order.post_only:
        fields.append((_EXEC_INST, _PARTICIPATE_DONT_INITIATE))
    if order.expire_ns:
        fields.append((_EXPIRE_TIME, format_utc_timestamp(order.expire_ns, 9)))
    if order.display_quantity != FULL and version.has_reject_codes:
        tag = _DISPLAY_QTY if version.appl_ver_id else _MAX_FLOOR
        fields.append((tag, format_decimal(order.display_quantity, quantity_decimals)))
    return tuple(fields)


def _expire_time(text: bytes) -> int:
    try:
        expire_ns = parse_utc_timestamp(text)
    except FieldFormatError as error:
        raise Refusal(
            RejectReason.INVALID_FIELD, b"ExpireTime(126): " + str(error).encode()
        ) from None
    return _in_range(expire_ns, b"ExpireTime(126)")


def _expire_date(text: bytes, zone: tzinfo) -> int:
    try:
        expire_ns = end_of_date(int(text), zone)
    except (ValueError, OverflowError):
        raise Refusal(
            RejectReason.INVALID_FIELD, b"ExpireDate(432): expected a date, YYYYMMDD"
        ) from None
    return _in_range(expire_ns, b"ExpireDate(432)")


def _in_range(expire_ns: int, name: bytes) -> int:
    if not 0 < expire_ns <= EXPIRE_NS_MAX:
        raise Refusal(RejectReason.INVALID_FIELD, name + b": expected a time from 1970 to 2262")
    return expire_ns


def _display_quantity(text: bytes, instrument: Instrument, name: bytes) -> int:
    try:
        return parse_decimal(text, instrument.quantity_decimals)
    except FieldFormatError as error:
        raise Refusal(RejectReason.INVALID_FIELD, b"%b: %b" % (name, str(error).encode())) from None
