"""A venue with a planted fault: it sends before it writes. The crash harness must notice.

Each batch is only collected, and written a little later: what a kill in between takes away, clients
have been told already."""

import asyncio
import sys

from gateway.cli.main import app
from gateway.journal.file_log import Durability, FileLog

WRITTEN_AFTER_S = 0.02

_append = FileLog.append


def append_late(self: FileLog, payload: bytes) -> int:
    self._durability = Durability.NONE
    number = _append(self, payload)
    try:
        asyncio.get_running_loop().call_later(WRITTEN_AFTER_S, self._write_collected)
    except RuntimeError:
        self._write_collected()
    return number


FileLog.append = append_late  # type: ignore[method-assign]

if __name__ == "__main__":
    app(sys.argv[1:], prog_name="venue")
