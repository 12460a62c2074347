"""OUCH 5.0 messages from the venue, each declared once.

Integers are unsigned and big-endian, prices in 1/10000, timestamps nanoseconds since midnight of
the trading day, texts keep their padding. Codec and forms with or without appendage: `messages50`.
Source: Nasdaq O*U*C*H 5.0 and its 2025 revision.
"""

from typing import Annotated, Final

import msgspec

from protocol.layout import Codec, Direction, Layout, alpha, code, tagged, u16, u32, u64
from protocol.ouch.appendage import NO_OPTIONS, Appendage
from protocol.ouch.enumerations42 import (
    BrokenTradeReason,
    Capacity,
    CrossType,
    EventCode,
    LiquidityFlag,
    OrderState,
    Side,
)
from protocol.ouch.enumerations50 import (
    CanceledReason,
    Display,
    IntermarketSweepEligibility,
    RejectedReason,
    RestatedReason,
    TimeInForce,
)


class SystemEvent(msgspec.Struct, frozen=True, gc=False):
    """The trading day begins or ends."""

    timestamp_ns: Annotated[int, u64(1, "since midnight")]
    event_code: Annotated[bytes, code(9, EventCode)]


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """An order is accepted, with the details under which it lives."""

    timestamp_ns: Annotated[int, u64(1, "since midnight")]
    user_ref_num: Annotated[int, u32(9)]
    side: Annotated[bytes, code(13, Side)]
    quantity: Annotated[int, u32(14)]
    symbol: Annotated[bytes, alpha(18, 8)]
    price: Annotated[int, u64(26, "1/10000")]
    time_in_force: Annotated[bytes, code(34, TimeInForce)]
    display: Annotated[bytes, code(35, Display)]
    order_reference_number: Annotated[int, u64(36, "one stay in the queue; as in market data")]
    capacity: Annotated[bytes, code(44, Capacity)]
    intermarket_sweep_eligibility: Annotated[bytes, code(45, IntermarketSweepEligibility)]
    cross_type: Annotated[bytes, code(46, CrossType)]
    order_state: Annotated[bytes, code(47, OrderState)]
    cl_ord_id: Annotated[bytes, alpha(48, 14)]
    appendage: Annotated[Appendage, tagged(62, "as entered", always=True)] = NO_OPTIONS


class Replaced(msgspec.Struct, frozen=True, gc=False):
    """An order has new details and answers to a new number."""

    timestamp_ns: Annotated[int, u64(1, "since midnight")]
    orig_user_ref_num: Annotated[int, u32(9)]
    user_ref_num: Annotated[int, u32(13)]
    side: Annotated[bytes, code(17, Side)]
    quantity: Annotated[int, u32(18, "left exposed, without what executed before")]
    symbol: Annotated[bytes, alpha(22, 8)]
    price: Annotated[int, u64(30, "1/10000")]
    time_in_force: Annotated[bytes, code(38, TimeInForce)]
    display: Annotated[bytes, code(39, Display)]
    order_reference_number: Annotated[int, u64(40, "new: priority is lost")]
    capacity: Annotated[bytes, code(48, Capacity)]
    intermarket_sweep_eligibility: Annotated[bytes, code(49, IntermarketSweepEligibility)]
    cross_type: Annotated[bytes, code(50, CrossType)]
    order_state: Annotated[bytes, code(51, OrderState)]
    cl_ord_id: Annotated[bytes, alpha(52, 14)]
    appendage: Annotated[Appendage, tagged(66, "as entered", always=True)] = NO_OPTIONS


class Canceled(msgspec.Struct, frozen=True, gc=False):
    """An order was reduced, perhaps to nothing."""

    timestamp_ns: Annotated[int, u64(1, "since midnight")]
    user_ref_num: Annotated[int, u32(9)]
    decrement_quantity: Annotated[int, u32(13, "taken off by this message")]
    reason: Annotated[bytes, code(17, CanceledReason)]
    appendage: Annotated[Appendage, tagged(18, always=False)] = NO_OPTIONS


