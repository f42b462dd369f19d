# SPDX-License-Identifier: EUPL-1.2
"""Refresh tokens: rotation, the minute of grace, reuse, and whom they are bound to (OP-30)."""

import asyncio

import pytest
from joserfc.jwk import ECKey

from identity.accounts.sessions import close_others, close_session
from identity.accounts.webids import unlink, webids_of
from identity.provider.apps import apps_of, end_app
from pod.database import Tx
from pod.instant import DAY, SECOND
from tests.identity.apps import Browser, a_browser, register
from tests.identity.conftest import Person, Town
from tests.identity.test_token_endpoint import basic


@pytest.fixture
async def browser(town: Town, an: Person) -> Browser:
    return await a_browser(town, an)


async def test_each_use_gives_a_new_token_and_an_id_token(browser: Browser) -> None:
    first = await browser.tokens()
    second = (await browser.refresh(first["refresh_token"])).json
    third = (await browser.refresh(second["refresh_token"])).json

    assert len({first["refresh_token"], second["refresh_token"], third["refresh_token"]}) == 3
    assert second["token_type"] == "DPoP"
    assert {"id_token", "access_token"} <= second.keys()
    assert await browser.may_read(third["access_token"])


async def test_within_a_minute_the_old_token_gives_the_same_successor(
    town: Town, browser: Browser
) -> None:
    first = (await browser.tokens())["refresh_token"]
    one = (await browser.refresh(first)).json
    town.now.advance(50 * SECOND)
    other = (await browser.refresh(first)).json

    assert one["refresh_token"] == other["refresh_token"]
    assert one["access_token"] != other["access_token"]
    assert (await browser.refresh(other["refresh_token"])).status == 200


async def test_two_tabs_at_once_get_the_same_successor(browser: Browser) -> None:
    first = (await browser.tokens())["refresh_token"]
    both = await asyncio.gather(browser.refresh(first), browser.refresh(first))

    assert [each.status for each in both] == [200, 200]
    assert both[0].json["refresh_token"] == both[1].json["refresh_token"]


async def test_a_used_token_after_that_minute_ends_the_family(town: Town, browser: Browser) -> None:
    first = (await browser.tokens())["refresh_token"]
    second = (await browser.refresh(first)).json
    town.now.advance(61 * SECOND)
    reused = await browser.refresh(first)

    assert (reused.status, reused.json["error"]) == (400, "invalid_grant")
    assert (await browser.refresh(second["refresh_token"])).json["error"] == "invalid_grant"
    assert not await browser.may_read(second["access_token"])


async def test_a_stolen_token_is_worth_nothing_without_the_key(browser: Browser) -> None:
    first = (await browser.tokens())["refresh_token"]
    thief = await browser.refresh(first, key=ECKey.generate_key("P-256"))

    assert thief.json["error"] == "invalid_grant"
    assert (await browser.refresh(first)).status == 200


async def test_a_confidential_client_may_come_back_with_a_new_key(
    town: Town, browser: Browser
) -> None:
    await register(town, "c1", "geheim")
    browser.client = "c1"
    code = (await browser.say_yes())["code"]
    bare = await browser.redeem(code)
    wrong = await browser.redeem(code, client_secret="x")
    first = (await browser.redeem(code, client_secret="geheim")).json
    key = ECKey.generate_key("P-256")
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    again = await town.token(form, key, **basic("c1", "geheim"))
    unsigned = await town.token({**form, "refresh_token": again.json["refresh_token"]}, key)

    assert (bare.status, bare.json["error"]) == (401, "invalid_client")
    assert (wrong.status, wrong.json["error"]) == (401, "invalid_client")
    assert again.status == 200
    assert (unsigned.status, unsigned.json["error"]) == (401, "invalid_client")


