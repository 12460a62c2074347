"""Drop copy: what owners are told, told again to the FIX sessions entitled to their accounts.

A copy has the ExecID(17) of the owner's report and the words of the copy session's own version.
OnBehalfOfCompID(115) and OnBehalfOfSubID(116) in its header name the session that owns the order
and its wire: the mark of a copy in every version and message; from FIX 4.4 on an
ExecutionReport(8) also has CopyMsgIndicator(797)=Y. specs/fix/README.md has the rules.
"""

from collections.abc import Callable

import msgspec

from gateway.config import Config
from gateway.desk import Floor, exec_id
from gateway.drop_copy import Entitlement, entitlement
from gateway.order_entry.fix_reports import FixReports, stream_of
from gateway.order_entry.fix_words import (
    CXL_REJ_RESPONSE_TO,
    cancel_text,
    fill_exec_id,
    restated,
)
from gateway.order_entry.ouch_words import NO_REJECTED_REASON
from gateway.sessions import SessionRecord
from matching.commands import Command, RefuseRequest
from matching.events import (
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderModified,
    OrderReduced,
    OrderRejected,
    OrderReplaced,
    OrderReranked,
    TradeBusted,
)
from matching.types import CancelReason, RequestKind, Side
from protocol.fix.answers import NO_SYMBOL
from protocol.fix.messages import ExecutionReport
from protocol.fix.reports import execution_report, order_cancel_reject

Route = Callable[..., None]

_COPY_MSG_INDICATOR_SINCE = "44"
_OUCH = frozenset({b"ouch", b"ouch50"})


