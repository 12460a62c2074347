"""The composition root of a running venue: journal, recovery, ports, signals, shutdown."""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from gateway import config as cfg
from gateway.accounts import NotRegistered
from gateway.clock import Clock, ManualClock, RealClock, time_zone, trading_day
from gateway.config_soup import soup_settings
from gateway.credentials import ConfiguredCredentials
from gateway.desk import Desk
from gateway.drop_copy import register_sessions
from gateway.http import HttpPort
from gateway.itch.feed import ItchFeed
from gateway.itch.metrics import ItchCollector
from gateway.itch.moldudp64 import MoldFeed, MoldPorts
from gateway.itch.port import ItchPort
from gateway.journal.file_log import Durability, FileLog
from gateway.journal.log import JournalError, MemoryLog, SequencedLog
from gateway.listeners import (
    Listeners,
    bound_accept_errors,
    open_gate,
    ready_line,
    write_ports_file,
)
from gateway.market_data_feed import PublicFeed, SessionFeed
from gateway.metrics import Counters, VenueCollector
from gateway.order_entry.fix import FixDesk
from gateway.order_entry.ouch import ouch_desk
from gateway.order_entry.ouch50 import ouch50_desk
from gateway.order_entry.websocket import WebSocketDesk
from gateway.order_entry.websocket_subscriptions import Subscriptions
from gateway.sequencer import Tick
from gateway.shell import EXIT_JOURNAL, Shell
from gateway.venue import Venue
from matching.commands import AddAccount, AddInstrument, EndOfDay, StartOfDay

VERSION = "0.1.0"
RECOVERY_SLICE = 64
"""Batches folded between two turns of the loop."""
GOODBYE_SECONDS = 2.0
"""How long SIGTERM lets peers read their goodbye: within the promised five seconds."""

FAREWELL_SECONDS = 0.1
"""How long a venue that cannot go on lets its last words leave."""

logger = logging.getLogger("venue")


class StartError(cfg.ConfigError):
    """The configuration contradicts the journal; the text names the key."""


def make_desks(
    venue: Venue, config: cfg.Config, subscriptions: Subscriptions | None = None
) -> Mapping[bytes, Desk]:
    """One desk for each order-entry wire."""
    return {
        b"fix": FixDesk(venue, config),
        b"ouch": ouch_desk(venue, soup_settings(config.soupbintcp)),
        b"ouch50": ouch50_desk(venue, soup_settings(config.soupbintcp)),
        b"websocket": WebSocketDesk(venue, config, subscriptions=subscriptions),
    }


def open_log(config: cfg.Config) -> SequencedLog:
    """The journal of `data_dir`, or memory where it is empty. Raises JournalError."""
    if not config.venue.data_dir:
        return MemoryLog()
    log = FileLog(Path(config.venue.data_dir), Durability(config.venue.durability))
    logger.info(log.opening.describe())
    return log


async def build_venue(
    config: cfg.Config,
    log: SequencedLog,
    subscriptions: Subscriptions,
    http: HttpPort,
    itch: ItchFeed,
) -> Venue:
    """A venue as its log left it, and the stream of its running day; meanwhile `http` tells how far
    it is. Raises JournalError."""
    venue = Venue(
        log,
        ConfiguredCredentials(config),
        lambda venue: make_desks(venue, config, subscriptions),
        logger.info,
    )
    venue.observers.append(itch.observe)
    gc.disable()
    for batches in venue.recovering():
        http.recovered_batches = batches
        if batches % RECOVERY_SLICE == 0:
            await asyncio.sleep(0)
    if http.recovered_batches:
        commands = venue.sequencer.next_seq - 1
        logger.info("recovered %d batches, %d commands", http.recovered_batches, commands)
    return venue


def open_day(venue: Venue, config: cfg.Config, now_ns: int) -> Tick:
    """Bring reference data and trading day up to date: the first tick of a process.

    A day of an older date is closed first. Raises StartError where an instrument's rules changed.
    """
    venue.begin(now_ns)
    venue.started(VERSION, cfg.public_msgpack(config))
    venue.expire()
    engine = venue.engine
    for instrument in config.instruments:
        instrument_id = engine.instrument_id(instrument.symbol)
        if instrument_id is None:
            venue.controlled(AddInstrument(instrument))
        elif engine.instruments[instrument_id].instrument != instrument:
            raise StartError(
                f"instruments: {instrument.symbol.decode()} has other rules than in the journal: "
                f"expected {engine.instruments[instrument_id].instrument}, got {instrument}"
            )
    for account in config.accounts:
        wanted = AddAccount(account.name.encode(), account.cancel_by_other_sessions)
        account_id = engine.account_id(wanted.name)
        if account_id is None:
            venue.controlled(wanted)
        elif engine.accounts[account_id] != wanted:
            raise StartError(
                f"accounts: {account.name}: cancel_by_other_sessions is "
                f"{not account.cancel_by_other_sessions} in the journal and cannot be changed, "
                f"got {account.cancel_by_other_sessions}"
            )
    try:
        register_sessions(venue, config)
    except NotRegistered as error:
        raise StartError(f"fix.sessions: {error}") from error
    date, midnight_ns = trading_day(venue.now_ns, time_zone(config.venue.time_zone))
    if engine.day_running and engine.trading_date < date:
        venue.controlled(EndOfDay())
    if not engine.day_running:
        venue.controlled(StartOfDay(date, midnight_ns))
    tick = venue.commit()
    venue.take_released()
    assert tick is not None, "a process that takes over is a fact"
    return tick


