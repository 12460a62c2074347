"""The bodies of MarketDataSnapshotFullRefresh(W), IncrementalRefresh(X) and RequestReject(Y).

Fields outside groups ascend by tag; inside an entry they stand in the standard's order, which some
clients insist on. Sources: FIX 4.2 to 5.0 SP2, "Market data" in each version's Volume 3.
"""

from collections.abc import Sequence

import msgspec

from protocol.fix.answers import field
from protocol.fix.values import format_utc_timestamp
from protocol.fix.version import Version

ENTRY_IDS_IN_SNAPSHOTS_SINCE = "50"
"""MDEntryID(278) in W, and RptSeq(83) in W and X."""
REJ_REASON_MAX = {"42": b"8", "43": b"C", "44": b"C"}
"""The highest MDReqRejReason(281) of a version; D since FIX 5.0."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One entry of W or X; values as on the wire, empty: absent."""

    md_entry_type: bytes
    md_entry_id: bytes
    md_entry_px: bytes = b""
    md_entry_size: bytes = b""
    number_of_orders: bytes = b""
    md_entry_position_no: bytes = b""
    time_ns: int = 0
    """Of a trade, written as MDEntryDate(272) and MDEntryTime(273); 0: absent."""
    md_update_action: bytes = b""
    """X only: 0 new, 1 change, 2 delete."""


def snapshot(
    version: Version,
    md_req_id: bytes,
    symbol: bytes,
    entries: Sequence[Entry],
    rpt_seq: int,
    *,
    time_digits: int = 3,
) -> bytes:
    """W: everything there is of one symbol. `rpt_seq` is the number of the last update before."""
    groups = []
    named = version.code >= ENTRY_IDS_IN_SNAPSHOTS_SINCE
    for entry in entries:
        name, tail = b"", b""
        if named:
            name, tail = b"278=%b\x01" % entry.md_entry_id, b"83=%d\x01" % rpt_seq
        details = _details(entry, time_digits)
        groups.append(b"269=%b\x01%b%b%b" % (entry.md_entry_type, name, details, tail))
    return b"55=%b\x01262=%b\x01268=%d\x01%b" % (
        symbol,
        md_req_id,
        len(entries),
        b"".join(groups),
    )


def incremental(
    version: Version,
    md_req_id: bytes,
    symbol: bytes,
    entries: Sequence[Entry],
    rpt_seq: int,
    *,
    time_digits: int = 3,
) -> bytes:
    """X: what changed of one symbol; its entries are updates number `rpt_seq`."""
    tail = b"83=%d\x01" % rpt_seq if version.code >= ENTRY_IDS_IN_SNAPSHOTS_SINCE else b""
    groups = [
        b"279=%b\x01269=%b\x01278=%b\x0155=%b\x01%b%b"
        % (
            entry.md_update_action,
            entry.md_entry_type,
            entry.md_entry_id,
            symbol,
            _details(entry, time_digits),
            tail,
        )
        for entry in entries
    ]
    return b"262=%b\x01268=%d\x01%b" % (md_req_id, len(groups), b"".join(groups))


def request_reject(version: Version, md_req_id: bytes, reason: bytes, text: bytes) -> bytes:
    """Y. A MDReqRejReason(281) that the version does not have is left out."""
    known = reason if reason <= REJ_REASON_MAX.get(version.code, b"D") else b""
    return b"%b262=%b\x01%b" % (field(58, text), md_req_id, field(281, known))


def _details(entry: Entry, time_digits: int) -> bytes:
    """Price, size, time, orders and position, as far as the entry has them."""
    time = b""
    if entry.time_ns:
        date, _, clock = format_utc_timestamp(entry.time_ns, time_digits).partition(b"-")
        time = b"272=%b\x01273=%b\x01" % (date, clock)
    return b"%b%b%b%b%b" % (
        field(270, entry.md_entry_px),
        field(271, entry.md_entry_size),
        time,
        field(346, entry.number_of_orders),
        field(290, entry.md_entry_position_no),
    )
