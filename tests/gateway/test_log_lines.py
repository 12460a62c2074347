"""The log as a person reads it."""

import logging
import sys

import pytest

from gateway.cli.serve import OneLineFormatter


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("fix #1 (FIX.4.4/\xff\xe9/XVEN): logged on", "fix #1 (FIX.4.4/\xff\xe9/XVEN): logged on"),
        ("fix #1 (L\nFORGED\x1b[31m): ended", r"fix #1 (L\nFORGED\x1b[31m): ended"),
    ],
)
def test_a_name_a_peer_chose_writes_no_line_of_its_own(text: str, line: str) -> None:
    record = logging.LogRecord("venue", logging.INFO, "", 0, "%s", (text,), None)
    assert OneLineFormatter("%(message)s").format(record) == line


def test_a_traceback_keeps_its_lines() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        record = logging.LogRecord("venue", logging.ERROR, "", 0, "failed", (), sys.exc_info())
    assert OneLineFormatter("%(message)s").format(record).count("\n") >= 3
