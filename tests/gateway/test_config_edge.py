"""[listen] beyond ports, and the limits of [fix]: what `venue config check` says of them."""

from pathlib import Path

import pytest

from gateway.config import ConfigError
from gateway.config_file import load_config
from tests.gateway.edge_stage import Certificates


def problems(folder: Path, text: str) -> list[str]:
    file = folder / "venue.toml"
    file.write_text(text)
    try:
        load_config(file)
    except ConfigError as error:
        return str(error).replace(str(file), "venue.toml").splitlines()
    return []


SESSION = '[[fix.sessions]]\nbegin_string = "FIX.4.4"\ntarget_comp_id = "ACME"\n'


def test_files_of_tls_are_found_from_the_folder_of_the_configuration(tmp_path: Path) -> None:
    Certificates(tmp_path)
    text = (
        '[listen.tls]\nports = ["fix", "http"]\ncertificate = "certificate.pem"\n'
        'key = "key.pem"\nclient_ca = "client_ca.pem"\n'
    )
    assert problems(tmp_path, text) == []
    tls = load_config(tmp_path / "venue.toml").listen.tls
    assert tls.key == str(tmp_path / "key.pem")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '[listen.tls]\nports = ["fix"]\ncertificate = "certificate.pem"\nkey = "none.pem"\n',
            "venue.toml:4: listen.tls.key: {folder}/none.pem: cannot be read: "
            "No such file or directory",
        ),
        (
            '[listen.tls]\nports = ["fix"]\ncertificate = "key.pem"\nkey = "key.pem"\n',
            "venue.toml:3: listen.tls.certificate: {folder}/key.pem: not a certificate in PEM",
        ),
        (
            '[listen.tls]\nports = ["fix"]\n',
            'venue.toml:1: listen.tls.certificate: expected a file in PEM, received ""',
        ),
        (
            '[listen]\nallow = ["10.0.0.1/8"]\n',
            "venue.toml:2: listen.allow[0]: expected an address or a network, "
            "received 10.0.0.1/8 has host bits set",
        ),
        (
            '[listen]\ntrusted_proxies = ["proxy.example.org"]\n',
            "venue.toml:2: listen.trusted_proxies[0]: expected an address or a network, received "
            "'proxy.example.org' does not appear to be an IPv4 or IPv6 network",
        ),
        (
            SESSION + 'allowed_remote_addresses = ["::1", "x"]\n',
            "venue.toml:4: fix.sessions[0].allowed_remote_addresses[1]: expected an address or a "
            "network, received 'x' does not appear to be an IPv4 or IPv6 network",
        ),
        (
            SESSION + "max_queued_bytes = 10\n",
            "venue.toml:4: fix.sessions[0].max_queued_bytes: "
            "expected 65536 to 67108864, received 10",
        ),
        (
            "[fix]\nmax_message_size = 100\n",
            "venue.toml:2: fix.max_message_size: expected 1024 to 1048576, received 100",
        ),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(
    tmp_path: Path, text: str, problem: str
) -> None:
    Certificates(tmp_path)
    assert problems(tmp_path, text) == [problem.format(folder=tmp_path)]
