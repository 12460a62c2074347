"""The validators of FIX sessions: one for each version and set of switches, made when first asked.

The table is read from `specs/fix/dictionary.txt`, which is shipped with the program.
"""

import importlib.resources
from functools import cache

from gateway.config import FixSession
from protocol.fix.dictionary import Dictionary, Table, parse_table
from protocol.fix.validation import Switches, Validator


@cache
def table() -> Table:
    """The table of all versions. Raises DictionaryError."""
    file = importlib.resources.files("specs") / "fix" / "dictionary.txt"
    return parse_table(file.read_bytes())


@cache
def validator(code: str, switches: Switches) -> Validator:
    """What judges the messages of a version, given by its code."""
    return Validator(_dictionary(code), switches)


@cache
def _dictionary(code: str) -> Dictionary:
    return table().dictionary(code)


def switches(session: FixSession) -> Switches:
    """The validation settings of a configured session."""
    return Switches(
        validate_fields_out_of_order=session.validate_fields_out_of_order,
        validate_fields_have_values=session.validate_fields_have_values,
        validate_user_defined_fields=session.validate_user_defined_fields,
        allow_unknown_msg_fields=session.allow_unknown_msg_fields,
    )
