"""OUCH 4.2 Enter Order in engine words: judged field by field, or entered on terms known already.

specs/ouch/README.md has the order in which fields are judged and each one's answer.
"""

from struct import Struct
from typing import Final

from gateway.desk import Floor
from gateway.order_entry import requests
from gateway.order_entry.ouch_words import (
    CAPACITIES,
    CAPACITY_OTHER,
    CROSS_TYPES,
    CUSTOMER_TYPES,
    DISPLAYS,
    PRICE_DECIMALS,
    SIDES,
    SWEEPS,
    SYSTEM_HOURS,
    TIMES_IN_FORCE,
    expire_ns,
    has_words,
    pack_echo,
)
from gateway.sessions import SessionRecord
from matching.commands import EnterOrder
from matching.types import OrderType, RejectReason, RequestKind, TimeInForce
from protocol.fix.values import format_decimal
from protocol.ouch import messages42 as ouch
from protocol.ouch.enumerations42 import RejectedReason

_LIMIT: Final = OrderType.LIMIT
_IOC: Final = TimeInForce.IOC
_DAY: Final = TimeInForce.DAY

TERMS: Final = 32
"""Where the part of Enter Order begins that most orders of a client have in common: everything from
Time In Force on."""
Terms = tuple[TimeInForce, int, bool, bytes]
"""Time in force, display quantity, post-only, and the echo without the side."""
KNOWN_TERMS_MAX: Final = 1_024
_unpack_head: Final = Struct(">x14scI8sI").unpack_from
"""The fields before TERMS."""


class Refusal(Exception):
    """A request cannot be put into engine words. Never leaves this module.

    `letter` is the Reason of Rejected.
    """

    def __init__(self, letter: RejectedReason, reason: RejectReason, text: bytes) -> None:
        super().__init__(text)
        self.letter: bytes = letter.value
        self.reason = reason
        self.text = text


