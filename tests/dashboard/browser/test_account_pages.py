# SPDX-License-Identifier: EUPL-1.2
"""Registering and settings of an account in a real Chromium: accessible, and without a script."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.chromium import a_browser
from tests.dashboard.browser.eyes import PHONE, a_page, findings, sign_in, too_small, too_wide
from tests.dashboard.conftest import PASSWORD, Town
from tests.dashboard.letters import link_in_last
from tests.dashboard.test_settings import a_passkey, account_of


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with a_browser() as browser:
        yield browser


async def faults(page: Page, where: str) -> list[str]:
    found = [*await findings(page), *await too_wide(page), *await too_small(page)]
    return [f"{where}: {line}" for line in found]


async def press(page: Page, action: str) -> None:
    """The button of the form that goes there."""
    await page.locator(f"form[action^='{action}'] button").first.click()


async def test_registering_is_accessible_in_each_state(town: Town, chromium: Browser) -> None:
    found: list[str] = []
    async with a_page(town, size=PHONE, browser=chromium) as page:
        await page.goto("-/register")
        found += await faults(page, "register")
        await page.locator("form[action^='/-/register']").evaluate("form => form.noValidate = true")
        await press(page, "/-/register")
        found += await faults(page, "register, wrong")
        await page.locator("input[name=email]").fill("nieuw@example.org")
        await press(page, "/-/register")
        found += await faults(page, "register, sent")
        link = await link_in_last(town)
        await page.goto(link.removeprefix("/"))
        found += await faults(page, "register, confirm")
        await page.goto("-/register/confirm?code=over")
        found += await faults(page, "register, over")

    assert found == []


async def test_somebody_registers_without_a_script(town: Town, chromium: Browser) -> None:
    async with a_page(town, size=PHONE, script=False, browser=chromium) as page:
        await page.goto("-/sign-in")
        await page.locator("a[href='/-/register']").click()
        await page.locator("input[name=email]").fill("nieuw@example.org")
        await press(page, "/-/register")
        await expect(page.locator("h1")).to_have_text("Kijk in uw e-mail")
        await page.goto((await link_in_last(town)).removeprefix("/"))
        await page.locator("input[name=password]").fill(PASSWORD)
        await press(page, "/-/register/confirm")
        await page.wait_for_url(re.compile(r"/-/pod\?next=/-/(#.*)?$"))
        await press(page, "/-/pod")
        await page.wait_for_url(re.compile(r"/-/(#.*)?$"))

        await expect(page.locator("nav a[href='/-/log']")).to_be_visible()


async def test_settings_of_an_account_are_accessible(town: Town, chromium: Browser) -> None:
    found: list[str] = []
    async with a_page(town, size=PHONE, browser=chromium) as page:
        await sign_in(page)
        for path in ("second-step", "issuers", "sign-in", "sign-in/address?code=over"):
            await page.goto(f"-/settings/{path}")
            found += await faults(page, path)
        await a_passkey(town, await account_of(town), "p1")
        await page.goto("-/settings/second-step")
        found += await faults(page, "second step, may be switched on")
        await press(page, "/-/settings/second-step/on")
        found += await faults(page, "spare codes")
        await page.goto("-/settings/second-step")
        found += await faults(page, "second step, on")

    assert found == []


async def test_a_spare_code_lets_in_without_a_script(town: Town, chromium: Browser) -> None:
    await a_passkey(town, await account_of(town), "p1")
    async with a_page(town, size=PHONE, script=False, browser=chromium) as page:
        await sign_in(page)
        await page.goto("-/settings/second-step")
        await press(page, "/-/settings/second-step/on")
        code = await page.locator("main code").first.inner_text()
        await press(page, "/-/sign-out")
        await page.goto("-/sign-in?next=/-/settings")
        await page.locator("input[name=email]").fill("an@example.org")
        await page.locator("input[name=password]").fill(PASSWORD)
        await press(page, "/-/sign-in")
        await page.locator("summary").click()
        await page.locator("input[name=code]").fill(code)
        await press(page, "/-/sign-in/spare-code")
        await page.wait_for_url(re.compile(r"/-/settings(#.*)?$"))

        await expect(page.locator("h1")).to_have_text("Instellingen")


async def test_a_wrong_spare_code_is_told_accessibly(town: Town, chromium: Browser) -> None:
    await a_passkey(town, await account_of(town), "p1")
    async with a_page(town, size=PHONE, browser=chromium) as page:
        await sign_in(page)
        await page.goto("-/settings/second-step")
        await press(page, "/-/settings/second-step/on")
        await press(page, "/-/sign-out")
        await page.goto("-/sign-in?next=/-/settings")
        await page.locator("input[name=email]").fill("an@example.org")
        await page.locator("input[name=password]").fill(PASSWORD)
        await press(page, "/-/sign-in")
        before = await faults(page, "second step")
        await page.locator("summary").click()
        await page.locator("input[name=code]").fill("aaaa-bbbb-cccc-dddd")
        await press(page, "/-/sign-in/spare-code")
        after = await faults(page, "spare code, wrong")

        assert before + after == []
        await expect(page.locator("#code")).to_be_visible()
        assert (await page.title()).startswith("Fout: Passkey")
