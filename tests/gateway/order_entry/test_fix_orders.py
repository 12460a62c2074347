"""gateway.order_entry.fix_orders: FIX requests as the commands they become."""

from datetime import UTC

import msgspec
import pytest

from gateway.config import Config
from gateway.order_entry import fix_orders
from gateway.order_entry.fix import FixDesk
from gateway.order_entry.fix_orders import FixOrders
from gateway.order_entry.fix_reports import FixReports
from gateway.order_entry.fix_status import FixStatus
from matching.commands import CancelOrder, Command, EnterOrder, RefuseRequest, ReplaceOrder
from matching.types import OrderType, RejectReason, RequestKind, Side, TimeInForce
from tests.gateway.order_entry.fix_client import FixClient
from tests.gateway.venue_harness import VenueHarness

ENTER, REPLACE, CANCEL = RequestKind.ENTER, RequestKind.REPLACE, RequestKind.CANCEL
ORDER = EnterOrder(1, 1, 1, b"a", Side.BUY, OrderType.LIMIT, TimeInForce.DAY, 100, 1_000_000, b"1")
"""The default order of `FixClient.new` under ClOrdID a."""


@pytest.fixture
def client() -> FixClient:
    config = Config()
    harness = VenueHarness(lambda venue: {b"fix": FixDesk(venue, config)}, config)
    client = FixClient(harness)
    client.log_on()
    return client


def test_texts_beyond_the_memory_are_forgotten(
    client: FixClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fix_orders, "MEMO_MAX", 2)
    venue = client.harness.venue
    reports = FixReports(venue)
    orders = FixOrders(venue, reports, FixStatus(venue, reports), UTC)
    parsed = [orders._parse(b"%d" % number, 4, b"Price(44)") for number in range(5)]
    assert parsed == [0, 10_000, 20_000, 30_000, 40_000]
    assert orders._units == {4: {b"4": 40_000}}


def asked(client: FixClient) -> Command:
    """The one command of the last request."""
    (command,) = client.harness.batches()[-1].commands
    return command


def entered(
    client: FixClient, body: str, order: str = "11=a|38=100|40=2|44=100|54=1|55=AAPL|"
) -> Command:
    """The command of a NewOrderSingle in which `body` stands for the fields of the same tags."""
    fields = dict(field.split("=", 1) for field in (order + body).split("|") if field)
    fields = {"21": "1", "60": "20240102-09:30:00"} | fields
    client.send(b"D", "".join(f"{tag}={value}|" for tag, value in fields.items() if value))
    return asked(client)


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        ("", {}),
        ("44=0.01|38=999999|", {"price": 100, "quantity": 999_999}),
        ("44=187.2500|", {"price": 1_872_500}),
        ("54=2|", {"side": Side.SELL, "echo": b"2"}),
        ("54=5|1=ACC|", {"side": Side.SELL, "echo": b"5ACC"}),
        ("54=6|", {"side": Side.SELL, "echo": b"6"}),
        ("40=1|44=|", {"order_type": OrderType.MARKET, "price": 0}),
        ("40=1|44=5|", {"order_type": OrderType.MARKET, "price": 0}),
        ("59=1|", {"time_in_force": TimeInForce.GTC}),
        ("59=3|", {"time_in_force": TimeInForce.IOC}),
        ("59=4|", {"time_in_force": TimeInForce.FOK}),
        ("55=MSFT|", {"instrument_id": 2}),
        ("99=0|110=0|", {}),
    ],
)
def test_an_order_in_engine_words(client: FixClient, body: str, changes: dict[str, object]) -> None:
    assert entered(client, body) == msgspec.structs.replace(ORDER, **changes)


@pytest.mark.parametrize(
    ("body", "reason", "text"),
    [
        ("55=NONE|", RejectReason.UNKNOWN_INSTRUMENT, b"unknown Symbol(55): NONE"),
        ("54=8|", RejectReason.UNSUPPORTED, b"Side(54) not supported: 8"),
        ("40=3|", RejectReason.UNSUPPORTED, b"OrdType(40) not supported: 3"),
        ("59=2|", RejectReason.UNSUPPORTED, b"TimeInForce(59) not supported: 2"),
        ("99=5|", RejectReason.UNSUPPORTED, b"StopPx(99) not supported"),
        (
            "1=" + "x" * 65 + "|",
            RejectReason.INVALID_FIELD,
            b"Account(1): expected at most 64 bytes",
        ),
        (
            "11=" + "x" * 65 + "|",
            RejectReason.INVALID_FIELD,
            b"ClOrdID(11): expected at most 64 bytes",
        ),
    ],
)
def test_an_order_without_engine_words_is_refused_by_a_command(
    client: FixClient, body: str, reason: RejectReason, text: bytes
) -> None:
    command = entered(client, body)
    assert isinstance(command, RefuseRequest)
    assert (command.kind, command.reason, command.text, command.order_id) == (
        ENTER,
        reason,
        text,
        0,
    )
    (report,) = client.take_words()
    assert (report[35], report[150], report[58]) == ("8", "8", text.decode())


