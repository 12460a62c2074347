"""The OUCH desk, outwards: engine events as numbered OUCH 4.2 messages.

Messages are packed by position from the layouts: the keyword Structs cost 0.4 us more each.
"""

from typing import Final

from gateway.desk import Floor
from gateway.order_entry.orders import Order
from gateway.order_entry.ouch_words import (
    BROKEN_TRADE_REASON,
    CANCELED_REASON,
    NO_REJECTED_REASON,
    REJECTED_REASON,
    unpack_echo,
)
from gateway.sessions import SessionRecord
from matching.commands import Command, RefuseRequest
from matching.events import (
    DayEnded,
    DayStarted,
    OrderCanceled,
    OrderExecuted,
    OrderReduced,
    OrderRejected,
    OrderReplaced,
    TradeBusted,
)
from protocol.ouch.enumerations42 import (
    BboWeight,
    CanceledReason,
    EventCode,
    LiquidityFlag,
    OrderState,
)
from protocol.ouch.messages42 import (
    Accepted,
    BrokenTrade,
    Canceled,
    Executed,
    Rejected,
    Replaced,
    SystemEvent,
    packer,
)
from protocol.soupbintcp.session import SoupServerSession
from protocol.soupbintcp.state import State

_pack_accepted = packer(Accepted)
_pack_replaced = packer(Replaced)
_pack_canceled = packer(Canceled)
_pack_executed = packer(Executed)
_pack_broken_trade = packer(BrokenTrade)
_pack_rejected = packer(Rejected)
_pack_system_event = packer(SystemEvent)

_LIVE: Final = OrderState.LIVE.value
_DEAD: Final = OrderState.DEAD.value
_UNSPECIFIED: Final = BboWeight.UNSPECIFIED.value
_ADDED: Final = LiquidityFlag.ADDED.value
_REMOVED: Final = LiquidityFlag.REMOVED.value
_USER: Final = CanceledReason.USER.value
