"""protocol.fix.render: names and texts of the message's own version, groups, what is unknown."""

import pytest

from gateway.order_entry.fix_dictionaries import table
from protocol.fix.render import ShownField, Vocabularies, escape, one_line

TABLE = table()


def fields(text: str) -> list[tuple[int, bytes]]:
    pairs = (word.partition("=") for word in text.split("|"))
    return [(int(tag), value.encode()) for tag, _, value in pairs]


def shown(*messages: str) -> str:
    """The last message in one line, after the others were seen."""
    vocabularies = Vocabularies(TABLE)
    lines = [one_line(vocabularies.of(fields(m)).shown(fields(m))) for m in messages]
    return lines[-1]


def test_fields_have_names_and_enumerated_values_texts() -> None:
    assert shown("8=FIX.4.4|35=8|39=1|150=F|54=5|55=AAPL") == (
        "BeginString(8)=FIX.4.4|MsgType(35)=8 ExecutionReport|OrdStatus(39)=1 PARTIALLY_FILLED|"
        "ExecType(150)=F TRADE|Side(54)=5 SELL_SHORT|Symbol(55)=AAPL"
    )


def test_each_version_has_its_own_names() -> None:
    assert shown("8=FIX.4.2|32=5") == "BeginString(8)=FIX.4.2|LastShares(32)=5"
    assert shown("8=FIX.4.4|32=5") == "BeginString(8)=FIX.4.4|LastQty(32)=5"


def test_what_the_dictionary_does_not_know_is_a_number() -> None:
    assert shown("8=FIX.4.0|35=ZZ|797=Y|9999=x") == (
        "BeginString(8)=FIX.4.0|MsgType(35)=ZZ|797=Y|9999=x"
    )
    assert shown("8=FIX.9.9|55=A") == "BeginString(8)=FIX.9.9|Symbol(55)=A"


def test_entries_of_a_group_stand_inside_it() -> None:
    assert shown("8=FIX.4.4|35=8|453=2|448=A|447=D|802=1|523=x|448=B|452=3|39=0") == (
        "BeginString(8)=FIX.4.4|MsgType(35)=8 ExecutionReport|"
        "NoPartyIDs(453)=2[PartyID(448)=A|PartyIDSource(447)=D PROPRIETARY|"
        "NoPartySubIDs(802)=1[PartySubID(523)=x]|PartyID(448)=B|PartyRole(452)=3 CLIENT_ID]|"
        "OrdStatus(39)=0 NEW"
    )


def test_several_values_have_several_texts() -> None:
    assert shown("8=FIX.4.4|18=1 0") == (
        "BeginString(8)=FIX.4.4|ExecInst(18)=1 0 NOT_HELD STAY_ON_OFFER"
    )


@pytest.mark.parametrize(
    ("messages", "name"),
    [
        (("8=FIXT.1.1|35=8|150=F",), "52"),
        (("8=FIXT.1.1|35=8|1128=7|150=F",), "50"),
        (("8=FIXT.1.1|35=A|1137=8", "8=FIXT.1.1|35=8|150=F"), "51"),
        (("8=FIXT.1.1|35=A|1137=8", "8=FIX.4.2|35=8|150=F"), "42"),
    ],
)
def test_the_version_is_the_messages_or_that_of_the_logon(
    messages: tuple[str, ...], name: str
) -> None:
    vocabularies = Vocabularies(TABLE)
    *_, last = [vocabularies.of(fields(message)) for message in messages]
    assert last.names == {row.tag: row.name for row in TABLE.fields if name in row.versions}


def test_nothing_reaches_a_terminal_unescaped() -> None:
    assert shown("8=FIX.4.4|58=\x1b[1m") == "BeginString(8)=FIX.4.4|Text(58)=\\x1b[1m"
    assert one_line([ShownField(58, "Text", "a|b", "", 0)]) == "Text(58)=a\\x7cb"
    assert escape(b"\x00\xff~") == "\\x00\\xff~"
