"""The command line: `venue` and its commands, each loaded when it is asked for.

This is the composition root, above all layers: it names the modules of other packages as text,
because `gateway` may not import a command of `simulator` or `dashboards`, and because a plain
`venue --help` must not pay for servers it does not start. A module that does not exist yet is a
command that is not built yet. Each module has an `app`, a `typer.Typer`.
"""

import importlib
import importlib.metadata
from typing import Annotated

import typer

from gateway.cli import config as config_commands
from gateway.cli.serve import serve

USAGE_ERROR = 2

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("simulator.demo", "Venue, participants and dashboard together."),
    "simulate": ("simulator.simulate", "Participants against a running venue."),
    "dashboard": ("dashboards.launch", "The Streamlit page."),
    "replay": (
        "gateway.cli.replay",
        "Re-run a recording, compare what comes out.",
    ),
    "journal": ("gateway.cli.journal", "show, verify, export a journal."),
    "ctl": ("gateway.cli.ctl", "status, halt, day, ...: act on a running venue."),
    "fix": ("gateway.cli.fix", "decode: print FIX messages with names."),
    "bench": ("simulator.bench", "Throughput and latency beside an echo."),
    "dictionary": ("gateway.cli.dictionary", "The FIX dictionary of a version, as XML."),
}
"""Command to (module, help)."""

app = typer.Typer(
    name="venue",
    help="A whole exchange on your laptop: FIX, OUCH and WebSocket over one matching engine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"venue {version()}")
        raise typer.Exit


def version() -> str:
    """The installed version; a checkout that is not installed says so."""
    try:
        return importlib.metadata.version("venue")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"


@app.callback()
def _venue(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before any command."""


def run_command(command: str, arguments: list[str]) -> None:
    """Hand the rest of the command line to the module behind `command`; ends in SystemExit."""
    name, _ = COMMANDS[command]
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        typer.echo(f"venue: {command} is not built yet", err=True)
        raise typer.Exit(USAGE_ERROR) from None
    module.app(arguments, prog_name=f"venue {command}")


def _register(command: str, help_text: str) -> None:
    def run(context: typer.Context) -> None:
        run_command(command, context.args)

    app.command(
        command,
        help=help_text,
        add_help_option=False,
        context_settings={
            "allow_extra_args": True,
            "allow_interspersed_args": False,
            "ignore_unknown_options": True,
        },
    )(run)


app.command("serve")(serve)
app.add_typer(config_commands.app, name="config")
for _name, (_, _help) in COMMANDS.items():
    _register(_name, _help)
