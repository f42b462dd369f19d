# SPDX-License-Identifier: EUPL-1.2
"""Settings over plain forms: sessions, apps, ways to sign in, keys; and a forgotten password."""

import asyncio
import re
from pathlib import Path

import pytest
from aiohttp import ClientSession, DummyCookieJar

from dashboard.forms import token_of
from identity.accounts.events import FAILED, SIGNED_IN, events_of
from identity.sign_in.passkeys import Passkey, add_passkey
from identity.sign_in.second_step import set_second_step
from pod.database import Tx
from pod.instant import MINUTE
from tests.dashboard.apps import MARKUP, asks
from tests.dashboard.conftest import PASSWORD, Browser, Shown, Town
from tests.dashboard.test_app_sign_in import give, kept

PAGES = ("", "/sessions", "/apps", "/sign-in", "/keys")
NEW = "een ander lang wachtwoord"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"


def ends(page: Shown, pattern: str) -> list[str]:
    return re.findall(rf'action="({pattern})"', page.text)


@pytest.mark.parametrize("page", PAGES)
async def test_settings_are_for_who_is_signed_in(someone: Browser, page: str) -> None:
    answer = await someone.get(f"/-/settings{page}")

    assert (answer.status, answer.location) == (303, f"/-/sign-in?next=/-/settings{page}")


@pytest.mark.parametrize("page", PAGES)
async def test_each_has_one_heading_and_nothing_inline(an: Browser, page: str) -> None:
    shown = await an.get(f"/-/settings{page}")

    assert shown.status == 200
    assert shown.text.count("<h1") == 1
    assert "style=" not in shown.text
    assert not re.search(r"<script(?! src=\"/-/static/)", shown.text)
    assert "checked" not in shown.text


async def test_one_session_is_ended_from_another(an: Browser, town: Town) -> None:
    async with ClientSession(cookie_jar=DummyCookieJar(), headers={"User-Agent": FIREFOX}) as s:
        other = Browser(town.base, s)
        await other.sign_in()
        page = await an.get("/-/settings/sessions")
        forms = ends(page, r"/-/settings/sessions/[0-9a-f]+/end")
        answer = await an.send("/-/settings/sessions", forms[1])

        assert page.text.count("deze browser</span>") == 1  # KLU-6
        assert "Firefox op Windows" in page.text
        assert "Beëindigd." in (await an.follow(answer)).text
        assert (await other.get("/-/log")).status == 303
    assert (await an.get("/-/log")).status == 200


async def test_signing_out_everywhere_ends_this_one_too(an: Browser, town: Town) -> None:
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        other = Browser(town.base, session)
        await other.sign_in()
        kept_cookies = dict(an.cookies)
        await an.send("/-/settings/sessions", "/-/settings/sessions/end-all")
        an.cookies = kept_cookies

        assert (await other.get("/-/log")).status == 303
        assert (await an.get("/-/log")).status == 303


async def test_somebody_else_s_session_is_not_found(an: Browser, town: Town) -> None:
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        other = Browser(town.base, session)
        await other.sign_in("youssef@example.org")
        theirs = ends(
            await other.get("/-/settings/sessions"), r"/-/settings/sessions/[0-9a-f]+/end"
        )[0]
        answer = await _with_own_token(an, theirs, "end-session")

        assert answer.status == 404
        assert (await other.get("/-/log")).status == 200


async def _with_own_token(browser: Browser, action: str, form: str) -> Shown:
    """As somebody who can make the right token for her own session would."""
    code = action.split("/")[-2]
    token = token_of(browser.cookies["kluis"], f"{form} {code}")
    return await browser.post(action, {"form-token": token})


async def test_an_app_is_listed_and_stopped(an: Browser, town: Town) -> None:
    town.outside.name = MARKUP
    await give(an, await asks(an), "allow", remember="yes")
    page = await an.get("/-/settings/apps")
    action = ends(page, r"/-/settings/apps/[^\"]+/end")[0]
    answer = await an.send("/-/settings/apps", action)

    assert "<img" not in page.text  # OP-24
    assert "app.example" in page.text
    assert f"{town.base}an/profile/card#me" in page.text
    assert "stopt de app" in page.text
    after = (await an.follow(answer)).text
    assert "Gestopt." in after
    assert "app.example" not in after
    assert await kept(town) == [(False, False, f"{town.base}an/profile/card#me")]


async def test_somebody_else_s_app_is_not_found(an: Browser, town: Town) -> None:
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        other = Browser(town.base, session)
        await other.sign_in("youssef@example.org")
        await give(other, await asks(other), "allow")
        theirs = ends(await other.get("/-/settings/apps"), r"/-/settings/apps/[^\"]+/end")[0]

        assert (await _with_own_token(an, theirs, "end-app")).status == 404
        assert theirs in (await other.get("/-/settings/apps")).text


