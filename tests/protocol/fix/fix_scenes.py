"""A venue and a client on paper: `|` stands for the delimiter, lengths and sums are independent."""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from protocol.fix.dictionary import Table, parse_table
from protocol.fix.events import LoggedOn, LogonRequested, Terminated
from protocol.fix.session import FixSession
from protocol.fix.settings import FixSettings
from protocol.fix.stream import FixStream
from protocol.fix.validation import DEFAULT_SWITCHES, Switches, Validator
from protocol.fix.version import FIX44, VERSIONS, Version

SECOND = 1_000_000_000
START_NS = 1_767_605_400 * SECOND
T0 = "20260105-09:30:00.000"
"""START_NS on the wire."""
LATE = "20260105-09:32:01.000"
EARLY = "20260105-09:27:59.000"
BY_NAME = {version.name: version for version in VERSIONS}

DICTIONARY = Path(__file__).parents[3] / "specs" / "fix" / "dictionary.txt"


@cache
def table() -> Table:
    """The venue's own dictionary."""
    return parse_table(DICTIONARY.read_bytes())


@cache
def _validator(code: str, switches: Switches) -> Validator:
    return Validator(table().dictionary(code), switches)


def validator(version: Version = FIX44, switches: Switches = DEFAULT_SWITCHES) -> Validator:
    """What judges the messages of a version."""
    return _validator(version.code, switches)


def framed(text: str, begin_string: str = "FIX.4.4") -> bytes:
    """A whole frame of the fields from 35 on; BodyLength and CheckSum are made here."""
    content = text.replace("|", "\x01").encode("latin-1") + b"\x01"
    head = b"8=%b\x019=%d\x01" % (begin_string.encode(), len(content))
    return head + content + b"10=%03d\x01" % (sum(head + content) % 256)


def shown(frame: bytes) -> str:
    """The fields from 35 to before 10, after an independent check of what surrounds them."""
    head, separator, rest = frame.partition(b"\x0135=")
    content = separator[1:] + rest[: rest.rindex(b"10=")]
    begin_string, _, length = head.partition(b"\x019=")
    assert begin_string.startswith(b"8=FIX")
    assert int(length) == len(content)
    assert frame.endswith(b"\x0110=%03d\x01" % (sum(frame[: frame.rindex(b"10=")]) % 256))
    return content[:-1].decode("latin-1").replace("\x01", "|")


class Peer:
    """The other end of a venue's session: says fields, hears fields."""

    def __init__(
        self,
        version: Version = FIX44,
        settings: FixSettings | None = None,
        stream: FixStream | None = None,
    ) -> None:
        self.now_ns = START_NS
        self.version = version
        if settings is None or settings.validator is None:
            settings = msgspec.structs.replace(
                settings or FixSettings(), validator=validator(version)
            )
        self.settings = settings
        self.session = FixSession.acceptor(self.now_ns, settings)
        self.stream = stream or FixStream(version, sender_comp_id=b"XVEN", target_comp_id=b"ACME")
        self.events: list[object] = []

    def frame(self, text: str, *, sender: str = "ACME", target: str = "XVEN") -> bytes:
        """`35=..|34=..` gets the header; a text with its own 49 is taken as it is."""
        if "|49=" not in text and not text.startswith("49="):
            msg_type, number, *body = text.split("|")
            text = "|".join([msg_type, number, f"49={sender}", f"52={T0}", f"56={target}", *body])
        return framed(text, self.version.begin_string.decode())

    def says(self, *texts: str) -> list[str]:
        """Send messages in one read; what the venue answers."""
        return self.sends(b"".join(map(self.frame, texts)))

    def sends(self, data: bytes) -> list[str]:
        self.session.receive_data(data, self.now_ns)
        return self.answers()

    def answers(self) -> list[str]:
        """Pull events, accept logons, run resends to their end; the frames that left."""
        while (event := self.session.next_event()) is not None:
            self.events.append(event)
            if isinstance(event, LogonRequested):
                self.session.accept(self.stream, self.settings, self.now_ns)
        while self.session.resend_slice(self.now_ns):
            pass
        return [shown(frame) for frame in self.session.data_to_send()]

    def waits(self, seconds: float) -> list[str]:
        """Time passes; every deadline on the way is served."""
        end = self.now_ns + int(seconds * SECOND)
        frames: list[str] = []
        while (deadline := self.session.deadline_ns) is not None and deadline <= end:
            assert deadline > self.now_ns, "a deadline that does not move would spin"
            self.now_ns = deadline
            self.session.handle_timeout(deadline)
            frames += self.answers()
        self.now_ns = end
        return frames

    def logs_on(self, body: str = "98=0|108=30", number: int = 1) -> list[str]:
        if self.version.appl_ver_id:
            body += f"|1137={self.version.appl_ver_id.decode()}"
        return self.says(f"35=A|34={number}|{body}")

    def take_events(self) -> list[Any]:
        events, self.events = self.events, []
        return events

    @property
    def ended(self) -> str | None:
        """Why the session is over, or None."""
        reasons = [event.reason for event in self.events if isinstance(event, Terminated)]
        return reasons[-1] if reasons else None


def logged_on(version: Version = FIX44, **kwargs: Any) -> Peer:
    """A session just after a Logon with HeartBtInt(108)=30; the venue's next number is 2."""
    peer = Peer(version, **kwargs)
    peer.logs_on()
    assert any(isinstance(event, LoggedOn) for event in peer.take_events())
    return peer


def venue_says(msg_type: str, number: int, *body: str, time: str = T0) -> str:
    """What `Peer.says` returns for one message of the venue."""
    return "|".join([f"35={msg_type}", f"34={number}", "49=XVEN", f"52={time}", "56=ACME", *body])


ORDER = "11=A1|21=1|38=100|40=2|44=187.05|54=1|55=AAPL|59=0|60=20260105-09:30:00.000"
