"""The operator's port of a venue that is killed, and of clients that go away."""

import json
import socket
import urllib.request
from pathlib import Path

from tests.interop.venue_process import VenueProcess

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
HOUR_NS = 3_600_000_000_000


def call(venue: VenueProcess, path: str, body: object = None) -> dict[str, int]:
    data = None if body is None else json.dumps(body).encode()
    address = f"http://127.0.0.1:{venue.ports['http']}{path}"
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    with OPENER.open(request, timeout=10) as response:
        answer: dict[str, int] = json.load(response)
        return answer


def test_a_manual_clock_stays_where_it_was_put_over_kill_9(tmp_path: Path) -> None:
    """With no timer due the new time was in no batch: the restarted venue was back before it."""
    venue = VenueProcess(tmp_path, "--clock", "manual")
    venue.start()
    try:
        told = call(venue, "/admin/clock/advance", {"duration_ns": HOUR_NS})["now_ns"]
        venue.restart()
        assert call(venue, "/admin/status")["now_ns"] == told
    finally:
        assert venue.stop() == 0, venue.log


def test_a_body_that_never_comes_whole_leaves_no_traceback(tmp_path: Path) -> None:
    venue = VenueProcess(tmp_path)
    venue.start()
    try:
        with socket.create_connection(("127.0.0.1", venue.ports["http"])) as client:
            client.sendall(
                b"POST /admin/halt HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
            )
        assert call(venue, "/health/ready") == {"ready": True}
    finally:
        assert venue.stop() == 0, venue.log
    assert "Traceback" not in venue.log


def test_a_body_that_is_awaited_when_the_venue_ends_leaves_no_traceback(tmp_path: Path) -> None:
    venue = VenueProcess(tmp_path)
    venue.start()
    with socket.create_connection(("127.0.0.1", venue.ports["http"]), timeout=10) as client:
        client.sendall(
            b"POST /admin/halt HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        # Said as soon as the handler waits for the body.
        assert client.recv(1_000).startswith(b"HTTP/1.1 100 ")
        assert venue.stop() == 0, venue.log
    assert "Traceback" not in venue.log
    assert "uvicorn" not in venue.log
