"""gateway.cli.fix: `venue fix decode` on a file and on standard input."""

import json
from pathlib import Path

from typer.testing import CliRunner

from gateway.cli.fix import app

LOG = (
    b"09:30:00 IN 8=FIX.4.4|9=61|35=D|34=2|49=ACME|56=XVEN|11=a|54=1|453=1|448=B|452=3|"
    b"7777=z|10=015|\nconnected\n"
)
DECODED = """\
FIX.4.4  NewOrderSingle  ACME > XVEN  MsgSeqNum 2  (09:30:00 IN)
    BeginString(8)=FIX.4.4
    BodyLength(9)=61
    MsgType(35)=D NewOrderSingle
    MsgSeqNum(34)=2
    SenderCompID(49)=ACME
    TargetCompID(56)=XVEN
    ClOrdID(11)=a
    Side(54)=1 BUY
    NoPartyIDs(453)=1
        PartyID(448)=B
        PartyRole(452)=3 CLIENT_ID
    7777=z
    CheckSum(10)=015
"""


def test_a_log_is_decoded_with_names_texts_and_groups(tmp_path: Path) -> None:
    log = tmp_path / "fix.log"
    log.write_bytes(LOG)
    result = CliRunner().invoke(app, ["decode", str(log)])
    assert (result.exit_code, result.stdout) == (0, DECODED + "\n")
    assert result.stderr == "venue fix decode: 1 lines without a FIX message\n"


def test_standard_input_is_read_where_no_file_is_named() -> None:
    for arguments in (["decode"], ["decode", "-"]):
        result = CliRunner().invoke(app, arguments, input=LOG.replace(b"|", b"\x01"))
        assert (result.exit_code, result.stdout) == (0, DECODED + "\n")


def test_what_is_wrong_is_said_below_the_message_and_counted() -> None:
    result = CliRunner().invoke(app, ["decode"], input=LOG.replace(b"9=61", b"9=99"))
    assert "    !! BodyLength(9) wrong: expected 61, received 99\n" in result.stdout
    assert result.stderr.splitlines()[1] == "venue fix decode: 1 of 1 messages are wrong"
    assert result.exit_code == 0


def test_json_is_one_object_a_message() -> None:
    result = CliRunner().invoke(app, ["decode", "--json"], input=LOG * 2)
    first, second = map(json.loads, result.stdout.splitlines())
    assert first == second
    assert first["prefix"] == "09:30:00 IN"
    assert first["fields"][7] == {
        "tag": 54, "name": "Side", "value": "1", "meaning": "BUY", "depth": 0,
    }  # fmt: skip


def test_a_log_without_messages_is_an_error() -> None:
    result = CliRunner().invoke(app, ["decode"], input=b"hello\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[1] == "venue fix decode: no FIX message in -"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["decode", str(tmp_path / "none")])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "none: cannot be read: No such file or directory" in result.stderr
