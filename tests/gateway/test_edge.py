"""gateway.edge and gateway.tls over real sockets: who gets in, and what is said of who does not."""

import asyncio
import contextlib
import resource
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from gateway import edge as edge_module
from gateway import tls as tls_module
from gateway.addresses import Network, parse_network
from gateway.edge import REFUSALS_MAX, Door, Gate, Refused
from gateway.listeners import FILES_RESERVED, bound_accept_errors, open_gate
from gateway.tls import TlsError, server_context
from tests.gateway.edge_stage import Certificates, EdgeStage
from tests.gateway.socket_stage import LOOPS, drive

LOCAL = (parse_network("127.0.0.0/8"),)
ELSEWHERE = (parse_network("192.0.2.0/24"),)
V1 = b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 9878\r\n"
SIGNATURE = bytes.fromhex("0d0a0d0a000d0a515549540a")
V2 = SIGNATURE + bytes.fromhex("2111000cc0000207c6336401dc042696")
V2_LOCAL = SIGNATURE + bytes.fromhex("20000000")

Scene = Callable[[EdgeStage], Coroutine[object, object, None]]
Play = Callable[..., None]


@pytest.fixture(params=sorted(LOOPS))
def play(request: pytest.FixtureRequest) -> Play:
    def run(scene: Scene, door: Door, **options: int) -> None:
        async def staged() -> None:
            stage = await EdgeStage(door, **options).open()
            await scene(stage)
            await stage.close()

        drive(request.param, staged)

    return run


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


async def echoed(stage: EdgeStage, first: bytes, context: ssl.SSLContext | None = None) -> bytes:
    """What comes back for `first` and then `ping`."""
    reader, writer = await stage.connect(context)
    writer.write(first)
    writer.write(b"ping")
    return await reader.readuntil(b"ping")


async def closed(stage: EdgeStage, first: bytes = b"") -> None:
    """The connection ends without a word."""
    reader, writer = await stage.connect()
    if first:
        writer.write(first)
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""
    writer.close()


# -- addresses ------------------------------------------------------------------------------------


def test_an_address_of_the_allow_list_gets_in(play: Play) -> None:
    async def scene(stage: EdgeStage) -> None:
        assert await echoed(stage, b"hello ") == b"hello ping"
        (echo,) = stage.echoes
        assert echo.guest.peer.startswith("127.0.0.1:")
        assert (echo.guest.remark, stage.lines) == ("", [])

    play(scene, Door("fix", allow=LOCAL))


def test_another_address_is_closed_before_a_byte_of_it_is_read(play: Play) -> None:
    async def scene(stage: EdgeStage) -> None:
        await closed(stage, b"8=FIX.4.4\x01")
        assert stage.echoes == []
        (line,) = stage.lines
        assert line.startswith("fix 127.0.0.1:")
        assert line.endswith(": refused, address is not in listen.allow")

    play(scene, Door("fix", allow=ELSEWHERE))


def test_lines_about_refused_connections_are_bounded_and_the_rest_is_counted() -> None:
    windows: list[Callable[[], None]] = []

    class Loop:
        def call_later(self, delay: float, callback: Callable[[], None]) -> None:
            windows.append(callback)

    lines: list[str] = []
    gate = Gate(Loop(), lines.append)  # type: ignore[arg-type]
    for _ in range(REFUSALS_MAX + 7):
        gate.log("refused")
    assert lines == ["refused"] * REFUSALS_MAX
    (window_over,) = windows
    window_over()
    assert lines[REFUSALS_MAX:] == ["7 more connections refused within 10 s"]
    gate.log("refused again")
    assert (lines[-1], len(windows)) == ("refused again", 2)


# -- places ---------------------------------------------------------------------------------------


def test_strangers_of_one_address_leave_room_for_others_and_for_themselves_once_logged_on(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_module, "STRANGERS_MAX", 2)

    async def scene(stage: EdgeStage) -> None:
        half_open = [await stage.connect() for _ in range(2)]
        await stage.until(lambda: len(stage.echoes) == 2)
        await closed(stage)
        assert [line.partition(": ")[2] for line in stage.lines] == [
            "refused, 2 connections of this address have not logged on"
        ]
        # Another address, another port.
        stage.gate.take("fix", "192.0.2.1").leave()
        stage.gate.take("ouch42", "127.0.0.1").leave()
        half_open[0][1].write(b"login")
        await half_open[0][0].readexactly(5)
        assert await echoed(stage, b"") == b"ping"
        # Who goes makes room, logged on or not.
        for _, writer in half_open:
            writer.close()
        await stage.until(lambda: stage.gate.connections == 1)
        assert await echoed(stage, b"") == b"ping"

    play(scene, Door("fix"))


