# SPDX-License-Identifier: EUPL-1.2
"""Where requests of ours may go (T-29, SR-1, SR-2), decided before anything is looked up."""

from ipaddress import ip_address

import pytest

from identity.outward.outward import (
    NotFetched,
    is_public,
    may_reach_text,
    next_address,
    read_address,
)

PRIVATE = [
    "127.0.0.1", "127.8.9.10", "10.0.0.1", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "168.63.129.16", "192.88.99.1", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
    "::127.0.0.1", "fe80::1", "fec0::1", "fc00::1", "fd00::1", "ff02::1", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "100::1", "3fff::1",
    "fd00:ec2::254",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450:4007::1"]
# Spellings of this machine, and of others that are nobody's business.
TRICKS = [
    "https://127.0.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/",
    "https://127.1/", "https://0x7f.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/", "https://10.0.0.1/", "https://169.254.169.254/latest/",
    "https://name@host.example/", "https://host.example:22/", "https://host.example:0/",
    "https://host.example:99999/", "https://host.example\\@127.0.0.1/", "https:///",
    "https://", "http://host.example/", "ftp://host.example/", "file:///etc/passwd",
    "gopher://host.example/", "data:text/plain,x", "javascript:alert(1)", "//host.example/",
    "host.example", "https://host example/", "https://host.example/\r\nX: y",
    "https://ho\u200bst.example/", "https://-host.example/", "https://host..example/",
    "https://%31%32%37.0.0.1/", "https://①②⑦.0.0.1/", "https://" + "a" * 300 + ".example/",
    "https://host.example/" + "a" * 3000, "", " https://host.example/", "https://1.2.3.4.5/",
    "https://host.example.1/", "https://[fe80::1%25eth0]/",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_not_reached(address: str) -> None:  # T-29, SR-2
    assert not is_public(ip_address(address))
    assert not may_reach_text(address, dev=False)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_machines_are_reached(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("url", TRICKS)
def test_a_spelling_that_is_no_plain_https_name_is_refused(url: str) -> None:  # T-29, SR-1
    with pytest.raises(NotFetched):
        read_address(url, dev=False)


@pytest.mark.parametrize(
    "url",
    ["https://host.example/", "https://HOST.example:443/a?b#c", "https://sub.host.example./x"],
)
def test_a_plain_https_name_is_asked(url: str) -> None:
    assert read_address(url, dev=False).scheme == "https"


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://localhost:3100/", True),
        ("http://127.0.0.1:3100/", True),
        ("http://[::1]:3100/", True),
        ("http://host.example/", False),
        ("http://10.0.0.1/", False),
        ("https://169.254.169.254/", False),
        ("http://[::ffff:127.0.0.1]/", False),
    ],
)
def test_development_adds_this_machine_alone(url: str, allowed: bool) -> None:
    if allowed:
        assert read_address(url, dev=True).url == url
        return
    with pytest.raises(NotFetched):
        read_address(url, dev=True)


@pytest.mark.parametrize(
    "location",
    ["http://host.example/", "https://127.0.0.1/", "//169.254.169.254/", "file:///etc/passwd", ""],
)
def test_a_redirect_is_looked_at_like_the_first_address(location: str) -> None:  # SR-3
    asked = read_address("https://host.example/a", dev=False)

    with pytest.raises(NotFetched) as refused:
        next_address(asked, location, dev=False)

    assert "169.254" not in refused.value.detail


def test_a_redirect_within_the_rules_is_followed() -> None:
    asked = read_address("https://host.example/a", dev=False)

    assert next_address(asked, "/b", dev=False).url == "https://host.example/b"
