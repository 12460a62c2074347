"""ITCH 5.0 messages, and the one that ends a GLIMPSE snapshot.

Integers are unsigned and big-endian, prices in 1/10000 unless a field says otherwise, timestamps
nanoseconds since midnight of the trading day in six bytes, texts keep their padding. A message is
one payload of SoupBinTCP's Sequenced Data, or one message block of MoldUDP64.
Sources: Nasdaq TotalView-ITCH 5.0; Nasdaq GLIMPSE 5.0.
"""

import struct
from typing import Annotated, Final

import msgspec
from msgspec.structs import astuple

from protocol.itch.enumerations import (
    Authenticity,
    BreachedLevel,
    CrossType,
    EventCode,
    FinancialStatus,
    ImbalanceDirection,
    InterestFlag,
    IssueClassification,
    LuldTier,
    MarketCategory,
    MarketCode,
    MarketMakerMode,
    OperationalHaltAction,
    ParticipantState,
    PriceVariation,
    RegShoAction,
    ReleaseQualifier,
    Side,
    TradingState,
    YesNo,
    YesNoUnknown,
)
from protocol.layout import Codec, Direction, Layout, alpha, code, u16, u32, u48, u64

PRICE_MAX: Final = 2_000_000_000
"""$200,000.0000, the highest price that four bytes may carry."""

_TIMESTAMP_SIZE: Final = 6
_SEQUENCE_NUMBER_SIZE: Final = 20


def timestamp_bytes(since_midnight_ns: int) -> bytes:
    """A Timestamp field. Raises OverflowError for what six bytes cannot hold."""
    return since_midnight_ns.to_bytes(_TIMESTAMP_SIZE, "big")


def timestamp_ns(timestamp: bytes) -> int:
    """Nanoseconds since midnight."""
    return int.from_bytes(timestamp, "big")


class Prefix(msgspec.Struct, frozen=True, gc=False):
    """How every ITCH 5.0 message begins."""

    stock_locate: Annotated[int, u16(1, "the instrument of this day; 0: of no instrument")]
    tracking_number: Annotated[int, u16(3, "the venue's own")]
    timestamp: Annotated[bytes, u48(5, "ns since midnight")]


class SystemEvent(Prefix, frozen=True, gc=False):
    """The day reaches another part."""

    event_code: Annotated[bytes, code(11, EventCode)]


class StockDirectory(Prefix, frozen=True, gc=False):
    """An instrument, before any other message that has its locate."""

    stock: Annotated[bytes, alpha(11, 8)]
    market_category: Annotated[bytes, code(19, MarketCategory)]
    financial_status_indicator: Annotated[bytes, code(20, FinancialStatus)]
    round_lot_size: Annotated[int, u32(21)]
    round_lots_only: Annotated[bytes, code(25, YesNo)]
    issue_classification: Annotated[bytes, code(26, IssueClassification)]
    issue_sub_type: Annotated[bytes, alpha(27, 2, "Z: not applicable")]
    authenticity: Annotated[bytes, code(29, Authenticity)]
    short_sale_threshold_indicator: Annotated[bytes, code(30, YesNoUnknown)]
    ipo_flag: Annotated[bytes, code(31, YesNoUnknown)]
    luld_reference_price_tier: Annotated[bytes, code(32, LuldTier)]
    etp_flag: Annotated[bytes, code(33, YesNoUnknown)]
    etp_leverage_factor: Annotated[int, u32(34)]
    inverse_indicator: Annotated[bytes, code(38, YesNo)]


class StockTradingAction(Prefix, frozen=True, gc=False):
    """Whether an instrument trades."""

    stock: Annotated[bytes, alpha(11, 8)]
    trading_state: Annotated[bytes, code(19, TradingState)]
    reserved: Annotated[bytes, alpha(20, 1)]
    reason: Annotated[bytes, alpha(21, 4)]


