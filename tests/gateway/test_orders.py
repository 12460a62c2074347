"""The day's orders as a fold: what a session's client id stands for, live and recovered alike."""

from gateway.order_entry.orders import Orders
from gateway.order_entry.outcomes import EntryRequest, Order, Refused, Request
from matching.commands import (
    AddAccount,
    AddInstrument,
    BustTrade,
    CancelOrder,
    Command,
    EndOfDay,
    EnterOrder,
    ModifyOrder,
    RefuseRequest,
    RegisterSession,
    ReplaceOrder,
    RerankOrder,
    SetOrderEntry,
    StartOfDay,
)
from matching.engine import Engine
from matching.instrument import Instrument
from matching.types import (
    FULL,
    BustReason,
    CancelReason,
    OrderType,
    RejectReason,
    RequestKind,
    Side,
    TimeInForce,
)


class Day:
    """An engine whose events are folded as they happen."""

    def __init__(self, client_ids_max: int = 1000) -> None:
        self.engine = Engine()
        self.orders = Orders(client_ids_max)
        self.seq = 0
        self.apply(AddInstrument(Instrument(b"AAPL")))
        self.apply(AddAccount(b"ACME"))
        self.apply(RegisterSession(1, b"fix", (b"A",)))
        self.apply(RegisterSession(1, b"fix", (b"B",)))
        self.apply(StartOfDay(20260102, 0))

    def apply(self, command: Command) -> None:
        self.seq += 1
        for index, event in enumerate(self.engine.apply(command, 7)):
            self.orders.fold(command, event, (self.seq, index), 7)

    def enter(
        self,
        client_id: bytes,
        side: Side,
        quantity: int,
        price: int = 1_000_000,
        *,
        session_id: int = 1,
        time_in_force: TimeInForce = TimeInForce.DAY,
    ) -> Order:
        self.apply(
            EnterOrder(
                session_id,
                1,
                1,
                client_id,
                side,
                OrderType.LIMIT,
                time_in_force,
                quantity,
                price,
                b"note",
            )
        )
        order = self.orders.find(session_id, client_id)
        assert order is not None
        return order


def shown(order: Order) -> tuple[int, int, int, int, bool]:
    return order.quantity, order.leaves_qty, order.cum_qty, order.notional, order.live


def test_a_fill_counts_on_both_sides_with_its_notional() -> None:
    day = Day()
    resting = day.enter(b"a", Side.BUY, 100)
    incoming = day.enter(b"b", Side.SELL, 30, 990_000)
    assert shown(resting) == (100, 70, 30, 30 * 1_000_000, True)
    assert shown(incoming) == (30, 0, 30, 30 * 1_000_000, False)


def test_a_canceled_order_keeps_its_fills_and_its_reason() -> None:
    day = Day()
    order = day.enter(b"a", Side.BUY, 100)
    day.enter(b"b", Side.SELL, 30)
    day.apply(CancelOrder(1, 1, order.order_id, b"c"))
    assert shown(order) == (100, 0, 30, 30_000_000, False)
    assert order.closed_by is CancelReason.USER
    assert day.orders.outcome(1, b"c") == Request(RequestKind.CANCEL, order, day.seq, b"a", 70)


def test_a_replaced_order_answers_to_every_id_of_its_chain_but_is_headed_by_the_last() -> None:
    day = Day()
    order = day.enter(b"a", Side.BUY, 100)
    day.apply(ReplaceOrder(1, 1, order.order_id, b"b", 150, 1_010_000, True))
    assert day.orders.find(1, b"a") is order
    assert day.orders.find(1, b"b") is order
    assert day.orders.current(1, b"a") is None
    assert day.orders.current(1, b"b") is order
    assert (order.client_id, order.orig_client_id, order.price) == (b"b", b"a", 1_010_000)
    assert order.order_reference != order.order_id


