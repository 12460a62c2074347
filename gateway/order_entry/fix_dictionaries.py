"""The validators of FIX sessions: one for each version and set of switches, made when first asked.

The table is read from `specs/fix/dictionary.txt`, which is shipped with the program; a session may
name a file of its own instead (`fix_dictionary_file`).
"""

import importlib.resources
from functools import cache

from gateway.config import FixSession
from gateway.order_entry.fix_dictionary_file import read_dictionary
from protocol.fix.dictionary import TRANSPORT_SINCE, Dictionary, Table, parse_table
from protocol.fix.validation import Switches, Validator

TRANSPORT_CODE = "52"
"""FIXT 1.1 is the same under every application; the table has it under the last."""
CODE_OF_APPL_VER_ID = {
    b"2": "40",
    b"3": "41",
    b"4": "42",
    b"5": "43",
    b"6": "44",
    b"7": "50",
    b"8": "51",
    b"9": "52",
    b"10": "52",
}
"""ApplVerID(1128) -> code of the application version in the table."""


@cache
def table() -> Table:
    """The table of all versions. Raises DictionaryError."""
    file = importlib.resources.files("specs") / "fix" / "dictionary.txt"
    return parse_table(file.read_bytes())


@cache
def validator(code: str, switches: Switches, data_dictionary: str = "") -> Validator:
    """What judges the messages of a version, given by its code, with the venue's table or a user's
    file. Raises DictionaryFileError."""
    own = dictionary(code)
    if data_dictionary:
        own = read_dictionary(data_dictionary, own)
    if code < TRANSPORT_SINCE:
        return Validator(own, switches)

    def by_appl_ver_id(appl_ver_id: bytes) -> Validator | None:
        named = CODE_OF_APPL_VER_ID.get(appl_ver_id)
        if named is None:
            return None
        return made if named == code else _over_fixt(named, switches)

    made = Validator(own, switches, by_appl_ver_id)
    return made


@cache
def _over_fixt(code: str, switches: Switches) -> Validator:
    return Validator(table().dictionary(code, TRANSPORT_CODE), switches)


@cache
def dictionary(code: str) -> Dictionary:
    """The venue's own dictionary of a version."""
    return table().dictionary(code)


def switches(session: FixSession) -> Switches:
    """The validation settings of a configured session."""
    return Switches(
        validate_fields_out_of_order=session.validate_fields_out_of_order,
        validate_fields_have_values=session.validate_fields_have_values,
        validate_user_defined_fields=session.validate_user_defined_fields,
        validate_unordered_group_fields=session.validate_unordered_group_fields,
        allow_unknown_msg_fields=session.allow_unknown_msg_fields,
    )
