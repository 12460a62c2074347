"""`/admin`: what an operator may ask of the running venue, as JSON over HTTP.

Every change is a command in the journal, and the answer comes after its commit. Only this machine
is served, and no page of another site: see `http_guard`.
"""

from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.clock import ManualClock, time_zone, trading_day
from gateway.config import Config
from gateway.connection import Port
from gateway.http_guard import Fields, Refused, check_request, read_fields
from gateway.metrics import session_rows
from gateway.order_entry.websocket_words import BUST_REASON_OF, PHASE_OF
from gateway.shell import Shell
from matching.commands import (
    BustTrade,
    Command,
    EndOfDay,
    MassCancel,
    RerankOrder,
    SetPhase,
    StartOfDay,
)
from matching.events import DayEnded, Event, OrderCanceled
from matching.types import BustReason, Phase

EVENTS_SHOWN_MAX = 100
ADVANCE_MAX_NS = 366 * 86_400 * 1_000_000_000
"""A manual clock goes at most a year at a time."""
TEXT_MAX = 100
SEQ_NUM_MAX = 999_999_999
"""Nine digits: what MsgSeqNum(34) may have in every engine."""
PHASES: dict[str, Phase] = {word: phase for phase, word in PHASE_OF.items()}
BUST_REASONS: dict[str, BustReason] = {word: one for one, word in BUST_REASON_OF.items()}

GetShell = Callable[[], Shell | None]
Action = Callable[[Shell, Fields], Awaitable[object]]


def admin_routes(config: Config, get_shell: GetShell) -> list[Route]:
    """The routes under `/admin`; until `get_shell` gives a shell they answer 503."""
    operator = Operator(config)
    reads: dict[str, Action] = {"status": operator.status, "sessions": operator.sessions}
    acts: dict[str, Action] = {
        "halt": operator.halt,
        "resume": operator.resume,
        "phase": operator.phase,
        "day/start": operator.day_start,
        "day/end": operator.day_end,
        "cancel-all": operator.cancel_all,
        "bust": operator.bust,
        "rerank": operator.rerank,
        "disconnect": operator.disconnect,
        "news": operator.news,
        "set-seq": operator.set_seq,
        "clock/advance": operator.clock_advance,
    }

    def route(name: str, action: Action, method: str) -> Route:
        async def answer(request: Request) -> Response:
            try:
                check_request(request, config)
                shell = get_shell()
                if shell is None or shell.failed.done():
                    raise Refused(503, "the venue is not ready")
                fields = await read_fields(request) if method == "POST" else Fields({})
                result = await action(shell, fields)
                if shell.failed.done():
                    raise Refused(503, "the venue failed; nothing is known of this command")
            except Refused as refused:
                return JSONResponse(refused.body, status_code=refused.status)
            return Response(msgspec.json.encode(result), media_type="application/json")

        return Route(f"/admin/{name}", answer, methods=[method])

    return [
        *(route(name, action, "GET") for name, action in reads.items()),
        *(route(name, action, "POST") for name, action in acts.items()),
    ]