def test_a_duplicate_never_hides_the_order_it_repeats() -> None:
    day = Day()
    order = day.enter(b"a", Side.BUY, 100)
    day.apply(
        RefuseRequest(1, 1, b"a", RequestKind.ENTER, RejectReason.DUPLICATE_CLIENT_ID, text=b"x")
    )
    assert day.orders.outcome(1, b"a") is order


def test_a_refused_request_spends_its_client_id() -> None:
    day = Day()
    refusal = RefuseRequest(
        1, 1, b"z", RequestKind.ENTER, RejectReason.UNSUPPORTED, text=b"no", echo=b"55=X"
    )
    day.apply(refusal)
    assert day.orders.outcome(1, b"z") == Refused(
        b"z", RequestKind.ENTER, RejectReason.UNSUPPORTED, 0, b"no", b"55=X", day.seq
    )
    assert day.orders.outcome(2, b"z") is None


def test_a_bust_takes_the_fill_back_but_not_the_leaves() -> None:
    day = Day()
    resting = day.enter(b"a", Side.BUY, 100)
    day.enter(b"b", Side.SELL, 30)
    day.apply(BustTrade(1, BustReason.ERRONEOUS))
    assert shown(resting) == (100, 70, 0, 0, True)


def test_a_new_day_forgets_all_ids_but_those_of_carried_orders() -> None:
    day = Day()
    day.enter(b"day", Side.BUY, 100)
    carried = day.enter(b"gtc", Side.BUY, 100, time_in_force=TimeInForce.GTC)
    day.apply(EndOfDay())
    day.apply(StartOfDay(20260103, 0))
    assert day.orders.outcome(1, b"day") is None
    assert day.orders.outcome(1, b"gtc") is carried
    assert list(day.orders.by_id.values()) == [carried]


def test_live_orders_of_a_session_come_in_order_of_entry() -> None:
    day = Day()
    first = day.enter(b"a", Side.BUY, 100)
    day.enter(b"b", Side.BUY, 100, session_id=2)
    third = day.enter(b"c", Side.BUY, 100)
    assert day.orders.live_of_session(1) == [first, third]


def test_the_oldest_closed_ids_are_forgotten_beyond_the_limit_and_live_ones_never() -> None:
    day = Day(client_ids_max=3)
    live = day.enter(b"live", Side.BUY, 100, 900_000)
    closed = day.enter(b"closed", Side.BUY, 100, 900_000, time_in_force=TimeInForce.IOC)
    day.enter(b"c", Side.BUY, 100, 900_000)
    day.enter(b"d", Side.BUY, 100, 900_000)
    assert day.orders.outcome(1, b"closed") is None
    assert closed.order_id not in day.orders.by_id
    assert day.orders.outcome(1, b"live") is live


def test_a_modified_order_has_other_words_and_less_to_execute() -> None:
    day = Day()
    order = day.enter(b"a", Side.BUY, 100)
    day.enter(b"b", Side.SELL, 30, session_id=2)
    day.apply(ModifyOrder(1, 1, order.order_id, 80, b"other"))
    assert (order.echo, order.quantity, order.leaves_qty, order.cum_qty) == (b"other", 80, 50, 30)


def test_a_re_ranked_or_refreshed_order_has_another_reference() -> None:
    day = Day()
    order = day.enter(b"a", Side.BUY, 100)
    day.apply(RerankOrder(order.order_id))
    assert order.order_reference == 2
    reserve = EnterOrder(
        1, 1, 1, b"r", Side.SELL, OrderType.LIMIT, TimeInForce.DAY, 100, 1_100_000,
        display_quantity=40,
    )  # fmt: skip
    day.apply(reserve)
    shown = day.orders.find(1, b"r")
    assert shown is not None
    before = shown.order_reference
    day.enter(b"b", Side.BUY, 40, 1_100_000, session_id=2)
    assert (shown.leaves_qty, shown.order_reference > before) == (60, True)


