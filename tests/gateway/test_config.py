"""gateway.config, gateway.config_file, gateway.config_rules, gateway.config_fix_rules: what is
read, refused, admitted."""

import re
import tomllib
import typing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway import config as cfg
from gateway.config_file import ENVIRONMENT, Flags, TomlShape, line_numbers, load_config
from gateway.config_rules import parse_decimal
from gateway.config_soup import soup_settings
from matching.instrument import Instrument
from protocol.soupbintcp.line import SoupSettings

SPECS = Path(__file__).parents[2] / "specs" / "config"

FULL = """\
[venue]
comp_id = "XTST"
data_dir = ""
time_zone = "America/New_York"

[listen]
fix = 7000

[[instruments]]
symbol = "ACME"
tick_size = "0.05"
lot_size = 10
reference_price = "12.35"

[[accounts]]
name = "HOUSE"
cancel_by_other_sessions = false

[fix]
allow_unknown_sessions = false

[[fix.sessions]]
begin_string = "FIX.4.4"
target_comp_id = "C1"
account = "HOUSE"
username = "u"
password = "p4ssword"

[[fix.sessions]]
begin_string = "FIXT.1.1"
sender_comp_id = "OTHER"
target_comp_id = "C2"
applications = ["orders"]

[[ouch.sessions]]
username = "OUCH1"
password = "hidden"

[[websocket.tokens]]
token = "very secret"
account = "HOUSE"
"""


def load(tmp_path: Path, text: str, **environ: str) -> cfg.Config:
    file = tmp_path / "venue.toml"
    file.write_text(text)
    return load_config(file, environ)


def problems(tmp_path: Path, text: str, **environ: str) -> list[str]:
    with pytest.raises(cfg.ConfigError) as caught:
        load(tmp_path, text, **environ)
    return [line.replace(f"{tmp_path}/", "") for line in str(caught.value).splitlines()]


def test_no_configuration_gives_a_loopback_venue_with_three_instruments() -> None:
    config = load_config()
    assert config == cfg.Config()
    assert config.listen.host == "127.0.0.1"
    assert [(i.symbol, i.tick_size, i.lot_size) for i in config.instruments] == [
        (b"AAPL", 100, 1),
        (b"MSFT", 100, 1),
        (b"TSLA", 100, 1),
    ]
    assert all(i.reference_price % i.tick_size == 0 < i.reference_price for i in config.instruments)


def test_the_printed_file_holds_the_defaults() -> None:
    assert load_config(SPECS / "venue.toml") == cfg.Config()


def test_the_examples_in_the_printed_file_can_be_used(tmp_path: Path) -> None:
    text = (SPECS / "venue.toml").read_text()
    head, examples = text.split("# [[accounts]]")
    config = load(tmp_path, head + re.sub(r"(?m)^# ", "", "# [[accounts]]" + examples))
    assert [account.name for account in config.accounts] == ["ACME"]
    assert [session.account for session in config.fix.sessions] == ["ACME"]
    assert [session.account for session in config.ouch.sessions] == ["ACME"]
    assert [token.account for token in config.websocket.tokens] == ["ACME"]


def test_a_full_file_is_read_whole(tmp_path: Path) -> None:
    assert load(tmp_path, FULL) == cfg.Config(
        venue=cfg.Venue("XTST", "", "none", "America/New_York"),
        listen=cfg.Listen(fix=7000),
        instruments=(
            Instrument(symbol=b"ACME", tick_size=500, lot_size=10, reference_price=123_500),
        ),
        accounts=(cfg.Account("HOUSE", cancel_by_other_sessions=False),),
        fix=cfg.Fix(
            allow_unknown_sessions=False,
            sessions=(
                cfg.FixSession("FIX.4.4", "C1", "XTST", "HOUSE", username="u", password="p4ssword"),
                cfg.FixSession("FIXT.1.1", "C2", "OTHER", "C2", applications=("orders",)),
            ),
        ),
        ouch=cfg.Ouch((cfg.OuchSession("OUCH1", "hidden", "OUCH1"),)),
        websocket=cfg.WebSocket((cfg.WebSocketToken("very secret", "HOUSE"),)),
    )


