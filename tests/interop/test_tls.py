"""A venue that speaks TLS on its ports, as clients with TLS of their own see it."""

import json
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.gateway.edge_stage import Certificates
from tests.interop.simplefix_client import SimplefixClient
from tests.interop.venue_process import VenueProcess

pytestmark = pytest.mark.interop


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


@pytest.fixture
def secure_venue(tmp_path: Path, certificates: Certificates) -> Iterator[VenueProcess]:
    """FIX, WebSocket and HTTP behind TLS; every client needs a certificate."""
    (tmp_path / "venue.toml").write_text(
        '[listen.tls]\nports = ["fix", "ws", "http"]\ncertificate = "certificate.pem"\n'
        'key = "key.pem"\nclient_ca = "client_ca.pem"\n'
    )
    folder = tmp_path / "venue"
    folder.mkdir()
    venue = VenueProcess(folder, "--config", str(tmp_path / "venue.toml"))
    try:
        venue.start()
        yield venue
    finally:
        venue.kill()
        print(venue.log)


def trade(client: SimplefixClient) -> None:
    client.send("A", (98, 0), (108, 30))
    assert client.receive()[35] == "A"
    client.send(
        "D", (11, "a"), (21, 1), (55, "AAPL"), (54, 1), (38, 100), (40, 2), (44, "187.00"),
        (60, "20240102-09:30:00"),
    )  # fmt: skip
    assert client.receive()[150] == "0"


def test_every_port_is_told_and_spoken_to_over_tls(
    secure_venue: VenueProcess, certificates: Certificates
) -> None:
    ports = secure_venue.ports
    assert f"ws=wss://127.0.0.1:{ports['ws']}" in secure_venue.ready_line
    assert f"http=https://127.0.0.1:{ports['http']}" in secure_venue.ready_line
    context = certificates.client("ACME")
    with SimplefixClient(ports["fix"], "ACME", context=context) as client:
        trade(client)
    with connect(f"wss://localhost:{ports['ws']}", ssl=context, proxy=None) as websocket:
        assert json.loads(websocket.recv(timeout=10))["type"] == "welcome"
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    with opener.open(f"https://localhost:{ports['http']}/health/ready", timeout=10) as answer:
        assert json.load(answer) == {"ready": True}
    with opener.open(f"https://localhost:{ports['http']}/admin/status", timeout=10) as answer:
        assert answer.status == 200
    assert "CN=ACME" in secure_venue.log
    assert secure_venue.stop() == 0
    assert "Traceback" not in secure_venue.log


def test_without_a_certificate_nobody_gets_in_and_nobody_else_notices(
    secure_venue: VenueProcess, certificates: Certificates
) -> None:
    with SimplefixClient(
        secure_venue.ports["fix"], "ACME", context=certificates.client("ACME")
    ) as client:
        trade(client)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            trade(
                SimplefixClient(secure_venue.ports["fix"], "OTHER", context=certificates.client())
            )
        client.send("1", (112, "still here"))
        client.send("D", (11, "b"))
        assert client.receive()[35] in ("3", "8", "j")
    assert "TLS handshake failed: peer did not return a certificate" in secure_venue.log


def test_quickfix_trades_over_tls_with_its_certificate(
    secure_venue: VenueProcess, certificates: Certificates, tmp_path: Path
) -> None:
    quickfix_client = pytest.importorskip("tests.interop.quickfix_client")
    leaf = certificates.authority.issue_cert("quickfix@example.org", common_name="QUICK")
    leaf.private_key_pem.write_to_path(str(tmp_path / "client-key.pem"))
    leaf.cert_chain_pems[0].write_to_path(str(tmp_path / "client.pem"))
    settings = (
        f"CertificationAuthoritiesFile={certificates.files['client_ca']}",
        f"ClientCertificateFile={tmp_path / 'client.pem'}",
        f"ClientCertificateKeyFile={tmp_path / 'client-key.pem'}",
        "CertificateVerifyLevel=1",
    )
    with quickfix_client.QuickFixClient(
        secure_venue.ports["fix"], "QUICK", "FIX.4.4", tmp_path, tls=settings
    ) as client:
        client.order("a", 1, 100, "AAPL", "187.00")
        assert client.next()[150] == "0"
        assert client.refusals() == []
    assert "CN=QUICK" in secure_venue.log