class RegShoRestriction(Prefix, frozen=True, gc=False):
    """The short sale price test of an instrument."""

    stock: Annotated[bytes, alpha(11, 8)]
    reg_sho_action: Annotated[bytes, code(19, RegShoAction)]


class MarketParticipantPosition(Prefix, frozen=True, gc=False):
    """How a market maker stands in an instrument."""

    mpid: Annotated[bytes, alpha(11, 4)]
    stock: Annotated[bytes, alpha(15, 8)]
    primary_market_maker: Annotated[bytes, code(23, YesNo)]
    market_maker_mode: Annotated[bytes, code(24, MarketMakerMode)]
    market_participant_state: Annotated[bytes, code(25, ParticipantState)]


class MwcbDeclineLevel(Prefix, frozen=True, gc=False):
    """The levels of the market-wide circuit breaker for the day."""

    level_1: Annotated[int, u64(11, "1/100000000")]
    level_2: Annotated[int, u64(19, "1/100000000")]
    level_3: Annotated[int, u64(27, "1/100000000")]


class MwcbStatus(Prefix, frozen=True, gc=False):
    """A level of the market-wide circuit breaker was breached."""

    breached_level: Annotated[bytes, code(11, BreachedLevel)]


class IpoQuotingPeriodUpdate(Prefix, frozen=True, gc=False):
    """When quoting of a new issue begins."""

    stock: Annotated[bytes, alpha(11, 8)]
    ipo_quotation_release_time: Annotated[int, u32(19, "seconds since midnight")]
    ipo_quotation_release_qualifier: Annotated[bytes, code(23, ReleaseQualifier)]
    ipo_price: Annotated[int, u32(24, "1/10000")]


class LuldAuctionCollar(Prefix, frozen=True, gc=False):
    """Between which prices a paused instrument may reopen."""

    stock: Annotated[bytes, alpha(11, 8)]
    auction_collar_reference_price: Annotated[int, u32(19, "1/10000")]
    upper_auction_collar_price: Annotated[int, u32(23, "1/10000")]
    lower_auction_collar_price: Annotated[int, u32(27, "1/10000")]
    auction_collar_extension: Annotated[int, u32(31, "how often it was extended")]


class OperationalHalt(Prefix, frozen=True, gc=False):
    """One market stops or resumes an instrument for reasons of its own."""

    stock: Annotated[bytes, alpha(11, 8)]
    market_code: Annotated[bytes, code(19, MarketCode)]
    operational_halt_action: Annotated[bytes, code(20, OperationalHaltAction)]


class AddOrder(Prefix, frozen=True, gc=False):
    """An order stands in the displayed book."""

    order_reference_number: Annotated[int, u64(11, "one stay in the queue; as in order entry")]
    side: Annotated[bytes, code(19, Side)]
    shares: Annotated[int, u32(20, "displayed")]
    stock: Annotated[bytes, alpha(24, 8)]
    price: Annotated[int, u32(32, "1/10000")]


class AddOrderMpid(Prefix, frozen=True, gc=False):
    """An order stands in the displayed book under its participant's name."""

    order_reference_number: Annotated[int, u64(11, "one stay in the queue; as in order entry")]
    side: Annotated[bytes, code(19, Side)]
    shares: Annotated[int, u32(20, "displayed")]
    stock: Annotated[bytes, alpha(24, 8)]
    price: Annotated[int, u32(32, "1/10000")]
    attribution: Annotated[bytes, alpha(36, 4)]


class OrderExecuted(Prefix, frozen=True, gc=False):
    """A displayed order traded at its price; at no shares left it is gone."""

    order_reference_number: Annotated[int, u64(11)]
    executed_shares: Annotated[int, u32(19)]
    match_number: Annotated[int, u64(23, "as in order entry")]


class OrderExecutedWithPrice(Prefix, frozen=True, gc=False):
    """A displayed order traded at another price than its own."""

    order_reference_number: Annotated[int, u64(11)]
    executed_shares: Annotated[int, u32(19)]
    match_number: Annotated[int, u64(23, "as in order entry")]
    printable: Annotated[bytes, code(31, YesNo, "No: counted elsewhere already")]
    execution_price: Annotated[int, u32(32, "1/10000")]


