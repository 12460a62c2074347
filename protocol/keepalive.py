"""When a quiet line wants a heartbeat, a probe, or to be given up.

Three thresholds: what we have not sent for `heartbeat_ns` wants a heartbeat; what we have not heard
for `probe_ns` wants a probe (FIX TestRequest); not heard for `timeout_ns` is a dead line.
SoupBinTCP has no probe, FIX with HeartBtInt(108)=0 has none of the three.
"""

from enum import Enum

import msgspec


class Due(Enum):
    """What a quiet line wants now."""

    HEARTBEAT = 1
    PROBE = 2
    TIMEOUT = 3


class KeepAlivePolicy(msgspec.Struct, frozen=True, gc=False):
    """Thresholds in nanoseconds; None switches one off."""

    heartbeat_ns: int | None = None
    probe_ns: int | None = None
    timeout_ns: int | None = None


class KeepAlive:
    """Both directions of one line. A cheap value: a session makes a new one when a login sets new
    times."""

    __slots__ = ("_policy", "_probed", "received_ns", "sent_ns")

    def __init__(self, policy: KeepAlivePolicy, now_ns: int) -> None:
        self._policy = policy
        self._probed = False
        self.sent_ns = now_ns
        self.received_ns = now_ns

    @property
    def probing(self) -> bool:
        """A probe is out and nothing has been heard since."""
        return self._probed

    def sent(self, now_ns: int) -> None:
        self.sent_ns = now_ns

    def received(self, now_ns: int) -> None:
        self.received_ns = now_ns
        self._probed = False

    def due(self, now_ns: int) -> Due | None:
        """What is due, the gravest first. A PROBE is reported once per silence."""
        policy = self._policy
        if policy.timeout_ns is not None and now_ns - self.received_ns >= policy.timeout_ns:
            return Due.TIMEOUT
        if (
            policy.probe_ns is not None
            and not self._probed
            and now_ns - self.received_ns >= policy.probe_ns
        ):
            self._probed = True
            return Due.PROBE
        # While a probe is out no heartbeat is sent: the probe itself kept our side busy
        # (acceptance case 6 of the public FIX scripts counts the messages).
        if (
            policy.heartbeat_ns is not None
            and not self._probed
            and now_ns - self.sent_ns >= policy.heartbeat_ns
        ):
            return Due.HEARTBEAT
        return None

    @property
    def deadline_ns(self) -> int | None:
        """The next moment at which `due` can answer something."""
        policy = self._policy
        times = []
        if policy.timeout_ns is not None:
            times.append(self.received_ns + policy.timeout_ns)
        if not self._probed:
            if policy.probe_ns is not None:
                times.append(self.received_ns + policy.probe_ns)
            if policy.heartbeat_ns is not None:
                times.append(self.sent_ns + policy.heartbeat_ns)
        return min(times, default=None)
