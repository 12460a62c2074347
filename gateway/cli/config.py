"""`venue config`: a file to begin with, and what is wrong with one."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from gateway.config_file import load_config

app = typer.Typer(
    help="init, check: a commented venue.toml.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def init() -> None:
    """Print a commented venue.toml that holds the defaults."""
    typer.echo((files("specs") / "config" / "venue.toml").read_text(encoding="utf-8"), nl=False)


@app.command()
def check(file: Annotated[Path, typer.Argument(help="The venue.toml to check.")]) -> None:
    """Check a file by itself, without flags and environment; print every problem, exit 2."""
    config = load_config(file)
    typer.echo(
        f"{file}: ok: {len(config.instruments)} instruments, {len(config.accounts)} accounts, "
        f"{len(config.fix.sessions)} FIX sessions, {len(config.ouch.sessions)} OUCH sessions, "
        f"{len(config.websocket.tokens)} WebSocket tokens"
    )
