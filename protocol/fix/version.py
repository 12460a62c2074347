"""What differs between the versions of FIX, as one value per version.

Facts only: the codecs and the session read them. Sources: FIX 4.2 and 4.4 with errata, FIXT 1.1,
FIX 5.0 SP2; message lists in each version's Volume 1.
"""

import msgspec

Required = dict[bytes, tuple[int, ...]]

_SESSION_REQUIRED: Required = {
    b"1": (112,),
    b"2": (7, 16),
    b"3": (45,),
    b"4": (36,),
    b"A": (98, 108),
}
_TYPES_40 = b"0 1 2 3 4 5 6 7 8 9 A B C D E F G H J K L M N P Q R S T V W X Y Z a"
_TYPES_42 = _TYPES_40 + b" b c d e f g h i j k l m"
_TYPES_44 = (
    _TYPES_42 + b" n o p q r s t u v w x y z AA AB AC AD AE AF AG AH AI AJ AK AL AM AN AO AP AQ AR"
    b" AS AT AU AV AW AX AY AZ BA BB BC BD BE BF BG BH"
)
_TYPES_50SP2 = (
    _TYPES_44 + b" BI BJ BK BL BM BN BO BP BQ BR BS BT BU BV BW BX BY BZ CA CB CC CD CE CF CG CH"
    b" CI CJ CK CL CM"
)


class Version(msgspec.Struct, frozen=True):
    """One version of FIX as it is spoken on a session."""

    name: str
    begin_string: bytes
    msg_types: frozenset[bytes]
    """Every MsgType(35) the version defines; others are invalid, U... is user-defined."""
    session_reject_reason_max: int
    """The highest SessionRejectReason(373) the version knows; a later one is left out."""
    required: Required
    """Required body fields per MsgType, ascending, of the messages the venue speaks."""
    appl_ver_id: bytes = b""
    """ApplVerID(1128) of the application layer over FIXT.1.1."""
    has_exec_trans_type: bool = False
    """ExecTransType(20), with fills as ExecType(150) 1 and 2: before FIX 4.3."""


FIX42 = Version(
    name="FIX.4.2",
    begin_string=b"FIX.4.2",
    msg_types=frozenset(_TYPES_42.split()),
    session_reject_reason_max=11,
    required=_SESSION_REQUIRED
    | {
        b"D": (11, 21, 40, 54, 55, 60),
        b"F": (11, 41, 54, 55, 60),
        b"G": (11, 21, 40, 41, 54, 55, 60),
        b"H": (11, 54, 55),
    },
    has_exec_trans_type=True,
)
FIX44 = Version(
    name="FIX.4.4",
    begin_string=b"FIX.4.4",
    msg_types=frozenset(_TYPES_44.split()),
    session_reject_reason_max=99,
    required=_SESSION_REQUIRED
    | {
        b"D": (11, 40, 54, 55, 60),
        b"F": (11, 41, 54, 55, 60),
        b"G": (11, 40, 41, 54, 55, 60),
        b"H": (11, 54, 55),
    },
)
FIX50SP2 = Version(
    name="FIX.5.0SP2",
    begin_string=b"FIXT.1.1",
    msg_types=frozenset(_TYPES_50SP2.split()),
    session_reject_reason_max=99,
    required=_SESSION_REQUIRED
    | {
        b"A": (98, 108, 1137),
        b"D": (11, 40, 54, 60),
        b"F": (11, 54, 60),
        b"G": (11, 40, 54, 60),
        b"H": (54,),
    },
    appl_ver_id=b"9",
)

VERSIONS = (FIX42, FIX44, FIX50SP2)
_BY_KEY = {(version.begin_string, version.appl_ver_id): version for version in VERSIONS}


def version_of(begin_string: bytes, default_appl_ver_id: bytes = b"") -> Version | None:
    """The version a session speaks; None: not supported.

    `default_appl_ver_id` is DefaultApplVerID(1137), which only FIXT.1.1 has.
    """
    return _BY_KEY.get((begin_string, default_appl_ver_id))
