"""Messages of the right length with fields that no order may have, while another trades on."""

import itertools

import pytest

from tests.interop import ouch42_definitions as ouch42
from tests.interop import ouch50_definitions as ouch50
from tests.interop.soup_packets import RawSoup
from tests.interop.venue_process import VenueProcess
from tests.interop.victim import PRICE, Victim

pytestmark = pytest.mark.interop
NOBODY = "SIM404"
_fresh = itertools.count(1)


def behind_the_past(port: int) -> RawSoup:
    """A login that hears only what is new; the start of the day is told to the first one."""
    RawSoup.login(port, NOBODY).close()
    return RawSoup.login(port, NOBODY, sequence=str(10**9))


@pytest.fixture
def line42(shared_venue: VenueProcess, victim: Victim) -> RawSoup:
    return behind_the_past(shared_venue.ports["ouch42"])


@pytest.fixture
def line50(shared_venue: VenueProcess, victim: Victim) -> RawSoup:
    return behind_the_past(shared_venue.ports["ouch50"])


def answers42(line: RawSoup, *messages: bytes) -> list[ouch42.Outbound]:
    """What is said to `messages`, before the refusal of an order in no stock."""
    end = f"END{next(_fresh)}"
    line.order(*messages, ouch42.enter_order(end, "B", 1, "NOSUCH", PRICE))
    told = []
    while (message := ouch42.decode(line.message())) != ouch42.Rejected(end, "S"):
        told.append(message)
    return told


def answers50(line: RawSoup, *messages: bytes) -> list[object]:
    line.order(*messages, ouch50.account_query())
    told = []
    while not isinstance(message := ouch50.decode(line.message()), ouch50.NextNumber):
        told.append(message)
    return told


def with_token(order: bytes, token: bytes) -> bytes:
    return order[:1] + token + order[15:]


def first_number(line: RawSoup) -> int:
    line.order(ouch50.account_query())
    message = ouch50.decode(line.message())
    assert isinstance(message, ouch50.NextNumber), message
    return message.number


@pytest.mark.parametrize(
    "token",
    [
        b"\x01" * 14,
        b"A\x00B           ",
        b"A\nB           ",
        b"A\x1bB           ",
        b"A\x7fB           ",
        b"\xff" * 14,
        b"\0" * 14,
    ],
    ids=bytes.hex,
)
def test_an_order_with_control_characters_in_its_token_is_not_accepted(
    shared_venue: VenueProcess, line42: RawSoup, token: bytes
) -> None:
    order = with_token(ouch42.enter_order("A", "B", 1, "AAPL", PRICE), token)
    line42.order(order)
    line42.order(ouch42.enter_order(f"C{next(_fresh)}", "B", 1, "NOSUCH", PRICE))
    try:
        told = line42.message()
    except EOFError:
        told = b"closed"
    # Refused by name, or with silence (what comes then belongs to the second order), or closed.
    assert told == b"closed" or told[:1] == b"J", told
    line42.close()