UNUSABLE = [
    (
        "an unknown key names its line and the nearest word",
        '[venue]\ncomp_id = "X"\ndurabilty = "none"\n',
        ["venue.toml:3: venue.durabilty: unknown key (did you mean durability?)"],
    ),
    (
        "an unknown table",
        "[listen]\nfix = 1\n\n[listne]\nfix = 2\n",
        ["venue.toml:4: listne: unknown key (did you mean listen?)"],
    ),
    (
        "an unknown key of the second of two tables",
        '[[accounts]]\nname = "A"\n[[accounts]]\nname = "B"\nself_trades = "none"\n',
        ["venue.toml:5: accounts[1].self_trades: unknown key (did you mean self_trade?)"],
    ),
    (
        "nothing is near",
        "[venue]\nzzzz = 1\n",
        ["venue.toml:2: venue.zzzz: unknown key"],
    ),
    (
        "every problem is listed",
        '[venue]\ndurability = "proces"\n[listen]\nfix = "9878"\nws = true\n',
        [
            'venue.toml:2: venue.durability: expected "none" or "process" or "disk", '
            'received "proces" (did you mean process?)',
            'venue.toml:4: listen.fix: expected an integer, received "9878"',
            "venue.toml:5: listen.ws: expected an integer, received true",
        ],
    ),
    (
        "a float is no price",
        '[[instruments]]\nsymbol = "A"\ntick_size = 0.01\n',
        ["venue.toml:3: instruments[0].tick_size: expected text, received 0.01"],
    ),
    (
        "a table where an array is wanted",
        '[accounts]\nname = "A"\n',
        ["venue.toml:1: accounts: expected an array, received a table"],
    ),
    (
        "a value where a table is wanted",
        "venue = 3\n",
        ["venue.toml:1: venue: expected a table, received 3"],
    ),
    (
        "a missing key names its table",
        "\n[[accounts]]\nself_trade = 'none'\n",
        ["venue.toml:2: accounts[0].name: expected a value, received none"],
    ),
    (
        "an inline table is at its key's line",
        'ouch.sessions = [\n  { username = "A", password = 5 },\n]\n',
        ["venue.toml:1: ouch.sessions[0].password: expected text, received another type"],
    ),
    (
        "not TOML",
        "[venue]\ncomp_id = \n",
        ["venue.toml:2: not TOML: invalid value"],
    ),
    (
        "ports out of range and taken twice",
        "[listen]\nfix = 70000\nws = 9879\n",
        [
            "venue.toml:2: listen.fix: expected a port, 0 to 65535, received 70000",
            "venue.toml:3: listen.ws: port 9879 is already taken by ouch42",
        ],
    ),
    (
        "prices that do not fit",
        '[[instruments]]\nsymbol = "A"\ntick_size = "0.05"\nreference_price = "1.02"\n'
        '[[instruments]]\nsymbol = "a"\n'
        '[[instruments]]\nsymbol = "B"\ntick_size = "0.00001"\n'
        '[[instruments]]\nsymbol = "C"\ntick_size = "0"\nlot_size = 0\n'
        '[[instruments]]\nsymbol = "A"\nreference_price = "-1"\n',
        [
            "venue.toml:4: instruments[0].reference_price: expected a multiple of tick_size "
            '"0.05", received "1.02"',
            "venue.toml:6: instruments[1].symbol: expected 1 to 8 of A-Z 0-9 . + = ^ # * -, "
            'received "a"',
            "venue.toml:9: instruments[2].tick_size: expected at most 4 decimals, "
            'received "0.00001"',
            "venue.toml:12: instruments[3].tick_size: expected more than 0, at most the highest "
            'price, received "0"',
            "venue.toml:13: instruments[3].lot_size: expected 1 to 999999, received 0",
            'venue.toml:15: instruments[4].symbol: "A" is listed twice',
            "venue.toml:16: instruments[4].reference_price: expected decimal text such as "
            '"0.01", received "-1"',
        ],
    ),
    (
        "an account that nobody configured",
        '[[accounts]]\nname = "ACME"\n[[websocket.tokens]]\ntoken = "t"\naccount = "ACNE"\n',
        [
            "venue.toml:5: websocket.tokens[0].account: expected the name of one of [[accounts]], "
            'received "ACNE" (did you mean ACME?)'
        ],
    ),
    (
        "the same identity twice",
        '[[ouch.sessions]]\nusername = "A"\npassword = "x"\n'
        '[[ouch.sessions]]\nusername = "a"\npassword = "x"\n'
        '[[fix.sessions]]\nbegin_string = "FIX.4.2"\ntarget_comp_id = "C"\n'
        '[[fix.sessions]]\nbegin_string = "FIX.4.2"\ntarget_comp_id = "C"\n',
        [
            "venue.toml:12: fix.sessions[1].target_comp_id: session FIX.4.2/XVEN/C "
            "is configured twice",
            'venue.toml:5: ouch.sessions[1].username: "a" is configured twice',
        ],
    ),
    (
        "secrets are not repeated",
        '[[ouch.sessions]]\nusername = "TOOLONG"\npassword = "elevenchars"\n',
        [
            "venue.toml:2: ouch.sessions[0].username: expected 1 to 6 of A-Z 0-9, "
            'received "TOOLONG"',
            "venue.toml:3: ouch.sessions[0].password: expected 1 to 10 visible ASCII characters",
        ],
    ),
    (
        "a time zone that does not exist",
        '[venue]\ntime_zone = "Mars/Olympus"\n',
        [
            'venue.toml:2: venue.time_zone: expected an IANA time zone such as "Europe/Zurich", '
            'received "Mars/Olympus"'
        ],
    ),
    (
        "a disk that is not there",
        '[venue]\ndata_dir = ""\ndurability = "disk"\n',
        [
            'venue.toml:3: venue.durability: expected "none" with data_dir = "" '
            '(everything in memory), received "disk"'
        ],
    ),
    (
        "copies beside orders",
        '[[fix.sessions]]\nbegin_string = "FIX.4.1"\ntarget_comp_id = "C"\n'
        'applications = ["orders", "drop_copy"]\n',
        [
            'venue.toml:4: fix.sessions[0].applications: "drop_copy" only reads: expected no '
            '"orders" beside it',
        ],
    ),
    (
        "the harness beside something else",
        '[[fix.sessions]]\nbegin_string = "FIX.4.4"\ntarget_comp_id = "C"\n'
        'applications = ["orders", "echo"]\n',
        [
            'venue.toml:4: fix.sessions[0].applications: "echo" is a test harness: '
            "expected it alone",
        ],
    ),
    (
        "durations and limits out of range",
        '[fix]\nlogon_timeout = 0\n[[fix.sessions]]\nbegin_string = "FIX.4.4"\n'
        'target_comp_id = "C"\nheart_bt_int_min = 30\nheart_bt_int_max = 10\n'
        "logout_timeout = 0\nmax_latency = 90000\nresend_request_chunk_size = -1\n",
        [
            "venue.toml:2: fix.logon_timeout: expected 1 to 3600, received 0",
            "venue.toml:8: fix.sessions[0].logout_timeout: expected 1 to 3600, received 0",
            "venue.toml:9: fix.sessions[0].max_latency: expected 1 to 86400, received 90000",
            "venue.toml:10: fix.sessions[0].resend_request_chunk_size: expected 0 to 1000000, "
            "received -1",
            "venue.toml:7: fix.sessions[0].heart_bt_int_max: expected at least "
            "heart_bt_int_min 30, received 10",
        ],
    ),
    (
        "a wildcard in the middle",
        '[[fix.sessions]]\nbegin_string = "FIX.4.4"\ntarget_comp_id = "A*C"\n',
        [
            'venue.toml:3: fix.sessions[0].target_comp_id: expected "*" at the end only, '
            'received "A*C"'
        ],
    ),
    (
        "schedules with something missing, wrong or too much",
        '[[fix.sessions]]\nbegin_string = "FIX.4.4"\ntarget_comp_id = "A"\nstart_time = "8"\n'
        '[[fix.sessions]]\nbegin_string = "FIX.4.4"\ntarget_comp_id = "B"\n'
        'start_time = "24:00:00"\nend_time = "08:00:00"\nstart_day = "mondy"\n'
        'end_day = "friday"\ntime_zone = "Mars/Olympus"\nweekdays = ["monday"]\n'
        'non_stop_session = true\n[[fix.sessions]]\nbegin_string = "FIX.4.4"\n'
        'target_comp_id = "C"\nend_day = "friday"\n',
        [
            "venue.toml:1: fix.sessions[0].end_time: expected a value with start_time, "
            "received none",
            'venue.toml:4: fix.sessions[0].start_time: expected HH:MM:SS, received "8"',
            "venue.toml:13: fix.sessions[1].weekdays: expected none with start_day, "
            "which makes a period a week",
            "venue.toml:14: fix.sessions[1].non_stop_session: expected false with start_time, "
            "or no start_time, received both",
            "venue.toml:8: fix.sessions[1].start_time: expected 00:00:00 to 23:59:59, "
            'received "24:00:00"',
            "venue.toml:10: fix.sessions[1].start_day: expected a weekday such as "
            '"monday", received "mondy" (did you mean monday?)',
            "venue.toml:12: fix.sessions[1].time_zone: expected an IANA time zone such as "
            '"Europe/Zurich", received "Mars/Olympus"',
            "venue.toml:15: fix.sessions[2].start_day: expected a value with end_day, "
            "received none",
        ],
    ),
    (
        "another address without credentials",
        '[listen]\nhost = "0.0.0.0"\n',
        [
            'venue.toml:2: listen.host: "0.0.0.0" is not a loopback address: expected configured '
            "credentials (fix.sessions, ouch.sessions or websocket.tokens), received none"
        ],
    ),
    (
        "unknown sessions on another address",
        '[listen]\nhost = "::"\n[fix]\nallow_unknown_sessions = true\n'
        '[[websocket.tokens]]\ntoken = "t"\naccount = "TRADER"\n',
        [
            'venue.toml:4: fix.allow_unknown_sessions: expected false with listen.host "::": '
            "unknown sessions are for loopback only"
        ],
    ),
    (
        "no address at all",
        '[listen]\nhost = ""\n[[websocket.tokens]]\ntoken = "t"\naccount = "TRADER"\n',
        ['venue.toml:2: listen.host: expected an address such as "127.0.0.1", received ""'],
    ),
]


