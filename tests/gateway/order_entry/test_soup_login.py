"""gateway.order_entry.soup_login: wrong passwords slow down who tries them."""

import pytest

from gateway.login_delays import FREE_PER_IDENTITY, NS_PER_S, STEP_MAX_NS
from protocol.soupbintcp.events import LoggedIn, LoginRejected
from protocol.soupbintcp.packets import LoginRejectReason
from tests.gateway.order_entry.ouch_client import OuchClient, ouch_venue
from tests.gateway.venue_harness import VenueHarness

NOT_AUTHORIZED = LoginRejected(LoginRejectReason.NOT_AUTHORIZED)


@pytest.fixture
def venue() -> VenueHarness:
    return ouch_venue()


def try_wrong(venue: VenueHarness, name: bytes = b"TRADER") -> list[OuchClient]:
    """As many wrong passwords as are answered at once."""
    clients = [OuchClient(venue, name, password=b"WRONG") for _ in range(FREE_PER_IDENTITY)]
    assert [client.login for client in clients] == [NOT_AUTHORIZED] * FREE_PER_IDENTITY
    return clients


@pytest.mark.parametrize("name", [b"TRADER", b"NOBODY"], ids=["known name", "unknown name"])
def test_after_wrong_passwords_a_wrong_one_waits_for_its_answer(
    venue: VenueHarness, name: bytes
) -> None:
    try_wrong(venue, name)
    client = OuchClient(venue, name, password=b"WRONG")
    venue.advance(NS_PER_S - 1)
    client.news()
    assert client.login is None
    venue.advance(1)
    client.news()
    assert client.login == NOT_AUTHORIZED


def test_the_right_password_waits_as_long_and_ends_the_delay(venue: VenueHarness) -> None:
    try_wrong(venue)
    client = OuchClient(venue)
    assert client.login is None
    venue.advance(NS_PER_S)
    client.news()
    assert isinstance(client.login, LoggedIn)
    assert isinstance(OuchClient(venue).login, LoggedIn)


def test_other_names_do_not_wait(venue: VenueHarness) -> None:
    try_wrong(venue)
    assert isinstance(OuchClient(venue, b"SIM001").login, LoggedIn)


def test_a_client_that_leaves_while_it_waits_is_forgotten(venue: VenueHarness) -> None:
    try_wrong(venue)
    OuchClient(venue).pipe.hang_up()
    venue.advance(STEP_MAX_NS)
    assert venue.venue.connections == {}
    assert venue.venue.directory.sessions == {}


def test_a_queue_that_is_too_long_refuses_unread(venue: VenueHarness) -> None:
    try_wrong(venue)
    waiting = []
    while (client := OuchClient(venue, password=b"WRONG")).login is None:
        waiting.append(client)
    assert client.login == NOT_AUTHORIZED
    assert "too many logins of this address wait for their answer" in venue.remarks[-2]
    # The login timer of the session runs on while its answer waits.
    venue.advance(60 * NS_PER_S)
    assert venue.venue.connections == {}
    assert not any("internal error" in remark for remark in venue.remarks)


def test_an_answer_that_is_due_with_the_login_timer_is_none(venue: VenueHarness) -> None:
    try_wrong(venue)
    client = OuchClient(venue)
    # The loop was busy: both deadlines are over when the timer fires.
    venue.now_ns += 60 * NS_PER_S
    venue.advance(0)
    client.news()
    assert client.login is None
    assert client.pipe.closed == "not logged in for 60000 ms"
