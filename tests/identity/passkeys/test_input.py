# SPDX-License-Identifier: EUPL-1.2
"""What no browser of ours sends to the addresses for passkeys (KLU-3, T-50)."""

from typing import Any

import pytest

from identity.sign_in.passkey_sign_in_routes import LARGEST
from tests.identity.conftest import Person, Town
from tests.identity.passkeys.ring import (
    ENTRY,
    Ring,
    asked,
    passkeys_at,
    show,
)


async def test_no_other_site_begins_or_finishes(town: Town, ring: Ring) -> None:
    """T-50."""
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    begun = await town.ask("GET", ENTRY, headers={"Sec-Fetch-Site": "cross-site"})
    credential = ring.key.sign(await asked(town))
    shown = await town.ask("POST", ENTRY, json={"credential": credential}, headers=foreign)

    assert (begun.status, shown.status) == (403, 403)
    assert "Set-Cookie" not in begun.headers


async def test_a_page_gets_its_cookie_and_not_the_value(town: Town, ring: Ring) -> None:
    own = {"Origin": town.base[:-1], "Sec-Fetch-Site": "same-origin"}
    wanted = (await town.ask("GET", ENTRY, headers=own)).json["options"]

    sent = {"credential": ring.key.sign(wanted)}
    said = await town.ask("POST", ENTRY, json=sent, headers=own)

    assert said.status == 200
    assert "authorization" not in said.json
    kept = {each.key: each for each in town.http.cookie_jar}["kluis"]
    assert kept["httponly"]
    assert (await town.look(ring.at, kept.value)).status == 200


BAD: list[object] = [
    None,
    7,
    "x",
    [],
    {},
    {"id": "AA", "rawId": "AA", "type": "public-key"},
    {"id": "AA", "rawId": "AA", "type": "public-key", "response": []},
    {"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "!!"}},
    {"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "bnVsbA"}},
    {"id": "é", "rawId": "é", "type": "public-key", "response": {"clientDataJSON": "e30"}},
]


@pytest.mark.parametrize("bad", BAD)
async def test_what_no_browser_sends_is_a_400(town: Town, an: Person, bad: object) -> None:
    await asked(town)
    adding = await town.tell(passkeys_at(an), {"credential": bad}, an.session)

    assert ((await show(town, bad)).status, adding.status) == (400, 400)


@pytest.mark.parametrize("path", [ENTRY, "mine"])
async def test_a_huge_body_is_a_413(town: Town, an: Person, path: str) -> None:
    where = passkeys_at(an) if path == "mine" else path

    said = await town.tell(where, {"credential": "x" * LARGEST}, an.session)

    assert said.status == 413


@pytest.mark.parametrize("name", ["a\nb", "x" * 65, 7, "   "])
async def test_a_name_is_one_short_line(town: Town, ring: Ring, name: Any) -> None:
    assert (await town.tell(ring.resource, {"name": name}, ring.person.session)).status == 400


@pytest.mark.parametrize("where", ["x" * 1400, "short"])
async def test_an_id_is_its_own_and_not_long(town: Town, ring: Ring, where: str) -> None:
    credential = ring.key.sign(await asked(town))
    credential["id"] = where

    assert (await show(town, credential)).status == 400
