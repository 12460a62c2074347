"""Under which of its client's ids an order traded: a replacement goes on under another one."""

from gateway.order_entry.orders import Orders
from gateway.order_entry.outcomes import Order, Request
from matching.types import RequestKind


def client_id_at_execution(orders: Orders, order: Order, match_number: int) -> bytes:
    """The client id that `order` had when it took part in this execution of the day; the oldest
    that is still known where those before are forgotten."""
    executed_by, _ = orders.executions.find(match_number)
    client_id = order.client_id
    # A replacement that itself trades does so under its own id: the same command.
    while (
        isinstance(request := orders.outcome(order.session_id, client_id), Request)
        and request.kind is RequestKind.REPLACE
        and request.command_seq > executed_by
    ):
        client_id = request.orig_client_id
    return client_id
