# SPDX-License-Identifier: EUPL-1.2
"""Registering over plain forms: an address, a mail, a password, a first pod (KLU-5)."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import ClientSession, DummyCookieJar, web
from aiohttp.test_utils import TestServer, unused_port

import dashboard.routes
from dashboard.fittings import Fittings
from identity.accounts.mailed_codes import CODE_LIFE
from identity.accounts.recovery import Recovery
from identity.door import Door
from pod.instant import MINUTE
from pod.iri import Iri
from tests.dashboard.apps import asks
from tests.dashboard.conftest import PASSWORD, Browser, Town, by_header
from tests.dashboard.letters import letters, link_in_last

NEW = "nieuw@example.org"


async def ask(browser: Browser, email: str = NEW) -> str:
    answer = await browser.send("/-/register", "/-/register", email=email)
    assert answer.status == 303, answer.text
    return answer.location


async def test_from_the_sign_in_page_to_a_first_pod(someone: Browser, town: Town) -> None:
    entrance = await someone.get("/-/sign-in")
    sent = await someone.get(await ask(someone))
    form = await someone.get(await link_in_last(town))
    fields = {"form-token": form.token("/-/register/confirm#fouten"), "code": form.field("code")}
    made = await someone.post("/-/register/confirm", fields | {"password": PASSWORD})
    pod = await someone.follow(made)
    done = await someone.post(
        "/-/pod", {"form-token": pod.token("/-/pod#fouten"), "next": "/-/", "name": "nieuw"}
    )

    assert 'href="/-/register"' in entrance.text
    assert "Kijk in uw e-mail" in sent.text
    assert "<script" not in form.text + sent.text
    assert (made.location, done.location) == ("/-/pod?next=/-/", "/-/")
    assert (await someone.get("/-/log")).status == 200
    someone.cookies.clear()
    assert (await someone.sign_in(NEW)).status == 303


async def test_looking_at_the_link_makes_nothing(someone: Browser, town: Town) -> None:
    await ask(someone)
    link = await link_in_last(town)
    for _ in range(3):
        assert (await someone.get(link)).status == 200

    assert (await someone.sign_in(NEW)).status == 422
    assert "kluis" not in someone.cookies


async def test_a_known_address_gets_the_same_page_and_another_letter(
    someone: Browser, town: Town
) -> None:
    places = {await ask(someone, NEW), await ask(someone, "an@example.org")}
    first, second = await letters(town)

    assert places == {"/-/register/sent"}
    assert (first["To"], second["To"]) == (NEW, "an@example.org")
    assert second["Subject"] == "U hebt al een account bij Kluis"
    assert "code=" not in second.get_content()


async def test_a_link_works_once_and_for_half_an_hour(someone: Browser, town: Town) -> None:
    await ask(someone)
    link = await link_in_last(town)
    form = await someone.get(link)
    fields = {"form-token": form.token("/-/register/confirm#fouten"), "code": form.field("code")}
    short = await someone.post("/-/register/confirm", fields | {"password": "kort"})
    town.now.advance(CODE_LIFE)
    late = await someone.post("/-/register/confirm", fields | {"password": PASSWORD})
    town.now.advance(-CODE_LIFE)
    made = await someone.post("/-/register/confirm", fields | {"password": PASSWORD})
    someone.cookies.pop("kluis")
    again = await someone.get(link)

    assert (short.status, late.status, made.status, again.status) == (422, 404, 303, 404)
    assert 'aria-describedby="password-wrong"' in short.text
    assert "kort" not in short.text.replace("Minstens", "")


async def test_an_app_that_she_came_from_is_asked_about_in_the_end(
    someone: Browser, town: Town
) -> None:
    question = await asks(someone)
    entrance = await someone.follow(await someone.get(question))
    link = re.search(r'href="(/-/register\?next=[^"]*)"', entrance.text)
    assert link is not None
    form = await someone.get(link[1])
    token = {"form-token": form.token("/-/register#fouten")}
    await someone.post("/-/register", token | {"email": NEW, "next": question})
    page = await someone.get(await link_in_last(town))
    fields = {"form-token": page.token("/-/register/confirm#fouten"), "code": page.field("code")}
    made = await someone.post(
        "/-/register/confirm", fields | {"password": PASSWORD, "next": question}
    )
    pod = await someone.follow(made)

    assert f'name="next" value="{question}"' in page.text
    assert made.location == f"/-/pod?next={question}"
    assert f'name="next" value="{question}"' in pod.text


@pytest.mark.parametrize(
    "next_",
    ["https://evil.example/", "//evil.example", "/-/log", "/-/app/" + "x" * 200, "/-/app/\\"],
)
async def test_a_mail_leads_to_nothing_but_our_own_question(
    someone: Browser, town: Town, next_: str
) -> None:
    """T-15."""
    await someone.send("/-/register", "/-/register", email=NEW, next=next_)

    assert "next" not in (await letters(town))[-1].get_content()


async def test_the_page_says_whose_account_it_will_be(someone: Browser, town: Town) -> None:
    """A link that somebody else asked for would make an account that she can get at by mail."""
    await ask(someone, "b.x@example.org")
    form = await someone.get(await link_in_last(town))

    assert "<bdi>b.x@example.org</bdi>" in form.text


async def test_registering_ends_the_session_that_the_browser_had(an: Browser, town: Town) -> None:
    """T-28."""
    await ask(an)
    form = await an.get(await link_in_last(town))
    old = dict(an.cookies)
    fields = {"form-token": form.token("/-/register/confirm#fouten"), "code": form.field("code")}
    await an.post("/-/register/confirm", fields | {"password": PASSWORD})
    new, an.cookies = an.cookies, old

    assert new["kluis"] != old["kluis"]
    assert (await an.get("/-/log")).status == 303


async def test_a_code_is_confirmed_from_our_own_form_only(someone: Browser, town: Town) -> None:
    await ask(someone)
    code = (await someone.get(await link_in_last(town))).field("code")
    fields = {"code": code, "password": PASSWORD}
    token = {"form-token": (await someone.get("/-/register")).token("/-/register#fouten")}
    answers = [
        await someone.post("/-/register/confirm", fields),
        await someone.post("/-/register/confirm", fields | token),
        await someone.post("/-/register/confirm", fields, {"Origin": "https://evil.example"}),
    ]

    assert [each.status for each in answers] == [403, 403, 403]
    assert "kluis" not in someone.cookies


@pytest.mark.parametrize("email", ["", "niets", "a,b@example.org", "<script>@example.org"])
async def test_what_is_no_address_is_said_beside_the_field(
    someone: Browser, town: Town, email: str
) -> None:
    page = await someone.send("/-/register", "/-/register", email=email)

    assert page.status == 422
    assert 'aria-describedby="email-wrong"' in page.text
    assert "<script>" not in page.text
    assert await letters(town) == []


async def test_asking_is_slowed_down(someone: Browser, town: Town) -> None:
    for email in (NEW, "an@example.org"):
        statuses = [
            (await someone.send("/-/register", "/-/register", email=email)).status for _ in range(4)
        ]
        assert statuses == [303, 303, 303, 422]
    town.now.advance(16 * MINUTE)
    assert (await someone.send("/-/register", "/-/register", email=NEW)).status == 303


async def test_the_letter_is_in_the_language_of_the_page_and_stays_so(
    someone: Browser, town: Town
) -> None:
    someone.language = "en"
    await ask(someone)
    form = await someone.get(await link_in_last(town))
    fields = {"form-token": form.token("/-/register/confirm#fouten"), "code": form.field("code")}
    await someone.post("/-/register/confirm", fields | {"password": PASSWORD})
    someone.cookies.clear()
    someone.language = "nl"
    await someone.send("/-/forgot", "/-/forgot", email=NEW)
    first, last = (await letters(town))[0], (await letters(town))[-1]

    assert first["Subject"] == "Finish your account at Kluis"
    assert last["Subject"] == "A new password for Kluis"


async def test_a_language_that_was_chosen_is_that_of_the_mail(an: Browser, town: Town) -> None:
    await an.send("/-/settings", "/-/language", language="en", next="/-/settings")
    await an.send("/-/forgot", "/-/forgot", email="an@example.org")

    assert (await letters(town))[-1]["Subject"] == "A new password for Kluis"


@pytest.fixture
async def closed(town: Town) -> AsyncIterator[Browser]:
    """A browser before a server where nobody registers by herself."""
    port = unused_port()
    base, app = Iri(f"http://127.0.0.1:{port}/"), web.Application()
    house = replace(town.house, base=base)
    recovery = Recovery(house.db, base, town.now, town.passwords, town.mailbox)
    fittings = Fittings(town.passwords, recovery=recovery)
    door = Door(base, by_header(base))
    app.add_routes(dashboard.routes.routes(house, door, fittings=fittings))
    server = TestServer(app, host="127.0.0.1", port=port)
    async with server, ClientSession(cookie_jar=DummyCookieJar()) as session:
        yield Browser(base, session)


async def test_a_closed_server_has_no_such_page(closed: Browser) -> None:
    for page in ("/-/register", "/-/register/sent", "/-/register/confirm?code=x"):
        assert (await closed.get(page)).status == 404
    assert "/-/register" not in (await closed.get("/-/sign-in")).text