class OrderCancel(Prefix, frozen=True, gc=False):
    """A displayed order became smaller and keeps its place."""

    order_reference_number: Annotated[int, u64(11)]
    canceled_shares: Annotated[int, u32(19, "taken off by this message")]


class OrderDelete(Prefix, frozen=True, gc=False):
    """A displayed order is gone."""

    order_reference_number: Annotated[int, u64(11)]


class OrderReplace(Prefix, frozen=True, gc=False):
    """A displayed order is gone and another stands for it, of the same side and instrument."""

    original_order_reference_number: Annotated[int, u64(11)]
    new_order_reference_number: Annotated[int, u64(19)]
    shares: Annotated[int, u32(27, "displayed")]
    price: Annotated[int, u32(31, "1/10000")]


class Trade(Prefix, frozen=True, gc=False):
    """An order that is not displayed traded; the displayed book stays as it is."""

    order_reference_number: Annotated[int, u64(11, "0")]
    side: Annotated[bytes, code(19, Side, "always Buy")]
    shares: Annotated[int, u32(20)]
    stock: Annotated[bytes, alpha(24, 8)]
    price: Annotated[int, u32(32, "1/10000")]
    match_number: Annotated[int, u64(36, "as in order entry")]


class CrossTrade(Prefix, frozen=True, gc=False):
    """A cross took place, with its volume."""

    shares: Annotated[int, u64(11)]
    stock: Annotated[bytes, alpha(19, 8)]
    cross_price: Annotated[int, u32(27, "1/10000")]
    match_number: Annotated[int, u64(31, "as in order entry")]
    cross_type: Annotated[bytes, code(39, CrossType)]


class BrokenTrade(Prefix, frozen=True, gc=False):
    """A trade reported earlier is void; the book stays as it is."""

    match_number: Annotated[int, u64(11)]


class NetOrderImbalance(Prefix, frozen=True, gc=False):
    """What a coming cross would do."""

    paired_shares: Annotated[int, u64(11)]
    imbalance_shares: Annotated[int, u64(19)]
    imbalance_direction: Annotated[bytes, code(27, ImbalanceDirection)]
    stock: Annotated[bytes, alpha(28, 8)]
    far_price: Annotated[int, u32(36, "1/10000")]
    near_price: Annotated[int, u32(40, "1/10000")]
    current_reference_price: Annotated[int, u32(44, "1/10000")]
    cross_type: Annotated[bytes, code(48, CrossType)]
    price_variation_indicator: Annotated[bytes, code(49, PriceVariation)]


class RetailInterest(Prefix, frozen=True, gc=False):
    """On which sides retail orders find a better price than displayed."""

    stock: Annotated[bytes, alpha(11, 8)]
    interest_flag: Annotated[bytes, code(19, InterestFlag)]


class DirectListingPriceDiscovery(Prefix, frozen=True, gc=False):
    """What the opening of a directly listed issue would do."""

    stock: Annotated[bytes, alpha(11, 8)]
    open_eligibility_status: Annotated[bytes, code(19, YesNo)]
    minimum_allowable_price: Annotated[int, u32(20, "1/10000")]
    maximum_allowable_price: Annotated[int, u32(24, "1/10000")]
    near_execution_price: Annotated[int, u32(28, "1/10000")]
    near_execution_time: Annotated[int, u64(32, "ns since midnight")]
    lower_price_range_collar: Annotated[int, u32(40, "1/10000")]
    upper_price_range_collar: Annotated[int, u32(44, "1/10000")]


class EndOfSnapshot(msgspec.Struct, frozen=True, gc=False):
    """A snapshot is complete. It has no prefix and no place in the stream."""

    sequence_number: Annotated[
        bytes, alpha(1, _SEQUENCE_NUMBER_SIZE, "ASCII digits: the message to go on from")
    ]


