"""A user's own dictionary on a session: QuickFIX's XML in, a validator's answers out."""

from pathlib import Path

import pytest

from gateway.config import FixSession
from gateway.order_entry import fix_dictionary_file
from gateway.order_entry.fix_dictionaries import dictionary, switches, table, validator
from gateway.order_entry.fix_dictionary_file import DictionaryFileError, read_dictionary
from protocol.fix.dictionary import all_tags
from protocol.fix.dictionary_xml import FILES, quickfix_xml
from protocol.fix.errors import MessageRejected
from protocol.fix.message import Message

SMALL = """<fix type='FIX' major='4' minor='4' servicepack='0'>
 <header><field name='MsgType' required='Y'/><field name='Desk' required='N'/></header>
 <trailer><field name='CheckSum' required='Y'/></trailer>
 <messages>
  <message name='NewOrderSingle' msgtype='D' msgcat='app'>
   <field name='ClOrdID' required='Y'/>
   <field name='Side' required='N'/>
   <component name='Legs' required='N'/>
   <field name='Colour' required='N'/>
  </message>
 </messages>
 <components>
  <component name='Legs'>
   <group name='NoColours' required='N'>
    <field name='Shade' required='Y'/><field name='Weight' required='N'/>
   </group>
  </component>
 </components>
 <fields>
  <field number='35' name='MsgType' type='STRING'/>
  <field number='10' name='CheckSum' type='STRING'/>
  <field number='11' name='ClOrdID' type='STRING'/>
  <field number='54' name='Side' type='CHAR'><value enum='1' description='BUY'/></field>
  <field number='5001' name='Colour' type='INT'/>
  <field number='5002' name='NoColours' type='INT'/>
  <field number='5003' name='Shade' type='STRING'/>
  <field number='5004' name='Weight' type='QTY'/>
  <field number='5005' name='Desk' type='STRING'/>
 </fields>
</fix>
"""


def written(tmp_path: Path, text: str | bytes) -> str:
    file = tmp_path / "own.xml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(file)


def verdict(
    path: str, text: str, msg_type: bytes = b"D", code: str = "44"
) -> tuple[str, int | None] | None:
    """Reason and tag; None: valid."""
    fields = [(35, msg_type)]
    for part in text.split("|") if text else ():
        tag, _, value = part.partition("=")
        fields.append((int(tag), value.encode()))
    try:
        validator(code, switches(FixSession("FIX.4.4", "C")), path).check(
            Message(b"FIX.4.4", fields, 0)
        )
    except MessageRejected as rejection:
        return rejection.reason.value.decode(), rejection.ref_tag_id
    return None


@pytest.mark.parametrize("name", [name for name in FILES if name != "FIXT.1.1"])
def test_the_venues_own_file_reads_back_as_its_table(tmp_path: Path, name: str) -> None:
    code, _ = FILES[name]
    own = dictionary(code)
    read = read_dictionary(written(tmp_path, quickfix_xml(table(), name)), own)
    assert read.messages == own.messages
    assert (read.header, read.admin) == (own.header, own.admin)
    used = all_tags(own.header).union(*map(all_tags, own.messages.values())) - {35}
    # Before FIX 4.2 a char is a text of any length.
    char = "STRING" if code < "42" else "CHAR"
    types = {tag: char if own.types[tag] == "CHAR" else own.types[tag] for tag in used}
    assert types == {tag: read.types[tag] for tag in used}
    assert {tag: own.values.get(tag) for tag in used} == {tag: read.values.get(tag) for tag in used}


def test_own_fields_and_groups_are_taken_and_judged(tmp_path: Path) -> None:
    path = written(tmp_path, SMALL)
    assert verdict(path, "5005=x|11=A|5001=7|5002=2|5003=a|5004=1|5003=b") is None
    assert verdict(path, "11=A|5001=x") == ("6", 5001)
    assert verdict(path, "11=A|5002=1|5004=1|5003=a") == ("15", 5004)
    assert verdict(path, "11=A|5002=2|5003=a") == ("16", 5002)
    assert verdict(path, "11=A|5006=x") == ("0", 5006)
    assert verdict(path, "5001=7") == ("1", 11)