def test_beyond_the_last_place_nobody_gets_in_until_somebody_leaves(play: Play) -> None:
    async def scene(stage: EdgeStage) -> None:
        _, writer = await stage.connect()
        await stage.until(lambda: stage.gate.connections == 1)
        await closed(stage)
        assert stage.lines[0].endswith(": refused, connection limit reached")
        writer.close()
        await stage.until(lambda: not stage.gate.connections)
        assert await echoed(stage, b"") == b"ping"

    play(scene, Door("fix"), connections_max=1)


# -- PROXY protocol -------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [V1, V2], ids=["v1", "v2"])
def test_the_address_of_the_header_counts_for_the_allow_list_and_is_the_peer(
    play: Play, header: bytes
) -> None:
    async def scene(stage: EdgeStage) -> None:
        assert await echoed(stage, header) == b"ping"
        (echo,) = stage.echoes
        assert (echo.guest.peer, echo.received) == ("192.0.2.7:56324", b"ping")

    play(scene, Door("fix", allow=ELSEWHERE, proxies=LOCAL))


def test_an_address_of_a_header_that_is_not_allowed_is_refused_by_its_own_name(play: Play) -> None:
    async def scene(stage: EdgeStage) -> None:
        await closed(stage, V1 + b"8=FIX")
        assert stage.echoes == []
        assert stage.lines == ["fix 192.0.2.7:56324: refused, address is not in listen.allow"]

    play(scene, Door("fix", allow=LOCAL, proxies=LOCAL))


def test_a_proxy_that_speaks_for_itself_has_its_own_address(play: Play) -> None:
    async def scene(stage: EdgeStage) -> None:
        assert await echoed(stage, V2_LOCAL) == b"ping"
        assert stage.echoes[0].guest.peer.startswith("127.0.0.1:")

    play(scene, Door("fix", proxies=LOCAL))


def test_a_header_in_pieces_is_the_same_header(play: Play) -> None:
    async def scene(stage: EdgeStage) -> None:
        reader, writer = await stage.connect()
        await stage.until(lambda: stage.gate.connections == 1)
        for byte in V2:
            writer.write(bytes((byte,)))
            await asyncio.sleep(0)
        writer.write(b"ping")
        assert await reader.readexactly(4) == b"ping"
        assert stage.echoes[0].guest.peer == "192.0.2.7:56324"

    play(scene, Door("fix", proxies=LOCAL))


def test_a_connection_that_does_not_begin_with_a_header_is_closed(play: Play) -> None:
    async def scene(stage: EdgeStage) -> None:
        await closed(stage, b"8=FIX.4.4\x019=5\x01")
        (line,) = stage.lines
        assert line.endswith(": refused, PROXY header: expected a PROXY protocol header")
        assert stage.echoes == []

    play(scene, Door("fix", proxies=LOCAL))


def test_a_header_of_somebody_who_is_no_proxy_is_not_read(play: Play) -> None:
    async def scene(stage: EdgeStage) -> None:
        await closed(stage, V1)
        (line,) = stage.lines
        assert line.startswith("fix 127.0.0.1:") and line.endswith(": refused, not a trusted proxy")

    play(scene, Door("fix", proxies=ELSEWHERE))


def test_a_header_that_does_not_come_is_not_waited_for(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_module, "PROXY_HEADER_SECONDS", 0.01)

    async def scene(stage: EdgeStage) -> None:
        await closed(stage, V1[:20])
        assert stage.lines[0].endswith(": refused, no PROXY header within 0.01 s")

    play(scene, Door("fix", proxies=LOCAL))


def test_the_places_of_a_proxy_are_those_of_its_clients(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_module, "STRANGERS_MAX", 1)

    async def scene(stage: EdgeStage) -> None:
        for number in range(3):
            header = V1.replace(b"192.0.2.7", b"192.0.2.%d" % number)
            assert await echoed(stage, header) == b"ping"
        await closed(stage, V1.replace(b"192.0.2.7", b"192.0.2.1"))
        assert stage.lines == [
            "fix 192.0.2.1:56324: refused, 1 connections of this address have not logged on"
        ]

    play(scene, Door("fix", proxies=LOCAL))


