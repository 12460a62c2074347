"""`venue journal` shows, checks and exports a journal, also one that is being written."""

import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from gateway.cli.journal import app
from gateway.journal.checks import chain_events_crc
from gateway.journal.file_log import FileLog
from gateway.journal.records import (
    AuthResult,
    Batch,
    Connected,
    Controlled,
    Disconnected,
    FramesOut,
    Received,
    SessionNumbers,
    Started,
    encode_batch,
)
from gateway.journal.render import batch_json, batch_lines, utc_text
from matching.commands import AddAccount, AddInstrument, EnterOrder, RegisterSession, StartOfDay
from matching.engine import Engine
from matching.instrument import Instrument
from matching.types import OrderType, Side, TimeInForce
from protocol.ouch.messages42 import CancelOrder, SystemEvent
from protocol.ouch.messages42 import encode as encode_ouch
from protocol.soupbintcp.packets import PacketType, encode_packet

NOON = 1_767_614_400_000_000_005
FIX_IN = b"8=FIX.4.4\x019=5\x0135=0\x0110=163\x01" * 2
FIX_OUT = b"8=FIX.4.4\x019=9\x0135=0\x0158=\x1b[1m|\x0110=001\x01"
SOUP_IN = encode_packet(PacketType.CLIENT_HEARTBEAT) + encode_packet(
    PacketType.UNSEQUENCED_DATA, encode_ouch(CancelOrder(b"token".ljust(14), 7))
)
OUCH_OUT = encode_ouch(SystemEvent(5, b"S"))
WS_IN = b'{"type":"ping","id":"\xc3\xa9"}\n{"type":"ping"}\n'
WS_OUT = b'{"type":"pong"}'


def _day() -> list[Batch]:
    """Two batches that an engine agrees with."""
    setup = [
        AddInstrument(Instrument(b"AAPL")),
        AddAccount(b"ACME"),
        RegisterSession(1, b"FIX", (b"FIX.4.4", b"ACME1", b"XVEN")),
        StartOfDay(20260105, 0),
    ]
    order = EnterOrder(
        1, 1, 1, b"ord\x1b1", Side.BUY, OrderType.LIMIT, TimeInForce.DAY, 100, 1_870_000
    )
    engine = Engine()
    first_crc = chain_events_crc([e for c in setup for e in engine.apply(c, NOON)], 0)
    second_crc = chain_events_crc(list(engine.apply(order, NOON)), first_crc)
    return [
        Batch(
            NOON,
            1,
            [Started("0.1.0", b""), *(Controlled(command) for command in setup)],
            list(setup),
            [],
            [],
            first_crc,
        ),
        Batch(
            NOON,
            5,
            [
                Connected(1, "FIX", "127.0.0.1:5000"),
                Received(1, FIX_IN),
                AuthResult(1, b"ACME"),
                Received(2, SOUP_IN),
                Received(3, WS_IN),
                Received(4, b"\x00\x01garbage"),
                Disconnected(4, "no \x1b[31mheader"),
            ],
            [order],
            [FramesOut(1, 7, [FIX_OUT, WS_OUT]), FramesOut(2, 1, [OUCH_OUT, b"?"])],
            [SessionNumbers(1, 4, 9)],
            second_crc,
            engine.state_hash(),
        ),
    ]


def _journal(directory: Path, batches: list[Batch]) -> FileLog:
    log = FileLog(directory)
    for batch in batches:
        log.append(encode_batch(batch))
    return log


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


SECOND = [
    "batch 2  2026-01-05T12:00:00.000000005Z",
    '  fact     Connected connection_id=1 wire="FIX" peer="127.0.0.1:5000"',
    "  fact     Received connection_id=1 BeginString(8)=FIX.4.4|BodyLength(9)=5|"
    "MsgType(35)=0 Heartbeat|CheckSum(10)=163",
    "  fact     Received connection_id=1 BeginString(8)=FIX.4.4|BodyLength(9)=5|"
    "MsgType(35)=0 Heartbeat|CheckSum(10)=163",
    "  fact     AuthResult connection_id=1 account=ACME",
    "  fact     Received connection_id=2 SOUP CLIENT_HEARTBEAT",
    "  fact     Received connection_id=2 OUCH CancelOrder order_token=token          shares=7",
    '  fact     Received connection_id=3 {"type":"ping","id":"é"}',
    '  fact     Received connection_id=3 {"type":"ping"}',
    "  fact     Received connection_id=4 \\x00\\x01garbage",
    '  fact     Disconnected connection_id=4 cause="no \\x1b[31mheader"',
    "  command  5 EnterOrder session_id=1 account_id=1 instrument_id=1 client_id=ord\\x1b1 "
    "side=BUY order_type=LIMIT time_in_force=DAY quantity=100 price=1870000",
    "  frame    session_id=1 7 BeginString(8)=FIX.4.4|BodyLength(9)=9|"
    "MsgType(35)=0 Heartbeat|Text(58)=\\x1b[1m\\x7c|CheckSum(10)=001",
    '  frame    session_id=1 8 {"type":"pong"}',
    "  frame    session_id=2 1 OUCH SystemEvent timestamp_ns=5 event_code=S",
    "  frame    session_id=2 2 ?",
    "  numbers  session_id=1 next_in=4 next_out=9",
]


