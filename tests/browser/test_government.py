# SPDX-License-Identifier: EUPL-1.2
"""A citizen signs in with the government, a second process, in a real Chromium (FED-1 to FED-4)."""

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest_asyncio
from playwright.async_api import Browser, Page, Request, expect

from identity.sign_in.assurance import Level
from identity.sign_in.step_up import Need, place_of
from identity.upstream.providers import Provider
from pod.instant import MINUTE
from tests.browser.app_server import App, an_app
from tests.browser.chromium import a_browser
from tests.browser.practice_idp import Country, a_country
from tests.dashboard.browser.eyes import findings

EID = "urn:be:vlaanderen:authmech:eid"
WITH = "Aanmelden met Oefenaanmelding"


@dataclass(frozen=True, slots=True)
class Scene:
    """A country, an app on another origin, and a browser."""

    country: Country
    app: App
    browser: Browser
    folder: Path

    @property
    def base(self) -> str:
        return self.country.town.web.base

    @asynccontextmanager
    async def page(self, *, script: bool = True) -> AsyncIterator[Page]:
        context = await self.browser.new_context(locale="nl-BE", java_script_enabled=script)
        context.set_default_timeout(10_000)
        yield await context.new_page()
        await context.close()

    def sessions(self) -> list[str | None]:
        """How sure each session that lives is, as the server keeps it."""
        file = f"file:{self.folder}/data/kluis.db?mode=ro"
        with sqlite3.connect(file, uri=True) as kept:
            rows = kept.execute("SELECT acr FROM session WHERE signed_in IS NOT NULL").fetchall()
        return [row[0] for row in rows if row[0] is not None]


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with a_country(tmp_path) as country, an_app() as app, a_browser() as browser:
        yield Scene(country, app, browser, tmp_path)


async def choose(page: Page, scene: Scene, means: str, person: str = "bram") -> None:
    """At the government: who she is, and by which means."""
    await page.wait_for_url(f"{scene.country.issuer}/**")
    await page.get_by_label("Who").select_option(person)
    await page.get_by_role("button", name=means, exact=True).click()


async def make_pod(page: Page, name: str) -> None:
    await expect(page.get_by_role("heading", name="Maak uw kluis")).to_be_visible()
    await page.get_by_label("Naam van uw kluis").fill(name)
    await page.get_by_role("button", name="Maak mijn kluis").click()


async def seen_by_axe(page: Page) -> None:
    assert await findings(page) == [], page.url


async def test_an_app_signs_in_somebody_new_whom_the_government_knows(scene: Scene) -> None:
    """App, our sign-in, the government, a first pod, consent, app: and axe finds nothing wrong."""
    async with scene.page() as page:
        await page.goto(scene.app.start)
        await page.evaluate("issuer => { signIn(issuer) }", scene.base)
        await page.wait_for_url(f"{scene.base}-/sign-in**")
        await seen_by_axe(page)
        await page.get_by_role("link", name=WITH).click()
        await choose(page, scene, "eid")
        await seen_by_axe(page)
        await make_pod(page, "bram")
        await expect(page.get_by_role("button", name="Toestaan")).to_be_visible()
        await seen_by_axe(page)
        assert await page.locator("input:checked").count() == 0
        await page.get_by_role("button", name="Toestaan").click()
        await page.wait_for_url(f"{scene.app.origin}/**")
        await expect(page.locator("#state")).to_have_text(
            f"signed in as {scene.base}bram/profile/card#me", timeout=15_000
        )
        answer = await page.evaluate("url => read(url)", f"{scene.base}bram/")

    assert answer["status"] == 200
    assert scene.sessions() == ["high"]


async def test_it_all_works_without_a_script(scene: Scene) -> None:
    async with scene.page(script=False) as page:
        await page.goto(f"{scene.base}-/sign-in")
        await page.get_by_role("link", name=WITH).click()
        await choose(page, scene, "itsme")
        await make_pod(page, "bram")
        await page.wait_for_url(re.compile(r"/-/"))
        await page.goto(f"{scene.base}-/settings")

        assert page.url == f"{scene.base}-/settings"


