# SPDX-License-Identifier: EUPL-1.2
"""Looking at pages in a real Chromium: signing in, axe-core, what is too wide."""

import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.browser.chromium import a_browser
from tests.dashboard.conftest import PASSWORD, Town

AXE = Path(__file__).parents[2] / "clients/node_modules/axe-core/axe.min.js"
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def axe() -> str:
    """The script of axe-core; without its package these tests are left out, but not in CI."""
    if not AXE.exists():
        if os.environ.get("KLUIS_COMPLETE") == "1":
            pytest.fail("axe-core is not installed under tests/clients")
        pytest.skip("axe-core is not installed under tests/clients")
    return AXE.read_text()


@asynccontextmanager
async def a_page(
    town: Town,
    *,
    size: dict[str, int] = PHONE,
    script: bool = True,
    language: str = "nl-BE",
    scheme: str = "light",
    browser: Browser | None = None,
) -> AsyncIterator[Page]:
    """A page of a browser of its own, as somebody on a phone has it."""
    if browser is None:
        async with (
            a_browser() as own,
            a_page(
                town, size=size, script=script, language=language, scheme=scheme, browser=own
            ) as page,
        ):
            yield page
        return
    context = await browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        java_script_enabled=script,
        locale=language,
        color_scheme="dark" if scheme == "dark" else "light",
        base_url=town.base,
    )
    context.set_default_timeout(8_000)
    page = await context.new_page()
    try:
        yield page
    finally:
        await context.close()


async def sign_in(page: Page, email: str = "an@example.org") -> None:
    """With her password, by the form."""
    await page.goto("-/")
    await page.locator("input[name=email]").fill(email)
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.locator("form[action^='/-/sign-in'] button.button").first.click()
    # The address keeps the fragment of the form, which is where a mistake would have been told.
    await page.wait_for_url(re.compile(r"/-/(#.*)?$"))


async def findings(page: Page) -> list[str]:
    """What axe-core finds wrong, one line each."""
    await page.evaluate(axe())
    found = await page.evaluate(
        "async (rules) => (await axe.run(document, {runOnly: rules})).violations.flatMap("
        "v => v.nodes.map(n => `${v.id}: ${n.target} ${n.failureSummary}`))",
        RULES,
    )
    return [json.dumps(line)[:300] for line in found]


async def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways (WCAG 1.4.10)."""
    return list(
        await page.evaluate(
            "() => { const w = document.documentElement.clientWidth; if"
            " (document.documentElement.scrollWidth <= w) return [];"
            " return [...document.querySelectorAll('body *')].filter(e =>"
            " e.getBoundingClientRect().right > w + 1).map(e => e.outerHTML.slice(0, 120)) }"
        )
    )


async def too_small(page: Page) -> list[str]:
    """Targets under 24 by 24 CSS pixels that are no links in a line of text (WCAG 2.5.8)."""
    return list(
        await page.evaluate(
            "() => [...document.querySelectorAll('button, input, select, textarea, summary,"
            " nav a, a.button')].filter(e => { const r = e.getBoundingClientRect();"
            " return e.type !== 'hidden' && r.width > 0 && (r.width < 24 || r.height < 24) })"
            ".map(e => e.outerHTML.slice(0, 120))"
        )
    )
