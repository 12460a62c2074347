"""`venue journal`: read, check and export a journal; also while a venue writes it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gateway.journal.reader import FileReader

DIVERGED = 1
NO_SUCH_DAY = 1
USAGE_ERROR = 2
JOURNAL_ERROR = 74

app = typer.Typer(
    help="show, verify, export a journal.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Source = Annotated[Path, typer.Argument(metavar="FILE_OR_DIR", help="A data directory or a file.")]
First = Annotated[int, typer.Option("--from", min=1, metavar="N", help="First batch.")]
Last = Annotated[int | None, typer.Option("--to", min=1, metavar="N", help="Last batch.")]


class ExportFormat(Enum):
    """What `export` can write."""

    JSONL = "jsonl"
    """One JSON object a line, a line a batch."""


@app.command()
def show(
    path: Source,
    first: First = 1,
    last: Last = None,
    raw: Annotated[bool, typer.Option("--raw", help="Bytes of the wires as they are.")] = False,
) -> None:
    """Print every batch: facts in, commands, frames out, numbers; one line each."""
    from gateway.journal.recovery import decode
    from gateway.journal.render import batch_lines

    with _reading(path) as reader:
        for number, payload in _chosen(reader, first, last):
            for line in batch_lines(number, decode(number, payload), raw=raw):
                typer.echo(line)


@app.command()
def verify(
    path: Annotated[Path, typer.Argument(metavar="DIR", help="A data directory.")],
) -> None:
    """Apply all commands again and compare events and state; exit 1 at the first difference."""
    from gateway.journal.log import JournalError
    from gateway.journal.recovery import verify as verify_batches

    with _reading(path) as reader:
        if reader.first_batch != 1:
            raise JournalError(f"{path} begins with batch {reader.first_batch}: expected 1")
        report = verify_batches(reader.read(1))
    if report.divergence is not None:
        typer.echo(f"diverged: {report.divergence.describe()}")
        raise typer.Exit(DIVERGED)
    typer.echo(
        f"ok: {report.batches} batches, {report.commands} commands, {report.events} events; "
        f"{report.hashes_compared} recorded state hashes agree; "
        f"state hash {report.state_hash:016x}"
    )


@app.command()
def export(
    path: Source,
    format_: Annotated[
        ExportFormat, typer.Option("--format", help="jsonl: a JSON object a batch.")
    ] = ExportFormat.JSONL,
    first: First = 1,
    last: Last = None,
    itch: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Write a trading day as an ITCH 5.0 feed file instead."),
    ] = None,
    date: Annotated[
        int | None,
        typer.Option(metavar="YYYYMMDD", help="With --itch: this day, not the last one."),
    ] = None,
) -> None:
    """Write batches to standard output for other programs, or a day's market data to a file."""
    if itch is not None:
        _export_itch(path, itch, date)
        return
    if date is not None:
        raise typer.BadParameter("--date goes with --itch")
    from gateway.journal.recovery import decode
    from gateway.journal.render import batch_json

    encode = {ExportFormat.JSONL: batch_json}[format_]
    with _reading(path) as reader:
        for number, payload in _chosen(reader, first, last):
            sys.stdout.buffer.write(encode(number, decode(number, payload)) + b"\n")
        sys.stdout.flush()


def _export_itch(path: Path, target: Path, trading_date: int | None) -> None:
    """The file appears when it is complete. Exit code 1 where the journal has no such day."""
    from gateway.itch.export import FeedFile
    from gateway.journal.log import JournalError

    partial = target.with_name(target.name + ".partial")
    try:
        with _reading(path) as reader, partial.open("w+b") as out:
            if reader.first_batch != 1:
                raise JournalError(f"{path} begins with batch {reader.first_batch}: expected 1")
            exported = FeedFile(out, trading_date).export(reader.read(1))
        if not exported.trading_date:
            wanted = "no trading day" if trading_date is None else f"no day {trading_date}"
            typer.echo(f"venue journal: {path} holds {wanted}", err=True)
            raise typer.Exit(NO_SUCH_DAY)
        partial.replace(target)
    except OSError as error:
        typer.echo(f"venue journal: cannot write {target}: {error.strerror}", err=True)
        raise typer.Exit(USAGE_ERROR) from None
    finally:
        partial.unlink(missing_ok=True)
    end = "" if exported.ended else "; the day goes on, the end is the file's own"
    typer.echo(f"{target}: day {exported.trading_date}, {exported.messages} messages{end}")


def _chosen(reader: "FileReader", first: int, last: int | None) -> Iterator[tuple[int, bytes]]:
    for number, payload in reader.read(first):
        if last is not None and number > last:
            return
        yield number, payload
        if number == last:
            return


@contextmanager
def _reading(path: Path) -> Iterator["FileReader"]:
    """A reader; what is wrong with the journal goes to stderr and ends with exit code 74."""
    from gateway.journal.log import JournalError
    from gateway.journal.reader import open_reader

    try:
        reader = open_reader(path)
        yield reader
    except (JournalError, PermissionError) as error:
        typer.echo(f"venue journal: {error}", err=True)
        raise typer.Exit(JOURNAL_ERROR) from None
    if reader.unfinished:
        typer.echo(
            f"venue journal: the end is unfinished, being written or torn: {reader.unfinished}",
            err=True,
        )