@pytest.mark.parametrize(
    ("text", "expected"), [case[1:] for case in UNUSABLE], ids=[case[0] for case in UNUSABLE]
)
def test_what_cannot_be_used_is_refused_with_its_place(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    assert problems(tmp_path, text) == expected


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(cfg.ConfigError, match="cannot be read: No such file"):
        load_config(tmp_path / "none.toml")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "venue.toml").write_bytes(b"[venue]\n# \xff\n")
    with pytest.raises(cfg.ConfigError, match="expected UTF-8: byte 10 is not"):
        load_config(tmp_path / "venue.toml")


def test_flag_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    file = tmp_path / "venue.toml"
    file.write_text('[venue]\ndata_dir = "file"\ndurability = "none"\ncomp_id = "FILE"\n')
    environ = {"VENUE_DATA_DIR": "environment", "VENUE_DURABILITY": "disk"}
    config = load_config(file, environ, Flags(data_dir="flag"))
    assert config.venue == cfg.Venue("FILE", "flag", "disk", "UTC", "real")


def test_ports_from_the_most_specific_word_at_the_highest_level(tmp_path: Path) -> None:
    file = tmp_path / "venue.toml"
    file.write_text("[listen]\nfix = 1000\nhttp = 1005\n")
    environ = {"VENUE_PORT_BASE": "2000", "VENUE_LISTEN_HTTP": "2999"}
    assert load_config(file, environ).listen == cfg.Listen(
        "127.0.0.1", 2000, 2001, 2002, 2003, 2004, 2999, 2006
    )
    assert load_config(file, environ, Flags(port_base=3000)).listen == cfg.Listen(
        "127.0.0.1", 3000, 3001, 3002, 3003, 3004, 3005, 3006
    )