class FixDropCopy:
    """Copies for all drop copy sessions; costs nothing while there is none."""

    def __init__(self, floor: Floor, config: Config, reports: FixReports) -> None:
        self._floor = floor
        self._config = config
        self._reports = reports
        self._entitled: dict[int, tuple[SessionRecord, Entitlement]] = {}
        self._recipients: dict[int, tuple[SessionRecord, ...]] = {}
        """By account_id, from the first report on."""
        self._routes: dict[type[Event], Route] = {
            OrderAccepted: self._accepted,
            OrderExecuted: self._executed,
            OrderCanceled: self._canceled,
            OrderReplaced: self._replaced,
            OrderReduced: self._restated,
            OrderModified: self._restated,
            OrderReranked: self._restated,
            OrderRejected: self._rejected,
            TradeBusted: self._busted,
        }

    def restored(self, session: SessionRecord) -> None:
        """A durable session is there, new or recovered: from now on it gets what it is entitled
        to."""
        entitled = entitlement(self._config, session)
        if entitled is None:
            return
        if not self._entitled:
            self._floor.copy_reports(self._routes)
        self._entitled[session.session_id] = (session, entitled)
        self._recipients.clear()

    # -- events -------------------------------------------------------------------------------

    def _accepted(self, command: Command, event: OrderAccepted, seq: int, index: int) -> None:
        if self._copied(event.account_id):
            self._report(event.order_id, b"0", exec_id(seq, index))

    def _executed(self, command: Command, event: OrderExecuted, seq: int, index: int) -> None:
        for order_id in (event.resting_order_id, event.incoming_order_id):
            order = self._floor.orders.by_id[order_id]
            if self._copied(order.account_id):
                name = fill_exec_id(seq, index, order.side)
                self._report(order_id, b"F", name, last=(event.quantity, event.price))

    def _canceled(self, command: Command, event: OrderCanceled, seq: int, index: int) -> None:
        order = self._floor.orders.by_id[event.order_id]
        if not self._copied(order.account_id):
            return
        ids = (order.client_id, b"")
        owner = self._floor.directory.sessions[order.session_id]
        # OUCH's Canceled has the order's token alone, also where a Replace was what canceled it.
        if event.requested_by == owner.session_id and event.client_id and owner.wire not in _OUCH:
            ids = (event.client_id, order.client_id)
        self._report(
            event.order_id,
            b"C" if event.reason is CancelReason.EXPIRED else b"4",
            exec_id(seq, index),
            ids=ids,
            text=cancel_text(order, event.reason),
        )

    def _replaced(self, command: Command, event: OrderReplaced, seq: int, index: int) -> None:
        order = self._floor.orders.by_id[event.order_id]
        if self._copied(order.account_id):
            ids = (order.client_id, order.orig_client_id)
            self._report(event.order_id, b"5", exec_id(seq, index), ids=ids)

    def _restated(
        self,
        command: Command,
        event: OrderReduced | OrderModified | OrderReranked,
        seq: int,
        index: int,
    ) -> None:
        if self._copied(self._floor.orders.by_id[event.order_id].account_id):
            reranked = isinstance(event, OrderReranked)
            self._report(event.order_id, b"D", exec_id(seq, index), reranked=reranked)

    def _busted(self, command: Command, event: TradeBusted, seq: int, index: int) -> None:
        for order_id in (event.resting_order_id, event.incoming_order_id):
            order = self._floor.orders.by_id.get(order_id)
            if order is None or not self._copied(order.account_id):
                continue
            executed = self._floor.orders.executions.find(event.match_number)
            self._report(
                order_id,
                b"H",
                fill_exec_id(seq, index, order.side),
                last=(event.quantity, event.price),
                exec_ref_id=fill_exec_id(*executed, order.side),
                text=b"trade %d broken" % event.match_number,
            )

    def _rejected(self, command: Command, event: OrderRejected, seq: int, index: int) -> None:
        owner = self._floor.directory.sessions.get(event.session_id)
        if owner is None or not _told(owner, event):
            return
        recipients = self._copied(owner.account_id)
        if not recipients:
            return
        event = msgspec.structs.replace(
            event, client_id=_text(owner, event.client_id), text=_text(owner, event.text)
        )
        if event.kind is RequestKind.ENTER:
            report = self._refused_order(owner, command, event, exec_id(seq, index))
            for recipient in recipients:
                self._send_report(recipient, owner, report)
            return
        named = command.echo if isinstance(command, RefuseRequest) else b""
        for recipient in recipients:
            stream = stream_of(recipient)
            reject = self._reports.refusals.change(stream.version, event, named)
            shown = msgspec.structs.replace(
                reject,
                orig_cl_ord_id=_text(owner, reject.orig_cl_ord_id),
                account=self._account(owner),
            )
            body = order_cancel_reject(stream.version, shown, stream.time_width)
            self._send(recipient, owner, b"9", body)

    # -- inside -------------------------------------------------------------------------------

    def _copied(self, account_id: int) -> tuple[SessionRecord, ...]:
        """Who gets copies of the account's reports."""
        recipients = self._recipients.get(account_id)
        if recipients is None:
            name = self._floor.directory.account_names[account_id]
            recipients = self._recipients[account_id] = tuple(
                session for session, entitled in self._entitled.values() if entitled.covers(name)
            )
        return recipients

    def _report(
        self,
        order_id: int,
        exec_type: bytes,
        exec_id: bytes,
        *,
        ids: tuple[bytes, bytes] | None = None,
        last: tuple[int, int] | None = None,
        exec_ref_id: bytes = b"",
        text: bytes = b"",
        reranked: bool = False,
    ) -> None:
        """One copy of the owner's report for everybody entitled to it."""
        order = self._floor.orders.by_id[order_id]
        owner = self._floor.directory.sessions[order.session_id]
        cl_ord_id, orig_cl_ord_id = ids or (order.client_id, b"")
        for recipient in self._copied(order.account_id):
            version = stream_of(recipient).version
            report = self._reports.order_report(
                version,
                order,
                (exec_type, exec_id, exec_ref_id),
                self._echo(owner, order.side, order.echo),
                ids=(_text(owner, cl_ord_id), _text(owner, orig_cl_ord_id)),
                last=last,
                text=text,
                more=restated(version, reranked=reranked) if exec_type == b"D" else (),
            )
            self._send_report(recipient, owner, report)

    def _refused_order(
        self, owner: SessionRecord, command: Command, event: OrderRejected, exec_id: bytes
    ) -> ExecutionReport:
        """A refused order with what FIX requires of it, whatever its wire's request had."""
        side = getattr(command, "side", None)
        echo = (b"", b"")
        if side is not None:
            echo = self._echo(owner, side, command.echo)  # type: ignore[union-attr]
        report = self._reports.refusals.order(command, event, exec_id, echo)
        return msgspec.structs.replace(
            report,
            account=report.account or self._account(owner),
            symbol=_text(owner, report.symbol) or NO_SYMBOL,
        )

    def _echo(self, owner: SessionRecord, side: Side, echo: bytes) -> tuple[bytes, bytes]:
        """Side(54) and Account(1): as a FIX client sent them, else what the venue knows."""
        if owner.wire == b"fix":
            return echo[:1], echo[1:] or self._account(owner)
        return (b"1" if side is Side.BUY else b"2"), self._account(owner)

    def _account(self, owner: SessionRecord) -> bytes:
        return self._floor.directory.account_names[owner.account_id]

    def _send_report(
        self, recipient: SessionRecord, owner: SessionRecord, report: ExecutionReport
    ) -> None:
        stream = stream_of(recipient)
        body = execution_report(stream.version, report, stream.time_width)
        if stream.version.code >= _COPY_MSG_INDICATOR_SINCE:
            body += b"797=Y\x01"
        self._send(recipient, owner, b"8", body)

    def _send(
        self, recipient: SessionRecord, owner: SessionRecord, msg_type: bytes, body: bytes
    ) -> None:
        if recipient is owner:
            # It traded under an earlier configuration: the owner's own report is enough.
            return
        self._reports.send(recipient, msg_type, body, _originator(owner))


def _originator(owner: SessionRecord) -> bytes:
    """OnBehalfOfCompID(115) and OnBehalfOfSubID(116): the owner's session and its wire.

    FIX: CompID and BeginString. OUCH: user name and port. WebSocket: account, and session name
    after a slash.
    """
    key = owner.key
    if owner.wire == b"fix":
        comp_id, wire = key[1], key[0]
    elif owner.wire in _OUCH:
        comp_id, wire = key[1], key[0].upper()
    else:
        comp_id, wire = b"/".join(part for part in key if part), owner.wire.upper()
    return b"115=%b\x01116=%b\x01" % (printable(comp_id), wire)


def _told(owner: SessionRecord, event: OrderRejected) -> bool:
    """Whether the owner's own wire has a word for the refusal: what nobody was told has no copy."""
    if owner.wire in _OUCH and event.reason in NO_REJECTED_REASON:
        return False
    return event.kind is RequestKind.ENTER or event.kind in CXL_REJ_RESPONSE_TO


def _text(owner: SessionRecord, text: bytes) -> bytes:
    """Another wire's id or text as a FIX value: OUCH tokens without their padding."""
    return text if owner.wire == b"fix" else printable(text.strip(b" "))


def printable(text: bytes) -> bytes:
    """Without control characters: a delimiter in another wire's id must not begin a field."""
    return text if text.isalnum() else bytes(byte if byte >= 0x20 else 0x3F for byte in text)
