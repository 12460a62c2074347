"""matching.reference: ids by order of arrival, names once, nothing taken back."""

from matching.commands import AddAccount, AddInstrument, RegisterSession
from matching.events import AccountAdded, InstrumentAdded, SessionRegistered
from matching.instrument import Instrument
from matching.reference import ReferenceData
from matching.types import Phase

AAPL, MSFT = Instrument(b"AAPL"), Instrument(b"MSFT")


def test_each_kind_counts_its_own_ids_from_one() -> None:
    reference = ReferenceData()
    told = [
        reference.add_account(AddAccount(b"A")),
        reference.add_instrument(AddInstrument(AAPL)),
        reference.add_account(AddAccount(b"B", False)),
        reference.register_session(RegisterSession(2, b"fix", (b"B1", b"XVEN"))),
        reference.add_instrument(AddInstrument(MSFT)),
    ]
    assert told == [
        (AccountAdded(1, b"A", True),),
        (InstrumentAdded(1, AAPL),),
        (AccountAdded(2, b"B", False),),
        (SessionRegistered(1, 2, b"fix", (b"B1", b"XVEN")),),
        (InstrumentAdded(2, MSFT),),
    ]
    assert (reference.account_id(b"B"), reference.instrument_id(b"MSFT")) == (2, 2)
    assert reference.session_id(b"fix", (b"B1", b"XVEN")) == 1
    assert (reference.account_id(b"C"), reference.instrument_id(b"X")) == (None, None)
    assert reference.session_id(b"ouch", (b"B1", b"XVEN")) is None


def test_a_name_that_is_taken_changes_nothing() -> None:
    reference = ReferenceData()
    reference.add_account(AddAccount(b"A"))
    reference.add_instrument(AddInstrument(AAPL))
    reference.register_session(RegisterSession(1, b"fix", (b"A1",)))
    assert reference.add_account(AddAccount(b"A", False)) == ()
    assert reference.add_instrument(AddInstrument(Instrument(b"AAPL", tick_size=5))) == ()
    assert reference.register_session(RegisterSession(1, b"fix", (b"A1",))) == ()
    assert reference.accounts == {1: AddAccount(b"A")}
    assert reference.listings[1].instrument is AAPL
    assert reference.sessions == {1: RegisterSession(1, b"fix", (b"A1",))}


def test_one_key_on_two_wires_is_two_sessions() -> None:
    reference = ReferenceData()
    reference.add_account(AddAccount(b"A"))
    reference.register_session(RegisterSession(1, b"fix", (b"K",)))
    assert reference.register_session(RegisterSession(1, b"ouch", (b"K",))) == (
        SessionRegistered(2, 1, b"ouch", (b"K",)),
    )


def test_a_session_of_no_account_is_not_registered() -> None:
    reference = ReferenceData()
    assert reference.register_session(RegisterSession(1, b"fix", (b"K",))) == ()
    assert reference.sessions == {}


def test_a_new_listing_is_closed_and_empty() -> None:
    reference = ReferenceData()
    reference.add_instrument(AddInstrument(AAPL))
    listing = reference.listings[1]
    assert (listing.instrument_id, listing.phase) == (1, Phase.CLOSED)
    assert list(listing.book.bids) == list(listing.book.asks) == []
