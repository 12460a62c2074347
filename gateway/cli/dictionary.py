"""`venue dictionary VERSION`: the venue's dictionary as QuickFIX reads it, on stdout."""

import sys
from typing import Annotated

import typer

from gateway.config import ConfigError
from gateway.config_rules import did_you_mean
from gateway.order_entry.fix_dictionaries import table
from protocol.fix.dictionary_xml import FILES, quickfix_xml

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def dictionary(
    version: Annotated[str, typer.Argument(help=", ".join(FILES), metavar="VERSION")],
) -> None:
    """Print the XML data dictionary of a version; FIX 5.0 and later need FIXT.1.1 beside it."""
    if version not in FILES:
        raise ConfigError(
            f'expected one of {", ".join(FILES)}, received "{version}"'
            + did_you_mean(version, FILES)
        )
    sys.stdout.write(quickfix_xml(table(), version).decode("ascii"))
