"""gateway.__main__ and gateway.cli.main, gateway.cli.config, gateway.cli.serve: what one types."""

import importlib.util
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from gateway.__main__ import main
from gateway.cli import main as cli_main
from gateway.cli.main import COMMANDS
from gateway.config import Config, ConfigError, Venue
from gateway.config_file import load_config
from gateway.journal.log import JournalError

ROOT = Path(__file__).parents[2]
PROMISED = {
    *("demo", "serve", "simulate", "dashboard", "replay", "journal"),
    *("ctl", "fix", "bench", "config", "dictionary"),
}


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def put_module(monkeypatch: pytest.MonkeyPatch, name: str, **members: object) -> None:
    module = types.ModuleType(name)
    vars(module).update(members)
    monkeypatch.setitem(sys.modules, name, module)


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def app(arguments: list[str], prog_name: str) -> None:
        raise error

    put_module(monkeypatch, "gateway.cli.replay", app=app)


def test_every_promised_command_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    listed = capsys.readouterr().out.split("Commands:")[1].splitlines()
    assert {
        line.split()[0] for line in listed if line.startswith("  ") and line[2] != " "
    } == PROMISED


def test_a_command_that_is_not_built_yet_exits_2_and_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(cli_main.COMMANDS, "replay", ("gateway.cli.no_such_module", "help"))
    assert run("replay", "--report", "x.html", "file") == 2
    assert capsys.readouterr() == ("", "venue: replay is not built yet\n")


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_command_is_either_built_or_says_that_it_is_not(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    package, _, _ = COMMANDS[command][0].rpartition(".")
    built = (
        importlib.util.find_spec(package) is not None
        and importlib.util.find_spec(COMMANDS[command][0]) is not None
    )
    code = run(command, "--help")
    written = capsys.readouterr()
    if built:
        assert (code, written.out[:6]) == (0, "Usage:")
    else:
        assert (code, written) == (2, ("", f"venue: {command} is not built yet\n"))


def test_a_command_gets_its_arguments_as_they_were_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[list[str], str]] = []

    def app(arguments: list[str], prog_name: str) -> None:
        calls.append((arguments, prog_name))

    put_module(monkeypatch, "gateway.cli.replay", app=app)
    assert run("replay", "--report", "r.html", "-x", "file", "--help", "--unknown=1") == 0
    assert calls == [
        (["--report", "r.html", "-x", "file", "--help", "--unknown=1"], "venue replay")
    ]


def test_a_missing_library_of_a_built_command_is_no_missing_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_with(monkeypatch, ModuleNotFoundError("No module named 'altair'", name="altair"))
    assert run("replay") == 70
    assert "No module named 'altair'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (ConfigError("a: one\nb: two"), 2, "venue: a: one\nvenue: b: two\n"),
        (JournalError("segment 3: torn"), 74, "venue: segment 3: torn\n"),
        (SystemExit(1), 1, ""),
        (KeyboardInterrupt(), 130, ""),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_the_exit_code_says_whose_fault_it_was(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    text: str,
) -> None:
    fail_with(monkeypatch, error)
    assert run("replay") == code
    assert capsys.readouterr() == ("", text)


def test_our_own_mistake_exits_70_with_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_with(monkeypatch, ZeroDivisionError("of ours"))
    assert run("replay") == 70
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.startswith("Traceback")
    assert written.err.endswith("ZeroDivisionError: of ours\n")


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["serve", "--nonsense"], ["serve", "--port-base", "x"]]
)
def test_a_wrong_command_line_exits_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert "Usage:" in written.err


def test_serve_hands_the_resolved_configuration_to_the_venue(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[tuple[Config, Path | None]] = []

    def serve_run(config: Config, ports_file: Path | None) -> int:
        calls.append((config, ports_file))
        return 74

    put_module(monkeypatch, "gateway.serve", run=serve_run)
    monkeypatch.setattr("gateway.cli.serve.set_up_logging", lambda: None)
    for name in [name for name in os.environ if name.startswith("VENUE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("VENUE_COMP_ID", "XENV")
    file, ports = tmp_path / "venue.toml", tmp_path / "ports.json"
    file.write_text('[venue]\ncomp_id = "XFILE"\ntime_zone = "Asia/Tokyo"\n')
    arguments = f"--config {file} --data-dir d --durability disk --clock manual --port-base 5000"
    assert run("serve", *arguments.split(), "--ports-file", str(ports)) == 74
    [(config, ports_file)] = calls
    assert config.venue == Venue("XENV", "d", "disk", "Asia/Tokyo", "manual")
    assert (config.listen.fix, config.listen.dashboard) == (5000, 5006)
    assert ports_file == ports


def test_serve_refuses_a_wrong_configuration_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "venue.toml"
    file.write_text("[vnue]\n")
    assert run("serve", "--config", str(file)) == 2
    assert capsys.readouterr() == (
        "",
        f"venue: {file}:1: vnue: unknown key (did you mean venue?)\n",
    )


def test_config_init_prints_a_file_that_config_check_likes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("config", "init") == 0
    file = tmp_path / "venue.toml"
    file.write_text(capsys.readouterr().out)
    assert load_config(file) == Config()
    assert run("config", "check", str(file)) == 0
    assert capsys.readouterr().out == (
        f"{file}: ok: 3 instruments, 0 accounts, 0 FIX sessions, 0 OUCH sessions, "
        "0 WebSocket tokens\n"
    )


def test_config_check_lists_every_problem_and_exits_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "venue.toml"
    file.write_text("[listen]\nfix = -1\nwss = 1\n")
    assert run("config", "check", str(file)) == 2
    assert (
        capsys.readouterr().err == f"venue: {file}:3: listen.wss: unknown key (did you mean ws?)\n"
    )


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out == f"venue {cli_main.version()}\n"


def test_the_checkout_runs_without_being_installed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "serve", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for flag in ("config", "data-dir", "durability", "clock", "port-base", "ports-file"):
        assert f"--{flag}" in done.stdout
