"""`venue serve`: flags, configuration and logging; then the venue itself."""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from gateway.config_file import Flags, load_config


def serve(
    config: Annotated[
        Path | None,
        typer.Option(envvar="VENUE_CONFIG", help="venue.toml; without it the defaults."),
    ] = None,
    data_dir: Annotated[
        str | None, typer.Option(help='Where the journal is; "" keeps everything in memory.')
    ] = None,
    durability: Annotated[
        str | None, typer.Option(metavar="none|process|disk", help="What a batch survives.")
    ] = None,
    clock: Annotated[
        str | None, typer.Option(metavar="real|manual", help="Whose time the venue keeps.")
    ] = None,
    port_base: Annotated[
        int | None, typer.Option(help="fix on N, the other wires on N+1, ...; 0: any free ports.")
    ] = None,
    ports_file: Annotated[
        Path | None,
        typer.Option(envvar="VENUE_PORTS_FILE", help="Write the ports there as JSON."),
    ] = None,
) -> None:
    """The venue, until SIGTERM or Ctrl-C."""
    flags = Flags(data_dir=data_dir, durability=durability, clock=clock, port_base=port_base)
    resolved = load_config(config, os.environ, flags)
    set_up_logging()
    # Servers are imported only now, so that every other command starts fast.
    from gateway.serve import run

    raise SystemExit(run(resolved, ports_file))


class OneLineFormatter(logging.Formatter):
    """A remark is one line: names are the peers' choice, so a CompID could write lines of its own
    or move the cursor. Tracebacks are ours and stay as they are."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        if line.isprintable():
            return line
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def set_up_logging() -> None:
    """Everything a person reads goes to stderr; stdout has the READY line only."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLineFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
