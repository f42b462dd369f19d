# SPDX-License-Identifier: EUPL-1.2
"""What an app says of its user: her address and her languages (OP-19)."""

import re
from html import unescape
from urllib.parse import quote

import pytest

from dashboard.app_language import first_known
from tests.dashboard.apps import asks
from tests.dashboard.conftest import Browser, Shown, Town


async def sign_in_page(browser: Browser, **wish: str) -> Shown:
    """Where an app's question leads somebody who is not signed in."""
    return await browser.follow(await browser.get(await asks(browser, **wish)))


def typed(page: Shown) -> str:
    """What stands in the field for the address."""
    found = re.search(r'<input id="email"[^>]* value="([^"]*)"', page.text)
    assert found is not None, page.text
    return unescape(found[1])


def next_of(page: Shown) -> str:
    found = re.search(r'name="next" value="(/-/app/[^"]*)"', page.text)
    assert found is not None, page.text
    return unescape(found[1])


async def test_a_login_hint_fills_in_the_address(someone: Browser) -> None:
    page = await sign_in_page(someone, login_hint="an@example.org")

    assert typed(page) == "an@example.org"


@pytest.mark.parametrize("hint", ['"><script>alert(1)</script>', "x' onfocus='y", "a&b@c"])
async def test_a_login_hint_is_text(someone: Browser, hint: str) -> None:
    page = await sign_in_page(someone, login_hint=hint)

    assert typed(page) == hint
    assert "<script>alert" not in page.text


async def test_a_long_hint_is_cut_and_other_addresses_are_passed_over(someone: Browser) -> None:
    long = await sign_in_page(someone, login_hint="a" * 1000)
    webid = await sign_in_page(someone, login_hint="https://id.example/me#it")
    turned = await sign_in_page(someone, login_hint="an\u202eexample")

    assert typed(long) == "a" * 254
    assert (typed(webid), typed(turned)) == ("", "")


async def test_what_was_typed_stays_in_place_of_the_hint(someone: Browser) -> None:
    page = await sign_in_page(someone, login_hint="an@example.org")
    fields = {
        "form-token": page.token("/-/sign-in#fouten"),
        "next": next_of(page),
        "email": "youssef@example.org",
        "password": "niet dit",
    }
    again = await someone.post("/-/sign-in", fields)

    assert typed(again) == "youssef@example.org"


async def test_a_hint_signs_nobody_in_and_is_the_same_for_unknown_people(someone: Browser) -> None:
    known = await sign_in_page(someone, login_hint="an@example.org")
    unknown = await sign_in_page(someone, login_hint="no@example.org")

    assert "kluis" not in someone.cookies
    assert known.text.count("an@example.org") == unknown.text.count("no@example.org")


@pytest.mark.parametrize(
    ("locales", "language"),
    [("en", "en"), ("xx en-GB nl", "en"), ("nl-BE en", "nl"), ("xx yy", "nl"), ("x" * 300, "nl")],
)
async def test_the_pages_speak_the_first_language_of_ours_that_the_app_names(
    someone: Browser, locales: str, language: str
) -> None:
    page = await sign_in_page(someone, ui_locales=locales)

    assert f'<html lang="{language}">' in page.text
    assert page.headers["Content-Language"] == language


async def test_the_question_itself_and_mistakes_are_in_it_too(someone: Browser) -> None:
    page = await sign_in_page(someone, ui_locales="en")
    fields = {"form-token": page.token("/-/sign-in#fouten"), "next": next_of(page)}
    wrong = await someone.post("/-/sign-in", fields | {"email": "an@example.org", "password": "x"})
    await someone.sign_in()
    question = await someone.get(next_of(page))

    assert '<html lang="en">' in wrong.text
    assert "passen niet bij elkaar" not in wrong.text
    assert '<html lang="en">' in question.text


async def test_what_she_chose_goes_before_what_the_app_says(someone: Browser) -> None:
    await someone.send("/-/sign-in", "/-/language", language="nl", next="/-/sign-in")
    page = await sign_in_page(someone, ui_locales="en")

    assert '<html lang="nl">' in page.text


async def test_only_the_browser_of_the_question_speaks_its_language(
    someone: Browser, town: Town
) -> None:
    place = await asks(someone, ui_locales="en")
    someone.cookies.clear()
    page = await someone.get(f"/-/sign-in?next={quote(place, safe='/')}")

    assert '<html lang="nl">' in page.text


def test_many_or_strange_tags_are_no_trouble() -> None:
    assert first_known(["", "-", "x" * 9999]) is None
    assert first_known(["xx"] * 30 + ["en"]) is None
    assert first_known([" EN-gb "]) == "en"
