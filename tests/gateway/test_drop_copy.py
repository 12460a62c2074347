"""gateway.drop_copy: who is entitled, and that copies and owners' reports are the same reports,
whatever is killed in between."""

from collections import Counter
from random import Random

import msgspec
import pytest

from gateway.accounts import NotRegistered
from gateway.cli.replay import recorded_venue
from gateway.config import Account, Config, Fix, FixSession, Ouch, OuchSession
from gateway.drop_copy import entitlement, register_sessions
from gateway.journal.log import MemoryLog
from gateway.journal.records import decode_batch
from gateway.replay import Replay
from gateway.sessions import SessionRecord
from matching.commands import BustTrade, EndOfDay, MassCancel, RegisterSession
from matching.types import BustReason, CancelReason
from protocol.ouch.messages42 import (
    Accepted,
    BrokenTrade,
    Canceled,
    Executed,
    Rejected,
    Replaced,
    decode_outbound,
)
from tests.gateway.replay_stage import Client, Stage

STEPS = 150
FIX = {"F42": "FIX.4.2", "F44": "FIX.4.4", "F50": "FIXT.1.1"}
OUCH, WEBSOCKET = "SIM011", "SIM021"
EXEC_TYPES = {Accepted: "0", Executed: "F", Replaced: "5", Canceled: "4D", Rejected: "8"}


def copies_of(*accounts: str, name: str = "COPIES", account: str = "RISK") -> FixSession:
    return FixSession(
        begin_string="FIX.4.4",
        sender_comp_id="XVEN",
        target_comp_id=name,
        account=account,
        applications=("drop_copy",),
        drop_copy_accounts=accounts,
    )


CONFIG = Config(fix=Fix(sessions=(copies_of("*"),)))