async def test_saying_no_there_leads_to_a_page_here_and_signs_nobody_in(scene: Scene) -> None:
    async with scene.page() as page:
        await page.goto(f"{scene.base}-/sign-in")
        await page.get_by_role("link", name=WITH).click()
        await choose(page, scene, "Cancel")
        await page.wait_for_url(f"{scene.base}**")
        await seen_by_axe(page)
        text = await page.locator("main").inner_text()
        await page.goto(f"{scene.base}-/settings")

        assert "access_denied" not in text
        assert "/-/sign-in" in page.url
    assert scene.sessions() == []


async def test_a_code_of_the_government_does_nothing_in_another_browser(scene: Scene) -> None:
    """Login CSRF: the way back is bound to the browser that went (T-12, FED-3)."""
    async with scene.page() as page, scene.page() as victim:
        await page.goto(f"{scene.base}-/sign-in")
        await page.get_by_role("link", name=WITH).click()
        await page.wait_for_url(f"{scene.country.issuer}/**")
        asked = dict(parse_qsl(urlsplit(page.url).query))
        answer = await page.context.request.post(
            page.url, form={**asked, "person": "bram", "means": "eid"}, max_redirects=0
        )
        back = answer.headers["location"]
        assert back.startswith(f"{scene.base}.account/login/oidc/dev-idp/callback/?code=")
        await victim.goto(back)
        await victim.goto(f"{scene.base}-/settings")

        assert "/-/sign-in" in victim.url
    assert scene.sessions() == []


async def test_who_does_not_want_to_sign_in_goes_back_to_the_app(scene: Scene) -> None:
    """OP-23: access_denied also before she said who she is."""
    told: list[str] = []

    def hear(request: Request) -> None:
        if request.is_navigation_request() and request.url.startswith(scene.app.origin):
            told.append(request.url)

    async with scene.page() as page:
        await page.goto(scene.app.start)
        await page.evaluate("issuer => { signIn(issuer) }", scene.base)
        await page.wait_for_url(f"{scene.base}-/sign-in**")
        page.on("request", hear)
        await page.get_by_role("button", name="Niet aanmelden en terug naar de app").click()
        await page.wait_for_url(f"{scene.app.origin}/**")

    assert any("error=access_denied" in url and "iss=" in url for url in told)
    assert all("code=" not in url for url in told)


def step_up(scene: Scene) -> str:
    """Where an act that wants an eID just now sends the browser (KC-14, KLU-4)."""
    means = {EID: Level.HIGH, "urn:be:vlaanderen:authmech:csampassword": Level.LOW}
    way = Provider(
        "dev-idp", {"nl": "x"}, scene.country.issuer, "kluis", means=means, registers=True
    )
    return scene.base[:-1] + place_of(Need(5 * MINUTE, Level.HIGH), (way,), "/-/settings")


async def test_an_act_that_asks_for_more_leads_there_and_back(scene: Scene) -> None:
    """FED-4: a weak sign-in is made stronger; a weak answer, or another person, is not enough."""
    async with scene.page() as page:
        await page.goto(f"{scene.base}-/sign-in")
        await page.get_by_role("link", name=WITH).click()
        await choose(page, scene, "csampassword")
        await make_pod(page, "bram")
        await page.wait_for_url(re.compile(r"/-/(#.*)?$"))
        weak = scene.sessions()
        await page.goto(step_up(scene))
        await choose(page, scene, "csampassword")
        await page.wait_for_url(f"{scene.base}**")
        await seen_by_axe(page)
        still = scene.sessions()
        await page.goto(step_up(scene))
        await choose(page, scene, "eid", person="an")
        await page.wait_for_url(f"{scene.base}**")
        await seen_by_axe(page)
        other = scene.sessions()
        # There she is somebody else until she signs out there.
        await page.goto(f"{scene.country.issuer}/leave")
        await page.goto(step_up(scene))
        await choose(page, scene, "eid")
        await page.wait_for_url(f"{scene.base}-/settings")

    assert weak == still == ["low"]
    assert "high" not in other
    assert scene.sessions() == ["high"]
