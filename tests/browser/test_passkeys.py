# SPDX-License-Identifier: EUPL-1.2
"""Passkeys in a real Chromium with an authenticator of its own (KLU-3, ui.md §6)."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.chromium import Authenticator, a_browser, an_authenticator
from tests.stories.town import Town, a_town

# The page itself, not an address that only names it as what comes next.
LOG = re.compile(r"^[^?]*/-/log(#.*)?$")


@dataclass(frozen=True, slots=True)
class Scene:
    """An at her browser, with an authenticator in it."""

    town: Town
    page: Page
    keys: Authenticator

    async def go(self, path: str) -> None:
        await self.page.goto(self.town.web.base + path)

    async def give_password(self) -> None:
        await self.fill_password()
        await self.page.wait_for_url(LOG)

    async def fill_password(self) -> None:
        await self.go("-/sign-in?next=/-/log")
        await self.page.get_by_label("E-mailadres").fill(self.town.citizen.person.email)
        await self.page.get_by_label("Wachtwoord").fill(self.town.citizen.person.password)
        await self.page.get_by_role("button", name="Aanmelden", exact=True).click()

    async def offer(self) -> None:
        """The form of the settings."""
        await self.go("-/settings/sign-in")
        form = self.page.locator("form[data-passkey=add]")
        await form.locator("input[name=name]").fill("Telefoon")
        await form.locator("button").click()

    async def register(self) -> None:
        await self.offer()
        await expect(self.page.get_by_text("Telefoon", exact=True)).to_be_visible()

    async def press(self) -> None:
        await self.go("-/sign-in?next=/-/log")
        await self.page.get_by_role("button", name="Aanmelden met een passkey").click()

    async def told(self, text: str, kind: str = "sign-in") -> None:
        await expect(self.page.locator(f"[data-passkey={kind}] [role=status]")).to_have_text(text)


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with a_town(tmp_path) as town, a_browser() as browser:
        context = await browser.new_context(locale="nl-BE")
        context.set_default_timeout(8_000)
        page = await context.new_page()
        yield Scene(town, page, await an_authenticator(page))


async def test_a_passkey_made_in_the_browser_signs_in_without_a_password(scene: Scene) -> None:
    await scene.give_password()
    await scene.register()
    assert len(await scene.keys.credentials()) == 1
    await scene.page.context.clear_cookies()

    await scene.press()

    await scene.page.wait_for_url(LOG)
    cookies = {each["name"]: each for each in await scene.page.context.cookies()}
    assert cookies["kluis"]["httpOnly"]
    assert "kluis-passkey" not in cookies


async def test_who_does_not_show_a_finger_stays_out_and_is_told(scene: Scene) -> None:
    await scene.give_password()
    await scene.register()
    await scene.page.context.clear_cookies()
    await scene.keys.verifies(False)

    await scene.press()

    await scene.told("Het aanmelden met een passkey is gestopt. Probeer het opnieuw.")
    await expect(scene.page.get_by_role("button", name="Aanmelden met een passkey")).to_be_enabled()


async def test_a_passkey_that_was_removed_here_is_told_so(scene: Scene) -> None:
    await scene.give_password()
    await scene.register()
    removed = await scene.page.evaluate("""async () => {
      const index = await (await fetch("/.account/")).json();
      const at = index.controls.password.create.replace("password", "passkey");
      const [mine] = Object.keys((await (await fetch(at)).json()).passkeys);
      const headers = { "Content-Type": "application/json" };
      return (await fetch(mine, { method: "DELETE", headers })).status;
    }""")
    assert removed == 200
    await scene.page.context.clear_cookies()

    await scene.press()

    await scene.told("Deze passkey kennen we niet.")


async def test_the_same_device_is_not_registered_twice(scene: Scene) -> None:
    await scene.give_password()
    await scene.register()

    await scene.offer()

    await scene.told("Deze passkey hebt u al.", "add")


async def test_a_passkey_after_the_password(scene: Scene) -> None:
    """KLU-3: the password alone leads to the passkey, and nowhere else."""
    await scene.give_password()
    await scene.register()
    wanted = await scene.page.evaluate("""async () => {
      const index = await (await fetch("/.account/")).json();
      const at = index.controls.password.create.replace("password", "second-step");
      const headers = { "Content-Type": "application/json" };
      const body = JSON.stringify({ required: true });
      return (await fetch(at, { method: "POST", headers, body })).status;
    }""")
    assert wanted == 200
    await scene.page.context.clear_cookies()

    await scene.fill_password()
    await scene.page.wait_for_url(re.compile(r"/-/sign-in/passkey\?"))
    assert "kluis" not in {each["name"] for each in await scene.page.context.cookies()}
    await scene.page.get_by_role("button", name="Aanmelden met een passkey").click()

    await scene.page.wait_for_url(LOG)


async def test_without_a_script_the_button_is_not_there(scene: Scene) -> None:
    """Decision 22: the page works without JavaScript, and offers nothing that does not."""
    browser = scene.page.context.browser
    assert browser is not None
    context = await browser.new_context(locale="nl-BE", java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{scene.town.web.base}-/sign-in")

    await expect(page.get_by_role("button", name="Aanmelden met een passkey")).to_have_count(0)
    await expect(page.get_by_label("Wachtwoord")).to_be_visible()