def test_port_base_zero_means_any_free_ports() -> None:
    assert load_config(flags=Flags(port_base=0)).listen == cfg.Listen(
        "127.0.0.1", 0, 0, 0, 0, 0, 0, 0
    )


@pytest.mark.parametrize("base", [-1, 65_530])
def test_a_port_base_without_room_is_refused(base: int) -> None:
    with pytest.raises(cfg.ConfigError) as caught:
        load_config(flags=Flags(port_base=base))
    assert str(caught.value) == f"--port-base: expected 0 to 65529, received {base}"


def test_the_environment_speaks_integers_and_booleans(tmp_path: Path) -> None:
    config = load(tmp_path, "", VENUE_LISTEN_FIX="7001", VENUE_FIX_ALLOW_UNKNOWN_SESSIONS="false")
    assert (config.listen.fix, config.fix.allow_unknown_sessions) == (7001, False)


def test_a_problem_names_the_variable_or_flag_that_caused_it(tmp_path: Path) -> None:
    text = '[venue]\ndurability = "none"\n[listen]\nfix = 1\n'
    assert problems(tmp_path, text, VENUE_LISTEN_FIX="x", VENUE_CLOCK="sundial") == [
        'VENUE_CLOCK: venue.clock: expected "real" or "manual", received "sundial"',
        'VENUE_LISTEN_FIX: listen.fix: expected an integer, received "x"',
    ]
    with pytest.raises(cfg.ConfigError) as caught:
        load_config(flags=Flags(durability="much"))
    assert str(caught.value) == (
        '--durability: venue.durability: expected "none" or "process" or "disk", received "much"'
    )