async def serve(config: cfg.Config, ports_file: Path | None) -> int:
    """Run until a signal or a failure; returns the exit code."""
    loop = asyncio.get_running_loop()
    log = open_log(config)
    subscriptions = Subscriptions()
    gate = open_gate(loop, logger.info)
    bound_accept_errors(loop, gate)
    http = HttpPort(config, gate)
    await http.open()
    itch = ItchFeed(config.venue.data_dir, loop.call_soon, logger.info)
    venue = await build_venue(config, log, subscriptions, http, itch)
    clock: Clock
    if config.venue.clock == "manual":
        clock = ManualClock(venue.now_ns or RealClock().now_ns())
    else:
        clock = RealClock(venue.now_ns)
    itch.watch(open_day(venue, config, clock.now_ns()))
    shell = Shell(venue, clock, loop)
    shell.watchers.append(itch.watch)
    counters = Counters(shell)
    public = PublicFeed(shell, subscriptions, counters)
    private = SessionFeed(shell)
    listen = partial(ItchPort, itch, shell, soup_settings(config.soupbintcp))
    listeners = Listeners(shell, config, gate, {"itch": listen})
    await listeners.open()
    mold = MoldPorts(shell, MoldFeed(itch), logger.info)
    await mold.open(config.itch.moldudp64, config.listen)
    collectors = (VenueCollector(shell, counters), ItchCollector(itch))
    http.ready(shell, collectors, listeners.ports["ws"])
    listeners.ports["http"] = http.port
    start_collector()
    stop = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)
    host = config.listen.host
    if ports_file is not None:
        write_ports_file(ports_file, host, listeners.ports)
    print(ready_line(host, listeners.ports, config.listen.tls.ports), flush=True)
    stopped: asyncio.Future[object] = asyncio.ensure_future(stop.wait())
    failed: asyncio.Future[object] = asyncio.ensure_future(asyncio.shield(shell.failed))
    await asyncio.wait({stopped, failed}, return_when=asyncio.FIRST_COMPLETED)
    listeners.close()
    public.close()
    private.close()
    for waiting in (stopped, failed):
        waiting.cancel()
    if shell.failed.done():
        itch.close("the venue cannot go on")
        await asyncio.sleep(FAREWELL_SECONDS)
        return shell.failed.result()
    await goodbye(shell, itch)
    mold.close()
    if shell.failed.done():
        return shell.failed.result()
    await http.close()
    if shell.failed.done():
        return shell.failed.result()
    log.close()
    return 0


def start_collector() -> None:
    """From here on garbage is looked for rarely, and not in what the start has made.

    The order path makes no cycles; HTTP does.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 1_000)
    gc.enable()


async def goodbye(shell: Shell, itch: ItchFeed) -> None:
    """Journaled goodbyes on every wire, then wait until they are flushed."""
    if shell.begin():
        for port in list(shell.ports.values()):
            shell.guard(shell.venue.shut, port.connection, "venue is shutting down")
        shell.venue.sequencer.checkpoint()
        await shell.committed()
    deadline = shell.loop.time() + GOODBYE_SECONDS
    for port in list(shell.ports.values()):
        port.transport.close()
    itch.close("venue is shutting down")
    while (shell.ports or itch.subscribers) and shell.loop.time() < deadline:
        await asyncio.sleep(0.01)


def run(config: cfg.Config, ports_file: Path | None) -> int:
    """`venue serve`: returns the exit code. Raises ConfigError."""
    try:
        if sys.platform == "win32":
            return asyncio.run(serve(config, ports_file))
        try:
            import uvloop
        except ImportError:
            return asyncio.run(serve(config, ports_file))
        return uvloop.run(serve(config, ports_file))
    except JournalError as error:
        print(f"venue: journal: {error}", file=sys.stderr)
        return EXIT_JOURNAL
    except OSError as error:
        print(f"venue: {error}", file=sys.stderr)
        return 2
