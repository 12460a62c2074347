"""The source itself is tested: lint, types, import contracts, and the rules that no linter knows.

Every finding is printed as `file:line: what is wrong`.
"""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("gateway", "protocol", "matching", "simulator", "dashboards")
MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
ENTRY_POINTS = {"gateway.__main__"}
"""Modules that nothing of ours imports because a person or an installer starts them."""
BENCHMARKED = re.compile(r"#\s*benchmark: .*\d")
"""`# benchmark: <case, figure>` above a long function: one straight hot path, measured."""
OUT_OF_PLACE = re.compile(
    r"(?<![\w.])/(?:wor[k]|op[t]|roo[t]|hom[e])/\w"
    r"|py[p]i[.]org|python[h]osted|npm[j]s|crate[s][.]io|mave[n][.]org|deb[.]debia[n]|docker[.]i[o]"
)
"""Absolute paths of one machine, and hosts that serve packages: nobody else has them."""
READ_BY_PEOPLE = {".py", ".md", ".toml", ".sh", ".html", ".js"}
SPEC_REFERENCE = re.compile(r"(?<![\w/.-])specs/[\w*./-]*[\w*/]")


def _modules() -> dict[str, Path]:
    """Dotted name to file of every module of ours, `__main__` included."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def _place(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def _report(findings: list[str]) -> None:
    if findings:
        pytest.fail("\n".join(findings), pytrace=False)


def _run(*command: str, cwd: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command[1:])}\n{done.stdout}{done.stderr}", pytrace=False)


def _lint_imports(cwd: Path) -> subprocess.CompletedProcess[str]:
    start = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", start, "--no-cache", "--no-logo"],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def _imported_names(path: Path) -> Iterator[str]:
    """Every dotted name that an import statement of this file could bind a module by."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_ruff_finds_nothing() -> None:
    _run(sys.executable, "-m", "ruff", "check", "--output-format", "concise", ".")


def test_every_file_is_formatted() -> None:
    _run(sys.executable, "-m", "ruff", "format", "--check", ".")


@pytest.mark.timeout(300)
def test_mypy_strict_finds_nothing() -> None:
    _run(sys.executable, "-m", "mypy", "--no-error-summary")


def test_import_contracts_are_kept() -> None:
    done = _lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    analyzed = re.search(r"Analyzed (\d+) files", done.stdout)
    # Below a package with __init__.py the linter skips folders without one of their own.
    assert analyzed and int(analyzed[1]) >= len(_modules()), (
        f"saw {analyzed}, {len(_modules())} exist"
    )


CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]
CLOCKS_AND_IO = ("asyncio", "socket", "time", "random", "datetime", "os", "logging", "uvloop")
VIOLATIONS = [
    ("protocol/fix/session.py", "import matching.book", 0),
    ("matching/book.py", "import protocol.errors", 0),
    ("matching/book.py", "import gateway.clock", 0),
    ("protocol/errors.py", "import simulator.load", 0),
    ("gateway/clock.py", "import simulator.load", 0),
    ("simulator/load.py", "import dashboards.page", 0),
    *(
        (path, f"import {name}", 1)
        for path in ("protocol/fix/session.py", "matching/book.py")
        for name in CLOCKS_AND_IO
    ),
    ("gateway/journal/records.py", "from time import time_ns", 2),
    ("dashboards/page.py", "import gateway.clock", 3),
    ("dashboards/page.py", "import matching.book", 3),
]
SMALL_TREE = (
    *("gateway/clock.py", "gateway/journal/records.py", "matching/book.py", "dashboards/page.py"),
    *("protocol/errors.py", "protocol/fix/session.py", "protocol/feed.py", "simulator/load.py"),
)


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    """A tree with our packages, our contracts and imports that are all allowed."""
    for name in SMALL_TREE:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        # Regular packages hide an installed copy of ours of the same name.
        (path.parent / "__init__.py").touch()
    (tmp_path / "gateway/clock.py").write_text(
        "import time\nimport protocol.errors, matching.book\n"
    )
    (tmp_path / "dashboards/page.py").write_text("import protocol.feed\n")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_allowed_imports_keep_every_contract(small_tree: Path) -> None:
    done = _lint_imports(small_tree)
    assert done.returncode == 0, done.stdout
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in done.stdout


