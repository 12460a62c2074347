"""gateway.config_quickfix and `venue config import`: QuickFIX settings read as a venue.toml."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.config import Config, ConfigError, FixSession
from gateway.config_file import load_config
from gateway.config_quickfix import import_settings
from gateway.config_quickfix_keys import CONVERTED, IDENTITY, NOT_CARRIED_OVER

ACCEPTOR = """\
# an exchange's side, C++
[DEFAULT]
ConnectionType=acceptor
SocketAcceptPort=5001
SocketReuseAddress=Y
FileStorePath=store
FileLogPath=log
SenderCompID=VENUE
StartTime=00:00:00
EndTime=00:00:00
ResetOnLogon=Y
DataDictionary=spec/FIX44.xml
HeartBtInt=30
LogonTimeout=15

[SESSION]
BeginString=FIX.4.4
TargetCompID=ACME
Username=acme
Password=secret
ValidateUserDefinedFields=N
AllowedRemoteAddresses=10.0.0.1, 10.0.0.2
TimestampPrecision=6

[SESSION]
BeginString=FIXT.1.1
DefaultApplVerID=FIX.5.0SP2
TargetCompID=BETA
ResetOnLogon=N
CheckLatency=N
MaxLatency=300
"""

TEMPLATE = """\
; any client, Java, with a week and TLS
[default]
ConnectionType=acceptor
SocketAcceptAddress=127.0.0.1
SocketAcceptPort=9880
SocketUseSSL=Y
SocketKeyStore=server.jks
SocketKeyStorePassword=changeit
NeedClientAuth=Y

[session]
AcceptorTemplate=Y
BeginString=FIX.4.2
SenderCompID=EXEC
TargetCompID=*
StartDay=Sun
EndDay=friday
StartTime=17:00:00 America/New_York
EndTime=16:30:00
TimeStampPrecision=NANOS
ResendRequestChunkSize=500
EnableNextExpectedMsgSeqNum=Y
EnableLastMsgSeqNumProcessed=Y
RejectGarbledMessage=Y
ValidateChecksum=N
RequiresOrigSendingTime=N
"""

INITIATOR = """\
[DEFAULT]
ConnectionType=initiator
ReconnectInterval=5
SocketConnectHost=fix.example.com
SocketConnectPort=7001
HeartBtInt=20
TimeZone=Europe/Zurich

[SESSION]
BeginString=FIX.4.0
SenderCompID=CLIENT
TargetCompID=BROKER
Weekdays=Mon,Tue,Fri
StartTime=08:00:00
EndTime=18:00:00
MillisecondsInTimeStamp=N
CheckCompID=N
ResetOnLogout=Y
ResetOnDisconnect=Y
LogoutTimeout=5
ValidateFieldsOutOfOrder=N
ValidateFieldsHaveValues=N
AllowUnknownMsgFields=Y