# -- TLS ------------------------------------------------------------------------------------------


def test_behind_tls_everything_is_as_without(play: Play, certificates: Certificates) -> None:
    big = bytes(range(256)) * 4_000

    async def scene(stage: EdgeStage) -> None:
        reader, writer = await stage.connect(certificates.client())
        writer.write(big)
        assert await reader.readexactly(len(big)) == big
        (echo,) = stage.echoes
        assert (echo.received, echo.guest.remark, stage.lines) == (big, "TLSv1.3", [])
        writer.close()
        await stage.until(lambda: echo.lost)
        assert echo.ended

    play(scene, Door("fix", tls=server_context(certificates.tls("fix"))))


def test_the_end_of_the_venue_is_said_in_order(play: Play, certificates: Certificates) -> None:
    async def scene(stage: EdgeStage) -> None:
        reader, writer = await stage.connect(certificates.client())
        writer.write(b"x")
        await reader.readexactly(1)
        echo = stage.echoes[0]
        echo.transport.write(b"goodbye")
        echo.transport.close()
        assert await reader.read() == b"goodbye"
        await stage.until(lambda: echo.lost)

    play(scene, Door("fix", tls=server_context(certificates.tls("fix"))))


def test_a_header_stands_before_the_handshake(play: Play, certificates: Certificates) -> None:
    async def scene(stage: EdgeStage) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = certificates.client().wrap_bio(incoming, outgoing, server_hostname="localhost")
        reader, writer = await stage.connect()
        with pytest.raises(ssl.SSLWantReadError):
            client.do_handshake()
        # The first flight comes in the same read as the header.
        writer.write(V2 + outgoing.read())
        while True:
            incoming.write(await reader.read(65_536))
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                continue
        client.write(b"ping")
        writer.write(outgoing.read())
        await stage.until(lambda: bool(stage.echoes) and stage.echoes[0].received == b"ping")
        guest = stage.echoes[0].guest
        assert (guest.peer, guest.remark) == ("192.0.2.7:56324", "TLSv1.3")

    tls = server_context(certificates.tls("fix"))
    play(scene, Door("fix", proxies=LOCAL, tls=tls))


def test_a_client_without_tls_costs_a_log_line(play: Play, certificates: Certificates) -> None:
    async def scene(stage: EdgeStage) -> None:
        reader, writer = await stage.connect()
        writer.write(b"8=FIX.4.4\x019=65\x0135=A\x01")
        await reader.read()
        (line,) = stage.lines
        assert ": TLS handshake failed: wrong version number" in line
        assert await echoed(stage, b"", certificates.client()) == b"ping"
        await stage.until(lambda: stage.gate.connections == 1)

    play(scene, Door("fix", tls=server_context(certificates.tls("fix"))))


def test_a_handshake_that_does_not_end_is_given_up(
    play: Play, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_module, "HANDSHAKE_SECONDS", 0.01)

    async def scene(stage: EdgeStage) -> None:
        await closed(stage)
        assert stage.lines[0].endswith(": TLS handshake failed: not finished within 0.01 s")

    play(scene, Door("fix", tls=server_context(certificates.tls("fix"))))


def test_the_subject_of_a_client_certificate_is_known(
    play: Play, certificates: Certificates
) -> None:
    async def scene(stage: EdgeStage) -> None:
        assert await echoed(stage, b"", certificates.client("ACME")) == b"ping"
        remark = stage.echoes[0].guest.remark
        assert remark.startswith("TLSv1.3, client certificate ") and "CN=ACME" in remark

    tls = server_context(certificates.tls("fix", client_ca=True))
    play(scene, Door("fix", tls=tls))


def test_without_the_certificate_that_is_asked_for_nobody_gets_in(
    play: Play, certificates: Certificates, tmp_path: Path
) -> None:
    async def scene(stage: EdgeStage) -> None:
        for client in (certificates.client(), strangers):
            with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
                assert await echoed(stage, b"", client)
        await stage.until(lambda: len(stage.lines) == 2)
        assert "TLS handshake failed: peer did not return a certificate" in stage.lines[0]
        assert "TLS handshake failed: client certificate: " in stage.lines[1]
        assert stage.echoes == []

    strangers = Certificates(tmp_path).client("EVIL")
    certificates.authority.configure_trust(strangers)
    tls = server_context(certificates.tls("fix", client_ca=True))
    play(scene, Door("fix", tls=tls))


