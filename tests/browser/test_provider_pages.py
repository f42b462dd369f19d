# SPDX-License-Identifier: EUPL-1.2
"""Every page of the provider in a real Chromium: axe-core, a narrow screen, no script (OP-23)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest_asyncio
from playwright.async_api import Page, expect

from commands.answer import Json, text_at, want_status
from tests.browser.chromium import a_browser
from tests.dashboard.browser.eyes import PHONE, findings, too_small, too_wide
from tests.identity.apps import challenge_of
from tests.stories.town import Town, a_town

BACK = "https://app.example/back"
MARKUP = '<img src=x onerror="alert(1)"> Belastingdienst'


@dataclass(frozen=True, slots=True)
class Scene:
    """An at a phone; her server."""

    town: Town
    page: Page

    @property
    def base(self) -> str:
        return self.town.web.base

    async def app(self, **more: str) -> dict[str, str]:
        """An app that registered, and what it asks."""
        said: Json = {"client_name": MARKUP, "redirect_uris": [BACK]}
        told = want_status(await self.town.web.post(".oidc/reg", said), 201).json
        return {
            "client_id": text_at(told, "client_id"),
            "redirect_uri": BACK,
            "response_type": "code",
            "scope": "openid webid offline_access",
            "code_challenge": challenge_of("v" * 43),
            "code_challenge_method": "S256",
            "prompt": "consent",
            **more,
        }

    async def ask(self, wish: dict[str, str]) -> None:
        await self.page.goto(f"{self.base}.oidc/auth?{urlencode(wish)}")

    async def give_password(self, password: str = "") -> None:
        person = self.town.citizen.person
        await self.page.get_by_label("E-mailadres").fill(person.email)
        await self.page.get_by_label("Wachtwoord").fill(password or person.password)
        await self.page.get_by_role("button", name="Aanmelden", exact=True).click()

    async def looks_right(self, heading: str) -> None:
        """The page that we think it is, and nothing wrong with it for eyes, ears and fingers."""
        await expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)
        assert await self.page.locator("html").get_attribute("lang") == "nl"
        assert await findings(self.page) == [], heading
        assert await too_wide(self.page) == [], heading
        assert await too_small(self.page) == [], heading
        assert await self.page.locator("img[src=x]").count() == 0, heading


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with a_town(tmp_path) as town, a_browser() as browser:
        size = {"width": PHONE["width"], "height": PHONE["height"]}
        context = await browser.new_context(locale="nl-BE", viewport=size)  # type: ignore[arg-type]  # a plain dict of two numbers
        context.set_default_timeout(10_000)
        yield Scene(town, await context.new_page())


async def test_the_pages_of_an_app_s_sign_in_are_for_everybody(scene: Scene) -> None:
    """Sign in, a wrong password, which WebID, what the app may, and that it is over."""
    await scene.ask(await scene.app(prompt="select_account", scope="openid webid consent"))
    await scene.looks_right("Aanmelden bij Kluis")
    await scene.give_password("verkeerd")
    await expect(scene.page.locator(".wrong").first).to_be_visible()
    await scene.looks_right("Aanmelden bij Kluis")
    await scene.give_password()
    await scene.looks_right("Als wie meldt u zich aan?")
    await scene.page.get_by_role("radio").first.check()
    await scene.page.get_by_role("button", name="Verder").click()
    await scene.looks_right("Laat u")
    await expect(scene.page.get_by_text("Deze app mag dan ook voor u beslissen")).to_be_visible()
    assert await scene.page.locator("input:checked").count() == 0
    await scene.page.goto(f"{scene.base}-/app/{'x' * 43}")
    await scene.looks_right("")


async def test_the_plain_pages_are_for_everybody(scene: Scene) -> None:
    """An app that is not known, one whose document is not there, and signing out."""
    wish = await scene.app()
    await scene.ask({**wish, "client_id": "nobody"})
    await scene.looks_right("kan u hier niet aanmelden")
    await scene.ask({**wish, "client_id": "http://127.0.0.1:1/" + "lang" * 60})
    await scene.looks_right("kan u hier niet aanmelden")
    await scene.page.goto(f"{scene.base}-/sign-in")
    await scene.give_password()
    await scene.page.wait_for_url(f"{scene.base}-/**")
    await scene.page.goto(f"{scene.base}.oidc/session/end?client_id={wish['client_id']}")
    await scene.looks_right("")
    await scene.page.locator("main form button").click()
    await scene.looks_right("")
    await scene.page.goto(f"{scene.base}-/settings")

    assert "/-/sign-in" in scene.page.url
