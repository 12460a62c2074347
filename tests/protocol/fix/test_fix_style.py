"""The two styles of refusal side by side: the same offence, both answers in whole."""

import pytest

from protocol.fix.settings import FixSettings
from protocol.fix.style import STYLES
from protocol.fix.version import FIX41, FIX44, FIX50SP2, Version
from tests.protocol.fix.fix_scenes import EARLY, ORDER, T0, Peer, logged_on, venue_says

JAVA = FixSettings(reject_style="quickfixj")
HEAD = f"49=ACME|52={T0}|56=XVEN"
LATER = "20260105-09:30:01.000"


def both(text: str, version: Version = FIX44) -> tuple[list[str], list[str]]:
    """The answers in quickfix and in quickfixj style."""
    c_plus_plus, java = logged_on(version), logged_on(version, settings=JAVA)
    return c_plus_plus.says(text), java.says(text)


def rejected(*body: str, number: int = 2) -> str:
    return venue_says("3", 2, f"45={number}", *body)


def test_11c_the_tag_of_a_reset_that_goes_back() -> None:
    text = "58=Value is incorrect (out of range) for this tag"
    assert both("35=4|34=0|36=1") == (
        [rejected(text, "372=4", "373=5", number=0)],
        [rejected(text, "371=36", "372=4", "373=5", number=0)],
    )


def test_2f_the_tag_and_the_logout_after_an_original_time_that_is_later() -> None:
    text = "58=SendingTime accuracy problem"
    head = f"35=0|34=2|43=Y|49=ACME|52={T0}|56=XVEN|122={LATER}"
    assert both(head) == (
        [rejected(text, "372=0", "373=10"), venue_says("5", 3)],
        [
            rejected(text, "371=122", "372=0", "373=10"),
            venue_says("5", 3, f"{text}, field=122"),
        ],
    )


def test_2o_the_tag_and_the_logout_after_a_stale_sending_time() -> None:
    text = "58=SendingTime accuracy problem"
    assert both(f"35=0|34=2|49=ACME|52={EARLY}|56=XVEN") == (
        [rejected(text, "372=0", "373=10"), venue_says("5", 3)],
        [rejected(text, "371=52", "372=0", "373=10"), venue_says("5", 3, f"{text}, field=52")],
    )


def test_2k_the_logout_after_another_comp_id() -> None:
    reject = rejected("58=CompID problem", "372=0", "373=9")
    assert both(f"35=0|34=2|49=OTHER|52={T0}|56=XVEN") == (
        [reject, venue_says("5", 3)],
        [reject, venue_says("5", 3, "58=CompID problem")],
    )


def test_2q_the_tag_of_an_invalid_msg_type() -> None:
    assert both("35=*|34=2") == (
        [rejected("58=Invalid MsgType", "372=*", "373=11")],
        [rejected("58=Invalid MsgType", "371=35", "372=*", "373=11")],
    )


def test_14f_the_tag_in_the_text() -> None:
    text = "58=Incorrect data format for value"
    order = ORDER.replace("38=100", "38=+1")
    assert both(f"35=D|34=2|{order}") == (
        [rejected(text, "371=38", "372=D", "373=6")],
        [rejected(f"{text}, field=38", "371=38", "372=D", "373=6")],
    )


def test_14a_the_tag_in_the_text_before_fix_42() -> None:
    peers = Peer(FIX41), Peer(FIX41, settings=JAVA)
    texts = []
    for peer in peers:
        peer.logs_on()
        texts.append(peer.says("35=0|34=2|999=HI")[0].rpartition("|")[2])
    assert texts == ["58=Invalid tag number (999)", "58=Invalid tag number, field=999"]


def test_14j_the_words_for_a_group_without_its_first_field() -> None:
    order = f"{ORDER}|78=1|80=100|79=acct"
    rest = ("371=80", "372=D", "373=15")
    assert both(f"35=D|34=2|{order}") == (
        [rejected("58=Repeating group fields out of order", *rest)],
        [rejected("58=Out of order repeating group members", *rest)],
    )


def test_14j_the_words_for_a_group_out_of_order() -> None:
    order = f"{ORDER}|78=1|79=acct|80=50|661=1"
    rest = ("371=661", "372=D", "373=15")
    assert both(f"35=D|34=2|{order}") == (
        [rejected("58=Repeating group fields out of order", *rest)],
        [rejected("58=Out of order repeating group members", *rest)],
    )


def test_2r_the_version_in_a_business_reject_over_fixt() -> None:
    body = ("45=2", "58=Unsupported Message Type", "372=P", "380=3")
    assert both("35=P|34=2", FIX50SP2) == (
        [venue_says("j", 2, *body, "1137=9")],
        [venue_says("j", 2, *body)],
    )


def test_a_default_appl_ver_id_not_spoken() -> None:
    texts = {name: style.unknown_appl_ver_id(b"33") for name, style in STYLES.items()}
    assert texts == {"quickfix": "", "quickfixj": "Invalid DefaultApplVerID=33"}


@pytest.mark.parametrize("settings", [FixSettings(), JAVA], ids=["quickfix", "quickfixj"])
def test_a_message_without_a_number_is_logged_out_in_both(settings: FixSettings) -> None:
    peer = logged_on(settings=settings)
    assert peer.sends(peer.frame(f"35=1|{HEAD}|112=HELLO")) == [
        venue_says("5", 2, "58=Received message without MsgSeqNum")
    ]
