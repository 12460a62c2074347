"""Reference data: instruments, accounts and sessions by int id and by name.

Ids are given in order, starting at 1, and never taken back. The commands that added an account or a
session are its record.
"""

from matching.book import OrderBook
from matching.commands import AddAccount, AddInstrument, RegisterSession
from matching.events import AccountAdded, Event, InstrumentAdded, SessionRegistered
from matching.instrument import Instrument
from matching.types import Phase


class Listing:
    """One instrument as it trades: its rules, its phase and its book."""

    __slots__ = ("book", "instrument", "instrument_id", "phase")

    def __init__(self, instrument_id: int, instrument: Instrument, phase: Phase) -> None:
        self.instrument_id = instrument_id
        self.instrument = instrument
        self.phase = phase
        self.book = OrderBook()


class ReferenceData:
    """What commands name by int. Each `add_*` answers no event where nothing is new."""

    __slots__ = (
        "_account_ids",
        "_instrument_ids",
        "_session_ids",
        "accounts",
        "listings",
        "sessions",
    )

    def __init__(self) -> None:
        self.listings: dict[int, Listing] = {}
        self.accounts: dict[int, AddAccount] = {}
        self.sessions: dict[int, RegisterSession] = {}
        self._instrument_ids: dict[bytes, int] = {}
        self._account_ids: dict[bytes, int] = {}
        self._session_ids: dict[tuple[bytes, tuple[bytes, ...]], int] = {}

    def instrument_id(self, symbol: bytes) -> int | None:
        return self._instrument_ids.get(symbol)

    def account_id(self, name: bytes) -> int | None:
        return self._account_ids.get(name)

    def session_id(self, wire: bytes, key: tuple[bytes, ...]) -> int | None:
        return self._session_ids.get((wire, key))

    def add_instrument(self, command: AddInstrument) -> tuple[Event, ...]:
        instrument = command.instrument
        if instrument.symbol in self._instrument_ids:
            return ()
        instrument_id = len(self.listings) + 1
        self.listings[instrument_id] = Listing(instrument_id, instrument, Phase.CLOSED)
        self._instrument_ids[instrument.symbol] = instrument_id
        return (InstrumentAdded(instrument_id, instrument),)

    def add_account(self, command: AddAccount) -> tuple[Event, ...]:
        if command.name in self._account_ids:
            return ()
        account_id = len(self.accounts) + 1
        self.accounts[account_id] = command
        self._account_ids[command.name] = account_id
        return (AccountAdded(account_id, command.name, command.cancel_by_other_sessions),)

    def register_session(self, command: RegisterSession) -> tuple[Event, ...]:
        """A session of an account that does not exist is not registered."""
        identity = (command.wire, command.key)
        if identity in self._session_ids or command.account_id not in self.accounts:
            return ()
        session_id = len(self.sessions) + 1
        self.sessions[session_id] = command
        self._session_ids[identity] = session_id
        return (SessionRegistered(session_id, command.account_id, command.wire, command.key),)