def test_what_few_orders_have_is_kept_and_changed_by_a_replace() -> None:
    day = Day()
    plain = day.enter(b"p", Side.BUY, 100)
    assert (plain.special, plain.expire_ns, plain.display_quantity, plain.post_only) == (
        False, 0, FULL, False,
    )  # fmt: skip
    day.apply(
        EnterOrder(
            1, 1, 1, b"a", Side.BUY, OrderType.LIMIT, TimeInForce.GTC, 100, 1_000_000, b"",
            90, 40, True,
        )
    )  # fmt: skip
    order = day.orders.find(1, b"a")
    assert order is not None
    assert (order.special, order.expire_ns, order.display_quantity, order.post_only) == (
        True, 90, 40, True,
    )  # fmt: skip
    day.apply(ReplaceOrder(1, 1, order.order_id, b"b", 100, 1_000_000, True, expire_ns=95))
    assert (order.expire_ns, order.display_quantity, order.post_only) == (95, 40, True)
    day.apply(
        ReplaceOrder(
            1, 1, order.order_id, b"c", 100, 1_000_000, True,
            expire_ns=0, display_quantity=FULL, post_only=False,
        )
    )  # fmt: skip
    assert (order.special, order.expire_ns, order.display_quantity, order.post_only) == (
        False, 0, FULL, False,
    )  # fmt: skip


def test_firms_are_disabled_for_a_session_until_enabled_or_the_next_day() -> None:
    day = Day()
    firms = day.orders.entry_disabled(1)
    day.apply(SetOrderEntry(1, 1, b"1", b"FIRM", False))
    day.apply(SetOrderEntry(1, 1, b"2", b"MPID", False))
    assert (firms, day.orders.entry_disabled(2)) == ({b"FIRM", b"MPID"}, set())
    day.apply(SetOrderEntry(1, 1, b"3", b"FIRM", True))
    assert firms == {b"MPID"}
    assert day.orders.outcome(1, b"3") == EntryRequest(b"FIRM", True, day.seq)
    day.apply(EndOfDay())
    day.apply(StartOfDay(20260103, 0))
    assert firms == set()


def test_a_session_knows_the_client_id_that_it_spent_last() -> None:
    day = Day()
    assert day.orders.last_client_id(1) == b""
    order = day.enter(b"1", Side.BUY, 100)
    day.enter(b"7", Side.BUY, 100, session_id=2)
    day.apply(ReplaceOrder(1, 1, order.order_id, b"2", 50, 1_000_000, True))
    assert (day.orders.last_client_id(1), day.orders.last_client_id(2)) == (b"2", b"7")
    day.apply(SetOrderEntry(1, 1, b"3", b"FIRM", False))
    day.enter(b"1", Side.BUY, 100)
    assert day.orders.last_client_id(1) == b"3"


def test_the_client_id_spent_last_is_never_forgotten() -> None:
    day = Day(client_ids_max=3)
    day.apply(RefuseRequest(1, 1, b"9", RequestKind.ENTER, RejectReason.INVALID_FIELD))
    for number in range(20):
        day.apply(
            RefuseRequest(2, 1, b"%d" % number, RequestKind.ENTER, RejectReason.INVALID_FIELD)
        )
    assert (day.orders.last_client_id(1), day.orders.last_client_id(2)) == (b"9", b"19")
    assert day.orders.outcome(2, b"3") is None


def test_the_ids_of_a_new_day_are_forgotten_session_by_session() -> None:
    day = Day(client_ids_max=3)
    for session_id in (1, 2, 1):
        day.enter(b"old%d" % day.seq, Side.BUY, 100, session_id=session_id)
    day.apply(EndOfDay())
    day.apply(StartOfDay(20260103, 0))
    ioc = TimeInForce.IOC
    spent = [(2, b"a"), (1, b"b"), (1, b"c"), (2, b"d"), (2, b"e")]
    for session_id, client_id in spent:
        day.enter(client_id, Side.BUY, 100, session_id=session_id, time_in_force=ioc)
    known = [one for one in spent if day.orders.outcome(*one) is not None]
    assert known == [(1, b"c"), (2, b"d"), (2, b"e")]
