"""What a WebSocket client may ask for, and the strict reading of it.

`decode_request` is the only way in: it returns one of the request Structs or raises `FeedError`,
whose fields are those of the `error` message that answers it.
"""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final, Literal, get_type_hints

import msgspec
from msgspec import Meta, Raw, Struct

from protocol.errors import RemoteProtocolError
from protocol.websocket_words import (
    CL_ORD_ID_MAX,
    DEPTH_MAX,
    FRACTION_DIGITS_MAX,
    INTEGER_MAX,
    SESSION_NAME_MAX,
    SYMBOL_MAX,
    TOKEN_MAX,
    WHOLE_DIGITS_MAX,
    Channel,
    ClOrdId,
    Decimal,
    Depth,
    Number,
    OrderType,
    SessionName,
    Side,
    Symbol,
    TimeInForce,
    Token,
)

RECEIVED_SHOWN_MAX: Final = 64
"""Characters of an offending value that an error repeats."""


class _Request(
    Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
):
    """What the requests share: strictness and the name of the tag."""


class Login(_Request, frozen=True, gc=False, kw_only=True, tag="login"):
    """Take up a private session: (token, session). `resume_from` is the first `seq` wanted.

    Without `resume_from` only what happens from now on is told. Above 1 it needs the `epoch` of the
    `logged_in` under which the earlier numbers were received.
    """

    token: Token
    session: SessionName = "main"
    resume_from: Number | None = None
    epoch: Annotated[str, Meta(max_length=64)] = ""
    id: ClOrdId = ""


class Ping(_Request, frozen=True, gc=False, kw_only=True, tag="ping"):
    """Answered by `pong` with the same `id`."""

    id: ClOrdId = ""


class New(_Request, frozen=True, gc=False, kw_only=True, tag="new"):
    """A new order. `price` exactly when `order_type` is "limit".

    What only an order that can rest has: `display_quantity` is the most that the book shows of it
    at once, "0" hides it; it ends at `expire_time_ns` unless `time_in_force` does so before; one
    that is `post_only` is canceled instead of trading on arrival.
    """

    cl_ord_id: ClOrdId
    symbol: Symbol
    side: Side
    quantity: Decimal
    order_type: OrderType = "limit"
    time_in_force: TimeInForce = "day"
    price: Decimal = ""
    display_quantity: Decimal = ""
    expire_time_ns: Number | None = None
    post_only: bool = False


class Cancel(_Request, frozen=True, gc=False, kw_only=True, tag="cancel"):
    """Cancel one order, named by exactly one of `orig_cl_ord_id` and `order_id`."""

    cl_ord_id: ClOrdId
    orig_cl_ord_id: ClOrdId = ""
    order_id: Number | None = None


class Replace(_Request, frozen=True, gc=False, kw_only=True, tag="replace"):
    """New details for a live order, named as in `cancel`. `quantity` is the total of the whole
    chain, what has executed included. A decrease at the same price keeps its place in the queue.
    What is left out of `display_quantity`, `expire_time_ns` and `post_only` stays as it is."""

    cl_ord_id: ClOrdId
    orig_cl_ord_id: ClOrdId = ""
    order_id: Number | None = None
    quantity: Decimal
    price: Decimal
    display_quantity: Decimal = ""
    expire_time_ns: Number | None = None
    post_only: bool | None = None


class Status(_Request, frozen=True, gc=False, kw_only=True, tag="status"):
    """What became of an order of today, named by exactly one of `cl_ord_id` and `order_id`."""

    cl_ord_id: ClOrdId = ""
    order_id: Number | None = None
    id: ClOrdId = ""


class Subscribe(_Request, frozen=True, gc=False, kw_only=True, tag="subscribe"):
    """Public data. `symbol` is for "book" and "trades", `depth` (levels a side) for "book"."""

    channel: Channel
    symbol: Symbol = ""
    depth: Depth | None = None
    id: ClOrdId = ""


class Unsubscribe(_Request, frozen=True, gc=False, kw_only=True, tag="unsubscribe"):
    channel: Channel
    symbol: Symbol = ""
    id: ClOrdId = ""


Request = Login | Ping | New | Cancel | Replace | Status | Subscribe | Unsubscribe


