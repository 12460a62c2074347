"""The bodies of SecurityList(y), SecurityDefinition(d), SecurityStatus(f), TradingSessionStatus(h).

Fields outside groups ascend by tag; inside an entry they stand in the standard's order. Sources:
FIX 4.2 to 5.0 SP2, "Securities reference data" and "Market structure" in each version's volumes.
"""

from collections.abc import Sequence

import msgspec

from protocol.fix.answers import NO_SYMBOL, field
from protocol.fix.version import Version

COMMON_STOCK = b"CS"
"""SecurityType(167) of everything that is listed."""


class Security(msgspec.Struct, frozen=True, gc=False):
    """A listed instrument; values as on the wire."""

    symbol: bytes
    round_lot: bytes
    min_trade_vol: bytes


def security_list(
    version: Version,
    ids: tuple[bytes, bytes],
    result: bytes,
    securities: Sequence[Security] = (),
    *,
    total: int = 0,
    last: bool = True,
) -> bytes:
    """y: a part of an answer with `total` securities in all; `ids` are SecurityReqID(320) and
    SecurityResponseID(322). LastFragment(893) is FIX 4.4's."""
    group = b""
    if securities:
        entries = (b"55=%b\x01%b" % (one.symbol, _lots(version, one)) for one in securities)
        group = b"146=%d\x01%b" % (len(securities), b"".join(entries))
    fragment = b"893=%b\x01" % (b"Y" if last else b"N") if version.code >= "44" else b""
    return b"%b320=%b\x01322=%b\x01393=%d\x01560=%b\x01%b" % (
        group,
        *ids,
        total,
        result,
        fragment,
    )


def security_definition(
    version: Version,
    ids: tuple[bytes, bytes],
    response_type: bytes,
    security: Security | None = None,
    *,
    total: int = 0,
    security_type: bytes = b"",
    text: bytes = b"",
) -> bytes:
    """d: one security, or none. FIX 4.2 has TotalNumSecurities(393) and no lots; from FIX 5.0 SP1
    on they belong to a market segment, of which the venue has none."""
    lots = symbol = b""
    if security is not None:
        symbol = security.symbol
        if "43" <= version.code <= "50":
            lots = _lots(version, security)
    elif security_type:
        symbol = NO_SYMBOL
    return b"%b%b%b320=%b\x01322=%b\x01323=%b\x01%b%b" % (
        field(55, symbol),
        field(58, text),
        field(167, security_type),
        *ids,
        response_type,
        b"393=%d\x01" % total if version.code == "42" else b"",
        lots,
    )


def security_status(
    req_id: bytes, symbol: bytes, status: bytes, transact_time: bytes, *, unsolicited: bool
) -> bytes:
    """f: SecurityTradingStatus(326) of one symbol."""
    return b"55=%b\x0160=%b\x01324=%b\x01325=%b\x01326=%b\x01" % (
        symbol or NO_SYMBOL,
        transact_time,
        req_id,
        b"Y" if unsolicited else b"N",
        status,
    )


def trading_session_status(
    req_id: bytes,
    trading_session_id: bytes,
    status: bytes,
    *,
    unsolicited: bool,
    rej_reason: bytes = b"",
) -> bytes:
    """h: TradSesStatus(340) of one trading session; a refusal has TradSesStatusRejReason(567)."""
    return b"325=%b\x01335=%b\x01336=%b\x01340=%b\x01%b" % (
        b"Y" if unsolicited else b"N",
        req_id,
        trading_session_id,
        status,
        field(567, rej_reason),
    )


def _lots(version: Version, security: Security) -> bytes:
    """RoundLot(561) and MinTradeVol(562), whose order FIX 5.0 SP1 turned round."""
    lots = (b"561=%b\x01" % security.round_lot, b"562=%b\x01" % security.min_trade_vol)
    return b"".join(lots if version.code <= "50" else lots[::-1])
