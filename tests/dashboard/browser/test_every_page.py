# SPDX-License-Identifier: EUPL-1.2
"""Every page in every state, in a real Chromium: axe-core finds nothing, nothing is too wide."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from tests.browser.chromium import a_browser
from tests.dashboard.browser.eyes import (
    DESKTOP,
    PHONE,
    a_page,
    findings,
    sign_in,
    too_small,
    too_wide,
)
from tests.dashboard.conftest import ILLNESS, Town
from tests.dashboard.conftest import Browser as Client
from tests.dashboard.test_by_law import declared
from tests.dashboard.test_flow import AUGUST, SEPTEMBER, say_yes, with_slips

LONG = "Een-heel-erg-lange-naam-zonder-spaties-zoals-die-van-bestanden-die-niemand-kiest.pdf"


async def lived_in(town: Town, an: Client) -> list[str]:
    """A town where everything happened once; the addresses of every page in it."""
    code = await with_slips(town)
    waiting = await town.asked("+" + SEPTEMBER, case="B-1")
    special = await town.asked("+an/ziek.ttl", case="C-1")
    refused = await town.asked("+" + AUGUST, case="D-1")
    await town.put("an/ziek.ttl", f"<> a <{ILLNESS}> .".encode())
    await town.put("an/inkomen/", b"", "text/turtle")
    await town.put(f"an/{LONG}", b"%PDF", "application/pdf")
    await an.send(f"/-/requests/{refused}/refuse", f"/-/requests/{refused}/refuse")
    grant = await say_yes(an, code)
    await town.reads(AUGUST)
    await town.reads("an/diploma.jsonld")
    ended = await say_yes(an, await town.asked("+" + AUGUST, case="E-1"))
    await an.send(f"/-/grants/{ended}", f"/-/grants/{ended}/withdraw")
    law = await declared(town)
    case = await an.send(f"/-/law/{law}", f"/-/law/{law}/object", text="Ik werk daar niet meer.")
    page = await an.get(f"/-/requests/{waiting}")
    notice = page.field("notice")
    other = (await an.get(f"/-/requests/{special}")).field("notice")
    receipt = (await an.get(f"/-/grants/{grant}")).text.split('href="/-/receipts/')[1].split('"')[0]
    return [
        "", "requests", f"requests/{waiting}", f"requests/{waiting}/approve?notice={notice}",
        f"requests/{special}/approve?notice={other}", f"requests/{waiting}/refuse",
        f"requests/{waiting}/later", f"requests/{refused}", f"requests/{code}",
        f"requests/{waiting}/approve?notice=old", "grants", f"grants/{grant}",
        f"grants/{grant}/withdraw", f"grants/{grant}/narrow", f"grants/{ended}",
        f"grants/{ended}/withdrawn", f"receipts/{receipt}", "law", f"law/{law}", "cases",
        case.location.removeprefix("/-/"), f"cases/new?about=grants/{grant}", "log",
        "log?period=year", "log?outcome=denied", "log?period=day&day=2001-01-01", "access",
        "access?at=an/inkomen/", "data/", "data/an/", f"data/{AUGUST}", f"data/an/{LONG}",
        f"data/{AUGUST}?sharing", "data/an/?sharing", f"data/{AUGUST}?delete",
        f"data/{AUGUST}?rename", f"data/{AUGUST}?edit=1", "data/an/niets", "search?q=kroon",
        "search", "settings", "settings/sessions", "settings/apps", "settings/sign-in",
        "settings/keys", "help", "help/grant-withdrawn", "constraints/acl", "words", "privacy",
        "accessibility", "verify", "niets",
    ]  # fmt: skip


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with a_browser() as browser:
        yield browser


async def _faults(page: Page, path: str) -> list[str]:
    await page.goto(f"-/{path}")
    found = [*await findings(page), *await too_wide(page), *await too_small(page)]
    return [f"{path or 'overview'}: {line}" for line in found]


async def test_axe_finds_nothing_on_any_page_on_a_phone(
    town: Town, an: Client, chromium: Browser
) -> None:
    paths = await lived_in(town, an)
    async with a_page(town, size=PHONE, browser=chromium) as page:
        await sign_in(page)
        faults = [fault for path in paths for fault in await _faults(page, path)]

    assert faults == []


async def test_axe_finds_nothing_in_the_dark_on_a_desktop(
    town: Town, an: Client, chromium: Browser
) -> None:
    paths = await lived_in(town, an)
    async with a_page(town, size=DESKTOP, scheme="dark", browser=chromium) as page:
        await sign_in(page)
        faults = [fault for path in paths for fault in await _faults(page, path)]

    assert faults == []


async def test_pages_of_somebody_new_are_as_good(
    town: Town, someone: Client, chromium: Browser
) -> None:
    async with a_page(town, size={"width": 320, "height": 640}, browser=chromium) as page:
        faults = [
            f for path in ("", "forgot", "register", "help") for f in await _faults(page, path)
        ]
        await sign_in(page)
        for path in (
            "",
            "requests",
            "grants",
            "law",
            "cases",
            "log",
            "data/",
            "access",
            "settings",
        ):
            faults += await _faults(page, path)

    assert faults == []


async def test_mistakes_are_told_in_a_way_that_axe_accepts(
    town: Town, an: Client, chromium: Browser
) -> None:
    grant = await say_yes(an, await with_slips(town))
    faults: list[str] = []
    async with a_page(town, browser=chromium) as page:
        await page.goto("-/")
        await page.locator("form[action^='/-/sign-in'] button.button").first.click()
        faults += await findings(page)
        await sign_in(page)
        await page.goto(f"-/grants/{grant}/narrow")
        await page.get_by_role("button", name="Beperken").click()
        faults += await findings(page)
        assert (await page.title()).startswith("Fout: ")
        await page.goto("-/data/an/?sharing")
        await page.locator("#webid").fill("https://")
        await page.get_by_role("button", name="Bewaar deze keuze").click()
        faults += await findings(page)

    assert faults == []


async def test_no_page_asks_anything_of_anybody_else_and_none_is_heavy(
    town: Town, an: Client, chromium: Browser
) -> None:
    paths = await lived_in(town, an)
    asked: list[str] = []
    weights: dict[str, int] = {}
    async with a_page(town, browser=chromium) as page:
        page.on("request", lambda request: asked.append(request.url))
        await sign_in(page)
        for path in paths:
            answer = await page.goto(f"-/{path}")
            assert answer is not None
            weights[path] = len(await answer.body())

    assert [url for url in asked if not url.startswith(town.base)] == []
    assert {path: weight for path, weight in weights.items() if weight > 30_000} == {}
