"""The WebSocket desk on a venue without sockets: logins, orders, repeats, resume.

Whole messages: gateway.order_entry.websocket_units reads texts,
gateway.order_entry.websocket_reports answers, gateway.order_entry.websocket_refusals says why not.
"""

import msgspec
import pytest

from gateway.config import Config, Listen, WebSocket, WebSocketToken
from gateway.order_entry.websocket_opening import allowed_origins
from gateway.sessions import Numbers
from matching.commands import (
    AddAccount,
    BustTrade,
    CancelOrder,
    EndOfDay,
    ReduceOrder,
    RegisterSession,
    RerankOrder,
)
from matching.types import BustReason
from protocol import feed
from protocol.websocket_words import SUBSCRIPTIONS_MAX
from tests.gateway.order_entry.websocket_scenes import Client, buy, desk_harness, sell
from tests.gateway.venue_harness import MIDNIGHT_NS, OPENING_NS, VenueHarness


@pytest.fixture
def harness() -> VenueHarness:
    return desk_harness()


@pytest.fixture
def trader(harness: VenueHarness) -> Client:
    client = Client(harness)
    client.login()
    return client


def working(order_id: int, cl_ord_id: str, quantity: str, price: str) -> feed.Order:
    """An untouched DAY limit order to buy AAPL."""
    return feed.Order(
        order_id=order_id,
        cl_ord_id=cl_ord_id,
        symbol="AAPL",
        side="buy",
        order_type="limit",
        time_in_force="day",
        quantity=quantity,
        price=price,
        leaves_qty=quantity,
        cum_qty="0",
        status="new",
    )


def instructed(kind: str, **fields: object) -> bytes:
    """A request with fields that few orders have."""
    given = {"type": kind, "symbol": "AAPL", "side": "buy", "quantity": "100", "price": "187"}
    if kind == "replace":
        del given["symbol"], given["side"]
    return msgspec.json.encode(given | fields) + b"\n"


def test_an_order_keeps_its_display_expiry_and_post_only(trader: Client) -> None:
    expire_ns = OPENING_NS + 60_000_000_000
    said = {"display_quantity": "40", "expire_time_ns": expire_ns, "post_only": True}
    trader.pipe.send(instructed("new", cl_ord_id="a", time_in_force="gtc", **said))
    (accepted,) = trader.receive()
    assert isinstance(accepted, feed.Accepted)
    shown = msgspec.structs.replace(
        working(1, "a", "100", "187"),
        time_in_force="gtc",
        display_quantity="40",
        expire_time_ns=expire_ns,
        post_only=True,
    )
    assert accepted.order == shown
    trader.pipe.send(instructed("replace", cl_ord_id="b", orig_cl_ord_id="a", display_quantity="0"))
    (replaced,) = trader.receive()
    assert isinstance(replaced, feed.Replaced)
    changed = msgspec.structs.replace(shown, cl_ord_id="b", display_quantity="0")
    assert replaced.order == changed
    trader.harness.advance(60_000_000_000)
    (expired,) = [one for one in trader.receive() if isinstance(one, feed.Canceled)]
    assert (expired.reason, expired.cl_ord_id, expired.order.status) == ("expired", "", "expired")


def test_a_post_only_order_that_would_trade_is_canceled_unasked(trader: Client) -> None:
    trader.ask(sell("s", "10", "187"))
    trader.pipe.send(instructed("new", cl_ord_id="a", post_only=True))
    accepted, canceled = trader.receive()
    assert isinstance(accepted, feed.Accepted)
    assert isinstance(canceled, feed.Canceled)
    assert (canceled.reason, canceled.cl_ord_id) == ("post_only", "")


