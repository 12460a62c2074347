"""gateway.accounts: identities become ints once, by commands."""

import pytest

from gateway import accounts
from gateway.accounts import Directory, NotRegistered
from gateway.sessions import SessionRecord
from matching.commands import AddAccount, Command, RegisterSession
from matching.engine import Engine
from matching.events import DayEnded


class Stage:
    """A directory whose commands an engine answers."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.prepared: list[SessionRecord] = []
        self.commands: list[Command] = []
        self.directory = Directory(self.prepared.append)

    def submit(self, command: Command) -> None:
        self.commands.append(command)
        for event in self.engine.apply(command, 1):
            self.directory.fold(event)

    def register(self, wire: bytes, key: tuple[bytes, ...], account: bytes) -> SessionRecord:
        return self.directory.register(wire, key, account, self.submit)


def test_a_new_identity_gets_its_account_and_session_by_commands() -> None:
    stage = Stage()
    record = stage.register(b"fix", (b"FIX.4.4", b"ACME1"), b"ACME")
    assert stage.commands == [
        AddAccount(b"ACME"),
        RegisterSession(1, b"fix", (b"FIX.4.4", b"ACME1")),
    ]
    assert (record.session_id, record.account_id, record.wire) == (1, 1, b"fix")
    assert record.identity == "FIX.4.4/ACME1"
    assert stage.prepared == [record]
    assert stage.directory.sessions == {1: record}


def test_a_known_identity_costs_no_command_and_keeps_its_record() -> None:
    stage = Stage()
    record = stage.register(b"fix", (b"ACME1",), b"ACME")
    stage.commands.clear()
    assert stage.register(b"fix", (b"ACME1",), b"ACME") is record
    assert (stage.commands, stage.prepared) == ([], [record])
    assert stage.directory.find(b"fix", (b"ACME1",)) is record
    assert stage.directory.find(b"ouch", (b"ACME1",)) is None


def test_a_second_session_joins_the_account() -> None:
    stage = Stage()
    stage.submit(AddAccount(b"ACME", False))
    first = stage.register(b"fix", (b"ACME1",), b"ACME")
    second = stage.register(b"ouch", (b"ACME1",), b"ACME")
    assert (first.account_id, second.account_id, second.session_id) == (1, 1, 2)
    assert stage.directory.account_names == {1: b"ACME"}
    assert stage.directory.cancel_by_other_sessions == {1: False}


def test_a_venue_that_knows_too_many_takes_old_friends_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(accounts, "SESSIONS_MAX", 1)
    stage = Stage()
    record = stage.register(b"fix", (b"ONE",), b"ONE")
    with pytest.raises(NotRegistered, match="sessions known: expected fewer than 1"):
        stage.register(b"fix", (b"TWO",), b"TWO")
    assert stage.directory.accounts == {b"ONE": 1}
    assert stage.register(b"fix", (b"ONE",), b"ONE") is record


def test_other_events_are_none_of_its_business() -> None:
    stage = Stage()
    stage.directory.fold(DayEnded(20240102))
    assert (stage.directory.accounts, stage.directory.sessions) == ({}, {})
