"""What goes out again, in which order, in which slices; reports for a client that was away."""

import pytest

from protocol.fix.outbound import Outbound, keep_alive
from protocol.fix.resend import HELD_MAX, RANGES_MAX, SLICE_MESSAGES, ResendCursor
from protocol.fix.sent_frame import as_poss_dup, split_sent
from protocol.fix.settings import FixSettings
from protocol.fix.stream import FixStream
from protocol.fix.version import FIX44
from protocol.sent_log import SentLog
from tests.protocol.fix.fix_scenes import (
    SECOND,
    START_NS,
    T0,
    Peer,
    framed,
    logged_on,
    shown,
    venue_says,
)

LATER = "20260105-09:30:05.000"


def report(number: int) -> bytes:
    return b"37=%d\x01" % number


def stream_of(*msg_types: bytes, log: SentLog | None = None) -> FixStream:
    """A stream that wrote these messages, the body of each naming its number."""
    stream = FixStream(FIX44, sender_comp_id=b"XVEN", target_comp_id=b"ACME", sent_log=log)
    stream.attach()
    for msg_type in msg_types:
        body = report(stream.sent_log.next_number) if msg_type == b"8" else b""
        stream.write(msg_type, body, START_NS)
    return stream


def again(number: int) -> str:
    head = f"35=8|34={number}|43=Y|49=XVEN|52={LATER}|56=ACME"
    return f"{head}|122={T0}|37={number}"


def fill(number: int, new_seq_no: int) -> str:
    head = f"35=4|34={number}|43=Y|49=XVEN|52={LATER}|56=ACME"
    return f"{head}|122={LATER}|36={new_seq_no}|123=Y"


def resent(stream: FixStream, begin: int, end: int) -> list[str]:
    cursor = ResendCursor(stream)
    assert cursor.request(begin, end)
    frames = cursor.slice(START_NS + 5 * SECOND)
    assert cursor.done
    return [shown(frame) for frame in frames]


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (5, [fill(1, 4), again(4)]),
        (7, [fill(1, 4), again(4), again(5), fill(6, 7)]),
        (9, [fill(1, 4), again(4), again(5), fill(6, 8), again(8)]),
        (10, [fill(1, 4), again(4), again(5), fill(6, 8), again(8), fill(9, 10)]),
    ],
)
def test_8_admin_runs_become_one_gap_fill_each(end: int, expected: list[str]) -> None:
    stream = stream_of(b"A", b"0", b"0", b"8", b"8", b"0", b"3", b"8", b"0")
    assert resent(stream, 1, end) == expected


def test_routing_fields_keep_their_places_in_a_resent_message() -> None:
    stream = stream_of()
    frame = stream.write(b"8", b"37=1\x01", START_NS, b"97=Y\x01128=D\x01")
    later = START_NS + 5 * SECOND
    expected = f"35=8|34=1|43=Y|49=XVEN|52={LATER}|56=ACME|97=Y|122={T0}|128=D|37=1"
    assert shown(as_poss_dup(frame, later)) == expected
    assert split_sent(frame) == (b"8", b"37=1\x01", b"97=Y\x01128=D\x01")


def test_what_the_reader_no_longer_has_is_filled() -> None:
    log = SentLog(next_number=5, reader=lambda begin, end: iter(()))
    stream = stream_of(b"8", log=log)
    assert resent(stream, 1, 6) == [fill(1, 5), again(5)]
    assert resent(stream, 1, 3) == [fill(1, 3)]


def test_a_resend_is_bounded_per_slice_and_new_messages_follow_it() -> None:
    peer = logged_on()
    session = peer.session
    for number in range(2, 602):
        session.send(b"8", report(number), peer.now_ns)
    assert len(peer.answers()) == 600
    session.receive_data(peer.frame("35=2|34=2|7=1|16=0"), peer.now_ns)
    assert session.next_event() is None
    slices = []
    more, produced = True, 602
    while more:
        session.send(b"8", report(produced), peer.now_ns)
        produced += 1
        if produced == 603:
            # Answers of the session's own wait behind the resend, too.
            session.receive_data(peer.frame("35=1|34=3|112=HELLO"), peer.now_ns)
            assert session.next_event() is None
            produced += 1
        more = session.resend_slice(peer.now_ns)
        slices.append([shown(frame) for frame in session.data_to_send()])
    assert [len(part) for part in slices] == [256, 256, 93]
    frames = [frame for part in slices for frame in part]
    numbers = [int(frame.split("|")[1][3:]) for frame in frames]
    assert numbers == list(range(1, produced))
    assert ["43=Y" in frame for frame in frames] == [True] * 601 + [False] * (produced - 602)
    assert frames[602] == venue_says("0", 603, "112=HELLO")
    session.send(b"8", report(produced), peer.now_ns)
    assert peer.answers() == [venue_says("8", produced, f"37={produced}")]


def test_a_slice_ends_at_64_kib() -> None:
    stream = stream_of()
    for _ in range(10):
        stream.write(b"8", b"58=%b\x01" % (b"x" * 20_000), START_NS)
    cursor = ResendCursor(stream)
    cursor.request(1, 11)
    assert [len(cursor.slice(START_NS)) for _ in range(4)] == [4, 4, 2, 0]
    assert cursor.done


def test_too_many_waiting_ranges_are_ignored() -> None:
    cursor = ResendCursor(stream_of(*[b"8"] * 40))
    asked = [cursor.request(number, number + 1) for number in range(1, 2 * RANGES_MAX + 2, 2)]
    assert asked == [True] * RANGES_MAX + [False]


