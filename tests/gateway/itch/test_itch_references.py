"""One order, one reference, one match number: on the ITCH feed as on the wires of its traders."""

from gateway.config import Config
from gateway.itch.feed import ItchFeed
from gateway.order_entry.fix import FixDesk
from gateway.order_entry.ouch import ouch_desk
from matching.engine import Engine
from protocol.itch import messages as itch
from protocol.ouch import messages42 as ouch
from tests.gateway.itch.itch_stage import payloads
from tests.gateway.order_entry.fix_client import FixClient
from tests.gateway.order_entry.ouch_client import OuchClient, enter, replace
from tests.gateway.venue_harness import VenueHarness


def test_references_and_match_numbers_are_those_of_ouch_and_fix() -> None:
    harness = VenueHarness(
        lambda venue: {b"ouch": ouch_desk(venue), b"fix": FixDesk(venue, Config())}
    )
    ouch_client, fix_client = OuchClient(harness), FixClient(harness)
    fix_client.log_on()
    (accepted,) = ouch_client.ask(enter("A", shares=300))[-1:]
    (replaced,) = ouch_client.ask(replace("A", "B", 200))
    fix_client.new("F", "2", "100", "187.00")
    fix_client.new("G", "2", "100", "187.10")
    (executed,) = ouch_client.news()
    assert isinstance(accepted, ouch.Accepted)
    assert isinstance(replaced, ouch.Replaced)
    assert isinstance(executed, ouch.Executed)
    resting = fix_client.take()[-1]

    feed = ItchFeed("", lambda _: None, lambda _: None)
    engine = Engine()
    for batch in harness.batches():
        for command in batch.commands:
            feed.observe(engine.apply(command, batch.now_ns), batch.now_ns)
    told = [itch.decode(message) for message in payloads(feed.stream.read(1, 1 << 40))]
    orders = [m for m in told if isinstance(m, itch.AddOrder | itch.OrderReplace)]
    first, second, of_fix = orders
    assert isinstance(first, itch.AddOrder)
    assert isinstance(second, itch.OrderReplace)
    assert isinstance(of_fix, itch.AddOrder)
    assert first.order_reference_number == accepted.order_reference_number
    assert second.new_order_reference_number == replaced.order_reference_number
    assert of_fix.order_reference_number == int(resting[198])
    (match,) = [m for m in told if isinstance(m, itch.OrderExecuted)]
    assert match.match_number == executed.match_number
    assert match.order_reference_number == replaced.order_reference_number
