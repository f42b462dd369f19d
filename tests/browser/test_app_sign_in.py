# SPDX-License-Identifier: EUPL-1.2
"""An app with the unmodified browser library signs a citizen in, in a real Chromium."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, Request, expect

from commands.answer import want_status
from tests.browser.app_server import App, an_app
from tests.browser.chromium import a_browser
from tests.stories.town import Town, a_town

SECRET = "alleen voor An"


@dataclass(frozen=True, slots=True)
class Scene:
    """An at her browser, an app on another origin, a pod server."""

    town: Town
    app: App
    page: Page

    @property
    def note(self) -> str:
        return f"{self.town.an.pod}dagboek.txt"

    async def open_app(self) -> None:
        await self.page.goto(self.app.start)
        await expect(self.page.locator("#state")).to_have_text("signed out")

    async def start(self, client_id: str | None = None) -> None:
        """The app sends the browser to the provider."""
        await self.page.evaluate(
            "([issuer, id]) => { signIn(issuer, id) }", [self.town.web.base, client_id]
        )
        await self.page.wait_for_url(f"{self.town.web.base}**")

    async def give_password(self) -> None:
        await self.page.get_by_label("E-mailadres").fill(self.town.citizen.person.email)
        await self.page.get_by_label("Wachtwoord").fill(self.town.citizen.person.password)
        await self.page.get_by_role("button", name="Aanmelden", exact=True).click()

    async def allow(self) -> None:
        await self.page.get_by_role("button", name="Toestaan").click()
        await self.page.wait_for_url(f"{self.app.origin}/**")
        await self.signed_in()

    async def signed_in(self) -> None:
        await expect(self.page.locator("#state")).to_have_text(
            f"signed in as {self.town.an.web_id}", timeout=15_000
        )

    async def read(self) -> tuple[int, str]:
        """What the app sees of An's private note."""
        seen = await self.page.evaluate("url => read(url)", self.note)
        return seen["status"], seen["body"]


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with (
        a_town(tmp_path, workers="2") as town,
        an_app() as app,
        a_browser() as browser,
    ):
        context = await browser.new_context(locale="nl-BE")
        note = f"{town.an.pod}dagboek.txt"
        put = await town.web.put(note, town.login, "text/plain", SECRET.encode())
        want_status(put, 201)
        yield Scene(town, app, await context.new_page())


@pytest.mark.parametrize("with_document", [False, True], ids=["registered", "document"])
async def test_an_app_signs_in_reads_survives_a_reload_and_signs_out(
    scene: Scene, with_document: bool
) -> None:
    """OP-2, OP-7, OP-8, OP-18, OP-19, OP-30, OP-37: as the library drives them."""
    await scene.open_app()
    await scene.start(scene.app.id if with_document else None)
    await scene.give_password()
    await scene.allow()
    assert await scene.read() == (200, SECRET)

    await scene.page.reload()
    await scene.signed_in()
    assert await scene.read() == (200, SECRET)

    await scene.page.evaluate("signOut('app')")
    status, _ = await scene.read()
    assert status == 401


async def test_what_was_stopped_from_the_settings_is_over_at_the_next_request(
    scene: Scene,
) -> None:
    """RS-10, OP-24: the token that the app still holds is worth nothing."""
    await scene.open_app()
    await scene.start()
    await scene.give_password()
    await scene.allow()
    assert (await scene.read())[0] == 200

    settings = await scene.page.context.new_page()
    await settings.goto(f"{scene.town.web.base}-/settings/apps")
    await settings.get_by_role("button", name="Stop").first.click()

    assert (await scene.read())[0] == 401


async def test_a_refused_app_gets_access_denied_and_nothing_else(scene: Scene) -> None:
    """OP-23: refusing is one button, and the app is told in OAuth's words."""
    told: list[str] = []

    def hear(request: Request) -> None:
        if request.is_navigation_request() and request.url.startswith(scene.app.origin):
            told.append(request.url)

    await scene.open_app()
    await scene.start()
    await scene.give_password()
    scene.page.on("request", hear)
    await scene.page.get_by_role("button", name="Weigeren").click()
    await scene.page.wait_for_url(f"{scene.app.origin}/**")

    assert any("error=access_denied" in url and "iss=" in url for url in told)
    assert all("code=" not in url for url in told)
