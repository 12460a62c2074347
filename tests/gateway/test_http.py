"""The HTTP port of a real venue: page, health, metrics (`gateway.itch.metrics` too), and
`gateway.http_admin` for operators."""

import asyncio
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from websockets.asyncio.client import connect

from gateway.cli import ctl
from gateway.config import Config, Listen
from gateway.edge import Gate
from gateway.http import HttpPort
from gateway.http_guard import BODY_BYTES_MAX
from protocol.fix.stream import FixStream
from protocol.fix.version import FIX44
from tests.interop.venue_process import VenueProcess
from tests.interop.websocket_client import WebSocketClient

Answer = tuple[int, Any]
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VenueProcess]:
    venue = VenueProcess(tmp_path_factory.mktemp("venue"), "--clock", "manual")
    venue.start()
    yield venue
    assert venue.stop() == 0, venue.log


def gate() -> Gate:
    return Gate(asyncio.get_running_loop(), print)


def call(port: int, path: str, body: object = None, **headers: str) -> Answer:
    """GET, or POST where there is a body; (status, JSON or text)."""
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if data is not None:
        named.setdefault("Content-Type", "application/json")
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, named)
    try:
        with OPENER.open(request, timeout=10) as response:
            status, text = response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text


def test_the_ready_line_and_the_ports_file_name_the_http_port(running: VenueProcess) -> None:
    assert running.ready_line.split()[-1] == f"http=http://127.0.0.1:{running.ports['http']}"
    assert list(running.ports) == ["fix", "ouch42", "ouch50", "itch", "ws", "http"]


def test_the_page_is_one_file_that_knows_the_websocket_port(running: VenueProcess) -> None:
    status, page = call(running.ports["http"], "/")
    assert status == 200
    assert f'name="venue-ws-port" content="{running.ports["ws"]}"' in page
    assert "__WS_PORT__" not in page
    for outside in ("http://", "https://", "src=", "@import", "url("):
        assert outside not in page, outside


def test_a_venue_that_listens_is_live_and_ready(running: VenueProcess) -> None:
    port = running.ports["http"]
    assert call(port, "/health/live") == (200, {"live": True})
    assert call(port, "/health/ready") == (200, {"ready": True})
    assert call(port, "/nothing")[0] == 404


async def test_a_recovering_venue_is_live_but_not_ready() -> None:
    port = HttpPort(Config(listen=Listen(http=0)), gate())
    await port.open()
    try:
        port.recovered_batches = 64
        for path, expected in (
            ("/health/live", (200, {"live": True})),
            ("/health/ready", (503, {"ready": False, "recovered_batches": 64})),
            ("/", (503, {"ready": False, "recovered_batches": 64})),
            ("/admin/status", (503, {"error": "the venue is not ready"})),
        ):
            assert await asyncio.to_thread(call, port.port, path) == expected
    finally:
        await port.close()


async def test_a_taken_port_is_named() -> None:
    port = HttpPort(Config(listen=Listen(http=0)), gate())
    await port.open()
    try:
        with pytest.raises(OSError, match=f"port http: cannot listen on 127.0.0.1:{port.port}"):
            await HttpPort(Config(listen=Listen(http=port.port)), gate()).open()
    finally:
        await port.close()


async def test_orders_show_in_metrics_and_an_operator_acts_on_them(running: VenueProcess) -> None:
    port = running.ports["http"]
    async with WebSocketClient(running.ports["ws"], "SIM001") as client:
        await client.login()
        await client.order("a", "buy", 100, "AAPL", "187")
        await client.receive("accepted")
        await client.order("b", "sell", 40, "AAPL", "187")
        for kind in ("accepted", "executed", "executed"):
            await client.receive(kind)
        status, text = call(port, "/metrics")
        for line in (
            "venue_orders_total 2.0",
            "venue_trades_total 1.0",
            "venue_live_orders 1.0",
            "venue_sessions_logged_on 1.0",
            "venue_order_to_ack_seconds_count 2.0",
            "venue_itch_messages 11.0",
            "venue_itch_subscribers 0.0",
        ):
            assert f"{line}\n" in text, text
        (row,) = [
            row
            for row in call(port, "/admin/sessions")[1]["sessions"]
            if row["identity"] == "SIM001/main"
        ]
        assert (row["wire"], row["account"], row["state"], row["next_out"]) == (
            "websocket",
            "SIM001",
            "logged on",
            5,
        )

        status, answer = call(port, "/admin/bust", {"match_number": 1})
        assert (status, answer["count"], answer["events"][0]["type"]) == (200, 1, "TradeBusted")
        assert (await client.receive("busted"))["match_number"] == 1
        await client.receive("busted")
        assert call(port, "/admin/bust", {"match_number": 1})[0] == 404

        await client.order("r", "buy", 1, "AAPL", "186")
        order_id = (await client.receive("accepted"))["order"]["order_id"]
        status, answer = call(port, "/admin/rerank", {"order_id": order_id})
        assert (status, answer["count"], answer["events"][0]["type"]) == (200, 1, "OrderReranked")
        assert (await client.receive("restated"))["order"]["order_id"] == order_id

        assert call(port, "/admin/halt", {"symbol": "AAPL"})[1]["events"] == [
            {"type": "PhaseChanged", "instrument_id": 1, "phase": "halted"}
        ]
        await client.order("c", "buy", 1, "AAPL", "187")
        assert (await client.receive("rejected"))["reason"] == "halted"
        assert call(port, "/admin/resume", {})[1]["count"] == 1

        assert call(port, "/admin/cancel-all", {"account": "SIM001"})[1]["count"] == 2
        for _ in range(2):
            assert (await client.receive("canceled"))["reason"] == "supervisory"
        status, answer = call(port, "/admin/disconnect", {"session_id": row["session_id"]})
        assert (status, answer) == (200, {"disconnected": row["session_id"]})