class AiqCanceled(msgspec.Struct, frozen=True, gc=False):
    """An order was reduced rather than trade with another of its own firm."""

    timestamp_ns: Annotated[int, u64(1, "since midnight")]
    user_ref_num: Annotated[int, u32(9)]
    decrement_quantity: Annotated[int, u32(13, "taken off by this message")]
    reason: Annotated[bytes, code(17, CanceledReason, "`Q`")]
    quantity_prevented: Annotated[int, u32(18, "would have traded")]
    execution_price: Annotated[int, u64(22, "1/10000; at which it would have traded")]
    liquidity_flag: Annotated[bytes, code(30, LiquidityFlag)]
    aiq_strategy: Annotated[bytes, alpha(31, 1, "letters not judged")]
    appendage: Annotated[Appendage, tagged(32, always=False)] = NO_OPTIONS


class Executed(msgspec.Struct, frozen=True, gc=False):
    """An order traded, in whole or in part."""

    timestamp_ns: Annotated[int, u64(1, "since midnight")]
    user_ref_num: Annotated[int, u32(9)]
    executed_quantity: Annotated[int, u32(13, "by this message")]
    execution_price: Annotated[int, u64(17, "1/10000")]
    liquidity_flag: Annotated[bytes, code(25, LiquidityFlag)]
    match_number: Annotated[int, u64(26, "the same on both sides of the trade")]
    appendage: Annotated[Appendage, tagged(34, always=True)] = NO_OPTIONS


class BrokenTrade(msgspec.Struct, frozen=True, gc=False):
    """A trade reported earlier is void."""

    timestamp_ns: Annotated[int, u64(1, "since midnight")]
    user_ref_num: Annotated[int, u32(9)]
    match_number: Annotated[int, u64(13)]
    reason: Annotated[bytes, code(21, BrokenTradeReason)]
    cl_ord_id: Annotated[bytes, alpha(22, 14)]
    appendage: Annotated[Appendage, tagged(36, always=False)] = NO_OPTIONS


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """A request was refused; its number is used up."""

    timestamp_ns: Annotated[int, u64(1, "since midnight")]
    user_ref_num: Annotated[int, u32(9)]
    reason: Annotated[int, u16(13, "", RejectedReason)]
    cl_ord_id: Annotated[bytes, alpha(15, 14)]
    appendage: Annotated[Appendage, tagged(29, always=False)] = NO_OPTIONS


class CancelPending(msgspec.Struct, frozen=True, gc=False):
    """An order of a cross is canceled once the cross is over."""

    timestamp_ns: Annotated[int, u64(1, "since midnight")]
    user_ref_num: Annotated[int, u32(9)]
    appendage: Annotated[Appendage, tagged(13, always=False)] = NO_OPTIONS


class CancelReject(msgspec.Struct, frozen=True, gc=False):
    """An order of a cross cannot be reduced now."""

    timestamp_ns: Annotated[int, u64(1, "since midnight")]
    user_ref_num: Annotated[int, u32(9)]
    appendage: Annotated[Appendage, tagged(13, always=False)] = NO_OPTIONS


class OrderPriorityUpdate(msgspec.Struct, frozen=True, gc=False):
    """The venue gave an order another place in the queue."""

    timestamp_ns: Annotated[int, u64(1, "since midnight")]
    user_ref_num: Annotated[int, u32(9)]
    price: Annotated[int, u64(13, "1/10000")]
    display: Annotated[bytes, code(21, Display)]
    order_reference_number: Annotated[int, u64(22, "new")]
    appendage: Annotated[Appendage, tagged(30, always=False)] = NO_OPTIONS


class OrderModified(msgspec.Struct, frozen=True, gc=False):
    """An order was modified in place."""

    timestamp_ns: Annotated[int, u64(1, "since midnight")]
    user_ref_num: Annotated[int, u32(9)]
    side: Annotated[bytes, code(13, Side)]
    quantity: Annotated[int, u32(14, "outstanding")]
    appendage: Annotated[Appendage, tagged(18, always=False)] = NO_OPTIONS