@pytest.mark.parametrize(
    ("fields", "reason", "text"),
    [
        (
            {"display_quantity": "0.5"},
            "invalid_display",
            "display_quantity: expected at most 0 digits after the point, received 0.5",
        ),
        (
            {"display_quantity": "10", "time_in_force": "ioc"},
            "invalid_display",
            "invalid display quantity",
        ),
        ({"expire_time_ns": OPENING_NS}, "invalid_expiry", "invalid expiry"),
    ],
)
def test_instructions_that_an_order_cannot_have_are_refused(
    trader: Client, fields: dict[str, object], reason: str, text: str
) -> None:
    trader.pipe.send(instructed("new", cl_ord_id="a", **fields))
    (rejected,) = trader.receive()
    assert isinstance(rejected, feed.Rejected)
    assert (rejected.reason, rejected.text) == (reason, text)


def test_a_re_ranked_order_is_told_as_restated(trader: Client) -> None:
    trader.ask(buy("a", "100", "187"))
    trader.harness.control(RerankOrder(1))
    (restated,) = trader.receive()
    assert isinstance(restated, feed.Restated)
    assert restated.order == working(1, "a", "100", "187")


def test_the_welcome_names_the_instruments_and_a_login_starts_at_number_1(
    harness: VenueHarness,
) -> None:
    client = Client(harness)
    client.connect()
    (welcome,) = client.receive()
    assert isinstance(welcome, feed.Welcome)
    assert (welcome.venue, [one.symbol for one in welcome.instruments]) == (
        "XVEN",
        ["AAPL", "MSFT", "TSLA"],
    )
    assert welcome.instruments[0].tick_size == "0.01"
    assert client.login() == feed.LoggedIn(
        session="main",
        account="TRADER",
        epoch=f"{OPENING_NS:x}",
        next_seq=1,
        resume_from=1,
        open_orders=[],
    )


def test_an_order_is_accepted_then_traded_on_both_sides(trader: Client) -> None:
    maker = Client(trader.harness, "SIM001")
    maker.login()
    order = working(1, "m", "100", "187.01")
    assert maker.ask(buy("m", "100", "187.01")) == [
        feed.Accepted(seq=1, time_ns=OPENING_NS, exec_id="9-0", order=order)
    ]
    accepted, executed = trader.ask(sell("t", "40", "187"))
    assert isinstance(accepted, feed.Accepted)
    assert executed == feed.Executed(
        seq=2,
        time_ns=OPENING_NS,
        exec_id="10-1S",
        match_number=1,
        last_qty="40",
        last_px="187.01",
        liquidity="taker",
        order=msgspec.structs.replace(
            accepted.order, leaves_qty="0", cum_qty="40", avg_px="187.01", status="filled"
        ),
    )
    assert maker.receive() == [
        feed.Executed(
            seq=2,
            time_ns=OPENING_NS,
            exec_id="10-1B",
            match_number=1,
            last_qty="40",
            last_px="187.01",
            liquidity="maker",
            order=msgspec.structs.replace(
                order,
                leaves_qty="60",
                cum_qty="40",
                avg_px="187.01",
                status="partially_filled",
            ),
        )
    ]


def test_a_replace_and_a_cancel_name_the_chain_by_its_last_id(trader: Client) -> None:
    trader.ask(buy("a", "100", "187.01"))
    (replaced,) = trader.ask(
        feed.Replace(cl_ord_id="b", orig_cl_ord_id="a", quantity="80", price="187.01")
    )
    order = working(1, "b", "80", "187.01")
    assert replaced == feed.Replaced(
        seq=2,
        time_ns=OPENING_NS,
        exec_id="8-0",
        cl_ord_id="b",
        orig_cl_ord_id="a",
        order=order,
    )
    (too_old,) = trader.ask(feed.Cancel(cl_ord_id="c", orig_cl_ord_id="a"))
    assert too_old == feed.CancelRejected(
        seq=3,
        time_ns=OPENING_NS,
        cl_ord_id="c",
        orig_cl_ord_id="a",
        request="cancel",
        reason="unknown_order",
        text="the order lives under another cl_ord_id: expected b, received a",
    )
    (canceled,) = trader.ask(feed.Cancel(cl_ord_id="d", order_id=1))
    gone = msgspec.structs.replace(order, leaves_qty="0", status="canceled")
    assert canceled == feed.Canceled(
        seq=4,
        time_ns=OPENING_NS,
        exec_id="10-0",
        cl_ord_id="d",
        orig_cl_ord_id="b",
        quantity="80",
        reason="user",
        order=gone,
    )
    assert trader.ask(feed.Cancel(cl_ord_id="e", orig_cl_ord_id="b")) == [
        feed.CancelRejected(
            seq=5,
            time_ns=OPENING_NS,
            cl_ord_id="e",
            orig_cl_ord_id="b",
            order_id=1,
            request="cancel",
            reason="too_late",
            text="order is closed",
            order=gone,
        )
    ]


