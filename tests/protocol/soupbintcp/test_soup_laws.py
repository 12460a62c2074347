"""Laws of SoupBinTCP sessions, whatever the bytes and wherever they are cut."""

from hypothesis import given
from hypothesis import strategies as st

from protocol.sent_log import SentLog
from protocol.session import Terminated
from protocol.soupbintcp.client_session import SoupClientSession
from protocol.soupbintcp.events import LoginRequested, SequencedData
from protocol.soupbintcp.packets import (
    LoginRequest,
    decode_login_request,
    encode_login_request,
)
from protocol.soupbintcp.session import SoupServerSession
from tests.protocol.soupbintcp.soup_scenes import (
    CLIENT_HEARTBEAT,
    LOGOUT_REQUEST,
    SESSION,
    debug,
    filled_log,
    joined_client,
    login_bytes,
    unsequenced,
)

words = st.text("ABCabc019", max_size=6).map(lambda text: text.encode("ascii"))
logins = st.builds(
    LoginRequest,
    words,
    words,
    words,
    st.integers(0, 10**20 - 1),
    st.none() | st.integers(1, 99_999),
)
packets = st.one_of(
    st.binary(max_size=60).map(unsequenced),
    st.binary(max_size=20).map(debug),
    st.just(CLIENT_HEARTBEAT),
    st.just(LOGOUT_REQUEST),
    st.binary(max_size=8),
)
streams = st.lists(packets, max_size=12).map(
    lambda parts: login_bytes(1, b"", 9999) + b"".join(parts)
)
cuts = st.lists(st.integers(1, 40), max_size=30)


def run_server(chunks: list[bytes]) -> tuple[list[object], bytes]:
    """Events and consumed bytes of a server that accepts every login."""
    server = SoupServerSession(0)
    events: list[object] = []
    consumed = b""
    for chunk in chunks:
        server.receive_data(chunk, 0)
        while (event := server.next_event()) is not None:
            events.append(event)
            if isinstance(event, LoginRequested):
                server.accept(SentLog(), SESSION, 0)
        consumed += server.take_consumed()
    return events, consumed


def cut(stream: bytes, sizes: list[int]) -> list[bytes]:
    chunks = []
    for size in sizes:
        chunks.append(stream[:size])
        stream = stream[size:]
    return [*chunks, stream]


@given(logins)
def test_decoding_a_login_undoes_encoding(login: LoginRequest) -> None:
    assert decode_login_request(encode_login_request(login)[3:]) == login


@given(streams, cuts)
def test_any_chunking_gives_the_same_events_and_consumes_the_same_bytes(
    stream: bytes, sizes: list[int]
) -> None:
    whole = run_server([stream])
    assert run_server(cut(stream, sizes)) == whole
    assert run_server([bytes([byte]) for byte in stream]) == whole


@given(streams)
def test_what_was_consumed_gives_the_same_events_again(stream: bytes) -> None:
    events, consumed = run_server([stream])
    again, consumed_again = run_server([consumed])
    assert again[1:] == events[1:]
    assert consumed_again == consumed


@given(st.lists(st.binary(min_size=1, max_size=80), max_size=6))
def test_garbage_never_raises_and_ends_at_most_once(chunks: list[bytes]) -> None:
    server_events, _ = run_server(chunks)
    client = joined_client()
    client_events: list[object] = []
    for chunk in chunks:
        client.receive_data(chunk, 0)
        while (event := client.next_event()) is not None:
            client_events.append(event)
    for events in (server_events, client_events):
        ends = [event for event in events if isinstance(event, Terminated)]
        assert ends == events[-1:] or not ends


@given(
    stored=st.integers(0, 600),
    requested=st.integers(0, 700),
    steps=st.lists(st.booleans(), max_size=30),
)
def test_client_receives_every_number_once_in_order(
    stored: int, requested: int, steps: list[bool]
) -> None:
    log = filled_log(stored)
    client, server = SoupClientSession(0), SoupServerSession(0)
    client.login(LoginRequest(b"TRADER", b"SECRET", b"", requested), 0)
    server.receive_data(b"".join(client.data_to_send()), 0)
    assert server.next_event() is not None
    server.accept(log, SESSION, 0)
    for sends in steps:
        if sends:
            server.send(b"m%d" % log.next_number, 0)
        else:
            server.resend_slice(0)
    while server.resend_slice(0):
        pass
    client.receive_data(b"".join(server.data_to_send()), 0)
    assert client.next_event() is not None
    first = client.next_sequence
    assert first == (min(requested, stored + 1) if requested else stored + 1)
    received = []
    while (event := client.next_event()) is not None:
        received.append(event)
    expected = [SequencedData(number, b"m%d" % number) for number in range(first, log.next_number)]
    assert received == expected
