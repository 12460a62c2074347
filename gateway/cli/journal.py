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
) -> None:
    """Write batches to standard output for other programs."""
    from gateway.journal.recovery import decode
    from gateway.journal.render import batch_json

    encode = {ExportFormat.JSONL: batch_json}[format_]
    with _reading(path) as reader:
        for number, payload in _chosen(reader, first, last):
            sys.stdout.buffer.write(encode(number, decode(number, payload)) + b"\n")
        sys.stdout.flush()


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
