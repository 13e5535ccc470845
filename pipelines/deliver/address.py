"""Which addresses a hook may reach: those of the public internet, and what its route allows: nobody reaches the house through us."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

_CARRIERS = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("2002::/16"), IPv6Network("2001::/32"), IPv6Network("::/96"))
"""They carry an IPv4 address behind a gateway (NAT64, 6to4, Teredo, the old form): a way around the check, and no way to any hook of today."""


def refused(address: str, allow: Sequence[str]) -> str | None:
    """Return why an address is not to be reached, None where it may be.

    Args:
        address: IPv4 or IPv6, in digits; a zone behind ``%`` is passed over.
        allow: Networks that the route names.

    >>> refused("169.254.169.254", []), refused("10.1.2.3", ["10.0.0.0/8"]), refused("8.8.8.8", [])
    ('link-local, where clouds keep credentials', None, None)
    """
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if allowed(address, allow):
        return None
    return _kind(found)


def allowed(address: str, allow: Sequence[str]) -> bool:
    """Return whether a route names a network that an address lies in."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    networks = (ip_network(network) for network in allow)
    return any(found.version == network.version and found in network for network in networks)


def _kind(found: IPv4Address | IPv6Address) -> str | None:
    if found.is_unspecified:
        return "no address of anybody"
    if found.is_loopback:
        return "loopback: this machine"
    if found.is_link_local:
        return "link-local, where clouds keep credentials"
    if found.is_multicast:
        return "multicast"
    if isinstance(found, IPv6Address) and any(found in network for network in _CARRIERS):
        return "an IPv4 address in an IPv6 one"
    site_local = isinstance(found, IPv6Address) and found.is_site_local  # deprecated, and global for Python
    return None if found.is_global and not site_local else "private"