@pytest.mark.parametrize("restarted", [False, True], ids=["live", "recovered"])
def test_a_repeated_cl_ord_id_is_told_its_first_outcome_and_nothing_happens_twice(
    trader: Client, restarted: bool
) -> None:
    requests = (
        buy("a", "100", "187.01"),
        buy("bad", "100", "187.005"),
        feed.Replace(cl_ord_id="b", orig_cl_ord_id="a", quantity="80", price="187.01"),
        feed.Replace(cl_ord_id="bad2", orig_cl_ord_id="b", quantity="0", price="187.01"),
        feed.Cancel(cl_ord_id="c", orig_cl_ord_id="b"),
        feed.Cancel(cl_ord_id="d", orig_cl_ord_id="nothing"),
    )
    first = trader.ask(*requests)
    assert [type(one).__name__ for one in first] == [
        "Accepted",
        "Rejected",
        "Replaced",
        "CancelRejected",
        "Canceled",
        "CancelRejected",
    ]
    if restarted:
        trader.harness = trader.harness.restart()
        trader.login()
    commands = trader.harness.venue.sequencer.next_seq
    again = trader.ask(*requests)
    assert trader.harness.venue.sequencer.next_seq == commands
    gone = first[4].order  # type: ignore[union-attr]
    for before, after in zip(first, again, strict=True):
        changes: dict[str, object] = {"seq": after.seq, "repeat": True}  # type: ignore[union-attr]
        if getattr(after, "order", None) is not None:
            changes["order"] = gone
        if not isinstance(after, feed.Accepted | feed.Replaced | feed.Canceled):
            changes["text"] = after.text  # type: ignore[union-attr]
        assert after == msgspec.structs.replace(before, **changes)


REFUSALS = [
    (buy("x", "1", "1", "NOPE"), "unknown_symbol", "unknown symbol: NOPE"),
    (
        buy("x", "1", "187.005"),
        "invalid_tick",
        "price is not a multiple of the tick size: expected a multiple of 0.01, received 187.005",
    ),
    (
        buy("x", "1", "187.00001"),
        "invalid_tick",
        "price: expected at most 4 digits after the point, received 187.00001",
    ),
    (
        buy("x", "1.5", "187"),
        "invalid_quantity",
        "quantity: expected at most 0 digits after the point, received 1.5",
    ),
    (buy("x", "0", "187"), "invalid_quantity", "invalid quantity"),
    (
        buy("x", "1000000", "187"),
        "quantity_too_large",
        "quantity too large: expected at most 999999, received 1000000",
    ),
    (
        buy("x", "1", "200000"),
        "price_too_large",
        "price too large: expected at most 199999.99, received 200000",
    ),
    (buy("x", "1", "0"), "invalid_price", "invalid price"),
]


@pytest.mark.parametrize(("request_", "reason", "text"), REFUSALS)
def test_an_order_that_cannot_be_is_rejected_by_name(
    trader: Client, request_: feed.New, reason: str, text: str
) -> None:
    (rejected,) = trader.ask(request_)
    assert isinstance(rejected, feed.Rejected)
    assert (rejected.seq, rejected.cl_ord_id, rejected.reason, rejected.text) == (
        1,
        "x",
        reason,
        text,
    )