async def test_the_password_changes_with_the_old_one_only(an: Browser, town: Town) -> None:
    page, action = "/-/settings/sign-in", "/-/settings/sign-in/password"
    login = (await an.get(page)).field("login")
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        other = Browser(town.base, session)
        await other.sign_in()
        wrong = await an.send(page, action, login=login, old="nee nee nee", new=NEW)
        short = await an.send(page, action, login=login, old=PASSWORD, new="kort")
        right = await an.send(page, action, login=login, old=PASSWORD, new=NEW)

        assert (wrong.status, short.status, right.status) == (422, 422, 303)
        assert 'aria-describedby="old-wrong"' in wrong.text
        assert "<title>Fout: " in wrong.text
        assert "nee nee nee" not in wrong.text
        assert "Uw wachtwoord is veranderd." in (await an.follow(right)).text
        assert (await other.get("/-/log")).status == 303  # ACC-9
        assert (await other.sign_in()).status == 422
        assert (await other.sign_in(password=NEW)).status == 303


async def a_passkey(town: Town, account: str, id_: str) -> None:
    key = Passkey(id_, account, f"credential-{id_}", "key", 0, MARKUP, (), town.now(), None)
    await town.house.db.write(None, add_passkey, key)


async def account_of(town: Town, email: str = "an@example.org") -> str:
    async def look(tx: Tx) -> str:
        row = await tx.one("SELECT account FROM login WHERE subject = :e", e=email)
        assert row is not None
        return str(row["account"])

    return await town.house.db.read(look)


async def test_a_passkey_is_removed_after_a_fresh_sign_in_only(an: Browser, town: Town) -> None:
    await a_passkey(town, await account_of(town), "p1")
    action = "/-/settings/sign-in/passkeys/p1/remove"
    fresh = await an.get("/-/settings/sign-in")
    token = fresh.token(action)
    town.now.advance(11 * MINUTE)
    stale = await an.get("/-/settings/sign-in")
    late = await an.post(action, {"form-token": token})

    assert "<img" not in fresh.text
    assert action not in stale.text  # KLU-3
    assert "/-/sign-in?next=/-/settings/sign-in" in stale.text
    assert late.location == "/-/sign-in?next=/-/settings/sign-in"
    assert "credential" not in late.text
    town.now.advance(-11 * MINUTE)
    gone = await an.send("/-/settings/sign-in", action)
    assert "De passkey is verwijderd." in (await an.follow(gone)).text


async def a_link(town: Town, email: str, id_: str, subject: str) -> None:
    async def add(tx: Tx, account: str) -> None:
        await tx.run(
            "INSERT INTO login (id, account, kind, subject, secret, created)"
            " VALUES (:id, :account, 'oidc', :subject, '', 0)",
            id=id_,
            account=account,
            subject=subject,
        )

    await town.house.db.write(None, add, await account_of(town, email))


async def test_a_link_is_named_without_its_number_and_removed(an: Browser, town: Town) -> None:
    await a_link(town, "an@example.org", "l1", "https://burger.example/op 85073003328")
    page = await an.get("/-/settings/sign-in")
    action = "/-/settings/sign-in/links/l1/remove"
    answer = await an.send("/-/settings/sign-in", action)

    assert "<bdi>Burgerlogin</bdi>" in page.text
    assert "85073003328" not in page.text
    assert "burger/start/?purpose=link&amp;next=/-/settings/sign-in" in page.text
    assert "De koppeling is verwijderd." in (await an.follow(answer)).text
    assert action not in (await an.get("/-/settings/sign-in")).text


async def test_somebody_else_s_link_is_not_found(an: Browser, town: Town) -> None:
    await a_link(town, "youssef@example.org", "l2", "https://burger.example/op 1")

    action = "/-/settings/sign-in/links/l2/remove"
    assert (await _with_own_token(an, action, "remove-link")).status == 404


async def test_somebody_else_s_passkey_is_not_found(an: Browser, town: Town) -> None:
    await a_passkey(town, await account_of(town, "youssef@example.org"), "p2")

    action = "/-/settings/sign-in/passkeys/p2/remove"
    assert (await _with_own_token(an, action, "remove-passkey")).status == 404


async def test_a_secret_is_shown_once_and_a_second_press_makes_no_second_key(
    an: Browser, town: Town
) -> None:
    page = await an.get("/-/settings/keys")
    fields = {name: page.field(name) for name in ("once", "webid")}
    fields |= {"form-token": page.token("/-/settings/keys#fouten"), "label": MARKUP}
    made, again = (
        await an.post("/-/settings/keys", fields),
        await an.post("/-/settings/keys", fields),
    )
    listed = await an.get("/-/settings/keys")

    secret = re.search(r">([0-9a-f]{128})<", made.text)
    assert secret is not None
    assert (again.status, again.location) == (303, "/-/settings/keys")
    assert secret[1] not in listed.text
    assert "<img" not in listed.text
    actions = ends(listed, r"/-/settings/keys/[^\"]+/remove")
    assert len(actions) == 1
    await an.send("/-/settings/keys", actions[0])
    assert not ends(await an.get("/-/settings/keys"), r"/-/settings/keys/[^\"]+/remove")