class OrderEntry:
    """Enter Order from message to command or refusal."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._instrument_ids: dict[bytes, int] = {}
        self._known_terms: dict[bytes, Terms] = {}

    def enter(self, record: SessionRecord, message: ouch.EnterOrder) -> None:
        """Enter or refuse an order; a token that was used is a repeat and ignored."""
        floor = self._floor
        token = message.order_token
        if floor.orders.outcome(record.session_id, token) is not None:
            return
        try:
            command = self._enter_order(record, message)
        except Refusal as refusal:
            requests.refuse(
                floor,
                record,
                token,
                RequestKind.ENTER,
                (refusal.reason, refusal.text),
                echo=refusal.letter
                + b"\x01"
                + requests.refused_terms(
                    SIDES.get(message.side),
                    message.stock.rstrip(b" "),
                    b"%d" % message.shares,
                    format_decimal(message.price, PRICE_DECIMALS),
                ),
            )
            return
        if not command.expire_ns and not message.minimum_quantity:
            self._learn(message, command)
        floor.submit(command)

    def _learn(self, message: ouch.EnterOrder, command: EnterOrder) -> None:
        """The next order on the same terms need not be judged field by field."""
        if len(self._known_terms) >= KNOWN_TERMS_MAX:
            self._known_terms.clear()
        self._known_terms[ouch.encode(message)[TERMS:]] = (
            command.time_in_force,
            command.display_quantity,
            command.post_only,
            command.echo[1:],
        )

    def enter_known(self, record: SessionRecord, payload: bytes) -> bool:
        """Enter an order on terms that were taken before: 0.8 us against 1.3 for decoding and
        judging it whole. False, and nothing done: it is for the general rule.

        `payload` begins with the type of Enter Order.
        """
        terms = self._known_terms.get(payload[TERMS:])
        if terms is None:
            return False
        token, side_letter, shares, stock, price = _unpack_head(payload)
        side = SIDES.get(side_letter)
        instrument_id = self._instrument_ids.get(stock)
        if side is None or instrument_id is None or not ouch.is_order_token(token):
            return False
        floor = self._floor
        session_id = record.session_id
        if floor.orders.outcome(session_id, token) is None:
            time_in_force, display_quantity, post_only, echo = terms
            floor.submit(
                EnterOrder(
                    session_id,
                    record.account_id,
                    instrument_id,
                    token,
                    side,
                    _LIMIT,
                    time_in_force,
                    shares,
                    price,
                    side_letter + echo,
                    0,
                    display_quantity,
                    post_only,
                )
            )
        return True

    def _enter_order(self, record: SessionRecord, message: ouch.EnterOrder) -> EnterOrder:
        """The order in engine words. Raises Refusal."""
        token = message.order_token
        if not ouch.is_order_token(token):
            raise _invalid(b"Order Token", token)
        side = SIDES.get(message.side)
        if side is None:
            raise _invalid(b"Buy/Sell Indicator", message.side)
        instrument_id = self._instrument_ids.get(message.stock)
        if instrument_id is None:
            instrument_id = self._find_instrument(message.stock)
        shares = message.shares
        seconds = message.time_in_force
        time_in_force = TIMES_IN_FORCE.get(seconds)
        expires_ns = 0
        if time_in_force is None:
            time_in_force = _DAY
            expires_ns = self._expire_ns(seconds)
        display = DISPLAYS.get(message.display)
        if display is None or (display[1] and time_in_force is _IOC):
            raise _unsupported(RejectedReason.INVALID_DISPLAY, b"Display", message.display)
        if message.intermarket_sweep_eligibility not in SWEEPS:
            raise _invalid(b"Intermarket Sweep", message.intermarket_sweep_eligibility)
        minimum = message.minimum_quantity
        if minimum:
            if time_in_force is not _IOC or minimum != shares:
                raise _unsupported(
                    RejectedReason.INVALID_MINIMUM_QUANTITY, b"Minimum Quantity", b"%d" % minimum
                )
            time_in_force = TimeInForce.FOK
        if message.cross_type not in CROSS_TYPES:
            raise _unsupported(
                RejectedReason.NOT_ALLOWED_IN_CROSS, b"Cross Type", message.cross_type
            )
        if message.customer_type not in CUSTOMER_TYPES:
            raise _invalid(b"Customer Type", message.customer_type)
        capacity = message.capacity
        display_quantity, post_only = display
        return EnterOrder(
            record.session_id,
            record.account_id,
            instrument_id,
            token,
            side,
            _LIMIT,
            time_in_force,
            shares,
            message.price,
            pack_echo(
                message.side,
                seconds if seconds < SYSTEM_HOURS else SYSTEM_HOURS,
                message.firm,
                message.display,
                capacity if capacity in CAPACITIES else CAPACITY_OTHER,
                message.intermarket_sweep_eligibility,
                minimum,
                message.cross_type,
            ),
            expires_ns,
            display_quantity,
            post_only,
        )

    def _expire_ns(self, seconds: int) -> int:
        expires_ns = expire_ns(seconds, self._floor.now_ns)
        if expires_ns is None:
            raise _unsupported(RejectedReason.OTHER, b"Time In Force", b"%d" % seconds)
        return expires_ns

    def _find_instrument(self, stock: bytes) -> int:
        engine = self._floor.engine
        instrument_id = engine.instrument_id(stock.rstrip(b" "))
        if instrument_id is None or not has_words(engine.instruments[instrument_id].instrument):
            raise Refusal(
                RejectedReason.INVALID_STOCK,
                RejectReason.UNKNOWN_INSTRUMENT,
                b"unknown Stock: " + stock,
            )
        self._instrument_ids[stock] = instrument_id
        return instrument_id


def _invalid(field: bytes, value: bytes) -> Refusal:
    return Refusal(
        RejectedReason.OTHER, RejectReason.INVALID_FIELD, b"invalid %b: %b" % (field, value)
    )


def _unsupported(letter: RejectedReason, field: bytes, value: bytes) -> Refusal:
    return Refusal(letter, RejectReason.UNSUPPORTED, b"%b not supported: %b" % (field, value))