def test_another_address_shuts_out_everybody_who_is_not_configured(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        '[listen]\nhost = "0.0.0.0"\n[[ouch.sessions]]\nusername = "O1"\npassword = "x"\n',
    )
    assert config.fix.allow_unknown_sessions is False
    assert cfg.fix_session(config, "FIX.4.4", "XVEN", "ANY") is None
    assert cfg.ouch_session(config, "TRADER") is None
    assert cfg.websocket_token(config, "TRADER") is None
    assert cfg.ouch_session(config, "o1") == cfg.OuchSession("O1", "x", "O1")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
        ("", False),
    ],
)
def test_only_loopback_addresses_are_loopback(host: str, loopback: bool) -> None:
    assert cfg.is_loopback(host) is loopback


def test_any_comp_id_may_log_on_to_an_unconfigured_venue() -> None:
    config = cfg.Config()
    assert cfg.fix_session(config, "FIX.4.2", "XVEN", "ANYBODY") == cfg.FixSession(
        "FIX.4.2", "ANYBODY", "XVEN", "ANYBODY"
    )
    assert cfg.fix_session(config, "FIX.4.2", "OTHER", "ANYBODY") is None
    assert cfg.fix_session(config, "FIX.9.9", "XVEN", "ANYBODY") is None


def test_a_configured_fix_session_is_known_under_its_own_begin_string_only(tmp_path: Path) -> None:
    text = FULL.replace("allow_unknown_sessions = false", "allow_unknown_sessions = true")
    config = load(tmp_path, text)
    assert cfg.fix_session(config, "FIX.4.4", "XTST", "C1") is config.fix.sessions[0]
    assert cfg.fix_session(config, "FIX.4.2", "XTST", "C1") is None


@pytest.mark.parametrize("name", ["TRADER", "SIM000", "SIM999"])
def test_every_loopback_venue_knows_the_built_in_names(name: str) -> None:
    config = cfg.Config()
    assert cfg.ouch_session(config, name.lower()) == cfg.OuchSession(name, name, name)
    assert cfg.websocket_token(config, name) == cfg.WebSocketToken(name, name)


@pytest.mark.parametrize(
    "name", ["", "SIM1000", "SIM01", "SIM00A", "TRADERS", "SIM\u0661\u0662\u0663"]
)
def test_other_names_are_unknown(name: str) -> None:
    assert cfg.ouch_session(cfg.Config(), name) is None
    assert cfg.websocket_token(cfg.Config(), name) is None


def test_a_configured_name_comes_before_a_built_in_one(tmp_path: Path) -> None:
    text = '[[ouch.sessions]]\nusername = "trader"\npassword = "other"\naccount = "SIM001"\n'
    config = load(tmp_path, text)
    assert cfg.ouch_session(config, "TRADER") == cfg.OuchSession("trader", "other", "SIM001")


def test_an_account_that_is_not_configured_has_the_defaults(tmp_path: Path) -> None:
    config = load(tmp_path, FULL)
    assert cfg.account(config, "HOUSE") == cfg.Account("HOUSE", "none", False)
    assert cfg.account(config, "C2") == cfg.Account("C2", "none", True)


