"""The headless browser that judges our pages, judged itself on a page of known content."""

import http.server
import threading
from pathlib import Path

import pytest

from tests.interop.browser import Browser

pytestmark = pytest.mark.interop
PAGE = b"""<!doctype html><body><p id=count>0</p><script>
let count = 0;
setInterval(() => { document.getElementById("count").textContent = ++count; }, 10);
</script></body>"""


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_live_page_is_waited_for_read_and_photographed(tmp_path: Path) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with Browser(tmp_path) as browser:
            browser.open(f"http://127.0.0.1:{server.server_port}/")
            browser.wait_for("Number(document.getElementById('count')?.textContent) >= 20")
            assert int(browser.text()) >= 20
            assert '<p id="count">' in browser.dom()
            with pytest.raises(AssertionError, match="not within"):
                browser.wait_for("false", within_s=0.2)
            picture = tmp_path / "page.png"
            browser.screenshot(picture)
            assert picture.read_bytes().startswith(b"\x89PNG")
    finally:
        server.shutdown()
        server.server_close()