class OrderRestated(msgspec.Struct, frozen=True, gc=False):
    """The venue shows another part or price of an order."""

    timestamp_ns: Annotated[int, u64(1, "since midnight")]
    user_ref_num: Annotated[int, u32(9)]
    reason: Annotated[bytes, code(13, RestatedReason)]
    appendage: Annotated[
        Appendage,
        tagged(14, "DisplayQty(22), DisplayPrice(23), SecondaryOrdRefNum(1)", always=True),
    ] = NO_OPTIONS


class AccountQueryResponse(msgspec.Struct, frozen=True, gc=False):
    """Which UserRefNum may come next."""

    timestamp_ns: Annotated[int, u64(1, "since midnight")]
    next_user_ref_num: Annotated[int, u32(9, "the lowest that is taken")]
    appendage: Annotated[Appendage, tagged(13, always=False)] = NO_OPTIONS


class MassCancelResponse(msgspec.Struct, frozen=True, gc=False):
    """A mass cancel is done or taken in hand."""

    timestamp_ns: Annotated[int, u64(1, "since midnight")]
    user_ref_num: Annotated[int, u32(9)]
    firm: Annotated[bytes, alpha(13, 4)]
    symbol: Annotated[bytes, alpha(17, 8)]
    appendage: Annotated[Appendage, tagged(25, always=True)] = NO_OPTIONS


class DisableOrderEntryResponse(msgspec.Struct, frozen=True, gc=False):
    """No more orders of a firm are taken."""

    timestamp_ns: Annotated[int, u64(1, "since midnight")]
    user_ref_num: Annotated[int, u32(9)]
    firm: Annotated[bytes, alpha(13, 4)]
    appendage: Annotated[Appendage, tagged(17, always=True)] = NO_OPTIONS


class EnableOrderEntryResponse(msgspec.Struct, frozen=True, gc=False):
    """Orders of a firm are taken again."""

    timestamp_ns: Annotated[int, u64(1, "since midnight")]
    user_ref_num: Annotated[int, u32(9)]
    firm: Annotated[bytes, alpha(13, 4)]
    appendage: Annotated[Appendage, tagged(17, always=True)] = NO_OPTIONS


Outbound = (
    SystemEvent
    | Accepted
    | Replaced
    | Canceled
    | AiqCanceled
    | Executed
    | BrokenTrade
    | Rejected
    | CancelPending
    | CancelReject
    | OrderPriorityUpdate
    | OrderModified
    | OrderRestated
    | AccountQueryResponse
    | MassCancelResponse
    | DisableOrderEntryResponse
    | EnableOrderEntryResponse
)


def _layout(
    message: type[msgspec.Struct], type_code: bytes, size: int, section: str, edition: str = "5.0"
) -> Layout:
    return Layout(message, type_code, size, Direction.OUTBOUND, f"OUCH {edition}, {section}")


_2025: Final = "5.0 (2025)"
OUTBOUND: Final = Codec(
    (
        _layout(SystemEvent, b"S", 10, "System Event"),
        _layout(Accepted, b"A", 64, "Order Accepted"),
        _layout(Replaced, b"U", 68, "Order Replaced"),
        _layout(Canceled, b"C", 18, "Order Canceled"),
        _layout(AiqCanceled, b"D", 32, "AIQ Canceled"),
        _layout(Executed, b"E", 36, "Order Executed"),
        _layout(BrokenTrade, b"B", 36, "Broken Trade"),
        _layout(Rejected, b"J", 29, "Rejected"),
        _layout(CancelPending, b"P", 13, "Cancel Pending"),
        _layout(CancelReject, b"I", 13, "Cancel Reject"),
        _layout(OrderPriorityUpdate, b"T", 30, "Order Priority Update"),
        _layout(OrderModified, b"M", 18, "Order Modified"),
        _layout(OrderRestated, b"R", 16, "Order Restated"),
        _layout(AccountQueryResponse, b"Q", 13, "Account Query Response"),
        _layout(MassCancelResponse, b"X", 27, "Mass Cancel Response", _2025),
        _layout(DisableOrderEntryResponse, b"G", 19, "Disable Order Entry Response", _2025),
        _layout(EnableOrderEntryResponse, b"K", 19, "Enable Order Entry Response", _2025),
    )
)
