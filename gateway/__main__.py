"""`venue`, also as `python -m gateway`: the exit code says whose fault it was.

0 ok; 1 divergence or failed check; 2 usage or configuration; 70 our bug; 74 journal; 130 Ctrl-C in
a command that has no other way to end by it."""

import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from gateway.cli.main import USAGE_ERROR, app
from gateway.config import ConfigError
from gateway.journal.log import JournalError

INTERNAL_ERROR = 70
JOURNAL_ERROR = 74
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line, by default the process's own. Always ends in SystemExit."""
    sys.exit(_run(list(sys.argv[1:] if arguments is None else arguments)))


def _run(arguments: list[str]) -> int:
    try:
        app(arguments, prog_name="venue")
    except ConfigError as error:
        print(f"venue: {error}".replace("\n", "\nvenue: "), file=sys.stderr)
        return USAGE_ERROR
    except JournalError as error:
        print(f"venue: {error}", file=sys.stderr)
        return JOURNAL_ERROR
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:
        traceback.print_exc()
        return INTERNAL_ERROR
    return 0


if __name__ == "__main__":
    main()
