"""`venue dashboard`: Streamlit on one page of ours, in this process, on loopback.

There are no child processes: SIGTERM and SIGINT reach Streamlit's own handlers and end it, exit 0.
"""

import contextlib
import importlib.util
import os
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

USAGE_ERROR = 2
APP = Path(__file__).parent / "app.py"
SERVER_OPTIONS = {
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "global.developmentMode": "false",
    "logger.hideWelcomeMessage": "true",
    # A full collection after every run of the script costs more than everything else here.
    "runner.postScriptGC": "false",
}


def _websocket_address(text: str) -> str:
    if not text.startswith(("ws://", "wss://")):
        raise typer.BadParameter(f"expected ws:// or wss://, received {text}")
    return text


app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def dashboard(
    ws: Annotated[
        str,
        typer.Option(
            callback=_websocket_address, help="The venue's WebSocket, as the browser reaches it."
        ),
    ] = "ws://127.0.0.1:9882",
    http: Annotated[
        str, typer.Option(help='The venue\'s HTTP page, linked from here; "": no link.')
    ] = "http://127.0.0.1:9883",
    port: Annotated[int, typer.Option(help="Where the page is served; 0: any free port.")] = 8501,
    host: Annotated[str, typer.Option(help="Address that the page is served on.")] = "127.0.0.1",
) -> None:
    """The Streamlit page over a running venue, until SIGTERM or Ctrl-C."""
    if importlib.util.find_spec("streamlit") is None:
        typer.echo("venue: dashboard needs Streamlit: pip install 'venue[ui]'", err=True)
        raise typer.Exit(USAGE_ERROR)
    try:
        port = _free_port(host, port)
    except OSError as error:
        typer.echo(f"venue: dashboard cannot listen on {host}:{port}: {error.strerror}", err=True)
        raise typer.Exit(USAGE_ERROR) from None
    # The page is a script that Streamlit runs, not a function that could be called with these.
    os.environ["VENUE_DASHBOARD_WS"] = ws
    os.environ["VENUE_DASHBOARD_HTTP"] = http
    typer.echo(f"dashboard http://{f'[{host}]' if ':' in host else host}:{port}", err=True)
    options = {**SERVER_OPTIONS, "server.address": host, "server.port": str(port)}
    _run(["run", str(APP), *(f"--{name}={value}" for name, value in options.items())])


def _free_port(host: str, port: int) -> int:
    """`port` if it is free, any free one for 0; OSError says why not."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As the server will: connections of a server just ended do not keep the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        number: int = probe.getsockname()[1]
        return number


def _run(arguments: list[str]) -> None:
    """Streamlit's command line; what it prints goes to stderr, stdout belongs to the venue."""
    from streamlit.web.cli import main

    with contextlib.redirect_stdout(sys.stderr):
        main(arguments, prog_name="streamlit")