@pytest.mark.parametrize("price", [0, ouch42.MAX_PRICE + 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_price_that_no_order_may_have_is_refused(line42: RawSoup, price: int) -> None:
    token = f"P{next(_fresh)}"
    order = ouch42.enter_order(token, "B", 1, "AAPL", price)
    assert answers42(line42, order) == [ouch42.Rejected(token, "X")]
    line42.close()


@pytest.mark.parametrize("shares", [0, 1_000_000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_size_that_no_order_may_have_is_refused(line42: RawSoup, shares: int) -> None:
    token = f"Q{next(_fresh)}"
    (told,) = answers42(line42, ouch42.enter_order(token, "B", shares, "AAPL", PRICE))
    assert isinstance(told, ouch42.Rejected) and told.token == token
    if shares:
        assert told.reason == "Z"
    line42.close()


def test_the_highest_price_and_the_largest_size_are_allowed(line42: RawSoup) -> None:
    token = f"H{next(_fresh)}"
    highest = ouch42.MAX_PRICE
    order = ouch42.enter_order(token, "S", ouch42.MAX_SHARES, "MSFT", highest)
    accepted, canceled = answers42(line42, order, ouch42.cancel_order(token))
    assert isinstance(accepted, ouch42.Accepted)
    assert accepted[:5] == (token, "S", ouch42.MAX_SHARES, "MSFT", highest)
    assert canceled == ouch42.Canceled(token, ouch42.MAX_SHARES, "U")
    line42.close()


def test_a_chain_that_grows_beyond_the_largest_size_is_canceled(line42: RawSoup) -> None:
    old, new = f"G{next(_fresh)}", f"G{next(_fresh)}"
    for shares in (1_000_000, 0xFFFFFFFF):
        enter = ouch42.enter_order(old, "B", 100, "MSFT", PRICE)
        told = answers42(line42, enter, ouch42.replace_order(old, new, shares, PRICE))
        assert told[1:] == [ouch42.Canceled(old, 100, "U")]
        old = f"G{next(_fresh)}"
    line42.close()


def test_letters_that_no_field_knows_are_refused_or_converted(line42: RawSoup) -> None:
    def order(token: str, side: str = "B", **other: str) -> bytes:
        return ouch42.enter_order(token, side, 1, "MSFT", PRICE, **other)

    tokens = [f"L{next(_fresh)}" for _ in range(4)]
    told = answers42(
        line42,
        order(tokens[0], side="?"),
        order(tokens[1], display="?"),
        order(tokens[2], cross="?"),
        # Capacity is not judged: whatever is no letter of it counts as other.
        order(tokens[3], capacity="?"),
        ouch42.cancel_order(tokens[3]),
    )
    assert [type(message) for message in told[:3]] == [ouch42.Rejected] * 3
    assert told[1] == ouch42.Rejected(tokens[1], "D")
    accepted, canceled = told[3:]
    assert isinstance(accepted, ouch42.Accepted)
    assert (accepted.token, accepted.capacity) == (tokens[3], "O")
    assert canceled == ouch42.Canceled(tokens[3], 1, "U")
    line42.close()


@pytest.mark.parametrize("lives", [100_000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_time_in_force_beyond_all_words_is_system_hours(line42: RawSoup, lives: int) -> None:
    token = f"T{next(_fresh)}"
    order = ouch42.enter_order(token, "B", 1, "MSFT", PRICE, lives)
    accepted, canceled = answers42(line42, order, ouch42.cancel_order(token))
    assert isinstance(accepted, ouch42.Accepted)
    assert (accepted.token, accepted.time_in_force) == (token, ouch42.SYSTEM_HOURS)
    assert canceled == ouch42.Canceled(token, 1, "U")
    line42.close()


def test_requests_about_orders_of_others_are_met_with_silence(line42: RawSoup) -> None:
    others = [ouch42.cancel_order("V1"), ouch42.replace_order("V1", "V9999", 5, PRICE)]
    assert answers42(line42, *others, ouch42.modify_order("W1", "B", 1)) == []
    line42.close()


@pytest.mark.parametrize(
    "price", [0, ouch50.MAX_PRICE + 1, 0x7FFFFFFF, 0xFFFFFFFF, 2**63 - 1, 2**63, 2**64 - 1]
)
def test_a_5_0_price_that_no_order_may_have_is_refused(line50: RawSoup, price: int) -> None:
    number = first_number(line50)
    order = ouch50.enter_order(number, "B", 1, "AAPL", price, order_id="p")
    assert answers50(line50, order) == [ouch50.Rejected(number, ouch50.INVALID_PRICE, "p")]
    line50.close()


@pytest.mark.parametrize("quantity", [0, 1_000_000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_5_0_size_that_no_order_may_have_is_refused(line50: RawSoup, quantity: int) -> None:
    number = first_number(line50)
    (told,) = answers50(line50, ouch50.enter_order(number, "B", quantity, "AAPL", PRICE))
    allowed = {ouch50.INVALID_QUANTITY, ouch50.SHARES_EXCEED_THRESHOLD}
    assert isinstance(told, ouch50.Rejected)
    assert (told.number, told.reason in allowed) == (number, True)
    line50.close()


def test_a_5_0_order_id_is_nobodys_business(line50: RawSoup) -> None:
    number = first_number(line50)
    order = ouch50.enter_order(number, "B", 1, "NOSUCH", PRICE, order_id="\x01\x00\x7f\n")
    (told,) = answers50(line50, order)
    assert told == ouch50.Rejected(number, ouch50.INVALID_SYMBOL, "\x01\x00\x7f\n")
    line50.close()


def test_the_highest_5_0_number_is_the_last(shared_venue: VenueProcess, victim: Victim) -> None:
    line = RawSoup.login(shared_venue.ports["ouch50"], "SIM405")
    assert ouch50.decode(line.message()) == ouch50.SystemEvent("S")
    line.order(ouch50.enter_order(2**32 - 1, "B", 1, "NOSUCH", PRICE))
    told = ouch50.decode(line.message())
    assert told == ouch50.Rejected(2**32 - 1, ouch50.INVALID_SYMBOL, "")
    # Whatever the next number is said to be then, no order can have one.
    line.order(ouch50.enter_order(2**32 - 1, "B", 1, "AAPL", PRICE), ouch50.account_query())
    kind, payload = line.receive()
    assert (kind, payload[:1]) == ("S", b"Q")
    line.close()
