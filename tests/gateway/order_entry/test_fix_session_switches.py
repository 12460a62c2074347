"""Session switches as configured, through the venue: versions not spoken, numbers after the end."""

import pytest

from gateway.config import Config
from gateway.config_fix import Fix, FixSession
from gateway.order_entry.fix import FixDesk
from protocol.fix.version import FIX44, FIX50SP2, FIX_LATEST, Version
from tests.gateway.order_entry.fix_client import FixClient
from tests.gateway.venue_harness import VenueHarness


def client_of(version: Version = FIX44, **keys: object) -> FixClient:
    session = FixSession(
        begin_string=version.begin_string.decode(),  # type: ignore[arg-type]
        target_comp_id="ACME",
        sender_comp_id="XVEN",
        account="ACME",
        **keys,  # type: ignore[arg-type]
    )
    config = Config(fix=Fix(sessions=(session,)))
    harness = VenueHarness(lambda venue: {b"fix": FixDesk(venue, config)}, config)
    return FixClient(harness, b"ACME", version)


@pytest.mark.parametrize(
    ("style", "texts"), [("quickfix", []), ("quickfixj", ["Invalid DefaultApplVerID=33"])]
)
def test_a_default_appl_ver_id_not_spoken_is_answered_by_style(
    style: str, texts: list[str]
) -> None:
    client = client_of(FIX50SP2, reject_style=style)
    client.pipe = client.harness.connect(b"fix")
    client.send(b"A", "98=0|108=30|1137=33|")
    assert [message[58] for message in client.take()] == texts
    assert client.pipe.closed is not None
    assert "DefaultApplVerID(1137) not spoken: 33" in "\n".join(client.harness.remarks)


@pytest.mark.parametrize(("reset", "number"), [(True, "1"), (False, "2")])
def test_the_number_of_the_next_logon_after_the_line_was_lost(reset: bool, number: str) -> None:
    client = client_of(reset_on_disconnect=reset)
    assert client.log_on()[0][34] == "1"
    client.hang_up()
    if reset:
        client.stream.reset()
    assert client.log_on()[0][34] == number


@pytest.mark.parametrize("configured", ["any", "10"])
def test_fix_latest_is_spoken_with_the_table_of_the_last_numbered_version(configured: str) -> None:
    client = client_of(FIX_LATEST, default_appl_ver_id=configured)
    assert client.log_on()[0][1137] == "10"
    client.send(
        b"D", "1128=10|11=a|38=100|40=2|44=100.00|54=1|55=AAPL|60=20240102-09:30:00|1138=5|"
    )
    assert [message[35] for message in client.take()] == ["8"]


@pytest.mark.parametrize(
    ("precision", "width"), [("seconds", 17), ("milliseconds", 21), ("nanoseconds", 27)]
)
def test_the_time_of_a_report_is_as_fine_as_its_header(precision: str, width: int) -> None:
    client = client_of(timestamp_precision=precision)
    client.log_on()
    client.send(b"D", "11=a|21=1|38=100|40=2|44=100.00|54=1|55=AAPL|60=20240102-09:30:00|")
    client.send(b"F", "11=b|41=z|38=100|54=1|55=AAPL|60=20240102-09:30:00|")
    reports = client.take()
    assert [message[35] for message in reports] == ["8", "9"]
    assert [(len(message[52]), len(message[60])) for message in reports] == [(width, width)] * 2