MalformedCode = Literal[
    "bad_json",
    "unknown_type",
    "missing_field",
    "unknown_field",
    "invalid_field",
    "conflicting_fields",
]


class FeedError(RemoteProtocolError):
    """A message that is no request, or not a well-formed one. Becomes an `error` message."""

    def __init__(
        self,
        code: MalformedCode,
        field: str = "",
        expected: str = "",
        received: str = "",
        ref: str = "",
    ) -> None:
        self.code: MalformedCode = code
        self.field = field
        self.expected = expected
        self.received = received
        self.ref = ref
        super().__init__(self.text)

    @property
    def text(self) -> str:
        """One line for people: `side is invalid: expected "buy" or "sell", received "b"`."""
        text = f"{self.field or 'message'} {_SAYS[self.code]}"
        if self.expected:
            text += f": expected {self.expected}"
        if self.received:
            text += f"{',' if self.expected else ':'} received {self.received}"
        return text


_SAYS: Final[dict[MalformedCode, str]] = {
    "bad_json": "is not one JSON object",
    "unknown_type": "is unknown",
    "missing_field": "is missing",
    "unknown_field": "is unknown",
    "invalid_field": "is invalid",
    "conflicting_fields": "does not fit the other fields",
}

_decimal_expected = (
    f"a decimal string of at most {WHOLE_DIGITS_MAX} digits before "
    f'and {FRACTION_DIGITS_MAX} after the point, such as "187.01"'
)
_EXPECTED: Final[dict[str, str]] = {
    "token": f"a string of 1 to {TOKEN_MAX} printable ASCII characters",
    "session": f"a string of 1 to {SESSION_NAME_MAX} printable ASCII characters",
    "resume_from": f"an integer from 1 to {INTEGER_MAX}",
    "epoch": "the string that logged_in gave",
    "id": f"a string of 1 to {CL_ORD_ID_MAX} printable ASCII characters",
    "cl_ord_id": f"a string of 1 to {CL_ORD_ID_MAX} printable ASCII characters",
    "orig_cl_ord_id": f"a string of 1 to {CL_ORD_ID_MAX} printable ASCII characters",
    "order_id": f"an integer from 1 to {INTEGER_MAX}",
    "symbol": f"a string of 1 to {SYMBOL_MAX} printable ASCII characters",
    "side": '"buy" or "sell"',
    "quantity": _decimal_expected,
    "price": _decimal_expected,
    "display_quantity": _decimal_expected,
    "expire_time_ns": f"an integer from 1 to {INTEGER_MAX}",
    "post_only": "true or false",
    "order_type": '"limit" or "market"',
    "time_in_force": '"day", "gtc", "ioc" or "fok"',
    "channel": '"book", "trades", "sessions" or "stats"',
    "depth": f"an integer from 1 to {DEPTH_MAX}",
}
_REQUESTS: Final[dict[str, type[Struct]]] = {
    str(request.__struct_config__.tag): request
    for request in (Login, Ping, New, Cancel, Replace, Status, Subscribe, Unsubscribe)
}
_FIELD_DECODERS: Final[dict[str, dict[str, msgspec.json.Decoder[Any]]]] = {
    tag: {
        name: msgspec.json.Decoder(annotation)
        for name, annotation in get_type_hints(request, include_extras=True).items()
        if name in request.__struct_fields__
    }
    for tag, request in _REQUESTS.items()
}
_REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    tag: tuple(field.encode_name for field in msgspec.structs.fields(request) if field.required)
    for tag, request in _REQUESTS.items()
}
_decoder: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_raw_decoder = msgspec.json.Decoder(dict[str, Raw])
_string_decoder = msgspec.json.Decoder(str)
_reference_decoder = msgspec.json.Decoder(ClOrdId)
_MALFORMED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_CHANNELS_WITH_SYMBOL: Final = ("book", "trades")


def decode_request(text: bytes) -> Request:
    """One request from its JSON text.

    Raises:
        FeedError: not JSON, an unknown type, a missing, unknown, malformed or conflicting field.
    """
    try:
        request = _decoder.decode(text)
    except _MALFORMED:
        raise _explain(text) from None
    check = _CHECKS.get(type(request))
    if check is not None:
        check(request)
    return request