def test_what_nobody_here_asked_for_comes_without_cl_ord_id(trader: Client) -> None:
    harness = trader.harness
    harness.control(RegisterSession(1, b"websocket", (b"TRADER", b"other")))
    trader.ask(buy("a", "100", "187.01"), buy("b", "10", "187"))
    harness.control(ReduceOrder(1, 1, 1, 70))
    (reduced,) = trader.receive()
    assert isinstance(reduced, feed.Reduced)
    assert (reduced.quantity, reduced.order.leaves_qty) == ("30", "70")
    harness.control(CancelOrder(2, 1, 1, b"other's"))
    (canceled,) = trader.receive()
    assert isinstance(canceled, feed.Canceled)
    assert (canceled.cl_ord_id, canceled.quantity, canceled.reason) == ("", "70", "user")
    harness.control(EndOfDay())
    (expired,) = trader.receive()
    assert isinstance(expired, feed.Canceled)
    assert (expired.cl_ord_id, expired.reason, expired.order.status) == ("", "expired", "expired")


def test_an_immediate_order_that_finds_nothing_is_canceled_by_the_venue(trader: Client) -> None:
    market = feed.New(cl_ord_id="m", symbol="AAPL", side="buy", quantity="10", order_type="market")
    accepted, canceled = trader.ask(market)
    assert isinstance(accepted, feed.Accepted) and isinstance(canceled, feed.Canceled)
    assert (accepted.order.price, accepted.order.status) == ("", "new")
    assert (canceled.cl_ord_id, canceled.quantity, canceled.reason) == (
        "",
        "10",
        "immediate_or_cancel",
    )


def test_a_bust_takes_cum_qty_back_and_is_told_to_both_sides(trader: Client) -> None:
    trader.ask(buy("a", "100", "187.01"), sell("b", "40", "187.01"))
    trader.harness.control(BustTrade(1, BustReason.ERRONEOUS))
    resting, incoming = trader.receive()
    assert isinstance(resting, feed.Busted) and isinstance(incoming, feed.Busted)
    assert (resting.reason, resting.match_number) == ("erroneous", 1)
    assert (resting.order.cl_ord_id, resting.order.cum_qty, resting.order.leaves_qty) == (
        "a",
        "0",
        "60",
    )
    assert (incoming.order.cum_qty, incoming.order.status) == ("0", "canceled")


def test_status_is_told_for_own_orders_and_refused_for_anything_else(trader: Client) -> None:
    trader.ask(buy("a", "100", "187.01"), buy("bad", "1", "1", "NOPE"))
    order = working(1, "a", "100", "187.01")
    assert trader.ask(
        feed.Status(cl_ord_id="a", id="q1"),
        feed.Status(order_id=1, id="q2"),
        feed.Status(cl_ord_id="bad"),
        feed.Status(order_id=9, id="q4"),
    ) == [
        feed.OrderStatus(seq=3, time_ns=OPENING_NS, id="q1", order=order),
        feed.OrderStatus(seq=4, time_ns=OPENING_NS, id="q2", order=order),
        feed.Error(code="unknown_order", text="that request was rejected", ref="bad"),
        feed.Error(code="unknown_order", text="no such order of this session today", ref="q4"),
    ]


@pytest.mark.parametrize("seen", [True, False])
def test_another_session_of_the_account_cancels_where_the_account_allows(seen: bool) -> None:
    harness = desk_harness()
    harness.control(AddAccount(b"SIM001", seen))
    owner, other = Client(harness, "SIM001", "a"), Client(harness, "SIM001", "b")
    owner.login()
    other.login()
    owner.ask(buy("a", "100", "187.01"))
    (answer,) = other.ask(feed.Cancel(cl_ord_id="x", order_id=1))
    if not seen:
        assert isinstance(answer, feed.CancelRejected)
        assert (answer.reason, answer.order, answer.order_id) == ("unknown_order", None, 0)
        return
    assert isinstance(answer, feed.Canceled)
    assert (answer.cl_ord_id, answer.orig_cl_ord_id) == ("x", "a")
    (told,) = owner.receive()
    assert isinstance(told, feed.Canceled)
    assert (told.cl_ord_id, told.exec_id) == ("", answer.exec_id)


