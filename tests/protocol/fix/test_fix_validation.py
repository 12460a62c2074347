"""Test cases 14.a to 14.j: one rule, one row; the answer is checked whole by the session's rows."""

import pytest

from protocol.fix.errors import MessageRejected
from protocol.fix.message import decode
from protocol.fix.settings import FixSettings
from protocol.fix.validation import DEFAULT_SWITCHES, Switches
from protocol.fix.version import FIX40, FIX42, FIX44, FIX50, FIX50SP2, Version
from tests.protocol.fix.fix_scenes import BY_NAME, ORDER, Peer, logged_on, validator, venue_says


def verdict(
    text: str, version: Version = FIX44, switches: Switches = DEFAULT_SWITCHES
) -> tuple[str, int | None] | None:
    """Reason and tag; None: valid."""
    message = decode(Peer(version).frame(text))
    try:
        validator(version, switches).check(message)
    except MessageRejected as rejection:
        return rejection.reason.value.decode(), rejection.ref_tag_id
    return None


ROWS = {
    "14.a unknown tag": ("35=0|34=2|999=HI", ("0", 999)),
    "14.a tag 0": ("35=0|34=2|0=HI", ("0", 0)),
    "14.a negative tag": ("35=0|34=2|-1=HI", ("0", -1)),
    "14.a user-defined tag": ("35=0|34=2|5000=HI", ("0", 5000)),
    "14.b required": (f"35=D|34=2|{ORDER}".replace("|40=2", ""), ("1", 40)),
    "14.c not of this message": ("35=0|34=2|55=MSFT", ("2", 55)),
    "14.d empty": (f"35=D|34=2|{ORDER}|58=", ("4", 58)),
    "14.e enumeration": (f"35=D|34=2|{ORDER}".replace("21=1", "21=4"), ("5", 21)),
    "14.e words": (f"35=D|34=2|{ORDER}|167=BOO", ("5", 167)),
    "14.e several words": (f"35=D|34=2|{ORDER}|18=1 @", ("5", 18)),
    "14.f decimal": (f"35=D|34=2|{ORDER}".replace("38=100", "38=+1"), ("6", 38)),
    "14.f long char": (f"35=D|34=2|{ORDER}".replace("54=1", "54=11"), ("6", 54)),
    "14.f timestamp": (f"35=D|34=2|{ORDER}|126=20040415", ("6", 126)),
    "14.f date": (f"35=D|34=2|{ORDER}|432=20041", ("6", 432)),
    "14.f boolean": (f"35=D|34=2|{ORDER}|114=X", ("6", 114)),
    "14.f integer": (f"35=D|34=2|{ORDER}|423=x", ("6", 423)),
    "14.g header in the body": (f"35=D|34=2|{ORDER}|115=A", ("14", 115)),
    "14.g body in the trailer": (f"35=D|34=2|{ORDER}|93=1|89=x|58=y", ("14", 58)),
    "14.h repeated": (f"35=D|34=2|{ORDER}|40=2", ("13", 40)),
    "14.h repeated in an entry": (f"35=D|34=2|{ORDER}|453=1|448=A|447=D|447=D", ("13", 447)),
    "14.i too few": (f"35=D|34=2|{ORDER}|386=3|336=A|336=B", ("16", 386)),
    "14.i too many": (f"35=D|34=2|{ORDER}|386=1|336=A|336=B", ("16", 386)),
    "14.i nested": (f"35=D|34=2|{ORDER}|453=1|448=A|802=2|523=x", ("16", 802)),
    "14.i none": (f"35=D|34=2|{ORDER}|386=1", ("16", 386)),
    "14.j order": (f"35=D|34=2|{ORDER}|453=1|448=A|452=1|447=D", ("15", 447)),
    "14.j nested": (f"35=D|34=2|{ORDER}|453=1|448=A|802=1|523=x|447=D", ("15", 447)),
    "14.j delimiter": (f"35=D|34=2|{ORDER}|453=1|447=D|448=A", ("15", 447)),
}
GOOD = {
    "plain": f"35=D|34=2|{ORDER}",
    "leading zeros": f"35=D|34=2|{ORDER}".replace("38=100", "38=002000.00"),
    "several words": f"35=D|34=2|{ORDER}|18=1 G",
    "no entries": f"35=D|34=2|{ORDER}|454=0",
    "nested": f"35=D|34=2|{ORDER}|453=2|448=A|447=D|802=2|523=x|523=y|448=B|78=1|79=Q|80=1",
    "any order": "35=D|34=2|" + "|".join(reversed(ORDER.split("|"))),
    "not in the table": "35=P|34=2|1=2|1=2|9999=3",
}


@pytest.mark.parametrize("name", ROWS)
def test_what_breaks_a_rule_is_rejected_with_reason_and_tag(name: str) -> None:
    text, expected = ROWS[name]
    assert verdict(text) == expected


@pytest.mark.parametrize("name", GOOD)
def test_what_breaks_none_is_valid(name: str) -> None:
    assert verdict(GOOD[name]) is None


