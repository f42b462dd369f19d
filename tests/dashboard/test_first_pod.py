# SPDX-License-Identifier: EUPL-1.2
"""A first sign-in without a pod: every page leads to making one, and on from there."""

import re

import pytest

from dashboard import first_pod
from identity.accounts.events import SIGNED_IN, events_of
from identity.accounts.seed import seed_accounts
from pod.database import Tx
from tests.dashboard.apps import asks
from tests.dashboard.conftest import PASSWORD, Browser, Shown, Town

NAMES = ("", "-an", "An Peeters", "a" * 61, "../x", "inbox/", "naïef")


@pytest.fixture
async def newcomer(someone: Browser, town: Town) -> Browser:
    """A browser in which somebody without a pod is signed in."""
    seedling = {"email": "nieuw@example.org", "password": PASSWORD, "pods": []}
    await seed_accounts(town.house.db, town.base, [seedling], town.now)
    answer = await someone.sign_in("nieuw@example.org")
    assert answer.status == 303, answer.text
    return someone


async def made(town: Town) -> list[str]:
    """The pods beside those that were there."""

    async def look(tx: Tx) -> list[str]:
        return [row["iri"] for row in await tx.all("SELECT iri FROM pod ORDER BY created")]

    old = (f"{town.base}an/", f"{town.base}youssef/")
    return [iri for iri in await town.house.db.read(look) if iri not in old]


async def choose(browser: Browser, name: str, next_: str = "/-/log") -> Shown:
    form = await browser.get(f"/-/pod?next={next_}")
    token = form.token("/-/pod#fouten")
    return await browser.post("/-/pod", {"form-token": token, "name": name, "next": next_})


def proposed_in(page: Shown) -> str:
    found = re.search(r'<input id="name"[^>]* value="([a-z]{12})"', page.text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("page", ["/-/", "/-/log", "/-/requests", "/-/grants?state=active"])
async def test_every_page_leads_to_making_a_pod(newcomer: Browser, page: str) -> None:
    answer = await newcomer.get(page)

    assert answer.status == 303
    assert answer.location == f"/-/pod?next={page.replace('?', '%3F').replace('=', '%3D')}"


async def test_an_app_waits_until_there_is_a_webid(newcomer: Browser, town: Town) -> None:
    page = await asks(newcomer)
    first = await newcomer.get(page)
    after = await choose(newcomer, "nieuw", page)

    assert (first.status, first.location) == (303, f"/-/pod?next={page}")
    assert after.location == page
    assert f"{town.base}nieuw/profile/card#me" in (await newcomer.follow(after)).text


async def test_settings_need_no_pod(newcomer: Browser) -> None:
    assert (await newcomer.get("/-/settings/sign-in")).status == 200


async def test_the_proposed_name_is_random_and_makes_a_pod(newcomer: Browser, town: Town) -> None:
    """Decision 41."""
    one, two = await newcomer.get("/-/pod"), await newcomer.get("/-/pod")
    proposed, other = proposed_in(one), proposed_in(two)
    answer = await choose(newcomer, proposed)

    assert proposed != other
    assert (answer.status, answer.location) == (303, "/-/log")
    assert await made(town) == [f"{town.base}{proposed}/"]
    assert (await newcomer.get("/-/log")).status == 200


async def test_a_second_press_makes_no_second_pod(newcomer: Browser, town: Town) -> None:
    form = await newcomer.get("/-/pod")
    fields = {"form-token": form.token("/-/pod#fouten"), "next": "/-/"}
    await newcomer.post("/-/pod", {**fields, "name": "eerste"})
    again = await newcomer.post("/-/pod", {**fields, "name": "tweede"})

    assert again.status == 303
    assert await made(town) == [f"{town.base}eerste/"]
    assert (await newcomer.get("/-/pod?next=/-/log")).location == "/-/log"


@pytest.mark.parametrize("name", NAMES)
async def test_what_cannot_be_a_name_is_said_beside_the_field(
    newcomer: Browser, town: Town, name: str
) -> None:
    answer = await choose(newcomer, name)

    assert answer.status == 422
    assert first_pod.BAD_NAME in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert await made(town) == []


async def test_the_name_of_somebody_else_is_not_free(newcomer: Browser, town: Town) -> None:
    answer = await choose(newcomer, "an")

    assert answer.status == 422
    assert first_pod.TAKEN in answer.text
    assert await made(town) == []


async def test_a_national_number_is_no_name(newcomer: Browser, town: Town) -> None:
    """T-48."""
    answer = await choose(newcomer, "85073003328")

    assert answer.status == 422
    assert first_pod.A_NUMBER in answer.text
    assert await made(town) == []


async def test_markup_in_a_name_is_text(newcomer: Browser) -> None:
    answer = await choose(newcomer, '"><img src=x>')

    assert answer.status == 422
    assert "<img" not in answer.text


@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example", "/x", "/-/\\evil"])
async def test_it_leads_on_within_the_pages(newcomer: Browser, next_: str) -> None:
    answer = await choose(newcomer, "nieuw", next_)

    assert answer.location == "/-/"


async def test_a_form_of_another_page_makes_nothing(newcomer: Browser, town: Town) -> None:
    """T-50."""
    token = (await newcomer.get("/-/pod")).token("/-/pod#fouten")
    fields = {"form-token": token, "name": "nieuw"}
    other = await newcomer.post("/-/pod", fields, {"Origin": "https://evil.example"})
    without = await newcomer.post("/-/pod", {"name": "nieuw"})

    assert (other.status, without.status) == (403, 403)
    assert await made(town) == []


async def test_who_is_not_signed_in_signs_in_first(someone: Browser, town: Town) -> None:
    shown = await someone.get("/-/pod")
    sent = await someone.post("/-/pod", {"name": "nieuw"})

    assert shown.location.startswith("/-/sign-in")
    assert sent.status == 303
    assert await made(town) == []


async def test_a_sign_in_on_a_page_is_noted(newcomer: Browser, town: Town) -> None:
    """OP-26."""

    async def look(tx: Tx) -> list[str]:
        row = await tx.one("SELECT account FROM login WHERE subject = 'nieuw@example.org'")
        assert row is not None
        return [event.kind for event in await events_of(tx, row["account"])]

    assert await town.house.db.read(look) == [SIGNED_IN]
