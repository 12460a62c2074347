"""`venue replay`: drive a fresh venue with a recorded journal and compare what comes out."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from gateway.journal.log import MemoryLog
    from gateway.journal.records import Batch
    from gateway.replay import Divergence
    from gateway.venue import Venue

DIVERGED = 1
USAGE_ERROR = 2
JOURNAL_ERROR = 74

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def replay(
    path: Annotated[
        Path, typer.Argument(metavar="FILE_OR_DIR", help="A data directory or a journal file.")
    ],
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write the difference as a page.")
    ] = None,
) -> None:
    """Re-run a journal at its recorded times, without waiting; exit 1 at the first divergence."""
    if report is not None:
        typer.echo("venue replay: --report is not built yet", err=True)
        raise typer.Exit(USAGE_ERROR)
    from gateway.journal.log import JournalError
    from gateway.journal.reader import open_reader
    from gateway.replay import Replay

    try:
        reader = open_reader(path)
        if reader.first_batch != 1:
            raise JournalError(f"{path} begins with batch {reader.first_batch}: expected 1")
        outcome = Replay(recorded_venue).run(reader.read(1))
    except (JournalError, PermissionError) as error:
        typer.echo(f"venue replay: {error}", err=True)
        raise typer.Exit(JOURNAL_ERROR) from None
    if reader.unfinished:
        typer.echo(f"venue replay: the end is unfinished: {reader.unfinished}", err=True)
    if outcome.divergence is not None:
        for line in divergence_lines(outcome.divergence):
            typer.echo(line)
        raise typer.Exit(DIVERGED)
    typer.echo(
        f"ok: {outcome.batches} batches, {outcome.commands} commands, "
        f"{outcome.frames} frames compared"
    )


def recorded_venue(log: "MemoryLog", configuration: bytes) -> "Venue":
    """A venue over a replay's log, with the desks of a running one and recorded WebSocket sessions.

    Raises JournalError where the configuration is not one that this version knows.
    """
    import msgspec

    from gateway.config import decode_public_msgpack
    from gateway.credentials import ConfiguredCredentials
    from gateway.journal.log import JournalError
    from gateway.order_entry.websocket import WIRE, WebSocketDesk
    from gateway.order_entry.websocket_recorded import RecordedWebSocketSession
    from gateway.serve import make_desks
    from gateway.venue import Venue

    try:
        config = decode_public_msgpack(configuration)
    except msgspec.DecodeError as error:
        raise JournalError(
            f"the recorded configuration cannot be decoded: {error}; "
            "use the version of the venue that wrote it"
        ) from error

    venue = Venue(
        log,
        ConfiguredCredentials(config),
        lambda venue: {
            **make_desks(venue, config),
            WIRE: WebSocketDesk(venue, config, new_session=RecordedWebSocketSession),
        },
        lambda _: None,
    )
    venue.recover()
    return venue


def divergence_lines(divergence: "Divergence") -> Iterator[str]:
    """Where, what was recorded, what came out; bytes of the wires as people read them."""
    yield f"diverged in batch {divergence.batch}, first in its {divergence.what}"
    for title, side in (("recorded", divergence.expected), ("replayed", divergence.actual)):
        yield f"{title}:"
        yield from _lines(divergence.batch, divergence.what, side)


def _lines(number: int, what: str, side: object) -> Iterator[str]:
    """One side by the journal's own renderer: as a batch that holds nothing else."""
    from gateway.journal.records import Batch
    from gateway.journal.render import batch_lines

    if side is None:
        yield "  nothing"
    elif isinstance(side, Batch):
        yield from batch_lines(number, side)
    elif isinstance(side, int):
        yield f"  {side:x}"
    elif isinstance(side, str):
        yield f"  {side}"
    else:
        lines = batch_lines(number, _holding(what, side))
        next(lines)
        yield from lines


def _holding(what: str, side: Any) -> "Batch":
    """A batch with this one fact, command, frame or change of numbers."""
    from gateway.journal.records import Batch, FramesOut

    batch = Batch(0, 0, [], [], [], [], 0)
    if what == "frame":
        session_id, number, frame = side
        if isinstance(frame, tuple):
            batch.frames.append(FramesOut(session_id, number, [b""], [frame]))
        else:
            batch.frames.append(FramesOut(session_id, number, [frame]))
    elif what == "command":
        batch.commands.append(side)
    elif what == "session numbers":
        batch.numbers.append(side)
    else:
        batch.facts.append(side)
    return batch
