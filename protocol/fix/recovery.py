"""Getting back what was missed: one gap at a time, asked for once, whole or in chunks.

Source: FIX Session Layer, "Message recovery"; test cases 1S.a, 2.b and 20.
"""

from collections import deque

from protocol.fix import answers
from protocol.fix.events import Remark
from protocol.fix.gap import GapQueue
from protocol.fix.message import Message
from protocol.fix.outbound import Outbound
from protocol.fix.state import Machine, State, Trigger


class Recovery:
    """The open gap of one connection, if there is one, and the requests for what is in it."""

    __slots__ = (
        "_chunk_size",
        "_events",
        "_gap",
        "_machine",
        "_outbound",
        "_skips_filled",
        "_stream",
    )

    def __init__(
        self,
        machine: Machine,
        outbound: Outbound,
        events: deque[object],
        chunk_size: int,
        *,
        skips_filled: bool,
    ) -> None:
        self._machine = machine
        self._outbound = outbound
        self._stream = outbound.stream
        self._events = events
        self._chunk_size = chunk_size
        """Messages per ResendRequest(2); 0: all of them."""
        self._skips_filled = skips_filled
        """After a gap fill to a chunk's last number the next chunk begins behind that number, as
        QuickFIX/J's do; the last number itself is still on its way, being part of the answer."""
        self._gap: GapQueue | None = None

    def found(self, number: int, message: Message | None, now_ns: int, *, ask: bool = True) -> None:
        """Keep what came early, None for what was acted on; ask once for what is missing.

        Without `ask` the peer knows already: from NextExpectedMsgSeqNum(789).
        """
        expected = self._stream.expected_msg_seq_num
        gap = self._gap
        if gap is None:
            gap = self._gap = GapQueue(number)
            self._machine.step(Trigger.GAP_FOUND)
            if ask:
                self._request(gap, now_ns)
            self._remark(f"MsgSeqNum(34) too high: expected {expected}, received {number}")
        if not gap.add(number, message):
            self._remark(f"no room to queue MsgSeqNum(34) {number} behind a gap")

    def has(self, number: int) -> bool:
        """Whether `number` waits and the session still takes it."""
        gap = self._gap
        return gap is not None and number in gap and self._machine.state is State.RECOVERING

    def take(self, number: int) -> Message | None:
        """What waits under `number`; None: it was acted on when it came."""
        assert self._gap is not None, "only what it has is taken"
        return self._gap.take(number)

    def settle(self, now_ns: int) -> None:
        """All that is in order is processed: close the gap, or ask for what is still missing."""
        gap = self._gap
        if gap is None or self._machine.state is not State.RECOVERING:
            return
        expected = self._stream.expected_msg_seq_num
        if expected > gap.requested_to:
            if len(gap):
                gap.requested_to = gap.lowest
                self._request(gap, now_ns)
            else:
                self.abandon()
        elif gap.chunk_end and expected > gap.chunk_end:
            self._request(gap, now_ns)

    def jumped_to(self, new_seq_no: int) -> None:
        """A SequenceReset(4) made everything below `new_seq_no` superfluous."""
        gap = self._gap
        if gap is not None:
            if self._skips_filled and new_seq_no == gap.chunk_end:
                gap.chunk_begin = new_seq_no + 1
            gap.drop_below(new_seq_no)

    def abandon(self) -> None:
        """Nothing is missing any more."""
        if self._gap is not None:
            self._gap = None
            self._machine.step(Trigger.GAP_CLOSED)

    def _request(self, gap: GapQueue, now_ns: int) -> None:
        begin = max(self._stream.expected_msg_seq_num, gap.chunk_begin)
        last = begin + self._chunk_size - 1
        # The last chunk is open: it brings what came meanwhile and found no room here.
        gap.chunk_end = last if self._chunk_size and last < gap.requested_to - 1 else 0
        body = answers.resend_request(self._stream.version, begin, gap.chunk_end)
        self._outbound.send(b"2", body, now_ns)

    def _remark(self, text: str) -> None:
        self._events.append(Remark(text))
