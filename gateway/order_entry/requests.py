"""What every wire's requests go through once their words are translated: identity and ownership.

A request that is refused here is a command too (`RefuseRequest`): its client id is spent, its
answer has a number, and recovery needs no wire bytes to know it."""

from gateway.desk import Floor
from gateway.order_entry.orders import CLIENT_ID_MAX
from gateway.order_entry.outcomes import Order
from gateway.sessions import SessionRecord
from matching.commands import CancelOrder, RefuseRequest, ReplaceOrder
from matching.types import RejectReason, RequestKind, Side

_PRINTABLE = bytes(byte if byte >= 0x20 else 0x3F for byte in range(256))
"""A delimiter in what a client sent must not begin a field."""


def refuse(
    floor: Floor,
    session: SessionRecord,
    client_id: bytes,
    kind: RequestKind,
    refusal: tuple[RejectReason, bytes],
    *,
    order_id: int = 0,
    echo: bytes = b"",
) -> None:
    """Answer a request with a rejection; `refusal` is (reason, text for people)."""
    reason, text = refusal
    floor.submit(
        RefuseRequest(
            session.session_id,
            session.account_id,
            client_id,
            kind,
            reason,
            order_id,
            text,
            echo,
        )
    )


def refused_terms(side: Side | None, symbol: bytes, quantity: bytes, price: bytes) -> bytes:
    """What an order that was refused here asked for: the `echo` of its refusal, for those who
    report it on FIX. As FIX fields; a side that is none of ours, and what is empty, is left out."""
    sides = {Side.BUY: b"1", Side.SELL: b"2", None: b""}
    fields = ((b"38", quantity), (b"44", price), (b"54", sides[side]), (b"55", symbol))
    return b"\x01".join(
        tag + b"=" + value[:32].translate(_PRINTABLE) for tag, value in fields if value
    )


def visible(floor: Floor, session: SessionRecord, order_id: int) -> Order | None:
    """The order of this id if the session may see it: its own, or its account's where allowed."""
    order = floor.orders.by_id.get(order_id)
    if order is None or order.session_id == session.session_id:
        return order
    shared = floor.directory.cancel_by_other_sessions.get(order.account_id, False)
    return order if shared and order.account_id == session.account_id else None


def cancel(
    floor: Floor, session: SessionRecord, client_id: bytes, order: Order | None, echo: bytes = b""
) -> None:
    """Cancel `order` (None: the request named none that this session may see)."""
    refusal = _refusal(floor, session, client_id, order)
    if refusal is not None:
        order_id = 0 if order is None else order.order_id
        refuse(floor, session, client_id, RequestKind.CANCEL, refusal, order_id=order_id, echo=echo)
        return
    assert order is not None
    floor.submit(CancelOrder(session.session_id, order.account_id, order.order_id, client_id))


def replace(
    floor: Floor,
    session: SessionRecord,
    request: ReplaceOrder,
    order: Order | None,
    echo: bytes = b"",
) -> None:
    """Replace `order`; only the session that entered it may."""
    refusal = _refusal(floor, session, request.client_id, order)
    if refusal is None and order is not None and order.session_id != session.session_id:
        refusal = (RejectReason.NOT_ALLOWED, b"only the entering session replaces")
    if refusal is not None:
        order_id = 0 if order is None else order.order_id
        refuse(
            floor,
            session,
            request.client_id,
            RequestKind.REPLACE,
            refusal,
            order_id=order_id,
            echo=echo,
        )
        return
    floor.submit(request)


def _refusal(
    floor: Floor, session: SessionRecord, client_id: bytes, order: Order | None
) -> tuple[RejectReason, bytes] | None:
    if len(client_id) > CLIENT_ID_MAX:
        return RejectReason.INVALID_FIELD, b"client order id: at most %d bytes" % CLIENT_ID_MAX
    if floor.orders.outcome(session.session_id, client_id) is not None:
        return RejectReason.DUPLICATE_CLIENT_ID, b"duplicate client order id"
    if order is None:
        return RejectReason.UNKNOWN_ORDER, b"unknown order"
    if not order.live:
        return RejectReason.TOO_LATE, b"order is closed"
    return None