def test_only_the_entering_session_replaces() -> None:
    harness = desk_harness()
    owner, other = Client(harness, "SIM001", "a"), Client(harness, "SIM001", "b")
    owner.login()
    other.login()
    owner.ask(buy("a", "100", "187.01"))
    (answer,) = other.ask(feed.Replace(cl_ord_id="x", order_id=1, quantity="5", price="187"))
    assert isinstance(answer, feed.CancelRejected)
    assert (answer.request, answer.reason) == ("replace", "not_allowed")


def test_an_order_before_login_is_an_error_and_nothing_happens(harness: VenueHarness) -> None:
    client = Client(harness)
    client.connect()
    client.receive()
    commands = harness.venue.sequencer.next_seq
    assert client.ask(buy("a", "1", "1")) == [
        feed.Error(code="not_logged_in", text="new needs a login first", ref="a")
    ]
    assert harness.venue.sequencer.next_seq == commands


def test_an_unknown_token_is_refused_and_the_third_time_ends_the_connection(
    harness: VenueHarness,
) -> None:
    client = Client(harness, "NOBODY")
    client.connect()
    client.receive()
    refusal = feed.Error(code="login_refused", text="unknown token")
    login = feed.Login(token="NOBODY")
    assert client.ask(login, login) == [refusal, refusal]
    assert client.ask(login) == [refusal]
    # Its connection is being closed: nothing more is interpreted.
    assert client.ask(login) == []
    assert any("login refused: login_refused: unknown token" in one for one in harness.remarks)


def test_an_absent_client_misses_nothing(trader: Client) -> None:
    harness = trader.harness
    taker = Client(harness, "SIM001")
    taker.login()
    trader.ask(buy("a", "100", "187.01"))
    trader.pipe.hang_up()
    taker.ask(sell("b", "30", "187.01"))
    answer = trader.login()
    assert (answer.next_seq, answer.resume_from) == (3, 2)
    assert [order.leaves_qty for order in answer.open_orders] == ["70"]
    assert [type(one) for one in trader.resumed] == [feed.Executed]


def test_a_recovered_venue_resumes_with_identical_texts(trader: Client) -> None:
    trader.ask(buy("a", "100", "187.01"), sell("b", "30", "187.01"), buy("c", "1", "1", "NOPE"))
    told = trader.texts
    assert len(told) == 5
    again = Client(trader.harness.restart())
    again.bridge.next_seq, again.bridge.epoch = 1, trader.bridge.epoch
    answer = again.login()
    assert (answer.next_seq, answer.resume_from) == (6, 1)
    assert again.texts == told
    (accepted,) = again.ask(buy("d", "1", "1"))
    assert isinstance(accepted, feed.Accepted)
    assert (accepted.seq, accepted.order.order_id) == (6, 3)


def test_empty_memory_has_another_epoch_and_refuses_the_old_one(trader: Client) -> None:
    trader.ask(buy("a", "100", "187.01"))
    other = desk_harness()
    other.now_ns += 1
    trader.harness = other
    trader.connect()
    trader.receive()
    trader.pipe.send(trader.bridge.login() + b"\n")
    (error,) = trader.receive()
    assert isinstance(error, feed.Error)
    assert (error.code, error.expected) == ("epoch_mismatch", f"{OPENING_NS + 1:x}")
    assert other.venue.directory.sessions[1].connection is None
    trader.bridge.forget()
    trader.pipe.send(trader.bridge.login() + b"\n")
    (logged_in,) = trader.receive()
    assert isinstance(logged_in, feed.LoggedIn)