async def test_a_public_client_may_come_without_its_id(town: Town, browser: Browser) -> None:
    await register(town, "p1", "", public=True)  # OP-10
    browser.client = "p1"
    first = await browser.tokens()

    assert (await browser.refresh(first["refresh_token"], client_id=None)).status == 200


async def test_another_client_cannot_refresh(town: Town, browser: Browser) -> None:
    await register(town, "p2", "", public=True)
    first = (await browser.tokens())["refresh_token"]

    assert (await browser.refresh(first, client_id="p2")).json["error"] == "invalid_grant"


async def test_fewer_scopes_may_be_asked_and_more_may_not(browser: Browser) -> None:
    first = (await browser.tokens())["refresh_token"]
    more = await browser.refresh(first, scope="openid webid consent")
    fewer = await browser.refresh(first, scope="webid offline_access")

    assert (more.status, more.json["error"]) == (400, "invalid_scope")
    assert fewer.status == 200
    assert "id_token" in fewer.json


async def test_a_token_that_nobody_uses_ends_after_a_month(town: Town, browser: Browser) -> None:
    first = (await browser.tokens())["refresh_token"]
    town.now.advance(30 * DAY)

    assert (await browser.refresh(first)).json["error"] == "invalid_grant"


@pytest.mark.parametrize("token", ["", "kr_x", "x" * 4000, "\x00", "é"])
async def test_what_is_no_token_is_refused(browser: Browser, token: str) -> None:
    said = await browser.refresh(token)

    assert said.status == 400
    assert said.json["error"] in ("invalid_grant", "invalid_request")


async def test_an_offline_app_goes_on_when_the_session_merely_expires(
    town: Town, browser: Browser
) -> None:
    first = (await browser.tokens())["refresh_token"]
    town.now.advance(DAY)

    assert (await browser.refresh(first)).status == 200


async def test_signing_out_everywhere_reaches_what_a_session_left_behind(
    town: Town, browser: Browser
) -> None:  # RS-10
    first = (await browser.tokens())["refresh_token"]
    account = await browser.account()
    town.now.advance(DAY)
    await town.db.write(None, _sweep)
    await town.db.write(None, close_others, account, None, town.now())

    assert (await browser.refresh(first)).json["error"] == "invalid_grant"


async def _sweep(tx: Tx) -> None:
    await tx.run("DELETE FROM session")


async def test_signing_out_ends_the_tokens_at_the_next_request(
    town: Town, browser: Browser
) -> None:  # RS-10
    given = await browser.tokens()
    assert await browser.may_read(given["access_token"])
    await town.db.write(None, close_session, browser.session, town.now())

    assert not await browser.may_read(given["access_token"])
    assert not await browser.may_read(given["id_token"])
    assert (await browser.refresh(given["refresh_token"])).json["error"] == "invalid_grant"


async def test_ending_an_app_ends_its_tokens_and_it_is_not_remembered(
    town: Town, browser: Browser
) -> None:  # OP-24, OP-33
    given = await browser.tokens(remember=True)
    account = await browser.account()
    (app,) = await town.db.read(apps_of, account, town.now())
    assert (app.client, app.host, app.offline, app.remembered, app.lives) == (
        browser.client,
        "app.example",
        True,
        True,
        True,
    )
    await town.db.write(None, end_app, account, app.id, town.now())

    assert not await browser.may_read(given["access_token"])
    assert (await browser.refresh(given["refresh_token"])).json["error"] == "invalid_grant"
    assert await town.db.read(apps_of, account, town.now()) == []
    assert "consent_required" in (await browser.authorize(prompt="none")).headers["Location"]


async def test_an_ended_link_ends_the_tokens(town: Town, browser: Browser) -> None:  # ACC-12
    given = await browser.tokens()
    account = await browser.account()
    for link in (await town.db.read(webids_of, account)).values():
        await town.db.write(None, unlink, account, link, town.now())

    assert not await browser.may_read(given["access_token"])
    assert (await browser.refresh(given["refresh_token"])).json["error"] == "invalid_grant"