@pytest.mark.parametrize(("path", "line", "contract"), VIOLATIONS)
def test_a_forbidden_import_breaks_its_contract(
    small_tree: Path, path: str, line: str, contract: int
) -> None:
    with (small_tree / path).open("a") as file:
        file.write(line + "\n")
    done = _lint_imports(small_tree)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{CONTRACTS[contract]['name']} BROKEN" in done.stdout, done.stdout


def test_dashboards_know_only_the_feed_of_protocol() -> None:
    known = re.compile(r"(protocol[.]feed|dashboards)\b|protocol$")
    _report(
        [
            f"{_place(path, 1)}: imports {name}, expected nothing of ours but protocol.feed"
            for own_name, path in _modules().items()
            if own_name.startswith("dashboards.")
            for name in sorted(set(_imported_names(path)))
            if name.split(".")[0] in PACKAGES and not known.match(name)
        ]
    )


def test_modules_are_short() -> None:
    _report(
        [
            f"{_place(path, count)}: module of {count} lines, expected at most {MODULE_LINES_MAX}"
            for path in _modules().values()
            if (count := len(path.read_text().splitlines())) > MODULE_LINES_MAX
        ]
    )


def test_functions_are_short_unless_measured() -> None:
    findings = []
    for path in _modules().values():
        lines = path.read_text().splitlines()
        for node in ast.walk(ast.parse("\n".join(lines), str(path))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            count = (node.end_lineno or node.lineno) - node.lineno + 1
            above = lines[first - 2] if first > 1 else ""
            if count > FUNCTION_LINES_MAX and not BENCHMARKED.search(above):
                findings.append(
                    f"{_place(path, node.lineno)}: {node.name} has {count} lines, "
                    f"expected at most {FUNCTION_LINES_MAX} or `# benchmark: <figure>` above it"
                )
    _report(findings)


def test_no_module_is_dead() -> None:
    modules = _modules()
    used = set(ENTRY_POINTS)
    for own_name, path in modules.items():
        used.update(name for name in _imported_names(path) if name != own_name)
    sources = {name: path.read_text() for name, path in modules.items()}
    findings = []
    for name, path in modules.items():
        if name in used:
            continue
        # Streamlit pages and worker processes are started by path or by name, not imported.
        started = (f'"{name}"', f'"{path.name}"', f'"{path.relative_to(ROOT)}"')
        if not any(
            mark in text for mark in started for own, text in sources.items() if own != name
        ):
            findings.append(f"{_place(path, 1)}: no module of ours imports or starts {name}")
    _report(findings)


def test_every_module_has_a_test_that_names_it() -> None:
    texts = {path: path.read_text() for path in (ROOT / "tests").rglob("*.py")}
    imported = {name for path in texts for name in _imported_names(path)}
    _report(
        [
            f"{_place(path, 1)}: no test module imports or names {name}"
            for name, path in _modules().items()
            if name not in imported
            and not any(re.search(rf"\b{re.escape(name)}\b", text) for text in texts.values())
        ]
    )


def _texts() -> Iterator[Path]:
    """Files that people read: code, documents, scripts. Data and vectors are not among them."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        path = ROOT / name
        read = path.suffix in READ_BY_PEOPLE or name.startswith(".ci/")
        if read and path.is_file() and path != Path(__file__).resolve():
            yield path


def test_references_into_specs_resolve() -> None:
    findings = []
    for path in _texts():
        if path.name == "pyproject.toml":
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for reference in SPEC_REFERENCE.findall(line):
                if not any(ROOT.glob(reference.rstrip("/"))):
                    findings.append(f"{_place(path, number)}: {reference} does not exist")
    _report(findings)


def test_nothing_names_one_machine_or_a_package_host() -> None:
    _report(
        [
            f"{_place(path, number)}: out of place: {found[0]}"
            for path in _texts()
            for number, line in enumerate(path.read_text().splitlines(), 1)
            if (found := OUT_OF_PLACE.search(line))
        ]
    )


def test_help_imports_no_server_and_no_dashboard() -> None:
    heavy = {"uvloop", "websockets", "starlette", "uvicorn", "streamlit"}
    script = (
        "import sys\n"
        "sys.argv = ['venue', '--help']\n"
        "from gateway.__main__ import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code, stop.code\n"
        f"print('HEAVY', *sorted({heavy!r} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "serve" in done.stdout, done.stdout
    assert done.stdout.splitlines()[-1] == "HEAVY"
