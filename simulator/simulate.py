"""`venue simulate`: participants against a running venue."""

import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from gateway.cli.serve import set_up_logging
from gateway.clock import RealClock
from gateway.config import DEFAULT_INSTRUMENTS, PORT_NAMES, Listen
from simulator.public_feed import FeedUnavailable, discover
from simulator.world import PORTS, RATE_DEFAULT, WIRES, Wire, World

USAGE_ERROR = 2

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


class NoVenue(Exception):
    """There is no venue to connect to; the text says where it was looked for."""


@app.command()
def simulate(
    wire: Annotated[
        Literal["fix", "ouch", "ws", "mix"], typer.Option(help="Over which wires; mix: all.")
    ] = "mix",
    seed: Annotated[int, typer.Option(help="Same seed, same decisions.")] = 1,
    seconds: Annotated[float | None, typer.Option(min=0.0, help="End by itself.")] = None,
    rate: Annotated[
        float, typer.Option(min=0.1, help="Orders a second, of everybody together.")
    ] = RATE_DEFAULT,
    host: Annotated[str, typer.Option(help="Where the venue listens.")] = Listen().host,
    ports_file: Annotated[
        Path | None, typer.Option(envvar="VENUE_PORTS_FILE", help="The ports, as the venue wrote.")
    ] = None,
    port_base: Annotated[
        int | None, typer.Option(min=1, help="The venue's --port-base; without it the defaults.")
    ] = None,
) -> None:
    """Market makers and noise traders on SIM identities, until Ctrl-C or --seconds."""
    set_up_logging()
    try:
        ports = find_ports(ports_file, port_base)
        wires = choose_wires(wire, ports)
        asyncio.run(_simulate(host, ports, wires, (seed, seconds, rate)))
    except NoVenue as error:
        typer.echo(f"venue: simulate: {error}", err=True)
        raise typer.Exit(USAGE_ERROR) from None


def find_ports(ports_file: Path | None, port_base: int | None) -> dict[str, int]:
    """Port numbers by name. Raises NoVenue."""
    if ports_file is not None:
        try:
            found = msgspec.json.decode(ports_file.read_bytes(), type=dict[str, int | str])
        except (OSError, msgspec.DecodeError) as error:
            raise NoVenue(f"ports file {ports_file}: {error}") from error
        return {name: port for name, port in found.items() if isinstance(port, int)}
    if port_base is not None:
        return {name: port_base + offset for offset, name in enumerate(PORT_NAMES)}
    listen = Listen()
    return {name: getattr(listen, name) for name in PORT_NAMES}


def choose_wires(wire: Literal["fix", "ouch", "ws", "mix"], ports: Mapping[str, int]) -> list[Wire]:
    """The wires to trade over; mix takes those the venue has. Raises NoVenue."""
    if wire == "mix":
        wires = [one for one in WIRES if PORTS[one] in ports]
    else:
        wires = [wire] if PORTS[wire] in ports else []
    if not wires:
        raise NoVenue(f"the venue has no port for {wire}")
    return wires


async def make_world(
    host: str, ports: Mapping[str, int], wires: Sequence[Wire], seed: int, rate: float
) -> World:
    """A populated world in the venue's instruments. Raises NoVenue."""
    instruments = list(DEFAULT_INSTRUMENTS)
    if "ws" in ports:
        try:
            instruments = await discover(f"ws://{host}:{ports['ws']}")
        except FeedUnavailable as error:
            raise NoVenue(str(error)) from error
    world = World(host, ports, instruments, RealClock())
    world.populate(wires, seed, rate)
    return world


def stop_on_signals() -> asyncio.Event:
    """An event that Ctrl-C, SIGTERM and a closed terminal set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(signum, stop.set)
    return stop


async def _simulate(
    host: str,
    ports: Mapping[str, int],
    wires: Sequence[Wire],
    pace: tuple[int, float | None, float],
) -> None:
    seed, seconds, rate = pace
    stop = stop_on_signals()
    world = await make_world(host, ports, wires, seed, rate)
    if seconds is not None:
        asyncio.get_running_loop().call_later(seconds, stop.set)
    await world.run(stop)
    print("\n".join(world.summary()), file=sys.stderr)
