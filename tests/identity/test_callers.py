# SPDX-License-Identifier: EUPL-1.2
"""Whose address counts behind a proxy: only what proxies of ours say is believed (T-03, T-27)."""

from pathlib import Path

import pytest
from aiohttp import ClientSession

from identity.callers import is_network, proxies_at
from identity.sign_in.passwords import TRIES_PER_ADDRESS, Passwords
from identity.sign_in.tries import open_tries
from pod.instant import wall
from tests.stories.town import Town, a_town

PROXIES = proxies_at(["10.0.0.7", "192.168.1.0/24", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # no proxy of ours: not believed
        ("10.0.0.8", ["198.51.100.1"], "10.0.0.8"),
        ("10.0.0.7", [], "10.0.0.7"),
        ("10.0.0.7", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.7", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),  # the first was made up
        ("10.0.0.7", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.7", ["1.1.1.1, 198.51.100.1, 192.168.1.4"], "198.51.100.1"),
        ("10.0.0.7", ["192.168.1.4, 192.168.1.5"], "192.168.1.4"),
        ("10.0.0.7", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.7", ['"[2001:db8::1]:4711"'], "2001:db8::1"),
        ("10.0.0.7", ["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.7", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("::ffff:10.0.0.7", ["198.51.100.1"], "198.51.100.1"),
        ("fd00::1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.7", ["1.1.1.1, nonsense"], "10.0.0.7"),
        ("10.0.0.7", ["1.1.1.1, unknown, 192.168.1.4"], "192.168.1.4"),
        ("10.0.0.7", [", ,"], "10.0.0.7"),
        ("10.0.0.7", ["1.1.1.1," * 100_000 + "198.51.100.1"], "198.51.100.1"),
        ("", ["1.1.1.1"], ""),
        ("a socket", ["1.1.1.1"], "a socket"),
    ],
)
def test_the_last_address_that_is_no_proxy_counts(
    peer: str, forwarded: list[str], caller: str
) -> None:
    assert PROXIES.caller(peer, forwarded) == caller


@pytest.mark.parametrize(
    ("text", "one"),
    [("10.0.0.7", True), ("10.0.0.0/24", True), ("::1", True), ("10.0.0.1/24", False)]
    + [(text, False) for text in ("", "proxy", "10.0.0", "0x7f.1", "10.0.0.0/33")],
)
def test_what_is_no_address_is_no_proxy(text: str, one: bool) -> None:
    assert is_network(text) is one


async def _signs_in(town: Town, caller: str) -> int:
    person = town.citizen.person
    known = {"email": person.email, "password": person.password}
    url = f"{town.web.base}.account/login/password/"
    async with (
        ClientSession() as http,
        http.post(url, json=known, headers={"X-Forwarded-For": caller}) as answer,
    ):
        return answer.status


@pytest.mark.parametrize("trusted", ["127.0.0.1,::1", "10.9.9.9"])
async def test_one_who_guesses_behind_a_proxy_shuts_out_nobody_else(
    tmp_path: Path, trusted: str
) -> None:
    """T-27: with the proxy named, each caller has limits of her own; nobody else may say so."""
    async with a_town(tmp_path, trusted_proxy=trusted) as town:
        tries = open_tries(tmp_path / "data" / "tries.db")
        counted = Passwords(tries=tries)
        for number in range(TRIES_PER_ADDRESS):
            counted.count_try(f"x{number}@y.example", "198.51.100.66", wall())
        tries.close()
        guesser = await _signs_in(town, "1.1.1.1, 198.51.100.66")
        other = await _signs_in(town, "198.51.100.66, 198.51.100.7")

    assert guesser == (429 if trusted.startswith("127.") else 200)
    assert other == 200
