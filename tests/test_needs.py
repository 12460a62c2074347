"""A missing tool skips a test, except where every tool was promised."""

from collections.abc import Callable

import pytest

from tests.needs import require, require_tool


def test_what_is_there_is_handed_over() -> None:
    assert require("json").dumps([]) == "[]"
    assert require_tool("sh").endswith("/sh")


@pytest.mark.parametrize("need", [require, require_tool])
def test_what_is_missing_skips(
    need: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VENUE_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no_such_thing is missing"):
        need("no_such_thing")


@pytest.mark.parametrize("need", [require, require_tool])
def test_what_is_missing_fails_where_all_is_promised(
    need: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENUE_REQUIRE", "all")
    with pytest.raises(pytest.fail.Exception, match="no_such_thing is missing"):
        need("no_such_thing")
