# SPDX-License-Identifier: EUPL-1.2
"""Signing in with a provider above us: over HTTP against the practice provider (FED-1..4)."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer, unused_port
from yarl import URL

from commands.dev_idp import MEANS, Client, DevIdp, Seen, build_app
from identity.accounts.accounts import add_account, add_login
from identity.accounts.sessions import hash_of, new_value, open_session
from identity.cookies import page_cookie
from identity.door import Door
from identity.outward.fetch import open_fetch
from identity.outward.outward import NotFetched
from identity.provider.plain_page import LANGUAGES
from identity.sign_in.assurance import Level
from identity.upstream import routes as upstream_routes
from identity.upstream.page import WORDS
from identity.upstream.providers import Provider
from identity.who import ANYONE, Who
from pod.database import Tx
from pod.instant import MINUTE, SECOND, wall
from pod.iri import Iri
from pod.sqlite import Sqlite

LEVELS = {MEANS["eid"]: Level.HIGH, MEANS["csampassword"]: Level.LOW}
HTML = {"Accept": "text/html"}
IN_DUTCH = {"Accept-Language": "nl-BE"}
OURS = {"Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True, slots=True)
class Place:
    """Kluis with one provider, and a browser."""

    base: Iri
    http: ClientSession
    db: Sqlite
    idp: DevIdp

    async def get(
        self,
        where: str,
        http: ClientSession | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, str, str]:
        url = where if where.startswith("http") else self.base + where
        asked = (http or self.http).get(url, allow_redirects=False, headers=headers)
        async with asked as response:
            return response.status, response.headers.get("Location", ""), await response.text()

    async def begin(self, query: str = "") -> str:
        status, where, _ = await self.get(f".account/login/oidc/dev/start/?next=/-/log{query}")
        assert status == 303
        return where

    async def choose(self, where: str, person: str = "an", means: str = "eid") -> str:
        """Her choice at the provider; the address that it sends her back to."""
        form = dict(parse_qsl(urlsplit(where).query)) | {"person": person, "means": means}
        async with (
            ClientSession() as there,
            there.post(where.split("?")[0], data=form, allow_redirects=False) as response,
        ):
            return response.headers["Location"]

    async def rows(self, table: str) -> list[Mapping[str, Any]]:
        async def look(tx: Any) -> list[Mapping[str, Any]]:
            return list(await tx.all(f"SELECT * FROM {table}"))  # noqa: S608  # names of ours

        return await self.db.read(look)


async def _nobody(request: web.Request) -> Who:
    return ANYONE


@pytest.fixture
async def place(db: Sqlite) -> AsyncIterator[Place]:
    async for each in a_place(db, registers=True):
        yield each


@pytest.fixture
async def closed(db: Sqlite) -> AsyncIterator[Place]:
    """Where nobody new comes in by the provider."""
    async for each in a_place(db, registers=False):
        yield each


async def a_place(db: Sqlite, *, registers: bool) -> AsyncIterator[Place]:
    ours, theirs = unused_port(), unused_port()
    base, issuer = Iri(f"http://127.0.0.1:{ours}/"), f"http://127.0.0.1:{theirs}/op"
    callback = f"{base}.account/login/oidc/dev/callback/"
    idp = DevIdp(issuer, Client("kluis", "s%c ret", callback))
    provider = Provider(
        "dev", {"nl": "Proef"}, issuer, "kluis", ("openid", "vo"), LEVELS, registers, "s%c ret"
    )
    fetcher = open_fetch(dev=True, now=wall)
    async with ClientSession() as out:

        async def swap(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
            async with out.post(url, data=body, headers=headers) as response:
                if response.status != 200:
                    raise NotFetched(url, f"it answers with status {response.status}")
                return await response.read()

        app = web.Application()
        door = Door(base, _nobody)
        app.add_routes(upstream_routes.routes(db, door, base, wall, fetcher.get, swap, [provider]))
        async with (
            TestServer(build_app(idp), port=theirs),
            TestServer(app, port=ours),
            ClientSession(cookie_jar=CookieJar(unsafe=True)) as http,
        ):
            yield Place(base, http, db, idp)
    await fetcher.close()


async def test_a_citizen_signs_in_and_her_session_keeps_the_level(place: Place) -> None:
    """FED-1, FED-2, FED-4."""
    status, where, _ = await place.get(await place.choose(await place.begin()))

    assert (status, where) == (303, "/-/log")
    assert [row["acr"] for row in await place.rows("session")] == ["high"]
    (login,) = await place.rows("login")
    assert (login["kind"], login["acr"]) == ("oidc", MEANS["eid"])
    assert login["subject"].startswith(place.idp.issuer + " ")


async def test_the_second_sign_in_leads_to_the_same_account(place: Place) -> None:
    for _ in range(2):
        await place.get(await place.choose(await place.begin()))

    assert len(await place.rows("account")) == 1
    assert len(await place.rows("session")) == 1, "the old session of this browser ended"


async def test_what_is_asked_is_what_was_agreed_with_pkce_state_and_nonce(place: Place) -> None:
    """FED-1, FED-5."""
    asked = parse_qs(urlsplit(await place.begin("&level=high&max_age=300")).query)

    assert asked["scope"] == ["openid vo"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["acr_values"] == [MEANS["eid"]]
    assert asked["max_age"] == ["300"]
    assert asked["redirect_uri"] == [f"{place.base}.account/login/oidc/dev/callback/"]
    assert asked["state"] != asked["nonce"]


async def refused(place: Place, where: str, http: ClientSession | None = None) -> int:
    status, _, _ = await place.get(where, http)
    assert await place.rows("session") == []
    assert await place.rows("account") == []
    return status


async def test_another_state_is_refused(place: Place) -> None:
    back = await place.choose(await place.begin())

    assert await refused(place, back.replace("state=", "state=x")) == 403


async def test_another_browser_is_refused_and_does_not_use_it_up(place: Place) -> None:
    """FED-3."""
    back = await place.choose(await place.begin())
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as other:
        assert await refused(place, back, other) == 403

    assert (await place.get(back))[0] == 303


async def test_a_callback_counts_once(place: Place) -> None:
    back = await place.choose(await place.begin())
    cookie = {c.key: c.value for c in place.http.cookie_jar}
    assert (await place.get(back))[0] == 303
    place.http.cookie_jar.update_cookies(cookie)

    assert (await place.get(back))[0] == 403
    assert len(await place.rows("session")) == 1


@pytest.mark.parametrize("iss", ["https%3A%2F%2Fevil.example", None])
async def test_an_answer_of_another_provider_is_refused(place: Place, iss: str | None) -> None:
    """RFC 9207: mix-up."""
    back = await place.choose(await place.begin())
    kept = back.split("&iss=")[0]

    assert await refused(place, kept if iss is None else f"{kept}&iss={iss}") == 403


async def test_a_weaker_means_than_asked_is_refused(place: Place) -> None:
    """FED-4."""
    back = await place.choose(await place.begin("&level=high"), means="csampassword")

    assert await refused(place, back) == 403


async def test_a_code_of_another_sign_in_is_refused(place: Place) -> None:
    mine, other = await place.begin(), await place.begin()
    stolen = parse_qs(urlsplit(await place.choose(mine)).query)["code"][0]
    back = await place.choose(other)
    own = parse_qs(urlsplit(back).query)["code"][0]

    assert await refused(place, back.replace(own, stolen)) >= 400


async def test_who_cancels_at_the_provider_is_not_signed_in(place: Place) -> None:
    back = await place.choose(await place.begin(), means="")

    assert "error=access_denied" in back
    assert await refused(place, back) == 403


@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example", "/-/%5Cevil", "/x"])
async def test_the_way_back_stays_in_the_pages(place: Place, next_: str) -> None:
    _, where, _ = await place.get(f".account/login/oidc/dev/start/?next={next_}")
    _, to, _ = await place.get(await place.choose(where))

    assert to == "/-/"


async def test_linking_begins_only_from_a_page_of_ours(place: Place) -> None:
    await place.get(await place.choose(await place.begin()))
    status, _, _ = await place.get(".account/login/oidc/dev/start/?purpose=link")

    assert status == 403


async def test_a_step_up_by_another_person_is_refused(place: Place) -> None:
    await place.get(await place.choose(await place.begin()))
    back = await place.choose(await place.begin("&purpose=step-up"), person="bram")

    assert (await place.get(back))[0] == 403
    assert len(await place.rows("account")) == 1


async def test_a_provider_that_cannot_be_reached_gives_a_clear_answer(db: Sqlite) -> None:
    base, gone = Iri(f"http://127.0.0.1:{unused_port()}/"), unused_port()
    provider = Provider("dev", {}, f"http://127.0.0.1:{gone}/op", "kluis", secret="s")
    fetcher = open_fetch(dev=True, now=wall)

    async def swap(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        raise NotFetched(url, "nobody is there")

    app, door = web.Application(), Door(base, _nobody)
    app.add_routes(upstream_routes.routes(db, door, base, wall, fetcher.get, swap, [provider]))
    port = int(base.split(":")[2][:-1])
    async with TestServer(app, port=port), ClientSession() as http:
        where = f"{base}.account/login/oidc/dev/start/"
        async with http.get(where, headers=HTML) as page, http.get(where) as told:
            assert (page.status, page.content_type) == (503, "text/html")
            assert "cannot be reached" in await page.text()
            assert (told.status, (await told.json())["statusCode"]) == (503, 503)
    await fetcher.close()


async def with_password(place: Place) -> str:
    """An account with a password, signed in just now in this browser."""
    value = new_value()

    async def make(tx: Tx) -> None:
        await add_account(tx, "hers", wall())
        await add_login(tx, "l1", "hers", "an@example.org", "secret", wall())
        await open_session(tx, value, "hers", wall(), signed_in=True)

    await place.db.write(None, make)
    sign_in_with(place, value)
    return value


def sign_in_with(place: Place, value: str) -> None:
    name = page_cookie(place.base)
    place.http.cookie_jar.update_cookies({name: value}, URL(place.base))


async def begin_link(place: Place) -> tuple[int, str]:
    where = ".account/login/oidc/dev/start/?purpose=link&next=/-/settings/sign-in"
    status, to, _ = await place.get(where, headers=OURS)
    return status, to


async def test_a_login_is_linked_to_who_is_signed_in(closed: Place) -> None:
    """KLU-3: also where nobody new comes in this way; afterwards it leads to her account."""
    await with_password(closed)
    status, where = await begin_link(closed)
    back, to, _ = await closed.get(await closed.choose(where))
    closed.http.cookie_jar.clear()
    again, _, _ = await closed.get(await closed.choose(await closed.begin()))

    assert (status, back, to, again) == (303, 303, "/-/settings/sign-in", 303)
    assert [row["id"] for row in await closed.rows("account")] == ["hers"]
    kinds = [row["kind"] for row in await closed.rows("account_event")]
    assert sorted(kinds) == ["link-added", "signed-in", "signed-in"]  # OP-26


async def test_a_login_of_another_account_is_not_taken_over(place: Place) -> None:
    await place.get(await place.choose(await place.begin()))
    value = await with_password(place)
    _, where = await begin_link(place)
    status, _, text = await place.get(await place.choose(where), headers=HTML | IN_DUTCH)

    assert status == 409
    assert "hoort al bij een ander account" in text
    subjects = {row["account"] for row in await place.rows("login") if row["kind"] == "oidc"}
    assert "hers" not in subjects
    assert hash_of(value) in {row["hash"] for row in await place.rows("session")}


async def test_linking_takes_a_sign_in_of_late(place: Place) -> None:
    """KLU-3."""
    value, old = new_value(), wall() - 11 * MINUTE

    async def make(tx: Tx) -> None:
        await add_account(tx, "hers", wall())
        await open_session(tx, value, "hers", wall(), signed_in=True, since=old)

    await place.db.write(None, make)
    sign_in_with(place, value)

    assert (await begin_link(place))[0] == 403


async def test_nobody_new_comes_in_where_the_provider_does_not_register(closed: Place) -> None:
    back = await closed.choose(await closed.begin())
    status, _, text = await closed.get(back, headers=HTML | IN_DUTCH)

    assert status == 403
    assert "Er is nog geen account dat zich zo aanmeldt." in text
    assert await closed.rows("account") == []
    assert await closed.rows("session") == []


async def test_a_step_up_gives_her_own_session_the_level_and_keeps_her_apps(place: Place) -> None:
    """KLU-4: the new session has the level; what apps got in the old one goes over to it."""
    await place.get(await place.choose(await place.begin(), means="csampassword"))
    (old,) = await place.rows("session")

    async def app(tx: Tx) -> None:
        await tx.run(
            "INSERT INTO client_access (id, account, webid, client, session, scopes, offline,"
            " remembered, created, used) VALUES ('g', :a, 'w', 'c', :s, '', 0, 0, 0, 0)",
            a=old["account"],
            s=old["hash"],
        )

    await place.db.write(None, app)
    await place.get(await place.choose(await place.begin("&purpose=step-up&level=high&max_age=60")))

    (new,) = await place.rows("session")
    assert (old["acr"], new["acr"], new["account"]) == ("low", "high", old["account"])
    (access,) = await place.rows("client_access")
    assert (access["session"], access["ended"]) == (new["hash"], None)


async def test_what_the_provider_remembers_is_no_fresh_sign_in(place: Place) -> None:
    """FED-4: the age of a sign-in is that of auth_time, not of the way through the provider."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as there:
        form = dict(parse_qsl(urlsplit(await place.begin()).query))
        form |= {"person": "an", "means": "eid"}
        auth = f"{place.idp.issuer}/auth"
        async with there.post(auth, data=form, allow_redirects=False) as first:
            await place.get(first.headers["Location"])
        (value,) = place.idp.seen
        place.idp.seen[value] = Seen("an", "eid", wall() / SECOND - 1200)
        async with there.get(await place.begin(), allow_redirects=False) as second:
            await place.get(second.headers["Location"])
        (row,) = await place.rows("session")
        wanted = await place.begin("&purpose=step-up&max_age=300")
        async with there.get(wanted, allow_redirects=False) as third:
            asked = third.status

    assert 1190 * SECOND < row["created"] - row["signed_in"] < 1290 * SECOND
    assert asked == 200, "the provider asks again"


async def test_a_page_of_refusal_is_in_her_language_and_shows_no_markup(place: Place) -> None:
    where = ".account/login/oidc/dev/callback/?state=%3Cscript%3E&code=x"
    for language, words in (("nl", "U bent niet aangemeld"), ("en", "You are not signed in")):
        given = {"Accept-Language": language} | HTML
        status, _, text = await place.get(where, headers=given)
        assert (status, f"<h1>{words}</h1>" in text) == (403, True)
        assert "<script" not in text


async def test_a_weak_means_is_said_to_be_weak(place: Place) -> None:
    back = await place.choose(await place.begin("&level=high"), means="csampassword")
    status, _, text = await place.get(back, headers=HTML | IN_DUTCH)

    assert status == 403
    assert "moet u zich sterker aanmelden" in text


def test_every_language_says_every_reason() -> None:
    assert set(WORDS) == set(LANGUAGES)
    assert {frozenset(said) for said in WORDS.values()} == {frozenset(WORDS["nl"])}
