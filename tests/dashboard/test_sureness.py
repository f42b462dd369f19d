# SPDX-License-Identifier: EUPL-1.2
"""How sure a sign-in was stands with what is decided on the pages in it."""

import pytest

from identity.accounts.sessions import hash_of
from identity.sign_in.passkeys import ACR
from pod.database import Tx
from tests.dashboard.conftest import Browser, Town


async def signed_in_by(browser: Browser, town: Town, acr: str | None) -> None:
    async def change(tx: Tx) -> None:
        session = hash_of(browser.cookies["kluis"])
        await tx.run("UPDATE session SET acr = :acr WHERE hash = :h", acr=acr, h=session)

    await town.house.db.write(None, change)


async def noted(town: Town) -> list[str]:
    async def look(tx: Tx) -> list[str]:
        rows = await tx.all("SELECT body FROM grant_event ORDER BY grant_id, seq")
        return [str(row["body"]) for row in rows]

    return await town.house.db.read(look)


@pytest.mark.parametrize("acr", [None, ACR, "low", "high"])
async def test_a_yes_and_its_end_say_how_sure_the_sign_in_was(
    an: Browser, town: Town, acr: str | None
) -> None:
    await signed_in_by(an, town, acr)
    await town.put("an/werk/loon.ttl", b"<> a <https://voorbeeld.example/ns#X> .")
    code = await town.asked("+an/werk/loon.ttl")
    page = await an.get(f"/-/requests/{code}")
    action = f"/-/requests/{code}/approve"
    notice = page.field("notice")
    form = await an.get(f"{action}?notice={notice}")
    token = form.token(f"{action}#fouten")
    given = await an.post(action, {"form-token": token, "notice": notice})
    grant = given.location.split("?")[0]
    ended = await an.send(f"{grant}/withdraw", f"{grant}/withdraw")
    bodies = await noted(town)

    assert given.location.startswith("/-/grants/"), given.text
    assert ended.status == 303, ended.text
    assert len(bodies) >= 2
    first, last = bodies[0], bodies[-1]
    for body in (first, last):
        assert ('"acr"' in body) is (acr is not None)
        assert acr is None or f'"acr":"{acr}"' in body.replace('": "', '":"')