def test_a_price_finer_than_the_instruments_is_refused_naming_the_field(client: FixClient) -> None:
    command = entered(client, "44=100.00001|")
    assert isinstance(command, RefuseRequest)
    assert command.reason is RejectReason.INVALID_FIELD
    assert command.text.startswith(b"Price(44): ")


def test_a_refused_order_echoes_what_it_said(client: FixClient) -> None:
    command = entered(client, "55=NONE|1=ACC|59=1|")
    assert isinstance(command, RefuseRequest)
    assert command.echo.split(b"\x01") == [
        b"1=ACC", b"38=100", b"40=2", b"44=100", b"54=1", b"55=NONE", b"59=1",
    ]  # fmt: skip


def test_texts_beyond_the_memory_mean_the_same(
    client: FixClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fix_orders, "MEMO_MAX", 2)
    prices = ["100", "100.0", "99.99", "100", "100.00", "99.99", "0.01"]
    units = []
    for number, price in enumerate(prices):
        command = entered(client, f"11=c{number}|44={price}|")
        assert isinstance(command, EnterOrder)
        units.append(command.price)
    assert units == [1_000_000, 1_000_000, 999_900, 1_000_000, 1_000_000, 999_900, 100]


# -- cancel and replace ---------------------------------------------------------------------------


def replaced(client: FixClient, body: str) -> Command:
    """The command of a replace of order a."""
    order = "11=r|38=50|40=2|41=a|44=100|54=1|55=AAPL|"
    fields = dict(field.split("=", 1) for field in (order + body).split("|") if field)
    fields = {"21": "1", "60": "20240102-09:30:00"} | fields
    client.send(b"G", "".join(f"{tag}={value}|" for tag, value in fields.items() if value))
    return asked(client)


def test_a_replace_asks_to_keep_priority_and_carries_the_new_echo(client: FixClient) -> None:
    entered(client, "")
    assert replaced(client, "1=NEW|44=100.01|") == ReplaceOrder(
        1, 1, 1, b"r", 50, 1_000_100, keep_priority=True, echo=b"1NEW"
    )


@pytest.mark.parametrize(
    ("body", "reason", "text", "order_id"),
    [
        ("41=none|", RejectReason.UNKNOWN_ORDER, b"unknown order", 0),
        ("55=MSFT|", RejectReason.UNKNOWN_ORDER, b"unknown order", 0),
        ("54=2|", RejectReason.UNKNOWN_ORDER, b"unknown order", 0),
        ("11=a|", RejectReason.DUPLICATE_CLIENT_ID, b"duplicate client order id", 1),
        ("40=1|44=|", RejectReason.UNSUPPORTED, b"OrdType(40) cannot be changed", 1),
        ("59=1|", RejectReason.UNSUPPORTED, b"TimeInForce(59) cannot be changed", 1),
        ("99=5|", RejectReason.UNSUPPORTED, b"StopPx(99) not supported", 1),
    ],
)
def test_a_replace_that_names_something_else_is_refused(
    client: FixClient, body: str, reason: RejectReason, text: bytes, order_id: int
) -> None:
    entered(client, "")
    client.take()
    command = replaced(client, body)
    assert isinstance(command, RefuseRequest)
    assert (command.kind, command.reason, command.text, command.order_id) == (
        REPLACE, reason, text, order_id,
    )  # fmt: skip
    (reject,) = client.take_words()
    assert (reject[35], reject[434], reject[58]) == ("9", "2", text.decode())


def test_only_the_head_of_a_chain_names_its_order(client: FixClient) -> None:
    entered(client, "")
    replaced(client, "")
    client.cancel("x", "a")
    command = asked(client)
    assert isinstance(command, RefuseRequest)
    assert (command.kind, command.reason) == (CANCEL, RejectReason.UNKNOWN_ORDER)
    client.cancel("y", "r")
    assert asked(client) == CancelOrder(1, 1, 1, b"y")


def test_an_order_is_also_named_by_its_order_id(client: FixClient) -> None:
    entered(client, "")
    client.cancel("x", "none", extra="37=1|")
    assert asked(client) == CancelOrder(1, 1, 1, b"x")


@pytest.mark.parametrize("order_id", ["0000000000000000012", "1x", "-1", "9" * 5_000])
def test_an_order_id_that_is_none_names_no_order(client: FixClient, order_id: str) -> None:
    entered(client, "")
    client.cancel("x", "none", extra=f"37={order_id}|")
    command = asked(client)
    assert isinstance(command, RefuseRequest)
    assert command.reason is RejectReason.UNKNOWN_ORDER
    client.take()
    client.send(b"H", f"11=none|37={order_id}|54=1|55=AAPL|")
    (report,) = client.take_words()
    assert (report[150], report[39]) == ("I", "8")
