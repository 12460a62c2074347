"""Who may connect from where: addresses and networks as operators write them."""

import ipaddress
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_network(text: str) -> Network:
    """An address or a network in CIDR notation.

    Raises ValueError, for "10.0.0.1/8" too: bits behind the mask are most likely a mistake.
    """
    return ipaddress.ip_network(text)


def includes(networks: Iterable[Network], address: str) -> bool:
    """Whether `address` is in one of the networks; an IPv4 client of an IPv6 socket is IPv4."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in networks)


def host_of(peer: str) -> str:
    """The address of `address:port`, as connections are named."""
    return peer.rpartition(":")[0]