def test_the_journals_configuration_has_no_secrets(tmp_path: Path) -> None:
    config = load(tmp_path, FULL)
    public = cfg.public_msgpack(config)
    for secret in (b"p4ssword", b"hidden", b"very secret"):
        assert secret not in public
    read = cfg.decode_public_msgpack(public)
    assert [session.password for session in read.fix.sessions] == ["*", ""]
    assert (read.venue, read.listen, read.instruments, read.accounts) == (
        config.venue,
        config.listen,
        config.instruments,
        config.accounts,
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("1", 10_000), ("187.05", 1_870_500), ("0.0001", 1), ("007.10", 71_000)],
)
def test_decimal_text_is_read_exactly(text: str, value: int) -> None:
    assert parse_decimal(text, 4) == value


@pytest.mark.parametrize(
    "text", ["", ".5", "1.", "-1", "+1", "1e3", " 1", "1_0", "0x1", "1,5", "\u0661"]
)
def test_other_text_is_no_decimal(text: str) -> None:
    with pytest.raises(ValueError, match="expected decimal text"):
        parse_decimal(text, 4)


def test_lines_are_found_for_every_way_to_write_a_key() -> None:
    text = "\n".join(
        [
            'a = "x = y"',
            "b.c = 1",
            '"d" = 2',
            "[e]  # comment",
            "  f=1",
            "[[g]]",
            "h = 1",
            "[g.i]",
            "j = 1",
            "[[g]]",
            "h = 2",
            "[[g.k]]",
            "l = 1",
        ]
    )
    tomllib.loads(text)
    assert line_numbers(text) == {
        ("a",): 1,
        ("b", "c"): 2,
        ("d",): 3,
        ("e",): 4,
        ("e", "f"): 5,
        ("g",): 6,
        ("g", 0): 6,
        ("g", 0, "h"): 7,
        ("g", 0, "i"): 8,
        ("g", 0, "i", "j"): 9,
        ("g", 1): 10,
        ("g", 1, "h"): 11,
        ("g", 1, "k"): 12,
        ("g", 1, "k", 0): 12,
        ("g", 1, "k", 0, "l"): 13,
    }


def documented_type(kind: Any) -> str:
    if typing.get_origin(kind) is typing.Literal:
        return " ".join(f"`{word}`" for word in typing.get_args(kind))
    if typing.get_origin(kind) is tuple:
        return f"array of {documented_type(typing.get_args(kind)[0])}"
    return {str: "text", int: "an integer", bool: "true or false"}[kind].removeprefix("an ")


def documented_rows(kind: type[msgspec.Struct], prefix: str) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    names = {place: f"`{name}`" for name, place in ENVIRONMENT.items()}
    kinds = typing.get_type_hints(kind)
    for field in msgspec.structs.fields(kind):
        inner = kinds[field.name]
        key = f"{prefix}{field.name}"
        if typing.get_origin(inner) is tuple:
            item = typing.get_args(inner)[0]
            if isinstance(item, type) and issubclass(item, msgspec.Struct):
                rows += documented_rows(item, f"{key}[].")
                continue
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            rows += documented_rows(inner, f"{key}.")
            continue
        default = (
            "required" if field.required else f"`{msgspec.json.encode(field.default).decode()}`"
        )
        variable = names.get((prefix[:-1], field.name), "-")
        rows.append((f"`{key}`", documented_type(inner), default.replace(",", ", "), variable))
    return rows


def test_the_document_lists_every_key_with_type_default_and_variable() -> None:
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in (SPECS / "README.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    assert [row[:4] for row in rows] == documented_rows(TomlShape, "")
    assert all(len(row) == 5 and row[4] for row in rows)


def test_timers_of_soupbintcp_are_milliseconds_that_a_peer_can_keep_to(tmp_path: Path) -> None:
    file = tmp_path / "venue.toml"
    file.write_text("[soupbintcp]\nheartbeat_ms = 250\nidle_timeout_ms = 5000\n")
    soup = load_config(file).soupbintcp
    assert soup_settings(soup) == SoupSettings(250_000_000, 5_000_000_000, 30_000_000_000)
    file.write_text("[soupbintcp]\nidle_timeout_ms = 9\nlogin_timeout_ms = 3600001\n")
    with pytest.raises(cfg.ConfigError) as caught:
        load_config(file)
    assert str(caught.value).splitlines() == [
        f"{file}:2: soupbintcp.idle_timeout_ms: expected 10 to 3600000 milliseconds, received 9",
        f"{file}:3: soupbintcp.login_timeout_ms: "
        "expected 10 to 3600000 milliseconds, received 3600001",
    ]