async def test_the_day_ends_and_starts_and_the_clock_moves_when_told(
    running: VenueProcess,
) -> None:
    port = running.ports["http"]
    before = call(port, "/admin/status")[1]
    assert call(port, "/admin/status")[1]["now_ns"] == before["now_ns"]
    day_ns = 86_400 * 1_000_000_000
    assert call(port, "/admin/day/start", {})[0] == 409
    assert call(port, "/admin/day/end", {})[0] == 200
    assert call(port, "/admin/day/end", {})[0] == 409
    assert call(port, "/admin/phase", {"phase": "open"})[0] == 409
    status, answer = call(port, "/admin/clock/advance", {"duration_ns": day_ns})
    assert (status, answer) == (200, {"now_ns": before["now_ns"] + day_ns})
    assert call(port, "/admin/day/start", {})[0] == 200
    after = call(port, "/admin/status")[1]
    assert after["trading_date"] > before["trading_date"]
    assert {one["phase"] for one in after["instruments"]} == {"open"}


INVALID = [
    ("/admin/halt", {"symbol": "NOPE"}, 404, "symbol"),
    ("/admin/halt", {"symbl": "AAPL"}, 400, "symbl"),
    ("/admin/phase", {}, 400, "phase"),
    ("/admin/phase", {"phase": "ajar"}, 400, "phase"),
    ("/admin/bust", {"match_number": "1"}, 400, "match_number"),
    ("/admin/bust", {"match_number": True}, 400, "match_number"),
    ("/admin/bust", {"match_number": 2**63}, 400, "match_number"),
    ("/admin/rerank", {"order_id": 99}, 404, "order_id"),
    ("/admin/rerank", {}, 400, "order_id"),
    ("/admin/cancel-all", {"account": "NOBODY"}, 404, "account"),
    ("/admin/disconnect", {"session_id": 99}, 404, "session_id"),
    ("/admin/news", {}, 400, "text"),
    ("/admin/news", {"text": "a\x0158=b"}, 400, "text"),
    ("/admin/news", {"text": "a", "headline": "\n"}, 400, "headline"),
    ("/admin/clock/advance", {"duration_ns": -1}, 400, "duration_ns"),
]


@pytest.mark.parametrize(("path", "body", "status", "field"), INVALID)
def test_a_wrong_request_is_refused_by_field(
    running: VenueProcess, path: str, body: object, status: int, field: str
) -> None:
    received, answer = call(running.ports["http"], path, body)
    assert (received, answer["field"]) == (status, field)
    assert answer["expected"] and answer["received"] and answer["error"]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"[]", 400), (b"{", 400), (b"\xff", 400), (b" " * (BODY_BYTES_MAX + 1), 413)],
)
def test_a_body_that_is_no_object_is_refused(
    running: VenueProcess, body: bytes, status: int
) -> None:
    assert call(running.ports["http"], "/admin/halt", body)[0] == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_pages_of_strangers_cannot_act(
    running: VenueProcess, headers: dict[str, str], status: int
) -> None:
    port = running.ports["http"]
    assert call(port, "/admin/halt", {}, **headers)[0] == status
    own = {"Origin": f"http://127.0.0.1:{port}", "Host": f"127.0.0.1:{port}"}
    assert call(port, "/admin/resume", {}, **own)[0] == 200


def ctl_run(running: VenueProcess, *arguments: str) -> tuple[int, str]:
    ports_file = str(running.folder / "ports.json")
    done = CliRunner().invoke(ctl.app, ["--ports-file", ports_file, *arguments])
    return done.exit_code, done.output


