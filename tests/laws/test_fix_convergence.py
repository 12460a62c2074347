"""Our initiator and our acceptor over a wire that cuts, delays and loses tails, with venue kills.

Whatever happens in between: once the line holds, both sides agree on the numbers, no application
message is lost, and none arrived twice without PossDupFlag(43). Sans-IO, on a clock that the test
moves.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.fix.events import LogonRequested
from protocol.fix.messages import ApplicationMessage
from protocol.fix.session import FixSession
from protocol.fix.settings import FixSettings
from protocol.fix.state import State
from protocol.fix.stream import FixStream
from protocol.fix.version import FIX41, FIX44, Version
from protocol.sent_log import SentLog

SECOND = 1_000_000_000
START_NS = 1_767_605_400 * SECOND
BOTH = frozenset((b"D", b"8"))


class Side:
    """One end: its durable half, what was committed of it, and what its application saw."""

    def __init__(self, version: Version, own: bytes, peer: bytes) -> None:
        self.version = version
        self.comp_ids = own, peer
        self.stream = FixStream(version, sender_comp_id=own, target_comp_id=peer)
        self.session: FixSession | None = None
        self.seen: list[tuple[bytes, bool]] = []
        """Names of messages in the order of their arrival, and whether marked PossDupFlag=Y."""
        self.written: list[bytes] = []
        self.in_flight = b""
        self.frames: dict[int, bytes] = {}

    def write(self, now_ns: int) -> None:
        """The application has something to say, connected or not."""
        name = b"%b%d" % (self.comp_ids[0], len(self.written))
        self.written.append(name)
        body = b"11=%b\x01" % name
        msg_type = b"D" if self.comp_ids[0] == b"ACME" else b"8"
        if self.session is None or self.session.stream is None:
            self.stream.write(msg_type, body, now_ns)
        else:
            self.session.send(msg_type, body, now_ns)

    def recover(self) -> None:
        """The process was killed: only what was committed is left, and a reader of old frames."""
        old = self.stream
        kept = dict(old.sent_log.read(1, old.sent_log.next_number))

        def reader(begin: int, end: int) -> Any:
            return iter([(number, kept.get(number)) for number in range(begin, end)])

        self.session = None
        self.stream = FixStream(
            self.version,
            sender_comp_id=self.comp_ids[0],
            target_comp_id=self.comp_ids[1],
            sent_log=SentLog(old.sent_log.next_number, reader),
            expected_msg_seq_num=old.expected_msg_seq_num,
            unsent=old.unsent,
        )


class Line:
    """The two sides and what is between them."""

    def __init__(self, version: Version, client: FixSettings, venue: FixSettings) -> None:
        self.now_ns = START_NS
        self.client = Side(version, b"ACME", b"XVEN")
        self.venue = Side(version, b"XVEN", b"ACME")
        self.settings = client, venue
        self.connected = False
        self.reset_next = False

    # -- what the world does ----------------------------------------------------------------------

    def connect(self) -> None:
        client = FixSession.initiator(self.client.stream, self.settings[0], self.now_ns)
        self.client.session = client
        self.venue.session = FixSession.acceptor(self.now_ns)
        self.client.in_flight = self.venue.in_flight = b""
        client.logon(self.now_ns, reset_seq_num_flag=self.reset_next)
        self.reset_next = False
        self.connected = True

    def cut(self, keep_out: int, keep_in: int, *, kill: bool) -> None:
        """The line breaks: of what was on the way only the first bytes arrive. With `kill` the
        venue's process ends, too; what it had sent had been committed."""
        if not self.connected:
            return
        self._collect()
        self._deliver(self.client, self.venue, keep_out)
        self._collect()
        self._deliver(self.venue, self.client, keep_in)
        for side in (self.client, self.venue):
            if kill and side is self.venue:
                # Commits before it sends: what the last events wrote is kept, sent or not.
                side.recover()
                continue
            assert side.session is not None
            side.session.receive_eof(self.now_ns)
            self._pull(side)
            side.stream.detach()
            side.session = None
        self.connected = False

    def move(self, size: int) -> None:
        """Up to `size` bytes arrive each way; the rest is delayed."""
        if not self.connected:
            self.connect()
        self._collect()
        self._deliver(self.client, self.venue, size)
        self._collect()
        self._deliver(self.venue, self.client, size)
        if any(side.session is None or _over(side.session) for side in (self.client, self.venue)):
            self.cut(1 << 30, 1 << 30, kill=False)

    def settle(self) -> None:
        """The line holds and time passes, until nothing more is said."""
        for _ in range(30):
            self.wait(1)
            self.move(1 << 30)
        for _ in range(5):
            self.move(1 << 30)

    def wait(self, seconds: int) -> None:
        """Time passes, timers fire, nothing arrives."""
        self.now_ns += seconds * SECOND
        for side in (self.client, self.venue):
            session = side.session
            if session is not None:
                deadline = session.deadline_ns
                if deadline is not None and deadline <= self.now_ns:
                    session.handle_timeout(self.now_ns)
                    self._pull(side)

    # -- inside -----------------------------------------------------------------------------------

    def _collect(self) -> None:
        for side in (self.client, self.venue):
            session = side.session
            if session is not None:
                session.resend_slice(self.now_ns)
                side.in_flight += b"".join(session.data_to_send())

    def _deliver(self, source: Side, target: Side, size: int) -> None:
        data, source.in_flight = source.in_flight[:size], source.in_flight[size:]
        if data and target.session is not None:
            target.session.receive_data(data, self.now_ns)
            self._pull(target)

    def _pull(self, side: Side) -> None:
        session = side.session
        assert session is not None
        event: Any
        while (event := session.next_event()) is not None:
            if isinstance(event, LogonRequested):
                session.accept(side.stream, self.settings[1], self.now_ns)
            elif isinstance(event, ApplicationMessage):
                side.seen.append((dict(event.fields)[11], event.poss_dup))