def test_show_prints_a_line_for_every_fact_command_and_frame(tmp_path: Path) -> None:
    log = _journal(tmp_path, _day())
    result = _run("show", tmp_path, "--from", 2)
    assert result.exit_code == 0
    *lines, state_hash = result.stdout.splitlines()
    assert lines == SECOND
    assert state_hash.startswith("  hash     ")
    log.close()


def test_show_prints_the_chosen_batches_of_a_directory_or_a_file(tmp_path: Path) -> None:
    _journal(tmp_path, _day()).close()
    (file,) = tmp_path.iterdir()
    for path in (tmp_path, file):
        headings = [
            line for line in _run("show", path, "--to", 1).stdout.splitlines() if "batch" in line
        ]
        assert headings == ["batch 1  2026-01-05T12:00:00.000000005Z"]
    first = _run("show", tmp_path, "--to", 1).stdout
    assert (
        "  fact     Controlled command=(AddInstrument instrument=(Instrument symbol=AAPL))" in first
    )
    assert "  command  3 RegisterSession account_id=1 wire=FIX key=FIX.4.4/ACME1/XVEN" in first
    assert _run("show", tmp_path).stdout.startswith(first)


def test_raw_bytes_are_not_interpreted() -> None:
    lines = list(batch_lines(2, _day()[1], raw=True))
    assert lines[2] == (
        "  fact     Received connection_id=1 " + "8=FIX.4.4\\x019=5\\x0135=0\\x0110=163\\x01" * 2
    )
    assert "  frame    session_id=2 2 ?" in lines


def test_a_time_keeps_its_nanoseconds() -> None:
    assert utc_text(0) == "1970-01-01T00:00:00.000000000Z"
    assert utc_text(NOON) == "2026-01-05T12:00:00.000000005Z"


def test_verify_agrees_with_a_journal_that_is_still_written(tmp_path: Path) -> None:
    batches = _day()
    log = _journal(tmp_path, batches)
    result = _run("verify", tmp_path)
    assert result.exit_code == 0
    assert result.stdout == (
        "ok: 2 batches, 5 commands, 7 events; 1 recorded state hashes agree; "
        f"state hash {batches[1].state_hash:016x}\n"
    )
    log.close()


def test_verify_names_the_first_difference_and_exits_1(tmp_path: Path) -> None:
    first, second = _day()
    changed = msgspec.structs.replace(second, events_crc=1)
    _journal(tmp_path, [first, changed]).close()
    result = _run("verify", tmp_path)
    assert result.exit_code == 1
    assert result.stdout.startswith("diverged: batch 2, command 5: expected events crc 00000001")


@pytest.mark.parametrize("command", ["show", "verify", "export"])
def test_damage_exits_74_and_names_file_and_offset(tmp_path: Path, command: str) -> None:
    _journal(tmp_path, _day()).close()
    (file,) = tmp_path.iterdir()
    data = bytearray(file.read_bytes())
    data[80] ^= 1
    file.write_bytes(data)
    result = _run(command, tmp_path)
    assert result.exit_code == 74
    assert result.stderr.startswith(f"venue journal: {file} at offset 40: expected payload crc ")
    assert _run(command, tmp_path / "missing").exit_code == 74


def test_a_part_of_a_journal_cannot_be_verified(tmp_path: Path) -> None:
    log = FileLog(tmp_path, segment_bytes=100)
    for batch in _day():
        log.append(encode_batch(batch))
    log.close()
    last = sorted(tmp_path.iterdir())[-1]
    result = _run("verify", last)
    assert result.exit_code == 74
    assert result.stderr == f"venue journal: {last} begins with batch 2: expected 1\n"
    assert _run("show", last).stdout.startswith("batch 2  ")


def test_an_unfinished_end_is_told_and_no_error(tmp_path: Path) -> None:
    _journal(tmp_path, _day()).abandon()
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-9])
    result = _run("show", tmp_path)
    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if line.startswith("batch")] == [
        "batch 1  2026-01-05T12:00:00.000000005Z"
    ]
    assert "the end is unfinished, being written or torn" in result.stderr


def test_export_writes_an_object_a_batch_and_loses_no_byte(tmp_path: Path) -> None:
    _journal(tmp_path, _day()).close()
    result = _run("export", tmp_path, "--format", "jsonl")
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert first["batch"] == 1 and first["commands"][1] == {
        "type": "AddAccount",
        "name": "ACME",
        "cancel_by_other_sessions": True,
    }
    assert second["time"] == "2026-01-05T12:00:00.000000005Z"
    assert second["commands"][0]["side"] == "BUY"
    assert [fact["data"].encode("latin-1") for fact in second["facts"] if "data" in fact] == [
        *(FIX_IN, SOUP_IN, WS_IN, b"\x00\x01garbage")
    ]
    assert second["frames"][0]["frames"][0].encode("latin-1") == FIX_OUT
    assert json.loads(batch_json(2, _day()[1])) == second


def test_an_unknown_format_is_a_usage_error(tmp_path: Path) -> None:
    assert _run("export", tmp_path, "--format", "xml").exit_code == 2
