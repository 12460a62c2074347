"""What a test needs beyond the `test` extra: a missing one skips, or fails where all are promised.

`VENUE_REQUIRE=all` (set by `.ci/run`) is that promise.
"""

import importlib
import os
import shutil
from types import ModuleType

import pytest


def missing(what: str) -> None:
    """Skip the test for want of something, or fail it under VENUE_REQUIRE=all."""
    if os.environ.get("VENUE_REQUIRE") == "all":
        pytest.fail(f"{what} is missing and VENUE_REQUIRE=all", pytrace=False)
    pytest.skip(f"{what} is missing")


def require(module: str) -> ModuleType:
    """The imported module; a test without it is skipped, or fails under VENUE_REQUIRE=all."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.split(".")[0]:
            raise
        missing(f"python module {module}")
        raise


def require_tool(name: str) -> str:
    """The path of a program; a test without it is skipped, or fails under VENUE_REQUIRE=all."""
    path = shutil.which(name)
    if path is None:
        missing(f"program {name}")
    assert path is not None
    return path
