"""What differs between the versions of FIX, as one value per version.

Facts only: the codecs and the session read them; the fields of messages are in the dictionary.
Sources: FIX 4.0 to 4.4 with errata, FIXT 1.1, FIX 5.0 to 5.0 SP2; message lists in each version's
Volume 1.
"""

import msgspec

_TYPES_40 = b"0 1 2 3 4 5 6 7 8 9 A B C D E F G H J K L M N P Q R S"
_TYPES_41 = _TYPES_40 + b" T"
_TYPES_42 = _TYPES_41 + b" V W X Y Z a b c d e f g h i j k l m"
_TYPES_43 = _TYPES_42 + b" n o p q r s t u v w x y z AA AB AC AD AE AF AG AH AI"
_TYPES_44 = (
    _TYPES_43 + b" AJ AK AL AM AN AO AP AQ AR AS AT AU AV AW AX AY AZ BA BB BC BD BE BF BG BH"
)
_TYPES_50 = _TYPES_44 + b" BI BJ BK BL BM BN BO BP"
_TYPES_50SP1 = _TYPES_50 + b" BQ BR BS BT BU BV BW BX BY BZ CA CB"
_TYPES_50SP2 = _TYPES_50SP1 + b" CC CD CE CF CG CH CI CJ CK CL CM"


class Version(msgspec.Struct, frozen=True):
    """One version of FIX as it is spoken on a session."""

    name: str
    code: str
    """The version in the dictionary's table."""
    begin_string: bytes
    msg_types: frozenset[bytes]
    """Every MsgType(35) the version defines; others are invalid, U... is user-defined."""
    session_reject_reason_max: int = 99
    """The highest SessionRejectReason(373) the version knows; a later one is left out."""
    appl_ver_id: bytes = b""
    """ApplVerID(1128) of the application layer over FIXT.1.1."""
    has_exec_trans_type: bool = False
    """ExecTransType(20), with fills as ExecType(150) 1 and 2: before FIX 4.3."""
    has_reject_codes: bool = True
    """RefTagID(371), RefMsgType(372), SessionRejectReason(373) and BusinessMessageReject(j): since
    FIX 4.2. Before, Text(58) of a Reject(3) has to say everything."""
    has_exec_type: bool = True
    """ExecType(150), LeavesQty(151), OrigClOrdID(41) in reports: since FIX 4.1."""
    time_digits: int = 3
    """Digits behind the second in timestamps that we write; none before FIX 4.2."""
    infinity: bytes = b"0"
    """EndSeqNo(16) that means all there are."""


def _types(types: bytes) -> frozenset[bytes]:
    return frozenset(types.split())


FIX40 = Version(
    name="FIX.4.0",
    code="40",
    begin_string=b"FIX.4.0",
    msg_types=_types(_TYPES_40),
    session_reject_reason_max=-1,
    has_exec_trans_type=True,
    has_reject_codes=False,
    has_exec_type=False,
    time_digits=0,
    infinity=b"999999",
)
FIX41 = msgspec.structs.replace(
    FIX40,
    name="FIX.4.1",
    code="41",
    begin_string=b"FIX.4.1",
    msg_types=_types(_TYPES_41),
    has_exec_type=True,
)
FIX42 = Version(
    name="FIX.4.2",
    code="42",
    begin_string=b"FIX.4.2",
    msg_types=_types(_TYPES_42),
    session_reject_reason_max=11,
    has_exec_trans_type=True,
)
FIX43 = Version("FIX.4.3", "43", b"FIX.4.3", _types(_TYPES_43))
FIX44 = Version("FIX.4.4", "44", b"FIX.4.4", _types(_TYPES_44))
FIX50 = Version("FIX.5.0", "50", b"FIXT.1.1", _types(_TYPES_50), appl_ver_id=b"7")
FIX50SP1 = Version("FIX.5.0SP1", "51", b"FIXT.1.1", _types(_TYPES_50SP1), appl_ver_id=b"8")
FIX50SP2 = Version("FIX.5.0SP2", "52", b"FIXT.1.1", _types(_TYPES_50SP2), appl_ver_id=b"9")
FIX_LATEST = msgspec.structs.replace(FIX50SP2, name="FIX.Latest", appl_ver_id=b"10")
"""Spoken with the table of FIX 5.0 SP2, of which it is the continuation."""

VERSIONS = (FIX40, FIX41, FIX42, FIX43, FIX44, FIX50, FIX50SP1, FIX50SP2)
"""Those that have fields and messages of their own."""
_BY_KEY = {
    (version.begin_string, version.appl_ver_id): version for version in (*VERSIONS, FIX_LATEST)
}


def version_of(begin_string: bytes, default_appl_ver_id: bytes = b"") -> Version | None:
    """The version a session speaks; None: not supported.

    `default_appl_ver_id` is DefaultApplVerID(1137), which only FIXT.1.1 has.
    """
    return _BY_KEY.get((begin_string, default_appl_ver_id))
