"""Engine events as ITCH 5.0 messages: what the public sees of the book, and nothing else.

A fold of events alone: told live, folded again at a start or for an export, the same events give
the same bytes, wherever a tick began or ended. specs/itch/README.md has the choices. Source: Nasdaq
TotalView-ITCH 5.0.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from matching.events import (
    DayEnded,
    DayStarted,
    Event,
    InstrumentAdded,
    OrderCanceled,
    OrderCarried,
    OrderExecuted,
    OrderModified,
    OrderReduced,
    OrderRefreshed,
    OrderReplaced,
    OrderReranked,
    OrderRested,
    PhaseChanged,
    TradeBusted,
)
from matching.instrument import Instrument
from matching.types import FULL, Phase, Side
from protocol.itch import enumerations as code
from protocol.itch import messages as itch
from protocol.itch.enumerations import EventCode

PRICE_DECIMALS: Final = 4
STOCK_SIZE: Final = 8
LOCATE_MAX: Final = 0xFFFF
SHARES_MAX: Final = 0xFFFF_FFFF
TIMESTAMP_MAX: Final = (1 << 48) - 1
"""78 hours: on a day that lasts longer the time of messages stands still."""

TRADING_STATE: Final[dict[Phase, bytes | None]] = {
    Phase.OPEN: code.TradingState.TRADING.value,
    Phase.HALTED: code.TradingState.HALTED.value,
    Phase.CLOSED: None,  # The end of the market's hours says so of all stocks.
}

SIDE: Final = {Side.BUY: code.Side.BUY.value, Side.SELL: code.Side.SELL.value}
_BUY: Final = code.Side.BUY.value

_pack_system_event: Final = itch.MESSAGES.packer(itch.SystemEvent)
_pack_directory: Final = itch.MESSAGES.packer(itch.StockDirectory)
_pack_action: Final = itch.MESSAGES.packer(itch.StockTradingAction)
_pack_add: Final = itch.MESSAGES.packer(itch.AddOrder)
_pack_executed: Final = itch.MESSAGES.packer(itch.OrderExecuted)
_pack_cancel: Final = itch.MESSAGES.packer(itch.OrderCancel)
_pack_delete: Final = itch.MESSAGES.packer(itch.OrderDelete)
_pack_replace: Final = itch.MESSAGES.packer(itch.OrderReplace)
_pack_trade: Final = itch.MESSAGES.packer(itch.Trade)
_pack_broken: Final = itch.MESSAGES.packer(itch.BrokenTrade)


class _Stock(msgspec.Struct, frozen=True):
    """A listed instrument as its messages name it."""

    name: bytes
    round_lot: int


class ItchFold:
    """The messages of every day, in turn. Between days nothing is told."""

    __slots__ = (
        "_day_handlers",
        "_deleted",
        "_handlers",
        "_left_out",
        "_midnight_ns",
        "_moved_to",
        "_now_ns",
        "_opening",
        "_stocks",
        "_timestamp",
        "boundaries",
        "trading_date",
    )

    def __init__(self) -> None:
        self.boundaries = 0
        """Days begun and ended so far."""
        self.trading_date = 0
        """YYYYMMDD of the latest day."""
        self._stocks: dict[int, _Stock] = {}
        self._left_out: set[int] = set()
        self._now_ns = 0
        self._midnight_ns = 0
        self._timestamp = itch.timestamp_bytes(0)
        self._opening = 0
        """Stocks that do not trade yet on the day that begins."""
        self._moved_to = 0
        self._deleted = b""
        """The latest order that left its place for a new reference, and the message saying so."""
        self._handlers: dict[type, Callable[[Any, list[bytes]], None]] = {
            InstrumentAdded: self._instrument_added,
            DayStarted: self._day_started,
        }
        self._day_handlers: dict[type, Callable[[Any, list[bytes]], None]] = {
            OrderRested: self._rested,
            OrderExecuted: self._executed,
            OrderCanceled: self._canceled,
            OrderReplaced: self._replaced,
            OrderReduced: self._reduced,
            OrderModified: self._reduced,
            OrderRefreshed: self._refreshed,
            OrderReranked: self._reranked,
            OrderCarried: self._rested,
            TradeBusted: self._busted,
            PhaseChanged: self._phase_changed,
            DayEnded: self._day_ended,
        }

    def fold(self, events: Sequence[Event], now_ns: int) -> list[bytes]:
        """The messages that follow from events of one time."""
        self._stamp(now_ns)
        if self._left_out:
            left_out = self._left_out
            events = [e for e in events if getattr(e, "instrument_id", 0) not in left_out]
        out: list[bytes] = []
        find = self._handlers.get
        for event in events:
            handler = find(type(event))
            if handler is not None:
                handler(event, out)
        return out

    def end_of_messages(self) -> bytes:
        """System Event `C` at the latest time: for who stops in the middle of a day."""
        return self._system_event(EventCode.END_OF_MESSAGES)

    def _stamp(self, now_ns: int) -> None:
        self._now_ns = now_ns
        elapsed_ns = min(max(0, now_ns - self._midnight_ns), TIMESTAMP_MAX)
        self._timestamp = itch.timestamp_bytes(elapsed_ns)

    # -- the day ------------------------------------------------------------------------------

    def _day_started(self, event: DayStarted, out: list[bytes]) -> None:
        self.boundaries += 1
        self.trading_date = event.trading_date
        self._midnight_ns = event.midnight_ns
        self._stamp(self._now_ns)
        # One dict all the time: a running `fold` looks into it.
        self._handlers.update(self._day_handlers)
        out.append(self._system_event(EventCode.START_OF_MESSAGES))
        out.append(self._system_event(EventCode.START_OF_SYSTEM_HOURS))
        out += [self._directory(locate) for locate in self._stocks]
        self._opening = len(self._stocks)
        if not self._opening:
            out.append(self._system_event(EventCode.START_OF_MARKET_HOURS))

    def _phase_changed(self, event: PhaseChanged, out: list[bytes]) -> None:
        state = TRADING_STATE[event.phase]
        if state is None:
            return
        stock = self._stocks[event.instrument_id]
        out.append(
            _pack_action(event.instrument_id, 0, self._timestamp, stock.name, state, b" ", b"    ")
        )
        if self._opening:
            self._opening -= 1
            # StartOfDay opens every instrument, and only then come the orders of earlier days.
            if not self._opening:
                out.append(self._system_event(EventCode.START_OF_MARKET_HOURS))

    def _day_ended(self, event: DayEnded, out: list[bytes]) -> None:
        self.boundaries += 1
        for kind in self._day_handlers:
            del self._handlers[kind]
        out.append(self._system_event(EventCode.END_OF_MARKET_HOURS))
        out.append(self._system_event(EventCode.END_OF_SYSTEM_HOURS))
        out.append(self._system_event(EventCode.END_OF_MESSAGES))

    def _instrument_added(self, event: InstrumentAdded, out: list[bytes]) -> None:
        instrument = event.instrument
        if not has_words(event.instrument_id, instrument):
            self._left_out.add(event.instrument_id)
            return
        name = instrument.symbol.ljust(STOCK_SIZE)
        self._stocks[event.instrument_id] = _Stock(name, instrument.round_lot)
        if DayEnded in self._handlers:
            out.append(self._directory(event.instrument_id))

    def _system_event(self, event_code: EventCode) -> bytes:
        return _pack_system_event(0, 0, self._timestamp, event_code.value)

    def _directory(self, locate: int) -> bytes:
        stock = self._stocks[locate]
        return _pack_directory(
            locate,
            0,
            self._timestamp,
            stock.name,
            code.MarketCategory.NOT_AVAILABLE.value,
            code.FinancialStatus.NORMAL.value,
            stock.round_lot,
            code.YesNo.NO.value,
            code.IssueClassification.COMMON_STOCK.value,
            b"Z ",
            code.Authenticity.PRODUCTION.value,
            code.YesNoUnknown.NOT_AVAILABLE.value,
            code.YesNoUnknown.NOT_AVAILABLE.value,
            code.LuldTier.NOT_AVAILABLE.value,
            code.YesNoUnknown.NOT_AVAILABLE.value,
            0,
            code.YesNo.NO.value,
        )

    # -- orders -------------------------------------------------------------------------------

    def _rested(self, event: OrderRested | OrderCarried, out: list[bytes]) -> None:
        shares = event.displayed
        if not shares:
            return
        if shares == FULL:
            shares = event.quantity
        locate = event.instrument_id
        reference = event.order_reference
        if reference == self._moved_to and out and out[-1] is self._deleted:
            self._move(out, locate, reference, shares, event.price)
            return
        out.append(
            _pack_add(
                locate,
                0,
                self._timestamp,
                reference,
                SIDE[event.side],
                shares,
                self._stocks[locate].name,
                event.price,
            )
        )

    def _executed(self, event: OrderExecuted, out: list[bytes]) -> None:
        locate = event.instrument_id
        if event.displayed:
            out.append(
                _pack_executed(
                    locate,
                    0,
                    self._timestamp,
                    event.resting_order_reference,
                    event.quantity,
                    event.match_number,
                )
            )
        else:
            out.append(
                _pack_trade(
                    locate,
                    0,
                    self._timestamp,
                    0,
                    _BUY,
                    event.quantity,
                    self._stocks[locate].name,
                    event.price,
                    event.match_number,
                )
            )

    def _canceled(self, event: OrderCanceled, out: list[bytes]) -> None:
        if event.rested and event.displayed:
            out.append(_pack_delete(event.instrument_id, 0, self._timestamp, event.order_reference))

    def _reduced(self, event: OrderReduced | OrderModified, out: list[bytes]) -> None:
        shares = event.quantity if event.displayed == FULL else event.displayed
        if shares:
            self._cancel(out, event.instrument_id, event.order_reference, shares)

    def _replaced(self, event: OrderReplaced, out: list[bytes]) -> None:
        old = event.old_leaves if event.old_displayed == FULL else event.old_displayed
        if not old:
            return
        locate = event.instrument_id
        if event.kept_priority and event.leaves:
            new = event.leaves if event.displayed == FULL else event.displayed
            if new < old:
                self._cancel(out, locate, event.order_reference, old - new)
            return
        deleted = _pack_delete(locate, 0, self._timestamp, event.old_order_reference)
        out.append(deleted)
        # A Replace `U` after all if the order rests again before anything else is told.
        self._moved_to = event.order_reference
        self._deleted = deleted

    def _cancel(self, out: list[bytes], locate: int, reference: int, shares: int) -> None:
        out.append(_pack_cancel(locate, 0, self._timestamp, reference, shares))

    def _move(self, out: list[bytes], locate: int, reference: int, shares: int, price: int) -> None:
        old_reference = int.from_bytes(self._deleted[11:19], "big")
        out[-1] = _pack_replace(locate, 0, self._timestamp, old_reference, reference, shares, price)

    def _refreshed(self, event: OrderRefreshed, out: list[bytes]) -> None:
        """The old reference was executed to nothing: what shows now is an order of its own."""
        locate = event.instrument_id
        out.append(
            _pack_add(
                locate,
                0,
                self._timestamp,
                event.order_reference,
                SIDE[event.side],
                event.quantity,
                self._stocks[locate].name,
                event.price,
            )
        )

    def _reranked(self, event: OrderReranked, out: list[bytes]) -> None:
        shares = event.leaves if event.displayed == FULL else event.displayed
        if shares:
            out.append(
                _pack_replace(
                    event.instrument_id,
                    0,
                    self._timestamp,
                    event.old_order_reference,
                    event.order_reference,
                    shares,
                    event.price,
                )
            )

    def _busted(self, event: TradeBusted, out: list[bytes]) -> None:
        out.append(_pack_broken(event.instrument_id, 0, self._timestamp, event.match_number))


def has_words(instrument_id: int, instrument: Instrument) -> bool:
    """Whether ITCH 5.0 can say everything of this instrument; one it cannot is left out whole."""
    return (
        instrument_id <= LOCATE_MAX
        and instrument.price_decimals == PRICE_DECIMALS
        and instrument.quantity_decimals == 0
        and instrument.price_max <= itch.PRICE_MAX
        and instrument.quantity_max <= SHARES_MAX
        and instrument.round_lot <= SHARES_MAX
        and len(instrument.symbol) <= STOCK_SIZE
    )
