"""MarketDataRequest(V) judged: what the venue can show, or which field it cannot.

MDReqRejReason(281) says it in a letter, Text(58) names the field, what was expected and received.
"""

from gateway.order_entry.fix_md_market import (
    BID,
    HIGH,
    LOW,
    OFFER,
    OPENING,
    TRADE,
    VOLUME,
    VWAP,
)
from gateway.order_entry.fix_requests import TEXT_MAX, every, value
from protocol.fix.errors import FieldFormatError
from protocol.fix.messages import ApplicationMessage
from protocol.fix.values import parse_count
from protocol.fix.version import Version

UNKNOWN_SYMBOL = b"0"
DUPLICATE_MD_REQ_ID = b"1"
INSUFFICIENT_BANDWIDTH = b"2"
UNSUPPORTED_SUBSCRIPTION_REQUEST_TYPE = b"4"
UNSUPPORTED_MARKET_DEPTH = b"5"
UNSUPPORTED_MD_UPDATE_TYPE = b"6"
UNSUPPORTED_MD_ENTRY_TYPE = b"8"

TRADING_SESSION_ID = b"1"
"""TradingSessionID(336) of the only session there is: Day, as FIX 5.0 SP1 numbers them."""

SUPPORTED_TYPES = frozenset((BID, OFFER, TRADE, OPENING, HIGH, LOW, VWAP, VOLUME))
"""MDEntryTypes(269) that follow from what the engine knows."""
VOLUME_SINCE = "44"

ONLY_TAKEN: dict[int, tuple[bytes, frozenset[bytes], bytes]] = {
    266: (b"AggregatedBook(266)", frozenset((b"Y",)), b"7"),
    286: (b"OpenCloseSettlFlag(286)", frozenset((b"0",)), b"B"),
    336: (b"TradingSessionID(336)", frozenset((TRADING_SESSION_ID,)), b"9"),
    546: (b"Scope(546)", frozenset((b"1",)), b"A"),
    547: (b"MDImplicitDelete(547)", frozenset((b"N",)), b"C"),
    815: (b"ApplQueueAction(815)", frozenset((b"0",)), b""),
    1070: (b"MDQuoteType(1070)", frozenset((b"1",)), b""),
}
"""Fields that would change what is shown: name, the values that mean what the venue does anyway,
and the MDReqRejReason of any other. Absent is taken."""


class Refused(Exception):
    """A request that cannot be served: MDReqRejReason(281) and Text(58)."""

    def __init__(self, reason: bytes, text: bytes) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text


def unexpected(name: bytes, expected: bytes, received: bytes) -> bytes:
    """Text(58) about one field."""
    return b"%b: expected %b, received %b" % (name, expected, received[:TEXT_MAX] or b"nothing")


def market_depth(message: ApplicationMessage) -> int:
    """MarketDepth(264). Raises Refused."""
    text = value(message, 264)
    try:
        return parse_count(text)
    except FieldFormatError:
        problem = unexpected(b"MarketDepth(264)", b"0 or more levels", text)
        raise Refused(UNSUPPORTED_MARKET_DEPTH, problem) from None


def entry_types(message: ApplicationMessage, version: Version) -> frozenset[bytes]:
    """MDEntryTypes(269). Raises Refused."""
    supported = SUPPORTED_TYPES
    if version.code < VOLUME_SINCE:
        supported = supported - {VOLUME}
    types = every(message, 269)
    for one in types or [b""]:
        if one not in supported:
            expected = b"one of " + b" ".join(sorted(supported))
            raise Refused(UNSUPPORTED_MD_ENTRY_TYPE, unexpected(b"MDEntryType(269)", expected, one))
    return frozenset(types)


def wants_increments(message: ApplicationMessage) -> bool:
    """MDUpdateType(265) of a subscription. Raises Refused."""
    text = value(message, 265)
    if text not in (b"0", b"1"):
        problem = unexpected(b"MDUpdateType(265)", b"0 or 1", text)
        raise Refused(UNSUPPORTED_MD_UPDATE_TYPE, problem)
    return text == b"1"


def check_the_rest(message: ApplicationMessage) -> None:
    """No other field asks for what the venue does not do. Raises Refused."""
    for tag, text in message.fields:
        only = ONLY_TAKEN.get(tag)
        if only is not None and text not in only[1]:
            name, taken, reason = only
            raise Refused(reason, unexpected(name, b" or ".join(sorted(taken)), text))
