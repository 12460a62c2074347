"""[itch.moldudp64]: the ITCH stream in datagrams."""

import ipaddress
import re
from collections.abc import Callable
from typing import Final

import msgspec

Address = tuple[str, int]
PORT_MAX: Final = 65_535

_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):([0-9]{1,5})")


class MoldUdp64(msgspec.Struct, frozen=True):
    """Addresses with ports; empty is off."""

    publish: str = ""
    """Where packets go: one receiver, or a multicast group."""
    requests: str = ""
    """Where requests for lost messages are taken."""


def parse_address(text: str) -> Address:
    """`127.0.0.1:26400` or `[::1]:26400`. Raises ValueError."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise ValueError(f'expected address:port, received "{text:.80}"')
    host = str(ipaddress.ip_address(found[1] or found[2]))
    port = int(found[3])
    if port > PORT_MAX:
        raise ValueError(f"expected a port up to {PORT_MAX}, received {port}")
    return host, port


def check_moldudp64(
    config: MoldUdp64, problem: Callable[[tuple[str | int, ...], str], None]
) -> None:
    """Addresses that a socket can be had for, as far as their text tells."""
    if config.requests and not config.publish:
        problem(
            ("itch", "moldudp64", "publish"),
            "expected an address where there is one to ask, received none",
        )
    for name in MoldUdp64.__struct_fields__:
        text: str = getattr(config, name)
        if not text:
            continue
        try:
            host, port = parse_address(text)
        except ValueError as error:
            problem(("itch", "moldudp64", name), str(error))
            continue
        if not port:
            problem(
                ("itch", "moldudp64", name), f"expected a port from 1 to {PORT_MAX}, received 0"
            )
        if name == "requests" and ipaddress.ip_address(host).is_multicast:
            problem(
                ("itch", "moldudp64", name),
                f"expected an address of this machine, received the group {host}",
            )
