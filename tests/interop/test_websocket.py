"""A script on the `websockets` library."""

import json
from decimal import Decimal

import pytest
from websockets.exceptions import ConnectionClosed

from tests.interop.simplefix_client import SimplefixClient
from tests.interop.venue_process import VenueProcess
from tests.interop.websocket_client import Message, WebSocketClient

pytestmark = pytest.mark.interop
SELL = 2


def amounts(message: Message, *names: str) -> tuple[object, ...]:
    """Decimal strings as numbers: "187.0" is "187"."""
    return tuple(Decimal(message[name]) for name in names)


async def test_a_script_logs_in_trades_and_cancels(venue: VenueProcess) -> None:
    with SimplefixClient(venue.ports["fix"], "ACME") as seller:
        seller.logon()
        async with WebSocketClient(venue.ports["ws"], "TRADER") as client:
            symbols = [(one["symbol"], one["tick_size"]) for one in client.welcome["instruments"]]
            assert symbols == [("AAPL", "0.01"), ("MSFT", "0.01"), ("TSLA", "0.01")]
            answer = await client.login(session="script")
            assert (answer["session"], answer["next_seq"], answer["open_orders"]) == (
                "script",
                1,
                [],
            )

            await client.order("a-1", "buy", 100, "AAPL", "187.01")
            accepted = (await client.receive("accepted"))["order"]
            assert (accepted["cl_ord_id"], accepted["status"]) == ("a-1", "new")
            assert amounts(accepted, "leaves_qty", "cum_qty") == (100, 0)
            seller.order("s1", SELL, 40, "AAPL", "187.01")
            executed = await client.receive("executed")
            assert amounts(executed, "last_qty", "last_px") == (40, Decimal("187.01"))
            assert executed["liquidity"] == "maker"
            assert amounts(executed["order"], "leaves_qty", "avg_px") == (60, Decimal("187.01"))
            assert executed["order"]["status"] == "partially_filled"

            await client.send(
                "replace", cl_ord_id="a-2", orig_cl_ord_id="a-1", quantity="90", price="187.00"
            )
            replaced = await client.receive("replaced")
            assert amounts(replaced["order"], "leaves_qty", "price") == (50, 187)
            await client.send("status", cl_ord_id="a-2", id="s1")
            status = await client.receive("order_status")
            assert (status["id"], status["order"]) == ("s1", replaced["order"])
            await client.send("cancel", cl_ord_id="a-3", orig_cl_ord_id="a-2")
            canceled = await client.receive("canceled")
            assert (amounts(canceled, "quantity"), canceled["reason"]) == ((50,), "user")
            numbers = [json.loads(text)["seq"] for text in client.private]
            assert numbers == list(range(1, len(numbers) + 1))


async def test_a_repeated_cl_ord_id_returns_the_first_outcome(venue: VenueProcess) -> None:
    async with WebSocketClient(venue.ports["ws"], "TRADER") as client:
        await client.login()
        await client.order("a-1", "buy", 100, "AAPL", "187.01")
        first = await client.receive("accepted")
        await client.order("a-1", "buy", 100, "AAPL", "187.01")
        again = await client.receive("accepted")
        assert (again["exec_id"], again["order"]) == (first["exec_id"], first["order"])
        assert again["repeat"] is True


@pytest.mark.parametrize("killed", [False, True], ids=["reconnect", "kill -9"])
async def test_a_script_resumes_by_number(venue: VenueProcess, killed: bool) -> None:
    async with WebSocketClient(venue.ports["ws"], "TRADER") as client:
        before = await client.login()
        await client.order("a-1", "buy", 100, "MSFT", "410.00")
        await client.receive("accepted")
        await client.order("a-2", "buy", 50, "MSFT", "409.00")
        await client.receive("accepted")
    if killed:
        venue.restart()
    with SimplefixClient(venue.ports["fix"], "ACME") as seller:
        seller.logon()
        seller.order("s1", SELL, 30, "MSFT", "410.00")
        assert [seller.receive()[150] for _ in range(2)] == ["0", "F"]

    async with WebSocketClient(venue.ports["ws"], "TRADER") as again:
        answer = await again.login(resume_from=2, epoch=before["epoch"])
        assert (answer["epoch"], answer["next_seq"]) == (before["epoch"], 4)
        leaves = {one["cl_ord_id"]: amounts(one, "leaves_qty") for one in answer["open_orders"]}
        assert leaves == {"a-1": (70,), "a-2": (50,)}
        await again.receive("accepted")
        assert again.private == client.private[1:]
        missed = await again.receive("executed")
        assert (missed["seq"], missed["order"]["cl_ord_id"]) == (3, "a-1")
        assert amounts(missed, "last_qty") == (30,)
        await again.send("cancel", cl_ord_id="a-3", orig_cl_ord_id="a-1")
        assert (await again.receive("canceled"))["seq"] == 4


async def test_a_wrong_epoch_is_refused_by_name(venue: VenueProcess) -> None:
    async with WebSocketClient(venue.ports["ws"], "TRADER") as client:
        await client.send("login", token="TRADER", resume_from=1, epoch="elsewhere")
        assert (await client.receive("error"))["code"] == "epoch_mismatch"
        await client.login()


async def test_three_unknown_tokens_end_the_connection(venue: VenueProcess) -> None:
    async with WebSocketClient(venue.ports["ws"], "NOBODY") as client:
        for _ in range(3):
            await client.send("login", token="NOBODY")
            assert (await client.receive("error"))["code"] == "login_refused"
        with pytest.raises(ConnectionClosed) as closed:
            await client.receive("nothing")
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008
