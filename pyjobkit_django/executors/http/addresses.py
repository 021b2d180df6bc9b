"""Which addresses may be dialled: pure, so that every notation can be tried."""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

type Address = IPv4Address | IPv6Address

#: Where clouds tell a machine its credentials, beside the link-local 169.254.169.254:
#: AWS and Google over IPv6, Alibaba, Oracle, Azure.
_METADATA: Final = frozenset(
    map(
        ip_address,
        (
            "fd00:ec2::254",
            "fd20:ce::254",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
        ),
    )
)
#: IPv6 networks whose addresses stand for an IPv4 one, and how many bits follow it:
#: mapped, translated, compatible, NAT64, 6to4.
_EMBEDDING: Final = (
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("::ffff:0:0:0/96"), 0),
    (IPv6Network("::/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),
    (IPv6Network("2002::/16"), 80),
)
_NOT_PUBLIC: Final[tuple[tuple[str, IPv4Network | IPv6Network], ...]] = tuple(
    (nature, ip_network(network))
    for nature, network in (
        ("an unspecified", "0.0.0.0/8"),
        ("a loopback", "127.0.0.0/8"),
        ("a private", "10.0.0.0/8"),
        ("a private", "172.16.0.0/12"),
        ("a private", "192.168.0.0/16"),
        ("a carrier-grade NAT", "100.64.0.0/10"),
        ("a multicast", "224.0.0.0/4"),
        ("a loopback", "::1/128"),
        ("an unspecified", "::/128"),
        ("a private", "fc00::/7"),
        ("a multicast", "ff00::/8"),
    )
)
#: What of IPv6 is assigned to the public internet at all.
_GLOBAL_IPV6: Final = IPv6Network("2000::/3")


def why_refused(text: str, *, public_only: bool) -> str | None:
    """Return what is wrong with dialling an address, None where it may be dialled.

    Link-local and metadata addresses are refused always, with ``public_only`` all
    that are not on the public internet. An IPv4 address inside an IPv6 one is judged
    as what it is.
    """
    address = _unwrapped(ip_address(text))
    if address.is_link_local:
        return "a link-local address"
    if address in _METADATA:
        return "a cloud's metadata address"
    if public_only and (nature := _not_public(address)):
        return f"{nature} address, and public_only is on"
    return None


def is_address(host: str) -> bool:
    """Tell whether a host is an address, so that there is nothing to resolve."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _unwrapped(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    for network, bits in _EMBEDDING:
        # ::1 and :: are addresses of IPv6 itself.
        if address in network and int(address) > 1:
            return IPv4Address(int(address) >> bits & 0xFFFF_FFFF)
    return address


def _not_public(address: Address) -> str | None:
    for nature, network in _NOT_PUBLIC:
        if address in network:
            return nature
    assigned = isinstance(address, IPv4Address) or address in _GLOBAL_IPV6
    return None if assigned and address.is_global else "a reserved"
