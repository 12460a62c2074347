"""A FIX client on an in-memory pipe: writes frames with its own stream, reads fields as dicts."""

from protocol.fix.stream import FixStream
from protocol.fix.version import FIX44, Version
from tests.gateway.venue_harness import OPENING_NS, Pipe, VenueHarness

Fields = dict[int, str]

NOT_COMPARED = (8, 9, 10, 34, 49, 52, 56, 60)
"""Framing, numbers, names and times: what tests of words leave out."""


def fields(frame: bytes) -> Fields:
    """Tag to value of one frame without repeating tags."""
    pairs = (field.partition(b"=") for field in frame.rstrip(b"\x01").split(b"\x01"))
    return {int(tag): value.decode() for tag, _, value in pairs}


def words(frame: bytes) -> Fields:
    """What a frame says, without framing, numbers, names and times."""
    return {tag: value for tag, value in fields(frame).items() if tag not in NOT_COMPARED}


class FixClient:
    """One CompID; survives its connections."""

    def __init__(
        self, harness: VenueHarness, comp_id: bytes = b"ACME", version: Version = FIX44
    ) -> None:
        self.harness = harness
        self.version = version
        self.stream = FixStream(version, sender_comp_id=comp_id, target_comp_id=b"XVEN")
        self.pipe: Pipe | None = None

    def send(self, msg_type: bytes, body: str) -> None:
        """One message; `body` with | for SOH."""
        assert self.pipe is not None
        data = body.replace("|", "\x01").encode()
        self.pipe.send(self.stream.write(msg_type, data, self.harness.now_ns))

    def log_on(self, extra: str = "") -> list[Fields]:
        """Connect and log on; what the venue answered."""
        self.pipe = self.harness.connect(b"fix")
        appl_ver_id = self.version.appl_ver_id.decode()
        version = f"1137={appl_ver_id}|" if appl_ver_id else ""
        self.send(b"A", f"98=0|108=30|{extra}{version}")
        return self.take()

    def hang_up(self) -> None:
        assert self.pipe is not None
        self.pipe.hang_up()

    def take(self) -> list[Fields]:
        """Whole messages that arrived since the last call."""
        assert self.pipe is not None
        return [fields(frame) for frame in self.pipe.take_frames()]

    def take_words(self) -> list[Fields]:
        """What those messages say."""
        assert self.pipe is not None
        return [words(frame) for frame in self.pipe.take_frames()]

    def new(
        self,
        cl_ord_id: str,
        side: str,
        quantity: str,
        price: str = "100.00",
        extra: str = "",
        *,
        symbol: str = "AAPL",
    ) -> None:
        """A limit order for the day unless `extra` says otherwise."""
        self.send(
            b"D",
            f"11={cl_ord_id}|21=1|38={quantity}|40=2|44={price}|54={side}|55={symbol}|"
            f"60=20240102-09:30:00|{extra}",
        )

    def cancel(self, cl_ord_id: str, orig: str, side: str = "1", extra: str = "") -> None:
        self.send(b"F", f"11={cl_ord_id}|{extra}41={orig}|54={side}|55=AAPL|60=20240102-09:30:00|")

    def replace(self, cl_ord_id: str, orig: str, quantity: str, price: str) -> None:
        self.send(
            b"G",
            f"11={cl_ord_id}|21=1|38={quantity}|40=2|41={orig}|44={price}|54=1|55=AAPL|"
            "60=20240102-09:30:00|",
        )


__all__ = ["OPENING_NS", "FixClient", "VenueHarness", "fields", "words"]