def test_ctl_does_what_the_operator_asks(running: VenueProcess) -> None:
    code, text = ctl_run(running, "status")
    assert (code, json.loads(text)["venue"]) == (0, "XVEN")
    code, text = ctl_run(running, "halt", "MSFT")
    assert (code, json.loads(text)["count"]) == (0, 1)
    assert ctl_run(running, "phase", "open", "MSFT")[0] == 0
    assert ctl_run(running, "resume")[0] == 0
    assert ctl_run(running, "cancel-all", "--symbol", "TSLA")[0] == 0
    code, text = ctl_run(running, "news", "closing early")
    assert (code, json.loads(text)) == (0, {"told": 0})
    before = json.loads(ctl_run(running, "status")[1])["now_ns"]
    code, text = ctl_run(running, "clock", "advance", "1.5s")
    assert (code, json.loads(text)) == (0, {"now_ns": before + 1_500_000_000})
    code, text = ctl_run(running, "sessions")
    assert (code, text.split()[:3]) == (0, ["session_id", "wire", "identity"])


def test_ctl_moves_the_numbers_of_a_fix_session_that_is_away(running: VenueProcess) -> None:
    stream = FixStream(FIX44, sender_comp_id=b"ACME", target_comp_id=b"XVEN")
    now_ns = json.loads(ctl_run(running, "status")[1])["now_ns"]
    with socket.create_connection(("127.0.0.1", running.ports["fix"]), 10) as client:
        client.sendall(stream.write(b"A", b"98=0\x01108=0\x01", now_ns))
        assert client.recv(4096).startswith(b"8=FIX.4.4")
        rows = call(running.ports["http"], "/admin/sessions")[1]["sessions"]
        who = next(row["session_id"] for row in rows if row["identity"] == "FIX.4.4/ACME/XVEN")
        code, text = ctl_run(running, "set-seq", str(who), "--in", "5")
        assert (code, "disconnect it first" in text) == (1, True)
        assert ctl_run(running, "disconnect", str(who))[0] == 0
    code, text = ctl_run(running, "set-seq", str(who), "--in", "5", "--out", "7")
    moved = {"session": "FIX.4.4/ACME/XVEN", "next_in": 5, "next_out": 7}
    assert (code, json.loads(text)) == (0, moved)


def test_ctl_tells_why_not(running: VenueProcess, tmp_path: Path) -> None:
    assert ctl_run(running, "phase", "ajar")[0] == 2
    assert ctl_run(running, "bust", "12345")[0] == 1
    code, text = ctl_run(running, "rerank", "12345")
    assert (code, "expected a live order, received 12345" in text) == (1, True)
    assert ctl_run(running, "disconnect", "12345")[0] == 1
    assert ctl_run(running, "day", "start")[0] == 1
    assert ctl_run(running, "clock", "advance", "soon")[0] == 2
    assert ctl_run(running, "set-seq", "12345", "--in", "5")[0] == 1
    nobody = CliRunner().invoke(ctl.app, ["--http", "http://127.0.0.1:1", "status"])
    assert (nobody.exit_code, "no venue answers" in nobody.output) == (1, True)
    missing = CliRunner().invoke(ctl.app, ["--ports-file", str(tmp_path / "none"), "status"])
    assert missing.exit_code == 2


@pytest.mark.parametrize(
    ("text", "duration_ns"),
    [("250ms", 250_000_000), ("30s", 30 * 10**9), ("1.5h", 5_400 * 10**9), ("7ns", 7)],
)
def test_durations_have_units(text: str, duration_ns: int) -> None:
    assert ctl.parse_duration(text) == duration_ns


async def test_public_data_is_told_to_anybody_on_this_machine(running: VenueProcess) -> None:
    url = f"ws://127.0.0.1:{running.ports['ws']}"
    seen: dict[str, list[Any]] = {}
    async with (
        asyncio.timeout(10),
        connect(url, compression=None, proxy=None) as watcher,
        WebSocketClient(running.ports["ws"], "SIM003") as trader,
    ):

        async def hear(kind: str) -> Any:
            """The next message of this type; others are kept in `seen`."""
            while not seen.get(kind):
                message = json.loads(await watcher.recv())
                seen.setdefault(message["type"], []).append(message)
            return seen[kind].pop(0)

        async def subscribe(**fields: str) -> None:
            await watcher.send(json.dumps({"type": "subscribe", **fields}))

        await subscribe(channel="book", symbol="MSFT")
        await subscribe(channel="trades", symbol="MSFT")
        book = await hear("book")
        assert (book["bids"], book["asks"], (await hear("trades"))["trades"]) == ([], [], [])
        await trader.login()
        await trader.order("a", "buy", 100, "MSFT", "410.5")
        await trader.order("b", "sell", 30, "MSFT", "410.5")
        change, version = None, book["version"]
        while change != ["buy", "410.5", "70", 1]:
            delta = await hear("book_delta")
            assert delta["prev_version"] == version
            version = delta["version"]
            (change,) = delta["changes"]
        (trade,) = (await hear("trades_delta"))["trades"]
        assert (trade["price"], trade["quantity"], trade["aggressor"]) == ("410.5", "30", "sell")
        await subscribe(channel="sessions")
        await subscribe(channel="stats")
        rows = (await hear("sessions"))["sessions"]
        assert "SIM003/main" in [row["identity"] for row in rows]
        assert (await hear("stats"))["connections"] >= 2