class Operator:
    """One method for each path."""

    def __init__(self, config: Config) -> None:
        self._config = config

    async def status(self, shell: Shell, fields: Fields) -> object:
        venue = shell.venue
        engine = venue.engine
        return {
            "venue": self._config.venue.comp_id,
            "clock": self._config.venue.clock,
            "now_ns": shell.clock.now_ns(),
            "trading_date": engine.trading_date,
            "day_running": engine.day_running,
            "instruments": [
                {
                    "symbol": listing.instrument.symbol.decode("ascii"),
                    "phase": PHASE_OF[listing.phase],
                }
                for listing in engine.instruments.values()
            ],
            "live_orders": engine.live_orders,
            "connections": len(shell.ports),
            "sessions": len(venue.directory.sessions),
            "commands": venue.sequencer.next_seq - 1,
            "journal_batches": venue.log.next_batch - 1,
        }

    async def sessions(self, shell: Shell, fields: Fields) -> object:
        return {"sessions": list(session_rows(shell))}

    async def halt(self, shell: Shell, fields: Fields) -> object:
        return await self._set_phase(shell, fields, Phase.HALTED)

    async def resume(self, shell: Shell, fields: Fields) -> object:
        return await self._set_phase(shell, fields, Phase.OPEN)

    async def phase(self, shell: Shell, fields: Fields) -> object:
        return await self._set_phase(shell, fields, fields.word("phase", PHASES))

    async def _set_phase(self, shell: Shell, fields: Fields, phase: Phase) -> object:
        instrument_id = _instrument_id(shell, fields)
        fields.end()
        if not shell.venue.engine.day_running:
            raise Refused(409, "no trading day is running: every instrument stays closed")
        return await _applied(shell, SetPhase(instrument_id, phase))

    async def day_start(self, shell: Shell, fields: Fields) -> object:
        fields.end()
        if shell.venue.engine.day_running:
            raise Refused(409, f"day {shell.venue.engine.trading_date} is running already")
        zone = time_zone(self._config.venue.time_zone)
        date, midnight_ns = trading_day(shell.clock.now_ns(), zone)
        return await _applied(shell, StartOfDay(date, midnight_ns))

    async def day_end(self, shell: Shell, fields: Fields) -> object:
        fields.end()
        answer = await _applied(shell, EndOfDay(), wanted=DayEnded)
        if not answer["count"]:
            raise Refused(409, "no trading day is running")
        return answer

    async def cancel_all(self, shell: Shell, fields: Fields) -> object:
        account = fields.text("account", default="")
        account_id = 0
        if account:
            account_id = shell.venue.directory.accounts.get(account.encode(), 0)
            if not account_id:
                raise Refused(404, "unknown account", "account", "an account", account)
        instrument_id = _instrument_id(shell, fields)
        session_id = fields.number("session_id", default=0)
        fields.end()
        return await _applied(
            shell, MassCancel(session_id, account_id, instrument_id), wanted=OrderCanceled
        )

    async def bust(self, shell: Shell, fields: Fields) -> object:
        match_number = fields.number("match_number")
        reason = fields.word("reason", BUST_REASONS, BustReason.ERRONEOUS)
        fields.end()
        answer = await _applied(shell, BustTrade(match_number, reason))
        if not answer["count"]:
            expected = "a trade of the running day that is not busted"
            text = f"no such trade: expected {expected}, received {match_number}"
            raise Refused(404, text, "match_number", expected, str(match_number))
        return answer

    async def rerank(self, shell: Shell, fields: Fields) -> object:
        order_id = fields.number("order_id")
        fields.end()
        answer = await _applied(shell, RerankOrder(order_id))
        if not answer["count"]:
            text = f"no such order: expected a live order, received {order_id}"
            raise Refused(404, text, "order_id", "a live order", str(order_id))
        return answer

    async def disconnect(self, shell: Shell, fields: Fields) -> object:
        session_id = fields.number("session_id")
        text = fields.text("text", default="disconnected by the operator")[:TEXT_MAX]
        fields.end()
        port = _port_of(shell, session_id)
        if port is None or not shell.begin():
            raise Refused(
                404, "no such connection", "session_id", "a session logged on", str(session_id)
            )
        shell.guard(shell.venue.shut, port.connection, text)
        await shell.committed()
        port.transport.close()
        return {"disconnected": session_id}

    async def news(self, shell: Shell, fields: Fields) -> object:
        text = fields.text("text", default="")
        headline = fields.text("headline", default="venue news")
        fields.end()
        for name, value in (("text", text), ("headline", headline)):
            # A wire's delimiters are control characters.
            if not value.strip() or not value.replace("\n", "").isprintable():
                expected = "printable characters"
                raise Refused(400, f"{name}: expected {expected}", name, expected, repr(value))
        return {"told": await shell.perform(lambda: shell.venue.announced(headline, text))}

    async def set_seq(self, shell: Shell, fields: Fields) -> object:
        session_id = fields.number("session_id")
        record = shell.venue.directory.sessions.get(session_id)
        if record is None:
            raise Refused(404, "no such session", "session_id", "a known one", str(session_id))
        if record.connection is not None:
            raise Refused(409, f"{record.identity} is logged on: disconnect it first")
        next_in = fields.number("next_in", most=SEQ_NUM_MAX, default=record.noted.next_in)
        next_out = fields.number("next_out", most=SEQ_NUM_MAX, default=record.noted.next_out)
        fields.end()
        if not await shell.perform(lambda: shell.venue.renumbered(record, next_in, next_out)):
            raise Refused(409, f"{record.identity}: clients of this wire count from any number")
        return {"session": record.identity, "next_in": next_in, "next_out": next_out}

    async def clock_advance(self, shell: Shell, fields: Fields) -> object:
        duration_ns = fields.number("duration_ns", most=ADVANCE_MAX_NS)
        fields.end()
        clock = shell.clock
        if not isinstance(clock, ManualClock):
            raise Refused(409, "the clock is the machine's: start the venue with --clock manual")
        return {"now_ns": await shell.advance(clock, duration_ns)}


async def _applied(shell: Shell, command: Command, *, wanted: type | None = None) -> dict[str, Any]:
    """Apply, wait for the commit, and show what followed; with `wanted` only that is counted."""
    events = await shell.control(command)
    counted = [event for event in events if wanted is None or isinstance(event, wanted)]
    return {
        "count": len(counted),
        "events": [_shown(event) for event in counted[:EVENTS_SHOWN_MAX]],
    }


def _shown(event: Event) -> dict[str, object]:
    fields = msgspec.structs.asdict(event)
    return {"type": type(event).__name__} | {name: _word(value) for name, value in fields.items()}


def _word(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value.name.lower() if isinstance(value, IntEnum) else value


def _instrument_id(shell: Shell, fields: Fields) -> int:
    """The instrument of `symbol`; 0, all of them, without one."""
    symbol = fields.text("symbol", default="")
    if not symbol:
        return 0
    instrument_id = shell.venue.engine.instrument_id(symbol.encode())
    if instrument_id is None:
        raise Refused(404, "unknown symbol", "symbol", "a listed symbol", symbol)
    return instrument_id


def _port_of(shell: Shell, session_id: int) -> Port | None:
    record = shell.venue.directory.sessions.get(session_id)
    if record is None or record.connection is None:
        return None
    return shell.ports.get(record.connection.connection_id)
