# SPDX-License-Identifier: EUPL-1.2
"""Every page in every language on the smallest phone, in a real Chromium: words fit, and the page
says in which language it is. German words are long."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from dashboard.words import LANGUAGES
from tests.browser.chromium import a_browser
from tests.dashboard.browser.eyes import a_page, sign_in, too_small, too_wide
from tests.dashboard.browser.test_every_page import lived_in
from tests.dashboard.conftest import Browser as Client
from tests.dashboard.conftest import Town

SMALLEST = {"width": 320, "height": 640}


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with a_browser() as browser:
        yield browser


async def _faults(page: Page, path: str, language: str) -> list[str]:
    answer = await page.goto(f"-/{path}")
    assert answer is not None
    said = (answer.headers["content-language"], await page.locator("html").get_attribute("lang"))
    faults = [*await too_wide(page), *await too_small(page)]
    if said != (language, language):
        faults.append(f"says that it is in {said}")
    return [f"{path or 'overview'}: {fault}" for fault in faults]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_fits_the_smallest_phone(
    town: Town, an: Client, chromium: Browser, language: str
) -> None:
    paths = await lived_in(town, an)
    async with a_page(town, size=SMALLEST, language=f"{language}-BE", browser=chromium) as page:
        faults = [
            fault
            for path in ("", "forgot", "register")
            for fault in await _faults(page, path, language)
        ]
        await sign_in(page)
        faults += [fault for path in paths for fault in await _faults(page, path, language)]

    assert faults == []
