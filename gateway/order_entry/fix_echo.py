"""`applications = ["echo"]`: what conformance scripts talk to in place of an exchange.

NewOrderSingle(D), SecurityDefinition(d) and NewOrderList(E) come back to their sender, body
ascending by tag, PossResend(97) kept; a possible resend of a ClOrdID(11) already seen since the
logon is swallowed. Reachable only by a session configured so; no order ever gets to the engine
from here."""

from gateway.config import Config, fix_session_of
from gateway.desk import Floor
from gateway.order_entry.fix_reports import fix_of
from gateway.sessions import Connection, SessionRecord
from protocol.fix.answers import field
from protocol.fix.messages import ApplicationMessage
from protocol.fix.tags import GROUP_COUNT_TAGS

ECHOED_TYPES = frozenset((b"D", b"d", b"E"))
SEEN_MAX = 65_536
"""ClOrdIDs remembered of one logon; then the memory starts afresh."""


class FixEcho:
    """The harness handler, for all its sessions."""

    def __init__(self, floor: Floor, config: Config) -> None:
        self._floor = floor
        self._config = config
        self._seen: dict[int, set[bytes]] = {}

    def echo(self, connection: Connection, message: ApplicationMessage) -> None:
        """Send the message back, unless it is a possible resend of one that was."""
        session, record = fix_of(connection), connection.record
        assert record is not None, "an application message before logon"
        cl_ord_id = next((value for tag, value in message.fields if tag == 11), b"")
        if message.msg_type == b"D" and cl_ord_id:
            seen = self._seen.setdefault(connection.connection_id, set())
            if message.poss_resend and cl_ord_id in seen:
                return
            if len(seen) >= SEEN_MAX:
                seen.clear()
            seen.add(cl_ord_id)
        fields = sorted(message.fields, key=lambda item: item[0])
        if self._drops_empty_groups(record):
            fields = [one for one in fields if one[1] != b"0" or one[0] not in GROUP_COUNT_TAGS]
        body = b"".join(field(tag, value) for tag, value in fields)
        routing = b"97=Y\x01" if message.poss_resend else b""
        session.send(message.msg_type, body, self._floor.now_ns, routing)
        self._floor.touch(record)

    def _drops_empty_groups(self, record: SessionRecord) -> bool:
        """QuickFIX/J's harness leaves out a NumInGroup of 0, QuickFIX's sends it back."""
        configured = fix_session_of(self._config, record.key)
        return configured is not None and configured.reject_style == "quickfixj"

    def closed(self, connection: Connection) -> None:
        """The logon is over, and what it remembered."""
        self._seen.pop(connection.connection_id, None)