def test_versions_before_1_2_are_refused(play: Play, certificates: Certificates) -> None:
    old = certificates.client()
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1

    async def scene(stage: EdgeStage) -> None:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await stage.connect(old)
        await stage.until(lambda: bool(stage.lines))
        assert ": TLS handshake failed: unsupported protocol" in stage.lines[0]

    play(scene, Door("fix", tls=server_context(certificates.tls("fix"))))


@pytest.mark.parametrize(
    ("file", "content", "key", "text"),
    [
        ("certificate", None, "certificate", "cannot be read: No such file or directory"),
        ("key", None, "key", "cannot be read: No such file or directory"),
        ("client_ca", None, "client_ca", "cannot be read: No such file or directory"),
        ("certificate", b"nothing", "certificate", "not a certificate in PEM"),
        ("key", b"nothing", "key", "not a private key in PEM"),
        ("client_ca", b"nothing", "client_ca", "not a certificate in PEM"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    tmp_path: Path, file: str, content: bytes | None, key: str, text: str
) -> None:
    certificates = Certificates(tmp_path)
    path = Path(certificates.files[file])
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TlsError) as raised:
        server_context(certificates.tls("fix", client_ca=True))
    assert (raised.value.key, raised.value.text) == (key, f"{path}: {text}")


def test_a_key_of_another_certificate_is_named(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    certificates.authority.issue_cert("other").private_key_pem.write_to_path(
        certificates.files["key"]
    )
    with pytest.raises(TlsError, match=r"listen.tls.key: .*is not the key of the certificate"):
        server_context(certificates.tls("fix"))


@pytest.mark.parametrize(
    ("address", "network", "inside"),
    [
        ("127.0.0.1", "127.0.0.0/8", True),
        ("::ffff:127.0.0.1", "127.0.0.0/8", True),
        ("2001:db8::7", "2001:db8::/32", True),
        ("127.0.0.1", "::1", False),
        ("?", "0.0.0.0/0", False),
    ],
)
def test_a_network_includes_its_addresses_however_they_are_written(
    address: str, network: str, inside: bool
) -> None:
    networks: tuple[Network, ...] = (parse_network(network),)
    assert edge_module.includes(networks, address) is inside


# -- file descriptors -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "raised", "places"),
    [
        ((1_024, 1_048_576), (4_416, 1_048_576), 4_096),
        ((1_024, resource.RLIM_INFINITY), (4_416, resource.RLIM_INFINITY), 4_096),
        ((1_024, 2_048), (2_048, 2_048), 2_048 - FILES_RESERVED),
        ((1_048_576, 1_048_576), None, 4_096),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), None, 4_096),
    ],
)
async def test_there_are_as_many_places_as_the_process_may_open_files_for(
    monkeypatch: pytest.MonkeyPatch,
    limits: tuple[int, int],
    raised: tuple[int, int] | None,
    places: int,
) -> None:
    set_to: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda kind: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda kind, wanted: set_to.append(wanted))
    lines: list[str] = []
    gate = open_gate(asyncio.get_running_loop(), lines.append)
    assert set_to == ([] if raised is None else [raised])
    assert [gate.take("fix", f"192.0.2.{n // 1_000}") for n in range(places)]
    with pytest.raises(Refused, match="connection limit reached"):
        gate.take("fix", "198.51.100.1")
    assert bool(lines) == (places < 4_096)


async def test_accepts_without_a_file_descriptor_write_a_bounded_number_of_lines(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop = asyncio.get_running_loop()
    lines: list[str] = []
    bound_accept_errors(loop, Gate(loop, lines.append))
    error = OSError(24, "Too many open files")
    for _ in range(1_000):
        message = "socket.accept() out of system resource"
        loop.call_exception_handler({"message": message, "exception": error})
    assert lines == ["accept: [Errno 24] Too many open files"] * REFUSALS_MAX
    assert caplog.records == []
    loop.call_exception_handler({"message": "another", "exception": ValueError("bug")})
    assert len(caplog.records) == 1