def test_the_newest_login_wins_and_the_old_connection_is_told(trader: Client) -> None:
    older = trader.pipe
    answer = trader.login()
    assert answer.next_seq == 1
    (error,) = [feed.decode_message(text) for text in older.take_frames()]
    assert error == feed.Error(
        code="session_replaced", text="session replaced by a login from test"
    )
    assert older.closed == "session replaced by a login from test"
    (accepted,) = trader.ask(buy("a", "100", "187.01"))
    assert isinstance(accepted, feed.Accepted)
    # The old transport ends later; that takes nothing from the new one.
    older.hang_up()
    assert len(trader.ask(buy("b", "100", "187.01"))) == 1


def test_numbers_and_epoch_are_journaled(trader: Client) -> None:
    trader.ask(buy("a", "100", "187.01"))
    record = trader.harness.venue.directory.sessions[1]
    assert record.noted == Numbers(0, 2, history=f"{OPENING_NS:x}".encode())
    assert record.identity == "TRADER/main"
    restarted = trader.harness.restart().venue.directory.sessions[1]
    assert (restarted.noted, restarted.history) == (record.noted, record.history)


def test_subscriptions_are_answered_bounded_and_ended(trader: Client) -> None:
    assert trader.ask(
        feed.Subscribe(channel="book", symbol="AAPL", id="s1"),
        feed.Subscribe(channel="trades", symbol="NOPE", id="s2"),
        feed.Unsubscribe(channel="stats", id="s3"),
        feed.Unsubscribe(channel="book", symbol="AAPL", id="s4"),
    ) == [
        feed.Subscribed(channel="book", symbol="AAPL", depth=20, id="s1"),
        feed.Error(code="unknown_symbol", text="unknown symbol: NOPE", ref="s2"),
        feed.Error(code="not_subscribed", text="not subscribed: stats", ref="s3"),
        feed.Unsubscribed(channel="book", symbol="AAPL", id="s4"),
    ]
    many = Config(
        instruments=tuple(
            msgspec.structs.replace(Config().instruments[0], symbol=b"S%d" % number)
            for number in range(SUBSCRIPTIONS_MAX + 1)
        )
    )
    client = Client(desk_harness(many))
    client.login()
    *answers, last = client.ask(
        *(
            feed.Subscribe(channel="book", symbol=f"S{number}", depth=1)
            for number in range(SUBSCRIPTIONS_MAX + 1)
        )
    )
    assert all(isinstance(answer, feed.Subscribed) for answer in answers)
    assert isinstance(last, feed.Error) and last.code == "too_many_subscriptions"
    again = client.ask(feed.Subscribe(channel="book", symbol="S0", depth=5))
    assert again == [feed.Subscribed(channel="book", symbol="S0", depth=5)]


def test_beyond_loopback_public_data_needs_a_login() -> None:
    config = Config(
        listen=Listen(host="0.0.0.0"),
        websocket=WebSocket(tokens=(WebSocketToken("a long secret", "ACME"),)),
    )
    client = Client(desk_harness(config), "a long secret")
    client.connect()
    client.receive()
    (error,) = client.ask(feed.Subscribe(channel="sessions"))
    assert isinstance(error, feed.Error) and error.code == "not_logged_in"
    assert allowed_origins(config) is None


def test_only_pages_of_this_machine_may_connect_on_loopback() -> None:
    none, pattern = allowed_origins(Config()) or ()
    assert none is None and not isinstance(pattern, str) and pattern is not None
    assert all(
        pattern.fullmatch(one)
        for one in ("http://localhost:8501", "http://127.0.0.1:9883", "https://[::1]")
    )
    assert not any(
        pattern.fullmatch(one) for one in ("http://evil.example", "http://localhost.evil", "null")
    )


def test_the_epoch_is_no_time_of_day(trader: Client) -> None:
    assert int(trader.bridge.epoch, 16) > MIDNIGHT_NS
