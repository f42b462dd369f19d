# SPDX-License-Identifier: EUPL-1.2
"""What people come to do, in a real Chromium: by hand, by keyboard, without script."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from pod.contents import fetch
from pod.iri import Iri
from tests.browser.chromium import a_browser
from tests.dashboard.browser.eyes import DESKTOP, PHONE, a_page, sign_in
from tests.dashboard.conftest import Browser as Client
from tests.dashboard.conftest import Town
from tests.dashboard.test_flow import AUGUST, SEPTEMBER, say_yes, with_slips

BOTH = pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
SIZES = pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with a_browser() as browser:
        yield browser


async def press(page: Page, name: str, role: str = "button") -> None:
    """One step: something is pressed and another page comes."""
    await page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]  # a role of ARIA
    await page.wait_for_load_state()


@BOTH
@SIZES
@pytest.mark.parametrize("language", ["nl-BE", "en-GB"])
async def test_an_says_yes_to_part_in_three_steps_and_stops_it_in_two(
    town: Town, chromium: Browser, script: bool, size: dict[str, int], language: str
) -> None:
    code = await with_slips(town)
    yes, confirm, stop = {
        "nl-BE": ("Ja, ik geef toestemming", "Bevestigen", "Intrekken"),
        "en-GB": ("Yes, I give permission", "Confirm", "Withdraw"),
    }[language]
    async with a_page(town, size=size, script=script, language=language, browser=chromium) as page:
        await sign_in(page)

        await page.locator(f'a[href="/-/requests/{code}"]').first.click()
        assert await page.locator("input:checked").count() == 0
        await press(page, yes)
        await press(page, confirm)
        given = await town.reads(AUGUST), await town.reads(SEPTEMBER)
        await press(page, stop)
        stopped = await town.reads(AUGUST)

    assert [each.status for each in given] == [200, 403]
    assert stopped.problem == "grant-withdrawn"


async def test_what_matters_is_seen_without_scrolling_on_a_small_phone(
    town: Town, chromium: Browser
) -> None:
    code = await with_slips(town)
    async with a_page(town, size=PHONE, browser=chromium) as page:
        await sign_in(page)
        await page.goto(f"-/requests/{code}")
        brief = page.locator(".terms.tight")
        box = await brief.bounding_box()
        text = await brief.inner_text()

    assert box is not None
    assert box["y"] + box["height"] <= PHONE["height"]
    for word in ("2026-08", "kinderopvang", "nee"):
        assert word in text
    assert re.search(r"20\d\d", text)


async def test_yes_and_no_are_equally_large_and_look_the_same(
    town: Town, chromium: Browser
) -> None:
    code = await with_slips(town)
    looks = []
    async with a_page(town, browser=chromium) as page:
        await sign_in(page)
        await page.goto(f"-/requests/{code}")
        for name in ("Ja, ik geef toestemming", "Nee"):
            button = page.get_by_role("button", name=name, exact=True)
            box = await button.bounding_box()
            assert box is not None
            style = await button.evaluate(
                "e => { const s = getComputedStyle(e); return [s.color, s.backgroundColor,"
                " s.fontWeight, s.fontSize, s.borderColor] }"
            )
            looks.append((box["width"], box["height"], style))

    assert looks[0] == looks[1]


async def test_the_keyboard_alone_is_enough_to_say_yes_and_to_stop(
    town: Town, chromium: Browser
) -> None:
    await with_slips(town)
    async with a_page(town, size=DESKTOP, browser=chromium) as page:
        await sign_in(page)
        await page.goto("-/requests")

        await reach(page, "Uw tarief voor kinderopvang herberekenen")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/-/requests/*")
        await reach(page, "Ja, ik geef toestemming")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/approve?*")
        await reach(page, "Bevestigen")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/-/grants/*")
        given = await town.reads(AUGUST)
        await reach(page, "Intrekken")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/withdrawn")
        stopped = await town.reads(AUGUST)

    assert (given.status, stopped.status) == (200, 403)


async def reach(page: Page, name: str, most: int = 60) -> None:
    """Press Tab until that is in focus, which must be visible each time."""
    for _ in range(most):
        await page.keyboard.press("Tab")
        text, outline = await page.evaluate(
            "() => { const e = document.activeElement; const s = getComputedStyle(e);"
            " return [e.innerText || '', s.outlineStyle] }"
        )
        assert outline != "none", text
        if text.strip() == name:
            return
    raise AssertionError(f"{name} is not reached by the keyboard")


async def test_back_after_stopping_does_not_say_that_it_goes_on(
    town: Town, an: Client, chromium: Browser
) -> None:
    grant = await say_yes(an, await with_slips(town))
    async with a_page(town, browser=chromium) as page:
        await sign_in(page)
        await page.goto(f"-/grants/{grant}")
        await press(page, "Intrekken")
        await page.wait_for_url("**/withdrawn")
        await page.go_back()
        await page.wait_for_load_state()

        await expect(page.get_by_text("mag hiermee niets meer lezen")).to_be_visible()


async def test_two_tabs_that_decide_differently_end_in_one_answer(
    town: Town, chromium: Browser
) -> None:
    code = await with_slips(town)
    async with a_page(town, browser=chromium) as page:
        await sign_in(page)
        other = await page.context.new_page()
        for each in (page, other):
            await each.goto(f"-/requests/{code}")
        await press(page, "Ja, ik geef toestemming")
        await press(other, "Nee")
        await press(page, "Bevestigen")
        await press(other, "Bevestigen")

        await expect(other.get_by_text("Dat eerste antwoord blijft gelden")).to_be_visible()
    assert (await town.reads(AUGUST)).status == 200


async def test_a_session_that_ended_meanwhile_loses_no_choice(
    town: Town, chromium: Browser
) -> None:
    code = await with_slips(town)
    async with a_page(town, browser=chromium) as page:
        await sign_in(page)
        await page.goto(f"-/requests/{code}")
        await page.get_by_label("inkomen/2026-09.ttl").check()
        await press(page, "Ja, ik geef toestemming")
        await page.context.clear_cookies(name="kluis")
        await press(page, "Bevestigen")
        assert (await town.reads(AUGUST)).status == 403
        await page.locator("input[name=email]").fill("an@example.org")
        await page.locator("input[name=password]").fill("een lang wachtwoord")
        await page.locator("form[action^='/-/sign-in'] button.button").first.click()
        await page.wait_for_load_state()
        await press(page, "Bevestigen")
        await page.wait_for_url("**/-/grants/*")

    assert (await town.reads(SEPTEMBER)).status == 200


@BOTH
async def test_a_file_is_uploaded_and_found_again(
    town: Town, chromium: Browser, script: bool, tmp_path: Path
) -> None:
    file = tmp_path / "brief.txt"
    file.write_text("Beste An")
    async with a_page(town, script=script, browser=chromium) as page:
        await sign_in(page)
        await page.goto("-/data/an/")
        await page.locator("input[type=file]").set_input_files(file)
        await press(page, "Uploaden")
        await page.wait_for_url(re.compile(r"/brief\.txt(#.*)?$"))

    kept = await town.house.db.read(fetch, Iri(f"{town.base}an/brief.txt"))
    assert kept is not None
    assert kept.body == b"Beste An"


async def test_what_went_wrong_with_a_file_is_told_without_leaving_the_page(
    town: Town, chromium: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "stuk.ttl"
    file.write_text("<a> <b> .")
    async with a_page(town, browser=chromium) as page:
        await sign_in(page)
        await page.goto("-/data/an/")
        await page.locator("input[type=file]").set_input_files(file)
        await page.get_by_role("button", name="Uploaden").click()

        await expect(page.get_by_role("alert")).to_contain_text("niet wat zijn naam belooft")


async def test_a_deletion_can_be_taken_back_for_a_moment(town: Town, chromium: Browser) -> None:
    await town.put("an/oud.txt", b"x", "text/plain")
    async with a_page(town, browser=chromium) as page:
        await sign_in(page)
        await page.goto("-/data/an/oud.txt?delete")
        await page.get_by_role("button", name="Verwijderen").click()
        await page.get_by_role("button", name="Toch houden").click()
        await asyncio.sleep(7)
        kept = await town.house.db.read(fetch, Iri(f"{town.base}an/oud.txt"))
        await page.get_by_role("button", name="Verwijderen").click()
        await page.wait_for_url(re.compile(r"/-/data/an/(#.*)?$"), timeout=15_000)

    assert kept is not None
    assert await town.house.db.read(fetch, Iri(f"{town.base}an/oud.txt")) is None


async def test_without_script_a_deletion_is_one_page_and_one_press(
    town: Town, chromium: Browser
) -> None:
    await town.put("an/oud.txt", b"x", "text/plain")
    async with a_page(town, script=False, browser=chromium) as page:
        await sign_in(page)
        await page.goto("-/data/an/oud.txt")
        await press(page, "Verwijderen", "link")
        await press(page, "Verwijderen")

        assert page.url.split("#")[0].endswith("/-/data/an/")
    assert await town.house.db.read(fetch, Iri(f"{town.base}an/oud.txt")) is None
