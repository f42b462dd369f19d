# SPDX-License-Identifier: EUPL-1.2
"""One more e-mail address in the settings: proved by mail first, told to the others (WI-2)."""

from aiohttp import ClientSession, DummyCookieJar

from pod.instant import MINUTE
from tests.dashboard.conftest import PASSWORD, Browser, Shown, Town
from tests.dashboard.letters import letters, link_in_last
from tests.dashboard.test_settings import ends

WAYS = "/-/settings/sign-in"
MORE = "an.twee@example.org"


async def asked(an: Browser, email: str = MORE) -> Shown:
    return await an.send(WAYS, f"{WAYS}/address", email=email)


async def confirm(browser: Browser, page: Shown, password: str = PASSWORD) -> Shown:
    action = f"{WAYS}/address/confirm"
    fields = {"form-token": page.token(f"{action}#fouten"), "code": page.field("code")}
    return await browser.post(action, fields | {"password": password})


async def test_an_address_is_added_once_its_mail_is_read(an: Browser, town: Town) -> None:
    said = await an.follow(await asked(an))
    page = await an.get(await link_in_last(town))
    short = await confirm(an, page, "kort")
    done = await an.follow(await confirm(an, page))
    news = (await letters(town))[-2:]
    an.cookies.clear()

    assert "open de link binnen 30 minuten" in said.text
    assert short.status == 422
    assert "Het e-mailadres is toegevoegd." in done.text
    assert {each["To"] for each in news} == {"an@example.org", MORE}
    assert (await an.sign_in(MORE)).status == 303


async def test_the_link_is_for_who_asked_alone(an: Browser, town: Town) -> None:
    await asked(an)
    link = await link_in_last(town)
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        other = Browser(town.base, session)
        nobody = await other.get(link)
        await other.sign_in("youssef@example.org")
        theirs = await other.get(link)

        assert nobody.location.startswith("/-/sign-in?next=/-/settings/sign-in/address")
        assert theirs.status == 404
    assert (await an.get(link)).status == 200


async def test_a_known_address_is_told_to_nobody_but_its_owner(an: Browser, town: Town) -> None:
    known, unknown = await asked(an, "youssef@example.org"), await asked(an)
    first = (await letters(town))[0]

    assert (known.status, known.location) == (unknown.status, unknown.location)
    assert first["To"] == "youssef@example.org"
    assert "code=" not in first.get_content()
    assert "an@example.org" not in first.get_content()


async def test_an_old_sign_in_adds_none(an: Browser, town: Town) -> None:
    token = (await an.get(WAYS)).token(f"{WAYS}/address#fouten")
    town.now.advance(11 * MINUTE)
    page = await an.get(WAYS)
    late = await an.post(f"{WAYS}/address", {"form-token": token, "email": MORE})

    assert late.location == f"/-/sign-in?next={WAYS}"
    assert f'action="{WAYS}/address' not in page.text
    assert await letters(town) == []


async def test_an_address_goes_but_never_the_last_one(an: Browser, town: Town) -> None:
    only = ends(await an.get(WAYS), rf"{WAYS}/addresses/[^\"]+/remove")
    await asked(an)
    await confirm(an, await an.get(await link_in_last(town)))
    both = ends(await an.get(WAYS), rf"{WAYS}/addresses/[^\"]+/remove")
    gone = await an.follow(await an.send(WAYS, both[0]))
    news = (await letters(town))[-2:]

    assert (only, len(both)) == ([], 2)
    assert "Het e-mailadres is verwijderd." in gone.text
    assert {each["To"] for each in news} == {"an@example.org", MORE}
    an.cookies.clear()
    assert (await an.sign_in()).status == 422
    assert (await an.sign_in(MORE)).status == 303


async def test_what_is_no_address_is_said_beside_the_field(an: Browser, town: Town) -> None:
    page = await asked(an, "niets")

    assert page.status == 422
    assert 'aria-describedby="email-wrong"' in page.text
    assert await letters(town) == []