def _over(session: FixSession) -> bool:
    return session.state is State.TERMINATED


def check(line: Line) -> None:
    """The law."""
    client, venue = line.client, line.venue
    assert client.session is not None and venue.session is not None
    assert client.session.state is State.ACTIVE
    assert venue.session.state is State.ACTIVE
    assert venue.stream.expected_msg_seq_num == client.stream.sent_log.next_number
    assert client.stream.expected_msg_seq_num == venue.stream.sent_log.next_number
    for source, target in ((client, venue), (venue, client)):
        unmarked = Counter(name for name, poss_dup in target.seen if not poss_dup)
        assert not [name for name, times in unmarked.items() if times > 1]
        assert {name for name, _ in target.seen} == set(source.written)
        first = list(dict.fromkeys(name for name, _ in target.seen))
        assert first == source.written, "in order"


COMMON = st.fixed_dictionaries(
    {
        "enable_next_expected_msg_seq_num": st.booleans(),
        "enable_last_msg_seq_num_processed": st.booleans(),
        "resend_request_chunk_size": st.sampled_from([0, 0, 1, 2, 5]),
    }
)
SIZES = st.one_of(st.integers(0, 400), st.just(1 << 30))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("client"), st.integers(1, 4)),
        st.tuples(st.just("venue"), st.integers(1, 4)),
        st.tuples(st.just("move"), SIZES),
        st.tuples(st.just("cut"), SIZES, SIZES, st.booleans()),
        st.tuples(st.just("reset"), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.just("wait"), st.integers(1, 40)),
    ),
    max_size=25,
)


def reset(line: Line, client: int, venue: int) -> None:
    """A Logon with ResetSeqNumFlag(141)=Y where both sides have all there was; what they wrote in
    between, which no connection had, follows it. (What a lost connection had is lost to a reset.)
    """
    line.settle()
    check(line)
    line.cut(1 << 30, 1 << 30, kill=False)
    for count, side in ((client, line.client), (venue, line.venue)):
        for _ in range(count):
            side.write(line.now_ns)
    line.reset_next = True
    line.settle()


def run(
    version: Version, client: dict[str, Any], venue: dict[str, Any], steps: list[tuple[Any, ...]]
) -> Line:
    made = [
        FixSettings(application_types=BOTH, untyped=True, heart_bt_int=5, **chosen)
        for chosen in (client, venue)
    ]
    line = Line(version, made[0], made[1])
    acts: dict[str, Callable[..., None]] = {
        "client": lambda count: [line.client.write(line.now_ns) for _ in range(count)] and None,
        "venue": lambda count: [line.venue.write(line.now_ns) for _ in range(count)] and None,
        "move": line.move,
        "cut": lambda keep_out, keep_in, kill: line.cut(keep_out, keep_in, kill=kill),
        "reset": lambda client, venue: reset(line, client, venue),
        "wait": line.wait,
    }
    for name, *arguments in steps:
        acts[name](*arguments)
    line.settle()
    check(line)
    return line


LAW = given(st.sampled_from([FIX41, FIX44]), COMMON, COMMON, STEPS)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@LAW
def test_both_sides_converge_over_a_bad_line(
    version: Version, client: dict[str, Any], venue: dict[str, Any], steps: list[tuple[Any, ...]]
) -> None:
    run(version, client, venue, steps)


@pytest.mark.nightly
@pytest.mark.timeout(1800)
@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@LAW
def test_both_sides_converge_over_a_bad_line_all_night(
    version: Version, client: dict[str, Any], venue: dict[str, Any], steps: list[tuple[Any, ...]]
) -> None:
    run(version, client, venue, steps)
