# SPDX-License-Identifier: EUPL-1.2
"""Where requests of ours may go: which addresses and which machines, decided without network."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, urljoin

from pod.errors import Unreadable

LONGEST = 2048
_PARTS = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?", re.ASCII | re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+?)(?::([0-9]{1,5}))?", re.ASCII)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
# WHATWG URL, "ends in a number": such a host is an IPv4 address, in whatever base it is written.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
# Beyond what `is_global` refuses: relays, Azure's machine service, and blocks it may not know yet.
_NEVER_4 = tuple(
    IPv4Network(block)
    for block in ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "192.31.196.0/24")
)
# Only what is handed out as global unicast, and nothing there that can carry an IPv4 address:
# ::ffff:0:0/96, 64:ff9b::/96, fc00::/7 and their kin lie outside of it, 2002::/16 inside.
_GLOBAL_6 = IPv6Network("2000::/3")
_NEVER_6 = tuple(
    IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_PORTS = {"http": 80, "https": 443}


class NotFetched(Unreadable):
    """Something elsewhere could not be had: names the address asked and the reason.

    SR-6: never what the other side sent, never a resolved address.
    """

    problem = "not-fetched"

    def __init__(self, address: str, reason: str) -> None:
        shown = "".join(c for c in address[:200] if c.isprintable())
        super().__init__(f"<{shown}> could not be fetched: {reason}.")
        self.address = address
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Address:
    """An address that may be asked, as it goes out: ASCII, without its fragment."""

    url: str
    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> str:
        """Whom to be patient with, or not."""
        return f"{self.scheme}://{self.host}:{self.port}"


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """SR-2: whether this machine is on the public internet, for sure."""
    if isinstance(address, IPv4Address):
        known = any(address in block for block in _NEVER_4)
        return address.is_global and not address.is_multicast and not known
    plain = address.scope_id is None and address in _GLOBAL_6
    return plain and address.is_global and not any(address in block for block in _NEVER_6)


def may_reach(address: IPv4Address | IPv6Address, *, dev: bool) -> bool:
    """Whether we may connect to it; in development also to this very machine."""
    if dev and address.is_loopback:
        # A mapped address is loopback too for some versions of Python, and is never needed.
        return not isinstance(address, IPv6Address) or address.ipv4_mapped is None
    return is_public(address)


def may_reach_text(address: str, *, dev: bool) -> bool:
    """The same for an address as the system writes it; what is no address may not be reached."""
    try:
        return may_reach(ip_address(address), dev=dev)
    except ValueError:
        return False


def read_address(url: str, *, dev: bool) -> Address:
    """SR-1: an address that we would ask; NotFetched with the reason for any other."""
    parts = _PARTS.fullmatch(url) if len(url) <= LONGEST else None
    if parts is None or any(c <= " " or c in '\\<>"\x7f' for c in url):
        raise NotFetched(url, "it is no https address")
    scheme, authority, rest = parts[1].lower(), parts[2].lower(), parts[3]
    if "@" in authority:
        raise NotFetched(url, "it has a user name before its host")
    named = _AUTHORITY.fullmatch(authority)
    if named is None:
        raise NotFetched(url, "its host is not written in plain letters")
    port = int(named[2]) if named[2] else _PORTS[scheme]
    _check_host(url, named[1], dev)
    _check_way(url, scheme, named[1], port, dev)
    path = rest if rest.startswith("/") else "/" + rest
    plain = path if path.isascii() else quote(path, safe="!#$%&'()*+,/:;=?@[]~-._|^`{}")
    return Address(f"{scheme}://{authority}{plain}", scheme, named[1], port)


def _check_host(url: str, host: str, dev: bool) -> None:
    literal = _literal(host)
    if literal is not None:
        if not dev:
            raise NotFetched(url, "its host is a number and not a name")
        if not may_reach(literal, dev=dev):
            raise NotFetched(url, "its host has no public address")
        return
    labels = host.removesuffix(".").split(".")
    # T-29: 2130706433, 0x7f.1 and 0177.0.0.1 are spellings of an address, not names.
    if host.startswith("[") or _NUMBER.fullmatch(labels[-1]):
        raise NotFetched(url, "its host is a number and not a name")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise NotFetched(url, "its host is no name")


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def _check_way(url: str, scheme: str, host: str, port: int, dev: bool) -> None:
    if not 0 < port < 65536:
        raise NotFetched(url, "its port is no port")
    if dev:
        if scheme == "http" and not is_here(host):
            raise NotFetched(url, "it is not https")
        return
    if scheme != "https":
        raise NotFetched(url, "it is not https")
    if port != _PORTS["https"]:
        raise NotFetched(url, "its port is not that of https")


def is_here(host: str) -> bool:
    """Whether this name or address is that of this machine itself (RFC 6761 §6.3)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    literal = _literal(host)
    return literal is not None and literal.is_loopback


def next_address(asked: Address, location: str | None, *, dev: bool) -> Address:
    """SR-3: where a redirect leads, looked at as strictly as the first address."""
    if not location:
        raise NotFetched(asked.url, "it redirects to nowhere")
    try:
        joined = urljoin(asked.url, location)
    except ValueError as error:
        raise NotFetched(asked.url, "it redirects to what is no address") from error
    try:
        return read_address(joined, dev=dev)
    except NotFetched as error:
        # What the other side sent is not repeated.
        raise NotFetched(asked.url, "it redirects to an address that is not fetched") from error