async def test_a_key_needs_a_fresh_sign_in_and_a_webid_of_one_s_own(
    an: Browser, town: Town
) -> None:
    page = await an.get("/-/settings/keys")
    fields = {"form-token": page.token("/-/settings/keys#fouten"), "label": "x", "once": "x"}
    theirs = {"webid": f"{town.base}youssef/profile/card#me"}
    other = await an.post("/-/settings/keys", fields | theirs)
    town.now.advance(6 * MINUTE)
    late = await an.post("/-/settings/keys", fields | {"webid": page.field("webid")})

    assert other.status == 422
    assert late.location == "/-/sign-in?next=/-/settings/keys"  # KLU-4
    assert 'action="/-/settings/keys' not in (await an.get("/-/settings/keys")).text


async def mail_to(town: Town) -> str:
    for _ in range(100):
        page = "".join(f.read_text() for f in sorted(_folder(town).glob("*.eml")))
        if page:
            return page.replace("=\n", "").replace("=3D", "=")
        await asyncio.sleep(0.02)
    return ""


def _folder(town: Town) -> Path:
    return town.house.files.folder.parent / "mail"


async def test_a_forgotten_password_is_replaced_by_mail(someone: Browser, town: Town) -> None:
    known = await someone.send("/-/forgot", "/-/forgot", email="an@example.org")
    unknown = await someone.send("/-/forgot", "/-/forgot", email="nobody@example.org")
    found = re.search(r"/-/reset\?code=[\w-]+", await mail_to(town))
    assert found is not None

    form = await someone.get(found[0])
    fields = {"form-token": form.token("/-/reset#fouten"), "code": form.field("code")}
    short = await someone.post("/-/reset", fields | {"password": "kort"})
    done = await someone.post("/-/reset", fields | {"password": NEW})
    again = await someone.post("/-/reset", fields | {"password": "nog een wachtwoord"})

    assert (known.status, known.location) == (unknown.status, unknown.location)  # KLU-5
    assert (short.status, done.location, again.status) == (422, "/-/reset/done", 404)
    assert (await someone.sign_in(password=NEW)).status == 303


async def test_a_code_that_was_never_sent_opens_nothing(someone: Browser) -> None:
    for path in ("/-/reset", "/-/reset?code=x", "/-/reset/x"):
        page = await someone.get(path)

        assert page.status == 404
        assert "Deze link werkt niet meer" in page.text


async def test_sign_ins_and_failed_ones_are_noted(someone: Browser, town: Town) -> None:
    await someone.sign_in(password="not the password")
    town.now.advance(1)
    await someone.sign_in()
    found = await town.house.db.read(events_of, await account_of(town))

    assert [event.kind for event in found] == [SIGNED_IN, FAILED]  # OP-26


async def test_an_account_that_wants_a_passkey_too_gets_no_session_by_password(
    someone: Browser, town: Town
) -> None:
    await a_passkey(town, await account_of(town), "p3")
    await town.house.db.write(None, set_second_step, await account_of(town), True)
    answer = await someone.sign_in()
    page = await someone.follow(answer)

    assert answer.location == "/-/sign-in/passkey?next=/-/"  # KLU-3
    assert "kluis" not in someone.cookies
    assert 'data-passkey="second-step"' in page.text
    assert (await someone.get("/-/log")).status == 303


async def test_the_sign_in_page_offers_what_there_is(someone: Browser) -> None:
    page = await someone.get("/-/sign-in?next=/-/log")

    assert 'href="/.account/login/oidc/burger/start/?next=/-/log"' in page.text
    assert "Aanmelden met <bdi>Burgerlogin</bdi>" in page.text
    assert '<div hidden data-passkey="sign-in"' in page.text
    assert 'href="/-/forgot"' in page.text


async def test_developers_sign_in_by_one_press_and_read_the_mail(
    someone: Browser, town: Town
) -> None:
    await someone.send("/-/forgot", "/-/forgot", email="an@example.org")
    await mail_to(town)
    page = await someone.get("/-/dev")
    answer = await someone.send("/-/dev", "/-/dev/sign-in", email="youssef@example.org")

    assert "Een nieuw wachtwoord voor Kluis" in page.text
    assert answer.location == "/-/"
    assert (await someone.get("/-/settings")).status == 200
