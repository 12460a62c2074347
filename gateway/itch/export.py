"""A journal's trading day as an ITCH 5.0 feed file: `u16 length | message`, one after the other."""

from collections.abc import Iterable
from struct import Struct
from typing import BinaryIO, Final

import msgspec

from gateway.itch.fold import ItchFold
from gateway.journal.checks import chain_events_crc
from gateway.journal.log import JournalError
from gateway.journal.recovery import decode
from matching.engine import Engine
from matching.events import Event

_LENGTH: Final = Struct(">H")


class Exported(msgspec.Struct, frozen=True):
    """What was written; `trading_date` 0: no such day is in the journal."""

    trading_date: int = 0
    messages: int = 0
    ended: bool = False
    """The day is over. Else the last message is the file's own: the day has not sent it yet."""


class FeedFile:
    """A file that is begun again with each day that is wanted."""

    def __init__(self, out: BinaryIO, trading_date: int | None) -> None:
        self._out = out
        self._wanted = trading_date
        self._fold = ItchFold()
        self._boundaries = 0
        self.exported = Exported()

    def export(self, batches: Iterable[tuple[int, bytes]]) -> Exported:
        """Write the wanted day, None: the last one. A date that came twice: the latest.

        Raises JournalError where a command fails or yields other events than are recorded: then the
        file would not be what subscribers were told.
        """
        engine = Engine()
        events_crc = 0
        for number, payload in batches:
            batch = decode(number, payload)
            told: list[Event] = []
            for command in batch.commands:
                try:
                    events = engine.apply(command, batch.now_ns)
                except Exception as error:
                    raise JournalError(f"batch {number}: {command!r} failed: {error!r}") from error
                told += events
                self._write(self._fold.fold(events, batch.now_ns))
            events_crc = chain_events_crc(told, events_crc)
            if events_crc != batch.events_crc:
                raise JournalError(
                    f"batch {number}: expected events crc {batch.events_crc:08x}, "
                    f"found {events_crc:08x}: use the version of the venue that wrote it"
                )
        if self.exported.trading_date and not self.exported.ended:
            # Readers of such files wait for it; of a day that goes on it is not in the stream.
            self._append([self._fold.end_of_messages()])
        return self.exported

    def _write(self, messages: list[bytes]) -> None:
        fold = self._fold
        if fold.boundaries != self._boundaries:
            # One command: it begins a day or ends it.
            began, self._boundaries = fold.boundaries % 2 == 1, fold.boundaries
            if self._wanted not in (None, fold.trading_date):
                return
            if began:
                self._out.seek(0)
                self._out.truncate()
                self.exported = Exported(fold.trading_date)
            self._append(messages)
            if not began:
                self.exported = msgspec.structs.replace(self.exported, ended=True)
        elif messages and self._wanted in (None, fold.trading_date):
            self._append(messages)

    def _append(self, messages: list[bytes]) -> None:
        self._out.write(b"".join([_LENGTH.pack(len(one)) + one for one in messages]))
        self.exported = msgspec.structs.replace(
            self.exported, messages=self.exported.messages + len(messages)
        )
