"""QuickFIX (the C++ engine) as client: its own session layer, its own store, threads of its own.

Messages are compared as text by tag. Sequence numbers, heartbeats, resends, BodyLength and CheckSum
are all QuickFIX's own judgement; fields too where it is given the venue's dictionary, as none ships
with the wheel.
"""

import queue
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import quickfix as fix

WITHIN_S = 30
VENUE = "XVEN"
SOH = "\x01"

Fields = dict[int, str]


def _fields(message: fix.Message) -> Fields:
    pairs = (pair.split("=", 1) for pair in message.toString().split(SOH) if pair)
    return {int(tag): value for tag, value in pairs}


class _Application(fix.Application):
    """Copies what QuickFIX reports into queues; QuickFIX calls it from its own thread."""

    def __init__(self) -> None:
        super().__init__()
        self.application_messages: queue.Queue[Fields] = queue.Queue()
        self.logons: queue.Queue[str] = queue.Queue()
        self.logouts: queue.Queue[str] = queue.Queue()
        self.admin_received: list[Fields] = []
        self.admin_sent: list[Fields] = []
        self.application_sent: list[Fields] = []

    def onCreate(self, session_id: fix.SessionID) -> None:
        pass

    def onLogon(self, session_id: fix.SessionID) -> None:
        self.logons.put(session_id.toString())

    def onLogout(self, session_id: fix.SessionID) -> None:
        self.logouts.put(session_id.toString())

    def toAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        self.admin_sent.append(_fields(message))

    def toApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        self.application_sent.append(_fields(message))

    def fromAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        self.admin_received.append(_fields(message))

    def fromApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        self.application_messages.put(_fields(message))


class QuickFixClient:
    """One session of one version. Closing and opening it again continues from its file store."""

    def __init__(
        self,
        port: int,
        name: str,
        version: str,
        folder: Path,
        *,
        settings: tuple[str, ...] = (),
        tls: tuple[str, ...] = (),
    ) -> None:
        """`settings` are lines of QuickFIX's session settings that replace or join the usual,
        `tls` those that a connection with TLS needs."""
        self._kind = fix.SSLSocketInitiator if tls else fix.SocketInitiator
        self.name = name
        self.version = version
        begin_string = "FIXT.1.1" if version == "FIX.5.0SP2" else version
        lines = [
            "[DEFAULT]",
            "ConnectionType=initiator",
            "StartTime=00:00:00",
            "EndTime=00:00:00",
            "HeartBtInt=30",
            "ReconnectInterval=1",
            *tls,
            *(
                ()
                if any("DataDictionary" in line for line in settings)
                else ("UseDataDictionary=N",)
            ),
            f"FileStorePath={folder / name}",
            "[SESSION]",
            f"BeginString={begin_string}",
            f"SenderCompID={name}",
            f"TargetCompID={VENUE}",
            "SocketConnectHost=127.0.0.1",
            f"SocketConnectPort={port}",
        ]
        if begin_string == "FIXT.1.1":
            lines.append(f"DefaultApplVerID={version}")
        lines += settings
        file = folder / f"{name}.cfg"
        file.write_text("\n".join(lines) + "\n")
        self._settings = fix.SessionSettings(str(file))
        self._session_id = fix.SessionID(begin_string, name, VENUE)
        self.application = _Application()
        self._initiator: fix.SocketInitiator | None = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Connect and wait for the logon, both sides' numbers taken from the store."""
        assert self._initiator is None
        store = fix.FileStoreFactory(self._settings)
        self._initiator = self._kind(self.application, store, self._settings)
        self._initiator.start()
        self.wait_for_logon()

    def close(self) -> None:
        """Log out if logged on, and stop QuickFIX's threads."""
        if self._initiator is not None:
            self._initiator.stop()
            self._initiator = None

    def cut(self) -> None:
        """Drop the connection without a Logout, as a client that dies does."""
        if self._initiator is not None:
            self._initiator.stop(True)
            self._initiator = None

    def wait_for_logon(self) -> None:
        self.application.logons.get(timeout=WITHIN_S)

    def wait_for_disconnect(self) -> None:
        self.application.logouts.get(timeout=WITHIN_S)

    @property
    def next_numbers(self) -> tuple[int, int]:
        """The MsgSeqNum that we send next, and the one we expect next."""
        session = fix.Session.lookupSession(self._session_id)
        return session.getExpectedSenderNum(), session.getExpectedTargetNum()

    def send(
        self,
        msg_type: str,
        *fields: tuple[int, object],
        entries: tuple[tuple[int, int, object], ...] = (),
    ) -> None:
        """One message; `entries` of one field each: count tag, tag, value."""
        message = fix.Message()
        message.getHeader().setField(fix.MsgType(msg_type))
        for tag, value in fields:
            message.setField(fix.StringField(tag, str(value)))
        for count_tag, tag, value in entries:
            group = fix.Group(count_tag, tag)
            group.setField(fix.StringField(tag, str(value)))
            message.addGroup(group)
        assert fix.Session.sendToTarget(message, self._session_id)

    def order(self, cl_ord_id: str, side: int, quantity: int, symbol: str, price: str) -> None:
        """A DAY limit order; side 1 buys, 2 sells."""
        self.send("D", *self._common(cl_ord_id, side, symbol, quantity), (40, 2), (44, price))

    def replace(
        self, orig_cl_ord_id: str, cl_ord_id: str, side: int, quantity: int, symbol: str, price: str
    ) -> None:
        common = self._common(cl_ord_id, side, symbol, quantity)
        self.send("G", (41, orig_cl_ord_id), *common, (40, 2), (44, price))

    def cancel(
        self, orig_cl_ord_id: str, cl_ord_id: str, side: int, quantity: int, symbol: str
    ) -> None:
        common = self._common(cl_ord_id, side, symbol, quantity)
        self.send("F", (41, orig_cl_ord_id), *(pair for pair in common if pair[0] not in (21, 59)))

    def status(self, cl_ord_id: str, side: int, symbol: str) -> None:
        self.send("H", (11, cl_ord_id), (55, symbol), (54, side))

    def next(self) -> Fields:
        """The next application message."""
        return self.application.application_messages.get(timeout=WITHIN_S)

    @property
    def nothing_left(self) -> bool:
        return self.application.application_messages.empty()

    def refusals(self) -> list[Fields]:
        """Rejects and Logouts that the venue sent: the signs of a session gone wrong."""
        return [fields for fields in self.application.admin_received if fields[35] in ("3", "5")]

    def complaints(self) -> list[Fields]:
        """What QuickFIX refused of what the venue sent."""
        admin = [fields for fields in self.application.admin_sent if fields[35] == "3"]
        return admin + [fields for fields in self.application.application_sent if fields[35] == "j"]

    @staticmethod
    def _common(
        cl_ord_id: str, side: int, symbol: str, quantity: int
    ) -> tuple[tuple[int, object], ...]:
        now = datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S.%f")[:-3]
        order = ((11, cl_ord_id), (21, 1), (55, symbol), (54, side), (60, now))
        return (*order, (38, quantity), (59, 0))