class Day:
    """Three wires trade at random; the venue is killed and the copies' reader comes and goes."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.log = MemoryLog()
        self.stage = Stage(self.log, CONFIG)
        self.owners: dict[str, Client] = {
            **{name: self.stage.fix(name, version) for name, version in FIX.items()},
            OUCH: self.stage.ouch(OUCH),
            WEBSOCKET: self.stage.websocket(WEBSOCKET),
        }
        self.reader = self.stage.fix("COPIES")
        self._ids: list[tuple[str, str, bool]] = []

    def play(self) -> None:
        for step in range(STEPS):
            self._step(f"c{step}")
        self.stage.control(BustTrade(1, BustReason.ERRONEOUS), BustTrade(3, BustReason.CONSENT))
        self.stage.control(MassCancel(0, 0, 0, CancelReason.SUPERVISORY))
        for client in (*self.owners.values(), self.reader):
            self._present(client)
        self._enter("last", "F44")
        self.stage.control(EndOfDay())

    def _step(self, client_id: str) -> None:
        chance = self.rng.random()
        name = self.rng.choice(list(self.owners))
        if chance < 0.04:
            self.stage.start(self.log)
        elif chance < 0.08:
            self._leave(self.owners[name])
        elif chance < 0.16:
            self._leave(self.reader) if self.reader.connected else self._present(self.reader)
        elif chance < 0.75 or not self._ids:
            self._enter(client_id, name)
        else:
            name, named, buys = self.rng.choice(self._ids)
            client = self._present(self.owners[name])
            if chance < 0.87:
                client.wire.cancel(client_id, named, buys, "AAPL")
            else:
                client.wire.replace(client_id, named, buys, "AAPL", self.rng.randint(1, 9), 18_700)
                self._ids.append((name, client_id, buys))
            client.flush()

    def _enter(self, client_id: str, name: str) -> None:
        client = self._present(self.owners[name])
        rng = self.rng
        buys = rng.random() < 0.5
        symbol = "AAPL" if rng.random() < 0.95 else "NOSUCH"
        cents = 18_700 + rng.randint(-2, 2)
        client.wire.enter(client_id, buys, rng.randint(1, 9), cents, symbol, rng.random() < 0.1)
        client.flush()
        self._ids.append((name, client_id, buys))

    def _present(self, client: Client) -> Client:
        if not client.connected:
            client.connect()
        return client

    def _leave(self, client: Client) -> None:
        if client.connected:
            client.hang_up()


def fix_reports(client: Client) -> list[dict[int, str]]:
    """Every ExecutionReport that reached the client, each number once."""
    assert client.wire.record.findings == []
    messages = [dict(c[1:]) for c in client.wire.record.contents if isinstance(c, tuple)]
    return [m for m in messages if m[35] == "8"]


@pytest.mark.parametrize("seed", range(8))
def test_copies_are_the_union_of_the_owners_reports_across_kills(seed: int) -> None:
    day = Day(seed)
    day.play()
    copies = fix_reports(day.reader)
    for name in FIX:
        told = [report for report in fix_reports(day.owners[name]) if report[17] != "0"]
        copied = [report for report in copies if report[115] == name]
        assert [r[17] for r in copied] == [r[17] for r in told]
        assert [(r[11], r[14], r[151], r[39]) for r in copied if name == "F44"] == [
            (r[11], r[14], r[151], r[39]) for r in told if name == "F44"
        ]
    websocket = day.owners[WEBSOCKET].wire.record
    assert websocket.findings == []
    told_ids = [m["exec_id"] for m in websocket.contents if isinstance(m, dict) and "exec_id" in m]
    copied = [report for report in copies if report[116] == "WEBSOCKET"]
    assert [report[17] for report in copied] == told_ids
    _compare_with_ouch(day, [report for report in copies if report[116] == "OUCH42"])
    assert Counter(r[17] for r in copies).most_common(1)[0][1] == 1
    assert len({report[115] for report in copies}) == len(day.owners)


def _compare_with_ouch(day: Day, copied: list[dict[int, str]]) -> None:
    """OUCH has no ExecID: message by message, fills by quantity and price."""
    payloads = [p for p in day.owners[OUCH].wire.record.contents if isinstance(p, bytes)]
    told = [m for m in map(decode_outbound, payloads) if type(m) in (*EXEC_TYPES, BrokenTrade)]
    assert len(told) == len(copied)
    for message, copy in zip(told, copied, strict=True):
        replaced = isinstance(message, Replaced)
        token = getattr(message, "replacement_order_token" if replaced else "order_token")
        assert token.decode().rstrip() == copy[11]
        if isinstance(message, Canceled):
            assert copy[150] in "4CD"
        elif isinstance(message, BrokenTrade):
            assert copy[150] == "H"
        else:
            assert copy[150] == EXEC_TYPES[type(message)]
        if isinstance(message, Executed):
            assert copy[32] == str(message.executed_shares)
            assert copy[31].replace(".", "") == str(message.execution_price)


@pytest.mark.parametrize("seed", range(2))
def test_a_day_with_copies_replays_byte_for_byte(seed: int) -> None:
    day = Day(seed)
    day.play()
    outcome = Replay(recorded_venue).run(day.log.read(1))
    assert outcome.divergence is None
    assert outcome.frames > 0


def session(wire: bytes, *key: bytes) -> SessionRecord:
    return SessionRecord(1, 1, wire, key)


@pytest.mark.parametrize(
    ("accounts", "covered"),
    [((), {"RISK"}), (("ACME", "B"), {"ACME", "B"}), (("*",), {"RISK", "ACME", "B"})],
    ids=repr,
)
def test_entitlement_is_the_configured_accounts_or_the_own_one(
    accounts: tuple[str, ...], covered: set[str]
) -> None:
    config = Config(fix=Fix(sessions=(copies_of(*accounts),)))
    entitled = entitlement(config, session(b"fix", b"FIX.4.4", b"COPIES", b"XVEN"))
    assert entitled is not None
    assert {name for name in ("RISK", "ACME", "B") if entitled.covers(name.encode())} == covered


@pytest.mark.parametrize(
    "record",
    [
        session(b"ouch", b"ouch42", b"COPIES"),
        session(b"websocket", b"COPIES", b""),
        session(b"fix", b"FIX.4.2", b"COPIES", b"XVEN"),
        session(b"fix", b"FIX.4.4", b"ELSE", b"XVEN"),
    ],
    ids=lambda record: record.identity,
)
def test_nobody_else_is_entitled_to_anything(record: SessionRecord) -> None:
    assert entitlement(CONFIG, record) is None


def registrations(log: MemoryLog) -> list[tuple[bytes, ...]]:
    """The keys of all sessions that the log registers."""
    batches = [decode_batch(payload) for _, payload in log.read(1)]
    return [c.key for b in batches for c in b.commands if isinstance(c, RegisterSession)]


def test_configured_sessions_are_registered_before_anybody_trades_and_once() -> None:
    log = MemoryLog()
    stage = Stage(log, CONFIG)
    assert registrations(log) == [(b"FIX.4.4", b"COPIES", b"XVEN")]
    stage.start(log)
    assert len(registrations(log)) == 1


def test_a_template_stands_for_nobody_until_somebody_logs_on() -> None:
    config = Config(fix=Fix(sessions=(copies_of("*", name="RISK*", account=""),)))
    log = MemoryLog()
    stage = Stage(log, config)
    assert registrations(log) == []
    owner, reader = stage.fix("F44"), stage.fix("RISK7")
    owner.connect()
    owner.wire.enter("a", True, 1, 18_700, "AAPL", False)
    owner.flush()
    reader.connect()
    owner.wire.enter("b", True, 1, 18_700, "AAPL", False)
    owner.flush()
    assert [report[11] for report in fix_reports(reader)] == ["b"]


def test_what_is_entitled_may_change_from_start_to_start_and_replays() -> None:
    log = MemoryLog()
    other = OuchSession(username="OUTER", password="SECRET", account="OUTER")
    config = Config(
        accounts=(Account(name="F44"), Account(name="OUTER")),
        fix=Fix(sessions=(copies_of("OUTER"),)),
        ouch=Ouch(sessions=(other,)),
    )
    stage = Stage(log, config)
    owner, reader = stage.fix("F44"), stage.fix("COPIES")
    for accounts in (("OUTER",), ("F44",), ("OUTER",)):
        stage.config = msgspec.structs.replace(
            config, fix=msgspec.structs.replace(config.fix, sessions=(copies_of(*accounts),))
        )
        stage.start(log)
        for client in (owner, reader):
            client.connect()
        owner.wire.enter(f"to-{accounts[0]}", True, 1, 18_700, "AAPL", False)
        owner.flush()
    assert [report[11] for report in fix_reports(reader)] == ["to-F44"]
    assert Replay(recorded_venue).run(log.read(1)).divergence is None


def test_orders_of_a_session_that_became_a_reader_are_told_to_it_once() -> None:
    log = MemoryLog()
    trading = msgspec.structs.replace(copies_of(account="RISK"), applications=("orders",))
    stage = Stage(log, Config(fix=Fix(sessions=(trading,))))
    client = stage.fix("COPIES")
    client.connect()
    client.wire.enter("a", True, 1, 18_700, "AAPL", False)
    client.flush()
    stage.config = CONFIG
    stage.start(log)
    client.connect()
    stage.control(MassCancel(0, 0, 0, CancelReason.SUPERVISORY))
    assert [(r[150], r.get(115)) for r in fix_reports(client)] == [("0", None), ("4", None)]


def test_an_identity_of_another_account_is_refused_at_start() -> None:
    log = MemoryLog()
    stage = Stage(log, CONFIG)
    moved = Config(fix=Fix(sessions=(copies_of("*", account="ELSE"),)))
    stage.tick(lambda: None)
    with pytest.raises(NotRegistered, match="the journal says 'RISK'"):
        register_sessions(stage.venue, moved)