def test_nothing_of_the_venues_table_counts_beside_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, SMALL)
    assert verdict(path, "11=A|40=2") == ("0", 40)
    assert verdict(path, "11=A|54=2") == ("5", 54)
    assert verdict(path, "", b"F") == ("11", 35)
    assert verdict("", "", b"F") == ("1", 11)


def test_over_fixt_the_file_is_the_applications_part(tmp_path: Path) -> None:
    text = SMALL.replace(
        "major='4' minor='4' servicepack='0'", "major='5' minor='0' servicepack='2'"
    )
    path = written(tmp_path, text)
    assert verdict(path, "11=A|5001=7", code="52") is None
    assert verdict(path, "1128=9|11=A|5001=7", code="52") is None
    assert verdict(path, "11=A|55=X", code="52") == ("0", 55)
    assert verdict(path, "98=0|108=30", b"A", code="52") == ("1", 1137)


GROUPS = "<component name='Legs'>"
WRONG = {
    "not XML": (SMALL[:200], "not XML: "),
    "another root": ("<fixml/>", "<fixml>: expected <fix>, received <fixml>"),
    "another version": (
        SMALL.replace("minor='4'", "minor='2'"),
        "<fix>: expected type='FIX' major='4' minor='4' servicepack='0' for FIX.4.4,"
        " received type='FIX' major='4' minor='2' servicepack='0'",
    ),
    "no fields": (SMALL.replace("fields>", "field>"), "<fix>: expected <fields>, received none"),
    "unknown field": (
        SMALL.replace("name='Side' required", "name='Slide' required"),
        'message NewOrderSingle, field Slide: expected a name among <fields>, received "Slide"',
    ),
    "unknown component": (
        SMALL.replace("name='Legs' required", "name='Arms' required"),
        "message NewOrderSingle, component Arms: expected a name among <components>,"
        ' received "Arms"',
    ),
    "tag": (
        SMALL.replace("number='5001'", "number='x'"),
        'field Colour: expected a number from 1 to 999999999, received "x"',
    ),
    "no type": (
        SMALL.replace("name='Colour' type='INT'", "name='Colour'"),
        "field Colour, <field>: expected a type, received none",
    ),
    "no message type": (
        SMALL.replace(" msgtype='D'", ""),
        "message NewOrderSingle, <message>: expected a msgtype, received none",
    ),
    "empty group": (
        SMALL.replace("<field name='Shade' required='Y'/><field name='Weight' required='N'/>", ""),
        "message NewOrderSingle, component Legs, group NoColours: expected members, received none",
    ),
    "stranger": (
        SMALL.replace("<field name='Side' required='N'/>", "<fild name='Side'/>"),
        "message NewOrderSingle, fild Side: expected field, group or component, received fild",
    ),
    "component in itself": (
        SMALL.replace(GROUPS, GROUPS + "<component name='Legs'/>"),
        "expected at most 16 levels, received more",
    ),
    "document type": (
        "<!DOCTYPE fix SYSTEM 'http://127.0.0.1/fix.dtd'>" + SMALL,
        "expected no document type or entities",
    ),
    "entities": (
        "<!DOCTYPE fix [<!ENTITY a 'a'>]>" + SMALL,
        "expected no document type or entities",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_error_names_file_element_expected_and_received(tmp_path: Path, name: str) -> None:
    text, problem = WRONG[name]
    path = written(tmp_path, text)
    with pytest.raises(DictionaryFileError) as raised:
        read_dictionary(path, dictionary("44"))
    assert str(raised.value).startswith(f"{path}: ")
    assert problem in str(raised.value)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(DictionaryFileError, match=r"/none\.xml: cannot be read: No such file"):
        read_dictionary("/none.xml", dictionary("44"))


def test_size_and_nesting_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DictionaryFileError, match="expected at most 4194304 bytes, received more"):
        read_dictionary(written(tmp_path, b" " * (4 * 1024 * 1024 + 1)), dictionary("44"))
    monkeypatch.setattr(fix_dictionary_file, "MEMBERS_MAX", 5)
    with pytest.raises(DictionaryFileError, match="expected at most 5 members in all"):
        read_dictionary(written(tmp_path, SMALL), dictionary("44"))
