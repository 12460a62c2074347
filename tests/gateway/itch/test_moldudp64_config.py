"""[itch.moldudp64] in venue.toml."""

from pathlib import Path

import pytest

from gateway.config import ConfigError
from gateway.config_file import load_config
from gateway.config_moldudp64 import MoldUdp64, parse_address


def test_datagrams_are_off_unless_asked_for(tmp_path: Path) -> None:
    assert load_config().itch.moldudp64 == MoldUdp64(publish="", requests="")
    file = tmp_path / "venue.toml"
    file.write_text('[itch.moldudp64]\npublish = "239.1.2.3:26400"\nrequests = "[::1]:26401"\n')
    config = load_config(file).itch.moldudp64
    assert config == MoldUdp64(publish="239.1.2.3:26400", requests="[::1]:26401")
    assert parse_address(config.publish) == ("239.1.2.3", 26400)
    assert parse_address(config.requests) == ("::1", 26401)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('publish = "somewhere:1"', 'publish: expected address:port, received "somewhere:1"'),
        ('publish = "127.0.0.1"', 'publish: expected address:port, received "127.0.0.1"'),
        ('publish = "127.0.0.1:65536"', "publish: expected a port up to 65535, received 65536"),
        ('publish = "127.0.0.1:0"', "publish: expected a port from 1 to 65535, received 0"),
        (
            'publish = "127.0.0.1:1"\nrequests = "239.1.2.3:2"',
            "requests: expected an address of this machine, received the group 239.1.2.3",
        ),
        (
            'requests = "127.0.0.1:1"',
            "publish: expected an address where there is one to ask, received none",
        ),
    ],
)
def test_an_address_that_cannot_be_used_is_a_problem_with_its_place(
    tmp_path: Path, text: str, problem: str
) -> None:
    file = tmp_path / "venue.toml"
    file.write_text(f"[itch.moldudp64]\n{text}\n")
    with pytest.raises(ConfigError) as error:
        load_config(file)
    place, _, found = str(error.value).partition(": itch.moldudp64.")
    assert found == problem
    assert place.startswith(str(file))
