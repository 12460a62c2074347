"""What is published over MoldUDP64 and what is answered, without sockets."""

from collections.abc import Callable

import pytest

from gateway.itch.feed import ItchFeed
from gateway.itch.moldudp64 import END_PACKETS, MoldFeed
from matching.events import DayEnded, DayStarted, Event, InstrumentAdded
from matching.instrument import Instrument
from protocol.errors import RemoteProtocolError
from protocol.moldudp64 import (
    DATAGRAM_SIZE,
    Downstream,
    EndOfSession,
    Request,
    decode_downstream,
    encode_request,
)

NOW_NS = 1_704_187_800_000_000_000
MIDNIGHT_NS = 1_704_153_600_000_000_000


def never(turn: Callable[[], None]) -> None:
    """Nobody listens over TCP."""


def running_feed() -> ItchFeed:
    feed = ItchFeed("", never, print)
    feed.observe([DayStarted(20240102, MIDNIGHT_NS)], NOW_NS)
    return feed


def list_instruments(feed: ItchFeed, first: int, count: int) -> None:
    events: list[Event] = [
        InstrumentAdded(number, Instrument(symbol=b"S%05d" % number))
        for number in range(first, first + count)
    ]
    feed.observe(events, NOW_NS)


def end_day(feed: ItchFeed) -> None:
    feed.observe([DayEnded(20240102)], NOW_NS)


def messages_of(feed: ItchFeed, begin: int = 1) -> tuple[bytes, ...]:
    stream = feed.stream
    return tuple(message for _, message in stream.read(begin, stream.next_number) if message)


def request(feed: ItchFeed, number: int, count: int) -> bytes:
    return encode_request(Request(feed.stream.session_id, number, count))


def test_what_was_numbered_before_the_start_is_not_published_but_answered() -> None:
    feed = running_feed()
    mold = MoldFeed(feed)
    assert list(mold.fresh()) == []
    answer = mold.answer(request(feed, 1, 10))
    assert answer is not None
    assert decode_downstream(answer) == Downstream(feed.stream.session_id, 1, messages_of(feed))


def test_messages_of_one_flush_share_datagrams_each_as_full_as_it_gets() -> None:
    feed = running_feed()
    mold = MoldFeed(feed)
    first = feed.stream.next_number
    list_instruments(feed, 1, 100)
    datagrams = list(mold.fresh())
    per_datagram = (DATAGRAM_SIZE - 20) // (2 + 39)
    packets = [decode_downstream(datagram) for datagram in datagrams]
    assert [(packet.sequence_number, len(packet.messages)) for packet in packets] == [  # type: ignore[union-attr]
        (first, per_datagram),
        (first + per_datagram, per_datagram),
        (first + 2 * per_datagram, per_datagram),
        (first + 3 * per_datagram, 100 - 3 * per_datagram),
    ]
    assert max(map(len, datagrams)) <= DATAGRAM_SIZE
    together = [message for packet in packets for message in packet.messages]  # type: ignore[union-attr]
    assert tuple(together) == messages_of(feed, first)
    assert list(mold.fresh()) == []


def test_heartbeat_carries_the_number_of_the_next_message() -> None:
    feed = running_feed()
    mold = MoldFeed(feed)
    list_instruments(feed, 1, 2)
    list(mold.fresh())
    number = feed.stream.next_number
    assert decode_downstream(mold.idle()) == Downstream(feed.stream.session_id, number)


def test_what_is_not_published_yet_is_neither_in_a_heartbeat_nor_answered() -> None:
    feed = running_feed()
    mold = MoldFeed(feed)
    number = feed.stream.next_number
    list_instruments(feed, 1, 2)
    assert decode_downstream(mold.idle()) == Downstream(feed.stream.session_id, number)
    assert mold.answer(request(feed, number, 1)) is None


