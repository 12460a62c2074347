"""`venue config`: a file to begin with, what is wrong with one, QuickFIX settings read."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from gateway.config_file import load_config, read_text
from gateway.config_quickfix import import_settings

app = typer.Typer(
    help="init, check, import: a commented venue.toml.",
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


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="QuickFIX settings, an acceptor's or a client's.")],
) -> None:
    """Print QuickFIX settings as a venue.toml; unknown keys go to stderr, what is unusable exits 2.

    An initiator's settings are its client's view and are turned round.
    """
    imported = import_settings(read_text(file), str(file))
    for warning in imported.warnings:
        typer.echo(f"venue: {warning}", err=True)
    typer.echo(imported.toml, nl=False)
