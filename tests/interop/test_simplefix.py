"""A FIX client made of `simplefix` and a plain socket."""

from decimal import Decimal

import pytest

from tests.interop.simplefix_client import SimplefixClient
from tests.interop.venue_process import VenueProcess

pytestmark = pytest.mark.interop
BUY, SELL = 1, 2


@pytest.mark.parametrize(
    ("version", "exec_type"), [("FIX.4.2", "2"), ("FIX.4.4", "F")], ids=["fix42", "fix44"]
)
def test_two_clients_log_on_trade_and_log_out(
    venue: VenueProcess, version: str, exec_type: str
) -> None:
    port = venue.ports["fix"]
    with (
        SimplefixClient(port, "ACME", version) as buyer,
        SimplefixClient(port, "BETA", version) as seller,
    ):
        for client in (buyer, seller):
            answer = client.logon()
            assert (answer[8], answer[49], answer[56]) == (version, "XVEN", client.name)
        buyer.order("b1", BUY, 10, "MSFT", "410.25")
        assert buyer.receive()[150] == "0"
        seller.order("s1", SELL, 10, "MSFT", "410.25")
        assert seller.receive()[150] == "0"
        for client, cl_ord_id in ((buyer, "b1"), (seller, "s1")):
            fill = client.receive()
            assert (fill[35], fill[11], fill[150], fill[39]) == ("8", cl_ord_id, exec_type, "2")
            amounts = {tag: Decimal(fill[tag]) for tag in (14, 31, 32, 151)}
            assert amounts == {14: 10, 31: Decimal("410.25"), 32: 10, 151: 0}
            client.logout()


def test_a_client_continues_its_numbers_over_a_kill(venue: VenueProcess) -> None:
    with SimplefixClient(venue.ports["fix"], "ACME") as client:
        client.logon()
        client.order("b1", BUY, 10, "AAPL", "187.00")
        assert client.receive()[150] == "0"
    venue.restart()
    with SimplefixClient(venue.ports["fix"], "ACME", next_number=client.next_number) as again:
        again.expected_number = client.expected_number
        again.logon()
        again.order("b2", BUY, 10, "AAPL", "187.00")
        assert again.receive()[11] == "b2"


def test_a_number_that_is_too_low_is_answered_with_logout(venue: VenueProcess) -> None:
    with SimplefixClient(venue.ports["fix"], "ACME") as client:
        client.logon()
        client.next_number = 1
        client.send("0")
        answer = client.receive()
        assert answer[35] == "5"
        assert answer[58] == "MsgSeqNum too low, expecting 2 but received 1"
        with pytest.raises(ConnectionError):
            client.receive()
