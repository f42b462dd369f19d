# SPDX-License-Identifier: EUPL-1.2
"""Pictures of the pages for docs/pictures/, made anew with `make pictures`; no test of its own."""

from pathlib import Path

import pytest

from tests.browser.chromium import a_browser
from tests.dashboard.browser.eyes import PHONE, a_page, sign_in
from tests.dashboard.browser.test_every_page import lived_in
from tests.dashboard.conftest import Browser as Client
from tests.dashboard.conftest import Town

PICTURES = Path(__file__).parents[3] / "docs/pictures"
NAMES = (
    "overview", "requests", "request", "approve", "approve-sensitive", "refuse", "later",
    "refused", "approved", "request-changed", "grants", "grant", "withdraw", "narrow",
    "grant-ended", "withdrawn", "receipt", "law-list", "law", "cases", "case", "case-new", "log",
    "log-year", "log-refused", "log-empty", "access", "access-folder", "pods", "folder",
    "statements", "file", "sharing", "sharing-pod", "delete", "rename", "edit", "nothing-there",
    "search", "search-empty", "settings", "sessions", "apps", "sign-in-ways", "program-keys",
    "help", "help-problem", "constraint", "words", "privacy", "accessibility", "verify",
    "not-found",
)  # fmt: skip
TALLEST = 1_800


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_has_a_picture(town: Town, an: Client, scheme: str) -> None:
    paths = await lived_in(town, an)
    PICTURES.mkdir(exist_ok=True)
    async with (
        a_browser() as browser,
        a_page(town, size=PHONE, scheme=scheme, browser=browser) as page,
    ):
        await page.goto("-/")
        await page.screenshot(path=PICTURES / f"sign-in-{scheme}.jpg", type="jpeg", quality=45)
        await sign_in(page)
        for name, path in zip(NAMES, paths, strict=True):
            await page.goto(f"-/{path}")
            height = await page.evaluate("document.documentElement.scrollHeight")
            clip = {"x": 0, "y": 0, "width": PHONE["width"], "height": min(height, TALLEST)}
            await page.screenshot(
                path=PICTURES / f"{name}-{scheme}.jpg",
                type="jpeg",
                quality=45,
                full_page=True,
                clip=clip,  # type: ignore[arg-type]  # the four numbers of a rectangle
            )

    assert len(list(PICTURES.glob(f"*-{scheme}.jpg"))) == len(NAMES) + 1
