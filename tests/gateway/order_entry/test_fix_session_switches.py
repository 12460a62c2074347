"""Session switches as configured, through the venue: versions not spoken, numbers after the end."""

import pytest

from gateway.config import Config
from gateway.config_fix import Fix, FixSession
from gateway.order_entry.fix import FixDesk
from protocol.fix.version import FIX44, FIX50SP2, Version
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