def _explain(text: bytes) -> FeedError:
    """Why `text` is no request. Read a second time, field by field: only refused messages pay."""
    try:
        fields = _raw_decoder.decode(text)
    except _MALFORMED:
        return FeedError("bad_json")
    ref = _reference(fields)
    if "type" not in fields:
        return FeedError("missing_field", "type", _any_of(_REQUESTS), ref=ref)
    tag = _string(fields["type"])
    if tag is None or tag not in _REQUESTS:
        return FeedError("unknown_type", "type", _any_of(_REQUESTS), _shown(fields["type"]), ref)
    decoders = _FIELD_DECODERS[tag]
    for name, value in fields.items():
        if name == "type":
            continue
        if name not in decoders:
            return FeedError("unknown_field", _cut(name), _any_of(decoders), ref=ref)
        try:
            decoders[name].decode(value)
        except _MALFORMED:
            # A token never comes back, neither to the peer nor into a log.
            received = "" if name == "token" else _shown(value)
            return FeedError("invalid_field", name, _EXPECTED[name], received, ref)
    for name in _REQUIRED[tag]:
        if name not in fields:
            return FeedError("missing_field", name, _EXPECTED[name], ref=ref)
    return FeedError("bad_json", ref=ref)


def _check_login(request: Login) -> None:
    if request.resume_from is not None and request.resume_from > 1 and not request.epoch:
        raise FeedError(
            "missing_field", "epoch", "the epoch to resume_from a number above 1", ref=request.id
        )


def _check_new(request: New) -> None:
    if request.order_type == "limit" and not request.price:
        raise FeedError("missing_field", "price", _EXPECTED["price"], ref=request.cl_ord_id)
    if request.order_type == "market" and request.price:
        raise FeedError(
            "conflicting_fields",
            "price",
            "none in a market order",
            request.price,
            request.cl_ord_id,
        )


def _check_order_named(request: Cancel | Replace) -> None:
    _exactly_one(request.orig_cl_ord_id, "orig_cl_ord_id", request.order_id, request.cl_ord_id)


def _check_status(request: Status) -> None:
    _exactly_one(request.cl_ord_id, "cl_ord_id", request.order_id, request.cl_ord_id or request.id)


def _exactly_one(client_id: str, name: str, order_id: int | None, ref: str) -> None:
    if not client_id and order_id is None:
        raise FeedError("missing_field", name, f"{name} or order_id", ref=ref)
    if client_id and order_id is not None:
        raise FeedError(
            "conflicting_fields", "order_id", f"either {name} or order_id", str(order_id), ref
        )


def _check_subscription(request: Subscribe | Unsubscribe) -> None:
    with_symbol = request.channel in _CHANNELS_WITH_SYMBOL
    if with_symbol and not request.symbol:
        raise FeedError("missing_field", "symbol", _EXPECTED["symbol"], ref=request.id)
    if not with_symbol and request.symbol:
        expected = f'none with channel "{request.channel}"'
        raise FeedError("conflicting_fields", "symbol", expected, request.symbol, request.id)
    if isinstance(request, Subscribe) and request.depth is not None and request.channel != "book":
        expected = 'none without channel "book"'
        raise FeedError("conflicting_fields", "depth", expected, str(request.depth), request.id)


_CHECKS: Final[dict[type[Struct], Callable[[Any], None]]] = {
    Login: _check_login,
    New: _check_new,
    Cancel: _check_order_named,
    Replace: _check_order_named,
    Status: _check_status,
    Subscribe: _check_subscription,
    Unsubscribe: _check_subscription,
}


def _reference(fields: dict[str, Raw]) -> str:
    for name in ("cl_ord_id", "id"):
        if name in fields:
            try:
                return _reference_decoder.decode(fields[name])
            except _MALFORMED:
                continue
    return ""


def _string(value: Raw) -> str | None:
    try:
        return _string_decoder.decode(value)
    except _MALFORMED:
        return None


def _any_of(names: Iterable[str]) -> str:
    return "one of " + " ".join(names)


def _shown(value: Raw) -> str:
    # Not repeated as it came: bytes that are no UTF-8 would spoil the answer.
    return _cut(bytes(value).decode("utf-8", "backslashreplace"))


def _cut(text: str) -> str:
    return text if len(text) <= RECEIVED_SHOWN_MAX else text[:RECEIVED_SHOWN_MAX] + "..."