Message = (
    SystemEvent
    | StockDirectory
    | StockTradingAction
    | RegShoRestriction
    | MarketParticipantPosition
    | MwcbDeclineLevel
    | MwcbStatus
    | IpoQuotingPeriodUpdate
    | LuldAuctionCollar
    | OperationalHalt
    | AddOrder
    | AddOrderMpid
    | OrderExecuted
    | OrderExecutedWithPrice
    | OrderCancel
    | OrderDelete
    | OrderReplace
    | Trade
    | CrossTrade
    | BrokenTrade
    | NetOrderImbalance
    | RetailInterest
    | DirectListingPriceDiscovery
    | EndOfSnapshot
)


def _itch(message: type[msgspec.Struct], type_code: bytes, size: int, name: str) -> Layout:
    return Layout(message, type_code, size, Direction.OUTBOUND, f"ITCH 5.0, {name}")


MESSAGES: Final = Codec(
    (
        _itch(SystemEvent, b"S", 12, "System Event"),
        _itch(StockDirectory, b"R", 39, "Stock Directory"),
        _itch(StockTradingAction, b"H", 25, "Stock Trading Action"),
        _itch(RegShoRestriction, b"Y", 20, "Reg SHO Restriction"),
        _itch(MarketParticipantPosition, b"L", 26, "Market Participant Position"),
        _itch(MwcbDeclineLevel, b"V", 35, "MWCB Decline Level"),
        _itch(MwcbStatus, b"W", 12, "MWCB Status"),
        _itch(IpoQuotingPeriodUpdate, b"K", 28, "IPO Quoting Period Update"),
        _itch(LuldAuctionCollar, b"J", 35, "LULD Auction Collar"),
        _itch(OperationalHalt, b"h", 21, "Operational Halt"),
        _itch(AddOrder, b"A", 36, "Add Order, No MPID Attribution"),
        _itch(AddOrderMpid, b"F", 40, "Add Order with MPID Attribution"),
        _itch(OrderExecuted, b"E", 31, "Order Executed"),
        _itch(OrderExecutedWithPrice, b"C", 36, "Order Executed with Price"),
        _itch(OrderCancel, b"X", 23, "Order Cancel"),
        _itch(OrderDelete, b"D", 19, "Order Delete"),
        _itch(OrderReplace, b"U", 35, "Order Replace"),
        _itch(Trade, b"P", 44, "Trade, Non-Cross"),
        _itch(CrossTrade, b"Q", 40, "Cross Trade"),
        _itch(BrokenTrade, b"B", 19, "Broken Trade"),
        _itch(NetOrderImbalance, b"I", 50, "Net Order Imbalance Indicator"),
        _itch(RetailInterest, b"N", 20, "Retail Price Improvement Indicator"),
        _itch(DirectListingPriceDiscovery, b"O", 48, "Direct Listing Price Discovery"),
        Layout(EndOfSnapshot, b"G", 21, Direction.OUTBOUND, "GLIMPSE 5.0, End of Snapshot"),
    )
)

_PACK: Final = {layout.message: MESSAGES.packer(layout.message) for layout in MESSAGES.layouts}
_BY_TYPE: Final = MESSAGES.by_type


def decode(payload: bytes) -> Message:
    """One message. Raises LayoutError for an unknown type or length, never for a value."""
    try:
        message, unpack = _BY_TYPE[payload[:1]]
        return message(*unpack(payload))  # type: ignore[return-value]
    except (KeyError, struct.error):
        raise MESSAGES.explain(payload) from None


def encode(message: Message) -> bytes:
    """One message. Field sizes are the caller's promise."""
    return _PACK[type(message)](*astuple(message))


def end_of_snapshot(sequence_number: int) -> EndOfSnapshot:
    """The message that says from which number the stream goes on after a snapshot.

    The digits are right-justified, as SoupBinTCP writes its numbers.
    """
    return EndOfSnapshot(b"%20d" % sequence_number)
