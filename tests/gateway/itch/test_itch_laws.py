"""What holds of the feed for every sequence of commands."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from gateway.itch.feed import ItchFeed
from gateway.itch.fold import SIDE, ItchFold
from gateway.itch.snapshot import DisplayedBook
from matching import commands as c
from matching.engine import Engine
from matching.instrument import Instrument
from matching.types import FULL, BustReason, OrderType, Phase, Side, TimeInForce
from tests.gateway.itch.book_builder import BookBuilder, Shown

SETUP: tuple[c.Command, ...] = (
    c.AddAccount(b"1"),
    c.RegisterSession(1, b"FIX", (b"1",)),
    *(c.AddInstrument(Instrument(b"S%d" % number, tick_size=1)) for number in (1, 2)),
    c.StartOfDay(20250101, 0),
)
# Few prices and small quantities, so that orders meet, queue up and are named again.
PRICES = st.integers(1, 6)
QUANTITIES = st.integers(1, 9)
ORDER_IDS = st.integers(1, 20)
SHOWN = st.sampled_from([FULL, FULL, 0, 1, 2, 3])


@st.composite
def entries(draw: st.DrawFn) -> c.EnterOrder:
    time_in_force = draw(st.sampled_from([TimeInForce.GTC, TimeInForce.DAY, TimeInForce.IOC]))
    rests = time_in_force is not TimeInForce.IOC
    return c.EnterOrder(
        *(1, 1, draw(st.sampled_from([1, 1, 2])), b"C", draw(st.sampled_from(Side))),
        *(OrderType.LIMIT, time_in_force, draw(QUANTITIES), draw(PRICES)),
        expire_ns=draw(st.sampled_from([0, 0, 0, 30])) if rests else 0,
        display_quantity=draw(SHOWN) if rests else FULL,
        post_only=rests and draw(st.integers(0, 4)) == 0,
    )


REPLACES = st.builds(
    c.ReplaceOrder,
    *(st.just(1), st.just(1), ORDER_IDS, st.just(b"R"), st.integers(0, 12), PRICES),
    *(st.booleans(), st.booleans()),
    display_quantity=st.sampled_from([None, None, FULL, 0, 2]),
    post_only=st.sampled_from([None, None, True, False]),
)
COMMANDS: st.SearchStrategy[c.Command] = st.one_of(
    entries(),
    entries(),
    entries(),
    REPLACES,
    st.builds(c.ReduceOrder, st.just(1), st.just(1), ORDER_IDS, st.integers(0, 9)),
    st.builds(c.ModifyOrder, st.just(1), st.just(1), ORDER_IDS, st.integers(0, 9), st.just(b"M")),
    st.builds(c.CancelOrder, st.just(1), st.just(1), ORDER_IDS, st.just(b"X")),
    st.builds(c.RerankOrder, ORDER_IDS),
    st.builds(c.BustTrade, st.integers(0, 9), st.sampled_from(BustReason)),
    st.builds(c.SetPhase, st.integers(0, 2), st.sampled_from([Phase.OPEN, Phase.HALTED])),
    st.sampled_from(
        [
            c.MassCancel(instrument_id=1),
            c.ExpireOrders(40),
            c.EndOfDay(),
            c.StartOfDay(20250102, 0),
            c.SetPhase(0, Phase.OPEN),
            c.AddInstrument(Instrument(b"S3", tick_size=1)),
        ]
    ),
)
SEQUENCES = (
    st.integers(0, 60)
    .flatmap(lambda count: st.lists(COMMANDS, min_size=count, max_size=count))
    .map(lambda commands: [*SETUP, *commands])
)


def displayed_book(engine: Engine) -> dict[int, Shown]:
    """What the engine shows, by reference."""
    shown: dict[int, Shown] = {}
    for instrument_id, listing in engine.instruments.items():
        stock = listing.instrument.symbol.ljust(8)
        for order in engine.resting(instrument_id):
            shares = order.quantity if order.displayed == FULL else order.displayed
            if shares:
                shown[order.order_reference] = Shown(stock, SIDE[order.side], shares, order.price)
    return shown


def days(messages: Iterator[bytes]) -> Iterator[list[bytes]]:
    """The messages of each day."""
    day: list[bytes] = []
    for message in messages:
        if message[:1] == b"S" and message[11:] == b"O":
            yield day
            day = []
        day.append(message)
    yield day


@given(SEQUENCES)
def test_after_every_command_a_receiver_has_the_displayed_book_of_the_engine(
    commands: list[c.Command],
) -> None:
    engine, fold, receiver = Engine(), ItchFold(), BookBuilder()
    for now_ns, command in enumerate(commands):
        for message in fold.fold(engine.apply(command, now_ns), now_ns):
            if message[:1] == b"S" and message[11:] == b"O":
                receiver = BookBuilder()
            receiver.receive(message)
        if engine.day_running:
            assert receiver.orders == displayed_book(engine)
            trades = {one.match_number for one in engine.trades if one is not None}
            whole = {number for number, (_, broken) in receiver.trades.items() if not broken}
            assert whole == trades


@given(SEQUENCES)
def test_a_snapshot_at_any_number_and_what_follows_is_the_whole_day(
    commands: list[c.Command],
) -> None:
    engine, fold = Engine(), ItchFold()
    told = [
        message
        for now_ns, command in enumerate(commands)
        for message in fold.fold(engine.apply(command, now_ns), now_ns)
    ]
    for day in days(iter(told)):
        whole, snapshot = BookBuilder(), DisplayedBook()
        for at, message in enumerate(day, 1):
            whole.receive(message)
            snapshot.fold([message])
            late = BookBuilder()
            for one in snapshot.messages():
                late.receive(one)
            assert late.orders == whole.orders, at
            assert (late.stocks, late.states) == (whole.stocks, whole.states)


@given(SEQUENCES, st.data())
def test_ticks_of_any_size_give_the_bytes_that_single_commands_give(
    commands: list[c.Command], data: st.DataObject
) -> None:
    engine = Engine()
    live, refolded = (ItchFeed("", lambda _: None, lambda _: None) for _ in range(2))
    now_ns = 5
    waiting: list[object] = []
    for command in commands:
        events = engine.apply(command, now_ns)
        refolded.observe(events, now_ns)
        waiting += events
        if data.draw(st.booleans()):
            live.observe(waiting, now_ns)  # type: ignore[arg-type]
            waiting = []
            now_ns += 1_000_000
    live.observe(waiting, now_ns)  # type: ignore[arg-type]
    assert not live.failed
    assert not refolded.failed
    for one, other in ((live.stream, refolded.stream),):
        assert one.session_id == other.session_id
        assert list(one.read(1, one.next_number)) == list(other.read(1, other.next_number))
