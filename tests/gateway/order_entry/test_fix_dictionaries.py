"""What judges a session's messages: the version's table, another version's by ApplVerID(1128)."""

from gateway.order_entry.fix_dictionaries import CODE_OF_APPL_VER_ID, validator
from protocol.fix.messages import NewOrderSingle
from protocol.fix.settings import FixSettings
from protocol.fix.validation import DEFAULT_SWITCHES
from protocol.fix.version import FIX50SP2, FIX_LATEST, VERSIONS
from tests.protocol.fix.fix_scenes import ORDER, Peer, logged_on, venue_says

SETTINGS = FixSettings(validator=validator("52", DEFAULT_SWITCHES))
BEFORE_42 = ORDER.replace("|60=20260105-09:30:00.000", "")
UNKNOWN_TAG = "Invalid tag number"
OUT_OF_RANGE = "Value is incorrect (out of range) for this tag"


def over_fixt() -> Peer:
    return logged_on(FIX50SP2, settings=SETTINGS)


def rejected(number: int, ref: int, tag: int, reason: int, text: str) -> str:
    return venue_says(
        "3", number, f"45={ref}", f"58={text}", f"371={tag}", "372=D", f"373={reason}"
    )


def orders(peer: Peer) -> list[int]:
    """The numbers of the orders that were taken."""
    return [event.msg_seq_num for event in peer.take_events() if isinstance(event, NewOrderSingle)]


def test_every_application_version_has_an_appl_ver_id() -> None:
    assert sorted(set(CODE_OF_APPL_VER_ID.values())) == [version.code for version in VERSIONS]
    for version in (*VERSIONS, FIX_LATEST):
        if version.appl_ver_id:
            assert CODE_OF_APPL_VER_ID[version.appl_ver_id] == version.code


def test_a_message_is_judged_by_the_version_it_names() -> None:
    """ClientID(109) ended with 4.2, TransactTime(60) came with 4.2, DisplayQty(1138) with 5.0."""
    peer = over_fixt()
    assert peer.says(f"35=D|34=2|1128=4|{ORDER}|109=X", f"35=D|34=3|1128=3|{BEFORE_42}") == []
    assert peer.says(f"35=D|34=4|{ORDER}|1138=5", f"35=D|34=5|1128=9|{ORDER}|1138=5") == []
    assert orders(peer) == [2, 3, 4, 5]
    assert peer.says(
        f"35=D|34=6|{ORDER}|109=X",
        f"35=D|34=7|1128=4|{ORDER}|1138=5",
        f"35=D|34=8|1128=4|{BEFORE_42}",
        f"35=D|34=9|1128=4|{ORDER}".replace("40=2", "40=K"),
    ) == [
        rejected(2, 6, 109, 0, UNKNOWN_TAG),
        rejected(3, 7, 1138, 0, UNKNOWN_TAG),
        rejected(4, 8, 60, 1, "Required tag missing"),
        rejected(5, 9, 40, 5, OUT_OF_RANGE),
    ]


def test_an_unknown_appl_ver_id_is_rejected_naming_its_tag() -> None:
    peer = over_fixt()
    assert peer.says(f"35=D|34=2|1128=99|{ORDER}", f"35=D|34=3|1128=1|{ORDER}") == [
        rejected(2, 2, 1128, 5, OUT_OF_RANGE),
        rejected(3, 3, 1128, 5, OUT_OF_RANGE),
    ]


def test_the_administrative_messages_stay_the_transports() -> None:
    peer = over_fixt()
    assert peer.says("35=1|34=2|1128=3|112=x") == [venue_says("0", 2, "112=x")]
    assert peer.says("35=1|34=3|1128=3|112=x|58=y")[0].endswith("|371=58|372=1|373=2")


def test_a_layout_learned_from_one_version_is_not_used_for_another() -> None:
    """Three of 5.0 SP2, so that the tag order is learned; the fourth is of 4.2, without 1138."""
    peer = over_fixt()
    for number in (2, 3, 4):
        assert peer.says(f"35=D|34={number}|1128=9|{ORDER}|1138=5") == []
    assert len(peer.session._conversation.layouts.layouts) == 1  # type: ignore[union-attr]
    assert peer.says(f"35=D|34=5|1128=4|{ORDER}|1138=5") == [rejected(2, 5, 1138, 0, UNKNOWN_TAG)]
    for number in (6, 7, 8):
        assert peer.says(f"35=D|34={number}|1128=4|{ORDER}") == []
    assert len(peer.session._conversation.layouts.layouts) == 1  # type: ignore[union-attr]
