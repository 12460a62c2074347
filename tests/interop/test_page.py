"""The static page in a real browser: log in, send an order, see it in the ladder, trade, cancel."""

from pathlib import Path

import pytest

from tests.interop.browser import Browser
from tests.interop.venue_process import VenueProcess
from tests.interop.websocket_client import WebSocketClient

pytestmark = pytest.mark.interop

FILL = """((id, value) => {
  const field = document.getElementById(id);
  field.value = value;
  return field.value === value;
})(%r, %r)"""
LADDER = "document.getElementById('ladder').innerText"


def fill(browser: Browser, **values: str) -> None:
    for name, value in values.items():
        assert browser.evaluate(FILL % (name, value)), name


def press(browser: Browser, selector: str) -> None:
    browser.evaluate(f"document.querySelector({selector!r}).click()")


def log_in(browser: Browser, session: str) -> None:
    fill(browser, token="TRADER", session=session)
    press(browser, "#login button")
    browser.wait_for(f"document.getElementById('who').textContent === 'TRADER / {session}'")


def order(browser: Browser, side: str, quantity: str, price: str) -> None:
    fill(browser, quantity=quantity, price=price)
    press(browser, f"#order button[value={side}]")


async def test_a_person_trades_on_the_page(venue: VenueProcess, tmp_path: Path) -> None:
    with Browser(tmp_path) as browser:
        browser.open(f"http://127.0.0.1:{venue.ports['http']}/")
        browser.wait_for("document.querySelectorAll('#symbols button').length === 3")
        assert browser.evaluate("document.getElementById('link').textContent") == "connected"
        assert not browser.evaluate("document.getElementById('order').offsetParent")
        log_in(browser, "page")
        for side, quantity, price in (
            ("buy", "100", "186.98"),
            ("buy", "250", "186.99"),
            ("buy", "40", "187.00"),
            ("sell", "120", "187.03"),
            ("sell", "300", "187.04"),
        ):
            order(browser, side, quantity, price)
        browser.wait_for(f"{LADDER}.includes('187.04') && {LADDER}.includes('186.98')")
        assert browser.evaluate(LADDER).split() == [
            *("187.04", "300", "1", "187.03", "120", "1", "spread", "0.03"),
            *("1", "40", "187.00", "1", "250", "186.99", "1", "100", "186.98"),
        ]
        browser.wait_for("document.querySelectorAll('#orders tr').length === 5")

        async with WebSocketClient(venue.ports["ws"], "SIM001") as seller:
            await seller.login()
            await seller.order("s", "sell", 60, "AAPL", "186.99")
            for kind in ("accepted", "executed", "executed"):
                await seller.receive(kind)
        browser.wait_for("document.querySelectorAll('#tape tr').length === 2")
        browser.wait_for("document.querySelectorAll('#orders tr').length === 4")
        order(browser, "buy", "10", "187.005")
        browser.wait_for(
            "document.getElementById('reports').innerText.includes('multiple of the tick size')"
        )
        picture = tmp_path / "page.png"
        browser.screenshot(picture)
        assert picture.stat().st_size > 10_000

        press(browser, "#orders button")
        browser.wait_for("document.querySelectorAll('#orders tr').length === 3")
        browser.wait_for(f"!{LADDER}.includes('187.04')")

        venue.restart()
        browser.wait_for("document.getElementById('link').textContent === 'connected'")
        browser.wait_for("document.querySelectorAll('#orders tr').length === 3")
        order(browser, "sell", "5", "190")
        browser.wait_for(f"{LADDER}.includes('190.00')")
