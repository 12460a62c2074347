"""The harness handler: what comes back, what is swallowed, and that nothing of it trades."""

from gateway.config import Config, Fix, FixSession
from gateway.order_entry.fix import FixDesk
from gateway.order_entry.fix_dictionaries import switches, table, validator
from gateway.order_entry.fix_echo import ECHOED_TYPES
from protocol.fix.validation import Switches
from protocol.fix.version import FIX40, FIX44, FIX50SP2, Version
from tests.gateway.order_entry.fix_client import FixClient
from tests.gateway.venue_harness import VenueHarness

BODY = "55=AAPL|11=a|54=1|40=1|60=20240102-09:30:00|"


def echo_client(version: Version = FIX44, **keys: object) -> FixClient:
    session = FixSession(
        begin_string=version.begin_string.decode(),  # type: ignore[arg-type]
        target_comp_id="ACME",
        sender_comp_id="XVEN",
        account="ACME",
        applications=("echo",),
        **keys,  # type: ignore[arg-type]
    )
    config = Config(fix=Fix(sessions=(session,)))
    client = FixClient(
        VenueHarness(lambda venue: {b"fix": FixDesk(venue, config)}, config), b"ACME", version
    )
    client.log_on()
    return client


def frames(client: FixClient) -> list[str]:
    """MsgType and what follows the names and times."""
    assert client.pipe is not None
    shown = [frame.decode().replace("\x01", "|") for frame in client.pipe.take_frames()]
    return [
        text.split("|")[2] + "|" + text.partition("|56=ACME|")[2].partition("|10=")[0]
        for text in shown
    ]


def test_orders_come_back_in_ascending_order_and_never_trade() -> None:
    client = echo_client()
    client.send(b"D", BODY)
    client.send(b"d", "320=r|322=s|323=1|454=0|")
    assert frames(client) == [
        "35=D|11=a|40=1|54=1|55=AAPL|60=20240102-09:30:00",
        "35=d|320=r|322=s|323=1|454=0",
    ]
    assert client.harness.venue.orders.by_id == {}


def test_a_possible_resend_is_swallowed_if_it_was_seen_since_the_logon() -> None:
    client = echo_client()
    client.send(b"D", BODY)
    now_ns = client.harness.now_ns
    data = BODY.replace("|", "\x01").encode()
    assert client.pipe is not None
    frames(client)
    client.pipe.send(client.stream.write(b"D", data, now_ns, b"97=Y\x01"))
    assert frames(client) == []
    client.hang_up()
    client.log_on()
    assert client.pipe is not None
    client.pipe.send(client.stream.write(b"D", data, now_ns, b"97=Y\x01"))
    assert frames(client) == ["35=D|97=Y|11=a|40=1|54=1|55=AAPL|60=20240102-09:30:00"]


def test_other_messages_are_unsupported() -> None:
    client = echo_client()
    client.send(b"H", "11=a|54=1|55=AAPL|")
    assert frames(client) == ["35=j|45=2|58=Unsupported Message Type|372=H|380=3"]
    assert b"H" not in ECHOED_TYPES


def test_a_session_without_echo_gets_reports() -> None:
    config = Config()
    harness = VenueHarness(lambda venue: {b"fix": FixDesk(venue, config)}, config)
    client = FixClient(harness)
    client.log_on()
    client.new("a", "1", "100")
    assert [message[35] for message in client.take()] == ["8"]


def test_the_switches_of_a_session_count() -> None:
    client = echo_client(validate_fields_have_values=False)
    client.send(b"D", BODY + "58=|")
    assert frames(client) == ["35=D|11=a|40=1|54=1|55=AAPL|60=20240102-09:30:00"]
    session = FixSession("FIX.4.4", "C", allow_unknown_msg_fields=True)
    assert switches(session) == Switches(allow_unknown_msg_fields=True)
    assert validator("44", Switches()) is validator("44", Switches())
    assert table() is table()


def test_the_oldest_version_has_times_without_fraction_and_orders_in_its_own_words() -> None:
    config = Config()
    harness = VenueHarness(lambda venue: {b"fix": FixDesk(venue, config)}, config)
    client = FixClient(harness, b"OLD", FIX40)
    (logon,) = client.log_on()
    assert logon[52] == "20240102-09:30:00"
    client.send(b"D", "11=a|21=1|38=100|40=2|44=100.00|54=1|55=AAPL|")
    (report,) = client.take_words()
    assert report | {17: "", 37: "", 60: ""} == {
        35: "8", 6: "0", 11: "a", 14: "0", 17: "", 20: "0", 31: "0", 32: "0", 37: "", 38: "100",
        39: "0", 40: "2", 44: "100.0000", 54: "1", 55: "AAPL", 59: "0", 60: "",
    }  # fmt: skip


def test_a_configured_default_appl_ver_id_is_the_only_one() -> None:
    client = echo_client(FIX50SP2, default_appl_ver_id="7")
    assert client.pipe is not None and client.pipe.closed is not None
    client.pipe = client.harness.connect(b"fix")
    client.stream.reset()
    client.send(b"A", "98=0|108=30|1137=7|")
    assert [message[35] for message in client.take()] == ["A"]
