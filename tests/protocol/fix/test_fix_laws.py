"""Laws of the whole session: chunking, garbage, and two sessions joined by a bad wire."""

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.fix.events import LogonRequested
from protocol.fix.gap import QUEUE_MESSAGES_MAX, GapQueue
from protocol.fix.messages import ExecutionReport, NewOrderSingle
from protocol.fix.session import FixSession
from protocol.fix.settings import DEFAULT_SETTINGS, REPORT_TYPES, FixSettings
from protocol.fix.state import State
from protocol.fix.stream import FixStream
from protocol.fix.version import FIX44
from tests.protocol.fix.fix_scenes import ORDER, SECOND, START_NS, T0, Peer, framed, logged_on

DAY = [
    "35=1|34=2|112=HELLO",
    *(f"35=D|34={number}|{ORDER}" for number in range(3, 8)),
    "35=1|34=12|112=EARLY",
    f"35=4|34=8|43=Y|49=ACME|52={T0}|56=XVEN|122={T0}|36=12|123=Y",
    "35=D|34=13|11=incomplete",
    f"35=D|34=14|{ORDER}|99=1|18=M",
    "35=2|34=15|7=1|16=0",
    "35=*|34=16",
    "35=5|34=17",
]


def day_of(peer: Peer) -> bytes:
    frames = [peer.frame(text) for text in DAY]
    frames.insert(3, frames[2][:-4] + b"999\x01")
    frames.insert(6, b"noise")
    return b"".join(frames)


def heard(cuts: list[int]) -> tuple[list[object], list[str], bytes]:
    """Events, answers and consumed bytes of one day, cut at these places."""
    peer = logged_on()
    data = day_of(peer)
    consumed, answers = peer.session.take_consumed(), []
    places = sorted({cut % len(data) for cut in cuts} | {0, len(data)})
    for begin, end in pairwise(places):
        answers += peer.sends(data[begin:end])
        consumed += peer.session.take_consumed()
    return peer.events, answers, consumed


WHOLE = heard([])


def test_the_day_ends_as_expected() -> None:
    events, answers, consumed = WHOLE
    peer = logged_on()
    assert sum(isinstance(event, NewOrderSingle) for event in events) == 6
    assert [text.split("|")[0][3:] for text in answers] == ["0", "2", "0", "3", "4", "3", "5"]
    assert consumed.endswith(day_of(peer)[-200:])


@given(st.lists(st.integers(0, 5000), max_size=40))
def test_any_chunking_gives_the_same_events_answers_and_consumed_bytes(cuts: list[int]) -> None:
    events, answers, consumed = heard(cuts)
    without_noise = [event for event in events if "outside any message" not in str(event)]
    expected = [event for event in WHOLE[0] if "outside any message" not in str(event)]
    assert without_noise == expected
    assert answers == WHOLE[1]
    assert consumed == WHOLE[2]


def test_byte_by_byte_gives_the_same_answers() -> None:
    assert heard(list(range(5000)))[1] == WHOLE[1]


PIECES = st.sampled_from(
    b"8=FIX.4.4| 9=5| 35=A| 35=D| 34=2| 10=000| | 43=Y| 122=| 36=0| 95=99| 96= = -1=x|".replace(
        b"|", b"\x01"
    ).split(b" ")
)


@given(st.lists(st.one_of(st.binary(max_size=30), PIECES), max_size=30), st.booleans())
def test_garbage_never_raises(chunks: list[bytes], logged: bool) -> None:
    peer = logged_on() if logged else Peer()
    for chunk in chunks:
        peer.sends(chunk)
        peer.session.take_consumed()
    peer.waits(100)


TAGS = st.sampled_from(
    [7, 16, 34, 36, 43, 45, 49, 50, 52, 56, 97, 98, 108, 112, 115, 122, 123, 141]
)
TEXTS = st.sampled_from(["0", "1", "2", "3", "9", "Y", "N", "", "x", "-1", "ACME", "XVEN", T0])
ADMIN = st.tuples(
    st.sampled_from("012345A8Dj*"), st.integers(0, 9), st.lists(st.tuples(TAGS, TEXTS))
)