def test_a_number_asked_for_again_while_it_waits_leaves_once() -> None:
    cursor = ResendCursor(stream_of(*[b"8"] * 300))
    for begin, end in ((1, 301), (1, 301), (200, 301), (1, 2)):
        assert cursor.request(begin, end)
    first = cursor.slice(START_NS)
    # What left with the first slice may be asked for once more; the rest still waits.
    assert cursor.request(1, 301) and cursor.request(1, 301)
    rest: list[bytes] = []
    while not cursor.done:
        rest += cursor.slice(START_NS)
    numbers = [int(shown(frame).split("|")[1][3:]) for frame in first + rest]
    assert numbers == [*range(1, 301), *range(1, SLICE_MESSAGES + 1)]


def test_admin_frames_beyond_the_held_limit_are_gap_filled() -> None:
    stream = stream_of(b"8")
    outbound = Outbound(stream, keep_alive(0, 0))
    outbound.request_resend(1, 2)
    for _ in range(HELD_MAX + 1):
        outbound.send(b"0", b"", START_NS)
    while outbound.slice(START_NS):
        pass
    kinds = [shown(frame).split("|")[0] for frame in outbound.frames]
    assert kinds == ["35=8"] + ["35=0"] * HELD_MAX + ["35=4"]
    assert "43=Y" not in shown(outbound.frames[-1])


def test_a_logout_ends_a_running_resend_and_what_never_left_counts_as_unsent() -> None:
    peer = logged_on()
    session = peer.session
    for number in range(2, 302):
        session.send(b"8", report(number), peer.now_ns)
    peer.answers()
    session.receive_data(peer.frame("35=2|34=2|7=2|16=0"), peer.now_ns)
    assert session.next_event() is None
    session.resend_slice(peer.now_ns)
    session.send(b"8", report(302), peer.now_ns)
    session.logout(b"", peer.now_ns)
    assert shown(session.data_to_send()[-1]) == venue_says("5", 303)
    assert peer.stream.unsent == [(302, 303)]


# -- while the client is away ---------------------------------------------------------------------


def away() -> Peer:
    """A client that logged on, went away and missed three reports: 2, 3 and 4."""
    peer = logged_on()
    peer.session.receive_eof(peer.now_ns)
    peer.answers()
    for number in (2, 3, 4):
        peer.stream.write(b"8", report(number), peer.now_ns)
    assert peer.stream.unsent == [(2, 5)]
    back = Peer(stream=peer.stream)
    back.now_ns += 5 * SECOND
    return back


def test_reports_for_an_absent_client_are_delivered_on_request_as_possible_duplicates() -> None:
    peer = away()
    assert peer.logs_on(number=2) == [venue_says("A", 5, "98=0", "108=30", time=LATER)]
    assert peer.says("35=2|34=3|7=2|16=0") == [again(2), again(3), again(4), fill(5, 6)]
    assert peer.stream.unsent == []


def test_a_partial_resend_leaves_the_rest_unsent() -> None:
    peer = away()
    peer.logs_on(number=2)
    assert peer.says("35=2|34=3|7=2|16=3") == [again(2), again(3)]
    assert peer.stream.unsent == [(4, 5)]


@pytest.mark.parametrize("reset_on_logon", [False, True])
def test_a_reset_issues_what_was_never_transmitted_again_as_new(reset_on_logon: bool) -> None:
    peer = away()
    peer.settings = FixSettings(reset_on_logon=reset_on_logon)
    flag = [] if reset_on_logon else ["141=Y"]
    body = "|".join(["98=0", "108=30", *flag])
    assert peer.logs_on(body) == [
        venue_says("A", 1, "98=0", "108=30", *flag, time=LATER),
        *(venue_says("8", number, f"37={number}", time=LATER) for number in (2, 3, 4)),
    ]
    assert peer.stream.unsent == []
    assert peer.stream.sent_log.next_number == 5


def test_a_reset_of_a_client_that_missed_nothing_issues_nothing() -> None:
    peer = logged_on()
    peer.session.send(b"8", report(2), peer.now_ns)
    peer.session.receive_eof(peer.now_ns)
    peer.answers()
    back = Peer(stream=peer.stream)
    assert back.logs_on("98=0|108=30|141=Y") == [venue_says("A", 1, "98=0", "108=30", "141=Y")]


def test_what_a_lost_connection_did_not_issue_again_is_still_unsent() -> None:
    peer = away()
    frame = peer.frame("35=A|34=1|98=0|108=30|141=Y")
    peer.session.receive_data(frame, peer.now_ns)
    peer.session.next_event()
    peer.session.accept(peer.stream, peer.settings, peer.now_ns)
    peer.session.receive_eof(peer.now_ns)
    while peer.session.next_event() is not None:
        pass
    assert peer.stream.unsent == [(2, 5)]
    third = Peer(stream=peer.stream)
    third.now_ns = peer.now_ns
    frames = third.logs_on("98=0|108=30|141=Y")
    assert [text.split("|")[0] for text in frames] == ["35=A", "35=8", "35=8", "35=8"]


def test_a_slice_never_passes_its_bound_of_messages() -> None:
    stream = stream_of(*[b"8"] * 600)
    cursor = ResendCursor(stream)
    cursor.request(1, 601)
    assert len(cursor.slice(START_NS)) == SLICE_MESSAGES


def test_only_our_own_frames_can_be_taken_apart() -> None:
    with pytest.raises(AssertionError):
        split_sent(framed("35=8|49=X|34=1"))
