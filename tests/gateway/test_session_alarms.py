"""Alarms of connections on a real loop: the shell wakes for them as for a session's deadline."""

import pytest

from gateway.clock import ManualClock
from gateway.config import Config, Fix, FixSession
from tests.gateway.socket_stage import LOOPS, SocketStage, drive

SECOND_NS = 1_000_000_000
OPENING_NS = 1_704_187_800 * SECOND_NS
"""2024-01-02T09:30:00Z."""


@pytest.mark.parametrize("loop_kind", sorted(LOOPS))
def test_an_alarm_rings_without_anybody_saying_anything(loop_kind: str) -> None:
    async def scenario() -> None:
        stage = await SocketStage().open()
        await stage.logged_on(b"QUIET", heart_bt_int=0)
        rang: list[int] = []
        (connection,) = stage.venue.connections.values()
        assert stage.shell.begin()
        connection.set_alarm(
            stage.venue.now_ns + SECOND_NS // 50, lambda: rang.append(stage.venue.now_ns)
        )
        stage.venue.wake(connection)
        await stage.until(lambda: bool(rang))
        await stage.close()

    drive(loop_kind, scenario)


@pytest.mark.parametrize("loop_kind", sorted(LOOPS))
def test_a_manual_clock_stops_at_the_end_of_a_schedule(loop_kind: str) -> None:
    session = FixSession(
        "FIX.4.4",
        "QUIET",
        "XVEN",
        "QUIET",
        start_time="09:00:00",
        end_time="17:00:00",
        time_zone="UTC",
    )

    async def scenario() -> None:
        clock = ManualClock(OPENING_NS)
        stage = await SocketStage(clock, config=Config(fix=Fix(sessions=(session,)))).open()
        client = await stage.logged_on(b"QUIET", heart_bt_int=0)
        await stage.shell.advance(clock, 86_400 * SECOND_NS)
        (logout,) = await client.read(1)
        assert (logout[35], logout[52], logout[58]) == (
            "5",
            "20240102-17:00:00.000",
            "session time is over",
        )
        await stage.until(lambda: not stage.shell.ports)
        await stage.close()

    drive(loop_kind, scenario)
