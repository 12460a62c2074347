"""OUCH 5.0 messages from the client, each declared once.

Integers are unsigned and big-endian, prices in 1/10000, texts keep their padding. Codec and forms
with or without appendage: `messages50`. Source: Nasdaq O*U*C*H 5.0 and its 2025 revision.
"""

from typing import Annotated, Final

import msgspec

from protocol.layout import Codec, Direction, Layout, alpha, code, tagged, u32, u64
from protocol.ouch.appendage import NO_OPTIONS, Appendage
from protocol.ouch.enumerations42 import Capacity, CrossType, Side
from protocol.ouch.enumerations50 import Display, IntermarketSweepEligibility, TimeInForce


class EnterOrder(msgspec.Struct, frozen=True, gc=False):
    """A new order."""

    user_ref_num: Annotated[int, u32(1, "above all before it in the day")]
    side: Annotated[bytes, code(5, Side)]
    quantity: Annotated[int, u32(6, "1 to 999,999")]
    symbol: Annotated[bytes, alpha(10, 8)]
    price: Annotated[int, u64(18, "1/10000")]
    time_in_force: Annotated[bytes, code(26, TimeInForce)]
    display: Annotated[bytes, code(27, Display)]
    capacity: Annotated[bytes, code(28, Capacity)]
    intermarket_sweep_eligibility: Annotated[bytes, code(29, IntermarketSweepEligibility)]
    cross_type: Annotated[bytes, code(30, CrossType)]
    cl_ord_id: Annotated[bytes, alpha(31, 14, "echoed, not judged")]
    appendage: Annotated[Appendage, tagged(45, always=True)] = NO_OPTIONS


class ReplaceOrder(msgspec.Struct, frozen=True, gc=False):
    """New details and a new number for a live order; it goes to the end of its queue."""

    orig_user_ref_num: Annotated[int, u32(1)]
    user_ref_num: Annotated[int, u32(5, "above all before it in the day")]
    quantity: Annotated[int, u32(9, "total of the chain, executions included")]
    price: Annotated[int, u64(13, "1/10000")]
    time_in_force: Annotated[bytes, code(21, TimeInForce)]
    display: Annotated[bytes, code(22, Display)]
    intermarket_sweep_eligibility: Annotated[bytes, code(23, IntermarketSweepEligibility)]
    cl_ord_id: Annotated[bytes, alpha(24, 14, "echoed, not judged")]
    appendage: Annotated[Appendage, tagged(38, always=True)] = NO_OPTIONS


class CancelOrder(msgspec.Struct, frozen=True, gc=False):
    """A lower intended size for a live order; it keeps its place."""

    user_ref_num: Annotated[int, u32(1)]
    quantity: Annotated[int, u32(5, "most that may execute in total; 0 cancels the rest")]
    appendage: Annotated[Appendage, tagged(9, always=False)] = NO_OPTIONS


class ModifyOrder(msgspec.Struct, frozen=True, gc=False):
    """Another kind of sale and at most the same size, in place."""

    user_ref_num: Annotated[int, u32(1)]
    side: Annotated[bytes, code(5, Side)]
    quantity: Annotated[int, u32(6, "most that may execute in total")]
    appendage: Annotated[Appendage, tagged(10, always=False)] = NO_OPTIONS


class AccountQuery(msgspec.Struct, frozen=True, gc=False):
    """Which UserRefNum may come next?"""

    appendage: Annotated[Appendage, tagged(1, always=False)] = NO_OPTIONS


class MassCancel(msgspec.Struct, frozen=True, gc=False):
    """Cancel the orders of a firm, or of a firm in one symbol."""

    user_ref_num: Annotated[int, u32(1)]
    firm: Annotated[bytes, alpha(5, 4)]
    symbol: Annotated[bytes, alpha(9, 8, "blank: all")]
    appendage: Annotated[Appendage, tagged(17, always=True)] = NO_OPTIONS


class DisableOrderEntry(msgspec.Struct, frozen=True, gc=False):
    """Take no more orders of a firm."""

    user_ref_num: Annotated[int, u32(1)]
    firm: Annotated[bytes, alpha(5, 4)]
    appendage: Annotated[Appendage, tagged(9, always=True)] = NO_OPTIONS


class EnableOrderEntry(msgspec.Struct, frozen=True, gc=False):
    """Take orders of a firm again."""

    user_ref_num: Annotated[int, u32(1)]
    firm: Annotated[bytes, alpha(5, 4)]
    appendage: Annotated[Appendage, tagged(9, always=True)] = NO_OPTIONS


Inbound = (
    EnterOrder
    | ReplaceOrder
    | CancelOrder
    | ModifyOrder
    | AccountQuery
    | MassCancel
    | DisableOrderEntry
    | EnableOrderEntry
)

INBOUND: Final = Codec(
    (
        Layout(EnterOrder, b"O", 47, Direction.INBOUND, "OUCH 5.0, Enter Order"),
        Layout(ReplaceOrder, b"U", 40, Direction.INBOUND, "OUCH 5.0, Replace Order"),
        Layout(CancelOrder, b"X", 9, Direction.INBOUND, "OUCH 5.0, Cancel Order"),
        Layout(ModifyOrder, b"M", 10, Direction.INBOUND, "OUCH 5.0, Modify Order"),
        Layout(AccountQuery, b"Q", 1, Direction.INBOUND, "OUCH 5.0, Account Query"),
        Layout(MassCancel, b"C", 19, Direction.INBOUND, "OUCH 5.0 (2025), Mass Cancel"),
        Layout(
            DisableOrderEntry, b"D", 11, Direction.INBOUND, "OUCH 5.0 (2025), Disable Order Entry"
        ),
        Layout(
            EnableOrderEntry, b"E", 11, Direction.INBOUND, "OUCH 5.0 (2025), Enable Order Entry"
        ),
    )
)
