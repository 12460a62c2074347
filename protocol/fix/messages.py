"""The application messages the venue speaks, as values of raw bytes; empty means absent.

Wire bytes become numbers and words at one place only, the gateway's translator; here they are what
the peer wrote, after the session has checked header, required fields and formats.
"""

from collections.abc import Callable

import msgspec

from protocol.fix.message import Message

Rest = tuple[tuple[int, bytes], ...]
"""Body fields that have no attribute of their own, in wire order: words the engine may not have."""


class NewOrderSingle(msgspec.Struct, frozen=True, gc=False):
    """NewOrderSingle(D)."""

    msg_seq_num: int
    cl_ord_id: bytes
    account: bytes
    symbol: bytes
    side: bytes
    order_qty: bytes
    ord_type: bytes
    price: bytes
    time_in_force: bytes
    transact_time: bytes
    handl_inst: bytes
    rest: Rest = ()
    poss_resend: bool = False


class OrderCancelRequest(msgspec.Struct, frozen=True, gc=False):
    """OrderCancelRequest(F)."""

    msg_seq_num: int
    cl_ord_id: bytes
    orig_cl_ord_id: bytes
    order_id: bytes
    account: bytes
    symbol: bytes
    side: bytes
    order_qty: bytes
    transact_time: bytes
    rest: Rest = ()
    poss_resend: bool = False


class OrderCancelReplaceRequest(msgspec.Struct, frozen=True, gc=False):
    """OrderCancelReplaceRequest(G)."""

    msg_seq_num: int
    cl_ord_id: bytes
    orig_cl_ord_id: bytes
    order_id: bytes
    account: bytes
    symbol: bytes
    side: bytes
    order_qty: bytes
    ord_type: bytes
    price: bytes
    time_in_force: bytes
    transact_time: bytes
    handl_inst: bytes
    rest: Rest = ()
    poss_resend: bool = False


class OrderStatusRequest(msgspec.Struct, frozen=True, gc=False):
    """OrderStatusRequest(H)."""

    msg_seq_num: int
    cl_ord_id: bytes
    order_id: bytes
    account: bytes
    symbol: bytes
    side: bytes
    rest: Rest = ()
    poss_resend: bool = False


class ExecutionReport(msgspec.Struct, frozen=True, gc=False):
    """ExecutionReport(8), written in FIX 4.4 words; `reports` renders each version's.

    `exec_type` F is a trade, H a busted trade (`exec_ref_id` names the execution), I a status
    answer; FIX 4.2 gets 1/2 and ExecTransType(20) from them. Values are wire bytes, empty: absent.
    """

    order_id: bytes
    exec_id: bytes
    exec_type: bytes
    ord_status: bytes
    symbol: bytes
    side: bytes
    leaves_qty: bytes
    cum_qty: bytes
    avg_px: bytes
    cl_ord_id: bytes = b""
    orig_cl_ord_id: bytes = b""
    secondary_order_id: bytes = b""
    account: bytes = b""
    order_qty: bytes = b""
    ord_type: bytes = b""
    price: bytes = b""
    time_in_force: bytes = b""
    last_qty: bytes = b""
    last_px: bytes = b""
    transact_time: bytes = b""
    text: bytes = b""
    ord_rej_reason: bytes = b""
    exec_ref_id: bytes = b""
    msg_seq_num: int = 0
    """Of a received report; not rendered, as the stream numbers what is sent."""
    poss_dup: bool = False
    """Of a received report: the peer sent it again (PossDupFlag(43))."""
    more: Rest = ()
    """Fields of few reports, in a version that has them: instructions, why an order was restated;
    ExpireTime(126) to nine digits."""


class OrderCancelReject(msgspec.Struct, frozen=True, gc=False):
    """OrderCancelReject(9)."""

    order_id: bytes
    cl_ord_id: bytes
    orig_cl_ord_id: bytes
    ord_status: bytes
    cxl_rej_response_to: bytes
    cxl_rej_reason: bytes = b""
    text: bytes = b""
    account: bytes = b""
    transact_time: bytes = b""
    msg_seq_num: int = 0
    poss_dup: bool = False


class BusinessMessageReject(msgspec.Struct, frozen=True, gc=False):
    """BusinessMessageReject(j)."""

    ref_seq_num: bytes
    ref_msg_type: bytes
    business_reject_reason: bytes
    business_reject_ref_id: bytes = b""
    text: bytes = b""
    msg_seq_num: int = 0
    poss_dup: bool = False


class ApplicationMessage(msgspec.Struct, frozen=True):
    """A supported application message that has no class of its own."""

    msg_seq_num: int
    msg_type: bytes
    fields: Rest
    """Body fields in wire order."""
    poss_resend: bool = False
    poss_dup: bool = False


OrderEntryMessage = (
    NewOrderSingle | OrderCancelRequest | OrderCancelReplaceRequest | OrderStatusRequest
)
OrderEntryClass = Callable[..., OrderEntryMessage]
"""One of those, called with its attributes in order."""

ORDER_ENTRY: dict[bytes, tuple[OrderEntryClass, tuple[int, ...]]] = {
    b"D": (NewOrderSingle, (11, 1, 55, 54, 38, 40, 44, 59, 60, 21)),
    b"F": (OrderCancelRequest, (11, 41, 37, 1, 55, 54, 38, 60)),
    b"G": (OrderCancelReplaceRequest, (11, 41, 37, 1, 55, 54, 38, 40, 44, 59, 60, 21)),
    b"H": (OrderStatusRequest, (11, 37, 1, 55, 54)),
}
"""MsgType -> class and the tags of its attributes, in their order, after msg_seq_num."""


def order_entry_message(message: Message, msg_seq_num: int) -> OrderEntryMessage:
    """The typed form of a D, F, G or H. General path; `layout` learns a faster one."""
    cls, tags = ORDER_ENTRY[message.msg_type]
    rest = tuple(field for field in message.body if field[0] not in tags)
    return cls(msg_seq_num, *map(message.get, tags), rest, message.is_poss_resend)


def application_message(message: Message, msg_seq_num: int) -> ApplicationMessage:
    """The form that any message has."""
    return ApplicationMessage(
        msg_seq_num, message.msg_type, message.body, message.is_poss_resend, message.is_poss_dup
    )
