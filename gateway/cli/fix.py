"""`venue fix decode`: FIX logs with names of fields and texts of values."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from protocol.fix.log_text import Found, LogText
    from protocol.fix.render import ShownField

NOTHING_FOUND = 1
USAGE_ERROR = 2
PORTION = 64 * 1024

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _fix() -> None:
    """Helpers for FIX messages."""


@app.command()
def decode(
    file: Annotated[Path, typer.Argument(metavar="[FILE|-]", help="A log; - is stdin.")] = Path(
        "-"
    ),
    json: Annotated[bool, typer.Option("--json", help="A JSON object a message, a line each.")] = (
        False
    ),
) -> None:
    """Print the FIX messages of a log: fields by name, values by text, groups indented.

    Fields may be delimited by SOH, |, ^A, <SOH> or ;, lines may begin with anything. What
    is wrong with a message is said below it. Exit 1 where there is no message.
    """
    from gateway.order_entry.fix_dictionaries import table
    from protocol.fix.log_text import LogText
    from protocol.fix.render import Vocabularies

    vocabularies = Vocabularies(table())
    log = LogText(vocabularies.is_length)
    count = wrong = 0
    for found in _messages(file, log):
        count += 1
        wrong += bool(found.problems)
        shown = list(vocabularies.of(found.fields).shown(found.fields))
        if json:
            sys.stdout.buffer.write(_json(found, shown) + b"\n")
        else:
            sys.stdout.write("".join(line + "\n" for line in _lines(found, shown)))
    sys.stdout.flush()
    if log.other_lines:
        typer.echo(f"venue fix decode: {log.other_lines} lines without a FIX message", err=True)
    if wrong:
        typer.echo(f"venue fix decode: {wrong} of {count} messages are wrong", err=True)
    if not count:
        typer.echo(f"venue fix decode: no FIX message in {file}", err=True)
        raise typer.Exit(NOTHING_FOUND)


def _messages(file: Path, log: "LogText") -> Iterator["Found"]:
    """Each as soon as it is whole: a log may be longer than memory, or still being written."""
    try:
        # Unbuffered: what is piped in by bits is shown by bits.
        with nullcontext(sys.stdin.buffer) if str(file) == "-" else file.open("rb", 0) as source:
            read = getattr(source, "read1", source.read)
            while portion := read(PORTION):
                yield from log.receive(portion)
    except OSError as error:
        typer.echo(f"venue fix decode: {file}: cannot be read: {error.strerror}", err=True)
        raise typer.Exit(USAGE_ERROR) from None
    yield from log.finish()


def _lines(found: "Found", shown: list["ShownField"]) -> Iterator[str]:
    """A heading, the fields, what is wrong with them, an empty line."""
    from protocol.fix.render import escape

    head = {field.tag: field for field in shown}
    words = [head[8].value] if 8 in head else []
    if 35 in head:
        words.append(head[35].meaning or f"MsgType {head[35].value}")
    if 49 in head and 56 in head:
        words.append(f"{head[49].value} > {head[56].value}")
    if 34 in head:
        words.append(f"MsgSeqNum {head[34].value}")
    if found.prefix:
        words.append(f"({escape(found.prefix)})")
    yield "  ".join(words)
    for field in shown:
        yield "    " + "    " * field.depth + field.text
    for problem in found.problems:
        yield f"    !! {problem}"
    yield ""


def _json(found: "Found", shown: list["ShownField"]) -> bytes:
    import msgspec

    return msgspec.json.encode(
        {"prefix": found.prefix.decode("latin-1"), "fields": shown, "problems": found.problems}
    )
