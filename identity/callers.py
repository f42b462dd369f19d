# SPDX-License-Identifier: EUPL-1.2
"""From where somebody calls: the connection's address, or what a proxy of ours says (T-03)."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
MOST_HOPS = 20


@dataclass(frozen=True, slots=True)
class Proxies:
    """Proxies in front of this server: only what these add to X-Forwarded-For counts."""

    networks: tuple[IPv4Network | IPv6Network, ...]

    def caller(self, peer: str, forwarded: Sequence[str]) -> str:
        """The last address that no proxy of ours has: what stands before it anyone may write."""
        found = _read(peer)
        if found is None or not self._ours(found):
            return peer
        hops = [part for line in forwarded for part in line.split(",")][-MOST_HOPS:]
        for hop in reversed(hops):
            said = _read(hop)
            if said is None:
                break
            found = said
            if not self._ours(said):
                break
        return str(found)

    def _ours(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


def _read(text: str) -> Address | None:
    """An address, perhaps with a port as some proxies write it; None for what is none."""
    plain = text.strip().strip('"')
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        address = ip_address(plain.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def is_network(text: str) -> bool:
    """Whether it is an address or a network, such as 10.0.0.0/24."""
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def proxies_at(names: Sequence[str]) -> Proxies:
    """As the settings name them."""
    return Proxies(tuple(ip_network(name) for name in names))


def household_of(address: str) -> str:
    """A household has one IPv4 address, but as many of IPv6 as it likes: its /64 counts."""
    try:
        read = ip_address(address)
    except ValueError:
        return address
    return address if read.version == 4 else str(ip_network(f"{read}/64", strict=False))
