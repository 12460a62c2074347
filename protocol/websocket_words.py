"""The scalars of the WebSocket vocabulary: limits, enumerations, decimal text."""

from typing import Annotated, Final, Literal

from msgspec import Meta

PROTOCOL_VERSION: Final = 1
"""In `welcome`; rises when an old client would misread something."""
MESSAGE_SIZE_MAX: Final = 16 * 1024
"""Bytes of one message from a client; websockets clients default to 1 MiB from a venue."""
CL_ORD_ID_MAX: Final = 36
"""Room for a UUID in its usual text form."""
SYMBOL_MAX: Final = 8
"""OUCH 4.2, Stock: 8 characters, so that every symbol has a word on every wire."""
SESSION_NAME_MAX: Final = 32
TOKEN_MAX: Final = 128
SUBSCRIPTIONS_MAX: Final = 64
"""Subscriptions one connection may hold."""
DEPTH_DEFAULT: Final = 20
DEPTH_MAX: Final = 200
"""Price levels a side in one book subscription."""
OPEN_ORDERS_PER_MESSAGE: Final = 1000
"""Keeps `logged_in` and `open_orders` under 512 KiB, below the clients' usual limit of 1 MiB."""
TRADES_PER_SNAPSHOT: Final = 100
WHOLE_DIGITS_MAX: Final = 12
FRACTION_DIGITS_MAX: Final = 8
INTEGER_MAX: Final = 2**63 - 1

# `$` alone would let a trailing newline pass; the lookahead keeps the pattern valid in JSON Schema.
_TEXT = "^[ -~]+$(?!\\n)"
_DECIMAL = f"^[0-9]{{1,{WHOLE_DIGITS_MAX}}}(\\.[0-9]{{1,{FRACTION_DIGITS_MAX}}})?$(?!\\n)"

ClOrdId = Annotated[str, Meta(min_length=1, max_length=CL_ORD_ID_MAX, pattern=_TEXT)]
Symbol = Annotated[str, Meta(min_length=1, max_length=SYMBOL_MAX, pattern=_TEXT)]
SessionName = Annotated[str, Meta(min_length=1, max_length=SESSION_NAME_MAX, pattern=_TEXT)]
Token = Annotated[str, Meta(min_length=1, max_length=TOKEN_MAX, pattern=_TEXT)]
Decimal = Annotated[str, Meta(pattern=_DECIMAL)]
"""A price or quantity, at most 12 digits before and 8 after the point; no sign, no exponent."""
Number = Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
Depth = Annotated[int, Meta(ge=1, le=DEPTH_MAX)]

Side = Literal["buy", "sell"]
OrderType = Literal["limit", "market"]
TimeInForce = Literal["day", "gtc", "ioc", "fok"]
Channel = Literal["book", "trades", "sessions", "stats"]
Phase = Literal["open", "halted", "closed"]
Liquidity = Literal["maker", "taker"]
OrderState = Literal["new", "partially_filled", "filled", "canceled", "expired"]
RejectReason = Literal[
    "unknown_symbol",
    "halted",
    "closed",
    "invalid_quantity",
    "quantity_too_large",
    "invalid_lot",
    "invalid_price",
    "invalid_tick",
    "price_too_large",
    "unknown_order",
    "too_late",
    "book_full",
    "invalid_display",
    "invalid_expiry",
    "duplicate_cl_ord_id",
    "unsupported",
    "invalid_field",
    "not_allowed",
]
CancelReason = Literal[
    "user",
    "immediate_or_cancel",
    "expired",
    "supervisory",
    "disconnect",
    "replace_invalid",
    "post_only",
]
BustReason = Literal["erroneous", "consent", "supervisory", "external"]
ErrorCode = Literal[
    "bad_json",
    "unknown_type",
    "missing_field",
    "unknown_field",
    "invalid_field",
    "conflicting_fields",
    "not_logged_in",
    "already_logged_in",
    "login_refused",
    "session_replaced",
    "epoch_mismatch",
    "resume_too_high",
    "unknown_symbol",
    "unknown_order",
    "already_subscribed",
    "not_subscribed",
    "too_many_subscriptions",
    "unavailable",
]


def format_decimal(value: int, decimals: int, shown_min: int = 0) -> str:
    """The decimal text of `value` in units of 10^-`decimals`, trailing zeros dropped down to
    `shown_min` digits after the point.

    >>> format_decimal(1870100, 4), format_decimal(1870000, 4, 2), format_decimal(5, 0)
    ('187.01', '187.00', '5')
    """
    assert value >= 0, f"negative decimal: {value}"
    digits = str(value).rjust(decimals + 1, "0")
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    fraction = fraction.rstrip("0").ljust(min(shown_min, decimals), "0")
    return f"{whole}.{fraction}" if fraction else whole


def parse_decimal(text: str, decimals: int) -> int | None:
    """Decimal text in units of 10^-`decimals`, exactly; None when it has finer digits than that,
    or is no unsigned decimal number of at most INTEGER_MAX units.

    >>> parse_decimal("187.01", 4), parse_decimal("187.010000", 4), parse_decimal("0.00001", 4)
    (1870100, 1870100, None)
    """
    whole, point, fraction = text.partition(".")
    if not (whole.isascii() and whole.isdigit()) or len(whole) > WHOLE_DIGITS_MAX:
        return None
    if point and not (fraction.isascii() and fraction.isdigit()):
        return None
    if len(fraction) > decimals:
        if fraction[decimals:].strip("0"):
            return None
        fraction = fraction[:decimals]
    units = int(whole + fraction.ljust(decimals, "0"))
    return units if units <= INTEGER_MAX else None