[SESSION]
BeginString=FIX.4.1
SenderCompID=CLIENT
TargetCompID=BROKER
NonStopSession=Y
StartTime=08:00:00
EndTime=18:00:00
"""


def loaded(tmp_path: Path, text: str) -> Config:
    """The printed file, checked as any other."""
    file = tmp_path / "venue.toml"
    file.write_text(import_settings(text, "x.cfg").toml)
    return load_config(file)


def test_an_acceptors_sessions_are_the_venues(tmp_path: Path) -> None:
    config = loaded(tmp_path, ACCEPTOR)
    assert (config.listen.fix, config.fix.logon_timeout) == (5001, 15)
    assert not config.fix.allow_unknown_sessions
    assert config.fix.sessions == (
        FixSession(
            "FIX.4.4",
            "ACME",
            "VENUE",
            "ACME",
            reset_on_logon=True,
            username="acme",
            password="secret",
            validate_user_defined_fields=False,
            timestamp_precision="microseconds",
            start_time="00:00:00",
            end_time="00:00:00",
            time_zone="UTC",
            allowed_remote_addresses=("10.0.0.1", "10.0.0.2"),
        ),
        FixSession(
            "FIXT.1.1",
            "BETA",
            "VENUE",
            "BETA",
            default_appl_ver_id="9",
            check_latency=False,
            max_latency=300,
            start_time="00:00:00",
            end_time="00:00:00",
            time_zone="UTC",
        ),
    )


def test_a_template_keeps_its_wildcard_its_week_and_its_zone(tmp_path: Path) -> None:
    config = loaded(tmp_path, TEMPLATE)
    listen = config.listen
    assert (listen.host, listen.fix, listen.ouch50) == ("127.0.0.1", 9880, 9878)
    assert config.fix.sessions == (
        FixSession(
            "FIX.4.2",
            "*",
            "EXEC",
            "",
            requires_orig_sending_time=False,
            timestamp_precision="nanoseconds",
            enable_next_expected_msg_seq_num=True,
            enable_last_msg_seq_num_processed=True,
            resend_request_chunk_size=500,
            reject_garbled_messages=True,
            validate_checksum=False,
            start_time="17:00:00",
            end_time="16:30:00",
            start_day="sunday",
            end_day="friday",
            time_zone="America/New_York",
        ),
    )


def test_an_initiators_settings_are_turned_round(tmp_path: Path) -> None:
    config = loaded(tmp_path, INITIATOR)
    assert config.listen.fix == 7001
    first, second = config.fix.sessions
    assert first == FixSession(
        "FIX.4.0",
        "CLIENT",
        "BROKER",
        "CLIENT",
        reset_on_logout=True,
        reset_on_disconnect=True,
        logout_timeout=5,
        check_comp_id=False,
        timestamp_precision="seconds",
        validate_fields_have_values=False,
        validate_fields_out_of_order=False,
        allow_unknown_msg_fields=True,
        start_time="08:00:00",
        end_time="18:00:00",
        weekdays=("monday", "tuesday", "friday"),
        time_zone="Europe/Zurich",
    )
    assert second == FixSession("FIX.4.1", "CLIENT", "BROKER", "CLIENT", non_stop_session=True)


def test_what_is_not_carried_over_stands_in_a_comment_with_its_reason() -> None:
    toml = import_settings(ACCEPTOR, "x.cfg").toml
    comments = [line for line in toml.splitlines() if line.startswith("# ")]
    assert comments[1:] == [
        "# SocketReuseAddress=Y (line 5): the venue decides on its sockets",
        "# FileStorePath=store (line 6): the journal is kept in venue.data_dir",
        "# FileLogPath=log (line 7): the journal holds every message; `venue journal show` "
        "prints it",
        "# DataDictionary=spec/FIX44.xml (line 12): the venue has its own dictionary of every "
        "version",
        "# HeartBtInt=30 (line 13): the client asks for it in its Logon(A)",
    ]


def test_passwords_of_key_stores_are_not_repeated() -> None:
    toml = import_settings(TEMPLATE, "x.cfg").toml
    assert "changeit" not in toml
    assert "# SocketKeyStorePassword=... (line 8): TLS is configured in [listen.tls]" in toml


UNUSABLE = [
    ("nothing at all", "", ["x.cfg: expected at least one [SESSION], received none"]),
    (
        "keys before any section",
        "SenderCompID=A\n[SESSION]\nBeginString=FIX.4.4\nSenderCompID=A\nTargetCompID=B\n",
        ["x.cfg:1: expected [DEFAULT] or [SESSION] before the first key"],
    ),
    (
        "lines and sections of another kind",
        "[DEFAULT]\nResetOnLogon\n[OTHER]\n"
        "[SESSION]\nBeginString=FIX.4.4\nSenderCompID=A\nTargetCompID=B\n",
        [
            'x.cfg:2: expected Key=Value, received "ResetOnLogon"',
            "x.cfg:3: expected [DEFAULT] or [SESSION], received [OTHER]",
        ],
    ),
    (
        "no identity",
        "[SESSION]\nBeginString=FIX.4.4\nSenderCompID=A\n",
        ["x.cfg:2: TargetCompID: expected a value, received none"],
    ),
    (
        "values that cannot be",
        "[SESSION]\nBeginString=FIX.9\nSenderCompID=A\nTargetCompID=B*C\nConnectionType=both\n"
        "ResetOnLogon=yes\nMaxLatency=-1\nStartTime=8\nStartDay=Someday\n"
        "DefaultApplVerID=FIX.6.0\n",
        [
            "x.cfg:2: BeginString: expected one of FIX.4.0, FIX.4.1, FIX.4.2, FIX.4.3, FIX.4.4, "
            "FIXT.1.1, received FIX.9",
            'x.cfg:5: ConnectionType: expected acceptor or initiator, received "both"',
            'x.cfg:2: CompID: expected "*" at the end only, received "B*C"',
            'x.cfg:6: ResetOnLogon: expected Y or N, received "yes"',
            'x.cfg:7: MaxLatency: expected an integer, received "-1"',
            'x.cfg:8: StartTime: expected HH:MM:SS, received "8"',
            'x.cfg:9: StartDay: expected a weekday such as "monday", received "Someday"',
            "x.cfg:10: DefaultApplVerID: expected one of FIX.5.0, FIX.5.0SP1, FIX.5.0SP2, FIX50, "
            'FIX50SP1, FIX50SP2, FIXLatest, 7, 8, 9, 10, received "FIX.6.0"',
        ],
    ),
    (
        "two ports",
        "[DEFAULT]\nBeginString=FIX.4.4\nSenderCompID=A\n"
        "[SESSION]\nTargetCompID=B\nSocketAcceptPort=1\n"
        "[SESSION]\nTargetCompID=C\nSocketAcceptPort=2\n",
        [
            "x.cfg:9: SocketAcceptPort: expected 1 as in the sessions before, received 2: "
            "the venue has one FIX port"
        ],
    ),
]


@pytest.mark.parametrize(
    ("text", "expected"), [case[1:] for case in UNUSABLE], ids=[case[0] for case in UNUSABLE]
)
def test_what_cannot_be_used_is_refused_with_its_line(text: str, expected: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        import_settings(text, "x.cfg")
    assert str(caught.value).splitlines() == expected


def test_every_key_has_one_fate() -> None:
    assert not CONVERTED.keys() & NOT_CARRIED_OVER.keys()
    assert not IDENTITY.keys() & (CONVERTED.keys() | NOT_CARRIED_OVER.keys())


def test_the_command_prints_the_file_and_names_unknown_keys(tmp_path: Path) -> None:
    file = tmp_path / "x.cfg"
    file.write_text(
        "[DEFAULT]\nBeginString=FIX.4.4\nSenderCompID=A\n[SESSION]\nTargetCompID=B\n"
        "ResetOnLogno=Y\nOurOwnSetting=1\n"
    )
    result = CliRunner().invoke(app, ["config", "import", str(file)])
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        f"venue: {file}:6: ResetOnLogno: unknown key (did you mean ResetOnLogon?)",
        f"venue: {file}:7: OurOwnSetting: unknown key",
    ]
    assert "# OurOwnSetting=1 (line 7): not a key of QuickFIX" in result.stdout
    printed = tmp_path / "venue.toml"
    printed.write_text(result.stdout)
    assert [one.target_comp_id for one in load_config(printed).fix.sessions] == ["B"]


def test_a_file_that_is_not_there_is_a_configuration_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["config", "import", str(tmp_path / "none.cfg")])
    assert isinstance(result.exception, ConfigError)
    assert "cannot be read" in str(result.exception)
