"""protocol.keepalive: what a quiet line wants, with literal times."""

from hypothesis import given
from hypothesis import strategies as st

from protocol.keepalive import Due, KeepAlive, KeepAlivePolicy

FIX = KeepAlivePolicy(heartbeat_ns=30, probe_ns=36, timeout_ns=60)
SOUP = KeepAlivePolicy(heartbeat_ns=10, timeout_ns=150)


def test_a_line_on_which_we_were_silent_wants_a_heartbeat_at_the_interval() -> None:
    line = KeepAlive(FIX, 100)
    line.received(120)
    assert (line.deadline_ns, line.due(129), line.due(130)) == (130, None, Due.HEARTBEAT)
    line.sent(130)
    assert (line.deadline_ns, line.due(130)) == (156, None)


def test_a_silent_peer_is_probed_once_and_then_given_up() -> None:
    line = KeepAlive(FIX, 100)
    line.sent(130)
    assert [line.due(at) for at in (135, 136, 137)] == [None, Due.PROBE, None]
    assert (line.probing, line.deadline_ns) == (True, 160)
    # The probe kept our side busy: no heartbeat while it is out.
    assert [line.due(at) for at in (159, 160, 161)] == [None, Due.TIMEOUT, Due.TIMEOUT]


def test_a_peer_that_speaks_again_ends_the_probe() -> None:
    line = KeepAlive(FIX, 100)
    assert line.due(136) is Due.PROBE
    line.received(140)
    assert (line.probing, line.deadline_ns) == (False, 130)
    assert line.due(140) is Due.HEARTBEAT
    line.sent(150)
    assert line.due(176) is Due.PROBE


def test_the_gravest_comes_first() -> None:
    assert KeepAlive(FIX, 100).due(160) is Due.TIMEOUT
    assert KeepAlive(FIX, 100).due(159) is Due.PROBE


def test_a_wire_without_probes_goes_from_heartbeats_to_the_end() -> None:
    line = KeepAlive(SOUP, 0)
    assert [line.due(at) for at in (9, 10, 149, 150)] == [
        None,
        Due.HEARTBEAT,
        Due.HEARTBEAT,
        Due.TIMEOUT,
    ]
    assert not line.probing


def test_a_line_without_thresholds_wants_nothing() -> None:
    line = KeepAlive(KeepAlivePolicy(), 0)
    assert (line.deadline_ns, line.due(1 << 62)) == (None, None)


thresholds = st.none() | st.integers(1, 100)


@given(
    policy=st.builds(KeepAlivePolicy, thresholds, thresholds, thresholds),
    steps=st.lists(st.tuples(st.sampled_from(["sent", "received", "due"]), st.integers(0, 80))),
)
def test_the_deadline_is_the_first_moment_at_which_something_is_due(
    policy: KeepAlivePolicy, steps: list[tuple[str, int]]
) -> None:
    now_ns = 0
    line = KeepAlive(policy, now_ns)
    for verb, duration_ns in steps:
        now_ns += duration_ns
        deadline_ns = line.deadline_ns
        if verb == "due":
            due = line.due(now_ns)
            assert (due is not None) == (deadline_ns is not None and now_ns >= deadline_ns)
        else:
            getattr(line, verb)(now_ns)
