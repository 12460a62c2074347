"""`venue ctl`: act on a running venue through its HTTP port."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

FAILED = 1
USAGE_ERROR = 2
DEFAULT_HTTP = "http://127.0.0.1:9883"
TIMEOUT_SECONDS = 10
SECOND_NS = 1_000_000_000
NANOSECONDS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": SECOND_NS, "m": 60 * SECOND_NS}
NANOSECONDS["h"] = 60 * NANOSECONDS["m"]

app = typer.Typer(
    help="Act on a running venue.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
day = typer.Typer(help="The trading day.", no_args_is_help=True)
clock = typer.Typer(help="The clock of a venue started with --clock manual.", no_args_is_help=True)
app.add_typer(day, name="day")
app.add_typer(clock, name="clock")

_url = DEFAULT_HTTP
Symbol = Annotated[str | None, typer.Argument(help="One instrument; without it all.")]


@app.callback()
def where(
    http: Annotated[
        str | None, typer.Option(envvar="VENUE_HTTP", help=f"Default {DEFAULT_HTTP}.")
    ] = None,
    ports_file: Annotated[
        Path | None,
        typer.Option(envvar="VENUE_PORTS_FILE", help="The venue's --ports-file."),
    ] = None,
) -> None:
    """Which venue."""
    global _url
    _url = DEFAULT_HTTP
    if http is not None:
        _url = http.rstrip("/")
    elif ports_file is not None:
        try:
            ports = json.loads(ports_file.read_text())
            host = f"[{ports['host']}]" if ":" in ports["host"] else ports["host"]
            _url = f"http://{host}:{ports['http']}"
        except (OSError, ValueError, KeyError, TypeError) as error:
            _fail(USAGE_ERROR, f"{ports_file} is no ports file of a venue with http: {error!r}")


@app.command()
def status() -> None:
    """Day, phases and totals."""
    _show(_call("GET", "status"))


@app.command()
def sessions() -> None:
    """Every session the venue knows."""
    rows = _call("GET", "sessions")["sessions"]
    names = ("session_id", "wire", "identity", "state", "next_in", "next_out", "queued_bytes")
    cells = [names, *(tuple(str(row[name]) for name in names) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(names))]
    for row in cells:
        line = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        typer.echo(line.rstrip())


@app.command()
def halt(symbol: Symbol = None) -> None:
    """Nothing new enters and nothing trades; orders can be canceled."""
    _act("halt", symbol=symbol)


@app.command()
def resume(symbol: Symbol = None) -> None:
    """Trading goes on."""
    _act("resume", symbol=symbol)


@app.command()
def phase(
    name: Annotated[str, typer.Argument(metavar="open|halted|closed")], symbol: Symbol = None
) -> None:
    """Set the trading phase."""
    _act("phase", phase=name, symbol=symbol)


@day.command("start")
def day_start() -> None:
    """Begin a trading day."""
    _act("day/start")


@day.command("end")
def day_end() -> None:
    """End the trading day: DAY orders expire."""
    _act("day/end")


@app.command("cancel-all")
def cancel_all(
    account: Annotated[str | None, typer.Option(help="Orders of this account only.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Orders in this instrument only.")] = None,
    session_id: Annotated[int | None, typer.Option(help="Orders of this session only.")] = None,
) -> None:
    """Cancel live orders."""
    _act("cancel-all", account=account, symbol=symbol, session_id=session_id)


@app.command()
def bust(
    match_number: int,
    reason: Annotated[
        str | None, typer.Option(metavar="erroneous|consent|supervisory|external")
    ] = None,
) -> None:
    """Break a trade of today."""
    _act("bust", match_number=match_number, reason=reason)


@app.command()
def rerank(
    order_id: Annotated[
        int, typer.Argument(help="OrderID(37), order_id, an OUCH order's first reference number.")
    ],
) -> None:
    """Send a live order to the end of its price's queue."""
    _act("rerank", order_id=order_id)


@app.command()
def disconnect(
    session_id: int, text: Annotated[str | None, typer.Option(help="What the peer reads.")] = None
) -> None:
    """Say goodbye to one session and close its connection."""
    _act("disconnect", session_id=session_id, text=text)


@app.command()
def news(
    text: str, headline: Annotated[str | None, typer.Option(help="Default: venue news.")] = None
) -> None:
    """Tell every FIX session that is logged on."""
    _act("news", text=text, headline=headline)


@app.command("set-seq")
def set_seq(
    session_id: int,
    next_in: Annotated[
        int | None, typer.Option("--in", help="MsgSeqNum the venue expects next.")
    ] = None,
    next_out: Annotated[
        int | None, typer.Option("--out", help="MsgSeqNum the venue sends next.")
    ] = None,
) -> None:
    """Move the numbers of a FIX session that is not logged on."""
    _act("set-seq", session_id=session_id, next_in=next_in, next_out=next_out)


@clock.command("advance")
def clock_advance(
    duration: Annotated[str, typer.Argument(metavar="DURATION", help="250ms, 30s, 5m, 8h")],
) -> None:
    """Let time pass; every timer that is due fires."""
    _act("clock/advance", duration_ns=parse_duration(duration))


def parse_duration(text: str) -> int:
    """Nanoseconds of `250ms`, `30s`, `1.5h`. Exits with 2 if it is no duration."""
    number = text.rstrip("nsumh")
    unit = NANOSECONDS.get(text[len(number) :])
    whole, _, fraction = number.partition(".")
    if unit is None or not (whole + fraction).isdecimal() or not whole:
        _fail(USAGE_ERROR, f"duration: expected a number and ns, us, ms, s, m or h, got {text!r}")
    total: int = int(whole + fraction) * unit // 10 ** len(fraction)
    return total


def _act(path: str, **fields: object) -> None:
    given = {name: value for name, value in fields.items() if value is not None}
    _show(_call("POST", path, given))


def _show(answer: object) -> None:
    typer.echo(json.dumps(answer, indent=2))


def _call(method: str, path: str, fields: dict[str, object] | None = None) -> Any:
    """The venue's answer; a refusal is told and ends the command with its exit code."""
    request = urllib.request.Request(
        f"{_url}/admin/{path}",
        data=None if fields is None else json.dumps(fields).encode(),
        headers={"Content-Type": "application/json"},
        method=method,
    )
    # A proxy of the environment knows nothing of a venue on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        text = error.read().decode("utf-8", "replace")
        try:
            text = json.loads(text)["error"]
        except (ValueError, KeyError, TypeError):
            text = f"{error.code} {text.strip()}"
        _fail(USAGE_ERROR if error.code == 400 else FAILED, text)
    except (OSError, ValueError) as error:
        _fail(FAILED, f"no venue answers at {_url}: {error}")


def _fail(code: int, text: str) -> NoReturn:
    typer.echo(f"venue ctl: {text}", err=True)
    raise typer.Exit(code)
