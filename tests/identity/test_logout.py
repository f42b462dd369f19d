# SPDX-License-Identifier: EUPL-1.2
"""Signing out at the wish of an app: at once with its own hint, else after a question (OP-37)."""

import re
from html import unescape
from urllib.parse import urlencode

import pytest

from identity.accounts.sessions import find_session
from pod.instant import DAY
from tests.identity.apps import GONE, ID, Browser, a_browser
from tests.identity.conftest import Person, Said, Town

END = ".oidc/session/end"


@pytest.fixture
async def browser(town: Town, an: Person) -> Browser:
    return await a_browser(town, an)


async def leave(browser: Browser, **more: str) -> Said:
    return await browser.go(END, urlencode(more))


async def lives(browser: Browser, session: str) -> bool:
    town = browser.town
    return await town.db.read(find_session, session, town.now()) is not None


def fields(page: str) -> dict[str, str]:
    found = re.findall(r'name="([^"]+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


async def test_the_hint_of_this_session_signs_out_at_once(browser: Browser) -> None:
    given, session = await browser.tokens(), browser.session
    said = await leave(
        browser, id_token_hint=given["id_token"], post_logout_redirect_uri=GONE, state="s&1"
    )

    assert (said.status, said.headers["Location"]) == (303, f"{GONE}?state=s%261")
    assert "Max-Age=0" in said.headers["Set-Cookie"]
    assert "Access-Control-Allow-Origin" not in said.headers  # OP-38
    assert not await lives(browser, session)
    assert not await browser.may_read(given["access_token"])


async def test_an_expired_hint_is_good_enough(browser: Browser) -> None:
    given, session = await browser.tokens(), browser.session
    browser.town.now.advance(DAY // 3)
    said = await leave(browser, id_token_hint=given["id_token"], post_logout_redirect_uri=GONE)

    assert said.headers["Location"] == GONE
    assert not await lives(browser, session)


@pytest.mark.parametrize(
    "target", ["https://thief.example/", GONE + "/", GONE + "?x", "//thief.example", "javascript:1"]
)
async def test_an_address_that_is_not_registered_is_not_gone_to(
    browser: Browser, target: str
) -> None:  # no open redirector
    given = await browser.tokens()
    said = await leave(browser, id_token_hint=given["id_token"], post_logout_redirect_uri=target)

    assert (said.status, "Location" in said.headers) == (200, False)
    assert "thief" not in said.json


async def test_without_a_hint_it_is_asked_first(browser: Browser) -> None:
    given, session = await browser.tokens(), browser.session
    asked = await leave(browser, client_id=ID, post_logout_redirect_uri=GONE, state="1")

    assert (asked.status, await lives(browser, session)) == (200, True)
    assert "app.example" in asked.json
    assert "form-action 'self' https://app.example;" in asked.headers["Content-Security-Policy"]
    assert "<script" not in asked.json
    origin = {"Origin": browser.town.base[:-1]}
    form = urlencode(fields(asked.json))
    said = await browser.go(".oidc/session/confirm", data=form, **origin)

    assert (said.status, said.headers["Location"]) == (303, f"{GONE}?state=1")
    assert not await lives(browser, session)
    assert not await browser.may_read(given["access_token"])


async def test_the_hint_of_another_session_is_asked_about(
    town: Town, browser: Browser, bob: Person
) -> None:
    his = await a_browser(town, bob, "bob")
    hint = (await his.tokens())["id_token"]
    said = await leave(browser, id_token_hint=hint)

    assert said.status == 200
    assert await lives(browser, browser.session)
    assert await lives(his, his.session)


@pytest.mark.parametrize("spoil", ["origin", "token", "target", "session"])
async def test_a_forged_answer_signs_nobody_out(
    town: Town, browser: Browser, bob: Person, spoil: str
) -> None:  # CSRF
    asked = await leave(browser, client_id=ID, post_logout_redirect_uri=GONE)
    form, origin = fields(asked.json), town.base[:-1]
    victim = browser
    if spoil == "origin":
        origin = "https://thief.example"
    elif spoil == "token":
        form["form-token"] = "0" * 64
    elif spoil == "target":
        form.pop("post_logout_redirect_uri")
    else:
        victim = await a_browser(town, bob, "bob")
    said = await victim.go(".oidc/session/confirm", data=urlencode(form), Origin=origin)

    assert said.status in (400, 403)
    assert "Location" not in said.headers
    assert await lives(victim, victim.session)


@pytest.mark.parametrize(
    "query",
    [
        "id_token_hint=a.b.c",
        "state=" + "x" * 5000,
        "state=1&state=2",
        "client_id=nobody&post_logout_redirect_uri=https://x.example/",
    ],
)
async def test_a_bad_wish_is_a_page(browser: Browser, query: str) -> None:
    said = await browser.go(END, query)

    assert (said.status, "Location" in said.headers) == (400, False)
    assert said.headers["Content-Type"].startswith("text/html")
    assert await lives(browser, browser.session)


async def test_a_client_id_that_is_not_that_of_the_hint_is_refused(browser: Browser) -> None:
    hint = (await browser.tokens())["id_token"]

    assert (await leave(browser, id_token_hint=hint, client_id="other")).status == 400


async def test_an_access_token_is_no_hint(browser: Browser) -> None:
    given = await browser.tokens()

    assert (await leave(browser, id_token_hint=given["access_token"])).status == 400


async def test_a_post_asks_the_same_as_a_get(town: Town, browser: Browser) -> None:
    given, session = await browser.tokens(), browser.session
    wish = {"id_token_hint": given["id_token"], "post_logout_redirect_uri": GONE}
    led = await browser.go(END, data=urlencode(wish))
    said = await browser.go(led.headers["Location"].removeprefix(town.base))

    assert (led.status, said.headers["Location"]) == (303, GONE)
    assert not await lives(browser, session)


async def test_who_is_not_signed_in_is_led_back_only_with_a_hint(browser: Browser) -> None:
    hint = (await browser.tokens())["id_token"]
    browser.session = ""
    with_hint = await leave(browser, id_token_hint=hint, post_logout_redirect_uri=GONE)
    without = await leave(browser, client_id=ID, post_logout_redirect_uri=GONE)

    assert with_hint.headers["Location"] == GONE
    assert (without.status, "Location" in without.headers) == (200, False)


@pytest.mark.parametrize(
    ("language", "word"), [("nl", "afmelden"), ("fr", "déconnecter"), ("de", "abmelden")]
)
async def test_the_question_is_in_the_language_of_the_browser(
    browser: Browser, language: str, word: str
) -> None:
    said = await browser.go(END, **{"Accept-Language": f"{language}-BE,en;q=0.5"})

    assert word in said.json
    assert said.headers["Content-Language"] == language


async def test_what_the_app_sends_is_shown_as_text(browser: Browser) -> None:
    said = await leave(browser, state='"><script>alert(1)</script>')

    assert said.status == 200
    assert "<script" not in said.json
