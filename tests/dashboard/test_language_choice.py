# SPDX-License-Identifier: EUPL-1.2
"""Four languages: the browser's, or the one chosen on the page, kept for her and for her mail."""

import pytest

from pod.database import Tx
from tests.dashboard.conftest import Browser, Shown, Town
from tests.dashboard.test_flow import with_slips

ASKS = {
    "nl": "uw gegevens lezen?",
    "en": "read your data?",
    "fr": "peut lire vos données",
    "de": "Ihre Daten lesen?",
}


def said_in(page: Shown) -> tuple[str, bool]:
    """What the header says, and whether the page itself says the same."""
    language = page.headers["Content-Language"]
    return language, f'<html lang="{language}"' in page.text


async def choose(browser: Browser, language: str) -> Shown:
    token = (await browser.get("/-/")).token("/-/language")
    fields = {"form-token": token, "next": "/-/", "language": language}
    return await browser.follow(await browser.post("/-/language", fields))


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("fr-BE,fr;q=0.9,nl;q=0.8", "fr"), ("DE-at", "de"), ("EN-us", "en"), ("zz, de;q=0.1", "de")],
)
async def test_a_page_is_in_the_language_of_the_browser(
    someone: Browser, accepted: str, language: str
) -> None:
    someone.language = accepted

    page = await someone.get("/-/")

    assert said_in(page) == (language, True)
    assert "Accept-Language" in page.headers["Vary"]


@pytest.mark.parametrize("language", ["en", "fr", "de"])
async def test_a_chosen_language_is_kept_by_browser_and_account(
    town: Town, an: Browser, language: str
) -> None:
    page = await choose(an, language)

    assert said_in(page) == (language, True)
    assert said_in(await an.get("/-/settings")) == (language, True)
    row = await town.house.db.read(_language_of_an)
    assert row == language


async def test_a_language_that_is_not_ours_changes_nothing(an: Browser) -> None:
    page = await choose(an, "zz")

    assert said_in(page) == ("nl", True)


async def test_a_notice_read_in_one_language_can_be_answered_in_another(
    town: Town, an: Browser
) -> None:
    code = await with_slips(town)
    for language, asks in ASKS.items():
        await choose(an, language)
        page = await an.get(f"/-/requests/{code}")
        notice = page.field("notice")
        assert asks in page.text.replace("\N{NO-BREAK SPACE}", " ")
        for other in ASKS:
            await choose(an, other)
            summary = await an.get(f"/-/requests/{code}/approve?notice={notice}&give=1")
            assert f'action="/-/requests/{code}/approve' in summary.text, (language, other)


async def _language_of_an(tx: Tx) -> object:
    row = await tx.one(
        "SELECT a.language FROM account a JOIN login l ON l.account = a.id"
        " WHERE l.subject = 'an@example.org'"
    )
    assert row is not None
    return row["language"]
