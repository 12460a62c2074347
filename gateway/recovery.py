"""From the journal to a venue that goes on: commands folded, numbers taken over, nothing said.

No client hears of it and no wire byte is decoded. What clients chose themselves (passwords) is
among the facts; the rest of the facts is for a replay.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gateway.desk import Desk
from gateway.journal.records import Connected, PasswordChanged, decode_batch
from gateway.sessions import Numbers
from matching.commands import Command
from matching.events import Event

if TYPE_CHECKING:
    from gateway.venue import Venue


def fold(venue: "Venue", desks: Mapping[bytes, Desk]) -> Iterator[int]:
    """Fold the venue's whole log, a batch at a time; yields how many are folded, so that others
    may run. Raises JournalError where the commands no longer yield the recorded events."""

    def remember(command: Command, events: tuple[Event, ...], seq: int, now_ns: int) -> None:
        for index, event in enumerate(events):
            venue.orders.fold(command, event, (seq, index), now_ns)
            venue.directory.fold(event)
        for observe in venue.observers:
            observe(events, now_ns)

    latest: dict[int, Numbers] = {}
    sequencer = venue.sequencer
    for count, (number, payload) in enumerate(venue.log.read(1), 1):
        batch = decode_batch(payload)
        venue.now_ns = sequencer.begin(batch.now_ns)
        sequencer.refold(number, batch, remember)
        venue.history.note(number, batch.frames)
        for entry in batch.numbers:
            latest[entry.session_id] = Numbers(
                entry.next_in,
                entry.next_out,
                entry.unsent,
                entry.history,
                entry.appl_ver_id,
                entry.period_start_ns,
            )
        for fact in batch.facts:
            if type(fact) is Connected:
                venue.next_connection_id = fact.connection_id + 1
            elif type(fact) is PasswordChanged:
                venue.directory.sessions[fact.session_id].password_seal = fact.seal
        yield count
    for session_id, numbers in latest.items():
        session = venue.directory.sessions[session_id]
        desks[session.wire].restore(session, numbers, venue.history.reader(session_id))
        session.noted = numbers