def test_end_of_session_follows_the_last_message_and_is_said_for_a_while() -> None:
    feed = running_feed()
    mold = MoldFeed(feed)
    ended = feed.stream
    first = ended.next_number
    end_day(feed)
    packets = [decode_downstream(datagram) for datagram in mold.fresh()]
    end = EndOfSession(ended.session_id, ended.next_number)
    messages = tuple(message for _, message in ended.read(first, ended.next_number) if message)
    assert packets == [Downstream(ended.session_id, first, messages), end]
    assert messages[-1][-1:] == b"C"
    assert [decode_downstream(mold.idle()) for _ in range(END_PACKETS - 1)] == [end] * (
        END_PACKETS - 1
    )
    assert decode_downstream(mold.idle()) == Downstream(feed.stream.session_id, 1)


def test_an_ended_session_is_answered_until_the_next_day_begins() -> None:
    feed = running_feed()
    mold = MoldFeed(feed)
    ended = feed.stream
    asked = encode_request(Request(ended.session_id, ended.next_number, 1))
    end_day(feed)
    list(mold.fresh())
    answer = mold.answer(asked)
    assert answer is not None
    packet = decode_downstream(answer)
    assert isinstance(packet, Downstream)
    assert (packet.session, len(packet.messages)) == (ended.session_id, 1)

    feed.observe([DayStarted(20240103, MIDNIGHT_NS)], NOW_NS)
    following = decode_downstream(next(mold.fresh()))
    assert following == Downstream(feed.stream.session_id, 1, messages_of(feed))
    with pytest.raises(RemoteProtocolError):
        mold.answer(asked)


def test_days_that_end_and_begin_between_two_calls_are_both_told() -> None:
    feed = running_feed()
    mold = MoldFeed(feed)
    ended = feed.stream
    end_day(feed)
    feed.observe([DayStarted(20240103, MIDNIGHT_NS)], NOW_NS)
    packets = [decode_downstream(datagram) for datagram in mold.fresh()]
    assert [(packet.session, type(packet)) for packet in packets] == [
        (ended.session_id, Downstream),
        (ended.session_id, EndOfSession),
        (feed.stream.session_id, Downstream),
    ]


def test_a_request_gets_one_datagram_at_most() -> None:
    feed = running_feed()
    list_instruments(feed, 1, 300)
    mold = MoldFeed(feed)
    answer = mold.answer(request(feed, 2, 0xFFFF))
    assert answer is not None
    packet = decode_downstream(answer)
    assert isinstance(packet, Downstream)
    assert DATAGRAM_SIZE - 41 < len(answer) <= DATAGRAM_SIZE
    assert packet.messages == messages_of(feed, 2)[: len(packet.messages)]


def test_a_request_gets_no_more_messages_than_it_asks_for() -> None:
    feed = running_feed()
    list_instruments(feed, 1, 5)
    mold = MoldFeed(feed)
    answer = mold.answer(request(feed, 4, 2))
    assert answer is not None
    expected = Downstream(feed.stream.session_id, 4, messages_of(feed, 4)[:2])
    assert decode_downstream(answer) == expected


def test_requests_that_cannot_be_answered_say_why() -> None:
    feed = running_feed()
    mold = MoldFeed(feed)
    wrong = [
        b"",
        request(feed, 1, 1) + b"!",
        request(feed, 0, 1),
        request(feed, 1, 0),
        encode_request(Request(b"OTHER", 1, 1)),
    ]
    texts = []
    for datagram in wrong:
        with pytest.raises(RemoteProtocolError) as error:
            mold.answer(datagram)
        texts.append(str(error.value))
    name = feed.stream.session_id
    assert texts == [
        "header: expected 20 bytes, received 0",
        "packet length: expected 20 bytes, received 21",
        "request: expected a number and a count from 1 up, received 0 and 1",
        "request: expected a number and a count from 1 up, received 1 and 0",
        f"Session: expected {name!r}, received b'OTHER'",
    ]


def test_a_request_beyond_the_end_gets_nothing() -> None:
    feed = running_feed()
    mold = MoldFeed(feed)
    assert mold.answer(request(feed, feed.stream.next_number, 1)) is None
    assert mold.answer(request(feed, 2**64 - 1, 0xFFFF)) is None
