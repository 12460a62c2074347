"""The Streamlit script, the files it reads, and the vocabulary that the browser's side knows."""

import re
from typing import Any, get_args

import msgspec
import pytest

import dashboards.launch
from protocol import feed
from protocol.websocket_words import Channel
from tests.needs import require

COMPONENT = dashboards.launch.APP.parent / "component"
FEED_SCRIPT = (COMPONENT / "feed.js").read_text()


def _mounted(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    """The data that dashboards.app hands to the component."""
    require("streamlit")
    from streamlit.testing.v1 import AppTest

    for name in ("VENUE_DASHBOARD_WS", "VENUE_DASHBOARD_HTTP"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    app = AppTest.from_file(str(dashboards.launch.APP)).run(timeout=30)
    assert not app.exception
    (component,) = app.get("bidi_component")
    data: dict[str, Any] = msgspec.json.decode(component.proto.json)
    return data


def test_the_page_is_one_component_over_the_default_venue(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _mounted(monkeypatch) == {"ws": "ws://127.0.0.1:9882", "http": ""}


def test_the_page_gets_the_addresses_that_the_launcher_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = _mounted(
        monkeypatch, VENUE_DASHBOARD_WS="ws://host:1", VENUE_DASHBOARD_HTTP="http://host:2"
    )
    assert data == {"ws": "ws://host:1", "http": "http://host:2"}


def _tags(union: object) -> set[str]:
    return {str(kind.__struct_config__.tag) for kind in get_args(union)}


def test_the_script_handles_every_public_message_and_no_unknown_one() -> None:
    table = FEED_SCRIPT.partition("const MESSAGES = {")[2].partition("\n};")[0]
    handled = set(re.findall(r"^  (\w+)\(feed", table, re.MULTILINE))
    assert handled == _tags(feed.Public) | {"welcome", "error"}


def test_the_script_subscribes_to_every_channel() -> None:
    (text,) = re.findall(r"^const CHANNELS = (\[.*\]);$", FEED_SCRIPT, re.MULTILINE)
    assert tuple(msgspec.json.decode(text)) == get_args(Channel)


def test_the_page_shows_every_figure_of_the_venue() -> None:
    html = (COMPONENT / "dashboard.html").read_text()
    shown = set(re.findall(r'data-name="(\w+)"', html))
    figures = {name for name in feed.Stats.__struct_fields__ if not name.endswith(("_ns", "_us"))}
    latency = set(feed.LatencySummary.__struct_fields__) - {"count"}
    assert shown == figures | latency


def test_nothing_on_the_page_comes_from_another_host() -> None:
    for path in sorted(COMPONENT.iterdir()):
        assert not re.search(r"(https?:)?//[a-z]", path.read_text().replace("// ", "")), path.name