@given(st.lists(ADMIN, max_size=12), st.booleans())
def test_well_framed_nonsense_never_raises(
    messages: list[tuple[str, int, list[tuple[int, str]]]], logged: bool
) -> None:
    peer = logged_on() if logged else Peer()
    for msg_type, number, fields in messages:
        body = "".join(f"|{tag}={value}" for tag, value in fields)
        head = f"35={msg_type}|34={number}|49=ACME|52={T0}|56=XVEN"
        peer.sends(framed(head + body))
    peer.waits(100)


class Wire:
    """A venue and a client that lose their connection at random places and log on again."""

    def __init__(self) -> None:
        self.venue = FixStream(FIX44, sender_comp_id=b"XVEN", target_comp_id=b"ACME")
        self.client = FixStream(FIX44, sender_comp_id=b"ACME", target_comp_id=b"XVEN")
        self.orders: list[bytes] = []
        self.reports: list[bytes] = []
        self.now_ns = START_NS
        self.connect()

    def connect(self) -> None:
        settings = FixSettings(application_types=REPORT_TYPES)
        self.inside = FixSession.acceptor(self.now_ns)
        self.outside = FixSession.initiator(self.client, settings, self.now_ns)
        self.outside.logon(self.now_ns)

    def pull(self, session: FixSession) -> None:
        event: Any
        while (event := session.next_event()) is not None:
            if isinstance(event, LogonRequested):
                session.accept(self.venue, DEFAULT_SETTINGS, self.now_ns)
            elif isinstance(event, NewOrderSingle):
                self.orders.append(event.cl_ord_id)
                session.send(b"8", b"11=%b\x01" % event.cl_ord_id, self.now_ns)
            elif isinstance(event, ExecutionReport):
                self.reports.append(event.cl_ord_id)

    def move(self, source: FixSession, target: FixSession, cut: int | None) -> None:
        """What one side has to send reaches the other, up to `cut` bytes."""
        source.resend_slice(self.now_ns)
        data = b"".join(source.data_to_send())
        target.receive_data(data if cut is None else data[:cut], self.now_ns)
        self.pull(target)

    def settle(self) -> None:
        for _ in range(30):
            self.now_ns += SECOND
            for session in (self.outside, self.inside):
                session.handle_timeout(self.now_ns)
            self.move(self.outside, self.inside, None)
            self.move(self.inside, self.outside, None)

    def lose(self, cut_out: int, cut_in: int) -> None:
        self.move(self.outside, self.inside, cut_out)
        self.move(self.inside, self.outside, cut_in)
        for session in (self.outside, self.inside):
            session.receive_eof(self.now_ns)
            self.pull(session)
        self.connect()


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.booleans(), st.integers(0, 900), st.integers(0, 900)),
        max_size=8,
    )
)
def test_two_sessions_over_a_bad_wire_converge(steps: list[tuple[int, bool, int, int]]) -> None:
    wire = Wire()
    written: list[bytes] = []
    for count, lossy, cut_out, cut_in in steps:
        for _ in range(count):
            name = b"A%d" % len(written)
            body = ORDER.replace("11=A1", "11=" + name.decode()).replace("|", "\x01") + "\x01"
            wire.outside.send(b"D", body.encode(), wire.now_ns)
            written.append(name)
        if lossy:
            wire.lose(cut_out, cut_in)
        else:
            wire.settle()
    wire.settle()
    assert wire.orders == written
    assert wire.reports == written
    assert wire.inside.state is State.ACTIVE
    assert wire.outside.state is State.ACTIVE
    assert wire.venue.expected_msg_seq_num == wire.client.sent_log.next_number
    assert wire.client.expected_msg_seq_num == wire.venue.sent_log.next_number


def test_the_queue_behind_a_gap_is_bounded() -> None:
    peer = logged_on()
    peer.says("35=0|34=3")
    for number in range(4, QUEUE_MESSAGES_MAX + 10):
        peer.says(f"35=0|34={number}")
    assert peer.says("35=0|34=2") == ["35=2|34=3|49=XVEN|52=" + T0 + "|56=ACME|7=4098|16=0"] or (
        peer.stream.expected_msg_seq_num > QUEUE_MESSAGES_MAX
    )
    queue = GapQueue(5)
    assert [queue.add(number, None) for number in range(QUEUE_MESSAGES_MAX + 1)][-1] is False
