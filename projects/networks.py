"""Internet addresses and networks as people write them."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network


def read_network(text: str) -> Network | None:
    """The network of `192.0.2.0/24`, or of one address; None for other text."""
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    return network