def test_rules_are_those_of_the_version() -> None:
    assert verdict(f"35=D|34=2|{ORDER}|336=X", FIX42) == ("2", 336)
    assert verdict(f"35=D|34=2|{ORDER}|453=1|448=A", FIX42) == ("0", 453)
    assert verdict(f"35=D|34=2|{ORDER}".replace("|21=1", ""), FIX42) == ("1", 21)
    assert verdict(f"35=D|34=2|{ORDER}", FIX40) == ("2", 60)
    assert verdict(f"35=D|34=2|{ORDER}".replace("54=1", "54=9"), FIX40) == ("5", 54)
    assert verdict("35=D|34=2|11=A|40=1|54=1|60=20260105-09:30:00", FIX50SP2) is None


def test_over_fixt_a_message_has_the_fields_of_its_version_and_no_others() -> None:
    timestamps = "768=1|769=20260105-09:30:00|770=1"
    assert verdict(f"35=D|34=2|{ORDER}|1138=5", FIX50SP2) is None
    assert verdict(f"35=D|34=2|{ORDER}|{timestamps}", FIX50SP2) is None
    assert verdict(f"35=D|34=2|{ORDER}|{timestamps}|770=1", FIX50SP2) == ("13", 770)
    assert verdict(f"35=D|34=2|{ORDER}|151=5", FIX50SP2) == ("2", 151)
    assert verdict(f"35=D|34=2|{ORDER}|1227=X", FIX50) == ("0", 1227)
    assert verdict(f"35=D|34=2|{ORDER}|386=3|336=1", FIX50SP2) == ("16", 386)
    assert verdict(f"35=D|34=2|{ORDER}|4999=5", FIX50SP2) == ("0", 4999)
    assert verdict("35=0|34=2|58=T", FIX50SP2) == ("2", 58)


@pytest.mark.parametrize(
    ("switches", "text"),
    [
        (Switches(validate_fields_have_values=False), f"35=D|34=2|{ORDER}|58="),
        (Switches(validate_fields_out_of_order=False), f"35=D|34=2|{ORDER}|115=A"),
        (Switches(validate_user_defined_fields=False), f"35=D|34=2|{ORDER}|5000=x"),
        (
            Switches(validate_unordered_group_fields=False),
            f"35=D|34=2|{ORDER}|453=1|448=A|452=1|447=D",
        ),
        (Switches(allow_unknown_msg_fields=True), f"35=D|34=2|{ORDER}|320=x|4999=y"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_switch_lets_through_what_the_default_rejects(switches: Switches, text: str) -> None:
    assert verdict(text) is not None
    assert verdict(text, switches=switches) is None


def test_no_switch_lets_tag_0_through() -> None:
    lenient = Switches(validate_user_defined_fields=False, allow_unknown_msg_fields=True)
    assert verdict("35=0|34=2|0=x", switches=lenient) == ("0", 0)


def test_the_oldest_versions_put_the_tag_into_the_text() -> None:
    peer = logged_on(BY_NAME["FIX.4.0"])
    time = "20260105-09:30:00"
    assert peer.says("35=0|34=2|999=HI", "35=*|34=3", "35=8|34=4|37=x") == [
        venue_says("3", 2, "45=2", "58=Invalid tag number (999)", time=time),
        venue_says("3", 3, "45=3", "58=Invalid MsgType", time=time),
        venue_says("3", 4, "45=4", "58=Required tag missing (6)", time=time),
    ]
    assert peer.says("35=P|34=5", "35=0|34=9") == [
        venue_says("3", 5, "45=5", "58=Unsupported message type", time=time),
        venue_says("2", 6, "7=6", "16=999999", time=time),
    ]


def test_a_logon_that_the_dictionary_does_not_allow_closes_without_a_word() -> None:
    for body, reason in (
        ("98=0|108=30|55=X", "invalid Logon(A): Tag not defined for this message type, tag 55"),
        ("98=0|108=30|9001=X", "invalid Logon(A): Invalid tag number, tag 9001"),
        ("98=0|108=30|464=maybe", "invalid Logon(A): Incorrect data format for value, tag 464"),
        ("98=0|108=30|58=", "invalid Logon(A): Tag specified without a value, tag 58"),
    ):
        peer = Peer()
        assert peer.logs_on(body) == []
        assert peer.ended == reason
        assert not peer.stream.attached
        assert peer.stream.expected_msg_seq_num == 1


def test_username_and_password_are_taken_in_versions_without_such_fields() -> None:
    peer = Peer(FIX42)
    assert peer.logs_on("98=0|108=30|553=U|554=P") == [venue_says("A", 1, "98=0", "108=30")]


def test_empty_header_fields_are_taken_where_empty_fields_are() -> None:
    lenient = validator(FIX44, Switches(validate_fields_have_values=False))
    peer = Peer(settings=FixSettings(validator=lenient))
    assert peer.logs_on("50=|98=0|108=30") == [venue_says("A", 1, "98=0", "108=30")]
    assert peer.says("35=0|34=2|57=", "35=1|34=3|115=|112=x") == [venue_says("0", 2, "112=x")]
    strict = logged_on()
    (answer,) = strict.says("35=0|34=2|57=")
    assert answer.endswith("|58=Tag specified without a value|371=57|372=0|373=4")


def test_a_message_that_breaks_a_rule_is_never_learned() -> None:
    peer = logged_on()
    for number in range(2, 8):
        (answer,) = peer.says(f"35=D|34={number}|{ORDER}|320=x")
        assert "|371=320|372=D|373=2" in answer
    assert peer.take_events()[0] is not None
    assert peer.session._conversation.layouts.layouts == []  # type: ignore[union-attr]
